//! The documents of one index: keys to dense numbers and back.

mod saved;

use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use nuthatch_indexes::cow_vec::CowVec;
use nuthatch_indexes::doc::DocId;
use roaring::RoaringBitmap;

/// Which key has which document id.
///
/// An id is freed when its document goes and is used again by a later one, so that columns stay as
/// short as the most documents there ever were at once.
#[derive(Debug, Default)]
pub struct DocTable {
    /// By slot; none where the id is free.
    documents: Documents,
    /// Ids by the hash of their document's key.
    ids: HashTable<DocId>,
    /// Seeded anew in each process: nobody can choose keys that collide.
    hasher: RandomState,
    /// Free ids, the last freed last.
    free: Vec<DocId>,
    /// The ids in use.
    alive: Arc<RoaringBitmap>,
    /// How many documents there are.
    len: usize,
    /// Documents whose score is not 1.
    scored: usize,
    /// Bytes of all keys.
    key_bytes: usize,
    /// The payloads of the documents that have one.
    payloads: CowVec<Option<Box<[u8]>>, 64>,
    /// Bytes of all payloads.
    payload_bytes: usize,
}

/// By slot; none where the id is free.
type Documents = CowVec<Option<Document>, 64>;

#[derive(Clone, Debug)]
struct Document {
    key: Box<[u8]>,
    score: f64,
}

impl DocTable {
    /// What is here now, at the price of a few counters: the keys of ids, but not the ids of keys.
    #[must_use]
    pub fn snapshot(&self) -> Self {
        Self {
            documents: self.documents.clone(),
            alive: Arc::clone(&self.alive),
            len: self.len,
            scored: self.scored,
            payloads: self.payloads.clone(),
            ..Self::default()
        }
    }

    /// The id of a key's document.
    #[must_use]
    pub fn find(&self, key: &[u8]) -> Option<DocId> {
        let hash = self.hasher.hash_one(key);
        self.ids
            .find(hash, |&id| self.key(id) == Some(key))
            .copied()
    }

    /// The key of a document; none when the id is free.
    #[must_use]
    pub fn key(&self, id: DocId) -> Option<&[u8]> {
        self.document(id).map(|document| &*document.key)
    }

    /// A document's own score, 0 to 1; 1 when the id is free.
    #[must_use]
    pub fn score(&self, id: DocId) -> f64 {
        self.document(id).map_or(1.0, |document| document.score)
    }

    /// Whether any document's score is not 1.
    #[must_use]
    pub const fn has_scores(&self) -> bool {
        self.scored > 0
    }

    /// A document's payload, if it has one.
    #[must_use]
    pub fn payload(&self, id: DocId) -> Option<&[u8]> {
        self.payloads.get(id.index()).as_deref()
    }

    /// Replaces the payload of a document.
    pub fn set_payload(&mut self, id: DocId, payload: Option<&[u8]>) {
        if self.payload(id) == payload {
            return;
        }
        self.payload_bytes -= self.payload(id).map_or(0, <[u8]>::len);
        self.payload_bytes += payload.map_or(0, <[u8]>::len);
        self.payloads.set(id.index(), payload.map(Box::from));
    }

    /// The id of a key's document, a new one if it has none, with this score from now on.
    /// None when every id is in use.
    pub fn put(&mut self, key: &[u8], score: f64) -> Option<DocId> {
        if let Some(id) = self.find(key) {
            let before = self.score(id);
            if before != score
                && let Some(document) = self.documents.get_mut(id.index())
            {
                document.score = score;
                self.scored -= usize::from(before != 1.0);
                self.scored += usize::from(score != 1.0);
            }
            return Some(id);
        }
        let id = match self.free.pop() {
            Some(id) => id,
            None => DocId::from_index(self.documents.len())?,
        };
        let document = Document {
            key: key.into(),
            score,
        };
        self.documents.set(id.index(), Some(document));
        let (documents, hasher) = (&self.documents, &self.hasher);
        self.ids.insert_unique(hasher.hash_one(key), id, |&other| {
            hasher.hash_one(key_at(documents, other))
        });
        Arc::make_mut(&mut self.alive).insert(id.get());
        self.len += 1;
        self.scored += usize::from(score != 1.0);
        self.key_bytes += key.len();
        Some(id)
    }

