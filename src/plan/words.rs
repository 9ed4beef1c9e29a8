//! The other words that a word of a query stands for: those of its stem, those that sound alike,
//! and its synonyms.

use nuthatch_indexes::text::FieldMask;
use nuthatch_indexes::text::language::Language;

use super::bind::Expansions;
use super::estimate::Estimate;
use super::text::TextBinder;
use super::{Kind, Node};
use crate::catalog::index::FieldIndex;
use crate::query::ast::Attributes;
use crate::request::error::Error;
use crate::request::search::{Expander, Search};

/// Which of them a word stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Expansion {
    /// Of which language stems are taken; none takes none.
    pub(super) stems: Option<Language>,
    pub(super) synonyms: bool,
    pub(super) phonetics: bool,
}

impl Expansion {
    /// What a search asks for, in an index whose documents are in a language unless they say.
    pub(super) fn of(search: &Search, language: Language) -> Self {
        let takes = |expander| {
            !search.verbatim && (search.expander == Expander::All || search.expander == expander)
        };
        Self {
            stems: takes(Expander::Stems).then_some(search.language.unwrap_or(language)),
            synonyms: takes(Expander::Synonyms),
            phonetics: takes(Expander::Phonetics),
        }
    }
}

/// Terms that a word stands for, each once, with the fields in which it does.
struct Related(Vec<(Vec<u8>, FieldMask)>);

impl Related {
    fn add(&mut self, term: &[u8], fields: FieldMask) {
        if fields.is_empty() {
            return;
        }
        match self.0.iter_mut().find(|(known, _)| known == term) {
            Some((_, known)) => *known = *known | fields,
            None => self.0.push((term.to_vec(), fields)),
        }
    }
}

/// How a word is looked for.
#[derive(Clone, Copy)]
pub(super) struct Word {
    pub(super) fields: FieldMask,
    pub(super) weight: f64,
    pub(super) expansion: Expansion,
}

impl TextBinder<'_> {
    /// What a folded word of one term stands for, itself and those of its stem first.
    pub(super) fn related(
        &self,
        term: &[u8],
        word: Word,
        expansions: &mut Expansions,
    ) -> Result<Vec<Node>, Error> {
        let mut variants = vec![(term.to_vec(), word.fields)];
        if let Some(language) = word.expansion.stems {
            let stemmed = word.fields & self.text.stemmed_fields() & self.all_fields();
            if !stemmed.is_empty() {
                let siblings = self.text.expand_stem(term, language).into_iter();
                let siblings = siblings.filter(|sibling| *sibling != term);
                variants.extend(siblings.map(|sibling| (sibling.to_vec(), stemmed)));
            }
        }
        let mut related = Related(Vec::new());
        let phonetic = word.fields & self.text.phonetic_fields();
        if word.expansion.phonetics && !phonetic.is_empty() {
            let alike = self.text.expand_phonetic(term);
            for other in within_limit(alike, expansions) {
                related.add(other, phonetic);
            }
        }
        let phrases = self.synonyms(term, word, expansions, &mut related)?;
        let mut others = Vec::new();
        for (other, fields) in related.0 {
            match variants.iter_mut().find(|(known, _)| *known == other) {
                // A word of the stem counts as one in these fields, too.
                Some((_, known)) => *known = *known | fields,
                None => others.push(self.exact(other, fields, word.weight)),
            }
        }
        let itself = self.variants(variants, word.weight);
        Ok([itself].into_iter().chain(others).chain(phrases).collect())
    }

    /// What a folded word of several terms, which are `whole`, stands for.
    pub(super) fn related_to_phrase(
        &self,
        written: &[u8],
        whole: Node,
        word: Word,
        expansions: &mut Expansions,
    ) -> Result<Vec<Node>, Error> {
        let mut related = Related(Vec::new());
        let phrases = self.synonyms(written, word, expansions, &mut related)?;
        let words = related.0.into_iter();
        let words = words.map(|(other, fields)| self.exact(other, fields, word.weight));
        Ok([whole].into_iter().chain(words).chain(phrases).collect())
    }

    /// The text fields that there are.
    fn all_fields(&self) -> FieldMask {
        let fields = self.index.schema().iter();
        let text = fields.filter_map(|(id, _)| match self.index.field(id) {
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

    /// Terms that are one word: documents with several of them hold it as often as all together.
    fn variants(&self, mut terms: Vec<(Vec<u8>, FieldMask)>, weight: f64) -> Node {
        if let [(term, fields)] = terms.as_slice() {
            return self.exact(term.clone(), *fields, weight);
        }
        let held = terms
            .iter()
            .filter(|(term, _)| self.count(term) > 0)
            .count();
        // Of terms that no document holds one is as good as any.
        terms.retain(|(term, _)| held == 0 || self.count(term) > 0);
        terms.truncate(held.max(1));
        match terms.as_slice() {
            [(term, fields)] => self.exact(term.clone(), *fields, weight),
            _ => {
                let counts = terms.iter().map(|(term, _)| self.count(term));
                let counts: Vec<Estimate> = counts.map(Estimate::exactly).collect();
                let estimate = Estimate {
                    min: 0,
                    ..Estimate::any_of(&counts, self.total())
                };
                let kind = Kind::Variants { terms, weight };
                Node { estimate, kind }
            }
        }
    }

    /// Adds the synonyms of a folded word that are one term; those of several are returned.
    fn synonyms(
        &self,
        written: &[u8],
        word: Word,
        expansions: &mut Expansions,
        related: &mut Related,
    ) -> Result<Vec<Node>, Error> {
        let mut phrases = Vec::new();
        if !word.expansion.synonyms {
            return Ok(phrases);
        }
        let mut synonyms: Vec<&[u8]> = self.index.synonyms().of(written).collect();
        synonyms.sort_unstable();
        synonyms.dedup();
        for synonym in within_limit(synonyms, expansions) {
            let terms = self.analyzer.terms(synonym);
            let terms: Vec<Vec<u8>> = terms.map(|term| term.into_owned()).collect();
            match terms.as_slice() {
                [] => {}
                [term] => related.add(term, word.fields),
                [_, _, ..] => {
                    let own = Attributes::default();
                    phrases.extend(self.adjacent(terms, word.fields, own, word.weight)?);
                }
            }
        }
        Ok(phrases)
    }
}

/// As many of some words as a query may still stand for.
fn within_limit<'a>(mut words: Vec<&'a [u8]>, expansions: &mut Expansions) -> Vec<&'a [u8]> {
    let limit = expansions.limit();
    let truncated = words.len() > limit;
    words.truncate(limit);
    expansions.took(words.len(), truncated);
    words
}
