//! Numbers of documents: from a range to its documents, and from a document to its numbers.

mod key;
mod runs;
mod saved;
mod scan;
#[cfg(test)]
mod tests;
mod walk;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use roaring::RoaringBitmap;

use self::key::{Key, keys_between};
use self::runs::Runs;
use crate::cow_vec::CowVec;
use crate::doc::DocId;
use crate::docset::Pace;

/// One field's numbers.
///
/// A clone is a snapshot: it costs some counters, and writes are not seen through it.
#[derive(Clone)]
pub struct NumericIndex {
    runs: Runs,
    /// By [`DocId::index`]: the least number of each document; NaN, which is never indexed, where it
    /// has none.
    column: CowVec<f64, CHUNK>,
    /// The other numbers of documents that have several, ascending and different.
    others: Arc<HashMap<DocId, Box<[f64]>>>,
    /// Numbers in `others`.
    other_len: usize,
    /// Documents with a number.
    len: usize,
}

/// One end of a range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// The number; may be infinite. NaN bounds nothing, and a range with it is empty.
    pub value: f64,
    /// The number itself is outside.
    pub exclusive: bool,
}

/// How many documents a range has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// At least so many.
    pub min: u64,
    /// At most so many: the same, unless documents have several numbers.
    pub max: u64,
}

/// The error of indexing NaN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotANumber;

impl fmt::Display for NotANumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NaN cannot be indexed")
    }
}

impl std::error::Error for NotANumber {}

impl Default for NumericIndex {
    fn default() -> Self {
        Self {
            runs: Runs::default(),
            column: CowVec::new(f64::NAN),
            others: Arc::default(),
            other_len: 0,
            len: 0,
        }
    }
}

impl NumericIndex {
    /// An index of nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a document's number, in place of those it had.
    ///
    /// # Errors
    /// [`NotANumber`] if the value is NaN; nothing is changed then.
    pub fn insert(&mut self, doc: DocId, value: f64) -> Result<(), NotANumber> {
        self.insert_all(doc, &[value])
    }

    /// Sets a document's numbers, in place of those it had.
    ///
    /// # Errors
    /// [`NotANumber`] if one of them is NaN; nothing is changed then.
    pub fn insert_all(&mut self, doc: DocId, values: &[f64]) -> Result<(), NotANumber> {
        let keys = values.iter().map(|value| Key::of(*value).ok_or(NotANumber));
        let mut keys = keys.collect::<Result<Vec<_>, _>>()?;
        self.remove(doc);
        if keys.len() > 1 {
            keys.sort_unstable();
            keys.dedup();
        }
        let Some((least, others)) = keys.split_first() else {
            return Ok(());
        };
        for key in &keys {
            self.runs.insert(*key, doc.get());
        }
        if !others.is_empty() {
            self.other_len += others.len();
            let others = others.iter().map(|key| key.value()).collect();
            Arc::make_mut(&mut self.others).insert(doc, others);
        }
        self.column.set(doc.index(), least.value());
        self.len += 1;
        Ok(())
    }

    /// Forgets a document; false if it had no number.
    pub fn remove(&mut self, doc: DocId) -> bool {
        let Some(least) = self.get(doc) else {
            return false;
        };
        self.column.set(doc.index(), f64::NAN);
        self.len -= 1;
        let others = if self.others.contains_key(&doc) {
            Arc::make_mut(&mut self.others).remove(&doc)
        } else {
            None
        };
        let others = others.unwrap_or_default();
        self.other_len -= others.len();
        for value in std::iter::once(&least).chain(&*others) {
            if let Some(key) = Key::of(*value) {
                self.runs.remove(key, doc.get());
            }
        }
        true
    }

    /// A document's number; the least, if it has several.
    #[must_use]
    pub fn get(&self, doc: DocId) -> Option<f64> {
        let value = *self.column.get(doc.index());
        (!value.is_nan()).then_some(value)
    }

