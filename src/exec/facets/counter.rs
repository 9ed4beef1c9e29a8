//! Values of facets, counted a batch of hits at a time.

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use nuthatch_indexes::numeric::NumericIndex;
use nuthatch_indexes::tag::{TagCounts, TagIndex};

use super::{Counted, FacetCounts, FacetValue, keep_most_frequent, shown};
use crate::catalog::index::{FieldIndex, Index};
use crate::plan::facets::{FacetBy, FacetPlan};

/// What is counted of each facet of a plan.
pub(in crate::exec) struct Counters<'a>(Vec<(&'a FacetPlan, Counter<'a>)>);

impl<'a> Counters<'a> {
    /// Nothing yet.
    pub(in crate::exec) fn new(facets: &'a [FacetPlan], index: &'a Index) -> Self {
        let facets = facets.iter();
        Self(
            facets
                .map(|facet| (facet, Counter::new(facet, index)))
                .collect(),
        )
    }

    /// Counts the values of some hits: quickly if they ascend.
    pub(in crate::exec) fn add(&mut self, docs: &[u32]) {
        for (_, counter) in &mut self.0 {
            counter.add(docs);
        }
    }

    /// The values, as they are shown.
    pub(in crate::exec) fn finish(self) -> Vec<FacetCounts> {
        let facets = self.0.into_iter();
        facets
            .map(|(facet, counter)| facet.counted(counter.finish(facet.limit)))
            .collect()
    }
}

enum Counter<'a> {
    Tags(&'a TagIndex, TagCounts<'a>),
    /// By the bits of the number, of which both zeros have the same.
    Numbers(&'a NumericIndex, HashMap<u64, u64, RandomState>),
    /// Bounds, and a range more than there are of them.
    Ranges(&'a NumericIndex, &'a [f64], Vec<u64>),
    Nothing,
}

impl<'a> Counter<'a> {
    fn new(facet: &'a FacetPlan, index: &'a Index) -> Self {
        match (index.field(facet.field), &facet.by) {
            (FieldIndex::Tag(tags), _) => Self::Tags(tags, tags.counts()),
            (FieldIndex::Numeric(numbers), FacetBy::Ranges(bounds)) => {
                Self::Ranges(numbers, bounds, vec![0; bounds.len() + 1])
            }
            (FieldIndex::Numeric(numbers), FacetBy::Tag | FacetBy::Number) => {
                Self::Numbers(numbers, HashMap::default())
            }
            (
                FieldIndex::Text(_)
                | FieldIndex::Geo(_)
                | FieldIndex::Shape(_)
                | FieldIndex::Vector(_)
                | FieldIndex::None,
                _,
            ) => Self::Nothing,
        }
    }

    fn add(&mut self, docs: &[u32]) {
        match self {
            Self::Tags(_, counts) => counts.add(docs),
            Self::Numbers(numbers, counts) => numbers.each(docs, |least, others| {
                for value in held(least, others) {
                    *counts.entry((value + 0.0).to_bits()).or_default() += 1;
                }
            }),
            Self::Ranges(numbers, bounds, counts) => numbers.each(docs, |least, others| {
                let mut last = None;
                for value in held(least, others) {
                    let range = bounds.partition_point(|bound| *bound <= value);
                    // As numbers ascend, those in one range come one after another.
                    if last.replace(range) != Some(range)
                        && let Some(count) = counts.get_mut(range)
                    {
                        *count += 1;
                    }
                }
            }),
            Self::Nothing => {}
        }
    }

    fn finish(self, limit: usize) -> Counted {
        match self {
            Self::Tags(tags, counts) => shown(tags, counts.finish(), limit),
            Self::Numbers(_, counts) => {
                let counts = counts.into_iter();
                let counts = counts.map(|(bits, count)| (f64::from_bits(bits), count));
                let mut found: Vec<_> = counts.collect();
                keep_most_frequent(&mut found, limit, f64::total_cmp);
                let shown = found.into_iter();
                shown
                    .map(|(value, count)| (FacetValue::Number(value), count))
                    .collect()
            }
            // Every range in its order, those without a hit too.
            Self::Ranges(_, bounds, counts) => {
                let bounds = bounds.iter().copied();
                let lower = [f64::NEG_INFINITY].into_iter().chain(bounds.clone());
                let ranges = lower.zip(bounds.chain([f64::INFINITY]));
                let ranges = ranges.map(|(from, to)| FacetValue::Range(from, to));
                ranges.zip(counts).collect()
            }
            Self::Nothing => Vec::new(),
        }
    }
}

/// All numbers of a document, ascending, of which the least is NaN where it has none.
#[inline]
fn held(least: f64, others: &[f64]) -> impl Iterator<Item = f64> {
    let least = (!least.is_nan()).then_some(least);
    least.into_iter().chain(others.iter().copied())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use nuthatch_indexes::doc::DocId;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_document_counts_once_for_each_of_its_numbers_and_for_each_range_that_has_one(
            numbers in prop::collection::vec(prop::collection::btree_set(-3_i8..4, 0..4), 0..60),
            bounds in prop::collection::btree_set(-4_i8..5, 0..4),
        ) {
            let mut index = NumericIndex::new();
            for (doc, numbers) in numbers.iter().enumerate() {
                let numbers: Vec<f64> = numbers.iter().copied().map(f64::from).collect();
                index.insert_all(DocId::from_index(doc).unwrap(), &numbers).unwrap();
            }
            let docs: Vec<u32> = (1..).zip(&numbers).map(|(doc, _)| doc).collect();
            let of_number = |number: i8| numbers.iter().filter(|of| of.contains(&number)).count();
            let all: BTreeSet<i8> = numbers.iter().flatten().copied().collect();
            let mut expected: Vec<_> = all.into_iter().map(|it| (it, of_number(it))).collect();
            expected.sort_by_key(|(number, count)| (std::cmp::Reverse(*count), *number));
            let expected = expected.into_iter().map(|(number, count)| {
                (FacetValue::Number(number.into()), count as u64)
            });
            let mut counter = Counter::Numbers(&index, HashMap::default());
            docs.chunks(7).for_each(|docs| counter.add(docs));
            prop_assert!(counter.finish(usize::MAX).into_iter().eq(expected));

            let bounds: Vec<f64> = bounds.into_iter().map(f64::from).collect();
            let lower = std::iter::once(f64::NEG_INFINITY).chain(bounds.iter().copied());
            let upper = bounds.iter().copied().chain([f64::INFINITY]);
            let expected = lower.zip(upper).map(|(low, high)| {
                let has = |of: &&BTreeSet<i8>| {
                    of.iter().any(|number| (low..high).contains(&f64::from(*number)))
                };
                (FacetValue::Range(low, high), numbers.iter().filter(has).count() as u64)
            });
            let mut counter = Counter::Ranges(&index, &bounds, vec![0; bounds.len() + 1]);
            docs.chunks(7).for_each(|docs| counter.add(docs));
            prop_assert!(counter.finish(0).into_iter().eq(expected));
        }
    }
}
