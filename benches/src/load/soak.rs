//! A soak: mixed load on one server for some minutes, in which its memory must not grow, and how long each
//! kind of command took.

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use clap::Args;
use nuthatch_datasets::generate::Random;
use serde_json::json;

use super::documents::{Documents, SCHEMA};
use super::host::{Host, Programs};
use super::say;
use super::wire::{Link, command, encode};
use crate::text::report::{Goal, Report, machine};
use crate::text::rounds::median;

const GOALS: [Goal; 1] = [Goal::cost(
    "growth",
    "memory of the last quarter, of the second quarter",
    1.05,
    1.02,
    "×",
)];

/// Documents that come, change and go.
const DOCUMENTS: usize = 20_000;
const QUERIES: usize = 1_000;
const PIPELINED: usize = 100;

/// How long, and how it begins.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Minutes of load
    #[arg(long, default_value_t = 30.0)]
    minutes: f64,
    /// The seed of what is done
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Kinds of commands, and how many of a hundred are of each.
const KINDS: [(&str, usize); 9] = [
    ("HSET of a document", 30),
    ("HSET of a field", 10),
    ("DEL", 8),
    ("EXPIRE", 4),
    ("words", 16),
    ("tag and range", 12),
    ("10 nearest", 12),
    ("aggregation", 4),
    ("GET of another key", 4),
];

/// Runs the load, and writes `target/bench/soak.json` and `soak.md` below `root`; whether memory was flat.
///
/// # Errors
/// When the server fails or refuses a command, or files cannot be written.
pub fn run(options: &Options, root: &Path) -> Result<bool, Box<dyn Error>> {
    let programs = Programs::named()?;
    let documents = Documents::generate(DOCUMENTS, QUERIES);
    let host = programs.full()?;
    host.run(&format!("FT.CREATE docs PREFIX 1 doc: SCHEMA {SCHEMA}"))?;
    let mut link = host.link()?;
    for first in (0..DOCUMENTS).step_by(PIPELINED) {
        let mut commands = Vec::new();
        for number in first..first + PIPELINED {
            documents.write(&mut commands, "doc:", number);
        }
        link.call(&commands, PIPELINED)?;
    }
    host.rest()?;
    let mut soak = Soak {
        documents: &documents,
        random: Random::new(options.seed),
        times: KINDS.map(|_| Vec::new()),
        memory: Vec::new(),
    };
    let length = Duration::from_secs_f64(options.minutes.max(0.05) * 60.0);
    soak.go_on(&host, &mut link, length)?;
    let mut report = Report::named("soak", &GOALS);
    report.facts = machine(root, 0);
    let growth = soak.growth();
    report.case("growth", growth);
    soak.report(&mut report);
    report.write(&root.join("target/bench"))?;
    say(report.summary().trim_end());
    Ok(growth <= GOALS[0].must)
}

struct Soak<'a> {
    documents: &'a Documents,
    random: Random,
    /// Microseconds by kind.
    times: [Vec<f32>; KINDS.len()],
    /// Megabytes: what the server has allocated, and what it has of the system.
    memory: Vec<[f64; 2]>,
}

