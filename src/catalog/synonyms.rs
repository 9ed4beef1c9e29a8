//! Words that stand for each other, as queries look them up.

use std::collections::BTreeMap;
use std::sync::Arc;

use nuthatch_indexes::text::analysis::fold;

use super::index::Index;
use crate::request::synonym::SynonymGroup;

/// The groups of an index by their terms.
#[derive(Default)]
pub struct Synonyms {
    /// In the order in which they came; no term is twice in one.
    groups: Vec<SynonymGroup>,
    /// By folded term: the groups that have it, as ascending slots in `groups`.
    by_term: BTreeMap<Vec<u8>, Vec<usize>>,
    by_id: BTreeMap<Vec<u8>, usize>,
}

impl Synonyms {
    /// These groups.
    pub(super) fn new(groups: &[SynonymGroup]) -> Self {
        let mut synonyms = Self::default();
        for group in groups {
            synonyms.add(group);
        }
        synonyms
    }

    /// Adds terms to a group, which may be new; the slot of the group, and the terms that are new
    /// to it.
    fn add(&mut self, group: &SynonymGroup) -> (usize, Vec<Vec<u8>>) {
        let slot = *self.by_id.entry(group.id.clone()).or_insert_with(|| {
            self.groups.push(SynonymGroup {
                id: group.id.clone(),
                terms: Vec::new(),
            });
            self.groups.len() - 1
        });
        let mut new = Vec::new();
        for term in &group.terms {
            let term = fold(term);
            let slots = self.by_term.entry(term.clone()).or_default();
            if let Err(place) = slots.binary_search(&slot) {
                slots.insert(place, slot);
                new.push(term);
            }
        }
        self.groups[slot].terms.extend_from_slice(&new);
        (slot, new)
    }

    /// The groups, each once, with folded terms.
    pub(super) fn groups(&self) -> &[SynonymGroup] {
        &self.groups
    }

    /// The other terms of every group that has a folded term; some of them twice if groups share
    /// them.
    pub fn of(&self, term: &[u8]) -> impl Iterator<Item = &[u8]> {
        let slots = self.by_term.get(term).into_iter().flatten();
        let terms = slots.flat_map(|&slot| &self.groups[slot].terms);
        terms.map(Vec::as_slice).filter(move |other| *other != term)
    }

    /// How many terms there are.
    #[must_use]
    pub fn term_count(&self) -> usize {
        self.by_term.len()
    }

    /// Every folded term in byte order, with the ids of its groups.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], Vec<&[u8]>)> {
        self.by_term.iter().map(|(term, slots)| {
            let ids = slots.iter().map(|&slot| self.groups[slot].id.as_slice());
            (term.as_slice(), ids.collect())
        })
    }
}

impl Index {
    /// The words that stand for each other.
    #[must_use]
    pub fn synonyms(&self) -> &Synonyms {
        &self.synonyms
    }

    /// Adds terms to a group of synonyms, which may be new. What is indexed already is found by
    /// them at once.
    pub fn add_synonyms(&mut self, group: &SynonymGroup) {
        let (slot, new) = self.synonyms.add(group);
        // The same groups in the same order, to be saved.
        let saved = &mut Arc::make_mut(&mut self.definition).synonyms;
        if slot == saved.len() {
            saved.push(SynonymGroup {
                id: group.id.clone(),
                terms: Vec::new(),
            });
        }
        saved[slot].terms.extend(new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::create::Definition;

    #[test]
    fn what_is_saved_are_the_groups_as_they_are() {
        let definition = Definition::parse(&[b"i", b"SCHEMA", b"t", b"TEXT"]).unwrap();
        let mut index = Index::new(1, definition);
        index.add_synonyms(&group("g", &["Boy"]));
        index.add_synonyms(&group("h", &["kid", "child"]));
        index.add_synonyms(&group("g", &["CHILD", "boy"]));
        let expected = [group("g", &["boy", "child"]), group("h", &["kid", "child"])];
        assert_eq!(index.definition().synonyms, expected);
        let again = Index::new(2, index.definition().clone());
        assert_eq!(again.definition().synonyms, expected);
        assert!(again.synonyms().iter().eq(index.synonyms().iter()));
    }

    fn group(id: &str, terms: &[&str]) -> SynonymGroup {
        SynonymGroup {
            id: id.into(),
            terms: terms.iter().map(|&term| term.into()).collect(),
        }
    }

    #[test]
    fn a_term_stands_for_all_terms_of_its_groups() {
        let groups = [
            group("g", &["Boy", "child", "CHILD"]),
            group("h", &["child", "Baby"]),
            group("g", &["offspring"]),
        ];
        let synonyms = Synonyms::new(&groups);
        let of = |term: &str| -> Vec<&[u8]> { synonyms.of(term.as_bytes()).collect() };
        assert_eq!(of("boy"), [&b"child"[..], b"offspring"]);
        assert_eq!(of("child"), [&b"boy"[..], b"offspring", b"baby"]);
        assert!(of("girl").is_empty());
        assert_eq!(synonyms.term_count(), 4);
        let all: Vec<_> = synonyms.iter().collect();
        assert_eq!(all[2], (&b"child"[..], vec![&b"g"[..], b"h"]));
        let again = Synonyms::new(&synonyms.groups);
        assert!(synonyms.iter().eq(again.iter()));
    }
}
