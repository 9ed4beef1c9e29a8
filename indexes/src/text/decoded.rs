//! What a block of postings is once decoded, as far as it was asked for.

use super::block::{BLOCK, Block, Coding, Columns, rounded};
use super::codec::{get, get_ascending, skip};
use super::field::{FieldMask, field_of, fields_of, place, position_of};

/// Decoded postings of a block or a tail: documents at once, the rest when it is asked for.
pub(super) struct Decoded {
    docs: [u32; BLOCK],
    len: usize,
    has_counts: bool,
    has_places: bool,
    /// The distinct sets of fields.
    kinds: Vec<FieldMask>,
    /// Which of `kinds` each posting has; empty if there is one.
    codes: Vec<u32>,
    /// By posting, then by field of its set: how often, less one.
    counts: Vec<u32>,
    frequencies: [f32; BLOCK],
    /// Where the counts of each posting end; empty where it has one each.
    count_ends: Vec<u32>,
    /// Where the places of each posting end. After [`Decoded::read_places`], as `gaps`.
    ends: [u32; BLOCK],
    gaps: Vec<u32>,
    /// Of the posting that was last asked for.
    places: Vec<u32>,
}

impl Default for Decoded {
    fn default() -> Self {
        Self {
            docs: [0; BLOCK],
            len: 0,
            has_counts: false,
            has_places: false,
            kinds: Vec::new(),
            codes: Vec::new(),
            counts: Vec::new(),
            frequencies: [0.0; BLOCK],
            count_ends: Vec::new(),
            ends: [0; BLOCK],
            gaps: Vec::new(),
            places: Vec::new(),
        }
    }
}

impl Decoded {
    /// The documents of a block.
    pub(super) fn begin(&mut self, block: &Block) {
        self.len = block.len();
        self.has_counts = false;
        self.has_places = false;
        let (before, bytes) = split_first_doc(&block.bytes);
        if self.len == BLOCK {
            get_ascending(bytes, before, &mut self.docs);
            return;
        }
        get(bytes, self.len, &mut self.gaps);
        let mut doc = before;
        for (slot, gap) in self.docs.iter_mut().zip(&self.gaps) {
            doc += gap + 1;
            *slot = doc;
        }
    }

    /// All of some columns.
    pub(super) fn begin_with(&mut self, columns: &Columns, coding: &Coding) {
        self.len = columns.len();
        self.has_counts = true;
        self.has_places = true;
        self.kinds.clear();
        self.codes.clear();
        self.counts.clear();
        self.count_ends.clear();
        self.gaps.clear();
        for at in 0..self.len {
            let places = columns.places(at);
            let fields = fields_of(places);
            let code = self.kinds.iter().position(|kind| *kind == fields);
            self.codes.push(number(code.unwrap_or(self.kinds.len())));
            if code.is_none() {
                self.kinds.push(fields);
            }
            for of_field in places.chunk_by(|a, b| field_of(*a) == field_of(*b)) {
                self.counts.push(number(of_field.len() - 1));
                let mut before = 0;
                for &place in of_field {
                    self.gaps.push(position_of(place) - before);
                    before = position_of(place);
                }
            }
            self.count_ends.push(number(self.counts.len()));
            self.docs[at] = columns.docs[at];
            self.frequencies[at] = coding.frequency(places);
            self.ends[at] = number(columns.ends[at]);
        }
    }

    /// Nothing.
    pub(super) fn clear(&mut self) {
        self.len = 0;
    }

    #[inline]
    pub(super) fn docs(&self) -> &[u32] {
        &self.docs[..self.len]
    }

    /// Reads how often the term occurs in the documents of the block, and in which fields.
    pub(super) fn read_counts(&mut self, block: &Block, coding: &Coding) {
        if self.has_counts {
            return;
        }
        self.has_counts = true;
        let bytes = self.behind_docs(block);
        let bytes = self.read_kinds(bytes);
        get(bytes, self.count_of_counts(), &mut self.counts);
        self.count(coding);
    }

