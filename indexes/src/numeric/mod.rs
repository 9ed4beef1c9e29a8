//! Numbers of documents: from a range to its documents, and from a document to its number.

#[cfg(test)]
mod tests;
mod walk;

use std::collections::BTreeMap;
use std::collections::btree_map;
use std::fmt;
use std::ops;

use roaring::RoaringBitmap;

use crate::bitmap_bytes::bitmap_bytes;
use crate::doc::DocId;

/// Documents of one number from which on their set is united instead of sorted in with others.
/// Uniting every set made the search by tag and number of `make bench` 5 times as long as now; the
/// number itself is a guess.
const WORTH_A_UNION: u64 = 64;

/// One field's numbers, at most one a document.
#[derive(Default)]
pub struct NumericIndex {
    /// No set is empty.
    docs: BTreeMap<Key, Docs>,
    /// By [`DocId::index`]; NaN, which is never indexed, where a document has no number.
    column: Vec<f64>,
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

/// The error of indexing NaN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotANumber;

impl fmt::Display for NotANumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NaN cannot be indexed")
    }
}

impl std::error::Error for NotANumber {}

impl NumericIndex {
    /// An index of nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a document's number, in place of the one it had.
    ///
    /// # Errors
    /// [`NotANumber`] if the value is NaN; nothing is changed then.
    pub fn insert(&mut self, doc: DocId, value: f64) -> Result<(), NotANumber> {
        let key = Key::of(value).ok_or(NotANumber)?;
        self.remove(doc);
        match self.docs.entry(key) {
            btree_map::Entry::Vacant(entry) => {
                entry.insert(Docs::One(doc));
            }
            btree_map::Entry::Occupied(mut entry) => entry.get_mut().insert(doc),
        }
        if self.column.len() <= doc.index() {
            self.column.resize(doc.index() + 1, f64::NAN);
        }
        self.column[doc.index()] = value;
        self.len += 1;
        Ok(())
    }

    /// Forgets a document; false if it had no number.
    pub fn remove(&mut self, doc: DocId) -> bool {
        let Some(slot) = self.column.get_mut(doc.index()) else {
            return false;
        };
        let Some(key) = Key::of(std::mem::replace(slot, f64::NAN)) else {
            return false;
        };
        let docs = self.docs.get_mut(&key);
        if docs
            .expect("each number of the column is a key")
            .remove(doc)
        {
            self.docs.remove(&key);
        }
        self.len -= 1;
        true
    }

    /// A document's number.
    #[must_use]
    pub fn get(&self, doc: DocId) -> Option<f64> {
        let value = self.column.get(doc.index()).copied();
        value.filter(|value| !value.is_nan())
    }

    /// Whether a document's number lies between two bounds.
    #[must_use]
    pub fn is_within(&self, min: Bound, max: Bound, doc: DocId) -> bool {
        let within = |value: f64| {
            let above = if min.exclusive {
                min.value < value
            } else {
                min.value <= value
            };
            above
                && if max.exclusive {
                    value < max.value
                } else {
                    value <= max.value
                }
        };
        self.get(doc).is_some_and(within)
    }

    /// The documents whose number lies between two bounds.
    #[must_use]
    pub fn range(&self, min: Bound, max: Bound) -> RoaringBitmap {
        let mut found = RoaringBitmap::new();
        let mut few = Vec::new();
        for docs in self.between(min, max) {
            match docs {
                Docs::One(doc) => few.push(doc.get()),
                Docs::Many(docs) if docs.len() < WORTH_A_UNION => few.extend(docs),
                Docs::Many(docs) => found |= docs,
            }
        }
        few.sort_unstable();
        found.extend(few);
        found
    }

    /// How many documents [`NumericIndex::range`] would find, or `cap` if it is fewer; takes a
    /// time in proportion to `cap` at most.
    #[must_use]
    pub fn count_at_most(&self, min: Bound, max: Bound, cap: u64) -> u64 {
        let mut count = 0;
        for docs in self.between(min, max) {
            if count >= cap {
                break;
            }
            count += docs.len();
        }
        count.min(cap)
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

    /// Heap bytes in use, by capacity. Walks all distinct numbers.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        // A B-tree node is about two thirds full.
        let entries = self.docs.len() * size_of::<(Key, Docs)>() * 3 / 2;
        let sets = self.docs.values().map(Docs::memory_bytes).sum::<usize>();
        entries + sets + self.column.capacity() * size_of::<f64>()
    }

    fn between(&self, min: Bound, max: Bound) -> impl Iterator<Item = &Docs> {
        let ends = Key::of(min.value).zip(Key::of(max.value));
        // The standard map panics on ranges that are the wrong way round.
        let ordered = ends
            .filter(|(low, high)| low < high || (low == high && !min.exclusive && !max.exclusive));
        ordered.into_iter().flat_map(move |(low, high)| {
            let range = (min.end_at(low), max.end_at(high));
            self.docs.range(range).map(|(_, docs)| docs)
        })
    }

    /// Panics unless both directions agree.
    #[cfg(test)]
    fn check(&self) {
        let mut count = 0;
        for (&key, docs) in &self.docs {
            assert!(docs.len() > 0);
            assert!(matches!(docs, Docs::One(_)) || docs.len() > 1);
            for number in docs.iter() {
                let value = self.get(DocId::new(number).unwrap()).unwrap();
                assert_eq!(Key::of(value), Some(key));
                count += 1;
            }
        }
        assert_eq!(count, self.len);
        assert_eq!(self.column.iter().filter(|v| !v.is_nan()).count(), count);
    }
}

impl Bound {
    const fn end_at(self, key: Key) -> ops::Bound<Key> {
        if self.exclusive {
            ops::Bound::Excluded(key)
        } else {
            ops::Bound::Included(key)
        }
    }
}

/// The bits of a number, turned so that they order as the numbers do. Both zeros have one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key(u64);

impl Key {
    /// None for NaN.
    fn of(value: f64) -> Option<Self> {
        if value.is_nan() {
            return None;
        }
        const SIGN: u64 = 1 << 63;
        // The sum turns the negative zero into the positive one.
        let bits = (value + 0.0).to_bits();
        Some(Self(if bits & SIGN == 0 { bits | SIGN } else { !bits }))
    }
}

/// The documents with one number: mostly one, where numbers are measurements or times.
enum Docs {
    One(DocId),
    /// Two or more.
    Many(RoaringBitmap),
}

impl Docs {
    fn insert(&mut self, doc: DocId) {
        match self {
            Self::One(other) => *self = Self::Many([other.get(), doc.get()].into()),
            Self::Many(docs) => {
                docs.insert(doc.get());
            }
        }
    }

    /// Takes out a document that is in the set; true if it was the last.
    fn remove(&mut self, doc: DocId) -> bool {
        let Self::Many(docs) = self else {
            return true;
        };
        docs.remove(doc.get());
        if docs.len() == 1
            && let Some(last) = docs.min().and_then(DocId::new)
        {
            *self = Self::One(last);
        }
        false
    }

    fn len(&self) -> u64 {
        match self {
            Self::One(_) => 1,
            Self::Many(docs) => docs.len(),
        }
    }

    fn memory_bytes(&self) -> usize {
        match self {
            Self::One(_) => 0,
            Self::Many(docs) => bitmap_bytes(docs),
        }
    }

    #[cfg(test)]
    fn iter(&self) -> Box<dyn Iterator<Item = u32> + '_> {
        match self {
            Self::One(doc) => Box::new(std::iter::once(doc.get())),
            Self::Many(docs) => Box::new(docs.iter()),
        }
    }
}
