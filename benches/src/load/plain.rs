//! What the module costs those who do not use it: `SET` and `GET` of keys that no index takes.

use std::error::Error;
use std::time::Instant;

use serde_json::json;

use super::host::Programs;
use super::wire::{Link, encode};
use super::{Cores, say};
use crate::text::report::Report;
use crate::text::rounds::median;

const KEYS: usize = 10_000;
const PIPELINED: usize = 50;
const COMMANDS: usize = 20_000;
const VALUE: [u8; 64] = [b'v'; 64];

/// Rounds on a server without the module and on one with three indexes of other prefixes.
///
/// # Errors
/// When a server fails.
pub fn measure(
    report: &mut Report,
    programs: &Programs,
    cores: Cores,
    rounds: usize,
) -> Result<(), Box<dyn Error>> {
    let (bare, full) = (programs.bare()?, programs.full()?);
    bare.pin(cores.server)?;
    full.pin(cores.server)?;
    for (name, schema) in [
        ("users", "name TEXT age NUMERIC"),
        ("carts", "items TAG total NUMERIC"),
        ("pages", super::documents::SCHEMA),
    ] {
        full.run(&format!(
            "FT.CREATE {name} PREFIX 1 {name}: SCHEMA {schema}"
        ))?;
    }
    for (name, is_write) in [("SET", true), ("GET", false)] {
        let batches = batches(is_write);
        let mut links = [bare.link()?, full.link()?];
        // Also has the keys there that are read.
        for link in &mut links {
            timed(link, &self::batches(true))?;
        }
        let mut seconds = [Vec::new(), Vec::new()];
        for round in 0..rounds {
            for turn in 0..2 {
                let at = (round + turn) % 2;
                seconds[at].push(timed(&mut links[at], &batches)?);
            }
        }
        let ratios = seconds[0]
            .iter()
            .zip(&seconds[1])
            .map(|(bare, full)| bare / full);
        let ratio = median(ratios.collect());
        let rate = |at: usize| COMMANDS as f64 / median(seconds[at].clone());
        say(&format!("{name}: {ratio:.3} of {:.0} a second", rate(0)));
        report.row(
            "keys of no index, 50 in a pipeline",
            vec![
                ("command", json!(name)),
                ("a second without the module", json!(rate(0))),
                ("with it and 3 indexes", json!(rate(1))),
                ("ratio", json!(ratio)),
            ],
        );
        report.case("plain", ratio);
    }
    Ok(())
}

/// Pipelines of commands.
fn batches(is_write: bool) -> Vec<Vec<u8>> {
    let batch = |first: usize| {
        let mut commands = Vec::new();
        for number in first..first + PIPELINED {
            let key = format!("plain:{}", number * 7919 % KEYS);
            if is_write {
                encode(&mut commands, [b"SET", key.as_bytes(), &VALUE]);
            } else {
                encode(&mut commands, [b"GET", key.as_bytes()]);
            }
        }
        commands
    };
    (0..COMMANDS).step_by(PIPELINED).map(batch).collect()
}

fn timed(link: &mut Link, batches: &[Vec<u8>]) -> Result<f64, Box<dyn Error>> {
    let start = Instant::now();
    for batch in batches {
        link.call(batch, PIPELINED)?;
    }
    Ok(start.elapsed().as_secs_f64())
}
