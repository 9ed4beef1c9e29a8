//! The guard of the semantic cache: what a prompt says of numbers, negations, names, opposites and
//! directions, and whether two prompts differ in it. The words that it knows are Python's to give.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use pyo3::prelude::*;
use pyo3::types::{PyFrozenSet, PyString, PyTuple};
use rustc_hash::FxHashMap;

use crate::words::{begins_sentence, stem, tokens, ungrouped};

/// What is known of a word, whatever stands around it.
#[derive(Default)]
struct Known {
    negates: bool,
    /// Never a name, and nothing that a direction can lead to.
    is_common: bool,
    /// Begins sentences, where it has a capital without being a name.
    starts: bool,
    qualifies: bool,
    asks: bool,
    relates: bool,
    number: Option<String>,
    opposites: Vec<String>,
}

/// Compares prompts by rules over words that it is given.
#[pyclass(frozen, module = "nuthatch._native")]
pub(crate) struct Guard {
    /// Only it adds words: nobody can choose them so that they collide.
    words: FxHashMap<String, Known>,
}

/// What a prompt says that another must say too.
#[pyclass(frozen, module = "nuthatch._native", eq)]
#[derive(PartialEq, Eq)]
pub(crate) struct Facts(Heard<'static>);

/// The same with words that may be the prompt's own: a lookup compares two prompts, and keeps nothing.
#[derive(Default, PartialEq, Eq)]
struct Heard<'t> {
    words: Words<'t>,
    numbers: Words<'t>,
    negations: usize,
    names: Words<'t>,
    opposites: Words<'t>,
    qualifiers: Words<'t>,
    asks: Words<'t>,
    /// Sorted.
    relations: Vec<(Cow<'t, str>, Cow<'t, str>)>,
}

type Words<'t> = BTreeSet<Cow<'t, str>>;

#[pymethods]
impl Guard {
    /// A guard that knows these words, in lower case and without endings of the plural.
    #[new]
    #[pyo3(signature = (*, negations, numbers, common, starters, opposites, qualifiers, asks, relations))]
    #[expect(clippy::too_many_arguments, reason = "the names are Python's")]
    fn new(
        negations: Vec<String>,
        numbers: HashMap<String, String>,
        common: Vec<String>,
        starters: Vec<String>,
        opposites: HashMap<String, Vec<String>>,
        qualifiers: Vec<String>,
        asks: Vec<String>,
        relations: Vec<String>,
    ) -> Self {
        let mut words: FxHashMap<String, Known> = FxHashMap::default();
        let mut mark = |list: Vec<String>, set: fn(&mut Known)| {
            for word in list {
                set(words.entry(word).or_default());
            }
        };
        mark(negations, |word| word.negates = true);
        mark(common, |word| word.is_common = true);
        mark(starters, |word| word.starts = true);
        mark(qualifiers, |word| word.qualifies = true);
        mark(asks, |word| word.asks = true);
        mark(relations, |word| word.relates = true);
        for (word, number) in numbers {
            words.entry(word).or_default().number = Some(number);
        }
        for (word, others) in opposites {
            words.entry(word).or_default().opposites = others;
        }
        Self { words }
    }

    /// What a prompt says of numbers, negations, names, opposites and directions.
    fn facts(&self, prompt: &Bound<'_, PyString>) -> Facts {
        let prompt = text_of(prompt);
        Facts(self.heard(&prompt).kept())
    }

    /// As `difference` of the facts of two prompts.
    fn between(&self, asked: &Bound<'_, PyString>, kept: &Bound<'_, PyString>) -> Option<String> {
        let (asked, kept) = (text_of(asked), text_of(kept));
        self.differs(&self.heard(&asked), &self.heard(&kept))
    }

    /// Why one prompt may not get the answer of the other; none if nothing speaks against it.
    fn difference(&self, asked: &Facts, kept: &Facts) -> Option<String> {
        self.differs(&asked.0, &kept.0)
    }
}

/// A prompt as the guard reads it.
fn text_of<'a>(prompt: &'a Bound<'_, PyString>) -> Cow<'a, str> {
    // Halves of surrogate pairs are no letters.
    let prompt = prompt.to_string_lossy();
    ungrouped(&prompt).map_or(prompt, Cow::Owned)
}

