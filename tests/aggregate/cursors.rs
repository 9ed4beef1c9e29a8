//! What becomes of cursors while their index changes, and what they may cost.

use std::thread::sleep;
use std::time::Duration;

use nuthatch::Engine;
use nuthatch::engine::{Call, Core};
use nuthatch::keyspace::{Hashes, Keyspace, Presence, WrongType};
use nuthatch::reply::{Protocol, Recorder, Reply};
use nuthatch::request::settings::Settings;
use nuthatch_indexes::suggest::Suggestions;

use super::{array, bulk, integer, page};

fn run(engine: &mut Engine, command: &str) -> Reply {
    let words: Vec<&str> = command.split(' ').collect();
    engine.execute(&words)
}

fn with_documents(count: usize) -> Engine {
    let mut engine = Engine::new();
    run(&mut engine, "FT.CREATE i PREFIX 1 d: SCHEMA n NUMERIC");
    for number in 0..count {
        run(
            &mut engine,
            &format!("HSET d:{number} n {number} t text{number}"),
        );
    }
    engine
}

fn open(engine: &mut Engine, command: &str) -> i64 {
    let reply = run(engine, command);
    let id = integer(&array(&reply)[1]);
    assert_ne!(id, 0, "{command}");
    id
}

fn error(reply: &Reply) -> String {
    match reply {
        Reply::Error(text) => text.clone(),
        other => panic!("{other:?} is no error"),
    }
}

/// The values of a property over the rows of a page of a cursor.
fn read(engine: &mut Engine, id: i64, property: &str) -> Vec<String> {
    let reply = run(engine, &format!("FT.CURSOR READ i {id}"));
    let parts = array(&reply);
    let rows = array(&parts[0]).iter().skip(1);
    let values = rows.map(|row| {
        let pairs = array(row).chunks(2);
        let mut found = pairs.filter(|pair| bulk(&pair[0]) == property);
        bulk(&found.next().unwrap()[1])
    });
    values.collect()
}

#[test]
fn a_cursor_shows_the_documents_of_when_it_was_opened_as_they_are_when_they_are_read() {
    let mut engine = with_documents(4_000);
    let id = open(
        &mut engine,
        "FT.AGGREGATE i * LOAD 3 __key t n WITHCURSOR COUNT 2000",
    );
    // One that is deleted is left out, and the one that takes its id is not shown in its place.
    run(&mut engine, "DEL d:3500");
    run(&mut engine, "HSET d:new n 1 t new");
    run(&mut engine, "HSET d:3600 t changed");
    let keys = read(&mut engine, id, "__key");
    assert_eq!(keys.len(), 1_999);
    assert!(!keys.contains(&"d:3500".to_owned()) && !keys.contains(&"d:new".to_owned()));
    let again = open(
        &mut engine,
        "FT.AGGREGATE i * LOAD 2 __key t WITHCURSOR COUNT 2000",
    );
    run(&mut engine, "HSET d:3700 t changed");
    assert!(read(&mut engine, again, "t").contains(&"changed".to_owned()));
}

#[test]
fn rows_that_were_sorted_or_grouped_stay_as_they_were() {
    let mut engine = with_documents(100);
    let id = open(
        &mut engine,
        "FT.AGGREGATE i * SORTBY 2 @n DESC MAX 50 WITHCURSOR COUNT 10",
    );
    run(&mut engine, "DEL d:80");
    run(&mut engine, "HSET d:81 n 1000");
    let expected: Vec<String> = (80..90).rev().map(|n: usize| n.to_string()).collect();
    assert_eq!(read(&mut engine, id, "n"), expected);
}

#[test]
fn rows_that_load_after_they_were_sorted_are_of_one_document() {
    let mut engine = with_documents(30);
    let id = open(
        &mut engine,
        "FT.AGGREGATE i * SORTBY 2 @n ASC MAX 30 LOAD 2 __key t WITHCURSOR COUNT 10",
    );
    // The new one takes the number of the one that goes.
    run(&mut engine, "DEL d:15");
    run(&mut engine, "HSET d:new n 7 t new");
    let expected: Vec<String> = (10..20).map(|n: usize| format!("text{n}")).collect();
    assert_eq!(read(&mut engine, id, "t"), expected);
}

#[test]
fn a_cursor_is_freed_when_it_is_deleted_idle_or_without_an_index() {
    let mut engine = with_documents(10);
    let id = open(&mut engine, "FT.AGGREGATE i * WITHCURSOR COUNT 2");
    assert_eq!(
        run(&mut engine, &format!("FT.CURSOR DEL i {id}")),
        Reply::Simple("OK".to_owned())
    );
    let gone = run(&mut engine, &format!("FT.CURSOR READ i {id}"));
    assert_eq!(
        error(&gone),
        format!("SEARCH_CURSOR_NOT_FOUND Cursor not found, id: {id}")
    );

    let id = open(
        &mut engine,
        "FT.AGGREGATE i * WITHCURSOR COUNT 2 MAXIDLE 30",
    );
    sleep(Duration::from_millis(50));
    let gone = run(&mut engine, &format!("FT.CURSOR READ i {id}"));
    assert!(error(&gone).contains("Cursor not found"));

    let id = open(&mut engine, "FT.AGGREGATE i * WITHCURSOR COUNT 2");
    run(&mut engine, "FT.CREATE other SCHEMA n NUMERIC");
    let other = run(&mut engine, &format!("FT.CURSOR READ other {id}"));
    assert!(error(&other).contains("Cursor not found"));
    run(&mut engine, "FT.DROPINDEX i");
    let gone = run(&mut engine, &format!("FT.CURSOR READ i {id}"));
    assert!(error(&gone).contains("Index not found"));
    run(&mut engine, "FT.CREATE i PREFIX 1 d: SCHEMA n NUMERIC");
    let gone = run(&mut engine, &format!("FT.CURSOR READ i {id}"));
    assert!(error(&gone).contains("Cursor not found"));
}

