//! The terms of an index: each has a small dense number, for as long as a document holds it.

mod automaton;
mod names;
mod radix;
mod slab;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

pub(super) use self::automaton::{Automaton, Everything};
pub(super) use self::names::{Name, Names};
use self::radix::{Matches, Radix};
pub(super) use self::slab::Slab;
use super::postings::PostingList;

/// The number of a term; numbers of removed terms are used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct TermId(u32);

impl TermId {
    pub(super) const fn new(number: u32) -> Self {
        Self(number)
    }

    pub(super) const fn get(self) -> u32 {
        self.0
    }

    const fn slot(self) -> usize {
        self.0 as usize
    }
}

/// Terms with their postings: found by hash, walked in byte order by a radix tree.
#[derive(Default)]
pub(super) struct Terms {
    entries: Slab<Entry>,
    /// Slots of `entries` that are no term's.
    free: Vec<TermId>,
    names: Names,
    by_hash: HashTable<Slot>,
    /// Seeded anew in each process: nobody can choose words that collide.
    hasher: RandomState,
    tree: Radix,
    /// Those that are not valid UTF-8, which automata know nothing of.
    raw: HashSet<TermId>,
}

struct Entry {
    name: Name,
    postings: PostingList,
}

/// What the hash table holds of a term: its hash too, so that names are read only where they are likely
/// to be equal, and not when the table grows.
#[derive(Clone, Copy)]
struct Slot {
    hash: u32,
    term: TermId,
}

/// Terms looked for together; what they touch stays in the nearest cache.
pub(super) const BATCH: usize = 16;

impl Terms {
    /// Terms in byte order, with their numbers and postings; none if they do not ascend, or their
    /// numbers are not those from 0 to their number.
    pub(super) fn of_ascending(list: Vec<(TermId, Box<[u8]>, PostingList)>) -> Option<Self> {
        if !list.is_sorted_by(|a, b| a.1 < b.1) {
            return None;
        }
        let mut terms = Self::default();
        let mut entries: Vec<Option<Entry>> = Vec::new();
        entries.resize_with(list.len(), || None);
        terms.by_hash = HashTable::with_capacity(list.len());
        for (term, name, postings) in list {
            let hash = terms.hash(&name);
            let entry = Entry {
                name: terms.names.add(&name),
                postings,
            };
            let before = entries.get_mut(term.slot())?.replace(entry);
            if before.is_some() {
                return None;
            }
            let slot = Slot { hash, term };
            terms
                .by_hash
                .insert_unique(spread(hash), slot, |slot| spread(slot.hash));
            terms.tree.insert(&name, term);
            if std::str::from_utf8(&name).is_err() {
                terms.raw.insert(term);
            }
        }
        for entry in entries {
            terms.entries.push(entry?);
        }
        Some(terms)
    }

    /// What the numbers of all terms are below.
    pub(super) fn bound(&self) -> usize {
        self.len() + self.free.len()
    }

    /// How many terms there are.
    pub(super) fn len(&self) -> usize {
        self.by_hash.len()
    }

    /// The number of a term, if it is here.
    #[inline]
    pub(super) fn find(&self, name: &[u8]) -> Option<TermId> {
        self.find_hashed(self.hash(name), name)
    }

