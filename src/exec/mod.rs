//! Plans to hits: the only stage that reads postings, tags, numbers and vectors. It changes nothing.

pub mod aggregate;
mod area;
mod batches;
mod bits;
mod build;
mod by_number;
pub mod cancel;
mod candidates;
pub mod collect;
pub mod deadline;
pub mod explain;
pub mod facets;
mod filtered;
mod flat;
pub mod fusion;
pub mod hybrid;
mod kept;
mod knn;
mod matches;
mod model;
mod near;
mod ordered;
mod probe;
pub mod profile;
mod ranked;
mod ranking;
mod scored;
mod scorer;
pub mod sort_key;
pub mod spelling;
mod variants;
mod without;
pub mod yielded;

use nuthatch_indexes::doc::DocId;
use nuthatch_indexes::docset::DocSet;

use self::batches::BATCH;
use self::collect::{Hit, Hits, SortKeyList, Top};
use self::deadline::Deadline;
use self::facets::Counters;
pub(crate) use self::knn::members;
use self::matches::Matches;
use self::profile::Part;
use self::ranking::Ranking;
use self::sort_key::SortKeys;
use crate::catalog::index::{FieldIndex, Index};
use crate::keyspace::Hashes;
use crate::plan::method::Method;
use crate::plan::{Kind, Plan};
use crate::request::error::{Error, Stop};
use crate::request::search::Scorer;

/// How many threads a plan runs on: one, unless it compares its vector with very many.
#[must_use]
pub fn threads(plan: &Plan, index: &Index) -> usize {
    let Some(knn) = &plan.knn else {
        return 1;
    };
    let is_filtered = !matches!(plan.filter.kind, Kind::All { .. });
    match index.field(knn.field) {
        FieldIndex::Vector(vectors) if !is_filtered => vectors.scan_threads(),
        FieldIndex::Vector(_)
        | FieldIndex::Text(_)
        | FieldIndex::Tag(_)
        | FieldIndex::Numeric(_)
        | FieldIndex::Geo(_)
        | FieldIndex::Shape(_)
        | FieldIndex::None => 1,
    }
}

/// Answers a plan with the first `limit` hits in its order, and the number of all of them.
///
/// # Errors
/// [`Error::Stopped`] when the deadline passes; there are no partial answers.
pub fn run(
    plan: &Plan,
    limit: usize,
    index: &Index,
    keyspace: &mut dyn Hashes,
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
    keyspace: &mut dyn Hashes,
    deadline: &Deadline,
) -> Result<Found, Error> {
    let mut found = match plan.method {
        Method::Count(total) if limit == 0 || total == 0 => Found::All(Hits {
            facets: Counters::new(&plan.facets, index).finish(),
            profile: profile::known(plan, index),
            ..Hits::counted(total)
        }),
        Method::Nearest => Found::All(nearest(plan, limit, index, keyspace, deadline)?),
        Method::BestWords(by) if limit > 0 => {
            match ranked::best(plan, by, limit, index, deadline)? {
                Some(hits) => Found::All(hits),
                None => matches(plan, limit, index, keyspace, deadline)?,
            }
        }
        Method::Walk(walk) if limit > 0 => {
            match ordered::first(&walk, plan, limit, index, deadline) {
                Some(found) => found,
                None => matches(plan, limit, index, keyspace, deadline)?,
            }
        }
        Method::Count(_)
        | Method::BestWords(_)
        | Method::Walk(_)
        | Method::Heap
        | Method::Visit => matches(plan, limit, index, keyspace, deadline)?,
    };
    if plan.scoring.scorer == Scorer::Bm25StdNorm {
        let (Found::All(hits) | Found::Some(hits)) = &mut found;
        for hit in &mut hits.rows {
            hit.score = scored::share(hit.score, hits.best);
        }
    }
    Ok(found)
}

/// The nearest neighbours, of which the first `limit` in order are kept.
fn nearest(
    plan: &Plan,
    limit: usize,
    index: &Index,
    keyspace: &mut dyn Hashes,
    deadline: &Deadline,
) -> Result<Hits, Error> {
    let Some(knn) = &plan.knn else {
        return Ok(Hits::counted(0));
    };
    let mut sort_keys = SortKeys::new(plan, index, keyspace);
    let (mut hits, profile) = knn::measured(knn, plan, index, deadline)?;
    sort_keys.prepare(&hits);
    for hit in &mut hits {
        deadline.check()?;
        hit.sort_keys = sort_keys.get(hit.doc);
    }
    let mut counters = Counters::new(&plan.facets, index);
    counters.add(&hits.iter().map(|hit| hit.doc.get()).collect::<Vec<_>>());
    let facets = counters.finish();
    let ranking = Ranking::new(&plan.order, index.documents());
    let mut hits = collect::sorted(hits, ranking, limit);
    (hits.facets, hits.profile) = (facets, profile);
    Ok(hits)
}

