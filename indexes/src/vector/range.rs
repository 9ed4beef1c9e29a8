//! Every document within a distance.

use super::codes::Form;
use super::hnsw::graph::Graph;
use super::hnsw::search::{Admit, Beam, Scratch, Walker};
use super::nearest::Docs;
use super::pace::Pace;
use super::params::Metric;
use super::query::Query;
use super::scan::plain;
use super::search::{Neighbour, Within};
use super::slots::{RowId, Slots};
use super::space::{Candidate, Job, Space};
use super::store::{Store, Task};

/// A walk that has passed so many of the documents gives way to a scan of all.
const MOST_WALKED: usize = 8;

/// Candidates kept on the way to where the range is, at least.
const LEAST_EF: usize = 32;

/// Fewer documents than this are compared with one by one.
const SCANNED_DOCS: u64 = 2_000;

impl Store {
    /// The documents within a radius, nearest first, equally near ones by id: all of them without a
    /// graph, nearly all with. Incomplete if the pace is stopped.
    pub(super) fn within(
        &self,
        query: &Query,
        asked: &Within<'_>,
        docs: Docs<'_>,
        pace: &mut Pace<'_>,
    ) -> Vec<Neighbour> {
        let of = |filter| docs.docs.intersection_len(filter);
        let matches = asked.filter.map_or(docs.docs.len(), of);
        let _pin = crossbeam_epoch::pin();
        let mut found = match &self.graph {
            Some(graph) if matches > SCANNED_DOCS && !query.is_zero() => {
                let fresh = self.fresh.snapshot(&self.slots);
                let rows = self.walk_within(graph, query, asked, docs, pace);
                match rows {
                    Some(rows) => self.check(query, asked, rows.into_iter().chain(fresh), pace),
                    None => self.scan_within(query, asked, docs, pace),
                }
            }
            _ => self.scan_within(query, asked, docs, pace),
        };
        found.sort_unstable();
        found.dedup_by_key(|neighbour| neighbour.doc);
        found
    }

    /// Compares with every document that matches.
    fn scan_within(
        &self,
        query: &Query,
        asked: &Within<'_>,
        docs: Docs<'_>,
        pace: &mut Pace<'_>,
    ) -> Vec<Neighbour> {
        let mut found = Vec::new();
        for (row, doc) in docs.matching(asked.filter) {
            if !pace.spend(1) {
                break;
            }
            let distance = self.rows.distance(query, row);
            if distance <= asked.radius {
                found.push(Neighbour { doc, distance });
            }
        }
        found
    }

    /// The documents of some rows that match and are within the radius.
    fn check(
        &self,
        query: &Query,
        asked: &Within<'_>,
        rows: impl Iterator<Item = RowId>,
        pace: &mut Pace<'_>,
    ) -> Vec<Neighbour> {
        let mut found = Vec::new();
        for row in rows {
            if !pace.spend(1) {
                break;
            }
            let distance = self.rows.distance(query, row);
            if distance > asked.radius {
                continue;
            }
            let docs = self.slots.docs(row);
            let matching = docs.filter(|doc| asked.filter.is_none_or(|f| f.contains(doc.get())));
            found.extend(matching.map(|doc| Neighbour { doc, distance }));
        }
        found
    }

