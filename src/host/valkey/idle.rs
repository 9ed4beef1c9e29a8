//! `TEMPORARY` indexes are dropped by a timer, on the primary: replicas drop theirs when it says so,
//! since nobody tells it what is searched there.

use std::ffi::c_void;
use std::time::{Duration, Instant};

use valkey_module::raw;

use super::api::Context;
use super::cell::{self, Host};

/// Between two looks at least, on a replica always.
const PAUSE: Duration = Duration::from_millis(100);

/// Between two looks at most: an index may be made temporary by loading a snapshot.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Sees to it that indexes that can be idle are looked at when the next may be due.
pub(super) fn wake(context: Context<'_>, host: &mut Host) {
    let now = Instant::now();
    let Some(left) = host.core.next_idle(now) else {
        return;
    };
    let left = left.clamp(PAUSE, LONGEST);
    // One that was set for later stays, and finds when its time comes that it is not the one.
    if host.idle_due.is_none_or(|due| now + left < due) {
        let millis = i64::try_from(left.as_millis()).unwrap_or(i64::MAX);
        context.set_timer(millis, Some(on_timer));
        host.idle_due = Some(now + left);
    }
}

/// Called by the server when a timer is due.
unsafe extern "C" fn on_timer(context: *mut raw::RedisModuleCtx, _data: *mut c_void) {
    // SAFETY: the server's context, alive during this call.
    let context = unsafe { Context::from_raw(context) };
    // The core is not borrowed when the server's loop runs timers; after a panic, which is
    // logged by then, the next command wakes the timer.
    let _ = cell::with(context, |host| {
        let now = Instant::now();
        // The server's clock may be a little ahead of this one.
        if host.idle_due.is_some_and(|due| due > now + PAUSE / 2) {
            return;
        }
        host.idle_due = None;
        if context.is_replica() {
            // Once it is the primary it has to wait as if they had been used until now.
            host.core.touch_all();
        } else if !context.is_loading() {
            for (database, name) in host.core.drop_idle(now) {
                context.in_database(database, || context.replicate(c"FT._DROPINDEXIFX", &name));
            }
        }
        wake(context, host);
    });
}
