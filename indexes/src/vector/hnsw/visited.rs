//! Which nodes a walk has seen.

use super::super::slots::RowId;

/// The nodes a walk has seen: a bit each, so that all of them stay near the core, and which words of
/// bits are in use, so that a new walk clears those alone.
#[derive(Default)]
pub(in crate::vector) struct Visited {
    bits: Vec<u64>,
    /// Slots of `bits` that are not zero.
    used: Vec<u32>,
    last: u32,
}

impl Visited {
    /// Forgets all, for rows up to the number `last`.
    pub(in crate::vector) fn begin(&mut self, last: u32) {
        for slot in self.used.drain(..) {
            if let Some(word) = self.bits.get_mut(slot as usize) {
                *word = 0;
            }
        }
        let words = last as usize / 64 + 1;
        if self.bits.len() < words {
            self.bits.resize(words, 0);
        }
        self.last = last;
    }

    /// Marks a row; false if it was marked, or added since the walk began.
    #[inline(always)]
    pub(in crate::vector) fn insert(&mut self, row: RowId) -> bool {
        let (slot, bit) = (row.get() / 64, 1 << (row.get() % 64));
        match self.bits.get_mut(slot as usize) {
            Some(word) if *word & bit == 0 && row.get() <= self.last => {
                if *word == 0 {
                    self.used.push(slot);
                }
                *word |= bit;
                true
            }
            _ => false,
        }
    }

    /// Bytes allocated.
    pub(in crate::vector) fn memory_bytes(&self) -> usize {
        self.bits.capacity() * size_of::<u64>() + self.used.capacity() * size_of::<u32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_walk_begins_with_nothing_seen() {
        let mut visited = Visited::default();
        let rows: Vec<RowId> = (1..=9).filter_map(RowId::new).collect();
        for walk in 0..600 {
            visited.begin(9);
            for &row in rows.iter().skip(walk % 3) {
                assert!(visited.insert(row));
                assert!(!visited.insert(row));
            }
        }
        assert!(!visited.insert(RowId::new(10).unwrap()));
    }
}
