//! What hits are sorted by: a column or a number kept here, else the hash itself.

use nuthatch_indexes::doc::DocId;

use super::yielded;
use crate::catalog::column::SortKey;
use crate::catalog::index::{FieldIndex, Index};
use crate::catalog::schema::FieldId;
use crate::keyspace::Keyspace;
use crate::plan::{Order, Plan, Yield};

/// The sort keys of documents under one order.
pub(super) struct SortKeys<'a> {
    field: Option<FieldId>,
    /// The range whose distance is the key.
    range: Option<&'a Yield>,
    index: &'a Index,
    keyspace: &'a mut dyn Keyspace,
}

impl<'a> SortKeys<'a> {
    pub(super) fn new(plan: &'a Plan, index: &'a Index, keyspace: &'a mut dyn Keyspace) -> Self {
        let (field, range) = match &plan.order {
            Order::Score | Order::Distance { .. } => (None, None),
            Order::Yielded { range, .. } => (None, plan.yields.get(*range)),
            Order::Field { field, .. } => (Some(*field), None),
        };
        Self {
            field,
            range,
            index,
            keyspace,
        }
    }

    /// The sort key of a document, none when it has no value in the field.
    pub(super) fn get(&mut self, doc: DocId) -> Option<SortKey> {
        if let Some(range) = self.range {
            return yielded::distance(range, self.index, doc).map(SortKey::Number);
        }
        let field = self.field?;
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
