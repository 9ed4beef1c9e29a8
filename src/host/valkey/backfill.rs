//! Keys that were there before their index are read in small slices of the main thread's time,
//! so that the server answers throughout.

use std::ffi::c_void;
use std::time::{Duration, Instant};

use valkey_module::raw;

use super::api::{Context, Cursor};
use super::cell::{self, Host};
use super::keyspace::ServerKeyspace;
use super::{fault, info};
use crate::engine::Backfill;

/// What one slice may take: the longest that another client waits for a backfill.
const SLICE: Duration = Duration::from_millis(1);

/// Between two slices the server is at its clients' service.
const PAUSE_MS: i64 = 2;

/// Between two looks whether the server has read its own keys.
const LOADING_PAUSE_MS: i64 = 50;

/// Between two looks whether there is memory again.
const MEMORY_PAUSE_MS: i64 = 100;

/// How far the host has got.
#[derive(Default)]
pub(super) struct Scanning {
    /// A timer is set, so there will be a slice.
    awake: bool,
    /// The backfill being served and its cursor. Another backfill starts anew.
    current: Option<(Backfill, Cursor)>,
}

/// Sees to it that there will be a slice if any index still wants its keys.
pub(super) fn wake(context: Context<'_>, host: &mut Host) {
    if !host.scanning.awake && host.core.next_backfill().is_some() {
        sleep(context, host, PAUSE_MS);
    }
}

fn sleep(context: Context<'_>, host: &mut Host, milliseconds: i64) {
    context.set_timer(milliseconds, Some(on_timer));
    host.scanning.awake = true;
}

/// Called by the server when the timer is due.
unsafe extern "C" fn on_timer(context: *mut raw::RedisModuleCtx, _data: *mut c_void) {
    // SAFETY: the server's context, alive during this call.
    let context = unsafe { Context::from_raw(context) };
    // The core is not borrowed when the server's loop runs timers; after a panic, which is
    // logged by then, the next command wakes the backfill.
    let _ = cell::with(context, |host| {
        host.scanning.awake = false;
        if context.is_loading() {
            return sleep(context, host, LOADING_PAUSE_MS);
        }
        // What a backfill takes, writes could not have, or would evict keys for.
        if context.is_out_of_memory() {
            return sleep(context, host, MEMORY_PAUSE_MS);
        }
        slice(context, host);
        wake(context, host);
    });
}

fn slice(context: Context<'_>, host: &mut Host) {
    let start = Instant::now();
    while start.elapsed() < SLICE {
        let Some(next) = host.core.next_backfill() else {
            host.scanning.current = None;
            return;
        };
        let mut cursor = match host.scanning.current.take() {
            Some((current, cursor)) if current == next => cursor,
            _ => Cursor::new(),
        };
        let more = context.in_database(next.database, || step(context, host, next, &mut cursor));
        if more {
            host.scanning.current = Some((next, cursor));
        } else {
            host.core.backfill_done(next);
        }
    }
}

/// One step of the cursor, a few keys; whether more are left.
fn step(context: Context<'_>, host: &mut Host, next: Backfill, cursor: &mut Cursor) -> bool {
    let mut keys = Vec::new();
    let more = cursor.next_keys(context, &mut keys);
    for key in &keys {
        if !host.core.watches(next.database, key) {
            continue;
        }
        info::BACKFILLED_KEYS.count();
        let mut keyspace = ServerKeyspace::new(context, &mut host.names);
        let core = &mut host.core;
        // A panic costs one document, as has been logged by then, not the rest of the step.
        let _ = fault::catch(context, || core.backfill_key(next, key, &mut keyspace));
    }
    more
}
