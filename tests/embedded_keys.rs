//! The in-process host's keys, its file, and neighbours of many vectors at once.

#![expect(clippy::wildcard_enum_match_arm, reason = "a test fails by panicking")]

use std::time::Duration;

use nuthatch::Engine;
use nuthatch::command::nearest::Batch;
use nuthatch::reply::Reply;
use proptest::prelude::*;

fn run(engine: &mut Engine, command: &str) -> Reply {
    engine.execute(&command.split(' ').collect::<Vec<_>>())
}

fn bulk(text: &str) -> Reply {
    Reply::Bulk(text.into())
}

fn array(texts: &[&str]) -> Reply {
    Reply::Array(texts.iter().map(|text| bulk(text)).collect())
}

fn ok() -> Reply {
    Reply::Simple("OK".to_owned())
}

fn error(text: &str) -> Reply {
    Reply::Error(text.to_owned())
}

#[test]
fn hashes_answer_as_on_a_server() {
    let mut engine = Engine::new();
    let not_a_number = "ERR value is not an integer or out of range";
    for (command, reply) in [
        ("HMSET h a 1 b 2", ok()),
        ("HLEN h", Reply::Integer(2)),
        ("HLEN none", Reply::Integer(0)),
        ("HKEYS h", array(&["a", "b"])),
        ("HVALS h", array(&["1", "2"])),
        ("HVALS none", array(&[])),
        ("HEXISTS h a", Reply::Integer(1)),
        ("HEXISTS h c", Reply::Integer(0)),
        ("HMGET h b c", Reply::Array(vec![bulk("2"), Reply::Null])),
        ("HSETNX h a 9", Reply::Integer(0)),
        ("HSETNX h c 9", Reply::Integer(1)),
        ("HINCRBY h c -10", Reply::Integer(-1)),
        ("HINCRBY h d 9223372036854775807", Reply::Integer(i64::MAX)),
        (
            "HINCRBY h d 1",
            error("ERR increment or decrement would overflow"),
        ),
        ("HINCRBY h a x", error(not_a_number)),
        ("HSET h e text", Reply::Integer(1)),
        ("HINCRBY h e 1", error("ERR hash value is not an integer")),
        ("TYPE h", Reply::Simple("hash".to_owned())),
        ("TYPE none", Reply::Simple("none".to_owned())),
        ("FT.SUGADD s word 1", Reply::Integer(1)),
        ("TYPE s", Reply::Simple("trietype0".to_owned())),
        (
            "HMSET h a",
            error("ERR wrong number of arguments for 'hmset' command"),
        ),
        ("DBSIZE", Reply::Integer(2)),
        ("UNLINK h none", Reply::Integer(1)),
        ("PING", Reply::Simple("PONG".to_owned())),
        ("ECHO hello", bulk("hello")),
        ("SELECT 0", ok()),
        ("FLUSHDB NOW", error("ERR syntax error")),
        ("FLUSHDB ASYNC", ok()),
        ("DBSIZE", Reply::Integer(0)),
    ] {
        assert_eq!(run(&mut engine, command), reply, "{command}");
    }
    let wrong = "WRONGTYPE Operation against a key holding the wrong kind of value";
    run(&mut engine, "FT.SUGADD s word 1");
    for command in [
        "HLEN s",
        "HKEYS s",
        "HMGET s a",
        "HSETNX s a 1",
        "HINCRBY s a 1",
    ] {
        assert_eq!(run(&mut engine, command), error(wrong), "{command}");
    }
}

