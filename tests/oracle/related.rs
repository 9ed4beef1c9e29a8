//! The other words that a word of a query stands for: those of its stem, those that sound alike, and
//! its synonyms.

use std::collections::{BTreeMap, BTreeSet};

use nuthatch::query::ast::{Attributes, Field, Node};
use rphonetic::DoubleMetaphone;

use super::evaluate::{Evaluator, Located, Scores};
use super::mistake::Mistake;
use super::schema::Kind;
use super::text::{fold, stem};

/// Folded terms by the name of their group.
pub(crate) type Synonyms = BTreeMap<&'static str, BTreeSet<Vec<u8>>>;

/// What a word stands for.
pub(crate) struct Related {
    /// The word and those of its stem, which count as one.
    pub(crate) itself: Vec<Located>,
    /// Words that count each by itself.
    pub(crate) others: Vec<Located>,
    /// Synonyms of several words, in the fields of the word.
    pub(crate) phrases: Vec<Vec<Vec<u8>>>,
    pub(crate) fields: BTreeSet<usize>,
}

impl Evaluator<'_> {
    /// What a word stands for; none if it is a stop word.
    pub(crate) fn related(&self, named: &[Field], term: &[u8], own: Attributes) -> Option<Related> {
        let word = fold(term);
        if !self.search.keep_stop_words && self.analysis.is_stop_word(&word) {
            return None;
        }
        let fields = self.text_fields(named);
        let mut related = Related {
            itself: self.with_stem(&word, &fields),
            others: Vec::new(),
            phrases: Vec::new(),
            fields,
        };
        self.add_sounds(&word, own, &mut related);
        self.add_synonyms(&word, &mut related);
        Some(related)
    }

    /// The documents with a word or with what it stands for.
    pub(crate) fn of_word(&self, related: &Related, weight: f64) -> Scores {
        let term = |(word, fields): &Located| self.term(word, fields, weight);
        let mut parts = Vec::new();
        if self.mistake == Some(Mistake::StemsAlone) {
            parts.extend(related.itself.iter().map(term));
        } else {
            parts.push(self.one_word(&related.itself, weight));
        }
        parts.extend(related.others.iter().map(term));
        let plain = Attributes::default();
        let phrases = related.phrases.iter();
        parts.extend(phrases.map(|words| self.phrase(words, &related.fields, plain, weight)));
        self.either(parts)
    }

    /// Whether words stand for others by what only this expander takes.
    fn expands(&self, expander: &str) -> bool {
        let chosen = self.search.expander.unwrap_or("DEFAULT");
        !self.search.verbatim && (chosen == "DEFAULT" || chosen == expander)
    }

    /// A word and, unless verbatim, the words of its stem.
    fn with_stem(&self, word: &[u8], fields: &BTreeSet<usize>) -> Vec<Located> {
        let mut terms = vec![(word.to_vec(), fields.clone())];
        if !self.expands("SBSTEM") {
            return terms;
        }
        let language = self.search.language.or(self.schema.language);
        // A word too short to have a stem is one.
        let stem_of_word = stem(language, word).unwrap_or_else(|| word.to_vec());
        let mut stemmed = fields.clone();
        stemmed.retain(|number| match self.schema.fields[*number].kind {
            Kind::Text { no_stem, .. } => {
                !self.schema.fields[*number].no_index
                    && (!no_stem || self.mistake == Some(Mistake::StemsEveryField))
            }
            Kind::Tag { .. } | Kind::Numeric | Kind::Geo | Kind::Shape { .. } | Kind::Vector(_) => {
                false
            }
        });
        let of_language = self.dictionary_of(language.unwrap_or("english"));
        for other in self.dictionary() {
            let has_stem = stem(language, other).as_deref() == Some(&stem_of_word);
            let is_related = other == stem_of_word || has_stem && of_language.contains(other);
            if is_related && other != word && !stemmed.is_empty() {
                terms.push((other.to_vec(), stemmed.clone()));
            }
        }
        terms
    }

    /// Every term that a document of a language holds.
    fn dictionary_of(&self, language: &str) -> BTreeSet<&[u8]> {
        let any = self.mistake == Some(Mistake::LanguageIgnored);
        let documents = self.documents.iter();
        let documents =
            documents.filter(|document| any || document.language.eq_ignore_ascii_case(language));
        let fields = documents.flat_map(|document| &document.words);
        fields.flatten().map(Vec::as_slice).collect()
    }

    /// The words of the index that sound like a word.
    fn add_sounds(&self, word: &[u8], own: Attributes, related: &mut Related) {
        if !self.expands("PHONETIC") || own.phonetic == Some(false) {
            return;
        }
        let mut fields = related.fields.clone();
        fields.retain(|number| {
            let field = &self.schema.fields[*number];
            matches!(field.kind, Kind::Text { phonetic: true, .. }) && !field.no_index
        });
        let codes = sounds(word);
        for other in self.dictionary() {
            let alike = sounds(other).iter().any(|code| codes.contains(code));
            if alike && other != word && self.mistake != Some(Mistake::SoundsIgnored) {
                related.add(other, &fields);
            }
        }
    }

    /// The other terms of the groups that have a word.
    fn add_synonyms(&self, word: &[u8], related: &mut Related) {
        if !self.expands("SYNONYM") || self.mistake == Some(Mistake::SynonymsIgnored) {
            return;
        }
        let groups = self.synonyms.values().filter(|group| group.contains(word));
        let synonyms: BTreeSet<&Vec<u8>> = groups.flatten().filter(|it| *it != word).collect();
        for synonym in synonyms {
            let words = self.analysis.words(synonym);
            match words.as_slice() {
                [] => {}
                [only] => related.add(only, &related.fields.clone()),
                [_, _, ..] => related.phrases.push(words),
            }
        }
    }
}

