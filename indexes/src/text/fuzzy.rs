//! Which terms are within a few edits of a word.

use std::sync::OnceLock;

use levenshtein_automata::{DFA, Distance, LevenshteinAutomatonBuilder, SINK_STATE};

use super::terms::Automaton;

/// The largest distance that automata are made for: the tables for 3 take a third of a second.
const MOST_DISTANCE: u8 = 2;

/// Longer words have automata of too many states.
const MOST_CHARS: usize = 64;

/// Accepts what becomes a word by at most so many characters inserted, dropped or replaced.
///
/// Schulz and Mihov, "Fast String Correction with Levenshtein-Automata" (2002).
pub(super) struct Levenshtein(DFA);

impl Levenshtein {
    /// The automaton; none for a distance or a word that it would be too large for, or a word that is
    /// not valid UTF-8.
    pub(super) fn new(word: &[u8], distance: u8) -> Option<Self> {
        static BUILDERS: [OnceLock<LevenshteinAutomatonBuilder>; MOST_DISTANCE as usize + 1] =
            [const { OnceLock::new() }; MOST_DISTANCE as usize + 1];
        let word = std::str::from_utf8(word).ok()?;
        let builder = BUILDERS.get(usize::from(distance))?;
        if word.chars().count() > MOST_CHARS {
            return None;
        }
        let builder = builder.get_or_init(|| LevenshteinAutomatonBuilder::new(distance, false));
        Some(Self(builder.build_dfa(word)))
    }
}

impl Automaton for &Levenshtein {
    type State = u32;

    fn start(&self) -> u32 {
        self.0.initial_state()
    }

    #[inline]
    fn step(&self, state: u32, byte: u8) -> Option<u32> {
        let next = self.0.transition(state, byte);
        (next != SINK_STATE).then_some(next)
    }

    #[inline]
    fn accepts(&self, state: u32) -> bool {
        matches!(self.0.distance(state), Distance::Exact(_))
    }
}
