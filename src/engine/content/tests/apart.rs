//! Content that is read beside the keys: what comes, goes, or turns out to be wrong meanwhile.

use super::*;

/// Definitions, pieces of more than one, and the keys of an index without fields that content leaves out.
fn many_documents() -> (Core, Keys) {
    let (mut before, mut keys) = (core(), Keys::default());
    let create = [
        "FT.CREATE",
        "all",
        "PREFIX",
        "1",
        "d:",
        "SCHEMA",
        "t",
        "TEXT",
        "SORTABLE",
    ];
    run(&mut before, &mut keys, &create);
    assert_eq!(before.next_backfill(), None, "there are no keys");
    for number in 0..3_000_u32 {
        let key = format!("d:{number}").into_bytes();
        let text = format!("word {number} {}", "x".repeat(500)).into_bytes();
        keys.hashes
            .insert(key.clone(), Fields::from([(b"t".to_vec(), text)]));
        before.key_changed(DATABASE, &key, &mut keys);
    }
    (before, keys)
}

fn count(core: &mut Core, keys: &mut Keys, query: &str) -> String {
    format!(
        "{:?}",
        run(core, keys, &["FT.SEARCH", "all", query, "LIMIT", "0", "0"])
    )
}

#[test]
fn content_that_turns_out_to_be_damaged_is_refused_when_all_keys_are_there() {
    let (before, mut keys) = many_documents();
    let whole = content(&before);
    assert!(whole.len() > 2, "more pieces than one, and an end");
    for way in 0..3 {
        let mut pieces = whole.clone();
        match way {
            0 => pieces[1][500] ^= 1,
            1 => _ = pieces.remove(1),
            // The stream has ended.
            _ => pieces.truncate(1),
        }
        let (mut after, restoring) = load(&before.save(), pieces);
        assert_eq!((restoring.taken, restoring.refused.len()), (1, 0));
        load_keys(&mut after, &mut keys);
        let restored = after.end_content(DATABASE, &mut keys);
        assert_eq!((restored.documents, restored.refused.len()), (0, 1));
        assert_eq!(restored.refused[0].0, "all");
        assert_eq!(after.abandon_content(), Vec::<String>::new());
        assert_eq!(
            count(&mut after, &mut keys, "word"),
            "Array([Integer(3000)])"
        );
    }
}

#[test]
fn keys_that_come_or_go_while_content_is_read_are_as_they_are() {
    let (before, mut keys) = many_documents();
    let (mut after, _) = load(&before.save(), content(&before));
    keys.hashes.remove(&b"d:7"[..]).unwrap();
    let unknown = Fields::from([(b"t".to_vec(), b"word unknown".to_vec())]);
    keys.hashes.insert(b"d:new".to_vec(), unknown);
    keys.reads = 0;
    load_keys(&mut after, &mut keys);
    keys.hashes.remove(&b"d:8"[..]);
    after.key_changed(DATABASE, b"d:8", &mut keys);
    let restored = after.end_content(DATABASE, &mut keys);
    assert_eq!(
        restored,
        Restored {
            documents: 2_999,
            refused: vec![]
        }
    );
    assert_eq!(keys.reads, 2, "what is unknown, and what has changed");
    for (query, expected) in [
        ("word", 2_999),
        ("unknown", 1),
        ("7", 0),
        ("8", 0),
        ("9", 1),
    ] {
        let expected = format!("Array([Integer({expected})])");
        assert_eq!(count(&mut after, &mut keys, query), expected, "{query}");
    }
}

#[test]
fn an_index_that_is_changed_while_its_content_is_read_has_its_keys_read() {
    let (before, mut keys) = many_documents();
    let (mut after, _) = load(&before.save(), content(&before));
    let with_field = ["FT.ALTER", "all", "SCHEMA", "ADD", "more", "TAG"];
    run(&mut after, &mut keys, &with_field);
    load_keys(&mut after, &mut keys);
    let restored = after.end_content(DATABASE, &mut keys);
    assert_eq!((restored.documents, restored.refused.len()), (0, 1));
    let backfill = after.next_backfill().expect("which keys came is not known");
    let names: Vec<Vec<u8>> = keys.hashes.keys().cloned().collect();
    for key in names {
        after.backfill_key(backfill, &key, &mut keys);
    }
    assert_eq!(
        count(&mut after, &mut keys, "word"),
        "Array([Integer(3000)])"
    );
}
