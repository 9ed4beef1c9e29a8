//! `FILTER`: which of the keys that an index takes are its documents.

use super::index::{Index, own_names};
use super::values::Values;
use crate::expr::{Filter, Value};
use crate::request::create::Definition;
use crate::request::error::Error;

/// The name under which a condition asks for a document's key.
const KEY: &[u8] = b"__key";

impl Index {
    /// An empty index with the condition of its definition.
    ///
    /// # Errors
    /// When that is no expression.
    pub fn with_filter(serial: u64, definition: Definition) -> Result<Self, Error> {
        let filter = definition.filter.as_deref();
        let filter = filter.map(Filter::parse).transpose()?;
        let mut index = Self::new(serial, definition);
        index.filter = filter;
        index.name_fields();
        Ok(index)
    }

    /// Lists what is read of a document: its fields, what is the document's own, and what the
    /// condition asks for, where an attribute stands for its hash field.
    pub(super) fn name_fields(&mut self) {
        let fields = self.definition.fields.iter();
        let fields = fields.map(|field| field.identifier.clone());
        let asked = self.filter.iter().flat_map(|filter| filter.fields());
        let asked = asked.map(|name| self.schema.identifier(name).to_vec());
        self.names = fields
            .chain(own_names(&self.definition))
            .chain(asked)
            .collect();
    }

    /// Whether the condition, if there is one, holds for a document with these values.
    pub(super) fn admits(&self, key: &[u8], values: &Values) -> bool {
        let Some(filter) = &self.filter else {
            return true;
        };
        let first = self.names.len() - filter.fields().len();
        let values: Vec<Value> = filter
            .fields()
            .iter()
            .zip(first..)
            .map(|(name, position)| match values.get(position) {
                _ if name == KEY => Value::text(key),
                Some(value) => Value::text(value),
                None => Value::Null,
            })
            .collect();
        filter.holds(&values)
    }
}
