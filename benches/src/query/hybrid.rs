//! Neighbours under filters: recall against exact search, and the rate beside a scan of all that match
//! and a search without a filter.

use std::error::Error;
use std::hint::black_box;

use ndarray::Array2;
use nuthatch_datasets::generate::Random;
use nuthatch_indexes::vector::Strategy;
use serde_json::json;

use super::data::{DIMENSIONS, Data, SHARES};
use super::ours::{Ours, Planned};
use super::suite::knn;
use crate::text::report::Report;
use crate::text::rounds::{Contender, measure, median};

const SEED: u64 = 77;
const K: usize = 10;

/// Where the vectors of queries lie.
#[derive(Clone, Copy)]
enum Where {
    /// Anywhere: the filter has nothing to do with it.
    Independent,
    /// Among those that match.
    Inside,
    /// Among those that do not.
    Outside,
}

/// Measures each share of documents in each place.
///
/// # Errors
/// When a search is refused.
pub fn all(
    report: &mut Report,
    data: &Data,
    ours: &Ours,
    rounds: usize,
    count: usize,
) -> Result<(), Box<dyn Error>> {
    for place in [Where::Independent, Where::Inside, Where::Outside] {
        for share in SHARES {
            cell(report, data, ours, (place, share), rounds, count)?;
        }
    }
    Ok(())
}

fn cell(
    report: &mut Report,
    data: &Data,
    ours: &Ours,
    (place, share): (Where, usize),
    rounds: usize,
    count: usize,
) -> Result<(), Box<dyn Error>> {
    let (field, name, inside) = match place {
        Where::Independent => ("share", "independent", None),
        Where::Inside => ("near", "inside", Some((share, true))),
        Where::Outside => ("near", "outside", Some((share, false))),
    };
    let mut random = Random::new(SEED);
    let vectors: Vec<Vec<f32>> = (0..count)
        .map(|_| data.query_vector(&mut random, inside))
        .collect();
    let filter = format!("@{field}:{{s{share}}}");
    let plan = |filter: &str, strategy| -> Result<Vec<Planned>, Box<dyn Error>> {
        let planned = vectors.iter().map(|vector| {
            let mut planned = ours.plan(&knn(filter, vector))?;
            if let Some(knn) = &mut planned.plan.knn {
                knn.strategy = strategy;
            }
            Ok(planned)
        });
        planned.collect()
    };
    let filtered = plan(&filter, Strategy::Auto)?;
    let recall = recall(data, ours, &filtered, &vectors, (field, share))?;
    let (scanned, open) = (plan(&filter, Strategy::Exact)?, plan("*", Strategy::Auto)?);
    let answer = |planned: &Planned| drop(black_box(ours.run(planned, &planned.plan)));
    let mut contenders =
        [("chosen", &filtered), ("scan", &scanned), ("open", &open)].map(|(name, planned)| {
            Contender {
                name,
                answer: Box::new(move |at| answer(&planned[at])),
            }
        });
    let times = measure(rounds, count, &mut contenders);
    let rate = |at: usize| {
        let total = times.get(at).map_or(0.0, |it| median(it.total.clone()));
        1e6 * count as f64 / total.max(1e-9)
    };
    let percent = share as f64 / 10.0;
    super::say(&format!(
        "hybrid, {name}, {percent} %: recall {recall:.3}, {:.0}/s",
        rate(0)
    ));
    report.row(
        "neighbours under a filter",
        vec![
            ("vectors", json!(name)),
            ("match, %", json!(percent)),
            ("recall", json!(recall)),
            ("per second", json!(rate(0))),
            ("scan of what matches", json!(rate(1))),
            ("without a filter", json!(rate(2))),
        ],
    );
    report.case("hybrid", recall);
    Ok(())
}

/// Which share of the nearest that match is found.
fn recall(
    data: &Data,
    ours: &Ours,
    planned: &[Planned],
    vectors: &[Vec<f32>],
    (field, share): (&str, usize),
) -> Result<f64, Box<dyn Error>> {
    let tag = format!("s{share}");
    let matching: Vec<usize> = (0..data.len())
        .filter(|slot| {
            let fields = data.fields(*slot);
            let tags = if field == "near" {
                fields.near
            } else {
                fields.share
            };
            tags.split(',').any(|held| held == tag)
        })
        .collect();
    let flat: Vec<f32> = matching
        .iter()
        .flat_map(|slot| data.vector(*slot))
        .collect();
    let rows = Array2::from_shape_vec((matching.len(), DIMENSIONS), flat)?;
    let flat: Vec<f32> = vectors.iter().flatten().copied().collect();
    let queries = Array2::from_shape_vec((vectors.len(), DIMENSIONS), flat)?;
    let metric = nuthatch_datasets::truth::Metric::Cosine;
    let truth = nuthatch_datasets::truth::nearest(&rows, &queries, K, metric);
    let mut sum = 0.0;
    for (query, planned) in planned.iter().enumerate() {
        let hits = ours.run(planned, &planned.plan)?;
        let found = hits.rows.iter().filter_map(|hit| {
            let row = matching.binary_search(&hit.doc.index()).ok()?;
            u32::try_from(row).ok()
        });
        sum += truth.recall(query, &found.collect::<Vec<_>>());
    }
    Ok(sum / planned.len().max(1) as f64)
}
