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

    /// Counts several more.
    pub(super) fn add(&self, count: usize) {
        self.0.fetch_add(count as u64, Ordering::Relaxed);
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
/// Documents that snapshots brought, so that they were not indexed anew.
pub(super) static DOCUMENTS_RESTORED: Counter = Counter::new();
/// Vectors that have the links that were saved.
pub(super) static LINKS_LOADED: Counter = Counter::new();
/// Sections that were not understood.
pub(super) static SECTIONS_REFUSED: Counter = Counter::new();

/// Queries that were handed to workers.
pub(super) static QUERIES_DEFERRED: Counter = Counter::new();
/// Queries whose clients went away.
pub(super) static QUERIES_CANCELLED: Counter = Counter::new();

/// Writes whose replies were held back for the linkers.
pub(super) static WRITERS_HELD: Counter = Counter::new();

/// Adds the section to `INFO`.
pub(super) fn register(context: Context<'_>) -> bool {
    context.register_info(Some(write))
}

/// Called by the server for `INFO`, and for its crash report: that reads nothing but counters,
/// since nothing else can be relied on then.
unsafe extern "C" fn write(info: *mut raw::RedisModuleInfoCtx, crash_report: c_int) {
    let numbers = if crash_report == 0 {
        fault::catch_and(cell::numbers, |_| ()).unwrap_or_default()
    } else {
        None
    };
    let (linking, overview, counts, bytes) = numbers.unwrap_or_default();
    let workers = if crash_report == 0 {
        fault::catch_and(cell::worker_counts, |_| ()).unwrap_or_default()
    } else {
        None
    };
    let workers = workers.unwrap_or_default();
    let fields: [(&CStr, u64); 18] = [
        (c"panics", fault::panics()),
        (c"key_changes", KEY_CHANGES.get()),
        (c"backfilled_keys", BACKFILLED_KEYS.get()),
        (c"rdb_sections_loaded", SECTIONS_LOADED.get()),
        (c"rdb_documents_restored", DOCUMENTS_RESTORED.get()),
        (c"rdb_vectors_linked", LINKS_LOADED.get()),
        (c"rdb_sections_refused", SECTIONS_REFUSED.get()),
        (c"linkers", linking.linkers),
        (c"linker_panics", linking.panics),
        (c"fresh_vectors", linking.fresh),
        (c"tombstones", linking.tombstones),
        (c"workers", workers.workers),
        (c"queries_queued", workers.queued),
        (c"queries_running", workers.running),
        (c"queries_deferred", QUERIES_DEFERRED.get()),
        (c"queries_cancelled", QUERIES_CANCELLED.get()),
        (c"writers_held", WRITERS_HELD.get()),
        (c"shared_vector_bytes", overview.shared_bytes),
    ];
    let indexes: [(&CStr, u64); 6] = [
        (c"number_of_indexes", overview.indexes),
        (c"number_of_documents", overview.documents),
        (c"used_memory_indexes", bytes),
        (c"indexes_backfilling", overview.backfilling),
        (c"indexing_failures", overview.failures),
        (c"cursors", overview.cursors),
    ];
    let micros = u64::try_from(counts.query_time.as_micros()).unwrap_or(u64::MAX);
    let queries: [(&CStr, u64); 6] = [
        (c"total_queries_processed", counts.queries),
        (c"total_query_execution_time_us", micros),
        (c"query_timeouts", counts.timeouts),
        (c"commands_refused", counts.refusals),
        (c"commands_not_permitted", counts.denials),
        (c"commands_failed", counts.faults),
    ];
    let sections: [(&CStr, &[(&CStr, u64)]); 3] = [
        (c"", &fields),
        (c"indexes", &indexes),
        (c"queries", &queries),
    ];
    for (name, fields) in sections {
        // SAFETY: the server's, alive during this call.
        let _ = fault::catch_and(|| unsafe { api::write_info(info, name, fields) }, |_| ());
    }
}
