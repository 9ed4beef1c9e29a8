//! Rows to groups: each row finds its group once, and what is kept of groups goes over the batch
//! column by column.

use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::batch::columns;
use super::distinct::Distinct;
use super::reduce::{State, figure};
use super::{Batch, Budget};
use crate::exec::deadline::Deadline;
use crate::expr::{Column, Value};
use crate::plan::aggregate::{Groups, Summary};
use crate::request::error::{Error, Refusal};

/// Groups of the rows pushed, in the order in which their first rows came.
pub(super) struct Grouping {
    /// The slots of the keys.
    slots: Vec<usize>,
    summaries: Vec<Summary>,
    states: Vec<State>,
    /// Groups by the hash of their keys.
    table: HashTable<u32>,
    hasher: RandomState,
    /// The keys of all groups, one group behind the other.
    keys: Vec<Value>,
    count: usize,
    /// Groups that were found lately, by where their text lies.
    recent: Vec<u32>,
    /// The first group that has not been given out, once all rows have come.
    given: Option<usize>,
}

/// Which row is in which group; a row is in several when a key of it is a list.
#[derive(Default)]
pub(super) struct Assigned {
    /// Rows of the batch.
    pub(super) rows: Vec<usize>,
    /// Their groups.
    pub(super) groups: Vec<usize>,
    /// Bytes taken from the budget for rows that are in several.
    pub(super) charged: usize,
}

/// One key of one row.
enum Key<'a> {
    Of(&'a Value),
    Number(f64),
}

impl Grouping {
    pub(super) fn new(groups: &Groups) -> Self {
        let states = groups
            .calculations
            .iter()
            .enumerate()
            .map(|(position, it)| {
                let mut figures = groups.summaries.iter();
                let is_asked =
                    |figure| figures.any(|it| it.calculation == position && it.figure == figure);
                State::new(it, is_asked)
            });
        Self {
            slots: groups.keys.clone(),
            summaries: groups.summaries.clone(),
            states: states.collect(),
            table: HashTable::new(),
            hasher: RandomState::default(),
            keys: Vec::new(),
            count: 0,
            recent: Vec::new(),
            given: None,
        }
    }

    pub(super) fn is_finished(&self) -> bool {
        self.given.is_some()
    }

    /// Takes rows in.
    pub(super) fn push(
        &mut self,
        batch: &Batch,
        budget: &mut Budget,
        deadline: &Deadline,
    ) -> Result<(), Error> {
        let before = self.count;
        let assigned = self.assign(batch, budget, deadline)?;
        let new = self.count - before;
        let per_group = self.states.iter().map(State::bytes_of_group).sum::<usize>();
        budget.take(new * (per_group + size_of::<u32>() * 2))?;
        for state in &mut self.states {
            state.grow(self.count);
            let change = state.update(batch, &assigned).map_err(Refusal::Aggregate)?;
            budget.change(change.grown, change.freed)?;
        }
        budget.give(assigned.charged);
        Ok(())
    }

    /// No more rows come.
    pub(super) fn finish(&mut self) {
        self.given = Some(0);
    }

    /// The next groups, at most so many.
    pub(super) fn next(&mut self, most: usize) -> Option<Batch> {
        let start = self.given.unwrap_or_default();
        let end = self.count.min(start + most);
        if start == end {
            return None;
        }
        self.given = Some(end);
        let width = self.slots.len();
        let mut rows = Vec::with_capacity(end - start);
        for group in start..end {
            let mut row = self.keys[group * width..(group + 1) * width].to_vec();
            for summary in &self.summaries {
                let state = &mut self.states[summary.calculation];
                row.push(figure(state, summary.figure, group));
            }
            rows.push(row);
        }
        Some(Batch::of_rows(rows.len(), columns(&rows)))
    }

