//! Which documents hold one term, how often and where.

use crate::doc::DocId;

/// A full block at the end of a list is left alone, and the next document begins another.
const BLOCK: usize = 128;
/// A block that insertions in its middle fill so far is split in two.
const SPLIT: usize = 2 * BLOCK;
/// A block that removals leave this small joins its neighbour, if both fit in one.
const SPARSE: usize = BLOCK / 4;

/// One term's postings, ascending by document.
#[derive(Default)]
pub(crate) struct PostingList {
    /// Ascending and apart; none is empty.
    blocks: Vec<Block>,
    len: usize,
}

/// Some neighbouring postings, column by column.
#[derive(Default)]
pub(crate) struct Block {
    /// Strictly ascending.
    docs: Vec<DocId>,
    frequencies: Vec<f32>,
    /// Where each document's places end; its predecessor's end is where they begin.
    ends: Vec<usize>,
    /// Ascending within a document, and never none.
    places: Vec<u32>,
}

impl PostingList {
    /// How many documents hold the term.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Adds a document that is not in the list.
    pub(crate) fn insert(&mut self, doc: DocId, frequency: f32, places: &[u32]) {
        debug_assert!(!places.is_empty() && places.is_sorted());
        let slot = self.block_of(doc);
        let is_past_the_end = slot == self.blocks.len();
        let slot = match self.blocks.last() {
            Some(last) if is_past_the_end && last.docs.len() < BLOCK => slot - 1,
            _ if is_past_the_end => {
                // Most terms have one block for ever.
                if self.blocks.is_empty() {
                    self.blocks.reserve_exact(1);
                }
                self.blocks.push(Block::default());
                slot
            }
            _ => slot,
        };
        let block = &mut self.blocks[slot];
        block.insert(doc, frequency, places);
        if block.docs.len() >= SPLIT {
            let upper = block.split_off(BLOCK);
            self.blocks.insert(slot + 1, upper);
        }
        self.len += 1;
    }

    /// Takes out a document of the list, and hands its places to `visit`.
    pub(crate) fn remove(&mut self, doc: DocId, visit: impl FnOnce(&[u32])) {
        let slot = self.block_of(doc);
        let block = self.blocks.get_mut(slot);
        let block = block.expect("only documents of the list are removed");
        block.remove(doc, visit);
        self.len -= 1;
        if block.docs.is_empty() {
            self.blocks.remove(slot);
        } else if block.docs.len() < SPARSE {
            self.join(slot);
        }
    }

    /// Heap bytes in use, by capacity.
    pub(crate) fn memory_bytes(&self) -> usize {
        let blocks = self.blocks.iter().map(Block::memory_bytes);
        self.blocks.capacity() * size_of::<Block>() + blocks.sum::<usize>()
    }

    /// The block that holds a document, if any does: the first that does not end before it.
    fn block_of(&self, doc: DocId) -> usize {
        self.blocks
            .partition_point(|block| block.last() < Some(doc))
    }

    /// Joins a block with the next or the one before, if they fit in one. So of two neighbours one is
    /// not sparse, whatever order removals come in.
    fn join(&mut self, slot: usize) {
        if self.join_next(slot) {
            return;
        }
        if let Some(before) = slot.checked_sub(1) {
            self.join_next(before);
        }
    }

    /// Joins a block with the next, if they fit in one.
    fn join_next(&mut self, slot: usize) -> bool {
        let [a, b, ..] = &mut self.blocks[slot..] else {
            return false;
        };
        if a.docs.len() + b.docs.len() > BLOCK {
            return false;
        }
        a.append(std::mem::take(b));
        self.blocks.remove(slot + 1);
        true
    }

    /// Panics unless the blocks are as the fields say.
    #[cfg(test)]
    pub(crate) fn check(&self) {
        let docs: Vec<DocId> = self.blocks.iter().flat_map(|b| b.docs.clone()).collect();
        assert_eq!(docs.len(), self.len);
        assert!(docs.is_sorted_by(|a, b| a < b));
        for block in &self.blocks {
            assert!((1..SPLIT).contains(&block.docs.len()));
            assert_eq!(block.frequencies.len(), block.docs.len());
            assert_eq!(block.ends.len(), block.docs.len());
            assert_eq!(block.ends.last(), Some(&block.places.len()));
            for at in 0..block.docs.len() {
                assert!(!block.places(at).is_empty());
                assert!(block.places(at).is_sorted());
            }
        }
    }
}

impl Block {
    pub(crate) fn docs(&self) -> &[DocId] {
        &self.docs
    }

    pub(crate) fn last(&self) -> Option<DocId> {
        self.docs.last().copied()
    }

    /// The frequency in the document at a slot of [`Block::docs`].
    pub(crate) fn frequency(&self, at: usize) -> f32 {
        self.frequencies[at]
    }

    /// The places in the document at a slot of [`Block::docs`].
    pub(crate) fn places(&self, at: usize) -> &[u32] {
        &self.places[self.start(at)..self.ends[at]]
    }

    fn start(&self, at: usize) -> usize {
        at.checked_sub(1).map_or(0, |before| self.ends[before])
    }

    fn insert(&mut self, doc: DocId, frequency: f32, places: &[u32]) {
        let at = self.docs.partition_point(|&other| other < doc);
        debug_assert_ne!(self.docs.get(at), Some(&doc), "a document has one posting");
        let start = self.start(at);
        self.docs.insert(at, doc);
        self.frequencies.insert(at, frequency);
        self.places.splice(start..start, places.iter().copied());
        self.ends.insert(at, start);
        for end in &mut self.ends[at..] {
            *end += places.len();
        }
    }

    fn remove(&mut self, doc: DocId, visit: impl FnOnce(&[u32])) {
        let at = self.docs.binary_search(&doc);
        let at = at.expect("only documents of the list are removed");
        let places = self.start(at)..self.ends[at];
        visit(&self.places[places.clone()]);
        self.docs.remove(at);
        self.frequencies.remove(at);
        self.ends.remove(at);
        for end in &mut self.ends[at..] {
            *end -= places.len();
        }
        self.places.drain(places);
    }

    fn split_off(&mut self, at: usize) -> Self {
        let start = self.start(at);
        let mut ends = self.ends.split_off(at);
        for end in &mut ends {
            *end -= start;
        }
        Self {
            docs: self.docs.split_off(at),
            frequencies: self.frequencies.split_off(at),
            ends,
            places: self.places.split_off(start),
        }
    }

    fn append(&mut self, mut next: Self) {
        let start = self.places.len();
        self.docs.append(&mut next.docs);
        self.frequencies.append(&mut next.frequencies);
        self.ends.extend(next.ends.iter().map(|end| end + start));
        self.places.append(&mut next.places);
    }

    fn memory_bytes(&self) -> usize {
        self.docs.capacity() * size_of::<DocId>()
            + self.frequencies.capacity() * size_of::<f32>()
            + self.ends.capacity() * size_of::<usize>()
            + self.places.capacity() * size_of::<u32>()
    }
}
