//! Cursors that no client reads any more are freed by a timer, which runs only while there are any.

use std::ffi::c_void;

use valkey_module::raw;

use super::api::Context;
use super::cell::{self, Host};

/// Milliseconds between two looks: by so much a cursor may outlive its idle time.
const PAUSE_MS: i64 = 500;

/// Sees to it that somebody looks after the cursors, if there are any.
pub(super) fn wake(context: Context<'_>, host: &mut Host) {
    if !host.collects_cursors && host.core.has_cursors() {
        context.set_timer(PAUSE_MS, Some(on_timer));
        host.collects_cursors = true;
    }
}

/// Called by the server when the timer is due.
unsafe extern "C" fn on_timer(context: *mut raw::RedisModuleCtx, _data: *mut c_void) {
    // SAFETY: the server's context, alive during this call.
    let context = unsafe { Context::from_raw(context) };
    // The core is not borrowed when the server's loop runs timers; after a panic, which is logged by
    // then, the next command wakes this again.
    let _ = cell::with(context, |host| {
        host.collects_cursors = false;
        host.core.collect_cursors();
        wake(context, host);
    });
}
