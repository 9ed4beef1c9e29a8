//! What hits are sorted by: a column or a number kept here, else the hash itself.

use nuthatch_indexes::doc::DocId;

use super::collect::{Hit, SortKeyList, Top};
use super::yielded;
use crate::catalog::column::SortKey;
use crate::catalog::index::{FieldIndex, Index};
use crate::catalog::schema::FieldId;
use crate::keyspace::{Hashes, Part};
use crate::plan::{By, Plan};

/// The sort keys of documents under one order.
pub(super) struct SortKeys<'a> {
    plan: &'a Plan,
    index: &'a Index,
    keyspace: &'a mut dyn Hashes,
    /// Whether there are any.
    needed: bool,
    /// The hash fields that are read from the keyspace.
    names: Vec<&'a [u8]>,
}

/// Hits whose hashes are read together.
const READ_AT_ONCE: usize = 128;

impl<'a> SortKeys<'a> {
    pub(super) fn new(plan: &'a Plan, index: &'a Index, keyspace: &'a mut dyn Hashes) -> Self {
        Self {
            plan,
            index,
            keyspace,
            needed: plan.order.needs_values(),
            names: names_read(plan, index),
        }
    }

    /// How many hits to give keys to at a time.
    pub(super) fn at_once(&self) -> usize {
        if self.names.is_empty() {
            1
        } else {
            READ_AT_ONCE
        }
    }

    /// That the keys of these hits are asked for next.
    pub(super) fn prepare(&mut self, hits: &[Hit]) {
        if !self.names.is_empty() {
            let keys = hits
                .iter()
                .filter_map(|hit| self.index.documents().key(hit.doc));
            let keys: Vec<&[u8]> = keys.collect();
            self.keyspace.prepare(&keys, Part::Fields(&self.names));
        }
    }

    /// Gives hits their keys and hands them on.
    pub(super) fn push_all(&mut self, hits: &mut Vec<Hit>, top: &mut Top<'_>) {
        self.prepare(hits);
        for mut hit in hits.drain(..) {
            hit.sort_keys = self.get(hit.doc);
            top.push(hit);
        }
    }

    /// The sort keys of a document, none where it has no value.
    pub(super) fn get(&mut self, doc: DocId) -> SortKeyList {
        if !self.needed {
            return SortKeyList::new();
        }
        let plan = self.plan;
        let keys = plan.order.keys.iter();
        keys.map(|key| match key.by {
            By::Score | By::Distance => None,
            By::Yielded(range) => {
                let distance = yielded::distance(plan.yields.get(range)?, self.index, doc);
                distance.map(SortKey::Number)
            }
            By::Field(field) => self.of_field(field, doc),
        })
        .collect()
    }

    fn of_field(&mut self, field: FieldId, doc: DocId) -> Option<SortKey> {
        if let FieldIndex::Numeric(numbers) = self.index.field(field) {
            return numbers.get(doc).map(SortKey::Number);
        }
        if let Some(column) = self.index.column(field) {
            return column.get(doc);
        }
        let key = self.index.documents().key(doc)?;
        let name = self.index.schema().field(field).identifier.as_slice();
        let index = self.index;
        let mut sort_key = None;
        // All that are read of a document are read each time, as was announced.
        self.keyspace.fields(key, &self.names, &mut |at, value| {
            if self.names.get(at) == Some(&name) {
                sort_key = index.sort_key_of(field, value);
            }
        });
        sort_key
    }
}

/// The hash fields that a plan's order reads from the keyspace, each once.
fn names_read<'a>(plan: &Plan, index: &'a Index) -> Vec<&'a [u8]> {
    let mut names = Vec::new();
    for field in plan
        .order
        .keys
        .iter()
        .filter_map(|key| read_by(key.by, index))
    {
        let name = index.schema().field(field).identifier.as_slice();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The field whose hash value an order reads, since nothing else has it.
fn read_by(by: By, index: &Index) -> Option<FieldId> {
    match by {
        By::Score | By::Distance | By::Yielded(_) => None,
        By::Field(field) => match index.field(field) {
            FieldIndex::Numeric(_) => None,
            FieldIndex::Text(_)
            | FieldIndex::Tag(_)
            | FieldIndex::Geo(_)
            | FieldIndex::Shape(_)
            | FieldIndex::Vector(_)
            | FieldIndex::None => index.column(field).is_none().then_some(field),
        },
    }
}

/// Whether the order of a plan is read from the keyspace, in part at least.
#[must_use]
pub fn reads_keys(plan: &Plan, index: &Index) -> bool {
    let mut keys = plan.order.keys.iter();
    keys.any(|key| read_by(key.by, index).is_some())
}
