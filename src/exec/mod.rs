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
use crate::request::error::{Error, Stop};
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
    match run_until(plan, limit, index, keyspace, deadline)? {
        Found::All(hits) => Ok(hits),
        Found::Some(_) => Err(Error::Stopped(Stop::Timeout)),
    }
}

/// What was found by the time that a search ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// All that there is.
    All(Hits),
    /// What was met before the deadline: the first of these hits, and their number.
    Some(Hits),
}

/// As [`run`], but for what becomes of hits that were met when the deadline passes.
///
/// # Errors
/// [`Error::Stopped`] when it passes before there can be any.
pub fn run_until(
    plan: &Plan,
    limit: usize,
    index: &Index,
    keyspace: &mut dyn Keyspace,
    deadline: &Deadline,
) -> Result<Found, Error> {
    let mut sort_keys = SortKeys::new(plan, index, keyspace);
    let mut found = match &plan.knn {
        Some(knn) => {
            let mut hits = knn::nearest(knn, plan, index, deadline)?;
            for hit in &mut hits {
                deadline.check()?;
                hit.sort_key = sort_keys.get(hit.doc);
            }
            Found::All(collect::sorted(hits, &plan.order, limit))
        }
        None => matches(plan, limit, index, &mut sort_keys, deadline)?,
    };
    if plan.scoring.scorer == Scorer::Bm25StdNorm {
        let (Found::All(hits) | Found::Some(hits)) = &mut found;
        for hit in &mut hits.rows {
            hit.score = scored::share(hit.score, hits.best);
        }
    }
    Ok(found)
}

/// Every match, of which the first `limit` in order are kept.
fn matches(
    plan: &Plan,
    limit: usize,
    index: &Index,
    sort_keys: &mut SortKeys<'_>,
    deadline: &Deadline,
) -> Result<Found, Error> {
    if let Some(hits) = ranked::best(plan, limit, index, deadline)? {
        return Ok(Found::All(hits));
    }
    let mut scored = build::scored(plan, index, deadline)?;
    let mut top = Top::new(limit, plan.order.clone());
    let mut steps = deadline.steps(plan.filter.sets());
    while let Some(doc) = scored.set().doc() {
        if steps.check().is_err() {
            return Ok(Found::Some(top.finish()));
        }
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
    let is_whole = !deadline.passed();
    let hits = top.finish();
    Ok(if is_whole {
        Found::All(hits)
    } else {
        Found::Some(hits)
    })
}