#[test]
fn a_read_may_ask_for_another_count_and_the_last_one_frees_the_cursor() {
    let mut engine = with_documents(10);
    let id = open(&mut engine, "FT.AGGREGATE i * LOAD 1 n WITHCURSOR COUNT 2");
    let reply = run(&mut engine, &format!("FT.CURSOR READ i {id} COUNT 5"));
    assert_eq!(page(&array(&reply)[0]).1.len(), 5);
    assert_eq!(integer(&array(&reply)[1]), id);
    let reply = run(
        &mut engine,
        &format!("FT.CURSOR READ i {id} MAXIDLE 1000.0 COUNT 5"),
    );
    assert_eq!(page(&array(&reply)[0]).1.len(), 3);
    assert_eq!(integer(&array(&reply)[1]), 0);
    let gone = run(&mut engine, &format!("FT.CURSOR READ i {id}"));
    assert!(error(&gone).contains("Cursor not found"));
}

#[test]
fn an_index_has_a_bounded_number_of_cursors() {
    let mut engine = with_documents(10);
    let command = "FT.AGGREGATE i * WITHCURSOR COUNT 2";
    for _ in 0..128 {
        open(&mut engine, command);
    }
    let refused = run(&mut engine, command);
    assert_eq!(
        error(&refused),
        "SEARCH_CURSOR_LIMIT Too many cursors: an index may have 128 open at once"
    );
    run(&mut engine, "FT.DROPINDEX i");
    run(&mut engine, "FT.CREATE i PREFIX 1 d: SCHEMA n NUMERIC");
    open(&mut engine, command);
}

/// Every key is a hash with one long field.
struct Long;

impl Hashes for Long {
    fn fields(&mut self, key: &[u8], _: &[&[u8]], visit: &mut dyn FnMut(usize, &[u8])) -> Presence {
        visit(0, &key.repeat(1_000));
        Presence::Hash
    }

    fn document(&mut self, _: &[u8], _: &mut dyn FnMut(&[u8], &[u8])) -> Presence {
        Presence::Hash
    }
}

impl Keyspace for Long {
    fn read_suggestions(
        &mut self,
        _: &[u8],
        _: &mut dyn FnMut(&Suggestions),
    ) -> Result<(), WrongType> {
        Err(WrongType)
    }

    fn change_suggestions(
        &mut self,
        _: &[u8],
        _: &mut dyn FnMut(&mut Suggestions),
    ) -> Result<(), WrongType> {
        Err(WrongType)
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

#[test]
fn what_takes_too_much_memory_is_refused() {
    let mut core = Core::with(Settings {
        aggregate_memory: 1 << 20,
        ..Settings::default()
    });
    let execute = |core: &mut Core, command: &str| {
        let words: Vec<&[u8]> = command.split(' ').map(str::as_bytes).collect();
        let mut sink = Recorder::new(Protocol::Resp2);
        let mut call = Call {
            database: 0,
            keyspace: &mut Long,
            sink: &mut sink,
        };
        core.execute(&mut call, &words);
        sink.finish().unwrap()
    };
    execute(&mut core, "FT.CREATE i SCHEMA t TAG");
    for number in 0..1_000 {
        core.key_changed(0, format!("{number}").as_bytes(), &mut Long);
    }
    for command in [
        "FT.AGGREGATE i * GROUPBY 1 @t",
        "FT.AGGREGATE i * SORTBY 1 @t MAX 1000",
        "FT.AGGREGATE i * GROUPBY 0 REDUCE TOLIST 1 @t",
        "FT.AGGREGATE i * LOAD 1 t",
    ] {
        let reply = execute(&mut core, command);
        assert!(
            error(&reply).starts_with("SEARCH_AGGREGATE_MEMORY"),
            "{command}: {reply:?}"
        );
    }
    for command in [
        // A row that is replaced by a better one gives back what it took.
        "FT.AGGREGATE i * LOAD 2 t __key GROUPBY 0 REDUCE FIRST_VALUE 4 @t BY @__key DESC",
        "FT.AGGREGATE i * GROUPBY 0 REDUCE RANDOM_SAMPLE 2 @t 1",
        // What is counted before the first page is not counted again when it leaves.
        "FT.AGGREGATE i * LIMIT 0 250 LOAD 1 t WITHCURSOR COUNT 250 WITHCOUNT",
        "FT.AGGREGATE i * SORTBY 1 @t MAX 10",
        "FT.AGGREGATE i * LOAD 1 t WITHCURSOR COUNT 10",
        "FT.AGGREGATE i * LOAD 1 t GROUPBY 0 REDUCE COUNT 0",
    ] {
        let reply = execute(&mut core, command);
        assert!(matches!(reply, Reply::Array(_)), "{command}: {reply:?}");
    }
}
