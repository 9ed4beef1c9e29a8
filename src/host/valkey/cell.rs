//! Where the core lives: one for the server, borrowed by one caller at a time.
//!
//! The server may raise an event while the core is borrowed: a command that deletes documents,
//! or a read that meets an expired key. Such a change is queued and applied when the borrow ends,
//! in the order of the events, so that none is lost and none finds the core half-way.

use std::collections::VecDeque;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Instant;

use super::api::Context;
use super::backfill::Scanning;
use super::backlog::{self, Backlog};
use super::fault::{self, Panicked};
use super::info;
use super::keyspace::{FieldNames, ServerKeyspace};
use super::sharing;
use crate::engine::{Core, Counts, Linking, Overview};
use crate::request::settings::Settings;
use crate::request::settings::table::Setting;
use crate::workers::{WorkerCounts, Workers};

/// The core and what the host keeps beside it.
#[derive(Default)]
pub(super) struct Host {
    pub(super) core: Core,
    pub(super) names: FieldNames,
    pub(super) scanning: Scanning,
    /// When the next timer for indexes that can be idle is due, if one is set.
    pub(super) idle_due: Option<Instant>,
    /// A timer will look after the cursors.
    pub(super) collects_cursors: bool,
    /// Those who answer expensive queries.
    pub(super) workers: Workers,
    /// Writers that linkers are behind with.
    pub(super) backlog: Backlog,
    /// A timer will have vectors shared, or no longer.
    pub(super) shares_vectors: bool,
}

/// Why work did not come to a result.
pub(super) enum Refusal {
    /// The core is borrowed further up the stack.
    Busy,
    /// It panicked, as has been logged.
    Panicked,
}

impl From<Panicked> for Refusal {
    fn from(_: Panicked) -> Self {
        Self::Panicked
    }
}

/// What has happened to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyEvent {
    /// Fields of its hash were written.
    Written,
    /// It was deleted.
    Gone,
    /// Its value has another name now: the event of that follows at once.
    Left,
    /// It has the value of another key.
    Arrived,
    /// Fields of its hash are to expire.
    Expiring,
    /// Anything else.
    Changed,
}

/// What has happened to keys.
pub(super) enum Change {
    /// One key of a database.
    Key(u32, Vec<u8>, KeyEvent),
    /// All keys of one database or of all are gone.
    Flush(Option<u32>),
    /// Two databases have changed places.
    Swap(u32, u32),
}

/// The server's global lock serialises all callers: the mutex only tells a caller further down
/// the same stack that the core is borrowed.
static HOST: LazyLock<Mutex<Host>> = LazyLock::new(Mutex::default);

/// What came while the core was borrowed.
static QUEUE: Mutex<VecDeque<Change>> = Mutex::new(VecDeque::new());

/// Makes the core what the module was loaded for. Before any command.
pub(super) fn configure(settings: Settings) {
    if let Some(mut host) = borrow() {
        host.workers = Workers::new(settings.workers);
        host.core = backlog::core(settings);
    }
}

/// The settings as they are; none while the core is borrowed.
pub(super) fn settings() -> Option<Settings> {
    borrow().map(|host| host.core.settings())
}

/// Sets a setting. One that only the loading of the module may change is set as the module is loaded,
/// while there is nothing in the core yet.
///
/// # Errors
/// What is wrong with the value, or that the core is in use.
pub(super) fn set(setting: &Setting, value: &[u8]) -> Result<(), String> {
    let mut host = borrow().ok_or("the search engine is busy with the caller")?;
    let mut settings = host.core.settings();
    setting
        .set(&mut settings, value)
        .map_err(|refusal| refusal.to_string())?;
    if setting.is_mutable {
        *host.core.settings_mut() = settings;
        sharing::wake_later(&mut host);
    } else if host.core.settings() != settings {
        host.workers = Workers::new(settings.workers);
        host.core = backlog::core(settings);
    }
    Ok(())
}

/// The definitions, for the append-only file; none while the core is borrowed.
pub(super) fn definitions() -> Option<Vec<u8>> {
    borrow().map(|host| host.core.definitions())
}

/// The core in numbers, the last of them the bytes of its indexes; none while it is borrowed.
pub(super) fn numbers() -> Option<(Linking, Overview, Counts, u64)> {
    borrow().map(|mut host| {
        let core = &mut host.core;
        (core.linking(), core.overview(), core.counts(), core.bytes())
    })
}

/// What the workers are about; none while the core is borrowed.
pub(super) fn worker_counts() -> Option<WorkerCounts> {
    borrow().map(|host| host.workers.counts())
}

