//! Postings column by column, as blocks hold them, to be changed.

mod checked;

use super::block::Coding;
use super::codec::{get, get_ascending, put, put_ascending};

use super::field::{FieldMask, field_of, fields_of, place, position_of};
use super::impacts::{Frontier, Impacts, LengthCode};
use super::lengths::Lengths;

/// Up to a block of postings and one more. Documents ascend, and so do the positions in each field.
#[derive(Clone, Default)]
pub(super) struct Columns {
    pub(super) docs: Vec<u32>,
    /// The distinct sets of fields; some may be no posting's any more.
    kinds: Vec<FieldMask>,
    /// Which of `kinds` each posting has.
    codes: Vec<u32>,
    /// By posting, then by field of its set: how often, less one.
    counts: Vec<u32>,
    /// By posting, then by field: how far each position is from the one before; 0 without offsets.
    gaps: Vec<u32>,
}

/// Where the counts and gaps of a posting are.
struct Span {
    counts: std::ops::Range<usize>,
    gaps: std::ops::Range<usize>,
}

impl Columns {
    /// The postings that [`put`](Self::put) wrote.
    pub(super) fn read(bytes: &[u8], len: usize, offsets: bool) -> Self {
        let mut columns = Self::default();
        let bytes = columns.read_docs(bytes, len);
        let bytes = columns.read_counts(bytes);
        columns.read_gaps(bytes, offsets);
        columns
    }

