//! The inverted index over all text fields of one schema.

use std::sync::Arc;

use roaring::RoaringBitmap;

use super::analysis::{Analyzer, Token};
use super::block::{Coding, rounded};
use super::codec::{get_varint, put_varint};
use super::cursor::PostingCursor;
use super::decoded::Decoded;
use super::doc_numbers::DocNumbers;
use super::field::{FieldMask, FieldOptions, TextField, field_of, place};
use super::language::Language;
use super::lengths::Lengths;
use super::phonetic::Phonetics;
use super::phrase::Phrase;
use super::stems::Stems;
use super::terms::{BATCH, TermId, Terms};
use super::top::{Stopped, Top, TopQuery, top};
use crate::doc::DocId;

/// Positions left free between two values of one field, so that no phrase spans them.
const VALUE_GAP: u32 = 100;

/// All text fields of one index: from a term to its documents, and from a document to its terms.
///
/// Words are indexed as they stand, folded; stems are a map from a stem to the words that have it,
/// and a query expands to those. A change is visible, and counted in every statistic, on return. What
/// a document held is removed from its terms when it goes, so that no statistic counts it and its
/// number can be used again at once.
pub struct TextIndex {
    pub(super) analyzer: Arc<Analyzer>,
    /// By [`TextField::index`]; fields past the end have the default options.
    pub(super) fields: Vec<FieldOptions>,
    pub(super) coding: Arc<Coding>,
    /// No list is empty.
    pub(super) terms: Terms,
    /// The terms with each stem.
    pub(super) stems: Stems,
    /// The terms with each sound; none when no field is phonetic.
    pub(super) phonetics: Option<Phonetics>,
    /// By [`DocId::index`].
    pub(super) documents: Vec<Option<Document>>,
    /// Past the highest slot of a document ever.
    pub(super) bound: usize,
    pub(super) lengths: Lengths,
    /// The frequency of the most frequent term of each document.
    pub(super) most_frequent: DocNumbers<f32>,
    /// How many of `documents` are there.
    pub(super) document_count: usize,
    pub(super) posting_count: usize,
    /// Tokens in each field, by [`TextField::index`]. Counted without weights, so that nothing is
    /// rounded however many documents come and go.
    pub(super) tokens: Vec<u64>,
    pub(super) scratch: Scratch,
}

/// Kept between writes for its capacity.
#[derive(Default)]
pub(super) struct Scratch {
    /// The number of a term and a place, for each token; sorts by term, then place.
    tokens: Vec<u64>,
    places: Vec<u32>,
    terms: Vec<u8>,
}

/// What removes a document.
pub(super) struct Document {
    /// The terms that have a posting of it: ascending, as the gaps between their numbers. Frequent
    /// words come early and have small numbers.
    pub(super) terms: Box<[u8]>,
    pub(super) language: Language,
}

impl TextIndex {
    /// An index of nothing. The options' order numbers the fields: the first is
    /// [`TextField`] 0; fields beyond them have the default options.
    #[must_use]
    pub fn new(analyzer: Analyzer, fields: Vec<FieldOptions>) -> Self {
        Self::with_offsets(analyzer, fields, true)
    }

    /// As [`new`](Self::new). Without offsets the index is smaller, and all words of a field stand in
    /// the same place: there are no phrases of several words in it.
    #[must_use]
    pub fn with_offsets(analyzer: Analyzer, fields: Vec<FieldOptions>, offsets: bool) -> Self {
        let phonetic = fields.iter().any(|options| options.phonetic);
        Self {
            stems: Stems::new(analyzer.language()),
            phonetics: phonetic.then(Phonetics::default),
            analyzer: Arc::new(analyzer),
            coding: Arc::new(Coding::new(&fields, offsets)),
            fields,
            terms: Terms::default(),
            documents: Vec::new(),
            bound: 0,
            lengths: Lengths::default(),
            most_frequent: DocNumbers::default(),
            document_count: 0,
            posting_count: 0,
            tokens: vec![0; TextField::COUNT],
            scratch: Scratch::default(),
        }
    }

    /// What turns text into tokens here, for queries to do the same.
    #[must_use]
    pub fn analyzer(&self) -> &Analyzer {
        &self.analyzer
    }

