//! Hits in order, the first of them kept.

use nuthatch_indexes::doc::DocId;
use smallvec::SmallVec;

use super::facets::FacetCounts;
use super::profile::Part;
use super::ranking::Ranking;
use crate::catalog::column::SortKey;

/// What a hit was sorted by, by each key of the order; nothing where that is only its score or its
/// distance.
pub type SortKeyList = SmallVec<[Option<SortKey>; 1]>;

/// One document that matches.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The document.
    pub doc: DocId,
    /// Bigger is better; 0 where nothing asked for it.
    pub score: f64,
    /// From the query's vector, smaller is nearer.
    pub distance: Option<f64>,
    /// What it was sorted by.
    pub sort_keys: SortKeyList,
}

impl Hit {
    /// What it was sorted by in one of the order's keys.
    #[must_use]
    pub fn sort_key(&self, slot: usize) -> Option<&SortKey> {
        self.sort_keys.get(slot)?.as_ref()
    }
}

/// The hits of a query.
#[derive(Clone, Debug, PartialEq)]
pub struct Hits {
    /// How many documents match, exactly.
    pub total: usize,
    /// The first of them in order.
    pub rows: Vec<Hit>,
    /// The highest score of all of them; 0 where nothing asked for scores.
    pub best: f64,
    /// The values of the plan's facets among all of them.
    pub facets: Vec<FacetCounts>,
    /// What the parts of the plan found and took, if it asks for that.
    pub profile: Option<Part>,
}

impl Hits {
    /// So many, of which none is kept.
    #[must_use]
    pub(super) fn counted(total: u64) -> Self {
        Self {
            total: usize::try_from(total).unwrap_or(usize::MAX),
            rows: Vec::new(),
            best: 0.0,
            facets: Vec::new(),
            profile: None,
        }
    }
}

/// Keeps the first hits in order of any number pushed, in memory for twice as many.
pub(super) struct Top<'a> {
    limit: usize,
    ranking: Ranking<'a>,
    total: usize,
    best: f64,
    /// The first `limit` so far are among these.
    kept: Vec<Hit>,
}

impl<'a> Top<'a> {
    /// Room for the first `limit` hits.
    pub(super) fn new(limit: usize, ranking: Ranking<'a>) -> Self {
        Self {
            limit,
            ranking,
            total: 0,
            best: 0.0,
            kept: Vec::new(),
        }
    }

    /// Counts a hit and keeps it as long as it may be among the first of the page; false if it is
    /// on no page that is to come.
    pub(super) fn push(&mut self, hit: Hit) -> bool {
        self.count();
        self.best = self.best.max(hit.score);
        if !self.ranking.is_on_page(&hit) {
            return false;
        }
        self.kept.push(hit);
        if self.kept.len() >= self.limit.max(16).saturating_mul(2) {
            self.shrink();
        }
        true
    }

    /// Counts a hit.
    pub(super) fn count(&mut self) {
        self.total += 1;
    }

    /// The hits kept, sorted.
    pub(super) fn finish(mut self) -> Hits {
        self.shrink();
        let ranking = self.ranking;
        self.kept.sort_unstable_by(|a, b| ranking.compare(a, b));
        Hits {
            total: self.total,
            rows: self.kept,
            best: self.best,
            facets: Vec::new(),
            profile: None,
        }
    }

    fn shrink(&mut self) {
        if self.kept.len() > self.limit {
            if self.limit > 0 {
                let ranking = self.ranking;
                self.kept
                    .select_nth_unstable_by(self.limit - 1, |a, b| ranking.compare(a, b));
            }
            self.kept.truncate(self.limit);
        }
    }
}

/// All of some hits in order, of which the first `limit` are kept.
pub(super) fn sorted(hits: Vec<Hit>, ranking: Ranking<'_>, limit: usize) -> Hits {
    let mut top = Top::new(limit, ranking);
    for hit in hits {
        top.push(hit);
    }
    top.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::doc_table::DocTable;
    use crate::plan::order::{By, Order};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_first_of_many_are_those_of_a_full_sort(
            scores in prop::collection::vec(0u8..10, 0..200),
            limit in 0usize..50,
        ) {
            let hits: Vec<Hit> = scores.iter().enumerate().map(|(slot, score)| Hit {
                doc: DocId::from_index(slot).unwrap(),
                score: f64::from(*score),
                distance: None,
                sort_keys: SortKeyList::new(),
            }).collect();
            let mut expected = hits.clone();
            expected.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.doc.cmp(&b.doc)));
            expected.truncate(limit);
            let (order, documents) = (Order::by(By::Score, true), DocTable::default());
            let found = sorted(hits, Ranking::new(&order, &documents), limit);
            prop_assert_eq!(found.total, scores.len());
            prop_assert_eq!(found.rows, expected);
        }
    }
}