#[test]
fn keys_live_as_long_as_they_are_told() {
    let mut engine = Engine::new();
    run(&mut engine, "HSET k a 1");
    let beyond = "ERR value is not an integer or out of range";
    for (command, reply) in [
        ("TTL none", -2),
        ("TTL k", -1),
        ("PERSIST k", 0),
        ("EXPIRE k 100 XX", 0),
        ("EXPIRE k 100 GT", 0),
        ("EXPIRE k 100 LT", 1),
        ("TTL k", 100),
        ("EXPIRE k 100 NX", 0),
        ("EXPIRE k 200 LT", 0),
        ("EXPIRE k 200 GT", 1),
        ("TTL k", 200),
        ("PERSIST k", 1),
        ("PTTL k", -1),
        ("EXPIREAT k 99999999999", 1),
        ("RENAME k l", 0),
        ("PEXPIREAT l 1", 1),
        ("EXISTS l", 0),
        ("EXPIRE l 1", 0),
    ] {
        let reply = if command.starts_with("RENAME") {
            ok()
        } else {
            Reply::Integer(reply)
        };
        assert_eq!(run(&mut engine, command), reply, "{command}");
    }
    run(&mut engine, "HSET k a 1");
    for command in ["EXPIRE k x", "EXPIRE k 9223372036854775807"] {
        assert_eq!(run(&mut engine, command), error(beyond));
    }
    let unknown = error("ERR Unsupported option ZZ");
    assert_eq!(run(&mut engine, "EXPIRE k 1 ZZ"), unknown);
    run(&mut engine, "PEXPIRE k 1");
    std::thread::sleep(Duration::from_millis(5));
    assert_eq!(run(&mut engine, "EXISTS k"), Reply::Integer(0));
}

#[test]
fn keys_are_listed_by_pattern_and_type() {
    let mut engine = Engine::new();
    for key in ["user:1", "user:2", "other"] {
        engine.execute(&["HSET", key, "a", "1"]);
    }
    run(&mut engine, "FT.SUGADD user:s word 1");
    let sorted = |reply: Reply| match reply {
        Reply::Array(mut keys) => {
            keys.sort_by_key(|key| match key {
                Reply::Bulk(bytes) => bytes.clone(),
                other => unreachable!("a key is bytes: {other:?}"),
            });
            Reply::Array(keys)
        }
        other => other,
    };
    let found = sorted(run(&mut engine, "KEYS user:?"));
    assert_eq!(found, array(&["user:1", "user:2", "user:s"]));
    let Reply::Array(scanned) = run(&mut engine, "SCAN 0 MATCH user:* COUNT 1 TYPE hash") else {
        unreachable!("SCAN is an array");
    };
    assert_eq!(scanned[0], bulk("0"));
    assert_eq!(sorted(scanned[1].clone()), array(&["user:1", "user:2"]));
    for command in ["SCAN 0 MATCH", "SCAN 0 LIKE x"] {
        assert_eq!(run(&mut engine, command), error("ERR syntax error"));
    }
    assert_eq!(run(&mut engine, "SCAN x"), error("ERR invalid cursor"));
}

/// Some of everything that is saved.
fn filled() -> Engine {
    let mut engine = Engine::new();
    for command in [
        "FT.CREATE i PREFIX 1 d: SCHEMA t TEXT v VECTOR FLAT 6 TYPE FLOAT32 DIM 1 DISTANCE_METRIC L2",
        "FT.ALIASADD other i",
        "FT.DICTADD words one two",
        "FT.SUGADD s word 2 PAYLOAD p",
        "HSET d:1 t nuthatch v aaaa",
        "HSET d:2 t finch v zzzz",
        "EXPIRE d:2 1000",
        "HSET gone t nuthatch",
        "PEXPIRE gone 20",
    ] {
        let reply = run(&mut engine, command);
        assert!(!matches!(reply, Reply::Error(_)), "{command}: {reply:?}");
    }
    engine
}

#[test]
fn what_is_saved_is_loaded_into_another_engine() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("birds.nut");
    filled().save(&path).unwrap();
    // Over the one before, which leaves nothing behind.
    filled().save(&path).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    std::thread::sleep(Duration::from_millis(30));
    let mut engine = Engine::new();
    run(&mut engine, "HSET before a 1");
    engine.load(&path).unwrap();
    for (command, reply) in [
        ("DBSIZE", Reply::Integer(3)),
        ("EXISTS gone before", Reply::Integer(0)),
        (
            "FT.SEARCH other nuthatch RETURN 1 t",
            Reply::Array(vec![
                Reply::Integer(1),
                bulk("d:1"),
                array(&["t", "nuthatch"]),
            ]),
        ),
        ("FT.DICTDUMP words", array(&["one", "two"])),
        ("FT.SUGGET s wo WITHPAYLOADS", array(&["word", "p"])),
        ("TTL d:2", Reply::Integer(1000)),
    ] {
        assert_eq!(run(&mut engine, command), reply, "{command}");
    }
    // What is loaded goes on living.
    run(&mut engine, "DEL d:1");
    let none = Reply::Array(vec![Reply::Integer(0)]);
    assert_eq!(run(&mut engine, "FT.SEARCH i nuthatch"), none);
}

