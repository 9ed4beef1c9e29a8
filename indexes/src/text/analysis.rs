//! From bytes to tokens: splitting, letter case, stop words and stems.
//!
//! Documents and the phrases of queries take the same way. Text is bytes: what is not valid UTF-8
//! is kept as it is.

mod script;
pub mod spans;
mod split;
mod stop_words;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::ops::Range;

use self::script::{Stretch, character_bounds, has_unspaced, stretches};
use self::split::{Classes, Word, Words};
use self::stop_words::StopWords;
use super::language::Language;

pub use self::split::unescape;
pub use self::stop_words::DEFAULT_STOP_WORDS;
pub use crate::fold::fold;

/// What stands between words beside blanks and controls, unless an index names its own: the
/// punctuation of ASCII but for `_`.
pub const DEFAULT_PUNCTUATION: &[u8] = b"!\"#$%&'()*+,-./:;<=>?@[\\]^`{|}~";

/// How text is analysed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnalyzerOptions {
    /// Words that are neither indexed nor looked for, in any letter case.
    pub stop_words: Vec<Vec<u8>>,
    /// The language of text that does not say.
    pub language: Language,
    /// Shorter words have no stem, in letters.
    pub min_stem_length: usize,
    /// The punctuation of ASCII that stands between words.
    pub punctuation: Vec<u8>,
}

impl Default for AnalyzerOptions {
    fn default() -> Self {
        Self {
            stop_words: DEFAULT_STOP_WORDS.map(|word| word.into()).to_vec(),
            language: Language::ENGLISH,
            min_stem_length: 4,
            punctuation: DEFAULT_PUNCTUATION.to_vec(),
        }
    }
}

/// Turns text into tokens, and words into stems.
pub struct Analyzer {
    stop_words: StopWords,
    language: Language,
    min_stem_length: usize,
    classes: Classes,
}

/// A word of a text, as it is indexed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// The folded word, without the backslashes; never empty, never a stop word.
    pub term: Cow<'a, [u8]>,
    /// Where it stands among the tokens of the text, from 0; stop words are not counted. Never
    /// lower than that of the token before, and the same only for characters of scripts without
    /// blanks.
    pub position: u32,
    /// Which bytes of the text it is, with its backslashes.
    pub range: Range<usize>,
}

impl Token<'_> {
    /// What stands for a value without any byte, where such are indexed.
    pub(super) const EMPTY: Self = Self {
        term: Cow::Borrowed(b""),
        position: 0,
        range: 0..0,
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
        Self {
            stop_words: StopWords::new(options.stop_words.iter().map(|word| fold(word))),
            language: options.language,
            min_stem_length: options.min_stem_length,
            classes: Classes::new(&options.punctuation),
        }
    }

    /// The tokens of a text that is indexed.
    pub fn tokens<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = Token<'a>> {
        Tokens::new(self, text, Characters::Too)
    }

    /// The terms of a text that is looked for, those of a phrase in a document that holds it: one
    /// after another, each at the next position.
    pub fn terms<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = Cow<'a, [u8]>> {
        let tokens = Tokens::new(self, text, Characters::OnlyLone);
        tokens.map(|token| token.term)
    }

    /// The terms that a word of a query stands for, which is split at nothing that a query can
    /// escape: one, or those of a phrase where its script has no blanks or `_` separates. Stop
    /// words are among them.
    #[must_use]
    pub fn terms_of_word(&self, word: &[u8]) -> Vec<Vec<u8>> {
        let parts = word.split(|byte| *byte == b'_' && self.classes.separates(b'_'));
        let mut terms = Vec::new();
        for part in parts.filter(|part| !part.is_empty()) {
            if !has_unspaced(part) {
                terms.push(fold(part));
                continue;
            }
            for (stretch, bytes) in stretches(part) {
                match stretch {
                    Stretch::Word => terms.push(fold(bytes)),
                    Stretch::Separator => {}
                    Stretch::Unspaced => terms.extend(pairs(bytes).map(|pair| fold(&bytes[pair]))),
                }
            }
        }
        terms
    }

    /// The language of text that does not say.
    #[must_use]
    pub const fn language(&self) -> Language {
        self.language
    }

    /// A folded word is dropped from texts and queries.
    #[must_use]
    pub fn is_stop_word(&self, word: &[u8]) -> bool {
        self.stop_words.contains(word)
    }

    /// The stem of a folded word in the language of text that does not say.
    #[must_use]
    pub fn stem(&self, word: &[u8]) -> Option<Vec<u8>> {
        self.stem_in(self.language, word)
    }

    /// The stem of a folded word in a language, which may be the word itself. Short words, words
    /// beyond [`MOST_STEM_BYTES`](super::language::MOST_STEM_BYTES), numbers and words that are
    /// not valid UTF-8 have none.
    #[must_use]
    pub fn stem_in(&self, language: Language, word: &[u8]) -> Option<Vec<u8>> {
        let word = std::str::from_utf8(word).ok()?;
        if word.chars().count() < self.min_stem_length || is_number(word) {
            return None;
        }
        language.stem(word).map(String::into_bytes)
    }
}

