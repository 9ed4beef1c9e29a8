use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::radix::Radix;
use super::*;

fn names() -> impl Strategy<Value = Vec<(Vec<u8>, bool)>> {
    // Few letters and long runs: labels are split, joined and chained.
    let name = prop::collection::vec(prop::sample::select(&b"ab\xff"[..]), 0..20);
    prop::collection::vec((name, prop::bool::weighted(0.7)), 0..60)
}

/// Accepts what has no `b` in it.
struct WithoutB;

impl Automaton for WithoutB {
    type State = ();
    fn start(&self) {}
    fn step(&self, (): (), byte: u8) -> Option<()> {
        (byte != b'b').then_some(())
    }
    fn accepts(&self, (): ()) -> bool {
        true
    }
}

fn add(terms: &mut Terms, name: &[u8]) -> TermId {
    let mut numbers = [TermId::new(0)];
    terms.find_or_add([name].into_iter(), &mut numbers);
    numbers[0]
}

proptest! {
    #[test]
    fn terms_equal_a_sorted_set_after_any_writes(
        writes in names(), prefix in prop::collection::vec(prop::sample::select(&b"ab"[..]), 0..4),
    ) {
        let mut terms = Terms::default();
        let mut model = BTreeSet::new();
        for (name, added) in writes {
            match (added, terms.find(&name)) {
                (true, None) => {
                    let term = add(&mut terms, &name);
                    prop_assert_eq!(terms.name(term), &name[..]);
                    prop_assert!(model.insert(name));
                }
                (false, Some(term)) => {
                    terms.remove(term);
                    prop_assert!(model.remove(&name));
                }
                (_, found) => prop_assert_eq!(found.is_some(), model.contains(&name)),
            }
        }
        prop_assert_eq!(terms.len(), model.len());
        let names = |terms: Vec<&[u8]>| terms.into_iter().map(<[u8]>::to_vec).collect::<Vec<_>>();
        let all = names(terms.iter().map(|term| terms.name(term)).collect());
        prop_assert_eq!(&all, &model.iter().cloned().collect::<Vec<_>>());
        let found = names(terms.with_prefix(&prefix).map(|term| terms.name(term)).collect());
        let expected: Vec<_> = all.iter().filter(|n| n.starts_with(&prefix)).cloned().collect();
        prop_assert_eq!(found, expected);
        let found = names(terms.matching(WithoutB).map(|term| terms.name(term)).collect());
        let expected: Vec<_> = all.iter().filter(|n| !n.contains(&b'b')).cloned().collect();
        prop_assert_eq!(found, expected);
        for name in all {
            prop_assert_eq!(terms.find(&name).map(|term| terms.name(term)), Some(&name[..]));
        }
    }
}

#[test]
fn removed_terms_leave_nothing_behind() {
    let mut tree = Radix::default();
    let names: Vec<String> = (0..500).map(|n| format!("{}", n * 7919 % 1000)).collect();
    let numbers: BTreeMap<&String, u32> = names.iter().zip(0..).collect();
    let mut bytes = 0;
    for round in 0..3 {
        for (name, &number) in &numbers {
            tree.insert(name.as_bytes(), TermId::new(number));
        }
        assert_eq!(tree.matching(Everything).count(), numbers.len());
        for name in numbers.keys() {
            tree.remove(name.as_bytes());
        }
        assert_eq!(tree.matching(Everything).count(), 0);
        if round == 0 {
            bytes = tree.memory_bytes();
        }
        assert_eq!(tree.memory_bytes(), bytes);
    }
}

#[test]
fn the_room_of_removed_names_is_used_again() {
    let mut terms = Terms::default();
    let write = |terms: &mut Terms, from: u32| {
        let added: Vec<TermId> = (from..from + 100)
            .map(|n| add(terms, format!("word{n:04}").as_bytes()))
            .collect();
        added.into_iter().for_each(|term| terms.remove(term));
    };
    write(&mut terms, 0);
    let bytes = terms.memory_bytes();
    for round in 1..20 {
        write(&mut terms, round * 100);
    }
    // Other words make another tree, of about the same size.
    assert!(terms.memory_bytes() <= bytes * 5 / 4);
}
