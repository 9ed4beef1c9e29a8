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
        /// One in so many of those expected is far fewer, if a second look shows the same; and alone.
        const FEWER: f64 = 1.5;
        const FEWER_AT_ONCE: f64 = 3.0;
        /// Lists to look at first; more of them would not say much more.
        const MOST_LISTS: f64 = 24.0;
        /// Rows in each that are in none of the others, at least.
        const OWN: f64 = 12.0;
        /// Lists of the second look, as a multiple. Of 1,000 searches of 200k x 128 for a tenth of them, strewn
        /// about, 21 took the first look alone for a sign, and a scan takes seven times as long as a walk.
        const SECOND_LOOK: usize = 4;
        let enough = (FEWEST / OWN / self.share).ceil().min(MOST_LISTS);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most 24"
        )]
        let enough = enough as usize;
        let mut expected_to_met = |lists| {
            let (seen, met) = walker.around(start, lists, &beam.admit, self.scratch);
            #[expect(clippy::cast_precision_loss, reason = "some thousand rows")]
            let (expected, met) = (seen as f64 * self.share, met as f64);
            if expected < FEWEST {
                0.0
            } else {
                expected / met
            }
        };
        let fewer = expected_to_met(enough);
        fewer > FEWER_AT_ONCE || fewer > FEWER && expected_to_met(enough * SECOND_LOOK) > FEWER
    }
}