impl Guard {
    fn heard<'t>(&self, text: &'t str) -> Heard<'t> {
        let mut said = Said::default();
        for (start, token) in tokens(text) {
            self.hear(&mut said, text, start, token);
        }
        self.facts_of(said)
    }

    fn differs<'t>(&self, asked: &Heard<'t>, kept: &Heard<'t>) -> Option<String> {
        if asked.numbers != kept.numbers {
            return Some(told("numbers differ", &asked.numbers ^ &kept.numbers));
        }
        if asked.negations % 2 != kept.negations % 2 {
            return Some("one is negated".to_owned());
        }
        let mut missing = &asked.names - &kept.words;
        missing.extend(&kept.names - &asked.words);
        if !missing.is_empty() {
            return Some(told("names differ", missing));
        }
        if let Some(opposed) = self.opposed(asked, kept) {
            return Some(opposed);
        }
        if asked.qualifiers != kept.qualifiers {
            let differ = &asked.qualifiers ^ &kept.qualifiers;
            return Some(told("one is narrower", differ));
        }
        if asked.asks != kept.asks {
            return Some(told("they ask differently", &asked.asks ^ &kept.asks));
        }
        if asked.relations == kept.relations {
            return None;
        }
        turned(asked, kept).map(|word| format!("the other way round: {word}"))
    }
}

#[pymethods]
impl Facts {
    /// All words, lower case, without endings of the plural.
    #[getter]
    fn words<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyFrozenSet>> {
        PyFrozenSet::new(py, &self.0.words)
    }

    /// Words with a digit, and words for numbers, as digits.
    #[getter]
    fn numbers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyFrozenSet>> {
        PyFrozenSet::new(py, &self.0.numbers)
    }

    /// How often something is denied.
    #[getter]
    const fn negations(&self) -> usize {
        self.0.negations
    }

    /// Words written as names are, lower case.
    #[getter]
    fn names<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyFrozenSet>> {
        PyFrozenSet::new(py, &self.0.names)
    }

    /// Words that have an opposite.
    #[getter]
    fn opposites<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyFrozenSet>> {
        PyFrozenSet::new(py, &self.0.opposites)
    }

    /// Words that narrow a question down, as "first" and "free" do.
    #[getter]
    fn qualifiers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyFrozenSet>> {
        PyFrozenSet::new(py, &self.0.qualifiers)
    }

    /// Whether it asks why, when, where or who.
    #[getter]
    fn asks<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyFrozenSet>> {
        PyFrozenSet::new(py, &self.0.asks)
    }

    /// Which word follows each "to", "than" and the like.
    #[getter]
    fn relations<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.0.relations)
    }
}

/// What was said so far, word by word.
#[derive(Default)]
struct Said<'t> {
    words: Vec<Cow<'t, str>>,
    numbers: Words<'t>,
    names: Words<'t>,
    negations: usize,
}

impl Heard<'_> {
    /// The same without the prompt.
    fn kept(self) -> Heard<'static> {
        fn owned(word: Cow<'_, str>) -> Cow<'static, str> {
            Cow::Owned(word.into_owned())
        }
        let words = |words: Words<'_>| words.into_iter().map(owned).collect();
        let pairs = self.relations.into_iter();
        Heard {
            words: words(self.words),
            numbers: words(self.numbers),
            negations: self.negations,
            names: words(self.names),
            opposites: words(self.opposites),
            qualifiers: words(self.qualifiers),
            asks: words(self.asks),
            relations: pairs
                .map(|(word, then)| (owned(word), owned(then)))
                .collect(),
        }
    }
}

