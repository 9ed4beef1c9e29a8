//! The row of each document, and the rows of many documents at once.

use std::iter;
use std::ops::Range;

use roaring::RoaringBitmap;

use super::slots::RowId;
use crate::bitmap_words::bitmap_words;
use crate::cow_vec::CowVec;
use crate::doc::DocId;

/// Documents whose rows lie together.
const CHUNK: usize = 1024;

/// Rows by document. A clone is a snapshot.
#[derive(Clone, Default)]
pub(super) struct RowOf {
    /// By [`DocId::index`].
    rows: CowVec<Option<RowId>, CHUNK>,
    /// By chunk of `rows`.
    steps: CowVec<Step, 64>,
    /// How many of those are [`Step::Mixed`].
    mixed: u64,
}

/// How the numbers of a chunk's rows follow from those of their documents.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Step {
    /// There was never a row.
    #[default]
    None,
    /// Each is greater by this, modulo 2³²: documents that came one after another, as most do, and whose
    /// vectors have not changed.
    By(u32),
    /// In no such way.
    Mixed,
}

impl RowOf {
    pub(super) fn get(&self, doc: DocId) -> Option<RowId> {
        *self.rows.get(doc.index())
    }

    pub(super) fn set(&mut self, doc: DocId, row: Option<RowId>) {
        self.rows.set(doc.index(), row);
        // A document that has lost its row changes nothing for the others of the chunk.
        let Some(row) = row else { return };
        let step = Step::By(row.get().wrapping_sub(doc.get()));
        let chunk = doc.index() / CHUNK;
        let joined = match *self.steps.get(chunk) {
            Step::None => step,
            same if same == step => return,
            Step::Mixed => return,
            Step::By(_) => {
                self.mixed += 1;
                Step::Mixed
            }
        };
        self.steps.set(chunk, joined);
    }

    /// Calls with the row of each document that has one, in the order of the documents.
    pub(super) fn each(&self, docs: &RoaringBitmap, mut visit: impl FnMut(RowId, DocId)) {
        let (mut number, mut rows): (usize, &[Option<RowId>]) = (usize::MAX, &[]);
        for_each(docs, |doc| {
            let Some(doc) = DocId::new(doc) else { return };
            // Each chunk is looked for once: a search may be for tens of thousands of documents.
            if doc.index() / CHUNK != number {
                number = doc.index() / CHUNK;
                rows = self.rows.chunk(number);
            }
            if let Some(&Some(row)) = rows.get(doc.index() % CHUNK) {
                visit(row, doc);
            }
        });
    }

    /// Nanoseconds that [`bits`](Self::bits) takes, about, for `matches` of `docs` documents anywhere among
    /// them: one for a word of rows that follow their documents, four for each match elsewhere.
    pub(super) fn mapping_ns(&self, matches: u64, docs: u64) -> u64 {
        let chunks = docs / CHUNK as u64 + 1;
        let elsewhere = matches.saturating_mul(self.mixed.min(chunks)) / chunks;
        docs / 64 + elsewhere.saturating_mul(4)
    }

    /// A bit for each row of some documents, by its number, up to row `last`. All of `docs` have a row.
    ///
    /// Where rows follow their documents this copies words of bits; elsewhere it takes four nanoseconds for
    /// each document.
    pub(super) fn bits(&self, docs: &RoaringBitmap, last: u32) -> Vec<u64> {
        let docs = bitmap_words(docs);
        let mut bits = vec![0_u64; last as usize / 64 + 1];
        for (step, chunks) in self.runs() {
            // The bit of the first document of a chunk.
            let first = |chunk| chunk * CHUNK + 1;
            match step {
                Step::None => {}
                Step::By(step) => {
                    copy_bits(
                        &docs,
                        first(chunks.start),
                        &mut bits,
                        step,
                        chunks.len() * CHUNK,
                    );
                }
                Step::Mixed => chunks.for_each(|chunk| {
                    let rows = self.rows.chunk(chunk);
                    each_bit(&docs, first(chunk), rows.len(), |at| {
                        if let Some(row) = rows[at] {
                            or_bits(&mut bits, row.index(), 1);
                        }
                    });
                }),
            }
        }
        bits
    }

    /// Chunks one behind the other of the same step.
    fn runs(&self) -> impl Iterator<Item = (Step, Range<usize>)> {
        let (chunks, mut at) = (self.rows.len().div_ceil(CHUNK), 0);
        iter::from_fn(move || {
            let start = at;
            let step = *self.steps.get(start);
            while at < chunks && *self.steps.get(at) == step {
                at += 1;
            }
            (start < at).then_some((step, start..at))
        })
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.rows.memory_bytes() + self.steps.memory_bytes()
    }
}

/// Adds `count` bits, from `first` on, to bits farther on by `step`, modulo 2³². Those that would come to lie
/// before the beginning or beyond the end are nobody's.
fn copy_bits(bits: &[u64], first: usize, out: &mut [u64], step: u32, count: usize) {
    let to = i64::try_from(first).unwrap_or(i64::MAX);
    let to = to.saturating_add(i64::from(step.cast_signed()));
    let before = usize::try_from(-to).unwrap_or(0).min(count);
    let (first, count) = (first + before, count - before);
    let to = usize::try_from(to).unwrap_or(0);
    // Up to where a word of those begins, then words, then what is left.
    let begun = (to.next_multiple_of(64) - to).min(count);
    let words = (count - begun) / 64;
    let done = begun + words * 64;
    or_bits(out, to, lowest(word_at(bits, first), begun));
    let whole = out.get_mut((to + begun) / 64..).unwrap_or_default();
    let within = words.min(whole.len());
    or_words(bits, first + begun, &mut whole[..within]);
    let rest = lowest(word_at(bits, first + done), count - done);
    or_bits(out, to + done, rest);
}

