//! The other terms that a word of a query stands for.

use super::TextIndex;
use super::cursor::PostingCursor;
use super::field::{FieldMask, FieldOptions, TextField};
use super::language::Language;
use super::terms::TermId;

impl TextIndex {
    /// The documents that hold a folded word, and those that hold a word of its
    /// [expansion](TextIndex::expand_stem) in a field that stems; the word itself first, if it is
    /// anywhere.
    #[must_use]
    pub fn stem_postings(&self, word: &[u8], fields: FieldMask) -> Vec<PostingCursor> {
        let stemmed = fields & self.stemmed_fields();
        let others = self.expand_stem(word, self.analyzer.language()).into_iter();
        self.postings(word, fields)
            .into_iter()
            .chain(others.filter_map(|other| self.postings(other, stemmed)))
            .collect()
    }

    /// The other terms that a folded word of a language stands for, in byte order: those with its
    /// stem in documents of the language, and the stem itself; a word too short to have one is its
    /// own. They count only in [stemmed fields](TextIndex::stemmed_fields).
    #[must_use]
    pub fn expand_stem(&self, word: &[u8], language: Language) -> Vec<&[u8]> {
        let stem = self.analyzer.stem_in(language, word);
        let stem = stem.as_deref().unwrap_or(word);
        let related = self.stems.get(language, stem).iter().copied();
        self.names(related.chain(self.terms.find(stem)), word)
    }

    /// The other terms that sound like a folded word, in byte order. They count only in
    /// [phonetic fields](TextIndex::phonetic_fields), without which there are none.
    #[must_use]
    pub fn expand_phonetic(&self, word: &[u8]) -> Vec<&[u8]> {
        let phonetics = self.phonetics.iter();
        self.names(phonetics.flat_map(|phonetics| phonetics.alike(word)), word)
    }

    /// The fields whose words are found by their stems.
    #[must_use]
    pub fn stemmed_fields(&self) -> FieldMask {
        self.fields_with(|options| !options.no_stem)
    }

    /// The fields whose words are found by how they sound.
    #[must_use]
    pub fn phonetic_fields(&self) -> FieldMask {
        self.fields_with(|options| options.phonetic)
    }

    /// A query asks for it, and few fields have options: the rest are alike.
    fn fields_with(&self, holds: impl Fn(FieldOptions) -> bool) -> FieldMask {
        let others = if holds(FieldOptions::default()) {
            FieldMask::ALL
        } else {
            FieldMask::NONE
        };
        let fields = (0..).map_while(TextField::new).zip(&self.fields);
        fields.fold(others, |held, (field, &options)| {
            if holds(options) {
                held.with(field)
            } else {
                held.without(field)
            }
        })
    }

