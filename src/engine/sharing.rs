//! Which vectors hashes share: as keys change, in passes over all documents when the setting has changed or
//! keys have been loaded, and for indexes that are gone, whose vectors stay until no hash has them.

use std::collections::BTreeSet;

use super::Core;
use crate::catalog::index::Index;
use crate::catalog::registry::Registry;
use crate::keyspace::Hashes;

/// What is known beside the indexes.
#[derive(Default)]
pub(super) struct Shared {
    /// The host can have hashes share vectors.
    is_possible: bool,
    /// What the setting was when it was last looked at.
    wanted: bool,
    /// Every name of a field that has ever shared a vector.
    names: BTreeSet<Vec<u8>>,
    /// Indexes that were dropped, with vectors that hashes still share, by database.
    retired: Vec<(u32, Index)>,
}

/// Documents to go through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pass {
    /// The database of the index.
    pub database: u32,
    index: u64,
}

impl Shared {
    pub(super) fn note(&mut self, names: Vec<Vec<u8>>) {
        for name in names {
            if !self.names.contains(&name) {
                self.names.insert(name);
            }
        }
    }

    pub(super) fn watches(&self, database: u32, key: &[u8]) -> bool {
        let mut retired = self.retired.iter();
        retired.any(|(number, index)| *number == database && index.takes(key))
    }

    /// The keys of a database, or all, are gone.
    pub(super) fn flush(&mut self, database: Option<u32>) {
        let gone = |number: u32| database.is_none_or(|flushed| flushed == number);
        for (_, index) in self.retired.iter_mut().filter(|(number, _)| gone(*number)) {
            index.take_back_all();
        }
        self.retired.retain(|(number, _)| !gone(*number));
    }

    pub(super) fn swap(&mut self, first: u32, second: u32) {
        for (number, _) in &mut self.retired {
            if *number == first {
                *number = second;
            } else if *number == second {
                *number = first;
            }
        }
    }
}

impl Core {
    /// Says that the host can have hashes share vectors.
    pub fn allow_sharing(&mut self) {
        self.shared.is_possible = true;
    }

    /// Whether hashes are to share vectors.
    pub(super) fn shares(&self) -> bool {
        self.shared.is_possible && self.settings.share_vectors
    }

    /// Whether any hash has ever shared a vector.
    #[must_use]
    pub fn has_shared(&self) -> bool {
        !self.shared.names.is_empty()
    }

    /// Bytes of vectors that hashes share, of all indexes.
    #[must_use]
    pub fn shared_bytes(&self) -> usize {
        let indexes = self.databases.values().flat_map(Registry::iter);
        let retired = self.shared.retired.iter().map(|(_, index)| index);
        indexes.chain(retired).map(Index::shared_bytes).sum()
    }

    /// Has the hash of a key share no vector, of whatever index; false if that cannot be known.
    pub fn unshare(&mut self, key: &[u8], keyspace: &mut dyn Hashes) -> bool {
        let names: Vec<&[u8]> = self.shared.names.iter().map(Vec::as_slice).collect();
        keyspace.unshare(key, &names)
    }

    /// All documents are to be gone through: their keys have been loaded.
    pub fn begin_sharing(&mut self) {
        if self.shares() {
            self.go_through(None);
        }
    }

    /// What documents are to be gone through next, if any.
    pub fn next_sharing(&mut self) -> Option<Pass> {
        let wanted = self.shares();
        if self.shared.wanted != wanted {
            self.shared.wanted = wanted;
            self.go_through(None);
        }
        let live = self.databases.iter();
        let live = live.flat_map(|(number, indexes)| indexes.iter().map(move |it| (*number, it)));
        let retired = self.shared.retired.iter();
        let retired = retired.map(|(number, index)| (*number, index));
        let mut all = retired.chain(live);
        let (database, index) = all.find(|(_, index)| index.is_sharing())?;
        let index = index.serial();
        Some(Pass { database, index })
    }

    /// Goes through some of the documents, in the pass's database.
    pub fn share_some(&mut self, pass: Pass, keyspace: &mut dyn Hashes) {
        let shares = self.shares();
        let mut names = Vec::new();
        let mut retired = self.shared.retired.iter_mut();
        if let Some((_, index)) = retired.find(|(_, index)| index.serial() == pass.index) {
            index.share_some(false, keyspace, &mut names);
            self.drop_retired();
            return;
        }
        let Some(indexes) = self.databases.get_mut(&pass.database) else {
            return;
        };
        let mut indexes = indexes.iter_mut();
        if let Some(index) = indexes.find(|index| index.serial() == pass.index) {
            index.share_some(shares, keyspace, &mut names);
        }
        self.shared.note(names);
    }

    /// An index has been dropped: it goes when no hash shares a vector of it any more.
    pub(crate) fn retire(&mut self, database: u32, mut index: Index) {
        if index.shares_any() {
            index.begin_sharing();
            self.shared.retired.push((database, index));
        }
    }

    /// Indexes that are gone look whether the hash of a key shares any of their vectors.
    pub(super) fn take_back_retired(
        &mut self,
        database: u32,
        key: &[u8],
        keyspace: &mut dyn Hashes,
    ) {
        if !self.shared.watches(database, key) {
            return;
        }
        for (number, index) in &mut self.shared.retired {
            if *number == database {
                // A key of which it is not known yet is told of when it has gone.
                let _ = index.take_back(key, keyspace);
            }
        }
        self.drop_retired();
    }

    /// Drops what no hash shares any more; others may share theirs in its place.
    fn drop_retired(&mut self) {
        let retired = std::mem::take(&mut self.shared.retired);
        let (kept, done): (Vec<_>, Vec<_>) = retired
            .into_iter()
            .partition(|(_, index)| index.shares_any());
        self.shared.retired = kept;
        if self.shares() {
            done.iter()
                .for_each(|(number, _)| self.go_through(Some(*number)));
        }
    }

    fn go_through(&mut self, database: Option<u32>) {
        let databases = self.databases.iter_mut();
        databases
            .filter(|(number, _)| database.is_none_or(|wanted| wanted == **number))
            .flat_map(|(_, indexes)| indexes.iter_mut())
            .for_each(Index::begin_sharing);
    }
}
