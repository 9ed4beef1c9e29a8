//! A number of each document, such as its length.

use std::sync::{Arc, Weak};

use crate::doc::DocId;
use crate::prefetch::prefetch;
use crate::shared_slice::SharedSlice;

/// Documents whose numbers are copied together when one of them changes under a reader.
const CHUNK: usize = 4096;

/// A number of each document; 0 of those without.
///
/// A clone is a snapshot: it costs a counter, and later writes are not seen through it.
#[derive(Clone, Default)]
pub(super) struct DocNumbers<T>(Arc<Vec<SharedSlice<T>>>);

/// Tells the numbers of one moment from all others, without keeping them.
///
/// While it is there, no others come to lie at their address, and a write to them moves them elsewhere.
pub(super) struct Version<T>(Weak<Vec<SharedSlice<T>>>);

impl<T: Copy + Default> DocNumbers<T> {
    /// What tells that the numbers are as they are now.
    pub(super) fn version(&self) -> Version<T> {
        Version(Arc::downgrade(&self.0))
    }

    /// Whether the numbers are as they were when this was their version.
    pub(super) fn are_of(&self, version: &Version<T>) -> bool {
        std::ptr::eq(Arc::as_ptr(&self.0), version.0.as_ptr())
    }

    /// The number of a document, 0 if it has none.
    #[inline]
    pub(super) fn get(&self, doc: DocId) -> T {
        let chunk = self.0.get(doc.index() / CHUNK);
        chunk.map_or(T::default(), |chunk| chunk[doc.index() % CHUNK])
    }

    /// Fetches the number of a document, for it will be read.
    #[inline]
    pub(super) fn prefetch(&self, doc: DocId) {
        if let Some(chunk) = self.0.get(doc.index() / CHUNK) {
            prefetch(&raw const chunk[doc.index() % CHUNK]);
        }
    }

    /// Reads the numbers of ascending documents and what becomes of them into `into`. What is faster than
    /// one by one is that near ones are in one chunk.
    #[inline]
    pub(super) fn read<U>(&self, docs: &[u32], into: &mut [U], become_of: impl Fn(T) -> U) {
        let (mut docs, mut into) = (docs, into);
        while let Some(&first) = docs.first() {
            let slot = first.wrapping_sub(1) as usize / CHUNK;
            let end = u32::try_from((slot + 1) * CHUNK).unwrap_or(u32::MAX);
            let all = docs.last().is_some_and(|&last| last <= end);
            let here = if all {
                docs.len()
            } else {
                docs.partition_point(|&doc| doc <= end)
            };
            let (these, rest) = docs.split_at(here);
            let (here, behind) = into.split_at_mut(here);
            match self.0.get(slot) {
                Some(chunk) => {
                    for (slot, &doc) in here.iter_mut().zip(these) {
                        *slot = become_of(chunk[doc.wrapping_sub(1) as usize % CHUNK]);
                    }
                }
                None => here.fill_with(|| become_of(T::default())),
            }
            (docs, into) = (rest, behind);
        }
    }

    pub(super) fn set(&mut self, doc: DocId, number: T) {
        let chunks = Arc::make_mut(&mut self.0);
        let slot = doc.index() / CHUNK;
        if chunks.len() <= slot {
            chunks.resize_with(slot + 1, || {
                SharedSlice::of(std::iter::repeat_n(T::default(), CHUNK))
            });
        }
        chunks[slot].make_mut()[doc.index() % CHUNK] = number;
    }

    /// Heap bytes in use.
    pub(super) fn memory_bytes(&self) -> usize {
        self.0.len() * (size_of::<[T; CHUNK]>() + SharedSlice::<T>::HEADER_BYTES)
            + self.0.capacity() * size_of::<SharedSlice<T>>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_keeps_what_it_saw() {
        let doc = |number| DocId::new(number).unwrap();
        let mut lengths = DocNumbers::<f32>::default();
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
        let docs = [1, 3_000, 4_096, 4_097, 9_000, 100_000];
        let mut numbers = [5.0; 6];
        lengths.read(&docs, &mut numbers, |length| length);
        assert_eq!(numbers, [0.0, 7.0, 0.0, 0.0, 1.0, 0.0]);
    }
}