    /// Reads where the term occurs as well.
    pub(super) fn read_places(&mut self, block: &Block, coding: &Coding) {
        self.read_counts(block, coding);
        if self.has_places {
            return;
        }
        self.has_places = true;
        let total = self.counts.len() + self.counts.iter().sum::<u32>() as usize;
        if coding.offsets {
            let bytes = self.behind_docs(block);
            let bytes = self.read_kinds(bytes);
            get(skip(bytes, self.counts.len()), total, &mut self.gaps);
        } else {
            self.gaps.clear();
            self.gaps.resize(total, 0);
        }
        let mut end = 0;
        let mut start = 0;
        for at in 0..self.len {
            let counts = start..self.count_ends.get(at).map_or(at + 1, |&end| end as usize);
            start = counts.end;
            end += self.counts[counts]
                .iter()
                .map(|count| count + 1)
                .sum::<u32>();
            self.ends[at] = end;
        }
    }

    /// How often the posting in a slot has the term, by weight. After [`Decoded::read_counts`].
    #[inline]
    pub(super) fn frequencies(&self) -> &[f32] {
        &self.frequencies[..self.len]
    }

    /// The fields of the posting in a slot. After [`Decoded::read_counts`].
    #[inline]
    pub(super) fn fields(&self, at: usize) -> FieldMask {
        let kind = self.codes.get(at).map_or(0, |&code| code as usize);
        self.kinds[kind]
    }

    /// The places of the posting in a slot. After [`Decoded::read_places`].
    #[inline]
    pub(super) fn places(&mut self, at: usize) -> &[u32] {
        self.places.clear();
        self.place(at);
        &self.places
    }

    pub(super) fn into_columns(mut self) -> Columns {
        self.places.clear();
        (0..self.len).for_each(|at| self.place(at));
        let ends = self.ends[..self.len].iter();
        Columns {
            docs: self.docs[..self.len].to_vec(),
            ends: ends.map(|&end| end as usize).collect(),
            places: self.places,
        }
    }

    fn behind_docs<'a>(&self, block: &'a Block) -> &'a [u8] {
        skip(split_first_doc(&block.bytes).1, self.len)
    }

    fn read_kinds<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let (&kinds, mut bytes) = bytes.split_first().expect("a block has sets of fields");
        self.kinds.clear();
        for _ in 0..kinds {
            self.kinds.push(FieldMask::get(&mut bytes));
        }
        if kinds == 1 {
            self.codes.clear();
            return bytes;
        }
        get(bytes, self.len, &mut self.codes)
    }

    fn count_of_counts(&self) -> usize {
        match self.codes.is_empty() {
            true => self.len * self.kinds[0].len(),
            false => (0..self.len).map(|at| self.fields(at).len()).sum(),
        }
    }

    /// Frequencies from counts.
    fn count(&mut self, coding: &Coding) {
        self.count_ends.clear();
        let single = self.counts.len() == self.len;
        if single && coding.weights.is_none() {
            for (frequency, &count) in self.frequencies.iter_mut().zip(&self.counts) {
                *frequency = in_singles(count + 1);
            }
            return;
        }
        let mut start = 0;
        for at in 0..self.len {
            let kind = self.codes.get(at).map_or(0, |&code| code as usize);
            let fields = self.kinds[kind];
            let end = start + fields.len();
            let mut frequency = 0.0;
            for (field, count) in fields.iter().zip(&self.counts[start..end]) {
                let weights = coding.weights.as_ref();
                let weight = weights.map_or(1.0, |weights| weights[field.index()]);
                frequency += weight * f64::from(count + 1);
            }
            self.frequencies[at] = rounded(frequency);
            if !single {
                self.count_ends.push(number(end));
            }
            start = end;
        }
    }

    /// Appends the places of the posting in a slot, from counts and gaps.
    fn place(&mut self, at: usize) {
        let before = |ends: &[u32]| at.checked_sub(1).map_or(0, |before| ends[before] as usize);
        let start = if self.count_ends.is_empty() {
            at
        } else {
            before(&self.count_ends)
        };
        let mut gaps = self.gaps[before(&self.ends)..self.ends[at] as usize].iter();
        let kind = self.codes.get(at).map_or(0, |&code| code as usize);
        for (field, &count) in self.kinds[kind].iter().zip(&self.counts[start..]) {
            let mut position = 0;
            for gap in gaps.by_ref().take(count as usize + 1) {
                position += gap;
                self.places.push(place(field, position));
            }
        }
    }
}

/// A count that is far from the limits.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// A count, rounded where it has more than 24 bits.
const fn in_singles(count: u32) -> f32 {
    count as f32
}

/// The number before the first document's, and the bytes behind it.
fn split_first_doc(bytes: &[u8]) -> (u32, &[u8]) {
    let (before, bytes) = bytes.split_first_chunk().expect("a block has a document");
    (u32::from_le_bytes(*before), bytes)
}
