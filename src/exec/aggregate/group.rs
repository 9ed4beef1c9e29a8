//! Rows to groups: each row finds its group once, and what is kept of groups goes over the batch
//! column by column.

mod assigned;
mod key;
mod merge;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

pub(super) use self::assigned::Assigned;
pub(super) use self::key::{Hashed, is_same};
use self::key::{Key, hash_of};
use super::reduce::{State, figure};
use super::{Batch, Budget};
use crate::exec::deadline::Deadline;
use crate::expr::{Column, Texts, Value};
use crate::plan::aggregate::Groups;
use crate::request::error::{Error, Refusal};

/// Groups of the rows pushed, in the order in which their first rows came.
pub(super) struct Grouping {
    /// What is computed.
    plan: Groups,
    states: Vec<State>,
    /// Groups by the hash of their keys.
    table: HashTable<u32>,
    hasher: RandomState,
    /// The keys of all groups, one group behind the other.
    keys: Vec<Value>,
    count: usize,
    /// Groups by the code of their only key, from 1; 0 where there is none yet.
    by_code: Vec<u32>,
    /// The first group that has not been given out, once all rows have come.
    given: Option<usize>,
}

impl Grouping {
    pub(super) fn new(groups: &Groups) -> Self {
        Self::with(groups, RandomState::default())
    }

