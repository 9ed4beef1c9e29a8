//! Words bound to the terms that they stand for.

use nuthatch_indexes::text::analysis::{Analyzer, fold};
use nuthatch_indexes::text::{FieldMask, Near, TextIndex};

use super::bind::{Expansions, any_of, find_field, nothing, require_index_empty};
use super::estimate::Estimate;
use super::group::most;
use super::words::{Expansion, Word};
use super::{Kind, Node};
use crate::catalog::index::{FieldIndex, Index};
use crate::query::MOST_CLAUSES;
use crate::query::ast::{Attributes, Field};
use crate::request::create::{FieldKind, IndexOption};
use crate::request::error::{Error, Refusal, shown};
use crate::request::search::Search;

/// Bytes of a wildcard pattern: to hold one against a word takes a time that grows with the product
/// of both lengths.
const MOST_PATTERN_BYTES: usize = 1024;

/// A clause that stands for several terms.
#[derive(Clone, Copy)]
pub(super) enum Pattern<'q> {
    Prefix(&'q [u8]),
    Suffix(&'q [u8]),
    Infix(&'q [u8]),
    Wildcard(&'q [u8]),
    /// A word, and how many changes it may take.
    Fuzzy(&'q [u8], u8),
}

/// Turns words into plan nodes.
pub(super) struct TextBinder<'a> {
    pub(super) index: &'a Index,
    pub(super) text: &'a TextIndex,
    pub(super) analyzer: &'a Analyzer,
    /// What words stand for that do not say.
    pub(super) expansion: Expansion,
    keep_stop_words: bool,
    /// The only fields that words are looked for in: `INFIELDS`.
    in_fields: FieldMask,
}

impl<'a> TextBinder<'a> {
    pub(super) fn new(search: &Search, index: &'a Index) -> Result<Self, Error> {
        let in_fields = match &search.in_fields {
            Some(names) => in_fields(names, index)?,
            None => FieldMask::ALL,
        };
        Ok(Self {
            in_fields,
            index,
            text: index.text(),
            analyzer: index.text().analyzer(),
            expansion: Expansion::of(search, index.text().analyzer().language()),
            keep_stop_words: search.keep_stop_words,
        })
    }

    /// A word and what it stands for; none when it is a stop word.
    pub(super) fn term(
        &self,
        fields: &[Field],
        written: &[u8],
        weight: f64,
        expansions: &mut Expansions,
    ) -> Result<Option<Node>, Error> {
        let fields = self.mask(fields)?;
        let mut terms = self.analyzer.terms_of_word(written);
        terms.retain(|term| self.keep_stop_words || !self.analyzer.is_stop_word(term));
        let word = Word {
            fields,
            weight,
            expansion: self.expansion,
        };
        let parts = match terms.as_slice() {
            [] => return Ok(None),
            [term] => self.related(term, word, expansions)?,
            [_, _, ..] => {
                let own = Attributes::default();
                let Some(whole) = self.adjacent(terms, fields, own, weight)? else {
                    return Ok(None);
                };
                self.related_to_phrase(&fold(written), whole, word, expansions)?
            }
        };
        Ok(Some(any_of(parts, self.total())))
    }

    /// Words next to each other in their order, unless attributes say otherwise; none when they are
    /// stop words all.
    pub(super) fn phrase(
        &self,
        fields: &[Field],
        text: &[u8],
        own: Attributes,
        weight: f64,
    ) -> Result<Option<Node>, Error> {
        if text.is_empty() {
            return self.empty(fields, weight).map(Some);
        }
        let fields = self.mask(fields)?;
        let terms = self.analyzer.terms(text);
        let terms = terms.map(|term| term.into_owned()).collect();
        self.adjacent(terms, fields, own, weight)
    }

    /// Terms one after another in one field, unless attributes say otherwise; none when there are
    /// none.
    pub(super) fn adjacent(
        &self,
        mut terms: Vec<Vec<u8>>,
        fields: FieldMask,
        own: Attributes,
        weight: f64,
    ) -> Result<Option<Node>, Error> {
        if terms.len() > MOST_CLAUSES {
            return Err(Refusal::too_complex(MOST_CLAUSES, "words of a phrase").into());
        }
        if terms.len() < 2 {
            return Ok(terms.pop().map(|term| self.exact(term, fields, weight)));
        }
        let estimate = self.together(&terms);
        let near = Near {
            slop: own.slop.map_or(Some(0), most),
            in_order: own.in_order.unwrap_or(true),
        };
        let kind = if near.slop == Some(0) && near.in_order {
            let all: u64 = terms.iter().map(|term| self.count(term)).sum();
            Kind::Phrase {
                others: all - estimate.max,
                terms,
                fields,
                weight,
            }
        } else {
            let parts = terms.into_iter();
            Kind::Near {
                parts: parts.map(|term| self.exact(term, fields, weight)).collect(),
                near: Some(near),
                is_spread: false,
            }
        };
        Ok(Some(Node { estimate, kind }))
    }

    /// Words that stand near to each other are rarer than words in one document. How much so is not known here: of
    /// the documents that would hold their words by chance, phrases of two and of three words out of descriptions of
    /// packages, RFCs and abstracts are in an eighth to a half, by the median of each.
    fn together(&self, terms: &[Vec<u8>]) -> Estimate {
        const APART: u64 = 3;
        let counts = terms.iter().map(|term| self.count(term));
        let max = counts.clone().min().unwrap_or(0);
        let counts: Vec<_> = counts.map(Estimate::exactly).collect();
        let together = Estimate::all_of(&counts, self.total()).likely;
        Estimate {
            min: 0,
            likely: together.div_ceil(APART),
            max,
        }
    }

    /// Values without any byte. A field that is named must index them.
    fn empty(&self, fields: &[Field], weight: f64) -> Result<Node, Error> {
        let mask = self.mask(fields)?;
        for field in fields {
            require_index_empty(self.index, field)?;
        }
        Ok(self.exact(Vec::new(), mask, weight))
    }

    /// The terms that a pattern stands for.
    pub(super) fn pattern(
        &self,
        fields: &[Field],
        pattern: Pattern<'_>,
        weight: f64,
        expansions: &mut Expansions,
    ) -> Result<Node, Error> {
        let fields = self.mask(fields)?;
        if let Pattern::Prefix(text) = pattern {
            let terms = self.analyzer.terms_of_word(text);
            if terms.len() > 1 {
                // Where words have no ends, what begins so is what holds it.
                let whole = self.adjacent(terms, fields, Attributes::default(), weight)?;
                return Ok(whole.unwrap_or_else(nothing));
            }
        }
        let limit = expansions.limit();
        let min_prefix = expansions.min_prefix;
        let short = |text: &[u8]| text.len() < min_prefix;
        let (terms, truncated) = match pattern {
            Pattern::Prefix(text) => {
                let text = fold(text);
                if short(&text) {
                    return Ok(nothing());
                }
                self.text.expand_prefix(&text, limit)
            }
            Pattern::Suffix(text) | Pattern::Infix(text) => {
                self.require_suffix_trie(fields)?;
                let text = fold(text);
                if short(&text) {
                    return Ok(nothing());
                }
                if matches!(pattern, Pattern::Suffix(_)) {
                    self.text.expand_suffix(&text, limit)
                } else {
                    self.text.expand_infix(&text, limit)
                }
            }
            Pattern::Wildcard(pattern) => {
                check_pattern(pattern)?;
                self.text.expand_wildcard(&fold(pattern), limit)
            }
            Pattern::Fuzzy(word, distance) => self.text.expand_fuzzy(&fold(word), distance, limit),
        };
        expansions.took(terms.len(), truncated);
        let parts = terms.into_iter();
        let parts = parts.map(|term| self.exact(term.to_vec(), fields, weight));
        Ok(any_of(parts.collect(), self.total()))
    }

    /// Once one field of an index has the option, those without it cannot be asked for the end of a
    /// word (spec, section 3, corner case 12).
    fn require_suffix_trie(&self, fields: FieldMask) -> Result<(), Error> {
        let (mut some_have, mut lacking) = (false, None);
        for (id, definition) in self.index.schema().iter() {
            if let (FieldKind::Text(options), FieldIndex::Text(field)) =
                (&definition.kind, self.index.field(id))
            {
                some_have |= options.suffix_trie;
                if fields.contains(*field) && !options.suffix_trie && lacking.is_none() {
                    lacking = Some(&definition.attribute);
                }
            }
        }
        match lacking {
            Some(attribute) if some_have => Err(Refusal::NoSuffixTrie {
                field: shown(attribute),
            }
            .into()),
            Some(_) | None => Ok(()),
        }
    }

    pub(super) fn exact(&self, term: Vec<u8>, fields: FieldMask, weight: f64) -> Node {
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
            kind: Kind::Term {
                term,
                fields,
                weight,
            },
        }
    }

    pub(super) fn count(&self, term: &[u8]) -> u64 {
        self.text.document_frequency(term)
    }

    /// The text fields named, or all of them; of these, those that `INFIELDS` leaves.
    fn mask(&self, fields: &[Field]) -> Result<FieldMask, Error> {
        if fields.is_empty() {
            return Ok(self.in_fields);
        }
        if let [first, ..] = fields
            && self.index.leaves_out(IndexOption::NoFields)
        {
            let argument = format!("@{}", shown(&first.name));
            return Err(Refusal::left_out(&argument, "NOFIELDS").into());
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
        Ok(mask & self.in_fields)
    }

    pub(super) fn total(&self) -> u64 {
        self.index.documents().len() as u64
    }
}

/// That a wildcard pattern is short enough.
pub(super) fn check_pattern(pattern: &[u8]) -> Result<(), Refusal> {
    if pattern.len() > MOST_PATTERN_BYTES {
        let kind = "bytes of a wildcard pattern";
        return Err(Refusal::too_complex(MOST_PATTERN_BYTES, kind));
    }
    Ok(())
}

/// The fields that `INFIELDS` names.
fn in_fields(names: &[Vec<u8>], index: &Index) -> Result<FieldMask, Error> {
    if index.leaves_out(IndexOption::NoFields) {
        return Err(Refusal::left_out("INFIELDS", "NOFIELDS").into());
    }
    let mut mask = FieldMask::NONE;
    for name in names {
        let name = name.strip_prefix(b"@").unwrap_or(name);
        let found = index.schema().find(name);
        let text = found.filter(|id| matches!(index.schema().field(*id).kind, FieldKind::Text(_)));
        let Some(id) = text else {
            return Err(Refusal::wrong_field("INFIELDS", name, "TEXT").into());
        };
        if let FieldIndex::Text(field) = index.field(id) {
            mask = mask.with(*field);
        }
    }
    Ok(mask)
}
