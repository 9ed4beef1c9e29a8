//! Walking the graph towards a point.

use super::super::pace::Pace;
use super::super::slots::{RowId, Slots, State};
use super::super::space::{Candidate, Job, Space};
use super::graph::Graph;
use super::pool::Pool;
use super::visited::Visited;
use crate::bit_lookup::has_bit;
use crate::prefetch::prefetch;

/// Rows fetched ahead of the one whose distance is computed (vector.md: 8 for codes, 4 for rows of
/// four times the bytes; `nuthatch-bench vector` shows what it is worth).
const AHEAD: usize = 8;

/// A walk of level 0 that looks beyond neighbours that do not match goes on like that as long as it
/// finds matches: after it has gone on from this many nodes without one, it has lost its way.
const MOST_BARREN: usize = 32;

/// From each node such a walk looks for so many matches, as a share of the links that a node may have.
/// With all that are there instead, 47k x 384 of which a fifth match take 200 µs at recall .95, with
/// three halves 120 µs; with one half the recall at the same `ef` is .83 instead of .94. With five quarters
/// instead of three halves those take 3 % longer at recall .95, and 200k x 128 in clusters, which have more than
/// that at the least `ef`, 7 % less.
const MATCHES_SOUGHT: (usize, usize) = (5, 4);

/// The graph with the distances that it is walked by.
pub(in crate::vector) struct Walker<'a, S: Space> {
    pub(in crate::vector) graph: &'a Graph,
    pub(in crate::vector) slots: &'a Slots,
    pub(in crate::vector) space: &'a S,
}

/// Which rows a walk may return. It passes through the others.
#[derive(Clone, Copy)]
pub(in crate::vector) struct Admit<'a> {
    slots: &'a Slots,
    /// All are.
    everything: bool,
    rows: Option<&'a [u64]>,
    docs: Option<&'a [u64]>,
}

impl<'a> Admit<'a> {
    /// Rows that are some document's; without tombstones, all rows.
    pub(in crate::vector) const fn live(slots: &'a Slots, tombstones: bool) -> Self {
        Self {
            slots,
            everything: !tombstones,
            rows: None,
            docs: None,
        }
    }

    /// Rows of documents that match; `docs` has a bit for each document, by its number.
    pub(in crate::vector) const fn matching(slots: &'a Slots, docs: &'a [u64]) -> Self {
        Self {
            slots,
            everything: false,
            rows: None,
            docs: Some(docs),
        }
    }

    /// Rows that match; `rows` has a bit for each row, by its number. Where none hangs on another.
    pub(in crate::vector) const fn rows(slots: &'a Slots, rows: &'a [u64]) -> Self {
        Self {
            slots,
            everything: false,
            rows: Some(rows),
            docs: None,
        }
    }

    #[inline(always)]
    fn admits(&self, row: RowId) -> bool {
        self.everything
            || match self.rows {
                Some(rows) => has_bit(rows, row.get()),
                None => self.admits_one(row),
            }
    }

    fn admits_one(&self, row: RowId) -> bool {
        let Some(docs) = self.docs else {
            return self.slots.is_live(row);
        };
        self.slots.docs(row).any(|doc| has_bit(docs, doc.get()))
    }
}

/// Memory of a walk, kept from one to the next.
#[derive(Default)]
pub(in crate::vector) struct Scratch {
    pub(in crate::vector) visited: Visited,
    pub(in crate::vector) pool: Pool,
}

impl Scratch {
    /// Bytes allocated, but for some hundred.
    pub(in crate::vector) fn memory_bytes(&self) -> usize {
        self.visited.memory_bytes()
    }
}

