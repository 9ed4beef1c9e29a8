//! From stems to the terms that have them, for each language by itself.

use std::collections::HashMap;
use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use smallvec::SmallVec;

use super::language::Language;
use super::terms::{Name, Names, Slab, TermId, spread};

/// Which terms have which stem, among those that documents of a language hold.
///
/// Nearly always all documents are of one language, the default one, and then nothing is counted:
/// a term is there as long as any document holds it. Documents of other languages are counted by
/// term, and what is left of its holders are those of the default language.
pub(super) struct Stems {
    /// The language of documents that do not say theirs.
    default: Language,
    of_default: Terms,
    /// Languages of some document beside the default one, each once.
    others: Vec<(Language, Others)>,
}

/// What a language other than the default one has.
#[derive(Default)]
struct Others {
    terms: Terms,
    /// How many documents of the language hold a term; never 0.
    holders: HashMap<TermId, u32>,
}

/// Terms by their stem; no list is empty. Words without a stem are in none.
#[derive(Default)]
struct Terms {
    stems: Slab<Stem>,
    /// Numbers of stems that no term has any more.
    free: Vec<u32>,
    by_hash: HashTable<Slot>,
    names: Names,
    /// Seeded anew in each process: nobody can choose words that collide.
    hasher: RandomState,
}

/// A stem, and the terms that have it: nearly always at most four, which need no memory of their own.
struct Stem {
    terms: SmallVec<[TermId; 4]>,
    name: Name,
}

/// What the hash table holds of a stem: its hash too, so that names are read only where they are likely
/// to be equal, and its number.
#[derive(Clone, Copy)]
struct Slot {
    hash: u32,
    stem: u32,
}

impl Stems {
    /// Nothing yet, for documents that are in `default` unless they say otherwise.
    pub(super) fn new(default: Language) -> Self {
        Self {
            default,
            of_default: Terms::default(),
            others: Vec::new(),
        }
    }

    /// One more document of a language holds a term, which `before` documents of any language held
    /// already. `stem` is asked for only where the term is new to the language.
    pub(super) fn add(
        &mut self,
        language: Language,
        term: TermId,
        before: usize,
        stem: impl FnOnce() -> Option<Vec<u8>>,
    ) {
        if language == self.default {
            if before == self.held_by_others(term) {
                self.of_default.add(term, stem());
            }
            return;
        }
        let known = self.others.iter().position(|other| other.0 == language);
        let slot = known.unwrap_or_else(|| {
            self.others.push((language, Others::default()));
            self.others.len() - 1
        });
        let (_, others) = &mut self.others[slot];
        let holders = others.holders.entry(term).or_default();
        *holders += 1;
        if *holders == 1 {
            others.terms.add(term, stem());
        }
    }

    /// A term that has been loaded is held by so many documents of any language. All of other
    /// languages than the default one have been added by now.
    pub(super) fn add_loaded(
        &mut self,
        term: TermId,
        holders: usize,
        stem: impl FnOnce() -> Option<Vec<u8>>,
    ) {
        if holders > self.held_by_others(term) {
            self.of_default.add(term, stem());
        }
    }

    /// One document of a language fewer holds a term, which `after` documents of any language
    /// still hold. `stem` is asked for only where the term vanishes from the language.
    pub(super) fn remove(
        &mut self,
        language: Language,
        term: TermId,
        after: usize,
        stem: impl FnOnce() -> Option<Vec<u8>>,
    ) {
        if language == self.default {
            if after == self.held_by_others(term) {
                self.of_default.remove(term, stem());
            }
            return;
        }
        let slot = self.others.iter().position(|other| other.0 == language);
        let slot = slot.expect("a language is here as long as a document of it holds a term");
        let (_, others) = &mut self.others[slot];
        let holders = others.holders.get_mut(&term);
        let holders = holders.expect("a term that is removed has been added");
        *holders -= 1;
        if *holders == 0 {
            others.holders.remove(&term);
            others.terms.remove(term, stem());
        }
        if others.holders.is_empty() {
            self.others.swap_remove(slot);
        }
    }

    /// The terms with a stem in a language, in no order.
    pub(super) fn get(&self, language: Language, stem: &[u8]) -> &[TermId] {
        let terms = if language == self.default {
            Some(&self.of_default)
        } else {
            let other = self.others.iter().find(|other| other.0 == language);
            other.map(|(_, others)| &others.terms)
        };
        terms.map_or(&[], |terms| terms.get(stem))
    }

