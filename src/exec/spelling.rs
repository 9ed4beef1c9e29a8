//! Words that no document has, and words that are spelt nearly so.

use std::collections::{BTreeMap, BTreeSet};

use nuthatch_indexes::text::Speller;
use nuthatch_indexes::text::analysis::fold;

use super::deadline::Deadline;
use crate::catalog::dictionaries::Dictionaries;
use crate::catalog::index::Index;
use crate::request::error::{Error, Refusal, shown};
use crate::request::spellcheck::{Spellcheck, Terms};

/// Suggestions for one word at most: four letters off, a short word is near to every other.
const MOST_SUGGESTIONS: usize = 1_000;

/// A word that is spelt wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Misspelled {
    /// The folded word.
    pub word: Vec<u8>,
    /// What may be meant, the most frequent first; of equal ones in the order of their bytes.
    pub suggestions: Vec<Suggestion>,
}

/// What may be meant.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// The share of documents that have it, 0 to 1.
    pub score: f64,
    /// The word.
    pub word: Vec<u8>,
}

/// Words that count beside those of an index, folded.
#[derive(Debug)]
pub struct Lexicon {
    /// Suggested too, as its dictionary has it.
    include: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Neither wrong nor suggested.
    exclude: BTreeSet<Vec<u8>>,
}

impl Lexicon {
    /// The words that a request names or whose dictionaries it names.
    ///
    /// # Errors
    /// [`Refusal::NoSuchDictionary`].
    pub fn new(request: &Spellcheck, dictionaries: &Dictionaries) -> Result<Self, Error> {
        let mut lexicon = Self {
            include: BTreeMap::new(),
            exclude: BTreeSet::new(),
        };
        for terms in &request.include {
            visit(terms, dictionaries, |word| {
                lexicon.include.insert(fold(word), word.to_vec());
            })?;
        }
        for terms in &request.exclude {
            visit(terms, dictionaries, |word| {
                lexicon.exclude.insert(fold(word));
            })?;
        }
        Ok(lexicon)
    }
}

fn visit(
    terms: &Terms,
    dictionaries: &Dictionaries,
    mut visit: impl FnMut(&[u8]),
) -> Result<(), Error> {
    let (_, words) =
        dictionaries
            .words(&terms.dictionary)
            .ok_or_else(|| Refusal::NoSuchDictionary {
                name: shown(&terms.dictionary),
            })?;
    words.for_each(&mut visit);
    terms.words.iter().for_each(|word| visit(word));
    Ok(())
}

/// Those of some folded words that no document has, with what may be meant: words up to `distance`
/// edits away.
///
/// # Errors
/// [`Error::Stopped`] when the deadline passes; it is looked at before each word.
pub fn check(
    words: &[Vec<u8>],
    distance: usize,
    index: &Index,
    lexicon: &Lexicon,
    deadline: &Deadline,
) -> Result<Vec<Misspelled>, Error> {
    let text = index.text();
    let mut misspelled = Vec::new();
    for word in words {
        if text.document_frequency(word) > 0 || lexicon.exclude.contains(word) {
            continue;
        }
        deadline.check()?;
        misspelled.push(Misspelled {
            suggestions: suggestions(word, distance, index, lexicon),
            word: word.clone(),
        });
    }
    Ok(misspelled)
}

fn suggestions(word: &[u8], distance: usize, index: &Index, lexicon: &Lexicon) -> Vec<Suggestion> {
    let speller = Speller::new(word, distance);
    let documents = index.text().document_count().max(1) as f64;
    let near = index
        .text()
        .near_terms(&speller)
        .map(|(term, count)| Suggestion {
            score: count as f64 / documents,
            word: term.to_vec(),
        });
    let listed = lexicon.include.iter().filter(|(folded, _)| {
        index.text().document_frequency(folded) == 0 && speller.is_near(folded)
    });
    let listed = listed.map(|(_, word)| Suggestion {
        score: 0.0,
        word: word.clone(),
    });
    let mut suggestions: Vec<Suggestion> = near
        .chain(listed)
        .filter(|suggestion| !lexicon.exclude.contains(&fold(&suggestion.word)))
        .collect();
    suggestions.sort_by(|a, b| {
        let frequent = b.score.total_cmp(&a.score);
        frequent.then_with(|| a.word.cmp(&b.word))
    });
    suggestions.truncate(MOST_SUGGESTIONS);
    suggestions
}
