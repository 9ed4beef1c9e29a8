//! Every way to run a plan that gives the same answer: what the choice of the planner is measured
//! against, and tested.

use super::access::{AccessRule, is_range};
use super::method::{FilterBy, Gather, Method, ranks_by_words, walk};
use super::words_first::split;
use super::{Kind, Node, Plan};
use crate::catalog::index::Index;

/// More parts of a conjunction than these do not all lead in turn.
const MOST_LEADS: usize = 4;

/// The plans that could be made instead of one, each with a name; the one itself is among them unless
/// there is nothing to choose.
#[must_use]
pub fn alternatives(plan: &Plan, index: &Index) -> Vec<(String, Plan)> {
    let mut found = Vec::new();
    let with = |method, gather| Plan {
        method,
        gather,
        ..plan.clone()
    };
    match plan.method {
        Method::Count(_) => return found,
        Method::Nearest | Method::Visit => {
            found.push(("bits".to_owned(), with(plan.method, Gather::Bits)));
            found.extend(walked("walk", &with(plan.method, Gather::Walked)));
        }
        Method::BestWords(_) | Method::Walk(_) | Method::Heap => {
            if ranks_by_words(plan, index)
                && let Some(split) = split(&plan.filter)
            {
                let by = |by| with(Method::BestWords(by), plan.gather);
                if split.asking_cost().is_some() {
                    found.push(("best words".to_owned(), by(FilterBy::Asked)));
                }
                if !split.filters.is_empty() {
                    found.push(("best words in bits".to_owned(), by(FilterBy::Bits)));
                }
                if split.may_be_matched() {
                    found.push(("best words of matches".to_owned(), by(FilterBy::Matched)));
                }
            }
            if let Some((walk, _)) = walk(plan, index) {
                let by = with(Method::Walk(walk), plan.gather);
                found.push(("by number".to_owned(), by));
            }
            if !plan.scored {
                let bits = with(Method::Heap, Gather::Bits);
                found.extend(accesses("heap of bits", bits));
            }
            // What is scored is walked in any case.
            let gather = if plan.scored {
                plan.gather
            } else {
                Gather::Walked
            };
            found.extend(walked("heap", &with(Method::Heap, gather)));
        }
    }
    found
}

/// A plan whose conjunction is walked, each part leading in turn.
fn walked(name: &str, plan: &Plan) -> Vec<(String, Plan)> {
    let Kind::And(parts) = &plan.filter.kind else {
        return accesses(name, plan.clone());
    };
    let leads = (0..parts.len()).take(MOST_LEADS);
    let each = leads.flat_map(|lead| {
        let mut parts = parts.clone();
        parts[..=lead].rotate_right(1);
        let filter = Node {
            estimate: plan.filter.estimate,
            kind: Kind::And(parts),
        };
        let plan = Plan {
            filter,
            ..plan.clone()
        };
        accesses(&format!("{name}, part {lead} leads"), plan)
    });
    each.collect()
}

/// A plan in which ranges and areas are sets, and one in which they are asked.
fn accesses(name: &str, plan: Plan) -> Vec<(String, Plan)> {
    if !has_choice(&plan.filter) {
        return vec![(name.to_owned(), plan)];
    }
    let of = |access, what| {
        let plan = Plan {
            access,
            ..plan.clone()
        };
        (format!("{name}, {what}"), plan)
    };
    vec![
        of(AccessRule::Sets, "ranges as sets"),
        of(AccessRule::Asked, "ranges asked"),
    ]
}

/// Whether a part of a conjunction can be found as well as asked.
fn has_choice(node: &Node) -> bool {
    let (Kind::And(parts) | Kind::Or(parts)) = &node.kind else {
        return false;
    };
    let is_and = matches!(node.kind, Kind::And(_));
    is_and && parts.iter().any(is_range) || parts.iter().any(has_choice)
}
