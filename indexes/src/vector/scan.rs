//! Comparing with every row that may be an answer.

use std::cmp::Ordering;
use std::iter;
use std::ops::Range;

use super::codes::{Codes, QueryCode};
use super::pace::Pace;
use super::params::Metric;
use super::query::Query;
use super::search::{Best, Neighbour};
use super::slots::{RowId, Slots, State};
use super::space::{Candidate, Job, Space};
use super::store::{Store, Task};
use crate::doc::DocId;

/// Rows fetched ahead.
const AHEAD: u32 = 8;

/// Distances counted at a time.
const COUNTED: u32 = 64;

impl Store {
    /// The `k` nearest of some rows of documents, by exact distances.
    pub(super) fn scan(
        &self,
        query: &Query,
        k: usize,
        rows: impl Iterator<Item = (RowId, DocId)>,
        pace: &mut Pace<'_>,
    ) -> Vec<Neighbour> {
        let mut best = Best::new(k);
        for (count, (row, doc)) in rows.enumerate() {
            if count.is_multiple_of(COUNTED as usize) && !pace.spend(COUNTED as usize) {
                break;
            }
            let distance = self.rows.distance(query, row);
            best.offer(Neighbour { doc, distance });
        }
        best.into_sorted()
    }

    /// The `k` nearest of some linked rows, looked at by their codes first. Exact: a row is left out
    /// only if its code proves that `k` are nearer.
    pub(super) fn scan_codes(
        &self,
        query: &Query,
        k: usize,
        codes: &Codes,
        rows: Linked<'_>,
        pace: &mut Pace<'_>,
    ) -> Vec<Neighbour> {
        let code = codes.bounded_query(query);
        let task = Sift {
            slots: &self.slots,
            rows,
            sieve: Sieve::new(codes, &code, k),
            pace: &mut *pace,
        };
        let sifted = self.in_space(Some(codes), Some((query, Some(&code))), task);
        self.rank(query, k, sifted, pace)
    }

    /// The `k` nearest of rows with lower bounds of their distances.
    pub(super) fn rank(
        &self,
        query: &Query,
        k: usize,
        mut sifted: Vec<Sifted>,
        pace: &mut Pace<'_>,
    ) -> Vec<Neighbour> {
        sifted.sort_unstable_by(|a, b| a.least.total_cmp(&b.least));
        let mut best = Best::<Neighbour>::new(k);
        for Sifted { least, row, doc } in sifted {
            let is_out = |bar: &Neighbour| least > plain(self.params.metric, bar.distance);
            if best.bar().is_some_and(is_out) || !pace.spend(1) {
                break;
            }
            let distance = self.rows.distance(query, row);
            best.offer(Neighbour { doc, distance });
        }
        best.into_sorted()
    }
}

/// Linked rows to look at.
pub(super) enum Linked<'a> {
    /// Those of documents among the rows with these numbers.
    Numbers(Range<u32>),
    /// These.
    Rows(&'a [RowId]),
}

/// A row that may be among the nearest.
pub(super) struct Sifted {
    /// It is at least so far, as [`plain`] distance.
    pub(super) least: f64,
    pub(super) row: RowId,
    pub(super) doc: DocId,
}

/// A metric's distance as that which codes have bounds of: the Euclidean distance (of the vectors
/// scaled to length 1, for cosine), or the inner product times -1.
pub(super) fn plain(metric: Metric, distance: f64) -> f64 {
    match metric {
        Metric::L2 => distance.max(0.0).sqrt(),
        Metric::Cosine => (2.0 * distance).max(0.0).sqrt(),
        Metric::Ip => distance - 1.0,
    }
}

/// Decides by codes which rows may be among the `k` nearest.
struct Sieve<'a> {
    codes: &'a Codes,
    code: &'a QueryCode,
    /// The most that `k` rows are far, seen so far.
    most: Best<Bound>,
    most_slack: f64,
    /// A code farther than this is out, whatever its slack.
    out: f64,
}

