//! Which slot of a row holds what, at some point of a pipeline.

use std::collections::HashMap;
use std::sync::Arc;

use nuthatch_indexes::text::FieldMask;
use nuthatch_indexes::vector::VectorError;

use super::reduce::{self, Groups};
use super::{Fetch, Source, no_such_property};
use crate::catalog::index::{FieldIndex, Index};
use crate::catalog::schema::FieldId;
use crate::expr::Names;
use crate::plan::{Kind, Node, Plan, VectorRange};
use crate::request::aggregate::{Loaded, Reduce};
use crate::request::create::FieldKind;
use crate::request::error::{Error, ExpressionError, Refusal, shown};

/// The property that is the document's key.
const KEY: &[u8] = b"__key";

/// What is shown of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Properties in order.
    pub properties: Vec<Property>,
    /// The rest of the document's fields, after the properties.
    pub documents: bool,
}

/// A property of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// Its name.
    pub name: Arc<[u8]>,
    /// Where its values are.
    pub slot: usize,
    /// A null is shown as such, not left out.
    pub keeps_null: bool,
}

/// Where a property is.
#[derive(Clone, Copy)]
struct Named {
    slot: usize,
    is_computed: bool,
}

/// The terms that a query looks for.
pub(super) struct Terms(Vec<(Vec<u8>, FieldMask)>);

/// Names of the slots.
pub(super) struct Layout<'a> {
    index: &'a Index,
    properties: Vec<Property>,
    /// Slots of the properties, and whether each was computed rather than read.
    names: HashMap<Arc<[u8]>, Named>,
    /// Slots in use, those without a name among them.
    slots: usize,
    /// Rows are documents still.
    has_documents: bool,
    /// Whole documents have been loaded.
    has_all: bool,
    /// What is needed and not yet fetched.
    fetches: Vec<Fetch>,
    terms: Arc<[(Vec<u8>, FieldMask)]>,
}

impl<'a> Layout<'a> {
    pub(super) fn new(given: &[Vec<u8>], index: &'a Index, terms: Terms) -> Self {
        let mut layout = Self {
            index,
            properties: Vec::new(),
            names: HashMap::new(),
            slots: 0,
            has_documents: true,
            has_all: false,
            fetches: Vec::new(),
            terms: terms.0.into(),
        };
        for name in given {
            layout.put(name);
        }
        layout
    }

    /// The slot of a name for a value that is computed, a new one if it has none.
    pub(super) fn put(&mut self, name: &[u8]) -> usize {
        self.name(name, true)
    }

    fn name(&mut self, name: &[u8], is_computed: bool) -> usize {
        if let Some(named) = self.names.get_mut(name) {
            named.is_computed = is_computed;
            return named.slot;
        }
        let slot = self.new_slot();
        let name: Arc<[u8]> = Arc::from(name);
        let named = Named { slot, is_computed };
        self.names.insert(Arc::clone(&name), named);
        self.properties.push(Property {
            name,
            slot,
            keeps_null: false,
        });
        slot
    }

    /// The slot of a property, which is fetched if it is a field of the schema.
    pub(super) fn slot(&mut self, name: &[u8]) -> Result<usize, Error> {
        if let Some(slot) = self.find(name) {
            return Ok(slot);
        }
        let source = self.source(name).ok_or_else(|| no_such_property(name))?;
        Ok(self.fetch(name.to_vec(), source))
    }

    /// Fetches a value under a name.
    pub(super) fn fetch(&mut self, name: Vec<u8>, source: Source) -> usize {
        let slot = self.name(&name, false);
        self.fetches.push(Fetch { slot, source });
        slot
    }

    /// What `LOAD` asks for. A value that was computed or is there already stays, unless it is a
    /// sort key: that is the document's value in another form.
    pub(super) fn load(&mut self, loaded: &Loaded) -> Result<(), Error> {
        if !self.has_documents {
            return Err(Refusal::load_after_group().into());
        }
        let name = loaded.alias.as_ref().unwrap_or(&loaded.name);
        if loaded.alias.is_none() && self.stays(name) {
            return Ok(());
        }
        let source = self.loaded(&loaded.name);
        self.fetch(name.clone(), source);
        Ok(())
    }

    /// `LOAD *`
    pub(super) fn load_all(&mut self) -> Result<(), Error> {
        if !self.has_documents {
            return Err(Refusal::load_after_group().into());
        }
        self.has_all = true;
        Ok(())
    }

    /// What a group by some keys computes.
    pub(super) fn group(&mut self, keys: &[Vec<u8>], reducers: &[Reduce]) -> Result<Groups, Error> {
        let keys: Result<Vec<usize>, Error> = keys.iter().map(|key| self.slot(key)).collect();
        reduce::groups(keys?, reducers, |name| self.slot(name))
    }

    /// From here on rows are groups.
    pub(super) fn regroup(&mut self, keys: &[Vec<u8>], reducers: &[Reduce]) -> Result<(), Error> {
        self.properties.clear();
        self.names.clear();
        (self.slots, self.has_documents, self.has_all) = (0, false, false);
        let names = keys.iter().chain(reducers.iter().map(|it| &it.name));
        for name in names {
            if self.find(name).is_some() {
                return Err(Refusal::duplicate("property", name).into());
            }
            self.put(name);
        }
        for property in &mut self.properties {
            property.keeps_null = true;
        }
        Ok(())
    }

    pub(super) fn take_fetches(&mut self) -> Vec<Fetch> {
        std::mem::take(&mut self.fetches)
    }

