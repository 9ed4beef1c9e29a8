//! Filters that are words to rank by, and conditions beside them.

use super::cost::asking;
use super::{Kind, Node};

/// Words that rank, and what else documents must meet.
#[derive(Clone, Debug)]
pub struct Split<'a> {
    /// One or more. If there are several, each is one word, and a document holds them all.
    pub words: Vec<&'a Node>,
    /// None or more, of which documents meet all.
    pub filters: Vec<&'a Node>,
}

impl Split<'_> {
    /// Whether there are several words that documents hold all of, or in a phrase: what is told of whole sets
    /// sooner than document by document.
    #[must_use]
    pub fn may_be_matched(&self) -> bool {
        match self.words.as_slice() {
            [only] => matches!(only.kind, Kind::Phrase { .. }),
            several => several.len() > 1,
        }
    }

    /// What it costs to ask every condition of one document; none if one of them cannot be asked.
    #[must_use]
    pub fn asking_cost(&self) -> Option<u64> {
        self.filters.iter().map(|filter| asking(filter)).sum()
    }
}

/// The words and the conditions that a filter consists of, if the best documents for the words can be
/// found without a score of every match.
#[must_use]
pub fn split(node: &Node) -> Option<Split<'_>> {
    let Kind::And(parts) = &node.kind else {
        return is_words(node).then(|| Split {
            words: vec![node],
            filters: Vec::new(),
        });
    };
    let (words, filters): (Vec<_>, Vec<_>) = parts.iter().partition(|part| is_words(part));
    let are_words = match words.as_slice() {
        [] => false,
        [_] => true,
        several => several.iter().all(|part| is_word(part)),
    };
    let are_conditions = filters.iter().all(|part| is_condition(part));
    (are_words && are_conditions).then_some(Split { words, filters })
}

/// Whether a node is nothing but words that score, any of them, or a phrase.
fn is_words(node: &Node) -> bool {
    match &node.kind {
        Kind::Or(parts) => parts.iter().all(is_word),
        Kind::Phrase { weight, .. } => *weight > 0.0,
        Kind::Term { .. }
        | Kind::Variants { .. }
        | Kind::All { .. }
        | Kind::Nothing
        | Kind::Keys(_)
        | Kind::Tag { .. }
        | Kind::Missing(_)
        | Kind::Numeric { .. }
        | Kind::Area { .. }
        | Kind::VectorRange(_)
        | Kind::And(_)
        | Kind::Near { .. }
        | Kind::Not(_)
        | Kind::Optional(_) => is_word(node),
    }
}

/// Whether a node is one word that scores: the best of documents that score nothing are not found
/// by bounds of their scores.
fn is_word(node: &Node) -> bool {
    match &node.kind {
        Kind::Term { weight, .. } | Kind::Variants { weight, .. } => *weight > 0.0,
        Kind::Phrase { .. }
        | Kind::Or(_)
        | Kind::And(_)
        | Kind::All { .. }
        | Kind::Nothing
        | Kind::Keys(_)
        | Kind::Tag { .. }
        | Kind::Missing(_)
        | Kind::Numeric { .. }
        | Kind::Area { .. }
        | Kind::VectorRange(_)
        | Kind::Near { .. }
        | Kind::Not(_)
        | Kind::Optional(_) => false,
    }
}

/// Whether a node adds nothing to a score but what its tags do.
fn is_condition(node: &Node) -> bool {
    match &node.kind {
        Kind::Nothing
        | Kind::Keys(_)
        | Kind::Tag { .. }
        | Kind::Missing(_)
        | Kind::Numeric { .. }
        | Kind::Area { .. }
        | Kind::VectorRange(_)
        | Kind::Not(_) => true,
        Kind::All { weight } => *weight == 0.0,
        // A tag in an `And` within an `Or` scores only together with the others.
        Kind::Or(parts) => parts
            .iter()
            .all(|part| is_condition(part) && !matches!(part.kind, Kind::And(_))),
        Kind::And(parts) => parts.iter().all(is_condition),
        Kind::Term { .. }
        | Kind::Variants { .. }
        | Kind::Phrase { .. }
        | Kind::Near { .. }
        | Kind::Optional(_) => false,
    }
}
