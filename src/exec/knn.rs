//! The nearest neighbours among the documents that match.

use std::borrow::Cow;
use std::time::Instant;

use nuthatch_indexes::docset::DocSet;
use nuthatch_indexes::vector::{Nearest, VectorError};
use roaring::RoaringBitmap;

use super::collect::{Hit, SortKeyList};
use super::deadline::Deadline;
use super::profile::{self, Part, Trace};
use super::{bits, build};
use crate::catalog::index::{FieldIndex, Index};
use crate::plan::{Kind, Knn, Plan};
use crate::request::error::{Error, Stop};

/// The hits of a vector clause, nearest first, and what the parts of the plan found and took, if it
/// asks for that.
pub(super) fn measured(
    knn: &Knn,
    plan: &Plan,
    index: &Index,
    deadline: &Deadline,
) -> Result<(Vec<Hit>, Option<Part>), Error> {
    let start = Instant::now();
    let FieldIndex::Vector(vectors) = index.field(knn.field) else {
        return Ok((Vec::new(), None));
    };
    let unfiltered = matches!(plan.filter.kind, Kind::All { .. });
    let (matches, filter) = if unfiltered {
        (None, None)
    } else {
        let (matches, filter) = matching(plan, index, deadline)?;
        // To ask a filter that lets everything pass would only take time.
        let all = index.documents().len() as u64;
        (Some(matches).filter(|matches| matches.len() < all), filter)
    };
    let neighbours = vectors
        .nearest(
            &knn.vector,
            &Nearest {
                k: knn.k,
                ef: knn.ef,
                filter: matches.as_deref(),
                strategy: knn.strategy,
                stop: Some(&|| deadline.passed()),
            },
        )
        .map_err(search_failure)?;
    let mut hits: Vec<Hit> = neighbours
        .into_iter()
        .map(|neighbour| Hit {
            doc: neighbour.doc,
            score: 0.0,
            distance: Some(neighbour.distance),
            sort_keys: SortKeyList::new(),
        })
        .collect();
    if plan.scored && !unfiltered {
        score(&mut hits, plan, index, deadline)?;
    }
    let profile = profile::nearest(plan, index, hits.len(), start, filter);
    Ok((hits, profile))
}

/// The documents that match the filter.
pub(crate) fn members<'a>(
    plan: &'a Plan,
    index: &'a Index,
    deadline: &Deadline,
) -> Result<Cow<'a, RoaringBitmap>, Error> {
    Ok(matching(plan, index, deadline)?.0)
}

/// The documents that match the filter, and what its parts found and took.
fn matching<'a>(
    plan: &'a Plan,
    index: &'a Index,
    deadline: &Deadline,
) -> Result<(Cow<'a, RoaringBitmap>, Option<Part>), Error> {
    if plan.gathers_bits() {
        let docs = bits::matching(&plan.filter, plan.access, index, deadline)?;
        return Ok((docs.into_bits(), None));
    }
    let mut docs = RoaringBitmap::new();
    let (mut set, trace) = build::traced(plan, index, deadline)?;
    let mut steps = deadline.steps(plan.filter.sets());
    while let Some(doc) = set.doc() {
        steps.check()?;
        docs.insert(doc.get());
        set.advance();
    }
    // A set that looks at the clock itself ends early.
    deadline.check()?;
    Ok((Cow::Owned(docs), trace.as_ref().map(Trace::part)))
}

/// Why a search of vectors gave no answer: only time, the vector having been checked.
pub(super) fn search_failure(error: VectorError) -> Error {
    match error {
        VectorError::Stopped => Error::Stopped(Stop::Timeout),
        VectorError::WrongSize { .. } | VectorError::NotFinite { .. } | VectorError::Full => {
            Error::Fault(error.to_string())
        }
    }
}

/// Gives hits the score that they have in the filter.
fn score(hits: &mut [Hit], plan: &Plan, index: &Index, deadline: &Deadline) -> Result<(), Error> {
    let mut by_doc: Vec<&mut Hit> = hits.iter_mut().collect();
    by_doc.sort_unstable_by_key(|hit| hit.doc);
    let mut scored = build::scored(plan, index, deadline)?;
    for hit in by_doc {
        if scored.set().seek(hit.doc) == Some(hit.doc) {
            hit.score = scored.score();
        }
    }
    deadline.check()
}