impl<'a> Sieve<'a> {
    fn new(codes: &'a Codes, code: &'a QueryCode, k: usize) -> Self {
        Self {
            codes,
            code,
            most: Best::new(k),
            most_slack: codes.most_slack(code),
            out: f64::INFINITY,
        }
    }

    /// The least that a row is far by its code; none if it is not among the nearest.
    #[inline(always)]
    fn sift(&mut self, distance: f64, row: RowId) -> Option<f64> {
        if distance > self.out {
            return None;
        }
        let value = self.code.decoded(self.codes.form(), distance);
        let (slack, bounded) = self.codes.slack(self.code, row);
        if self.most.bar().is_some_and(|bar| value - slack > bar.0) {
            return None;
        }
        if bounded {
            self.most.offer(Bound(value + slack));
            if let Some(bar) = self.most.bar() {
                let out = bar.0 + self.most_slack;
                self.out = self.code.encoded(self.codes.form(), out);
            }
        }
        Some(value - slack)
    }
}

/// A number that is never NaN.
struct Bound(f64);

impl Ord for Bound {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Bound {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Bound {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Bound {}

/// Looks at codes of rows in turn and keeps what may be among the nearest.
struct Sift<'a, 'p> {
    slots: &'a Slots,
    rows: Linked<'a>,
    sieve: Sieve<'a>,
    pace: &'a mut Pace<'p>,
}

impl Task for Sift<'_, '_> {
    type Output = Vec<Sifted>;

    fn run<S: Space>(self, space: &S, from: Option<&S::Point>) -> Vec<Sifted> {
        let sift = self;
        from.map_or_else(Vec::new, |from| space.run(SiftIn { space, from, sift }))
    }
}

struct SiftIn<'a, 'p, 's, S: Space> {
    space: &'s S,
    from: &'s S::Point,
    sift: Sift<'a, 'p>,
}

impl<S: Space> SiftIn<'_, '_, '_, S> {
    /// Whose a row is, if it is linked.
    #[inline(always)]
    fn doc(&self, row: RowId) -> Option<DocId> {
        let slot = self.sift.slots.get(row);
        let linked = matches!(slot.state(), State::Linked | State::Twin);
        slot.doc().filter(|_| linked)
    }

    #[inline(always)]
    fn keep(&mut self, distance: f32, row: RowId, doc: DocId, sifted: &mut Vec<Sifted>) {
        let least = self.sift.sieve.sift(f64::from(distance), row);
        sifted.extend(least.map(|least| Sifted { least, row, doc }));
    }

    #[inline(always)]
    fn sift_four(&mut self, four: &[(RowId, DocId)], sifted: &mut Vec<Sifted>) {
        if let &[a, b, c, d] = four {
            let rows = [a, b, c, d];
            let places = rows.map(|(row, _)| self.space.place(row));
            let distances = self.space.distances(self.from, places);
            for ((row, doc), distance) in rows.into_iter().zip(distances) {
                self.keep(distance, row, doc, sifted);
            }
            return;
        }
        for &(row, doc) in four {
            let distance = self.space.distance(self.from, row);
            self.keep(distance, row, doc, sifted);
        }
    }

    #[inline(always)]
    fn sift_all(&mut self, rows: impl Iterator<Item = RowId>) -> Vec<Sifted> {
        let mut sifted = Vec::new();
        let mut four = Vec::with_capacity(4);
        for row in rows {
            let Some(doc) = self.doc(row) else { continue };
            four.push((row, doc));
            if four.len() < 4 {
                continue;
            }
            self.sift_four(&four, &mut sifted);
            four.clear();
            if !self.sift.pace.spend(4) {
                break;
            }
        }
        self.sift_four(&four, &mut sifted);
        sifted
    }
}

impl<S: Space> Job for SiftIn<'_, '_, '_, S> {
    type Output = Vec<Sifted>;

