//! What both engines answer: words under conditions, counts of numbers, orders by a number, facets.

use std::error::Error;
use std::hint::black_box;

use nuthatch_datasets::generate::Random;
use serde_json::json;
use tantivy::aggregation::agg_req::Aggregations;

use super::data::{Data, HIGHEST_PRICE};
use super::ours::Ours;
use super::peer::{Peer, Prepared, facet_request};
use super::suite::{Arguments, arguments, text_of};
use crate::text::query::{Query, scored};
use crate::text::report::Report;
use crate::text::rounds::{Contender, measure, median, ratio};

const SEED: u64 = 31;
/// How far two equal scores may differ, as a share of the larger: tantivy computes in single precision.
const CLOSE: f64 = 1e-4;

/// So many of the searches of a row that take the longest are printed.
const SLOWEST: usize = 5;

/// Both engines with the same documents.
pub struct Both<'a> {
    /// The documents.
    pub data: &'a Data,
    /// Ours.
    pub ours: &'a Ours,
    /// tantivy.
    pub peer: &'a Peer,
    /// Only rows with this in their name, if it is given.
    pub only: Option<&'a str>,
}

/// Queries that both answer.
struct Row {
    name: String,
    goal: &'static str,
    queries: Vec<(Arguments, Prepared)>,
    ask: Ask,
}

/// What is asked of the peer.
enum Ask {
    Top,
    Count,
    Cheapest,
    Facet(Aggregations),
}

