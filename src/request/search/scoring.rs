//! How hits are scored: `SCORER`, `BM25STD_TANH_FACTOR`, `PAYLOAD`.

use crate::request::args::Args;
use crate::request::error::Refusal;
use crate::request::settings::Settings;

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
    /// The names of all.
    pub const NAMES: [&str; SCORERS.len()] = {
        let mut names = [""; SCORERS.len()];
        let mut slot = 0;
        while slot < names.len() {
            names[slot] = SCORERS[slot].0;
            slot += 1;
        }
        names
    };

    /// The function of a name in upper case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let found = SCORERS.iter().find(|(other, _)| *other == name);
        found.map(|(_, scorer)| *scorer)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        let found = SCORERS.iter().find(|(_, scorer)| *scorer == self);
        found.map_or("", |(name, _)| name)
    }

    /// Takes the value of `SCORER`.
    ///
    /// # Errors
    /// When it is none of the valid names, which the text lists.
    pub fn take(args: &mut Args<'_>) -> Result<Self, Refusal> {
        let name = args.choice("SCORER", &Self::NAMES, &[])?;
        Ok(Self::named(name).unwrap_or_default())
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
        Self::by(&Settings::default())
    }
}

impl Scoring {
    /// What settings say.
    pub(super) fn by(settings: &Settings) -> Self {
        Self {
            scorer: settings.scorer,
            tanh_factor: settings.tanh_factor,
            payload: None,
        }
    }

    pub(super) fn take_tanh_factor(&mut self, args: &mut Args<'_>) -> Result<(), Refusal> {
        self.tanh_factor = args.whole("BM25STD_TANH_FACTOR", 1, MOST_TANH_FACTOR)?;
        Ok(())
    }
}
