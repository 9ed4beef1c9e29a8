//! A snapshot finds what there was, whatever has become of it, and holds its rows no longer than that.

use roaring::RoaringBitmap;

use super::{Metric, Random, blob, graph, hnsw, ids, k, nth, plain};
use crate::vector::{Algorithm, ElementType, Nearest, VectorIndex, Within};

const DOCUMENTS: usize = 600;

fn insert(index: &mut VectorIndex, slot: usize, random: &mut Random) {
    let vector = blob(ElementType::Float32, &random.vector(4));
    index.insert(nth(slot), &vector).unwrap();
}

/// Some new, some other vectors, some gone.
fn change(index: &mut VectorIndex, share: usize, random: &mut Random) {
    for slot in (0..2 * DOCUMENTS).step_by(share) {
        if slot % 3 == 0 {
            index.remove(nth(slot));
        } else {
            insert(index, slot, random);
        }
    }
}

#[test]
fn the_nearest_and_those_within_are_those_of_its_moment() {
    let mut random = Random(91);
    for algorithm in [Algorithm::Flat, hnsw(16, 200, 100)] {
        // Every document, and one in some.
        for share in [1, 7, 50] {
            let mut index = VectorIndex::new(plain(Metric::L2, 4, algorithm));
            (0..DOCUMENTS).for_each(|slot| insert(&mut index, slot, &mut random));
            index.drain();
            let query = blob(ElementType::Float32, &random.vector(4));
            let query = index.query(&query).unwrap();
            let some = index.docs().iter().filter(|doc| doc % 5 == 0).collect();
            let filtered = Nearest {
                filter: Some(&some),
                ..k(10)
            };
            let ask = |index: &VectorIndex| {
                let all = ids(&index.nearest(&query, &graph(10, 300)).unwrap());
                let some = ids(&index.nearest(&query, &filtered).unwrap());
                let within = ids(&index.within(&query, &Within::new(2.0)).unwrap());
                (all, some, within)
            };
            let expected = ask(&index);
            let distance = index.distance(&query, expected.0[0]);
            let snapshot = index.snapshot();
            assert_eq!(ask(&snapshot), expected);
            for _ in 0..3 {
                change(&mut index, share, &mut random);
                // Ends, though rows of the dead are held.
                index.drain();
                let found = ask(&snapshot);
                assert_eq!(found, expected, "{algorithm:?}, one in {share}");
            }
            assert_eq!(snapshot.distance(&query, expected.0[0]), distance);
            assert_eq!(snapshot.len(), DOCUMENTS as u64);
            index.check();
        }
    }
}

/// What is new is no substitute for what a walk did not come to, be it linked or not.
#[test]
fn as_many_are_found_as_matched_however_much_is_new() {
    let mut random = Random(93);
    for round in 0..200 {
        let mut index = VectorIndex::new(plain(Metric::L2, 4, hnsw(2, 4, 10)));
        (0..DOCUMENTS).for_each(|slot| insert(&mut index, slot, &mut random));
        index.drain();
        let snapshot = index.snapshot();
        (DOCUMENTS..2 * DOCUMENTS).for_each(|slot| insert(&mut index, slot, &mut random));
        if round % 2 == 0 {
            index.drain();
        }
        let query = blob(ElementType::Float32, &random.vector(4));
        let query = snapshot.query(&query).unwrap();
        let share = 1 + random.below(40);
        let filter: RoaringBitmap = (1..=1200).filter(|_| random.below(100) < share).collect();
        let matches = snapshot.docs().intersection_len(&filter).min(10);
        let filtered = Nearest {
            filter: Some(&filter),
            ..graph(10, 20)
        };
        let found = snapshot.nearest(&query, &filtered).unwrap();
        assert_eq!(found.len() as u64, matches, "round {round}, {share} %");
        assert!(found.iter().all(|one| snapshot.contains(one.doc)));
    }
}

#[test]
fn rows_are_used_again_when_the_snapshot_is_gone() {
    let mut random = Random(92);
    for algorithm in [Algorithm::Flat, hnsw(4, 20, 10)] {
        let mut index = VectorIndex::new(plain(Metric::L2, 4, algorithm));
        (0..DOCUMENTS).for_each(|slot| insert(&mut index, slot, &mut random));
        let snapshot = index.snapshot();
        for _ in 0..5 {
            (0..DOCUMENTS).for_each(|slot| insert(&mut index, slot, &mut random));
            index.drain();
        }
        let held = index.rows_ever();
        assert!(held >= 3 * DOCUMENTS, "{algorithm:?}: {held} rows");
        assert!(!index.background().is_pending());
        drop(snapshot);
        for _ in 0..20 {
            (0..DOCUMENTS).for_each(|slot| insert(&mut index, slot, &mut random));
            index.drain();
            index.check();
        }
        let rows = index.rows_ever();
        assert!(
            rows <= held + DOCUMENTS,
            "{algorithm:?}: {rows}, before {held}"
        );
    }
}
