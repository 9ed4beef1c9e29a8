//! The core that every host embeds: the indexes of every database, free of any server.

mod content;
mod idle;
pub mod jobs;
mod links;
mod nearest;
mod overview;
mod saved;
mod sharing;
mod sizes;

use std::collections::{BTreeMap, HashSet};
use std::time::Instant;

use nuthatch_indexes::vector::{Algorithm, VectorIndex};

pub use self::content::Restoring;
use self::jobs::{Deferral, Job};
pub use self::overview::{Counts, Overview};
pub use self::sharing::Pass;
use self::sharing::Shared;
use self::sizes::Sizes;
use crate::background::Linkers;
use crate::catalog::index::Index;
use crate::catalog::registry::Registry;
use crate::command;
use crate::command::cursors::Cursors;
use crate::keyspace::{Hashes, Keyspace};
use crate::reply::Sink;
use crate::request::create::Defaults;
use crate::request::settings::Settings;

/// The indexes and dictionaries of every database.
#[derive(Default)]
pub struct Core {
    databases: BTreeMap<u32, Registry>,
    last_serial: u64,
    settings: Settings,
    linkers: Linkers,
    /// The host has writers wait while linkers are behind.
    holds_writers: bool,
    shared: Shared,
    cursors: Cursors,
    counts: Counts,
    sizes: Sizes,
    /// Whether the running command may defer its query.
    deferral: Deferral,
    /// The query of the running command, if it was deferred.
    deferred: Option<Job>,
}

/// What is left to do in the background, and who does it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Linking {
    /// Threads at most; they start with the first vector that waits.
    pub linkers: u64,
    /// Vectors that are found by comparing with each, until they are linked.
    pub fresh: u64,
    /// Vectors that are gone and still to be unlinked.
    pub tombstones: u64,
    /// Panics caught in the background.
    pub panics: u64,
}

/// Who asks, and where the answer goes.
pub struct Call<'a> {
    /// The number of the client's selected database.
    pub database: u32,
    /// The keys of that database.
    pub keyspace: &'a mut dyn Keyspace,
    /// Where the reply is written, exactly once.
    pub sink: &'a mut dyn Sink,
}

/// What a command has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: it only read, or it failed.
    None,
    /// Definitions or keys: replicas must run the same command.
    Changed,
}

impl Effect {
    /// What a command that may find nothing to do has changed.
    #[must_use]
    pub fn changed_if(changed: bool) -> Self {
        if changed { Self::Changed } else { Self::None }
    }
}

/// An index of which keys are still to be read that were there before it, or before some of its
/// fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Backfill {
    /// The database of the index.
    pub database: u32,
    /// A number that no other index of this core has had.
    pub index: u64,
    /// Which of the index's backfills: one that begins while another runs starts anew.
    pub round: u64,
}

impl Core {
    /// A core without indexes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, with settings.
    #[must_use]
    pub fn with(settings: Settings) -> Self {
        Self {
            linkers: settings.linkers.map(Linkers::new).unwrap_or_default(),
            settings,
            ..Self::default()
        }
    }

    /// The state of the work in the background, over all indexes.
    #[must_use]
    pub fn linking(&self) -> Linking {
        let mut linking = Linking {
            linkers: self.linkers.count() as u64,
            panics: self.linkers.panics(),
            ..Linking::default()
        };
        for index in self.databases.values().flat_map(Registry::iter) {
            for (_, vectors) in index.vectors() {
                // Without a graph there is nothing to link: every search compares with all anyway.
                if let Algorithm::Hnsw(_) = vectors.params().algorithm {
                    let stats = vectors.stats();
                    linking.fresh += stats.fresh;
                    linking.tombstones += stats.tombstones;
                }
            }
        }
        linking
    }

    /// The text of the first panic in the background since the last call, for the log.
    pub fn take_linker_panic(&mut self) -> Option<String> {
        self.linkers.take_panic()
    }

    /// Runs one command and writes its reply; `arguments[0]` is the command's name, in any case.
    pub fn execute(&mut self, call: &mut Call<'_>, arguments: &[&[u8]]) -> Effect {
        let start = Instant::now();
        let result = command::run(self, call, arguments);
        let name = arguments.first().copied().unwrap_or_default();
        self.counts.count(name, start.elapsed(), &result);
        match result {
            Ok(effect) => effect,
            Err(error) => {
                call.sink.error(&error.to_string());
                Effect::None
            }
        }
    }

    /// Whether any index of the database takes keys that begin as this one does. Costs a few
    /// comparisons and no allocation: asked for every key that any client writes.
    #[must_use]
    pub fn watches(&self, database: u32, key: &[u8]) -> bool {
        self.databases
            .get(&database)
            .is_some_and(|indexes| indexes.iter().any(|index| index.takes(key)))
            || self.shared.watches(database, key)
    }

    /// Brings every index in line with what `key` holds now: indexes it, again, or forgets it.
    /// Idempotent, so a host may call it for any event on the key. Whether linkers are behind with any of
    /// these indexes: see [`Core::hold_writers`].
    pub fn key_changed(&mut self, database: u32, key: &[u8], keyspace: &mut dyn Hashes) -> bool {
        self.take_back_retired(database, key, keyspace);
        let shares = self.shares();
        let Some(indexes) = self.databases.get_mut(&database) else {
            return false;
        };
        let (mut behind, mut names) = (false, Vec::new());
        for index in indexes.iter_mut().filter(|index| index.takes(key)) {
            let holds_writers = self.holds_writers;
            let each = |(_, vectors): (_, &VectorIndex)| vectors.set_patient(holds_writers);
            index.vectors().for_each(each);
            index.refresh(key, keyspace);
            if shares {
                index.share(key, keyspace, &mut names);
            }
            offer(&mut self.linkers, index);
            behind |= is_behind(index);
        }
        self.shared.note(names);
        behind
    }

