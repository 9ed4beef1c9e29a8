//! Doc sets that can also say how well their current document matches (BM25STD).

use nuthatch_indexes::doc::DocId;
use nuthatch_indexes::docset::{And, Bitmap, DocSet, Or};
use nuthatch_indexes::text::{Phrase, PostingCursor, bm25};

use crate::catalog::index::Index;

/// A doc set whose documents have scores.
pub(super) trait Scorer: DocSet {
    /// The score of the current document; 0 when there is none. Moves nothing that
    /// [`DocSet::doc`] shows.
    fn score(&mut self) -> f64;
}

/// A part of a query, of any kind.
pub(super) type BoxScorer<'a> = Box<dyn Scorer + 'a>;

/// The statistics behind a score, fixed for one query.
#[derive(Clone, Copy)]
pub(super) struct Corpus<'a> {
    index: &'a Index,
    /// Documents of the index.
    documents: u64,
    /// Words of an average document.
    average_length: f64,
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
        }
    }

    pub(super) fn idf(&self, document_frequency: u64) -> f64 {
        bm25::idf(self.documents, document_frequency)
    }

    /// What a term adds to a document's score.
    fn term_score(&self, idf: f64, frequency: f64, doc: DocId) -> f64 {
        let length = self.index.text().document_length(doc);
        let score = bm25::term_score(idf, frequency, length, self.average_length);
        self.index.documents().score(doc) * score
    }
}

/// Documents that match without adding to the score.
pub(super) struct Unscored<S>(pub(super) S);

/// Documents that match as if by one occurrence of a term.
pub(super) struct Flat<'a> {
    pub(super) docs: Bitmap<'a>,
    pub(super) idf: f64,
    pub(super) corpus: Corpus<'a>,
}

/// Documents with a term.
pub(super) struct Term<'a> {
    pub(super) postings: PostingCursor,
    pub(super) idf: f64,
    pub(super) corpus: Corpus<'a>,
}

/// Documents with a phrase, scored as its words.
pub(super) struct Words<'a> {
    pub(super) phrase: Phrase,
    pub(super) corpus: Corpus<'a>,
}

/// Every document; those of the part score as it does.
pub(super) struct Optional<'a> {
    pub(super) docs: Bitmap<'a>,
    pub(super) part: BoxScorer<'a>,
}

/// Passes a doc set on to a member of the type.
macro_rules! doc_set_of {
    ($([$($generics:tt)*] $type:ty, $member:tt;)*) => {$(
        impl<$($generics)*> DocSet for $type {
            fn doc(&self) -> Option<DocId> {
                self.$member.doc()
            }
            fn advance(&mut self) -> Option<DocId> {
                self.$member.advance()
            }
            fn seek(&mut self, target: DocId) -> Option<DocId> {
                self.$member.seek(target)
            }
            fn cost(&self) -> u64 {
                self.$member.cost()
            }
        }
    )*};
}

doc_set_of! {
    [S: DocSet] Unscored<S>, 0;
    ['a] Flat<'a>, docs;
    ['a] Term<'a>, postings;
    ['a] Words<'a>, phrase;
    ['a] Optional<'a>, docs;
}

impl<S: DocSet> Scorer for Unscored<S> {
    fn score(&mut self) -> f64 {
        0.0
    }
}

impl Scorer for Flat<'_> {
    fn score(&mut self) -> f64 {
        self.doc()
            .map_or(0.0, |doc| self.corpus.term_score(self.idf, 1.0, doc))
    }
}

impl Scorer for Term<'_> {
    fn score(&mut self) -> f64 {
        let frequency = f64::from(self.postings.frequency());
        self.doc()
            .map_or(0.0, |doc| self.corpus.term_score(self.idf, frequency, doc))
    }
}

impl Scorer for Words<'_> {
    fn score(&mut self) -> f64 {
        let Some(doc) = self.doc() else { return 0.0 };
        let Self { phrase, corpus } = self;
        phrase
            .parts_mut()
            .map(|part| {
                let idf = corpus.idf(part.document_frequency());
                let frequency = f64::from(part.frequency());
                corpus.term_score(idf, frequency, doc)
            })
            .sum()
    }
}

impl Scorer for Optional<'_> {
    fn score(&mut self) -> f64 {
        let Some(doc) = self.doc() else { return 0.0 };
        if self.part.seek(doc) == Some(doc) {
            self.part.score()
        } else {
            0.0
        }
    }
}

impl Scorer for And<BoxScorer<'_>> {
    fn score(&mut self) -> f64 {
        if self.doc().is_none() {
            return 0.0;
        }
        self.parts_mut().iter_mut().map(|part| part.score()).sum()
    }
}

impl Scorer for Or<BoxScorer<'_>> {
    fn score(&mut self) -> f64 {
        let mut sum = 0.0;
        self.each_resting(|part| sum += part.score());
        sum
    }
}
