//! How well judged collections are ranked by the whole engine and by tantivy, with the same stop words and
//! with or without English stems. Both get the words of a query as an `OR`.
//!
//! The collections may not be shipped: without them, the test says that it was skipped.

use std::collections::{BTreeMap, BTreeSet};

use nuthatch_bench::text::ours::Hit;
use nuthatch_bench::text::peer::{Peer, build};
use nuthatch_bench::text::query::Query;
use nuthatch_datasets::{Dataset, Named, Origin};
use nuthatch_indexes::text::analysis::{Analyzer, DEFAULT_PUNCTUATION, DEFAULT_STOP_WORDS};
use tantivy::tokenizer::{
    LowerCaser, Stemmer, StopWordFilter, TextAnalyzer, Token, TokenStream, Tokenizer,
};

use super::pipeline::Pipeline;

/// As many as a collection has, so that every match is ranked.
const EVERY: usize = 10_000;
/// How many results a reader looks at.
const DEPTH: usize = 10;
/// How far the two may differ.
const CLOSE: f64 = 0.002;

/// Splits where we do.
#[derive(Clone, Default)]
struct Separated {
    words: Vec<Token>,
    next: usize,
}

impl Tokenizer for Separated {
    type TokenStream<'a> = &'a mut Self;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> &'a mut Self {
        let is_separator = |byte: u8| {
            byte == b' ' || byte.is_ascii_control() || DEFAULT_PUNCTUATION.contains(&byte)
        };
        let separator = |letter: char| u8::try_from(letter).is_ok_and(is_separator);
        let words = text.split(separator).filter(|word| !word.is_empty());
        let token = |(position, word): (usize, &str)| Token {
            position,
            text: word.to_owned(),
            ..Token::default()
        };
        self.words = words.enumerate().map(token).collect();
        self.next = 0;
        self
    }
}

impl TokenStream for &mut Separated {
    fn advance(&mut self) -> bool {
        self.next += 1;
        self.next <= self.words.len()
    }

    fn token(&self) -> &Token {
        &self.words[self.next - 1]
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.words[self.next - 1]
    }
}

/// Whether words of the same stem are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stems {
    English,
    None,
}

fn analyzer(stems: Stems) -> TextAnalyzer {
    let stop_words = StopWordFilter::remove(DEFAULT_STOP_WORDS.map(str::to_owned));
    let words = TextAnalyzer::builder(Separated::default())
        .filter(LowerCaser)
        .filter(stop_words);
    match stems {
        Stems::English => words.filter(Stemmer::default()).build(),
        Stems::None => words.build(),
    }
}

/// The means over all queries that have an answer.
#[derive(Clone, Copy, Debug, Default)]
struct Quality {
    ndcg: f64,
    map: f64,
}

/// Measures one ranking of documents' slots. Gains are grades, discounted by the logarithm of the rank
/// (Järvelin, Kekäläinen 2002); every grade above zero counts as relevant for the average precision.
fn quality(ranking: &[usize], grades: &BTreeMap<usize, i32>) -> Quality {
    let discounted = |grades: &mut dyn Iterator<Item = i32>| -> f64 {
        let gains = grades.take(DEPTH).zip(2_u32..);
        gains
            .map(|(grade, rank)| f64::from(grade) / f64::from(rank).log2())
            .sum()
    };
    let grade = |slot: &usize| grades.get(slot).copied().unwrap_or_default();
    let mut ideal: Vec<i32> = grades.values().copied().collect();
    ideal.sort_unstable_by(|a, b| b.cmp(a));
    let mut found = 0.0;
    let mut precisions = 0.0;
    for (slot, rank) in ranking.iter().zip(1_u32..) {
        if grade(slot) > 0 {
            found += 1.0;
            precisions += found / f64::from(rank);
        }
    }
    Quality {
        ndcg: discounted(&mut ranking.iter().map(grade)) / discounted(&mut ideal.into_iter()),
        map: precisions / grades.len() as f64,
    }
}

