//! A walk over the postings of one term.

use std::sync::Arc;

use super::block::{BLOCK, Block, Coding};
use super::decoded::Lent;
use super::field::FieldMask;
use super::postings::PostingList;
use crate::doc::DocId;
use crate::docset::DocSet;
use crate::prefetch::prefetch;

/// The documents that hold a term in some fields, with how often and where.
///
/// It owns what it walks over: writes after it was made are not seen.
pub struct PostingCursor {
    list: PostingList,
    coding: Arc<Coding>,
    fields: FieldMask,
    /// The current block; as many as there are blocks for the tail, one more when exhausted.
    block: usize,
    /// Slot in the current block, always of a document that holds the term in `fields`.
    at: usize,
    decoded: Box<Lent>,
}

impl PostingCursor {
    pub(super) fn new(list: &PostingList, coding: &Arc<Coding>, fields: FieldMask) -> Self {
        let mut cursor = Self {
            list: list.clone(),
            coding: Arc::clone(coding),
            fields,
            block: 0,
            at: 0,
            decoded: Box::new(Lent::new()),
        };
        cursor.enter(0);
        cursor.settle();
        cursor
    }

    /// How often the current document holds the term, in all its fields, each occurrence counted
    /// with its field's weight; 0 when exhausted.
    #[must_use]
    pub fn frequency(&mut self) -> f32 {
        self.frequency_at(self.at)
    }

    /// The fields in which the current document holds the term, of all its fields.
    #[must_use]
    pub fn field_mask(&mut self) -> FieldMask {
        if self.doc().is_none() {
            return FieldMask::NONE;
        }
        self.read_counts();
        self.decoded.fields(self.at)
    }

    /// Where the current document holds the term, in all its fields, ascending; each is
    /// `field << 25 | position`. Positions from 2^25 - 2 on are not told apart. Empty when
    /// exhausted.
    #[must_use]
    pub fn positions(&mut self) -> &[u32] {
        if self.doc().is_none() {
            return &[];
        }
        self.positions_at(self.at)
    }

    /// Appends the current document's [positions](Self::positions).
    pub fn places(&mut self, places: &mut Vec<u32>) {
        places.extend_from_slice(self.positions());
    }

    /// The fields that the walk is restricted to.
    #[must_use]
    pub const fn fields(&self) -> FieldMask {
        self.fields
    }

    /// How many documents hold the term, in any field.
    #[must_use]
    pub const fn document_frequency(&self) -> u64 {
        self.list.len() as u64
    }

    /// How many stretches of postings there are, that each can be entered.
    pub(super) fn stretches(&self) -> usize {
        self.list.block_count()
    }

    /// Fetches what is known of a stretch.
    #[inline]
    pub(super) fn prefetch_entry(&self, stretch: usize) {
        prefetch(self.list.blocks().as_ptr().wrapping_add(stretch));
    }

    /// The coded block that is a stretch; none for the tail.
    #[inline]
    pub(super) fn coded(&self, stretch: usize) -> Option<&Block> {
        self.list.blocks().get(stretch)
    }

    /// The number of the last document of a stretch; the highest there is past the last stretch.
    #[inline]
    pub(super) fn end_of(&self, stretch: usize) -> u32 {
        match self.list.blocks().get(stretch) {
            Some(block) => block.last(),
            None if stretch == self.list.blocks().len() && self.list.tail().len() > 0 => {
                self.list.tail().last()
            }
            None => u32::MAX,
        }
    }

    /// A number no higher than that of the first document of a stretch.
    pub(super) fn start_of(&self, stretch: usize) -> u32 {
        let before = stretch.checked_sub(1).and_then(|before| self.coded(before));
        before.map_or(1, |before| before.last() + 1)
    }

    /// The first stretch from `from` on that does not end before a document.
    pub(super) fn stretch_of(&self, from: usize, doc: u32) -> usize {
        let blocks = self.list.blocks();
        let mut step = 1;
        while blocks
            .get(from + step)
            .is_some_and(|block| block.last() < doc)
        {
            step *= 2;
        }
        let low = (from + step / 2).min(blocks.len());
        let window = &blocks[low..blocks.len().min(from + step + 1)];
        let stretch = low + window.partition_point(|block| block.last() < doc);
        let past = stretch == blocks.len() && self.list.tail().last() < doc;
        stretch + usize::from(past && self.list.tail().len() > 0)
    }

    /// Goes to the beginning of a stretch, whichever fields its postings are in. The tail must be
    /// decoded whole; a block's frequencies wait until they are asked for.
    pub(super) fn enter(&mut self, stretch: usize) {
        let is_next = stretch == self.block + 1;
        self.block = stretch;
        self.at = 0;
        let blocks = self.list.blocks();
        if let Some(block) = blocks.get(stretch) {
            // In a walk from block to block another one follows.
            if let Some(next) = blocks.get(stretch + 1).filter(|_| is_next) {
                next.prefetch(block.last() + 1);
            }
            self.decoded.begin(block);
        } else if stretch == blocks.len() {
            self.decoded.begin_tail(self.list.tail(), &self.coding);
        } else {
            self.decoded.clear();
        }
    }

    /// The stretch that was entered last.
    pub(super) const fn stretch(&self) -> usize {
        self.block
    }