impl Soak<'_> {
    fn go_on(
        &mut self,
        host: &Host,
        link: &mut Link,
        length: Duration,
    ) -> Result<(), Box<dyn Error>> {
        let start = Instant::now();
        let between = length / 200;
        let mut next = start;
        while start.elapsed() < length {
            if Instant::now() >= next {
                next += between;
                let megabytes = |name: &str| host.info(name).map(|bytes| bytes / 1e6);
                let memory = [megabytes("used_memory")?, megabytes("used_memory_rss")?];
                if self.memory.len().is_multiple_of(10) {
                    let [allocated, resident] = memory;
                    let minutes = start.elapsed().as_secs_f64() / 60.0;
                    say(&format!(
                        "{minutes:5.1} min: {allocated:.1} MB, {resident:.1} MB resident"
                    ));
                }
                self.memory.push(memory);
            }
            let kind = self.kind();
            let asked = self.command(kind);
            let sent = Instant::now();
            link.call(&asked, 1)?;
            #[expect(clippy::cast_possible_truncation, reason = "microseconds")]
            self.times[kind].push(sent.elapsed().as_secs_f64() as f32 * 1e6);
        }
        Ok(())
    }

    fn kind(&mut self) -> usize {
        let mut drawn = self
            .random
            .below(KINDS.iter().map(|(_, share)| share).sum());
        for (kind, (_, share)) in KINDS.iter().enumerate() {
            if drawn < *share {
                return kind;
            }
            drawn -= share;
        }
        0
    }

    fn command(&mut self, kind: usize) -> Vec<u8> {
        let number = self.random.below(DOCUMENTS);
        // Another document under the same key.
        let content = self.random.below(DOCUMENTS);
        let key = format!("doc:{number}");
        let title = self.documents.title(content, 2);
        let tag = self.documents.tags(content, 1);
        let low = self.random.below(900);
        match kind {
            0 => self.rewritten(&key, content),
            1 => command(["HSET", &key, "price", &low.to_string()]),
            2 => command(["DEL", &key]),
            3 => command(["PEXPIRE", &key, "2000"]),
            4 => {
                let (first, second) = title.split_once(' ').unwrap_or((&title, "x"));
                command([
                    "FT.SEARCH",
                    "docs",
                    &format!("{first} | {second}"),
                    "RETURN",
                    "1",
                    "title",
                ])
            }
            5 => {
                let query = format!("@tags:{{{tag}}} @price:[{low} {}]", low + 100);
                command(["FT.SEARCH", "docs", &query, "SORTBY", "year", "NOCONTENT"])
            }
            6 => {
                let vector = self.documents.query(content);
                let query: &[u8] = b"*=>[KNN 10 @vector $v]";
                let words: [&[u8]; 10] = [
                    b"FT.SEARCH",
                    b"docs",
                    query,
                    b"NOCONTENT",
                    b"PARAMS",
                    b"2",
                    b"v",
                    &vector,
                    b"DIALECT",
                    b"2",
                ];
                command(words)
            }
            7 => command([
                "FT.AGGREGATE",
                "docs",
                &format!("@tags:{{{tag}}}"),
                "GROUPBY",
                "1",
                "@year",
                "REDUCE",
                "COUNT",
                "0",
                "AS",
                "n",
            ]),
            _ => command(["GET", "other"]),
        }
    }

    /// A document's `HSET` under the key of another, which it replaces.
    fn rewritten(&self, key: &str, content: usize) -> Vec<u8> {
        let vector = self.documents.blob(content);
        let (title, tags) = (
            self.documents.title(content, 10),
            self.documents.tags(content, 2),
        );
        let mut commands = Vec::new();
        let words: [&[u8]; 12] = [
            b"HSET",
            key.as_bytes(),
            b"title",
            title.as_bytes(),
            b"tags",
            tags.as_bytes(),
            b"price",
            b"10.5",
            b"year",
            b"1999",
            b"vector",
            &vector,
        ];
        encode(&mut commands, words);
        commands
    }

    /// The median memory of the last quarter by that of the second one.
    fn growth(&self) -> f64 {
        let quarter = self.memory.len() / 4;
        let of = |from: usize| {
            let part = self.memory.iter().skip(from).take(quarter.max(1));
            median(part.map(|[allocated, _]| *allocated).collect())
        };
        of(3 * quarter) / of(quarter)
    }

    fn report(&self, report: &mut Report) {
        for ((name, _), times) in KINDS.iter().zip(&self.times) {
            let mut sorted = times.clone();
            sorted.sort_unstable_by(f32::total_cmp);
            let at = |thousandths: usize| {
                sorted
                    .get(sorted.len() * thousandths / 1000)
                    .copied()
                    .unwrap_or_default()
            };
            report.row(
                "microseconds of a round trip",
                vec![
                    ("command", json!(name)),
                    ("count", json!(sorted.len())),
                    ("p50", json!(at(500))),
                    ("p99", json!(at(990))),
                    ("p99.9", json!(at(999))),
                ],
            );
        }
        for (sample, [allocated, resident]) in self.memory.iter().enumerate().step_by(10) {
            report.row(
                "megabytes",
                vec![
                    ("of the time, %", json!(sample / 2)),
                    ("allocated", json!(allocated)),
                    ("resident", json!(resident)),
                ],
            );
        }
    }
}
