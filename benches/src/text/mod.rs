//! The text suite: our text index against tantivy, in one process on one core.
//!
//! Both engines index the same words. Every query that is measured is first checked: the ten best
//! documents must have the same scores, and as many must match.

pub mod clock;
pub mod corpus;
pub mod ours;
pub mod peer;
pub mod query;
pub mod report;
pub mod rounds;
pub mod search;
pub mod write;

use std::error::Error;
use std::path::Path;

use clap::Args;

use self::corpus::Corpus;
use self::report::{Goal, Report, machine};
use self::search::Engines;

const GOALS: [Goal; 12] = [
    Goal::cost(
        "visible",
        "write until visible, document of 120 words, p50",
        20.0,
        10.0,
        "µs",
    ),
    Goal::times("indexing", "indexing throughput, one core", 2.2, 3.0),
    Goal::times(
        "term",
        "top 10, single term, worse of p50 and total",
        1.2,
        1.2,
    ),
    Goal::times("and", "top 10, AND, worse of p50 and total", 1.0, 1.0),
    Goal::times("or", "top 10, OR, worse of p50 and total", 1.3, 1.3),
    Goal::times(
        "or_hot",
        "top 10, OR of hot terms, worse of p50 and total",
        1.3,
        2.0,
    ),
    Goal::times("phrase", "top 10, phrase, worse of p50 and total", 1.0, 1.3),
    Goal::times(
        "prefix",
        "prefix of 4 letters, worse of p50 and total",
        2.5,
        4.0,
    ),
    Goal::times("fuzzy1", "fuzzy 1, worse of p50 and total", 1.4, 2.0),
    Goal::times("fuzzy2", "fuzzy 2, worse of p50 and total", 1.4, 2.0),
    Goal::cost(
        "bytes",
        "bytes per posting with positions, of tantivy's",
        1.3,
        1.0,
        "×",
    ),
    Goal::times(
        "mix",
        "a write before each search, p99 of the search, shared texts",
        50.0,
        50.0,
    ),
];

/// Parts of the table.
const PARTS: [&str; 6] = ["index", "search", "expand", "memory", "visible", "mix"];
const ROUNDS: usize = 11;
const BUILDS: usize = 3;
const QUICK_ROUNDS: usize = 3;
const QUICK_DOCUMENTS: usize = 20_000;
/// A corpus of more documents is indexed once.
const LARGE: usize = 500_000;

/// What to measure.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// A corpus, repeatable: debian and rfc (the shared texts), zipf (a million generated documents)
    /// [default: all]
    #[arg(long, value_name = "NAME", value_parser = Corpus::NAMES)]
    data: Vec<String>,
    /// Parts of the table, separated by commas: index, search, expand, memory, visible, mix
    #[arg(long, value_name = "PARTS", value_delimiter = ',', value_parser = PARTS)]
    only: Vec<String>,
    /// Interleaved rounds [default: 11]
    #[arg(long)]
    rounds: Option<usize>,
    /// Queries of a row
    #[arg(long, default_value_t = 200)]
    queries: usize,
    /// Only the first documents of each corpus
    #[arg(long)]
    docs: Option<usize>,
    /// The core to be pinned to [default: the last]
    #[arg(long)]
    cpu: Option<usize>,
    /// 20,000 documents, 3 rounds: to see whether a change helps
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
            usize::MAX
        };
        self.docs.unwrap_or(usual)
    }

    /// Rounds of indexing a corpus.
    fn builds(&self, corpus: &Corpus) -> usize {
        if self.quick || corpus.len() > LARGE || !self.wants("index") {
            1
        } else {
            BUILDS.min(self.rounds())
        }
    }
}

/// Measures, and writes `target/bench/text.json` and `text.md` below `root` after every part.
///
/// # Errors
/// When the engines do not agree, or files cannot be read or written.
pub fn run(options: &Options, root: &Path) -> Result<(), Box<dyn Error>> {
    let cpu = clock::pin(options.cpu)?;
    let folder = root.join("target/bench");
    let mut report = Report::named("text", &GOALS);
    report.facts = machine(root, cpu);
    report.facts.extend(versions(options));
    if options.documents() < usize::MAX {
        let limit = options.documents();
        let note = "documents of each corpus: not the run that the goals ask for.";
        report.notes.push(format!("Only the first {limit} {note}"));
    }
    let names = Corpus::NAMES.map(str::to_owned);
    let names = if options.data.is_empty() {
        &names[..]
    } else {
        &options.data
    };
    for name in names {
        say(&format!("{name}: reading"));
        match Corpus::load(name, options.documents())? {
            Some(corpus) => measure(options, &mut report, &corpus, &folder)?,
            None => {
                let note = format!("{name} was left out: its files are not in the data directory.");
                say(&note);
                report.notes.push(note);
            }
        }
    }
    report.write(&folder)?;
    say(&format!(
        "wrote target/bench/text.json and text.md\n{}",
        report.summary().trim_end()
    ));
    Ok(())
}

/// Measures the parts, and writes the report after each: a run that is stopped leaves what it had.
fn measure(
    options: &Options,
    report: &mut Report,
    corpus: &Corpus,
    folder: &Path,
) -> Result<(), Box<dyn Error>> {
    let words = corpus.tokens();
    say(&format!(
        "{}: {} documents, {words} words",
        corpus.name,
        corpus.len()
    ));
    let (mut ours, mut peer) = write::index(report, corpus, options.builds(corpus))?;
    if options.wants("index") {
        write::stemmed(report, corpus, options.builds(corpus))?;
    }
    let engines = Engines {
        corpus,
        ours: &ours,
        peer: &peer,
    };
    if options.wants("search") {
        engines.scored(report, options.rounds(), options.queries)?;
        report.write(folder)?;
    }
    if options.wants("expand") {
        engines.expanded(report, options.rounds(), options.queries)?;
        report.write(folder)?;
    }
    if options.wants("memory") {
        write::memory(report, corpus, &ours, &peer)?;
        report.write(folder)?;
    }
    if options.wants("visible") {
        write::visible(report, corpus, &mut ours)?;
        report.write(folder)?;
    }
    if options.wants("mix") {
        write::mix(report, corpus, &mut ours, &mut peer)?;
        report.write(folder)?;
    }
    Ok(())
}

fn versions(options: &Options) -> Vec<(String, String)> {
    let profile = if cfg!(debug_assertions) {
        "dev: NOT A MEASUREMENT"
    } else {
        "release"
    };
    let features: Vec<&str> = ["sse4.1", "avx2", "bmi2"]
        .into_iter()
        .zip([
            cfg!(target_feature = "sse4.1"),
            cfg!(target_feature = "avx2"),
            cfg!(target_feature = "bmi2"),
        ])
        .filter_map(|(name, on)| on.then_some(name))
        .collect();
    let target = match features.as_slice() {
        [] => "any x86-64 for both, which choose faster instructions as they run".to_owned(),
        on => format!("with {} for both", on.join(" ")),
    };
    let facts = [
        ("tantivy", tantivy::version_string().to_owned()),
        ("nuthatch", env!("CARGO_PKG_VERSION").to_owned()),
        ("profile", profile.to_owned()),
        ("compiled for", target),
        (
            "rounds",
            format!(
                "{} of search, at most {BUILDS} of indexing",
                options.rounds()
            ),
        ),
    ];
    facts.map(|(name, fact)| (name.to_owned(), fact)).into()
}

/// Progress, for who waits.
#[expect(clippy::print_stderr, reason = "the bench talks to a terminal")]
fn say(text: &str) {
    eprintln!("{text}");
}