    pub(super) fn output(self) -> Output {
        Output {
            properties: self.properties,
            documents: self.has_all,
        }
    }

    fn new_slot(&mut self) -> usize {
        self.slots += 1;
        self.slots - 1
    }

    fn find(&self, name: &[u8]) -> Option<usize> {
        self.names.get(name).map(|named| named.slot)
    }

    /// Whether a name has a value that is not one that `LOAD` would read in another form.
    pub(super) fn stays(&self, name: &[u8]) -> bool {
        let is_field = self.index.schema().find(name).is_some();
        let named = self.names.get(name);
        named.is_some_and(|named| named.is_computed || !is_field)
    }

    /// Where a property comes from that nothing has loaded.
    fn source(&self, name: &[u8]) -> Option<Source> {
        if !self.has_documents {
            return None;
        }
        let schema = self.index.schema();
        match schema.find(name) {
            Some(field) => Some(self.of_field(field, |index| index.column(field).is_some())),
            None if name == KEY => Some(Source::Key),
            None => self.has_all.then(|| Source::Field {
                name: name.to_vec(),
                is_number: false,
            }),
        }
    }

    /// Where a property comes from that `LOAD` names: a sort key only where it is the value itself.
    fn loaded(&self, name: &[u8]) -> Source {
        let schema = self.index.schema();
        let as_it_is = |field: FieldId| schema.field(field).unnormalised;
        match schema.find(name) {
            Some(field) => self.of_field(field, |index| {
                index.column(field).is_some() && as_it_is(field)
            }),
            None if name == KEY => Source::Key,
            None => Source::Field {
                name: name.to_vec(),
                is_number: false,
            },
        }
    }

    fn of_field(&self, field: FieldId, has_column: impl Fn(&Index) -> bool) -> Source {
        let definition = self.index.schema().field(field);
        if matches!(self.index.field(field), FieldIndex::Numeric(_)) {
            return Source::Number(field);
        }
        let is_number = matches!(definition.kind, FieldKind::Numeric);
        if has_column(self.index) || (is_number && self.index.column(field).is_some()) {
            return Source::Column(field);
        }
        Source::Field {
            name: definition.identifier.clone(),
            is_number,
        }
    }

    fn need_documents(&self, name: &'static str) -> Result<(), Error> {
        if self.has_documents {
            return Ok(());
        }
        let place = "before GROUPBY, where rows are documents,";
        Err(ExpressionError::Misplaced { name, place }.into())
    }

    /// A value under no name.
    fn hidden(&mut self, source: Source) -> usize {
        let slot = self.new_slot();
        self.fetches.push(Fetch { slot, source });
        slot
    }
}

impl Names for Layout<'_> {
    fn property(&mut self, name: &[u8]) -> Result<usize, Error> {
        self.slot(name)
    }

    fn vector_distance(&mut self, field: &[u8], vector: &[u8]) -> Result<usize, Error> {
        self.need_documents("vector_distance")?;
        let index = self.index;
        let found = index.schema().find(field).map(|id| (id, index.field(id)));
        let Some((id, FieldIndex::Vector(vectors))) = found else {
            return Err(Refusal::wrong_field("vector_distance", field, "VECTOR").into());
        };
        let query = vectors.query(vector).map_err(|error| match error {
            VectorError::WrongSize { given, expected } => {
                Refusal::QueryVectorSize { given, expected }
            }
            VectorError::NotFinite { .. } | VectorError::Full | VectorError::Stopped => {
                Refusal::BadValue {
                    argument: format!("vector_distance of {}", shown(field)),
                    expected: "every component of a query vector must be finite".to_owned(),
                }
            }
        })?;
        Ok(self.hidden(Source::Distance(Arc::new(VectorRange {
            field: id,
            parameter: Vec::new(),
            vector: query,
            radius: f64::INFINITY,
            epsilon: None,
        }))))
    }

    fn matched_terms(&mut self, most: usize) -> Result<usize, Error> {
        self.need_documents("matched_terms")?;
        let terms = Arc::clone(&self.terms);
        Ok(self.hidden(Source::MatchedTerms { terms, most }))
    }
}

impl Terms {
    /// The terms that a plan looks for, each once, in its order.
    pub(super) fn of(plan: &Plan) -> Self {
        let mut terms = Self(Vec::new());
        terms.add(&plan.filter);
        terms
    }

    fn add(&mut self, node: &Node) {
        match &node.kind {
            Kind::Term { term, fields, .. } => self.push(term, *fields),
            Kind::Variants { terms, .. } => {
                terms
                    .iter()
                    .for_each(|(term, fields)| self.push(term, *fields));
            }
            Kind::Phrase { terms, fields, .. } => {
                terms.iter().for_each(|term| self.push(term, *fields));
            }
            Kind::And(parts) | Kind::Near { parts, .. } | Kind::Or(parts) => {
                parts.iter().for_each(|part| self.add(part));
            }
            Kind::Optional(part) => self.add(part),
            Kind::All { .. }
            | Kind::Nothing
            | Kind::Keys(_)
            | Kind::Tag { .. }
            | Kind::Missing(_)
            | Kind::Numeric { .. }
            | Kind::Area { .. }
            | Kind::VectorRange(_)
            | Kind::Not(_) => {}
        }
    }

    fn push(&mut self, term: &[u8], fields: FieldMask) {
        if self.0.iter().all(|(known, _)| known != term) {
            self.0.push((term.to_vec(), fields));
        }
    }
}
