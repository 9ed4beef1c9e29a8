//! Rankings to one ranking.
//!
//! A document's score is the sum of what each leg adds that found it. What a leg adds is computed from
//! the document's rank or from its score there:
//!
//! - by ranks, `weight / (constant + rank)`: reciprocal rank fusion (G. V. Cormack, C. L. A. Clarke,
//!   S. Büttcher, *Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning Methods*,
//!   SIGIR 2009);
//! - by scores, `weight * score`;
//! - by relative scores, `weight * (score - lowest) / (highest - lowest)` of the leg, 1 where all are
//!   equal: a convex combination of scores after min-max normalisation (S. Bruch, S. Gai, A. Ingber,
//!   *An Analysis of Fusion Functions for Hybrid Retrieval*, ACM TOIS 42(1), 2023), known as relative
//!   score fusion from Weaviate's documentation;
//! - by distribution, `weight * (score - (mean - 3 deviations)) / (6 deviations)` of the leg, kept
//!   between 0 and 1, a half where all are equal: distribution-based score fusion (M. Mazzeschi,
//!   *Distribution-Based Score Fusion (DBSF), a new approach to Vector Search Ranking*, 2023). The
//!   deviation is that of the leg's scores themselves, not an estimate for more of them.

#[cfg(test)]
mod tests;

use nuthatch_indexes::doc::DocId;
use smallvec::SmallVec;

use crate::request::hybrid::Fusion;

/// Scores are kept within this, so that whatever is computed of them is finite.
const MOST_SCORE: f64 = 1e100;

/// A deviation below this share of the mean is what rounding makes of equal scores.
const LEAST_SPREAD: f64 = 1e-12;

/// What one leg found, the best first.
#[derive(Clone, Copy, Debug)]
pub struct Ranked<'a> {
    /// Documents, each once, and their scores in the leg.
    pub hits: &'a [(DocId, f64)],
    /// What is multiplied by the leg's part of a score; 0 or more.
    pub weight: f64,
}

/// A document of the fusion.
#[derive(Clone, Debug, PartialEq)]
pub struct Fused {
    /// The document.
    pub doc: DocId,
    /// The sum of what the legs add.
    pub score: f64,
    /// Where each leg has it, counted from 0.
    pub places: SmallVec<[Option<usize>; 2]>,
}

/// What a leg adds to the score of its documents.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    weight: f64,
    by: By,
}

#[derive(Clone, Copy, Debug)]
enum By {
    Rank { constant: f64 },
    Score,
    Range { lowest: f64, highest: f64 },
    Spread { mean: f64, deviation: f64 },
}

/// All documents that any leg found, the best first, equally good ones by id.
#[must_use]
pub fn fuse(legs: &[Ranked<'_>], fusion: Fusion) -> Vec<Fused> {
    let mut found: Vec<(DocId, usize, usize)> = Vec::new();
    for (slot, leg) in legs.iter().enumerate() {
        let hits = leg.hits.iter().enumerate();
        found.extend(hits.map(|(place, (doc, _))| (*doc, slot, place)));
    }
    found.sort_unstable();
    let scales: Vec<Scale> = legs.iter().map(|leg| Scale::of(leg, fusion)).collect();
    let mut fused: Vec<Fused> = Vec::new();
    for of_doc in found.chunk_by(|a, b| a.0 == b.0) {
        let mut places: SmallVec<[Option<usize>; 2]> = SmallVec::from_elem(None, legs.len());
        let (mut doc, mut score) = (None, 0.0);
        for &(id, slot, place) in of_doc {
            doc = Some(id);
            places[slot] = Some(place);
            score += scales[slot].adds(place, legs[slot].hits[place].1);
        }
        fused.extend(doc.map(|doc| Fused { doc, score, places }));
    }
    fused.sort_by(|a, b| b.score.total_cmp(&a.score));
    fused
}

/// A score as the fusion takes it: what is no number is worse than any.
fn bounded(score: f64) -> f64 {
    if score.is_nan() {
        return -MOST_SCORE;
    }
    // −0 is 0.
    score.clamp(-MOST_SCORE, MOST_SCORE) + 0.0
}

impl Scale {
    /// What a leg adds under a fusion.
    #[must_use]
    pub fn of(leg: &Ranked<'_>, fusion: Fusion) -> Self {
        let scores = || leg.hits.iter().map(|(_, score)| bounded(*score));
        let by = match fusion {
            Fusion::Ranks { constant } => By::Rank { constant },
            Fusion::Scores => By::Score,
            Fusion::RelativeScores => By::Range {
                lowest: scores().fold(f64::INFINITY, f64::min),
                highest: scores().fold(f64::NEG_INFINITY, f64::max),
            },
            Fusion::Distribution => {
                #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^53")]
                let count = leg.hits.len().max(1) as f64;
                let mean = scores().sum::<f64>() / count;
                let squares: f64 = scores().map(|score| (score - mean).powi(2)).sum();
                By::Spread {
                    mean,
                    deviation: (squares / count).sqrt(),
                }
            }
        };
        Self {
            weight: leg.weight,
            by,
        }
    }

    /// What it adds to the score of the document at a place, counted from 0, that has a score.
    #[must_use]
    pub fn adds(self, place: usize, score: f64) -> f64 {
        self.weight * self.part(place, bounded(score))
    }

    fn part(self, place: usize, score: f64) -> f64 {
        match self.by {
            By::Rank { constant } => 1.0 / (constant + rank(place)),
            By::Score => score,
            By::Range { lowest, highest } if highest > lowest => {
                (score - lowest) / (highest - lowest)
            }
            By::Range { .. } => 1.0,
            By::Spread { mean, deviation } => {
                // Where the spread is one of rounding, it tells nothing.
                if deviation <= mean.abs() * LEAST_SPREAD {
                    return 0.5;
                }
                let share = (score - (mean - 3.0 * deviation)) / (6.0 * deviation);
                share.clamp(0.0, 1.0)
            }
        }
    }

    /// How [`Scale::adds`] is computed, in numbers.
    #[must_use]
    pub fn formula(self, place: usize, score: f64) -> String {
        let adds = self.adds(place, score);
        let weight = self.weight;
        match self.by {
            By::Rank { constant } => {
                format!(
                    "{adds} = weight {weight} / (constant {constant} + rank {})",
                    place + 1
                )
            }
            By::Score => format!("{adds} = weight {weight} * score {score}"),
            By::Range { lowest, highest } => format!(
                "{adds} = weight {weight} * (score {score} - lowest {lowest}) / (highest {highest} - \
                 lowest {lowest})"
            ),
            By::Spread { mean, deviation } => format!(
                "{adds} = weight {weight} * (score {score} - (mean {mean} - 3 * deviation \
                 {deviation})) / (6 * deviation {deviation})"
            ),
        }
    }
}

/// Ranks count from 1.
#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^53")]
fn rank(place: usize) -> f64 {
    (place + 1) as f64
}
