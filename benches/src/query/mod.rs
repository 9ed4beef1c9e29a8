//! The query suite: plans against all other ways to run the same search, searches against tantivy's,
//! neighbours under filters, deadlines. In one process, on one core.

pub mod data;
pub mod hybrid;
pub mod ours;
pub mod overrun;
pub mod peer;
pub mod regret;
pub mod single;
pub mod suite;
pub mod times;
pub mod versus;

use std::error::Error;
use std::path::{Path, PathBuf};

use clap::Args;

use self::data::Data;
use self::ours::Ours;
use self::peer::Peer;
use self::suite::suite;
use self::versus::Both;
use crate::text::clock;
use crate::text::report::{Goal, Report, machine};

const GOALS: [Goal; 8] = [
    Goal::cost("regret_p50", "plan regret, p50", 1.05, 1.02, "×"),
    Goal::cost("regret_p99", "plan regret, p99", 1.5, 1.3, "×"),
    Goal::times(
        "filtered",
        "filtered text, top 10, worse of p50 and total",
        1.5,
        2.0,
    ),
    Goal::times("ranges", "count of a range of numbers", 10.0, 100.0),
    Goal::times("sorted", "top 10 by a number, of 10 %", 2.0, 4.0),
    Goal::times("facets", "facets", 1.0, 2.0),
    Goal::share("hybrid", "recall of neighbours under a filter", 0.95, 0.98),
    Goal::cost("overrun", "late after a deadline, worst", 10.0, 2.0, "ms"),
];

/// Parts of the table.
const PARTS: [&str; 4] = ["regret", "versus", "hybrid", "overrun"];
const DOCUMENTS: usize = 1_000_000;
const QUICK_DOCUMENTS: usize = 50_000;

/// What to measure.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Parts of the table, separated by commas: regret, versus, hybrid, overrun
    #[arg(long, value_name = "PARTS", value_delimiter = ',', value_parser = PARTS)]
    only: Vec<String>,
    /// Generated documents [default: 1000000]
    #[arg(long)]
    docs: Option<usize>,
    /// Interleaved rounds
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Searches of the random suite
    #[arg(long, default_value_t = 2_000)]
    suite: usize,
    /// What each way took of each random search: read from there where it is known, measured where not, and kept
    #[arg(long, value_name = "FILE")]
    times: Option<PathBuf>,
    /// Queries of a row
    #[arg(long, default_value_t = 100)]
    queries: usize,
    /// The core to be pinned to [default: the last]
    #[arg(long)]
    cpu: Option<usize>,
    /// Of the rows against tantivy only those with this in their name
    #[arg(long, value_name = "TEXT")]
    row: Option<String>,
    /// A search to be run in every way, and nothing else; repeatable: QUERY, or QUERY -- OPTIONS
    #[arg(long, value_name = "SEARCH")]
    search: Vec<String>,
    /// Of these only the ways with this in their name
    #[arg(long, value_name = "TEXT", requires = "search")]
    way: Option<String>,
    /// 50,000 documents: to see whether a change helps
    #[arg(long)]
    quick: bool,
}

impl Options {
    fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == part)
    }

    fn documents(&self) -> usize {
        let usual = if self.quick {
            QUICK_DOCUMENTS
        } else {
            DOCUMENTS
        };
        self.docs.unwrap_or(usual)
    }
}

/// Measures, and writes `target/bench/query.json` and `query.md` below `root` after every part.
///
/// # Errors
/// When two ways to run a search, or the engines, do not agree, or files cannot be written.
pub fn run(options: &Options, root: &Path) -> Result<(), Box<dyn Error>> {
    let cpu = clock::pin(options.cpu)?;
    let folder = root.join("target/bench");
    let mut report = Report::named("query", &GOALS);
    report.facts = machine(root, cpu);
    report.facts.extend(facts(options));
    if options.documents() < DOCUMENTS {
        let note = "documents: not the run that the goals ask for.";
        report
            .notes
            .push(format!("Only {} {note}", options.documents()));
    }
    say(&format!("generating {} documents", options.documents()));
    let data = Data::generate(options.documents())?;
    let with_vectors = options.wants("hybrid") && options.search.is_empty();
    say("indexing");
    let ours = Ours::build(&data, with_vectors)?;
    say("measuring");
    for search in &options.search {
        single::measure(&ours, search, options.way.as_deref())?;
    }
    if !options.search.is_empty() {
        return Ok(());
    }
    let suite = suite(&data, options.suite, with_vectors);
    if options.wants("regret") {
        let kept = options.times.as_deref();
        if kept.is_some_and(Path::exists) {
            let note = "Plan regret is by times of earlier runs, as far as they were kept: no measurement.";
            report.notes.push(note.to_owned());
        }
        regret::measure(&mut report, &ours, &suite, options.rounds, kept)?;
        report.write(&folder)?;
        say(report.summary().trim_end());
    }
    if options.wants("overrun") {
        overrun::measure(&mut report, &ours, &suite)?;
        report.write(&folder)?;
    }
    if options.wants("hybrid") {
        hybrid::all(&mut report, &data, &ours, options.rounds, options.queries)?;
        report.write(&folder)?;
    }
    if options.wants("versus") {
        let both = Both {
            data: &data,
            ours: &ours,
            peer: &Peer::build(&data)?,
            only: options.row.as_deref(),
        };
        both.measure(&mut report, options.rounds, options.queries)?;
    }
    report.write(&folder)?;
    say(&format!(
        "wrote target/bench/query.json and query.md\n{}",
        report.summary().trim_end()
    ));
    Ok(())
}

fn facts(options: &Options) -> Vec<(String, String)> {
    let profile = if cfg!(debug_assertions) {
        "dev: NOT A MEASUREMENT"
    } else {
        "release"
    };
    let facts = [
        ("tantivy", tantivy::version_string().to_owned()),
        ("nuthatch", env!("CARGO_PKG_VERSION").to_owned()),
        ("profile", profile.to_owned()),
        ("documents", options.documents().to_string()),
        ("rounds", options.rounds.to_string()),
        ("random searches", options.suite.to_string()),
    ];
    facts.map(|(name, fact)| (name.to_owned(), fact)).into()
}

/// Progress, for who waits.
#[expect(clippy::print_stderr, reason = "the bench talks to a terminal")]
fn say(text: &str) {
    eprintln!("{text}");
}
