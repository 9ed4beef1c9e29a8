//! A changed key becomes a changed document: the only place where indexes are written to.
//!
//! The host says that a key may have changed; what the key holds now decides what happens. So the
//! same call serves a write, a rename, an expiry or an overwrite by another type, and telling of
//! one event twice does nothing the second time.

use std::sync::Arc;
use std::time::Instant;

use nuthatch_indexes::doc::DocId;
use nuthatch_indexes::geo::Point;
use nuthatch_indexes::shape::Shape;
use nuthatch_indexes::text::TextField;
use nuthatch_indexes::text::analysis::fold;
use nuthatch_indexes::vector::VectorError;
use roaring::RoaringBitmap;

use super::column::SortKey;
use super::failures::Failure;
use super::index::{FieldIndex, Index};
use super::schema::FieldId;
use super::values::Values;
use crate::keyspace::{Hashes, Presence};
use crate::request::create::{FieldDefinition, FieldKind};
use crate::request::error::shown;
use crate::request::language::{Language, find_language};

impl Index {
    /// Brings the index in line with what a key of its prefixes holds now.
    pub fn refresh(&mut self, key: &[u8], keyspace: &mut dyn Hashes) {
        // What the key held was in it.
        self.settle(keyspace);
        let start = Instant::now();
        self.last_use = start;
        let mut values = std::mem::take(&mut self.values);
        values.begin(self.names.len());
        let names: Vec<&[u8]> = self.names.iter().map(Vec::as_slice).collect();
        let presence = keyspace.fields(key, &names, &mut |position, value| {
            values.set(position, value);
        });
        match presence {
            Presence::Hash if self.admits(key, &values) => self.put(key, &values),
            // What refers to a vector of this index keeps its document.
            Presence::Hash | Presence::Absent => {
                if self.take_back(key, keyspace) {
                    self.forget(key);
                }
            }
        }
        self.values = values;
        self.indexing_time += start.elapsed();
    }

    fn put(&mut self, key: &[u8], values: &Values) {
        let score = match self.score_of(values) {
            Ok(score) => score,
            Err(error) => {
                self.fail(key, None, error);
                self.definition.default_score
            }
        };
        let Some(doc) = self.documents.put(key, score) else {
            self.fail(
                key,
                None,
                "the index holds as many documents as it can number".to_owned(),
            );
            return;
        };
        if let Some(arrivals) = self.arrivals() {
            arrivals.note(doc);
        }
        let payload = values.get(self.fields.len() + 1);
        self.documents.set_payload(doc, payload);
        let language = self.language_of(values).unwrap_or_else(|error| {
            self.fail(key, None, error);
            self.text.analyzer().language()
        });
        self.put_text(doc, language, values);
        for position in 0..self.fields.len() {
            if let Err(error) = self.put_field(doc, position, values.get(position)) {
                self.fail(key, Some(position), error);
            }
        }
    }

    /// A document's own score: that of its hash, else the default.
    fn score_of(&self, values: &Values) -> Result<f64, String> {
        let value = values.get(self.fields.len());
        let Some(value) = value else {
            return Ok(self.definition.default_score);
        };
        match parse_number(value) {
            Some(score) if (0.0..=1.0).contains(&score) => Ok(score),
            _ => Err(format!(
                "Invalid document score '{}': must be a number from 0 to 1",
                shown(value)
            )),
        }
    }

    /// A document's language: that of its hash, else that of the index.
    fn language_of(&self, values: &Values) -> Result<Language, String> {
        let value = values.get(self.fields.len() + 2);
        let Some(value) = value else {
            return Ok(self.text.analyzer().language());
        };
        find_language(value).map_err(|valid| {
            format!(
                "Invalid document language '{}': must be {}",
                shown(value),
                valid.join(" or ")
            )
        })
    }

    fn put_text(&mut self, doc: DocId, language: Language, values: &Values) {
        let texts: Vec<(TextField, &[u8])> = self
            .fields
            .iter()
            .enumerate()
            .filter_map(|(position, field)| match field {
                FieldIndex::Text(id) => values.get(position).map(|value| (*id, value)),
                FieldIndex::Tag(_)
                | FieldIndex::Numeric(_)
                | FieldIndex::Geo(_)
                | FieldIndex::Shape(_)
                | FieldIndex::Vector(_)
                | FieldIndex::None => None,
            })
            .collect();
        self.text.insert_in(language, doc, &texts);
    }

    /// Puts the value of one field into its structure and its column. A value that cannot be
    /// indexed leaves the document without this field.
    fn put_field(
        &mut self,
        doc: DocId,
        position: usize,
        value: Option<&[u8]>,
    ) -> Result<(), String> {
        let definition = &self.definition.fields[position];
        if let Some(missing) = &mut self.missing[position] {
            mark(missing, doc, value.is_none());
        }
        if let Some(column) = &mut self.columns[position] {
            column.set(doc, value.and_then(|value| sort_key(definition, value)));
        }
        self.put_structure(doc, position, value)
    }