/// The mean quality of the rankings of all queries with an answer.
fn mean(set: &Dataset, mut rank: impl FnMut(&str) -> Vec<Hit>) -> Quality {
    let slots: BTreeMap<&str, usize> = set
        .documents
        .iter()
        .enumerate()
        .map(|(slot, document)| (document.id.as_str(), slot))
        .collect();
    let mut grades = BTreeMap::<&str, BTreeMap<usize, i32>>::new();
    for judgement in set
        .judgements
        .iter()
        .filter(|judgement| judgement.grade > 0)
    {
        let slot = slots[judgement.document.as_str()];
        grades
            .entry(&judgement.query)
            .or_default()
            .insert(slot, judgement.grade);
    }
    let mut sum = Quality::default();
    for query in &set.queries {
        let Some(grades) = grades.get(query.id.as_str()) else {
            continue;
        };
        let ranking: Vec<usize> = rank(&query.text).iter().map(|hit| hit.slot).collect();
        let of_query = quality(&ranking, grades);
        sum.ndcg += of_query.ndcg;
        sum.map += of_query.map;
    }
    let count = grades.len() as f64;
    Quality {
        ndcg: sum.ndcg / count,
        map: sum.map / count,
    }
}

/// The qualities of both, ours first; none without the collection.
fn both(name: Named, stems: Stems) -> Option<(Quality, Quality)> {
    let set = name.load().unwrap();
    if set.origin == Origin::Generated {
        println!("skipped: {name} is not in the data directory");
        return None;
    }
    let text = |slot: usize| {
        let document = &set.documents[slot];
        format!("{} {}", document.title, document.body)
    };
    let texts: Vec<String> = (0..set.documents.len()).map(text).collect();
    let mut engine = Pipeline::new(&[], &[]);
    for (slot, text) in texts.iter().enumerate() {
        engine.insert(slot, text);
    }
    let peer =
        Peer::open(build(analyzer(stems), texts.iter().map(String::as_str)).unwrap()).unwrap();
    let tokens = Analyzer::default();
    let words = |text: &str| -> BTreeSet<String> {
        let tokens = tokens.tokens(text.as_bytes());
        tokens
            .map(|token| String::from_utf8(token.term.into_owned()).unwrap())
            .collect()
    };
    let verbatim: &[&str] = match stems {
        Stems::English => &[],
        Stems::None => &["VERBATIM"],
    };
    let ours = mean(&set, |text| {
        let words: Vec<String> = words(text).into_iter().collect();
        engine.top(&words.join("|"), verbatim, EVERY)
    });
    let mut stemmer = analyzer(stems);
    let theirs = mean(&set, |text| {
        let mut terms = Vec::new();
        for word in words(text) {
            stemmer
                .token_stream(&word)
                .process(&mut |token| terms.push(token.text.clone()));
        }
        let query = peer.reference(&Query::Any(terms)).unwrap();
        peer.top(&query, EVERY).unwrap()
    });
    Some((ours, theirs))
}

fn ranks_as_well(name: Named, stems: Stems) {
    let Some((ours, theirs)) = both(name, stems) else {
        return;
    };
    println!("{name}, stems {stems:?}: nuthatch {ours:.4?}, tantivy {theirs:.4?}");
    assert!(
        (ours.ndcg - theirs.ndcg).abs() <= CLOSE,
        "{ours:?} {theirs:?}"
    );
    assert!(
        (ours.map - theirs.map).abs() <= CLOSE,
        "{ours:?} {theirs:?}"
    );
}

#[test]
fn cranfield_is_ranked_as_well_as_by_tantivy() {
    ranks_as_well(Named::Cranfield, Stems::None);
}

#[test]
fn nfcorpus_is_ranked_as_well_as_by_tantivy() {
    ranks_as_well(Named::NfCorpus, Stems::None);
}

#[test]
fn cranfield_is_ranked_as_well_as_by_tantivy_with_stems() {
    ranks_as_well(Named::Cranfield, Stems::English);
}

#[test]
fn nfcorpus_is_ranked_as_well_as_by_tantivy_with_stems() {
    ranks_as_well(Named::NfCorpus, Stems::English);
}

#[test]
fn qualities_equal_those_worked_out_by_hand() {
    let grades = BTreeMap::from([(1, 3), (2, 1)]);
    let best = quality(&[1, 2], &grades);
    assert!((best.ndcg - 1.0).abs() < 1e-12 && (best.map - 1.0).abs() < 1e-12);
    // At ranks 2 and 4: 3 / log2(3) + 1 / log2(5), of 3 + 1 / log2(3).
    let found = quality(&[7, 1, 8, 2], &grades);
    let gain = |grade: f64, rank: f64| grade / (rank + 1.0).log2();
    let ideal = gain(3.0, 1.0) + gain(1.0, 2.0);
    assert!((found.ndcg - (gain(3.0, 2.0) + gain(1.0, 4.0)) / ideal).abs() < 1e-12);
    assert!((found.map - (0.5 + 0.5) / 2.0).abs() < 1e-12);
}