    /// The numbers of some documents, the least of each; NaN where one has none. Quick where they
    /// are in the order of their ids.
    #[must_use]
    pub fn gather(&self, docs: &[DocId]) -> Vec<f64> {
        self.column.gather(docs, DocId::index)
    }

    /// Calls with the numbers of each of some documents, by number: with the least, NaN where one has none,
    /// and with the others, ascending. Quick where documents ascend and have one number each.
    #[inline]
    pub fn each(&self, docs: &[u32], mut visit: impl FnMut(f64, &[f64])) {
        // Numbers of documents begin with 1.
        let places = docs.iter().map(|&doc| (doc as usize).wrapping_sub(1));
        if self.others.is_empty() {
            self.column.each_at(places, |least| visit(*least, &[]));
            return;
        }
        let mut docs = docs.iter().copied().map(DocId::new);
        self.column.each_at(places, |least| {
            let others = docs.next().flatten().and_then(|doc| self.others.get(&doc));
            visit(*least, others.map_or(&[], |others| others));
        });
    }

    /// A document's numbers, ascending and different.
    pub fn values(&self, doc: DocId) -> impl Iterator<Item = f64> {
        let others = self.others.get(&doc).map_or(&[][..], |others| others);
        self.get(doc).into_iter().chain(others.iter().copied())
    }

    /// Whether one of a document's numbers lies between two bounds.
    #[must_use]
    pub fn is_within(&self, min: Bound, max: Bound, doc: DocId) -> bool {
        let Some(least) = self.get(doc) else {
            return false;
        };
        is_between(least, min, max)
            || !self.others.is_empty() && self.values(doc).any(|value| is_between(value, min, max))
    }

    /// Appends those of some documents of which a number lies between two bounds, or of which none does: quick
    /// where they ascend, as none waits for the one before it.
    pub fn keep(&self, docs: &[u32], within: (Bound, Bound), holds: bool, kept: &mut Vec<u32>) {
        let (min, max) = within;
        let mut end = kept.len();
        kept.resize(end + docs.len(), 0);
        let mut left = docs.iter();
        self.each(docs, |least, others| {
            let is_within = |value: &f64| is_between(*value, min, max);
            let meets = is_within(&least) | (!others.is_empty() && others.iter().any(is_within));
            if let (Some(doc), Some(place)) = (left.next(), kept.get_mut(end)) {
                *place = *doc;
                end += usize::from(meets == holds);
            }
        });
        kept.truncate(end);
    }

    /// The documents of which a number lies between two bounds.
    #[must_use]
    pub fn range(&self, min: Bound, max: Bound) -> RoaringBitmap {
        self.range_until(min, max, &mut Pace::endless())
    }

    /// As [`NumericIndex::range`]; not all of them once `pace` is over.
    #[must_use]
    pub fn range_until(&self, min: Bound, max: Bound, pace: &mut Pace) -> RoaringBitmap {
        let Some((from, to)) = keys_between(min, max) else {
            return RoaringBitmap::new();
        };
        let found = self.runs.count(from, to);
        if self.others.is_empty() && found >= self.column.len() as u64 / SCANNED_PER_NUMBER {
            return scan::between(&self.column, from.value(), to.value_below(), pace);
        }
        let slices = self.runs.slices(from, to).map(|(_, docs)| docs);
        let steps = |docs: &[u32]| u32::try_from(docs.len()).unwrap_or(u32::MAX);
        let slices = slices.take_while(|docs| !pace.steps_are_over(steps(docs)));
        if found >= self.column.len() as u64 / BITS_PER_NUMBER {
            let mut bits = vec![0_u8; self.column.len() / 8 + 1];
            // Two loops, which are several times as fast as one over all slices in a row.
            for docs in slices {
                for &doc in docs {
                    bits[doc as usize / 8] |= 1 << (doc % 8);
                }
            }
            RoaringBitmap::from_lsb0_bytes(0, &bits)
        } else {
            RoaringBitmap::from_sorted_iter(self.list_until(min, max, pace)).unwrap_or_default()
        }
    }

