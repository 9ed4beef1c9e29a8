//! The documents of an index as they are saved.
//!
//! ```text
//! documents │ (document, key, score, payload)…
//! ```
//!
//! The length of a key has two bits more: whether there is a score that is not 1, and a payload.

use std::hash::BuildHasher;
use std::io;
use std::sync::Arc;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use nuthatch_indexes::doc::DocId;
use nuthatch_indexes::saved::{Reader, Writer};
use nuthatch_indexes::varint::invalid;
use roaring::RoaringBitmap;

use super::{DocTable, Document, key_at};

const HAS_SCORE: u64 = 1;
const HAS_PAYLOAD: u64 = 2;
const FLAG_BITS: u32 = 2;

/// Ids of documents go up to this, and so many times the number of documents: what has more free ids is
/// indexed anew sooner than its columns are filled.
const MOST_FREE: usize = 1 << 16;
const MOST_FREE_SHARE: usize = 16;

impl DocTable {
    /// Whether it is worth being saved: it has documents, and not many free ids among them.
    #[must_use]
    pub fn is_dense(&self) -> bool {
        self.len > 0 && is_dense(self.documents.len(), self.len)
    }

    /// Writes every document.
    pub fn save(&self, to: &mut Writer<'_>) {
        to.count(self.len);
        let mut before = None;
        for (at, document) in self.documents.iter().enumerate() {
            if let (Some(document), Some(doc)) = (document, DocId::from_index(at)) {
                to.doc_after(before, doc);
                before = Some(doc);
                let payload = self.payload(doc);
                let has_score = document.score.to_bits() != 1.0_f64.to_bits();
                let mut flags = if has_score { HAS_SCORE } else { 0 };
                flags |= payload.map_or(0, |_| HAS_PAYLOAD);
                to.number((document.key.len() as u64) << FLAG_BITS | flags);
                to.bytes(&document.key);
                if has_score {
                    to.whole(document.score.to_bits());
                }
                if let Some(payload) = payload {
                    to.text(payload);
                }
            }
        }
    }

    /// The table that [`DocTable::save`] wrote; its documents are what the reader knows from here on.
    ///
    /// # Errors
    /// As of [`Reader::number`].
    pub fn load(from: &mut Reader<'_>) -> io::Result<Self> {
        let mut table = Self::default();
        let count = from.count()?;
        let mut alive = RoaringBitmap::new();
        let mut past = 0;
        for _ in 0..count {
            let gap = from.count()?;
            let doc = gap.checked_add(past).filter(|at| is_dense(*at, count));
            let doc = doc.and_then(DocId::from_index);
            let doc = doc.ok_or_else(|| invalid("there is no such document"))?;
            let free = (past..doc.index()).filter_map(DocId::from_index);
            table.free.extend(free);
            past = doc.index() + 1;
            let head = from.number()?;
            let len = usize::try_from(head >> FLAG_BITS);
            let key = from.bytes(len.map_err(|_| invalid("a key is too long"))?)?;
            table.key_bytes += key.len();
            let key = key.into();
            let score = if head & HAS_SCORE == 0 {
                1.0
            } else {
                from.float()?
            };
            table.scored += usize::from(score != 1.0);
            let document = Some(Document { key, score });
            table.documents.set(doc.index(), document);
            if head & HAS_PAYLOAD != 0 {
                table.set_payload(doc, Some(from.text()?));
            }
            // Documents ascend.
            let _ = alive.try_push(doc.get());
        }
        // The lowest is to be used first.
        table.free.reverse();
        table.len = count;
        table.alive = Arc::new(alive);
        table.find_keys()?;
        from.know(&table.alive);
        Ok(table)
    }