impl Guard {
    /// Takes in one token of a text.
    fn hear<'t>(&self, said: &mut Said<'t>, text: &'t str, start: usize, token: &'t str) {
        let lower = lowered(token);
        let has_digit = lower.chars().any(char::is_numeric);
        let known = self.words.get(&*lower);
        let of = |part: &str| self.words.get(part)?.number.clone().map(Cow::Owned);
        let is_compound = !has_digit && lower.contains('-');
        let negates = known.is_some_and(|known| known.negates)
            || lower.ends_with("n't")
            || lower.ends_with("n’t")
            || is_compound && lower.starts_with("non-");
        said.negations += usize::from(negates);
        let first = said.words.len();
        if is_compound {
            said.numbers.extend(lower.split('-').filter_map(of));
            let parts = lower
                .split('-')
                .map(|part| Cow::Owned(stem(part).into_owned()));
            said.words.extend(parts);
        } else {
            said.numbers.extend(of(&lower).filter(|_| !has_digit));
            said.words.push(match &lower {
                Cow::Borrowed(word) => stem(word),
                Cow::Owned(word) => Cow::Owned(stem(word).into_owned()),
            });
        }
        if token != lower && self.is_name(token, &lower, text, start) {
            let parts = said.words.get(first..).unwrap_or_default();
            said.names.extend(parts.iter().cloned());
        }
        if has_digit {
            said.numbers.insert(lower);
        }
    }

    /// Whether a word is written as a name: with a capital that the sentence does not ask for.
    fn is_name(&self, token: &str, lower: &str, text: &str, start: usize) -> bool {
        let stemmed = stem(lower);
        let is_common = |word: &str| self.words.get(word).is_some_and(|word| word.is_common);
        if is_common(lower)
            || is_common(&stemmed)
            || !token.chars().next().is_some_and(char::is_alphabetic)
        {
            return false;
        }
        if !token.chars().skip(1).eq(lower.chars().skip(1)) {
            // An acronym, or a word that is shouted.
            return true;
        }
        let starts = self.words.get(&*stemmed).is_some_and(|word| word.starts);
        !(starts && begins_sentence(text.get(..start).unwrap_or_default()))
    }

    fn facts_of<'t>(&self, said: Said<'t>) -> Heard<'t> {
        let mut facts = Heard {
            numbers: said.numbers,
            negations: said.negations,
            names: said.names,
            ..Heard::default()
        };
        for (position, word) in said.words.iter().enumerate() {
            let Some(known) = self.words.get(&**word) else {
                continue;
            };
            let note = |holds: bool, words: &mut Words<'t>| {
                if holds {
                    words.insert(word.clone());
                }
            };
            note(!known.opposites.is_empty(), &mut facts.opposites);
            note(known.qualifies, &mut facts.qualifiers);
            note(known.asks, &mut facts.asks);
            let later = said.words.get(position + 1..).unwrap_or_default();
            if known.relates && !later.is_empty() {
                let is_common = |word: &str| self.words.get(word).is_some_and(|it| it.is_common);
                let target = later.iter().find(|later| !is_common(later));
                let target = target.cloned().unwrap_or_default();
                facts.relations.push((word.clone(), target));
            }
        }
        facts.relations.sort_unstable();
        facts.words = said.words.into_iter().collect();
        facts
    }

    /// A word of the one and its opposite in the other.
    fn opposed<'t>(&self, asked: &Heard<'t>, kept: &Heard<'t>) -> Option<String> {
        for word in asked.opposites.difference(&kept.words) {
            let others = self
                .words
                .get(&**word)
                .map_or(&[][..], |known| &known.opposites);
            let against = others
                .iter()
                .filter(|other| {
                    kept.words.contains(other.as_str()) && !asked.words.contains(other.as_str())
                })
                .min();
            if let Some(other) = against {
                return Some(format!("opposites: {word} and {other}"));
            }
        }
        None
    }
}

/// The word between things that changed places, if the same things are in both.
fn turned<'a>(asked: &'a Heard<'_>, kept: &Heard<'_>) -> Option<&'a str> {
    // Of several that follow the same word the last one counts.
    fn of<'f>(facts: &'f Heard<'_>, wanted: &str) -> Option<&'f str> {
        let mut relations = facts.relations.iter().rev();
        relations
            .find(|(word, _)| word == wanted)
            .map(|(_, follows)| &**follows)
    }
    asked
        .relations
        .iter()
        .map(|(word, _)| &**word)
        .find(|word| {
            let (Some(first), Some(second)) = (of(asked, word), of(kept, word)) else {
                return false;
            };
            first != second
                && !first.is_empty()
                && !second.is_empty()
                && kept.words.contains(first)
                && asked.words.contains(second)
        })
}

/// A token in lower case: itself where it is that already, as most are.
fn lowered(token: &str) -> Cow<'_, str> {
    let is_lower = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    if token.bytes().all(is_lower) {
        Cow::Borrowed(token)
    } else {
        Cow::Owned(token.to_lowercase())
    }
}

fn told(what: &str, words: Words<'_>) -> String {
    let words: Vec<_> = words.into_iter().collect();
    format!("{what}: {}", words.join(", "))
}

/// A word without the endings of plural and possession: enough to compare names and nouns.
#[pyfunction]
#[pyo3(name = "stem")]
pub(crate) fn stem_of(word: Cow<'_, str>) -> String {
    stem(&word).into_owned()
}
