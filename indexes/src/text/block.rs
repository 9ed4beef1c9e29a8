//! Up to 128 neighbouring postings of a term, coded together, and what they are once decoded.

use std::sync::Arc;

use super::codec::{get, get_ascending, put, put_ascending, skip};
use super::doc_numbers::DocNumbers;
use super::field::{FieldMask, TextField, field_of, fields_of, place, position_of};
use super::impacts::{Frontier, Impacts};
use crate::doc::DocId;
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

/// Coded postings. Their bytes: the first document; the gaps between documents; the distinct sets of
/// fields and, if there are several, which one each posting has; how often the term occurs in each
/// field of each posting, less one; the gaps between positions in each of these.
#[derive(Clone)]
pub(super) struct Block {
    bytes: Arc<[u8]>,
    last: u32,
    impacts: Impacts,
    len: u8,
}

impl Block {
    /// Codes 1 to [`BLOCK`] postings.
    pub(super) fn new(postings: &Columns, coding: &Coding, lengths: &DocNumbers) -> Self {
        let mut bytes = Vec::with_capacity(4 * BLOCK);
        postings.put_docs(&mut bytes);
        postings.put_fields(&mut bytes);
        postings.put_places(&mut bytes, coding.offsets);
        Self {
            bytes: bytes.into(),
            last: postings.docs.last().copied().unwrap_or_default(),
            impacts: postings.impacts(coding, lengths),
            len: u8::try_from(postings.len()).unwrap_or(u8::MAX),
        }
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
        let mut decoded = Decoded::default();
        decoded.begin(self);
        decoded.read_places(self, coding);
        decoded.into_columns()
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.bytes.len() + 2 * size_of::<usize>()
    }
}

/// Postings column by column, to be changed. Documents ascend, and so do the places within each.
#[derive(Clone, Default)]
pub(super) struct Columns {
    pub(super) docs: Vec<u32>,
    /// Where each document's places end; its predecessor's end is where they begin.
    pub(super) ends: Vec<usize>,
    pub(super) places: Vec<u32>,
}

impl Columns {
    pub(super) fn len(&self) -> usize {
        self.docs.len()
    }

    /// The places of the posting in a slot.
    pub(super) fn places(&self, at: usize) -> &[u32] {
        &self.places[self.start(at)..self.ends[at]]
    }

    /// Adds a posting of a document that has none.
    pub(super) fn insert(&mut self, doc: u32, places: &[u32]) {
        let at = self.docs.partition_point(|&other| other < doc);
        debug_assert_ne!(self.docs.get(at), Some(&doc), "a document has one posting");
        let start = self.start(at);
        self.docs.insert(at, doc);
        self.places.splice(start..start, places.iter().copied());
        self.ends.insert(at, start);
        for end in &mut self.ends[at..] {
            *end += places.len();
        }
    }

    /// Takes out the posting of a document, if it has one, and returns its places.
    pub(super) fn remove(&mut self, doc: u32) -> Option<Vec<u32>> {
        let at = self.docs.binary_search(&doc).ok()?;
        let places = self.start(at)..self.ends[at];
        self.docs.remove(at);
        self.ends.remove(at);
        for end in &mut self.ends[at..] {
            *end -= places.len();
        }
        Some(self.places.drain(places).collect())
    }

    /// Takes out the postings from a slot on.
    pub(super) fn split_off(&mut self, at: usize) -> Self {
        let start = self.start(at);
        let ends = self.ends.split_off(at).into_iter();
        Self {
            docs: self.docs.split_off(at),
            ends: ends.map(|end| end - start).collect(),
            places: self.places.split_off(start),
        }
    }

    /// Adds the postings of later documents.
    pub(super) fn append(&mut self, next: &Self) {
        let start = self.places.len();
        self.docs.extend_from_slice(&next.docs);
        self.ends.extend(next.ends.iter().map(|end| end + start));
        self.places.extend_from_slice(&next.places);
    }

    fn start(&self, at: usize) -> usize {
        at.checked_sub(1).map_or(0, |before| self.ends[before])
    }

    fn put_docs(&self, bytes: &mut Vec<u8>) {
        let before = self.docs.first().map_or(0, |first| first - 1);
        bytes.extend(before.to_le_bytes());
        if let Ok(docs) = self.docs.as_slice().try_into() {
            put_ascending(bytes, before, docs);
        } else {
            let from = std::iter::once(before).chain(self.docs.iter().copied());
            let gaps = self.docs.iter().zip(from).map(|(doc, from)| doc - from - 1);
            put(bytes, &gaps.collect::<Vec<_>>());
        }
    }

    fn put_fields(&self, bytes: &mut Vec<u8>) {
        let mut kinds: Vec<FieldMask> = Vec::new();
        let mut codes = Vec::with_capacity(self.len());
        for at in 0..self.len() {
            let fields = fields_of(self.places(at));
            let code = kinds.iter().position(|kind| *kind == fields);
            codes.push(u32::try_from(code.unwrap_or(kinds.len())).unwrap_or_default());
            if code.is_none() {
                kinds.push(fields);
            }
        }
        bytes.push(u8::try_from(kinds.len()).unwrap_or(u8::MAX));
        kinds.iter().for_each(|kind| kind.put(bytes));
        if kinds.len() > 1 {
            put(bytes, &codes);
        }
    }

    fn put_places(&self, bytes: &mut Vec<u8>, offsets: bool) {
        let mut counts = Vec::with_capacity(self.len());
        let mut gaps = Vec::with_capacity(self.places.len());
        for at in 0..self.len() {
            let fields = self
                .places(at)
                .chunk_by(|a, b| field_of(*a) == field_of(*b));
            for of_field in fields {
                counts.push(u32::try_from(of_field.len() - 1).unwrap_or(u32::MAX));
                let mut before = 0;
                for &place in of_field {
                    gaps.push(position_of(place) - before);
                    before = position_of(place);
                }
            }
        }
        put(bytes, &counts);
        if offsets {
            put(bytes, &gaps);
        }
    }

    fn impacts(&self, coding: &Coding, lengths: &DocNumbers) -> Impacts {
        let mut frontier = Frontier::new();
        for (at, &doc) in self.docs.iter().enumerate() {
            let length = DocId::new(doc).map_or(0.0, |doc| lengths.get(doc));
            frontier.add(coding.frequency(self.places(at)), length);
        }
        frontier.impacts()
    }
}

impl Coding {
    /// How often a term with these places occurs, each occurrence counted with its field's weight.
    pub(super) fn frequency(&self, places: &[u32]) -> f32 {
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

    fn into_columns(mut self) -> Columns {
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

/// Half the memory, and seven digits are enough to rank by.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a weighted count, rounded; past the largest single it is infinite, never wrapped"
)]
pub(super) const fn rounded(count: f64) -> f32 {
    count as f32
}
