//! Which row of a batch is in which group.

/// Rows and their groups; a row is in several when a key of it is a list.
#[derive(Default)]
pub(in crate::exec::aggregate) struct Assigned {
    /// Rows of the batch; none where each row is in one group, in their order.
    rows: Vec<u32>,
    /// Their groups.
    pub(super) groups: Vec<u32>,
    /// Bytes taken from the budget for rows that are in several.
    pub(super) charged: usize,
}

impl Assigned {
    /// One more row, in the order of rows, is in a group.
    pub(super) fn push(&mut self, row: usize, group: u32) {
        let at = self.groups.len();
        if self.rows.is_empty() && row != at {
            self.rows = (0..at).map(number).collect();
        }
        if row != at || !self.rows.is_empty() {
            self.rows.push(number(row));
        }
        self.groups.push(group);
    }

    /// Each row with its group.
    pub(in crate::exec::aggregate) fn pairs(&self) -> impl Iterator<Item = (usize, usize)> {
        let groups = self.groups.iter().map(|group| *group as usize);
        groups.enumerate().map(|(at, group)| {
            let row = self.rows.get(at);
            (row.map_or(at, |row| *row as usize), group)
        })
    }

    /// The groups of rows; those of a row in several are all here.
    pub(in crate::exec::aggregate) fn groups(&self) -> &[u32] {
        &self.groups
    }

    /// The groups of all rows in turn; none where a row is in none or several.
    pub(in crate::exec::aggregate) fn of_rows(&self) -> Option<&[u32]> {
        self.rows.is_empty().then_some(&self.groups)
    }
}

/// A batch has few rows.
fn number(row: usize) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_told_only_where_one_is_in_several_groups() {
        let mut assigned = Assigned::default();
        (0..3).for_each(|row| assigned.push(row, 7));
        assert_eq!(assigned.of_rows(), Some(&[7, 7, 7][..]));
        assigned.push(2, 8);
        assigned.push(3, 9);
        assert_eq!(assigned.of_rows(), None);
        let pairs: Vec<_> = assigned.pairs().collect();
        assert_eq!(pairs, [(0, 7), (1, 7), (2, 7), (2, 8), (3, 9)]);
    }
}
