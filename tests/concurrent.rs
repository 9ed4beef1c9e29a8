//! Queries on other threads while documents are written: each answers as the documents were when it
//! began, whatever becomes of them meanwhile.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use nuthatch::Engine;
use nuthatch::host::embedded::{Begun, Deferral, Found, Query};
use nuthatch::reply::Reply;

/// What a document holds.
#[derive(Clone, Debug, PartialEq)]
struct Document {
    word: u8,
    number: i32,
    tag: u8,
    vector: [f32; 2],
}

type Documents = BTreeMap<String, Document>;

const WRITES: usize = if cfg!(debug_assertions) {
    6_000
} else {
    60_000
};
const KEYS: usize = 400;
const FLAT: &str = "FLAT 6";

fn random_document() -> Document {
    Document {
        word: fastrand::u8(0..6),
        number: fastrand::i32(0..100),
        tag: fastrand::u8(0..5),
        vector: [fastrand::f32(), fastrand::f32()],
    }
}

fn bytes(vector: [f32; 2]) -> Vec<u8> {
    vector.iter().flat_map(|part| part.to_le_bytes()).collect()
}

/// An engine whose queries may take their time.
fn engine(algorithm: &str) -> Engine {
    let mut engine = Engine::new();
    let create = format!(
        "FT.CREATE i SCHEMA t TEXT n NUMERIC SORTABLE g TAG v VECTOR {algorithm} TYPE FLOAT32 DIM 2 \
         DISTANCE_METRIC L2"
    );
    for command in [&create, "FT.CONFIG SET TIMEOUT 0"] {
        let words: Vec<&str> = command.split(' ').collect();
        assert_eq!(engine.execute(&words), Reply::Simple("OK".to_owned()));
    }
    engine
}

/// One write, to the engine and to the model of it.
fn write(engine: &mut Engine, documents: &mut Documents) {
    let key = format!("d{}", fastrand::usize(0..KEYS));
    if fastrand::u8(0..4) == 0 {
        engine.execute(&["DEL", &key]);
        documents.remove(&key);
        return;
    }
    let document = random_document();
    let command: Vec<Vec<u8>> = vec![
        b"HSET".to_vec(),
        key.clone().into_bytes(),
        b"t".to_vec(),
        format!("word{}", document.word).into_bytes(),
        b"n".to_vec(),
        document.number.to_string().into_bytes(),
        b"g".to_vec(),
        format!("tag{}", document.tag).into_bytes(),
        b"v".to_vec(),
        bytes(document.vector),
    ];
    engine.execute(&command);
    documents.insert(key, document);
}

/// What a query must find.
#[derive(Debug)]
enum Expected {
    /// So many documents.
    Count(usize),
    /// This sum of numbers; none of no document.
    Sum(Option<i64>),
    /// These keys in order, but for those that are gone when the rows are read.
    Keys(Vec<String>),
}

