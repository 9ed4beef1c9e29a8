//! The best documents against a score of every one.

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

fn weighted(index: &TextIndex, term: &str, fields: FieldMask) -> Option<WeightedTerm> {
    let postings = index.postings(term.as_bytes(), fields)?;
    let weight = idf(index.document_count(), postings.document_frequency());
    Some(WeightedTerm { postings, weight })
}

/// What a document scores by the terms that it holds, in the order given; none without any.
fn score(index: &TextIndex, terms: &[&str], fields: FieldMask, doc: DocId) -> Option<f64> {
    let scores = terms.iter().filter_map(|term| {
        let mut term = weighted(index, term, fields)?;
        (term.postings.seek(doc) == Some(doc)).then(|| {
            let frequency = f64::from(term.postings.frequency());
            let length = index.document_length(doc);
            term_score(term.weight, frequency, length, average(index))
        })
    });
    let scores: Vec<f64> = scores.collect();
    (!scores.is_empty()).then(|| scores.iter().sum())
}

fn expected(
    k: usize,
    documents: u32,
    score: impl Fn(DocId) -> Option<f64>,
) -> (Vec<(DocId, f64)>, u64) {
    let docs = (1..=documents).filter_map(DocId::new);
    let mut all: Vec<(DocId, f64)> = docs.filter_map(|doc| Some((doc, score(doc)?))).collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let total = all.len() as u64;
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
    let query = TopQuery {
        words,
        k,
        count,
        factor,
        stop: &|| false,
    };
    index.top(query, average(index)).unwrap()
}

fn words() -> impl Strategy<Value = Vec<&'static str>> {
    prop::sample::subsequence(VOCABULARY.to_vec(), 1..=5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_best_are_those_of_a_full_sort(
        documents in prop_oneof![1_u32..300, 1_000_u32..2_500],
        seed in any::<u64>(),
        weight in prop_oneof![Just(1.0), Just(2.5), Just(0.3)],
        removed in 0_u32..800,
        queries in prop::collection::vec((words(), words(), 0_usize..40, 0_u8..3, any::<bool>()), 6),
    ) {
        let index = index(documents, seed, weight, removed);
        for (words, more, k, field, count) in queries {
            let fields = match TextField::new(field) {
                Some(field) if field.get() < 2 => FieldMask::NONE.with(field),
                _ => FieldMask::ALL,
            };
            let terms = |words: &[&str]| -> Vec<WeightedTerm> {
                words.iter().filter_map(|word| weighted(&index, word, fields)).collect()
            };
            let factor = |doc: DocId| f64::from(doc.get() % 3) / 2.0;
            let any = |doc| score(&index, &words, fields, doc);
            let (hits, total) = expected(k, documents, any);
            let top = find(&index, Words::Any(terms(&words)), k, count, None);
            prop_assert_eq!((top.hits, top.total), (hits, count.then_some(total)));

            let (hits, total) = expected(k, documents, |doc| Some(factor(doc) * any(doc)?));
            let top = find(&index, Words::Any(terms(&words)), k, count, Some(&factor));
            prop_assert_eq!((top.hits, top.total), (hits, count.then_some(total)));

            // The first word alone, and any of the others.
            let both = [terms(&words[..1]), terms(&more)];
            let (hits, total) = expected(k, documents, |doc| {
                let first = score(&index, &words[..1], fields, doc)?;
                Some(first + score(&index, &more, fields, doc)?)
            });
            let top = find(&index, Words::All(both.into()), k, count, None);
            prop_assert_eq!((top.hits, top.total), (hits, count.then_some(total)));

            let phrase = index.phrase(&words, fields);
            let docs: std::collections::BTreeSet<DocId> = phrase.into_iter().flat_map(|mut phrase| {
                std::iter::from_fn(move || {
                    let doc = phrase.doc()?;
                    phrase.advance();
                    Some(doc)
                })
            }).collect();
            let (hits, total) =
                expected(k, documents, |doc| docs.contains(&doc).then(|| any(doc)).flatten());
            let all = terms(&words);
            let phrase = if all.len() == words.len() { all } else { Vec::new() };
            let top = find(&index, Words::Phrase(phrase), k, count, None);
            prop_assert_eq!((top.hits, top.total), (hits, count.then_some(total)));
        }
    }
}

#[test]
fn a_search_stops_when_it_is_told_to() {
    let index = index(3_000, 7, 1.0, 0);
    let terms = |words: &[&str]| -> Vec<WeightedTerm> {
        words
            .iter()
            .filter_map(|word| weighted(&index, word, FieldMask::ALL))
            .collect()
    };
    for words in [
        Words::Any(terms(&["anne"])),
        Words::Any(terms(&["anne", "bert"])),
        Words::All(vec![terms(&["anne"]), terms(&["bert"])]),
    ] {
        let query = TopQuery {
            words,
            k: 10,
            count: true,
            factor: None,
            stop: &|| true,
        };
        assert_eq!(index.top(query, average(&index)), Err(Stopped));
    }
}
