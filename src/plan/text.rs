//! Words bound to the terms that they stand for.

use nuthatch_indexes::text::analysis::{Analyzer, fold};
use nuthatch_indexes::text::{FieldMask, TextIndex};

use super::bind::{Expansions, MIN_PREFIX, any_of, find_field, nothing, require_index_empty};
use super::estimate::Estimate;
use super::words::Expansion;
use super::{Kind, Node};
use crate::catalog::index::{FieldIndex, Index};
use crate::query::MOST_CLAUSES;
use crate::query::ast::Field;
use crate::request::create::FieldKind;
use crate::request::error::{Error, Refusal};
use crate::request::search::Search;

/// Turns words into plan nodes.
pub(super) struct TextBinder<'a> {
    pub(super) index: &'a Index,
    pub(super) text: &'a TextIndex,
    pub(super) analyzer: &'a Analyzer,
    /// What words stand for that do not say.
    pub(super) expansion: Expansion,
    keep_stop_words: bool,
}

impl<'a> TextBinder<'a> {
    pub(super) fn new(search: &Search, index: &'a Index) -> Self {
        Self {
            index,
            text: index.text(),
            analyzer: index.text().analyzer(),
            expansion: Expansion::of(search, index.text().analyzer().language()),
            keep_stop_words: search.keep_stop_words,
        }
    }

    /// A word and what it stands for; none when it is a stop word.
    pub(super) fn term(
        &self,
        fields: &[Field],
        word: &[u8],
        expansions: &mut Expansions,
    ) -> Result<Option<Node>, Error> {
        let fields = self.mask(fields)?;
        let mut terms = self.analyzer.terms_of_word(word);
        terms.retain(|term| self.keep_stop_words || !self.analyzer.is_stop_word(term));
        let parts = match terms.as_slice() {
            [] => return Ok(None),
            [term] => self.related(term, fields, self.expansion, expansions)?,
            [_, _, ..] => {
                let Some(whole) = self.adjacent(terms, fields)? else {
                    return Ok(None);
                };
                self.related_to_phrase(&fold(word), whole, fields, expansions)?
            }
        };
        Ok(Some(any_of(parts, self.total())))
    }

    /// Words in order; none when they are stop words all.
    pub(super) fn phrase(&self, fields: &[Field], text: &[u8]) -> Result<Option<Node>, Error> {
        if text.is_empty() {
            return self.empty(fields).map(Some);
        }
        let fields = self.mask(fields)?;
        let terms = self.analyzer.terms(text);
        self.adjacent(terms.map(|term| term.into_owned()).collect(), fields)
    }

    /// Terms one after another in one field; none when there are none.
    pub(super) fn adjacent(
        &self,
        mut terms: Vec<Vec<u8>>,
        fields: FieldMask,
    ) -> Result<Option<Node>, Error> {
        if terms.len() > MOST_CLAUSES {
            return Err(Refusal::too_complex(MOST_CLAUSES, "words of a phrase").into());
        }
        if terms.len() < 2 {
            return Ok(terms.pop().map(|term| self.exact(term, fields)));
        }
        let counts: Vec<_> = terms.iter().map(|term| self.count(term)).collect();
        let max = counts.iter().copied().min().unwrap_or(0);
        // Adjacent words are rarer than words in one document; how much so is not known here.
        let likely = Estimate::all_of(
            &counts
                .into_iter()
                .map(Estimate::exactly)
                .collect::<Vec<_>>(),
            self.total(),
        )
        .likely;
        Ok(Some(Node {
            estimate: Estimate {
                min: 0,
                likely,
                max,
            },
            kind: Kind::Phrase { terms, fields },
        }))
    }

    /// Values without any byte. A field that is named must index them.
    fn empty(&self, fields: &[Field]) -> Result<Node, Error> {
        let mask = self.mask(fields)?;
        for field in fields {
            require_index_empty(self.index, field)?;
        }
        Ok(self.exact(Vec::new(), mask))
    }

    /// The terms that begin so.
    pub(super) fn prefix(
        &self,
        fields: &[Field],
        prefix: &[u8],
        expansions: &mut Expansions,
    ) -> Result<Node, Error> {
        let fields = self.mask(fields)?;
        let terms = self.analyzer.terms_of_word(prefix);
        if terms.len() > 1 {
            // Where words have no ends, what begins so is what holds it.
            return Ok(self.adjacent(terms, fields)?.unwrap_or_else(nothing));
        }
        let prefix = fold(prefix);
        if prefix.len() < MIN_PREFIX {
            return Ok(nothing());
        }
        let (terms, truncated) = self.text.expand_prefix(&prefix, expansions.limit());
        expansions.took(terms.len(), truncated);
        let parts = terms
            .into_iter()
            .map(|term| self.exact(term.to_vec(), fields))
            .collect();
        Ok(any_of(parts, self.total()))
    }

    pub(super) fn exact(&self, term: Vec<u8>, fields: FieldMask) -> Node {
        let count = self.count(&term);
        let estimate = if fields == FieldMask::ALL {
            Estimate::exactly(count)
        } else {
            Estimate {
                min: 0,
                likely: count,
                max: count,
            }
        };
        Node {
            estimate,
            kind: Kind::Term { term, fields },
        }
    }

    fn count(&self, term: &[u8]) -> u64 {
        self.text.document_frequency(term)
    }

    /// The text fields named, or all of them.
    fn mask(&self, fields: &[Field]) -> Result<FieldMask, Error> {
        if fields.is_empty() {
            return Ok(FieldMask::ALL);
        }
        let mut mask = FieldMask::NONE;
        for field in fields {
            let id = find_field(self.index, field, "TEXT", |kind| {
                matches!(kind, FieldKind::Text(_))
            })?;
            if let FieldIndex::Text(field) = self.index.field(id) {
                mask = mask.with(*field);
            }
        }
        Ok(mask)
    }

    fn total(&self) -> u64 {
        self.index.documents().len() as u64
    }
}
