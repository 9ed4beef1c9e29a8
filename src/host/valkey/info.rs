//! The module's part of `INFO`.

use std::ffi::{CStr, c_int};
use std::sync::atomic::{AtomicU64, Ordering};

use valkey_module::raw;

use super::api::{self, Context};
use super::fault;

/// A number that only grows.
pub(super) struct Counter(AtomicU64);

impl Counter {
    const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Counts one more.
    pub(super) fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Keys that the core was told of because they changed.
pub(super) static KEY_CHANGES: Counter = Counter::new();
/// Keys that the core was told of because a backfill met them.
pub(super) static BACKFILLED_KEYS: Counter = Counter::new();
/// Sections of definitions that were loaded.
pub(super) static SECTIONS_LOADED: Counter = Counter::new();
/// Sections of definitions that were not understood.
pub(super) static SECTIONS_REFUSED: Counter = Counter::new();

/// Adds the section to `INFO`.
pub(super) fn register(context: Context<'_>) -> bool {
    context.register_info(Some(write))
}

/// Called by the server for `INFO`, and for its crash report: reads nothing but counters.
unsafe extern "C" fn write(info: *mut raw::RedisModuleInfoCtx, _crash_report: c_int) {
    let fields: [(&CStr, u64); 5] = [
        (c"panics", fault::panics()),
        (c"key_changes", KEY_CHANGES.get()),
        (c"backfilled_keys", BACKFILLED_KEYS.get()),
        (c"rdb_sections_loaded", SECTIONS_LOADED.get()),
        (c"rdb_sections_refused", SECTIONS_REFUSED.get()),
    ];
    // SAFETY: the server's, alive during this call.
    let _ = fault::catch_and(|| unsafe { api::write_info(info, &fields) }, |_| ());
}
