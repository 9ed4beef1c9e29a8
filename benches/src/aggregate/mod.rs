//! The suite of aggregations: ours in this process, `DuckDB` and Polars in another, on one core and
//! one thread each, in turns.

pub mod data;
pub mod hybrid;
pub mod ours;
pub mod peers;

use std::error::Error;
use std::path::Path;

use clap::Args;
use nuthatch::Engine;
use serde_json::json;

use self::data::Data;
use self::hybrid::{Asked, Hybrid};
use self::ours::{Query, drain};
use self::peers::Peers;
use crate::text::clock;
use crate::text::report::{Goal, Report, machine};
use crate::text::rounds::{median, ratio};

const GOALS: [Goal; 8] = [
    Goal::times(
        "group_duckdb",
        "GROUPBY of 1,000 tags after a filter of 50 %, COUNT AVG QUANTILE, of DuckDB's speed",
        1.0 / 1.5,
        1.0,
    ),
    Goal::times("group_polars", "the same, of Polars' speed", 1.0, 1.0),
    Goal::times(
        "apply",
        "APPLY of three operators, million rows/s",
        20.0,
        20.0,
    ),
    Goal::times(
        "sort_duckdb",
        "SORTBY and LIMIT 10, of DuckDB's speed",
        1.0,
        1.0,
    ),
    Goal::times(
        "cursor",
        "a cursor drained in reads of 1,000 rows, thousand rows/s",
        300.0,
        300.0,
    ),
    Goal::times(
        "sort_polars",
        "SORTBY and LIMIT 10, of Polars' speed",
        1.0,
        1.0,
    ),
    Goal::times(
        "hybrid",
        "FT.HYBRID, of the speed of its legs one after the other",
        1.0 / 1.1,
        1.0,
    ),
    Goal::times(
        "hybrid_filtered",
        "FT.HYBRID of legs that share a filter, of their speed",
        1.0 / 1.1,
        1.0,
    ),
];

/// Parts of the table.
const PARTS: [&str; 5] = ["group", "apply", "sort", "cursor", "hybrid"];
const DOCUMENTS: usize = 1_000_000;
const ROUNDS: usize = 11;
const QUICK_DOCUMENTS: usize = 100_000;
const QUICK_ROUNDS: usize = 3;
/// Documents of hybrid searches are fewer: each has a vector, which has to be linked.
const HYBRID_SHARE: usize = 40;

const GROUP: &str = "FT.AGGREGATE i '@price:[0 500]' GROUPBY 1 @tag REDUCE COUNT 0 AS n \
                     REDUCE QUANTILE 2 @quantity 0.5 AS median REDUCE AVG 1 @quantity AS mean";
const APPLY: &str = "FT.AGGREGATE i * APPLY '(@price * @quantity + 3) / 2' AS x GROUPBY 0 \
                     REDUCE SUM 1 @x AS s";
const SORT: &str = "FT.AGGREGATE i * SORTBY 2 @price DESC LIMIT 0 10";
const CURSOR: &str = "FT.AGGREGATE i * LOAD 2 quantity price WITHCURSOR COUNT 1000";

/// What to measure.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Parts of the table, separated by commas: group, apply, sort, cursor, hybrid
    #[arg(long, value_name = "PARTS", value_delimiter = ',', value_parser = PARTS)]
    only: Vec<String>,
    /// Interleaved rounds [default: 11]
    #[arg(long)]
    rounds: Option<usize>,
    /// Documents [default: a million]
    #[arg(long)]
    docs: Option<usize>,
    /// The core to be pinned to [default: the last]
    #[arg(long)]
    cpu: Option<usize>,
    /// 100,000 documents, 3 rounds: to see whether a change helps
    #[arg(long)]
    quick: bool,
}

impl Options {
    fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == part)
    }

    fn rounds(&self) -> usize {
        let usual = if self.quick { QUICK_ROUNDS } else { ROUNDS };
        self.rounds.unwrap_or(usual).max(1)
    }

    fn documents(&self) -> usize {
        let usual = if self.quick {
            QUICK_DOCUMENTS
        } else {
            DOCUMENTS
        };
        self.docs.unwrap_or(usual).max(1)
    }
}

/// What a query came to.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// CPU time.
    pub seconds: f64,
    /// Rows.
    pub rows: usize,
    /// The sum of the last value of each.
    pub sum: f64,
}

