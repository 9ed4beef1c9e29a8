//! The number by which every index of one schema knows a document.

use std::fmt;
use std::num::NonZeroU32;

/// A document's dense number in one index, from 1 upwards; freed numbers are used again.
///
/// `Option<DocId>` is four bytes, so no number has to be set aside for "none".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocId(NonZeroU32);

impl DocId {
    /// The lowest id.
    pub const FIRST: Self = Self(NonZeroU32::MIN);

    /// The id with this number; none for 0.
    #[must_use]
    pub const fn new(number: u32) -> Option<Self> {
        match NonZeroU32::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// The id of the document in slot `index`, counted from 0; none past `u32::MAX - 1`.
    #[must_use]
    pub fn from_index(index: usize) -> Option<Self> {
        u32::try_from(index)
            .ok()
            .and_then(|index| index.checked_add(1))
            .and_then(Self::new)
    }

    /// The number, from 1.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0.get()
    }

    /// The slot of this document in a column, counted from 0.
    #[must_use]
    pub const fn index(self) -> usize {
        (self.0.get() - 1) as usize
    }

    /// The next higher id; none after the highest.
    #[must_use]
    pub const fn next(self) -> Option<Self> {
        match self.0.checked_add(1) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }
}

impl fmt::Debug for DocId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DocId({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::DocId;

    #[test]
    fn an_optional_id_costs_no_more_than_an_id() {
        assert_eq!(size_of::<Option<DocId>>(), 4);
    }

    #[test]
    fn slots_count_from_zero_and_ids_from_one() {
        let id = DocId::from_index(0).unwrap();
        assert_eq!((id, id.get(), id.index()), (DocId::FIRST, 1, 0));
        assert_eq!(DocId::new(0), None);
        assert_eq!(DocId::new(u32::MAX).unwrap().next(), None);
        assert_eq!(DocId::from_index(u32::MAX as usize), None);
    }
}
