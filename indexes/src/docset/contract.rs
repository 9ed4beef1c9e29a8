//! The one test that every [`DocSet`] must pass, and its application to the sets of this module.

use std::collections::BTreeSet;

use proptest::prelude::*;
use roaring::RoaringBitmap;

use super::{And, Bitmap, Difference, DocSet, Or, Sorted};
use crate::doc::DocId;

/// A call on a cursor.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Move {
    Advance,
    /// Seek so far beyond the current document, or beyond the last one before exhaustion; may
    /// point backwards.
    Seek(i64),
    /// Reach for a document there.
    Reach(i64),
}

/// Random walks, some of them long enough to exhaust any set of the tests.
pub(crate) fn moves() -> impl Strategy<Value = Vec<Move>> {
    let by = prop_oneof![4 => -5_i64..12, 1 => 0_i64..80_000];
    let (seek, reach) = (by.clone().prop_map(Move::Seek), by.prop_map(Move::Reach));
    prop::collection::vec(
        prop_oneof![4 => Just(Move::Advance), 4 => seek, 4 => reach],
        0..60,
    )
}

/// Where a set should be.
#[derive(Clone, Copy)]
enum Place {
    At(DocId),
    /// This one was reached for, and is not in the set.
    Missed(DocId),
    Over,
}

/// Checks the numbered contract of [`DocSet`] against the documents the set should hold.
pub(crate) fn follows_contract<S: DocSet>(mut set: S, model: &BTreeSet<DocId>, moves: &[Move]) {
    let from = |doc: DocId| model.range(doc..).next().copied();
    let at = |doc: Option<DocId>| doc.map_or(Place::Over, Place::At);
    let first = model.first().copied();
    assert_eq!(set.doc(), first, "1: rests on the first document");
    let cost = set.cost();
    assert!(cost >= model.len() as u64, "4: cost is an upper bound");
    let mut place = at(first);
    for &step in moves {
        let (by, reaches) = match step {
            Move::Advance => (1, false),
            Move::Seek(by) => (by, false),
            Move::Reach(by) => (by, true),
        };
        let (here, by) = match place {
            Place::At(doc) => (doc, by),
            Place::Missed(doc) => (doc, by.max(1)),
            Place::Over => (DocId::FIRST, by),
        };
        let target = (i64::from(here.get()) + by).max(1);
        let target = DocId::new(u32::try_from(target).unwrap()).unwrap();
        let expected = match place {
            Place::At(doc) => from(target.max(doc)),
            Place::Missed(_) => from(target),
            Place::Over => None,
        };
        if reaches {
            let found = set.reach(target);
            let is_known = matches!(place, Place::At(doc) if doc >= target);
            if let Some(found) = found.filter(|_| !is_known && expected != Some(target)) {
                assert!(found > target, "5: after {step:?}");
                assert!(expected.is_none_or(|next| found <= next), "5: {step:?}");
                place = Place::Missed(target);
                continue;
            }
            assert_eq!(found, expected, "5: after {step:?}");
        } else {
            let returned = match (step, place) {
                (Move::Advance, Place::At(_) | Place::Over) => set.advance(),
                _ => set.seek(target),
            };
            assert_eq!(returned, expected, "2 and 3: after {step:?}");
        }
        place = at(expected);
        assert_eq!(set.doc(), expected, "2: the returned document is current");
        assert_eq!(set.cost(), cost, "4: cost is fixed");
    }
}

/// Documents close together, far apart, and across containers of a bitmap.
fn documents() -> impl Strategy<Value = BTreeSet<DocId>> {
    let number = prop_oneof![4 => 1_u32..40, 2 => 1_u32..2_000, 1 => 65_500_u32..65_600];
    prop::collection::btree_set(number.prop_map(|n| DocId::new(n).unwrap()), 0..60)
}

fn sorted(docs: &BTreeSet<DocId>) -> Sorted {
    Sorted::new(docs.iter().copied().collect())
}

fn bitmap(docs: &BTreeSet<DocId>) -> RoaringBitmap {
    docs.iter().map(|doc| doc.get()).collect()
}

proptest! {
    #[test]
    fn a_bitmap_follows_the_contract(docs in documents(), moves in moves()) {
        let mut numbers = bitmap(&docs);
        follows_contract(Bitmap::new(&numbers), &docs, &moves);
        numbers.insert(0);
        follows_contract(Bitmap::owned(numbers), &docs, &moves);
    }

    #[test]
    fn a_list_follows_the_contract(docs in documents(), moves in moves()) {
        follows_contract(sorted(&docs), &docs, &moves);
        let twice_backwards = docs.iter().chain(&docs).rev().copied().collect();
        follows_contract(Sorted::new(twice_backwards), &docs, &moves);
    }

    #[test]
    fn an_intersection_follows_the_contract(
        sets in prop::collection::vec(documents(), 0..4),
        moves in moves(),
    ) {
        let mut model = sets.first().cloned().unwrap_or_default();
        model.retain(|doc| sets.iter().all(|set| set.contains(doc)));
        follows_contract(And::new(sets.iter().map(sorted).collect()), &model, &moves);

        let mut and = And::new(sets.iter().map(sorted).collect());
        while let Some(doc) = and.doc() {
            prop_assert!(and.parts().iter().all(|part| part.doc() == Some(doc)));
            and.advance();
        }
    }

    #[test]
    fn a_union_follows_the_contract(
        sets in prop::collection::vec(documents(), 0..5),
        moves in moves(),
    ) {
        let model = sets.iter().flatten().copied().collect();
        follows_contract(Or::new(sets.iter().map(sorted).collect()), &model, &moves);

        let mut or = Or::new(sets.iter().map(sorted).collect());
        while let Some(doc) = or.doc() {
            let holding: Vec<*const _> = (or.parts().iter().zip(&sets))
                .filter(|(_, set)| set.contains(&doc))
                .map(|(part, _)| std::ptr::from_ref(part))
                .collect();
            let mut resting = Vec::new();
            or.each_resting(|part| resting.push((part.doc(), std::ptr::from_ref(part))));
            prop_assert!(resting.iter().all(|(at, _)| *at == Some(doc)));
            let resting: Vec<_> = resting.into_iter().map(|(_, part)| part).collect();
            prop_assert_eq!(resting, holding);
            or.advance();
        }
        or.each_resting(|_| panic!("no part rests past the end"));
    }

    #[test]
    fn a_difference_follows_the_contract(
        base in documents(),
        excluded in documents(),
        moves in moves(),
    ) {
        let model = base.difference(&excluded).copied().collect();
        follows_contract(Difference::new(sorted(&base), sorted(&excluded)), &model, &moves);
    }

    #[test]
    fn a_tree_of_sets_follows_the_contract(
        a in documents(),
        b in documents(),
        c in documents(),
        moves in moves(),
    ) {
        let numbers = bitmap(&c);
        let either: Box<dyn DocSet> = Box::new(Or::new(vec![sorted(&a), sorted(&b)]));
        let tree = And::new(vec![either, Box::new(Bitmap::new(&numbers))]);
        let model = (&(&a | &b)) & &c;
        follows_contract(tree, &model, &moves);
    }
}
