//! What aggregations of long documents may take.

use nuthatch::engine::{Call, Core};
use nuthatch::keyspace::{Access, Hashes, Keyspace, Presence, WrongType};
use nuthatch::reply::{Protocol, Recorder, Reply};
use nuthatch::request::settings::Settings;
use nuthatch_indexes::suggest::Suggestions;

use super::{array, bulk, integer, page};

/// Every key is a hash with one field of so many bytes.
struct Long(usize);

impl Hashes for Long {
    fn fields(&mut self, _: &[u8], _: &[&[u8]], visit: &mut dyn FnMut(usize, &[u8])) -> Presence {
        visit(0, &vec![b'x'; self.0]);
        Presence::Hash
    }

    fn document(&mut self, _: &[u8], visit: &mut dyn FnMut(&[u8], &[u8])) -> Presence {
        visit(b"t", &vec![b'x'; self.0]);
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

    fn key_count(&mut self) -> u64 {
        0
    }

    fn allows(&mut self, _: Access, _: &[Vec<u8>]) -> bool {
        true
    }
}

fn execute(core: &mut Core, bytes: usize, command: &str) -> Reply {
    let words: Vec<&[u8]> = command.split(' ').map(str::as_bytes).collect();
    let mut sink = Recorder::new(Protocol::Resp2);
    let mut call = Call {
        database: 0,
        keyspace: &mut Long(bytes),
        sink: &mut sink,
    };
    core.execute(&mut call, &words);
    sink.finish().unwrap()
}

fn error_text(reply: &Reply) -> String {
    match reply {
        Reply::Error(text) => text.clone(),
        other => panic!("{other:?} is no error"),
    }
}

fn with_documents(settings: Settings, documents: usize) -> Core {
    let mut core = Core::with(Settings {
        timeout_ms: 0,
        ..settings
    });
    execute(&mut core, 9, "FT.CREATE i SCHEMA t TAG");
    for number in 0..documents {
        core.key_changed(0, format!("{number}").as_bytes(), &mut Long(9));
    }
    core
}

#[test]
fn long_documents_are_read_few_at_a_time() {
    const MIB: usize = 1 << 20;
    let mut core = with_documents(
        Settings {
            aggregate_memory: 48 * MIB,
            ..Settings::default()
        },
        100,
    );
    // A hundred mebibytes are read, and as many computed.
    for command in [
        "FT.AGGREGATE i * LOAD 1 t APPLY upper(@t) AS u APPLY strlen(@u) AS l GROUPBY 1 @l REDUCE COUNT 0 AS c",
        "FT.AGGREGATE i * LOAD * APPLY strlen(@t) AS l GROUPBY 1 @l REDUCE COUNT 0 AS c",
    ] {
        let reply = execute(&mut core, MIB, command);
        let (total, rows) = page(&reply);
        assert_eq!((total, rows.len()), (1, 1), "{command}");
        let row: Vec<String> = array(&array(&reply)[1]).iter().map(bulk).collect();
        assert_eq!(row, ["l", "1048576", "c", "100"], "{command}");
    }
    let reply = execute(&mut core, MIB, "FT.AGGREGATE i * LOAD 1 t");
    assert!(error_text(&reply).starts_with("SEARCH_AGGREGATE_MEMORY"));
    let first = execute(&mut core, MIB, "FT.AGGREGATE i * LOAD 1 t LIMIT 3 5");
    assert_eq!(page(&first).1.len(), 5);
}

#[test]
fn all_cursors_together_have_a_bound() {
    let mut core = with_documents(
        Settings {
            cursor_memory: 1 << 20,
            ..Settings::default()
        },
        300,
    );
    let command = "FT.AGGREGATE i * SORTBY 1 @t MAX 300 WITHCURSOR COUNT 1";
    let first = execute(&mut core, 2_000, command);
    let id = integer(&array(&first)[1]);
    assert!(id > 0);
    let second = execute(&mut core, 2_000, command);
    assert_eq!(
        error_text(&second),
        "SEARCH_CURSOR_MEMORY The rows of all cursors take more than 1048576 bytes: read or free \
         others first, or raise CURSORMEMORY"
    );
    // One that is read to its end holds nothing.
    let last = execute(
        &mut core,
        2_000,
        &format!("FT.CURSOR READ i {id} COUNT 300"),
    );
    assert_eq!(integer(&array(&last)[1]), 0);
    let third = execute(&mut core, 2_000, command);
    assert!(integer(&array(&third)[1]) > 0);
}
