//! Definitions in an append-only file that is rewritten as plain commands (`aof-use-rdb-preamble no`). A child of
//! the server writes it, of keys only. So as soon as the child is there the definitions go, as a command of
//! their own, into the file of what changes from then on, which is loaded behind it. It may be loaded behind
//! older files too, where the child did not come to an end: then these definitions are there already.
//!
//! A timer writes them, and not whoever is told of the child: that is often a part of `BGREWRITEAOF`, which the
//! server takes for a write if anything is written in it, and passes on to replicas and to the file. A timer
//! of a module is due before the server looks whether the child has ended.

use std::ffi::{CStr, c_int, c_void};
use std::sync::atomic::{AtomicBool, Ordering};

use valkey_module::raw;

use super::api::Context;
use super::registration::Internal;
use super::{cell, entry, fault};
use crate::engine::Effect;
use crate::reply::Sink;
use crate::request::error::IndexRefusal;

/// What the file has of definitions.
pub(super) const COMMAND: Internal = Internal {
    name: "FT._DEFINE",
    run: Some(define),
};

const NAME: &CStr = c"FT._DEFINE";

/// Between two looks whether clients that write are still paused.
const PAUSE_MS: i64 = 20;

/// A timer is set, to write the definitions.
static IS_DUE: AtomicBool = AtomicBool::new(false);

/// Follows the beginning of rewrites; whether the server tells of it.
pub(super) fn subscribe(context: Context<'_>) -> bool {
    context.subscribe_to_server(raw::REDISMODULE_EVENT_FORK_CHILD, Some(on_fork))
}

/// Called by the server, not in the child, right after a child was made, whatever for, and when it has ended.
unsafe extern "C" fn on_fork(
    context: *mut raw::RedisModuleCtx,
    _event: raw::RedisModuleEvent,
    when: u64,
    _data: *mut c_void,
) {
    if when != raw::REDISMODULE_SUBEVENT_FORK_CHILD_BORN {
        return;
    }
    // SAFETY: the server's context, alive during this call.
    let context = unsafe { Context::from_raw(context) };
    // A panic is logged and counted by then, and the server wants no answer.
    let _ = fault::catch(context, || {
        if cell::is_empty() || !rewrites_commands(context) {
            return;
        }
        if says(context, "aof_enabled", "0") {
            let text = "the append-only file is written without the definitions of indexes: \
                        nothing follows it while appendonly is 'no'";
            return context.warn(text);
        }
        write_in(context, 0);
    });
}

/// Called by the server when a timer is due.
unsafe extern "C" fn on_timer(context: *mut raw::RedisModuleCtx, _data: *mut c_void) {
    // SAFETY: the server's context, alive during this call.
    let context = unsafe { Context::from_raw(context) };
    IS_DUE.store(false, Ordering::Relaxed);
    // As above.
    let _ = fault::catch(context, || {
        // Where something is written meanwhile, servers end themselves.
        if Context::avoids_replication() {
            return write_in(context, PAUSE_MS);
        }
        write(context);
    });
}

fn write_in(context: Context<'_>, milliseconds: i64) {
    if !IS_DUE.swap(true, Ordering::Relaxed) {
        context.set_timer(milliseconds, Some(on_timer));
    }
}

/// Whether the child that was just made rewrites the append-only file as commands.
fn rewrites_commands(context: Context<'_>) -> bool {
    // Where it cannot be known, definitions that are there twice do no harm.
    says(context, "aof_rewrite_in_progress", "1")
        && context.setting(c"aof-use-rdb-preamble").as_deref() != Some(b"yes")
}

/// Whether `INFO persistence` has this value for a field.
fn says(context: Context<'_>, field: &str, value: &str) -> bool {
    context.server_info(c"persistence", field).as_deref() == Some(value)
}

/// Writes the definitions as they are now: what was changed of them since the child was made, and will fail for
/// the lack of them when the file is loaded, is in them.
fn write(context: Context<'_>) {
    match cell::definitions() {
        Some(section) => context.append_to_file(NAME, &section),
        None => context.warn(
            "internal error: the append-only file is rewritten without the definitions of indexes",
        ),
    }
}

/// `FT._DEFINE section`: has exactly these definitions, aliases and dictionaries. For the file alone.
unsafe extern "C" fn define(
    context: *mut raw::RedisModuleCtx,
    argv: *mut *mut raw::RedisModuleString,
    argc: c_int,
) -> c_int {
    // SAFETY: the server's context, alive during this call.
    let context = unsafe { Context::from_raw(context) };
    entry::answer(context, |host, sink| {
        // SAFETY: the server's arguments, alive during this call.
        let arguments = unsafe { entry::arguments(argv, argc) };
        let &[_, section] = arguments.as_slice() else {
            sink.error(&refusal());
            return Effect::None;
        };
        if !context.is_from_file() {
            sink.error(&refusal());
            return Effect::None;
        }
        if let Err(reason) = host.core.define(section) {
            context.warn(&format!(
                "the append-only file's indexes are left out, create them anew: {reason}"
            ));
        }
        sink.simple("OK");
        Effect::None
    })
}

fn refusal() -> String {
    let command = COMMAND.name;
    IndexRefusal::OnlyFromFile { command }.to_string()
}