    /// Heap bytes in use, by capacity.
    pub(super) fn memory_bytes(&self) -> usize {
        let of_others = |(_, others): &(Language, Others)| {
            others.terms.memory_bytes()
                + table_bytes(others.holders.capacity(), size_of::<(TermId, u32)>())
        };
        self.of_default.memory_bytes()
            + self.others.capacity() * size_of::<(Language, Others)>()
            + self.others.iter().map(of_others).sum::<usize>()
    }

    fn held_by_others(&self, term: TermId) -> usize {
        let held = |(_, others): &(Language, Others)| {
            others
                .holders
                .get(&term)
                .map_or(0, |&holders| holders as usize)
        };
        self.others.iter().map(held).sum()
    }

    /// Every language with a stem and a term that has it.
    #[cfg(test)]
    pub(super) fn pairs(&self) -> Vec<(Language, &[u8], TermId)> {
        let others = self
            .others
            .iter()
            .map(|(language, others)| (*language, &others.terms));
        let mut pairs = Vec::new();
        for (language, terms) in others.chain([(self.default, &self.of_default)]) {
            for slot in &terms.by_hash {
                let stem = &terms.stems[slot.stem as usize];
                assert!(!stem.terms.is_empty(), "a stem without a term is removed");
                let name = terms.names.get(stem.name);
                pairs.extend(stem.terms.iter().map(|&term| (language, name, term)));
            }
        }
        pairs
    }
}

impl Terms {
    fn add(&mut self, term: TermId, stem: Option<Vec<u8>>) {
        let Some(stem) = stem else { return };
        if let Some(slot) = self.find(&stem) {
            self.stems[slot.stem as usize].terms.push(term);
            return;
        }
        let hash = self.hash(&stem);
        let new = Stem {
            terms: SmallVec::from_slice(&[term]),
            name: self.names.add(&stem),
        };
        let stem = match self.free.pop() {
            Some(stem) => {
                self.stems[stem as usize] = new;
                stem
            }
            None => u32::try_from(self.stems.push(new)).expect("fewer than 2^32 stems"),
        };
        self.by_hash
            .insert_unique(spread(hash), Slot { hash, stem }, |slot| spread(slot.hash));
    }

    fn remove(&mut self, term: TermId, stem: Option<Vec<u8>>) {
        let Some(stem) = stem else { return };
        let slot = self.find(&stem);
        let slot = slot.expect("a term with a stem is among those of its stem");
        let related = &mut self.stems[slot.stem as usize];
        related.terms.retain(|other| *other != term);
        if related.terms.is_empty() {
            related.terms = SmallVec::new();
            self.names.remove(related.name);
            self.free.push(slot.stem);
            let found = self
                .by_hash
                .find_entry(spread(slot.hash), |other| other.stem == slot.stem);
            if let Ok(found) = found {
                found.remove();
            }
        }
    }

    fn get(&self, stem: &[u8]) -> &[TermId] {
        let slot = self.find(stem);
        slot.map_or(&[], |slot| &self.stems[slot.stem as usize].terms)
    }

    fn find(&self, stem: &[u8]) -> Option<Slot> {
        let hash = self.hash(stem);
        let is_it = |slot: &Slot| {
            slot.hash == hash && self.names.get(self.stems[slot.stem as usize].name) == stem
        };
        self.by_hash.find(spread(hash), is_it).copied()
    }

    fn hash(&self, stem: &[u8]) -> u32 {
        (self.hasher.hash_one(stem) >> 32) as u32
    }

    fn memory_bytes(&self) -> usize {
        let spilled = self.stems.iter().filter(|stem| stem.terms.spilled());
        let spilled = spilled.map(|stem| stem.terms.capacity() * size_of::<TermId>());
        self.stems.memory_bytes()
            + self.free.capacity() * size_of::<u32>()
            + self.by_hash.allocation_size()
            + self.names.memory_bytes()
            + spilled.sum::<usize>()
    }
}

/// A hash table keeps an eighth of its slots free, and a control byte for each.
pub(super) const fn table_bytes(capacity: usize, entry: usize) -> usize {
    capacity * 8 / 7 * (entry + 1)
}
