//! Where the server comes in: loading, and commands.

use std::ffi::c_int;

use valkey_module::raw;

use super::api::{Context, Str, c_text, server};
use super::cell::{self, Host, Refusal};
use super::keyspace::ServerKeyspace;
use super::options::{self, Options};
use super::reply::ServerSink;
use super::{
    alloc, append_only, blocked, config, cursors, events, fault, idle, info, rdb, registration,
    sharing, suggestions,
};
use super::{backfill, backlog};
use crate::engine::jobs::Begun;
use crate::engine::{Call, Effect};
use crate::reply::Sink;

/// What `MODULE LIST` says: clients ask for at least 2.10.5 before they use what we have.
const VERSION: c_int = 21005;

const OK: c_int = 0;
const ERR: c_int = 1;

/// Called by the server once, when it loads the module.
///
/// # Safety
/// Only a server may call it, as its module API says.
#[unsafe(no_mangle)]
unsafe extern "C" fn RedisModule_OnLoad(
    context: *mut raw::RedisModuleCtx,
    argv: *mut *mut raw::RedisModuleString,
    argc: c_int,
) -> c_int {
    // SAFETY: the server's context; this sets the API's pointers, before anything else runs.
    unsafe { raw::Export_RedisModule_InitAPI(context) };
    let counted = alloc::serve_from_server();
    fault::install_hook();
    // SAFETY: the server's context, alive during this call.
    let context = unsafe { Context::from_raw(context) };
    let loaded = fault::catch(context, || {
        // SAFETY: the server's arguments, alive during this call.
        let arguments = unsafe { arguments(argv, argc) };
        load(context, counted, &arguments)
    });
    match loaded {
        Ok(Ok(())) => OK,
        Ok(Err(reason)) => {
            let reason = format!("the search module was not loaded: {reason}");
            context.warn(&reason);
            ERR
        }
        Err(_) => ERR,
    }
}

/// Registers everything, or says why not.
fn load(context: Context<'_>, counted: bool, arguments: &[&[u8]]) -> Result<(), String> {
    let Options { name, settings } = options::parse(arguments)?;
    if !set_name(context, &name) {
        return Err(format!("another module is called '{name}'"));
    }
    if !counted {
        let text = "memory of the search module is not counted by this server";
        context.warn(text);
    }
    set_module_options(context);
    registration::add_commands(context, Some(run), &append_only::COMMAND)?;
    #[cfg(feature = "test-commands")]
    super::test_commands::register(context)?;
    context.keep_detached();
    backlog::look_at_server(context);
    sharing::look_at_server();
    cell::configure(settings);
    config::register(context)?;
    if !events::subscribe(context) || !append_only::subscribe(context) {
        return Err("the server does not offer the events to follow".to_owned());
    }
    if !info::register(context) || !rdb::register(context) || !suggestions::register(context) {
        return Err("the server takes no data type or INFO section".to_owned());
    }
    Ok(())
}

/// Runs any command of the core; called by the server.
unsafe extern "C" fn run(
    context: *mut raw::RedisModuleCtx,
    argv: *mut *mut raw::RedisModuleString,
    argc: c_int,
) -> c_int {
    // SAFETY: the server's context, alive during this call.
    let context = unsafe { Context::from_raw(context) };
    answer(context, |host, sink| {
        // SAFETY: the server's arguments, alive during this call.
        let arguments = unsafe { arguments(argv, argc) };
        let deferral = blocked::deferral(context, host);
        let mut keyspace = ServerKeyspace::of_caller(context, &mut host.names, &arguments);
        let mut call = Call {
            database: context.database(),
            keyspace: &mut keyspace,
            sink,
        };
        match host.core.begin(&mut call, &arguments, deferral) {
            Begun::Replied(effect) => effect,
            Begun::Deferred(job) => {
                sink.postpone();
                blocked::start(context, host, job, sink.protocol());
                Effect::None
            }
        }
    })
}

/// Has `work` write one reply, or postpone it, and sees to all that follows from its effect.
pub(super) fn answer(
    context: Context<'_>,
    work: impl FnOnce(&mut Host, &mut ServerSink<'_>) -> Effect,
) -> c_int {
    // Outside the borrow too: whatever goes wrong, the client gets its reply.
    let done = fault::catch(context, || {
        let mut sink = ServerSink::new(context);
        let result = cell::with(context, |host| {
            let effect = work(host, &mut sink);
            backfill::wake(context, host);
            idle::wake(context, host);
            sharing::wake(context, host);
            cursors::wake(context, host);
            effect
        });
        match result {
            Ok(Effect::Changed) => context.replicate_verbatim(),
            Ok(Effect::None) | Err(Refusal::Panicked) => {}
            Err(Refusal::Busy) => sink.error("ERR the search engine is busy with the caller"),
        }
        if sink.complete() > 0 && result.is_ok() {
            context.warn("internal error: a reply was incomplete");
        }
    });
    if done.is_ok() { OK } else { ERR }
}

/// The arguments of a command, its name first.
///
/// # Safety
/// `argv` has `argc` strings of the server's, all alive for `'a`.
pub(super) unsafe fn arguments<'a>(
    argv: *mut *mut raw::RedisModuleString,
    argc: c_int,
) -> Vec<&'a [u8]> {
    let argc = usize::try_from(argc).unwrap_or(0);
    if argc == 0 {
        return Vec::new(); // `argv` may be null then.
    }
    // SAFETY: the caller's promise.
    let strings = unsafe { std::slice::from_raw_parts(argv, argc) };
    // SAFETY: the caller's promise.
    let bytes = |&string| unsafe { Str::from_raw(string) }.bytes();
    strings.iter().map(bytes).collect()
}

/// Takes the module's name, unless another module has it.
fn set_name(context: Context<'_>, name: &str) -> bool {
    let name = c_text(name);
    let busy = server!(RedisModule_IsModuleNameBusy);
    // SAFETY: a C string that outlives the call.
    if unsafe { busy(name.as_ptr()) } != 0 {
        return false;
    }
    let set = server!(RedisModule_SetModuleAttribs);
    let api = c_int::try_from(raw::REDISMODULE_APIVER_1).unwrap_or(1);
    // SAFETY: the context of `RedisModule_OnLoad`; the server copies the name.
    unsafe { set(context.as_raw(), name.as_ptr(), VERSION, api) };
    true
}

/// Errors while reading a database from a socket are ours to notice, so that replicas may load
/// without a file; and who watches keys is to be woken by us, for not all that is written is a change.
fn set_module_options(context: Context<'_>) {
    let set = server!(RedisModule_SetModuleOptions);
    let options = raw::REDISMODULE_OPTIONS_HANDLE_IO_ERRORS
        | raw::REDISMODULE_OPTION_NO_IMPLICIT_SIGNAL_MODIFIED;
    // SAFETY: the context of `RedisModule_OnLoad`.
    unsafe { set(context.as_raw(), options.cast_signed()) };
}
