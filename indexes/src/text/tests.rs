//! The text index against a scan of the documents' tokens.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;

use super::analysis::{Analyzer, AnalyzerOptions};
use super::block::Coding;
use super::language::Language;
use super::lengths::Lengths;
use super::postings::PostingList;
use super::{FieldMask, FieldOptions, PostingCursor, TextField, TextIndex};
use crate::doc::DocId;
use crate::docset::DocSet;
use crate::docset::contract::{follows_contract, moves};

/// Weights that add up without rounding.
const FIELDS: [FieldOptions; 3] = [
    FieldOptions {
        weight: 1.0,
        no_stem: false,
        phonetic: false,
        index_empty: false,
    },
    FieldOptions {
        weight: 2.5,
        no_stem: true,
        phonetic: false,
        index_empty: false,
    },
    FieldOptions {
        weight: 0.25,
        no_stem: false,
        phonetic: false,
        index_empty: false,
    },
];

/// Words that share stems and beginnings, a stop word, a short stem and a number.
const WORDS: [&str; 14] = [
    "run", "running", "runs", "runner", "hous", "house", "houses", "housing", "the", "Örtlich",
    "1234", "dog", "dogs", "zeta",
];

type Values = Vec<(u8, Vec<&'static str>)>;

/// What each document was last given.
#[derive(Default)]
struct Model(BTreeMap<DocId, Values>);

/// Where a document holds a term: field, then position.
type Places = BTreeSet<(u8, u32)>;

impl Model {
    fn places(&self, doc: DocId, term: &str) -> Places {
        let mut places = Places::new();
        let mut next = [0_u32; 3];
        for (field, words) in &self.0[&doc] {
            let start = next[usize::from(*field)];
            let kept = words.iter().filter(|word| **word != "the").zip(start..);
            for (word, position) in kept {
                if word.to_lowercase() == term {
                    places.insert((*field, position));
                }
                next[usize::from(*field)] = position + 101;
            }
        }
        places
    }

    /// The documents that hold a term in any of these fields, with all places.
    fn postings(&self, term: &str, fields: &[u8]) -> BTreeMap<DocId, Places> {
        let within = |places: &Places| places.iter().any(|(field, _)| fields.contains(field));
        let all = self.0.keys().map(|&doc| (doc, self.places(doc, term)));
        all.filter(|(_, places)| within(places)).collect()
    }

    /// Every term that some document holds.
    fn terms(&self) -> BTreeSet<String> {
        let terms = WORDS.iter().map(|word| word.to_lowercase());
        terms
            .filter(|term| !self.postings(term, &[0, 1, 2]).is_empty())
            .collect()
    }

    fn phrase(&self, terms: &[&str], fields: &[u8]) -> BTreeMap<DocId, usize> {
        let starts = |doc: DocId| {
            let places: Vec<Places> = terms.iter().map(|term| self.places(doc, term)).collect();
            let first = places.first().into_iter().flatten();
            let begins = |&&(field, position): &&(u8, u32)| {
                fields.contains(&field)
                    && places
                        .iter()
                        .zip(position..)
                        .all(|(p, at)| p.contains(&(field, at)))
            };
            first.filter(begins).count()
        };
        let all = self.0.keys().map(|&doc| (doc, starts(doc)));
        all.filter(|(_, count)| *count > 0).collect()
    }
}

fn weight(places: &Places) -> f64 {
    places
        .iter()
        .map(|(field, _)| FIELDS[usize::from(*field)].weight)
        .sum()
}

fn doc(number: u32) -> DocId {
    DocId::new(number).unwrap()
}

fn mask(fields: &[u8]) -> FieldMask {
    fields
        .iter()
        .map(|&field| TextField::new(field).unwrap())
        .collect()
}

fn keys<V>(map: &BTreeMap<DocId, V>) -> BTreeSet<DocId> {
    map.keys().copied().collect()
}

fn new_index() -> TextIndex {
    TextIndex::new(Analyzer::default(), FIELDS.to_vec())
}

fn write(index: &mut TextIndex, doc: DocId, values: &Values) {
    let texts: Vec<(TextField, String)> = values
        .iter()
        .map(|(field, words)| (TextField::new(*field).unwrap(), words.join(", ")))
        .collect();
    let fields: Vec<(TextField, &[u8])> = texts
        .iter()
        .map(|(field, text)| (*field, text.as_bytes()))
        .collect();
    index.insert(doc, &fields);
}

fn values() -> impl Strategy<Value = Values> {
    let words = prop::collection::vec(prop::sample::select(&WORDS[..]), 0..12);
    prop::collection::vec((0_u8..3, words), 0..4)
}

fn writes() -> impl Strategy<Value = Vec<(u32, Option<Values>)>> {
    prop::collection::vec((1_u32..12, prop::option::weighted(0.7, values())), 0..40)
}

fn some_fields() -> impl Strategy<Value = Vec<u8>> {
    prop::sample::subsequence(vec![0, 1, 2], 0..=3)
}

fn written(writes: Vec<(u32, Option<Values>)>) -> (TextIndex, Model) {
    let mut index = new_index();
    let mut model = Model::default();
    for (id, values) in writes {
        match values {
            Some(values) => {
                write(&mut index, doc(id), &values);
                model.0.insert(doc(id), values);
            }
            None => assert_eq!(index.remove(doc(id)), model.0.remove(&doc(id)).is_some()),
        }
        index.check();
    }
    (index, model)
}

/// The documents of a cursor, with everything it tells about each.
fn walk(mut cursor: PostingCursor) -> BTreeMap<DocId, Places> {
    let mut found = BTreeMap::new();
    while let Some(doc) = cursor.doc() {
        let place = |&place: &u32| (u8::try_from(place >> 25).unwrap(), place & 0x1ff_ffff);
        let places: Places = cursor.positions().iter().map(place).collect();
        let fields: Vec<u8> = places.iter().map(|(field, _)| *field).collect();
        assert_eq!(cursor.field_mask(), mask(&fields));
        assert_eq!(f64::from(cursor.frequency()), weight(&places));
        assert_eq!(cursor.positions().len(), places.len());
        found.insert(doc, places);
        cursor.advance();
    }
    assert_eq!((cursor.frequency(), cursor.positions().len()), (0.0, 0));
    found
}

/// Characters inserted, dropped or replaced between two words.
fn edits(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (above, a) in from.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], above + 1);
        for (at, b) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[at + 1];
            row[at + 1] = replaced.min(diagonal + 1).min(row[at] + 1);
        }
    }
    row[to.len()]
}

