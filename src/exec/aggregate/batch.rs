//! Some rows, column by column.

use std::sync::Arc;

use nuthatch_indexes::doc::DocId;

use crate::expr::{Column, Value};

/// Names and values of a document, in the order of the hash.
pub type Fields = Arc<[(Arc<[u8]>, Value)]>;

/// Some rows.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    len: usize,
    /// The documents of the rows; none once rows are groups.
    pub docs: Vec<DocId>,
    /// By slot; a slot that is not there is null.
    pub columns: Vec<Column>,
    /// The whole documents of the rows, where they have been loaded.
    pub documents: Option<Vec<Fields>>,
    /// Bytes of texts and lists that were read or computed on the way here, even for rows that have
    /// been left out since.
    pub(super) texts: usize,
}

impl Batch {
    /// Rows that are documents.
    #[must_use]
    pub fn of_documents(docs: Vec<DocId>, columns: Vec<Column>) -> Self {
        Self {
            len: docs.len(),
            docs,
            columns,
            documents: None,
            texts: 0,
        }
    }

    /// Rows that are none.
    #[must_use]
    pub fn of_rows(len: usize, columns: Vec<Column>) -> Self {
        Self {
            len,
            docs: Vec::new(),
            columns,
            documents: None,
            texts: 0,
        }
    }

    /// How many rows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// No row.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The value of a row in a slot.
    #[must_use]
    pub fn value(&self, slot: usize, row: usize) -> Value {
        let column = self.columns.get(slot);
        column.map_or(Value::Null, |column| column.value(row))
    }

    /// Replaces the column of a slot by one whose texts did not exist before.
    pub(super) fn put_new(&mut self, slot: usize, column: Column) {
        self.texts = self.texts.saturating_add(column.text_bytes());
        self.put(slot, column);
    }

    /// Replaces the column of a slot.
    pub fn put(&mut self, slot: usize, column: Column) {
        if self.columns.len() <= slot {
            self.columns.resize(slot + 1, Column::null());
        }
        self.columns[slot] = column;
    }

    /// The rows for which something holds.
    #[must_use]
    pub fn filtered(self, holds: impl Fn(usize) -> bool) -> Self {
        let rows: Vec<usize> = (0..self.len).filter(|row| holds(*row)).collect();
        if rows.len() == self.len {
            return self;
        }
        self.picked(&rows)
    }

    /// The rows from one up to another, as far as there are any.
    #[must_use]
    pub fn between(self, start: usize, end: usize) -> Self {
        let (start, end) = (start.min(self.len), end.min(self.len));
        if start == 0 && end == self.len {
            return self;
        }
        let rows: Vec<usize> = (start..end).collect();
        self.picked(&rows)
    }

    /// Takes off the rows from one on.
    pub fn split_off(&mut self, at: usize) -> Self {
        let rest = self.clone().between(at, usize::MAX);
        *self = std::mem::take(self).between(0, at);
        rest
    }

    /// Bytes that its rows take, shared ones counted each time.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let columns = self.columns.iter().map(|column| {
            let rows = match column {
                Column::Constant(_) => 0,
                Column::Numbers(numbers) => size_of_val(numbers.values.as_slice()),
                Column::Texts(texts) => size_of_val(texts.codes.as_slice()),
                Column::Values(values) => size_of_val(values.as_slice()),
            };
            rows + column.text_bytes()
        });
        let documents = self.documents.iter().flatten().map(document_bytes);
        columns.sum::<usize>() + documents.sum::<usize>() + size_of_val(self.docs.as_slice())
    }

    fn picked(&self, rows: &[usize]) -> Self {
        let docs = rows.iter().filter_map(|&row| self.docs.get(row).copied());
        let documents = self.documents.as_ref();
        Self {
            len: rows.len(),
            docs: docs.collect(),
            columns: self
                .columns
                .iter()
                .map(|column| column.take(rows))
                .collect(),
            documents: documents.map(|all| rows.iter().map(|&row| Arc::clone(&all[row])).collect()),
            texts: self.texts,
        }
    }
}

/// Bytes of a whole document.
pub(super) fn document_bytes(fields: &Fields) -> usize {
    let heap = fields
        .iter()
        .map(|(name, value)| name.len() + value.heap_bytes());
    heap.sum::<usize>() + size_of_val(&**fields)
}

/// The columns of some rows of values, numbers where all are.
pub(super) fn columns(rows: &[Vec<Value>]) -> Vec<Column> {
    let slots = rows.first().map_or(0, Vec::len);
    let column = |slot: usize| rows.iter().map(|row| row[slot].clone()).collect();
    (0..slots)
        .map(|slot| Column::of_values(column(slot)))
        .collect()
}
