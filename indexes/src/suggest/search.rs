//! Best first: what is open is ordered by the best score that it can lead to.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use super::Suggestion;
use super::tree::{NodeId, Tree};
use crate::edit_distance::{Pattern, Row};

/// The score of a text that is just what was typed: it goes before everything else.
pub const EXACT_SCORE: f64 = 2_147_483_648.0;

/// How far the beginning of a text may be from what was typed, where that need not be exact.
const FUZZY_EDITS: usize = 1;

/// What a letter that is off divides a score by.
const EDIT_COST: f64 = 4.0;

/// A suggestion and how good it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Completion<'a> {
    /// What is suggested.
    pub suggestion: &'a Suggestion,
    /// [`EXACT_SCORE`] for a text that is the prefix itself, in any letter case. For any other its
    /// weight divided by √(1 + n), where n is how many letters more than the prefix it has; and by
    /// 4 if its beginning is one letter off.
    pub score: f64,
}

/// The best completions of a folded prefix.
pub(super) fn complete<'a>(
    tree: &'a Tree,
    prefix: &str,
    fuzzy: bool,
    most: usize,
) -> Vec<Completion<'a>> {
    let exact = tree.locate(prefix).map(|id| &tree.node(id).suggestions);
    let mut found: Vec<_> = exact
        .into_iter()
        .flatten()
        .map(|suggestion| Completion {
            suggestion,
            score: EXACT_SCORE,
        })
        .collect();
    // They are in the order of their texts already.
    found.sort_by(|a, b| b.suggestion.weight.total_cmp(&a.suggestion.weight));
    found.truncate(most);
    let others = most - found.len();
    found.extend(Search::new(tree, prefix, fuzzy).take(others));
    found
}

/// Gives one completion after the other, but for those that are the prefix itself.
struct Search<'a> {
    tree: &'a Tree,
    prefix: String,
    pattern: Pattern,
    open: BinaryHeap<Open<'a>>,
}

/// Something that may lead to completions.
struct Open<'a> {
    /// The best score that it can lead to.
    bound: f64,
    /// The folded letters from the root.
    path: String,
    what: What<'a>,
}

enum What<'a> {
    Node(NodeId, State),
    Suggestion(&'a Suggestion),
}

/// How a path compares with the prefix.
#[derive(Clone, Copy)]
struct State {
    /// Letters of the path.
    letters: usize,
    /// How far its nearest beginning is from the prefix, if that is near enough.
    distance: Option<u8>,
    /// The comparison with the whole path, while longer paths may come nearer.
    row: Option<Row>,
}

impl<'a> Search<'a> {
    fn new(tree: &'a Tree, prefix: &str, fuzzy: bool) -> Self {
        let mut search = Self {
            tree,
            prefix: prefix.to_owned(),
            pattern: Pattern::new(prefix.as_bytes(), FUZZY_EDITS),
            open: BinaryHeap::new(),
        };
        if fuzzy {
            let row = search.pattern.start();
            let state = State {
                letters: 0,
                distance: search.pattern.distance(&row),
                row: Some(row),
            };
            search.push(Tree::ROOT, state, String::new());
        } else if let Some((id, path)) = beneath(tree, prefix) {
            let state = State {
                letters: path.chars().count(),
                distance: Some(0),
                row: None,
            };
            search.push(id, state, path);
        }
        search
    }

    /// Opens a node, unless nothing beneath it is near enough.
    fn push(&mut self, id: NodeId, state: State, path: String) {
        let possible = [state.distance, self.possible(&state)];
        let Some(distance) = possible.into_iter().flatten().min() else {
            return;
        };
        let node = self.tree.node(id);
        self.open.push(Open {
            bound: self.score(node.best, node.shortest, distance),
            path,
            what: What::Node(id, state),
        });
    }

