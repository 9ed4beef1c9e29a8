//! Generated data is the same every time, and has the shape that it claims.

use std::collections::{BTreeMap, BTreeSet};

use ndarray::{Axis, s};
use nuthatch_datasets::generate::{
    Clusters, Passages, Random, Zipf, clustered, documents, queries,
};

const SHAPE: Clusters = Clusters {
    rows: 400,
    dimensions: 16,
    clusters: 8,
    spread: 0.3,
    seed: 7,
};

#[test]
fn the_random_sequence_is_the_published_one() {
    let mut random = Random::new(1_234_567);
    let first = [random.bits(), random.bits(), random.bits()];
    assert_eq!(
        first,
        [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423
        ]
    );
}

#[test]
fn random_numbers_are_spread_as_they_should_be() {
    let mut random = Random::new(1);
    let mut counts = [0_u32; 5];
    for _ in 0..10_000 {
        counts[random.below(5)] += 1;
    }
    assert!(
        counts.iter().all(|count| (1_800..2_200).contains(count)),
        "{counts:?}"
    );
    assert_eq!(random.below(0), 0);
    let normals: Vec<f64> = (0..10_000).map(|_| random.normal()).collect();
    let mean = normals.iter().sum::<f64>() / 10_000.0;
    let variance = normals.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 10_000.0;
    assert!(
        mean.abs() < 0.05 && (variance - 1.0).abs() < 0.05,
        "{mean} {variance}"
    );
}

#[test]
fn vectors_are_the_same_every_time_and_of_unit_length() {
    let vectors = clustered(&SHAPE);
    assert_eq!(vectors, clustered(&SHAPE));
    assert_ne!(vectors, clustered(&Clusters { seed: 8, ..SHAPE }));
    let shorter = clustered(&Clusters { rows: 100, ..SHAPE });
    assert_eq!(vectors.slice(s![..100, ..]), shorter);
    for row in vectors.rows() {
        assert!((row.dot(&row) - 1.0).abs() < 1e-5);
    }
}

#[test]
fn vectors_lie_in_as_many_clusters_as_asked() {
    let vectors = clustered(&Clusters {
        spread: 0.01,
        ..SHAPE
    });
    let mut centres: Vec<usize> = Vec::new();
    for (i, row) in vectors.axis_iter(Axis(0)).enumerate() {
        if centres
            .iter()
            .all(|&centre| vectors.row(centre).dot(&row) < 0.99)
        {
            centres.push(i);
        }
    }
    assert_eq!(centres.len(), SHAPE.clusters);
}

#[test]
fn words_are_distinct_and_follow_zipf() {
    let zipf = Zipf::new(2_000, 1.0);
    let mut random = Random::new(3);
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for word in zipf.text(200_000, &mut random).split(' ') {
        *counts.entry(word.to_owned()).or_default() += 1;
    }
    assert!(
        counts.len() > 1_950 && counts.len() <= 2_000,
        "{}",
        counts.len()
    );
    let mut counts: Vec<u32> = counts.into_values().collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    // Harmonic sum of 2,000 terms is 8.178: word r is drawn 200,000 / 8.178 / r times.
    for rank in [1, 2, 4, 10, 20] {
        let expected = 200_000.0 / 8.178 / f64::from(rank);
        let got = f64::from(counts[usize::try_from(rank).unwrap() - 1]);
        assert!(
            (got / expected - 1.0).abs() < 0.1,
            "rank {rank}: {got} of {expected}"
        );
    }
}

#[test]
fn documents_are_the_same_every_time_and_have_every_kind_of_field() {
    let made = documents(300, 50, 11);
    assert_eq!(made, documents(300, 50, 11));
    assert_eq!(made[..100], documents(100, 50, 11));
    assert_ne!(made, documents(300, 50, 12));
    let ids: BTreeSet<&str> = made.iter().map(|document| document.id.as_str()).collect();
    assert_eq!(ids.len(), 300);
    for document in &made {
        let words = document.body.split(' ').count();
        assert!((25..=75).contains(&words), "{words}");
        assert!(document.body.starts_with(&document.title) && !document.title.is_empty());
        assert!((1..=2).contains(&document.tags.len()));
        assert!((1950.0..2025.0).contains(&document.numbers["year"]));
        assert!((0.0..=100.0).contains(&document.numbers["price"]));
    }
}

#[test]
fn a_query_is_made_of_words_of_the_document_that_answers_it() {
    let made = documents(50, 30, 1);
    let (asked, judged) = queries(&made, 20, 2);
    assert_eq!((asked.clone(), judged.clone()), queries(&made, 20, 2));
    assert_eq!((asked.len(), judged.len()), (20, 20));
    for (query, judgement) in asked.iter().zip(&judged) {
        assert_eq!(query.id, judgement.query);
        let answer = made
            .iter()
            .find(|document| document.id == judgement.document)
            .unwrap();
        let words: BTreeSet<&str> = answer.body.split(' ').collect();
        assert!(query.text.split(' ').all(|word| words.contains(word)));
    }
    assert_eq!(queries(&[], 20, 2).0, []);
}

#[test]
fn passages_are_the_same_every_time_in_any_order_and_repeat_phrases() {
    let passages = Passages::new(3);
    let texts: Vec<String> = (0..2_000).map(|index| passages.text(index)).collect();
    assert_eq!(Passages::new(3).text(1_999), texts[1_999]);
    assert_ne!(Passages::new(4).text(0), texts[0]);

    let mut lengths: Vec<usize> = texts.iter().map(|text| text.split(' ').count()).collect();
    lengths.sort_unstable();
    assert!((44..52).contains(&lengths[1_000]), "{}", lengths[1_000]);
    assert!(lengths[320] < 36 && lengths[1_680] > 64);

    // Of two words in company, both rare, chance alone would hardly ever put them side by side twice.
    let mut pairs = BTreeMap::<(&str, &str), u32>::new();
    for text in &texts {
        let words: Vec<&str> = text.split(' ').filter(|word| word.len() >= 4).collect();
        for pair in words.windows(2) {
            *pairs.entry((pair[0], pair[1])).or_default() += 1;
        }
    }
    let repeated = pairs.values().filter(|&&count| count > 1).count();
    assert!(repeated * 50 > pairs.len(), "{repeated} of {}", pairs.len());
}
