//! An index as it is at one moment, as far as one query reads it.
//!
//! A query that runs beside the main thread works on such a copy. Nearly all of it is shared with the
//! index until that is written to; see `ARCHITECTURE.md`, "Concurrency".

use std::collections::BTreeSet;
use std::time::Duration;

use nuthatch_indexes::geo::Circle;
use nuthatch_indexes::shape::Shape;
use nuthatch_indexes::tag::TagIndex;

use super::failures::Failures;
use super::index::{FieldIndex, Index};
use super::schema::FieldId;
use super::synonyms::Synonyms;
use super::values::Values;

/// What a query reads of an index beside its documents and the lengths of their texts.
#[derive(Debug, Default)]
pub struct Reads<'a> {
    /// Folded terms.
    pub terms: Vec<&'a [u8]>,
    /// Normalised tags.
    pub tags: Vec<(FieldId, &'a [u8])>,
    /// Circles on the earth.
    pub circles: Vec<(FieldId, &'a Circle)>,
    /// Shapes that others are compared with.
    pub shapes: Vec<(FieldId, &'a Shape)>,
    /// Fields of which anything is read, those of the tags, circles and shapes among them.
    pub fields: BTreeSet<FieldId>,
}

impl<'a> Reads<'a> {
    /// Adds a tag.
    pub fn tag(&mut self, field: FieldId, tag: &'a [u8]) {
        self.tags.push((field, tag));
        self.fields.insert(field);
    }

    /// Adds what another query reads.
    pub fn add(&mut self, other: Self) {
        self.terms.extend(other.terms);
        self.tags.extend(other.tags);
        self.circles.extend(other.circles);
        self.shapes.extend(other.shapes);
        self.fields.extend(other.fields);
    }
}

/// Those of a field.
fn of<T>(field: FieldId, all: &[(FieldId, T)]) -> impl Iterator<Item = &T> {
    let of_field = all.iter().filter(move |(other, _)| *other == field);
    of_field.map(|(_, value)| value)
}

impl Index {
    /// What a query reads, as it is now: it can be read on another thread while the index changes.
    /// What the query does not read is not in it, and it is not written to.
    #[must_use]
    pub fn snapshot(&self, reads: &Reads<'_>) -> Self {
        let fields = self.schema.iter().map(|(id, _)| self.field_of(id, reads));
        let is_read = |id: FieldId| reads.fields.contains(&id);
        let columns = self.schema.iter().zip(&self.columns);
        let columns = columns.map(|((id, _), column)| column.clone().filter(|_| is_read(id)));
        let missing = self.schema.iter().zip(&self.missing);
        let missing = missing.map(|((id, _), set)| set.clone().filter(|_| is_read(id)));
        Self {
            serial: self.serial,
            fields: fields.collect(),
            columns: columns.collect(),
            missing: missing.collect(),
            definition: self.definition.clone(),
            schema: self.schema.clone(),
            documents: self.documents.snapshot(),
            text: self.text.snapshot(reads.terms.iter().copied()),
            field_failures: Vec::new(),
            failures: Failures::default(),
            synonyms: Synonyms::new(&[]),
            names: Vec::new(),
            values: Values::default(),
            filter: None,
            backfill: None,
            backfills: 0,
            to_share: None,
            restored: None,
            indexing_time: Duration::ZERO,
            last_use: self.last_use,
            searches: 0,
            dialects: self.dialects,
        }
    }

    fn field_of(&self, id: FieldId, reads: &Reads<'_>) -> FieldIndex {
        match self.field(id) {
            // Which field of all texts it is costs nothing.
            FieldIndex::Text(field) => FieldIndex::Text(*field),
            _unread if !reads.fields.contains(&id) => FieldIndex::None,
            FieldIndex::Tag(tags) => {
                let snapshot: TagIndex = tags.snapshot(of(id, &reads.tags).copied());
                FieldIndex::Tag(snapshot)
            }
            FieldIndex::Numeric(numbers) => FieldIndex::Numeric(numbers.clone()),
            FieldIndex::Geo(points) => {
                FieldIndex::Geo(points.snapshot(of(id, &reads.circles).copied()))
            }
            FieldIndex::Shape(shapes) => {
                FieldIndex::Shape(shapes.snapshot(of(id, &reads.shapes).copied()))
            }
            FieldIndex::Vector(vectors) => FieldIndex::Vector(Box::new(vectors.snapshot())),
            FieldIndex::None => FieldIndex::None,
        }
    }
}
