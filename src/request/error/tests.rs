//! What the texts keep.

use super::*;

#[test]
fn texts_keep_the_fragments_that_clients_match() {
    let not_found = Refusal::IndexNotFound {
        name: "x".to_owned(),
    }
    .to_string();
    for fragment in ["SEARCH_INDEX_NOT_FOUND", "Index not found", "no such index"] {
        assert!(not_found.contains(fragment), "{not_found}");
    }
    assert!(
        Refusal::IndexExists
            .to_string()
            .contains("Index already exists")
    );
}

#[test]
fn what_is_shown_cannot_break_a_reply_line() {
    assert_eq!(shown(b"a\r\nb\xff"), "a\\r\\nb\u{fffd}");
    assert_eq!(shown(&[b'x'; 500]).len(), 128);
}
