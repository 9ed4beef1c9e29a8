//! The best documents against a score of every one.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::analysis::{Analyzer, AnalyzerOptions};
use super::super::bm25::{idf, term_score};
use super::*;
use crate::docset::DocSet;
use crate::text::{FieldMask, FieldOptions, TextField, TextIndex};

const VOCABULARY: [&str; 6] = ["anne", "bert", "carl", "dora", "emil", "rare"];

/// Thousands of documents, so that there are blocks, in which some words are frequent and some are not.
fn index(documents: u32, seed: u64, weight: f64, removed: u32) -> TextIndex {
    let analyzer = Analyzer::new(AnalyzerOptions::default());
    let options = FieldOptions {
        weight,
        ..FieldOptions::default()
    };
    let mut index = TextIndex::new(analyzer, vec![FieldOptions::default(), options]);
    let mut state = seed | 1;
    let mut next = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    let mut text = |most: u64| {
        let words = (0..next(most)).map(|_| match next(1_000) {
            0..3 => 5,
            3..40 => 4,
            40..150 => 3,
            150..400 => 2,
            400..650 => 1,
            _ => 0,
        });
        let words: Vec<&str> = words.map(|word| VOCABULARY[word]).collect();
        words.join(" ")
    };
    for id in 1..=documents {
        let texts = [text(12), text(4)];
        let fields: Vec<(TextField, &[u8])> = (0..2)
            .filter_map(TextField::new)
            .zip(texts.iter().map(String::as_bytes))
            .collect();
        index.insert(DocId::new(id).unwrap(), &fields);
    }
    for id in (1..=documents).rev().step_by(3).take(removed as usize) {
        index.remove(DocId::new(id).unwrap());
    }
    index
}

fn average(index: &TextIndex) -> f64 {
    index.total_length() / index.document_count().max(1) as f64
}

/// How often documents hold any of some terms in some fields; what is in none is not there.
fn frequencies(index: &TextIndex, terms: &[&str], fields: FieldMask) -> BTreeMap<DocId, f64> {
    let mut frequencies = BTreeMap::new();
    for term in terms {
        let Some(mut postings) = index.postings(term.as_bytes(), fields) else {
            continue;
        };
        while let Some(doc) = postings.doc() {
            *frequencies.entry(doc).or_default() += f64::from(postings.frequency());
            postings.advance();
        }
    }
    frequencies
}

fn weight(index: &TextIndex, terms: &[&str]) -> f64 {
    let terms = terms.iter().map(|term| term.as_bytes());
    idf(
        index.document_count(),
        index.count_with(terms, FieldMask::ALL),
    )
}

fn word(index: &TextIndex, terms: &[&str], fields: FieldMask) -> Word {
    let postings = terms.iter();
    Word {
        terms: postings
            .filter_map(|term| index.postings(term.as_bytes(), fields))
            .collect(),
        weight: weight(index, terms),
    }
}

/// What a word scores in each document that holds it.
fn scores(index: &TextIndex, terms: &[&str], fields: FieldMask) -> BTreeMap<DocId, f64> {
    let weight = weight(index, terms);
    let frequencies = frequencies(index, terms, fields).into_iter();
    let score = |(doc, frequency): (DocId, f64)| {
        let length = index.document_length(doc);
        (doc, term_score(weight, frequency, length, average(index)))
    };
    frequencies.map(score).collect()
}

fn expected(k: usize, scores: BTreeMap<DocId, f64>) -> (Vec<(DocId, f64)>, u64) {
    let total = scores.len() as u64;
    let mut all: Vec<(DocId, f64)> = scores.into_iter().collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    all.truncate(k);
    (all, total)
}

fn find(
    index: &TextIndex,
    words: Words,
    k: usize,
    count: bool,
    factor: Option<&dyn Fn(DocId) -> f64>,
) -> Top {
    let filter = None;
    found(index, words, k, count, factor, filter)
}

fn found(
    index: &TextIndex,
    words: Words,
    k: usize,
    count: bool,
    factor: Option<&dyn Fn(DocId) -> f64>,
    filter: Option<Filter<'_>>,
) -> Top {
    let query = TopQuery {
        words,
        k,
        filter,
        count,
        factor,
        stop: &|| false,
    };
    index.top(query, average(index)).unwrap()
}

