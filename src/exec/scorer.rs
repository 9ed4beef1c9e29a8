//! Doc sets that can also say how well their current document matches, where it holds the words,
//! and why it scores so.

use nuthatch_indexes::doc::DocId;
use nuthatch_indexes::docset::{And, Bitmap, DocSet, Or};
use nuthatch_indexes::text::{Phrase, PostingCursor, keep_fields};

use super::explain::Explanation;
use super::model::{Corpus, Model};
use crate::request::error::shown;

/// A doc set whose documents have scores.
///
/// Nothing here moves what [`DocSet::doc`] shows.
pub(super) trait Scorer: DocSet {
    /// The score of the current document; 0 when there is none.
    fn score(&mut self) -> f64;

    /// Appends the documents from the current one on, at most so many, and goes on behind them: one
    /// call for a block of them instead of two for each.
    fn take_docs(&mut self, most: usize, out: &mut Vec<DocId>) {
        for _ in 0..most {
            let Some(doc) = self.doc() else { return };
            out.push(doc);
            self.advance();
        }
    }

    /// Appends where the current document holds the words, in any order. Nothing where there are no
    /// words.
    fn places(&mut self, _: &mut Vec<u32>) {}

    /// How many words each place stands for.
    fn length(&self) -> u32 {
        1
    }

    /// How far apart the words of the query stand, where that counts.
    fn spread(&mut self) -> Option<f64> {
        None
    }

    /// How the score of the current document came about.
    fn explain(&mut self) -> Explanation;
}

/// A part of a query, of any kind.
pub(super) type BoxScorer<'a> = Box<dyn Scorer + 'a>;

/// What a leaf is scored by.
#[derive(Clone, Copy)]
pub(super) struct Leaf<'a, M> {
    pub(super) model: M,
    pub(super) corpus: Corpus<'a>,
    /// What the score is multiplied by.
    pub(super) weight: f64,
}

impl<M: Model> Leaf<'_, M> {
    pub(super) fn score(&self, idf: f64, frequency: f64, doc: DocId) -> f64 {
        let frequency = self.corpus.counted(frequency);
        self.weight * self.model.score(&self.corpus, idf, frequency, doc)
    }

    pub(super) fn explain(
        &self,
        name: &str,
        idf: f64,
        frequency: f64,
        doc: Option<DocId>,
    ) -> Explanation {
        let Some(doc) = doc else {
            return Explanation::leaf("0 = no document".to_owned());
        };
        let score = self.score(idf, frequency, doc);
        let frequency = self.corpus.counted(frequency);
        let formula = self.model.formula(&self.corpus, idf, frequency, doc);
        let weight = self.weight;
        Explanation::leaf(format!("{score} = weight {weight} * {formula} of {name}"))
    }
}

/// Documents that match without adding to the score.
pub(super) struct Unscored<S>(pub(super) S);

/// Documents that match as if by one occurrence of a term.
pub(super) struct Flat<'a, S, M> {
    pub(super) docs: S,
    pub(super) name: &'a [u8],
    pub(super) idf: f64,
    pub(super) leaf: Leaf<'a, M>,
}

/// Documents with a term.
pub(super) struct Term<'a, M> {
    pub(super) postings: PostingCursor,
    pub(super) name: &'a [u8],
    pub(super) idf: f64,
    pub(super) leaf: Leaf<'a, M>,
}

/// Documents with a phrase, scored as its words.
pub(super) struct Words<'a, M> {
    pub(super) phrase: Phrase,
    /// How many words it has.
    pub(super) length: u32,
    pub(super) leaf: Leaf<'a, M>,
}

/// Every document; those of the part score as it does.
pub(super) struct Optional<'a> {
    pub(super) docs: Bitmap<'a>,
    pub(super) part: BoxScorer<'a>,
}

/// Documents of any of some parts.
pub(super) struct Either<'a, M> {
    pub(super) parts: Or<BoxScorer<'a>>,
    pub(super) model: M,
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
            fn reach(&mut self, doc: DocId) -> Option<DocId> {
                self.$member.reach(doc)
            }
            fn cost(&self) -> u64 {
                self.$member.cost()
            }
        }
    )*};
}

