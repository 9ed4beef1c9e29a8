//! Collections of short texts in which some words keep company, so that phrases occur more than once.

use super::{EXPONENT, Random, Zipf};

/// About as many as in a large collection.
const VOCABULARY: usize = 200_000;
/// Words of the median passage.
const MEDIAN_LENGTH: f64 = 48.0;
/// Of the logarithm of the length: one passage of six is longer than 75 words, one of six shorter than 30.
const LENGTH_DEVIATION: f64 = 0.45;
const LENGTHS: std::ops::RangeInclusive<f64> = 4.0..=1_000.0;
/// How often the next word is one of those that keep company with this one.
const COMPANY: f64 = 0.3;
/// How many words keep company with a word.
const COMPANIONS: usize = 4;
/// Sets the companions of words apart from the passages, which have streams of the same seed.
const COMPANY_SEED: u64 = 0x7068_7261_7365;

/// Passages with words as unevenly frequent as those of a language, of log-normal length.
#[derive(Debug, Clone)]
pub struct Passages {
    zipf: Zipf,
    seed: u64,
}

impl Passages {
    /// The passages of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            zipf: Zipf::new(VOCABULARY, EXPONENT),
            seed,
        }
    }

    /// The passage with this number, whatever others are asked for.
    #[must_use]
    pub fn text(&self, index: usize) -> String {
        let mut random = Random::stream(self.seed, index);
        let mut rank = self.zipf.rank(&mut random);
        let mut text = self.zipf.of_rank(rank).to_owned();
        for _ in 1..length(&mut random) {
            rank = self.next(rank, &mut random);
            text.push(' ');
            text.push_str(self.zipf.of_rank(rank));
        }
        text
    }

    /// The word after the one of this rank.
    fn next(&self, rank: usize, random: &mut Random) -> usize {
        if random.unit() >= COMPANY {
            return self.zipf.rank(random);
        }
        let companion = rank * COMPANIONS + random.below(COMPANIONS);
        let mut fixed = Random::stream(self.seed ^ COMPANY_SEED, companion);
        self.zipf.rank(&mut fixed)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to a range of small positive numbers"
)]
fn length(random: &mut Random) -> usize {
    let length = MEDIAN_LENGTH * (LENGTH_DEVIATION * random.normal()).exp();
    length.clamp(*LENGTHS.start(), *LENGTHS.end()) as usize
}