impl<S: Space> Walker<'_, S> {
    /// Goes down greedily from the entry to where to begin in `level`; none in an empty graph.
    pub(in crate::vector) fn descend(
        &self,
        from: &S::Point,
        level: usize,
        pace: &mut Pace<'_>,
    ) -> Option<Candidate> {
        self.space.run(DescendJob {
            walker: self,
            from,
            level,
            pace,
        })
    }

    #[inline(always)]
    fn go_down(&self, from: &S::Point, level: usize, pace: &mut Pace<'_>) -> Option<Candidate> {
        let entry = self.graph.entry()?;
        let mut nearest = Candidate {
            distance: self.space.distance(from, entry.row),
            row: entry.row,
        };
        for level in (level + 1..=entry.level).rev() {
            loop {
                let at = nearest.row;
                for row in self.graph.links(self.slots, at, level) {
                    self.space.prefetch(self.space.place(row));
                }
                for row in self.graph.links(self.slots, at, level) {
                    let distance = self.space.distance(from, row);
                    if distance < nearest.distance {
                        nearest = Candidate { distance, row };
                    }
                }
                if nearest.row == at || !pace.spend(self.graph.m()) {
                    break;
                }
            }
        }
        Some(nearest)
    }

    /// The paper's Algorithm 2: leaves in the scratch's pool the `ef` nearest rows that are
    /// admitted, or fewer when the pace ran out.
    pub(in crate::vector) fn beam(
        &self,
        beam: &Beam<'_, S::Point>,
        scratch: &mut Scratch,
        pace: &mut Pace<'_>,
    ) {
        self.begin(beam, scratch);
        let walker = self;
        self.space.run(BeamJob {
            walker,
            beam,
            scratch,
            pace,
        });
    }

    #[inline(always)]
    fn walk(&self, beam: &Beam<'_, S::Point>, scratch: &mut Scratch, pace: &mut Pace<'_>) {
        let Scratch { visited, pool } = scratch;
        let mut near = Vec::with_capacity(self.graph.most_links());
        while let Some(row) = pool.next() {
            near.clear();
            for link in self.graph.links(self.slots, row, beam.level) {
                if visited.insert(link) {
                    let place = self.space.place(link);
                    if near.len() < AHEAD {
                        self.space.prefetch(place);
                    }
                    near.push((link, place));
                }
            }
            self.measure(beam, &near, pool);
            if !pace.spend(near.len()) {
                return;
            }
        }
    }

    /// A walk of level 0 through matches alone: from each node it looks at the neighbours that
    /// match and, behind those that do not, at theirs. False if it lost its way.
    ///
    /// Patel et al., "ACORN: Performant and Predicate-Agnostic Search Over Vector Embeddings and
    /// Structured Data" (2024), the variant that needs no denser graph (ACORN-1).
    pub(in crate::vector) fn beam_through(
        &self,
        beam: &Beam<'_, S::Point>,
        scratch: &mut Scratch,
        pace: &mut Pace<'_>,
    ) -> bool {
        self.begin(beam, scratch);
        let walker = self;
        self.space.run(ThroughJob(BeamJob {
            walker,
            beam,
            scratch,
            pace,
        }))
    }

    #[inline(always)]
    fn walk_through(
        &self,
        beam: &Beam<'_, S::Point>,
        scratch: &mut Scratch,
        pace: &mut Pace<'_>,
    ) -> bool {
        let Scratch { visited, pool } = scratch;
        let most = self.graph.most_links();
        let mut near = Vec::with_capacity(2 * most);
        let mut between = Vec::with_capacity(most);
        let mut matches = vec![None; most];
        let mut barren = 0;
        while let Some(row) = pool.next() {
            near.clear();
            between.clear();
            let mut wanted = most * MATCHES_SOUGHT.0 / MATCHES_SOUGHT.1;
            for link in self.graph.links(self.slots, row, 0) {
                if beam.admit.admits(link) {
                    wanted = wanted.saturating_sub(1);
                    if visited.insert(link) {
                        let place = self.space.place(link);
                        self.space.prefetch(place);
                        near.push((link, place));
                    }
                } else {
                    if between.len() < AHEAD {
                        self.prefetch_links(link);
                    }
                    between.push(link);
                }
            }
            for (at, &link) in between.iter().enumerate() {
                if wanted == 0 {
                    break;
                }
                if !visited.insert(link) {
                    continue;
                }
                if let Some(&next) = between.get(at + AHEAD) {
                    self.prefetch_links(next);
                }
                let count = self.admitted(link, &beam.admit, &mut matches);
                wanted = wanted.saturating_sub(count);
                // Only what matches is marked: the rest may be passed through again.
                for &beyond in matches.iter().take(count).flatten() {
                    if visited.insert(beyond) {
                        let place = self.space.place(beyond);
                        self.space.prefetch(place);
                        near.push((beyond, place));
                    }
                }
            }
            barren = if near.is_empty() { barren + 1 } else { 0 };
            if barren > MOST_BARREN {
                return false;
            }
            self.measure(beam, &near, pool);
            if !pace.spend(near.len() + 1) {
                return false;
            }
        }
        pool.found() >= beam.ef
    }

    /// Puts the links of a row in level 0 that are admitted at the front of `found`, which has room for a
    /// list, and says how many they are. What a filter says next nobody can guess: without a branch on it
    /// walks through 5 to 30 % of 200k x 128 and 47k x 384 take some 5 % less time.
    #[inline(always)]
    fn admitted(&self, row: RowId, admit: &Admit<'_>, found: &mut [Option<RowId>]) -> usize {
        let mut count = 0;
        for link in self.graph.links(self.slots, row, 0) {
            if let Some(place) = found.get_mut(count) {
                *place = Some(link);
            }
            count += usize::from(admit.admits(link));
        }
        count
    }

    /// How many rows there are in the lists of a row and of those met from there, nearest by links first and
    /// `lists` in all, and how many of them are admitted.
    pub(in crate::vector) fn around(
        &self,
        row: RowId,
        lists: usize,
        admit: &Admit<'_>,
        scratch: &mut Scratch,
    ) -> (usize, usize) {
        scratch.visited.begin(self.slots.last());
        scratch.visited.insert(row);
        let (mut met, mut admitted) = (vec![row], 0);
        for at in 0..lists {
            if let Some(&next) = met.get(at + AHEAD) {
                self.prefetch_links(next);
            }
            let Some(&near) = met.get(at) else { break };
            for link in self.graph.links(self.slots, near, 0) {
                if scratch.visited.insert(link) {
                    met.push(link);
                    admitted += usize::from(admit.admits(link));
                }
            }
        }
        (met.len() - 1, admitted)
    }

    fn begin(&self, beam: &Beam<'_, S::Point>, scratch: &mut Scratch) {
        scratch.visited.begin(self.slots.last());
        scratch.pool.begin(beam.ef);
        for start in beam.starts {
            if scratch.visited.insert(start.row) {
                let admitted = beam.admit.admits(start.row);
                scratch.pool.insert(start.distance, start.row, admitted);
            }
        }
    }

    /// Offers rows to the pool.
    #[inline(always)]
    fn measure(&self, beam: &Beam<'_, S::Point>, near: &[(RowId, S::Place<'_>)], pool: &mut Pool) {
        let (fours, rest) = near.as_chunks::<4>();
        for (at, four) in fours.iter().enumerate() {
            let ahead = near.get(4 * at + AHEAD..).unwrap_or_default();
            for &(_, place) in ahead.iter().take(4) {
                self.space.prefetch(place);
            }
            let places = [four[0].1, four[1].1, four[2].1, four[3].1];
            let distances = self.space.distances(beam.from, places);
            for lane in 0..4 {
                self.offer(beam, four[lane].0, distances[lane], pool);
            }
        }
        for &(row, place) in rest {
            let distance = self.space.distance_of(beam.from, place);
            self.offer(beam, row, distance, pool);
        }
    }

    /// Puts a row into the pool if it is near enough, and fetches its links, which the walk is then
    /// likely to need.
    #[inline(always)]
    fn offer(&self, beam: &Beam<'_, S::Point>, row: RowId, distance: f32, pool: &mut Pool) {
        if !pool.wants(distance) {
            return;
        }
        pool.insert(distance, row, beam.admit.admits(row));
        if beam.level == 0 {
            self.prefetch_links(row);
        }
    }

    /// Fetches the beginning of a list of level 0.
    #[inline(always)]
    fn prefetch_links(&self, row: RowId) {
        let list = self.graph.address(row);
        prefetch(list);
        prefetch(list.wrapping_add(64));
    }

    /// Whether a new link may lead to a row.
    pub(super) fn may_be_linked(&self, row: RowId) -> bool {
        self.slots.get(row).state() != State::Doomed && self.slots.is_live(row)
    }
}

