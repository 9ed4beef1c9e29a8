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
            Self::Numbers(numbers, counts) => numbers.each(docs, |value| {
                if !value.is_nan() {
                    *counts.entry((value + 0.0).to_bits()).or_default() += 1;
                }
            }),
            Self::Ranges(numbers, bounds, counts) => numbers.each(docs, |value| {
                let range = bounds.partition_point(|bound| *bound <= value);
                if let Some(count) = counts.get_mut(range).filter(|_| !value.is_nan()) {
                    *count += 1;
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
