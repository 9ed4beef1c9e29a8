//! Which nodes a walk has seen.

use super::super::slots::RowId;

/// The nodes a walk has seen: those marked with its own number, so that a new walk clears nothing
/// but every 255th time. A byte a node, because the marks are read at random for each link.
#[derive(Default)]
pub(in crate::vector) struct Visited {
    walk: u8,
    marks: Vec<u8>,
}

impl Visited {
    /// Forgets all, for rows up to the number `last`.
    pub(in crate::vector) fn begin(&mut self, last: u32) {
        if let Some(walk) = self.walk.checked_add(1) {
            self.walk = walk;
        } else {
            self.marks.fill(0);
            self.walk = 1;
        }
        let rows = last as usize + 1;
        if self.marks.len() < rows {
            self.marks.resize(rows, 0);
        }
    }

    /// Marks a row; false if it was marked, or added since the walk began.
    #[inline(always)]
    pub(in crate::vector) fn insert(&mut self, row: RowId) -> bool {
        match self.marks.get_mut(row.index()) {
            Some(mark) if *mark != self.walk => {
                *mark = self.walk;
                true
            }
            _ => false,
        }
    }

    /// Bytes allocated.
    pub(in crate::vector) fn memory_bytes(&self) -> usize {
        self.marks.capacity()
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