    /// Opens what a node holds and leads to.
    fn expand(&mut self, id: NodeId, state: State, path: &str) {
        let node = self.tree.node(id);
        if let Some(distance) = state.distance.filter(|_| path != self.prefix) {
            for suggestion in &node.suggestions {
                self.open.push(Open {
                    bound: self.score(suggestion.weight, state.letters, distance),
                    path: path.to_owned(),
                    what: What::Suggestion(suggestion),
                });
            }
        }
        for child in &node.children {
            let label = &self.tree.node(*child).label;
            self.push(*child, self.walk(state, label), [path, label].concat());
        }
    }

    /// The comparison of a path that goes on with `label`.
    fn walk(&self, mut state: State, label: &str) -> State {
        for letter in label.chars() {
            state.letters += 1;
            let Some(row) = state.row else { continue };
            let row = self.pattern.step(&row, letter.into());
            let nearest = [state.distance, self.pattern.distance(&row)];
            state.distance = nearest.into_iter().flatten().min();
            state.row = Some(row);
            // What cannot come nearer than it is need not be compared any more.
            let possible = self.possible(&state);
            if possible.is_none_or(|possible| state.distance.is_some_and(|d| d <= possible)) {
                state.row = None;
            }
        }
        state
    }

    /// The least distance that a longer path can have.
    fn possible(&self, state: &State) -> Option<u8> {
        self.pattern.least(state.row.as_ref()?)
    }

    fn score(&self, weight: f64, letters: usize, distance: u8) -> f64 {
        let more = letters.saturating_sub(self.pattern.len());
        weight / (1.0 + more as f64).sqrt() / EDIT_COST.powi(distance.into())
    }
}

/// The topmost node whose path begins so, and that path.
fn beneath(tree: &Tree, prefix: &str) -> Option<(NodeId, String)> {
    let (mut at, mut rest) = (Tree::ROOT, prefix);
    while !rest.is_empty() {
        let (_, child) = tree.child(at, rest).ok()?;
        let label = &*tree.node(child).label;
        at = child;
        match rest.strip_prefix(label) {
            Some(after) => rest = after,
            None => {
                let beyond = label.strip_prefix(rest)?;
                return Some((at, [prefix, beyond].concat()));
            }
        }
    }
    Some((at, prefix.to_owned()))
}

impl<'a> Iterator for Search<'a> {
    type Item = Completion<'a>;

    fn next(&mut self) -> Option<Completion<'a>> {
        loop {
            let open = self.open.pop()?;
            match open.what {
                What::Node(id, state) => self.expand(id, state, &open.path),
                What::Suggestion(suggestion) => {
                    return Some(Completion {
                        suggestion,
                        score: open.bound,
                    });
                }
            }
        }
    }
}

impl Open<'_> {
    /// The highest bound is the greatest; of equal ones the first in alphabetical order, where a
    /// node goes before what it holds.
    fn rank(&self) -> (Reverse<&str>, Reverse<Option<&str>>) {
        let text = match &self.what {
            What::Node(..) => None,
            What::Suggestion(suggestion) => Some(&*suggestion.text),
        };
        (Reverse(&self.path), Reverse(text))
    }
}

impl Ord for Open<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let bounds = self.bound.total_cmp(&other.bound);
        bounds.then_with(|| self.rank().cmp(&other.rank()))
    }
}

impl PartialOrd for Open<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Open<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Open<'_> {}

#[cfg(test)]
mod tests {
    use super::Search;
    use crate::suggest::Suggestions;

    #[test]
    fn the_best_are_found_without_looking_at_all() {
        let mut suggestions = Suggestions::default();
        for number in 0..20_000_u32 {
            // Weights and lengths in no order.
            let weight = number.wrapping_mul(2_654_435_761) % 50;
            let text = format!("text {number:05}{}", &"........"[..number as usize % 7]);
            suggestions.set(&text, weight.into(), None);
        }
        for (prefix, fuzzy) in [
            ("text 1", false),
            ("t", false),
            ("", false),
            ("texx 12", true),
        ] {
            let mut search = Search::new(&suggestions.tree, prefix, fuzzy);
            assert_eq!(search.by_ref().take(5).count(), 5);
            let open = search.open.len();
            assert!(open < 1_000, "{prefix}: {open} are open");
        }
    }
}