    /// Makes the table of ids by key.
    fn find_keys(&mut self) -> io::Result<()> {
        let (documents, hasher) = (&self.documents, &self.hasher);
        self.ids = HashTable::with_capacity(self.len);
        for doc in self.alive.iter().filter_map(DocId::new) {
            let key = key_at(documents, doc);
            let entry = self.ids.entry(
                hasher.hash_one(key),
                |&other| key_at(documents, other) == key,
                |&other| hasher.hash_one(key_at(documents, other)),
            );
            match entry {
                Entry::Vacant(entry) => entry.insert(doc),
                Entry::Occupied(_) => return Err(invalid("a key has two documents")),
            };
        }
        Ok(())
    }
}

const fn is_dense(slots: usize, documents: usize) -> bool {
    slots
        <= documents
            .saturating_mul(MOST_FREE_SHARE)
            .saturating_add(MOST_FREE)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn saved(table: &DocTable) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes);
        table.save(&mut writer);
        writer.finish().unwrap();
        bytes
    }

    fn load(mut bytes: &[u8]) -> io::Result<DocTable> {
        let mut reader = Reader::new(&mut bytes);
        let table = DocTable::load(&mut reader)?;
        reader.finish()?;
        Ok(table)
    }

    type Move = (u8, Option<(f64, Option<Vec<u8>>)>);

    fn moves() -> impl Strategy<Value = Vec<Move>> {
        let score = prop::sample::select(vec![0.0, 0.25, 1.0]);
        let payload = prop::option::of(prop::collection::vec(any::<u8>(), 0..4));
        prop::collection::vec(
            (0_u8..40, prop::option::weighted(0.7, (score, payload))),
            0..120,
        )
    }

    fn make(table: &mut DocTable, moves: &[Move]) {
        for (key, put) in moves {
            match put {
                Some((score, payload)) => {
                    let doc = table.put(&[*key], *score).unwrap();
                    table.set_payload(doc, payload.as_deref());
                }
                None => _ = table.remove(&[*key]),
            }
        }
    }

    proptest! {
        #[test]
        fn a_loaded_table_is_the_same(first in moves(), then in moves()) {
            let mut table = DocTable::default();
            make(&mut table, &first);
            let mut loaded = load(&saved(&table)).unwrap();
            for _ in 0..2 {
                prop_assert_eq!(loaded.len(), table.len());
                prop_assert_eq!(loaded.key_bytes, table.key_bytes);
                prop_assert_eq!(loaded.payload_bytes, table.payload_bytes);
                for key in 0..40 {
                    let (found, expected) = (loaded.find(&[key]), table.find(&[key]));
                    prop_assert_eq!(found.is_some(), expected.is_some());
                    if let (Some(found), Some(expected)) = (found, expected) {
                        prop_assert!(loaded.alive().contains(found.get()));
                        prop_assert_eq!(loaded.score(found).to_bits(), table.score(expected).to_bits());
                        prop_assert_eq!(loaded.payload(found), table.payload(expected));
                    }
                }
                let ids: std::collections::BTreeSet<_> = loaded.alive().iter().collect();
                prop_assert_eq!(ids.len(), loaded.len());
                make(&mut table, &then);
                make(&mut loaded, &then);
            }
        }

        #[test]
        fn no_bytes_panic(first in moves(), place in any::<usize>(), byte in any::<u8>(), cut in any::<bool>()) {
            let mut table = DocTable::default();
            make(&mut table, &first);
            let mut bytes = saved(&table);
            let place = place % bytes.len();
            if cut {
                bytes.truncate(place);
            } else {
                bytes[place] = byte;
            }
            let _ = load(&bytes);
        }
    }

    #[test]
    fn a_table_of_few_documents_and_many_free_ids_is_not_worth_it() {
        let mut table = DocTable::default();
        assert!(!table.is_dense());
        for key in 0..70_000_u32 {
            table.put(&key.to_le_bytes(), 1.0);
        }
        assert!(table.is_dense());
        for key in 0..69_999_u32 {
            table.remove(&key.to_le_bytes());
        }
        assert!(!table.is_dense());
        assert!(load(&saved(&table)).is_err());
    }
}
