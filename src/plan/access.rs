//! Which parts of a conjunction are asked about one document, and which are put together as sets.

use super::cost::{asking, gathering, shared};
use super::{Kind, Node};

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

/// Which parts of a conjunction, among so many documents, are asked about each document that the parts before
/// let through: a distance always, and a range of numbers or an area when to find all of it would cost more than
/// to ask those. The first leads, and is not.
#[must_use]
pub fn asked(parts: &[Node], access: AccessRule, total: u64) -> Vec<bool> {
    let mut left = total;
    let each = (0..parts.len()).map(|slot| {
        let part = &parts[slot];
        let may_be_asked = slot > 0 && (is_range(part) || is_distance(part));
        let is_asked = may_be_asked && is_cheaper_asked(part, left, access, total);
        left = shared(left, part.estimate.likely, total);
        is_asked
    });
    each.collect()
}

fn is_cheaper_asked(part: &Node, left: u64, access: AccessRule, total: u64) -> bool {
    if is_distance(part) {
        return true;
    }
    match access {
        AccessRule::ByCost => {
            let inner = part.affirmed();
            let each = asking(inner).unwrap_or(u64::MAX);
            gathering(inner, total) > each.saturating_mul(left)
        }
        AccessRule::Sets => false,
        AccessRule::Asked => true,
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
    #[must_use]
    pub fn affirmed(&self) -> &Self {
        if let Kind::Not(inner) = &self.kind {
            inner
        } else {
            self
        }
    }
}
