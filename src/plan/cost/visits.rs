//! What it costs to find all matches where none is scored: document by document, or by operations on whole
//! sets.

use super::{DISTANCE, MOVE, RANK, asking_area, gathering, gathering_all};
use crate::plan::access::{AccessRule, is_asked};
use crate::plan::{Kind, Node};

/// To begin with a walk, and to make a cursor or a question for it.
const WALK_START: u64 = 900;
const WALK_PART: u64 = 150;
/// To look for a document in a set, or for its number, where documents ascend.
const SEEK: u64 = 25;
/// To make a hit of a match and to keep it where they come one by one.
const HIT: u64 = 120;
/// To begin with sets, and to take one more of them in.
const BITS_START: u64 = 500;
const BITS_PART: u64 = 150;

/// What it costs to go from match to match; nothing can be said where no part leads, or there is one only.
#[must_use]
pub(in crate::plan) fn one_by_one(filter: &Node, is_ranked: bool) -> Option<u64> {
    let Kind::And(parts) = &filter.kind else {
        return None;
    };
    // What is negated is taken from the others.
    let is_outside = |part: &&Node| matches!(part.kind, Kind::Not(_));
    let lead = parts.iter().find(|part| !is_outside(part))?;
    let led = lead.estimate.likely;
    let begun = match &lead.kind {
        // Its postings are read as they are met.
        Kind::Term { .. } | Kind::Variants { .. } => 0,
        Kind::All { .. }
        | Kind::Nothing
        | Kind::Keys(_)
        | Kind::Phrase { .. }
        | Kind::Tag { .. }
        | Kind::Missing(_)
        | Kind::Numeric { .. }
        | Kind::Area { .. }
        | Kind::VectorRange(_)
        | Kind::And(_)
        | Kind::Near { .. }
        | Kind::Or(_)
        | Kind::Not(_)
        | Kind::Optional(_) => gathering(lead),
    };
    let others = parts.iter().filter(|part| !std::ptr::eq(*part, lead));
    let others = others.map(|part| {
        let seeks = led.saturating_mul(seeking(part));
        if can_be_asked(part) && !is_asked(part, lead, AccessRule::ByCost) {
            seeks.saturating_add(gathering(part))
        } else {
            seeks
        }
    });
    let sets = u64::from(filter.sets()).saturating_mul(WALK_PART);
    let each = if is_ranked { HIT } else { MOVE };
    let hits = filter.estimate.likely.saturating_mul(each);
    let fixed = WALK_START.saturating_add(sets).saturating_add(begun);
    let moves = others.fold(0, u64::saturating_add);
    Some(fixed.saturating_add(moves).saturating_add(hits))
}

/// What it costs to put all matches together, and to look at each.
#[must_use]
pub(in crate::plan) fn in_bits(filter: &Node, is_ranked: bool) -> u64 {
    let each = if is_ranked { RANK } else { MOVE };
    let looked_at = filter.estimate.likely.saturating_mul(each);
    let gathered = match &filter.kind {
        Kind::And(parts) => {
            let sets = BITS_PART.saturating_mul(parts.len() as u64);
            gathering_all(parts.iter()).saturating_add(BITS_START + sets)
        }
        Kind::All { .. }
        | Kind::Nothing
        | Kind::Keys(_)
        | Kind::Term { .. }
        | Kind::Variants { .. }
        | Kind::Phrase { .. }
        | Kind::Tag { .. }
        | Kind::Missing(_)
        | Kind::Numeric { .. }
        | Kind::Area { .. }
        | Kind::VectorRange(_)
        | Kind::Near { .. }
        | Kind::Or(_)
        | Kind::Not(_)
        | Kind::Optional(_) => gathering(filter),
    };
    gathered.saturating_add(looked_at)
}

/// Whether it is of the kinds that can be found as well as asked.
fn can_be_asked(part: &Node) -> bool {
    matches!(part.kind, Kind::Numeric { .. } | Kind::Area { .. })
}

/// What it costs to look in a part for a document that others let through.
fn seeking(part: &Node) -> u64 {
    match &part.kind {
        Kind::Area { area, .. } => asking_area(area),
        Kind::VectorRange(_) => DISTANCE,
        Kind::And(parts) | Kind::Or(parts) | Kind::Near { parts, .. } => {
            parts.iter().map(seeking).fold(0, u64::saturating_add)
        }
        Kind::Not(part) | Kind::Optional(part) => seeking(part),
        Kind::All { .. }
        | Kind::Nothing
        | Kind::Keys(_)
        | Kind::Term { .. }
        | Kind::Variants { .. }
        | Kind::Phrase { .. }
        | Kind::Tag { .. }
        | Kind::Missing(_)
        | Kind::Numeric { .. } => SEEK.saturating_mul(part.sets().into()),
    }
}
