//! What the server says of its keys, passed on to the core.
//!
//! Any event on a key that an index watches makes the core read that key again, whatever the
//! event is called: a hash also changes when it expires, is evicted, renamed, restored, or
//! overwritten by a command of another type.

use std::ffi::{CStr, c_char, c_int, c_void};

use valkey_module::raw;

use super::api::{Context, Str, event_data};
use super::cell::{self, Change, KeyEvent};
use super::{backfill, fault, idle, sharing};

/// Follows everything that can change a key, or all keys of a database.
pub(super) fn subscribe(context: Context<'_>) -> bool {
    // Without misses, which change nothing, and `new`, which comes before the value is there.
    let classes = raw::REDISMODULE_NOTIFY_GENERIC
        | raw::REDISMODULE_NOTIFY_STRING
        | raw::REDISMODULE_NOTIFY_LIST
        | raw::REDISMODULE_NOTIFY_SET
        | raw::REDISMODULE_NOTIFY_HASH
        | raw::REDISMODULE_NOTIFY_ZSET
        | raw::REDISMODULE_NOTIFY_EXPIRED
        | raw::REDISMODULE_NOTIFY_EVICTED
        | raw::REDISMODULE_NOTIFY_STREAM
        | raw::REDISMODULE_NOTIFY_MODULE
        | raw::REDISMODULE_NOTIFY_LOADED;
    context.subscribe_to_keys(classes, Some(on_key))
        && context.subscribe_to_server(raw::REDISMODULE_EVENT_FLUSHDB, Some(on_flush))
        && context.subscribe_to_server(raw::REDISMODULE_EVENT_SWAPDB, Some(on_swap))
        && context.subscribe_to_server(raw::REDISMODULE_EVENT_LOADING, Some(on_loading))
}

/// Called by the server after each change of a key, with the key's database selected.
unsafe extern "C" fn on_key(
    context: *mut raw::RedisModuleCtx,
    class: c_int,
    event: *const c_char,
    key: *mut raw::RedisModuleString,
) -> c_int {
    // SAFETY: the server's context, alive during this call.
    let context = unsafe { Context::from_raw(context) };
    // A panic is logged and counted by then; the server wants the same answer in any case.
    let _ = fault::catch(context, || {
        // SAFETY: the server's C string, alive during this call.
        let event = unsafe { CStr::from_ptr(event) };
        if class == raw::REDISMODULE_NOTIFY_GENERIC && is_about_time_only(event) {
            return;
        }
        // SAFETY: the server's string, alive during this call.
        let key = unsafe { Str::from_raw(key) }.bytes();
        if class == raw::REDISMODULE_NOTIFY_LOADED {
            cell::key_loaded(context, key);
        } else {
            cell::key_changed(context, key, kind_of(event));
        }
    });
    0
}

/// What an event means, of whatever class it is.
fn kind_of(event: &CStr) -> KeyEvent {
    match event.to_bytes() {
        b"hset" => KeyEvent::Written,
        b"del" | b"unlink" | b"expired" | b"evicted" => KeyEvent::Gone,
        b"rename_from" | b"move_from" => KeyEvent::Left,
        // A copy has values of its own, as far as is known.
        b"rename_to" | b"move_to" | b"copy_to" => KeyEvent::Arrived,
        b"hexpire" => KeyEvent::Expiring,
        _ => KeyEvent::Changed,
    }
}

/// A time to live that is set or taken away leaves the content as it is, and caches do so on
/// every hit; when time is up, `expired` (or `del`) says so.
fn is_about_time_only(event: &CStr) -> bool {
    matches!(event.to_bytes(), b"expire" | b"persist")
}

/// Called by the server before and after it flushes.
unsafe extern "C" fn on_flush(
    context: *mut raw::RedisModuleCtx,
    _event: raw::RedisModuleEvent,
    when: u64,
    data: *mut c_void,
) {
    // SAFETY: the server's context, alive during this call.
    let context = unsafe { Context::from_raw(context) };
    // A panic is logged and counted by then, and the server wants no answer.
    let _ = fault::catch(context, || {
        // SAFETY: this event comes with that structure, alive during this call.
        let flush = unsafe { event_data::<raw::RedisModuleFlushInfoV1>(data) };
        let Some(flush) = flush.filter(|_| when == raw::REDISMODULE_SUBEVENT_FLUSHDB_END) else {
            return;
        };
        // All databases are number -1.
        cell::change(context, Change::Flush(u32::try_from(flush.dbnum).ok()));
    });
}

/// Called by the server after it exchanged two databases.
unsafe extern "C" fn on_swap(
    context: *mut raw::RedisModuleCtx,
    _event: raw::RedisModuleEvent,
    _when: u64,
    data: *mut c_void,
) {
    // SAFETY: the server's context, alive during this call.
    let context = unsafe { Context::from_raw(context) };
    // A panic is logged and counted by then, and the server wants no answer.
    let _ = fault::catch(context, || {
        // SAFETY: this event comes with that structure, alive during this call.
        let swap = unsafe { event_data::<raw::RedisModuleSwapDbInfoV1>(data) };
        let numbers = swap.map(|swap| {
            let first = u32::try_from(swap.dbnum_first);
            (first, u32::try_from(swap.dbnum_second))
        });
        if let Some((Ok(first), Ok(second))) = numbers {
            cell::change(context, Change::Swap(first, second));
        }
    });
}

/// Called by the server before and after it reads its keys from disk or from its primary.
unsafe extern "C" fn on_loading(
    context: *mut raw::RedisModuleCtx,
    _event: raw::RedisModuleEvent,
    when: u64,
    _data: *mut c_void,
) {
    let over = matches!(
        when,
        raw::REDISMODULE_SUBEVENT_LOADING_ENDED | raw::REDISMODULE_SUBEVENT_LOADING_FAILED
    );
    if !over {
        return;
    }
    // SAFETY: the server's context, alive during this call.
    let context = unsafe { Context::from_raw(context) };
    // An index that a replayed command created still wants its keys. Nothing to do if the core
    // is borrowed: whoever borrowed it wakes it as well.
    let _ = cell::with(context, |host| {
        for index in host.core.abandon_content() {
            context.warn(&format!(
                "the snapshot of {index} came without all of its keys: all are indexed anew"
            ));
        }
        // Whatever has no links by now gets none from a snapshot.
        host.core.link_anew();
        host.core.begin_sharing();
        backfill::wake(context, host);
        sharing::wake(context, host);
        idle::wake(context, host);
    });
}
