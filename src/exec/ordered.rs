//! The first hits by a number, found by walking the numbers in their order.

use nuthatch_indexes::doc::DocId;
use nuthatch_indexes::numeric::{Bound, NumericIndex};
use smallvec::smallvec;

use super::Found;
use super::collect::{Hit, Top};
use super::deadline::Deadline;
use super::probe::Probe;
use super::profile::{Trace, Tracer};
use super::ranking::Ranking;
use crate::catalog::column::SortKey;
use crate::catalog::index::{FieldIndex, Index};
use crate::plan::Plan;
use crate::plan::method::Walk;
use crate::request::error::Error;

/// The first `limit` hits of a plan that walks numbers, or those before the place where time was over;
/// none when it cannot be, or has met too many that do not match.
pub(super) fn first(
    walk: &Walk,
    plan: &Plan,
    limit: usize,
    index: &Index,
    deadline: &Deadline,
) -> Option<Found> {
    let FieldIndex::Numeric(numbers) = index.field(walk.field) else {
        return None;
    };
    let tracer = Tracer::of(plan, index);
    let filter = Probe::of(&plan.filter, index, tracer.as_ref())?;
    let mut walker = Walker {
        top: Top::new(limit, Ranking::new(&plan.order, index.documents())),
        limit,
        found: 0,
        left: walk.most,
        is_page: plan.order.page.is_some(),
        filter,
        index,
        numbers,
    };
    let mut walked = walker.numbered(walk, plan, deadline);
    if walker.left == 0 {
        return None;
    }
    if walked.is_ok() && walker.found < limit && walk.takes_missing {
        walked = walker.missing(deadline);
    }
    let mut hits = walker.top.finish();
    if let Some(total) = walk.total {
        hits.total = usize::try_from(total).unwrap_or(usize::MAX);
    }
    let trace = tracer.and_then(Tracer::finish);
    hits.profile = trace.as_ref().map(Trace::part);
    Some(match walked {
        Ok(()) => Found::All(hits),
        // What comes first was met first.
        Err(_) => Found::Some(hits),
    })
}

struct Walker<'a> {
    top: Top<'a>,
    limit: usize,
    /// Hits of the page so far.
    found: usize,
    /// Documents that may be met before it is given up.
    left: u64,
    /// Equal numbers are ordered by keys, so all of them are needed.
    is_page: bool,
    filter: Probe<'a>,
    index: &'a Index,
    numbers: &'a NumericIndex,
}

impl Walker<'_> {
    /// Documents with a number, until there are enough.
    fn numbered(&mut self, walk: &Walk, plan: &Plan, deadline: &Deadline) -> Result<(), Error> {
        let (mut min, mut max) = (walk.min, walk.max);
        let place = plan
            .order
            .page
            .as_ref()
            .and_then(|page| page.after.as_ref());
        match place.map(|place| place.values.first()) {
            Some(Some(Some(SortKey::Number(value)))) => {
                let begin = Bound {
                    value: *value,
                    exclusive: false,
                };
                if walk.descending && *value < max.value {
                    max = begin;
                } else if !walk.descending && *value > min.value {
                    min = begin;
                }
            }
            // The place is among the documents without a number.
            Some(Some(None)) => return Ok(()),
            Some(Some(Some(SortKey::Text(_))) | None) | None => {}
        }
        let mut steps = deadline.steps(self.filter.cost());
        let mut last = f64::NAN;
        for (value, doc) in self.numbers.walk(min, max, walk.descending) {
            steps.check()?;
            let is_enough = self.found >= self.limit;
            if is_enough && !(self.is_page && value == last) {
                break;
            }
            last = value;
            self.left = self.left.saturating_sub(1);
            if self.left == 0 {
                break;
            }
            if self.filter.holds(self.index, doc) {
                self.push(doc, Some(value));
            }
        }
        Ok(())
    }

    /// Documents without a number, which are behind all others.
    fn missing(&mut self, deadline: &Deadline) -> Result<(), Error> {
        let mut steps = deadline.steps(self.filter.cost());
        for doc in self.index.documents().alive().iter().filter_map(DocId::new) {
            steps.check()?;
            if self.found >= self.limit && !self.is_page {
                break;
            }
            if self.numbers.get(doc).is_none() && self.filter.holds(self.index, doc) {
                self.push(doc, None);
            }
        }
        Ok(())
    }

    fn push(&mut self, doc: DocId, value: Option<f64>) {
        let hit = Hit {
            doc,
            score: 0.0,
            distance: None,
            sort_keys: smallvec![value.map(SortKey::Number)],
        };
        self.found += usize::from(self.top.push(hit));
    }
}