const GROUPING_PEERS: [&str; 5] = [
    "duckdb",
    "duckdb-enum",
    "duckdb-estimated",
    "polars",
    "polars-categories",
];

const SORTING_PEERS: [&str; 4] = ["duckdb", "duckdb-enum", "polars", "polars-categories"];

/// Measures, and writes `target/bench/aggregate.json` and `aggregate.md` below `root`.
///
/// # Errors
/// When the engines do not agree, or a peer is missing.
pub fn run(options: &Options, root: &Path) -> Result<(), Box<dyn Error>> {
    let cpu = clock::pin(options.cpu)?;
    let folder = root.join("target/bench");
    let mut report = Report::named("aggregate", &GOALS);
    report.facts = machine(root, cpu);
    let documents = options.documents();
    if documents != DOCUMENTS {
        let note = "documents: not the run that the goals ask for.";
        report.notes.push(format!("{documents} {note}"));
    }
    say(&format!("{documents} documents: writing"));
    let data = Data::generated(documents);
    let file = folder.join(format!("cache/aggregate-{documents}.bin"));
    data.write(&file)?;
    let peers = Peers::start(root, &file, documents, cpu)?;
    report.facts.extend(facts(options, &peers));
    let mut bench = Bench {
        engine: data.engine()?,
        peers,
        rounds: options.rounds(),
        documents,
        report,
    };
    if options.wants("group") {
        bench.beside("group", GROUP, &GROUPING_PEERS)?;
    }
    if options.wants("sort") {
        bench.beside("sort", SORT, &SORTING_PEERS)?;
    }
    if options.wants("apply") {
        bench.apply()?;
    }
    if options.wants("cursor") {
        bench.cursor()?;
    }
    if options.wants("hybrid") {
        bench.hybrid()?;
    }
    bench.report.write(&folder)?;
    let summary = bench.report.summary();
    say(&format!(
        "wrote target/bench/aggregate.json and aggregate.md\n{}",
        summary.trim_end()
    ));
    Ok(())
}

/// What was compared, and how.
fn facts(options: &Options, peers: &Peers) -> [(String, String); 4] {
    let profile = if cfg!(debug_assertions) {
        "dev: NOT A MEASUREMENT"
    } else {
        "release"
    };
    let rounds = format!("{}, interleaved, one thread each", options.rounds());
    [
        ("peers", peers.versions.clone()),
        ("nuthatch", env!("CARGO_PKG_VERSION").to_owned()),
        ("profile", profile.to_owned()),
        ("rounds", rounds),
    ]
    .map(|(name, fact)| (name.to_owned(), fact))
}

struct Bench {
    engine: Engine,
    peers: Peers,
    rounds: usize,
    documents: usize,
    report: Report,
}

