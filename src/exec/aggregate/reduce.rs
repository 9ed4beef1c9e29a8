//! What is kept of groups while their rows go by, and what is said of them at the end.

mod merge;
mod moments;
mod quantile;
mod quantiles;
mod sketch;

use std::collections::HashSet;
use std::hash::BuildHasher;
use std::sync::Arc;

use datasketches::hll::{HllSketch, HllUnion};
use foldhash::fast::RandomState;

use self::moments::Moments;
use self::quantiles::GroupQuantiles;
use self::sketch::{SKETCH_BYTES, new_sketch, new_union};
use super::Batch;
use super::distinct::Distinct;
use super::group::{Assigned, Hashed};
use crate::expr::{Column, Value};
use crate::plan::aggregate::{Calculation, Figure};
use crate::request::error::AggregateError;

/// How the bytes of a calculation changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Change {
    /// Bytes that came.
    pub(super) grown: usize,
    /// Bytes that went.
    pub(super) freed: usize,
}

/// One calculation over all groups.
pub(super) enum State {
    Count(Vec<u64>),
    Distinct {
        slot: usize,
        hasher: RandomState,
        hashes: Vec<HashSet<u64, RandomState>>,
    },
    Sketch {
        slot: usize,
        sketches: Vec<HllSketch>,
    },
    SketchOfSketches {
        slot: usize,
        unions: Vec<HllUnion>,
    },
    Moments {
        slot: usize,
        moments: Moments,
    },
    Quantiles {
        slot: usize,
        numbers: GroupQuantiles,
    },
    List {
        slot: usize,
        lists: Vec<Distinct>,
    },
    First {
        slot: usize,
        by: Option<(usize, bool)>,
        /// What the first row is first by, and its value.
        rows: Vec<Option<(Value, Value)>>,
    },
    Rows {
        fields: Vec<(Arc<[u8]>, usize)>,
        /// Each a list of names and values in turn.
        rows: Vec<Vec<Value>>,
    },
    Sample {
        slot: usize,
        size: usize,
        /// Values that came by, and those that were kept.
        samples: Vec<(u64, Vec<Value>)>,
    },
}

impl Change {
    fn add(&mut self, other: Self) {
        self.grown += other.grown;
        self.freed += other.freed;
    }
}

impl State {
    /// A calculation of nothing. `is_asked` says whether a figure will be asked of it.
    pub(super) fn new(
        calculation: &Calculation,
        hasher: RandomState,
        is_asked: impl Fn(Figure) -> bool,
    ) -> Self {
        match *calculation {
            Calculation::Count => Self::Count(Vec::new()),
            Calculation::Distinct(slot) => Self::Distinct {
                slot,
                hasher,
                hashes: Vec::new(),
            },
            Calculation::Sketch(slot) => Self::Sketch {
                slot,
                sketches: Vec::new(),
            },
            Calculation::SketchOfSketches(slot) => Self::SketchOfSketches {
                slot,
                unions: Vec::new(),
            },
            Calculation::Moments(slot) => Self::Moments {
                slot,
                moments: Moments::new(is_asked),
            },
            Calculation::Quantiles(slot) => Self::Quantiles {
                slot,
                numbers: GroupQuantiles::default(),
            },
            Calculation::List(slot) => Self::List {
                slot,
                lists: Vec::new(),
            },
            Calculation::First { value, by } => Self::First {
                slot: value,
                by,
                rows: Vec::new(),
            },
            Calculation::Rows(ref fields) => Self::Rows {
                fields: fields.clone(),
                rows: Vec::new(),
            },
            Calculation::Sample { value, size } => Self::Sample {
                slot: value,
                size,
                samples: Vec::new(),
            },
        }
    }

    /// Bytes of a new group, whatever comes of it.
    pub(super) fn bytes_of_group(&self) -> usize {
        match self {
            Self::Count(_) => size_of::<u64>(),
            Self::Distinct { .. } => size_of::<HashSet<u64, RandomState>>(),
            Self::Sketch { .. } | Self::SketchOfSketches { .. } => SKETCH_BYTES,
            Self::Moments { moments, .. } => moments.bytes_of_group(),
            Self::Quantiles { .. } => GroupQuantiles::BYTES_OF_GROUP,
            Self::List { .. } => size_of::<Distinct>(),
            Self::First { .. } => size_of::<Option<(Value, Value)>>(),
            Self::Rows { .. } => size_of::<Vec<Value>>(),
            Self::Sample { .. } => size_of::<(u64, Vec<Value>)>(),
        }
    }