    /// Forgets a key; the id it had.
    pub fn remove(&mut self, key: &[u8]) -> Option<DocId> {
        let documents = &self.documents;
        let entry = self
            .ids
            .find_entry(self.hasher.hash_one(key), |&id| {
                key_at(documents, id) == key
            })
            .ok()?;
        let (id, _) = entry.remove();
        self.scored -= usize::from(self.score(id) != 1.0);
        self.set_payload(id, None);
        self.documents.set(id.index(), None);
        Arc::make_mut(&mut self.alive).remove(id.get());
        self.len -= 1;
        self.free.push(id);
        self.key_bytes -= key.len();
        Some(id)
    }

    /// Every key.
    pub fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.documents
            .iter()
            .flatten()
            .map(|document| &*document.key)
    }

    /// The ids in use.
    #[must_use]
    pub fn alive(&self) -> &RoaringBitmap {
        &self.alive
    }

    /// How many documents there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no document.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The highest id that was ever in use, 0 when none was.
    #[must_use]
    pub fn max_id(&self) -> usize {
        self.documents.len()
    }

    /// Bytes held.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.key_bytes
            + self.payload_bytes
            + self.payloads.memory_bytes()
            + self.documents.memory_bytes()
            + self.ids.allocation_size()
            + self.free.capacity() * size_of::<DocId>()
            + self.alive.serialized_size()
    }

    fn document(&self, id: DocId) -> Option<&Document> {
        self.documents.get(id.index()).as_ref()
    }
}

/// The key of an id in use; empty when it is free.
fn key_at(documents: &Documents, id: DocId) -> &[u8] {
    let document = documents.get(id.index()).as_ref();
    document.map_or(&[], |document| &document.key)
}

#[cfg(test)]
mod tests {
    use super::DocTable;
    use proptest::prelude::*;
    use std::collections::HashMap;

    #[test]
    fn an_id_is_used_again() {
        let mut table = DocTable::default();
        let a = table.put(b"a", 1.0).unwrap();
        let b = table.put(b"b", 1.0).unwrap();
        assert_eq!(table.remove(b"a"), Some(a));
        assert_eq!(table.remove(b"a"), None);
        assert_eq!(table.put(b"c", 0.5), Some(a));
        assert_eq!((table.key(a), table.score(a)), (Some(&b"c"[..]), 0.5));
        assert_eq!((table.key(b), table.len()), (Some(&b"b"[..]), 2));
    }

    #[test]
    fn a_payload_goes_with_its_document() {
        let mut table = DocTable::default();
        let a = table.put(b"a", 1.0).unwrap();
        assert_eq!(table.payload(a), None);
        table.set_payload(a, Some(b"xyz"));
        table.set_payload(a, Some(b"xy"));
        assert_eq!(
            (table.payload(a), table.payload_bytes),
            (Some(&b"xy"[..]), 2)
        );
        table.remove(b"a");
        assert_eq!(table.put(b"b", 1.0), Some(a));
        assert_eq!((table.payload(a), table.payload_bytes), (None, 0));
    }

    proptest! {
        #[test]
        fn the_table_is_a_map_from_keys_to_distinct_ids(
            moves in prop::collection::vec((any::<bool>(), 0u8..20), 0..200)
        ) {
            let mut table = DocTable::default();
            let mut model = HashMap::new();
            for (put, key) in moves {
                if put {
                    let id = table.put(&[key], f64::from(key)).unwrap();
                    prop_assert_eq!(*model.entry(key).or_insert(id), id);
                } else {
                    prop_assert_eq!(table.remove(&[key]), model.remove(&key));
                }
                prop_assert_eq!(table.len(), model.len());
                let is_scored = |key: &u8| f64::from(*key) != 1.0;
                prop_assert_eq!(table.has_scores(), model.keys().any(is_scored));
                prop_assert_eq!(table.alive().len(), model.len() as u64);
                for (key, id) in &model {
                    prop_assert_eq!(table.find(&[*key]), Some(*id));
                    prop_assert_eq!(table.key(*id), Some(&[*key][..]));
                    prop_assert!(table.alive().contains(id.get()));
                }
            }
        }
    }
}
