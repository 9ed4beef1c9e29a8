//! Suggestions against a list that is sorted anew for each search.

use proptest::prelude::*;

use super::{EXACT_SCORE, Suggestion, Suggestions, folded};
use crate::edit_distance::Pattern;

fn texts(suggestions: &Suggestions, prefix: &str, fuzzy: bool, most: usize) -> Vec<String> {
    let found = suggestions.complete(prefix, fuzzy, most);
    found
        .iter()
        .map(|completion| completion.suggestion.text.to_string())
        .collect()
}

fn filled(texts: &[(&str, f64)]) -> Suggestions {
    let mut suggestions = Suggestions::default();
    for (text, weight) in texts {
        suggestions.set(text, *weight, None);
    }
    suggestions.tree.check();
    suggestions
}

#[test]
fn heavier_and_shorter_texts_come_first_and_the_prefix_itself_before_all() {
    let suggestions = filled(&[("hell", 0.1), ("hello", 1.0), ("hello world", 1.0)]);
    let found = suggestions.complete("hell", false, 5);
    let scores: Vec<f64> = found.iter().map(|completion| completion.score).collect();
    assert_eq!(scores, [EXACT_SCORE, 1.0 / 2f64.sqrt(), 1.0 / 8f64.sqrt()]);
    assert_eq!(texts(&suggestions, "hell", false, 2), ["hell", "hello"]);
    assert_eq!(texts(&suggestions, "hellx", false, 5), [""; 0]);
    assert_eq!(texts(&suggestions, "hell", false, 0), [""; 0]);
}

#[test]
fn any_case_is_found_and_the_own_one_given() {
    let suggestions = filled(&[("Straße", 1.0), ("STRASSE", 2.0), ("ÄPFEL", 1.0)]);
    assert_eq!(texts(&suggestions, "STRA", false, 5), ["STRASSE", "Straße"]);
    assert_eq!(texts(&suggestions, "äp", false, 5), ["ÄPFEL"]);
    let both = filled(&[("Foo", 1.0), ("foo", 2.0)]);
    assert_eq!(both.len(), 2);
    assert_eq!(texts(&both, "FOO", false, 5), ["foo", "Foo"]);
}

#[test]
fn equal_scores_come_in_alphabetical_order() {
    let suggestions = filled(&[("bb", 1.0), ("ba", 1.0), ("ab", 1.0), ("aa", 1.0)]);
    assert_eq!(texts(&suggestions, "", false, 3), ["aa", "ab", "ba"]);
}

#[test]
fn a_fuzzy_prefix_may_be_one_letter_off() {
    let suggestions = filled(&[("badger", 1.0), ("banner", 9.0), ("müller", 1.0)]);
    assert_eq!(
        texts(&suggestions, "badg", true, 5),
        ["badger"],
        "two letters of banner are other ones"
    );
    assert_eq!(texts(&suggestions, "bad", true, 5), ["banner", "badger"]);
    for off in ["mülxer", "müler", "mülller", "muller"] {
        assert_eq!(texts(&suggestions, off, true, 5), ["müller"], "{off}");
        assert_eq!(texts(&suggestions, off, false, 5), [""; 0], "{off}");
    }
}

#[test]
fn weights_and_payloads_are_set_added_to_and_kept() {
    let mut suggestions = Suggestions::default();
    suggestions.set("a", 1.0, Some(b"p"));
    suggestions.increment("a", 2.5, None);
    let expected = |weight, payload: Option<&[u8]>| Suggestion {
        text: "a".into(),
        weight,
        payload: payload.map(Into::into),
    };
    assert_eq!(suggestions.get("a"), Some(&expected(3.5, Some(b"p"))));
    suggestions.increment("a", f64::MAX, Some(b"q"));
    suggestions.increment("a", f64::MAX, None);
    assert_eq!(suggestions.get("a"), Some(&expected(f64::MAX, Some(b"q"))));
    suggestions.set("a", 1.0, None);
    assert_eq!(suggestions.get("a"), Some(&expected(1.0, None)));
    assert_eq!(suggestions.get("A"), None);
    assert!(!suggestions.remove("A"));
    assert!(suggestions.remove("a"));
    assert!(suggestions.is_empty());
    suggestions.tree.check();
}

