//! How the hits of a plan are found and put in order.

use nuthatch_indexes::numeric::Bound;

use super::cost::{Walked, asking, is_stored, most_walked, words_cost};
use super::order::By;
use super::words_first::{Split, split};
use super::{Kind, Node, Plan};
use crate::catalog::index::{FieldIndex, Index};
use crate::catalog::schema::FieldId;
use crate::request::create::IndexOption;
use crate::request::search::{Scorer, Search};

/// How hits are found and put in order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Method {
    /// Nothing can match, or so many for certain: nobody looks at a document.
    Count(u64),
    /// The neighbours of a vector among the matches, all of which are found first.
    Nearest,
    /// Documents that cannot be among the best for the words are counted without a score. What else
    /// documents must meet is asked so, where there is any.
    BestWords(FilterBy),
    /// The numbers of a field are walked in order, and each document is asked whether it matches,
    /// until there are enough.
    Walk(Walk),
    /// Every match is visited; the first in order are kept in a heap.
    Heap,
    /// Every match is visited and counted.
    Visit,
}

/// How it is told whether a document meets the conditions beside the words that rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterBy {
    /// All that do are put together first.
    Bits,
    /// Each is asked.
    Asked,
    /// All that match, words and conditions, are put together first; of these the best are looked for.
    Matched,
}

/// How all matches are put together where none of them is scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gather {
    /// By operations on whole sets, which the planner always chooses: where few lead, sets are lists.
    Bits,
    /// Document by document, as where they are scored: what that choice is measured against.
    Walked,
}

/// A walk over the numbers of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Walk {
    /// The field.
    pub field: FieldId,
    /// Highest first.
    pub descending: bool,
    /// No match has a lower number.
    pub min: Bound,
    /// No match has a higher one.
    pub max: Bound,
    /// Documents without a number may match.
    pub takes_missing: bool,
    /// How many match; none where nobody wants to know.
    pub total: Option<u64>,
    /// After so many documents it is given up, and all matches are put together: what matches lies
    /// elsewhere than it would by chance.
    pub most: u64,
}

/// The method for a plan whose other parts are settled.
pub(super) fn choose(plan: &Plan, search: &Search, index: &Index) -> Method {
    if plan.knn.is_some() {
        return Method::Nearest;
    }
    let estimate = plan.filter.estimate;
    let is_exact = estimate.min == estimate.max;
    if estimate.max == 0 || search.count == 0 && is_exact && plan.facets.is_empty() {
        return Method::Count(estimate.max);
    }
    if search.count == 0 {
        return Method::Visit;
    }
    if ranks_by_words(plan, index)
        && let Some(split) = split(&plan.filter)
    {
        let wanted = (search.offset as u64).saturating_add(search.count as u64);
        return best_words(plan, &split, wanted, index).map_or(Method::Heap, Method::BestWords);
    }
    let wanted = (search.offset as u64).saturating_add(search.count as u64);
    let walk = walk(plan, index).and_then(|(walk, over)| worthwhile(walk, plan, wanted, over));
    walk.map_or(Method::Heap, Method::Walk)
}

/// Whether the order is that of words, as postings have bounds for.
pub(super) fn ranks_by_words(plan: &Plan, index: &Index) -> bool {
    plan.order.is_by_score()
        && plan.scoring.scorer == Scorer::Bm25Std
        && plan.facets.is_empty()
        // The bounds of postings know frequencies.
        && !index.leaves_out(IndexOption::NoFrequencies)
}

/// How conditions are asked while the best documents for words are looked for; none if it is cheaper
/// to score every match.
fn best_words(plan: &Plan, split: &Split<'_>, wanted: u64, index: &Index) -> Option<FilterBy> {
    // Of one word, or any of several, most documents are passed over.
    if split.filters.is_empty() && split.words.len() == 1 {
        return Some(FilterBy::Asked);
    }
    let total = index.documents().len() as u64;
    let cost = words_cost(plan, split, wanted, total);
    let asked = cost.asked.map(|cost| (cost, FilterBy::Asked));
    let bits = (!split.filters.is_empty()).then_some((cost.bits, FilterBy::Bits));
    let matched = cost.matched.map(|cost| (cost, FilterBy::Matched));
    let best = asked.into_iter().chain(bits).chain(matched);
    let (least, by) = best.min_by_key(|(cost, _)| *cost)?;
    (least < cost.heap).then_some(by)
}

