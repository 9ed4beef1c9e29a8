//! Which documents hold one term, how often and where.

use std::sync::Arc;

use super::block::{BLOCK, Block, Coding};
use super::columns::Columns;
use super::decoded::Decoded;
use super::field::FieldMask;
use super::lengths::Lengths;
use super::runs::Blocks;
use super::tail::Tail;
use crate::doc::DocId;
use crate::prefetch::prefetch;

/// A block that removals leave this small joins its neighbour, if both fit in one.
const SPARSE: usize = BLOCK / 4;

/// One term's postings, ascending by document: coded blocks, then a tail.
///
/// A clone is a snapshot: it costs a counter and a copy of the tail. Writing under a snapshot copies
/// the list of blocks, not what they hold.
#[derive(Clone, Default)]
pub(crate) struct PostingList {
    /// None where there is no block, as for most terms.
    blocks: Option<Arc<Blocks>>,
    tail: Tail,
    len: u32,
}

impl PostingList {
    /// How many documents hold the term.
    pub(crate) const fn len(&self) -> usize {
        self.len as usize
    }

    /// A list of blocks that end before each other and before the tail; none of an empty one, or if they
    /// do not.
    pub(super) fn of(blocks: Vec<Block>, tail: Tail) -> Option<Self> {
        let ends = blocks.iter().map(Block::last);
        if !ends.is_sorted_by(|a, b| a < b) || tail.len() >= BLOCK {
            return None;
        }
        let len: usize = blocks.iter().map(Block::len).sum::<usize>() + tail.len();
        let len = u32::try_from(len).ok().filter(|&len| len > 0)?;
        let blocks = Some(blocks).filter(|blocks| !blocks.is_empty());
        let blocks = blocks.map(|blocks| Arc::new(Blocks::of(blocks)));
        Some(Self { blocks, tail, len })
    }

    pub(super) fn blocks(&self) -> &[Block] {
        self.blocks.as_ref().map_or(&[], |blocks| blocks)
    }

    pub(super) const fn tail(&self) -> &Tail {
        &self.tail
    }

    /// Fetches where the next posting will be appended.
    #[inline]
    pub(super) fn prefetch_end(&self) {
        self.tail.prefetch_end();
    }

    /// Fetches where the tail begins and the list of blocks.
    #[inline]
    pub(super) fn prefetch_start(&self) {
        self.tail.prefetch_start();
        if let Some(blocks) = &self.blocks {
            prefetch(Arc::as_ptr(blocks));
        }
    }

    /// Fetches the first of the blocks, after [`prefetch_start`](Self::prefetch_start).
    #[inline]
    pub(super) fn prefetch_blocks(&self) {
        if let Some(first) = self.blocks().first() {
            prefetch(first);
        }
    }

    /// How many stretches of postings are coded together.
    pub(crate) fn block_count(&self) -> usize {
        self.blocks().len() + usize::from(self.tail.len() > 0)
    }

    /// Calls for each document that holds the term in one of the fields.
    pub(super) fn for_each_doc(
        &self,
        fields: FieldMask,
        coding: &Coding,
        decoded: &mut Decoded,
        mut visit: impl FnMut(u32),
    ) {
        let blocks = self.blocks();
        for (at, block) in blocks.iter().enumerate() {
            if let Some(next) = blocks.get(at + 1) {
                next.prefetch(block.last() + 1);
            }
            decoded.begin(block);
            if fields == FieldMask::ALL {
                decoded.docs().iter().for_each(|&doc| visit(doc));
                continue;
            }
            decoded.read_counts(block);
            for (at, &doc) in decoded.docs().iter().enumerate() {
                if !(decoded.fields(at) & fields).is_empty() {
                    visit(doc);
                }
            }
        }
        self.tail.for_each_doc(fields, coding.offsets, visit);
    }

    /// Adds a document that is not in the list. Its length is known by now.
    pub(super) fn insert(
        &mut self,
        doc: DocId,
        places: &[u32],
        coding: &Coding,
        lengths: &Lengths,
    ) {
        debug_assert!(!places.is_empty() && places.is_sorted());
        let doc = doc.get();
        self.len += 1;
        match self.block_of(doc) {
            Some(slot) => self.insert_in_block(slot, doc, places, coding, lengths),
            None if doc > self.tail.last() => self.tail.push(doc, places, coding.offsets),
            None => self.tail.insert(doc, places, coding.offsets),
        }
        if self.tail.len() == BLOCK {
            let mut postings = Columns::default();
            self.tail.read(coding.offsets, &mut postings);
            let block = Block::new(&postings, coding, lengths);
            self.tail = Tail::default();
            self.blocks_mut().push(block);
        }
    }