/// A random query with the naive answer.
fn question(documents: &Documents) -> (Vec<Vec<u8>>, Expected) {
    let (low, high) = (fastrand::i32(0..40), fastrand::i32(40..100));
    let (word, tag) = (fastrand::u8(0..6), fastrand::u8(0..5));
    let in_range = |document: &&Document| (low..=high).contains(&document.number);
    let all = || documents.values();
    let words = |text: String| text.split(' ').map(|it| it.as_bytes().to_vec()).collect();
    match fastrand::u8(0..6) {
        0 => (
            words(format!("FT.SEARCH i word{word}|@g:{{tag{tag}}} LIMIT 0 0")),
            Expected::Count(
                all()
                    .filter(|document| document.word == word || document.tag == tag)
                    .count(),
            ),
        ),
        1 => {
            let mut command: Vec<Vec<u8>> = words("FT.SEARCH i - LIMIT 0 0".to_owned());
            command[2] = format!("-@n:[{low} {high}]").into_bytes();
            let count = all().filter(|document| !in_range(document)).count();
            (command, Expected::Count(count))
        }
        2 => {
            let found: Vec<&Document> = all().filter(in_range).collect();
            let sum = found.iter().map(|document| i64::from(document.number));
            let command =
                format!("FT.AGGREGATE i @n:[{low},{high}] GROUPBY 0 REDUCE SUM 1 @n AS s");
            let mut command: Vec<Vec<u8>> = words(command);
            command[2] = format!("@n:[{low} {high}]").into_bytes();
            let sum = (!found.is_empty()).then(|| sum.sum());
            (command, Expected::Sum(sum))
        }
        3 => {
            let mut found: Vec<(&String, &Document)> = documents.iter().collect();
            found.retain(|(_, document)| document.word == word);
            found.sort_by_key(|(key, document)| (document.number, (*key).clone()));
            let keys = found.iter().take(5).map(|(key, _)| (*key).clone());
            let command = format!("FT.SEARCH i word{word} SORTBY n NOCONTENT LIMIT 0 5");
            // Equal numbers come in the order of ids, which the model does not know.
            let distinct = found
                .windows(2)
                .all(|two| two[0].1.number < two[1].1.number);
            if distinct {
                (words(command), Expected::Keys(keys.collect()))
            } else {
                let command = format!("FT.SEARCH i word{word} LIMIT 0 0");
                (words(command), Expected::Count(found.len()))
            }
        }
        4 => nearest(documents, Some(tag)),
        _ => nearest(documents, None),
    }
}

fn nearest(documents: &Documents, tag: Option<u8>) -> (Vec<Vec<u8>>, Expected) {
    let query = [fastrand::f32(), fastrand::f32()];
    let distance = |document: &Document| -> f32 {
        let parts = document.vector.iter().zip(query);
        parts.map(|(a, b)| (a - b) * (a - b)).sum()
    };
    let mut found: Vec<(&String, f32)> = documents
        .iter()
        .filter(|(_, document)| tag.is_none_or(|tag| document.tag == tag))
        .map(|(key, document)| (key, distance(document)))
        .collect();
    found.sort_by(|a, b| a.1.total_cmp(&b.1));
    let filter = tag.map_or("*".to_owned(), |tag| format!("@g:{{tag{tag}}}"));
    let command = vec![
        b"FT.SEARCH".to_vec(),
        b"i".to_vec(),
        format!("{filter}=>[KNN 7 @v $b]").into_bytes(),
        b"PARAMS".to_vec(),
        b"2".to_vec(),
        b"b".to_vec(),
        bytes(query),
        b"NOCONTENT".to_vec(),
    ];
    let keys = found.iter().take(7).map(|(key, _)| (*key).clone());
    (command, Expected::Keys(keys.collect()))
}

fn check(reply: &Reply, expected: &Expected, now: &Documents) {
    let Reply::Array(values) = reply else {
        panic!("{expected:?}, but {reply:?}");
    };
    match expected {
        Expected::Count(count) => {
            assert_eq!(values, &[Reply::Integer(i64::try_from(*count).unwrap())]);
        }
        Expected::Sum(sum) => {
            let row = values.get(1);
            let found = row.map(|row| {
                let Reply::Array(row) = row else {
                    panic!("{reply:?}");
                };
                row[1].clone()
            });
            let sum = sum.map(|sum| Reply::Bulk(sum.to_string().into_bytes()));
            assert_eq!(found.filter(|_| sum.is_some()), sum, "{reply:?}");
        }
        Expected::Keys(keys) => {
            let left = keys.iter().filter(|key| now.contains_key(*key));
            let left: Vec<Reply> = left
                .map(|key| Reply::Bulk(key.clone().into_bytes()))
                .collect();
            assert_eq!(&values[1..], left, "{expected:?}");
        }
    }
}

type Asked = (Query, Expected);
type Answered = (Found, Expected);

/// Threads that run the queries that they are sent.
fn threads() -> (Sender<Asked>, Receiver<Answered>) {
    let (ask, asked) = channel::<Asked>();
    let (answer, answers) = channel();
    let asked = Arc::new(Mutex::new(asked));
    for _ in 0..3 {
        let (asked, answer) = (Arc::clone(&asked), answer.clone());
        thread::spawn(move || {
            loop {
                let next = asked.lock().unwrap().recv();
                let Ok((query, expected)) = next else { return };
                if answer.send((query.run(), expected)).is_err() {
                    return;
                }
            }
        });
    }
    (ask, answers)
}

