//! What indexes know of their documents and the links of vectors, as they come back from disk with wrong
//! bytes under right checksums: they are refused, or what is made of them can be asked, changed and saved.

use std::sync::LazyLock;

use nuthatch::engine::{Call, Core};
use nuthatch::reply::{Protocol, Recorder, Reply};
use nuthatch::request::settings::Settings;
use proptest::prelude::*;
use proptest::test_runner::Config;

use super::bytes::{changed, changes};
use super::keys::Keys;
use super::rounds;
use super::saved::sealed;

/// More than a block of postings.
const DOCUMENTS: usize = 150;

/// Of pieces of content and of pieces of links.
const CONTENT: u32 = 101;
const LINKS: u32 = 1;

/// What a section has before its content, the number of a piece included, and behind it.
const BEFORE: usize = 24;
const BEHIND: usize = 4;

const CREATE: &str = "FT.CREATE i PREFIX 1 d: SCORE_FIELD s LANGUAGE_FIELD l PAYLOAD_FIELD y SCHEMA \
    t TEXT SORTABLE u TEXT PHONETIC dm:en g TAG SORTABLE INDEXMISSING WITHSUFFIXTRIE n NUMERIC SORTABLE \
    p GEO w GEOSHAPE FLAT v VECTOR HNSW 6 TYPE INT8 DIM 2 DISTANCE_METRIC L2";

/// Searches that read every structure.
const SEARCHES: [&str; 9] = [
    "FT.SEARCH i * SORTBY t WITHPAYLOADS",
    "FT.SEARCH i run SCORER BM25STD WITHSCORES",
    "FT.SEARCH i r*",
    "FT.SEARCH i @u:(smith)=>{$phonetic:true}",
    "FT.SEARCH i @g:{*a*}|ismissing(@g) SORTBY g",
    "FT.SEARCH i @n:[3~70] SORTBY n",
    "FT.SEARCH i @p:[1~1~500~km]",
    "FT.SEARCH i @w:[WITHIN~$area] PARAMS 2 area POLYGON((0~0,0~9,9~9,9~0,0~0))",
    "FT.SEARCH i *=>[KNN~9~@v~$q] PARAMS 2 q xx",
];

/// An index as it is saved, and the keys that it is of.
struct Whole {
    definitions: Vec<u8>,
    /// What is in the pieces, without what they are in.
    content: Vec<u8>,
    links: Vec<u8>,
    keys: Keys,
}

static WHOLE: LazyLock<Whole> = LazyLock::new(whole);

fn new_core() -> Core {
    Core::with(Settings {
        linkers: Some(0),
        ..Settings::default()
    })
}

fn run(core: &mut Core, keys: &mut Keys, command: &str) -> Reply {
    let words: Vec<Vec<u8>> = command
        .split(' ')
        .map(|word| word.replace('~', " ").into_bytes())
        .collect();
    let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
    let mut recorder = Recorder::new(Protocol::Resp2);
    let mut call = Call {
        database: 0,
        keyspace: keys,
        sink: &mut recorder,
    };
    core.execute(&mut call, &words);
    recorder.finish().expect("every command is answered")
}

fn whole() -> Whole {
    let (mut core, mut keys) = (new_core(), Keys::default());
    let created = run(&mut core, &mut keys, CREATE);
    assert_eq!(created, Reply::Simple("OK".into()));
    for number in 0..DOCUMENTS {
        let byte = u8::try_from(number % 100).unwrap_or_default();
        let mut fields = vec![
            ("t", format!("running red w{}", number % 7)),
            ("u", ["Smith", "Smyth", "felix"][number % 3].to_owned()),
            ("n", format!("{}", number % 80)),
            ("p", format!("{},{}", number % 9, number % 5)),
            ("w", format!("POINT ({} {})", number % 9, number % 8)),
            ("s", format!("0.{}", number % 4)),
        ];
        if number % 4 > 0 {
            fields.push(("g", format!("a{},b", number % 5)));
        }
        if number % 5 == 0 {
            fields.extend([("l", "german".to_owned()), ("y", "pay".to_owned())]);
        }
        let fields = fields.into_iter();
        let fields = fields.map(|(name, value)| (name.into(), value.into_bytes()));
        let vector = (b"v".to_vec(), vec![byte, byte / 3]);
        let key = format!("d:{number}").into_bytes();
        keys.0.insert(key.clone(), fields.chain([vector]).collect());
        core.key_changed(0, &key, &mut keys);
    }
    let mut content = Vec::new();
    core.save_content(&|_| false, &mut |piece| content.push(piece.to_vec()));
    let mut links = Vec::new();
    core.save_links(&mut |piece| links.push(piece.to_vec()));
    assert_eq!(
        (content.len(), links.len()),
        (2, 1),
        "a piece of each and an end"
    );
    let inner = |piece: &[u8]| piece[BEFORE..piece.len() - BEHIND].to_vec();
    Whole {
        definitions: core.save(),
        content: inner(&content[0]),
        links: inner(&links[0]),
        keys,
    }
}

/// A piece that is the first of its kind.
fn piece(version: u32, inner: &[u8]) -> Vec<u8> {
    sealed(version, &[&[0; 4], inner].concat())
}

/// An index of what is read; whether all of it was taken.
fn load(content: &[u8], links: &[u8]) -> (Core, Keys, bool) {
    let (mut core, mut keys) = (new_core(), WHOLE.keys.clone());
    assert_eq!(core.load(&WHOLE.definitions), Ok(()));
    let mut pieces = [piece(CONTENT, content), vec![0]].into_iter();
    let taken = core.load_content(&mut || pieces.next()).taken;
    let names: Vec<Vec<u8>> = keys.0.keys().cloned().collect();
    for key in names {
        core.key_loaded(0, &key, &mut keys);
    }
    let read = core.end_content(0, &mut keys);
    let mut pieces = [piece(LINKS, links)].into_iter();
    let linked = core.load_links(&mut || pieces.next());
    core.link_anew();
    let taken = taken == 1 && read.refused.is_empty();
    (core, keys, taken && linked == Ok(DOCUMENTS))
}

#[test]
fn what_is_not_changed_is_taken() {
    let (core, _, taken) = load(&WHOLE.content, &WHOLE.links);
    assert!(taken);
    assert!(core.has_links());
}

proptest! {
    // Each of them indexes, asks and changes all documents.
    #![proptest_config(Config { cases: rounds().cases.div_ceil(8), ..rounds() })]

    #[test]
    fn content_is_refused_or_can_be_asked_changed_and_saved(
        in_content in changes(),
        in_links in changes(),
    ) {
        let content = changed(WHOLE.content.clone(), &in_content);
        let links = changed(WHOLE.links.clone(), &in_links);
        let (mut core, mut keys, _) = load(&content, &links);
        for search in SEARCHES {
            run(&mut core, &mut keys, search);
        }
        let names: Vec<Vec<u8>> = keys.0.keys().cloned().collect();
        for (number, key) in names.iter().enumerate() {
            match number % 3 {
                0 => _ = keys.0.remove(key),
                1 => _ = keys.0.insert(key.clone(), [(b"t".to_vec(), b"red".to_vec())].into()),
                _ => {}
            }
            core.key_changed(0, key, &mut keys);
        }
        for search in SEARCHES {
            run(&mut core, &mut keys, search);
        }
        core.save_content(&|_| false, &mut |_| ());
        core.save_links(&mut |_| ());
    }
}