#[test]
fn files_that_are_none_are_refused_and_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.nut");
    let mut engine = filled();
    let refused = |engine: &mut Engine, what: &str| {
        let error = engine.load(&path).unwrap_err().to_string();
        assert!(error.contains(what) && error.contains("a.nut"), "{error}");
    };
    refused(&mut engine, "cannot read");
    std::fs::write(&path, b"something else entirely").unwrap();
    refused(&mut engine, "was not saved by Nuthatch");
    std::fs::write(&path, b"NUTHFILE\x07\0\0\0").unwrap();
    refused(
        &mut engine,
        "its format is 7, and this version reads 1 to 1",
    );
    std::fs::write(&path, b"NUTHFILE\x01\0\0\0").unwrap();
    refused(&mut engine, "damaged");
    let nowhere = engine.save(folder.path().join("no/such/folder/a.nut"));
    assert!(nowhere.unwrap_err().to_string().contains("cannot write"));
    assert_eq!(run(&mut engine, "EXISTS d:1"), Reply::Integer(1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_damaged_or_truncated_file_is_refused(place: prop::sample::Index, bit in 0u8..8, cut: bool) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.nut");
        filled().save(&path).unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        let place = place.index(bytes.len());
        if cut {
            bytes.truncate(place);
        } else {
            bytes[place] ^= 1 << bit;
        }
        std::fs::write(&path, bytes).unwrap();
        let mut engine = Engine::new();
        prop_assert!(engine.load(&path).is_err());
        prop_assert_eq!(run(&mut engine, "FT._LIST"), Reply::Array(vec![]));
    }

    #[test]
    fn hashes_of_any_bytes_come_back(
        hashes in prop::collection::btree_map(
            prop::collection::vec(any::<u8>(), 0..6),
            prop::collection::btree_map(any::<Vec<u8>>(), any::<Vec<u8>>(), 1..4),
            0..8,
        )
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.nut");
        let mut engine = Engine::new();
        for (key, hash) in &hashes {
            for (name, value) in hash {
                engine.execute(&[b"HSET", key.as_slice(), name, value]);
            }
        }
        engine.save(&path).unwrap();
        let mut loaded = Engine::new();
        loaded.load(&path).unwrap();
        prop_assert_eq!(run(&mut loaded, "DBSIZE"), Reply::from(hashes.len() as u64));
        for key in hashes.keys() {
            let get: [&[u8]; 2] = [b"HGETALL", key];
            prop_assert_eq!(loaded.execute(&get), engine.execute(&get));
        }
    }
}

fn asked(k: usize, filter: &[u8], threads: usize) -> Batch<'_> {
    Batch {
        index: b"i",
        field: b"v",
        k,
        ef: None,
        filter,
        params: &[],
        tags: &[],
        threads,
    }
}

/// Three hundred vectors in two groups, and queries for them.
fn grouped() -> (Engine, Vec<Vec<u8>>) {
    let mut engine = Engine::new();
    run(
        &mut engine,
        "FT.CREATE i SCHEMA g TAG v VECTOR HNSW 6 TYPE FLOAT32 DIM 2 DISTANCE_METRIC L2",
    );
    let blob = |x: f32, y: f32| [x.to_le_bytes(), y.to_le_bytes()].concat();
    for number in 0u16..300 {
        let vector = blob(f32::from(number % 17), f32::from(number % 23));
        let key = format!("d:{number}");
        let group: &[u8] = if number % 3 == 0 { b"a" } else { b"b" };
        engine.execute::<&[u8]>(&[b"HSET", key.as_bytes(), b"g", group, b"v", &vector]);
    }
    let queries = (0u8..40).map(|n| blob(f32::from(n) / 3.0, f32::from(n) / 2.0));
    (engine, queries.collect())
}

