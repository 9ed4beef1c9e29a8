//! What hits are sorted by: a column or a number kept here, else the hash itself.

use nuthatch_indexes::doc::DocId;

use crate::catalog::column::SortKey;
use crate::catalog::index::{FieldIndex, Index};
use crate::catalog::schema::FieldId;
use crate::keyspace::Keyspace;
use crate::plan::Order;

/// The sort keys of documents under one order.
pub(super) struct SortKeys<'a> {
    field: Option<FieldId>,
    index: &'a Index,
    keyspace: &'a mut dyn Keyspace,
}

impl<'a> SortKeys<'a> {
    pub(super) fn new(order: &Order, index: &'a Index, keyspace: &'a mut dyn Keyspace) -> Self {
        let field = match order {
            Order::Score | Order::Distance { .. } => None,
            Order::Field { field, .. } => Some(*field),
        };
        Self {
            field,
            index,
            keyspace,
        }
    }

    /// The sort key of a document, none when it has no value in the field.
    pub(super) fn get(&mut self, doc: DocId) -> Option<SortKey> {
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
