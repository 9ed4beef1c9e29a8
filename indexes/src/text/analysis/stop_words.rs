//! The words that are neither indexed nor looked for.

use std::collections::HashSet;

/// The words dropped unless an index names its own.
pub const DEFAULT_STOP_WORDS: [&str; 33] = [
    "a", "is", "the", "an", "and", "are", "as", "at", "be", "but", "by", "for", "if", "in", "into",
    "it", "no", "not", "of", "on", "or", "such", "that", "their", "then", "there", "these", "they",
    "this", "to", "was", "will", "with",
];

/// A set of folded words, asked for every word of every text.
pub(super) struct StopWords {
    /// By the first byte of a word: which lengths the words have that begin so, as bits; lengths
    /// from 31 on share the last. Most words of a text are found to be none of the set here.
    lengths: Box<[u32; 256]>,
    /// Those of up to seven bytes: an open hash table of a power of two slots, most of them 0.
    short: Box<[u64]>,
    /// The longer ones.
    long: HashSet<Vec<u8>>,
}

impl StopWords {
    pub(super) fn new(words: impl Iterator<Item = Vec<u8>>) -> Self {
        let words: HashSet<Vec<u8>> = words.filter(|word| !word.is_empty()).collect();
        let mut lengths = Box::new([0; 256]);
        let mut short = vec![0; (words.len() * 4).next_power_of_two()].into_boxed_slice();
        for word in &words {
            if let Some(first) = word.first() {
                lengths[usize::from(*first)] |= length_bit(word);
            }
            if let Some(key) = short_key(word) {
                let slot = slot_of(&short, key);
                short[slot] = key;
            }
        }
        let long = words.into_iter();
        Self {
            lengths,
            short,
            long: long.filter(|word| short_key(word).is_none()).collect(),
        }
    }

    pub(super) fn contains(&self, word: &[u8]) -> bool {
        let Some(first) = word.first() else {
            return false;
        };
        if self.lengths[usize::from(*first)] & length_bit(word) == 0 {
            return false;
        }
        match short_key(word) {
            Some(key) => self.short[slot_of(&self.short, key)] == key,
            None => self.long.contains(word),
        }
    }
}

const fn length_bit(word: &[u8]) -> u32 {
    let length = if word.len() < 31 { word.len() } else { 31 };
    1 << length
}

/// The bytes of a word of up to seven and their number, as one number; never 0.
fn short_key(word: &[u8]) -> Option<u64> {
    let length = u64::try_from(word.len())
        .ok()
        .filter(|length| *length < 8)?;
    let bytes = word.iter().rev();
    let bytes = bytes.fold(0, |key, byte| key << 8 | u64::from(*byte));
    Some(length << 56 | bytes)
}

/// Where a key is, or the free slot that it would take.
fn slot_of(table: &[u64], key: u64) -> usize {
    /// Spreads the bits of a key (Knuth's multiplier).
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
    let [.., low, high, highest] = key.wrapping_mul(SPREAD).to_le_bytes();
    let mut slot = u32::from_le_bytes([low, high, highest, 0]) as usize;
    loop {
        slot &= table.len() - 1;
        if table[slot] == key || table[slot] == 0 {
            return slot;
        }
        slot += 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{DEFAULT_STOP_WORDS, StopWords};

    #[test]
    fn the_default_words_are_found_and_no_others() {
        let set = StopWords::new(DEFAULT_STOP_WORDS.iter().map(|word| (*word).into()));
        assert!(
            DEFAULT_STOP_WORDS
                .iter()
                .all(|word| set.contains(word.as_bytes()))
        );
        for other in ["", "b", "th", "thee", "a\0", "therefore", "withs"] {
            assert!(!set.contains(other.as_bytes()), "{other}");
        }
    }

    proptest! {
        #[test]
        fn a_set_has_what_was_put_into_it(
            words in prop::collection::hash_set("[ab\\x00]{0,9}", 0..80),
            others in prop::collection::vec("[ab\\x00]{0,9}", 0..80),
        ) {
            let set = StopWords::new(words.iter().map(|word| word.clone().into_bytes()));
            for word in words.iter().chain(&others) {
                let expected = !word.is_empty() && words.contains(word);
                prop_assert_eq!(set.contains(word.as_bytes()), expected);
            }
        }
    }
}
