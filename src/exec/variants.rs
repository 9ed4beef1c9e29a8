//! Words that count as one, such as those of one stem: however they are written, a document holds the
//! word as often as all of them together, and as many documents hold it as hold any.
//!
//! That is how an index of stems ranks, and it ranks better than the words each by itself, of which the
//! rarest way to write a word would count most (`benches/tests/text/ranking.rs`).

use nuthatch_indexes::doc::DocId;
use nuthatch_indexes::docset::{DocSet, Or};
use nuthatch_indexes::text::{PostingCursor, keep_fields};

use super::explain::Explanation;
use super::model::Model;
use super::scorer::{Leaf, Scorer};
use crate::request::error::shown;

/// Documents with any of some terms, each in its fields, scored as by one term.
pub(super) struct Variants<'a, M> {
    pub(super) parts: Or<PostingCursor>,
    /// The first of the terms.
    pub(super) name: &'a [u8],
    pub(super) idf: f64,
    pub(super) leaf: Leaf<'a, M>,
}

impl<M: Model> Variants<'_, M> {
    fn frequency(&mut self) -> f64 {
        let mut frequency = 0.0;
        self.parts
            .each_resting(|part| frequency += f64::from(part.frequency()));
        frequency
    }
}

impl<M> DocSet for Variants<'_, M> {
    fn doc(&self) -> Option<DocId> {
        self.parts.doc()
    }

    fn advance(&mut self) -> Option<DocId> {
        self.parts.advance()
    }

    fn seek(&mut self, target: DocId) -> Option<DocId> {
        self.parts.seek(target)
    }

    fn cost(&self) -> u64 {
        self.parts.cost()
    }
}

impl<M: Model> Scorer for Variants<'_, M> {
    fn score(&mut self) -> f64 {
        let frequency = self.frequency();
        self.doc()
            .map_or(0.0, |doc| self.leaf.score(self.idf, frequency, doc))
    }

    fn places(&mut self, out: &mut Vec<u32>) {
        self.parts.each_resting(|part| {
            let start = out.len();
            part.places(out);
            keep_fields(out, start, part.fields());
        });
    }

    fn explain(&mut self) -> Explanation {
        let frequency = self.frequency();
        let name = format!("{} and words of its stem", shown(self.name));
        self.leaf.explain(&name, self.idf, frequency, self.doc())
    }
}
