//! Which keys are still to come of an index whose content was loaded.
//!
//! Each key of a snapshot is asked for once, in no order: to find its document by name is four waits for
//! memory, the most that an index would add to the loading of a small document. Here a key is its hash, found
//! with one wait. That two different keys have the same 62 bits happens to one of ten million restarts with a
//! million keys that are no documents; it would have a key that is none pass for one that is.

use std::hash::BuildHasher;

use foldhash::quality::RandomState;
use nuthatch_indexes::doc::DocId;

use super::doc_table::DocTable;

/// In the place of a key's hash: there is one.
const TAKEN: u64 = 1 << 63;

/// Beside [`TAKEN`]: the key has come.
const COME: u64 = 1 << 62;

/// In a place whose key is no document any more: what lies behind it is looked for all the same.
const GONE: u64 = COME;

/// The documents of an index by the hashes of their keys.
pub(super) struct Awaited {
    /// A key lies in the first free place from that on which the low bits of its hash say. A power of two, a
    /// quarter of them free at least.
    places: Vec<u64>,
    /// The document of each place.
    docs: Vec<Option<DocId>>,
    /// Seeded anew each time: nobody can choose keys that collide.
    hasher: RandomState,
}

impl Awaited {
    /// All documents of a table.
    pub(super) fn of(documents: &DocTable) -> Self {
        let size = (documents.len() + documents.len() / 3 + 1).next_power_of_two();
        let mut awaited = Self {
            places: vec![0; size],
            docs: vec![None; size],
            hasher: RandomState::default(),
        };
        for doc in documents.alive().iter().filter_map(DocId::new) {
            if let Some(key) = documents.key(doc) {
                awaited.add(key, doc);
            }
        }
        awaited
    }

    /// A key has come: its place if it is a document's, and has come for the first time.
    #[inline]
    pub(super) fn arrive(&mut self, key: &[u8]) -> Option<usize> {
        let at = self.find(self.hash(key))?;
        let has_come = self.places[at] & COME != 0;
        self.places[at] |= COME;
        (!has_come).then_some(at)
    }

    /// The document of a place. To look is another wait for memory.
    pub(super) fn doc(&self, place: usize) -> Option<DocId> {
        self.docs.get(place).copied().flatten()
    }

    /// A key is no document any more.
    pub(super) fn forget(&mut self, key: &[u8]) {
        if let Some(at) = self.find(self.hash(key)) {
            self.places[at] = GONE;
            self.docs[at] = None;
        }
    }

    /// The documents whose keys have not come.
    pub(super) fn absent(&self) -> impl Iterator<Item = DocId> {
        let places = self.places.iter().zip(&self.docs);
        places
            .filter(|(place, _)| **place & COME == 0)
            .filter_map(|(_, doc)| *doc)
    }

    fn add(&mut self, key: &[u8], doc: DocId) {
        let hash = self.hash(key);
        let mut at = self.start(hash);
        while self.places[at] != 0 {
            at = self.next(at);
        }
        self.places[at] = hash;
        self.docs[at] = Some(doc);
    }

    #[inline]
    fn find(&self, hash: u64) -> Option<usize> {
        let mut at = self.start(hash);
        while self.places[at] != 0 {
            if self.places[at] & !COME == hash {
                return Some(at);
            }
            at = self.next(at);
        }
        None
    }

    /// A hash as it lies in a place of a key that has not come.
    #[inline]
    fn hash(&self, key: &[u8]) -> u64 {
        self.hasher.hash_one(key) & !COME | TAKEN
    }

    #[inline]
    fn start(&self, hash: u64) -> usize {
        #[expect(clippy::cast_possible_truncation, reason = "the low bits are meant")]
        {
            hash as usize & (self.places.len() - 1)
        }
    }

    #[inline]
    fn next(&self, at: usize) -> usize {
        (at + 1) & (self.places.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_is_awaited_of_no_documents() {
        let mut awaited = Awaited::of(&DocTable::default());
        assert_eq!(awaited.arrive(b"a"), None);
        awaited.forget(b"a");
        assert_eq!(awaited.absent().count(), 0);
    }

    proptest! {
        #[test]
        fn each_key_is_awaited_once_unless_it_is_forgotten(
            keys in prop::collection::btree_set(0_u16..300, 0..200),
            moves in prop::collection::vec((any::<bool>(), 0_u16..300), 0..300),
        ) {
            let mut table = DocTable::default();
            let mut model = BTreeMap::new();
            for key in keys {
                let doc = table.put(&key.to_le_bytes(), 1.0).unwrap();
                model.insert(key, doc);
            }
            let mut awaited = Awaited::of(&table);
            for (forgets, key) in moves {
                let known = model.remove(&key);
                if forgets {
                    awaited.forget(&key.to_le_bytes());
                } else {
                    let place = awaited.arrive(&key.to_le_bytes());
                    prop_assert_eq!(place.map(|place| awaited.doc(place)), known.map(Some));
                }
            }
            let absent: BTreeSet<DocId> = awaited.absent().collect();
            prop_assert_eq!(absent, model.into_values().collect());
        }
    }
}