    /// Makes room for so many groups.
    pub(super) fn grow(&mut self, groups: usize) {
        match self {
            Self::Count(counts) => counts.resize(groups, 0),
            Self::Distinct { hashes, .. } => hashes.resize_with(groups, HashSet::default),
            Self::Sketch { sketches, .. } => sketches.resize_with(groups, new_sketch),
            Self::SketchOfSketches { unions, .. } => unions.resize_with(groups, new_union),
            Self::Moments { moments, .. } => moments.grow(groups),
            Self::Quantiles { numbers, .. } => numbers.grow(groups),
            Self::List { lists, .. } => lists.resize_with(groups, Distinct::default),
            Self::First { rows, .. } => rows.resize(groups, None),
            Self::Rows { rows, .. } => rows.resize(groups, Vec::new()),
            Self::Sample { samples, .. } => samples.resize(groups, (0, Vec::new())),
        }
    }

    /// Takes rows in.
    pub(super) fn update(
        &mut self,
        batch: &Batch,
        assigned: &Assigned,
    ) -> Result<Change, AggregateError> {
        let null = Column::null();
        let column = |slot: &usize| batch.columns.get(*slot).unwrap_or(&null);
        let pairs = assigned.pairs();
        let mut change = Change::default();
        match self {
            Self::Count(counts) => {
                for group in assigned.groups() {
                    counts[*group as usize] += 1;
                }
            }
            Self::Moments { slot, moments } => {
                let column = column(slot);
                if let Some((numbers, groups)) = all_numbers(column, assigned) {
                    moments.extend(groups, numbers);
                } else {
                    let push = |group, number| moments.push(group, number);
                    each_number(column, assigned, push);
                }
            }
            Self::Quantiles { slot, numbers } => {
                let column = column(slot);
                if let Some((all, groups)) = all_numbers(column, assigned) {
                    change.add(numbers.extend(groups, all));
                } else {
                    let push = |group, number| change.add(numbers.push(group, number));
                    each_number(column, assigned, push);
                }
            }
            Self::First { slot, by, rows } => {
                for (row, group) in pairs {
                    let key = by.map(|(by, _)| column(&by).value(row)).unwrap_or_default();
                    let value = || column(slot).value(row);
                    change.add(put_first(&mut rows[group], key, value, *by));
                }
            }
            Self::Rows { fields, rows } => {
                for (row, group) in pairs {
                    let collected = collected(fields, |slot| column(&slot).value(row));
                    change.grown += collected.heap_bytes() + size_of::<Value>();
                    rows[group].push(collected);
                }
            }
            Self::Distinct { slot, .. }
            | Self::Sketch { slot, .. }
            | Self::SketchOfSketches { slot, .. }
            | Self::List { slot, .. }
            | Self::Sample { slot, .. } => {
                let column = column(&*slot);
                for (row, group) in pairs {
                    let value = column.value(row);
                    if !value.is_null() {
                        self.add(group, &value, &mut change)?;
                    }
                }
            }
        }
        Ok(change)
    }

    /// No more rows come.
    pub(super) fn finish(&mut self) -> Change {
        match self {
            Self::Quantiles { numbers, .. } => numbers.finish(),
            Self::Count(_)
            | Self::Distinct { .. }
            | Self::Sketch { .. }
            | Self::SketchOfSketches { .. }
            | Self::Moments { .. }
            | Self::List { .. }
            | Self::First { .. }
            | Self::Rows { .. }
            | Self::Sample { .. } => Change::default(),
        }
    }

    /// Takes in one value that is there.
    fn add(
        &mut self,
        group: usize,
        value: &Value,
        change: &mut Change,
    ) -> Result<(), AggregateError> {
        match self {
            Self::Distinct { hasher, hashes, .. } => {
                let is_new = hashes[group].insert(hasher.hash_one(Hashed(value)));
                change.grown += usize::from(is_new) * BYTES_OF_HASH;
            }
            Self::Sketch { sketches, .. } => sketches[group].update(Hashed(value)),
            Self::SketchOfSketches { unions, .. } => {
                let sketch = value.bytes().and_then(|bytes| sketch::read(&bytes));
                unions[group].update(&sketch.ok_or(AggregateError::NotSketch)?);
            }
            Self::List { lists, .. } => change.grown += push(&mut lists[group], value),
            Self::Sample { size, samples, .. } => {
                let (seen, kept) = &mut samples[group];
                sampled(seen, kept, *size, value, change);
            }
            Self::Count(_)
            | Self::Moments { .. }
            | Self::Quantiles { .. }
            | Self::First { .. }
            | Self::Rows { .. } => {}
        }
        Ok(())
    }
}

/// Bytes of an entry of a hash table that is about half full.
const BYTES_OF_HASH: usize = 2 * (size_of::<u64>() + 1);