impl Related {
    /// Adds a word in some fields. One that is of the stem, or is there, is so in these fields too.
    fn add(&mut self, word: &[u8], fields: &BTreeSet<usize>) {
        if fields.is_empty() {
            return;
        }
        let mut known = self.itself.iter_mut().chain(&mut self.others);
        match known.find(|(other, _)| other == word) {
            Some((_, known)) => known.extend(fields),
            None => self.others.push((word.to_vec(), fields.clone())),
        }
    }
}

/// The codes of how a folded word sounds: none unless it is three Latin letters or more.
fn sounds(word: &[u8]) -> BTreeSet<String> {
    let letters = String::from_utf8_lossy(word).replace('é', "e");
    if letters.len() < 3 || !letters.bytes().all(|letter| letter.is_ascii_lowercase()) {
        return BTreeSet::new();
    }
    let both = DoubleMetaphone::default().double_metaphone(&letters);
    let codes = [both.primary(), both.alternate()].into_iter();
    codes.filter(|code| !code.is_empty()).collect()
}

/// A filter whose words know themselves whether they are found by sound; `around` is what is said
/// outside.
pub(crate) fn with_phonetics(node: &Node, around: Option<bool>) -> Node {
    let each = |parts: &[Node]| -> Vec<Node> {
        let parts = parts.iter();
        parts.map(|part| with_phonetics(part, around)).collect()
    };
    match node {
        Node::Term { .. } if around.is_some() => Node::Attributed {
            node: Box::new(node.clone()),
            attributes: Attributes {
                phonetic: around,
                ..Attributes::default()
            },
        },
        Node::And(parts) => Node::And(each(parts)),
        Node::Or(parts) => Node::Or(each(parts)),
        Node::Not(part) => Node::Not(Box::new(with_phonetics(part, around))),
        Node::Optional(part) => Node::Optional(Box::new(with_phonetics(part, around))),
        Node::Attributed { node, attributes } => Node::Attributed {
            node: Box::new(with_phonetics(node, attributes.phonetic.or(around))),
            attributes: *attributes,
        },
        Node::Term { .. }
        | Node::All
        | Node::Nothing
        | Node::Phrase { .. }
        | Node::Prefix { .. }
        | Node::Suffix { .. }
        | Node::Infix { .. }
        | Node::Wildcard { .. }
        | Node::Fuzzy { .. }
        | Node::Missing { .. }
        | Node::Tag { .. }
        | Node::Numeric { .. }
        | Node::Area { .. }
        | Node::VectorRange(_) => node.clone(),
    }
}