    /// Sets a document's text, in place of what it had. A field may come several times, for its
    /// several values.
    pub fn insert(&mut self, doc: DocId, fields: &[(TextField, &[u8])]) {
        self.insert_in(self.analyzer.language(), doc, fields);
    }

    /// As [`TextIndex::insert`], of a document in a language.
    pub fn insert_in(&mut self, language: Language, doc: DocId, fields: &[(TextField, &[u8])]) {
        self.remove(doc);
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.tokens.clear();
        let length = self.tokenise(fields, &mut scratch.tokens);
        scratch.tokens.sort_unstable();
        self.lengths.set(doc, rounded(length));
        scratch.terms.clear();
        let (mut before, mut most) = (0, 0.0_f32);
        for of_term in scratch.tokens.chunk_by(|a, b| term_of(*a) == term_of(*b)) {
            let [token, ..] = *of_term else { continue };
            let term = term_of(token);
            scratch.places.clear();
            scratch
                .places
                .extend(of_term.iter().map(|&token| place_of(token)));
            most = most.max(self.coding.frequency_at(&scratch.places));
            let list = self.terms.postings_mut(term);
            let holders = list.len();
            list.insert(doc, &scratch.places, &self.coding, &self.lengths);
            self.relate(language, term, holders);
            self.posting_count += 1;
            put_varint(&mut scratch.terms, u64::from(term.get() - before));
            before = term.get();
        }
        self.most_frequent.set(doc, most);
        self.document_count += 1;
        if self.documents.len() <= doc.index() {
            self.documents.resize_with(doc.index() + 1, || None);
            self.bound = self.documents.len();
        }
        self.documents[doc.index()] = Some(Document {
            terms: scratch.terms.as_slice().into(),
            language,
        });
        self.scratch = scratch;
    }

    /// Forgets a document; false if it was not there.
    pub fn remove(&mut self, doc: DocId) -> bool {
        let slot = self.documents.get_mut(doc.index());
        let Some(document) = slot.and_then(Option::take) else {
            return false;
        };
        for term in terms_of(&document.terms) {
            let list = self.terms.postings_mut(term);
            list.remove(doc, &self.coding, &self.lengths, |places| {
                for &place in places {
                    // Of an index that was saved wrong there may be fewer.
                    let tokens = &mut self.tokens[field_of(place).index()];
                    *tokens = tokens.saturating_sub(1);
                }
            });
            let after = list.len();
            self.posting_count -= 1;
            self.unrelate(document.language, term, after);
            if after == 0 {
                self.terms.remove(term);
            }
        }
        self.lengths.set(doc, 0.0);
        self.most_frequent.set(doc, 0.0);
        self.document_count -= 1;
        true
    }

    /// The documents that hold a folded term in one of the fields; none when no document holds it
    /// in any.
    #[must_use]
    pub fn postings(&self, term: &[u8], fields: FieldMask) -> Option<PostingCursor> {
        let list = self.terms.get(term)?;
        Some(PostingCursor::new(list, &self.coding, fields))
    }

    /// The first `limit` terms that begin with a folded prefix, in byte order, and whether there
    /// are more.
    #[must_use]
    pub fn expand_prefix(&self, prefix: &[u8], limit: usize) -> (Vec<&[u8]>, bool) {
        let mut matching = self
            .terms
            .with_prefix(prefix)
            .map(|term| self.terms.name(term));
        let terms = matching.by_ref().take(limit).collect();
        (terms, matching.next().is_some())
    }

    /// The documents that hold these folded terms as a phrase in one of the fields; none when one
    /// of the terms is in no document.
    #[must_use]
    pub fn phrase<T: AsRef<[u8]>>(&self, terms: &[T], fields: FieldMask) -> Option<Phrase> {
        let cursors = terms
            .iter()
            .map(|term| self.postings(term.as_ref(), fields))
            .collect::<Option<Vec<_>>>();
        cursors.map(Phrase::new)
    }