    /// The numbers of up to [`BATCH`] terms, which are added where they are not here. The waits for
    /// memory, four a term, overlap.
    pub(super) fn find_or_add<'a>(
        &mut self,
        names: impl ExactSizeIterator<Item = &'a [u8]> + Clone,
        numbers: &mut [TermId],
    ) {
        let likely = self.likely(names.clone());
        for term in likely.iter().filter_map(|(_, term)| *term) {
            self.entries[term.slot()].postings.prefetch_end();
        }
        for ((number, name), (hash, likely)) in numbers.iter_mut().zip(names).zip(likely) {
            let found = self.verified(name, hash, likely);
            *number = found.unwrap_or_else(|| self.add_hashed(hash, name));
        }
    }

    /// The postings of up to [`BATCH`] terms that are here. The waits for memory overlap.
    pub(super) fn get_all<'a>(
        &self,
        names: impl ExactSizeIterator<Item = &'a [u8]> + Clone,
    ) -> impl Iterator<Item = &PostingList> {
        let likely = self.likely(names.clone());
        let found = names.zip(likely);
        let found = found.map(|(name, (hash, likely))| self.verified(name, hash, likely));
        let mut lists = [None; BATCH];
        for (list, term) in lists.iter_mut().zip(found) {
            *list = term.map(|term| self.postings(term));
            list.inspect(|list| list.prefetch_start());
        }
        for list in lists.iter().flatten() {
            list.prefetch_blocks();
        }
        lists.into_iter().flatten()
    }

    /// The hashes of terms, and of each the one here with this hash, whose entry and name are on their
    /// way.
    fn likely<'a>(
        &self,
        names: impl ExactSizeIterator<Item = &'a [u8]>,
    ) -> [(u32, Option<TermId>); BATCH] {
        let mut likely = [(0, None); BATCH];
        let count = names.len();
        for ((hash, _), name) in likely.iter_mut().zip(names) {
            *hash = self.hash(name);
        }
        for (hash, term) in likely.iter_mut().take(count) {
            let found = self.by_hash.find(spread(*hash), |slot| slot.hash == *hash);
            *term = found.map(|slot| slot.term);
            term.inspect(|term| self.entries.prefetch(term.slot()));
        }
        for term in likely.iter().filter_map(|(_, term)| *term) {
            self.names.prefetch(self.entries[term.slot()].name);
        }
        likely
    }

    fn verified(&self, name: &[u8], hash: u32, likely: Option<TermId>) -> Option<TermId> {
        let likely = likely.filter(|&term| self.name(term) == name);
        likely.or_else(|| self.find_hashed(hash, name))
    }

    fn find_hashed(&self, hash: u32, name: &[u8]) -> Option<TermId> {
        let is_it = |slot: &Slot| slot.hash == hash && self.name(slot.term) == name;
        let found = self.by_hash.find(spread(hash), is_it);
        found.map(|slot| slot.term)
    }

    #[inline]
    fn hash(&self, name: &[u8]) -> u32 {
        (self.hasher.hash_one(name) >> 32) as u32
    }

    /// The postings of a term, if it is here.
    pub(super) fn get(&self, name: &[u8]) -> Option<&PostingList> {
        self.find(name).map(|term| self.postings(term))
    }

    /// Adds a term that is not here yet.
    fn add_hashed(&mut self, hash: u32, name: &[u8]) -> TermId {
        debug_assert!(self.find(name).is_none(), "a term has one number");
        let entry = Entry {
            name: self.names.add(name),
            postings: PostingList::default(),
        };
        let term = match self.free.pop() {
            Some(term) => {
                self.entries[term.slot()] = entry;
                term
            }
            None => {
                let slot = self.entries.push(entry);
                // 2^32 terms of some fifty bytes each do not fit in the memory of any machine yet.
                TermId(u32::try_from(slot).expect("fewer than 2^32 distinct terms"))
            }
        };
        self.by_hash
            .insert_unique(spread(hash), Slot { hash, term }, |slot| spread(slot.hash));
        self.tree.insert(name, term);
        if std::str::from_utf8(name).is_err() {
            self.raw.insert(term);
        }
        term
    }

    /// Forgets a term that no document holds, and frees its number.
    pub(super) fn remove(&mut self, term: TermId) {
        let name = self.entries[term.slot()].name;
        let hash = self.hash(self.names.get(name));
        let found = self
            .by_hash
            .find_entry(spread(hash), |slot| slot.term == term);
        if let Ok(found) = found {
            found.remove();
        }
        self.tree.remove(self.names.get(name));
        self.names.remove(name);
        self.raw.remove(&term);
        self.entries[term.slot()].postings = PostingList::default();
        self.free.push(term);
    }

    #[inline]
    pub(super) fn postings(&self, term: TermId) -> &PostingList {
        &self.entries[term.slot()].postings
    }

    #[inline]
    pub(super) fn postings_mut(&mut self, term: TermId) -> &mut PostingList {
        &mut self.entries[term.slot()].postings
    }

    #[inline]
    pub(super) fn name(&self, term: TermId) -> &[u8] {
        self.names.get(self.entries[term.slot()].name)
    }

    /// All terms in byte order.
    pub(super) fn iter(&self) -> Matches<'_, Everything> {
        self.with_prefix(b"")
    }

    /// The terms that begin so, in byte order.
    pub(super) fn with_prefix(&self, prefix: &[u8]) -> Matches<'_, Everything> {
        self.tree.with_prefix(prefix)
    }

    /// The terms that an automaton accepts, in byte order.
    pub(super) fn matching<A: Automaton>(&self, automaton: A) -> Matches<'_, A> {
        self.tree.matching(automaton)
    }

    /// The terms that are not valid UTF-8, in no order.
    pub(super) fn raw(&self) -> impl Iterator<Item = TermId> {
        self.raw.iter().copied()
    }

    /// Heap bytes in use, by capacity. Walks all terms.
    pub(super) fn memory_bytes(&self) -> usize {
        let postings = self
            .entries
            .iter()
            .map(|entry| entry.postings.memory_bytes());
        self.entries.memory_bytes()
            + self.free.capacity() * size_of::<TermId>()
            + self.names.memory_bytes()
            + self.by_hash.allocation_size()
            + self.tree.memory_bytes()
            + postings.sum::<usize>()
    }
}

/// The hash that the table goes by: it wants bits of the whole width.
#[inline]
pub(super) const fn spread(hash: u32) -> u64 {
    // 2^64 by the golden ratio: Knuth, The Art of Computer Programming, volume 3, section 6.4.
    (hash as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
