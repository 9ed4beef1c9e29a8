//! What holds of every fusion.

use std::collections::BTreeMap;

use nuthatch_indexes::doc::DocId;
use proptest::prelude::*;

use super::*;

/// Scores by document, the best first and equal ones by id, as legs have them.
fn leg() -> impl Strategy<Value = Vec<(DocId, f64)>> {
    let score = prop_oneof![-5.0..50.0, Just(1.0), Just(0.0)];
    prop::collection::btree_map(0usize..30, score, 0..20).prop_map(|scores| sorted(&scores))
}

fn sorted(scores: &BTreeMap<usize, f64>) -> Vec<(DocId, f64)> {
    let mut hits: Vec<(DocId, f64)> = scores
        .iter()
        .map(|(doc, score)| (DocId::from_index(*doc).unwrap(), *score))
        .collect();
    hits.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    hits
}

fn fusion() -> impl Strategy<Value = Fusion> {
    prop_oneof![
        (0.0..100.0).prop_map(|constant| Fusion::Ranks { constant }),
        Just(Fusion::Scores),
        Just(Fusion::RelativeScores),
        Just(Fusion::Distribution),
    ]
}

fn ranked<'a>(legs: &'a [Vec<(DocId, f64)>], weights: &[f64]) -> Vec<Ranked<'a>> {
    let legs = legs.iter().zip(weights);
    legs.map(|(hits, weight)| Ranked {
        hits,
        weight: *weight,
    })
    .collect()
}

fn scores(fused: &[Fused]) -> BTreeMap<DocId, f64> {
    fused.iter().map(|it| (it.doc, it.score)).collect()
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

proptest! {
    #[test]
    fn the_order_of_the_legs_does_not_matter(
        legs in prop::collection::vec(leg(), 2..5),
        weights in prop::collection::vec(0.0..3.0, 5),
        fusion in fusion(),
    ) {
        let forwards = scores(&fuse(&ranked(&legs, &weights), fusion));
        let count = legs.len();
        let turned: Vec<_> = legs.into_iter().rev().collect();
        let weights: Vec<f64> = weights[..count].iter().rev().copied().collect();
        let backwards = scores(&fuse(&ranked(&turned, &weights), fusion));
        prop_assert_eq!(forwards.len(), backwards.len());
        for (doc, score) in forwards {
            prop_assert!(near(score, backwards[&doc]), "{score} and {}", backwards[&doc]);
        }
    }

    #[test]
    fn each_document_of_a_leg_is_there_once_where_the_leg_has_it_and_the_best_is_first(
        legs in prop::collection::vec(leg(), 1..5),
        fusion in fusion(),
    ) {
        let fused = fuse(&ranked(&legs, &[1.0; 5]), fusion);
        let mut expected: Vec<DocId> = legs.iter().flatten().map(|(doc, _)| *doc).collect();
        expected.sort_unstable();
        expected.dedup();
        let mut docs: Vec<DocId> = fused.iter().map(|it| it.doc).collect();
        docs.sort_unstable();
        prop_assert_eq!(docs, expected);
        for it in &fused {
            prop_assert!(it.score.is_finite());
            for (leg, place) in legs.iter().zip(&it.places) {
                prop_assert_eq!(leg.iter().position(|(doc, _)| *doc == it.doc), *place);
            }
        }
        let in_order = |pair: &[Fused]| {
            pair[0].score > pair[1].score || pair[0].score == pair[1].score && pair[0].doc < pair[1].doc
        };
        prop_assert!(fused.windows(2).all(in_order), "{fused:?}");
    }

    #[test]
    fn of_two_documents_of_one_leg_the_better_one_never_gets_less(
        hits in leg(),
        weight in 0.0..3.0,
        fusion in fusion(),
    ) {
        let legs = [hits];
        let by_doc = scores(&fuse(&ranked(&legs, &[weight]), fusion));
        for pair in legs[0].windows(2) {
            prop_assert!(by_doc[&pair[0].0] >= by_doc[&pair[1].0]);
        }
    }

    #[test]
    fn a_leg_without_weight_only_adds_documents(
        a in leg(),
        b in leg(),
        fusion in fusion(),
    ) {
        let alone = scores(&fuse(&ranked(std::slice::from_ref(&a), &[2.0]), fusion));
        let both = scores(&fuse(&ranked(&[a, b], &[2.0, 0.0]), fusion));
        for (doc, score) in both {
            prop_assert!(near(score, alone.get(&doc).copied().unwrap_or(0.0)));
        }
    }

    #[test]
    fn scores_may_be_anything(
        raw in prop::collection::vec(any::<f64>(), 0..20),
        fusion in fusion(),
    ) {
        let hits: Vec<(DocId, f64)> = raw
            .iter()
            .enumerate()
            .map(|(doc, score)| (DocId::from_index(doc).unwrap(), *score))
            .collect();
        let legs = [hits.clone(), hits];
        let fused = fuse(&ranked(&legs, &[1e6, 1e6]), fusion);
        prop_assert_eq!(fused.len(), raw.len());
        prop_assert!(fused.iter().all(|it| it.score.is_finite()), "{fused:?}");
    }

    #[test]
    fn relative_scores_and_distributions_do_not_depend_on_the_unit_of_scores(
        hits in leg(),
        factor in 0.5..20.0,
        shift in -10.0..10.0,
    ) {
        let moved = hits.iter().map(|(doc, score)| (*doc, score * factor + shift)).collect();
        for fusion in [Fusion::RelativeScores, Fusion::Distribution] {
            let before = scores(&fuse(&ranked(std::slice::from_ref(&hits), &[1.0]), fusion));
            let after = scores(&fuse(&ranked(&[Vec::clone(&moved)], &[1.0]), fusion));
            for (doc, score) in before {
                prop_assert!((score - after[&doc]).abs() < 1e-4, "{score} {}", after[&doc]);
            }
        }
    }
}

#[test]
fn sums_are_those_of_the_formulas() {
    let hit = |doc, score| (DocId::from_index(doc).unwrap(), score);
    let words = vec![hit(0, 4.0), hit(1, 2.0), hit(2, 0.0)];
    let vectors = vec![hit(2, 0.9), hit(0, 0.5)];
    let legs = [words, vectors];
    let of = |fusion, weights: [f64; 2]| {
        let fused = fuse(&ranked(&legs, &weights), fusion);
        let expected = fused.iter().map(|it| (it.doc.index(), it.score));
        expected.collect::<BTreeMap<usize, f64>>()
    };
    let ranks = of(Fusion::Ranks { constant: 60.0 }, [1.0, 2.0]);
    assert!(near(ranks[&0], 1.0 / 61.0 + 2.0 / 62.0));
    assert!(near(ranks[&1], 1.0 / 62.0));
    assert!(near(ranks[&2], 1.0 / 63.0 + 2.0 / 61.0));
    let linear = of(Fusion::Scores, [0.3, 0.7]);
    assert!(near(linear[&0], 0.3 * 4.0 + 0.7 * 0.5));
    assert!(near(linear[&2], 0.7 * 0.9));
    let relative = of(Fusion::RelativeScores, [1.0, 1.0]);
    assert!(near(relative[&0], 1.0) && near(relative[&1], 0.5) && near(relative[&2], 1.0));
    let spread = of(Fusion::Distribution, [1.0, 0.0]);
    // The mean is 2, the deviation the root of 8/3.
    let deviation = (8.0_f64 / 3.0).sqrt();
    assert!(near(spread[&1], 0.5));
    assert!(near(spread[&0], 0.5 + 2.0 / (6.0 * deviation)));
}
