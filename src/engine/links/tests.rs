use std::collections::BTreeMap;

use nuthatch_indexes::suggest::Suggestions;

use super::*;
use crate::engine::{Call, Effect};
use crate::keyspace::{Access, Hashes, Keyspace, Presence, WrongType};
use crate::reply::{Protocol, Recorder, Reply};
use crate::request::settings::Settings;

/// Hashes of one field.
#[derive(Default)]
struct Vectors(BTreeMap<Vec<u8>, Vec<u8>>);

impl Hashes for Vectors {
    fn fields(
        &mut self,
        key: &[u8],
        names: &[&[u8]],
        visit: &mut dyn FnMut(usize, &[u8]),
    ) -> Presence {
        let Some(vector) = self.0.get(key) else {
            return Presence::Absent;
        };
        for (position, _) in names.iter().enumerate().filter(|(_, name)| **name == b"v") {
            visit(position, vector);
        }
        Presence::Hash
    }

    fn document(&mut self, key: &[u8], visit: &mut dyn FnMut(&[u8], &[u8])) -> Presence {
        self.fields(key, &[b"v"], &mut |_, value| visit(b"v", value))
    }
}

impl Keyspace for Vectors {
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
        self.0.remove(key).is_some()
    }

    fn allows(&mut self, _: Access, _: &[Vec<u8>]) -> bool {
        true
    }

    fn key_count(&mut self) -> u64 {
        self.0.len() as u64
    }
}

fn run(core: &mut Core, keys: &mut Vectors, arguments: &[&[u8]]) -> Reply {
    let mut sink = Recorder::new(Protocol::Resp2);
    let effect = core.execute(
        &mut Call {
            database: 2,
            keyspace: keys,
            sink: &mut sink,
        },
        arguments,
    );
    let reply = sink.finish().unwrap();
    assert!(
        effect == Effect::Changed || !matches!(reply, Reply::Error(_)),
        "{reply:?}"
    );
    reply
}

fn core() -> Core {
    Core::with(Settings {
        linkers: Some(0),
        ..Settings::default()
    })
}

const CREATE: &str = "FT.CREATE i PREFIX 1 d: SCHEMA v AS a VECTOR HNSW 6 TYPE FLOAT32 DIM 2 DISTANCE_METRIC L2 \
                      v AS b VECTOR FLAT 6 TYPE FLOAT32 DIM 2 DISTANCE_METRIC L2 \
                      v AS c VECTOR HNSW 6 TYPE FLOAT32 DIM 2 DISTANCE_METRIC IP";

fn filled() -> (Core, Vectors) {
    let (mut core, mut keys) = (core(), Vectors::default());
    let words: Vec<&[u8]> = CREATE.split_whitespace().map(str::as_bytes).collect();
    run(&mut core, &mut keys, &words);
    for i in 0..200_u16 {
        let key = format!("d:{i}").into_bytes();
        let vector = [f32::from(i) + 1.0, f32::from(i % 7)];
        let vector = vector.iter().flat_map(|x| x.to_le_bytes()).collect();
        keys.0.insert(key.clone(), vector);
        core.key_changed(2, &key, &mut keys);
    }
    (core, keys)
}

fn pieces(core: &Core) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    core.save_links(&mut |piece| pieces.push(piece.to_vec()));
    pieces
}

/// A core that has loaded definitions and keys, not the links.
fn reloaded(old: &Core, keys: &mut Vectors) -> Core {
    let mut new = core();
    new.load(&old.save()).unwrap();
    for key in keys.0.keys().rev().cloned().collect::<Vec<_>>() {
        new.key_changed(2, &key, keys);
    }
    new
}

fn nearest(core: &mut Core, keys: &mut Vectors) -> Reply {
    let vector: Vec<u8> = [50.2_f32, 1.0]
        .iter()
        .flat_map(|x| x.to_le_bytes())
        .collect();
    let query = b"*=>[KNN 5 @a $q AS d]";
    let search: [&[u8]; 9] = [
        b"FT.SEARCH",
        b"i",
        query,
        b"NOCONTENT",
        b"SORTBY",
        b"d",
        b"PARAMS",
        b"2",
        b"q",
    ];
    let words: Vec<&[u8]> = search.iter().copied().chain([vector.as_slice()]).collect();
    run(core, keys, &words)
}

#[test]
fn links_come_back_behind_the_keys() {
    let (mut old, mut keys) = filled();
    assert!(old.has_links());
    let mut new = reloaded(&old, &mut keys);
    assert_eq!(new.linking().fresh, 400);
    let mut saved = pieces(&old).into_iter();
    assert_eq!(new.load_links(&mut || saved.next()), Ok(400));
    assert_eq!(new.linking().fresh, 0);
    assert_eq!(nearest(&mut new, &mut keys), nearest(&mut old, &mut keys));
}

#[test]
fn what_has_no_links_to_load_is_linked_anew() {
    let (mut old, mut keys) = filled();
    for damage in [0, 30, 2000] {
        let mut saved = pieces(&old);
        saved[0][damage] ^= 4;
        saved.push(vec![1, 2, 3]);
        let mut new = reloaded(&old, &mut keys);
        let mut saved = saved.into_iter();
        assert!(new.load_links(&mut || saved.next()).is_err());
        assert!(saved.next().is_none(), "all are taken");
        assert_eq!(new.linking().fresh, 400);
        new.link_anew();
        assert_eq!(new.linking().fresh, 0);
        assert_eq!(nearest(&mut new, &mut keys), nearest(&mut old, &mut keys));
    }
    let mut none = reloaded(&old, &mut keys);
    assert_eq!(none.load_links(&mut || None), Ok(0));
}

#[test]
fn links_are_neither_saved_nor_loaded_against_the_setting() {
    let (mut old, mut keys) = filled();
    let saved = pieces(&old);
    let mut new = core();
    run(
        &mut new,
        &mut keys,
        &[b"FT.CONFIG", b"SET", b"SAVECONTENT", b"NO"],
    );
    new.load(&old.save()).unwrap();
    for key in keys.0.keys().cloned().collect::<Vec<_>>() {
        new.key_changed(2, &key, &mut keys);
    }
    assert_eq!(new.linking().fresh, 0, "linked as they came");
    let mut saved = saved.into_iter();
    assert_eq!(new.load_links(&mut || saved.next()), Ok(0));
    assert!(saved.next().is_none());
    run(
        &mut old,
        &mut keys,
        &[b"FT.CONFIG", b"SET", b"SAVECONTENT", b"NO"],
    );
    assert!(!old.has_links());
}
