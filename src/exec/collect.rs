//! Hits in order, the first of them kept.

use std::cmp::Ordering;

use nuthatch_indexes::doc::DocId;

use crate::catalog::column::SortKey;
use crate::plan::Order;

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
    pub sort_key: Option<SortKey>,
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
}

/// Keeps the first hits in order of any number pushed, in memory for twice as many.
#[derive(Debug)]
pub struct Top {
    limit: usize,
    order: Order,
    total: usize,
    best: f64,
    /// The first `limit` so far are among these.
    kept: Vec<Hit>,
}

impl Top {
    /// Room for the first `limit` hits.
    #[must_use]
    pub fn new(limit: usize, order: Order) -> Self {
        Self {
            limit,
            order,
            total: 0,
            best: 0.0,
            kept: Vec::new(),
        }
    }

    /// Counts a hit and keeps it as long as it may be among the first.
    pub fn push(&mut self, hit: Hit) {
        self.count();
        self.best = self.best.max(hit.score);
        self.kept.push(hit);
        if self.kept.len() >= self.limit.max(16).saturating_mul(2) {
            self.shrink();
        }
    }

    /// Counts a hit.
    pub fn count(&mut self) {
        self.total += 1;
    }

    /// The hits kept, sorted.
    #[must_use]
    pub fn finish(mut self) -> Hits {
        self.shrink();
        self.kept
            .sort_unstable_by(|a, b| compare(&self.order, a, b));
        Hits {
            total: self.total,
            rows: self.kept,
            best: self.best,
        }
    }

    fn shrink(&mut self) {
        if self.kept.len() > self.limit {
            if self.limit > 0 {
                let order = &self.order;
                self.kept
                    .select_nth_unstable_by(self.limit - 1, |a, b| compare(order, a, b));
            }
            self.kept.truncate(self.limit);
        }
    }
}

/// All of some hits in order, of which the first `limit` are kept.
#[must_use]
pub fn sorted(hits: Vec<Hit>, order: &Order, limit: usize) -> Hits {
    let mut top = Top::new(limit, order.clone());
    hits.into_iter().for_each(|hit| top.push(hit));
    top.finish()
}

/// The order of two hits; never equal for two documents.
fn compare(order: &Order, a: &Hit, b: &Hit) -> Ordering {
    let first = match order {
        Order::Score => b.score.total_cmp(&a.score),
        Order::Distance { descending } => missing_last(
            a.distance.as_ref(),
            b.distance.as_ref(),
            *descending,
            f64::total_cmp,
        ),
        Order::Field { descending, .. } | Order::Yielded { descending, .. } => missing_last(
            a.sort_key.as_ref(),
            b.sort_key.as_ref(),
            *descending,
            SortKey::order,
        ),
    };
    first.then(a.doc.cmp(&b.doc))
}

/// The order of two values, either way round; a missing one comes last in both.
fn missing_last<T>(
    a: Option<&T>,
    b: Option<&T>,
    descending: bool,
    order: impl Fn(&T, &T) -> Ordering,
) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) if descending => order(b, a),
        (Some(a), Some(b)) => order(a, b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
                sort_key: None,
            }).collect();
            let mut expected = hits.clone();
            expected.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.doc.cmp(&b.doc)));
            expected.truncate(limit);
            let found = sorted(hits, &Order::Score, limit);
            prop_assert_eq!(found.total, scores.len());
            prop_assert_eq!(found.rows, expected);
        }
    }

    #[test]
    fn a_missing_value_is_last_both_ways() {
        for descending in [false, true] {
            assert_eq!(
                missing_last(None, Some(&1), descending, Ord::cmp),
                Ordering::Greater
            );
            assert_eq!(
                missing_last(Some(&1), None, descending, Ord::cmp),
                Ordering::Less
            );
        }
    }
}
