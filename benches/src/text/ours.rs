//! Our text index, as the measurements and tests use it: the one file that knows its interface.

use nuthatch_indexes::doc::DocId;
use nuthatch_indexes::text::analysis::{Analyzer, AnalyzerOptions};
use nuthatch_indexes::text::{
    FieldMask, FieldOptions, TextField, TextIndex, TopQuery, Word, Words, bm25,
};

use super::query::Query;

/// A document found, and how well it matches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// The document's number in its corpus, from 0.
    pub slot: usize,
    /// Larger is better.
    pub score: f64,
}

/// A text index of one field, without stop words and stems.
pub struct Ours {
    index: TextIndex,
    field: TextField,
}

impl Default for Ours {
    fn default() -> Self {
        Self::new()
    }
}

impl Ours {
    /// An index of nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::with(usize::MAX)
    }

    /// An index of nothing, by the stems of whose words their other forms are found.
    #[must_use]
    pub fn with_stems() -> Self {
        Self::with(AnalyzerOptions::default().min_stem_length)
    }

    fn with(min_stem_length: usize) -> Self {
        let analyzer = Analyzer::new(AnalyzerOptions {
            stop_words: Vec::new(),
            min_stem_length,
            ..AnalyzerOptions::default()
        });
        let options = FieldOptions {
            no_stem: min_stem_length == usize::MAX,
            ..FieldOptions::default()
        };
        Self {
            index: TextIndex::new(analyzer, vec![options]),
            field: TextField::new(0).expect("there is a first field"),
        }
    }

    /// Adds documents in the next slots, in an index that has none.
    #[must_use]
    pub fn filled<'a>(mut self, documents: impl IntoIterator<Item = &'a str>) -> Self {
        for (slot, text) in documents.into_iter().enumerate() {
            self.insert(slot, text);
        }
        self
    }

    /// An index of these documents.
    #[must_use]
    pub fn build<'a>(documents: impl IntoIterator<Item = &'a str>) -> Self {
        Self::new().filled(documents)
    }

    /// Sets the document in a slot, in place of what it had.
    pub fn insert(&mut self, slot: usize, text: &str) {
        self.index
            .insert(doc(slot), &[(self.field, text.as_bytes())]);
    }

    /// Forgets the document in a slot.
    pub fn remove(&mut self, slot: usize) {
        self.index.remove(doc(slot));
    }

    /// The best `k` documents, of equal ones those with lower slots; none for queries that expand.
    #[must_use]
    pub fn top(&self, query: &Query, k: usize) -> Vec<Hit> {
        let Some(words) = self.words(query) else {
            return Vec::new();
        };
        let (hits, _) = self.find(words, k, false);
        let hit = |(doc, score): (DocId, f64)| Hit {
            slot: doc.index(),
            score,
        };
        hits.into_iter().map(hit).collect()
    }

    /// How many documents match.
    #[must_use]
    pub fn count(&self, query: &Query) -> u64 {
        match query {
            Query::Prefix(_) | Query::Fuzzy(..) => {
                let words = self.expand(query);
                self.index.count_with(words, FieldMask::ALL)
            }
            Query::Term(_) | Query::Any(_) | Query::All(_) | Query::Phrase(_) => {
                let words = self.words(query);
                words.map_or(0, |words| self.find(words, 0, true).1)
            }
        }
    }

    /// The words of the index that a query expands to; none for others.
    #[must_use]
    pub fn expand(&self, query: &Query) -> Vec<&[u8]> {
        match query {
            Query::Prefix(start) => self.index.expand_prefix(start.as_bytes(), usize::MAX).0,
            Query::Fuzzy(word, distance) => {
                self.index
                    .expand_fuzzy(word.as_bytes(), *distance, usize::MAX)
                    .0
            }
            Query::Term(_) | Query::Any(_) | Query::All(_) | Query::Phrase(_) => Vec::new(),
        }
    }

    /// How many pairs of a word and a document that holds it there are.
    #[must_use]
    pub const fn posting_count(&self) -> usize {
        self.index.posting_count()
    }

    /// Heap bytes of the whole index: dictionary, postings, positions, lengths, and for each document
    /// its words, by which it can be removed.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.index.memory_bytes()
    }

    /// What documents must hold; none where a word of several is in no document.
    fn words(&self, query: &Query) -> Option<Words> {
        let term = |word: &String| {
            let postings = self.index.postings(word.as_bytes(), FieldMask::ALL)?;
            let weight = bm25::idf(self.index.document_count(), postings.document_frequency());
            Some(Word {
                terms: vec![postings],
                weight,
            })
        };
        Some(match query {
            Query::Term(word) => Words::Any(term(word).into_iter().collect()),
            Query::Any(words) => Words::Any(words.iter().filter_map(term).collect()),
            Query::All(words) => {
                let words = words.iter().map(term);
                Words::All(words.collect::<Option<_>>()?)
            }
            Query::Phrase(words) => Words::Phrase(words.iter().map(term).collect::<Option<_>>()?),
            Query::Prefix(_) | Query::Fuzzy(..) => return None,
        })
    }

    fn find(&self, words: Words, k: usize, count: bool) -> (Vec<(DocId, f64)>, u64) {
        let average_length = self.index.total_length() / self.index.document_count().max(1) as f64;
        let query = TopQuery {
            words,
            k,
            filter: None,
            count,
            factor: None,
            stop: &|| false,
        };
        let top = self.index.top(query, average_length);
        let top = top.expect("nothing stops it");
        (top.hits, top.total.unwrap_or_default())
    }
}

fn doc(slot: usize) -> DocId {
    DocId::from_index(slot).expect("a corpus has fewer than 2^32 documents")
}
