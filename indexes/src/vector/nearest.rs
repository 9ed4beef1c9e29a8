//! The nearest documents: which way to look for them, and putting together what is found.

mod walk;

use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

use rayon::prelude::*;
use roaring::RoaringBitmap;

use self::walk::Walk;
use super::codes::{Codes, QueryCode};
use super::hnsw::graph::Graph;
use super::pace::Pace;
use super::params::Metric;
use super::query::Query;
use super::row_of::RowOf;
use super::scan::{Linked, Measured};
use super::search::{Best, Nearest, Neighbour, Strategy};
use super::slots::RowId;
use super::space::Candidate;
use super::store::Store;
use crate::bitmap_words::bitmap_words;
use crate::doc::DocId;

/// A filter that admits no more documents than this is answered by comparing with the codes of all
/// of them.
///
/// From measurements on 40k rows of 128 components at recall .95: comparing with 5 % of the rows
/// (2k) is 5 to 7 times as fast as walking the graph and admitting what matches, with 10 % (4k)
/// twice as fast (vector.md).
const SCANNED_MATCHES: u64 = 5_000;

/// Distances that a walk computes for each candidate it keeps, when all rows match.
///
/// From the same measurements, which put the break-even of a scan and a walk at `ef` 30 between
/// 10 % and 20 % of 40k rows.
const WALK_DISTANCES: u64 = 16;

/// From this share of matches on, a walk that passes through everything and returns matches is
/// faster than one that looks for matches beyond neighbours (vector.md: between 20 and 50 %).
const WALK_THROUGH_ALL: f64 = 0.4;

/// Nanoseconds that a map of what matches by row may take before a walk through matches, which otherwise asks
/// some thousand rows for their documents; and before one through everything, which asks some hundred. With
/// the map half of 200k x 128 as a filter are 1.9 times as fast as hnswlib, without .9 times
/// (`nuthatch-bench vector --only filter`).
const MAP_FOR_MATCHES_NS: u64 = 200_000;
const MAP_FOR_ALL_NS: u64 = 40_000;

/// Candidates of a scan that are ranked exactly, as a multiple of `k`, where codes do not say how far
/// they may be wrong: it is to be as good as exact.
const RERANKED_OF_SCAN: usize = 8;

/// Fewer codes than this are scanned on one thread.
const PARALLEL_ROWS: u32 = 131_072;

/// The documents of an index by row and the rows by document, as its owner has them.
#[derive(Clone, Copy)]
pub(super) struct Docs<'a> {
    pub(super) docs: &'a RoaringBitmap,
    pub(super) row_of: &'a RowOf,
}

impl Docs<'_> {
    /// Rows of the documents that match, with those.
    pub(super) fn matching(&self, filter: Option<&RoaringBitmap>) -> Vec<(RowId, DocId)> {
        let mut rows = Vec::new();
        self.each(filter, |row, doc| rows.push((row, doc)));
        rows
    }

    fn each(&self, filter: Option<&RoaringBitmap>, visit: impl FnMut(RowId, DocId)) {
        self.row_of.each(filter.unwrap_or(self.docs), visit);
    }
}

/// One search under way.
struct Search<'a> {
    store: &'a Store,
    query: &'a Query,
    asked: &'a Nearest<'a>,
    docs: Docs<'a>,
    /// How many documents match.
    matches: u64,
}

impl Store {
    /// Threads among which a search without a filter divides a scan of all codes.
    pub(super) fn scan_threads(&self) -> u32 {
        let has_codes = self.graph.is_none() && self.codes.load().is_some();
        if !has_codes || self.slots.last() + 1 < PARALLEL_ROWS {
            return 1;
        }
        u32::try_from(rayon::current_num_threads()).unwrap_or(1)
    }

