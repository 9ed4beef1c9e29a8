//! The numeric index against a plain map.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Bound, NotANumber, NumericIndex};
use crate::doc::DocId;

fn doc(number: u32) -> DocId {
    DocId::new(number).unwrap()
}

/// Few enough values to meet often, and the awkward ones.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => (-3_i32..4).prop_map(f64::from),
        1 => any::<f64>(),
        1 => prop::sample::select(vec![
            0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE, f64::NAN,
        ]),
    ]
}

fn bound() -> impl Strategy<Value = Bound> {
    (number(), any::<bool>()).prop_map(|(value, exclusive)| Bound { value, exclusive })
}

fn is_within(value: f64, min: Bound, max: Bound) -> bool {
    (value > min.value || (value == min.value && !min.exclusive))
        && (value < max.value || (value == max.value && !max.exclusive))
}

proptest! {
    #[test]
    fn ranges_and_column_equal_a_scan_after_any_writes(
        writes in prop::collection::vec((1_u32..30, prop::option::weighted(0.7, number())), 0..80),
        ranges in prop::collection::vec((bound(), bound(), 0_u64..20), 1..10),
    ) {
        let mut index = NumericIndex::new();
        let mut model: BTreeMap<u32, f64> = BTreeMap::new();
        for (id, write) in writes {
            match write {
                Some(value) if value.is_nan() => {
                    prop_assert_eq!(index.insert(doc(id), value), Err(NotANumber));
                }
                Some(value) => {
                    prop_assert_eq!(index.insert(doc(id), value), Ok(()));
                    model.insert(id, value);
                }
                None => prop_assert_eq!(index.remove(doc(id)), model.remove(&id).is_some()),
            }
            index.check();
        }
        prop_assert_eq!(index.len(), model.len());
        prop_assert_eq!(index.is_empty(), model.is_empty());
        for id in 1..40 {
            prop_assert_eq!(index.get(doc(id)), model.get(&id).copied());
        }
        for (min, max, cap) in ranges {
            let expected: Vec<u32> = model
                .iter()
                .filter(|(_, value)| is_within(**value, min, max))
                .map(|(id, _)| *id)
                .collect();
            let found: Vec<u32> = index.range(min, max).iter().collect();
            prop_assert_eq!(index.count_at_most(min, max, cap), cap.min(expected.len() as u64));
            prop_assert_eq!(found, expected);
        }
    }
}

#[test]
fn memory_grows_with_the_numbers_and_counts_the_column() {
    let mut index = NumericIndex::new();
    assert_eq!(index.memory_bytes(), 0);
    for id in 1..=1000 {
        index.insert(doc(id), f64::from(id)).unwrap();
    }
    assert!(index.memory_bytes() >= 1000 * (8 + 8 + 4));
}

#[test]
fn an_index_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<NumericIndex>();
}
