//! Up to 128 neighbouring postings of a term, coded together.

use std::sync::Arc;

use super::columns::Columns;
use super::field::{FieldMask, TextField, field_of};
use super::impacts::Impacts;
use super::lengths::Lengths;
use crate::prefetch::prefetch;
use crate::shared_bytes::SharedBytes;

/// Most postings of a block.
pub(super) const BLOCK: usize = 128;

/// How the postings of an index are coded and counted.
#[derive(Clone)]
pub(super) struct Coding {
    /// Positions are kept.
    pub(super) offsets: bool,
    /// What an occurrence in each field counts for; none where it is 1 in all.
    pub(super) weights: Option<Arc<[f64; TextField::COUNT]>>,
}

/// Coded postings: their [`Columns`] as bytes, in a run of bytes that neighbours may share.
#[derive(Clone)]
pub(super) struct Block {
    run: SharedBytes,
    start: u32,
    end: u32,
    last: u32,
    impacts: Impacts,
    len: u8,
}

impl Block {
    /// Codes 1 to [`BLOCK`] postings.
    pub(super) fn new(postings: &Columns, coding: &Coding, lengths: &Lengths) -> Self {
        let mut bytes = Vec::with_capacity(4 * BLOCK);
        postings.put(&mut bytes, coding.offsets);
        Self {
            run: SharedBytes::of([bytes.as_slice()].into_iter()),
            start: 0,
            end: number(bytes.len()),
            last: postings.docs.last().copied().unwrap_or_default(),
            impacts: postings.impacts(coding, lengths),
            len: u8::try_from(postings.len()).unwrap_or(u8::MAX),
        }
    }

    /// A block of bytes that were saved, into which `columns` are read.
    pub(super) fn checked(
        bytes: &[u8],
        len: u8,
        impacts: Impacts,
        coding: &Coding,
        columns: &mut Columns,
    ) -> Option<Self> {
        columns.read_checked(bytes, usize::from(len), coding.offsets)?;
        Some(Self {
            run: SharedBytes::of([bytes].into_iter()),
            start: 0,
            end: number(bytes.len()),
            last: *columns.docs.last()?,
            impacts,
            len,
        })
    }

    /// Has the bytes of neighbours lie side by side, in a run of their own.
    pub(super) fn gather(blocks: &mut [Self]) {
        if let [only] = blocks
            && only.is_alone()
        {
            return;
        }
        let run = SharedBytes::of(blocks.iter().map(Self::bytes));
        let mut start = 0;
        for block in blocks {
            let end = start + (block.end - block.start);
            block.run = run.clone();
            (block.start, block.end) = (start, end);
            start = end;
        }
    }

    /// Nothing else is in its run.
    pub(super) fn is_alone(&self) -> bool {
        (self.end - self.start) as usize == self.run.len()
    }

    /// Two are in the same run.
    pub(super) fn is_beside(&self, other: &Self) -> bool {
        std::ptr::eq(self.run.start(), other.run.start())
    }

    /// Heap bytes of its run.
    pub(super) fn run_bytes(&self) -> usize {
        self.run.len() + SharedBytes::HEADER_BYTES
    }

    /// All bytes of its run.
    pub(super) fn run(&self) -> &[u8] {
        &self.run
    }

    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        &self.run[self.start as usize..self.end as usize]
    }

    pub(super) fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// The number of the last document.
    #[inline]
    pub(super) const fn last(&self) -> u32 {
        self.last
    }

    #[inline]
    pub(super) const fn impacts(&self) -> &Impacts {
        &self.impacts
    }

    /// Fetches what tells which documents from a first on it has, and how often they hold the term, for that will be
    /// decoded.
    #[inline]
    pub(super) fn prefetch(&self, first: u32) {
        const LINE: usize = 64;
        /// Beside the gaps between documents: about so many bytes, where terms are seldom held more than a few times.
        const COUNTS: usize = 64;
        // The widest of 128 gaps of any size, which says how many bits each takes, is five times their mean.
        let widest = u64::from(self.last.saturating_sub(first)) * 5 / BLOCK as u64;
        let bits = (u64::BITS - widest.leading_zeros()) as usize;
        let len = ((self.end - self.start) as usize).min(BLOCK / 8 * bits + COUNTS);
        // Where the run ends need not be known for that, which would take a look at it.
        let start = self.run.start().wrapping_add(self.start as usize);
        let offset = start.addr() % LINE;
        for line in 0..(offset + len).div_ceil(LINE) {
            prefetch(start.wrapping_sub(offset).wrapping_add(line * LINE));
        }
    }

    /// Everything in it.
    pub(super) fn columns(&self, coding: &Coding) -> Columns {
        Columns::read(self.bytes(), self.len(), coding.offsets)
    }
}

impl Coding {
    /// How often a term occurs, each occurrence counted with its field's weight; from counts less one.
    #[inline]
    pub(super) fn frequency(&self, fields: FieldMask, counts: &[u32]) -> f32 {
        match (&self.weights, counts) {
            (None, &[count]) => in_singles(count + 1),
            (weights, counts) => {
                let weight = |field: TextField| match weights {
                    Some(weights) => weights[field.index()],
                    None => 1.0,
                };
                let of_fields = fields.iter().zip(counts);
                let frequency =
                    of_fields.map(|(field, &count)| weight(field) * f64::from(count + 1));
                rounded(frequency.sum())
            }
        }
    }

    /// The same of a term with these places.
    pub(super) fn frequency_at(&self, places: &[u32]) -> f32 {
        let Some(weights) = &self.weights else {
            return rounded(places.len() as f64);
        };
        let by_field = places.chunk_by(|a, b| field_of(*a) == field_of(*b));
        let frequency = by_field.filter_map(|of_field| {
            let field = field_of(*of_field.first()?);
            Some(weights[field.index()] * of_field.len() as f64)
        });
        rounded(frequency.sum())
    }
}

/// Bytes of a block, which are far from the limit.
fn number(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// A count, rounded where it has more than 24 bits.
const fn in_singles(count: u32) -> f32 {
    count as f32
}

/// Half the memory, and seven digits are enough to rank by.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a weighted count, rounded; past the largest single it is infinite, never wrapped"
)]
pub(super) const fn rounded(count: f64) -> f32 {
    count as f32
}