/// The numbers of rows and their groups, where each row has one of both.
fn all_numbers<'a>(column: &'a Column, assigned: &'a Assigned) -> Option<(&'a [f64], &'a [u32])> {
    match column {
        Column::Numbers(numbers) if numbers.present.is_none() => {
            Some((&numbers.values, assigned.of_rows()?))
        }
        Column::Numbers(_) | Column::Constant(_) | Column::Texts(_) | Column::Values(_) => None,
    }
}

/// The numbers of rows with their groups.
fn each_number(column: &Column, assigned: &Assigned, mut take: impl FnMut(usize, f64)) {
    for (row, group) in assigned.pairs() {
        if let Some(number) = column.number(row) {
            take(group, number);
        }
    }
}

/// Puts a row in the place of the first so far, if it is before that.
fn put_first(
    first: &mut Option<(Value, Value)>,
    key: Value,
    value: impl FnOnce() -> Value,
    by: Option<(usize, bool)>,
) -> Change {
    let mut change = Change::default();
    if is_first(first.as_ref(), &key, by) {
        let value = value();
        change.grown = value.heap_bytes() + key.heap_bytes();
        if let Some((key, value)) = first.replace((key, value)) {
            change.freed = value.heap_bytes() + key.heap_bytes();
        }
    }
    change
}

/// Whether a row is before the first so far: the first that came, unless a key says.
fn is_first(first: Option<&(Value, Value)>, key: &Value, by: Option<(usize, bool)>) -> bool {
    let Some((best, _)) = first else {
        return true;
    };
    let Some((_, descending)) = by else {
        return false;
    };
    match (best.is_null(), key.is_null()) {
        (_, true) => false,
        (true, false) => true,
        (false, false) if descending => key.order(best).is_gt(),
        (false, false) => key.order(best).is_lt(),
    }
}

/// The names and values of some fields in turn, without what is not there.
fn collected(fields: &[(Arc<[u8]>, usize)], value: impl Fn(usize) -> Value) -> Value {
    let pairs = fields.iter().filter_map(|(name, slot)| {
        let value = value(*slot);
        (!value.is_null()).then(|| [Value::Text(Arc::clone(name)), value])
    });
    Value::List(pairs.flatten().collect())
}

/// One more value for a sample, in which each that came is as likely as any other (Vitter 1985,
/// algorithm R).
fn sampled(seen: &mut u64, kept: &mut Vec<Value>, size: usize, value: &Value, change: &mut Change) {
    *seen += 1;
    if kept.len() < size {
        kept.push(value.clone());
        change.grown += value.heap_bytes() + size_of::<Value>();
        return;
    }
    let place = usize::try_from(fastrand::u64(0..*seen)).unwrap_or(usize::MAX);
    if let Some(slot) = kept.get_mut(place) {
        change.grown += value.heap_bytes();
        change.freed += slot.heap_bytes();
        *slot = value.clone();
    }
}

/// Adds a value to a list, or those of another list; the bytes by which it grew.
fn push(list: &mut Distinct, value: &Value) -> usize {
    if let Value::List(values) = value {
        return values.iter().map(|value| push(list, value)).sum();
    }
    if list.insert(value) {
        value.heap_bytes() + size_of::<Value>() + BYTES_OF_HASH
    } else {
        0
    }
}

/// What is said of a group.
pub(super) fn figure(state: &mut State, figure: Figure, group: usize) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "below 2^53 rows")]
    let count = |count: u64| Value::Number(count as f64);
    match state {
        State::Count(counts) => count(counts[group]),
        State::Distinct { hashes, .. } => count(hashes[group].len() as u64),
        State::Sketch { sketches, .. } if figure == Figure::Bytes => {
            Value::Text(sketches[group].serialize().into())
        }
        State::Sketch { sketches, .. } => Value::Number(sketches[group].estimate().round()),
        State::SketchOfSketches { unions, .. } => Value::Number(unions[group].estimate().round()),
        State::Moments { moments, .. } => Value::Number(moments.figure(figure, group)),
        State::Quantiles { numbers, .. } => {
            if let Figure::Quantile(share) = figure {
                numbers.at(group, share)
            } else {
                Value::Null
            }
        }
        State::List { lists, .. } => Value::List(lists[group].take().into()),
        State::First { rows, .. } => rows[group].take().map_or(Value::Null, |(_, value)| value),
        State::Rows { rows, .. } => Value::List(std::mem::take(&mut rows[group]).into()),
        State::Sample { samples, .. } => Value::List(std::mem::take(&mut samples[group].1).into()),
    }
}
