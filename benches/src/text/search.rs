//! Queries: the ten best by BM25, and matches counted where a query expands to many words.

use std::error::Error;
use std::hint::black_box;

use serde_json::json;

use super::corpus::Corpus;
use super::ours::{Hit, Ours};
use super::peer::{Peer, PrefixBy, Prepared};
use super::query::{Query, Row, expanded, scored};
use super::report::Report;
use super::rounds::{Contender, Times, measure, median, ratio};
use super::say;

/// How many documents are asked for.
const K: usize = 10;
/// How far two equal scores may differ, as a share of the larger: tantivy computes in single precision.
const CLOSE: f64 = 1e-4;

/// Two engines with the same documents.
pub struct Engines<'a> {
    /// The documents.
    pub corpus: &'a Corpus,
    /// Ours.
    pub ours: &'a Ours,
    /// tantivy.
    pub peer: &'a Peer,
}

impl Engines<'_> {
    /// Measures the rows of scored queries.
    ///
    /// # Errors
    /// When the engines do not find documents of the same scores.
    pub fn scored(
        &self,
        report: &mut Report,
        rounds: usize,
        count: usize,
    ) -> Result<(), Box<dyn Error>> {
        for row in scored(self.corpus, count) {
            let prepared = self.prepare(&row, PrefixBy::Range)?;
            for (query, prepared) in row.queries.iter().zip(&prepared) {
                self.check_scores(query)?;
                let (ours, peer) = (self.ours.count(query), self.peer.count(prepared)?);
                same_count(query, ours, peer)?;
            }
            let mut contenders = [
                Contender {
                    name: "nuthatch",
                    answer: Box::new(|at| {
                        black_box(self.ours.top(&row.queries[at], K));
                    }),
                },
                Contender {
                    name: "tantivy",
                    answer: Box::new(|at| {
                        black_box(self.peer.top(&prepared[at], K).expect("it was checked"));
                    }),
                },
            ];
            let times = measure(rounds, row.queries.len(), &mut contenders);
            self.note(report, "top 10 by BM25, µs", &row, &times);
        }
        Ok(())
    }

    /// Measures the rows of queries that expand; the peer has its better way to find a prefix.
    ///
    /// # Errors
    /// When the engines do not find as many documents.
    pub fn expanded(
        &self,
        report: &mut Report,
        rounds: usize,
        count: usize,
    ) -> Result<(), Box<dyn Error>> {
        for row in expanded(self.corpus, count) {
            let range = self.prepare(&row, PrefixBy::Range)?;
            let regex = self.prepare(&row, PrefixBy::Regex)?;
            for (query, (range, regex)) in row.queries.iter().zip(range.iter().zip(&regex)) {
                let ours = self.ours.count(query);
                same_count(query, ours, self.peer.count(range)?)?;
                same_count(query, ours, self.peer.count(regex)?)?;
            }
            let peer = |name, prepared: &'_ [Prepared], at: usize| {
                let count = self.peer.count(&prepared[at]);
                black_box((name, count.expect("it was checked")));
            };
            let mut contenders = vec![
                Contender {
                    name: "nuthatch",
                    answer: Box::new(|at| {
                        black_box(self.ours.count(&row.queries[at]));
                    }),
                },
                Contender {
                    name: "tantivy",
                    answer: Box::new(|at| peer("tantivy", &range, at)),
                },
            ];
            if row.goal == "prefix" {
                contenders.push(Contender {
                    name: "tantivy, regex",
                    answer: Box::new(|at| peer("tantivy, regex", &regex, at)),
                });
            }
            let times = measure(rounds, row.queries.len(), &mut contenders);
            self.note(report, "matches counted, µs", &row, &times);
        }
        Ok(())
    }

    fn prepare(&self, row: &Row, prefix: PrefixBy) -> Result<Vec<Prepared>, Box<dyn Error>> {
        let prepare = |query| self.peer.prepare(query, prefix);
        Ok(row.queries.iter().map(prepare).collect::<Result<_, _>>()?)
    }

    fn check_scores(&self, query: &Query) -> Result<(), Box<dyn Error>> {
        let ours = self.ours.top(query, K);
        let peer = self.peer.top(&self.peer.reference(query)?, K)?;
        if same_scores(&ours, &peer, CLOSE) {
            return Ok(());
        }
        Err(format!(
            "{}: {query:?} has other scores\n nuthatch {ours:?}\n tantivy {peer:?}",
            self.corpus.name
        )
        .into())
    }

    /// Adds the row of a table, and its worse ratio, of p50 and total, to its goal.
    fn note(&self, report: &mut Report, table: &'static str, row: &Row, times: &[Times]) {
        let Some((ours, peers)) = times.split_first() else {
            return;
        };
        if row.queries.is_empty() {
            say(&format!(
                "{}: no queries for {}",
                self.corpus.name, row.name
            ));
            return;
        }
        let quickest = |times: &&Times| median(times.total.clone());
        let Some(peer) = peers
            .iter()
            .min_by(|a, b| quickest(a).total_cmp(&quickest(b)))
        else {
            return;
        };
        let (p50, total) = (ratio(&peer.p50, &ours.p50), ratio(&peer.total, &ours.total));
        let each = |total: &[f64]| median(total.to_vec()) / row.queries.len() as f64;
        let cells = vec![
            ("data", json!(self.corpus.name)),
            ("queries", json!(row.name)),
            ("count", json!(row.queries.len())),
            ("rounds", json!(ours.p50.len())),
            ("nuthatch p50", json!(median(ours.p50.clone()))),
            ("peer p50", json!(median(peer.p50.clone()))),
            ("ratio of p50", json!(p50)),
            ("nuthatch mean", json!(each(&ours.total))),
            ("peer mean", json!(each(&peer.total))),
            ("ratio of totals", json!(total)),
            ("peer", json!(peer.name)),
        ];
        say(&format!(
            "{}: {}: {p50:.2}x of p50, {total:.2}x of totals",
            self.corpus.name, row.name
        ));
        report.row(table, cells);
        report.case(row.goal, p50.min(total));
    }
}

/// The two lists have the same scores, but for a share of `close`. Which of equally good documents are
/// in them may differ.
#[must_use]
pub fn same_scores(ours: &[Hit], peer: &[Hit], close: f64) -> bool {
    let near = |(a, b): (&Hit, &Hit)| (a.score - b.score).abs() <= close * a.score.max(b.score);
    ours.len() == peer.len() && ours.iter().zip(peer).all(near)
}

fn same_count(query: &Query, ours: u64, peer: u64) -> Result<(), Box<dyn Error>> {
    if ours == peer {
        return Ok(());
    }
    Err(format!("{query:?}: {ours} matches, {peer} in tantivy").into())
}
