//! What a block of postings is once decoded, as far as it was asked for.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

use super::block::{BLOCK, Block, Coding};
use super::codec::get_one;
use super::columns::{Columns, gaps_of, put_places};
use super::field::FieldMask;
use super::tail::Tail;

/// Decoded postings of a block or a tail: documents at once, the rest when it is asked for.
#[derive(Default)]
pub(super) struct Decoded {
    columns: Columns,
    /// Where in the bytes of the block the next column is.
    next: usize,
    has_counts: bool,
    has_places: bool,
    /// Every posting is in one field.
    is_single: bool,
    /// Of all postings; empty until they are asked for.
    frequencies: Vec<f32>,
    /// Where the counts of each posting end, unless it has one each. After
    /// [`Decoded::read_places`], as `gap_ends`.
    count_ends: Vec<u32>,
    gap_ends: Vec<u32>,
    /// Of the posting that was last asked for.
    places: Vec<u32>,
}

impl Decoded {
    /// The documents of a block.
    #[inline]
    pub(super) fn begin(&mut self, block: &Block) {
        self.has_counts = false;
        self.has_places = false;
        self.frequencies.clear();
        let rest = self.columns.read_docs(block.bytes(), block.len());
        self.next = block.bytes().len() - rest.len();
    }

    /// The documents of a tail, with how often each has the term.
    pub(super) fn begin_tail(&mut self, tail: &Tail, coding: &Coding) {
        tail.read_counts(coding.offsets, &mut self.columns);
        self.has_counts = true;
        self.has_places = false;
        self.is_single = self.columns.counts().len() == self.columns.len();
        self.frequencies.clear();
        self.count(coding);
    }

    /// Nothing.
    pub(super) fn clear(&mut self) {
        self.columns.clear();
        self.frequencies.clear();
    }

    #[inline]
    pub(super) fn docs(&self) -> &[u32] {
        &self.columns.docs
    }

    /// Reads how often the term occurs in the documents of the block, and in which fields.
    #[inline]
    pub(super) fn read_counts(&mut self, block: &Block) {
        if self.has_counts {
            return;
        }
        self.has_counts = true;
        let rest = self.columns.read_counts(&block.bytes()[self.next..]);
        self.next = block.bytes().len() - rest.len();
        self.is_single = self.columns.counts().len() == self.columns.len();
    }

    /// Reads where the term occurs as well.
    #[inline]
    pub(super) fn read_places(&mut self, block: &Block, coding: &Coding) {
        self.read_counts(block);
        if self.has_places {
            return;
        }
        self.has_places = true;
        self.columns
            .read_gaps(&block.bytes()[self.next..], coding.offsets);
        self.find_ends();
    }

    /// Reads where the term occurs in the documents of the tail.
    pub(super) fn read_tail_places(&mut self, tail: &Tail, coding: &Coding) {
        if self.has_places {
            return;
        }
        self.has_places = true;
        tail.read_gaps(coding.offsets, &mut self.columns);
        self.find_ends();
    }

    /// How often each posting has the term, by weight. After [`Decoded::count`].
    #[inline]
    pub(super) fn frequencies(&self) -> &[f32] {
        &self.frequencies
    }

    /// How often the posting in a slot has the term, by weight: of few postings a block the quicker way.
    /// After [`Decoded::read_counts`].
    #[inline]
    pub(super) fn frequency(&mut self, at: usize, coding: &Coding) -> f32 {
        if self.is_single && coding.weights.is_none() {
            return self
                .columns
                .counts()
                .get(at)
                .map_or(0.0, |count| in_singles(count + 1));
        }
        self.count(coding);
        self.frequencies.get(at).copied().unwrap_or(0.0)
    }

    /// The same where it is asked of very few postings of a block: the counts of the others are not read. None
    /// where they must be, or are there already.
    #[inline]
    pub(super) fn one_frequency(&self, at: usize, block: &Block, coding: &Coding) -> Option<f32> {
        if self.has_counts || coding.weights.is_some() || block.len() != BLOCK {
            return None;
        }
        let (&kinds, mut bytes) = block.bytes()[self.next..].split_first()?;
        if kinds != 1 || FieldMask::get(&mut bytes).len() != 1 {
            return None;
        }
        get_one(bytes, at).map(|count| in_singles(count.saturating_add(1)))
    }