    /// The documents nearest to a query, nearest first, equally near ones by id. Incomplete if the
    /// pace is stopped.
    pub(super) fn nearest(
        &self,
        query: &Query,
        asked: &Nearest<'_>,
        docs: Docs<'_>,
        pace: &mut Pace<'_>,
    ) -> Vec<Neighbour> {
        let of = |filter| docs.docs.intersection_len(filter);
        let matches = asked.filter.map_or(docs.docs.len(), of);
        if asked.k == 0 || matches == 0 {
            return Vec::new();
        }
        let _pin = crossbeam_epoch::pin();
        let search = Search {
            store: self,
            query,
            asked,
            docs,
            matches,
        };
        match &self.graph {
            None => search.flat(pace),
            Some(graph) => search.hnsw(graph, pace),
        }
    }
}

impl Search<'_> {
    /// Exactly, by codes where there are some. A zero query is equally far from everything.
    fn flat(&self, pace: &mut Pace<'_>) -> Vec<Neighbour> {
        loop {
            let fresh = self.store.fresh.snapshot(&self.store.slots);
            let codes = self.store.codes.load_full();
            let Some(codes) = codes.filter(|_| !self.query.is_zero()) else {
                return self.exact(pace);
            };
            let linked = self.flat_coded(&codes, &fresh, pace);
            // Rows linked since other codes took their place have none of these.
            let now = self.store.codes.load();
            if pace.is_stopped() || now.as_ref().is_some_and(|now| Arc::ptr_eq(now, &codes)) {
                return self.with_fresh(linked, &fresh, pace);
            }
        }
    }

    /// The nearest of the linked rows, exactly.
    fn flat_coded(&self, codes: &Codes, fresh: &[RowId], pace: &mut Pace<'_>) -> Vec<Neighbour> {
        let k = self.asked.k;
        match self.asked.filter {
            None => self.flat_linked(codes, pace),
            Some(_) => {
                let rows = self.linked_matches(fresh);
                let rows = Linked::Rows(&rows);
                self.store.scan_codes(self.query, k, codes, rows, pace)
            }
        }
    }

    /// All linked rows in the order in which their codes lie.
    fn flat_linked(&self, codes: &Codes, pace: &mut Pace<'_>) -> Vec<Neighbour> {
        let (store, query, k) = (self.store, self.query, self.asked.k);
        let end = store.slots.last() + 1;
        let threads = store.scan_threads();
        if threads == 1 {
            let rows = Linked::Numbers(1..end);
            return store.scan_codes(query, k, codes, rows, pace);
        }
        let part = end.div_ceil(threads);
        let parts: Vec<Vec<Neighbour>> = (0..threads)
            .into_par_iter()
            .map(|thread| {
                let rows = part * thread..(part * (thread + 1)).min(end);
                let pace = &mut Pace::new(self.asked.stop);
                let rows = Linked::Numbers(rows);
                store.scan_codes(query, k, codes, rows, pace)
            })
            .collect();
        pace.look();
        merged(parts.into_iter().flatten(), k)
    }

    fn hnsw(&self, graph: &Graph, pace: &mut Pace<'_>) -> Vec<Neighbour> {
        // Before the graph: a row that leaves the one is in the other by then.
        let fresh = self.store.fresh.snapshot(&self.store.slots);
        let ef = self.asked.ef.unwrap_or(self.store.hnsw().ef_runtime);
        let ef = ef.max(self.asked.k);
        let few = self.asked.filter.is_some() && self.matches <= SCANNED_MATCHES;
        let scan = match self.asked.strategy {
            Strategy::Exact => return self.exact(pace),
            Strategy::Graph => false,
            Strategy::Auto => few || scan_is_cheaper(self.matches, self.docs.docs.len(), ef),
        };
        if scan {
            return self.scan_of_matches(pace);
        }
        let linked = self.walk(graph, ef, pace);
        // The walk may end in a part of the graph that has too few matches, for which fresh ones are
        // no substitute.
        let all = usize::try_from(self.matches).unwrap_or(usize::MAX);
        let all_linked = all.saturating_sub(self.fresh_matches(&fresh).count());
        if linked.len() >= self.asked.k.min(all_linked) || pace.is_stopped() {
            return self.with_fresh(linked, &fresh, pace);
        }
        self.scan_of_matches(pace)
    }

    /// Compares with every document that matches.
    fn exact(&self, pace: &mut Pace<'_>) -> Vec<Neighbour> {
        let rows = self.docs.matching(self.asked.filter);
        let rows = rows.into_iter();
        self.store.scan(self.query, self.asked.k, rows, pace)
    }

    /// Compares with the codes of every document that matches, and exactly with the nearest.
    fn scan_of_matches(&self, pace: &mut Pace<'_>) -> Vec<Neighbour> {
        let Some(codes) = self.store.codes.load_full() else {
            return self.exact(pace);
        };
        let ranked = self.asked.k.saturating_mul(RERANKED_OF_SCAN);
        if self.query.is_zero() || self.matches <= ranked as u64 {
            return self.exact(pace);
        }
        let fresh = self.store.fresh.snapshot(&self.store.slots);
        let rows = self.linked_matches(&fresh);
        let code = codes.query(self.query);
        // Codes that cannot say how wrong they are choose more than are asked for.
        let has_cutoff = codes.cutoff(&code, 0.0).is_some();
        let bar = |last| codes.cutoff(&code, last).unwrap_or(f64::from(last));
        let task = Measured {
            rows: &rows,
            enough: if has_cutoff { self.asked.k } else { ranked },
            bar: &bar,
            pace: &mut *pace,
        };
        let query = Some((self.query, Some(&code)));
        let mut near = self.store.in_space(Some(&codes), query, task);
        near.sort_unstable_by(nearer);
        let own_doc = |row: RowId| self.store.slots.get(row).doc().into_iter();
        let linked = self.rank(&near, own_doc, pace);
        self.with_fresh(linked, &fresh, pace)
    }

    /// Walks the graph.
    fn walk(&self, graph: &Graph, ef: usize, pace: &mut Pace<'_>) -> Vec<Neighbour> {
        let codes = self.store.codes.load_full();
        let code = codes.as_ref().map(|codes| codes.query(self.query));
        let k = self.asked.k;
        // Codes need some candidates more than `k` to choose from.
        let ef = match &codes {
            Some(_) => ef.max(k.saturating_add(k / 2)),
            None => ef,
        };
        // Inner products lead from match to match less surely than distances do.
        let astray = self.asked.filter.is_some() && self.store.params.metric == Metric::Ip;
        let ef = if astray { ef.saturating_mul(2) } else { ef };
        let through_matches = self.share() < WALK_THROUGH_ALL;
        let most_ns = if through_matches {
            MAP_FOR_MATCHES_NS
        } else {
            MAP_FOR_ALL_NS
        };
        let docs = self.docs.docs.len();
        let map_ns = self.docs.row_of.mapping_ns(self.matches, docs);
        let by_row = map_ns <= most_ns && self.store.slots.hanging() == 0;
        let matching = self.asked.filter.map(|filter| self.bits(filter, by_row));
        self.store.with_scratch(|scratch| {
            let mut task = Walk {
                graph,
                slots: &self.store.slots,
                ef,
                matching: matching.as_deref(),
                by_row,
                through_matches,
                tombstones: self.store.tombstones() > 0,
                matches: usize::try_from(self.matches).unwrap_or(usize::MAX),
                share: self.share(),
                scratch,
                pace,
            };
            let query = Some((self.query, code.as_ref()));
            self.store.in_space(codes.as_deref(), query, &mut task);
            let mut near: Vec<Candidate> = scratch.pool.admitted().collect();
            if let (Some(codes), Some(code)) = (&codes, &code) {
                near.truncate(self.worth_ranking(codes, code, &near));
            }
            let docs = |row| {
                self.store
                    .slots
                    .docs(row)
                    .filter(|doc| self.matches_doc(*doc))
            };
            self.rank(&near, docs, pace)
        })
    }

    /// How many of candidates, nearest first by their codes, may be among the `k` nearest.
    fn worth_ranking(&self, codes: &Codes, code: &QueryCode, near: &[Candidate]) -> usize {
        let k = self.asked.k;
        let kth = k.checked_sub(1).and_then(|kth| near.get(kth));
        match kth.and_then(|kth| codes.cutoff(code, kth.distance)) {
            Some(cutoff) => near.partition_point(|near| f64::from(near.distance) <= cutoff),
            None => near.len(),
        }
    }

    /// The share of documents that match.
    #[expect(clippy::cast_precision_loss, reason = "a share needs no exact count")]
    fn share(&self) -> f64 {
        self.matches as f64 / self.docs.docs.len().max(1) as f64
    }

    /// A bit for each row of a document that matches, by its number, or, where rows hang on others
    /// that stand for them or it would take longer than asking each row for its document, for each
    /// document.
    fn bits(&self, filter: &RoaringBitmap, by_row: bool) -> Vec<u64> {
        if !by_row {
            return bitmap_words(filter);
        }
        let last = self.store.slots.last();
        if filter.len() == self.matches {
            return self.docs.row_of.bits(filter, last);
        }
        self.docs.row_of.bits(&(filter & self.docs.docs), last)
    }

    fn matches_doc(&self, doc: DocId) -> bool {
        let filter = self.asked.filter;
        filter.is_none_or(|filter| filter.contains(doc.get()))
    }

    /// The `k` nearest documents of candidates, by exact distances.
    fn rank<D: Iterator<Item = DocId>>(
        &self,
        candidates: &[Candidate],
        docs: impl Fn(RowId) -> D,
        pace: &mut Pace<'_>,
    ) -> Vec<Neighbour> {
        const AHEAD: usize = 3;
        let mut best = Best::new(self.asked.k);
        for candidate in candidates {
            self.store.slots.prefetch(candidate.row);
        }
        for next in candidates.iter().take(AHEAD) {
            self.store.rows.prefetch(next.row);
        }
        for (at, candidate) in candidates.iter().enumerate() {
            if let Some(next) = candidates.get(at + AHEAD) {
                self.store.rows.prefetch(next.row);
            }
            let distance = self.store.rows.distance(self.query, candidate.row);
            for doc in docs(candidate.row) {
                best.offer(Neighbour { doc, distance });
            }
            if !pace.spend(1) {
                break;
            }
        }
        best.into_sorted()
    }

    /// What was found, and fresh rows.
    fn with_fresh(
        &self,
        found: Vec<Neighbour>,
        fresh: &[RowId],
        pace: &mut Pace<'_>,
    ) -> Vec<Neighbour> {
        if fresh.is_empty() {
            return found;
        }
        let rows = self.fresh_matches(fresh);
        let fresh = self.store.scan(self.query, self.asked.k, rows, pace);
        merged(found.into_iter().chain(fresh), self.asked.k)
    }

    /// Rows of documents that match, but for fresh ones.
    fn linked_matches(&self, fresh: &[RowId]) -> Vec<RowId> {
        let mut rows = Vec::with_capacity(usize::try_from(self.matches).unwrap_or(0));
        self.docs.each(self.asked.filter, |row, _| rows.push(row));
        if !fresh.is_empty() {
            let fresh: HashSet<RowId> = fresh.iter().copied().collect();
            rows.retain(|row| !fresh.contains(row));
        }
        rows
    }

    /// Those of fresh rows whose documents match.
    fn fresh_matches(&self, fresh: &[RowId]) -> impl Iterator<Item = (RowId, DocId)> {
        fresh.iter().filter_map(|&row| {
            let doc = self.store.slots.get(row).doc()?;
            self.matches_doc(doc).then_some((row, doc))
        })
    }
}

/// A walk that keeps `ef` matches passes `docs / matches` times as many nodes; a scan computes one
/// distance a match.
fn scan_is_cheaper(matches: u64, docs: u64, ef: usize) -> bool {
    let ef = u64::try_from(ef).unwrap_or(u64::MAX);
    let kept = WALK_DISTANCES.saturating_mul(ef);
    matches.saturating_mul(matches) <= kept.saturating_mul(docs)
}

fn nearer(a: &Candidate, b: &Candidate) -> Ordering {
    a.distance.total_cmp(&b.distance)
}

/// The `k` nearest, each document once.
fn merged(found: impl Iterator<Item = Neighbour>, k: usize) -> Vec<Neighbour> {
    let mut all: Vec<Neighbour> = found.collect();
    all.sort_unstable();
    all.dedup_by_key(|neighbour| neighbour.doc);
    all.truncate(k);
    all
}
