//! Parts of a run by themselves.

use proptest::prelude::*;

use super::batch::columns;
use super::sort::Sorting;
use super::{Batch, Budget};
use crate::expr::Value;

fn values() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        (0u8..5).prop_map(|number| Value::Number(f64::from(number))),
        prop_oneof![Just("1"), Just("b")].prop_map(|text| Value::text(text.as_bytes())),
    ]
}

proptest! {
    #[test]
    fn the_first_rows_are_those_of_a_full_sort(
        batches in prop::collection::vec(prop::collection::vec(values(), 1..50), 0..8),
        most in 0usize..60,
        descending in any::<bool>(),
        numbers_only in any::<bool>(),
    ) {
        let mut sorting = Sorting::new(vec![(0, descending)], most);
        let mut budget = Budget::new(usize::MAX);
        let mut expected = Vec::new();
        for batch in &batches {
            let kept = batch.iter().filter(|value| !numbers_only || matches!(value, Value::Number(_)));
            let rows: Vec<Vec<Value>> = kept
                .map(|value| {
                    let place = f64::from(u32::try_from(expected.len()).unwrap());
                    expected.push((value.clone(), place));
                    vec![value.clone(), Value::Number(place)]
                })
                .collect();
            sorting.push(&Batch::of_rows(rows.len(), columns(&rows)), &mut budget).unwrap();
        }
        sorting.finish(&mut budget);
        prop_assert_eq!(sorting.seen(), expected.len());
        expected.sort_by(|(a, _), (b, _)| match (a.is_null(), b.is_null()) {
            (false, false) if descending => b.order(a),
            (false, false) => a.order(b),
            (a, b) => a.cmp(&b),
        });
        expected.truncate(most);
        let mut found = Vec::new();
        while let Some(batch) = sorting.next(7, &mut budget) {
            for row in 0..batch.len() {
                found.push((batch.value(0, row), batch.value(1, row).number().unwrap()));
            }
        }
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn a_budget_is_spent_and_given_back() {
    let mut budget = Budget::new(10);
    assert!(budget.take(8).is_ok());
    assert!(budget.take(3).is_err());
    budget.give(100);
    assert!(budget.take(10).is_ok());
    assert!(budget.take(1).is_err());
}
