//! What it costs to ask of single documents whether they match.

use super::{
    DISTANCE, IN_BLOCK, LOOK_IN, LOOK_UP, PART_OF_BLOCK, POINT, READ, SHAPE, ending, shared,
};
use crate::catalog::schema::FieldId;
use crate::plan::{AreaClause, Kind, Node};

/// What it costs to ask of one document whether a node holds; none if it cannot be asked, since only a
/// walk tells it.
#[must_use]
pub fn asking(node: &Node) -> Option<u64> {
    // The first answer that settles it is the last that is asked for.
    let dearest = |parts: &[Node]| {
        let mut costs = parts.iter().map(asking);
        costs.try_fold(1, |most, cost| Some(most.max(cost?)))
    };
    Some(match &node.kind {
        Kind::All { .. } | Kind::Nothing | Kind::Optional(_) => 1,
        Kind::Keys(_) | Kind::Tag { .. } | Kind::Missing(_) => LOOK_IN,
        Kind::Numeric { .. } => READ,
        Kind::Area { area, .. } => asking_area(area),
        Kind::VectorRange(_) => DISTANCE,
        Kind::Term { .. } => LOOK_UP,
        Kind::Variants { terms, .. } => LOOK_UP * terms.len() as u64,
        Kind::And(parts) => dearest(parts)?,
        Kind::Or(parts) => {
            let costs = parts.iter().map(asking);
            costs.sum::<Option<u64>>()?
        }
        Kind::Not(part) => asking(part)?,
        Kind::Phrase { .. } | Kind::Near { .. } => return None,
    })
}

/// What it costs to ask one of so many documents, met in no order, whether a node holds, as long as each
/// part lets it through; one of whose ranges all of them lie in. None where [`asking`] has none.
pub(super) fn asking_in_turn(node: &Node, own: FieldId, total: u64) -> Option<u64> {
    let parts = if let Kind::And(parts) = &node.kind {
        parts
    } else {
        std::slice::from_ref(node)
    };
    let (mut sum, mut left) = (0_u64, total);
    for part in parts {
        // Its number has just been read, and lies in the range.
        if matches!(part.kind, Kind::Numeric { field, .. } if field == own) {
            continue;
        }
        sum = sum.saturating_add(asking(part)?.saturating_mul(left) / total.max(1));
        left = shared(left, part.estimate.likely, total);
    }
    Some(sum)
}

/// What it costs to ask of so many documents among all, in their order, whether a node holds.
#[must_use]
pub fn asking_each(node: &Node, documents: u64, total: u64) -> u64 {
    match &node.kind {
        Kind::Term { .. } => looking_up(documents, node.estimate.likely),
        Kind::Phrase { .. } => {
            let found = looking_up(documents, node.estimate.max);
            let left = shared(documents, node.estimate.max, total);
            found.saturating_add(ending(node, left, total))
        }
        Kind::Or(parts) => {
            let parts = parts.iter().map(|part| asking_each(part, documents, total));
            parts.fold(0, u64::saturating_add)
        }
        Kind::Not(part) => asking_each(part, documents, total),
        Kind::All { .. }
        | Kind::Nothing
        | Kind::Keys(_)
        | Kind::Variants { .. }
        | Kind::Tag { .. }
        | Kind::Missing(_)
        | Kind::Numeric { .. }
        | Kind::Area { .. }
        | Kind::VectorRange(_)
        | Kind::And(_)
        | Kind::Near { .. }
        | Kind::Optional(_) => asking_or_seeking(node).saturating_mul(documents),
    }
}

/// The same of a set of documents, which are read many at a time: of numbers none waits for another then.
pub(super) fn asking_all(node: &Node, documents: u64, total: u64) -> u64 {
    const READ_OF_MANY: u64 = 14;
    if matches!(node.affirmed().kind, Kind::Numeric { .. }) {
        return documents.saturating_mul(READ_OF_MANY);
    }
    asking_each(node, documents, total)
}

/// What it costs to look for so many documents in their order among so many postings.
pub(super) fn looking_up(documents: u64, postings: u64) -> u64 {
    /// To go on to a document within a block of postings; and to one that is not among the next sixteen.
    const GO_ON: u64 = 24;
    const FAR: u64 = 40;
    const NEAR: u64 = 16;
    let blocks = documents.min(postings / IN_BLOCK + 1);
    let decoded = blocks.saturating_mul(PART_OF_BLOCK);
    let is_near = postings < documents.saturating_mul(NEAR);
    let each = if is_near { GO_ON } else { FAR };
    decoded.saturating_add(documents.saturating_mul(each))
}

/// What it costs to ask of one document, or to go there in a walk.
fn asking_or_seeking(node: &Node) -> u64 {
    if let Some(asked) = asking(node) {
        return asked;
    }
    u64::from(node.sets()).saturating_mul(LOOK_UP)
}

pub(super) const fn asking_area(area: &AreaClause) -> u64 {
    match area {
        AreaClause::Circle(_) => POINT,
        AreaClause::Shape { .. } => SHAPE,
    }
}
