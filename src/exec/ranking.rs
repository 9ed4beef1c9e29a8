//! Which of two hits comes first.

use std::cmp::Ordering;

use super::collect::Hit;
use crate::catalog::column::SortKey;
use crate::catalog::doc_table::DocTable;
use crate::plan::order::{By, Order, OrderKey, Place};

/// The order of the hits of one query.
#[derive(Clone, Copy)]
pub(super) struct Ranking<'a> {
    order: &'a Order,
    documents: &'a DocTable,
}

impl<'a> Ranking<'a> {
    pub(super) fn new(order: &'a Order, documents: &'a DocTable) -> Self {
        Self { order, documents }
    }

    /// The order of two hits; never equal for two documents.
    pub(super) fn compare(&self, a: &Hit, b: &Hit) -> Ordering {
        for (slot, key) in self.order.keys.iter().enumerate() {
            let order = match key.by {
                By::Score => directed(*key, &a.score, &b.score, number_order),
                By::Distance => {
                    let (a, b) = (a.distance.as_ref(), b.distance.as_ref());
                    missing_last(a, b, |a, b| directed(*key, a, b, number_order))
                }
                By::Yielded(_) | By::Field(_) => {
                    let (a, b) = (a.sort_key(slot), b.sort_key(slot));
                    missing_last(a, b, |a, b| directed(*key, a, b, SortKey::order))
                }
            };
            if order != Ordering::Equal {
                return order;
            }
        }
        let by_doc = a.doc.cmp(&b.doc);
        match self.order.page {
            Some(_) if by_doc != Ordering::Equal => {
                let key = |hit: &Hit| self.documents.key(hit.doc);
                key(a).cmp(&key(b)).then(by_doc)
            }
            Some(_) | None => by_doc,
        }
    }

    /// Whether the page of the order has a hit, which it has unless the hit is up to the place that
    /// the page begins behind.
    pub(super) fn is_on_page(&self, hit: &Hit) -> bool {
        let after = self
            .order
            .page
            .as_ref()
            .and_then(|page| page.after.as_ref());
        after.is_none_or(|place| self.compare_to_place(hit, place) == Ordering::Greater)
    }

    fn compare_to_place(&self, hit: &Hit, place: &Place) -> Ordering {
        let keys = self.order.keys.iter().zip(&place.values).enumerate();
        for (slot, (key, value)) in keys {
            let own = match key.by {
                By::Score => Some(SortKey::Number(hit.score)),
                By::Distance => hit.distance.map(SortKey::Number),
                By::Yielded(_) | By::Field(_) => hit.sort_key(slot).cloned(),
            };
            let order = missing_last(own.as_ref(), value.as_ref(), |a, b| {
                directed(*key, a, b, SortKey::order)
            });
            if order != Ordering::Equal {
                return order;
            }
        }
        self.documents.key(hit.doc).cmp(&Some(place.id.as_slice()))
    }
}

/// The order of two values of a key, whose direction it has.
fn directed<T>(key: OrderKey, a: &T, b: &T, order: impl Fn(&T, &T) -> Ordering) -> Ordering {
    if key.descending {
        order(b, a)
    } else {
        order(a, b)
    }
}

/// Both zeros are one number.
fn number_order(a: &f64, b: &f64) -> Ordering {
    (a + 0.0).total_cmp(&(b + 0.0))
}

/// The order of two values of which one that is missing comes last.
fn missing_last<T>(a: Option<&T>, b: Option<&T>, order: impl Fn(&T, &T) -> Ordering) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => order(a, b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_value_is_last_both_ways() {
        for descending in [false, true] {
            let key = OrderKey {
                by: By::Score,
                descending,
            };
            let order = |a, b| missing_last(a, b, |a: &f64, b| directed(key, a, b, number_order));
            assert_eq!(order(None, Some(&1.0)), Ordering::Greater);
            assert_eq!(order(Some(&1.0), None), Ordering::Less);
            assert_eq!(order(None, None), Ordering::Equal);
            assert_eq!(order(Some(&-0.0), Some(&0.0)), Ordering::Equal);
        }
    }
}
