//! Plans to hits: the only stage that reads postings, tags, numbers and vectors. It changes nothing.

mod build;
mod candidates;
pub mod collect;
pub mod deadline;
pub mod explain;
mod knn;
mod model;
mod near;
mod ranked;
mod scored;
mod scorer;
mod sort_key;
pub mod spelling;
mod variants;
pub mod yielded;

use nuthatch_indexes::docset::DocSet;

use self::collect::{Hit, Hits, Top};
use self::deadline::Deadline;
use self::sort_key::SortKeys;
use crate::catalog::index::Index;
use crate::keyspace::Keyspace;
use crate::plan::{Order, Plan};
use crate::request::error::Error;
use crate::request::search::Scorer;

/// Answers a plan with the first `limit` hits in its order, and the number of all of them.
///
/// # Errors
/// [`Error::Stopped`] when the deadline passes; there are no partial answers.
pub fn run(
    plan: &Plan,
    limit: usize,
    index: &Index,
    keyspace: &mut dyn Keyspace,
    deadline: &Deadline,
) -> Result<Hits, Error> {
    let mut sort_keys = SortKeys::new(plan, index, keyspace);
    let mut hits = match &plan.knn {
        Some(knn) => {
            let mut hits = knn::nearest(knn, plan, index, deadline)?;
            for hit in &mut hits {
                deadline.check()?;
                hit.sort_key = sort_keys.get(hit.doc);
            }
            collect::sorted(hits, &plan.order, limit)
        }
        None => matches(plan, limit, index, &mut sort_keys, deadline)?,
    };
    if plan.scoring.scorer == Scorer::Bm25StdNorm {
        for hit in &mut hits.rows {
            hit.score = scored::share(hit.score, hits.best);
        }
    }
    Ok(hits)
}

/// Every match, of which the first `limit` in order are kept.
fn matches(
    plan: &Plan,
    limit: usize,
    index: &Index,
    sort_keys: &mut SortKeys<'_>,
    deadline: &Deadline,
) -> Result<Hits, Error> {
    if let Some(hits) = ranked::best(plan, limit, index, deadline)? {
        return Ok(hits);
    }
    let mut scored = build::scored(plan, index, deadline)?;
    let mut top = Top::new(limit, plan.order.clone());
    let mut steps = deadline.steps(plan.filter.sets());
    while let Some(doc) = scored.set().doc() {
        steps.check()?;
        // A hit that is only counted needs neither score nor sort key.
        if limit > 0 {
            top.push(Hit {
                doc,
                score: if plan.scored { scored.score() } else { 0.0 },
                distance: None,
                sort_key: match plan.order {
                    Order::Field { .. } | Order::Yielded { .. } => sort_keys.get(doc),
                    Order::Score | Order::Distance { .. } => None,
                },
            });
        } else {
            top.count();
        }
        scored.set().advance();
    }
    // A set that looks at the clock itself ends early.
    deadline.check()?;
    Ok(top.finish())
}
