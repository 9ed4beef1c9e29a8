//! An index whose content was loaded waits for its keys.
//!
//! A snapshot is of one moment: a key that it has holds what the content says of it. But a key that has
//! expired since is not loaded, and what the content does not have is in the key alone. So each key that
//! comes is noted, and its vectors and shapes are read; at the end documents whose keys did not come are
//! forgotten. A key that is no document by the content is read as any other that has changed.

use nuthatch_indexes::doc::DocId;

use super::awaited::Awaited;
use super::coming::Coming;
use super::doc_table::DocTable;
use super::index::Index;
use crate::keyspace::{Hashes, Presence};

/// What is known of the content while the keys come.
pub(super) enum Restored {
    /// It is still being read.
    Coming(Coming),
    /// It was taken.
    Here(Arrivals),
    /// It was not, and why.
    Refused(String),
}

/// The documents whose keys have come.
pub(super) struct Arrivals {
    /// Those of the content.
    awaited: Awaited,
    /// A bit for each that was read from its key instead, by [`DocId::index`].
    read: Vec<u64>,
}

impl Arrivals {
    /// None of these yet.
    pub(super) fn new(documents: &DocTable) -> Self {
        Self {
            awaited: Awaited::of(documents),
            read: Vec::new(),
        }
    }

    /// A key has come; false if it is not one of a document, or not for the first time.
    pub(super) fn arrive(&mut self, key: &[u8]) -> bool {
        self.awaited.arrive(key).is_some()
    }

    /// Notes a document that is read from its key.
    pub(super) fn note(&mut self, doc: DocId) {
        let word = doc.index() / 64;
        if word >= self.read.len() {
            self.read.resize(word + 1, 0);
        }
        self.read[word] |= 1 << (doc.index() % 64);
    }

    /// A key is no document any more.
    pub(super) fn forget(&mut self, key: &[u8]) {
        self.awaited.forget(key);
    }

    /// The documents of the content whose keys have not come.
    fn absent(&self) -> impl Iterator<Item = DocId> {
        self.awaited.absent().filter(|doc| !self.was_read(*doc))
    }

    fn was_read(&self, doc: DocId) -> bool {
        let word = self.read.get(doc.index() / 64);
        word.is_some_and(|word| word >> (doc.index() % 64) & 1 == 1)
    }
}

impl Index {
    /// Whether its content was saved, and keys are still to come.
    #[must_use]
    pub fn is_restoring(&self) -> bool {
        self.restored.is_some()
    }

    /// A key of its prefixes has been loaded with the rest of a snapshot.
    pub fn key_loaded(&mut self, key: &[u8], keyspace: &mut dyn Hashes) {
        if self.note_coming(key, keyspace) {
            return;
        }
        let arrivals = self.arrivals();
        match arrivals.and_then(|arrivals| arrivals.awaited.arrive(key)) {
            Some(place) => self.read_the_rest(place, key, keyspace),
            None => self.refresh(key, keyspace),
        }
    }

    /// The documents whose keys have come, of content that was taken.
    pub(super) fn arrivals(&mut self) -> Option<&mut Arrivals> {
        match &mut self.restored {
            Some(Restored::Here(arrivals)) => Some(arrivals),
            Some(Restored::Coming(_) | Restored::Refused(_)) | None => None,
        }
    }

    /// All keys have come: documents of others are forgotten. How many documents the content brought.
    ///
    /// # Errors
    /// Why the content was refused.
    pub fn end_restoring(&mut self, keyspace: &mut dyn Hashes) -> Result<usize, String> {
        self.settle(keyspace);
        let arrivals = match self.restored.take() {
            Some(Restored::Here(arrivals)) => arrivals,
            Some(Restored::Refused(reason)) => return Err(reason),
            Some(Restored::Coming(_)) | None => return Ok(0),
        };
        let gone: Vec<Vec<u8>> = arrivals
            .absent()
            .filter_map(|doc| self.documents.key(doc).map(<[u8]>::to_vec))
            .collect();
        for key in &gone {
            self.forget(key);
        }
        Ok(self.documents.len())
    }

    /// Reads what the content does not have. What cannot be indexed was counted when it came first.
    fn read_the_rest(&mut self, place: usize, key: &[u8], keyspace: &mut dyn Hashes) {
        let fields = self.fields.iter().enumerate();
        let positions: Vec<usize> = fields
            .filter(|(_, field)| field.is_left_out())
            .map(|(position, _)| position)
            .collect();
        if positions.is_empty() {
            return;
        }
        let arrivals = self.arrivals();
        let Some(doc) = arrivals.and_then(|arrivals| arrivals.awaited.doc(place)) else {
            return;
        };
        let names: Vec<&[u8]> = positions
            .iter()
            .map(|position| self.names[*position].as_slice())
            .collect();
        let mut values = Vec::new();
        let presence = keyspace.fields(key, &names, &mut |at, value| {
            values.push((positions[at], value.to_vec()));
        });
        match presence {
            Presence::Hash => {
                for (position, value) in values {
                    let _ = self.put_structure(doc, position, Some(&value));
                }
            }
            Presence::Absent => self.forget(key),
        }
    }
}
