//! Rows that are lent stay as they are until they are given back.

use std::sync::{Arc, Weak};

use super::super::slots::RowId;
use super::super::store::Store;
use super::*;

const DIMENSIONS: usize = 64;

/// Numbers from 1 to 2.
fn blob(seed: u32) -> Vec<u8> {
    let component = |at: u32| {
        let mixed = (seed.wrapping_mul(0x9e37_79b1)).wrapping_add(at.wrapping_mul(0x85eb_ca6b));
        f32::from_bits(0x3f80_0000 | mixed >> 9)
    };
    let components = (0..).take(DIMENSIONS).map(component);
    components.flat_map(f32::to_le_bytes).collect()
}

fn index(algorithm: Algorithm) -> VectorIndex {
    VectorIndex::new(plain(Metric::Cosine, DIMENSIONS, algorithm))
}

/// What whoever refers to a row of a document sees, as long as the store is there.
fn seen(store: &Weak<Store>, row: RowId) -> Option<Vec<u8>> {
    let store = store.upgrade()?;
    Some(store.rows.bytes(row, DIMENSIONS).to_vec())
}

fn churn(index: &mut VectorIndex) {
    for round in 0..6 {
        for number in 100..200 {
            index
                .insert(doc(number), &blob(1_000 + round * 100 + number))
                .unwrap();
        }
        for number in 100..200 {
            index.remove(doc(number));
        }
        index.drain();
    }
}

#[test]
fn lent_rows_are_not_used_again_unless_given_back() {
    for algorithm in [Algorithm::Flat, hnsw(4, 20, 20)] {
        let mut index = index(algorithm);
        (1..50).for_each(|number| index.insert(doc(number), &blob(number)).unwrap());
        assert_eq!(index.lend(doc(1)).unwrap().bytes(), blob(1));
        let (store, row) = (Arc::downgrade(&index.store), index.row(doc(1)).unwrap());
        index.lend(doc(2)).unwrap();
        assert_eq!(index.lent().iter().collect::<Vec<u32>>(), [1, 2]);
        assert_eq!(index.lent_bytes(), 2 * DIMENSIONS * 4);
        let held = Arc::strong_count(&index.store);
        // Whoever has the other vector has no use for this one.
        index.insert(doc(2), &blob(77)).unwrap();
        assert!(!index.give_back(doc(2)));
        assert_eq!(Arc::strong_count(&index.store), held);
        assert!(index.remove(doc(1)));
        assert!(Arc::strong_count(&index.store) > held);
        churn(&mut index);
        assert_eq!(seen(&store, row), Some(blob(1)));
        (2..50).for_each(|number| assert!(index.remove(doc(number))));
        drop(index);
        assert_eq!(seen(&store, row), Some(blob(1)));
    }
}

#[test]
fn what_is_given_back_is_used_again() {
    let mut index = index(hnsw(4, 20, 20));
    (1..50).for_each(|number| index.insert(doc(number), &blob(number)).unwrap());
    let held = Arc::strong_count(&index.store);
    for number in 1..50 {
        index.lend(doc(number)).unwrap();
        assert!(index.give_back(doc(number)));
    }
    index.lend(doc(3)).unwrap();
    index.give_back_all();
    let last = index.store.slots.last();
    (1..20).for_each(|number| assert!(index.remove(doc(number))));
    churn(&mut index);
    assert_eq!(Arc::strong_count(&index.store), held);
    assert!(index.store.slots.last() < last + 130);
}

#[test]
fn an_index_that_is_gone_leaves_what_is_lent() {
    let mut index = index(Algorithm::Flat);
    index.insert(doc(1), &blob(1)).unwrap();
    index.lend(doc(1)).unwrap();
    let (store, row) = (Arc::downgrade(&index.store), index.row(doc(1)).unwrap());
    drop(index);
    assert_eq!(seen(&store, row), Some(blob(1)));
}

#[test]
fn neither_short_vectors_nor_snapshots_lend() {
    let mut index = index(Algorithm::Flat);
    assert!(index.lend(doc(1)).is_none());
    index.insert(doc(1), &blob(1)).unwrap();
    assert!(index.snapshot().lend(doc(1)).is_none());
    index.lend(doc(1)).unwrap();
    assert!(index.snapshot().lent().is_empty());
    index.give_back_all();
    let mut short = VectorIndex::new(plain(Metric::L2, 2, Algorithm::Flat));
    short.insert(doc(1), &[0; 8]).unwrap();
    assert!(short.lend(doc(1)).is_none());
    assert!(short.lent().is_empty());
}
