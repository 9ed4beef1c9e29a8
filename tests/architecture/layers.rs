//! Which part may name which.

use super::names::names;
use super::tree::{assert_kept, has_extension, root};

/// The modules of the engine, each with those that it may name. A command goes from left to right:
/// request, query, plan, exec, reply; `command` and `engine` tie them together and hosts embed
/// those.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("request", &[]),
    ("keyspace", &[]),
    ("priority", &[]),
    ("background", &["priority"]),
    ("workers", &["priority"]),
    ("persist", &[]),
    ("query", &["request"]),
    ("expr", &["request"]),
    ("catalog", &["expr", "keyspace", "request"]),
    ("plan", &["catalog", "expr", "query", "request"]),
    (
        "exec",
        &["catalog", "expr", "keyspace", "plan", "query", "request"],
    ),
    ("reply", &["catalog", "expr", "request"]),
    (
        "command",
        &[
            "catalog", "engine", "exec", "expr", "keyspace", "plan", "query", "reply", "request",
        ],
    ),
    (
        "engine",
        &[
            "background",
            "catalog",
            "command",
            "exec",
            "keyspace",
            "persist",
            "reply",
            "request",
        ],
    ),
    (
        "host",
        &[
            "catalog", "command", "engine", "keyspace", "persist", "reply", "request", "workers",
        ],
    ),
];

/// Index families; what they share lies beside them.
const FAMILIES: &[&str] = &[
    "geo", "numeric", "shape", "suggest", "tag", "text", "vector",
];

/// What only the outside of the indexes knows: the engine, servers, clocks, files and logs.
const OUTSIDE_OF_INDEXES: &[&str] = &[
    "nuthatch",
    "valkey_module",
    "redis",
    "log",
    "std::env",
    "std::fs",
    "std::net",
    "std::process",
    "std::time",
    "std::io::stdout",
    "std::io::stderr",
];

/// Macros that write to a terminal.
const PRINTING: &[&str] = &["dbg", "eprint", "eprintln", "print", "println"];

/// What nothing in the engine or the indexes may depend on.
const DOWNSTREAM: &[&str] = &[
    "nuthatch_benches",
    "nuthatch_datasets",
    "nuthatch_python",
    "pyo3",
];

fn stage_violations(path: &str, text: &str) -> Vec<String> {
    let Some(below) = path.strip_prefix("src/") else {
        return Vec::new();
    };
    if !has_extension(path, "rs") || below == "lib.rs" {
        return Vec::new();
    }
    let own = below
        .split('/')
        .next()
        .unwrap_or(below)
        .trim_end_matches(".rs");
    let Some((_, allowed)) = MAY_NAME.iter().find(|(module, _)| *module == own) else {
        return vec![format!(
            "{path}: module `{own}` has no place among the stages"
        )];
    };
    names(path, text)
        .into_iter()
        .filter_map(|name| {
            let named = name.module()?;
            (named != own && !allowed.contains(&named))
                .then(|| format!("{path}:{}: `{own}` names `crate::{named}`", name.line))
        })
        .collect()
}

fn index_violations(path: &str, text: &str) -> Vec<String> {
    if !path.starts_with("indexes/src/") || !has_extension(path, "rs") {
        return Vec::new();
    }
    let printing = if is_test(path) { &[] } else { PRINTING };
    names(path, text)
        .into_iter()
        .filter(|name| {
            OUTSIDE_OF_INDEXES
                .iter()
                .chain(printing)
                .any(|outside| name.is_in(outside))
        })
        .map(|name| format!("{path}:{}: names `{}`", name.line, name.segments.join("::")))
        .collect()
}

fn family_violations(path: &str, text: &str) -> Vec<String> {
    let Some(below) = path.strip_prefix("indexes/src/") else {
        return Vec::new();
    };
    let own = below
        .split('/')
        .next()
        .unwrap_or(below)
        .trim_end_matches(".rs");
    if !FAMILIES.contains(&own) || !has_extension(path, "rs") {
        return Vec::new();
    }
    names(path, text)
        .into_iter()
        .filter_map(|name| {
            let named = name.module()?;
            (named != own && FAMILIES.contains(&named))
                .then(|| format!("{path}:{}: `{own}` names `{named}`", name.line))
        })
        .collect()
}

fn sdk_violations(path: &str, text: &str) -> Vec<String> {
    let engine = path.starts_with("src/") || path.starts_with("indexes/src/");
    if !engine || !has_extension(path, "rs") || path.starts_with("src/host/valkey/") {
        return Vec::new();
    }
    names(path, text)
        .into_iter()
        .filter(|name| name.is_in("valkey_module"))
        .map(|name| format!("{path}:{}: names the module SDK", name.line))
        .collect()
}