    fn with(groups: &Groups, hasher: RandomState) -> Self {
        let states = groups
            .calculations
            .iter()
            .enumerate()
            .map(|(position, it)| {
                let is_asked = |figure| {
                    let mut figures = groups.summaries.iter();
                    figures.any(|it| it.calculation == position && it.figure == figure)
                };
                State::new(it, hasher.clone(), is_asked)
            });
        Self {
            plan: groups.clone(),
            states: states.collect(),
            table: HashTable::new(),
            hasher,
            keys: Vec::new(),
            count: 0,
            by_code: Vec::new(),
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
        self.grow(new, budget)?;
        for state in &mut self.states {
            let change = state.update(batch, &assigned).map_err(Refusal::Aggregate)?;
            budget.change(change.grown, change.freed)?;
        }
        budget.give(assigned.charged);
        Ok(())
    }

    /// Makes room for groups that are new.
    fn grow(&mut self, new: usize, budget: &mut Budget) -> Result<(), Error> {
        let per_group = self.states.iter().map(State::bytes_of_group).sum::<usize>();
        budget.take(new * (per_group + size_of::<u32>() * 2))?;
        for state in &mut self.states {
            state.grow(self.count);
        }
        Ok(())
    }

    /// No more rows come.
    pub(super) fn finish(&mut self, budget: &mut Budget) -> Result<(), Error> {
        budget.give(self.by_code.len() * size_of::<u32>());
        self.by_code = Vec::new();
        for state in &mut self.states {
            let change = state.finish();
            budget.change(change.grown, change.freed)?;
        }
        self.given = Some(0);
        Ok(())
    }

    /// The next groups, at most so many.
    pub(super) fn next(&mut self, most: usize) -> Option<Batch> {
        let start = self.given.unwrap_or_default();
        let end = self.count.min(start + most);
        if start == end {
            return None;
        }
        self.given = Some(end);
        let (width, states) = (self.plan.keys.len(), &mut self.states);
        let mut columns = Vec::with_capacity(width + self.plan.summaries.len());
        for key in 0..width {
            let of_groups = self.keys[start * width..end * width].iter();
            let values = of_groups.skip(key).step_by(width).cloned();
            columns.push(Column::of_values(values.collect()));
        }
        for summary in &self.plan.summaries {
            let state = &mut states[summary.calculation];
            let values = (start..end).map(|group| figure(state, summary.figure, group));
            columns.push(Column::of_values(values.collect()));
        }
        Some(Batch::of_rows(end - start, columns))
    }

    /// The groups of rows, new ones where there are none yet.
    fn assign(
        &mut self,
        batch: &Batch,
        budget: &mut Budget,
        deadline: &Deadline,
    ) -> Result<Assigned, Error> {
        let mut assigned = Assigned::default();
        assigned.groups.reserve(batch.len());
        if self.plan.keys.is_empty() {
            self.count = self.count.max(usize::from(!batch.is_empty()));
            assigned.groups.resize(batch.len(), 0);
            return Ok(assigned);
        }
        if let [slot] = *self.plan.keys
            && let Some(Column::Texts(texts)) = batch.columns.get(slot)
        {
            assigned.groups = self.assign_codes(texts, budget)?;
            return Ok(assigned);
        }
        let null = Column::null();
        let slots = self.plan.keys.iter();
        let columns: Vec<&Column> = slots
            .map(|slot| batch.columns.get(*slot).unwrap_or(&null))
            .collect();
        let mut keys: Vec<Key<'_>> = Vec::with_capacity(columns.len());
        let may_be_list = columns.iter().any(|column| match column {
            Column::Constant(_) | Column::Values(_) => true,
            Column::Numbers(_) | Column::Texts(_) => false,
        });
        for row in 0..batch.len() {
            keys.clear();
            keys.extend(columns.iter().map(|column| Key::at(column, row)));
            if may_be_list && keys.iter().any(Key::is_list) {
                deadline.check()?;
                self.assign_each(row, &keys, &mut assigned, budget, deadline)?;
            } else {
                let group = self.group(&keys, budget)?;
                assigned.push(row, group);
            }
        }
        Ok(assigned)
    }

    /// The groups of rows by one key, which is a text: each text is looked for once.
    fn assign_codes(&mut self, texts: &Texts, budget: &mut Budget) -> Result<Vec<u32>, Error> {
        /// The group of a code that has none yet; a budget has no room for so many.
        const NEW: u32 = u32::MAX;
        let codes = texts.by_code.len().max(1);
        if codes > self.by_code.len() {
            budget.take((codes - self.by_code.len()) * size_of::<u32>())?;
            self.by_code.resize(codes, 0);
        }
        let known = |code: &u32| self.by_code[*code as usize].wrapping_sub(1);
        let mut groups: Vec<u32> = texts.codes.iter().map(known).collect();
        if !groups.contains(&NEW) {
            return Ok(groups);
        }
        for (row, group) in groups.iter_mut().enumerate().filter(|it| *it.1 == NEW) {
            let code = texts.codes[row] as usize;
            // An earlier row may have been the first.
            if self.by_code[code] == 0 {
                let key = texts.get(row).map_or(Key::Of(&Value::Null), Key::Text);
                self.by_code[code] = self.group(&[key], budget)? + 1;
            }
            *group = self.by_code[code] - 1;
        }
        Ok(groups)
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
            let group = self.group(&chosen, budget)?;
            assigned.push(row, group);
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
    fn group(&mut self, keys: &[Key<'_>], budget: &mut Budget) -> Result<u32, Error> {
        let width = keys.len();
        let hash = hash_of(&self.hasher, keys.iter().copied());
        let stored = |group: u32| &self.keys[group as usize * width..][..width];
        let is_same = |group: &u32| {
            let pairs = keys.iter().zip(stored(*group));
            pairs.into_iter().all(|(key, value)| key.is(value))
        };
        if let Some(group) = self.table.find(hash, is_same) {
            return Ok(*group);
        }
        let values: Vec<Value> = keys.iter().map(Key::value).collect();
        let bytes = values
            .iter()
            .map(|value| value.heap_bytes() + size_of::<Value>());
        budget.take(bytes.sum())?;
        // A budget has no room for as many groups as there are numbers.
        let group = u32::try_from(self.count).unwrap_or(u32::MAX);
        self.count += 1;
        self.keys.extend(values);
        let (all, hasher) = (&self.keys, &self.hasher);
        self.table.insert_unique(hash, group, |group| {
            hash_of(
                hasher,
                all[*group as usize * width..][..width].iter().map(Key::Of),
            )
        });
        Ok(group)
    }
}
