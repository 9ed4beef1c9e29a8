//! The in-process host: documents come, change, expire and go, and every search sees it at once.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test fails by panicking"
)]

use std::time::Duration;

use nuthatch::Engine;
use nuthatch::engine::{Call, Core};
use nuthatch::keyspace::{Hashes, Keyspace, Presence, WrongType};
use nuthatch::reply::{Protocol, Recorder, Reply};
use nuthatch_indexes::suggest::Suggestions;
use nuthatch_indexes::text::analysis::Analyzer;
use proptest::prelude::*;

#[test]
fn definitions_saved_by_the_first_version_are_loaded() {
    let content = br#"[[0,{"name":[105],"prefixes":[[]],"default_score":1.0,"score_field":null,
        "stop_words":null,"options":[],"skip_initial_scan":false,"fields":[{"identifier":[118],
        "attribute":[118],"kind":{"Vector":{"algorithm":{"Hnsw":{"m":16,"ef_construction":200,
        "ef_runtime":10,"epsilon":0.01}},"dimensions":2,"metric":"L2","initial_capacity":0}},
        "sortable":false,"unnormalised":false,"no_index":false,"index_empty":false,
        "index_missing":false}]}]]"#;
    let section = |version: u32| {
        let mut section = b"NUTHATCH".to_vec();
        section.extend(version.to_le_bytes());
        section.extend((content.len() as u64).to_le_bytes());
        section.extend(content);
        section.extend(crc32fast::hash(&section).to_le_bytes());
        section
    };
    let mut core = Core::new();
    assert_eq!(core.load(&section(1)), Ok(()));
    assert!(!core.is_empty());
    // What it did not say is what there was then.
    let saved = String::from_utf8_lossy(&core.save()).into_owned();
    assert!(saved.contains(r#""element":"Float32""#), "{saved}");
    assert!(saved.contains(r#""quantization":"Auto""#), "{saved}");
    let again = core.save();
    assert_eq!(core.load(&again), Ok(()));
    let refused = core.load(&section(6)).unwrap_err();
    assert_eq!(refused, "its version is 6, not 1 to 5");
}

/// No key at all.
struct Nothing;

impl Hashes for Nothing {
    fn fields(&mut self, _: &[u8], _: &[&[u8]], _: &mut dyn FnMut(usize, &[u8])) -> Presence {
        Presence::Absent
    }

    fn document(&mut self, _: &[u8], _: &mut dyn FnMut(&[u8], &[u8])) -> Presence {
        Presence::Absent
    }
}

impl Keyspace for Nothing {
    fn read_suggestions(
        &mut self,
        _: &[u8],
        read: &mut dyn FnMut(&Suggestions),
    ) -> Result<(), WrongType> {
        read(&Suggestions::default());
        Ok(())
    }

    fn change_suggestions(
        &mut self,
        _: &[u8],
        change: &mut dyn FnMut(&mut Suggestions),
    ) -> Result<(), WrongType> {
        change(&mut Suggestions::default());
        Ok(())
    }

    fn delete(&mut self, _: &[u8]) -> bool {
        false
    }

    fn allows(&mut self, _: nuthatch::keyspace::Access, _: &[Vec<u8>]) -> bool {
        true
    }

    fn key_count(&mut self) -> u64 {
        0
    }
}

fn run_on(core: &mut Core, command: &str) -> Option<Reply> {
    let arguments: Vec<&[u8]> = command.split_whitespace().map(str::as_bytes).collect();
    let mut recorder = Recorder::new(Protocol::Resp2);
    let mut call = Call {
        database: 0,
        keyspace: &mut Nothing,
        sink: &mut recorder,
    };
    core.execute(&mut call, &arguments);
    recorder.finish()
}

#[test]
fn how_text_is_analysed_is_saved_with_the_definition() {
    let mut core = Core::new();
    let ok = Some(Reply::Simple("OK".to_owned()));
    for command in [
        "FT.CREATE i LANGUAGE german MINSTEMSIZE 3 PUNCTUATION ., LANGUAGE_FIELD l
         SCHEMA t TEXT PHONETIC dm:fr",
        "FT.SYNUPDATE i g Knabe junge",
        "FT.SYNUPDATE i h junge kind",
        "FT.SYNUPDATE i g bub",
    ] {
        assert_eq!(run_on(&mut core, command), ok, "{command}");
    }
    let saved = core.save();
    let mut again = Core::new();
    assert_eq!(again.load(&saved), Ok(()));
    assert_eq!(again.save(), saved);
    for command in ["FT.SYNDUMP i", "FT.INFO i"] {
        assert_eq!(run_on(&mut again, command), run_on(&mut core, command));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn every_word_of_any_text_finds_it(
        text in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..60),
            "[a-dA-D東京ア。éß, \\\\_.-]{0,40}".prop_map(String::into_bytes),
        ],
    ) {
        let mut engine = Engine::new();
        run(&mut engine, "FT.CREATE i SCHEMA t TEXT");
        engine.execute::<&[u8]>(&[b"HSET", b"key", b"t", &text]);
        let analyzer = Analyzer::default();
        for token in analyzer.tokens(&text) {
            let search: [&[u8]; 7] =
                [b"FT.SEARCH", b"i", b"$w", b"NOCONTENT", b"PARAMS", b"2", b"w"];
            let search: Vec<&[u8]> = search.into_iter().chain([&*token.term]).collect();
            let found = Reply::Array(vec![Reply::Integer(1), Reply::Bulk(b"key".to_vec())]);
            prop_assert_eq!(engine.execute(&search), found, "{:?}", token);
        }
    }
}

fn run(engine: &mut Engine, command: &str) -> Reply {
    engine.execute(&command.split_whitespace().collect::<Vec<_>>())
}

/// An engine with an index over `d:` that has every kind of field.
fn engine() -> Engine {
    let mut engine = Engine::new();
    let created = run(
        &mut engine,
        "FT.CREATE idx PREFIX 1 d: SCHEMA t TEXT g TAG n NUMERIC SORTABLE
         v VECTOR HNSW 6 TYPE FLOAT32 DIM 2 DISTANCE_METRIC L2",
    );
    assert_eq!(created, Reply::Simple("OK".to_owned()));
    engine
}

/// The total and the keys that a query finds, in order.
fn found(engine: &mut Engine, query: &str) -> (i64, Vec<String>) {
    let reply = engine.execute(&["FT.SEARCH", "idx", query, "NOCONTENT"]);
    let Reply::Array(values) = reply else {
        panic!("{reply:?}")
    };
    let mut values = values.into_iter();
    let Some(Reply::Integer(total)) = values.next() else {
        panic!("no total")
    };
    let keys = values.map(|value| match value {
        Reply::Bulk(key) => String::from_utf8(key).unwrap(),
        other => panic!("{other:?}"),
    });
    (total, keys.collect())
}

fn vector(components: &[f32]) -> Vec<u8> {
    components.iter().flat_map(|c| c.to_le_bytes()).collect()
}

fn rows(rows: &[(&str, &str)]) -> Reply {
    let bulk = |text: &str| Reply::Bulk(text.as_bytes().to_vec());
    let mut values = vec![Reply::Integer(i64::try_from(rows.len()).unwrap())];
    for (key, distance) in rows {
        values.push(bulk(key));
        values.push(Reply::Array(vec![bulk("__v_score"), bulk(distance)]));
    }
    Reply::Array(values)
}

#[test]
fn a_write_is_seen_by_the_next_search() {
    let mut engine = engine();
    run(&mut engine, "HSET d:1 t nuthatch g bird n 1");
    run(&mut engine, "HSET d:2 t nuthatches g bird,small n 2");
    run(&mut engine, "HSET e:3 t nuthatch g bird n 3");
    for (query, keys) in [
        ("nuthatch", vec!["d:1", "d:2"]),
        ("@g:{small}", vec!["d:2"]),
        ("@n:[1 (2]", vec!["d:1"]),
        ("nuthatch -@g:{small}", vec!["d:1"]),
        ("*", vec!["d:1", "d:2"]),
    ] {
        let (total, mut hits) = found(&mut engine, query);
        hits.sort();
        assert_eq!(hits, keys, "{query}");
        assert_eq!(total, i64::try_from(keys.len()).unwrap(), "{query}");
    }
    run(&mut engine, "HSET d:1 t woodpecker");
    assert_eq!(found(&mut engine, "nuthatch").1, ["d:2"]);
    run(&mut engine, "HDEL d:2 t");
    assert_eq!(found(&mut engine, "nuthatch").0, 0);
    run(&mut engine, "RENAME d:1 e:1");
    run(&mut engine, "RENAME e:3 d:3");
    assert_eq!(found(&mut engine, "woodpecker|nuthatch").1, ["d:3"]);
    run(&mut engine, "DEL d:2 d:3");
    assert_eq!(found(&mut engine, "*").0, 0);
}

#[test]
fn an_expired_document_is_found_no_more() {
    let mut engine = engine();
    run(&mut engine, "HSET d:1 t seed");
    run(&mut engine, "HSET d:2 t seed");
    run(&mut engine, "PEXPIRE d:1 20");
    run(&mut engine, "EXPIRE d:2 -1");
    assert_eq!(found(&mut engine, "seed").1, ["d:1"]);
    std::thread::sleep(Duration::from_millis(30));
    assert_eq!(found(&mut engine, "seed").0, 0);
}

#[test]
fn an_index_takes_the_keys_of_before_its_creation() {
    let mut engine = Engine::new();
    run(&mut engine, "HSET d:1 t seed");
    run(&mut engine, "FT.CREATE idx PREFIX 1 d: SCHEMA t TEXT");
    assert_eq!(found(&mut engine, "seed").1, ["d:1"]);
    run(&mut engine, "FT.DROPINDEX idx DD");
    assert_eq!(run(&mut engine, "EXISTS d:1"), Reply::Integer(0));
}

#[test]
fn a_bad_field_is_skipped_and_the_rest_is_indexed() {
    let mut engine = engine();
    run(&mut engine, "HSET d:1 t seed n many v xyz");
    assert_eq!(found(&mut engine, "seed").1, ["d:1"]);
    assert_eq!(found(&mut engine, "@n:[-inf inf]").0, 0);
    let info = run(&mut engine, "FT.INFO idx");
    let Reply::Array(info) = info else {
        panic!("{info:?}")
    };
    let name = Reply::Bulk(b"hash_indexing_failures".to_vec());
    let position = info.iter().position(|value| *value == name).unwrap();
    assert_eq!(info[position + 1], Reply::Integer(2));
    run(&mut engine, "FLUSHALL");
    assert!(matches!(run(&mut engine, "FT.INFO idx"), Reply::Error(_)));
}

#[test]
fn an_argument_that_means_nothing_here_is_refused() {
    let mut engine = engine();
    run(&mut engine, "HSET d:1 t seed");
    let refused = run(&mut engine, "EXPIRE d:1 0 ZZ");
    assert!(matches!(refused, Reply::Error(_)), "{refused:?}");
    assert_eq!(run(&mut engine, "EXISTS d:1"), Reply::Integer(1));
}

#[test]
fn the_nearest_come_first_and_filters_hold() {
    let mut engine = engine();
    for (key, tag, at) in [("d:1", "a", 1.0), ("d:2", "b", 2.0), ("d:3", "a", 3.0)] {
        let blob = vector(&[at, 0.0]);
        let [key, tag] = [key, tag].map(str::as_bytes);
        engine.execute(&[b"HSET".as_slice(), key, b"g", tag, b"v", &blob]);
    }
    let origin = vector(&[0.0, 0.0]);
    let mut nearest = |query: &str| {
        let query = query.as_bytes();
        let mut command: Vec<&[u8]> = vec![b"FT.SEARCH", b"idx", query];
        command.extend([b"PARAMS".as_slice(), b"2", b"q", &origin]);
        command.extend([b"RETURN".as_slice(), b"1", b"__v_score"]);
        engine.execute(&command)
    };
    let all = nearest("*=>[KNN 2 @v $q]");
    assert_eq!(all, rows(&[("d:1", "1"), ("d:2", "4")]));
    let tagged = nearest("@g:{a}=>[KNN 2 @v $q]");
    assert_eq!(tagged, rows(&[("d:1", "1"), ("d:3", "9")]));
}