impl Bench {
    /// A query beside the same in some peers. Those of a family are ways of asking it; the quickest
    /// counts.
    fn beside(
        &mut self,
        query: &'static str,
        command: &'static str,
        peers: &[&'static str],
    ) -> Result<(), Box<dyn Error>> {
        let ours = Query::new(command);
        let mut times: Vec<Vec<f64>> = vec![Vec::new(); peers.len() + 1];
        // Once to warm up, and to see that all agree.
        let expected = ours.ask(&mut self.engine)?;
        for peer in peers {
            same(query, peer, expected, self.peers.ask(query, peer)?)?;
        }
        let count = times.len();
        for round in 0..self.rounds {
            for at in (0..count).map(|at| (at + round) % count) {
                let answer = match at.checked_sub(1) {
                    None => ours.ask(&mut self.engine)?,
                    Some(peer) => self.peers.ask(query, peers[peer])?,
                };
                times[at].push(answer.seconds);
            }
        }
        let Some((own, others)) = times.split_first() else {
            return Ok(());
        };
        self.note(query, "nuthatch", own, 1.0);
        let mut best: Vec<(&str, f64)> = Vec::new();
        for (peer, theirs) in peers.iter().zip(others) {
            let times = ratio(theirs, own);
            self.note(query, peer, theirs, times);
            let family = peer.split('-').next().unwrap_or(peer);
            match best.iter_mut().find(|(name, _)| *name == family) {
                Some((_, least)) => *least = least.min(times),
                None => best.push((family, times)),
            }
        }
        for (family, times) in best {
            self.report.case(&format!("{query}_{family}"), times);
        }
        Ok(())
    }

    /// The step alone, as `FT.PROFILE` times it; and the whole query beside the peers'.
    fn apply(&mut self) -> Result<(), Box<dyn Error>> {
        let ours = Query::new(APPLY);
        let expected = ours.step(&mut self.engine, "Projector")?;
        for peer in ["duckdb", "polars"] {
            same("apply", peer, expected, self.peers.ask("apply", peer)?)?;
        }
        let mut steps = Vec::new();
        for _ in 0..self.rounds {
            steps.push(ours.step(&mut self.engine, "Projector")?.seconds);
        }
        let rows_per_second = self.documents as f64 / median(steps.clone());
        self.note("apply, the step alone", "nuthatch", &steps, 1.0);
        self.report.case("apply", rows_per_second / 1e6);
        self.beside("apply", APPLY, &["duckdb", "polars"])
    }

    fn cursor(&mut self) -> Result<(), Box<dyn Error>> {
        let ours = Query::new(CURSOR);
        let mut times = Vec::new();
        for _ in 0..self.rounds {
            let drained = drain(&mut self.engine, &ours)?;
            if drained.rows != self.documents {
                return Err(format!("the cursor gave {} rows", drained.rows).into());
            }
            times.push(drained.seconds);
        }
        let rows_per_second = self.documents as f64 / median(times.clone());
        self.note("cursor", "nuthatch", &times, 1.0);
        self.report.case("cursor", rows_per_second / 1e3);
        Ok(())
    }

    /// Each leg by itself and both as one command, in turns.
    fn hybrid(&mut self) -> Result<(), Box<dyn Error>> {
        let documents = (self.documents / HYBRID_SHARE).max(1_000);
        say(&format!("hybrid: {documents} documents: writing"));
        let mut hybrid = Hybrid::new(documents)?;
        let cases = [("hybrid", false), ("hybrid_filtered", true)];
        let asked = [Asked::Words, Asked::Vector, Asked::Both];
        for (case, is_filtered) in cases {
            let mut times: [Vec<f64>; 3] = [Vec::new(), Vec::new(), Vec::new()];
            // Once to warm up.
            for round in 0..=self.rounds {
                for at in (0..asked.len()).map(|at| (at + round) % asked.len()) {
                    let seconds = hybrid.seconds(asked[at], is_filtered)?;
                    if round > 0 {
                        times[at].push(seconds);
                    }
                }
            }
            let [words, vector, both] = &times;
            let legs: Vec<f64> = words.iter().zip(vector).map(|(a, b)| a + b).collect();
            let of_both = ratio(&legs, both);
            for (name, seconds) in [("SEARCH", words), ("VSIM", vector), ("both", both)] {
                self.note(case, name, seconds, ratio(seconds, both));
            }
            self.report.case(case, of_both);
        }
        Ok(())
    }

    fn note(&mut self, query: &str, engine: &str, seconds: &[f64], times: f64) {
        let milliseconds = median(seconds.to_vec()) * 1e3;
        let rate = self.documents as f64 / milliseconds / 1e3;
        say(&format!(
            "{query}: {engine}: {milliseconds:.2} ms, {times:.2}x"
        ));
        let row = vec![
            ("query", json!(query)),
            ("engine", json!(engine)),
            ("ms", json!(milliseconds)),
            ("million documents/s", json!(rate)),
            ("times of ours", json!(times)),
        ];
        self.report.row("CPU time of a query", row);
    }
}

/// The answers of two engines are one: as many rows, and the same sum but for rounding.
fn same(query: &str, peer: &str, ours: Answer, theirs: Answer) -> Result<(), Box<dyn Error>> {
    let close = (ours.sum - theirs.sum).abs() <= 1e-9 * ours.sum.abs().max(1.0);
    if ours.rows == theirs.rows && close {
        return Ok(());
    }
    Err(format!("{query}: {peer} answers {theirs:?}, nuthatch {ours:?}").into())
}

/// Progress, for who waits.
#[expect(clippy::print_stderr, reason = "the bench talks to a terminal")]
fn say(text: &str) {
    eprintln!("{text}");
}
