//! What words add up to, and what becomes of it (spec, section 6.5).

use super::evaluate::{Evaluator, Scores, sum};
use super::mistake::Mistake;
use super::near::Group;

/// The scorers, by the names that commands have for them.
pub(crate) const SCORERS: [&str; 9] = [
    "BM25STD",
    "BM25STD.NORM",
    "BM25STD.TANH",
    "BM25",
    "TFIDF",
    "TFIDF.DOCNORM",
    "DISMAX",
    "DOCSCORE",
    "HAMMING",
];

impl Evaluator<'_> {
    /// The weight of a term that so many documents hold.
    pub(crate) fn idf(&self, containing: usize) -> f64 {
        let (documents, containing) = (self.documents.len() as f64, containing as f64);
        match self.search.scorer {
            "TFIDF" | "TFIDF.DOCNORM" | "BM25" => {
                (1.0 + (documents + 1.0) / containing).log2().floor()
            }
            "DISMAX" => 1.0,
            _ => (1.0 + (documents - containing + 0.5) / (containing + 0.5)).ln(),
        }
    }

    /// What a term adds to the score of a document.
    pub(crate) fn leaf(&self, number: usize, idf: f64, frequency: f64) -> f64 {
        let document = &self.documents[number];
        match self.search.scorer {
            "TFIDF" | "TFIDF.DOCNORM" | "DISMAX" => idf * frequency,
            "BM25" if frequency == 0.0 => 0.0,
            "BM25" => {
                let k1 = f64::from(1.2_f32);
                idf * frequency / (frequency + k1 * (0.5 + 0.5 * self.average_length))
            }
            _ => {
                let (k1, b) = (1.2, 0.75);
                let length = if self.average_length > 0.0 {
                    document.length / self.average_length
                } else {
                    1.0
                };
                idf * frequency * (k1 + 1.0) / (frequency + k1 * (1.0 - b + b * length))
            }
        }
    }

    /// What is in any of some parts.
    pub(crate) fn either(&self, parts: Vec<Scores>) -> Scores {
        if self.search.scorer != "DISMAX" {
            return sum(parts);
        }
        let mut scores = Scores::new();
        for (number, score) in parts.into_iter().flatten() {
            let highest = scores.entry(number).or_default();
            *highest = score.max(*highest);
        }
        scores
    }

    /// The score of a document whose words add up to so much. `whole` are the words of the query's
    /// outermost group.
    pub(crate) fn final_score(&self, number: usize, words: f64, whole: Option<&Group>) -> f64 {
        let document = &self.documents[number];
        let own = if self.mistake == Some(Mistake::NoDocumentScore) {
            1.0
        } else {
            document.score
        };
        let distance = || match whole {
            Some(group) if self.mistake != Some(Mistake::DistanceIgnored) => {
                self.spread(group, number)
            }
            Some(_) | None => 1.0,
        };
        let relative_to = |divisor: f64| {
            if divisor > 0.0 {
                own * words / divisor / distance()
            } else {
                0.0
            }
        };
        match self.search.scorer {
            "BM25STD.TANH" => {
                (own * words / f64::from(self.search.tanh_factor.unwrap_or(4))).tanh()
            }
            "BM25" => own * words / distance(),
            "TFIDF" => {
                let all = document.words.iter().flatten();
                relative_to(
                    all.map(|word| self.frequency(document, word))
                        .fold(0.0, f64::max),
                )
            }
            "TFIDF.DOCNORM" => relative_to(document.length),
            "DISMAX" => words,
            "DOCSCORE" => own,
            "HAMMING" => {
                let payload = super::document::value(document.fields, b"__payload");
                match (payload, &self.search.payload) {
                    (Some(a), Some(b)) if a.len() == b.len() => {
                        let bits = a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones());
                        1.0 / (1.0 + f64::from(bits.sum::<u32>()))
                    }
                    _ => 0.0,
                }
            }
            _ => own * words,
        }
    }
}
