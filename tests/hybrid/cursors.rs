//! The cursors of the legs.

use nuthatch::Engine;
use nuthatch::reply::Reply;

use super::{array, doc, integer, number, text};

/// Documents and scores of all rows of a cursor, read `count` at a time after a first page of its own
/// size.
pub(super) fn drained(engine: &mut Engine, mut id: i64, count: usize) -> Vec<(usize, f64)> {
    let mut rows = Vec::new();
    let mut count = if count == 0 { None } else { Some(count) };
    let mut next = None;
    while id != 0 {
        let mut words = vec![
            "FT.CURSOR".to_owned(),
            "READ".to_owned(),
            "i".to_owned(),
            id.to_string(),
        ];
        if let Some(count) = next {
            words.extend(["COUNT".to_owned(), format!("{count}")]);
        }
        let reply = engine.execute(&words);
        let parts = array(&reply);
        let page = array(&parts[0]).iter().skip(1);
        rows.extend(page.map(|row| (doc(row), number(row, "__score").unwrap())));
        id = integer(&parts[1]);
        next = count.take().or(next);
    }
    rows
}

fn run(engine: &mut Engine, command: &str) -> Reply {
    let words: Vec<&str> = command.split(' ').collect();
    engine.execute(&words)
}

/// An index of words and numbers, whose documents are `d:0`, `d:1` and so on.
fn with_documents(count: usize) -> Engine {
    let mut engine = Engine::new();
    run(
        &mut engine,
        "FT.CREATE i PREFIX 1 d: SCHEMA t TEXT n NUMERIC",
    );
    for number in 0..count {
        run(&mut engine, &format!("HSET d:{number} t word n {number}"));
    }
    engine
}

#[test]
fn each_leg_is_read_by_itself_in_pages() {
    let mut engine = with_documents(12);
    let reply = run(
        &mut engine,
        "FT.HYBRID i SEARCH word FILTER @n:[0,6] SEARCH word FILTER @n:[(8,100] WITHCURSOR COUNT 5",
    );
    let names: Vec<String> = array(&reply).chunks(2).map(|pair| text(&pair[0])).collect();
    assert_eq!(names, ["SEARCH", "SEARCH_2", "warnings"]);
    let ids = [integer(&array(&reply)[1]), integer(&array(&reply)[3])];
    let docs = |engine: &mut Engine, id| -> Vec<usize> {
        let rows = drained(engine, id, 0);
        rows.iter().map(|(doc, _)| *doc).collect()
    };
    assert_eq!(docs(&mut engine, ids[0]), [0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(docs(&mut engine, ids[1]), [9, 10, 11]);
    let gone = run(&mut engine, &format!("FT.CURSOR READ i {}", ids[0]));
    assert!(matches!(gone, Reply::Error(text) if text.contains("Cursor not found")));
}

#[test]
fn a_document_that_goes_is_left_out_and_one_that_takes_its_number_is_not_shown() {
    let mut engine = with_documents(6);
    let reply = run(
        &mut engine,
        "FT.HYBRID i SEARCH word SEARCH none WITHCURSOR COUNT 100",
    );
    run(&mut engine, "DEL d:3");
    run(&mut engine, "HSET d:9 t word n 9");
    let rows = drained(&mut engine, integer(&array(&reply)[1]), 0);
    let docs: Vec<usize> = rows.iter().map(|(doc, _)| *doc).collect();
    assert_eq!(docs, [0, 1, 2, 4, 5]);
    assert_eq!(
        integer(&array(&reply)[3]),
        0,
        "a leg without rows has no cursor"
    );
}

#[test]
fn cursors_of_all_legs_must_have_room() {
    let mut engine = with_documents(3);
    let command = "FT.HYBRID i SEARCH word SEARCH word SEARCH word WITHCURSOR";
    for _ in 0..42 {
        assert!(matches!(run(&mut engine, command), Reply::Array(_)));
    }
    // 126 of 128 are open.
    let refused = run(&mut engine, command);
    assert!(matches!(refused, Reply::Error(text) if text.starts_with("SEARCH_CURSOR_LIMIT")));
    let info = run(
        &mut engine,
        "FT.HYBRID i SEARCH word SEARCH word WITHCURSOR",
    );
    assert!(matches!(info, Reply::Array(_)));
}
