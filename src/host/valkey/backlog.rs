//! Writers that are faster than linkers wait for them: their writes are done and can be searched for, their
//! replies are held back until fewer vectors are fresh. The main thread waits for nobody, and links nothing.

use std::collections::VecDeque;
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use valkey_module::raw;

use super::api::{Context, HeldClient};
use super::cell::{self, Host};
use super::{info, sharing};
use crate::engine::Core;
use crate::request::settings::Settings;

/// Between two looks how far the linkers have got.
const PAUSE_MS: i64 = 1;

/// Nobody is held for longer, whatever has become of the linkers.
const LONGEST: Duration = Duration::from_millis(100);

static CAN_HOLD: AtomicBool = AtomicBool::new(false);

/// Those whose replies are held back.
#[derive(Default)]
pub(super) struct Backlog {
    /// The number of each and since when, the first first.
    held: VecDeque<(u64, Instant, HeldClient)>,
    /// A timer is set.
    awake: bool,
}

/// Finds out, as the module is loaded, whether the server can hold writers. On others a write links a
/// vector itself while too many are fresh.
pub(super) fn look_at_server(context: Context<'_>) {
    CAN_HOLD.store(context.can_hold_writers(), Ordering::Relaxed);
}

/// A core for this server.
pub(super) fn core(settings: Settings) -> Core {
    let mut core = Core::with(settings);
    if sharing::is_possible() {
        core.allow_sharing();
    }
    if CAN_HOLD.load(Ordering::Relaxed) {
        core.hold_writers();
    }
    core
}

/// Holds the client that has written, if one has that can wait.
pub(super) fn hold(context: Context<'_>, host: &mut Host) {
    if !CAN_HOLD.load(Ordering::Relaxed) || !context.may_block() || context.user_name().is_none() {
        return;
    }
    let client = context.client();
    // One command may tell of several changes.
    if host.backlog.held.iter().any(|(other, ..)| *other == client) {
        return;
    }
    info::WRITERS_HELD.count();
    let held = HeldClient::new(context);
    host.backlog.held.push_back((client, Instant::now(), held));
    wake(context, host);
}

fn wake(context: Context<'_>, host: &mut Host) {
    if !host.backlog.awake && !host.backlog.held.is_empty() {
        context.set_timer(PAUSE_MS, Some(on_timer));
        host.backlog.awake = true;
    }
}

/// Called by the server when the timer is due.
unsafe extern "C" fn on_timer(context: *mut raw::RedisModuleCtx, _data: *mut c_void) {
    // SAFETY: the server's context, alive during this call.
    let context = unsafe { Context::from_raw(context) };
    // The core is not borrowed when the server's loop runs timers; after a panic, which is
    // logged by then, the next writer that is held wakes the timer.
    let _ = cell::with(context, |host| {
        host.backlog.awake = false;
        if !host.core.is_behind() {
            host.backlog.held.clear();
        }
        let is_due = |(_, since, _): &(u64, Instant, HeldClient)| since.elapsed() >= LONGEST;
        while host.backlog.held.front().is_some_and(is_due) {
            host.backlog.held.pop_front();
        }
        wake(context, host);
    });
}
