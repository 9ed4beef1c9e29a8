//! What the ways to find the best documents for words cost, where they meet conditions too.
//!
//! A unit is a posting that is walked over. The constants are ratios by judgement: `nuthatch-bench query`
//! is there to measure each way by itself, and has not set them yet.

use super::estimate::Estimate;
use super::words_first::Split;
use super::{Kind, Node, Plan};

/// To go to a document in a tree of cursors.
const STEP: u64 = 16;
/// To score a match and to keep it, or not.
const SCORE: u64 = 40;
/// To put a document into the set of those that meet the conditions.
const PUT: u64 = 2;
/// To put a number between bounds there, or a posting.
const PUT_RANGE: u64 = 6;
/// To count a posting whose document meets the conditions.
const COUNT: u64 = 3;
/// To come to ask something of one document.
const ASK: u64 = 10;
/// What is there to do before the first posting.
const START: u64 = 2_000;

/// The ways and their costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WordsCost {
    /// Every match is scored.
    pub(super) heap: u64,
    /// The conditions are put together as a set first.
    pub(super) bits: u64,
    /// Each document that may be among the best is asked; none where only a walk tells.
    pub(super) asked: Option<u64>,
}

/// What it costs to find the best documents of `total` for words under conditions.
pub(super) fn words_cost(plan: &Plan, split: &Split<'_>, total: u64) -> WordsCost {
    let words = split.words.iter().map(|word| postings(word));
    let words = words.min().unwrap_or(0);
    let conditions: Vec<Estimate> = split.filters.iter().map(|it| it.estimate).collect();
    let meeting = Estimate::all_of(&conditions, total).likely;
    let matches = plan.filter.estimate.likely;
    let gathered = split.filters.iter().map(|filter| gathering(filter));
    let gathered = gathered.fold(total / 64, u64::saturating_add);
    // Without a total most postings are not looked at; how many are depends on how many of the best
    // fail the conditions.
    let looked_at = if plan.counts { words } else { words / 2 };
    WordsCost {
        heap: words.min(meeting) * STEP + matches * SCORE,
        bits: START + gathered + meeting * PUT + looked_at * COUNT,
        asked: split
            .asking_cost()
            .map(|cost| START + looked_at.saturating_mul(ASK + cost)),
    }
}

/// Postings of all words of a node together.
fn postings(node: &Node) -> u64 {
    if let Kind::Or(parts) = &node.kind {
        return parts.iter().map(postings).fold(0, u64::saturating_add);
    }
    node.estimate.likely
}

/// What it costs to have the set that a condition is: nothing where the index has it.
fn gathering(node: &Node) -> u64 {
    match &node.kind {
        Kind::All { .. }
        | Kind::Nothing
        | Kind::Keys(_)
        | Kind::Tag { .. }
        | Kind::Missing(_)
        | Kind::Optional(_) => 0,
        Kind::Numeric { .. }
        | Kind::Area { .. }
        | Kind::VectorRange(_)
        | Kind::Term { .. }
        | Kind::Variants { .. }
        | Kind::Phrase { .. } => node.estimate.likely.saturating_mul(PUT_RANGE),
        Kind::And(parts) | Kind::Or(parts) | Kind::Near { parts, .. } => {
            parts.iter().map(gathering).fold(0, u64::saturating_add)
        }
        Kind::Not(part) => gathering(part),
    }
}
