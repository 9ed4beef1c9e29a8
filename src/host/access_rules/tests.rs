use proptest::prelude::*;

use super::pattern::covers;
use super::{Command, Rules};
use crate::keyspace::Access;

fn reads(description: &str, prefix: &str) -> bool {
    allows(description, Access::Read, prefix, 0)
}

fn allows(description: &str, access: Access, prefix: &str, database: u32) -> bool {
    let rules = Rules::parse(description.as_bytes());
    rules.allow(access, &[prefix.into()], database, || Command {
        name: b"ft.search".to_vec(),
        categories: vec![b"@search".to_vec(), b"@read".to_vec(), b"@slow".to_vec()],
    })
}

#[test]
fn a_pattern_covers_a_prefix() {
    for (pattern, prefix) in [
        ("*", ""),
        ("**", "a"),
        ("a:*", "a:"),
        ("a:*", "a:b:"),
        ("a*", "a:"),
        ("*a*", "bab"),
        ("?:*", "a:"),
        ("[a-c]:*", "b:"),
        ("[c-a]:*", "b:"),
        ("[^x]:*", "b:"),
        ("\\*:*", "*:"),
        ("[\\]]*", "]"),
        ("a*b*", "axb"),
    ] {
        assert!(
            covers(pattern.as_bytes(), prefix.as_bytes()),
            "{pattern} {prefix}"
        );
    }
}

#[test]
fn a_pattern_that_misses_one_key_covers_nothing() {
    for (pattern, prefix) in [
        ("", ""),
        ("a", "a"),
        ("?*", ""),
        ("a:?*", "a:"),
        ("a:*", "a"),
        ("a:*", ""),
        ("a:*", "b:"),
        ("*b", "a:"),
        ("a:*[a-z]", "a:"),
        ("[^b]:*", "b:"),
        ("[a", "a"),
        ("\\*", "a"),
        ("*a*", "b"),
        ("A:*", "a:"),
    ] {
        assert!(
            !covers(pattern.as_bytes(), prefix.as_bytes()),
            "{pattern} {prefix}"
        );
    }
}

#[test]
fn a_user_reads_what_a_pattern_for_reading_covers() {
    assert!(reads("on nopass ~* &* +@all", ""));
    assert!(reads("on #12ab ~a:* resetchannels -@all +@search", "a:"));
    assert!(!reads("on #12ab ~a:* resetchannels -@all +@search", "b:"));
    assert!(!reads("on nopass resetchannels +@all", "a:"));
    assert!(reads("on %R~a:* +@all", "a:"));
    assert!(!reads("on %W~a:* +@all", "a:"));
    assert!(reads("on sanitize-payload %RW~a:* +@all", "a:"));
    assert!(allows("on %W~a:* +@all", Access::Delete, "a:", 0));
    assert!(!allows("on %R~a:* +@all", Access::Delete, "a:", 0));
}

#[test]
fn every_prefix_must_be_covered_by_one_selector() {
    let rules = Rules::parse(b"on ~a:* -@all +ft.search (~b:* -@all +ft.search)");
    let command = || Command {
        name: b"ft.search".to_vec(),
        categories: Vec::new(),
    };
    let both = [b"a:".to_vec(), b"b:".to_vec()];
    assert!(rules.allow(Access::Read, &both[..1], 0, command));
    assert!(rules.allow(Access::Read, &both[1..], 0, command));
    assert!(!rules.allow(Access::Read, &both, 0, command));
}

#[test]
fn a_selector_counts_only_if_it_allows_the_command() {
    assert!(!reads(
        "on ~pub:* -@all +@search (~secret:* resetchannels -@all +get)",
        "secret:"
    ));
    assert!(reads("on -@all (~secret:* -@all +ft.search)", "secret:"));
    assert!(reads("on -@all (~secret:* -@all +@read)", "secret:"));
    assert!(!reads(
        "on -@all (~secret:* -@all +@search -@read)",
        "secret:"
    ));
    assert!(!reads("on -@all (~secret:* +@all -ft.search)", "secret:"));
    assert!(reads(
        "on -@all (~secret:* -@all -ft.search +FT.Search)",
        "secret:"
    ));
    assert!(!reads("on ~pub:* +@all (~secret:*)", "secret:"));
    assert!(!reads(
        "on ~pub:* +@all (~secret:* -@all +ft.search|x)",
        "secret:"
    ));
}

#[test]
fn databases_out_of_reach_have_no_keys_to_read() {
    assert!(allows("on ~* db=0,3 +@all", Access::Read, "", 3));
    assert!(!allows("on ~* db=0,3 +@all", Access::Read, "", 1));
    assert!(allows("on ~* alldbs +@all", Access::Read, "", 1));
    assert!(!allows("on ~* resetdbs +@all", Access::Read, "", 0));
    assert!(allows(
        "on ~* db=0 +@all (~x* db=1 +@all)",
        Access::Read,
        "x",
        1
    ));
    assert!(!allows(
        "on ~* db=0 +@all (~x* db=1 +@all)",
        Access::Read,
        "y",
        1
    ));
}

#[test]
fn what_is_not_understood_allows_nothing() {
    for rules in [
        "on ~* +@all newrule",
        "on %Q +@all",
        "on ~* db=x +@all",
        "on -@all (~* +@all",
        "on -@all (~* on +@all)",
        "",
    ] {
        assert!(!reads(rules, "a"), "{rules}");
    }
    assert!(reads("on ~* +@all (newrule +@all)", "a"));
}

/// Whether a pattern matches a key, as plainly as can be.
fn matches(pattern: &[u8], key: &[u8]) -> bool {
    match (pattern, key) {
        ([], _) => key.is_empty(),
        ([b'*', rest @ ..], _) => (0..=key.len()).any(|at| matches(rest, &key[at..])),
        (_, []) => false,
        ([b'?', rest @ ..], [_, key @ ..]) => matches(rest, key),
        ([b'[', b'^', set, b']', rest @ ..], [byte, key @ ..]) => set != byte && matches(rest, key),
        ([b'[', set, b']', rest @ ..], [byte, key @ ..]) => set == byte && matches(rest, key),
        ([own, rest @ ..], [byte, key @ ..]) => own == byte && matches(rest, key),
    }
}

proptest! {
    /// Never yes where a key would be out of reach; and yes for a literal head with a `*` behind.
    #[test]
    fn a_covered_prefix_has_no_key_out_of_reach(
        steps in prop::collection::vec(
            prop::sample::select(vec!["a", "b", "*", "?", "[a]", "[^a]"]), 0..6),
        prefix in "[ab]{0,4}",
        tails in prop::collection::vec("[abc]{0,5}", 20),
    ) {
        let pattern = steps.concat();
        let all = tails.iter().chain([&String::new()]).all(|tail| {
            matches(pattern.as_bytes(), format!("{prefix}{tail}").as_bytes())
        });
        let covered = covers(pattern.as_bytes(), prefix.as_bytes());
        prop_assert!(!covered || all);
        let open = format!("{prefix}*");
        prop_assert!(covers(open.as_bytes(), prefix.as_bytes()));
    }

    #[test]
    fn no_description_panics(words in "[ -~]{0,60}", prefix in "[ -~]{0,5}") {
        let _ = reads(&words, &prefix);
    }
}
