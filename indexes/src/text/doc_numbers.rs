//! A number of each document, such as its length.

use std::sync::Arc;

use crate::doc::DocId;

/// Documents whose numbers are copied together when one of them changes under a reader.
const CHUNK: usize = 1024;

/// A number of each document; 0 of those without.
///
/// A clone is a snapshot: it costs a counter, and later writes are not seen through it.
#[derive(Clone, Default)]
pub(super) struct DocNumbers(Arc<Vec<Arc<[f32; CHUNK]>>>);

impl DocNumbers {
    /// The number of a document, 0 if it has none.
    #[inline]
    pub(super) fn get(&self, doc: DocId) -> f32 {
        let chunk = self.0.get(doc.index() / CHUNK);
        chunk.map_or(0.0, |chunk| chunk[doc.index() % CHUNK])
    }

    pub(super) fn set(&mut self, doc: DocId, length: f32) {
        let chunks = Arc::make_mut(&mut self.0);
        let slot = doc.index() / CHUNK;
        if chunks.len() <= slot {
            chunks.resize_with(slot + 1, || Arc::new([0.0; CHUNK]));
        }
        Arc::make_mut(&mut chunks[slot])[doc.index() % CHUNK] = length;
    }

    /// Heap bytes in use.
    pub(super) fn memory_bytes(&self) -> usize {
        self.0.len() * (size_of::<[f32; CHUNK]>() + 2 * size_of::<usize>())
            + self.0.capacity() * size_of::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_keeps_what_it_saw() {
        let doc = |number| DocId::new(number).unwrap();
        let mut lengths = DocNumbers::default();
        lengths.set(doc(3_000), 2.5);
        let before = lengths.clone();
        lengths.set(doc(3_000), 7.0);
        lengths.set(doc(9_000), 1.0);
        assert_eq!((before.get(doc(3_000)), before.get(doc(9_000))), (2.5, 0.0));
        assert_eq!(
            (lengths.get(doc(3_000)), lengths.get(doc(9_000))),
            (7.0, 1.0)
        );
        assert_eq!(lengths.get(doc(1)), 0.0);
    }
}
