//! Which of many candidates become neighbours.

use super::super::slots::RowId;
use super::super::space::{Candidate, Job, Space};
use super::search::Walker;

impl<S: Space> Walker<'_, S> {
    /// The paper's Algorithm 4: of candidates sorted nearest first, at most `most` that are not
    /// nearer to a chosen one than to the node itself, so that links lead in different directions.
    /// The nearest of the others fill up to `fill`.
    pub(super) fn select(&self, candidates: &[Candidate], most: usize, fill: usize) -> Vec<RowId> {
        self.extend(Vec::with_capacity(most), candidates, most, fill)
    }

    /// As [`select`](Self::select), beside rows that are chosen already.
    pub(super) fn extend(
        &self,
        chosen: Vec<RowId>,
        candidates: &[Candidate],
        most: usize,
        fill: usize,
    ) -> Vec<RowId> {
        self.space.run(Select {
            space: self.space,
            chosen,
            candidates,
            most,
            fill,
        })
    }

    /// Chooses a node's links in a level from candidates sorted nearest first, at least `fill` where
    /// there are as many. `old` are the links that the node has now.
    ///
    /// A departure from the paper: the last link to a node is kept at level 0, at the cost of the
    /// least of the others. Short vectors under the inner product and outliers are the best
    /// neighbours of no node; without this, updates leave more and more of them where no search
    /// comes.
    pub(super) fn choose(
        &self,
        level: usize,
        candidates: &[Candidate],
        old: &[RowId],
        fill: usize,
    ) -> Vec<RowId> {
        let most = self.graph.most_links();
        let mut chosen = self.select(candidates, most, fill);
        if level > 0 {
            return chosen;
        }
        let is_last = |row: RowId| self.slots.get(row).incoming() <= u32::from(old.contains(&row));
        for row in candidates.iter().map(|candidate| candidate.row) {
            if !is_last(row) || chosen.contains(&row) || !self.may_be_linked(row) {
                continue;
            }
            if chosen.len() == most {
                match chosen.iter().rposition(|&other| !is_last(other)) {
                    Some(least) => chosen.remove(least),
                    None => break,
                };
            }
            chosen.push(row);
        }
        chosen
    }

    /// Rows with their distances to a point, nearest first.
    pub(super) fn sorted(&self, from: &S::Point, rows: &[RowId]) -> Vec<Candidate> {
        let space = self.space;
        let mut candidates = space.run(Measure { space, from, rows });
        candidates.sort_unstable_by(|a, b| a.distance.total_cmp(&b.distance));
        candidates
    }
}

struct Select<'a, S> {
    space: &'a S,
    chosen: Vec<RowId>,
    candidates: &'a [Candidate],
    most: usize,
    fill: usize,
}

impl<S: Space> Job for Select<'_, S> {
    type Output = Vec<RowId>;

    #[inline(always)]
    fn run(self) -> Vec<RowId> {
        let Self {
            space,
            mut chosen,
            candidates,
            most,
            fill,
        } = self;
        let mut others = Vec::new();
        let mut buffer = S::Buffer::default();
        for candidate in candidates {
            if chosen.len() == most {
                break;
            }
            let from = space.point(candidate.row, &mut buffer);
            let nearer = |&other: &RowId| space.distance(from, other) < candidate.distance;
            if chosen.iter().any(nearer) {
                others.push(candidate.row);
            } else {
                chosen.push(candidate.row);
            }
        }
        let room = fill.min(most).saturating_sub(chosen.len());
        chosen.extend(others.into_iter().take(room));
        chosen
    }
}

struct Measure<'a, S: Space> {
    space: &'a S,
    from: &'a S::Point,
    rows: &'a [RowId],
}

impl<S: Space> Job for Measure<'_, S> {
    type Output = Vec<Candidate>;

    #[inline(always)]
    fn run(self) -> Vec<Candidate> {
        for &row in self.rows {
            self.space.prefetch(self.space.place(row));
        }
        let mut candidates = Vec::with_capacity(self.rows.len());
        for &row in self.rows {
            let distance = self.space.distance(self.from, row);
            candidates.push(Candidate { distance, row });
        }
        candidates
    }
}
