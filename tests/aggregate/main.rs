//! Aggregations against an oracle: random documents and random steps, and every answer compared with
//! what plain code makes of the documents; whole, and read part by part through a cursor.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test fails by panicking"
)]

mod cursors;
mod memory;
mod naive;
mod step;

use nuthatch::Engine;
use nuthatch::host::embedded::{Begun, Deferral};
use nuthatch::reply::Reply;
use proptest::prelude::*;

use self::naive::{Document, Naive, Row, V};
use self::step::{Step, steps};

fn bulk(reply: &Reply) -> String {
    match reply {
        Reply::Bulk(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        other => panic!("{other:?} is no text"),
    }
}

fn array(reply: &Reply) -> &[Reply] {
    match reply {
        Reply::Array(values) => values,
        other => panic!("{other:?} is no array"),
    }
}

fn integer(reply: &Reply) -> i64 {
    match reply {
        Reply::Integer(number) => *number,
        other => panic!("{other:?} is no integer"),
    }
}

/// A value of a reply; numbers are text there.
fn value(reply: &Reply) -> V {
    match reply {
        Reply::Null => V::Null,
        Reply::Array(values) => V::List(values.iter().map(value).collect()),
        text => V::Text(bulk(text)),
    }
}

/// The rows of a page, and its total.
fn page(reply: &Reply) -> (i64, Vec<Row>) {
    let (total, rows) = array(reply).split_first().unwrap();
    let rows = rows.iter().map(|row| {
        let pairs = array(row).chunks(2);
        pairs
            .map(|pair| (bulk(&pair[0]), value(&pair[1])))
            .collect()
    });
    (integer(total), rows.collect())
}

/// Equal, numbers nearly.
fn same(got: &V, expected: &V) -> bool {
    match (got, expected) {
        (V::Text(text), V::Number(number)) => {
            let got: f64 = match text.as_str() {
                "nan" => return number.is_nan(),
                text => text.parse().unwrap_or(f64::NAN),
            };
            got == *number || (got - number).abs() <= 1e-9 * number.abs().max(1.0)
        }
        (V::List(got), V::List(expected)) => {
            got.len() == expected.len() && got.iter().zip(expected).all(|(a, b)| same(a, b))
        }
        (got, expected) => got == expected,
    }
}

fn same_rows(got: &[Row], expected: &[Row]) -> bool {
    got.len() == expected.len()
        && got.iter().zip(expected).all(|(got, expected)| {
            got.len() == expected.len()
                && got
                    .iter()
                    .zip(expected)
                    .all(|(a, b)| a.0 == b.0 && same(&a.1, &b.1))
        })
}

/// All rows of a cursor, read `count` at a time.
fn drained(engine: &mut Engine, command: &[String], count: usize) -> Vec<Row> {
    let count = count.to_string();
    let mut words: Vec<&str> = command.iter().map(String::as_str).collect();
    words.extend(["WITHCURSOR", "COUNT", &count]);
    let mut reply = apart(engine, &words);
    let mut rows = Vec::new();
    loop {
        let parts = array(&reply);
        let more = page(&parts[0]).1;
        let id = integer(&parts[1]);
        let is_full = more.len().to_string() == count;
        rows.extend(more);
        if id == 0 {
            return rows;
        }
        assert!(is_full, "only the last page is short");
        reply = apart(engine, &["FT.CURSOR", "READ", "i", &id.to_string()]);
    }
}

/// The reply to a query that goes on with a snapshot.
fn apart(engine: &mut Engine, words: &[&str]) -> Reply {
    match engine.begin(words, Deferral::Always) {
        Begun::Replied(reply) => reply,
        Begun::Query(query) => engine.finish(query.run()),
    }
}

fn engine(documents: &[Document]) -> Engine {
    let mut engine = Engine::new();
    let create =
        "FT.CREATE i PREFIX 1 d: SCHEMA brand TAG SORTABLE UNF n NUMERIC m NUMERIC SORTABLE";
    let words: Vec<&str> = create.split(' ').collect();
    assert_eq!(engine.execute(&words), Reply::Simple("OK".to_owned()));
    for (number, document) in documents.iter().enumerate() {
        let mut words = vec![
            "HSET".to_owned(),
            format!("d:{number}"),
            "x".to_owned(),
            "y".to_owned(),
        ];
        for (name, text) in document.fields() {
            words.extend([name.to_owned(), text]);
        }
        engine.execute(&words);
    }
    engine
}

fn command(steps: &[Step]) -> Vec<String> {
    let mut words: Vec<String> = ["FT.AGGREGATE", "i", "*", "WITHCOUNT"]
        .map(str::to_owned)
        .into();
    steps.iter().for_each(|step| step.write(&mut words));
    words
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn steps_give_what_plain_code_makes_of_the_documents(
        documents in prop_oneof![
    39 => prop::collection::vec(naive::document(), 0..40),
            1 => prop::collection::vec(naive::document(), 1_000..2_200),
        ],
        steps in steps(),
        count in 1usize..2_000,
    ) {
        let mut engine = engine(&documents);
        let words = command(&steps);
        let naive = Naive::run(&documents, &steps);
        let reply = engine.execute(&words);
        prop_assert!(matches!(reply, Reply::Array(_)), "{words:?}: {reply:?}");
        let (total, rows) = page(&reply);
        prop_assert!(same_rows(&rows, &naive.rows), "{words:?}:\n{rows:?}\nnot\n{:?}", naive.rows);
        prop_assert_eq!(total, i64::try_from(naive.total).unwrap(), "{:?}", words);
        let rows = drained(&mut engine, &words, count);
        prop_assert!(same_rows(&rows, &naive.rows), "{words:?}, read by {count}");
    }
}
