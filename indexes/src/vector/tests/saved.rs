//! Links that are saved and loaded: into an index where documents have other ids, where some are
//! missing, and from bytes that were damaged.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};

use proptest::prelude::*;

use super::{Metric, Modelled, Random, graph, hnsw, nth, plain};
use crate::doc::DocId;
use crate::vector::{Algorithm, Quantization, VectorParams};

fn params(metric: Metric, quantization: Quantization) -> VectorParams {
    VectorParams {
        quantization,
        ..plain(metric, 16, hnsw(8, 40, 10))
    }
}

/// An index with equal vectors, dead rows and rows that are not linked yet.
fn lived_in(params: VectorParams, count: usize, random: &mut Random) -> Modelled {
    let mut vectors = random.clustered(count, 16);
    for i in (3..count).step_by(10) {
        vectors[i] = vectors[3].clone();
    }
    let mut modelled = Modelled::of(params, &vectors);
    for i in (0..count).step_by(20) {
        modelled.remove(nth(i));
    }
    for i in 0..count / 50 {
        modelled.insert(nth(count + i), &random.vector(16));
    }
    modelled
}

fn saved(modelled: &Modelled) -> Vec<u8> {
    let mut bytes = Vec::new();
    modelled.index.save_links(&mut bytes).unwrap();
    bytes
}

/// The same vectors under other ids, none of them linked, and how old ids become new ones; those of
/// which `is_gone` holds are left out.
fn reborn(old: &Modelled, is_gone: impl Fn(DocId) -> bool) -> (Modelled, BTreeMap<DocId, DocId>) {
    let mut new = Modelled::new(*old.params());
    new.index.await_links();
    let mut ids = BTreeMap::new();
    let kept = old.vectors.iter().filter(|(doc, _)| !is_gone(**doc));
    for (place, (&doc, vector)) in kept.rev().enumerate() {
        new.insert(nth(place), vector);
        ids.insert(doc, nth(place));
    }
    (new, ids)
}

fn load(into: &Modelled, mut bytes: &[u8], ids: &BTreeMap<DocId, DocId>) -> io::Result<usize> {
    let loaded = into
        .index
        .load_links(&mut bytes, &|doc| ids.get(&doc).copied());
    into.index.check();
    loaded
}

#[test]
fn what_was_linked_is_linked_again_without_a_walk() {
    let mut random = Random(11);
    for metric in [Metric::L2, Metric::Ip, Metric::Cosine] {
        for quantization in [Quantization::None, Quantization::Int8] {
            let old = lived_in(params(metric, quantization), 1_200, &mut random);
            let (new, ids) = reborn(&old, |_| false);
            assert_eq!(new.index.stats().fresh, new.index.len());
            let linked = load(&new, &saved(&old), &ids).unwrap() as u64;
            assert_eq!(new.index.stats().fresh, new.index.len() - linked);
            assert!(linked + 30 >= old.index.len() - old.index.stats().fresh);
            let queries = random.clustered(40, 16);
            let before = old.recall(&queries, &graph(10, 64));
            let after = new.recall(&queries, &graph(10, 64));
            assert!(after > before - 0.02, "{metric:?}: {before} {after}");
            new.index.link_anew();
            new.index.drain();
            new.index.check_drained();
            assert_eq!(new.index.stats().codes, quantization == Quantization::Int8);
            assert!(new.recall(&queries, &graph(10, 64)) > before - 0.02);
        }
    }
}

#[test]
fn an_index_lives_on_with_links_that_were_loaded() {
    let mut random = Random(12);
    let old = lived_in(params(Metric::L2, Quantization::Int8), 600, &mut random);
    let (mut new, ids) = reborn(&old, |_| false);
    assert!(load(&new, &saved(&old), &ids).unwrap() > 500);
    new.index.link_anew();
    for round in 0..1200 {
        let doc = nth(random.below(700));
        if round % 3 == 0 && new.vectors.contains_key(&doc) {
            new.remove(doc);
        } else {
            new.insert(doc, &random.vector(16));
        }
        new.index.background().step();
        if round % 100 == 0 {
            new.index.check();
        }
    }
    new.index.drain();
    new.index.check_drained();
    let queries = random.clustered(30, 16);
    assert!(new.recall(&queries, &graph(10, 64)) > 0.95);
}

#[test]
fn a_few_missing_vectors_cost_their_links_and_many_the_whole() {
    let mut random = Random(13);
    let old = lived_in(params(Metric::L2, Quantization::None), 800, &mut random);
    let queries = random.clustered(30, 16);
    for (one_in, is_used) in [(20, true), (4, false)] {
        let (new, ids) = reborn(&old, |doc| doc.index() % one_in == 1);
        let linked = load(&new, &saved(&old), &ids).unwrap();
        assert_eq!(linked > 600, is_used, "{linked} linked");
        assert!(is_used || linked == 0);
        new.index.link_anew();
        new.index.drain();
        new.index.check_drained();
        assert!(new.recall(&queries, &graph(10, 64)) > 0.95);
    }
}

#[test]
fn links_are_not_loaded_beside_others_nor_into_another_graph() {
    let mut random = Random(14);
    let old = lived_in(params(Metric::L2, Quantization::None), 300, &mut random);
    let bytes = saved(&old);
    let (new, ids) = reborn(&old, |_| false);
    new.index.link_anew();
    new.index.drain();
    assert_eq!(load(&new, &bytes, &ids).unwrap(), 0);
    new.index.check_drained();
    let other = Modelled::new(plain(Metric::L2, 16, hnsw(9, 40, 10)));
    let error = load(&other, &bytes, &ids).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData);
    let flat = Modelled::new(plain(Metric::L2, 16, Algorithm::Flat));
    assert!(load(&flat, &bytes, &ids).is_err());
    assert!(!flat.index.has_links());
    assert_eq!(load(&flat, &saved(&flat), &ids).unwrap(), 0);
    let empty = Modelled::new(*old.params());
    assert_eq!(load(&empty, &saved(&empty), &ids).unwrap(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Damaged bytes are refused or give a graph that is whole, and that serves as any other.
    #[test]
    fn damaged_links_do_no_harm(
        seed in 1_u64..1000,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut random = Random(seed);
        let old = lived_in(params(Metric::L2, Quantization::None), 150, &mut random);
        let mut bytes = saved(&old);
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let (mut new, ids) = reborn(&old, |_| false);
        if load(&new, &bytes, &ids).is_err() {
            prop_assert_eq!(new.index.stats().fresh, new.index.len());
        }
        new.index.link_anew();
        new.index.drain();
        new.index.check_drained();
        new.insert(nth(500), &random.vector(16));
        new.index.drain();
        new.index.check_drained();
        let queries = random.clustered(5, 16);
        new.recall(&queries, &graph(10, 64));
    }
}