/// Does `work` with the core, then applies the changes that it caused, also when it panicked.
pub(super) fn with<T>(
    context: Context<'_>,
    work: impl FnOnce(&mut Host) -> T,
) -> Result<T, Refusal> {
    let mut host = borrow().ok_or(Refusal::Busy)?;
    let result = fault::catch(context, || work(&mut host));
    apply_queued(context, &mut host);
    if let Some(panic) = host.core.take_linker_panic() {
        context.warn(&format!(
            "internal error in the background: {panic}. The vectors of one field are no longer \
             linked; they are found all the same, more slowly. Dropping and creating its index \
             repairs it."
        ));
    }
    Ok(result?)
}

/// The core is told of a change, at once or when it is no longer borrowed.
pub(super) fn change(context: Context<'_>, change: Change) {
    match borrow() {
        None => queue().push_back(change),
        Some(mut host) => {
            apply(context, &mut host, change);
            apply_queued(context, &mut host);
        }
    }
}

/// As [`change`] for a key of the selected database: without a copy of its name if no index
/// watches it. A client that has written it may be had to wait for the linkers.
pub(super) fn key_changed(context: Context<'_>, key: &[u8], event: KeyEvent) {
    let database = context.database();
    let Some(mut host) = borrow() else {
        queue().push_back(Change::Key(database, key.to_vec(), event));
        return;
    };
    let waits =
        event == KeyEvent::Left && host.core.has_shared() && host.core.watches(database, key);
    if waits || !queue().is_empty() {
        queue().push_back(Change::Key(database, key.to_vec(), event));
        return apply_queued(context, &mut host);
    }
    // A panic is logged and counted by then, and nobody waits for an answer.
    let behind = fault::catch(context, || {
        apply_key(context, &mut host, database, key, event)
    });
    apply_queued(context, &mut host);
    if event == KeyEvent::Written && behind.is_ok_and(|behind| behind) {
        backlog::hold(context, &mut host);
    }
}

/// A key of the selected database has been loaded with the rest of a snapshot.
pub(super) fn key_loaded(context: Context<'_>, key: &[u8]) {
    let Some(mut host) = borrow() else {
        return key_changed(context, key, KeyEvent::Changed);
    };
    let host = &mut *host;
    let database = context.database();
    if host.core.watches(database, key) {
        info::KEY_CHANGES.count();
        let mut keyspace = ServerKeyspace::new(context, &mut host.names);
        let core = &mut host.core;
        // A panic is logged and counted by then, and nobody waits for an answer.
        let _ = fault::catch(context, || core.key_loaded(database, key, &mut keyspace));
    }
    apply_queued(context, host);
}

/// Whether there is no index for certain.
pub(super) fn is_empty() -> bool {
    borrow().is_some_and(|host| host.core.is_empty())
}

fn borrow() -> Option<MutexGuard<'static, Host>> {
    match HOST.try_lock() {
        Ok(host) => Some(host),
        // Not reached: every panic is caught while the lock is held.
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// Held for one push or pop.
fn queue() -> MutexGuard<'static, VecDeque<Change>> {
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn apply_queued(context: Context<'_>, host: &mut Host) {
    while sharing::may_apply(context, host, &QUEUE) {
        let next = queue().pop_front();
        match next {
            Some(change) => apply(context, host, change),
            None => return,
        }
    }
}

fn apply(context: Context<'_>, host: &mut Host, change: Change) {
    // A panic is logged and counted by then, and the next change is still to be applied.
    let _ = fault::catch(context, || match change {
        Change::Key(database, key, event) => {
            context.in_database(database, || apply_key(context, host, database, &key, event));
        }
        Change::Flush(database) => host.core.flush(database),
        Change::Swap(first, second) => host.core.swap(first, second),
    });
}

/// The core reads a key of the selected database again, if any index watches it. Whether linkers are behind
/// with such an index.
fn apply_key(
    context: Context<'_>,
    host: &mut Host,
    database: u32,
    key: &[u8],
    event: KeyEvent,
) -> bool {
    if matches!(event, KeyEvent::Arrived | KeyEvent::Expiring) {
        // What cannot be told from what is shared stays lent.
        let _ = sharing::unshare_key(context, host, key);
    }
    if !host.core.watches(database, key) {
        return false;
    }
    info::KEY_CHANGES.count();
    let is_gone = matches!(event, KeyEvent::Gone | KeyEvent::Left);
    let mut keyspace = ServerKeyspace::new(context, &mut host.names).gone(is_gone);
    host.core.key_changed(database, key, &mut keyspace)
}