fn downstream_violations(path: &str, text: &str) -> Vec<String> {
    let engine = path.starts_with("src/") || path.starts_with("indexes/src/");
    if !engine || !has_extension(path, "rs") || is_test(path) {
        return Vec::new();
    }
    names(path, text)
        .into_iter()
        .filter(|name| DOWNSTREAM.iter().any(|crate_name| name.is_in(crate_name)))
        .map(|name| format!("{path}:{}: names `{}`", name.line, name.segments[0]))
        .collect()
}

/// What a crate that others build on depends on, tests aside.
fn manifest_violations(path: &str, text: &str) -> Vec<String> {
    if !["Cargo.toml", "indexes/Cargo.toml"].contains(&path) {
        return Vec::new();
    }
    let manifest: toml::Table = text.parse().expect("a manifest is TOML");
    let Some(toml::Value::Table(dependencies)) = manifest.get("dependencies") else {
        return Vec::new();
    };
    dependencies
        .keys()
        .filter(|name| DOWNSTREAM.contains(&name.replace('-', "_").as_str()))
        .map(|name| format!("{path}: depends on `{name}`"))
        .collect()
}

/// A module of tests with a file of its own.
fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}

#[test]
fn no_stage_names_a_later_one() {
    assert_kept(stage_violations);
    for (path, text) in [
        ("src/request/mod.rs", "use crate::query::ast::Node;"),
        ("src/query/parser.rs", "fn f() { crate::plan::plan() }"),
        ("src/plan/bind.rs", "use super::super::exec::run;"),
        (
            "src/plan/bind.rs",
            "use crate::{catalog::index::Index, exec};",
        ),
        ("src/exec/mod.rs", "use crate::reply::Sink;"),
        ("src/reply/info.rs", "use crate::plan::Plan;"),
        (
            "src/catalog/ingest.rs",
            "mod tests { use crate::exec::run; }",
        ),
        ("src/keyspace.rs", "use crate::catalog::index::Index;"),
    ] {
        assert_eq!(stage_violations(path, text).len(), 1, "{path}: {text}");
    }
    assert!(stage_violations("src/exec/mod.rs", "use crate::plan::Plan;").is_empty());
}

#[test]
fn every_module_has_a_place_among_the_stages() {
    assert_eq!(stage_violations("src/cleverness/mod.rs", "").len(), 1);
    for (module, _) in MAY_NAME {
        let place = root().join("src").join(module);
        assert!(
            place.is_dir() || place.with_extension("rs").is_file(),
            "there is no module `{module}` any more"
        );
    }
}

#[test]
fn nothing_names_the_hosts() {
    for text in ["use crate::host::embedded::Engine;", "use crate::Engine;"] {
        for path in ["src/engine.rs", "src/command/mod.rs", "src/exec/mod.rs"] {
            assert_eq!(stage_violations(path, text).len(), 1, "{path}: {text}");
        }
    }
}

#[test]
fn indexes_know_no_engine_server_clock_file_or_log() {
    assert_kept(index_violations);
    for text in [
        "use nuthatch::reply::Reply;",
        "use std::fs::File;",
        "fn f() { let now = std::time::Instant::now(); }",
        "use std::{fmt, time::Duration};",
        "fn f() { log::info!(\"x\"); }",
        "fn f() { println!(\"x\"); }",
    ] {
        assert_eq!(
            index_violations("indexes/src/tag/mod.rs", text).len(),
            1,
            "{text}"
        );
    }
}

#[test]
fn index_families_never_name_each_other() {
    assert_kept(family_violations);
    for (path, text) in [
        ("indexes/src/tag/mod.rs", "use crate::text::fold;"),
        (
            "indexes/src/vector/hnsw/graph.rs",
            "use super::super::super::numeric::Bound;",
        ),
        (
            "indexes/src/numeric.rs",
            "use crate::{doc::DocId, tag::TagIndex};",
        ),
    ] {
        assert_eq!(family_violations(path, text).len(), 1, "{path}: {text}");
    }
    assert!(family_violations("indexes/src/tag/mod.rs", "use crate::docset::DocSet;").is_empty());
}

#[test]
fn only_its_host_names_the_module_sdk() {
    assert_kept(sdk_violations);
    let text = "use valkey_module::Context;";
    assert_eq!(sdk_violations("src/engine.rs", text).len(), 1);
    assert_eq!(sdk_violations("src/host/embedded/mod.rs", text).len(), 1);
    assert!(sdk_violations("src/host/valkey/entry.rs", text).is_empty());
}

#[test]
fn nothing_depends_on_benches_datasets_or_python() {
    assert_kept(downstream_violations);
    assert_kept(manifest_violations);
    let text = "use nuthatch_datasets::movies;";
    assert_eq!(downstream_violations("src/engine.rs", text).len(), 1);
    assert_eq!(downstream_violations("indexes/src/doc.rs", text).len(), 1);
    let manifest = "[dependencies]\nnuthatch-benches.workspace = true";
    assert_eq!(manifest_violations("indexes/Cargo.toml", manifest).len(), 1);
}
