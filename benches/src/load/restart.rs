//! How long a server takes to be there again: with what its file holds of indexes, without, and without the
//! module. That last is the server's own loading of the keys, which no index can save: what is compared is
//! what the index adds to it.

use std::error::Error;
use std::time::Instant;

use serde_json::json;

use super::documents::{DIMENSIONS, Documents};
use super::host::{Host, Programs};
use super::say;
use super::wire::encode;
use crate::text::report::Report;

const PIPELINED: usize = 100;
/// Documents of text, to a vector of the vectors' own part.
const TEXTS: usize = 2;
const TEXT_WORDS: usize = 12;

/// How the keys are there again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// With an index, from what was saved of it.
    Saved,
    /// With an index that is made anew.
    Anew,
    /// By a server without the module.
    Bare,
}

/// Seconds that an index adds at least, or a loud machine would have it add nothing.
const LEAST: f64 = 1e-3;

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
        let [saved, anew, bare] = [Way::Saved, Way::Anew, Way::Bare].map(|way| {
            let is_text = key == "restart_text";
            again(programs, documents, (schema, count, is_text), way)
        });
        let (saved, anew, bare) = (saved?, anew?, bare?);
        let of_index = [anew, saved].map(|seconds| (seconds - bare).max(LEAST));
        let ratio = of_index[0] / of_index[1];
        say(&format!(
            "{count} {name}: {saved:.2} s with what was saved, {anew:.2} s without, {bare:.2} s of keys alone: \
             the index is back {ratio:.1} times as fast"
        ));
        report.row(
            "restart",
            vec![
                ("of", json!(name)),
                ("documents", json!(count)),
                ("with saved content, s", json!(saved)),
                ("without, s", json!(anew)),
                ("keys alone, s", json!(bare)),
                ("ratio of all", json!(anew / saved)),
                ("ratio of the index", json!(ratio)),
            ],
        );
        report.case(key, ratio);
    }
    Ok(())
}

/// The least of some restarts, in seconds: what a server takes beside others' work.
const RESTARTS: usize = 3;

/// The seconds from the start of a server over a file to when all is indexed and linked.
fn again(
    programs: &Programs,
    documents: &Documents,
    (schema, count, is_text): (&str, usize, bool),
    way: Way,
) -> Result<f64, Box<dyn Error>> {
    let has_module = way != Way::Bare;
    let mut host = if has_module {
        programs.full()?
    } else {
        programs.bare()?
    };
    host.keep_directory();
    if has_module {
        let switch = if way == Way::Saved { "yes" } else { "no" };
        host.run(&format!("FT.CONFIG SET SAVECONTENT {switch}"))?;
        host.run(&format!("FT.CREATE i PREFIX 1 d: SCHEMA {schema}"))?;
    }
    write(&host, documents, count, is_text)?;
    if has_module {
        host.rest()?;
    }
    host.run("SAVE")?;
    let directory = host.directory().to_owned();
    drop(host);
    let mut least = f64::INFINITY;
    for restart in 1..=RESTARTS {
        let start = Instant::now();
        let mut host = programs.start(&directory, has_module)?;
        if has_module {
            host.rest()?;
        }
        least = least.min(start.elapsed().as_secs_f64());
        if restart < RESTARTS {
            host.keep_directory();
        }
    }
    Ok(least)
}

/// Writes so many documents.
fn write(
    host: &Host,
    documents: &Documents,
    count: usize,
    is_text: bool,
) -> Result<(), Box<dyn Error>> {
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
    Ok(())
}