/// Which single characters of a script without blanks become tokens.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Characters {
    /// All, beside the pairs.
    Too,
    /// Those that stand alone.
    OnlyLone,
}

/// Tokens one by one.
struct Tokens<'a> {
    analyzer: &'a Analyzer,
    words: Words<'a>,
    /// Tokens of the last word, where it has several.
    pending: std::vec::IntoIter<Token<'a>>,
    /// Of the next token.
    position: u32,
    characters: Characters,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            if let Some(token) = self.pending.next() {
                return Some(token);
            }
            let word = self.words.next()?;
            if !word.is_ascii() && has_unspaced(word.text) {
                self.pending = self.cut(word).into_iter();
            } else if let Some(token) = self.token(word) {
                self.position = self.position.saturating_add(1);
                return Some(token);
            }
        }
    }
}

impl<'a> Tokens<'a> {
    fn new(analyzer: &'a Analyzer, text: &'a [u8], characters: Characters) -> Self {
        Self {
            analyzer,
            words: Words::new(&analyzer.classes, text),
            pending: Vec::new().into_iter(),
            position: 0,
            characters,
        }
    }

    /// A word as the next token, unless it is a stop word.
    fn token(&self, word: Word<'a>) -> Option<Token<'a>> {
        let term = word.term();
        (!self.analyzer.is_stop_word(&term)).then(|| Token {
            term,
            position: self.position,
            range: word.start..word.start + word.text.len(),
        })
    }

    /// The tokens of a word in which a script without blanks occurs.
    fn cut(&mut self, word: Word<'a>) -> Vec<Token<'a>> {
        let mut tokens = Vec::new();
        let mut start = 0;
        for (stretch, bytes) in stretches(word.text) {
            let part = word.part(start, start + bytes.len());
            start += bytes.len();
            match stretch {
                Stretch::Separator => {}
                Stretch::Unspaced => self.cut_unspaced(part, &mut tokens),
                Stretch::Word => {
                    let token = self.token(part);
                    self.position = self.position.saturating_add(u32::from(token.is_some()));
                    tokens.extend(token);
                }
            }
        }
        tokens
    }

    /// Pairs advance the position; each character stands with the pair that it begins, the last
    /// one with the last pair.
    fn cut_unspaced(&mut self, stretch: Word<'a>, tokens: &mut Vec<Token<'a>>) {
        let first = self.position;
        for pair in pairs(stretch.text) {
            let token = self.token(stretch.part(pair.start, pair.end));
            self.position = self.position.saturating_add(u32::from(token.is_some()));
            tokens.extend(token);
        }
        if self.characters == Characters::OnlyLone {
            return;
        }
        let bounds = character_bounds(stretch.text);
        let count = bounds.len().saturating_sub(1);
        if count < 2 {
            return;
        }
        let after = self.position;
        let mut characters: Vec<Token<'a>> = Vec::with_capacity(count);
        for (bounds, offset) in bounds.windows(2).zip(0..) {
            self.position = first.saturating_add(offset).min(after.saturating_sub(1));
            let &[start, end] = bounds else { continue };
            let Some(token) = self.token(stretch.part(start, end)) else {
                continue;
            };
            let twice = characters
                .last()
                .is_some_and(|last| last.position == token.position && last.term == token.term);
            if !twice {
                characters.push(token);
            }
        }
        self.position = after;
        tokens.extend(characters);
        tokens.sort_by_key(|token| token.position);
    }
}

/// Overlapping pairs of the characters of a stretch; a lone one by itself.
fn pairs(stretch: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let bounds = character_bounds(stretch);
    let lone = bounds.len() == 2;
    let step = if lone { 1 } else { 2 };
    (step..bounds.len()).map(move |end| bounds[end - step]..bounds[end])
}

/// A folded word is a number by itself, such as `705` or `1.2e+3`.
fn is_number(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first))
        && word.parse::<f64>().is_ok()
}
