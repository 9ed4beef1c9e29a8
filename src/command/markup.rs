//! `HIGHLIGHT` and `SUMMARIZE`: the texts of a row with their matches marked, or their best parts.

use std::collections::HashMap;

use nuthatch_indexes::text::FieldMask;
use nuthatch_indexes::text::excerpt::{Excerpt, Summary, Tags};

use crate::catalog::index::{FieldIndex, Index};
use crate::catalog::schema::FieldId;
use crate::plan::{Kind, Node, Plan};
use crate::request::create::{FieldDefinition, IndexOption};
use crate::request::error::{Error, Refusal, shown};
use crate::request::search::Search;

/// What is done to the texts that a search returns.
pub(super) struct Markup<'a> {
    index: &'a Index,
    /// The terms that the plan looks for, each with its number and the fields it is looked for in.
    terms: HashMap<&'a [u8], (usize, FieldMask)>,
    highlight: Option<(FieldMask, Tags<'a>)>,
    summarize: Option<(FieldMask, Summary<'a>)>,
}

impl<'a> Markup<'a> {
    /// What a request asks for; none when that is nothing.
    ///
    /// # Errors
    /// A refusal when it names a property that there is not, or when the index was created
    /// without what it takes.
    pub(super) fn new(
        request: &'a Search,
        plan: &'a Plan,
        index: &'a Index,
    ) -> Result<Option<Self>, Error> {
        if request.highlight.is_none() && request.summarize.is_none() {
            return Ok(None);
        }
        let highlight = request.highlight.as_ref().map(|highlight| {
            let fields = chosen("HIGHLIGHT", highlight.fields.as_deref(), request, index)?;
            let tags = Tags {
                open: &highlight.open,
                close: &highlight.close,
            };
            Ok::<_, Error>((fields, tags))
        });
        let summarize = request.summarize.as_ref().map(|summarize| {
            let fields = chosen("SUMMARIZE", summarize.fields.as_deref(), request, index)?;
            let summary = Summary {
                fragments: summarize.fragments,
                words: summarize.words,
                separator: &summarize.separator,
            };
            Ok::<_, Error>((fields, summary))
        });
        Ok(Some(Self {
            index,
            terms: terms(&plan.filter),
            highlight: highlight.transpose()?,
            summarize: summarize.transpose()?,
        }))
    }

    /// The value of a property as it is shown.
    pub(super) fn property(&self, name: &[u8], value: Vec<u8>) -> Vec<u8> {
        self.apply(fields_of_property(name, self.index), value)
    }

    /// The value of a hash field as it is shown.
    pub(super) fn hash_field(&self, name: &[u8], value: Vec<u8>) -> Vec<u8> {
        self.apply(fields_of_identifier(name, self.index), value)
    }

    fn apply(&self, fields: FieldMask, value: Vec<u8>) -> Vec<u8> {
        let common = |chosen: FieldMask| !(chosen & fields).is_empty();
        let highlight = self.highlight.filter(|(chosen, _)| common(*chosen));
        let summarize = self.summarize.filter(|(chosen, _)| common(*chosen));
        if highlight.is_none() && summarize.is_none() {
            return value;
        }
        let excerpt = Excerpt::new(&value, self.index.text().analyzer(), |word| {
            let (number, looked_in) = self.terms.get(word)?;
            (!(*looked_in & fields).is_empty()).then_some(*number)
        });
        let tags = highlight.map(|(_, tags)| tags);
        match (summarize, tags) {
            (Some((_, summary)), tags) => excerpt.summarize(summary, tags),
            (None, Some(tags)) => excerpt.highlight(tags),
            (None, None) => value,
        }
    }
}

/// The text fields that an option names, or all of them.
fn chosen(
    option: &str,
    names: Option<&[Vec<u8>]>,
    request: &Search,
    index: &Index,
) -> Result<FieldMask, Error> {
    for (without, word) in [
        (IndexOption::NoOffsets, "NOOFFSETS"),
        (IndexOption::NoHighlight, "NOHL"),
    ] {
        if index.definition().options.contains(&without) {
            return Err(Refusal::no_highlight(option, word).into());
        }
    }
    let Some(names) = names else {
        return Ok(FieldMask::ALL);
    };
    let mut fields = FieldMask::NONE;
    for name in names {
        let returned = request.returned.iter().flatten();
        let mut aliased = returned.filter(|property| property.alias.as_ref() == Some(name));
        let name = aliased.next().map_or(name, |property| &property.name);
        let is_known = |(_, field): (FieldId, &FieldDefinition)| {
            field.attribute == *name || field.identifier == *name
        };
        if !index.schema().iter().any(is_known) {
            return Err(Refusal::NoSuchProperty { name: shown(name) }.into());
        }
        fields = fields | fields_of_property(name, index);
    }
    Ok(fields)
}

/// The text field of an attribute, else those behind which is the hash field of this name.
fn fields_of_property(name: &[u8], index: &Index) -> FieldMask {
    match index.schema().find(name) {
        Some(id) => mask([id].into_iter(), index),
        None => fields_of_identifier(name, index),
    }
}

/// The text fields behind which is the hash field of this name.
fn fields_of_identifier(name: &[u8], index: &Index) -> FieldMask {
    let fields = index.schema().iter();
    let fields = fields.filter(|(_, field)| field.identifier == name);
    mask(fields.map(|(id, _)| id), index)
}

fn mask(fields: impl Iterator<Item = FieldId>, index: &Index) -> FieldMask {
    let text = fields.filter_map(|id| match index.field(id) {
        FieldIndex::Text(field) => Some(*field),
        FieldIndex::Tag(_)
        | FieldIndex::Numeric(_)
        | FieldIndex::Geo(_)
        | FieldIndex::Shape(_)
        | FieldIndex::Vector(_)
        | FieldIndex::None => None,
    });
    text.collect()
}

/// The terms that a plan looks for: not those that no hit may have.
fn terms(filter: &Node) -> HashMap<&[u8], (usize, FieldMask)> {
    let mut terms = HashMap::new();
    let mut add = |term, fields| {
        let number = terms.len();
        let (_, known) = terms.entry(term).or_insert((number, FieldMask::NONE));
        *known = *known | fields;
    };
    let mut open = vec![filter];
    while let Some(node) = open.pop() {
        match &node.kind {
            Kind::Term { term, fields, .. } => add(term.as_slice(), *fields),
            Kind::Variants { terms, .. } => {
                terms
                    .iter()
                    .for_each(|(term, fields)| add(term.as_slice(), *fields));
            }
            Kind::Phrase { terms, fields, .. } => {
                terms.iter().for_each(|term| add(term.as_slice(), *fields));
            }
            Kind::And(parts) | Kind::Or(parts) | Kind::Near { parts, .. } => open.extend(parts),
            Kind::Optional(part) => open.push(part),
            Kind::All { .. }
            | Kind::Keys(_)
            | Kind::Missing(_)
            | Kind::Nothing
            | Kind::Tag { .. }
            | Kind::Numeric { .. }
            | Kind::Area { .. }
            | Kind::VectorRange(_)
            | Kind::Not(_) => {}
        }
    }
    terms
}