proptest! {
    #[test]
    fn postings_equal_a_scan_after_any_writes(
        writes in writes(), fields in some_fields(), moves in moves(),
    ) {
        let (index, model) = written(writes);
        for word in WORDS {
            let term = word.to_lowercase();
            let everywhere = model.postings(&term, &[0, 1, 2]);
            prop_assert_eq!(index.document_frequency(term.as_bytes()), everywhere.len() as u64);
            match index.postings(term.as_bytes(), mask(&fields)) {
                Some(cursor) => {
                    prop_assert_eq!(cursor.document_frequency(), everywhere.len() as u64);
                    let expected = model.postings(&term, &fields);
                    prop_assert_eq!(walk(cursor), expected.clone());
                    let again = index.postings(term.as_bytes(), mask(&fields)).unwrap();
                    follows_contract(again, &keys(&expected), &moves);
                }
                None => prop_assert!(everywhere.is_empty()),
            }
            let documents = index.documents_with([term.as_bytes()], mask(&fields));
            let expected = keys(&model.postings(&term, &fields));
            prop_assert!(documents.iter().eq(expected.iter().map(|doc| doc.get())));
            let count = index.count_with([term.as_bytes()], mask(&fields));
            prop_assert_eq!(count, expected.len() as u64);
            let unrestricted = index.postings(term.as_bytes(), FieldMask::ALL);
            prop_assert_eq!(unrestricted.map(walk).unwrap_or_default(), everywhere);
        }
    }

    #[test]
    fn statistics_equal_a_count_after_any_writes(writes in writes()) {
        let (index, model) = written(writes);
        let terms = model.terms();
        let postings = |term: &String| model.postings(term, &[0, 1, 2]).len();
        prop_assert_eq!(index.document_count(), model.0.len() as u64);
        prop_assert_eq!(index.term_count(), terms.len());
        prop_assert_eq!(index.posting_count(), terms.iter().map(postings).sum::<usize>());
        let length = |doc: DocId| -> f64 {
            terms.iter().map(|term| weight(&model.places(doc, term))).sum()
        };
        for id in 1..15 {
            let known = model.0.contains_key(&doc(id));
            prop_assert_eq!(index.contains(doc(id)), known);
            let expected = if known { length(doc(id)) } else { 0.0 };
            prop_assert_eq!(index.document_length(doc(id)), expected);
        }
        let total: f64 = model.0.keys().map(|&doc| length(doc)).sum();
        prop_assert_eq!(index.total_length(), total);
    }

    #[test]
    fn phrases_equal_a_scan_after_any_writes(
        writes in writes(),
        fields in some_fields(),
        phrases in prop::collection::vec(
            prop::collection::vec(prop::sample::select(vec!["run", "dog", "hous", "zeta"]), 1..4),
            1..8,
        ),
        moves in moves(),
    ) {
        let (index, model) = written(writes);
        for terms in phrases {
            let expected = model.phrase(&terms, &fields);
            let Some(mut phrase) = index.phrase(&terms, mask(&fields)) else {
                prop_assert!(terms.iter().any(|term| !model.terms().contains(*term)));
                continue;
            };
            let mut found = BTreeMap::new();
            while let Some(doc) = phrase.doc() {
                prop_assert!(phrase.parts_mut().all(|part| part.doc() == Some(doc)));
                found.insert(doc, phrase.occurrences());
                phrase.advance();
            }
            prop_assert_eq!(phrase.occurrences(), 0);
            prop_assert_eq!(&found, &expected);
            let again = index.phrase(&terms, mask(&fields)).unwrap();
            follows_contract(again, &keys(&expected), &moves);
        }
    }

    #[test]
    fn prefixes_expand_to_the_terms_in_use(writes in writes(), limit in 0_usize..6) {
        let (index, model) = written(writes);
        for prefix in ["", "r", "run", "hous", "ö", "1", "zz"] {
            let terms = model.terms();
            let all: Vec<&String> = terms.iter().filter(|t| t.starts_with(prefix)).collect();
            let (found, truncated) = index.expand_prefix(prefix.as_bytes(), limit);
            prop_assert_eq!(truncated, all.len() > limit);
            let expected: Vec<&[u8]> = all.iter().take(limit).map(|t| t.as_bytes()).collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn words_with_errors_expand_to_the_terms_near_them(
        words in prop::collection::btree_set("[abé]{1,6}", 1..30),
        word in "[abé]{1,6}",
        limit in 0_usize..9,
    ) {
        let mut index = new_index();
        let text = words.iter().cloned().collect::<Vec<_>>().join(" ");
        index.insert(doc(1), &[(TextField::new(0).unwrap(), text.as_bytes())]);
        for distance in 1..=2 {
            let near = |other: &&String| edits(&word, other) <= usize::from(distance);
            let kept = |word: &&String| !index.analyzer().is_stop_word(word.as_bytes());
            let all: Vec<&String> = words.iter().filter(kept).filter(near).collect();
            let (found, truncated) = index.expand_fuzzy(word.as_bytes(), distance, limit);
            prop_assert_eq!(truncated, all.len() > limit);
            let expected: Vec<&[u8]> = all.iter().take(limit).map(|t| t.as_bytes()).collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn stems_expand_to_the_terms_in_use_but_not_into_unstemmed_fields(
        writes in writes(), fields in some_fields(),
    ) {
        let (index, model) = written(writes);
        let analyzer = index.analyzer();
        for word in WORDS.iter().map(|word| word.to_lowercase()).chain(["housed".to_owned()]) {
            // A word without a stem of its own stands for those whose stem it is.
            let stem = analyzer.stem(word.as_bytes()).unwrap_or_else(|| word.as_bytes().to_vec());
            let is_related = |term: &String| {
                let same = analyzer.stem(term.as_bytes()).as_ref() == Some(&stem);
                *term != word && (same || stem == term.as_bytes())
            };
            let related: Vec<String> = model.terms().into_iter().filter(is_related).collect();
            let expected: Vec<&[u8]> = related.iter().map(String::as_bytes).collect();
            prop_assert_eq!(index.expand_stem(word.as_bytes(), Language::ENGLISH), expected);

            let stemmed: Vec<u8> = fields.iter().copied().filter(|f| *f != 1).collect();
            let mut docs = keys(&model.postings(&word, &fields));
            for term in &related {
                docs.extend(keys(&model.postings(term, &stemmed)));
            }
            let cursors = index.stem_postings(word.as_bytes(), mask(&fields));
            let found: BTreeSet<DocId> =
                cursors.into_iter().flat_map(|cursor| keys(&walk(cursor))).collect();
            prop_assert_eq!(found, docs);
        }
    }

    #[test]
    fn long_lists_split_and_join_and_lose_nothing(
        inserted in prop::collection::vec(1_u32..3_000, 0..1_500),
        ascending in any::<bool>(),
        survivors in prop::collection::btree_set(1_u32..3_000, 0..100),
        moves in moves(),
    ) {
        let coding = Arc::new(Coding { offsets: true, weights: None });
        let lengths = Lengths::default();
        let cursor = |list: &PostingList| PostingCursor::new(list, &coding, FieldMask::ALL);
        let mut list = PostingList::default();
        let mut model = BTreeMap::new();
        let mut inserted = inserted;
        if ascending {
            inserted.sort_unstable();
        }
        for id in inserted {
            let places: Vec<u32> = (0..1 + id % 3).map(|n| id + n).collect();
            if model.insert(doc(id), places.clone()).is_none() {
                list.insert(doc(id), &places, &coding, &lengths);
            }
        }
        list.check(&coding);
        follows_contract(cursor(&list), &keys(&model), &moves);
        for (id, places) in model.clone() {
            if !survivors.contains(&id.get()) {
                list.remove(id, &coding, &lengths, |removed| assert_eq!(removed, places));
                model.remove(&id);
            }
        }
        list.check(&coding);
        prop_assert!(list.block_count() <= 2 + model.len() / 16);
        let mut walk = cursor(&list);
        for (id, places) in &model {
            prop_assert_eq!(walk.doc(), Some(*id));
            prop_assert_eq!(walk.positions(), places);
            walk.advance();
        }
        follows_contract(cursor(&list), &keys(&model), &moves);
    }

    #[test]
    fn any_bytes_can_be_indexed_found_and_removed(
        texts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 1..5),
    ) {
        let mut index = new_index();
        for (slot, text) in texts.iter().enumerate() {
            let doc = DocId::from_index(slot).unwrap();
            index.insert(doc, &[(TextField::new(127).unwrap(), text)]);
        }
        index.check();
        for (slot, text) in texts.iter().enumerate() {
            let doc = DocId::from_index(slot).unwrap();
            let terms: Vec<_> = index.analyzer().terms(text).collect();
            if !terms.is_empty() {
                let found = index.phrase(&terms, FieldMask::ALL).and_then(|mut p| p.seek(doc));
                prop_assert_eq!(found, Some(doc));
            }
        }
        for slot in 0..texts.len() {
            prop_assert!(index.remove(DocId::from_index(slot).unwrap()));
        }
        index.check();
        let left = (index.term_count(), index.posting_count(), index.document_count());
        prop_assert_eq!(left, (0, 0, 0));
        prop_assert_eq!(index.total_length(), 0.0);
    }
}

#[test]
fn a_phrase_spans_stop_words_but_neither_fields_nor_values() {
    let mut index = new_index();
    let fields = [0, 2, 2].map(|field| TextField::new(field).unwrap());
    let texts = [&b"Queen of the Netherlands"[..], b"dogs and", b"cats"];
    let values: Vec<_> = fields.into_iter().zip(texts).collect();
    index.insert(doc(1), &values);
    let holds = |terms: &[&str]| {
        let phrase = index.phrase(terms, FieldMask::ALL);
        phrase.and_then(|phrase| phrase.doc()).is_some()
    };
    assert!(holds(&["queen", "netherlands"]));
    assert!(!holds(&["netherlands", "queen"]));
    assert!(!holds(&["netherlands", "dogs"]));
    assert!(!holds(&["dogs", "cats"]));
    assert!(!holds(&[]));
}

#[test]
fn memory_counts_at_least_names_postings_and_places() {
    let analyzer = Analyzer::new(AnalyzerOptions::default());
    let mut index = TextIndex::new(analyzer, Vec::new());
    let empty = index.memory_bytes();
    for id in 1..=500 {
        let text = format!("common again common unique{id}");
        index.insert(doc(id), &[(TextField::new(0).unwrap(), text.as_bytes())]);
    }
    let postings = 500 * 3 * (4 + 4 + 4) + 500 * 4;
    assert!(index.memory_bytes() - empty > postings + 500 * "unique123".len());
}

#[test]
fn an_index_and_its_cursors_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<TextIndex>();
    shared::<super::Phrase>();
}
