//! Walking the graph towards a vector.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::graph::Graph;
use crate::vector::rows::{RowId, Rows};
use crate::vector::search::{Best, Pace};

/// More sets of marks than this are not kept between searches.
const SPARE_MARKS: usize = 8;

/// A row and its distance to what is searched for. Ordered by distance, then by row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) distance: f32,
    pub(super) row: RowId,
}

impl Candidate {
    /// Rows with their distances to the row `to`, nearest first, each once.
    pub(super) fn of(rows: &Rows, to: RowId, of: impl Iterator<Item = RowId>) -> Vec<Self> {
        let mut candidates: Vec<Self> = of
            .map(|row| Self {
                distance: rows.between(to, row),
                row,
            })
            .collect();
        candidates.sort_unstable();
        candidates.dedup();
        candidates
    }
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        let nearer = self.distance.total_cmp(&other.distance);
        nearer.then_with(|| self.row.cmp(&other.row))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Candidate {}

/// The walk of one layer towards a vector.
pub(super) struct Beam<'a> {
    pub(super) vector: &'a [f32],
    pub(super) layer: usize,
    /// How many rows to keep.
    pub(super) ef: usize,
    /// Where to begin: rows of the layer.
    pub(super) starts: &'a [Candidate],
}

impl Graph {
    /// The nearest live rows in each layer from 0 to `top`, where the graph reaches that high.
    pub(super) fn candidates(
        &self,
        rows: &Rows,
        vector: &[f32],
        top: usize,
        ef: usize,
        scratch: &Scratch,
    ) -> Vec<Vec<Candidate>> {
        let pace = &mut Pace::new(None);
        let highest = self.entry().map_or(0, |entry| self.top(entry)).min(top);
        let Some(start) = self.descend(rows, vector, highest, pace) else {
            return Vec::new();
        };
        let mut starts = vec![start];
        let mut layers = Vec::new();
        for layer in (0..=highest).rev() {
            let beam = Beam {
                vector,
                layer,
                ef,
                starts: &starts,
            };
            let found = scratch.with(|visited| {
                let admit = |row| self.is_live(row);
                self.beam(rows, &beam, admit, visited, pace)
            });
            if !found.is_empty() {
                starts.clone_from(&found);
            }
            layers.push(found);
        }
        layers.reverse();
        layers
    }

    /// Goes down greedily from the entry and returns where to begin in `layer`; none in an empty
    /// graph.
    pub(super) fn descend(
        &self,
        rows: &Rows,
        vector: &[f32],
        layer: usize,
        pace: &mut Pace<'_>,
    ) -> Option<Candidate> {
        let row = self.entry()?;
        let distance = rows.distance(vector, row);
        let mut nearest = Candidate { distance, row };
        for layer in (layer + 1..=self.top(row)).rev() {
            loop {
                let from = nearest.row;
                for &row in self.links(from, layer) {
                    if !pace.go_on() {
                        return Some(nearest);
                    }
                    let distance = rows.distance(vector, row);
                    nearest = nearest.min(Candidate { distance, row });
                }
                if nearest.row == from {
                    break;
                }
            }
        }
        Some(nearest)
    }

    /// The paper's Algorithm 2: the admitted rows nearest to the vector, nearest first. The others
    /// are walked through.
    pub(super) fn beam(
        &self,
        rows: &Rows,
        beam: &Beam<'_>,
        admit: impl Fn(RowId) -> bool,
        visited: &mut Visited,
        pace: &mut Pace<'_>,
    ) -> Vec<Candidate> {
        visited.clear(self.slots());
        let mut best = Best::new(beam.ef);
        let mut frontier = BinaryHeap::new();
        for &start in beam.starts {
            visited.insert(start.row);
            frontier.push(Reverse(start));
            if admit(start.row) {
                best.offer(start);
            }
        }
        while let Some(Reverse(nearest)) = frontier.pop() {
            if best
                .bar()
                .is_some_and(|bar| nearest.distance > bar.distance)
            {
                break;
            }
            for &row in self.links(nearest.row, beam.layer) {
                if !visited.insert(row) {
                    continue;
                }
                if !pace.go_on() {
                    return best.into_sorted();
                }
                let distance = rows.distance(beam.vector, row);
                if best.bar().is_none_or(|bar| distance < bar.distance) {
                    let candidate = Candidate { distance, row };
                    frontier.push(Reverse(candidate));
                    if admit(row) {
                        best.offer(candidate);
                    }
                }
            }
        }
        best.into_sorted()
    }
}

/// Marks for the searches that run at one time, kept from one to the next: a search takes a set
/// and gives it back, and holds the lock for neither the search nor an allocation.
#[derive(Default)]
pub(super) struct Scratch(Mutex<Vec<Visited>>);

impl Scratch {
    /// Lends marks to `search`.
    pub(super) fn with<T>(&self, search: impl FnOnce(&mut Visited) -> T) -> T {
        let spare = self.lock().pop();
        let mut visited = spare.unwrap_or_default();
        let found = search(&mut visited);
        let mut spares = self.lock();
        if spares.len() < SPARE_MARKS {
            spares.push(visited);
        }
        found
    }

    /// Bytes allocated, those lent excepted.
    pub(super) fn memory_bytes(&self) -> usize {
        let marks = |visited: &Visited| visited.marks.capacity() * size_of::<u32>();
        self.lock().iter().map(marks).sum()
    }

    /// The sets are whole whatever became of a search that panicked.
    fn lock(&self) -> MutexGuard<'_, Vec<Visited>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The nodes a walk has seen: those marked with its own number, so that a new walk clears nothing.
#[derive(Default)]
pub(super) struct Visited {
    walk: u32,
    marks: Vec<u32>,
}

impl Visited {
    /// Forgets all, for a graph of `slots` nodes.
    fn clear(&mut self, slots: usize) {
        match self.walk.checked_add(1) {
            Some(walk) => self.walk = walk,
            None => {
                self.marks.fill(0);
                self.walk = 1;
            }
        }
        self.marks.resize(slots, 0);
    }

    /// Marks a node; false if it was marked.
    fn insert(&mut self, row: RowId) -> bool {
        let mark = &mut self.marks[row.index()];
        std::mem::replace(mark, self.walk) != self.walk
    }
}