    /// What terms are called, but for `word`: in byte order, each once.
    fn names(&self, terms: impl Iterator<Item = TermId>, word: &[u8]) -> Vec<&[u8]> {
        let mut names: Vec<&[u8]> = terms
            .map(|term| self.terms.name(term))
            .filter(|&term| term != word)
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use crate::doc::DocId;
    use crate::text::analysis::{Analyzer, AnalyzerOptions};
    use crate::text::language::Language;
    use crate::text::{FieldMask, FieldOptions, TextField, TextIndex};

    /// Words whose stems differ between languages, and some that sound alike.
    const WORDS: [&str; 12] = [
        "kind", "kinder", "kindern", "kinds", "running", "runs", "run", "jon", "john", "jones",
        "smith", "schmidt",
    ];
    const LANGUAGES: [&str; 3] = ["english", "german", "none"];

    fn language(slot: usize) -> Language {
        Language::find(LANGUAGES[slot].as_bytes()).unwrap()
    }

    fn field(number: u8) -> TextField {
        TextField::new(number).unwrap()
    }

    /// A document's language, and words of its two fields, the second of which is phonetic.
    type Text = (usize, Vec<&'static str>, Vec<&'static str>);

    fn text() -> impl Strategy<Value = Text> {
        let words = || prop::collection::vec(prop::sample::select(&WORDS[..]), 0..4);
        (0..LANGUAGES.len(), words(), words())
    }

    fn writes() -> impl Strategy<Value = Vec<(u32, Option<Text>)>> {
        prop::collection::vec((1_u32..8, prop::option::weighted(0.6, text())), 0..40)
    }

    /// An index after some writes, and what its documents are.
    fn written(default: usize, writes: &[(u32, Option<Text>)]) -> (TextIndex, BTreeMap<u32, Text>) {
        let options = AnalyzerOptions {
            language: language(default),
            ..AnalyzerOptions::default()
        };
        let phonetic = FieldOptions {
            phonetic: true,
            ..FieldOptions::default()
        };
        let fields = vec![FieldOptions::default(), phonetic];
        let mut index = TextIndex::new(Analyzer::new(options), fields);
        let mut documents = BTreeMap::new();
        for (id, text) in writes {
            let doc = DocId::new(*id).unwrap();
            match text {
                Some(text) => {
                    let (slot, first, second) = text;
                    let values = [first.join(" "), second.join(" ")];
                    let values = [
                        (field(0), values[0].as_bytes()),
                        (field(1), values[1].as_bytes()),
                    ];
                    index.insert_in(language(*slot), doc, &values);
                    documents.insert(*id, text.clone());
                }
                None => {
                    index.remove(doc);
                    documents.remove(id);
                }
            }
            index.check();
        }
        (index, documents)
    }

    proptest! {
        #[test]
        fn stems_are_those_of_the_documents_of_a_language(
            default in 0..LANGUAGES.len(), writes in writes(),
        ) {
            let (index, documents) = written(default, &writes);
            for slot in 0..LANGUAGES.len() {
                let language = language(slot);
                let words = |(_, first, second): &Text| [first.clone(), second.clone()].concat();
                let all: BTreeSet<&str> = documents.values().flat_map(words).collect();
                let own = documents.values().filter(|text| text.0 == slot);
                let own: BTreeSet<&str> = own.flat_map(words).collect();
                for word in WORDS {
                    let stem = index.analyzer().stem_in(language, word.as_bytes());
                    let has_stem = |other: &&&str| {
                        let other = index.analyzer().stem_in(language, other.as_bytes());
                        other.is_some() && other == stem
                    };
                    let stem_itself = stem.clone().unwrap_or_else(|| word.into());
                    let is_stem = |other: &&&str| other.as_bytes() == stem_itself;
                    // A word that is too short for a stem is one.
                    let of_word = |other: &&&str| {
                        let other = index.analyzer().stem_in(language, other.as_bytes());
                        other == Some(word.into())
                    };
                    let mut expected: BTreeSet<&str> =
                        own.iter().filter(|w| has_stem(w) || stem.is_none() && of_word(w)).copied().collect();
                    expected.extend(all.iter().filter(is_stem));
                    expected.remove(word);
                    let expected: Vec<&[u8]> = expected.iter().map(|w| w.as_bytes()).collect();
                    prop_assert_eq!(index.expand_stem(word.as_bytes(), language), expected);
                }
            }
        }

        #[test]
        fn what_sounds_alike_is_among_the_terms_in_use(writes in writes()) {
            let (index, documents) = written(0, &writes);
            let words = |(_, first, second): &Text| [first.clone(), second.clone()].concat();
            let all: BTreeSet<&str> = documents.values().flat_map(words).collect();
            for (word, alike) in [("jon", "john"), ("john", "jon"), ("smith", "schmidt")] {
                let found = index.expand_phonetic(word.as_bytes());
                prop_assert_eq!(found.contains(&alike.as_bytes()), all.contains(alike));
                prop_assert!(!found.contains(&word.as_bytes()));
                prop_assert!(!found.contains(&&b"running"[..]));
            }
        }
    }

    #[test]
    fn only_phonetic_fields_are_found_by_sound() {
        let texts = vec![(1, Some((0, vec!["jon"], vec!["john"])))];
        let (index, _) = written(0, &texts);
        assert_eq!(index.phonetic_fields(), FieldMask::NONE.with(field(1)));
        let plain = TextIndex::new(Analyzer::default(), Vec::new());
        assert!(plain.phonetic_fields().is_empty());
        assert!(plain.expand_phonetic(b"jon").is_empty());
    }

    #[test]
    fn memory_counts_stems_and_sounds() {
        let writes: Vec<(u32, Option<Text>)> = vec![(1, Some((0, vec!["running"], vec!["john"])))];
        let (index, _) = written(0, &writes);
        let (other, _) = written(1, &writes);
        let sounds = index.phonetics.as_ref().unwrap().memory_bytes();
        assert!(sounds > "JN".len() && index.stems.memory_bytes() > "run".len());
        assert!(other.stems.memory_bytes() > index.stems.memory_bytes());
    }
}
