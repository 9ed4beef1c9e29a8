//! Completions of what has been typed so far, the best first.
//!
//! A radix tree over the folded texts, in which each node knows the largest weight and the shortest
//! text beneath it, so that a search opens only the branches that can hold what is asked for.

mod search;
#[cfg(test)]
mod tests;
mod tree;

use crate::fold::fold;

use self::tree::Tree;

pub use self::search::{Completion, EXACT_SCORE};

/// Texts to suggest, each with a weight and perhaps a payload.
///
/// A text is found by any beginning of it in any letter case; texts that differ in case alone are
/// texts of their own.
#[derive(Clone, Debug, Default)]
pub struct Suggestions {
    tree: Tree,
    len: usize,
}

/// One text to suggest.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// As it was given.
    pub text: Box<str>,
    /// Finite and not negative; more is suggested earlier.
    pub weight: f64,
    /// What was given along with it.
    pub payload: Option<Box<[u8]>>,
}

impl Suggestions {
    /// Sets the weight and the payload of a text. `weight` is finite and not negative.
    pub fn set(&mut self, text: &str, weight: f64, payload: Option<&[u8]>) {
        self.change(text, |suggestion| {
            suggestion.weight = weight;
            suggestion.payload = payload.map(Into::into);
        });
    }

    /// Adds to the weight of a text, which is 0 if it is new; its payload stays unless there is
    /// another. `by` is finite and not negative.
    pub fn increment(&mut self, text: &str, by: f64, payload: Option<&[u8]>) {
        self.change(text, |suggestion| {
            suggestion.weight = (suggestion.weight + by).min(f64::MAX);
            if let Some(payload) = payload {
                suggestion.payload = Some(payload.into());
            }
        });
    }

    /// Forgets a text; whether it was there, in just these letters.
    pub fn remove(&mut self, text: &str) -> bool {
        let removed = self.tree.remove(&folded(text), text);
        self.len -= usize::from(removed);
        removed
    }

    /// A text, in just these letters.
    #[must_use]
    pub fn get(&self, text: &str) -> Option<&Suggestion> {
        self.tree.find(&folded(text), text)
    }

    /// At most `most` texts that begin so in any letter case, the best first; those of the same
    /// score in alphabetical order. With `fuzzy` also those whose beginning is one letter off:
    /// one more, one less, or one in the place of another.
    ///
    /// See [`Completion::score`] for what is best.
    #[must_use]
    pub fn complete(&self, prefix: &str, fuzzy: bool, most: usize) -> Vec<Completion<'_>> {
        search::complete(&self.tree, &folded(prefix), fuzzy, most)
    }

    /// All texts in the order of their folded letters.
    pub fn iter(&self) -> impl Iterator<Item = &Suggestion> {
        self.tree.iter()
    }

    /// How many texts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Heap bytes in use, by capacity. Walks all texts.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.tree.memory_bytes()
    }

    fn change(&mut self, text: &str, change: impl FnOnce(&mut Suggestion)) {
        let added = self.tree.change(&folded(text), text, change);
        self.len += usize::from(added);
    }
}

/// Lower case, letter by letter.
fn folded(text: &str) -> String {
    String::from_utf8(fold(text.as_bytes())).expect("folding gives letters for letters")
}
