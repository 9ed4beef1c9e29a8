//! Content that is loaded, keys that come or do not, and content that is refused.

use std::collections::BTreeMap;

use nuthatch_indexes::suggest::Suggestions;
use proptest::prelude::*;

mod apart;

use super::*;
use crate::engine::Call;
use crate::keyspace::{Access, Keyspace, Presence, WrongType};
use crate::reply::{Protocol, Recorder, Reply};
use crate::request::settings::Settings;

type Fields = BTreeMap<Vec<u8>, Vec<u8>>;

/// Hashes, and how often one was read.
#[derive(Default)]
struct Keys {
    hashes: BTreeMap<Vec<u8>, Fields>,
    reads: usize,
    fields_read: usize,
}

impl Hashes for Keys {
    fn fields(
        &mut self,
        key: &[u8],
        names: &[&[u8]],
        visit: &mut dyn FnMut(usize, &[u8]),
    ) -> Presence {
        self.reads += 1;
        self.fields_read += names.len();
        let Some(hash) = self.hashes.get(key) else {
            return Presence::Absent;
        };
        for (position, name) in names.iter().enumerate() {
            if let Some(value) = hash.get(*name) {
                visit(position, value);
            }
        }
        Presence::Hash
    }

    fn document(&mut self, key: &[u8], visit: &mut dyn FnMut(&[u8], &[u8])) -> Presence {
        let Some(hash) = self.hashes.get(key) else {
            return Presence::Absent;
        };
        hash.iter().for_each(|(name, value)| visit(name, value));
        Presence::Hash
    }
}

impl Keyspace for Keys {
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

    fn delete(&mut self, key: &[u8]) -> bool {
        self.hashes.remove(key).is_some()
    }

    fn allows(&mut self, _: Access, _: &[Vec<u8>]) -> bool {
        true
    }

    fn key_count(&mut self) -> u64 {
        self.hashes.len() as u64
    }
}

const DATABASE: u32 = 2;

const CREATE: &[&str] = &[
    "FT.CREATE",
    "all",
    "PREFIX",
    "1",
    "d:",
    "FILTER",
    "@n < 90",
    "SCORE_FIELD",
    "s",
    "PAYLOAD_FIELD",
    "p",
    "LANGUAGE_FIELD",
    "l",
    "SCHEMA",
    "t",
    "TEXT",
    "SORTABLE",
    "u",
    "TEXT",
    "WEIGHT",
    "2",
    "PHONETIC",
    "dm:en",
    "g",
    "TAG",
    "SORTABLE",
    "INDEXMISSING",
    "n",
    "NUMERIC",
    "SORTABLE",
    "place",
    "GEO",
    "shape",
    "GEOSHAPE",
    "FLAT",
    "INDEXMISSING",
    "v",
    "VECTOR",
    "FLAT",
    "6",
    "TYPE",
    "FLOAT32",
    "DIM",
    "1",
    "DISTANCE_METRIC",
    "L2",
];

/// Queries that read every structure.
const QUERIES: &[&[&str]] = &[
    &["*"],
    &["run"],
    &["@u:(felix)=>{$phonetic: true}"],
    &["\"red run\""],
    &["r*", "SORTBY", "t"],
    &["@g:{a}", "SORTBY", "g", "DESC"],
    &["@n:[2 (30]", "SORTBY", "n"],
    &["@place:[1 1 200 km]"],
    &[
        "@shape:[WITHIN $area]",
        "PARAMS",
        "2",
        "area",
        "POLYGON ((0 0, 0 4, 4 4, 4 0, 0 0))",
    ],
    &["ismissing(@g)"],
    &["ismissing(@shape) -@g:{b}"],
    &["@v:[VECTOR_RANGE 1100 $q]", "PARAMS", "2", "q", "\0\0\0\0"],
    &[
        "*=>[KNN 60 @v $q]",
        "PARAMS",
        "2",
        "q",
        "\0\0\0\0",
        "SORTBY",
        "n",
    ],
];

