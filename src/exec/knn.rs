//! The nearest neighbours among the documents that match.

use nuthatch_indexes::docset::DocSet;
use nuthatch_indexes::vector::{Nearest, VectorError};
use roaring::RoaringBitmap;

use super::build;
use super::collect::{Hit, SortKeyList};
use super::deadline::Deadline;
use crate::catalog::index::{FieldIndex, Index};
use crate::plan::{Kind, Knn, Plan};
use crate::request::error::{Error, Stop};

/// The hits of a vector clause, nearest first.
pub(super) fn nearest(
    knn: &Knn,
    plan: &Plan,
    index: &Index,
    deadline: &Deadline,
) -> Result<Vec<Hit>, Error> {
    let FieldIndex::Vector(vectors) = index.field(knn.field) else {
        return Ok(Vec::new());
    };
    let unfiltered = matches!(plan.filter.kind, Kind::All { .. });
    let matches = if unfiltered {
        None
    } else {
        Some(matching(plan, index, deadline)?)
    };
    let neighbours = vectors
        .nearest(
            &knn.vector,
            &Nearest {
                k: knn.k,
                ef: knn.ef,
                filter: matches.as_ref(),
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
    Ok(hits)
}

/// The documents that match the filter.
fn matching(plan: &Plan, index: &Index, deadline: &Deadline) -> Result<RoaringBitmap, Error> {
    let mut docs = RoaringBitmap::new();
    let mut set = build::scorer(&plan.filter, plan.scoring.scorer, index, deadline)?;
    let mut steps = deadline.steps(plan.filter.sets());
    while let Some(doc) = set.doc() {
        steps.check()?;
        docs.insert(doc.get());
        set.advance();
    }
    // A set that looks at the clock itself ends early.
    deadline.check()?;
    Ok(docs)
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
