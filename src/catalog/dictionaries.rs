//! Lists of words that users keep: names of theirs that are spelt right, or words never to suggest.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The dictionaries of one database; none is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Dictionaries(BTreeMap<Word, BTreeSet<Word>>);

/// Bytes that are saved as one text in which each byte is the character of its number: a quarter
/// of what a list of numbers takes, for words of ASCII.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Word(Box<[u8]>);

impl Dictionaries {
    /// Adds words to a dictionary, which begins with its first word; how many are new.
    pub fn add(&mut self, dictionary: &[u8], words: &[Vec<u8>]) -> usize {
        let known = self.0.entry(Word(dictionary.into())).or_default();
        let before = known.len();
        known.extend(words.iter().map(|word| Word(word.as_slice().into())));
        known.len() - before
    }

    /// Deletes words of a dictionary, which ends with its last word; how many there were.
    pub fn remove(&mut self, dictionary: &[u8], words: &[Vec<u8>]) -> usize {
        let name = Word(dictionary.into());
        let Some(known) = self.0.get_mut(&name) else {
            return 0;
        };
        let before = known.len();
        for word in words {
            known.remove(&Word(word.as_slice().into()));
        }
        let removed = before - known.len();
        if known.is_empty() {
            self.0.remove(&name);
        }
        removed
    }

    /// How many words a dictionary has, and each in the order of its bytes; none when there is no
    /// such dictionary.
    #[must_use]
    pub fn words(&self, dictionary: &[u8]) -> Option<(usize, impl Iterator<Item = &[u8]>)> {
        let words = self.0.get(&Word(dictionary.into()))?;
        Some((words.len(), words.iter().map(|word| &*word.0)))
    }

    /// Whether there is no dictionary.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Word {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text: String = self.0.iter().map(|&byte| char::from(byte)).collect();
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(WordVisitor)
    }
}

struct WordVisitor;

impl Visitor<'_> for WordVisitor {
    type Value = Word;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text of characters below 256")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Word, E> {
        let bytes = text.chars().map(|c| u8::try_from(u32::from(c)));
        let bytes: Result<Box<[u8]>, _> = bytes.collect();
        bytes.map(Word).map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::Dictionaries;

    fn owned(words: &[&[u8]]) -> Vec<Vec<u8>> {
        words.iter().map(|word| word.to_vec()).collect()
    }

    fn dump(dictionaries: &Dictionaries, name: &[u8]) -> Option<Vec<Vec<u8>>> {
        let (count, words) = dictionaries.words(name)?;
        let words: Vec<_> = words.map(<[u8]>::to_vec).collect();
        assert_eq!(count, words.len());
        Some(words)
    }

    #[test]
    fn a_dictionary_lasts_from_its_first_word_to_its_last() {
        let mut dictionaries = Dictionaries::default();
        assert_eq!(dictionaries.add(b"d", &owned(&[b"b", b"a", b"b"])), 2);
        assert_eq!(dictionaries.add(b"d", &owned(&[b"a", b"c"])), 1);
        assert_eq!(dump(&dictionaries, b"d"), Some(owned(&[b"a", b"b", b"c"])));
        assert_eq!(dump(&dictionaries, b"e"), None);
        assert_eq!(dictionaries.remove(b"e", &owned(&[b"a"])), 0);
        assert_eq!(dictionaries.remove(b"d", &owned(&[b"a", b"x"])), 1);
        assert_eq!(dictionaries.remove(b"d", &owned(&[b"b", b"c"])), 2);
        assert!(dictionaries.is_empty());
    }

    #[test]
    fn any_bytes_are_saved_and_loaded() {
        let mut dictionaries = Dictionaries::default();
        let all: Vec<u8> = (0..=u8::MAX).collect();
        dictionaries.add(&all, &owned(&[&all, b"", "é".as_bytes()]));
        let saved = serde_json::to_string(&dictionaries).unwrap();
        assert_eq!(
            serde_json::from_str::<Dictionaries>(&saved).unwrap(),
            dictionaries
        );
        assert!(serde_json::from_str::<Dictionaries>(r#"{"d":["€"]}"#).is_err());
    }
}
