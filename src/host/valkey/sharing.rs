//! Hashes that refer to the vectors of indexes instead of having them again.
//!
//! A hash is known by its key. When it gets another name, by `RENAME` or `MOVE`, the server tells of the old
//! one first; that news waits for the new one, whose fields get values of their own before anything else
//! happens. So no row is left while the hash that refers to it is nobody's.

use std::collections::VecDeque;
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use nuthatch_indexes::vector::Lent;
use valkey_module::raw;

use super::api::{Context, Key, OwnedStr, Str, detached, look_up_references};
use super::cell::{self, Change, Host, KeyEvent};
use super::fault;
use super::keyspace::ServerKeyspace;
use crate::keyspace::Sharing;

/// What one slice of a pass may take, and what lies between two of them.
const SLICE: Duration = Duration::from_millis(1);
const PAUSE_MS: i64 = 2;

/// Between two looks whether the server has read its own keys.
const LOADING_PAUSE_MS: i64 = 50;

static IS_POSSIBLE: AtomicBool = AtomicBool::new(false);

/// Finds out, as the module is loaded, whether the server can do so.
pub(super) fn look_at_server() {
    IS_POSSIBLE.store(look_up_references(), Ordering::Relaxed);
}

/// Whether the server can do so.
pub(super) fn is_possible() -> bool {
    IS_POSSIBLE.load(Ordering::Relaxed)
}

/// Has a field refer to a vector that it holds.
pub(super) fn share(context: Context<'_>, key: &[u8], name: Str<'_>, vector: Lent<'_>) -> Sharing {
    // All that is loaded is gone through afterwards.
    if !is_possible() || context.is_loading() {
        return Sharing::Refused;
    }
    let key = OwnedStr::new(key);
    let key = key.get();
    let holds = |key: &Key| {
        let value = key.field(name);
        value.is_some_and(|value| value.get().bytes() == vector.bytes())
    };
    let Some(hash) = Key::open(context, key).filter(Key::is_hash).filter(holds) else {
        return Sharing::Refused;
    };
    // SAFETY: the hash has just given the field's value.
    if unsafe { hash.refers(name) } {
        return Sharing::Already;
    }
    drop(hash);
    if context.field_expiry(key, name) != Some(-1) {
        return Sharing::Refused;
    }
    let Some(hash) = Key::open(context, key).filter(Key::is_hash) else {
        return Sharing::Refused;
    };
    // SAFETY: the bytes of a lent row stay until it is known that no hash refers to them.
    if unsafe { hash.refer(name, vector.bytes()) } {
        Sharing::Begun
    } else {
        Sharing::Refused
    }
}

/// Gives a field of a hash a value of its own, if it refers to one; false if that was not possible.
pub(super) fn unshare(context: Context<'_>, key: Str<'_>, name: Str<'_>) -> bool {
    let refers = || {
        let hash = Key::open(context, key).filter(Key::is_hash)?;
        let value = hash.field(name)?;
        // SAFETY: the hash has just given the field's value.
        unsafe { hash.refers(name) }.then_some(value)
    };
    let Some(value) = refers() else { return true };
    // Writing a field takes its time to live away.
    let Some(expiry) = context.field_expiry(key, name) else {
        return false;
    };
    if !context.write_field(key, name, value.get()) || refers().is_some() {
        return false;
    }
    if expiry >= 0 && !context.expire_field(key, name, expiry) {
        context
            .warn("a field of a hash lost its time to live when its vector was no longer shared");
    }
    true
}

/// Has the hash of a key of the selected database share no vector; false if that was not possible.
pub(super) fn unshare_key(context: Context<'_>, host: &mut Host, key: &[u8]) -> bool {
    let mut keyspace = ServerKeyspace::new(context, &mut host.names);
    !host.core.has_shared() || host.core.unshare(key, &mut keyspace)
}

/// Whether the first of the queued changes may be applied. One of a key whose value has left waits for
/// the news where to, and what came there shares no vector from then on.
pub(super) fn may_apply(
    context: Context<'_>,
    host: &mut Host,
    queue: &Mutex<VecDeque<Change>>,
) -> bool {
    let arrived = {
        let queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
        let left = matches!(queue.front(), Some(Change::Key(_, _, KeyEvent::Left)));
        if !left || !host.core.has_shared() {
            return true;
        }
        queue.iter().find_map(|change| match change {
            Change::Key(database, key, KeyEvent::Arrived) => Some((*database, key.clone())),
            Change::Key(..) | Change::Flush(_) | Change::Swap(..) => None,
        })
    };
    let Some((database, key)) = arrived else {
        return false;
    };
    let unshared = fault::catch(context, || {
        context.in_database(database, || unshare_key(context, host, &key))
    });
    if !unshared.is_ok_and(|done| done) {
        context.warn(
            "a key was renamed whose vector is still shared: its document stays in the index",
        );
        let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Change::Key(_, _, event)) = queue.front_mut() {
            // It may not be gone, as far as the core is told.
            *event = KeyEvent::Changed;
        }
    }
    true
}

/// Sees to it that there will be a slice if any documents are to be gone through.
pub(super) fn wake(context: Context<'_>, host: &mut Host) {
    if is_possible() && !host.shares_vectors && host.core.next_sharing().is_some() {
        sleep(context, host, PAUSE_MS);
    }
}

/// The same, where the server gives no context: a setting has changed.
pub(super) fn wake_later(host: &mut Host) {
    // SAFETY: settings change on the main thread, under the server's global lock.
    let context = unsafe { detached() };
    wake(context, host);
}

fn sleep(context: Context<'_>, host: &mut Host, milliseconds: i64) {
    context.set_timer(milliseconds, Some(on_timer));
    host.shares_vectors = true;
}

/// Called by the server when the timer is due.
unsafe extern "C" fn on_timer(context: *mut raw::RedisModuleCtx, _data: *mut c_void) {
    // SAFETY: the server's context, alive during this call.
    let context = unsafe { Context::from_raw(context) };
    // The core is not borrowed when the server's loop runs timers; after a panic, which is
    // logged by then, the next command wakes the pass.
    let _ = cell::with(context, |host| {
        host.shares_vectors = false;
        if context.is_loading() {
            return sleep(context, host, LOADING_PAUSE_MS);
        }
        let start = Instant::now();
        while start.elapsed() < SLICE
            && let Some(pass) = host.core.next_sharing()
        {
            let mut keyspace = ServerKeyspace::new(context, &mut host.names);
            let core = &mut host.core;
            context.in_database(pass.database, || core.share_some(pass, &mut keyspace));
        }
        wake(context, host);
    });
}
