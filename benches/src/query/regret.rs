//! Plan regret: how much longer the planner's choice takes than the best of all ways to run a search.

use std::collections::BTreeMap;
use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use nuthatch::plan::Plan;
use serde_json::json;

use super::ours::{Ours, Planned};
use super::suite::Arguments;
use crate::text::report::Report;
use crate::text::rounds::{median, micros, percentile};

/// A way that took so many times as long as the quickest so far is not run again.
const HOPELESS: f64 = 3.0;
/// A measurement repeats its search until it has taken so long.
const SHORTEST: Duration = Duration::from_micros(200);
/// A search is measured in so many times as many rounds as asked for, unless they have taken so long.
const MORE_ROUNDS: usize = 4;
const LONGEST: Duration = Duration::from_millis(25);
/// How many of the worst are listed.
const WORST: usize = 10;

/// What one search took in each way.
struct Measured {
    query: String,
    chosen: String,
    best: String,
    chosen_micros: f64,
    best_micros: f64,
    /// What the chosen one took by what was expected of it.
    by_expected: f64,
}

impl Measured {
    fn regret(&self) -> f64 {
        self.chosen_micros / self.best_micros.max(1e-3)
    }
}

/// Measures every search of a suite in every way, and checks that all of them find the same.
///
/// # Errors
/// When a search is refused, or two ways find different hits.
pub fn measure(
    report: &mut Report,
    ours: &Ours,
    suite: &[Arguments],
    rounds: usize,
) -> Result<(), Box<dyn Error>> {
    let mut measured = Vec::new();
    for arguments in suite {
        let planned = ours.plan(arguments)?;
        let ways = ours.ways(&planned);
        if ways.len() < 2 {
            continue;
        }
        check(ours, &planned, &ways, arguments)?;
        measured.push(one(ours, &planned, &ways, rounds, arguments));
    }
    measured.sort_by(|a, b| b.regret().total_cmp(&a.regret()));
    let regrets: Vec<f64> = measured.iter().map(Measured::regret).collect();
    let p50 = percentile(regrets.clone(), 0.5);
    let p99 = percentile(regrets.clone(), 0.99);
    report.case("regret_p50", p50);
    report.case("regret_p99", p99);
    let lost: f64 = measured.iter().map(|it| it.chosen_micros).sum::<f64>()
        / measured.iter().map(|it| it.best_micros).sum::<f64>();
    report.row(
        "plan regret",
        vec![
            ("searches with a choice", json!(measured.len())),
            ("p50", json!(p50)),
            ("p90", json!(percentile(regrets.clone(), 0.9))),
            ("p95", json!(percentile(regrets.clone(), 0.95))),
            ("p99", json!(p99)),
            (
                "above 1.5",
                json!(regrets.iter().filter(|it| **it > 1.5).count()),
            ),
            ("worst", json!(regrets.first().copied().unwrap_or(1.0))),
            ("all chosen by all best", json!(lost)),
        ],
    );
    calibration(report, &measured);
    for it in measured.iter().take(WORST) {
        report.row(
            "the worst plans",
            vec![
                ("regret", json!(it.regret())),
                ("chosen", json!(it.chosen)),
                ("µs", json!(it.chosen_micros)),
                ("best", json!(it.best)),
                ("best µs", json!(it.best_micros)),
                ("search", json!(it.query)),
            ],
        );
    }
    Ok(())
}

/// How far the costs that plans are chosen by are from what was measured, for each way to find hits.
fn calibration(report: &mut Report, measured: &[Measured]) {
    let mut kinds: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for it in measured {
        let kind = it
            .chosen
            .split_once(',')
            .map_or(&*it.chosen, |(kind, _)| kind);
        kinds.entry(kind).or_default().push(it.by_expected);
    }
    for (kind, ratios) in kinds {
        let at = |share| json!(percentile(ratios.clone(), share));
        report.row(
            "measured by expected",
            vec![
                ("way", json!(kind)),
                ("plans", json!(ratios.len())),
                ("p10", at(0.1)),
                ("p50", at(0.5)),
                ("p90", at(0.9)),
            ],
        );
    }
}

fn one(
    ours: &Ours,
    planned: &Planned,
    ways: &[(String, Plan)],
    rounds: usize,
    arguments: &Arguments,
) -> Measured {
    let mut times: Vec<Vec<f64>> = vec![Vec::new(); ways.len()];
    let mut least = f64::INFINITY;
    let start = Instant::now();
    for round in 0..=rounds * MORE_ROUNDS {
        if round > rounds && start.elapsed() > LONGEST {
            break;
        }
        for at in (0..ways.len()).map(|at| (at + round) % ways.len()) {
            // The chosen one is measured to the end, whatever it takes.
            let last = times[at].last().copied().unwrap_or(0.0);
            if at > 0 && last > least * HOPELESS {
                continue;
            }
            let time = timed(ours, planned, &ways[at].1);
            least = least.min(time);
            times[at].push(time);
        }
    }
    // The first round is to warm up.
    let medians = times.into_iter().map(|times| {
        let measured = if times.len() > 1 { &times[1..] } else { &times };
        median(measured.to_vec())
    });
    let medians: Vec<f64> = medians.collect();
    let best = (0..medians.len()).min_by(|a, b| medians[*a].total_cmp(&medians[*b]));
    let best = best.unwrap_or(0);
    Measured {
        query: shown(arguments),
        chosen: ways[0].0.clone(),
        best: ways[best].0.clone(),
        chosen_micros: medians[0],
        best_micros: medians[best],
        by_expected: medians[0] / ours.expected(planned, &planned.plan).max(1e-3),
    }
}

/// Microseconds of one run.
fn timed(ours: &Ours, planned: &Planned, plan: &Plan) -> f64 {
    let start = Instant::now();
    let mut runs = 0;
    loop {
        black_box(ours.run(planned, plan)).ok();
        runs += 1;
        if start.elapsed() >= SHORTEST {
            return micros(start.elapsed()) / f64::from(runs);
        }
    }
}

/// All ways find the same documents, but that equal scores may be of others.
fn check(
    ours: &Ours,
    planned: &Planned,
    ways: &[(String, Plan)],
    arguments: &Arguments,
) -> Result<(), Box<dyn Error>> {
    let expected = ours.run(planned, &planned.plan)?;
    for (name, plan) in ways {
        let found = ours.run(planned, plan)?;
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs().max(1.0);
        let same = |(a, b): (&nuthatch::exec::collect::Hit, &nuthatch::exec::collect::Hit)| {
            near(a.score, b.score) && a.sort_keys == b.sort_keys && a.distance == b.distance
        };
        let rows = expected.rows.iter().zip(&found.rows);
        let counted = !planned.plan.counts || expected.total == found.total;
        if !counted || expected.rows.len() != found.rows.len() || !rows.into_iter().all(same) {
            let query = shown(arguments);
            return Err(format!("{query}: `{name}` finds something else").into());
        }
    }
    Ok(())
}

/// A search without its vector.
pub fn shown(arguments: &Arguments) -> String {
    let words = arguments.iter().filter(|word| word.len() < 200);
    let words: Vec<_> = words.map(|word| String::from_utf8_lossy(word)).collect();
    words.join(" ").replace(" NOCONTENT DIALECT 2", "")
}