/// Words of one or two terms each.
fn words() -> impl Strategy<Value = Vec<Vec<&'static str>>> {
    let word = prop::sample::subsequence(VOCABULARY.to_vec(), 1..=2);
    prop::collection::vec(word, 1..=4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn the_best_are_those_of_a_full_sort(
        documents in prop_oneof![1_u32..300, 1_000_u32..2_500],
        seed in any::<u64>(),
        weight in prop_oneof![Just(1.0), Just(2.5), Just(0.3)],
        removed in 0_u32..800,
        queries in prop::collection::vec((words(), 0_usize..40, 0_u8..3, any::<bool>()), 10),
    ) {
        let index = index(documents, seed, weight, removed);
        for (words, k, field, count) in queries {
            let fields = match TextField::new(field) {
                Some(field) if field.get() < 2 => FieldMask::NONE.with(field),
                _ => FieldMask::ALL,
            };
            let query = || words.iter().map(|terms| word(&index, terms, fields)).collect();
            let each: Vec<_> = words.iter().map(|terms| scores(&index, terms, fields)).collect();
            let mut any = BTreeMap::new();
            for (doc, score) in each.iter().flatten() {
                *any.entry(*doc).or_insert(0.0) += score;
            }
            let (hits, total) = expected(k, any.clone());
            let top = find(&index, Words::Any(query()), k, count, None);
            prop_assert_eq!((top.hits, top.total), (hits, count.then_some(total)));

            let factor = |doc: DocId| f64::from(doc.get() % 3) / 2.0;
            let lowered = any.iter().map(|(doc, score)| (*doc, factor(*doc) * score));
            let (hits, total) = expected(k, lowered.collect());
            let top = find(&index, Words::Any(query()), k, count, Some(&factor));
            prop_assert_eq!((top.hits, top.total), (hits, count.then_some(total)));

            let mut all = any.clone();
            all.retain(|doc, _| each.iter().all(|scores| scores.contains_key(doc)));
            let (hits, total) = expected(k, all);
            let top = find(&index, Words::All(query()), k, count, None);
            prop_assert_eq!((top.hits, top.total), (hits, count.then_some(total)));

            let terms: Vec<&str> = words.iter().map(|terms| terms[0]).collect();
            let each: Vec<_> = terms.iter().map(|term| scores(&index, &[term], fields)).collect();
            let mut phrase = index.phrase(&terms, fields);
            let mut held = BTreeMap::new();
            while let Some((phrase, doc)) = phrase.as_mut().and_then(|p| p.doc().map(|doc| (p, doc))) {
                held.insert(doc, each.iter().map(|scores| scores[&doc]).sum());
                phrase.advance();
            }
            let (hits, total) = expected(k, held);
            let query = terms.iter().map(|term| word(&index, &[term], fields)).collect();
            let top = find(&index, Words::Phrase(query), k, count, None);
            prop_assert_eq!((top.hits, top.total), (hits, count.then_some(total)));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn the_best_under_a_filter_are_those_of_a_full_sort(
        documents in prop_oneof![1_u32..300, 1_000_u32..2_500],
        seed in any::<u64>(),
        queries in prop::collection::vec(
            (words(), 0_usize..40, any::<bool>(), 1_u32..40, prop::option::of(0.01_f64..4.0)), 10
        ),
        known in 0..3,
    ) {
        let index = index(documents, seed, 1.0, 0);
        are_those_of_a_full_sort(&index, documents, queries, known, FieldMask::ALL)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn the_best_of_a_sparse_list_are_those_of_a_full_sort(
        documents in 25_000_u32..35_000,
        seed in any::<u64>(),
        queries in prop::collection::vec(
            (single_words(), 0_usize..4, prop::bool::weighted(0.1), 30_u32..90, prop::option::of(0.01_f64..4.0)), 10
        ),
        field in prop::option::of(0_u8..2),
    ) {
        let index = index(documents, seed, 1.0, 0);
        let field = field.and_then(TextField::new);
        let fields = field.map_or(FieldMask::ALL, |field| FieldMask::NONE.with(field));
        are_those_of_a_full_sort(&index, documents, queries, 0, fields)?;
    }
}

/// Words, how many of the best, whether all are counted, one in how many documents the filter holds for, and the most
/// that it adds.
type Filtered = (Vec<Vec<&'static str>>, usize, bool, u32, Option<f64>);

/// Words of one term each, of which few are rare.
fn single_words() -> impl Strategy<Value = Vec<Vec<&'static str>>> {
    let word = prop::sample::select(&VOCABULARY[..4]).prop_map(|word| vec![word]);
    prop::collection::vec(word, 1..=3)
}

/// Whether what is found under filters that are known as a list, as bits, or by questions, is right.
fn are_those_of_a_full_sort(
    index: &TextIndex,
    documents: u32,
    queries: Vec<Filtered>,
    known: i32,
    fields: FieldMask,
) -> Result<(), TestCaseError> {
    let factor = |doc: DocId| f64::from(doc.get() % 5) / 4.0;
    for (words, k, count, one_in, most) in queries {
        let holds = |doc: DocId| doc.get().is_multiple_of(one_in);
        let adds = |doc: DocId| {
            let weight = most.unwrap_or(0.0) / f64::from(doc.get() % 4 + 1);
            term_score(weight, 1.0, index.document_length(doc), average(index))
        };
        let docs = (1..=documents).filter(|doc| doc.is_multiple_of(one_in));
        let docs: Vec<u32> = docs.collect();
        let list = DocList::new(docs.clone());
        let mut bits = vec![0; docs.last().map_or(0, |last| *last as usize / 64 + 1)];
        docs.iter()
            .for_each(|doc| bits[*doc as usize / 64] |= 1_u64 << (doc % 64));
        let filter = Filter {
            docs: match known {
                0 => FilterDocs::List(&list),
                1 => FilterDocs::Bits(&bits),
                _ => FilterDocs::Asked(&holds),
            },
            adds: most.is_some().then_some(&adds as &dyn Fn(DocId) -> f64),
            weight: most.unwrap_or(0.0),
        };
        let filtered = |scores: BTreeMap<DocId, f64>| {
            let held = scores.into_iter().filter(|(doc, _)| holds(*doc));
            held.map(|(doc, score)| (doc, factor(doc) * (score + adds(doc))))
                .collect()
        };
        let single: Vec<Vec<&str>> = words.iter().map(|terms| vec![terms[0]]).collect();
        let query = |words: &[Vec<&str>]| {
            let words = words.iter().map(|terms| word(index, terms, fields));
            words.collect()
        };
        for (asked, scores) in [
            (
                Words::Phrase(query(&single)),
                scores_of_phrase(index, &single, fields),
            ),
            (
                Words::Any(query(&words)),
                scores_of_any(index, &words, fields),
            ),
            (
                Words::All(query(&words)),
                scores_of_all(index, &words, fields),
            ),
        ] {
            let (hits, total) = expected(k, filtered(scores));
            let top = found(index, asked, k, count, Some(&factor), Some(filter));
            prop_assert_eq!((top.hits, top.total), (hits, count.then_some(total)));
        }
    }
    Ok(())
}

/// What words score in each document that holds any of them.
fn scores_of_any(
    index: &TextIndex,
    words: &[Vec<&str>],
    fields: FieldMask,
) -> BTreeMap<DocId, f64> {
    let mut any = BTreeMap::new();
    for terms in words {
        for (doc, score) in scores(index, terms, fields) {
            *any.entry(doc).or_insert(0.0) += score;
        }
    }
    any
}

/// What words score in each document that holds all of them.
fn scores_of_all(
    index: &TextIndex,
    words: &[Vec<&str>],
    fields: FieldMask,
) -> BTreeMap<DocId, f64> {
    let each = words.iter().map(|terms| scores(index, terms, fields));
    let each: Vec<_> = each.collect();
    let mut all = scores_of_any(index, words, fields);
    all.retain(|doc, _| each.iter().all(|scores| scores.contains_key(doc)));
    all
}

/// What words score in each document that holds the first term of each as a phrase.
fn scores_of_phrase(
    index: &TextIndex,
    words: &[Vec<&str>],
    fields: FieldMask,
) -> BTreeMap<DocId, f64> {
    let terms: Vec<&str> = words.iter().map(|terms| terms[0]).collect();
    let mut held = scores_of_any(index, words, fields);
    let mut docs = BTreeSet::new();
    let mut phrase = index.phrase(&terms, fields);
    while let Some((phrase, doc)) = phrase.as_mut().and_then(|p| p.doc().map(|doc| (p, doc))) {
        docs.insert(doc);
        phrase.advance();
    }
    held.retain(|doc, _| docs.contains(doc));
    held
}

#[test]
fn a_search_stops_when_it_is_told_to() {
    let index = index(3_000, 7, 1.0, 0);
    let query = |terms: &[&str]| {
        let words = terms
            .iter()
            .map(|term| word(&index, &[term], FieldMask::ALL));
        words.collect::<Vec<_>>()
    };
    for words in [
        Words::Any(query(&["anne"])),
        Words::Any(query(&["anne", "bert"])),
        Words::All(query(&["anne", "bert"])),
    ] {
        let query = TopQuery {
            words,
            k: 10,
            filter: None,
            count: true,
            factor: None,
            stop: &|| true,
        };
        assert_eq!(index.top(query, average(&index)), Err(Stopped));
    }
}
