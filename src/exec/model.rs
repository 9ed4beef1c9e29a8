//! What one word adds to the score of a document, by scoring function (spec, section 6.5).

use nuthatch_indexes::doc::DocId;
use nuthatch_indexes::text::{bm25, tfidf};

use crate::catalog::index::Index;
use crate::request::create::IndexOption;

/// What a word adds. Chosen once a query, so that a posting costs no choice.
pub(super) trait Model: Copy {
    /// How the score of alternatives is made of theirs, in words.
    const EITHER: &'static str = "sum of the parts";

    /// The weight of a term that so many documents hold.
    fn idf(self, corpus: &Corpus<'_>, containing: u64) -> f64;

    /// What a term adds to the score of a document that holds it so often.
    fn score(self, corpus: &Corpus<'_>, idf: f64, frequency: f64, doc: DocId) -> f64;

    /// How [`Model::score`] is computed, in numbers.
    fn formula(self, corpus: &Corpus<'_>, idf: f64, frequency: f64, doc: DocId) -> String;

    /// The score of alternatives from those of two.
    fn either(self, a: f64, b: f64) -> f64 {
        a + b
    }
}

/// The statistics behind a score, fixed for one query.
#[derive(Clone, Copy)]
pub(super) struct Corpus<'a> {
    pub(super) index: &'a Index,
    /// Documents of the index.
    documents: u64,
    /// Words of an average document.
    average_length: f64,
    /// It counts how often a document has a word: the index is not `NOFREQS`.
    has_frequencies: bool,
}

impl<'a> Corpus<'a> {
    pub(super) fn new(index: &'a Index) -> Self {
        let documents = index.documents().len() as u64;
        #[expect(
            clippy::cast_precision_loss,
            reason = "an average needs no exact count"
        )]
        let average_length = index.text().total_length() / documents.max(1) as f64;
        Self {
            index,
            documents,
            average_length,
            has_frequencies: !index.leaves_out(IndexOption::NoFrequencies),
        }
    }

    /// What a word counts for that a document has so often.
    pub(super) const fn counted(&self, frequency: f64) -> f64 {
        if self.has_frequencies || frequency <= 0.0 {
            frequency
        } else {
            1.0
        }
    }

    /// Words of an average document.
    pub(super) const fn average_length(&self) -> f64 {
        self.average_length
    }
}

/// `BM25STD`
#[derive(Clone, Copy)]
pub(super) struct Bm25Std;

impl Model for Bm25Std {
    fn idf(self, corpus: &Corpus<'_>, containing: u64) -> f64 {
        bm25::idf(corpus.documents, containing)
    }

    fn score(self, corpus: &Corpus<'_>, idf: f64, frequency: f64, doc: DocId) -> f64 {
        let length = corpus.index.text().document_length(doc);
        bm25::term_score(idf, frequency, length, corpus.average_length)
    }

    fn formula(self, corpus: &Corpus<'_>, idf: f64, frequency: f64, doc: DocId) -> String {
        let length = corpus.index.text().document_length(doc);
        let average = corpus.average_length;
        format!(
            "idf {idf} * frequency {frequency} * 2.2 / (frequency {frequency} + 1.2 * (0.25 + 0.75 \
             * length {length} / average length {average}))"
        )
    }
}

/// `BM25`
#[derive(Clone, Copy)]
pub(super) struct Bm25;

impl Model for Bm25 {
    fn idf(self, corpus: &Corpus<'_>, containing: u64) -> f64 {
        tfidf::idf(corpus.documents, containing)
    }

    fn score(self, corpus: &Corpus<'_>, idf: f64, frequency: f64, _: DocId) -> f64 {
        tfidf::bm25_score(idf, frequency, corpus.average_length)
    }

    fn formula(self, corpus: &Corpus<'_>, idf: f64, frequency: f64, _: DocId) -> String {
        let average = corpus.average_length;
        format!(
            "idf {idf} * frequency {frequency} / (frequency {frequency} + 1.2 * (0.5 + 0.5 * \
             average length {average}))"
        )
    }
}

/// `TFIDF` and `TFIDF.DOCNORM`
#[derive(Clone, Copy)]
pub(super) struct TfIdf;

impl Model for TfIdf {
    fn idf(self, corpus: &Corpus<'_>, containing: u64) -> f64 {
        tfidf::idf(corpus.documents, containing)
    }

    fn score(self, _: &Corpus<'_>, idf: f64, frequency: f64, _: DocId) -> f64 {
        idf * frequency
    }

    fn formula(self, _: &Corpus<'_>, idf: f64, frequency: f64, _: DocId) -> String {
        format!("idf {idf} * frequency {frequency}")
    }
}

/// `DISMAX`
#[derive(Clone, Copy)]
pub(super) struct DisMax;

impl Model for DisMax {
    const EITHER: &'static str = "highest of the parts";

    fn idf(self, _: &Corpus<'_>, _: u64) -> f64 {
        1.0
    }

    fn score(self, _: &Corpus<'_>, _: f64, frequency: f64, _: DocId) -> f64 {
        frequency
    }

    fn formula(self, _: &Corpus<'_>, _: f64, frequency: f64, _: DocId) -> String {
        format!("frequency {frequency}")
    }

    fn either(self, a: f64, b: f64) -> f64 {
        a.max(b)
    }
}