    /// The linked rows that are within the radius as far as their codes tell; none if those are so
    /// many that a scan costs less.
    fn walk_within(
        &self,
        graph: &Graph,
        query: &Query,
        asked: &Within<'_>,
        docs: Docs<'_>,
        pace: &mut Pace<'_>,
    ) -> Option<Vec<RowId>> {
        let hnsw = self.hnsw();
        let codes = self.codes.load_full();
        let code = codes.as_ref().map(|codes| codes.bounded_query(query));
        let widened = widened(
            self.params.metric,
            asked.radius,
            asked.epsilon.unwrap_or(hnsw.epsilon),
        );
        let bar = match (&codes, &code) {
            (Some(codes), Some(code)) => {
                let value = plain(self.params.metric, widened);
                let slack = codes.usual_slack(code);
                let far = match codes.form() {
                    // Errors stand at right angles to the distance, near enough.
                    Form::Centred => value.hypot(slack),
                    Form::Signed => value + slack,
                };
                code.encoded(codes.form(), far)
            }
            _ => match self.params.metric {
                Metric::L2 => widened,
                Metric::Cosine => 2.0 * widened,
                Metric::Ip => widened - 1.0,
            },
        };
        let most = usize::try_from(docs.docs.len()).unwrap_or(usize::MAX) / MOST_WALKED;
        pace.set_budget(most.max(1));
        let rows = self.with_scratch(|scratch| {
            let task = Flood {
                graph,
                slots: &self.slots,
                ef: hnsw.ef_runtime.max(LEAST_EF),
                bar,
                scratch,
                pace: &mut *pace,
            };
            self.in_space(codes.as_deref(), Some((query, code.as_ref())), task)
        });
        let exhausted = pace.is_exhausted();
        pace.set_budget(usize::MAX);
        (!exhausted).then_some(rows)
    }
}

/// The radius and an `epsilon` of it more. Inner products may make it negative, and then less far
/// is nearer to zero.
fn widened(metric: Metric, radius: f64, epsilon: f64) -> f64 {
    match metric {
        Metric::L2 | Metric::Cosine => radius * (1.0 + epsilon),
        Metric::Ip => radius + radius.abs() * epsilon,
    }
}

/// Goes to where the query is, and from there to all that is connected within the bar.
struct Flood<'a, 'p> {
    graph: &'a Graph,
    slots: &'a Slots,
    ef: usize,
    bar: f64,
    scratch: &'a mut Scratch,
    pace: &'a mut Pace<'p>,
}

impl Task for Flood<'_, '_> {
    type Output = Vec<RowId>;

    fn run<S: Space>(self, space: &S, from: Option<&S::Point>) -> Vec<RowId> {
        let Self {
            graph,
            slots,
            scratch,
            pace,
            ..
        } = self;
        let walker = Walker {
            graph,
            slots,
            space,
        };
        let Some(from) = from else { return Vec::new() };
        let Some(start) = walker.descend(from, 0, pace) else {
            return Vec::new();
        };
        let beam = Beam {
            from,
            level: 0,
            ef: self.ef,
            starts: &[start],
            admit: Admit::live(slots, false),
        };
        walker.beam(&beam, scratch, pace);
        let is_in = |distance: f32| f64::from(distance) <= self.bar;
        let nearest = scratch.pool.admitted();
        let mut rows: Vec<RowId> = nearest
            .take_while(|near: &Candidate| is_in(near.distance))
            .map(|near| near.row)
            .collect();
        scratch.visited.begin(slots.last());
        for &row in &rows {
            scratch.visited.insert(row);
        }
        space.run(Spread {
            walker: &walker,
            from,
            bar: self.bar,
            rows: &mut rows,
            scratch,
            pace,
        });
        rows
    }
}

/// Goes on from rows to their neighbours within the bar, to the end.
struct Spread<'a, 'p, S: Space> {
    walker: &'a Walker<'a, S>,
    from: &'a S::Point,
    bar: f64,
    rows: &'a mut Vec<RowId>,
    scratch: &'a mut Scratch,
    pace: &'a mut Pace<'p>,
}

impl<S: Space> Job for Spread<'_, '_, S> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Walker {
            graph,
            slots,
            space,
        } = *self.walker;
        let mut at = 0;
        while let Some(&row) = self.rows.get(at) {
            at += 1;
            let mut seen = 0;
            for link in graph.links(slots, row, 0) {
                if self.scratch.visited.insert(link) {
                    seen += 1;
                    if f64::from(space.distance(self.from, link)) <= self.bar {
                        self.rows.push(link);
                    }
                }
            }
            if !self.pace.spend(seen) {
                return;
            }
        }
    }
}
