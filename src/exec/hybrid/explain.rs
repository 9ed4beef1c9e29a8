//! Why the documents of a fusion have their scores.

use nuthatch_indexes::vector::Metric;

use super::{LegHits, ranked};
use crate::catalog::index::Index;
use crate::exec::collect::{Hit, Hits, SortKeyList};
use crate::exec::deadline::Deadline;
use crate::exec::explain::{self, Explanation};
use crate::exec::fusion::{Fused, Scale};
use crate::plan::hybrid::{HybridPlan, LegKind, LegPlan};
use crate::request::error::Error;

/// The explanations of the documents of a fusion, in their order.
///
/// # Errors
/// [`Error::Stopped`] when the deadline passes.
pub fn explain(
    plan: &HybridPlan,
    found: &[LegHits],
    fused: &[Fused],
    index: &Index,
    deadline: &Deadline,
) -> Result<Vec<Explanation>, Error> {
    let ranked = ranked(plan, found);
    let scales = ranked.iter().map(|leg| Scale::of(leg, plan.fusion));
    let scales: Vec<Scale> = scales.collect();
    let mut of_legs = Vec::new();
    for (leg, found) in plan.legs.iter().zip(found) {
        of_legs.push(of_leg(leg, found, index, deadline)?);
    }
    let explain = |fused: &Fused| {
        let mut parts = Vec::new();
        for (slot, place) in fused.places.iter().enumerate() {
            let Some(place) = *place else {
                continue;
            };
            let (_, score) = found[slot].hits[place];
            let formula = scales[slot].formula(place, score);
            parts.push(Explanation {
                text: format!("{formula} in {}", plan.legs[slot].name),
                parts: of_legs[slot].get(place).cloned().into_iter().collect(),
            });
        }
        Explanation {
            text: format!("{} = sum of the searches", fused.score),
            parts,
        }
    };
    Ok(fused.iter().map(explain).collect())
}

/// Why the hits of one leg have their scores there.
fn of_leg(
    leg: &LegPlan,
    found: &LegHits,
    index: &Index,
    deadline: &Deadline,
) -> Result<Vec<Explanation>, Error> {
    let hit = |(doc, score): &(_, f64)| Hit {
        doc: *doc,
        score: *score,
        distance: None,
        sort_keys: SortKeyList::new(),
    };
    match leg.kind {
        LegKind::Words => {
            let hits = Hits {
                rows: found.hits.iter().map(hit).collect(),
                best: found.best,
                ..Hits::counted(0)
            };
            explain::explain(&leg.plan, &hits, index, deadline)
        }
        LegKind::Nearest(metric) | LegKind::Within(metric, _) => {
            let scores = found.hits.iter().map(|(_, score)| *score);
            let hits = scores.zip(&found.distances);
            let explained =
                hits.map(|(score, distance)| Explanation::leaf(of(metric, score, *distance)));
            Ok(explained.collect())
        }
    }
}

fn of(metric: Metric, score: f64, distance: f64) -> String {
    match metric {
        Metric::L2 => format!("{score} = 1 / (1 + distance {distance})"),
        Metric::Cosine | Metric::Ip => format!("{score} = (1 + (1 - distance {distance})) / 2"),
    }
}
