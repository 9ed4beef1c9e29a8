//! What an index takes beside the hashes that it is of: bytes a document, as the server counts them.

use std::error::Error;

use serde_json::json;

use super::documents::Documents;
use super::host::{Host, Programs};
use super::say;
use super::wire::encode;
use crate::text::report::Report;

const DOCUMENTS: usize = 20_000;
const PIPELINED: usize = 100;
const TEXT_WORDS: usize = 40;
const TAGS: usize = 3;

const VECTOR: &str = "f VECTOR HNSW 6 TYPE FLOAT32 DIM 384 DISTANCE_METRIC COSINE";

/// Which field documents have, and how it is indexed; the last on a server that has hashes share vectors, if
/// it can do so.
const KINDS: [(&str, &str); 4] = [
    ("text of 40 words", "f TEXT"),
    ("3 of 1,000 tags", "f TAG"),
    ("a vector of 384 FLOAT32", VECTOR),
    (SHARED, VECTOR),
];
const SHARED: &str = "a vector of 384 FLOAT32, SHAREVECTORS YES";

/// The same documents on a server with an index of them and on one without the module.
///
/// # Errors
/// When a server fails.
pub fn measure(
    report: &mut Report,
    programs: &Programs,
    documents: &Documents,
) -> Result<(), Box<dyn Error>> {
    for (kind, (name, schema)) in KINDS.iter().enumerate() {
        let (bare, full) = (programs.bare()?, programs.full()?);
        if *name == SHARED {
            full.run("CONFIG SET search.sharevectors yes")?;
        }
        full.run(&format!("FT.CREATE i PREFIX 1 d: SCHEMA {schema}"))?;
        let plain = taken(&bare, documents, kind)?;
        let indexed = taken(&full, documents, kind)?;
        say(&format!(
            "{name}: {plain:.0} bytes a hash, {:.0} more indexed",
            indexed - plain
        ));
        report.row(
            "bytes a document",
            vec![
                ("document", json!(name)),
                ("hash alone", json!(plain)),
                ("with its index", json!(indexed)),
                ("index", json!(indexed - plain)),
            ],
        );
    }
    Ok(())
}

/// The memory that the server uses more with the documents, by document.
fn taken(host: &Host, documents: &Documents, kind: usize) -> Result<f64, Box<dyn Error>> {
    let before = host.info("used_memory")?;
    let mut link = host.link()?;
    for first in (0..DOCUMENTS).step_by(PIPELINED) {
        let mut commands = Vec::new();
        for number in first..first + PIPELINED {
            let key = format!("d:{number}");
            let value = match kind {
                0 => documents.title(number, TEXT_WORDS).into_bytes(),
                1 => documents.tags(number, TAGS).into_bytes(),
                _ => documents.blob(number),
            };
            encode(&mut commands, [b"HSET", key.as_bytes(), b"f", &value]);
        }
        link.call(&commands, PIPELINED)?;
    }
    drop(link);
    // A server without the module has no such number.
    if host.info("search_fresh_vectors").is_ok() {
        host.rest()?;
    }
    Ok((host.info("used_memory")? - before) / DOCUMENTS as f64)
}
