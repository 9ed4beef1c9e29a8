//! The plan of a hybrid search as text: that of each leg, and what they share.

use super::HybridPlan;
use crate::catalog::index::Index;
use crate::plan::Plan;
use crate::plan::print as print_plan;
use crate::request::hybrid::Fusion;

/// The lines of a plan for an index.
#[must_use]
pub fn print(plan: &HybridPlan, index: &Index) -> Vec<String> {
    let mut lines = Vec::new();
    for (slot, node) in plan.shared.iter().enumerate() {
        let shared = Plan {
            filter: node.clone(),
            ..plan.words.clone()
        };
        lines.push(format!("SHARED {} {{", slot + 1));
        // Behind the parts stands how hits are ordered, and this has none.
        let mut parts = print_plan(&shared, index);
        parts.pop();
        lines.extend(indented(parts));
        lines.push("}".to_owned());
    }
    for leg in &plan.legs {
        lines.push(format!("{} {{", leg.name));
        lines.extend(indented(print_plan(&leg.plan, index)));
        let shared = leg
            .shared
            .iter()
            .map(|slot| format!(" shares {}", slot + 1));
        lines.push(format!("}}{}", shared.collect::<Vec<_>>().join(",")));
    }
    let weights: Vec<String> = plan.legs.iter().map(|leg| leg.weight.to_string()).collect();
    lines.push(format!(
        "COMBINE {{{}, weights {}, window {}}}",
        method(plan.fusion),
        weights.join(" and "),
        plan.window
    ));
    lines
}

fn method(fusion: Fusion) -> String {
    match fusion {
        Fusion::Ranks { constant } => format!("RRF, constant {constant}"),
        Fusion::Scores => "LINEAR".to_owned(),
        Fusion::RelativeScores => "RELATIVE_SCORE".to_owned(),
        Fusion::Distribution => "DBSF".to_owned(),
    }
}

fn indented(lines: Vec<String>) -> impl Iterator<Item = String> {
    lines.into_iter().map(|line| format!("  {line}"))
}