fn run(core: &mut Core, keys: &mut Keys, arguments: &[&str]) -> Reply {
    let arguments: Vec<&[u8]> = arguments.iter().map(|it| it.as_bytes()).collect();
    let mut sink = Recorder::new(Protocol::Resp2);
    core.execute(
        &mut Call {
            database: DATABASE,
            keyspace: keys,
            sink: &mut sink,
        },
        &arguments,
    );
    sink.finish().unwrap()
}

/// What all queries find, as sets: documents that rank the same may come in another order.
fn found(core: &mut Core, keys: &mut Keys) -> Vec<Vec<String>> {
    let answers = QUERIES.iter().map(|query| {
        let (text, rest) = query.split_first().unwrap();
        let mut arguments = vec!["FT.SEARCH", "all", *text, "WITHSCORES", "WITHPAYLOADS"];
        arguments.extend(["LIMIT", "0", "1000"]);
        arguments.extend(rest);
        let Reply::Array(rows) = run(core, keys, &arguments) else {
            unreachable!("{query:?} is a query");
        };
        let (total, rows) = rows.split_first().unwrap();
        let mut rows: Vec<String> = rows.chunks(4).map(|row| format!("{row:?}")).collect();
        rows.sort();
        rows.push(format!("{total:?}"));
        rows
    });
    answers.collect()
}

fn core() -> Core {
    Core::with(Settings {
        linkers: Some(0),
        ..Settings::default()
    })
}

type Write = (u8, Option<(u8, u8, u8)>);

/// A hash that has some of the fields, some of which cannot be indexed.
fn hash(words: u8, number: u8, which: u8) -> Fields {
    let texts = [
        "red run",
        "running felix",
        "a fox ran",
        "phelix red red",
        "\u{e9}t\u{e9}",
    ];
    let text = texts[usize::from(words) % texts.len()];
    let languages = ["english", "french", "klingon"];
    let language = languages[usize::from(words) % languages.len()];
    let tags = ["a", "b,A", "c"][usize::from(number) % 3];
    let place = format!("{},1", number % 90);
    let shape = format!("POINT ({} 1)", number % 7);
    let all: [(&str, &[u8]); 10] = [
        ("t", text.as_bytes()),
        ("u", text.as_bytes()),
        ("g", tags.as_bytes()),
        ("place", place.as_bytes()),
        (
            "shape",
            if number == 7 {
                b"none"
            } else {
                shape.as_bytes()
            },
        ),
        ("v", &[0, 0, number, 66]),
        ("s", if number == 3 { b"x" } else { b"0.5" }),
        ("p", text.as_bytes()),
        ("l", language.as_bytes()),
        ("other", b"x"),
    ];
    let has = |slot: usize| slot != usize::from(which) && slot != usize::from(which / 3);
    let some = all.iter().enumerate().filter(|(slot, _)| has(*slot));
    let mut fields: Fields = some
        .map(|(_, (name, value))| (name.as_bytes().to_vec(), value.to_vec()))
        .collect();
    fields.insert(b"n".to_vec(), (number % 100).to_string().into_bytes());
    fields
}

fn write(core: &mut Core, keys: &mut Keys, writes: &[Write]) {
    for (key, fields) in writes {
        let key = format!("d:{key}").into_bytes();
        match fields {
            Some((words, number, which)) => {
                keys.hashes
                    .insert(key.clone(), hash(*words, *number, *which));
            }
            None => _ = keys.hashes.remove(&key),
        }
        core.key_changed(DATABASE, &key, keys);
    }
}

fn writes(count: usize) -> impl Strategy<Value = Vec<Write>> {
    let fields = prop::option::weighted(0.8, (any::<u8>(), any::<u8>(), 0_u8..30));
    prop::collection::vec((0_u8..60, fields), 0..count)
}

fn content(core: &Core) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    core.save_content(&|_| false, &mut |piece| pieces.push(piece.to_vec()));
    pieces
}

