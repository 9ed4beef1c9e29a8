//! `TEMPORARY` indexes are dropped by a timer, on the primary: replicas drop theirs when it says so,
//! since nobody tells it what is searched there.

use std::ffi::c_void;
use std::time::{Duration, Instant};

use valkey_module::raw;

use super::api::Context;
use super::cell::{self, Host};

/// Between two looks at least, on a replica always.
const PAUSE_MS: i64 = 100;

/// Between two looks at most: an index may be made temporary by loading a snapshot.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Sees to it that indexes that can be idle are looked at when the next may be due.
pub(super) fn wake(context: Context<'_>, host: &mut Host) {
    if host.idle_timer {
        return;
    }
    if let Some(left) = host.core.next_idle(Instant::now()) {
        let left = i64::try_from(left.min(LONGEST).as_millis()).unwrap_or(i64::MAX);
        context.set_timer(left.max(PAUSE_MS), Some(on_timer));
        host.idle_timer = true;
    }
}

/// Called by the server when the timer is due.
unsafe extern "C" fn on_timer(context: *mut raw::RedisModuleCtx, _data: *mut c_void) {
    // SAFETY: the server's context, alive during this call.
    let context = unsafe { Context::from_raw(context) };
    // The core is not borrowed when the server's loop runs timers; after a panic, which is
    // logged by then, the next command wakes the timer.
    let _ = cell::with(context, |host| {
        host.idle_timer = false;
        if !(context.is_loading() || context.is_replica()) {
            for (database, name) in host.core.drop_idle(Instant::now()) {
                context.in_database(database, || context.replicate(c"FT._DROPINDEXIFX", &name));
            }
        }
        wake(context, host);
    });
}