#[test]
fn neighbours_of_many_vectors_are_those_of_each() {
    let (mut engine, queries) = grouped();
    let slices: Vec<&[u8]> = queries.iter().map(Vec::as_slice).collect();
    for filter in ["*", "@g:{a}", "@g:{none}"] {
        let single = engine
            .nearest(&asked(5, filter.as_bytes(), 1), &slices)
            .unwrap();
        let several = engine
            .nearest(&asked(5, filter.as_bytes(), 3), &slices)
            .unwrap();
        assert_eq!(single, several);
        assert_eq!(single.len(), 40);
        for (query, found) in queries.iter().zip(&single) {
            let knn = format!("({filter})=>[KNN 5 @v $q]");
            let search: [&[u8]; 12] = [
                b"FT.SEARCH",
                b"i",
                knn.as_bytes(),
                b"PARAMS",
                b"2",
                b"q",
                query,
                b"NOCONTENT",
                b"SORTBY",
                b"__v_score",
                b"DIALECT",
                b"2",
            ];
            let Reply::Array(reply) = engine.execute(&search) else {
                unreachable!("a search is an array");
            };
            let keys: Vec<Reply> = found
                .iter()
                .map(|(key, _)| Reply::Bulk(key.clone()))
                .collect();
            assert_eq!(&reply[1..], keys.as_slice(), "{filter}");
        }
    }
    assert!(engine.nearest(&asked(5, b"*", 2), &[]).unwrap().is_empty());
}

#[test]
fn tags_beside_a_batch_are_as_tags_of_its_filter() {
    let (mut engine, queries) = grouped();
    let slices: Vec<&[u8]> = queries.iter().map(Vec::as_slice).collect();
    let tags: [(&[u8], &[u8]); 1] = [(b"g", b"A")];
    for (tagged, filtered) in [("*", "@g:{a}"), ("@g:{b}", "@g:{a} @g:{b}")] {
        let tagged = Batch {
            tags: &tags,
            ..asked(5, tagged.as_bytes(), 1)
        };
        let filtered = asked(5, filtered.as_bytes(), 1);
        let tagged = engine.nearest(&tagged, &slices).unwrap();
        assert_eq!(tagged, engine.nearest(&filtered, &slices).unwrap());
    }
}

#[test]
fn what_is_wrong_with_a_batch_is_named() {
    let mut engine = Engine::new();
    run(
        &mut engine,
        "FT.CREATE i SCHEMA g TAG v VECTOR FLAT 6 TYPE FLOAT32 DIM 2 DISTANCE_METRIC L2",
    );
    let refused = |engine: &mut Engine, batch: &Batch<'_>, query: &[u8]| {
        engine.nearest(batch, &[query]).unwrap_err().to_string()
    };
    let good = [0u8; 8];
    let none = refused(&mut engine, &asked(0, b"*", 1), &good);
    assert!(none.contains("k: must be a whole number"), "{none}");
    let short = refused(&mut engine, &asked(1, b"*", 1), &good[..4]);
    assert!(
        short.contains("queries: a vector of 4 bytes, expected 8"),
        "{short}"
    );
    let knn = refused(&mut engine, &asked(1, b"*=>[KNN 2 @v $q]", 1), &good);
    assert!(knn.contains("q"), "{knn}");
    let tag = Batch {
        field: b"g",
        ..asked(1, b"*", 1)
    };
    let field = refused(&mut engine, &tag, &good);
    assert!(
        field.contains("field `g`: must be a vector field: v"),
        "{field}"
    );
    let tagged = Batch {
        tags: &[(b"v", b"a")],
        ..asked(1, b"*", 1)
    };
    let field = refused(&mut engine, &tagged, &good);
    assert!(
        field.contains("field `v`: must be a tag field: g"),
        "{field}"
    );
    let index = Batch {
        index: b"none",
        ..asked(1, b"*", 1)
    };
    assert!(refused(&mut engine, &index, &good).contains("none"));
    let syntax = refused(&mut engine, &asked(1, b"@g:{", 1), &good);
    assert!(syntax.contains("SYNTAX"), "{syntax}");
}
