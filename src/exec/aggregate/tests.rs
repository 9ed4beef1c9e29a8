//! Parts of a run by themselves.

use proptest::prelude::*;

use super::batch::columns;
use super::group::Grouping;
use super::sort::Sorting;
use super::{Batch, Budget, Context, Input, Pipeline, Run, Stage, parallel};
use crate::catalog::index::Index;
use crate::exec::deadline::Deadline;
use crate::expr::{Column, Value};
use crate::keyspace::{Hashes, Presence};
use crate::plan::aggregate::{Calculation, Figure, Groups, Output, Step, Summary};
use crate::plan::{Plan, plan};
use crate::query::{Params, parse};
use crate::request::create::Definition;
use crate::request::search::Search;

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

/// Keys of which none is there.
struct NoKeys;

impl Hashes for NoKeys {
    fn fields(&mut self, _: &[u8], _: &[&[u8]], _: &mut dyn FnMut(usize, &[u8])) -> Presence {
        Presence::Absent
    }

    fn document(&mut self, _: &[u8], _: &mut dyn FnMut(&[u8], &[u8])) -> Presence {
        Presence::Absent
    }
}

/// All that can be said of groups by the first slot: of the numbers in the second and of any values in
/// the third.
fn groups(keys: Vec<usize>) -> Groups {
    let name = std::sync::Arc::from(&b"x"[..]);
    let first = |by| Calculation::First { value: 2, by };
    let all = [
        (Calculation::Count, Figure::Itself),
        (Calculation::Distinct(2), Figure::Itself),
        (Calculation::Sketch(2), Figure::Itself),
        (Calculation::Moments(1), Figure::Sum),
        (Calculation::Moments(1), Figure::Min),
        (Calculation::Moments(1), Figure::Max),
        (Calculation::Moments(1), Figure::Avg),
        (Calculation::Moments(1), Figure::StdDev),
        (Calculation::Quantiles(1), Figure::Quantile(0.5)),
        (Calculation::List(2), Figure::Itself),
        (first(None), Figure::Itself),
        (first(Some((1, true))), Figure::Itself),
        (Calculation::Rows(vec![(name, 2)]), Figure::Itself),
        (
            Calculation::Sample {
                value: 2,
                size: 999,
            },
            Figure::Itself,
        ),
    ];
    let mut groups = Groups {
        keys,
        calculations: Vec::new(),
        summaries: Vec::new(),
    };
    for (calculation, figure) in all {
        let known = groups.calculations.iter().position(|it| *it == calculation);
        let calculation = known.unwrap_or_else(|| {
            groups.calculations.push(calculation);
            groups.calculations.len() - 1
        });
        groups.summaries.push(Summary {
            calculation,
            figure,
        });
    }
    groups
}

/// The groups, each a row; the values of the sample in an order.
fn finished(mut grouping: Grouping) -> Vec<Vec<Value>> {
    let mut budget = Budget::new(usize::MAX);
    grouping.finish(&mut budget).unwrap();
    let mut rows = Vec::new();
    while let Some(batch) = grouping.next(7) {
        for row in 0..batch.len() {
            let mut values: Vec<Value> = (0..batch.columns.len())
                .map(|slot| batch.value(slot, row))
                .collect();
            if let Some(Value::List(sample)) = values.pop() {
                let mut sample = sample.to_vec();
                sample.sort_by(Value::order);
                values.push(Value::List(sample.into()));
            }
            rows.push(values);
        }
    }
    rows
}

/// As [`assert_eq!`], but for the rounding of sums in another order.
fn same(a: &[Vec<Value>], b: &[Vec<Value>]) -> bool {
    let is_near = |(a, b): (&Value, &Value)| match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            (a - b).abs() <= 1e-9 * b.abs().max(1.0) || a.to_bits() == b.to_bits()
        }
        (a, b) => a == b,
    };
    let rows = a.iter().zip(b);
    let mut pairs = rows.flat_map(|(a, b)| a.iter().zip(b));
    a.len() == b.len() && pairs.all(is_near)
}

