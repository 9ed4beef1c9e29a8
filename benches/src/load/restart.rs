//! How long a server takes to be there again: with what its file holds of indexes, and without.

use std::error::Error;
use std::time::Instant;

use serde_json::json;

use super::documents::{DIMENSIONS, Documents};
use super::host::Programs;
use super::say;
use super::wire::encode;
use crate::text::report::Report;

const PIPELINED: usize = 100;
/// Documents of text, to a vector of the vectors' own part.
const TEXTS: usize = 2;
const TEXT_WORDS: usize = 12;

/// A restart of vectors and one of small documents, each with saved content and without.
///
/// # Errors
/// When a server fails.
pub fn measure(
    report: &mut Report,
    programs: &Programs,
    documents: &Documents,
) -> Result<(), Box<dyn Error>> {
    let vectors = documents.vectors().nrows();
    let schema = format!("f VECTOR HNSW 6 TYPE FLOAT32 DIM {DIMENSIONS} DISTANCE_METRIC COSINE");
    let text = "f TEXT t TAG n NUMERIC";
    for (key, name, schema, count) in [
        ("restart", "vectors", schema.as_str(), vectors),
        ("restart_text", "small documents", text, vectors * TEXTS),
    ] {
        let [saved, anew] = [true, false].map(|content| {
            let is_text = key == "restart_text";
            again(programs, documents, (schema, count, is_text), content)
        });
        let (saved, anew) = (saved?, anew?);
        say(&format!(
            "{count} {name}: {saved:.2} s with what was saved, {anew:.2} s without"
        ));
        report.row(
            "restart",
            vec![
                ("of", json!(name)),
                ("documents", json!(count)),
                ("with saved content, s", json!(saved)),
                ("without, s", json!(anew)),
                ("ratio", json!(anew / saved)),
            ],
        );
        report.case(key, anew / saved);
    }
    Ok(())
}

/// The seconds from the start of a server over a file to when all is indexed and linked.
fn again(
    programs: &Programs,
    documents: &Documents,
    (schema, count, is_text): (&str, usize, bool),
    content: bool,
) -> Result<f64, Box<dyn Error>> {
    let mut host = programs.full()?;
    host.keep_directory();
    let switch = if content { "yes" } else { "no" };
    host.run(&format!("FT.CONFIG SET SAVECONTENT {switch}"))?;
    host.run(&format!("FT.CREATE i PREFIX 1 d: SCHEMA {schema}"))?;
    let mut link = host.link()?;
    for first in (0..count).step_by(PIPELINED) {
        let numbers = first..(first + PIPELINED).min(count);
        let mut commands = Vec::new();
        for number in numbers.clone() {
            let key = format!("d:{number}");
            if is_text {
                let title = documents.title(number, TEXT_WORDS);
                let (tags, price) = (documents.tags(number, 1), number.to_string());
                let words = ["HSET", &key, "f", &title, "t", &tags, "n", &price];
                encode(&mut commands, words);
            } else {
                let vector = documents.blob(number);
                encode(&mut commands, [b"HSET", key.as_bytes(), b"f", &vector]);
            }
        }
        link.call(&commands, numbers.len())?;
    }
    host.rest()?;
    host.run("SAVE")?;
    let directory = host.directory().to_owned();
    drop((link, host));
    let start = Instant::now();
    let host = programs.start(&directory, true)?;
    host.rest()?;
    Ok(start.elapsed().as_secs_f64())
}
