//! The first documents of a set by the number of a field: one look at the column each, and nothing is
//! made of those that cannot be among the first.

use nuthatch_indexes::doc::DocId;
use nuthatch_indexes::numeric::NumericIndex;
use roaring::RoaringBitmap;
use smallvec::smallvec;

use super::collect::Hit;
use super::deadline::Deadline;
use crate::catalog::column::SortKey;
use crate::catalog::index::{FieldIndex, Index};
use crate::plan::order::{By, Order};

/// A document's rank: smaller is earlier.
type Place = (u64, u32);

/// Behind every number.
const MISSING: u64 = u64::MAX;

/// The numbers that hits are ordered by, if it is one field's alone and ties are in the order of ids.
pub(super) fn numbers<'a>(order: &Order, index: &'a Index) -> Option<(&'a NumericIndex, bool)> {
    let ([key], None) = (order.keys.as_slice(), &order.page) else {
        return None;
    };
    let By::Field(field) = key.by else {
        return None;
    };
    match index.field(field) {
        FieldIndex::Numeric(numbers) => Some((numbers, key.descending)),
        FieldIndex::Text(_)
        | FieldIndex::Tag(_)
        | FieldIndex::Geo(_)
        | FieldIndex::Shape(_)
        | FieldIndex::Vector(_)
        | FieldIndex::None => None,
    }
}

/// The first `limit` documents, and whether all of the set were looked at before the deadline.
pub(super) fn first(
    docs: &RoaringBitmap,
    (numbers, descending): (&NumericIndex, bool),
    limit: usize,
    deadline: &Deadline,
) -> (Vec<Hit>, bool) {
    let mut steps = deadline.steps(1);
    let mut kept = Kept::new(limit);
    let mut is_whole = true;
    for doc in docs.iter().filter_map(DocId::new) {
        if steps.check().is_err() {
            is_whole = false;
            break;
        }
        let rank = numbers
            .get(doc)
            .map_or(MISSING, |number| rank(number, descending));
        kept.push((rank, doc.get()));
    }
    let hit = |(_, doc): Place| {
        let doc = DocId::new(doc)?;
        Some(Hit {
            doc,
            score: 0.0,
            distance: None,
            sort_keys: smallvec![numbers.get(doc).map(SortKey::Number)],
        })
    };
    (
        kept.finish().into_iter().filter_map(hit).collect(),
        is_whole,
    )
}

/// Where a number comes: both zeros at one place, and no number at that of those that are missing.
fn rank(number: f64, descending: bool) -> u64 {
    const SIGN: u64 = 1 << 63;
    // The sum turns the negative zero into the positive one.
    let bits = (number + 0.0).to_bits();
    let ascending = if bits & SIGN == 0 { bits | SIGN } else { !bits };
    if descending { !ascending } else { ascending }
}

/// The first of any number of places, in memory for twice as many.
struct Kept {
    limit: usize,
    places: Vec<Place>,
    /// Of what is not before it nothing is wanted.
    bar: Place,
}

impl Kept {
    const fn new(limit: usize) -> Self {
        Self {
            limit,
            places: Vec::new(),
            bar: (u64::MAX, u32::MAX),
        }
    }

    #[inline]
    fn push(&mut self, place: Place) {
        if place >= self.bar {
            return;
        }
        self.places.push(place);
        if self.places.len() >= self.limit.max(16).saturating_mul(2) {
            self.shrink();
        }
    }

    fn shrink(&mut self) {
        if let Some(last) = self
            .limit
            .checked_sub(1)
            .filter(|last| *last < self.places.len())
        {
            let (_, place, _) = self.places.select_nth_unstable(last);
            self.bar = *place;
        }
        self.places.truncate(self.limit);
    }

    fn finish(mut self) -> Vec<Place> {
        self.shrink();
        self.places.sort_unstable();
        self.places
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_first_are_those_of_a_full_sort(
            numbers in prop::collection::vec(prop::option::of(-3_i8..4), 0..120),
            limit in 0_usize..40,
            descending in any::<bool>(),
        ) {
            let mut index = NumericIndex::new();
            let mut expected: Vec<(Option<f64>, u32)> = Vec::new();
            for (slot, number) in numbers.iter().enumerate() {
                let doc = DocId::from_index(slot).unwrap();
                // A zero of either sign is one number.
                let number = number.map(|it| if it == 0 && slot % 2 == 0 { -0.0 } else { f64::from(it) });
                if let Some(number) = number {
                    index.insert(doc, number).unwrap();
                }
                expected.push((number, doc.get()));
            }
            expected.sort_by(|(a, one), (b, other)| {
                let by_number = match (a, b) {
                    (Some(a), Some(b)) if descending => b.partial_cmp(a).unwrap(),
                    (Some(a), Some(b)) => a.partial_cmp(b).unwrap(),
                    (a, b) => a.is_none().cmp(&b.is_none()),
                };
                by_number.then(one.cmp(other))
            });
            let docs = expected.iter().map(|(_, doc)| *doc).collect();
            expected.truncate(limit);
            let never = Deadline::after_ms(0);
            let (hits, is_whole) = first(&docs, (&index, descending), limit, &never);
            prop_assert!(is_whole);
            let found: Vec<u32> = hits.iter().map(|hit| hit.doc.get()).collect();
            let docs: Vec<u32> = expected.iter().map(|(_, doc)| *doc).collect();
            prop_assert_eq!(found, docs);
        }
    }

    #[test]
    fn what_was_met_is_kept_when_time_is_over() {
        let deadline = Deadline::after_ms(1);
        while !deadline.passed() {}
        let docs: RoaringBitmap = (1..10_000).collect();
        let (hits, is_whole) = first(&docs, (&NumericIndex::new(), false), 3, &deadline);
        assert_eq!((hits.len(), is_whole), (3, false));
    }
}
