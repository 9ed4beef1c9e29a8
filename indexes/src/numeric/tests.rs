//! The numeric index against a plain map.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Bound, NotANumber, NumericIndex};
use crate::doc::DocId;
use crate::docset::Pace;

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

/// Mostly one number, as most documents have.
fn numbers() -> impl Strategy<Value = Vec<f64>> {
    prop_oneof![
        6 => number().prop_map(|number| vec![number]),
        1 => prop::collection::vec(number(), 0..5),
    ]
}

proptest! {
    #[test]
    fn ranges_and_column_equal_a_scan_after_any_writes(
        writes in prop::collection::vec((1_u32..30, prop::option::weighted(0.7, numbers())), 0..80),
        ranges in prop::collection::vec((bound(), bound()), 1..10),
    ) {
        let mut index = NumericIndex::new();
        let mut model: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
        for (id, write) in writes {
            match write {
                Some(values) if values.iter().any(|value| value.is_nan()) => {
                    prop_assert_eq!(index.insert_all(doc(id), &values), Err(NotANumber));
                }
                Some(mut values) => {
                    prop_assert_eq!(index.insert_all(doc(id), &values), Ok(()));
                    values.sort_by(|a, b| a.partial_cmp(b).unwrap());
                    values.dedup();
                    model.remove(&id);
                    if !values.is_empty() {
                        model.insert(id, values);
                    }
                }
                None => prop_assert_eq!(index.remove(doc(id)), model.remove(&id).is_some()),
            }
            index.check();
        }
        prop_assert_eq!(index.len(), model.len());
        prop_assert_eq!(index.is_empty(), model.is_empty());
        for id in 1..40 {
            let expected = model.get(&id).cloned().unwrap_or_default();
            prop_assert_eq!(index.get(doc(id)), expected.first().copied());
            prop_assert_eq!(index.values(doc(id)).collect::<Vec<_>>(), expected);
        }
        for (min, max) in ranges {
            let within = |values: &[f64]| values.iter().any(|value| is_within(*value, min, max));
            let expected: Vec<u32> = model
                .iter()
                .filter(|(_, values)| within(values))
                .map(|(id, _)| *id)
                .collect();
            let found: Vec<u32> = index.range(min, max).iter().collect();
            prop_assert_eq!(&found, &expected);
            prop_assert_eq!(index.list_until(min, max, &mut Pace::endless()), expected.as_slice());
            for id in 1..40 {
                prop_assert_eq!(index.is_within(min, max, doc(id)), expected.contains(&id));
            }
            let all: Vec<u32> = (1..40).collect();
            for holds in [true, false] {
                let mut kept = vec![7];
                index.keep(&all, (min, max), holds, &mut kept);
                let expected = all.iter().filter(|id| expected.contains(id) == holds);
                prop_assert_eq!(&kept[1..], expected.copied().collect::<Vec<_>>());
            }
            let count = index.count(min, max);
            let exact = expected.len() as u64;
            prop_assert!(count.min <= exact && exact <= count.max, "{count:?} {exact}");
            if model.values().all(|values| values.len() == 1) {
                prop_assert_eq!(count.min, count.max);
            }
            let mut pairs: Vec<(f64, u32)> = model
                .iter()
                .flat_map(|(id, values)| values.iter().map(|value| (*value, *id)))
                .filter(|(value, _)| is_within(*value, min, max))
                .collect();
            pairs.sort_by(|a, b| a.partial_cmp(b).unwrap());
            let walked = |(value, doc): (f64, DocId)| (value, doc.get());
            let forwards: Vec<_> = index.walk(min, max, false).map(walked).collect();
            prop_assert_eq!(&forwards, &pairs);
            pairs.sort_by(|a, b| b.0.partial_cmp(&a.0).unwrap().then(a.1.cmp(&b.1)));
            let backwards: Vec<_> = index.walk(min, max, true).map(walked).collect();
            prop_assert_eq!(backwards, pairs);
        }
    }

    #[test]
    fn long_lists_stay_in_order(
        spread in prop::sample::select(vec![3_u32, 500, 1_000_000]),
        shape in 0..3,
        seed in any::<u32>(),
        ranges in prop::collection::vec((any::<u32>(), any::<u32>()), 1..5),
    ) {
        let mut index = NumericIndex::new();
        let mut state = seed | 1;
        let mut random = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state
        };
        let mut model: Vec<Option<u32>> = vec![None; 3000];
        for step in 0..9000_u32 {
            let id = if shape == 0 { step % 3000 } else { random() % 3000 };
            // Growing, falling or random numbers; then most documents go.
            let value = match shape {
                0 => step,
                1 => 9000 - step,
                _ => random() % spread,
            };
            let goes = step > 6000 && random() % 8 > 0;
            model[id as usize] = (!goes).then_some(value);
            if goes {
                index.remove(doc(id + 1));
            } else {
                index.insert(doc(id + 1), f64::from(value)).unwrap();
            }
        }
        index.check();
        for (a, b) in ranges {
            let (low, high) = ((a % spread).min(b % spread), (a % spread).max(b % spread));
            let bound = |value: u32| Bound { value: value.into(), exclusive: false };
            let inside = |value: Option<u32>| value.is_some_and(|value| low <= value && value <= high);
            let expected = (0..3000_u32).filter(|id| inside(model[*id as usize])).map(|id| id + 1);
            let found = index.range(bound(low), bound(high));
            prop_assert!(found.iter().eq(expected));
            let count = index.count(bound(low), bound(high));
            prop_assert_eq!((count.min, count.max), (found.len(), found.len()));
        }
    }
}

#[test]
fn a_walk_ends_when_its_time_is_over() {
    let mut index = NumericIndex::new();
    for id in 1..=3000 {
        index.insert(doc(id), f64::from(id)).unwrap();
    }
    let bound = |value| Bound {
        value,
        exclusive: false,
    };
    let mut pace = Pace::new(1, || true);
    let found = index.range_until(bound(0.0), bound(4000.0), &mut pace);
    assert!(found.is_empty());
}

#[test]
fn memory_grows_with_the_numbers_and_counts_the_column() {
    let mut index = NumericIndex::new();
    assert!(index.memory_bytes() < 1000);
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

#[test]
fn a_few_of_many_numbers_are_sorted_and_each_document_is_there_once() {
    let mut index = NumericIndex::new();
    for slot in 0..4_000_u32 {
        let doc = DocId::new(slot + 1).unwrap();
        // Numbers fall as documents ascend.
        let number = f64::from(4_000 - slot);
        index.insert_all(doc, &[number, number + 0.5]).unwrap();
    }
    let bound = |value| Bound {
        value,
        exclusive: false,
    };
    // 5 numbers of 3 documents, which is less than one document in 512.
    let found = index.range(bound(7.0), bound(9.0));
    assert_eq!(found.iter().collect::<Vec<_>>(), [3_992, 3_993, 3_994]);
}