    /// The numbers of the documents of the stretch, whichever fields they hold the term in.
    #[inline]
    pub(super) fn docs(&self) -> &[u32] {
        self.decoded.docs()
    }

    /// The [`docs`](Self::docs), and how often each holds the term.
    #[inline]
    pub(super) fn counted(&mut self) -> (&[u32], &[f32]) {
        self.read_counts();
        self.decoded.count(&self.coding);
        (self.decoded.docs(), self.decoded.frequencies())
    }

    /// How often the document in a slot of [`docs`](Self::docs) holds the term; 0 past the last.
    #[inline]
    pub(super) fn frequency_at(&mut self, at: usize) -> f32 {
        self.read_counts();
        self.decoded.frequency(at, &self.coding)
    }

    /// The same, where it is asked of very few documents of a stretch.
    #[inline]
    pub(super) fn one_frequency_at(&mut self, at: usize) -> f32 {
        let block = self.list.blocks().get(self.block);
        let one = block.and_then(|block| self.decoded.one_frequency(at, block, &self.coding));
        one.unwrap_or_else(|| self.frequency_at(at))
    }

    /// Where the document in a slot of [`docs`](Self::docs) holds the term.
    pub(super) fn positions_at(&mut self, at: usize) -> &[u32] {
        if let Some(block) = self.list.blocks().get(self.block) {
            self.decoded.read_places(block, &self.coding);
        } else {
            self.decoded
                .read_tail_places(self.list.tail(), &self.coding);
        }
        self.decoded.places(at)
    }

    /// Whether the posting in a slot of [`docs`](Self::docs) is in the fields of the walk.
    #[inline]
    pub(super) fn is_within(&mut self, at: usize) -> bool {
        self.fields == FieldMask::ALL || {
            self.read_counts();
            !(self.decoded.fields(at) & self.fields).is_empty()
        }
    }

    #[inline]
    fn read_counts(&mut self) {
        if let Some(block) = self.list.blocks().get(self.block) {
            self.decoded.read_counts(block);
        }
    }

    /// From wherever the cursor is, even one past the end of a stretch, to the first document on or
    /// after it that the cursor may rest on.
    fn settle(&mut self) -> Option<DocId> {
        loop {
            while let Some(&doc) = self.decoded.docs().get(self.at) {
                if self.is_within(self.at) {
                    return DocId::new(doc);
                }
                self.at += 1;
            }
            let was_last = self.block >= self.list.blocks().len();
            self.enter(self.block + 1);
            if was_last {
                return None;
            }
        }
    }
}

impl DocSet for PostingCursor {
    #[inline]
    fn doc(&self) -> Option<DocId> {
        self.decoded
            .docs()
            .get(self.at)
            .and_then(|&doc| DocId::new(doc))
    }

    #[inline]
    fn advance(&mut self) -> Option<DocId> {
        self.at += 1;
        self.settle()
    }

    #[inline]
    fn seek(&mut self, target: DocId) -> Option<DocId> {
        let current = self.doc()?;
        if current >= target {
            return Some(current);
        }
        let target = target.get();
        if self
            .decoded
            .docs()
            .last()
            .is_some_and(|&last| last < target)
        {
            let stretch = self.stretch_of(self.block, target);
            self.enter(stretch);
        }
        let ahead = self.decoded.docs().get(self.at..).unwrap_or_default();
        debug_assert!(ahead.len() <= BLOCK);
        self.at += count_below(ahead, target);
        self.settle()
    }

    fn cost(&self) -> u64 {
        self.document_frequency()
    }
}

/// How many of ascending documents are before a document, which is likely to be near the first.
#[inline]
pub(super) fn count_below(docs: &[u32], target: u32) -> usize {
    // Compared all at once, without a branch that would be guessed wrong.
    const NEAR: usize = 16;
    let Some((near, far)) = docs.split_first_chunk::<NEAR>() else {
        return docs.iter().filter(|&&doc| doc < target).count();
    };
    let below: u32 = near.iter().map(|&doc| u32::from(doc < target)).sum();
    let below = below as usize;
    if below < NEAR {
        return below;
    }
    NEAR + far.partition_point(|&doc| doc < target)
}

/// How many of ascending documents, at most a block of them, are before a document: in the same steps
/// whatever they are, so that searches for several overlap.
#[inline]
pub(super) fn count_below_in_block(docs: &[u32], target: u32) -> usize {
    let Some(block) = docs.first_chunk::<BLOCK>() else {
        return docs.partition_point(|&doc| doc < target);
    };
    let (mut below, mut step) = (0, BLOCK / 2);
    while step > 0 {
        below += step * usize::from(block[(below + step - 1) % BLOCK] < target);
        step /= 2;
    }
    below + usize::from(block[below % BLOCK] < target)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn as_many_are_below_as_a_search_says(
            docs in prop::collection::btree_set(0_u32..400, 0..=BLOCK),
            fill in any::<bool>(), target in 0_u32..900,
        ) {
            let mut docs: Vec<u32> = docs.into_iter().collect();
            if fill {
                docs.extend((400..).take(BLOCK - docs.len()));
            }
            let expected = docs.partition_point(|&doc| doc < target);
            prop_assert_eq!(count_below_in_block(&docs, target), expected);
            prop_assert_eq!(count_below(&docs, target), expected);
        }
    }
}
