//! Seeded generators: the same arguments give the same data on every machine and in every build.

mod passages;
mod random;
mod text;
mod vectors;

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::{Document, Judgement, Query};

pub use passages::Passages;
pub use random::Random;
pub use text::Zipf;
pub use vectors::{Clusters, clustered};

/// Distinct words in generated texts, about as many as in a small collection.
const VOCABULARY: usize = 20_000;
/// A little above 1, as in English prose.
const EXPONENT: f64 = 1.07;
const TAGS: [&str; 8] = [
    "red", "green", "blue", "black", "white", "grey", "brown", "gold",
];
const LONGEST_TITLE: usize = 8;
const QUERY_WORDS: usize = 4;

/// Makes `count` documents with a title, a text of `words` words on average (half to one and a half
/// times as many), one or two tags, a `year` and a `price`. The first documents of a longer list
/// are those of a shorter one.
#[must_use]
pub fn documents(count: usize, words: usize, seed: u64) -> Vec<Document> {
    let zipf = Zipf::new(VOCABULARY, EXPONENT);
    let document = |i: usize| {
        let mut random = Random::stream(seed, i);
        let body = zipf.text(words / 2 + random.below(words + 1), &mut random);
        let title: Vec<&str> = body
            .split(' ')
            .take(2 + random.below(LONGEST_TITLE - 1))
            .collect();
        let (first, second) = (random.below(TAGS.len()), random.below(TAGS.len()));
        let tags = TAGS
            .iter()
            .enumerate()
            .filter(|(at, _)| *at == first || *at == second);
        let price = (random.unit() * 10_000.0).round() / 100.0;
        let year = (1950.0 + random.unit() * 75.0).floor();
        Document {
            id: format!("doc:{i}"),
            title: title.join(" "),
            tags: tags.map(|(_, tag)| (*tag).to_owned()).collect(),
            numbers: BTreeMap::from([("price".to_owned(), price), ("year".to_owned(), year)]),
            body,
        }
    };
    (0..count).into_par_iter().map(document).collect()
}

/// Makes `count` queries, each of a few words of one document, and the judgement that this document
/// answers it. Without documents there are no queries.
#[must_use]
pub fn queries(documents: &[Document], count: usize, seed: u64) -> (Vec<Query>, Vec<Judgement>) {
    let mut random = Random::new(seed);
    let count = if documents.is_empty() { 0 } else { count };
    let query = |i: usize| {
        let document = &documents[random.below(documents.len())];
        let words: Vec<&str> = document.body.split(' ').collect();
        let chosen: Vec<&str> = (0..QUERY_WORDS)
            .map(|_| words[random.below(words.len())])
            .collect();
        let query = Query {
            id: (i + 1).to_string(),
            text: chosen.join(" "),
        };
        let answer = Judgement {
            query: query.id.clone(),
            document: document.id.clone(),
            grade: 1,
        };
        (query, answer)
    };
    (0..count).map(query).unzip()
}
