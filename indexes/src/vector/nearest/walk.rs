//! A walk over the graph for the nearest rows, through matches or through everything.

use crate::vector::hnsw::graph::Graph;
use crate::vector::hnsw::search::{Admit, Beam, Scratch, Walker};
use crate::vector::pace::Pace;
use crate::vector::slots::{RowId, Slots};
use crate::vector::space::Space;
use crate::vector::store::Task;

/// Walks a graph for a query; what it finds is in the scratch's pool.
pub(super) struct Walk<'a, 'p> {
    pub(super) graph: &'a Graph,
    pub(super) slots: &'a Slots,
    pub(super) ef: usize,
    /// A bit for each row or document that matches, if there is a filter.
    pub(super) matching: Option<&'a [u64]>,
    pub(super) by_row: bool,
    pub(super) through_matches: bool,
    pub(super) tombstones: bool,
    pub(super) matches: usize,
    /// The share of documents that match.
    pub(super) share: f64,
    pub(super) scratch: &'a mut Scratch,
    pub(super) pace: &'a mut Pace<'p>,
}

impl Task for &mut Walk<'_, '_> {
    type Output = ();

    fn run<S: Space>(self, space: &S, from: Option<&S::Point>) {
        let walker = Walker {
            graph: self.graph,
            slots: self.slots,
            space,
        };
        self.scratch.pool.begin(self.ef);
        let Some(from) = from else { return };
        let Some(start) = walker.descend(from, 0, self.pace) else {
            return;
        };
        let beam = Beam {
            from,
            level: 0,
            ef: self.ef,
            starts: &[start],
            admit: match self.matching {
                Some(rows) if self.by_row => Admit::rows(self.slots, rows),
                Some(docs) => Admit::matching(self.slots, docs),
                None => Admit::live(self.slots, self.tombstones),
            },
        };
        match self.matching {
            Some(_) => self.filtered(&walker, &beam),
            None => walker.beam(&beam, self.scratch, self.pace),
        }
    }
}

impl Walk<'_, '_> {
    /// Through matches where they are many enough to lead to each other, else through everything,
    /// for as long as that costs less than a scan.
    fn filtered<S: Space>(&mut self, walker: &Walker<'_, S>, beam: &Beam<'_, S::Point>) {
        let mut starts = beam.starts.iter();
        if starts.any(|start| self.is_amiss(walker, beam, start.row)) {
            // Not an answer: the scan is next.
            self.scratch.pool.begin(beam.ef);
            return;
        }
        self.pace.set_budget(self.matches);
        let done = self.through_matches && walker.beam_through(beam, self.scratch, self.pace);
        if !done && !self.pace.is_exhausted() {
            walker.beam(beam, self.scratch, self.pace);
        }
        if self.pace.is_exhausted() {
            // Not an answer: the scan is next.
            self.scratch.pool.begin(beam.ef);
        }
        self.pace.set_budget(usize::MAX);
    }

    /// Whether around a row there are far fewer matches than anywhere: the filter is of documents that
    /// lie elsewhere, and a walk from here ends at the first of them that it meets, not at the nearest.
    fn is_amiss<S: Space>(
        &mut self,
        walker: &Walker<'_, S>,
        beam: &Beam<'_, S::Point>,
        start: RowId,
    ) -> bool {
        /// Fewer matches than this to be expected say nothing.
        const FEWEST: f64 = 24.0;
        /// One in so many of those expected is far fewer: by chance it is so once in some hundred,
        /// which costs a scan.
        const FEWER: f64 = 1.5;
        /// Neighbours behind which to look at most; more of them would not say much more.
        const MOST_NEIGHBOURS: f64 = 24.0;
        /// Rows behind each that are behind none of the others, at least.
        const OWN: f64 = 12.0;
        let enough = (FEWEST / OWN / self.share).ceil().min(MOST_NEIGHBOURS);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most 24"
        )]
        let neighbours = enough as usize;
        let (seen, admitted) = walker.around(start, neighbours, &beam.admit, self.scratch);
        #[expect(clippy::cast_precision_loss, reason = "some hundred rows")]
        let (expected, admitted) = (seen as f64 * self.share, admitted as f64);
        expected >= FEWEST && admitted * FEWER < expected
    }
}