/// Adds bits, from `first` on, to all of some words.
fn or_words(bits: &[u64], first: usize, out: &mut [u64]) {
    let (at, shift) = (first / 64, first % 64);
    let low = bits.get(at..).unwrap_or_default();
    let high = low.get(1..).unwrap_or_default();
    for ((word, low), high) in out.iter_mut().zip(low).zip(high) {
        // In two steps, since a shift by all 64 is none.
        *word |= low >> shift | (high << 1) << (63 - shift);
    }
    // Behind the last there is none.
    if let (Some(word), Some(last)) = (out.get_mut(high.len()), low.last()) {
        *word |= last >> shift;
    }
}

/// The lowest `count` of 64 bits, fewer than all.
const fn lowest(bits: u64, count: usize) -> u64 {
    bits & ((1 << count) - 1)
}

/// Calls with how far each bit that is set lies behind `first`, of `count`.
fn each_bit(bits: &[u64], first: usize, count: usize, mut visit: impl FnMut(usize)) {
    for at in (0..count).step_by(64) {
        let len = (count - at).min(64);
        let mut some = word_at(bits, first + at) & (u64::MAX >> (64 - len));
        while some != 0 {
            visit(at + some.trailing_zeros() as usize);
            some &= some - 1;
        }
    }
}

/// 64 bits from one on.
fn word_at(bits: &[u64], first: usize) -> u64 {
    let word = |at: usize| bits.get(at).copied().unwrap_or(0);
    let (at, shift) = (first / 64, first % 64);
    let low = word(at) >> shift;
    // In two steps, since a shift by all 64 is none.
    low | (word(at + 1) << 1) << (63 - shift)
}

/// Adds 64 bits from one on.
fn or_bits(bits: &mut [u64], first: usize, some: u64) {
    let (at, shift) = (first / 64, first % 64);
    if let Some(word) = bits.get_mut(at) {
        *word |= some << shift;
    }
    if let Some(word) = bits.get_mut(at + 1) {
        *word |= (some >> 1) >> (63 - shift);
    }
}

/// Calls for each member, in ascending order.
fn for_each(docs: &RoaringBitmap, mut visit: impl FnMut(u32)) {
    let mut members = docs.iter();
    let mut some = [0; 256];
    loop {
        let some = members.next_many(&mut some);
        if some.is_empty() {
            return;
        }
        some.iter().copied().for_each(&mut visit);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// Documents from one on get rows from one on, some of which change or go.
    fn filled(
        runs: &[(u32, u32, u32)],
        changes: &[(u32, Option<u32>)],
    ) -> (RowOf, BTreeMap<u32, u32>) {
        let (mut rows, mut model) = (RowOf::default(), BTreeMap::new());
        let mut set = |doc: u32, row: Option<u32>| {
            rows.set(DocId::new(doc).unwrap(), row.and_then(RowId::new));
            match row {
                Some(row) => model.insert(doc, row),
                None => model.remove(&doc),
            };
        };
        for &(doc, row, count) in runs {
            (0..count).for_each(|at| set(doc + at, Some(row + at)));
        }
        changes.iter().for_each(|&(doc, row)| set(doc, row));
        (rows, model)
    }

    proptest! {
        #[test]
        fn rows_of_documents(
            runs in prop::collection::vec((1_u32..6_000, 1_u32..6_000, 1_u32..1_500), 0..4),
            changes in prop::collection::vec((1_u32..6_000, prop::option::of(1_u32..6_000)), 0..20),
            share in 1_u32..5,
        ) {
            let (rows, model) = filled(&runs, &changes);
            let docs: RoaringBitmap = model.keys().copied().filter(|doc| doc % share == 0).collect();
            let expected: Vec<(u32, u32)> = docs.iter().map(|doc| (doc, model[&doc])).collect();
            let mut found = Vec::new();
            rows.each(&docs, |row, doc| found.push((doc.get(), row.get())));
            prop_assert_eq!(&found, &expected);
            for (doc, row) in &model {
                prop_assert_eq!(rows.get(DocId::new(*doc).unwrap()), RowId::new(*row));
            }
            // Up to 5,999 and 1,499 behind it.
            let mixed = (0..7_500 / CHUNK + 1).filter(|&at| *rows.steps.get(at) == Step::Mixed).count();
            prop_assert_eq!(rows.mixed, mixed as u64);
            let mut members = Vec::new();
            each_bit(&rows.bits(&docs, 9_000), 0, 9_024, |at| members.push(u32::try_from(at).unwrap()));
            let mut expected: Vec<u32> = expected.into_iter().map(|(_, row)| row).collect();
            expected.sort_unstable();
            expected.dedup();
            prop_assert_eq!(members, expected);
        }
    }

    #[test]
    fn rows_elsewhere_make_a_map_dear() {
        let (mut rows, _) = filled(&[(1, 1, 4_000)], &[]);
        assert_eq!(rows.mapping_ns(1_000, 4_000), 4_000 / 64);
        for doc in (1..4_000).step_by(500) {
            rows.set(DocId::new(doc).unwrap(), RowId::new(5_000 + doc));
        }
        assert_eq!(rows.mapping_ns(1_000, 4_000), 4_000 / 64 + 4_000);
    }

    #[test]
    fn rows_that_begin_behind_their_documents() {
        let (rows, _) = filled(&[(3_000, 1, 200)], &[]);
        let docs: RoaringBitmap = (3_000..3_200).collect();
        let bits = rows.bits(&docs, 200);
        assert!(matches!(rows.steps.get(2), Step::By(_)));
        assert_eq!(bits.iter().map(|word| word.count_ones()).sum::<u32>(), 200);
        assert_eq!(bits[0] & 3, 2);
    }
}
