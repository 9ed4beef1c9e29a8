//! Plan regret: how much longer the planner's choice takes than the best of all ways to run a search.

use std::collections::BTreeMap;
use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use nuthatch::plan::Plan;
use serde_json::json;

use super::ours::{Ours, Planned};
use super::suite::Arguments;
use super::times::{Time, Times};
use crate::text::report::Report;
use crate::text::rounds::{median, micros, percentile};

/// A way that took so many times as long as the quickest so far is not run again.
const HOPELESS: f64 = 3.0;
/// A measurement repeats its search until it has taken so long.
const SHORTEST: Duration = Duration::from_micros(200);
/// A pass over all searches measures each in so many rounds behind the first, unless they have taken so long.
const ROUNDS: usize = 4;
const LONGEST: Duration = Duration::from_millis(12);
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
    /// The first of some ways is the chosen one.
    fn of(query: &str, ways: &[Time]) -> Option<Self> {
        let chosen = ways.first()?;
        let best = ways.iter();
        let best = best.min_by(|a, b| a.micros.total_cmp(&b.micros))?;
        Some(Self {
            query: query.to_owned(),
            chosen: chosen.name.clone(),
            best: best.name.clone(),
            chosen_micros: chosen.micros,
            best_micros: best.micros,
            by_expected: chosen.micros / chosen.expected.max(1e-3),
        })
    }

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
    kept: Option<&Path>,
) -> Result<(), Box<dyn Error>> {
    let mut times = kept.map_or_else(|| Ok(Times::default()), Times::read)?;
    let mut cases = Vec::new();
    for arguments in suite {
        cases.extend(Case::of(ours, arguments, &times)?);
    }
    // All searches once, and again: what slows the machine for a while slows one pass of some.
    for _ in 0..rounds.max(1) {
        for case in cases.iter_mut().filter(|case| !case.is_known) {
            case.measure(ours);
        }
    }
    let mut measured: Vec<Measured> = Vec::new();
    for case in cases {
        let ways = case.times(ours);
        measured.extend(Measured::of(&case.query, &ways));
        times.put(&case.query, ways);
    }
    if let Some(kept) = kept {
        times.write(kept)?;
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

/// A search with a choice, and what its ways took.
struct Case {
    query: String,
    planned: Planned,
    /// The chosen one first.
    ways: Vec<(String, Plan)>,
    /// Microseconds of each way, one number for each pass.
    passes: Vec<Vec<f64>>,
    /// They were measured by an earlier run.
    is_known: bool,
}

impl Case {
    /// None where there is no choice.
    fn of(
        ours: &Ours,
        arguments: &Arguments,
        times: &Times,
    ) -> Result<Option<Self>, Box<dyn Error>> {
        let planned = ours.plan(arguments)?;
        let ways = ours.ways(&planned);
        if ways.len() < 2 {
            return Ok(None);
        }
        let query = shown(arguments);
        let plans: Vec<String> = ways.iter().map(|(_, plan)| ours.in_a_line(plan)).collect();
        let known = times.of(&query, &plans);
        if known.is_none() {
            check(ours, &planned, &ways, arguments)?;
        }
        Ok(Some(Self {
            query,
            planned,
            is_known: known.is_some(),
            passes: match known {
                Some(known) => known.into_iter().map(|micros| vec![micros]).collect(),
                None => vec![Vec::new(); ways.len()],
            },
            ways,
        }))
    }

    /// A pass: some rounds of all ways, of which the median counts.
    fn measure(&mut self, ours: &Ours) {
        let ways = &self.ways;
        let mut times: Vec<Vec<f64>> = vec![Vec::new(); ways.len()];
        let mut least = f64::INFINITY;
        let start = Instant::now();
        for round in 0..=ROUNDS {
            if round > 1 && start.elapsed() > LONGEST {
                break;
            }
            for at in (0..ways.len()).map(|at| (at + round) % ways.len()) {
                // The chosen one is measured to the end, whatever it takes.
                let last = times[at].last().copied().unwrap_or(0.0);
                if at > 0 && last > least * HOPELESS {
                    continue;
                }
                let time = timed(ours, &self.planned, &ways[at].1);
                least = least.min(time);
                times[at].push(time);
            }
        }
        // The first round is to warm up.
        for (pass, times) in self.passes.iter_mut().zip(times) {
            let measured = if times.len() > 1 { &times[1..] } else { &times };
            pass.push(median(measured.to_vec()));
        }
    }

    /// What each way took, by the median of all passes.
    fn times(&self, ours: &Ours) -> Vec<Time> {
        let each = self.ways.iter().zip(&self.passes);
        let each = each.map(|((name, plan), passes)| Time {
            plan: ours.in_a_line(plan),
            name: name.clone(),
            micros: median(passes.clone()),
            expected: ours.expected(&self.planned, plan),
        });
        each.collect()
    }
}

/// Microseconds of one run, behind another one of the same: what ran before has emptied the caches of one way, and
/// filled those of another, and it is the same for each in all rounds.
fn timed(ours: &Ours, planned: &Planned, plan: &Plan) -> f64 {
    black_box(ours.run(planned, plan)).ok();
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
