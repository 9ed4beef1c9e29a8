//! Hybrid searches against an oracle: random documents, legs and fusions, and every answer compared
//! with what plain code makes of the documents; the legs by themselves too, through their cursors.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test fails by panicking"
)]

mod cursors;
mod naive;
mod random;

use nuthatch::Engine;
use nuthatch::host::embedded::{Begun, Deferral};
use nuthatch::reply::Reply;
use proptest::prelude::*;

use self::naive::{Document, Row, Search, WORDS};
use self::random::{command, document, search};

/// Scores are computed in another order, which rounding shows.
const NEARLY: f64 = 1e-9;

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

fn text(reply: &Reply) -> String {
    match reply {
        Reply::Bulk(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        other => panic!("{other:?} is no text"),
    }
}

/// The value of a name in a flat map.
fn get<'a>(map: &'a Reply, name: &str) -> Option<&'a Reply> {
    let pairs = array(map).chunks(2);
    pairs
        .into_iter()
        .find(|pair| text(&pair[0]) == name)
        .map(|pair| &pair[1])
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= NEARLY * a.abs().max(b.abs()).max(1.0)
}

fn number(row: &Reply, name: &str) -> Option<f64> {
    get(row, name).map(|value| text(value).parse().unwrap())
}

/// The number of a document from its key.
fn doc(row: &Reply) -> usize {
    let key = text(get(row, "__key").unwrap());
    key.strip_prefix("d:").unwrap().parse().unwrap()
}

/// The reply to a query that goes on with a snapshot.
fn apart(engine: &mut Engine, words: &[Vec<u8>]) -> Reply {
    match engine.begin(words, Deferral::Always) {
        Begun::Replied(reply) => reply,
        Begun::Query(query) => engine.finish(query.run()),
    }
}

fn engine(documents: &[Document]) -> Engine {
    let mut engine = Engine::new();
    let create = "FT.CREATE i PREFIX 1 d: SCHEMA t TEXT n NUMERIC g TAG \
                  v0 VECTOR FLAT 6 TYPE FLOAT32 DIM 2 DISTANCE_METRIC L2 \
                  v1 VECTOR FLAT 6 TYPE FLOAT32 DIM 2 DISTANCE_METRIC IP";
    let words: Vec<&str> = create.split_whitespace().collect();
    assert_eq!(engine.execute(&words), Reply::Simple("OK".to_owned()));
    for (number, document) in documents.iter().enumerate() {
        let mut words = vec![b"HSET".to_vec(), format!("d:{number}").into_bytes()];
        let mut add = |name: &str, value: Vec<u8>| words.extend([name.as_bytes().to_vec(), value]);
        add("other", b"x".to_vec());
        let text: Vec<&str> = document.text.iter().map(|word| WORDS[*word]).collect();
        if !text.is_empty() {
            add("t", text.join(" ").into_bytes());
        }
        if let Some(number) = document.number {
            add("n", number.to_string().into_bytes());
        }
        if let Some(tag) = document.tag {
            add("g", WORDS[tag].as_bytes().to_vec());
        }
        for (metric, vector) in document.vectors.iter().enumerate() {
            if let Some(vector) = vector {
                add(&format!("v{metric}"), random::blob(*vector));
            }
        }
        engine.execute(&words);
    }
    engine
}

/// That rows are those of plain code from an offset on: in its order, but for what rounding may
/// exchange.
fn check(rows: &[Reply], search: &Search, expected: &[Row]) -> Result<(), TestCaseError> {
    let page = expected.iter().skip(search.offset).take(search.count);
    prop_assert_eq!(rows.len(), page.clone().count());
    let mut seen = Vec::new();
    for (row, at_place) in rows.iter().zip(page) {
        let doc = doc(row);
        prop_assert!(!seen.contains(&doc), "{} comes twice", doc);
        seen.push(doc);
        let own = expected.iter().find(|it| it.doc == doc);
        let Some(own) = own else {
            return Err(TestCaseError::fail(format!("{doc} is in no leg")));
        };
        let score = number(row, "__score").unwrap();
        prop_assert!(
            near(score, own.score),
            "{doc} has {score}, not {}",
            own.score
        );
        prop_assert!(
            own.doc == at_place.doc || near(own.score, at_place.score),
            "{doc} stands where {} should",
            at_place.doc
        );
        for (slot, expected) in own.scores.iter().enumerate() {
            let yielded = number(row, &format!("s{slot}"));
            let same = match (yielded, expected) {
                (Some(a), Some(b)) => near(a, *b),
                (a, b) => a.is_none() && b.is_none(),
            };
            prop_assert!(
                same,
                "{doc} has {yielded:?} in leg {slot}, not {expected:?}"
            );
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    #[test]
    fn searches_give_what_plain_code_makes_of_the_documents(
        documents in prop::collection::vec(document(), 0..40),
        search in search(),
    ) {
        let mut engine = engine(&documents);
        let words = command(&search, false);
        let reply = engine.execute(&words);
        let shown: Vec<_> = words.iter().map(|word| String::from_utf8_lossy(word)).collect();
        prop_assert!(matches!(reply, Reply::Array(_)), "{}: {reply:?}", shown.join(" "));
        let expected = naive::fused(&search, &documents);
        let rows = array(get(&reply, "results").unwrap());
        let checked = check(rows, &search, &expected);
        prop_assert!(checked.is_ok(), "{}: {checked:?}\n{rows:?}", shown.join(" "));
        let total = integer(get(&reply, "total_results").unwrap());
        prop_assert_eq!(total, i64::try_from(expected.len()).unwrap(), "{}", shown.join(" "));
        prop_assert!(number(&reply, "execution_time").unwrap() > 0.0);
        let beside = apart(&mut engine, &words);
        for name in ["total_results", "results", "warnings"] {
            prop_assert_eq!(get(&reply, name), get(&beside, name), "{}", shown.join(" "));
        }

        let cursors = apart(&mut engine, &command(&search, true));
        let legs = naive::legs(&search, &documents);
        let cursors = array(&cursors).chunks(2).take(legs.len());
        for (pair, hits) in cursors.zip(&legs) {
            let found = cursors::drained(&mut engine, integer(&pair[1]), 3);
            let passes = |(doc, _): &&(usize, f64)| {
                let number = documents[*doc].number;
                search.above.is_none_or(|above| number.is_some_and(|number| number > above))
            };
            let expected: Vec<(usize, f64)> = hits.iter().filter(passes).copied().collect();
            let same = found.len() == expected.len()
                && found.iter().zip(&expected).all(|(a, b)| a.0 == b.0 && near(a.1, b.1));
            prop_assert!(same, "{}: {found:?}, not {expected:?}", shown.join(" "));
        }
    }
}
