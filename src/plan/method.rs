//! How the hits of a plan are found and put in order.

use nuthatch_indexes::numeric::Bound;

use super::access::can_be_asked;
use super::order::By;
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
    /// Documents that cannot be among the best for the words are counted without a score.
    BestWords,
    /// The numbers of a field are walked in order, and each document is asked whether it matches,
    /// until there are enough.
    Walk(Walk),
    /// Every match is visited; the first in order are kept in a heap.
    Heap,
    /// Every match is visited and counted.
    Visit,
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
}

/// Matches that are visited in the time that a question to one document takes, as the walk goes through
/// memory in no order. By judgement so far; `cargo bench --bench planner` measures what it should be.
const ASKED_COST: u64 = 4;

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
    let ranked = plan.order.is_by_score() && search.scoring.scorer == Scorer::Bm25Std;
    // The bounds of postings know frequencies.
    let ranked = ranked && !index.leaves_out(IndexOption::NoFrequencies);
    if ranked && plan.facets.is_empty() && is_words(&plan.filter) {
        return Method::BestWords;
    }
    walk(plan, search, index).map_or(Method::Heap, Method::Walk)
}

/// The walk over the field that hits are sorted by, if that is cheaper than to visit every match: most
/// documents that it meets match, and the total need not be counted.
fn walk(plan: &Plan, search: &Search, index: &Index) -> Option<Walk> {
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
    if must_visit || !can_be_asked(&plan.filter) {
        return None;
    }
    let (range, met) = match own_range(&plan.filter, field) {
        Some((range, estimate)) => (Some(range), estimate),
        None => (None, numbers.len() as u64),
    };
    let wanted = (search.offset as u64).saturating_add(search.count as u64);
    let matches = estimate.likely.max(1);
    // Of `met` documents so many match; the wanted ones are as many times farther away.
    let asked = u128::from(wanted) * u128::from(met.max(1)) / u128::from(matches);
    let is_cheaper = asked * u128::from(ASKED_COST) < u128::from(matches);
    let open = |value| Bound {
        value,
        exclusive: false,
    };
    let (min, max) = range.unwrap_or((open(f64::NEG_INFINITY), open(f64::INFINITY)));
    is_cheaper.then_some(Walk {
        field,
        descending: key.descending,
        min,
        max,
        takes_missing: range.is_none(),
        total,
    })
}

/// The range that a filter sets the numbers of a field, and how many documents lie in it.
fn own_range(filter: &Node, field: FieldId) -> Option<((Bound, Bound), u64)> {
    let of = |node: &Node| match node.kind {
        Kind::Numeric {
            field: other,
            min,
            max,
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

/// Whether a node is nothing but words that score, any or all of them, or a phrase.
fn is_words(node: &Node) -> bool {
    match &node.kind {
        Kind::Or(parts) | Kind::And(parts) => parts.iter().all(is_word),
        Kind::Phrase { weight, .. } => *weight > 0.0,
        Kind::Term { .. }
        | Kind::Variants { .. }
        | Kind::All { .. }
        | Kind::Nothing
        | Kind::Keys(_)
        | Kind::Tag { .. }
        | Kind::Missing(_)
        | Kind::Numeric { .. }
        | Kind::Area { .. }
        | Kind::VectorRange(_)
        | Kind::Near { .. }
        | Kind::Not(_)
        | Kind::Optional(_) => is_word(node),
    }
}

/// Whether a node is one word that scores: the best of documents that score nothing are not found
/// by bounds of their scores.
fn is_word(node: &Node) -> bool {
    match &node.kind {
        Kind::Term { weight, .. } | Kind::Variants { weight, .. } => *weight > 0.0,
        Kind::Phrase { .. }
        | Kind::Or(_)
        | Kind::And(_)
        | Kind::All { .. }
        | Kind::Nothing
        | Kind::Keys(_)
        | Kind::Tag { .. }
        | Kind::Missing(_)
        | Kind::Numeric { .. }
        | Kind::Area { .. }
        | Kind::VectorRange(_)
        | Kind::Near { .. }
        | Kind::Not(_)
        | Kind::Optional(_) => false,
    }
}