    /// As [`NumericIndex::range_until`], as a list that ascends: for few, which no bitmap is worth.
    #[must_use]
    pub fn list_until(&self, min: Bound, max: Bound, pace: &mut Pace) -> Vec<u32> {
        let Some((from, to)) = keys_between(min, max) else {
            return Vec::new();
        };
        let slices = self.runs.slices(from, to).map(|(_, docs)| docs);
        let steps = |docs: &[u32]| u32::try_from(docs.len()).unwrap_or(u32::MAX);
        let slices = slices.take_while(|docs| !pace.steps_are_over(steps(docs)));
        if self.runs.count(from, to) >= self.column.len() as u64 / BITS_PER_NUMBER {
            let mut bits = vec![0_u64; self.column.len() / 64 + 1];
            for docs in slices {
                for &doc in docs {
                    bits[doc as usize / 64] |= 1 << (doc % 64);
                }
            }
            return listed(&bits);
        }
        let mut docs: Vec<u32> = slices.flatten().copied().collect();
        docs.sort_unstable();
        docs.dedup();
        docs
    }

    /// How many documents [`NumericIndex::range`] would find, told from the two ends.
    #[must_use]
    pub fn count(&self, min: Bound, max: Bound) -> Count {
        let Some((from, to)) = keys_between(min, max) else {
            return Count { min: 0, max: 0 };
        };
        let numbers = self.runs.count(from, to);
        Count {
            min: numbers
                .saturating_sub(self.other_len as u64)
                .max(u64::from(numbers > 0)),
            max: numbers.min(self.len as u64),
        }
    }

    /// Whether any document has several numbers.
    #[must_use]
    pub fn has_several(&self) -> bool {
        !self.others.is_empty()
    }

    /// How many documents have a number.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// No document has a number.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Heap bytes in use, by capacity. Walks all runs of numbers.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        let others = self.others.values().map(|others| size_of_val(&**others));
        self.runs.memory_bytes()
            + self.column.memory_bytes()
            + self.others.capacity() * size_of::<(DocId, Box<[f64]>)>() * 8 / 7
            + others.sum::<usize>()
    }

    /// Panics unless both directions agree.
    #[cfg(test)]
    fn check(&self) {
        self.runs.check();
        let mut numbers = 0;
        for (_, docs) in self.runs.slices(Key(0), Key(u64::MAX)) {
            numbers += docs.len();
        }
        let mut held = 0;
        let mut docs = 0;
        for doc in (0..self.column.len()).filter_map(DocId::from_index) {
            let values: Vec<f64> = self.values(doc).collect();
            assert!(values.is_sorted_by(|a, b| a < b));
            docs += usize::from(!values.is_empty());
            held += values.len();
        }
        assert_eq!((numbers, self.len), (held, docs));
        assert_eq!(numbers, self.len + self.other_len);
    }
}

/// From one document in so many on, the bit of each is set instead of sorting them: of a million documents seven
/// thousand took 290 µs to sort and to make a set of. No bench compares the two ways around it.
const BITS_PER_NUMBER: u64 = 512;

/// The places of bits, ascending.
fn listed(bits: &[u64]) -> Vec<u32> {
    let mut places = Vec::with_capacity(bits.iter().map(|word| word.count_ones() as usize).sum());
    for (first, &word) in (0_u32..).step_by(64).zip(bits) {
        let mut left = word;
        while left != 0 {
            places.push(first + left.trailing_zeros());
            left &= left - 1;
        }
    }
    places
}

/// From one document in so many on, all numbers are compared instead of walking those of the range: over a
/// million documents both take as long where a half is found. No bench compares the two ways around it.
const SCANNED_PER_NUMBER: u64 = 2;

/// Numbers of a chunk of the column.
const CHUNK: usize = 1024;

fn is_between(value: f64, min: Bound, max: Bound) -> bool {
    let above = value > min.value || value == min.value && !min.exclusive;
    above && (value < max.value || value == max.value && !max.exclusive)
}
