//! A walk over one term's postings.

use super::field::{FieldMask, fields_of};
use super::postings::{Block, PostingList};
use crate::doc::DocId;
use crate::docset::{DocSet, gallop};

/// The documents that hold a term in some fields; others are skipped.
pub struct PostingCursor<'a> {
    list: &'a PostingList,
    fields: FieldMask,
    /// Slot of the current block; past the end when exhausted.
    block: usize,
    /// Slot within the current block, always of a document that holds the term in `fields`.
    at: usize,
}

impl<'a> PostingCursor<'a> {
    pub(crate) fn new(list: &'a PostingList, fields: FieldMask) -> Self {
        let mut cursor = Self {
            list,
            fields,
            block: 0,
            at: 0,
        };
        cursor.settle();
        cursor
    }

    /// How often the current document holds the term, in all its fields, each occurrence counted
    /// with its field's weight; 0 when exhausted.
    #[must_use]
    pub fn frequency(&self) -> f32 {
        self.current()
            .map_or(0.0, |(block, at)| block.frequency(at))
    }

    /// The fields in which the current document holds the term, of all its fields.
    #[must_use]
    pub fn field_mask(&self) -> FieldMask {
        fields_of(self.positions())
    }

    /// Where the current document holds the term, in all its fields, ascending; each is
    /// `field << 25 | position`. Positions from 2^25 - 2 on are not told apart. Empty when
    /// exhausted.
    #[must_use]
    pub fn positions(&self) -> &'a [u32] {
        self.current().map_or(&[], |(block, at)| block.places(at))
    }

    /// Appends where the current document holds the term, in all its fields, ascending; each is
    /// `field << 25 | position`. Nothing when exhausted.
    pub fn places(&mut self, out: &mut Vec<u32>) {
        out.extend_from_slice(self.positions());
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

    fn current(&self) -> Option<(&'a Block, usize)> {
        let block = self.list.blocks().get(self.block)?;
        Some((block, self.at))
    }

    /// From wherever the cursor is, even one past the end of a block, to the first document on or
    /// after it that the cursor may rest on.
    fn settle(&mut self) -> Option<DocId> {
        loop {
            let block = self.list.blocks().get(self.block)?;
            let Some(&doc) = block.docs().get(self.at) else {
                self.block += 1;
                self.at = 0;
                continue;
            };
            let is_within = self.fields == FieldMask::ALL
                || !(fields_of(block.places(self.at)) & self.fields).is_empty();
            if is_within {
                return Some(doc);
            }
            self.at += 1;
        }
    }
}

impl DocSet for PostingCursor<'_> {
    fn doc(&self) -> Option<DocId> {
        let (block, at) = self.current()?;
        block.docs().get(at).copied()
    }

    fn advance(&mut self) -> Option<DocId> {
        self.at += 1;
        self.settle()
    }

    fn seek(&mut self, target: DocId) -> Option<DocId> {
        if self.doc()? >= target {
            return self.doc();
        }
        let blocks = self.list.blocks().get(self.block..)?;
        let skipped = blocks.partition_point(|block| block.last() < Some(target));
        if skipped > 0 {
            self.block += skipped;
            self.at = 0;
        }
        if let Some((block, at)) = self.current() {
            self.at += gallop(block.docs().get(at..).unwrap_or_default(), target);
        }
        self.settle()
    }

    fn cost(&self) -> u64 {
        self.document_frequency()
    }
}