    /// Puts the value of one field into its structure alone.
    pub(super) fn put_structure(
        &mut self,
        doc: DocId,
        position: usize,
        value: Option<&[u8]>,
    ) -> Result<(), String> {
        match &mut self.fields[position] {
            FieldIndex::Text(_) | FieldIndex::None => Ok(()),
            FieldIndex::Tag(tags) => {
                match value {
                    Some(value) => tags.insert(doc, value),
                    None => {
                        tags.remove(doc);
                    }
                }
                Ok(())
            }
            FieldIndex::Numeric(numbers) => {
                numbers.remove(doc);
                let Some(value) = value else { return Ok(()) };
                let number = parse_number(value)
                    .ok_or_else(|| format!("Invalid numeric value: '{}'", shown(value)))?;
                numbers
                    .insert(doc, number)
                    .map_err(|error| error.to_string())
            }
            FieldIndex::Geo(points) => {
                points.remove(doc);
                let Some(value) = value else { return Ok(()) };
                let point = Point::parse(value).map_err(|error| {
                    format!("Invalid geo coordinates: '{}' {error}", shown(value))
                })?;
                points.insert(doc, point);
                Ok(())
            }
            FieldIndex::Shape(shapes) => {
                shapes.remove(doc);
                let Some(value) = value else { return Ok(()) };
                let shape = Shape::parse(value, shapes.coordinates())
                    .map_err(|error| format!("Invalid shape: '{}' {error}", shown(value)))?;
                shapes.insert(doc, shape);
                Ok(())
            }
            FieldIndex::Vector(vectors) => {
                let inserted = value.map(|blob| vectors.insert(doc, blob));
                if inserted != Some(Ok(())) {
                    // The hash has no such field, or another value in it.
                    vectors.give_back(doc);
                    vectors.remove(doc);
                }
                inserted.unwrap_or(Ok(())).map_err(vector_failure)
            }
        }
    }

    /// Forgets the document of a key, if it has one.
    pub fn forget(&mut self, key: &[u8]) {
        let Some(doc) = self.documents.remove(key) else {
            return;
        };
        if let Some(arrivals) = self.arrivals() {
            arrivals.forget(key);
        }
        self.text.remove(doc);
        for field in &mut self.fields {
            match field {
                FieldIndex::Text(_) | FieldIndex::None => {}
                FieldIndex::Tag(tags) => {
                    tags.remove(doc);
                }
                FieldIndex::Numeric(numbers) => {
                    numbers.remove(doc);
                }
                FieldIndex::Geo(points) => {
                    points.remove(doc);
                }
                FieldIndex::Shape(shapes) => {
                    shapes.remove(doc);
                }
                FieldIndex::Vector(vectors) => {
                    vectors.remove(doc);
                }
            }
        }
        for column in self.columns.iter_mut().flatten() {
            column.set(doc, None);
        }
        for missing in self.missing.iter_mut().flatten() {
            mark(missing, doc, false);
        }
    }

    fn fail(&mut self, key: &[u8], position: Option<usize>, error: String) {
        let failure = Failure {
            error,
            key: key.to_vec(),
        };
        if let Some(position) = position {
            self.field_failures[position].record(failure.clone());
        }
        self.failures.record(failure);
    }

    /// The sort key that a raw value of a field would have.
    #[must_use]
    pub fn sort_key_of(&self, field: FieldId, value: &[u8]) -> Option<SortKey> {
        sort_key(self.schema.field(field), value)
    }
}

/// Puts a document into a set or takes it out. A set that does not change is not copied for snapshots.
fn mark(set: &mut Arc<RoaringBitmap>, doc: DocId, is_in: bool) {
    if set.contains(doc.get()) == is_in {
        return;
    }
    let set = Arc::make_mut(set);
    if is_in {
        set.insert(doc.get());
    } else {
        set.remove(doc.get());
    }
}

/// What a value is sorted by: a number, or text folded to lower case unless `UNF`.
fn sort_key(field: &FieldDefinition, value: &[u8]) -> Option<SortKey> {
    match &field.kind {
        FieldKind::Numeric => parse_number(value).map(SortKey::Number),
        FieldKind::Text(_) | FieldKind::Tag(_) => Some(SortKey::Text(if field.unnormalised {
            value.into()
        } else {
            fold(value).into()
        })),
        // As it is written.
        FieldKind::Geo => Some(SortKey::Text(value.into())),
        FieldKind::GeoShape(_) | FieldKind::Vector(_) => None,
    }
}

/// A number as text, blanks around it allowed; none when it is no number or NaN.
#[must_use]
pub fn parse_number(value: &[u8]) -> Option<f64> {
    let number: f64 = std::str::from_utf8(value).ok()?.trim().parse().ok()?;
    (!number.is_nan()).then_some(number)
}

/// Why a vector could not be indexed, for `FT.INFO`.
fn vector_failure(error: VectorError) -> String {
    match error {
        VectorError::WrongSize { given, expected } => {
            format!("Could not add vector with blob size {given} (expected size {expected})")
        }
        VectorError::NotFinite { index } => format!(
            "Could not add vector: component {index} is not finite (expected finite numbers)"
        ),
        VectorError::Full | VectorError::Stopped => error.to_string(),
    }
}
