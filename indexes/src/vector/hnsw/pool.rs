//! The nearest rows that a walk has met so far, sorted, each with whether the walk went on from it.
//!
//! One sorted array instead of the paper's two heaps: it holds what is still to be expanded and
//! what is found, and an insertion moves a few hundred bytes at most.

use super::super::slots::{MOST_ROWS, RowId};
use super::super::space::Candidate;

/// The walk went on from this row.
const EXPANDED: u32 = 1 << 31;
/// The row may be returned.
const ADMITTED: u32 = 1 << 30;

const _: () = assert!(MOST_ROWS < ADMITTED);

#[derive(Clone, Copy)]
struct Entry {
    distance: f32,
    /// The row's number and the marks.
    row: u32,
}

/// Candidates of a walk: the nearest `ef` admitted ones, and every other that is nearer than the
/// farthest of them.
///
/// Sorted by distance. Nothing before `next` is left to expand. `bar` is the distance that a new
/// candidate must be below once `ef` are admitted.
#[derive(Default)]
pub(in crate::vector) struct Pool {
    entries: Vec<Entry>,
    ef: usize,
    admitted: usize,
    next: usize,
}

impl Pool {
    /// Empties the pool for a walk that keeps `ef`, at least one.
    pub(in crate::vector) fn begin(&mut self, ef: usize) {
        self.entries.clear();
        self.ef = ef.max(1);
        self.admitted = 0;
        self.next = 0;
    }

    /// Whether a candidate at this distance would be kept.
    #[inline(always)]
    pub(in crate::vector) fn wants(&self, distance: f32) -> bool {
        self.admitted < self.ef
            || self
                .entries
                .last()
                .is_some_and(|last| distance < last.distance)
    }

    /// Takes a candidate that the pool [`wants`](Self::wants).
    #[inline(always)]
    pub(in crate::vector) fn insert(&mut self, distance: f32, row: RowId, admitted: bool) {
        let at = self
            .entries
            .partition_point(|entry| entry.distance <= distance);
        let mark = if admitted { ADMITTED } else { 0 };
        let entry = Entry {
            distance,
            row: row.get() | mark,
        };
        self.entries.insert(at, entry);
        self.next = self.next.min(at);
        if admitted {
            self.admitted += 1;
            if self.admitted >= self.ef {
                self.trim();
            }
        }
    }

    /// Drops what is beyond the farthest of `ef` admitted candidates, so that the last is that one.
    fn trim(&mut self) {
        while let Some(last) = self.entries.last() {
            let admitted = last.row & ADMITTED != 0;
            if admitted && self.admitted == self.ef {
                return;
            }
            self.admitted -= usize::from(admitted);
            self.entries.pop();
        }
    }

    /// The nearest row not yet gone on from.
    #[inline(always)]
    pub(in crate::vector) fn next(&mut self) -> Option<RowId> {
        while let Some(entry) = self.entries.get_mut(self.next) {
            self.next += 1;
            if entry.row & EXPANDED == 0 {
                entry.row |= EXPANDED;
                return RowId::new(entry.row & !(EXPANDED | ADMITTED));
            }
        }
        None
    }

    /// How many admitted candidates there are.
    pub(in crate::vector) const fn found(&self) -> usize {
        self.admitted
    }

    /// The admitted candidates, nearest first.
    pub(in crate::vector) fn admitted(&self) -> impl Iterator<Item = Candidate> + '_ {
        let admitted = self
            .entries
            .iter()
            .filter(|entry| entry.row & ADMITTED != 0);
        admitted.filter_map(|entry| {
            let row = RowId::new(entry.row & !(EXPANDED | ADMITTED))?;
            let distance = entry.distance;
            Some(Candidate { distance, row })
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn row(number: u32) -> RowId {
        RowId::new(number).unwrap()
    }

    proptest! {
        /// Against a model that keeps everything.
        #[test]
        fn the_nearest_admitted_are_kept_and_expanded_in_order(
            offers in prop::collection::vec((0_u8..50, any::<bool>()), 1..200),
            ef in 1_usize..20,
        ) {
            let mut pool = Pool::default();
            pool.begin(ef);
            for (number, &(distance, admitted)) in (1..).zip(&offers) {
                let distance = f32::from(distance);
                if pool.wants(distance) {
                    pool.insert(distance, row(number), admitted);
                }
            }
            let admitted = offers.iter().filter(|offer| offer.1);
            let mut all: Vec<f32> = admitted.map(|offer| f32::from(offer.0)).collect();
            all.sort_unstable_by(f32::total_cmp);
            all.truncate(ef);
            let kept: Vec<f32> = pool.admitted().map(|near| near.distance).collect();
            prop_assert_eq!(&kept, &all);
            prop_assert_eq!(pool.found(), all.len());
            let mut last = 0;
            let mut expanded = 0;
            while let Some(next) = pool.next() {
                let distance = offers[next.index() - 1].0;
                prop_assert!(distance >= last);
                last = distance;
                expanded += 1;
            }
            prop_assert!(expanded >= all.len());
        }
    }

    #[test]
    fn what_comes_nearer_is_expanded_next() {
        let mut pool = Pool::default();
        pool.begin(3);
        pool.insert(2.0, row(1), true);
        pool.insert(3.0, row(2), true);
        assert_eq!(pool.next(), Some(row(1)));
        pool.insert(1.0, row(3), false);
        assert_eq!(pool.next(), Some(row(3)));
        assert_eq!(pool.next(), Some(row(2)));
    }
}