    /// The groups of rows, new ones where there are none yet.
    fn assign(
        &mut self,
        batch: &Batch,
        budget: &mut Budget,
        deadline: &Deadline,
    ) -> Result<Assigned, Error> {
        let mut assigned = Assigned {
            rows: Vec::with_capacity(batch.len()),
            groups: Vec::with_capacity(batch.len()),
            charged: 0,
        };
        if self.slots.is_empty() {
            self.count = self.count.max(usize::from(!batch.is_empty()));
            assigned.rows.extend(0..batch.len());
            assigned.groups.resize(batch.len(), 0);
            return Ok(assigned);
        }
        if let [slot] = *self.slots
            && let Some(column) = batch.columns.get(slot)
            && self.assign_one(column, batch.len(), &mut assigned, budget)?
        {
            return Ok(assigned);
        }
        let null = Column::null();
        let slots = self.slots.clone();
        let columns: Vec<&Column> = slots
            .iter()
            .map(|slot| batch.columns.get(*slot).unwrap_or(&null))
            .collect();
        let mut keys: Vec<Key<'_>> = Vec::with_capacity(columns.len());
        for row in 0..batch.len() {
            keys.clear();
            keys.extend(columns.iter().map(|column| Key::at(column, row)));
            if keys.iter().any(Key::is_list) {
                deadline.check()?;
                self.assign_each(row, &keys, &mut assigned, budget, deadline)?;
            } else {
                assigned.rows.push(row);
                assigned.groups.push(self.group(&keys, budget)?);
            }
        }
        Ok(assigned)
    }

    /// The groups of rows by one key, where documents share its texts: who has the text of a group
    /// has its key. False if a key is a list, with nothing assigned.
    fn assign_one(
        &mut self,
        column: &Column,
        rows: usize,
        assigned: &mut Assigned,
        budget: &mut Budget,
    ) -> Result<bool, Error> {
        let Column::Values(values) = column else {
            return Ok(false);
        };
        if values.iter().any(|value| matches!(value, Value::List(_))) {
            return Ok(false);
        }
        self.recent.resize(RECENT, u32::MAX);
        for value in values.iter().take(rows) {
            let slot = recent_slot(value);
            let known = self.recent[slot] as usize;
            let group = match (value, self.keys.get(known)) {
                (Value::Text(text), Some(Value::Text(key))) if Arc::ptr_eq(text, key) => known,
                _ => self.group(&[Key::Of(value)], budget)?,
            };
            self.recent[slot] = u32::try_from(group).unwrap_or(u32::MAX);
            assigned.groups.push(group);
        }
        assigned.rows.extend(0..rows);
        Ok(true)
    }

