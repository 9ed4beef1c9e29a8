//! The server suite: what the module costs a server and its clients, and what it gives them, on real
//! servers with and without it, in turns.

pub mod documents;
pub mod host;
pub mod latency;
pub mod memory;
pub mod neighbours;
pub mod plain;
pub mod restart;
pub mod soak;
pub mod wire;
pub mod writes;

use std::error::Error;
use std::path::Path;

use clap::Args;
use rustix::thread::{CpuSet, sched_getaffinity};

use self::documents::Documents;
use self::host::Programs;
use crate::text::clock;
use crate::text::report::{Goal, Report, machine};

const GOALS: [Goal; 9] = [
    Goal::share(
        "plain",
        "SET and GET of other keys, of a server without the module",
        0.97,
        0.99,
    ),
    Goal::share(
        "write",
        "HSET of five fields with a vector in bursts, of one that indexes nothing",
        0.6,
        0.8,
    ),
    Goal::share("sustained", "the same without a pause", 0.6, 0.8),
    Goal::cost(
        "ingestion",
        "p99 of a GET while documents are written, of idle",
        1.5,
        1.2,
        "×",
    ),
    Goal::cost(
        "queries",
        "p99 of a GET while queries of 50 ms run, of idle",
        1.5,
        1.2,
        "×",
    ),
    Goal::cost(
        "knn",
        "KNN-10 at recall .95, server-side p50",
        150.0,
        100.0,
        "µs",
    ),
    Goal::share(
        "clients",
        "KNN-10 of 8 clients, of the engine in-process",
        0.85,
        0.95,
    ),
    Goal::times(
        "restart",
        "an index of vectors back with saved links, of linking anew",
        10.0,
        20.0,
    ),
    Goal::times(
        "restart_text",
        "an index of text back with saved content, of indexing anew",
        10.0,
        20.0,
    ),
];

/// Parts of the table.
const PARTS: [&str; 6] = [
    "plain",
    "writes",
    "latency",
    "neighbours",
    "memory",
    "restart",
];
const VECTORS: usize = 100_000;
const QUICK_VECTORS: usize = 20_000;
const QUERIES: usize = 1_000;

/// What to measure.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Parts of the table, separated by commas: plain, writes, latency, neighbours, memory, restart
    #[arg(long, value_name = "PARTS", value_delimiter = ',', value_parser = PARTS)]
    only: Vec<String>,
    /// Vectors of the neighbours [default: 100000]
    #[arg(long)]
    rows: Option<usize>,
    /// Interleaved rounds
    #[arg(long, default_value_t = 11)]
    rounds: usize,
    /// 20,000 vectors, 3 rounds: to see whether a change helps
    #[arg(long)]
    quick: bool,
}

/// Which cores are whose, where that matters.
#[derive(Clone, Copy, Debug)]
pub struct Cores {
    /// The server's: the first.
    pub server: usize,
    /// Its clients': the last.
    pub client: usize,
}

impl Cores {
    /// Those that this process may run on.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn allowed() -> Result<Self, Box<dyn Error>> {
        let allowed = sched_getaffinity(None)?;
        let mut cores = (0..CpuSet::MAX_CPU).filter(|cpu| allowed.is_set(*cpu));
        let server = cores.next().ok_or("there is no core")?;
        Ok(Self {
            server,
            client: cores.next_back().unwrap_or(server),
        })
    }
}

/// Does some work on one core.
///
/// # Errors
/// As the work.
pub fn on_core<T: Send>(
    cpu: usize,
    work: impl FnOnce() -> Result<T, Box<dyn Error>> + Send,
) -> Result<T, Box<dyn Error>> {
    let run = || -> Result<T, String> {
        clock::pin(Some(cpu)).map_err(|error| error.to_string())?;
        work().map_err(|error| error.to_string())
    };
    let done = std::thread::scope(|scope| scope.spawn(run).join());
    Ok(done.unwrap_or_else(|_| Err("a panic".to_owned()))?)
}

impl Options {
    fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == part)
    }

    fn vectors(&self) -> usize {
        let usual = if self.quick { QUICK_VECTORS } else { VECTORS };
        self.rows.unwrap_or(usual)
    }

    fn rounds(&self) -> usize {
        if self.quick { 3 } else { self.rounds.max(1) }
    }
}

/// Measures, and writes `target/bench/server.json` and `server.md` below `root` after every part.
///
/// # Errors
/// When a server fails, or files cannot be written.
pub fn run(options: &Options, root: &Path) -> Result<(), Box<dyn Error>> {
    let programs = Programs::named()?;
    let folder = root.join("target/bench");
    let cores = Cores::allowed()?;
    let mut report = Report::named("server", &GOALS);
    report.facts = machine(root, cores.client);
    report.facts.extend(facts(&programs, options));
    if options.vectors() < VECTORS {
        let note = "vectors: not the run that the goals ask for.";
        report
            .notes
            .push(format!("Only {} {note}", options.vectors()));
    }
    let documents = Documents::generate(options.vectors(), QUERIES);
    let rounds = options.rounds();
    for part in PARTS.into_iter().filter(|part| options.wants(part)) {
        say(&format!("\n{part}"));
        match part {
            "plain" => on_core(cores.client, || {
                plain::measure(&mut report, &programs, cores, 3 * rounds)
            })?,
            "writes" => writes::measure(&mut report, &programs, &documents, rounds)?,
            "latency" => latency::measure(&mut report, &programs, &documents, rounds.div_ceil(2))?,
            "neighbours" => {
                neighbours::measure(&mut report, &programs, &documents, cores, rounds)?;
            }
            "memory" => memory::measure(&mut report, &programs, &documents)?,
            _ => restart::measure(&mut report, &programs, &documents)?,
        }
        report.write(&folder)?;
    }
    say(&format!(
        "wrote target/bench/server.json and server.md\n{}",
        report.summary().trim_end()
    ));
    Ok(())
}

fn facts(programs: &Programs, options: &Options) -> Vec<(String, String)> {
    let facts = [
        ("server", programs.server.clone()),
        ("vectors", options.vectors().to_string()),
        ("rounds", options.rounds().to_string()),
        ("sockets", "unix".to_owned()),
    ];
    facts.map(|(name, fact)| (name.to_owned(), fact)).into()
}

/// Progress, for who waits.
#[expect(clippy::print_stderr, reason = "the bench talks to a terminal")]
pub fn say(text: &str) {
    eprintln!("{text}");
}
