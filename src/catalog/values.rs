//! The values of a document while it is indexed.

use std::ops::Range;

/// Memory that is kept from one document to the next at most.
const MOST_KEPT: usize = 1 << 16;

/// Values by position in [`Index::names`](super::index::Index), end to end in memory that the next document
/// uses again.
#[derive(Debug, Default)]
pub(super) struct Values {
    bytes: Vec<u8>,
    places: Vec<Option<Range<usize>>>,
}

impl Values {
    /// Makes it so many, none of them there.
    pub(super) fn begin(&mut self, count: usize) {
        self.bytes.clear();
        self.bytes.shrink_to(MOST_KEPT);
        self.places.clear();
        self.places.resize(count, None);
    }

    /// Sets the one at a position below their number.
    pub(super) fn set(&mut self, position: usize, value: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(value);
        self.places[position] = Some(start..self.bytes.len());
    }

    /// The one at a position, if it is there.
    pub(super) fn get(&self, position: usize) -> Option<&[u8]> {
        let place = self.places.get(position)?.clone()?;
        Some(&self.bytes[place])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_document_has_its_own_values() {
        let mut values = Values::default();
        values.begin(3);
        values.set(2, b"two");
        values.set(0, &vec![7; 2 * MOST_KEPT]);
        assert_eq!((values.get(1), values.get(2)), (None, Some(&b"two"[..])));
        values.begin(2);
        values.set(1, b"");
        assert_eq!((values.get(0), values.get(1)), (None, Some(&b""[..])));
        assert_eq!(values.get(2), None);
        assert!(values.bytes.capacity() <= MOST_KEPT);
    }
}
