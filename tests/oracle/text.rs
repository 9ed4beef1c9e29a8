//! Texts to words, once more: read slowly, byte by byte, from the rules.

use std::ops::Range;

use snowball_stemmers_rs::{Algorithm, Stemmer};

const STOP_WORDS: &str = "a is the an and are as at be but by for if in into it no not of on or \
    such that their then there these they this to was will with";

/// Bytes that end a word, but for `_`.
const SEPARATORS: &[u8] = b",./(){}[]:;~!@#$%^&*-=+|'`\"<>?\\";

/// What an index makes of words.
#[derive(Clone)]
pub(crate) struct Analysis {
    stop_words: Vec<Vec<u8>>,
}

impl Analysis {
    pub(crate) fn new(stop_words: Option<&[&str]>) -> Self {
        let stop_words = match stop_words {
            Some(words) => words.iter().map(|word| fold(word.as_bytes())).collect(),
            None => STOP_WORDS
                .split_whitespace()
                .map(|word| word.into())
                .collect(),
        };
        Self { stop_words }
    }

    /// The folded words of a text in order, without stop words.
    pub(crate) fn words(&self, text: &[u8]) -> Vec<Vec<u8>> {
        let words = spans(text).into_iter().map(|(_, word)| word);
        words.filter(|word| !self.is_stop_word(word)).collect()
    }

    pub(crate) fn is_stop_word(&self, folded: &[u8]) -> bool {
        self.stop_words.iter().any(|word| word == folded)
    }
}

/// The folded words of a text in order, and where each stands.
pub(crate) fn spans(text: &[u8]) -> Vec<(Range<usize>, Vec<u8>)> {
    let mut words = Vec::new();
    let (mut begin, mut word) = (0, Vec::new());
    let mut bytes = text.iter().copied().enumerate().peekable();
    while let Some((at, byte)) = bytes.next() {
        if byte == b'\\'
            && let Some((_, escaped)) = bytes.next_if(|(_, next)| separates(*next) || *next == b'_')
        {
            word.push(escaped);
        } else if separates(byte) {
            words.push((begin..at, std::mem::take(&mut word)));
            begin = at + 1;
        } else {
            word.push(byte);
        }
    }
    words.push((begin..text.len(), word));
    words.retain(|(_, word)| !word.is_empty());
    let folded = words.into_iter();
    folded.map(|(span, word)| (span, fold(&word))).collect()
}

/// The stem of a folded word of a language: none of numbers, of words below four letters, and of what is no text.
pub(crate) fn stem(language: Option<&str>, folded: &[u8]) -> Option<Vec<u8>> {
    let word = std::str::from_utf8(folded).ok()?;
    let numeric = word.bytes().any(|byte| byte.is_ascii_digit()) && word.parse::<f64>().is_ok();
    if word.chars().count() < 4 || numeric {
        return None;
    }
    let algorithm = match language.map(str::to_lowercase).as_deref() {
        Some("none") => return None,
        Some("german") => Algorithm::German,
        _ => Algorithm::English,
    };
    Some(Stemmer::create(algorithm).stem(word).as_bytes().to_vec())
}

/// Lower case, letter by letter; bytes that are no letters stay.
pub(crate) fn fold(bytes: &[u8]) -> Vec<u8> {
    bytes
        .utf8_chunks()
        .flat_map(|chunk| {
            let lower = chunk.valid().to_lowercase().replace('ς', "σ");
            [lower.into_bytes(), chunk.invalid().to_vec()].concat()
        })
        .collect()
}

fn separates(byte: u8) -> bool {
    byte <= b' ' || byte == 0x7f || SEPARATORS.contains(&byte)
}
