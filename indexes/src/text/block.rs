//! Up to 128 neighbouring postings of a term, coded together.

use std::sync::Arc;

use super::columns::Columns;
use super::field::{FieldMask, TextField, field_of};
use super::impacts::Impacts;
use super::lengths::Lengths;
use crate::prefetch::prefetch;

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

/// Coded postings: their [`Columns`] as bytes.
#[derive(Clone)]
pub(super) struct Block {
    pub(super) bytes: Arc<[u8]>,
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
            bytes: bytes.into(),
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
            bytes: bytes.into(),
            last: *columns.docs.last()?,
            impacts,
            len,
        })
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

    /// Fetches it, for it will be decoded.
    #[inline]
    pub(super) fn prefetch(&self) {
        const LINE: usize = 64;
        const MOST_LINES: usize = 4;
        let start = self.bytes.as_ptr();
        for line in 0..self.bytes.len().div_ceil(LINE).min(MOST_LINES) {
            prefetch(start.wrapping_add(line * LINE));
        }
    }

    /// Everything in it.
    pub(super) fn columns(&self, coding: &Coding) -> Columns {
        Columns::read(&self.bytes, self.len(), coding.offsets)
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.bytes.len() + 2 * size_of::<usize>()
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