    /// The documents that hold any of some folded terms in one of the fields, faster than by cursors
    /// where there are many terms.
    pub fn documents_with<'a>(
        &self,
        terms: impl IntoIterator<Item = &'a [u8]>,
        fields: FieldMask,
    ) -> RoaringBitmap {
        RoaringBitmap::from_lsb0_bytes(0, &self.bits_of(terms, fields))
    }

    /// How many [documents](Self::documents_with) there are.
    pub fn count_with<'a>(
        &self,
        terms: impl IntoIterator<Item = &'a [u8]>,
        fields: FieldMask,
    ) -> u64 {
        let bits = self.bits_of(terms, fields);
        let (words, rest) = bits.as_chunks();
        let words = words
            .iter()
            .map(|word| u64::from_le_bytes(*word).count_ones());
        let rest = rest.iter().map(|byte| byte.count_ones());
        words.chain(rest).map(u64::from).sum()
    }

    /// A bit for each document that holds any of some terms, by its number.
    fn bits_of<'a>(&self, terms: impl IntoIterator<Item = &'a [u8]>, fields: FieldMask) -> Vec<u8> {
        let mut bits = vec![0; self.bound / 8 + 1];
        let mut decoded = Decoded::default();
        let terms: Vec<&[u8]> = terms.into_iter().collect();
        for terms in terms.chunks(BATCH) {
            for list in self.terms.get_all(terms.iter().copied()) {
                list.for_each_doc(fields, &self.coding, &mut decoded, |doc| {
                    bits[doc as usize / 8] |= 1 << (doc % 8);
                });
            }
        }
        bits
    }

    /// The best documents for some words of this index, by BM25 with an average length of documents
    /// that is given.
    ///
    /// # Errors
    /// [`Stopped`] when the query says so.
    pub fn top(&self, query: TopQuery<'_>, average_length: f64) -> Result<Top, Stopped> {
        top(query, &self.lengths, average_length)
    }

    /// How many documents there are, those without a token among them.
    #[must_use]
    pub const fn document_count(&self) -> u64 {
        self.document_count as u64
    }

    /// The document has been inserted, if perhaps without a token.
    #[must_use]
    pub fn contains(&self, doc: DocId) -> bool {
        self.documents.get(doc.index()).is_some_and(Option::is_some)
    }

    /// How many tokens a document has, each counted with its field's weight; 0 for no document.
    #[must_use]
    pub fn document_length(&self, doc: DocId) -> f64 {
        f64::from(self.lengths.get(doc))
    }

    /// How often a document holds its most frequent term, each occurrence counted with its field's
    /// weight; 0 for no document.
    #[must_use]
    pub fn document_max_frequency(&self, doc: DocId) -> f64 {
        f64::from(self.most_frequent.get(doc))
    }

    /// The sum of all documents' lengths.
    #[must_use]
    pub fn total_length(&self) -> f64 {
        // A query asks for it; most of 128 fields have neither options nor tokens.
        let (with_options, others) = self
            .tokens
            .split_at(self.fields.len().min(TextField::COUNT));
        let lengths = self.fields.iter().zip(with_options);
        let lengths = lengths.map(|(options, &count)| options.weight * count as f64);
        lengths.sum::<f64>() + others.iter().sum::<u64>() as f64
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
        let terms = self.terms.iter();
        terms
            .map(|term| self.terms.postings(term).block_count())
            .sum()
    }

    /// Heap bytes in use, by capacity. Walks all terms and documents.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        let documents = self.documents.iter().flatten();
        let documents = documents.map(|document| document.terms.len());
        self.terms.memory_bytes()
            + self.stems.memory_bytes()
            + self.phonetics.as_ref().map_or(0, Phonetics::memory_bytes)
            + self.documents.capacity() * size_of::<Option<Document>>()
            + documents.sum::<usize>()
            + self.lengths.memory_bytes()
            + self.most_frequent.memory_bytes()
            + self.tokens.capacity() * size_of::<u64>()
            + self.scratch.memory_bytes()
    }

    pub(super) fn options(&self, field: TextField) -> FieldOptions {
        let options = self.fields.get(field.index()).copied();
        options.unwrap_or_default()
    }

    /// Appends the term and place of every token, counts the tokens by field, and returns the
    /// length of the document. The caller gives each term a posting.
    fn tokenise(&mut self, fields: &[(TextField, &[u8])], tokens: &mut Vec<u64>) -> f64 {
        let mut length = 0.0;
        let mut next_value = [0_u32; TextField::COUNT];
        for &(field, text) in fields {
            let start = next_value[field.index()];
            let before = tokens.len();
            let empty = text.is_empty() && self.options(field).index_empty;
            let empty = empty.then_some(Token::EMPTY);
            let mut all = self.analyzer.tokens(text).chain(empty);
            let mut batch = Vec::with_capacity(BATCH);
            loop {
                batch.clear();
                while batch.len() < BATCH
                    && let Some(token) = all.next()
                {
                    batch.push(token);
                }
                let Some(last) = batch.last() else { break };
                let mut terms = [TermId::new(0); BATCH];
                let names = batch.iter().map(|token| &*token.term);
                self.terms.find_or_add(names, &mut terms);
                for (token, term) in batch.iter().zip(terms) {
                    let position = start.saturating_add(token.position);
                    tokens.push(u64::from(term.get()) << 32 | u64::from(place(field, position)));
                }
                let last = start.saturating_add(last.position);
                next_value[field.index()] = last.saturating_add(1 + VALUE_GAP);
            }
            let count = (tokens.len() - before) as u64;
            self.tokens[field.index()] += count;
            length += self.options(field).weight * count as f64;
        }
        length
    }

    /// One more document of a language holds a term, which `before` held already.
    fn relate(&mut self, language: Language, term: TermId, before: usize) {
        let Self {
            analyzer, terms, ..
        } = self;
        let name = || terms.name(term);
        self.stems.add(language, term, before, || {
            analyzer.stem_in(language, name())
        });
        if let Some(phonetics) = &mut self.phonetics
            && before == 0
        {
            phonetics.add(term, name());
        }
    }

    /// One document of a language fewer holds a term, which `after` still hold.
    fn unrelate(&mut self, language: Language, term: TermId, after: usize) {
        let Self {
            analyzer, terms, ..
        } = self;
        let name = || terms.name(term);
        self.stems
            .remove(language, term, after, || analyzer.stem_in(language, name()));
        if let Some(phonetics) = &mut self.phonetics
            && after == 0
        {
            phonetics.remove(term, name());
        }
    }

    /// Panics unless all parts agree.
    #[cfg(test)]
    pub(crate) fn check(&self) {
        use std::collections::BTreeSet;

        let mut postings = 0;
        let mut stemmed = Vec::new();
        let mut codes = 0;
        for term in self.terms.iter() {
            let docs = self.terms.postings(term).check(&self.coding);
            assert!(!docs.is_empty());
            postings += docs.len();
            let mut languages = BTreeSet::new();
            for doc in docs {
                let document = self.documents[doc.index()].as_ref().unwrap();
                let terms = terms_of(&document.terms);
                assert_eq!(terms.filter(|other| *other == term).count(), 1);
                languages.insert(document.language);
            }
            let name = self.terms.name(term);
            for language in languages {
                let stem = self.analyzer.stem_in(language, name);
                stemmed.extend(stem.map(|stem| (language, stem, term)));
            }
            codes += super::phonetic::codes(name).len();
        }
        let mut pairs = self.stems.pairs();
        pairs.sort();
        stemmed.sort();
        let stemmed: Vec<_> = stemmed.iter().map(|(l, s, t)| (*l, &s[..], *t)).collect();
        assert_eq!(pairs, stemmed);
        if let Some(phonetics) = &self.phonetics {
            assert_eq!(phonetics.pair_count(), codes);
        }
        let documents = self.documents.iter().flatten();
        assert_eq!(documents.clone().count(), self.document_count);
        let forward: usize = documents
            .map(|document| terms_of(&document.terms).count())
            .sum();
        assert_eq!(forward, postings);
        assert_eq!(self.posting_count, postings);
    }
}

impl Scratch {
    fn memory_bytes(&self) -> usize {
        self.tokens.capacity() * size_of::<u64>()
            + self.places.capacity() * size_of::<u32>()
            + self.terms.capacity()
    }
}

/// The term of a token.
fn term_of(token: u64) -> TermId {
    TermId::new(u32::try_from(token >> 32).unwrap_or(u32::MAX))
}

/// The place of a token.
const fn place_of(token: u64) -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "the lower half is meant")]
    {
        token as u32
    }
}

/// The terms of a document.
pub(super) fn terms_of(mut gaps: &[u8]) -> impl Iterator<Item = TermId> {
    let mut term = 0;
    std::iter::from_fn(move || {
        if gaps.is_empty() {
            return None;
        }
        term += u32::try_from(get_varint(&mut gaps)).unwrap_or_default();
        Some(TermId::new(term))
    })
}
