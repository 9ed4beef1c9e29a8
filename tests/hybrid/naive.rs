//! What plain code makes of a hybrid search: every leg by looking at every document, the fusion by its
//! formula.

use std::collections::BTreeMap;

pub(super) const WORDS: [&str; 5] = ["amber", "basil", "cedar", "delta", "ember"];

#[derive(Clone, Debug)]
pub(super) struct Document {
    /// Which of [`WORDS`] its text is.
    pub(super) text: Vec<usize>,
    pub(super) number: Option<i32>,
    pub(super) tag: Option<usize>,
    /// By metric. Components are small and whole, so that distances are exact in any precision.
    pub(super) vectors: [Option<[i8; 2]>; 2],
}

#[derive(Clone, Debug)]
pub(super) struct Search {
    pub(super) legs: Vec<Leg>,
    pub(super) fusion: Fusion,
    pub(super) window: usize,
    /// A step that keeps rows with a higher number.
    pub(super) above: Option<i32>,
    pub(super) offset: usize,
    pub(super) count: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Leg {
    pub(super) asked: Asked,
    pub(super) filter: Option<Filter>,
    /// In halves.
    pub(super) weight: u8,
}

#[derive(Clone, Debug)]
pub(super) enum Asked {
    Words {
        /// One or two of [`WORDS`].
        words: Vec<usize>,
        all: bool,
        within: Option<Filter>,
        by_words: bool,
    },
    Nearest {
        metric: usize,
        vector: [i8; 2],
        k: usize,
    },
    Within {
        metric: usize,
        vector: [i8; 2],
        radius: u16,
    },
}

/// Both must hold.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    pub(super) range: Option<(i32, i32)>,
    pub(super) tag: Option<usize>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Fusion {
    Ranks(u8),
    Scores,
    Relative,
    Distribution,
}

/// A document of the fusion: its score, and that in each leg.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) doc: usize,
    pub(super) score: f64,
    pub(super) scores: Vec<Option<f64>>,
}

impl Filter {
    fn holds(&self, document: &Document) -> bool {
        let in_range =
            |(min, max): (i32, i32)| document.number.is_some_and(|n| (min..=max).contains(&n));
        self.range.is_none_or(in_range) && self.tag.is_none_or(|tag| document.tag == Some(tag))
    }
}

/// The rows of each leg, the best first.
pub(super) fn legs(search: &Search, documents: &[Document]) -> Vec<Vec<(usize, f64)>> {
    let of = |leg: &Leg| {
        let mut rows: Vec<(usize, f64)> = documents
            .iter()
            .enumerate()
            .filter(|(_, document)| leg.filter.as_ref().is_none_or(|it| it.holds(document)))
            .filter_map(|(doc, document)| Some((doc, score(&leg.asked, document, documents)?)))
            .collect();
        rows.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        if let Asked::Nearest { k, .. } = leg.asked {
            rows.truncate(k);
        }
        rows.truncate(search.window);
        rows
    };
    search.legs.iter().map(of).collect()
}

/// The score of a document in a leg; none if the leg does not find it.
fn score(asked: &Asked, document: &Document, documents: &[Document]) -> Option<f64> {
    match asked {
        Asked::Words {
            words,
            all,
            within,
            by_words,
        } => {
            let frequency = |word: usize| document.text.iter().filter(|it| **it == word).count();
            let mut found = words.iter().map(|word| frequency(*word) > 0);
            let matches = if *all {
                found.all(|it| it)
            } else {
                found.any(|it| it)
            };
            if !matches || within.as_ref().is_some_and(|it| !it.holds(document)) {
                return None;
            }
            if !by_words {
                return Some(1.0);
            }
            Some(
                words
                    .iter()
                    .map(|word| bm25(*word, document, documents))
                    .sum(),
            )
        }
        Asked::Nearest { metric, vector, .. } => {
            let distance = distance(*metric, *vector, document.vectors[*metric]?);
            Some(similarity(*metric, distance))
        }
        Asked::Within {
            metric,
            vector,
            radius,
        } => {
            let distance = distance(*metric, *vector, document.vectors[*metric]?);
            (distance <= f64::from(*radius)).then(|| similarity(*metric, distance))
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn bm25(word: usize, document: &Document, documents: &[Document]) -> f64 {
    let count = |text: &[usize]| text.iter().filter(|it| **it == word).count() as f64;
    let total = documents.len() as f64;
    let words: usize = documents.iter().map(|it| it.text.len()).sum();
    let containing = documents
        .iter()
        .filter(|it| it.text.contains(&word))
        .count() as f64;
    let idf = (1.0 + (total - containing + 0.5) / (containing + 0.5)).ln();
    let frequency = count(&document.text);
    let length = document.text.len() as f64 / (words as f64 / total);
    idf * frequency * 2.2 / (frequency + 1.2 * (0.25 + 0.75 * length))
}

/// Squared Euclidean, or one without the inner product.
fn distance(metric: usize, a: [i8; 2], b: [i8; 2]) -> f64 {
    let pairs = a
        .into_iter()
        .zip(b)
        .map(|(a, b)| (f64::from(a), f64::from(b)));
    if metric == 0 {
        pairs.map(|(a, b)| (a - b) * (a - b)).sum()
    } else {
        1.0 - pairs.map(|(a, b)| a * b).sum::<f64>()
    }
}

fn similarity(metric: usize, distance: f64) -> f64 {
    if metric == 0 {
        1.0 / (1.0 + distance)
    } else {
        (1.0 + (1.0 - distance)) / 2.0
    }
}

/// All rows of the fusion that pass the step, the best first.
pub(super) fn fused(search: &Search, documents: &[Document]) -> Vec<Row> {
    let legs = legs(search, documents);
    let mut rows: BTreeMap<usize, Row> = BTreeMap::new();
    for (slot, (leg, hits)) in search.legs.iter().zip(&legs).enumerate() {
        let scores: Vec<f64> = hits.iter().map(|(_, score)| *score).collect();
        for (place, (doc, score)) in hits.iter().enumerate() {
            let row = rows.entry(*doc).or_insert_with(|| Row {
                doc: *doc,
                score: 0.0,
                scores: vec![None; legs.len()],
            });
            row.scores[slot] = Some(*score);
            row.score += f64::from(leg.weight) / 2.0 * part(search.fusion, place, *score, &scores);
        }
    }
    let passes = |row: &Row| {
        let number = documents[row.doc].number;
        search
            .above
            .is_none_or(|above| number.is_some_and(|number| number > above))
    };
    let mut rows: Vec<Row> = rows.into_values().filter(passes).collect();
    rows.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.doc.cmp(&b.doc)));
    rows
}

/// What a leg adds before it is weighed.
#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn part(fusion: Fusion, place: usize, score: f64, all: &[f64]) -> f64 {
    let (highest, lowest) = (all[0], all[all.len() - 1]);
    match fusion {
        Fusion::Ranks(constant) => 1.0 / (f64::from(constant) + 1.0 + place as f64),
        Fusion::Scores => score,
        Fusion::Relative if highest == lowest => 1.0,
        Fusion::Relative => (score - lowest) / (highest - lowest),
        Fusion::Distribution if highest == lowest => 0.5,
        Fusion::Distribution => {
            let count = all.len() as f64;
            let mean = all.iter().sum::<f64>() / count;
            let variance = all.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / count;
            let deviation = variance.sqrt();
            let share = (score - (mean - 3.0 * deviation)) / (6.0 * deviation);
            share.clamp(0.0, 1.0)
        }
    }
}
