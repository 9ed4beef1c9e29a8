//! `nuthatch-bench SUITE`: runs a suite; `make bench-SUITE` builds what it needs and calls this. That of
//! vectors is in `benches/suites` and runs with the Python of `.venv`, where its peers are installed; those
//! of text, of queries and of aggregations are in this crate.

use std::error::Error;
use std::path::Path;
use std::process::{Command, ExitCode};

use clap::{Args, Parser};
use nuthatch_bench::{aggregate, load, query, text};

/// Variables that tune a BLAS for a processor that this may not be, which would handicap a peer.
const FOREIGN: [&str; 3] = [
    "OPENBLAS_CORETYPE",
    "MKL_DEBUG_CPU_TYPE",
    "NVPL_BLAS_DEBUG_CPU_TYPE",
];

/// Variables that say how many threads a library may start: every engine has one.
const THREADS: [&str; 3] = [
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "RAYON_NUM_THREADS",
];

/// Measures Nuthatch against its peers.
#[derive(Parser)]
#[command(name = "nuthatch-bench")]
enum Suite {
    /// FLAT and HNSW against hnswlib, faiss, usearch and hnsw_rs: target/bench/vector.{json,md,svg,png}
    Vector(Vector),
    /// The text index against tantivy: target/bench/text.{json,md}
    Text(text::Options),
    /// Plans against all other plans, searches against tantivy: target/bench/query.{json,md}
    Query(query::Options),
    /// Aggregations against `DuckDB` and Polars: target/bench/aggregate.{json,md}
    Aggregate(aggregate::Options),
    /// Servers with the module and without it: target/bench/server.{json,md}
    Server(load::Options),
    /// Mixed load on a server for some minutes: target/bench/soak.{json,md}; fails if memory grows
    Soak(load::soak::Options),
}

#[derive(Args)]
struct Vector {
    /// A data set, repeatable: minilm384, clust128, or the path of an .npy, .fvecs or .hdf5 file
    /// [default: the first two]
    #[arg(long, value_name = "NAME|PATH")]
    data: Vec<String>,
    /// Engines of the recall/QPS curves, separated by commas: nuthatch (codes where it chooses to),
    /// nuthatch-int8, nuthatch-f32, nuthatch-f16, hnswlib, faiss, usearch-f32, usearch-f16, hnsw_rs
    #[arg(long, value_name = "NAMES")]
    engines: Option<String>,
    /// Parts of the table, separated by commas: search, build, threads, filter, turnover, memory,
    /// flat, insert
    #[arg(long, value_name = "PARTS")]
    only: Option<String>,
    /// Interleaved rounds [default: 11]
    #[arg(long)]
    rounds: Option<u32>,
    /// Only the first rows of each data set
    #[arg(long)]
    rows: Option<u32>,
    /// The core to be pinned to [default: the last]
    #[arg(long)]
    cpu: Option<u32>,
    /// 20,000 rows, 3 rounds, hnswlib as the only peer of the curves: to see whether a change helps
    #[arg(long)]
    quick: bool,
}

impl Vector {
    fn arguments(&self) -> Vec<String> {
        let number = |number: Option<u32>| number.map(|number| number.to_string());
        let mut named: Vec<(&str, String)> = Vec::new();
        named.extend(self.data.iter().map(|data| ("--data", data.clone())));
        named.extend(self.engines.clone().map(|names| ("--engines", names)));
        named.extend(self.only.clone().map(|parts| ("--only", parts)));
        named.extend(number(self.rounds).map(|rounds| ("--rounds", rounds)));
        named.extend(number(self.rows).map(|rows| ("--rows", rows)));
        named.extend(number(self.cpu).map(|cpu| ("--cpu", cpu)));
        let words = named
            .into_iter()
            .flat_map(|(name, value)| [name.to_owned(), value]);
        words
            .chain(self.quick.then(|| "--quick".to_owned()))
            .collect()
    }
}

fn benches() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn root() -> Result<&'static Path, &'static str> {
    benches().parent().ok_or("benches/ is in no workspace")
}

/// Runs a suite in Python to its end; whether it measured, whatever it found.
fn run(suite: &str, arguments: Vec<String>) -> Result<bool, Box<dyn Error>> {
    let (benches, root) = (benches(), root()?);
    let python = root.join(".venv/bin/python");
    if !python.is_file() {
        return Err(format!("there is no .venv; run `make bench-{suite}`").into());
    }
    let mut command = Command::new(python);
    for variable in FOREIGN {
        command.env_remove(variable);
    }
    for variable in THREADS {
        command.env(variable, "1");
    }
    let status = command
        .arg(benches.join("suites").join(format!("{suite}.py")))
        .args(arguments)
        // Where the extensions of benches/python are put.
        .env("PYTHONPATH", root.join("target/bench"))
        .status()?;
    Ok(status.success())
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let measured = match Suite::parse() {
        Suite::Vector(options) => run("vector", options.arguments())?,
        Suite::Text(options) => {
            text::run(&options, root()?)?;
            true
        }
        Suite::Query(options) => {
            query::run(&options, root()?)?;
            true
        }
        Suite::Aggregate(options) => {
            aggregate::run(&options, root()?)?;
            true
        }
        Suite::Server(options) => {
            load::run(&options, root()?)?;
            true
        }
        Suite::Soak(options) => load::soak::run(&options, root()?)?,
    };
    Ok(if measured {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_reach_the_suite_as_they_were_given() {
        let words = "nuthatch-bench vector --data a.npy --data clust128 --rounds 3 --quick";
        let Suite::Vector(options) = Suite::try_parse_from(words.split(' ')).unwrap() else {
            panic!("another suite");
        };
        assert_eq!(
            options.arguments().join(" "),
            "--data a.npy --data clust128 --rounds 3 --quick"
        );
    }

    #[test]
    fn a_part_or_corpus_that_there_is_none_of_is_refused() {
        let parses = |words: &str| Suite::try_parse_from(words.split(' ')).is_ok();
        assert!(parses(
            "nuthatch-bench text --data rfc --data zipf --only search,mix --docs 9"
        ));
        assert!(!parses("nuthatch-bench text --data wikipedia"));
        assert!(!parses("nuthatch-bench text --only search,mixed"));
    }
}