/// The walk over the field that hits are sorted by, if there is one, and what it is over.
pub(super) fn walk(plan: &Plan, index: &Index) -> Option<(Walk, Walked)> {
    let [key] = plan.order.keys.as_slice() else {
        return None;
    };
    let By::Field(field) = key.by else {
        return None;
    };
    let FieldIndex::Numeric(numbers) = index.field(field) else {
        return None;
    };
    let estimate = plan.filter.estimate;
    let total = (estimate.min == estimate.max).then_some(estimate.max);
    let must_visit = total.is_none() && plan.counts || plan.scored || !plan.facets.is_empty();
    if must_visit {
        return None;
    }
    asking(&plan.filter)?;
    let (range, met) = match own_range(&plan.filter, field) {
        Some((range, estimate)) => (Some(range), estimate),
        None => (None, numbers.len() as u64),
    };
    let open = |value| Bound {
        value,
        exclusive: false,
    };
    let (min, max) = range.unwrap_or((open(f64::NEG_INFINITY), open(f64::INFINITY)));
    let walk = Walk {
        field,
        descending: key.descending,
        min,
        max,
        takes_missing: range.is_none(),
        total,
        most: u64::MAX,
    };
    let over = Walked {
        field,
        total: index.documents().len() as u64,
        documents: met,
        run: numbers.first_run(min, max, key.descending),
    };
    Some((walk, over))
}

/// A walk over some documents, if that is cheaper than to put all matches together and look at each: most
/// that it meets match, and the total need not be counted.
fn worthwhile(walk: Walk, plan: &Plan, wanted: u64, over: Walked) -> Option<Walk> {
    /// Of so many the number that is met for them differs from what is likely by an eighth.
    const MANY: u64 = 64;
    // For the first page of a set that is there a short walk is tried in any case, and costs no questions.
    let matches = plan.filter.estimate.likely;
    let likely = wanted.saturating_mul(over.documents) / matches.max(1);
    let is_first_page = plan.order.page.is_none();
    if is_first_page && is_stored(&plan.filter) && likely <= most_walked(matches) {
        return None;
    }
    let visited = plan.visits_ns(wanted, over.total);
    let (asked, each) = plan.walk_ns(wanted, over);
    // Where few are wanted of much that does not match, they are often met later than is likely.
    let is_sure = wanted >= MANY || matches >= over.documents;
    let allowed = if is_sure { visited } else { visited / 4 * 3 };
    let is_cheaper = asked.saturating_mul(each) < allowed;
    // It is given up for no more than what it would have cost to do without.
    is_cheaper.then(|| Walk {
        most: (visited / each).max(wanted.saturating_mul(2)),
        ..walk
    })
}

/// The range that a filter sets the numbers of a field, and how many documents lie in it.
fn own_range(filter: &Node, field: FieldId) -> Option<((Bound, Bound), u64)> {
    let of = |node: &Node| match node.kind {
        Kind::Numeric {
            field: other,
            min,
            max,
            ..
        } if other == field => Some(((min, max), node.estimate.likely)),
        Kind::Numeric { .. }
        | Kind::All { .. }
        | Kind::Nothing
        | Kind::Keys(_)
        | Kind::Term { .. }
        | Kind::Variants { .. }
        | Kind::Phrase { .. }
        | Kind::Tag { .. }
        | Kind::Missing(_)
        | Kind::Area { .. }
        | Kind::VectorRange(_)
        | Kind::And(_)
        | Kind::Near { .. }
        | Kind::Or(_)
        | Kind::Not(_)
        | Kind::Optional(_) => None,
    };
    if let Kind::And(parts) = &filter.kind {
        parts.iter().find_map(of)
    } else {
        of(filter)
    }
}
