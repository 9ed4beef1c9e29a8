//! The fields of an index by the names that queries use.

use std::collections::HashMap;

use crate::request::create::{Definition, FieldDefinition};

/// A field's position in its schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldId(u16);

impl FieldId {
    /// The position, from 0.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// The fields of one index. Immutable: changing a schema makes a new one.
#[derive(Clone, Debug)]
pub struct Schema {
    fields: Vec<FieldDefinition>,
    by_attribute: HashMap<Vec<u8>, FieldId>,
}

impl Schema {
    /// The schema of a definition.
    #[must_use]
    pub fn new(definition: &Definition) -> Self {
        let fields = definition.fields.clone();
        let by_attribute = (0u16..)
            .zip(&fields)
            .map(|(position, field)| (field.attribute.clone(), FieldId(position)))
            .collect();
        Self {
            fields,
            by_attribute,
        }
    }

    /// The field that queries call `attribute`.
    #[must_use]
    pub fn find(&self, attribute: &[u8]) -> Option<FieldId> {
        self.by_attribute.get(attribute).copied()
    }

    /// What a field is.
    #[must_use]
    pub fn field(&self, id: FieldId) -> &FieldDefinition {
        &self.fields[id.index()]
    }

    /// All fields in order.
    pub fn iter(&self) -> impl Iterator<Item = (FieldId, &FieldDefinition)> {
        (0u16..).map(FieldId).zip(&self.fields)
    }

    /// The hash field behind a property: that of the attribute of this name, else the name itself.
    #[must_use]
    pub fn identifier<'a>(&'a self, property: &'a [u8]) -> &'a [u8] {
        self.find(property)
            .map_or(property, |id| &self.field(id).identifier)
    }
}