/// A core as it is after the definitions and the content have been loaded, and what became of these.
fn load(definitions: &[u8], pieces: Vec<Vec<u8>>) -> (Core, Restoring) {
    let mut core = core();
    core.load(definitions).unwrap();
    let mut pieces = pieces.into_iter();
    let restoring = core.load_content(&mut || pieces.next());
    assert!(pieces.next().is_none(), "all pieces are read");
    (core, restoring)
}

fn load_keys(core: &mut Core, keys: &mut Keys) {
    let names: Vec<Vec<u8>> = keys.hashes.keys().cloned().collect();
    for key in names {
        core.key_loaded(DATABASE, &key, keys);
    }
}

fn created(first: &[Write]) -> (Core, Keys) {
    let (mut core, mut keys) = (core(), Keys::default());
    assert_eq!(
        run(&mut core, &mut keys, CREATE),
        Reply::Simple("OK".into())
    );
    assert_eq!(core.next_backfill(), None, "there are no keys");
    write(&mut core, &mut keys, first);
    (core, keys)
}

fn failures(core: &mut Core, keys: &mut Keys) -> String {
    let Reply::Array(info) = run(core, keys, &["FT.INFO", "all"]) else {
        unreachable!("the index is there");
    };
    let wanted = info.chunks(2).filter(|pair| {
        let name = format!("{:?}", pair[0]);
        ["failures", "num_docs", "num_records", "num_terms", "Errors"]
            .iter()
            .any(|it| name.contains(it))
    });
    format!("{:?}", wanted.collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_loaded_index_answers_and_changes_as_the_one_that_was_saved(
        first in writes(150),
        expired in prop::collection::vec(0_u8..60, 0..8),
        then in writes(60),
    ) {
        let (mut before, mut keys) = created(&first);
        let (mut after, restoring) = load(&before.save(), content(&before));
        let is_empty = before.database(DATABASE).get(b"all").unwrap().documents().is_empty();
        prop_assert_eq!(restoring, Restoring { taken: usize::from(!is_empty), refused: vec![] });
        for key in &expired {
            let key = format!("d:{key}").into_bytes();
            keys.hashes.remove(&key);
            before.key_changed(DATABASE, &key, &mut keys);
        }
        load_keys(&mut after, &mut keys);
        let restored = after.end_content(DATABASE, &mut keys);
        prop_assert_eq!(restored.refused, vec![]);
        after.link_anew();
        prop_assert_eq!(after.abandon_content(), Vec::<String>::new());
        prop_assert_eq!(failures(&mut after, &mut keys), failures(&mut before, &mut keys));
        for _ in 0..2 {
            prop_assert!(found(&mut after, &mut keys) == found(&mut before, &mut keys));
            write(&mut before, &mut keys, &then);
            for (key, ..) in &then {
                after.key_changed(DATABASE, format!("d:{key}").as_bytes(), &mut keys);
            }
        }
    }

    #[test]
    fn damaged_content_is_refused_and_its_keys_are_indexed(
        first in writes(60), damage in any::<usize>(), bit in 0_u8..8, way in 0_u8..3,
    ) {
        let (mut before, mut keys) = created(&first);
        write(&mut before, &mut keys, &[(70, Some((1, 1, 0)))]);
        let mut pieces = content(&before);
        let piece = &mut pieces[0];
        let place = damage % piece.len();
        match way {
            0 => piece[place] ^= 1 << bit,
            1 => piece.truncate(place.max(2)),
            _ => _ = pieces.remove(0),
        }
        let (mut after, restoring) = load(&before.save(), pieces);
        prop_assert_eq!((restoring.taken, restoring.refused.len()), (0, 1));
        load_keys(&mut after, &mut keys);
        prop_assert_eq!(after.end_content(DATABASE, &mut keys), Restored::default());
        prop_assert!(found(&mut after, &mut keys) == found(&mut before, &mut keys));
    }
}

#[test]
fn keys_are_read_only_for_what_is_not_in_the_content() {
    let (mut before, mut keys) = created(&[(1, Some((1, 1, 20))), (2, Some((2, 95, 20)))]);
    run(
        &mut before,
        &mut keys,
        &[
            "FT.CREATE",
            "tags",
            "PREFIX",
            "1",
            "d:",
            "SCHEMA",
            "g",
            "TAG",
        ],
    );
    let backfill = before.next_backfill().unwrap();
    for key in [b"d:1", b"d:2"] {
        before.backfill_key(backfill, key, &mut keys);
    }
    assert!(content(&before).len() == 2, "a backfill is going on");
    before.backfill_done(backfill);
    let (mut after, restoring) = load(&before.save(), content(&before));
    assert_eq!((restoring.taken, restoring.refused), (2, vec![]));
    (keys.reads, keys.fields_read) = (0, 0);
    load_keys(&mut after, &mut keys);
    // Of the first the shape and the vector; the second is not let in, as far as the content says: so it
    // is read.
    assert_eq!((keys.reads, keys.fields_read), (2, 2 + 11));
    assert_eq!(after.end_content(DATABASE, &mut keys).documents, 3);
}

#[test]
fn content_of_another_version_or_definition_is_refused() {
    let (before, _) = created(&[(1, Some((1, 1, 20)))]);
    let (mut other, _) = created(&[]);
    let with_field = ["FT.ALTER", "all", "SCHEMA", "ADD", "more", "TAG"];
    run(&mut other, &mut Keys::default(), &with_field);
    let (_, restoring) = load(&other.save(), content(&before));
    let expected = "the index is defined in another way".to_owned();
    assert_eq!(restoring.refused, [("all".to_owned(), expected)]);
    let (_, restoring) = load(&Core::new().save(), content(&before));
    let expected = "there is no such index".to_owned();
    assert_eq!(restoring.refused, [("all".to_owned(), expected)]);
    let twice = [content(&before), content(&before)].concat();
    let (_, restoring) = load(&before.save(), twice);
    assert_eq!((restoring.taken, restoring.refused.len()), (1, 1));
    let of_version = |version: &str| {
        let index = before.databases[&DATABASE].get(b"all").unwrap();
        let mut pieces = Vec::new();
        let mut emit = |piece: &[u8]| pieces.push(piece.to_vec());
        let mut writer = PieceWriter::new(Kind::Content, &mut emit);
        let mut content = Writer::new(&mut writer);
        content.number(u64::from(DATABASE));
        content.text(b"all");
        content.text(version.as_bytes());
        content.number(u64::from(fingerprint(index)));
        index.save_content(&mut content);
        content.finish().unwrap();
        writer.finish();
        load(&before.save(), pieces).1
    };
    assert_eq!(of_version(VERSION).taken, 1);
    for version in ["0.0.1", "99.0.0"] {
        let expected = "another version of the module wrote it".to_owned();
        assert_eq!(of_version(version).refused, [("all".to_owned(), expected)]);
    }
}

#[test]
fn content_without_all_of_its_keys_is_given_up_and_a_setting_does_without() {
    let (before, mut keys) = created(&[(1, Some((1, 1, 20))), (2, Some((1, 2, 20)))]);
    let (mut after, _) = load(&before.save(), content(&before));
    after.key_loaded(DATABASE, b"d:1", &mut keys);
    assert_eq!(after.abandon_content(), ["all"]);
    let backfill = after.next_backfill().unwrap();
    for key in [b"d:1", b"d:2"] {
        after.backfill_key(backfill, key, &mut keys);
    }
    after.backfill_done(backfill);
    let mut before = before;
    assert_eq!(found(&mut after, &mut keys), found(&mut before, &mut keys));
    let saved = content(&before);
    before.settings_mut().save_content = false;
    assert!(content(&before).is_empty());
    let definitions = before.save();
    before.load(&definitions).unwrap();
    let mut pieces = saved.into_iter();
    let restoring = before.load_content(&mut || pieces.next());
    assert_eq!((restoring, pieces.next()), (Restoring::default(), None));
}