#[test]
fn texts_that_begin_each_other_deeply_do_no_harm() {
    let mut suggestions = Suggestions::default();
    let longest = "a".repeat(3_000);
    for length in 1..=longest.len() {
        suggestions.set(&longest[..length], 1.0, None);
    }
    suggestions.tree.check();
    assert_eq!(suggestions.iter().count(), 3_000);
    assert_eq!(texts(&suggestions, &longest, true, 1), [longest.as_str()]);
    assert_eq!(suggestions.clone().len(), 3_000);
}

/// What [`Suggestions`] is to be, slowly.
#[derive(Default)]
struct Model(Vec<Suggestion>);

impl Model {
    fn entry(&mut self, text: &str) -> &mut Suggestion {
        let at = self.0.iter().position(|other| *other.text == *text);
        let at = at.unwrap_or_else(|| {
            self.0.push(Suggestion {
                text: text.into(),
                weight: 0.0,
                payload: None,
            });
            self.0.len() - 1
        });
        &mut self.0[at]
    }

    fn complete(&self, prefix: &str, fuzzy: bool, most: usize) -> Vec<(String, f64)> {
        let prefix = folded(prefix);
        let pattern = Pattern::new(prefix.as_bytes(), if fuzzy { 1 } else { 0 });
        let mut found: Vec<_> = self
            .0
            .iter()
            .filter_map(|suggestion| {
                let key = folded(&suggestion.text);
                let ends = key.char_indices().map(|(at, _)| at).chain([key.len()]);
                let distances = ends.filter_map(|end| pattern.distance_to(&key.as_bytes()[..end]));
                let distance = distances.min()?;
                let more = key.chars().count().saturating_sub(prefix.chars().count());
                let score = if key == prefix {
                    EXACT_SCORE
                } else {
                    suggestion.weight / (1.0 + more as f64).sqrt() / 4f64.powi(distance.into())
                };
                Some((
                    key == prefix,
                    score,
                    suggestion.weight,
                    key,
                    suggestion.text.to_string(),
                ))
            })
            .collect();
        found.sort_by(|a, b| {
            let best = (b.0, b.1).partial_cmp(&(a.0, a.1)).unwrap();
            let heavier = b.2.total_cmp(&a.2);
            let heavier = if a.0 && b.0 {
                heavier
            } else {
                std::cmp::Ordering::Equal
            };
            best.then(heavier)
                .then_with(|| (&a.3, &a.4).cmp(&(&b.3, &b.4)))
        });
        found.truncate(most);
        found
            .into_iter()
            .map(|(_, score, _, _, text)| (text, score))
            .collect()
    }
}

#[derive(Clone, Debug)]
enum Move {
    Set(String, u8),
    Increment(String, u8),
    Remove(String),
    Complete(String, bool, usize),
}

fn moves() -> impl Strategy<Value = Move> {
    let text = "[abAéÉ]{1,6}";
    prop_oneof![
        4 => (text, 0u8..4).prop_map(|(text, weight)| Move::Set(text, weight)),
        2 => (text, 0u8..4).prop_map(|(text, weight)| Move::Increment(text, weight)),
        2 => text.prop_map(Move::Remove),
        3 => ("[abAé]{0,5}", any::<bool>(), 0usize..12)
            .prop_map(|(prefix, fuzzy, most)| Move::Complete(prefix, fuzzy, most)),
    ]
}

proptest! {
    #[test]
    fn the_tree_answers_as_a_sorted_list_would(moves in prop::collection::vec(moves(), 0..60)) {
        let mut suggestions = Suggestions::default();
        let mut model = Model::default();
        for one in moves {
            match one {
                Move::Set(text, weight) => {
                    suggestions.set(&text, weight.into(), None);
                    model.entry(&text).weight = weight.into();
                }
                Move::Increment(text, weight) => {
                    suggestions.increment(&text, weight.into(), None);
                    model.entry(&text).weight += f64::from(weight);
                }
                Move::Remove(text) => {
                    let before = model.0.len();
                    model.0.retain(|other| *other.text != *text);
                    prop_assert_eq!(suggestions.remove(&text), model.0.len() < before);
                }
                Move::Complete(prefix, fuzzy, most) => {
                    let found = suggestions.complete(&prefix, fuzzy, most);
                    let found: Vec<_> = found
                        .iter()
                        .map(|one| (one.suggestion.text.to_string(), one.score))
                        .collect();
                    prop_assert_eq!(found, model.complete(&prefix, fuzzy, most));
                }
            }
            suggestions.tree.check();
            prop_assert_eq!(suggestions.len(), model.0.len());
            prop_assert_eq!(suggestions.iter().count(), model.0.len());
        }
    }
}
