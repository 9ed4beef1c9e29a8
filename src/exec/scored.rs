//! A filter whose documents have their final scores: what its words add up to, and what the
//! document itself contributes.

use nuthatch_indexes::doc::DocId;

use super::explain::Explanation;
use super::profile::{Part, Trace};
use super::scorer::BoxScorer;
use crate::catalog::index::Index;
use crate::request::create::IndexOption;
use crate::request::search::{Scorer, Scoring};

/// Documents with final scores. [`Scorer::Bm25StdNorm`] is that but for a division by the highest
/// of all.
pub(super) struct Scored<'a> {
    set: BoxScorer<'a>,
    scoring: &'a Scoring,
    index: &'a Index,
    /// Measures the set.
    trace: Option<Trace>,
}

impl<'a> Scored<'a> {
    pub(super) fn new(set: BoxScorer<'a>, scoring: &'a Scoring, index: &'a Index) -> Self {
        Self {
            set,
            scoring,
            index,
            trace: None,
        }
    }

    /// The same, with what measures its set.
    pub(super) fn with_trace(self, trace: Option<Trace>) -> Self {
        Self { trace, ..self }
    }

    /// What has been measured of its set by now.
    pub(super) fn profile(&self) -> Option<Part> {
        self.trace.as_ref().map(Trace::part)
    }

    /// The documents alone.
    pub(super) fn set(&mut self) -> &mut BoxScorer<'a> {
        &mut self.set
    }

    /// The score of the current document; 0 when there is none.
    pub(super) fn score(&mut self) -> f64 {
        let Some(doc) = self.set.doc() else {
            return 0.0;
        };
        let own = self.index.documents().score(doc);
        match self.scoring.scorer {
            Scorer::Bm25Std | Scorer::Bm25StdNorm => own * self.set.score(),
            Scorer::Bm25StdTanh => {
                (own * self.set.score() / f64::from(self.scoring.tanh_factor)).tanh()
            }
            Scorer::Bm25 => own * self.set.score() / self.spread(),
            Scorer::TfIdf | Scorer::TfIdfDocNorm => {
                let divisor = self.divisor(doc);
                // Fields of no weight make no words.
                if divisor > 0.0 {
                    own * self.set.score() / divisor / self.spread()
                } else {
                    0.0
                }
            }
            Scorer::DisMax => self.set.score(),
            Scorer::DocScore => own,
            Scorer::Hamming => self.likeness(doc),
        }
    }

    /// How the score of the current document came about. `best` is the highest score of all hits.
    pub(super) fn explain(&mut self, best: f64) -> Explanation {
        let Some(doc) = self.set.doc() else {
            return Explanation::leaf("0 = no document".to_owned());
        };
        let (score, own) = (self.score(), self.index.documents().score(doc));
        let words = self.set.score();
        let text = match self.scoring.scorer {
            Scorer::Bm25Std => format!("{score} = document score {own} * words {words}"),
            Scorer::Bm25StdNorm => format!(
                "{} = document score {own} * words {words} / highest score {best}",
                share(score, best)
            ),
            Scorer::Bm25StdTanh => format!(
                "{score} = tanh(document score {own} * words {words} / factor {})",
                self.scoring.tanh_factor
            ),
            Scorer::Bm25 => format!(
                "{score} = document score {own} * words {words} / distance {}",
                self.spread()
            ),
            Scorer::TfIdf => format!(
                "{score} = document score {own} * words {words} / highest frequency {} / distance {}",
                self.divisor(doc),
                self.spread()
            ),
            Scorer::TfIdfDocNorm => format!(
                "{score} = document score {own} * words {words} / length {} / distance {}",
                self.divisor(doc),
                self.spread()
            ),
            Scorer::DisMax => format!("{score} = words {words}"),
            Scorer::DocScore => {
                return Explanation::leaf(format!("{score} = document score {own}"));
            }
            Scorer::Hamming => {
                let bits = self.distance(doc).map_or_else(
                    || "payloads that differ in size, or none".to_owned(),
                    |bits| format!("1 / (1 + {bits} bits in which the payloads differ)"),
                );
                return Explanation::leaf(format!("{score} = {bits}"));
            }
        };
        let parts = vec![self.set.explain()];
        Explanation { text, parts }
    }

    fn spread(&mut self) -> f64 {
        self.set.spread().unwrap_or(1.0)
    }

    /// What frequencies are relative to.
    fn divisor(&self, doc: DocId) -> f64 {
        if self.scoring.scorer == Scorer::TfIdf {
            let most = self.index.text().document_max_frequency(doc);
            let counts = !self.index.leaves_out(IndexOption::NoFrequencies);
            if counts || most <= 0.0 { most } else { 1.0 }
        } else {
            self.index.text().document_length(doc)
        }
    }

    /// How alike the document's payload is to that of the query.
    fn likeness(&self, doc: DocId) -> f64 {
        self.distance(doc)
            .map_or(0.0, |bits| 1.0 / (1.0 + f64::from(bits)))
    }

    /// Bits in which two payloads of the same size differ.
    fn distance(&self, doc: DocId) -> Option<u32> {
        let of_query = self.scoring.payload.as_deref()?;
        let payload = self.index.documents().payload(doc)?;
        let bits = payload.iter().zip(of_query);
        (payload.len() == of_query.len()).then(|| bits.map(|(a, b)| (a ^ b).count_ones()).sum())
    }
}

/// A score relative to the highest, 0 if that is.
pub(super) fn share(score: f64, best: f64) -> f64 {
    if best > 0.0 { score / best } else { 0.0 }
}
