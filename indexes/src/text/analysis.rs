//! From bytes to tokens: splitting, letter case, stop words and stems.
//!
//! Documents and the phrases of queries take the same way. Text is bytes: what is not valid UTF-8
//! is kept as it is.

pub mod spans;

use std::borrow::Cow;
use std::collections::HashSet;

use rust_stemmers::{Algorithm, Stemmer};

pub use crate::fold::fold;
use crate::fold::fold_cow;

/// The words dropped unless an index names its own.
pub const DEFAULT_STOP_WORDS: [&str; 33] = [
    "a", "is", "the", "an", "and", "are", "as", "at", "be", "but", "by", "for", "if", "in", "into",
    "it", "no", "not", "of", "on", "or", "such", "that", "their", "then", "there", "these", "they",
    "this", "to", "was", "will", "with",
];

/// Longer words have no stem, in bytes: the stemmer takes a time that grows with the square of a
/// word's length, 1.2 s for 200 kB. The longest words of English have fewer than 50 letters.
pub const MOST_STEM_BYTES: usize = 128;

/// The language whose stems are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// Snowball's English, also known as Porter 2.
    #[default]
    English,
}

/// How text is analysed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnalyzerOptions {
    /// Words that are neither indexed nor looked for, in any letter case.
    pub stop_words: Vec<Vec<u8>>,
    /// The language of the text.
    pub language: Language,
    /// Shorter words have no stem, in letters.
    pub min_stem_length: usize,
}

impl Default for AnalyzerOptions {
    fn default() -> Self {
        Self {
            stop_words: DEFAULT_STOP_WORDS.map(|word| word.into()).to_vec(),
            language: Language::English,
            min_stem_length: 4,
        }
    }
}

/// Turns text into tokens, and words into stems.
pub struct Analyzer {
    /// Folded.
    stop_words: HashSet<Vec<u8>>,
    stemmer: Stemmer,
    min_stem_length: usize,
}

/// A word of a text, as it is indexed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// The folded word, without the backslashes; never empty, never a stop word.
    pub term: Cow<'a, [u8]>,
    /// Its number among the tokens of the text, from 0; stop words are not counted.
    pub position: u32,
}

impl Token<'_> {
    /// What stands for a value without any byte, where such are indexed.
    pub(super) const EMPTY: Self = Self {
        term: Cow::Borrowed(b""),
        position: 0,
    };
}

impl Default for Analyzer {
    fn default() -> Self {
        Self::new(AnalyzerOptions::default())
    }
}

impl Analyzer {
    /// An analyzer with these options.
    #[must_use]
    pub fn new(options: AnalyzerOptions) -> Self {
        let algorithm = match options.language {
            Language::English => Algorithm::English,
        };
        Self {
            stop_words: options.stop_words.iter().map(|word| fold(word)).collect(),
            stemmer: Stemmer::create(algorithm),
            min_stem_length: options.min_stem_length,
        }
    }

    /// The tokens of a text.
    pub fn tokens<'a>(&self, text: &'a [u8]) -> impl Iterator<Item = Token<'a>> {
        let kept = words(text)
            .map(|word| fold_cow(unescape(word)))
            .filter(|term| !self.is_stop_word(term));
        kept.zip(0..)
            .map(|(term, position)| Token { term, position })
    }

    /// A folded word is dropped from texts and queries.
    #[must_use]
    pub fn is_stop_word(&self, word: &[u8]) -> bool {
        self.stop_words.contains(word)
    }

    /// The stem of a folded word, which may be the word itself. Short words, words beyond
    /// [`MOST_STEM_BYTES`], numbers and words that are not valid UTF-8 have none.
    #[must_use]
    pub fn stem(&self, word: &[u8]) -> Option<Vec<u8>> {
        if word.len() > MOST_STEM_BYTES {
            return None;
        }
        let word = std::str::from_utf8(word).ok()?;
        if word.chars().count() < self.min_stem_length || is_number(word) {
            return None;
        }
        Some(self.stemmer.stem(word).into_owned().into_bytes())
    }
}

/// Drops the backslashes that escape: those before punctuation, a blank or another backslash.
#[must_use]
pub fn unescape(word: &[u8]) -> Cow<'_, [u8]> {
    if !word.contains(&b'\\') {
        return Cow::Borrowed(word);
    }
    let mut plain = Vec::with_capacity(word.len());
    let mut rest = word;
    while let [first, tail @ ..] = rest {
        rest = match (first, tail) {
            (b'\\', [escaped, tail @ ..]) if is_escapable(*escaped) => {
                plain.push(*escaped);
                tail
            }
            _ => {
                plain.push(*first);
                tail
            }
        };
    }
    Cow::Owned(plain)
}

/// The byte stands between words: a blank, a control or punctuation, but not `_`. A backslash does
/// too, where it does not escape what follows.
#[must_use]
pub const fn is_separator(byte: u8) -> bool {
    byte != b'_' && is_escapable(byte)
}

const fn is_escapable(byte: u8) -> bool {
    byte == b' ' || byte.is_ascii_control() || byte.is_ascii_punctuation()
}

/// The stretches between separators, with their backslashes; none is empty.
fn words(mut text: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        loop {
            let (word, rest) = text.split_at(word_length(text));
            if !word.is_empty() {
                text = rest;
                return Some(word);
            }
            text = rest.split_first()?.1;
        }
    })
}

/// How many bytes of the text come before its first separator.
fn word_length(text: &[u8]) -> usize {
    let mut length = 0;
    loop {
        length += match text.get(length..) {
            Some([b'\\', escaped, ..]) if is_escapable(*escaped) => 2,
            Some([byte, ..]) if !is_separator(*byte) => 1,
            _ => return length,
        };
    }
}

/// A folded word is a number by itself, such as `705` or `1.2e+3`.
fn is_number(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first))
        && word.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests;
