//! Which tags hold which three bytes, so that what a tag ends with, or has in it, is looked for in a few
//! tags instead of all.

use std::collections::HashMap;

use roaring::RoaringBitmap;

use crate::bitmap_bytes::bitmap_bytes;

/// Three bytes that follow each other, or two and the end.
type Gram = u32;

/// Bits of a byte or of [`END`].
const BITS: u32 = 9;
/// Behind the last byte.
const END: u32 = 256;
const LENGTH: usize = 3;

/// A set of tags for each gram.
#[derive(Default)]
pub(super) struct Grams {
    tags: HashMap<Gram, RoaringBitmap>,
}

impl Grams {
    pub(super) fn insert(&mut self, tag: &[u8], id: u32) {
        for gram in grams(tag, true) {
            self.tags.entry(gram).or_default().insert(id);
        }
    }

    pub(super) fn remove(&mut self, tag: &[u8], id: u32) {
        for gram in grams(tag, true) {
            if let Some(tags) = self.tags.get_mut(&gram) {
                tags.remove(id);
                if tags.is_empty() {
                    self.tags.remove(&gram);
                }
            }
        }
    }

    /// The tags that may have all of some pieces in them, the last of which may have to be at the end;
    /// none where the pieces are too short to tell.
    pub(super) fn holding(&self, pieces: &[Vec<u8>], at_end: bool) -> Option<RoaringBitmap> {
        let last = pieces.len().checked_sub(1)?;
        let mut wanted: Vec<Gram> = Vec::new();
        for (slot, piece) in pieces.iter().enumerate() {
            wanted.extend(grams(piece, at_end && slot == last));
        }
        wanted.sort_unstable();
        wanted.dedup();
        let sets = wanted.iter().map(|gram| self.tags.get(gram));
        let Some(mut sets) = sets.collect::<Option<Vec<_>>>() else {
            return Some(RoaringBitmap::new());
        };
        sets.sort_by_key(|set| set.len());
        let (first, others) = sets.split_first()?;
        let mut found = (*first).clone();
        for other in others {
            found &= *other;
        }
        Some(found)
    }

    /// Heap bytes in use.
    pub(super) fn memory_bytes(&self) -> usize {
        let sets = self.tags.values().map(bitmap_bytes);
        self.tags.capacity() * size_of::<(Gram, RoaringBitmap)>() * 8 / 7 + sets.sum::<usize>()
    }
}

/// The grams of some bytes, which end a tag or are anywhere in it.
fn grams(bytes: &[u8], at_end: bool) -> impl Iterator<Item = Gram> {
    let end = at_end.then_some(END);
    let symbols: Vec<u32> = bytes
        .iter()
        .map(|byte| u32::from(*byte))
        .chain(end)
        .collect();
    let starts = (symbols.len() + 1).saturating_sub(LENGTH);
    (0..starts).map(move |start| {
        let gram = symbols[start..start + LENGTH].iter();
        gram.fold(0, |gram, symbol| gram << BITS | symbol)
    })
}
