//! Fields added to an index that is there already.

use std::sync::Arc;

use nuthatch_indexes::text::FieldOptions;

use super::column::Column;
use super::failures::Failures;
use super::index::{FieldIndex, Index, needs_column};
use super::schema::Schema;
use crate::request::create::FieldDefinition;

impl Index {
    /// Adds fields behind those there are. A document has them from when it is read next, so that
    /// every key is to be read again unless that can wait.
    pub fn add_fields(&mut self, fields: Vec<FieldDefinition>) {
        let mut texts: Vec<FieldOptions> = self.text.fields().to_vec();
        let known = texts.len();
        for field in fields {
            self.fields.push(FieldIndex::new(&field, &mut texts));
            self.columns
                .push(needs_column(&field).then(Column::default));
            self.missing.push(field.index_missing.then(Arc::default));
            self.field_failures.push(Failures::default());
            Arc::make_mut(&mut self.definition).fields.push(field);
        }
        for options in texts.split_off(known) {
            self.text.add_field(options);
        }
        self.schema = Arc::new(Schema::new(&self.definition));
        self.name_fields();
    }
}