fn stress(algorithm: &str) {
    let mut engine = engine(algorithm);
    let mut documents = Documents::new();
    for _ in 0..KEYS {
        write(&mut engine, &mut documents);
    }
    let (ask, answers) = threads();
    let (mut open, mut deferred) = (0, 0);
    for step in 0..WRITES {
        write(&mut engine, &mut documents);
        if step % 3 == 0 && open < 12 {
            let (command, expected) = question(&documents);
            match engine.begin(&command, Deferral::Always) {
                Begun::Query(query) => {
                    ask.send((query, expected)).unwrap();
                    open += 1;
                    deferred += 1;
                }
                Begun::Replied(reply) => check(&reply, &expected, &documents),
            }
        }
        while let Ok((found, expected)) = answers.try_recv() {
            open -= 1;
            check(&engine.finish(found), &expected, &documents);
        }
    }
    drop(ask);
    for (found, expected) in answers {
        check(&engine.finish(found), &expected, &documents);
    }
    assert!(deferred > 100, "only {deferred} queries were deferred");
}

#[test]
fn each_answer_is_of_the_moment_when_its_query_began() {
    fastrand::seed(7);
    stress(FLAT);
}

#[test]
fn so_it_is_with_a_graph_of_few_vectors() {
    fastrand::seed(8);
    // With so many candidates all are compared with.
    stress("HNSW 8 EF_RUNTIME 100");
}

#[test]
fn a_query_outlives_its_index_and_ends_when_it_is_cancelled() {
    let mut engine = engine(FLAT);
    let mut documents = Documents::new();
    for _ in 0..KEYS {
        write(&mut engine, &mut documents);
    }
    let begin = |engine: &mut Engine, command: &str| {
        let words: Vec<&str> = command.split(' ').collect();
        match engine.begin(&words, Deferral::Always) {
            Begun::Query(query) => query,
            Begun::Replied(reply) => panic!("it was answered at once: {reply:?}"),
        }
    };
    let cancelled = begin(&mut engine, "FT.AGGREGATE i * GROUPBY 1 @n");
    let query = begin(&mut engine, "FT.SEARCH i * LIMIT 0 0");
    let page = begin(&mut engine, "FT.SEARCH i * LIMIT 0 3");
    cancelled.cancel().cancel();
    let timeout = Reply::Error("SEARCH_TIMEOUT Timeout limit was reached".to_owned());
    let found = cancelled.run();
    assert_eq!(engine.finish(found), timeout);
    engine.execute(&["FLUSHALL"]);
    let (query, page) = (query.run(), page.run());
    let count = i64::try_from(documents.len()).unwrap();
    assert_eq!(
        engine.finish(query),
        Reply::Array(vec![Reply::Integer(count)])
    );
    assert_eq!(
        engine.finish(page),
        Reply::Array(vec![Reply::Integer(count - 3)])
    );
}

/// What stands under a name in a flat map.
fn under<'a>(reply: &'a Reply, name: &str) -> &'a Reply {
    let Reply::Array(pairs) = reply else {
        panic!("not a map: {reply:?}");
    };
    let is_name = |it: &Reply| *it == Reply::Bulk(name.as_bytes().to_vec());
    let at = pairs.iter().step_by(2).position(is_name);
    &pairs[2 * at.unwrap_or_else(|| panic!("no {name} in {reply:?}")) + 1]
}

/// Whether a string is anywhere in a reply.
fn mentions(reply: &Reply, name: &[u8]) -> bool {
    match reply {
        Reply::Bulk(bytes) => bytes == name,
        Reply::Simple(text) => text.as_bytes() == name,
        Reply::Array(values) | Reply::Set(values) => values.iter().any(|it| mentions(it, name)),
        Reply::Map(pairs) => pairs
            .iter()
            .any(|(key, value)| mentions(key, name) || mentions(value, name)),
        Reply::Error(_) | Reply::Integer(_) | Reply::Double(_) | Reply::Null => false,
    }
}

