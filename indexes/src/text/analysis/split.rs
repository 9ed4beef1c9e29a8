//! Bytes to words: one pass with a table that says what each byte is.

use std::borrow::Cow;

use crate::fold::fold_cow;

/// What a byte is, as bits: a word is what all of its bytes are together.
type Class = u8;

/// A letter in upper case.
const UPPER: Class = 1;
/// A byte beyond ASCII.
const BEYOND_ASCII: Class = 2;
/// A backslash.
const ESCAPE: Class = 4;
/// A blank, a control or punctuation.
const SEPARATOR: Class = 8;

/// What every byte is.
#[derive(Clone)]
pub(super) struct Classes([Class; 256]);

/// A stretch between separators, with its backslashes; never empty.
#[derive(Clone, Copy)]
pub(super) struct Word<'a> {
    pub(super) text: &'a [u8],
    /// Bytes from the start of the text to its first.
    pub(super) start: usize,
    class: Class,
}

/// The words of a text in order.
pub(super) struct Words<'a> {
    classes: &'a Classes,
    text: &'a [u8],
    /// Where the next word may begin.
    at: usize,
}

impl Classes {
    /// Where `punctuation` separates words, beside blanks and controls. A backslash does always,
    /// unless it escapes what follows.
    pub(super) fn new(punctuation: &[u8]) -> Self {
        let mut classes = [0; 256];
        for (class, byte) in classes.iter_mut().zip(0..=u8::MAX) {
            *class = match byte {
                b'\\' => ESCAPE,
                b'A'..=b'Z' => UPPER,
                0x80.. => BEYOND_ASCII,
                _ if is_blank(byte) || punctuation.contains(&byte) => SEPARATOR,
                _ => 0,
            };
        }
        Self(classes)
    }

    /// The byte stands between words.
    pub(super) fn separates(&self, byte: u8) -> bool {
        self.of(byte) & (SEPARATOR | ESCAPE) != 0
    }

    fn of(&self, byte: u8) -> Class {
        self.0[usize::from(byte)]
    }
}

impl<'a> Words<'a> {
    pub(super) const fn new(classes: &'a Classes, text: &'a [u8]) -> Self {
        Self {
            classes,
            text,
            at: 0,
        }
    }

    /// The backslash at a place is part of a word, as is what follows it.
    fn escapes(&self, at: usize) -> bool {
        self.text
            .get(at + 1)
            .is_some_and(|byte| is_escapable(*byte))
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = Word<'a>;

    fn next(&mut self) -> Option<Word<'a>> {
        let (text, classes) = (self.text, self.classes);
        let mut start = self.at;
        loop {
            let rest = text.get(start..)?;
            let may_begin = |byte: &u8| classes.of(*byte) & SEPARATOR == 0;
            start += rest.iter().position(may_begin)?;
            if classes.of(*text.get(start)?) != ESCAPE || self.escapes(start) {
                break;
            }
            start += 1;
        }
        let mut seen = 0;
        let mut end = start;
        loop {
            let rest = text.get(end..).unwrap_or_default();
            let mut length = 0;
            for &byte in rest {
                let class = classes.of(byte);
                if class & (SEPARATOR | ESCAPE) != 0 {
                    break;
                }
                seen |= class;
                length += 1;
            }
            end += length;
            if text.get(end) != Some(&b'\\') || !self.escapes(end) {
                break;
            }
            seen |= ESCAPE;
            end += 2;
        }
        self.at = end;
        Some(Word {
            text: text.get(start..end).unwrap_or_default(),
            start,
            class: seen,
        })
    }
}

impl<'a> Word<'a> {
    /// The word as it is indexed: folded, without its backslashes.
    pub(super) fn term(self) -> Cow<'a, [u8]> {
        if self.class == 0 {
            Cow::Borrowed(self.text)
        } else if self.class == UPPER {
            Cow::Owned(self.text.to_ascii_lowercase())
        } else {
            fold_cow(unescape(self.text))
        }
    }

    pub(super) const fn is_ascii(self) -> bool {
        self.class & BEYOND_ASCII == 0
    }

    /// A stretch of the word, `start` bytes after its first.
    pub(super) fn part(self, start: usize, end: usize) -> Self {
        Self {
            text: self.text.get(start..end).unwrap_or_default(),
            start: self.start + start,
            class: self.class,
        }
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

const fn is_escapable(byte: u8) -> bool {
    is_blank(byte) || byte.is_ascii_punctuation()
}

const fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte.is_ascii_control()
}
