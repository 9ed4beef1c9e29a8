//! What a file may be: how long, how safe, and bound to no machine.

use super::names::names;
use super::tree::{assert_kept, has_extension, paths};

/// Lines of a source file.
const MOST_LINES: usize = 500;

/// Sources that may be longer, each with a reason.
const LONGER: &[&str] = &[];

/// Folders and files that may contain `unsafe`.
const UNSAFE: &[&str] = &[
    // Calls into the server.
    "src/host/valkey/",
    // Vendor instructions.
    "indexes/src/vector/kernel/",
    "indexes/src/prefetch.rs",
    "indexes/src/bit_lookup.rs",
    // Memory on huge pages, and bytes with several owners in it.
    "indexes/src/huge_pages.rs",
    "indexes/src/pool.rs",
    "indexes/src/shared_bytes.rs",
    "indexes/src/shared_slice.rs",
    // Memory that grows while others read it.
    "indexes/src/vector/arena.rs",
    // Rows and their codes, and the two places that write them while nobody else knows them.
    "indexes/src/vector/rows.rs",
    "indexes/src/vector/codes.rs",
    "indexes/src/vector/store.rs",
    "indexes/src/vector/upkeep.rs",
];

/// First folders of absolute paths that exist on one machine only.
const MACHINE_FOLDERS: &[&str] = &["home", "root", "tmp", "Users", "work"];

fn length_violations(path: &str, text: &str) -> Vec<String> {
    let source = has_extension(path, "rs") || has_extension(path, "py");
    let lines = text.lines().count();
    if !source || LONGER.contains(&path) || lines <= MOST_LINES {
        return Vec::new();
    }
    vec![format!("{path}: {lines} lines, more than {MOST_LINES}")]
}

fn unsafe_violations(path: &str, text: &str) -> Vec<String> {
    if !has_extension(path, "rs") || UNSAFE.iter().any(|allowed| path.starts_with(allowed)) {
        return Vec::new();
    }
    names(path, text)
        .into_iter()
        .filter(|name| name.is_in("unsafe"))
        .map(|name| format!("{path}:{}: `unsafe` outside of its places", name.line))
        .collect()
}

fn machine_violations(path: &str, text: &str) -> Vec<String> {
    let mut violations = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for folder in MACHINE_FOLDERS {
            let absolute = format!("/{folder}/");
            let found = line.match_indices(&absolute).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                !before.is_some_and(|c| c.is_alphanumeric() || "._-~*})$".contains(c))
            });
            if found {
                violations.push(format!(
                    "{path}:{}: a path of one machine: {absolute}",
                    number + 1
                ));
            }
        }
    }
    violations
}

#[test]
fn no_source_is_longer_than_the_limit() {
    assert_kept(length_violations);
    let long = "\n".repeat(MOST_LINES + 1);
    assert_eq!(length_violations("src/long.rs", &long).len(), 1);
    assert_eq!(length_violations("python/long.py", &long).len(), 1);
    assert!(length_violations("README.md", &long).is_empty());
    assert!(length_violations("src/just.rs", &long[1..]).is_empty());
}

#[test]
fn sources_that_may_be_longer_exist() {
    let paths = paths();
    for exempt in LONGER {
        assert!(paths.iter().any(|path| path == exempt), "{exempt} is gone");
    }
}

#[test]
fn unsafe_stays_in_its_places() {
    assert_kept(unsafe_violations);
    for text in [
        "fn f() { unsafe { g() } }",
        "unsafe impl Send for X {}",
        "#[unsafe(no_mangle)] fn f() {}",
    ] {
        assert_eq!(unsafe_violations("src/engine.rs", text).len(), 1, "{text}");
        assert!(unsafe_violations("src/host/valkey/alloc.rs", text).is_empty());
    }
    assert!(unsafe_violations("src/lib.rs", "#![forbid(unsafe_code)] // unsafe").is_empty());
}

#[test]
fn no_text_has_a_path_of_one_machine() {
    assert_kept(machine_violations);
    for folder in MACHINE_FOLDERS {
        let text = format!("look in /{folder}/somewhere");
        assert_eq!(machine_violations("README.md", &text).len(), 1, "{text}");
        let text = format!("look in src/{folder}/somewhere");
        assert!(machine_violations("README.md", &text).is_empty(), "{text}");
    }
}