doc_set_of! {
    [S: DocSet] Unscored<S>, 0;
    ['a, S: DocSet, M] Flat<'a, S, M>, docs;
    ['a, M] Term<'a, M>, postings;
    ['a, M] Words<'a, M>, phrase;
    ['a] Optional<'a>, docs;
    ['a, M] Either<'a, M>, parts;
}

impl<S: DocSet> Scorer for Unscored<S> {
    fn score(&mut self) -> f64 {
        0.0
    }

    fn explain(&mut self) -> Explanation {
        Explanation::leaf("0 = a part without words".to_owned())
    }
}

impl<S: DocSet, M: Model> Scorer for Flat<'_, S, M> {
    fn score(&mut self) -> f64 {
        self.doc()
            .map_or(0.0, |doc| self.leaf.score(self.idf, 1.0, doc))
    }

    fn explain(&mut self) -> Explanation {
        let name = shown(self.name);
        self.leaf.explain(&name, self.idf, 1.0, self.doc())
    }
}

impl<M: Model> Scorer for Term<'_, M> {
    fn score(&mut self) -> f64 {
        let frequency = f64::from(self.postings.frequency());
        self.doc()
            .map_or(0.0, |doc| self.leaf.score(self.idf, frequency, doc))
    }

    fn places(&mut self, out: &mut Vec<u32>) {
        let start = out.len();
        self.postings.places(out);
        keep_fields(out, start, self.postings.fields());
    }

    fn explain(&mut self) -> Explanation {
        let frequency = f64::from(self.postings.frequency());
        let name = shown(self.name);
        self.leaf.explain(&name, self.idf, frequency, self.doc())
    }
}

impl<M: Model> Words<'_, M> {
    /// The idf and the frequency of each word.
    fn words(&mut self) -> Vec<(f64, f64)> {
        let Self { phrase, leaf, .. } = self;
        let words = phrase.parts_mut().map(|part| {
            let idf = leaf.model.idf(&leaf.corpus, part.document_frequency());
            (idf, f64::from(part.frequency()))
        });
        words.collect()
    }
}

impl<M: Model> Scorer for Words<'_, M> {
    fn score(&mut self) -> f64 {
        let Some(doc) = self.doc() else { return 0.0 };
        self.words()
            .into_iter()
            .map(|(idf, frequency)| self.leaf.score(idf, frequency, doc))
            .sum()
    }

    fn places(&mut self, out: &mut Vec<u32>) {
        self.phrase.places(out);
    }

    fn length(&self) -> u32 {
        self.length
    }

    fn explain(&mut self) -> Explanation {
        let (score, doc) = (self.score(), self.doc());
        let words = self.words();
        let name = "a word of the phrase";
        let words = words.into_iter();
        let words = words.map(|(idf, frequency)| self.leaf.explain(name, idf, frequency, doc));
        sum_of_parts(score, words.collect())
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

    fn explain(&mut self) -> Explanation {
        match self.doc() {
            Some(doc) if self.part.seek(doc) == Some(doc) => self.part.explain(),
            Some(_) | None => {
                Explanation::leaf("0 = an optional part that does not match".to_owned())
            }
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

    fn places(&mut self, out: &mut Vec<u32>) {
        if self.doc().is_some() {
            self.parts_mut()
                .iter_mut()
                .for_each(|part| part.places(out));
        }
    }

    fn spread(&mut self) -> Option<f64> {
        self.parts_mut().iter_mut().find_map(|part| part.spread())
    }

    fn explain(&mut self) -> Explanation {
        let score = self.score();
        let parts = self.parts_mut().iter_mut();
        sum_of_parts(score, parts.map(|part| part.explain()).collect())
    }
}

impl<M: Model> Scorer for Either<'_, M> {
    fn score(&mut self) -> f64 {
        let (model, mut all) = (self.model, 0.0);
        self.parts
            .each_resting(|part| all = model.either(all, part.score()));
        all
    }

    fn places(&mut self, out: &mut Vec<u32>) {
        self.parts.each_resting(|part| part.places(out));
    }

    fn explain(&mut self) -> Explanation {
        let text = format!("{} = {}", self.score(), M::EITHER);
        let mut parts = Vec::new();
        self.parts.each_resting(|part| parts.push(part.explain()));
        Explanation { text, parts }
    }
}

/// Why something scores as all of its parts together.
pub(super) fn sum_of_parts(score: f64, parts: Vec<Explanation>) -> Explanation {
    Explanation {
        text: format!("{score} = sum of the parts"),
        parts,
    }
}
