//! Random corpora and queries: the same documents with the same scores in the same order, whether the
//! index is asked or the whole engine, and whatever was written and deleted before.
//!
//! Documents have up to 40 words, because tantivy keeps lengths in a byte: it tells those apart, and
//! beyond only some. A phrase scores as its words do, which tantivy is asked for as an `AND` of the words
//! with the phrase: by itself it would count the phrase as one rare word.

use std::collections::{BTreeMap, BTreeSet};

use nuthatch_bench::text::ours::{Hit, Ours};
use nuthatch_bench::text::peer::{Peer, build, plain_analyzer};
use nuthatch_bench::text::query::Query;
use proptest::prelude::*;

use super::pipeline::Pipeline;

/// Few words, so that they meet; none is like another, so that no query means more than it says.
const WORDS: [&str; 9] = [
    "oak", "brook", "chalk", "dune", "ember", "fjord", "grove", "heath", "islet",
];
const LONGEST: usize = 40;
/// More documents than any corpus here has.
const EVERY: usize = 1_000;
/// tantivy computes in single precision.
const CLOSE: f64 = 1e-5;

/// A text, most words of which are few different ones.
fn text() -> impl Strategy<Value = Vec<&'static str>> {
    let word = prop_oneof![
        3 => prop::sample::select(&WORDS[..3]),
        1 => prop::sample::select(&WORDS[..]),
    ];
    prop::collection::vec(word, 0..=LONGEST)
}

/// A slot, and what is written into it; nothing: it is deleted.
type Write = (usize, Option<Vec<&'static str>>);

fn writes() -> impl Strategy<Value = Vec<Write>> {
    let write = (0_usize..60, prop::option::weighted(0.8, text()));
    // Some corpora fill more than a block of postings.
    prop_oneof![
        4 => prop::collection::vec(write, 0..80).boxed(),
        1 => prop::collection::vec((0_usize..400, prop::option::weighted(0.9, text())), 300..600).boxed(),
    ]
}

fn query() -> impl Strategy<Value = Query> {
    let words = |least, most| {
        let word = prop::sample::select(&WORDS[..]).prop_map(str::to_owned);
        prop::collection::vec(word, least..=most)
    };
    let distinct = |least, most| {
        prop::sample::subsequence(WORDS.map(str::to_owned).to_vec(), least..=most).prop_shuffle()
    };
    prop_oneof![
        prop::sample::select(&WORDS[..]).prop_map(|word| Query::Term(word.to_owned())),
        distinct(2, 4).prop_map(Query::All),
        distinct(2, 5).prop_map(Query::Any),
        words(2, 3).prop_map(Query::Phrase),
    ]
}

/// The query as a client writes it.
fn written(query: &Query) -> String {
    match query {
        Query::Term(word) => word.clone(),
        Query::All(words) => words.join(" "),
        Query::Any(words) => words.join("|"),
        Query::Phrase(words) => format!("\"{}\"", words.join(" ")),
        Query::Prefix(_) | Query::Fuzzy(..) => unreachable!("is not drawn"),
    }
}

/// The first `k` documents of a peer's ranking of all, or others that score as much, in an order in
/// which scores fall: each has the score that the peer gave it, and that the peer's has in its place.
fn same_ranking(ours: &[Hit], peer: &[Hit], k: usize) -> Result<(), TestCaseError> {
    let near = |a: f64, b: f64| (a - b).abs() <= CLOSE * a.abs().max(b.abs());
    prop_assert_eq!(ours.len(), peer.len().min(k), "{:?}\n{:?}", ours, peer);
    let known: BTreeMap<usize, f64> = peer.iter().map(|hit| (hit.slot, hit.score)).collect();
    let mut seen = BTreeSet::new();
    for (hit, there) in ours.iter().zip(peer) {
        let other = known.get(&hit.slot).copied();
        prop_assert!(
            other.is_some_and(|other| near(other, hit.score)),
            "{:?} {:?}",
            hit,
            other
        );
        prop_assert!(near(there.score, hit.score), "{:?} {:?}", hit, there);
        prop_assert!(seen.insert(hit.slot), "{:?} comes twice", hit);
    }
    prop_assert!(ours.is_sorted_by(|a, b| a.score >= b.score), "{:?}", ours);
    Ok(())
}

/// What is left after all writes, by slot.
fn left(writes: &[Write]) -> BTreeMap<usize, String> {
    let mut documents = BTreeMap::new();
    for (slot, words) in writes {
        match words {
            Some(words) => documents.insert(*slot, words.join(" ")),
            None => documents.remove(slot),
        };
    }
    documents
}

/// tantivy's index of some documents, which it numbers without gaps.
struct Oracle {
    peer: Peer,
    slots: Vec<usize>,
}

impl Oracle {
    fn new(documents: &BTreeMap<usize, String>) -> Self {
        let index = build(plain_analyzer(), documents.values().map(String::as_str));
        Self {
            peer: Peer::open(index.unwrap()).unwrap(),
            slots: documents.keys().copied().collect(),
        }
    }

    /// Every match, best first.
    fn ranking(&self, query: &Query) -> Vec<Hit> {
        let prepared = self.peer.reference(query).unwrap();
        let mut hits = self.peer.top(&prepared, EVERY).unwrap();
        for hit in &mut hits {
            hit.slot = self.slots[hit.slot];
        }
        hits
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn scores_and_order_equal_those_of_tantivy(
        writes in writes(),
        queries in prop::collection::vec(query(), 1..12),
        k in prop_oneof![Just(1_usize), Just(3), Just(10)],
    ) {
        let mut ours = Ours::new();
        for (slot, words) in &writes {
            match words {
                Some(words) => ours.insert(*slot, &words.join(" ")),
                None => ours.remove(*slot),
            }
        }
        let oracle = Oracle::new(&left(&writes));
        for query in &queries {
            let expected = oracle.ranking(query);
            prop_assert_eq!(ours.count(query), expected.len() as u64, "{:?}", query);
            same_ranking(&ours.top(query, EVERY), &expected, EVERY)?;
            same_ranking(&ours.top(query, k), &expected, k)?;
        }
    }

    #[test]
    fn the_whole_engine_scores_and_orders_as_tantivy_does(
        writes in writes(),
        queries in prop::collection::vec(query(), 1..12),
        k in prop_oneof![Just(1_usize), Just(3), Just(10)],
    ) {
        let mut engine = Pipeline::new(&["STOPWORDS", "0"], &["NOSTEM"]);
        for (slot, words) in &writes {
            match words {
                Some(words) => engine.insert(*slot, &words.join(" ")),
                None => engine.remove(*slot),
            }
        }
        let oracle = Oracle::new(&left(&writes));
        for query in &queries {
            let expected = oracle.ranking(query);
            let asked = written(query);
            same_ranking(&engine.top(&asked, &["VERBATIM"], EVERY), &expected, EVERY)?;
            same_ranking(&engine.top(&asked, &["VERBATIM"], k), &expected, k)?;
        }
    }
}