    #[inline(always)]
    fn run(mut self) -> Vec<Sifted> {
        match std::mem::replace(&mut self.sift.rows, Linked::Rows(&[])) {
            // One after another, but the CPU looks ahead within a page only: fetching them is worth
            // twice the speed.
            Linked::Numbers(numbers) => {
                let space = self.space;
                let end = numbers.end;
                self.sift_all(numbers.filter_map(|row| {
                    let ahead = row.saturating_add(AHEAD);
                    if let Some(ahead) = RowId::new(ahead).filter(|_| ahead < end) {
                        space.prefetch(space.place(ahead));
                    }
                    RowId::new(row)
                }))
            }
            Linked::Rows(rows) => {
                let space = self.space;
                let ahead = rows
                    .iter()
                    .skip(AHEAD as usize)
                    .map(Some)
                    .chain(iter::repeat(None));
                self.sift_all(rows.iter().zip(ahead).map(|(&row, ahead)| {
                    if let Some(&ahead) = ahead {
                        space.prefetch(space.place(ahead));
                    }
                    row
                }))
            }
        }
    }
}

/// How far rows are from the query by their codes: those of them that are as near as the `enough` nearest, or
/// not much farther; fewer if the pace ran out.
pub(super) struct Measured<'a, 'p> {
    pub(super) rows: &'a [RowId],
    pub(super) enough: usize,
    /// From how far the last of the `enough` nearest is, how far a row may be.
    pub(super) bar: &'a dyn Fn(f32) -> f64,
    pub(super) pace: &'a mut Pace<'p>,
}

impl Task for Measured<'_, '_> {
    type Output = Vec<Candidate>;

    fn run<S: Space>(self, space: &S, from: Option<&S::Point>) -> Vec<Candidate> {
        let measured = self;
        let measure = |from| {
            space.run(MeasuredIn {
                space,
                from,
                nearest: Best::new(measured.enough),
                bar: f64::INFINITY,
                near: Vec::new(),
                measured,
            })
        };
        from.map_or_else(Vec::new, measure)
    }
}

struct MeasuredIn<'a, 'p, 's, S: Space> {
    space: &'s S,
    from: &'s S::Point,
    measured: Measured<'a, 'p>,
    nearest: Best<Bound>,
    /// What is farther is out.
    bar: f64,
    near: Vec<Candidate>,
}

impl<S: Space> MeasuredIn<'_, '_, '_, S> {
    #[inline(always)]
    fn offer(&mut self, row: RowId, distance: f32) {
        if f64::from(distance) <= self.bar {
            self.near.push(Candidate { distance, row });
            self.lower(distance);
        }
    }

    /// Few rows come here: of `n` in no order some `enough * ln(n)`, and those that codes cannot tell from them.
    #[inline(never)]
    fn lower(&mut self, distance: f32) {
        self.nearest.offer(Bound(f64::from(distance)));
        if let Some(&Bound(last)) = self.nearest.bar() {
            self.bar = (self.measured.bar)(single(last));
        }
    }
}

/// A number that was one of `f32`.
#[expect(clippy::cast_possible_truncation, reason = "nothing is lost")]
const fn single(distance: f64) -> f32 {
    distance as f32
}

impl<S: Space> Job for MeasuredIn<'_, '_, '_, S> {
    type Output = Vec<Candidate>;

    #[inline(always)]
    fn run(mut self) -> Vec<Candidate> {
        let (rows, space) = (self.measured.rows, self.space);
        let (fours, rest) = rows.as_chunks::<4>();
        for (at, &[a, b, c, d]) in fours.iter().enumerate() {
            let ahead = rows.get(4 * at + AHEAD as usize..).unwrap_or_default();
            for &row in ahead.iter().take(4) {
                space.prefetch(space.place(row));
            }
            if !self.measured.pace.spend(4) {
                return self.near;
            }
            let places = [
                space.place(a),
                space.place(b),
                space.place(c),
                space.place(d),
            ];
            let distances = space.distances(self.from, places);
            for (row, distance) in [a, b, c, d].into_iter().zip(distances) {
                self.offer(row, distance);
            }
        }
        for &row in rest {
            let distance = space.distance(self.from, row);
            self.offer(row, distance);
        }
        let bar = self.bar;
        self.near.retain(|near| f64::from(near.distance) <= bar);
        self.near
    }
}
