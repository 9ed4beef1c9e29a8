//! How hits are scored: `SCORER`, `BM25STD_TANH_FACTOR`, `PAYLOAD`.

use crate::request::args::Args;
use crate::request::error::Refusal;

/// `BM25STD_TANH_FACTOR` unless given (spec, section 5).
const DEFAULT_TANH_FACTOR: u32 = 4;
/// The largest: beyond it every score is nearly 0.
const MOST_TANH_FACTOR: u32 = 10_000;

/// A scoring function (spec, section 6.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scorer {
    /// `BM25STD`: Okapi BM25.
    #[default]
    Bm25Std,
    /// `BM25STD.NORM`: the same, as a share of the highest score of all hits.
    Bm25StdNorm,
    /// `BM25STD.TANH`: the same, between 0 and 1.
    Bm25StdTanh,
    /// `BM25`: without the length of the document.
    Bm25,
    /// `TFIDF`
    TfIdf,
    /// `TFIDF.DOCNORM`
    TfIdfDocNorm,
    /// `DISMAX`: how often words occur, of alternatives the most.
    DisMax,
    /// `DOCSCORE`: the document's own score.
    DocScore,
    /// `HAMMING`: how many bits the document's payload shares with that of the query.
    Hamming,
}

/// Their names.
const SCORERS: [(&str, Scorer); 9] = [
    ("BM25STD", Scorer::Bm25Std),
    ("BM25STD.NORM", Scorer::Bm25StdNorm),
    ("BM25STD.TANH", Scorer::Bm25StdTanh),
    ("BM25", Scorer::Bm25),
    ("TFIDF", Scorer::TfIdf),
    ("TFIDF.DOCNORM", Scorer::TfIdfDocNorm),
    ("DISMAX", Scorer::DisMax),
    ("DOCSCORE", Scorer::DocScore),
    ("HAMMING", Scorer::Hamming),
];

impl Scorer {
    /// Takes the value of `SCORER`.
    ///
    /// # Errors
    /// When it is none of the valid names, which the text lists.
    pub fn take(args: &mut Args<'_>) -> Result<Self, Refusal> {
        let names = SCORERS.map(|(name, _)| name);
        let name = args.choice("SCORER", &names, &[])?;
        let found = SCORERS.iter().find(|(other, _)| *other == name);
        Ok(found.map_or_else(Self::default, |(_, scorer)| *scorer))
    }
}

/// A scoring function and what it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scoring {
    /// The function.
    pub scorer: Scorer,
    /// By what [`Scorer::Bm25StdTanh`] divides.
    pub tanh_factor: u32,
    /// What [`Scorer::Hamming`] compares with.
    pub payload: Option<Vec<u8>>,
}

impl Default for Scoring {
    fn default() -> Self {
        Self {
            scorer: Scorer::default(),
            tanh_factor: DEFAULT_TANH_FACTOR,
            payload: None,
        }
    }
}

impl Scoring {
    pub(super) fn take_tanh_factor(&mut self, args: &mut Args<'_>) -> Result<(), Refusal> {
        self.tanh_factor = args.whole("BM25STD_TANH_FACTOR", 1, MOST_TANH_FACTOR)?;
        Ok(())
    }
}
