//! Texts whose words are as unevenly frequent as those of a language.

use super::Random;

/// A vocabulary in which the word of rank *r* (from 1) is drawn with a probability in proportion to
/// *r* to the power of minus the exponent.
#[derive(Debug, Clone)]
pub struct Zipf {
    words: Vec<String>,
    /// At *i* the sum of the weights of words 0 ..= *i*; as long as `words`.
    sums: Vec<f64>,
}

const CONSONANTS: &[u8] = b"tnsrhldcmpfgbvk";
const VOWELS: &[u8] = b"eaoiu";

impl Zipf {
    /// A vocabulary of `size` distinct words, of at least one.
    #[must_use]
    pub fn new(size: usize, exponent: f64) -> Self {
        let size = size.max(1);
        let weights = (1..=size).map(|rank| (rank as f64).powf(-exponent));
        let sums = weights.scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        });
        Self {
            sums: sums.collect(),
            words: (0..size).map(word).collect(),
        }
    }

    /// Draws a word.
    pub fn word(&self, random: &mut Random) -> &str {
        self.of_rank(self.rank(random))
    }

    /// Draws the rank of a word, from 0.
    pub fn rank(&self, random: &mut Random) -> usize {
        let all = self.sums.last().copied().unwrap_or_default();
        let drawn = random.unit() * all;
        self.sums.partition_point(|&sum| sum <= drawn)
    }

    /// The word of a rank from 0; the last for any that is too high.
    #[must_use]
    pub fn of_rank(&self, rank: usize) -> &str {
        let word = self.words.get(rank).or(self.words.last());
        word.map_or("", String::as_str)
    }

    /// Draws a text of `length` words, of at least one, with a space between them.
    pub fn text(&self, length: usize, random: &mut Random) -> String {
        let mut text = self.word(random).to_owned();
        for _ in 1..length {
            text.push(' ');
            text.push_str(self.word(random));
        }
        text
    }
}

/// The word of an index: its digits to the base of all syllables, so frequent words are short.
fn word(index: usize) -> String {
    let syllables = CONSONANTS.len() * VOWELS.len();
    let mut letters = Vec::new();
    let mut rest = index;
    loop {
        let syllable = rest % syllables;
        letters.push(CONSONANTS[syllable / VOWELS.len()]);
        letters.push(VOWELS[syllable % VOWELS.len()]);
        if rest < syllables {
            break;
        }
        // Minus one, or a word could end in syllable zero and be another word's equal.
        rest = rest / syllables - 1;
    }
    letters.into_iter().map(char::from).collect()
}