proptest! {
    #[test]
    fn groups_of_parts_together_are_those_of_the_whole(
        rows in prop::collection::vec((values(), prop::option::of(-9_i8..9), values()), 0..60),
        at in any::<prop::sample::Index>(),
        keys in prop::sample::subsequence(vec![0, 2], 0..=2),
    ) {
        let rows: Vec<Vec<Value>> = rows
            .into_iter()
            .map(|(key, number, value)| {
                let number = number.map_or(Value::Null, |it| Value::Number(f64::from(it)));
                vec![key, number, value]
            })
            .collect();
        let at = at.index(rows.len() + 1);
        let never = Deadline::after_ms(0);
        let mut budget = Budget::new(usize::MAX);
        let mut push = |grouping: &mut Grouping, rows: &[Vec<Value>]| {
            let batch = Batch::of_rows(rows.len(), columns(rows));
            grouping.push(&batch, &mut budget, &never).unwrap();
        };
        let mut whole = Grouping::new(&groups(keys));
        let (mut first, mut second) = (whole.sibling(), whole.sibling());
        push(&mut whole, &rows);
        push(&mut first, &rows[..at]);
        push(&mut second, &rows[at..]);
        let mut parts = whole.sibling();
        let mut budget = Budget::new(usize::MAX);
        parts.absorb(first, &mut budget).unwrap();
        parts.absorb(second, &mut budget).unwrap();
        let (parts, whole) = (finished(parts), finished(whole));
        prop_assert!(same(&parts, &whole), "{parts:?}\n{whole:?}");
    }
}

/// What is planned for `*`, and the index that is for.
fn everything() -> (Plan, Index) {
    let index = Index::new(
        1,
        Definition::parse(&[b"i", b"SCHEMA", b"t", b"TEXT"]).unwrap(),
    );
    let search = Search::parse(&[b"i", b"*"]).unwrap();
    let query = parse(b"*", &Params::new(&[])).unwrap();
    let plan = plan(&search, &query, &index, &|| false).unwrap();
    (plan, index)
}

/// A pipeline that groups by the first slot.
fn grouping_alone() -> Pipeline {
    Pipeline {
        steps: vec![Step::Group(groups(vec![0]))],
        output: Output {
            properties: Vec::new(),
            documents: false,
        },
        enough: None,
        first: None,
    }
}

#[test]
fn many_rows_are_grouped_on_several_threads_to_the_same_groups() {
    let rows = 200_000_u32;
    let (plan, index) = everything();
    let docs = || {
        (1..=rows)
            .filter_map(nuthatch_indexes::doc::DocId::new)
            .collect()
    };
    let given = || {
        let numbers =
            |of: fn(u32) -> u32| Column::of_numbers((0..rows).map(|row| Some(f64::from(of(row)))));
        vec![
            numbers(|row| row % 17),
            numbers(|row| row % 1_013),
            numbers(|row| row % 5),
        ]
    };
    let mut results = Vec::new();
    for threads in [1, 3] {
        let pipeline = grouping_alone();
        let budget = Budget::new(1 << 30);
        let mut run = Run::new(&pipeline, Input::new(docs(), given()), false, budget);
        let mut context = Context {
            plan: &plan,
            index: &index,
            keyspace: &mut NoKeys,
            deadline: Deadline::after_ms(0),
            threads,
        };
        let batches = run.rows(usize::MAX, &mut context).unwrap();
        // The last is a sample.
        let row = |batch: &Batch, row| (0..14).map(|slot| batch.value(slot, row)).collect();
        let rows = batches
            .iter()
            .flat_map(|batch| (0..batch.len()).map(move |at| row(batch, at)));
        results.push(rows.collect::<Vec<Vec<Value>>>());
    }
    let [one, several] = &results[..] else {
        unreachable!("two of them")
    };
    assert_eq!(one.len(), 17);
    // Quantiles of so many are estimates.
    let without = |rows: &[Vec<Value>]| -> Vec<Vec<Value>> {
        let rows = rows.iter();
        rows.map(|row| [&row[..9], &row[10..]].concat()).collect()
    };
    assert!(
        same(&without(one), &without(several)),
        "{one:?}\n{several:?}"
    );
    for (one, several) in one.iter().zip(several) {
        let [one, several] = [one, several].map(|row| row[9].number().unwrap());
        assert!((one - several).abs() < 20.0, "{one} {several}");
    }
}

#[test]
fn a_part_without_room_leaves_the_whole_to_one_thread() {
    let rows = 1 << 17;
    let (plan, index) = everything();
    let docs = (1..=rows)
        .filter_map(nuthatch_indexes::doc::DocId::new)
        .collect();
    let numbers =
        |of: fn(u32) -> u32| Column::of_numbers((0..rows).map(|row| Some(f64::from(of(row)))));
    let mut input = Input::new(docs, vec![numbers(|row| row), numbers(|row| row)]);
    let context = Context {
        plan: &plan,
        index: &index,
        keyspace: &mut NoKeys,
        deadline: Deadline::after_ms(0),
        threads: 2,
    };
    let left = input.left();
    let stages: &[Stage] = &[];
    let mut grouping = Grouping::new(&groups(vec![0]));
    let mut small = Budget::new(1 << 16);
    parallel::group(stages, &mut input, &mut grouping, &mut small, &context).unwrap();
    assert_eq!((input.left(), small.taken()), (left, 0));
    assert!(finished(grouping).is_empty());
}
