//! The inverted index over all text fields of one schema.

use std::collections::HashMap;

use super::analysis::{Analyzer, Token};
use super::cursor::PostingCursor;
use super::field::{FieldMask, FieldOptions, TextField, field_of, place};
use super::phrase::Phrase;
use super::postings::PostingList;
use crate::dictionary::{Dictionary, EntryId as TermId};
use crate::doc::DocId;

/// Positions left free between two values of one field, so that no phrase spans them.
const VALUE_GAP: u32 = 100;

/// All text fields of one index: from a term to its documents, and from a document to its terms.
///
/// Words are indexed as they stand, folded; stems are a map from a stem to the words that have it,
/// and a query expands to those. A change is visible, and counted in every statistic, on return.
pub struct TextIndex {
    analyzer: Analyzer,
    /// By [`TextField::index`]; fields past the end have the default options.
    fields: Vec<FieldOptions>,
    /// No list is empty.
    pub(super) terms: Dictionary<PostingList>,
    /// The terms with each stem; none is empty. Words without a stem are in none.
    stems: HashMap<Vec<u8>, Vec<TermId>>,
    /// By [`DocId::index`].
    documents: Vec<Option<Document>>,
    /// How many of `documents` are there.
    document_count: usize,
    posting_count: usize,
    /// Tokens in each field, by [`TextField::index`]. Counted without weights, so that nothing is
    /// rounded however many documents come and go.
    tokens: Vec<u64>,
    /// Kept between calls for its capacity.
    scratch: Vec<(TermId, u32)>,
}

/// What is known of a document but for its postings.
struct Document {
    /// Those with a posting of the document, each once.
    terms: Box<[TermId]>,
    length: f32,
    /// The frequency of its most frequent term.
    max_frequency: f32,
}

impl TextIndex {
    /// An index of nothing. The options' order numbers the fields: the first is
    /// [`TextField`] 0; fields beyond them have the default options.
    #[must_use]
    pub fn new(analyzer: Analyzer, fields: Vec<FieldOptions>) -> Self {
        Self {
            analyzer,
            fields,
            terms: Dictionary::default(),
            stems: HashMap::new(),
            documents: Vec::new(),
            document_count: 0,
            posting_count: 0,
            tokens: vec![0; TextField::COUNT],
            scratch: Vec::new(),
        }
    }

    /// What turns text into tokens here, for queries to do the same.
    #[must_use]
    pub const fn analyzer(&self) -> &Analyzer {
        &self.analyzer
    }

    /// Sets a document's text, in place of what it had. A field may come several times, for its
    /// several values.
    pub fn insert(&mut self, doc: DocId, fields: &[(TextField, &[u8])]) {
        self.remove(doc);
        let mut tokens = std::mem::take(&mut self.scratch);
        tokens.clear();
        let length = self.tokenise(fields, &mut tokens);
        tokens.sort_unstable();

        let mut terms = Vec::new();
        let mut places = Vec::new();
        let mut max_frequency = 0.0_f32;
        for of_term in tokens.chunk_by(|a, b| a.0 == b.0) {
            let [(term, _), ..] = *of_term else { continue };
            places.clear();
            places.extend(of_term.iter().map(|&(_, place)| place));
            let frequency = single(self.frequency(&places));
            self.terms.value_mut(term).insert(doc, frequency, &places);
            max_frequency = max_frequency.max(frequency);
            terms.push(term);
        }
        self.scratch = tokens;
        self.posting_count += terms.len();
        self.document_count += 1;
        if self.documents.len() <= doc.index() {
            self.documents.resize_with(doc.index() + 1, || None);
        }
        self.documents[doc.index()] = Some(Document {
            terms: terms.into_boxed_slice(),
            length: single(length),
            max_frequency,
        });
    }

    /// Forgets a document; false if it was not there.
    pub fn remove(&mut self, doc: DocId) -> bool {
        let slot = self.documents.get_mut(doc.index());
        let Some(document) = slot.and_then(Option::take) else {
            return false;
        };
        for &term in &document.terms {
            let list = self.terms.value_mut(term);
            list.remove(doc, |places| {
                for of_field in places.chunk_by(|a, b| field_of(*a) == field_of(*b)) {
                    if let [place, ..] = *of_field {
                        self.tokens[field_of(place).index()] -= of_field.len() as u64;
                    }
                }
            });
            if list.len() == 0 {
                self.remove_term(term);
            }
        }
        self.posting_count -= document.terms.len();
        self.document_count -= 1;
        true
    }

