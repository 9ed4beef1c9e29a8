//! The other words that a word of a query stands for: those of its stem, those that sound alike,
//! and its synonyms.

use nuthatch_indexes::text::FieldMask;
use nuthatch_indexes::text::language::Language;

use super::Node;
use super::bind::Expansions;
use super::text::TextBinder;
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

impl TextBinder<'_> {
    /// What a folded word of one term stands for, itself first.
    pub(super) fn related(
        &self,
        term: &[u8],
        fields: FieldMask,
        expansion: Expansion,
        expansions: &mut Expansions,
    ) -> Result<Vec<Node>, Error> {
        let mut related = Related(Vec::new());
        if let Some(language) = expansion.stems {
            let stemmed = fields & self.text.stemmed_fields();
            for sibling in self.text.expand_stem(term, language) {
                related.add(sibling, stemmed);
            }
        }
        let phonetic = fields & self.text.phonetic_fields();
        if expansion.phonetics && !phonetic.is_empty() {
            let alike = self.text.expand_phonetic(term);
            for other in within_limit(alike, expansions) {
                related.add(other, phonetic);
            }
        }
        let phrases = self.synonyms(term, fields, expansion, expansions, &mut related)?;
        let itself = self.exact(term.to_vec(), fields);
        let others = related.0.into_iter().filter(|(other, _)| other != term);
        let others = others.map(|(other, fields)| self.exact(other, fields));
        Ok([itself].into_iter().chain(others).chain(phrases).collect())
    }

    /// What a folded word of several terms, which are `whole`, stands for.
    pub(super) fn related_to_phrase(
        &self,
        word: &[u8],
        whole: Node,
        fields: FieldMask,
        expansions: &mut Expansions,
    ) -> Result<Vec<Node>, Error> {
        let mut related = Related(Vec::new());
        let phrases = self.synonyms(word, fields, self.expansion, expansions, &mut related)?;
        let words = related.0.into_iter();
        let words = words.map(|(other, fields)| self.exact(other, fields));
        Ok([whole].into_iter().chain(words).chain(phrases).collect())
    }

    /// Adds the synonyms of a folded word that are one term; those of several are returned.
    fn synonyms(
        &self,
        word: &[u8],
        fields: FieldMask,
        expansion: Expansion,
        expansions: &mut Expansions,
        related: &mut Related,
    ) -> Result<Vec<Node>, Error> {
        let mut phrases = Vec::new();
        if !expansion.synonyms {
            return Ok(phrases);
        }
        let mut synonyms: Vec<&[u8]> = self.index.synonyms().of(word).collect();
        synonyms.sort_unstable();
        synonyms.dedup();
        for synonym in within_limit(synonyms, expansions) {
            let terms = self.analyzer.terms(synonym);
            let terms: Vec<Vec<u8>> = terms.map(|term| term.into_owned()).collect();
            match terms.as_slice() {
                [] => {}
                [term] => related.add(term, fields),
                [_, _, ..] => phrases.extend(self.adjacent(terms, fields)?),
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
