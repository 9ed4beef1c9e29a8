//! What an index knows of its documents, as it is saved and loaded, so that they need not be indexed anew.
//!
//! ```text
//! documents │ failures │ text │ for each field: its failures, structure, sort keys, documents without it
//! ```
//!
//! Vectors and shapes are not saved: they are read from their keys as these are loaded.

use std::io;
use std::sync::Arc;

use nuthatch_indexes::geo::GeoIndex;
use nuthatch_indexes::numeric::NumericIndex;
use nuthatch_indexes::saved::{Reader, Writer};
use nuthatch_indexes::tag::{TagIndex, TagOptions};

use super::column::Column;
use super::doc_table::DocTable;
use super::failures::{Failure, Failures};
use super::index::{FieldIndex, Index};
use super::restored::Arrivals;
use crate::request::create::Definition;

/// The content of an index, read, for [`Index::read_beside_keys`].
pub struct Content {
    /// All but its vectors and shapes.
    pub(super) index: Index,
    /// No key of it has come yet.
    pub(super) arrivals: Arrivals,
}

impl Content {
    /// What [`Index::save_content`] wrote of an index with the same definition.
    ///
    /// # Errors
    /// As of [`Reader::number`].
    pub fn read(definition: Definition, mut from: Reader<'_>) -> io::Result<Self> {
        // Only parts of it are taken.
        let serial = 0;
        let mut index = Index::new(serial, definition);
        index.documents = DocTable::load(&mut from)?;
        index.failures = Failures::load(&mut from)?;
        index.text.load(&mut from)?;
        for position in 0..index.fields.len() {
            index.load_field(position, &mut from)?;
        }
        from.finish()?;
        let arrivals = Arrivals::new(&index.documents);
        Ok(Self { index, arrivals })
    }
}

impl Index {
    /// Whether its content would save time when it is loaded: it has documents, all there are.
    #[must_use]
    pub fn has_content(&self) -> bool {
        self.documents.is_dense() && !self.is_backfilling() && !self.is_restoring()
    }

    /// Writes all but the vectors and the shapes.
    pub fn save_content(&self, to: &mut Writer<'_>) {
        self.documents.save(to);
        self.failures.save(to);
        self.text.save(to);
        for (position, field) in self.fields.iter().enumerate() {
            self.field_failures[position].save(to);
            match field {
                FieldIndex::Tag(tags) => tags.save(to),
                FieldIndex::Numeric(numbers) => numbers.save(to),
                FieldIndex::Geo(points) => points.save(to),
                FieldIndex::Text(_)
                | FieldIndex::Shape(_)
                | FieldIndex::Vector(_)
                | FieldIndex::None => {}
            }
            if let Some(column) = &self.columns[position] {
                column.save(to);
            }
            if let Some(missing) = &self.missing[position] {
                to.bitmap(missing);
            }
        }
    }

    /// Makes it as if no key had ever been read.
    pub fn empty(&mut self) {
        let mut empty = Self::new(self.serial, (*self.definition).clone());
        empty.filter = self.filter.take();
        empty.name_fields();
        empty.backfills = self.backfills;
        empty.searches = self.searches;
        empty.dialects = self.dialects;
        *self = empty;
    }

    fn load_field(&mut self, position: usize, from: &mut Reader<'_>) -> io::Result<()> {
        self.field_failures[position] = Failures::load(from)?;
        match &mut self.fields[position] {
            FieldIndex::Tag(tags) => {
                let options: TagOptions = tags.options();
                *tags = TagIndex::load(options, from)?;
            }
            FieldIndex::Numeric(numbers) => *numbers = NumericIndex::load(from)?,
            FieldIndex::Geo(points) => *points = GeoIndex::load(from)?,
            FieldIndex::Text(_)
            | FieldIndex::Shape(_)
            | FieldIndex::Vector(_)
            | FieldIndex::None => {}
        }
        if let Some(column) = &mut self.columns[position] {
            *column = Column::load(from)?;
        }
        if let Some(missing) = &mut self.missing[position] {
            *missing = Arc::new(from.docs()?);
        }
        Ok(())
    }
}

impl Failures {
    fn save(&self, to: &mut Writer<'_>) {
        to.number(self.count());
        if let Some(last) = self.last() {
            to.text(last.error.as_bytes());
            to.text(&last.key);
        }
    }

    fn load(from: &mut Reader<'_>) -> io::Result<Self> {
        let count = from.number()?;
        if count == 0 {
            return Ok(Self::default());
        }
        let error = String::from_utf8_lossy(from.text()?).into_owned();
        let key = from.text()?.to_vec();
        Ok(Self::of(count, Failure { error, key }))
    }
}
