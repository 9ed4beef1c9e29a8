//! What is kept of groups put to what is kept of the same ones from the rows before.

use std::collections::HashSet;

use datasketches::hll::{HllSketch, HllType};
use foldhash::fast::RandomState;

use super::sketch::new_union;
use super::{BYTES_OF_HASH, Change, State, push, put_first};
use crate::expr::Value;
use crate::request::error::AggregateError;

impl State {
    /// Takes in the same calculation over rows that come later: what it has of each group goes to the
    /// group here that is named in its place.
    pub(in crate::exec::aggregate) fn absorb(
        &mut self,
        other: Self,
        groups: &[u32],
    ) -> Result<Change, AggregateError> {
        let groups_of = || groups.iter().map(|group| *group as usize);
        let mut change = Change::default();
        match (self, other) {
            (Self::Count(own), Self::Count(theirs)) => {
                groups_of().zip(theirs).for_each(|(at, it)| own[at] += it);
            }
            (Self::Distinct { hashes: own, .. }, Self::Distinct { hashes, .. }) => {
                for (at, hashes) in groups_of().zip(hashes) {
                    change.grown += add_hashes(&mut own[at], hashes);
                }
            }
            (Self::Sketch { sketches: own, .. }, Self::Sketch { sketches, .. }) => {
                for (at, sketch) in groups_of().zip(sketches) {
                    own[at] = both(&own[at], &sketch);
                }
            }
            (Self::SketchOfSketches { unions: own, .. }, Self::SketchOfSketches { unions, .. }) => {
                for (at, union) in groups_of().zip(unions) {
                    own[at].update(&union.to_sketch(HllType::Hll8));
                }
            }
            (Self::Moments { moments: own, .. }, Self::Moments { moments, .. }) => {
                own.absorb(&moments, groups);
            }
            (Self::Quantiles { numbers: own, .. }, Self::Quantiles { numbers, .. }) => {
                change = own.absorb(numbers, groups);
            }
            (Self::List { lists: own, .. }, Self::List { lists, .. }) => {
                for (at, mut list) in groups_of().zip(lists) {
                    let values = list.take();
                    change.grown += values
                        .iter()
                        .map(|it| push(&mut own[at], it))
                        .sum::<usize>();
                }
            }
            (Self::First { by, rows: own, .. }, Self::First { rows, .. }) => {
                for (at, row) in groups_of().zip(rows) {
                    if let Some((key, value)) = row {
                        change.add(put_first(&mut own[at], key, || value, *by));
                    }
                }
            }
            (Self::Rows { rows: own, .. }, Self::Rows { rows, .. }) => {
                for (at, rows) in groups_of().zip(rows) {
                    change.grown += bytes_of(&rows);
                    own[at].extend(rows);
                }
            }
            (
                Self::Sample {
                    size, samples: own, ..
                },
                Self::Sample { samples, .. },
            ) => {
                change = absorb_samples(own, samples, groups, *size);
            }
            // Siblings calculate the same.
            _ => debug_assert!(false, "two calculations of different kinds"),
        }
        Ok(change)
    }
}

/// How many values came by, and those that were kept.
type Sample = (u64, Vec<Value>);

/// Makes samples of both, by the numbers of values that each is of.
fn absorb_samples(own: &mut [Sample], theirs: Vec<Sample>, groups: &[u32], size: usize) -> Change {
    let mut change = Change::default();
    for (at, sample) in groups.iter().map(|group| *group as usize).zip(theirs) {
        change.freed += bytes_of(&own[at].1);
        let ours = std::mem::take(&mut own[at]);
        own[at] = (ours.0 + sample.0, of_both(ours, sample, size));
        change.grown += bytes_of(&own[at].1);
    }
    change
}

/// Adds the hashes of values; the bytes by which they grew.
fn add_hashes(own: &mut HashSet<u64, RandomState>, hashes: HashSet<u64, RandomState>) -> usize {
    let before = own.len();
    own.extend(hashes);
    (own.len() - before) * BYTES_OF_HASH
}

fn bytes_of(values: &[Value]) -> usize {
    let values = values.iter();
    values.map(|it| it.heap_bytes() + size_of::<Value>()).sum()
}

/// A sketch of what two are of.
fn both(one: &HllSketch, other: &HllSketch) -> HllSketch {
    let mut union = new_union();
    union.update(one);
    union.update(other);
    union.to_sketch(HllType::Hll8)
}

/// A sample of two sets of values, of which each has been seen in that number and sampled: as if it had
/// been drawn from all of them, one by one.
fn of_both(
    (mut left, mut ours): Sample,
    (mut right, mut theirs): Sample,
    size: usize,
) -> Vec<Value> {
    let mut kept = Vec::new();
    while kept.len() < size && left + right > 0 {
        let from = if fastrand::u64(0..left + right) < left {
            left -= 1;
            &mut ours
        } else {
            right -= 1;
            &mut theirs
        };
        if from.is_empty() {
            continue;
        }
        kept.push(from.swap_remove(fastrand::usize(0..from.len())));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(values: std::ops::Range<u32>) -> Vec<Value> {
        values.map(|it| Value::Number(f64::from(it))).collect()
    }

    #[test]
    fn a_sample_of_both_has_each_value_once_and_follows_their_numbers() {
        let whole = of_both((3, numbers(0..3)), (2, numbers(3..5)), 9);
        let mut found: Vec<f64> = whole.iter().filter_map(Value::number).collect();
        found.sort_by(f64::total_cmp);
        assert_eq!(found, [0.0, 1.0, 2.0, 3.0, 4.0]);
        // Nine in ten come from the side that has seen nine times as many.
        let mut from_left = 0;
        for _ in 0..2_000 {
            let kept = of_both((900, numbers(0..10)), (100, numbers(10..20)), 10);
            assert_eq!(kept.len(), 10);
            from_left += kept.iter().filter(|it| it.number() < Some(10.0)).count();
        }
        assert!((17_500..18_500).contains(&from_left), "{from_left}");
    }
}