    /// Takes out a document of the list, and hands its places to `visit`.
    pub(super) fn remove(
        &mut self,
        doc: DocId,
        coding: &Coding,
        lengths: &Lengths,
        visit: impl FnOnce(&[u32]),
    ) {
        let doc = doc.get();
        let removed = match self.block_of(doc) {
            Some(slot) => self.remove_from_block(slot, doc, coding, lengths),
            None => self.tail.remove(doc, coding.offsets),
        };
        visit(&removed.expect("only documents of the list are removed"));
        self.len -= 1;
    }

    /// Heap bytes in use, by capacity.
    pub(crate) fn memory_bytes(&self) -> usize {
        let blocks = self
            .blocks
            .as_ref()
            .map_or(0, |blocks| size_of::<Blocks>() + blocks.memory_bytes());
        blocks + self.tail.memory_bytes()
    }

    fn insert_in_block(
        &mut self,
        slot: usize,
        doc: u32,
        places: &[u32],
        coding: &Coding,
        lengths: &Lengths,
    ) {
        let blocks = self.blocks_mut();
        let mut postings = blocks[slot].columns(coding);
        postings.insert(doc, places, coding.offsets);
        let upper = (postings.len() > BLOCK).then(|| postings.split_off(BLOCK / 2));
        let parts = [Some(postings), upper].into_iter().flatten();
        let parts = parts.map(|part| Block::new(&part, coding, lengths));
        blocks.replace(slot..slot + 1, parts);
    }

    fn remove_from_block(
        &mut self,
        slot: usize,
        doc: u32,
        coding: &Coding,
        lengths: &Lengths,
    ) -> Option<Vec<u32>> {
        let blocks = self.blocks_mut();
        let mut postings = blocks[slot].columns(coding);
        let removed = postings.remove(doc);
        if postings.len() == 0 {
            blocks.replace(slot..slot + 1, None);
            if blocks.is_empty() {
                self.blocks = None;
            }
        } else if postings.len() >= SPARSE {
            let block = Block::new(&postings, coding, lengths);
            blocks.replace(slot..slot + 1, [block]);
        } else {
            self.join(slot, postings, coding, lengths);
        }
        removed
    }

    /// Joins what is left of a block with the next or the one before, if they fit in one. So of two
    /// neighbours one is not sparse, whatever order removals come in.
    fn join(&mut self, slot: usize, mut postings: Columns, coding: &Coding, lengths: &Lengths) {
        let blocks = self.blocks_mut();
        let fits = |other: &Block| other.len() + postings.len() <= BLOCK;
        let before = slot.checked_sub(1);
        let (joined, slots) = if let Some(next) = blocks.get(slot + 1).filter(|next| fits(next)) {
            postings.append(&next.columns(coding));
            (postings, slot..slot + 2)
        } else if let Some(before) = before.filter(|&before| fits(&blocks[before])) {
            let mut joined = blocks[before].columns(coding);
            joined.append(&postings);
            (joined, before..slot + 1)
        } else {
            (postings, slot..slot + 1)
        };
        blocks.replace(slots, [Block::new(&joined, coding, lengths)]);
    }

    fn blocks_mut(&mut self) -> &mut Blocks {
        Arc::make_mut(self.blocks.get_or_insert_default())
    }

    /// The block in which a document is or belongs: the first that does not end before it. None
    /// means the tail.
    fn block_of(&self, doc: u32) -> Option<usize> {
        // Most writes are at the end, and need not wait for the list of blocks.
        if self.tail.len() > 0 && doc > self.tail.last() {
            return None;
        }
        let blocks = self.blocks();
        if blocks.last().is_none_or(|block| block.last() < doc) {
            return None;
        }
        Some(blocks.partition_point(|block| block.last() < doc))
    }

    /// Panics unless the blocks are as the fields say; returns the documents.
    #[cfg(test)]
    pub(super) fn check(&self, coding: &Coding) -> Vec<DocId> {
        let mut docs = Vec::new();
        if let Some(blocks) = &self.blocks {
            blocks.check();
        }
        for block in self.blocks() {
            let postings = block.columns(coding);
            assert!((1..=BLOCK).contains(&postings.len()));
            assert_eq!(postings.docs.last(), Some(&block.last()));
            assert!((0..postings.len()).all(|at| !postings.places(at).is_empty()));
            docs.extend(postings.docs);
        }
        assert!(self.tail.len() < BLOCK);
        let mut tail = Columns::default();
        self.tail.read(coding.offsets, &mut tail);
        docs.extend(tail.docs);
        assert!(docs.is_sorted_by(|a, b| a < b));
        assert_eq!(docs.len(), self.len());
        assert!(self.blocks.is_none() || !self.blocks().is_empty());
        docs.into_iter()
            .map(|doc| DocId::new(doc).unwrap())
            .collect()
    }
}
