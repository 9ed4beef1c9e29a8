//! What indexing costs a write: `HSET` of documents of five fields, on a server with the module and on one
//! without, from fifty connections that wait for each reply.

use std::error::Error;
use std::time::Instant;

use serde_json::json;

use super::documents::{Documents, SCHEMA};
use super::host::{Host, Programs};
use super::say;
use super::wire::Link;
use crate::text::report::Report;
use crate::text::rounds::median;

const CONNECTIONS: usize = 50;
/// Documents of a burst; what they leave to be linked is done before the next one begins.
const BURST: usize = 1_000;
const SUSTAINED: usize = 20_000;
/// Documents that are there before, so that codes are learnt and the graph has some depth.
const LOADED: usize = 12_000;

struct Writer<'a> {
    host: &'a Host,
    links: Vec<Link>,
    documents: &'a Documents,
    next: usize,
}

impl Writer<'_> {
    /// Writes new documents; the seconds that took.
    fn write(&mut self, count: usize) -> Result<f64, Box<dyn Error>> {
        let commands: Vec<Vec<u8>> = (self.next..self.next + count)
            .map(|number| {
                let mut command = Vec::new();
                self.documents.write(&mut command, "doc:", number);
                command
            })
            .collect();
        self.next += count;
        let start = Instant::now();
        for round in commands.chunks(self.links.len()) {
            for (link, command) in self.links.iter_mut().zip(round) {
                link.send(command)?;
            }
            for link in self.links.iter_mut().take(round.len()) {
                link.receive(1)?;
            }
        }
        Ok(start.elapsed().as_secs_f64())
    }
}

/// Bursts in turns, then as many as the server takes.
///
/// # Errors
/// When a server fails.
pub fn measure(
    report: &mut Report,
    programs: &Programs,
    documents: &Documents,
    rounds: usize,
) -> Result<(), Box<dyn Error>> {
    let (bare, full) = (programs.bare()?, programs.full()?);
    full.run(&format!("FT.CREATE docs PREFIX 1 doc: SCHEMA {SCHEMA}"))?;
    let writer = |host| -> Result<Writer<'_>, Box<dyn Error>> {
        let links = (0..CONNECTIONS).map(|_| Host::link(host));
        Ok(Writer {
            host,
            links: links.collect::<Result<_, _>>()?,
            documents,
            next: 0,
        })
    };
    let mut writers = [writer(&bare)?, writer(&full)?];
    for writer in &mut writers {
        writer.write(LOADED)?;
    }
    full.rest()?;
    let mut seconds = [Vec::new(), Vec::new()];
    for round in 0..rounds {
        for turn in 0..2 {
            let at = (round + turn) % 2;
            seconds[at].push(writers[at].write(BURST)?);
            full.rest()?;
        }
    }
    let burst = row(report, "bursts of 1,000", &seconds, BURST);
    report.case("write", burst);
    let mut seconds = [Vec::new(), Vec::new()];
    for (writer, seconds) in writers.iter_mut().zip(&mut seconds) {
        seconds.push(writer.write(SUSTAINED)?);
    }
    let start = Instant::now();
    writers[1].host.rest()?;
    let behind = start.elapsed().as_secs_f64();
    let sustained = row(report, "20,000 without a pause", &seconds, SUSTAINED);
    report.case("sustained", sustained);
    report.row(
        "HSET of five fields, 50 connections",
        vec![
            ("writes", json!("linked after the 20,000")),
            ("seconds", json!(behind)),
        ],
    );
    Ok(())
}

fn row(report: &mut Report, name: &str, seconds: &[Vec<f64>; 2], count: usize) -> f64 {
    let ratios = seconds[0]
        .iter()
        .zip(&seconds[1])
        .map(|(bare, full)| bare / full);
    let ratio = median(ratios.collect());
    let rate = |at: usize| count as f64 / median(seconds[at].clone());
    say(&format!(
        "HSET, {name}: {ratio:.3} of {:.0} a second",
        rate(0)
    ));
    report.row(
        "HSET of five fields, 50 connections",
        vec![
            ("writes", json!(name)),
            ("a second without the module", json!(rate(0))),
            ("indexed", json!(rate(1))),
            ("ratio", json!(ratio)),
        ],
    );
    ratio
}
