//! Searches that are cut short, and those that go on elsewhere.

use std::time::Duration;

use nuthatch_indexes::suggest::Suggestions;

use crate::engine::{Call, Core};
use crate::keyspace::{Access, Hashes, Keyspace, Presence, WrongType};
use crate::reply::{Protocol, Recorder, Reply};

/// Every key is an empty hash, and showing one takes two milliseconds.
struct Slow;

impl Hashes for Slow {
    fn fields(&mut self, _: &[u8], _: &[&[u8]], _: &mut dyn FnMut(usize, &[u8])) -> Presence {
        Presence::Hash
    }

    fn document(&mut self, _: &[u8], _: &mut dyn FnMut(&[u8], &[u8])) -> Presence {
        std::thread::sleep(Duration::from_millis(2));
        Presence::Hash
    }
}

impl Keyspace for Slow {
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

    fn allows(&mut self, _: Access, _: &[Vec<u8>]) -> bool {
        true
    }

    fn key_count(&mut self) -> u64 {
        0
    }
}

fn run(core: &mut Core, command: &str) -> Option<Reply> {
    run_in(core, Protocol::Resp2, command)
}

fn run_in(core: &mut Core, protocol: Protocol, command: &str) -> Option<Reply> {
    let arguments: Vec<&[u8]> = command.split(' ').map(str::as_bytes).collect();
    let mut recorder = Recorder::new(protocol);
    let mut call = Call {
        database: 0,
        keyspace: &mut Slow,
        sink: &mut recorder,
    };
    core.execute(&mut call, &arguments);
    recorder.finish()
}

fn fifty_documents() -> Core {
    let mut core = Core::new();
    run(&mut core, "FT.CREATE i SCHEMA t TEXT");
    for key in 0u8..50 {
        core.key_changed(0, &[key], &mut Slow);
    }
    core
}

#[test]
fn a_search_that_is_slow_to_show_its_documents_stops_in_time() {
    let mut core = fifty_documents();
    let timeout = Reply::Error("SEARCH_TIMEOUT Timeout limit was reached".to_owned());
    let found = run(&mut core, "FT.SEARCH i * LIMIT 0 50 TIMEOUT 20");
    assert_eq!(found, Some(timeout));
    let found = run(&mut core, "FT.SEARCH i * LIMIT 0 1 TIMEOUT 0");
    assert!(matches!(found, Some(Reply::Array(values)) if values.len() == 3));
}

#[test]
fn what_is_cut_short_is_an_error_or_says_so_or_neither_by_policy() {
    let mut core = fifty_documents();
    let search = "FT.SEARCH i * LIMIT 0 50 TIMEOUT 20";
    let timeout = Some(Reply::Error(
        "SEARCH_TIMEOUT Timeout limit was reached".to_owned(),
    ));
    let warned = |reply: Option<Reply>| {
        let Some(Reply::Map(entries)) = reply else {
            panic!("a map: {reply:?}");
        };
        let get = |name: &str| {
            let key = Reply::Bulk(name.into());
            entries
                .iter()
                .find(|(k, _)| *k == key)
                .map(|(_, v)| v.clone())
        };
        let Some(Reply::Array(results)) = get("results") else {
            panic!("results");
        };
        assert!(results.len() < 50);
        assert_eq!(get("total_results"), Some(Reply::Integer(50)));
        let warning = Reply::Bulk(b"Timeout limit was reached".to_vec());
        assert_eq!(get("warning"), Some(Reply::Array(vec![warning])));
    };
    warned(run_in(&mut core, Protocol::Resp3, search));
    assert_eq!(run_in(&mut core, Protocol::Resp2, search), timeout);
    run(&mut core, "FT.CONFIG SET ON_TIMEOUT RETURN");
    warned(run_in(&mut core, Protocol::Resp3, search));
    let found = run_in(&mut core, Protocol::Resp2, search);
    assert!(matches!(found, Some(Reply::Array(values)) if values.len() < 101));
    run(&mut core, "FT.CONFIG SET ON_TIMEOUT FAIL");
    for protocol in [Protocol::Resp2, Protocol::Resp3] {
        assert_eq!(run_in(&mut core, protocol, search), timeout);
    }
}

#[test]
fn what_is_expensive_is_deferred_or_refused_and_nothing_else_is() {
    use crate::engine::jobs::{Begun, Deferral};

    let mut core = fifty_documents();
    let mut begin = |deferral, command: &str| {
        let arguments: Vec<&[u8]> = command.split(' ').map(str::as_bytes).collect();
        let mut recorder = Recorder::new(Protocol::Resp2);
        let mut call = Call {
            database: 0,
            keyspace: &mut Slow,
            sink: &mut recorder,
        };
        match core.begin(&mut call, &arguments, deferral) {
            Begun::Replied(_) => recorder.finish(),
            Begun::Deferred(_) => None,
        }
    };
    let count = Some(Reply::Array(vec![Reply::Integer(50)]));
    let refused = Deferral::Refused { waiting: 3 };
    for search in ["FT.SEARCH i * LIMIT 0 0", "FT.SEARCH i -x LIMIT 0 0"] {
        for deferral in [Deferral::Never, Deferral::Expensive, refused] {
            assert_eq!(begin(deferral, search), count, "{search} {deferral:?}");
        }
        assert_eq!(begin(Deferral::Always, search), None);
    }
    begin(Deferral::Never, "FT.CONFIG SET INLINECOST 0");
    let search = "FT.SEARCH i -x LIMIT 0 0";
    assert_eq!(begin(Deferral::Expensive, search), None);
    let overload =
        "SEARCH_OVERLOAD 3 queries wait for a worker, as many as MAXQUEUEDQUERIES allows";
    let overload = Some(Reply::Error(overload.to_owned()));
    assert_eq!(begin(refused, search), overload);
    assert_eq!(begin(refused, "FT.AGGREGATE i *"), overload);
    assert_eq!(begin(Deferral::Never, search), count);
    assert_eq!(
        begin(Deferral::Never, "FT.NONSENSE i"),
        begin(refused, "FT.NONSENSE i")
    );
}
