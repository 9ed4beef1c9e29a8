//! The first rows in an order, of any number of them.

use std::cmp::Ordering;
use std::collections::VecDeque;

use nuthatch_indexes::doc::DocId;

use super::batch::{columns, document_bytes};
use super::{Batch, Budget, Fields};
use crate::expr::{Column, Value};
use crate::request::error::Error;

/// Sorts the rows pushed; equal ones stay in the order in which they came.
pub(super) struct Sorting {
    /// Slots, and whether the highest come first.
    keys: Vec<(usize, bool)>,
    most: usize,
    seen: usize,
    /// The first `most` so far are among these.
    kept: Vec<Row>,
    /// What the last of the first `most` is sorted by, once there are as many: nothing at or behind
    /// it is worth keeping.
    worst: Option<Vec<Value>>,
    bytes: usize,
    /// The rows in order, once all have come.
    sorted: Option<VecDeque<Row>>,
}

struct Row {
    keys: Vec<Value>,
    came: usize,
    values: Vec<Value>,
    doc: Option<DocId>,
    document: Option<Fields>,
}

impl Row {
    fn bytes(&self) -> usize {
        let values = self.values.iter().chain(&self.keys);
        let heap = values.map(|value| value.heap_bytes() + size_of::<Value>());
        heap.sum::<usize>() + self.document.as_ref().map_or(0, document_bytes) + size_of::<Self>()
    }
}

impl Sorting {
    pub(super) fn new(keys: Vec<(usize, bool)>, most: usize) -> Self {
        Self {
            keys,
            most,
            seen: 0,
            kept: Vec::new(),
            worst: None,
            bytes: 0,
            sorted: None,
        }
    }

    /// Counts rows that are behind all that will come.
    pub(super) fn pass_over(&mut self, rows: usize) {
        self.seen += rows;
    }

    /// How many rows have come.
    pub(super) fn seen(&self) -> usize {
        self.seen
    }

    pub(super) fn is_finished(&self) -> bool {
        self.sorted.is_some()
    }

    /// Takes rows in.
    pub(super) fn push(&mut self, batch: &Batch, budget: &mut Budget) -> Result<(), Error> {
        let null = Column::null();
        let column = |slot: usize| batch.columns.get(slot).unwrap_or(&null);
        let slots: Vec<&Column> = self.keys.iter().map(|(slot, _)| column(*slot)).collect();
        for row in 0..batch.len() {
            let came = self.seen;
            self.seen += 1;
            if self.most == 0 || self.is_behind(&slots, row) {
                continue;
            }
            let row = Row {
                keys: slots.iter().map(|column| column.value(row)).collect(),
                came,
                values: batch
                    .columns
                    .iter()
                    .map(|column| column.value(row))
                    .collect(),
                doc: batch.docs.get(row).copied(),
                document: batch
                    .documents
                    .as_ref()
                    .and_then(|all| all.get(row).cloned()),
            };
            let bytes = row.bytes();
            budget.take(bytes)?;
            self.bytes += bytes;
            self.kept.push(row);
            if self.kept.len() >= self.most.max(16).saturating_mul(2) {
                self.shrink(budget);
            }
        }
        Ok(())
    }

    /// No more rows come.
    pub(super) fn finish(&mut self, budget: &mut Budget) {
        if self.kept.len() > self.most {
            self.shrink(budget);
        }
        let mut kept = std::mem::take(&mut self.kept);
        kept.sort_unstable_by(|a, b| compare(&self.keys, a, b));
        self.sorted = Some(kept.into());
    }

    /// The next rows in order, at most so many; what they took is given back.
    pub(super) fn next(&mut self, most: usize, budget: &mut Budget) -> Option<Batch> {
        let sorted = self.sorted.as_mut()?;
        let rows: Vec<Row> = sorted.drain(..most.min(sorted.len())).collect();
        if rows.is_empty() {
            return None;
        }
        let bytes = rows.iter().map(Row::bytes).sum::<usize>().min(self.bytes);
        budget.give(bytes);
        self.bytes -= bytes;
        let docs: Vec<DocId> = rows.iter().filter_map(|row| row.doc).collect();
        let documents: Option<Vec<Fields>> = rows.iter().map(|row| row.document.clone()).collect();
        let len = rows.len();
        let values: Vec<Vec<Value>> = rows.into_iter().map(|row| row.values).collect();
        let mut batch = Batch::of_rows(len, columns(&values));
        (batch.docs, batch.documents) = (docs, documents);
        Some(batch)
    }

    /// Whether a row cannot be among the first any more.
    fn is_behind(&self, slots: &[&Column], row: usize) -> bool {
        let Some(worst) = &self.worst else {
            return false;
        };
        for ((column, worst), (_, descending)) in slots.iter().zip(worst).zip(&self.keys) {
            let order = match (column, worst) {
                // The usual case, without a copy of a value.
                (Column::Numbers(numbers), Value::Number(worst)) => match numbers.get(row) {
                    Some(number) if *descending => number_order(*worst, number),
                    Some(number) => number_order(number, *worst),
                    None => Ordering::Greater,
                },
                _ => order(&column.value(row), worst, *descending),
            };
            if order.is_ne() {
                return order.is_gt();
            }
        }
        // It came later.
        true
    }

    fn shrink(&mut self, budget: &mut Budget) {
        let keys = &self.keys;
        self.kept
            .select_nth_unstable_by(self.most - 1, |a, b| compare(keys, a, b));
        self.kept.truncate(self.most);
        self.worst = self.kept.last().map(|row| row.keys.clone());
        let bytes = self.kept.iter().map(Row::bytes).sum();
        budget.give(self.bytes.saturating_sub(bytes));
        self.bytes = bytes;
    }
}

/// As [`Value::order`] has it.
fn number_order(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b)
        .unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

/// The order of two values, either way round; a missing one comes last in both.
fn order(a: &Value, b: &Value, descending: bool) -> Ordering {
    match (a.is_null(), b.is_null()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) if descending => b.order(a),
        (false, false) => a.order(b),
    }
}

fn compare(keys: &[(usize, bool)], a: &Row, b: &Row) -> Ordering {
    let values = a.keys.iter().zip(&b.keys).zip(keys);
    let mut orders = values.map(|((a, b), (_, descending))| order(a, b, *descending));
    let first = orders.find(|order| order.is_ne());
    first.unwrap_or(Ordering::Equal).then(a.came.cmp(&b.came))
}
