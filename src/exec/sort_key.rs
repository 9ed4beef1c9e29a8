//! What hits are sorted by: a column or a number kept here, else the hash itself.

use nuthatch_indexes::doc::DocId;

use super::collect::SortKeyList;
use super::yielded;
use crate::catalog::column::SortKey;
use crate::catalog::index::{FieldIndex, Index};
use crate::catalog::schema::FieldId;
use crate::keyspace::Keyspace;
use crate::plan::{By, Plan};

/// The sort keys of documents under one order.
pub(super) struct SortKeys<'a> {
    plan: &'a Plan,
    index: &'a Index,
    keyspace: &'a mut dyn Keyspace,
    /// Whether there are any.
    needed: bool,
}

impl<'a> SortKeys<'a> {
    pub(super) fn new(plan: &'a Plan, index: &'a Index, keyspace: &'a mut dyn Keyspace) -> Self {
        Self {
            plan,
            index,
            keyspace,
            needed: plan.order.needs_values(),
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
            return column.get(doc).cloned();
        }
        let key = self.index.documents().key(doc)?;
        let name = self.index.schema().field(field).identifier.as_slice();
        let mut sort_key = None;
        self.keyspace.fields(key, &[name], &mut |_, value| {
            sort_key = self.index.sort_key_of(field, value);
        });
        sort_key
    }
}