    /// The groups of a row of which some keys are lists: one for each combination of their values,
    /// an empty list counting as null.
    fn assign_each(
        &mut self,
        row: usize,
        keys: &[Key<'_>],
        assigned: &mut Assigned,
        budget: &mut Budget,
        deadline: &Deadline,
    ) -> Result<(), Error> {
        /// Combinations between two looks at the clock.
        const EVERY: usize = 4096;
        /// Bytes that one takes until the batch is through.
        const PAIR: usize = 2 * size_of::<usize>();
        let choices: Vec<Vec<Value>> = keys.iter().map(Key::values).collect();
        let mut places = vec![0; choices.len()];
        loop {
            let chosen = choices.iter().zip(&places);
            let chosen: Vec<Key<'_>> = chosen
                .map(|(values, place)| Key::Of(&values[*place]))
                .collect();
            budget.take(PAIR)?;
            assigned.charged += PAIR;
            if assigned.charged.is_multiple_of(EVERY * PAIR) {
                deadline.check()?;
            }
            assigned.rows.push(row);
            assigned.groups.push(self.group(&chosen, budget)?);
            // The next combination, the last key moving fastest.
            let mut moved = false;
            for (place, values) in places.iter_mut().zip(&choices).rev() {
                *place += 1;
                if *place < values.len() {
                    moved = true;
                    break;
                }
                *place = 0;
            }
            if !moved {
                return Ok(());
            }
        }
    }

    /// The group of some keys.
    fn group(&mut self, keys: &[Key<'_>], budget: &mut Budget) -> Result<usize, Error> {
        let width = keys.len();
        let hash = self.hash(keys);
        let stored = |group: u32| &self.keys[group as usize * width..][..width];
        let is_same = |group: &u32| {
            let pairs = keys.iter().zip(stored(*group));
            pairs.into_iter().all(|(key, value)| key.is(value))
        };
        if let Some(group) = self.table.find(hash, is_same) {
            return Ok(*group as usize);
        }
        let values: Vec<Value> = keys.iter().map(Key::value).collect();
        let bytes = values
            .iter()
            .map(|value| value.heap_bytes() + size_of::<Value>());
        budget.take(bytes.sum())?;
        let group = self.count;
        self.count += 1;
        self.keys.extend(values);
        let number = u32::try_from(group).unwrap_or(u32::MAX);
        let (all, hasher) = (&self.keys, &self.hasher);
        self.table.insert_unique(hash, number, |group| {
            hash_of(
                hasher,
                all[*group as usize * width..][..width].iter().map(Key::Of),
            )
        });
        Ok(group)
    }

    fn hash(&self, keys: &[Key<'_>]) -> u64 {
        let keys = keys.iter().map(|key| match key {
            Key::Of(value) => Key::Of(value),
            Key::Number(number) => Key::Number(*number),
        });
        hash_of(&self.hasher, keys)
    }
}

/// Groups that are remembered by where their text lies.
const RECENT: usize = 4096;

/// The place of a value among those remembered.
fn recent_slot(value: &Value) -> usize {
    match value {
        // Texts lie 16 bytes apart at least.
        Value::Text(text) => (text.as_ptr().addr() >> 4) % RECENT,
        Value::Null | Value::Number(_) | Value::List(_) => 0,
    }
}

impl<'a> Key<'a> {
    fn at(column: &'a Column, row: usize) -> Self {
        match column {
            Column::Constant(value) => Self::Of(value),
            Column::Numbers(numbers) => numbers
                .get(row)
                .map_or(Self::Of(&Value::Null), Self::Number),
            Column::Values(values) => Self::Of(values.get(row).unwrap_or(&Value::Null)),
        }
    }

    fn is_list(&self) -> bool {
        matches!(self, Self::Of(Value::List(_)))
    }

    fn value(&self) -> Value {
        match self {
            Self::Of(value) => (*value).clone(),
            Self::Number(number) => Value::Number(*number),
        }
    }

    /// The values of a list, each once, or the one that it is.
    fn values(&self) -> Vec<Value> {
        let Self::Of(Value::List(list)) = self else {
            return vec![self.value()];
        };
        let mut distinct = Distinct::default();
        for value in list.iter() {
            distinct.insert(value);
        }
        let mut values = distinct.take();
        if values.is_empty() {
            values.push(Value::Null);
        }
        values
    }

    fn is(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Of(own), value) => is_same(own, value),
            (Self::Number(own), Value::Number(other)) => bits(*own) == bits(*other),
            (Self::Number(_), _) => false,
        }
    }
}

/// Whether two values are one: a number and the text that reads as it are two.
pub(super) fn is_same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => bits(*a) == bits(*b),
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| is_same(a, b))
        }
        (a, b) => a == b,
    }
}

/// The bits of a number: both zeros have the same, and so have all NaN.
fn bits(number: f64) -> u64 {
    if number.is_nan() {
        f64::NAN.to_bits()
    } else {
        // Turns the negative zero.
        (number + 0.0).to_bits()
    }
}

fn hash_of<'a>(hasher: &RandomState, keys: impl Iterator<Item = Key<'a>>) -> u64 {
    let mut state = hasher.build_hasher();
    for key in keys {
        match key {
            Key::Of(value) => Hashed(value).hash(&mut state),
            Key::Number(number) => Hashed(&Value::Number(number)).hash(&mut state),
        }
    }
    state.finish()
}

/// A value by what it is: equal hashes for what [`is_same`] says is one.
pub(super) struct Hashed<'a>(pub(super) &'a Value);

impl Hash for Hashed<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self.0 {
            Value::Null => 0_u8.hash(state),
            Value::Number(number) => bits(*number).hash(state),
            Value::Text(text) => text.hash(state),
            Value::List(list) => {
                list.len().hash(state);
                list.iter().for_each(|value| Hashed(value).hash(state));
            }
        }
    }
}