/// Every match, of which the first `limit` in order are kept.
fn matches(
    plan: &Plan,
    limit: usize,
    index: &Index,
    keyspace: &mut dyn Hashes,
    deadline: &Deadline,
) -> Result<Found, Error> {
    if plan.gathers_bits() && !(plan.scored && limit > 0) {
        let only_counts = limit == 0 && !plan.facets.is_empty();
        if only_counts && let Some(hits) = facets::of_word(plan, index, deadline)? {
            return Ok(Found::All(hits));
        }
        let found = bits::matching(&plan.filter, plan.access, index, deadline)?;
        return first_of(found, plan, limit, index, keyspace, deadline);
    }
    let mut sort_keys = SortKeys::new(plan, index, keyspace);
    let mut scored = build::scored(plan, index, deadline)?;
    let mut counters = Counters::new(&plan.facets, index);
    let (mut found, counts) = (Vec::with_capacity(BATCH), !plan.facets.is_empty());
    let mut top = Top::new(limit, Ranking::new(&plan.order, index.documents()));
    let mut steps = deadline.steps(plan.filter.sets());
    let (mut waiting, at_once) = (Vec::new(), sort_keys.at_once());
    while let Some(doc) = scored.set().doc() {
        if steps.check().is_err() {
            sort_keys.push_all(&mut waiting, &mut top);
            return cut_short(plan, top.finish(), scored.profile());
        }
        if counts {
            found.push(doc.get());
            if found.len() == BATCH {
                counters.add(&found);
                found.clear();
            }
        }
        // A hit that is only counted needs neither score nor sort key.
        if limit > 0 {
            let mut hit = Hit {
                doc,
                score: if plan.scored { scored.score() } else { 0.0 },
                distance: None,
                sort_keys: SortKeyList::new(),
            };
            if at_once > 1 {
                waiting.push(hit);
                if waiting.len() >= at_once {
                    sort_keys.push_all(&mut waiting, &mut top);
                }
            } else {
                hit.sort_keys = sort_keys.get(doc);
                top.push(hit);
            }
        } else {
            top.count();
        }
        scored.set().advance();
    }
    sort_keys.push_all(&mut waiting, &mut top);
    // A set that looks at the clock itself ends early.
    if deadline.passed() {
        return cut_short(plan, top.finish(), scored.profile());
    }
    let mut hits = top.finish();
    hits.profile = scored.profile();
    counters.add(&found);
    hits.facets = counters.finish();
    Ok(Found::All(hits))
}

/// The first `limit` in order of documents that match, none of which is scored.
fn first_of(
    found: Matches<'_>,
    plan: &Plan,
    limit: usize,
    index: &Index,
    keyspace: &mut dyn Hashes,
    deadline: &Deadline,
) -> Result<Found, Error> {
    let mut top = Top::new(limit, Ranking::new(&plan.order, index.documents()));
    let is_whole;
    let mut hits = match by_number::numbers(&plan.order, index) {
        Some(numbers) if limit > 0 => {
            let (rows, all) = by_number::first(&found, numbers, limit, deadline);
            is_whole = all;
            Hits {
                rows,
                ..Hits::counted(found.len())
            }
        }
        Some(_) | None => {
            let mut sort_keys = SortKeys::new(plan, index, keyspace);
            let mut steps = deadline.steps(1);
            let ranked = found.try_each_batch(|batch| {
                // Where none is kept none is looked at.
                let batch = if limit > 0 { batch } else { &[] };
                for doc in batch.iter().filter_map(|doc| DocId::new(*doc)) {
                    steps.check()?;
                    top.push(Hit {
                        doc,
                        score: 0.0,
                        distance: None,
                        sort_keys: sort_keys.get(doc),
                    });
                }
                Ok::<(), Error>(())
            });
            is_whole = ranked.is_ok();
            Hits {
                total: usize::try_from(found.len()).unwrap_or(usize::MAX),
                ..top.finish()
            }
        }
    };
    if !is_whole {
        return cut_short(plan, hits, None);
    }
    if !plan.facets.is_empty() {
        hits.facets = facets::count(&plan.facets, &found.into_bits(), index, deadline)?;
    }
    Ok(Found::All(hits))
}

/// What was met when time was over. Facets of some hits would say nothing of all.
fn cut_short(plan: &Plan, mut hits: Hits, profile: Option<Part>) -> Result<Found, Error> {
    if plan.facets.is_empty() {
        hits.profile = profile;
        Ok(Found::Some(hits))
    } else {
        Err(Error::Stopped(Stop::Timeout))
    }
}