    /// Reads the documents of bytes that [`put`](Self::put) wrote over what was here, and returns the
    /// bytes behind them. The rest of the columns is as before.
    #[inline]
    pub(super) fn read_docs<'a>(&mut self, bytes: &'a [u8], len: usize) -> &'a [u8] {
        let (before, bytes) = bytes.split_first_chunk().expect("a block has a document");
        let before = u32::from_le_bytes(*before);
        self.docs.resize(len, 0);
        if let Ok(docs) = self.docs.as_mut_slice().try_into() {
            return get_ascending(bytes, before, docs);
        }
        let bytes = get(bytes, len, &mut self.docs);
        let mut last = before;
        for doc in &mut self.docs {
            // What is loaded may be anything, until it is looked at.
            last = last.wrapping_add(*doc).wrapping_add(1);
            *doc = last;
        }
        bytes
    }

    /// Reads fields and counts of the documents, and returns the bytes behind them.
    #[inline]
    pub(super) fn read_counts<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let (&kinds, mut bytes) = bytes.split_first().expect("a block has sets of fields");
        self.kinds.clear();
        for _ in 0..kinds {
            self.kinds.push(FieldMask::get(&mut bytes));
        }
        let len = self.len();
        if kinds == 1 {
            self.codes.clear();
            self.codes.resize(len, 0);
        } else {
            bytes = get(bytes, len, &mut self.codes);
        }
        get(bytes, self.fields_before(len), &mut self.counts)
    }

    /// Reads the gaps between positions that follow the counts.
    #[inline]
    pub(super) fn read_gaps(&mut self, bytes: &[u8], offsets: bool) {
        let gaps = gaps_of(&self.counts);
        if offsets {
            get(bytes, gaps, &mut self.gaps);
        } else {
            self.gaps.clear();
            self.gaps.resize(gaps, 0);
        }
    }

    /// Takes out everything.
    pub(super) fn clear(&mut self) {
        self.docs.clear();
        self.kinds.clear();
        self.codes.clear();
        self.counts.clear();
        self.gaps.clear();
    }

    /// Appends these postings to bytes: the number before the first document's; the gaps between
    /// documents; the distinct sets of fields and, if there are several, which one each posting has;
    /// counts; gaps between positions.
    pub(super) fn put(&self, bytes: &mut Vec<u8>, offsets: bool) {
        let before = self.docs.first().map_or(0, |first| first - 1);
        bytes.extend(before.to_le_bytes());
        if let Ok(docs) = self.docs.as_slice().try_into() {
            put_ascending(bytes, before, docs);
        } else {
            let from = std::iter::once(before).chain(self.docs.iter().copied());
            let gaps = self.docs.iter().zip(from).map(|(doc, from)| doc - from - 1);
            put(bytes, &gaps.collect::<Vec<_>>());
        }
        self.put_kinds(bytes);
        put(bytes, &self.counts);
        if offsets {
            put(bytes, &self.gaps);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.docs.len()
    }

    /// Room for the documents and counts of so many postings, each in the same one field, over what was
    /// here.
    pub(super) fn alike(&mut self, len: usize, fields: FieldMask) -> (&mut [u32], &mut [u32]) {
        self.clear();
        self.kinds.push(fields);
        self.codes.resize(len, 0);
        self.docs.resize(len, 0);
        self.counts.resize(len, 0);
        (&mut self.docs, &mut self.counts)
    }

    /// Adds a posting of a document that comes after all others, whose counts and gaps are added next.
    #[inline]
    pub(super) fn push(&mut self, doc: u32, fields: FieldMask) {
        let code = self.code(fields);
        self.docs.push(doc);
        self.codes.push(code);
    }

    /// Adds how often the last document has the term in its next field, less one.
    #[inline]
    pub(super) fn push_count(&mut self, count: u32) {
        self.counts.push(count);
    }

    /// Adds how far the next position is from the one before.
    #[inline]
    pub(super) fn push_gap(&mut self, gap: u32) {
        self.gaps.push(gap);
    }

    /// By posting, then by field of its set: how often, less one.
    #[inline]
    pub(super) fn counts(&self) -> &[u32] {
        &self.counts
    }

    /// By posting, then by field: how far each position is from the one before.
    #[inline]
    pub(super) fn gaps(&self) -> &[u32] {
        &self.gaps
    }

    /// Gaps that there is room for.
    pub(super) fn gaps_capacity(&self) -> usize {
        self.gaps.capacity()
    }

    /// The places of the posting in a slot.
    pub(super) fn places(&self, at: usize) -> Vec<u32> {
        let span = self.span(at);
        let mut places = Vec::with_capacity(span.gaps.len());
        put_places(
            self.fields(at),
            &self.counts[span.counts],
            &self.gaps[span.gaps],
            &mut places,
        );
        places
    }

    /// Adds a posting of a document that has none. Places keep their positions only with offsets.
    pub(super) fn insert(&mut self, doc: u32, places: &[u32], offsets: bool) {
        let at = self.docs.partition_point(|&other| other < doc);
        debug_assert_ne!(self.docs.get(at), Some(&doc), "a document has one posting");
        let span = self.span(at);
        self.docs.insert(at, doc);
        let code = self.code(fields_of(places));
        self.codes.insert(at, code);
        let by_field = || places.chunk_by(|a, b| field_of(*a) == field_of(*b));
        let counts = by_field().map(|of_field| number(of_field.len() - 1));
        self.counts
            .splice(span.counts.start..span.counts.start, counts);
        let gaps = by_field().flat_map(|of_field| {
            let mut before = 0;
            of_field.iter().map(move |&place| {
                let position = if offsets { position_of(place) } else { 0 };
                position - std::mem::replace(&mut before, position)
            })
        });
        self.gaps.splice(span.gaps.start..span.gaps.start, gaps);
    }

    /// Takes out the posting of a document, if it has one, and returns its places.
    pub(super) fn remove(&mut self, doc: u32) -> Option<Vec<u32>> {
        let at = self.docs.binary_search(&doc).ok()?;
        let places = self.places(at);
        let span = self.span(at);
        self.docs.remove(at);
        self.codes.remove(at);
        self.counts.drain(span.counts);
        self.gaps.drain(span.gaps);
        Some(places)
    }

    /// Takes out the postings from a slot on.
    pub(super) fn split_off(&mut self, at: usize) -> Self {
        let span = self.span(at);
        Self {
            docs: self.docs.split_off(at),
            kinds: self.kinds.clone(),
            codes: self.codes.split_off(at),
            counts: self.counts.split_off(span.counts.start),
            gaps: self.gaps.split_off(span.gaps.start),
        }
    }

    /// Adds the postings of later documents.
    pub(super) fn append(&mut self, next: &Self) {
        self.docs.extend_from_slice(&next.docs);
        for &code in &next.codes {
            let code = self.code(next.kinds[code as usize]);
            self.codes.push(code);
        }
        self.counts.extend_from_slice(&next.counts);
        self.gaps.extend_from_slice(&next.gaps);
    }

    /// What bounds the score of every posting.
    pub(super) fn impacts(&self, coding: &Coding, lengths: &Lengths) -> Impacts {
        let mut of_docs = vec![LengthCode::default(); self.len()];
        lengths.read(&self.docs, &mut of_docs, |length| length);
        let mut frontier = Frontier::new();
        let mut start = 0;
        for (at, &length) in of_docs.iter().enumerate() {
            let fields = self.fields(at);
            let end = start + fields.len();
            frontier.add(coding.frequency(fields, &self.counts[start..end]), length);
            start = end;
        }
        frontier.impacts()
    }

    /// The fields of the posting in a slot.
    #[inline]
    pub(super) fn fields(&self, at: usize) -> FieldMask {
        self.kinds[self.codes[at] as usize]
    }

    /// The code of a set of fields, which is added if it is new.
    fn code(&mut self, fields: FieldMask) -> u32 {
        let code = self.kinds.iter().position(|kind| *kind == fields);
        number(code.unwrap_or_else(|| {
            self.kinds.push(fields);
            self.kinds.len() - 1
        }))
    }

    /// How many counts the postings before a slot have.
    fn fields_before(&self, at: usize) -> usize {
        match self.kinds.as_slice() {
            [only] => at * only.len(),
            kinds => {
                let codes = self.codes[..at].iter();
                codes.map(|&code| kinds[code as usize].len()).sum()
            }
        }
    }

    /// Of the posting in a slot; empty at the end.
    fn span(&self, at: usize) -> Span {
        let counts = self.fields_before(at);
        let gaps = gaps_of(&self.counts[..counts]);
        let fields = self.codes.get(at).map_or(0, |_| self.fields(at).len());
        let counts = counts..counts + fields;
        Span {
            gaps: gaps..gaps + gaps_of(&self.counts[counts.clone()]),
            counts,
        }
    }

    /// Only those sets that are in use.
    fn put_kinds(&self, bytes: &mut Vec<u8>) {
        if let [only] = self.kinds.as_slice() {
            bytes.push(1);
            only.put(bytes);
            return;
        }
        let mut used = Self::default();
        for &code in &self.codes {
            let code = used.code(self.kinds[code as usize]);
            used.codes.push(code);
        }
        bytes.push(u8::try_from(used.kinds.len()).unwrap_or(u8::MAX));
        used.kinds.iter().for_each(|kind| kind.put(bytes));
        if used.kinds.len() > 1 {
            put(bytes, &used.codes);
        }
    }
}

/// Appends the places of a posting.
#[inline]
pub(super) fn put_places(fields: FieldMask, counts: &[u32], gaps: &[u32], places: &mut Vec<u32>) {
    let mut gaps = gaps.iter();
    for (field, &count) in fields.iter().zip(counts) {
        let mut position = 0;
        for gap in gaps.by_ref().take(count as usize + 1) {
            position += gap;
            places.push(place(field, position));
        }
    }
}

/// How many gaps belong to some counts.
pub(super) fn gaps_of(counts: &[u32]) -> usize {
    counts.len() + counts.iter().sum::<u32>() as usize
}

/// A count that is far from the limits.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
