//! Which parts of a conjunction are asked about one document, and which are put together as sets.

use super::{Kind, Node};

/// What it costs to put a document into a set of a range of numbers, in questions whether one
/// document's number lies in it.
///
/// The set sorts its documents, the question reads one number of a column.
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
    let inner = part.affirmed();
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

/// Whether a part is a range of numbers or an area, or outside one: what can be found as well as asked.
#[must_use]
pub fn is_range(part: &Node) -> bool {
    matches!(
        part.affirmed().kind,
        Kind::Numeric { .. } | Kind::Area { .. }
    )
}

/// Whether a part is what lies near to a vector, or what does not: a distance, which is asked.
#[must_use]
pub fn is_distance(part: &Node) -> bool {
    matches!(part.affirmed().kind, Kind::VectorRange(_))
}

impl Node {
    /// What it negates; itself if it negates nothing.
    fn affirmed(&self) -> &Self {
        if let Kind::Not(inner) = &self.kind {
            inner
        } else {
            self
        }
    }
}