    /// The fields of the posting in a slot. After [`Decoded::read_counts`].
    #[inline]
    pub(super) fn fields(&self, at: usize) -> FieldMask {
        self.columns.fields(at)
    }

    /// The places of the posting in a slot. After [`Decoded::read_places`].
    #[inline]
    pub(super) fn places(&mut self, at: usize) -> &[u32] {
        let before = |ends: &[u32]| at.checked_sub(1).map_or(0, |before| ends[before] as usize);
        let counts = if self.is_single {
            at..at + 1
        } else {
            before(&self.count_ends)..self.count_ends[at] as usize
        };
        let gaps = before(&self.gap_ends)..self.gap_ends[at] as usize;
        self.places.clear();
        put_places(
            self.columns.fields(at),
            &self.columns.counts()[counts],
            &self.columns.gaps()[gaps],
            &mut self.places,
        );
        &self.places
    }

    /// Frequencies from counts. After [`Decoded::read_counts`].
    #[inline]
    pub(super) fn count(&mut self, coding: &Coding) {
        let Self {
            columns,
            frequencies,
            ..
        } = self;
        if !frequencies.is_empty() {
            return;
        }
        let counts = columns.counts();
        if self.is_single && coding.weights.is_none() {
            frequencies.extend(counts.iter().map(|&count| in_singles(count + 1)));
            return;
        }
        let mut start = 0;
        for at in 0..columns.len() {
            let fields = columns.fields(at);
            let end = start + fields.len();
            frequencies.push(coding.frequency(fields, &counts[start..end]));
            start = end;
        }
    }

    /// Where the counts and gaps of each posting end.
    fn find_ends(&mut self) {
        let counts = self.columns.counts();
        self.gap_ends.clear();
        let mut gaps = 0;
        if self.is_single {
            self.gap_ends.extend(counts.iter().map(|count| {
                gaps += count + 1;
                gaps
            }));
            return;
        }
        self.count_ends.clear();
        let mut start = 0;
        for at in 0..self.columns.len() {
            let end = start + self.columns.fields(at).len();
            gaps += number(gaps_of(&counts[start..end]));
            self.count_ends.push(number(end));
            self.gap_ends.push(gaps);
            start = end;
        }
    }
}

/// Memory to decode into, which goes back to be lent again: a query of a few words would else spend an
/// eighth of its time on asking for some.
#[derive(Default)]
pub(super) struct Lent(Decoded);

/// Kept by a thread at most.
const MOST_SPARES: usize = 16;
/// Positions that what is kept has room for at most.
const MOST_SPARE_GAPS: usize = 4096;

thread_local! {
    static SPARES: RefCell<Vec<Decoded>> = const { RefCell::new(Vec::new()) };
}

impl Lent {
    /// Nothing decoded.
    pub(super) fn new() -> Self {
        // A thread that ends has none left.
        let spare = SPARES.try_with(|spares| spares.borrow_mut().pop());
        let mut decoded = spare.ok().flatten().unwrap_or_default();
        decoded.clear();
        decoded.has_counts = false;
        decoded.has_places = false;
        Self(decoded)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let decoded = std::mem::take(&mut self.0);
        if decoded.columns.gaps_capacity() > MOST_SPARE_GAPS {
            return;
        }
        let _ = SPARES.try_with(|spares| {
            let mut spares = spares.borrow_mut();
            if spares.len() < MOST_SPARES {
                spares.push(decoded);
            }
        });
    }
}

impl Deref for Lent {
    type Target = Decoded;

    #[inline(always)]
    fn deref(&self) -> &Decoded {
        &self.0
    }
}

impl DerefMut for Lent {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut Decoded {
        &mut self.0
    }
}

/// A count that is far from the limits.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// A count, rounded where it has more than 24 bits. As a signed number, which it fits in, it takes one
/// instruction of a CPU instead of six.
const fn in_singles(count: u32) -> f32 {
    (count & (u32::MAX >> 1)).cast_signed() as f32
}
