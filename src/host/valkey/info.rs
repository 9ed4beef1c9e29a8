//! The module's part of `INFO`.

use std::ffi::{CStr, c_int};
use std::sync::atomic::{AtomicU64, Ordering};

use valkey_module::raw;

use super::api::{self, Context};
use super::{cell, fault};

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

/// Called by the server for `INFO`, and for its crash report: that reads nothing but counters,
/// since nothing else can be relied on then.
unsafe extern "C" fn write(info: *mut raw::RedisModuleInfoCtx, crash_report: c_int) {
    let linking = if crash_report == 0 {
        fault::catch_and(cell::linking, |_| ()).unwrap_or_default()
    } else {
        None
    };
    let linking = linking.unwrap_or_default();
    let fields: [(&CStr, u64); 9] = [
        (c"panics", fault::panics()),
        (c"key_changes", KEY_CHANGES.get()),
        (c"backfilled_keys", BACKFILLED_KEYS.get()),
        (c"rdb_sections_loaded", SECTIONS_LOADED.get()),
        (c"rdb_sections_refused", SECTIONS_REFUSED.get()),
        (c"linkers", linking.linkers),
        (c"linker_panics", linking.panics),
        (c"fresh_vectors", linking.fresh),
        (c"tombstones", linking.tombstones),
    ];
    // SAFETY: the server's, alive during this call.
    let _ = fault::catch_and(|| unsafe { api::write_info(info, &fields) }, |_| ());
}