#[test]
fn hybrid_searches_their_cursors_and_profiles_are_of_their_moment_too() {
    let mut engine = engine(FLAT);
    let mut documents = Documents::new();
    for _ in 0..KEYS {
        write(&mut engine, &mut documents);
    }
    let near = [1.0_f32, 2.0].map(f32::to_le_bytes).concat();
    let words = |text: &str| -> Vec<Vec<u8>> {
        let words = text.split(' ').map(|word| match word {
            "$near" => near.clone(),
            word => word.as_bytes().to_vec(),
        });
        words.collect()
    };
    let legs = "SEARCH * VSIM @v $q KNN 2 K 1000 COMBINE RRF 2 WINDOW 1000";
    let tail = "PARAMS 2 q $near";
    let hybrid = words(&format!("FT.HYBRID i {legs} LIMIT 0 1000 {tail}"));
    let cursors = words(&format!("FT.HYBRID i {legs} WITHCURSOR COUNT 1000 {tail}"));
    let profiles = [
        words(&format!(
            "FT.PROFILE i HYBRID QUERY {legs} LIMIT 0 1000 {tail}"
        )),
        words("FT.PROFILE i AGGREGATE QUERY * GROUPBY 0 REDUCE COUNT 0 AS n"),
        words("FT.PROFILE i SEARCH QUERY * LIMIT 0 0"),
    ];
    let before = engine.execute(&hybrid);
    let mut begin = |command: &[Vec<u8>]| match engine.begin(command, Deferral::Always) {
        Begun::Query(query) => query,
        Begun::Replied(reply) => panic!("it was answered at once: {reply:?}"),
    };
    let (of_hybrid, of_cursors) = (begin(&hybrid), begin(&cursors));
    let of_profiles = profiles.map(|profile| begin(&profile));
    engine.execute(&["FLUSHALL"]);
    let after = engine.finish(of_hybrid.run());
    let count = Reply::Integer(i64::try_from(documents.len()).unwrap());
    assert_eq!(under(&after, "results"), under(&before, "results"));
    assert_eq!(under(&after, "total_results"), &count);
    let opened = engine.finish(of_cursors.run());
    for name in ["SEARCH", "VSIM"] {
        assert!(matches!(under(&opened, name), Reply::Integer(id) if *id > 0));
    }
    let [hybrid, aggregate, search] = of_profiles.map(|query| {
        let Reply::Array(reply) = engine.finish(query.run()) else {
            panic!("a profile is an array");
        };
        assert!(reply.len() == 2 && mentions(&reply[1], b"Workers queue time"));
        reply
    });
    assert_eq!(under(&hybrid[0], "total_results"), &count);
    let n = Reply::Bulk(documents.len().to_string().into_bytes());
    let row = Reply::Array(vec![Reply::Bulk(b"n".to_vec()), n]);
    assert_eq!(aggregate[0], Reply::Array(vec![Reply::Integer(1), row]));
    assert_eq!(search[0], Reply::Array(vec![count]));
}

#[test]
fn a_hybrid_search_that_is_cancelled_says_so() {
    let mut engine = engine(FLAT);
    let mut documents = Documents::new();
    for _ in 0..KEYS {
        write(&mut engine, &mut documents);
    }
    let command = "FT.HYBRID i SEARCH @n:[0,9] SEARCH @n:[1,9]";
    let words: Vec<&str> = command.split(' ').collect();
    let Begun::Query(query) = engine.begin(&words, Deferral::Always) else {
        panic!("it was answered at once");
    };
    query.cancel().cancel();
    let reply = engine.finish(query.run());
    let Reply::Array(warnings) = under(&reply, "warnings") else {
        panic!("warnings are a list");
    };
    let late = |leg: &str| Reply::Bulk(format!("Timeout limit was reached ({leg})").into_bytes());
    assert_eq!(warnings[..2], [late("SEARCH"), late("SEARCH_2")]);
}