impl Both<'_> {
    /// Measures all rows.
    ///
    /// # Errors
    /// When the engines do not agree.
    pub fn measure(
        &self,
        report: &mut Report,
        rounds: usize,
        count: usize,
    ) -> Result<(), Box<dyn Error>> {
        let mut rows = self.filtered(count);
        rows.push(self.ranges(count));
        rows.extend(self.sorted(count));
        rows.extend(self.facets(count)?);
        let is_wanted = |row: &Row| self.only.is_none_or(|only| row.name.contains(only));
        for row in rows.into_iter().filter(is_wanted) {
            self.row(report, &row, rounds)?;
        }
        Ok(())
    }

    /// Words under tags that a tenth, and a hundredth, of all documents have, and under ranges of
    /// prices; with the total, and without.
    fn filtered(&self, count: usize) -> Vec<Row> {
        let kinds = ["term, middling", "term, hot", "AND of 2", "OR of 2"];
        let mut rows = Vec::new();
        for words in scored(&self.data.corpus, count) {
            if !kinds.contains(&words.name) {
                continue;
            }
            for (share, tag) in [("10 %", "s100"), ("1 %", "s10")] {
                let filter = format!("@share:{{{tag}}}=>{{$weight: 0}}");
                let name = format!("{}, tag of {share}", words.name);
                let peer = || self.peer.tag("share", tag);
                rows.push(self.words_row(&name, &words.queries, &filter, &peer));
            }
            let (from, to) = (HIGHEST_PRICE * 0.3, HIGHEST_PRICE * 0.6);
            let filter = format!("@price:[{from} {to}]");
            let name = format!("{}, numbers of 30 %", words.name);
            let peer = || self.peer.price(from, to);
            rows.push(self.words_row(&name, &words.queries, &filter, &peer));
        }
        rows
    }

    fn words_row(
        &self,
        name: &str,
        queries: &[Query],
        filter: &str,
        peer: &dyn Fn() -> Prepared,
    ) -> Row {
        let options = ["LIMIT", "0", "10", "WITHOUTCOUNT"];
        let queries = queries.iter().filter_map(|query| {
            let words = match query {
                Query::Term(word) => self.peer.word(word),
                Query::All(words) => self.peer.words(words, true),
                Query::Any(words) => self.peer.words(words, false),
                Query::Phrase(_) | Query::Prefix(_) | Query::Fuzzy(..) => return None,
            };
            let ours = arguments(&format!("{} {filter}", text_of(query)), &options);
            Some((ours, Peer::all(vec![words, peer()])))
        });
        Row {
            name: name.to_owned(),
            goal: "filtered",
            queries: queries.collect(),
            ask: Ask::Top,
        }
    }

    fn ranges(&self, count: usize) -> Row {
        let mut random = Random::new(SEED);
        let queries = (0..count).map(|_| {
            let share = 10_f64.powf(-3.0 * random.unit());
            let from = random.unit() * HIGHEST_PRICE * (1.0 - share);
            let to = from + share * HIGHEST_PRICE;
            let ours = arguments(&format!("@price:[{from} {to}]"), &["LIMIT", "0", "0"]);
            (ours, self.peer.price(from, to))
        });
        Row {
            name: "range count, .1 to 100 %".to_owned(),
            goal: "ranges",
            queries: queries.collect(),
            ask: Ask::Count,
        }
    }

    fn sorted(&self, count: usize) -> Vec<Row> {
        let options = ["SORTBY", "price", "ASC", "LIMIT", "0", "10"];
        let tag = (
            arguments("@share:{s100}", &options),
            self.peer.tag("share", "s100"),
        );
        let hot = scored(&self.data.corpus, count.min(20)).into_iter();
        let hot = hot.filter(|row| row.name == "term, hot");
        let words = hot.flat_map(|row| row.queries).filter_map(|query| {
            let Query::Term(word) = query else {
                return None;
            };
            Some((arguments(&word, &options), self.peer.word(&word)))
        });
        vec![
            Row {
                name: "lowest prices of a tag of 10 %".to_owned(),
                goal: "sorted",
                queries: vec![tag],
                ask: Ask::Cheapest,
            },
            Row {
                name: "lowest prices of a hot word".to_owned(),
                goal: "sorted",
                queries: words.collect(),
                ask: Ask::Cheapest,
            },
        ]
    }

    fn facets(&self, count: usize) -> Result<Vec<Row>, Box<dyn Error>> {
        let hot = scored(&self.data.corpus, count.min(10)).into_iter();
        let hot: Vec<String> = hot
            .filter(|row| row.name == "term, hot")
            .flat_map(|row| row.queries)
            .map(|query| text_of(&query))
            .collect();
        let mut rows = Vec::new();
        for field in ["category", "brand", "user"] {
            let options = ["LIMIT", "0", "0", "FACETS", "1", field];
            let words = hot
                .iter()
                .map(|word| (arguments(word, &options), self.peer.word(word)));
            let tag = (
                arguments("@share:{s100}", &options),
                self.peer.tag("share", "s100"),
            );
            rows.push(Row {
                name: format!("facets of {field}, a hot word or a tag of 10 %"),
                goal: "facets",
                queries: words.chain([tag]).collect(),
                ask: Ask::Facet(facet_request(field)?),
            });
        }
        Ok(rows)
    }

    fn row(&self, report: &mut Report, row: &Row, rounds: usize) -> Result<(), Box<dyn Error>> {
        if row.queries.is_empty() {
            super::say(&format!("no queries for {}", row.name));
            return Ok(());
        }
        for (ours, peer) in &row.queries {
            self.check(row, ours, peer)?;
        }
        let mut contenders = [
            Contender {
                name: "nuthatch",
                answer: Box::new(|at| {
                    black_box(self.ours.search(&row.queries[at].0)).expect("it was checked");
                }),
            },
            Contender {
                name: "tantivy",
                answer: Box::new(|at| {
                    let query = &row.queries[at].1;
                    match &row.ask {
                        Ask::Top => drop(black_box(self.peer.top(query))),
                        Ask::Count => drop(black_box(self.peer.count(query))),
                        Ask::Cheapest => drop(black_box(self.peer.cheapest(query))),
                        Ask::Facet(request) => drop(black_box(self.peer.facet(query, request))),
                    }
                }),
            },
        ];
        let times = measure(rounds, row.queries.len(), &mut contenders);
        let [ours, peer] = times.as_slice() else {
            return Ok(());
        };
        let (p50, total) = (ratio(&peer.p50, &ours.p50), ratio(&peer.total, &ours.total));
        super::say(&format!(
            "{}: {p50:.2}x of p50, {total:.2}x of totals",
            row.name
        ));
        for (at, time) in ours.slowest(SLOWEST) {
            let query = super::regret::shown(&row.queries[at].0);
            let peer = median(peer.each[at].clone());
            super::say(&format!("  {time:.0} µs, tantivy {peer:.0}: {query}"));
        }
        report.row(
            "against tantivy, µs",
            vec![
                ("queries", json!(row.name)),
                ("count", json!(row.queries.len())),
                ("nuthatch p50", json!(median(ours.p50.clone()))),
                ("peer p50", json!(median(peer.p50.clone()))),
                ("ratio of p50", json!(p50)),
                ("ratio of totals", json!(total)),
            ],
        );
        report.case(row.goal, p50.min(total));
        Ok(())
    }

    /// Both find the same.
    fn check(
        &self,
        row: &Row,
        arguments: &Arguments,
        peer: &Prepared,
    ) -> Result<(), Box<dyn Error>> {
        let ours = self.ours.search(arguments)?;
        let (found, expected): (Vec<f64>, Vec<f64>) = match &row.ask {
            Ask::Top => (
                ours.rows.iter().map(|hit| hit.score).collect(),
                self.peer.top(peer)?,
            ),
            Ask::Count => (vec![ours.total as f64], vec![self.peer.count(peer)? as f64]),
            Ask::Cheapest => {
                use nuthatch::catalog::column::SortKey;
                let price = |key: &SortKey| match key {
                    SortKey::Number(price) => *price,
                    SortKey::Text(_) => f64::NAN,
                };
                let keys = ours.rows.iter().filter_map(|hit| hit.sort_key(0));
                (keys.map(price).collect(), self.peer.cheapest(peer)?)
            }
            Ask::Facet(request) => {
                let facets = ours.facets.iter().flat_map(|facet| &facet.values);
                let counts = facets.map(|(_, count)| *count as f64).collect();
                let expected = self.peer.facet(peer, request)?;
                (counts, expected.into_iter().map(|it| it as f64).collect())
            }
        };
        let near = |(a, b): (&f64, &f64)| (a - b).abs() <= CLOSE * a.max(*b);
        if found.len() == expected.len() && found.iter().zip(&expected).all(near) {
            return Ok(());
        }
        let query = super::regret::shown(arguments);
        Err(format!("{query}:\n nuthatch {found:?}\n tantivy {expected:?}").into())
    }
}
