//! Up to 128 neighbouring postings of a term, coded together.

use std::sync::Arc;

use super::codec::{put, put_ascending};
use super::decoded::Decoded;
use super::doc_numbers::DocNumbers;
use super::field::{FieldMask, TextField, field_of, fields_of, position_of};
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
    pub(super) bytes: Arc<[u8]>,
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

/// Half the memory, and seven digits are enough to rank by.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a weighted count, rounded; past the largest single it is infinite, never wrapped"
)]
pub(super) const fn rounded(count: f64) -> f32 {
    count as f32
}
