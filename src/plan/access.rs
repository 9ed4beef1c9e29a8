//! Which parts of a conjunction are asked about one document, and which are put together as sets.

use super::{AreaClause, Kind, Node};

/// What it costs to put a document into a set of a range of numbers, in questions whether one
/// document's number lies in it.
///
/// The set sorts its documents, the question reads one number of a column. By judgement so far;
/// `cargo bench --bench planner` measures what it should be.
const SET_COST: u64 = 4;

/// Which parts of conjunctions are asked about single documents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccessRule {
    /// Those that are cheaper to ask than to find.
    #[default]
    ByCost,
    /// None but distances.
    Sets,
    /// Each that can be.
    Asked,
}

/// Whether a part of a conjunction is asked about each document that the parts before it let through:
/// a distance always, and a range of numbers or an area when to find all of it would cost more than to
/// ask.
#[must_use]
pub fn is_asked(part: &Node, lead: &Node, access: AccessRule) -> bool {
    let inner = if let Kind::Not(inner) = &part.kind {
        inner
    } else {
        part
    };
    match &inner.kind {
        Kind::VectorRange(_) => true,
        // To look at one costs as much in both.
        Kind::Area { .. } => match access {
            AccessRule::ByCost => inner.estimate.likely > lead.estimate.likely,
            AccessRule::Sets => false,
            AccessRule::Asked => true,
        },
        Kind::Numeric { .. } => match access {
            AccessRule::ByCost => {
                inner.estimate.likely.saturating_mul(SET_COST) > lead.estimate.likely
            }
            AccessRule::Sets => false,
            AccessRule::Asked => true,
        },
        Kind::All { .. }
        | Kind::Nothing
        | Kind::Keys(_)
        | Kind::Term { .. }
        | Kind::Variants { .. }
        | Kind::Phrase { .. }
        | Kind::Tag { .. }
        | Kind::Missing(_)
        | Kind::And(_)
        | Kind::Near { .. }
        | Kind::Or(_)
        | Kind::Not(_)
        | Kind::Optional(_) => false,
    }
}

/// What it costs to ask of one document whether a node holds, where a number of a column costs 1; none
/// if it cannot be asked, since only a walk tells it.
///
/// By judgement: `nuthatch-bench query` has not set these yet.
#[must_use]
pub fn asking_cost(node: &Node) -> Option<u64> {
    /// Postings are looked up by unpacking some tens of them.
    const LOOKUP: u64 = 8;
    const DISTANCE: u64 = 4;
    const SHAPE: u64 = 64;
    // The first answer that settles it is the last that is asked for.
    let dearest = |parts: &[Node]| {
        let mut costs = parts.iter().map(asking_cost);
        costs.try_fold(1, |most, cost| Some(most.max(cost?)))
    };
    Some(match &node.kind {
        Kind::All { .. }
        | Kind::Nothing
        | Kind::Keys(_)
        | Kind::Tag { .. }
        | Kind::Missing(_)
        | Kind::Numeric { .. }
        | Kind::Optional(_) => 1,
        Kind::Area { area, .. } => match area {
            AreaClause::Circle(_) => DISTANCE,
            AreaClause::Shape { .. } => SHAPE,
        },
        Kind::VectorRange(_) => DISTANCE,
        Kind::Term { .. } => LOOKUP,
        Kind::Variants { terms, .. } => LOOKUP * terms.len() as u64,
        Kind::And(parts) | Kind::Or(parts) => dearest(parts)?,
        Kind::Not(part) => asking_cost(part)?,
        Kind::Phrase { .. } | Kind::Near { .. } => return None,
    })
}