    /// The documents that hold a folded term in one of the fields; none when no document holds it
    /// in any.
    #[must_use]
    pub fn postings(&self, term: &[u8], fields: FieldMask) -> Option<PostingCursor<'_>> {
        let list = self.terms.get(term)?;
        Some(PostingCursor::new(list, fields))
    }

    /// The documents that hold a folded word, and those that hold a word of its
    /// [expansion](TextIndex::expand_stem) in a field that stems; the word itself first, if it is
    /// anywhere.
    #[must_use]
    pub fn stem_postings(&self, word: &[u8], fields: FieldMask) -> Vec<PostingCursor<'_>> {
        let stemmed = fields & self.stemmed_fields();
        let others = self.expand_stem(word).into_iter();
        self.postings(word, fields)
            .into_iter()
            .chain(others.filter_map(|other| self.postings(other, stemmed)))
            .collect()
    }

    /// The other terms that a folded word stands for, in byte order: those with its stem, and the
    /// stem itself; a word too short to have one is its own. They count only in
    /// [stemmed fields](TextIndex::stemmed_fields).
    #[must_use]
    pub fn expand_stem(&self, word: &[u8]) -> Vec<&[u8]> {
        let stem = self.analyzer.stem(word).unwrap_or_else(|| word.to_vec());
        let related = self.stems.get(&stem).into_iter().flatten();
        let mut terms: Vec<&[u8]> = related
            .copied()
            .chain(self.terms.find(&stem))
            .map(|term| self.terms.name(term))
            .filter(|&term| term != word)
            .collect();
        terms.sort_unstable();
        terms.dedup();
        terms
    }

    /// The first `limit` terms that begin with a folded prefix, in byte order, and whether there
    /// are more.
    #[must_use]
    pub fn expand_prefix(&self, prefix: &[u8], limit: usize) -> (Vec<&[u8]>, bool) {
        let mut matching = self.terms.with_prefix(prefix).map(|(term, _)| term);
        let terms = matching.by_ref().take(limit).collect();
        (terms, matching.next().is_some())
    }

    /// The documents that hold these folded terms as a phrase in one of the fields; none when one
    /// of the terms is in no document.
    #[must_use]
    pub fn phrase<T: AsRef<[u8]>>(&self, terms: &[T], fields: FieldMask) -> Option<Phrase<'_>> {
        let cursors = terms
            .iter()
            .map(|term| self.postings(term.as_ref(), fields))
            .collect::<Option<Vec<_>>>();
        cursors.map(Phrase::new)
    }

    /// The fields whose words are found by their stems.
    #[must_use]
    pub fn stemmed_fields(&self) -> FieldMask {
        (0..=u8::MAX)
            .map_while(TextField::new)
            .filter(|&field| !self.options(field).no_stem)
            .collect()
    }

    /// How many documents there are, those without a token among them.
    #[must_use]
    pub const fn document_count(&self) -> u64 {
        self.document_count as u64
    }

    /// The document has been inserted, if perhaps without a token.
    #[must_use]
    pub fn contains(&self, doc: DocId) -> bool {
        self.document(doc).is_some()
    }

    /// How many tokens a document has, each counted with its field's weight; 0 for no document.
    #[must_use]
    pub fn document_length(&self, doc: DocId) -> f64 {
        let document = self.document(doc);
        document.map_or(0.0, |document| f64::from(document.length))
    }

    /// How often a document holds its most frequent term, each occurrence counted with its field's
    /// weight; 0 for no document.
    #[must_use]
    pub fn document_max_frequency(&self, doc: DocId) -> f64 {
        let document = self.document(doc);
        document.map_or(0.0, |document| f64::from(document.max_frequency))
    }

    /// The sum of all documents' lengths.
    #[must_use]
    pub fn total_length(&self) -> f64 {
        let fields = (0..=u8::MAX).map_while(TextField::new);
        let lengths = fields.zip(&self.tokens);
        lengths
            .map(|(field, &count)| self.options(field).weight * count as f64)
            .sum()
    }

    /// How many documents hold a folded term, in any field.
    #[must_use]
    pub fn document_frequency(&self, term: &[u8]) -> u64 {
        self.terms.get(term).map_or(0, |list| list.len() as u64)
    }

    /// How many distinct terms there are.
    #[must_use]
    pub fn term_count(&self) -> usize {
        self.terms.len()
    }

    /// How many pairs of a term and a document that holds it there are.
    #[must_use]
    pub const fn posting_count(&self) -> usize {
        self.posting_count
    }

    /// How many words, each as often as it occurs, there are.
    #[must_use]
    pub fn token_count(&self) -> u64 {
        self.tokens.iter().sum()
    }

    /// How many blocks of postings there are. Walks all terms.
    #[must_use]
    pub fn block_count(&self) -> usize {
        let blocks = |postings: &PostingList| postings.blocks().len();
        let all = self.terms.with_prefix(b"");
        all.map(|(_, id)| blocks(self.terms.value(id))).sum()
    }

    /// Heap bytes in use, by capacity. Walks all terms and documents.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        let of_document = |document: &Document| size_of_val(&*document.terms);
        let of_stem = |(stem, terms): (&Vec<u8>, &Vec<TermId>)| {
            stem.capacity() + terms.capacity() * size_of::<TermId>()
        };
        // A hash table keeps an eighth of its slots free, and a control byte for each.
        let stem_table = self.stems.capacity() * 8 / 7 * (size_of::<(Vec<u8>, Vec<TermId>)>() + 1);
        self.terms.memory_bytes(PostingList::memory_bytes)
            + stem_table
            + self.stems.iter().map(of_stem).sum::<usize>()
            + self.documents.capacity() * size_of::<Option<Document>>()
            + self
                .documents
                .iter()
                .flatten()
                .map(of_document)
                .sum::<usize>()
            + self.tokens.capacity() * size_of::<u64>()
            + self.scratch.capacity() * size_of::<(TermId, u32)>()
    }

    fn document(&self, doc: DocId) -> Option<&Document> {
        self.documents.get(doc.index()).and_then(Option::as_ref)
    }

    fn options(&self, field: TextField) -> FieldOptions {
        let options = self.fields.get(field.index()).copied();
        options.unwrap_or_default()
    }

    /// Appends the term and place of every token, counts the tokens by field, and returns the
    /// length of the document. The caller gives each term a posting.
    fn tokenise(&mut self, fields: &[(TextField, &[u8])], tokens: &mut Vec<(TermId, u32)>) -> f64 {
        let mut length = 0.0;
        let mut next_value = [0_u32; TextField::COUNT];
        for &(field, text) in fields {
            let start = next_value[field.index()];
            let before = tokens.len();
            let empty = text.is_empty() && self.options(field).index_empty;
            let empty = empty.then_some(Token::EMPTY);
            for token in self.analyzer.tokens(text).chain(empty) {
                let known = self.terms.find(&token.term);
                let term = known.unwrap_or_else(|| {
                    let term = self.terms.add(&token.term, PostingList::default());
                    if let Some(stem) = self.analyzer.stem(&token.term) {
                        self.stems.entry(stem).or_default().push(term);
                    }
                    term
                });
                let position = start.saturating_add(token.position);
                tokens.push((term, place(field, position)));
                next_value[field.index()] = position.saturating_add(1 + VALUE_GAP);
            }
            let count = (tokens.len() - before) as u64;
            self.tokens[field.index()] += count;
            length += self.options(field).weight * count as f64;
        }
        length
    }

    /// The frequency of a term in a document that holds it in these ascending places.
    fn frequency(&self, places: &[u32]) -> f64 {
        let by_field = places.chunk_by(|a, b| field_of(*a) == field_of(*b));
        by_field
            .filter_map(|of_field| {
                let field = field_of(*of_field.first()?);
                Some(self.options(field).weight * of_field.len() as f64)
            })
            .sum()
    }

    /// Forgets a term that no document holds any more.
    fn remove_term(&mut self, term: TermId) {
        if let Some(stem) = self.analyzer.stem(self.terms.name(term)) {
            let related = self.stems.get_mut(&stem);
            let related = related.expect("a term with a stem is among those of its stem");
            related.retain(|&other| other != term);
            if related.is_empty() {
                self.stems.remove(&stem);
            }
        }
        self.terms.remove(term);
    }

    /// Panics unless all parts agree.
    #[cfg(test)]
    pub(crate) fn check(&self) {
        self.terms.check();
        let mut postings = 0;
        let mut stemmed = 0;
        for (name, term) in self.terms.with_prefix(b"") {
            let list = self.terms.value(term);
            list.check();
            assert!(list.len() > 0);
            postings += list.len();
            for doc in list.blocks().iter().flat_map(|block| block.docs()) {
                let document = self.document(*doc).unwrap();
                assert_eq!(document.terms.iter().filter(|t| **t == term).count(), 1);
            }
            if let Some(stem) = self.analyzer.stem(name) {
                assert_eq!(self.stems[&stem].iter().filter(|t| **t == term).count(), 1);
                stemmed += 1;
            }
        }
        assert_eq!(self.stems.values().map(Vec::len).sum::<usize>(), stemmed);
        assert!(self.stems.values().all(|terms| !terms.is_empty()));
        let documents = self.documents.iter().flatten();
        assert_eq!(documents.clone().count(), self.document_count);
        assert_eq!(documents.map(|d| d.terms.len()).sum::<usize>(), postings);
        assert_eq!(self.posting_count, postings);
    }
}

/// Half the memory, and seven digits are enough to rank by.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a weighted count, rounded; past the largest single it is infinite, never wrapped"
)]
const fn single(count: f64) -> f32 {
    count as f32
}
