//! The first documents of a set by the number of a field: one look at the column each, and nothing is
//! made of those that cannot be among the first.

use nuthatch_indexes::doc::DocId;
use nuthatch_indexes::numeric::{Bound, NumericIndex};
use roaring::RoaringBitmap;
use smallvec::smallvec;

use super::batches::each_batch;
use super::collect::Hit;
use super::deadline::Deadline;
use super::matches::Matches;
use crate::catalog::column::SortKey;
use crate::catalog::index::{FieldIndex, Index};
use crate::plan::cost::most_walked;
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
    docs: &Matches<'_>,
    (numbers, descending): (&NumericIndex, bool),
    limit: usize,
    deadline: &Deadline,
) -> (Vec<Hit>, bool) {
    let (places, is_whole) = match walked(docs, numbers, descending, limit) {
        Some(places) => (places, true),
        None => looked_at(docs, numbers, descending, limit, deadline),
    };
    let hit = |doc: DocId| Hit {
        doc,
        score: 0.0,
        distance: None,
        sort_keys: smallvec![numbers.get(doc).map(SortKey::Number)],
    };
    (places.into_iter().map(hit).collect(), is_whole)
}

/// The first documents, met by walking the numbers in their order; none where most of what would be met
/// is not among the documents, or too few of them have a number.
fn walked(
    docs: &Matches<'_>,
    numbers: &NumericIndex,
    descending: bool,
    limit: usize,
) -> Option<Vec<DocId>> {
    let most = most_walked(docs.len());
    let likely = (limit as u64).saturating_mul(numbers.len() as u64) / docs.len().max(1);
    if likely > most {
        return None;
    }
    // Every other walk takes longer than is likely, most of them little.
    let most = likely.saturating_mul(2).max(limit as u64);
    let [min, max] = [f64::NEG_INFINITY, f64::INFINITY].map(|value| Bound {
        value,
        exclusive: false,
    });
    let mut found = Vec::with_capacity(limit);
    let mut walk = numbers.walk(min, max, descending);
    for _ in 0..most {
        if found.len() == limit {
            return Some(found);
        }
        let (number, doc) = walk.next()?;
        // A document with several numbers is at the place of its least.
        if docs.contains(doc.get()) && numbers.get(doc) == Some(number) {
            found.push(doc);
        }
    }
    (found.len() == limit).then_some(found)
}

/// The first documents, each looked at, and whether there was time for all of them.
fn looked_at(
    docs: &Matches<'_>,
    numbers: &NumericIndex,
    descending: bool,
    limit: usize,
    deadline: &Deadline,
) -> (Vec<DocId>, bool) {
    let mut kept = Kept::new(limit);
    let mut is_late = false;
    let all = docs.try_each_batch(|batch| {
        // What is met first is kept, however late it is.
        if is_late {
            return Err(());
        }
        let block: Vec<DocId> = batch.iter().copied().map(doc_of).collect();
        for (number, doc) in numbers.gather(&block).into_iter().zip(&block) {
            let rank = if number.is_nan() {
                MISSING
            } else {
                rank(number, descending)
            };
            kept.push((rank, doc.get()));
        }
        is_late = deadline.passed();
        Ok(())
    });
    let docs = kept.finish().into_iter();
    (
        docs.filter_map(|(_, doc)| DocId::new(doc)).collect(),
        all.is_ok(),
    )
}

/// The documents of a set.
pub(super) fn docs_of(docs: &RoaringBitmap) -> Vec<DocId> {
    let mut all = Vec::with_capacity(usize::try_from(docs.len()).unwrap_or_default());
    each_batch(docs, |batch| all.extend(batch.iter().copied().map(doc_of)));
    all
}

/// The document of a number, of which none is 0.
pub(super) fn doc_of(number: u32) -> DocId {
    DocId::new(number).unwrap_or(DocId::FIRST)
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
    use std::borrow::Cow;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_first_are_those_of_a_full_sort(
            numbers in prop::collection::vec(prop::option::of(-3_i8..4), 0..400),
            limit in 0_usize..40,
            descending in any::<bool>(),
            several in any::<bool>(),
            left_out in 1_usize..9,
        ) {
            let mut index = NumericIndex::new();
            let mut expected: Vec<(Option<f64>, u32)> = Vec::new();
            for (slot, number) in numbers.iter().enumerate() {
                let doc = DocId::from_index(slot).unwrap();
                // A zero of either sign is one number.
                let number = number.map(|it| if it == 0 && slot % 2 == 0 { -0.0 } else { f64::from(it) });
                if let Some(number) = number {
                    // The least counts.
                    let others = [number, number + 2.0];
                    let all = if several { &others[..] } else { &others[..1] };
                    index.insert_all(doc, all).unwrap();
                }
                if slot % left_out != 1 {
                    expected.push((number, doc.get()));
                }
            }
            expected.sort_by(|(a, one), (b, other)| {
                let by_number = match (a, b) {
                    (Some(a), Some(b)) if descending => b.partial_cmp(a).unwrap(),
                    (Some(a), Some(b)) => a.partial_cmp(b).unwrap(),
                    (a, b) => a.is_none().cmp(&b.is_none()),
                };
                by_number.then(one.cmp(other))
            });
            let mut listed: Vec<u32> = expected.iter().map(|(_, doc)| *doc).collect();
            listed.sort_unstable();
            let bits = Matches::Bits(Cow::Owned(listed.iter().copied().collect()));
            expected.truncate(limit);
            let never = Deadline::after_ms(0);
            let docs: Vec<u32> = expected.iter().map(|(_, doc)| *doc).collect();
            for matches in [bits, Matches::List(listed)] {
                let (hits, is_whole) = first(&matches, (&index, descending), limit, &never);
                prop_assert!(is_whole);
                let found: Vec<u32> = hits.iter().map(|hit| hit.doc.get()).collect();
                prop_assert_eq!(found, docs.as_slice());
            }
        }
    }

    #[test]
    fn what_was_met_is_kept_when_time_is_over() {
        let deadline = Deadline::after_ms(1);
        while !deadline.passed() {}
        let docs = Matches::List((1..10_000).collect());
        let (hits, is_whole) = first(&docs, (&NumericIndex::new(), false), 3, &deadline);
        assert_eq!((hits.len(), is_whole), (3, false));
    }
}