/// One level's walk.
pub(in crate::vector) struct Beam<'a, P: ?Sized> {
    pub(in crate::vector) from: &'a P,
    pub(in crate::vector) level: usize,
    /// How many rows to keep.
    pub(in crate::vector) ef: usize,
    /// Where to begin: rows of the level.
    pub(in crate::vector) starts: &'a [Candidate],
    pub(in crate::vector) admit: Admit<'a>,
}

struct BeamJob<'a, 'p, S: Space> {
    walker: &'a Walker<'a, S>,
    beam: &'a Beam<'a, S::Point>,
    scratch: &'a mut Scratch,
    pace: &'a mut Pace<'p>,
}

impl<S: Space> Job for BeamJob<'_, '_, S> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.walker.walk(self.beam, self.scratch, self.pace);
    }
}

struct DescendJob<'a, 'p, S: Space> {
    walker: &'a Walker<'a, S>,
    from: &'a S::Point,
    level: usize,
    pace: &'a mut Pace<'p>,
}

impl<S: Space> Job for DescendJob<'_, '_, S> {
    type Output = Option<Candidate>;

    #[inline(always)]
    fn run(self) -> Option<Candidate> {
        self.walker.go_down(self.from, self.level, self.pace)
    }
}

struct ThroughJob<'a, 'p, S: Space>(BeamJob<'a, 'p, S>);

impl<S: Space> Job for ThroughJob<'_, '_, S> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let BeamJob {
            walker,
            beam,
            scratch,
            pace,
        } = self.0;
        walker.walk_through(beam, scratch, pace)
    }
}
