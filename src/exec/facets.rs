//! How many hits have which value of a field.

mod counter;
mod streamed;

use std::cmp::Ordering;

use nuthatch_indexes::tag::{TagId, TagIndex};
use roaring::RoaringBitmap;

pub(super) use self::counter::Counters;
pub(super) use self::streamed::of_word;
use super::batches::try_each_batch;
use super::deadline::Deadline;
use crate::catalog::index::{FieldIndex, Index};
use crate::plan::facets::FacetPlan;
use crate::request::error::Error;

/// The values of one field among all hits.
#[derive(Clone, Debug, PartialEq)]
pub struct FacetCounts {
    /// The field, as the request names it.
    pub name: Vec<u8>,
    /// Values and how many hits have each: ranges in their order, others the most frequent first.
    pub values: Vec<(FacetValue, u64)>,
}

/// A value that hits have.
#[derive(Clone, Debug, PartialEq)]
pub enum FacetValue {
    /// A tag in the letter case of the documents.
    Tag(Vec<u8>),
    /// A number.
    Number(f64),
    /// From a number to below another.
    Range(f64, f64),
}

/// Counts the values of every facet of a plan among `hits`: where a field has few tags by comparing their
/// sets with the hits, else by looking at the values of each hit.
///
/// # Errors
/// [`Error::Stopped`] when the deadline passes.
pub(super) fn count(
    facets: &[FacetPlan],
    hits: &RoaringBitmap,
    index: &Index,
    deadline: &Deadline,
) -> Result<Vec<FacetCounts>, Error> {
    let facets = facets.iter();
    facets
        .map(|facet| {
            if let FieldIndex::Tag(tags) = index.field(facet.field) {
                if hits.len() == index.documents().len() as u64 {
                    let all = tags.sets().map(|(tag, docs)| (tag, docs.len()));
                    return Ok(facet.counted(shown(tags, all.collect(), facet.limit)));
                }
                if is_worth_comparing(tags, hits) {
                    let found = by_sets(tags, hits, deadline)?;
                    return Ok(facet.counted(shown(tags, found, facet.limit)));
                }
            }
            let mut counters = Counters::new(std::slice::from_ref(facet), index);
            try_each_batch(hits, |docs| {
                counters.add(docs);
                deadline.check()
            })?;
            Ok(counters
                .finish()
                .pop()
                .unwrap_or_else(|| facet.counted(Vec::new())))
        })
        .collect()
}

type Counted = Vec<(FacetValue, u64)>;

impl FacetPlan {
    fn counted(&self, values: Counted) -> FacetCounts {
        FacetCounts {
            name: self.name.clone(),
            values,
        }
    }
}

/// The most frequent tags, as they are shown.
fn shown(tags: &TagIndex, mut found: Vec<(TagId, u64)>, limit: usize) -> Counted {
    keep_most_frequent(&mut found, limit, |a, b| tags.name(*a).cmp(tags.name(*b)));
    let shown = found.into_iter();
    shown
        .map(|(tag, count)| (FacetValue::Tag(tags.written(tag).to_vec()), count))
        .collect()
}

/// What it costs to look at the tags of a hit, in documents of a set that are compared.
const HIT_COST: u64 = 2;
/// What it costs to begin with a set.
const SET_COST: u64 = 32;
/// Documents of a bitmap that are compared at once.
const AT_ONCE: u64 = 64;

/// Whether it is cheaper to compare the documents of every tag with the hits than to look at the tags
/// of every hit: in the facets of `nuthatch-bench query` that took about 3 ns each, twice as long as to
/// compare a document or a word of a bitmap.
fn is_worth_comparing(tags: &TagIndex, hits: &RoaringBitmap) -> bool {
    let sets = tags.cardinality() as u64;
    // A set is a list, or a bit for each document.
    let most = u64::from(hits.max().unwrap_or(0)) / AT_ONCE;
    let compared = (tags.len() as u64).min(sets.saturating_mul(most));
    sets.saturating_mul(SET_COST).saturating_add(compared) < hits.len().saturating_mul(HIT_COST)
}

fn by_sets(
    tags: &TagIndex,
    hits: &RoaringBitmap,
    deadline: &Deadline,
) -> Result<Vec<(TagId, u64)>, Error> {
    let mut found = Vec::new();
    for (tag, docs) in tags.sets() {
        deadline.check()?;
        let count = docs.count_in(hits);
        if count > 0 {
            found.push((tag, count));
        }
    }
    Ok(found)
}

/// The most frequent first, equally frequent ones in their own order.
fn keep_most_frequent<T: Copy>(
    found: &mut Vec<(T, u64)>,
    limit: usize,
    order: impl Fn(&T, &T) -> Ordering,
) {
    if let Some(last) = limit.checked_sub(1).filter(|last| *last < found.len()) {
        // Their own order costs more to compare, so only those are that are as frequent as the last.
        found.select_nth_unstable_by(last, |a, b| b.1.cmp(&a.1));
        let least = found[last].1;
        let mut last_ones: Vec<_> = found.iter().copied().filter(|it| it.1 == least).collect();
        found.truncate(limit);
        found.retain(|it| it.1 > least);
        let wanted = limit - found.len();
        if wanted < last_ones.len() {
            last_ones.select_nth_unstable_by(wanted, |a, b| order(&a.0, &b.0));
            last_ones.truncate(wanted);
        }
        found.extend(last_ones);
    }
    found.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| order(&a.0, &b.0)));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_most_frequent_are_those_of_a_full_sort(
            counts in prop::collection::vec(1_u64..6, 0..60), limit in 0_usize..40,
        ) {
            let all: Vec<(usize, u64)> = counts.into_iter().enumerate().collect();
            let mut expected = all.clone();
            expected.sort_by_key(|(value, count)| (std::cmp::Reverse(*count), *value));
            // None is no limit.
            if limit > 0 {
                expected.truncate(limit);
            }
            let mut found = all;
            found.reverse();
            keep_most_frequent(&mut found, limit, usize::cmp);
            prop_assert_eq!(found, expected);
        }
    }
}