    /// Says that the host has writers wait while linkers are behind, so that writes need not link.
    pub fn hold_writers(&mut self) {
        self.holds_writers = true;
    }

    /// Whether linkers are behind with any index.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        let mut indexes = self.databases.values().flat_map(Registry::iter);
        indexes.any(is_behind)
    }

    /// Drops every index and every dictionary of one database, or of all: its keys have been
    /// flushed.
    pub fn flush(&mut self, database: Option<u32>) {
        match database {
            Some(number) => {
                let indexes = self.databases.remove(&number);
                indexes.into_iter().for_each(forget_shared);
            }
            None => std::mem::take(&mut self.databases)
                .into_values()
                .for_each(forget_shared),
        }
        self.shared.flush(database);
        self.collect_cursors();
    }

    /// Exchanges two databases, as `SWAPDB` does with their keys.
    pub fn swap(&mut self, first: u32, second: u32) {
        let [a, b] = [first, second].map(|database| self.databases.remove(&database));
        for (database, indexes) in [(second, a), (first, b)] {
            if let Some(indexes) = indexes {
                self.databases.insert(database, indexes);
            }
        }
        self.shared.swap(first, second);
    }

    /// The backfill to go on with, the oldest first. It may vanish between two slices (its index
    /// was dropped); then the next one is given.
    #[must_use]
    pub fn next_backfill(&self) -> Option<Backfill> {
        self.databases
            .iter()
            .flat_map(|(database, indexes)| indexes.iter().map(move |index| (*database, index)))
            .filter(|(_, index)| index.is_backfilling())
            .map(|(database, index)| Backfill {
                database,
                index: index.serial(),
                round: index.backfill_round(),
            })
            .min_by_key(|backfill| backfill.index)
    }

    /// Indexes one key met by the scan of a backfill; a key of another prefix costs nothing.
    pub fn backfill_key(&mut self, backfill: Backfill, key: &[u8], keyspace: &mut dyn Hashes) {
        let shares = self.shares();
        let Some(index) = backfilling(&mut self.databases, backfill) else {
            return;
        };
        index.count_scanned();
        if index.takes(key) {
            let mut names = Vec::new();
            index.refresh(key, keyspace);
            if shares {
                index.share(key, keyspace, &mut names);
            }
            offer(&mut self.linkers, index);
            self.shared.note(names);
        }
    }

    /// The scan of a backfill has met every key.
    pub fn backfill_done(&mut self, backfill: Backfill) {
        if let Some(index) = backfilling(&mut self.databases, backfill) {
            index.end_backfill();
        }
    }

    /// Whether there is neither index nor dictionary, and so nothing to save.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.databases.values().all(Registry::is_empty)
    }

    /// Notes that an index of this name or alias, if there is one, is in use now.
    pub(crate) fn touch(&mut self, database: u32, name: &[u8]) {
        if let Some(registry) = self.databases.get_mut(&database) {
            registry.touch(name);
        }
    }

    /// The indexes and dictionaries of a database.
    pub(crate) fn database(&mut self, database: u32) -> &mut Registry {
        self.databases.entry(database).or_default()
    }

    /// The settings as they are now.
    #[must_use]
    pub fn settings(&self) -> Settings {
        Settings {
            linkers: Some(self.linkers.count()),
            ..self.settings
        }
    }

    /// The settings, to be changed.
    pub(crate) fn settings_mut(&mut self) -> &mut Settings {
        &mut self.settings
    }

    /// Whether any cursor waits to be read on, and so [`Core::collect_cursors`] has to be called now
    /// and then.
    #[must_use]
    pub fn has_cursors(&self) -> bool {
        !self.cursors.is_empty()
    }

    /// Frees the cursors that have been idle for too long, and those whose index is gone; how many
    /// those were.
    pub fn collect_cursors(&mut self) -> usize {
        if self.cursors.is_empty() {
            return 0;
        }
        let indexes = self.databases.values().flat_map(Registry::iter);
        let serials: HashSet<u64> = indexes.map(Index::serial).collect();
        self.cursors.collect(|index| serials.contains(&index))
    }

    /// The cursors of all indexes.
    pub(crate) fn cursors(&mut self) -> &mut Cursors {
        &mut self.cursors
    }

    /// What applies to definitions that do not say.
    pub(crate) fn defaults(&self) -> Defaults {
        self.settings.defaults()
    }

    /// A number for a new index.
    pub(crate) fn next_serial(&mut self) -> u64 {
        self.last_serial += 1;
        self.last_serial
    }
}

fn backfilling(databases: &mut BTreeMap<u32, Registry>, backfill: Backfill) -> Option<&mut Index> {
    databases
        .get_mut(&backfill.database)?
        .iter_mut()
        .find(|index| index.serial() == backfill.index && index.backfill_round() == backfill.round)
}

/// The keys of these indexes are gone.
fn forget_shared(mut indexes: Registry) {
    indexes.iter_mut().for_each(Index::take_back_all);
}

fn is_behind(index: &Index) -> bool {
    index.vectors().any(|(_, vectors)| vectors.is_behind())
}

/// Hands what an index has left to do to the linkers.
fn offer(linkers: &mut Linkers, index: &Index) {
    for (field, vectors) in index.vectors() {
        let work = vectors.background();
        if work.is_pending() {
            linkers.offer((index.serial(), field.index()), work);
        }
    }
}
