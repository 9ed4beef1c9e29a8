//! What the ways to find matches cost: in nanoseconds, about.
//!
//! The constants are from `nuthatch-bench query`: first from `--search`, which times each way by itself, over
//! 200,000 documents, then changed where the worst plans over a million said so. They are those of one machine;
//! ratios of them decide, and those hold elsewhere.

mod whole;
mod words;

pub(super) use self::whole::Walked;
pub use self::words::leads;
pub(super) use self::words::words_cost;
use super::{AreaClause, Kind, Node, Plan};
use crate::catalog::schema::FieldId;

/// To make a set, whatever is in it.
const SET: u64 = 3_000;
/// To put a posting of a word into a set.
const POSTING: u64 = 2;
/// To put a document of a set into a union.
const UNITED: u64 = 1;
/// To put the document of a number into a set, and where there are many and no longer sorted; what it takes
/// then to begin.
const NUMBER: u64 = 10;
const ONE_OF_MANY: u64 = 5;
const MANY: u64 = 40_000;
/// To find a document in the postings of a word, a number, a tag; to measure a distance; to look where a
/// point or a shape lies.
const LOOK_UP: u64 = 60;
const READ: u64 = 40;
const LOOK_IN: u64 = 30;
const DISTANCE: u64 = 80;
const POINT: u64 = 60;
const SHAPE: u64 = 1_000;
/// To decode a block of postings for a few of them.
const PART_OF_BLOCK: u64 = 180;
/// Postings of a block.
const IN_BLOCK: u64 = 128;
/// To score a match and keep it, or not, where every one is.
const SCORE: u64 = 220;
/// To look whether a match is among the first.
const RANK: u64 = 16;
/// To go on to the next number of a walk, and times as long that a question takes there, as its document is
/// anywhere in memory.
const NEXT: u64 = 40;
const ANYWHERE: u64 = 6;
/// Distances that a range of them takes before its first document is found.
const RANGE_WALK: u64 = 500;
/// About what a row costs on its way through a pipeline.
pub const ROW_NS: u64 = 150;
/// To go on in a conjunction document by document.
const STEP: u64 = 30;
/// What each way takes that finds nothing.
const START: u64 = 1_500;

/// What it costs to put together the set that a node is; nothing where the index has it.
#[must_use]
pub fn gathering(node: &Node) -> u64 {
    let likely = node.estimate.likely;
    match &node.kind {
        Kind::All { .. }
        | Kind::Nothing
        | Kind::Keys(_)
        | Kind::Tag { .. }
        | Kind::Missing(_)
        | Kind::Optional(_) => 0,
        Kind::Numeric { .. } => numbers(likely),
        Kind::Area { area, .. } => likely.saturating_mul(asking_area(area)),
        Kind::VectorRange(_) => {
            let compared = likely.saturating_mul(4).saturating_add(RANGE_WALK);
            compared.saturating_mul(DISTANCE)
        }
        Kind::Term { .. } | Kind::Variants { .. } => {
            SET.saturating_add(likely.saturating_mul(POSTING))
        }
        // Both are walked, at most as many documents as hold the rarest word.
        Kind::Phrase { terms, .. } => {
            let words = terms.len() as u64;
            node.estimate.max.saturating_mul(words * LOOK_UP)
        }
        Kind::Near { parts, .. } => {
            let words = parts.len() as u64;
            node.estimate.max.saturating_mul(words * LOOK_UP)
        }
        Kind::And(parts) => gathering_all(parts.iter()),
        Kind::Or(parts) => {
            let each = parts.iter().map(|part| {
                let united = part.estimate.likely.saturating_mul(UNITED);
                gathering(part).saturating_add(united)
            });
            each.fold(0, u64::saturating_add)
        }
        Kind::Not(part) => gathering(part),
    }
}

/// Whether the index has the documents of a node as a set.
#[must_use]
pub const fn is_stored(node: &Node) -> bool {
    matches!(
        node.kind,
        Kind::Keys(_) | Kind::Tag { .. } | Kind::Missing(_)
    )
}

/// How many numbers are walked over at most, in their order, to meet the first of so many documents, each of which
/// is looked for in their set; then each is looked at.
#[must_use]
pub fn most_walked(documents: u64) -> u64 {
    /// As many documents are looked at in the time of one that is walked over.
    const LOOKED_AT: u64 = 16;
    /// Some microseconds, within which nobody looks at the clock.
    const MOST: u64 = 4096;
    (documents / LOOKED_AT).min(MOST)
}

/// What it costs to put together the documents of a range of numbers.
fn numbers(count: u64) -> u64 {
    let sorted = count.saturating_mul(NUMBER);
    sorted.min(count.saturating_mul(ONE_OF_MANY).saturating_add(MANY))
}

/// The cheapest part is put together; of each other the documents that are left are asked, or it is put
/// together too.
fn gathering_all<'n>(parts: impl Iterator<Item = &'n Node> + Clone) -> u64 {
    let first = parts.clone().map(gathering).min().unwrap_or(0);
    let left = parts.clone().map(|part| part.estimate.likely).min();
    let each = parts.map(|part| gathering(part).min(asking_each(part, left.unwrap_or(0))));
    each.fold(first, u64::saturating_add)
}

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
fn asking_in_turn(node: &Node, own: FieldId, total: u64) -> Option<u64> {
    let Kind::And(parts) = &node.kind else {
        return asking(node);
    };
    let (mut sum, mut left) = (0_u64, total);
    for part in parts {
        let cost = asking(part)?;
        sum = sum.saturating_add(cost.saturating_mul(left) / total.max(1));
        let is_own = matches!(part.kind, Kind::Numeric { field, .. } if field == own);
        if !is_own {
            left = shared(left, part.estimate.likely, total);
        }
    }
    Some(sum)
}

/// What it costs to ask of so many documents, in their order, whether a node holds.
#[must_use]
pub fn asking_each(node: &Node, documents: u64) -> u64 {
    /// To go on to a document within a block of postings.
    const GO_ON: u64 = 10;
    match &node.kind {
        Kind::Term { .. } => {
            let blocks = documents.min(node.estimate.likely / IN_BLOCK + 1);
            let decoded = blocks.saturating_mul(PART_OF_BLOCK);
            decoded.saturating_add(documents.saturating_mul(GO_ON))
        }
        Kind::Or(parts) => {
            let parts = parts.iter().map(|part| asking_each(part, documents));
            parts.fold(0, u64::saturating_add)
        }
        Kind::Not(part) => asking_each(part, documents),
        Kind::All { .. }
        | Kind::Nothing
        | Kind::Keys(_)
        | Kind::Variants { .. }
        | Kind::Phrase { .. }
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

/// What it costs to ask of one document, or to go there in a walk.
fn asking_or_seeking(node: &Node) -> u64 {
    if let Some(asked) = asking(node) {
        return asked;
    }
    u64::from(node.sets()).saturating_mul(LOOK_UP)
}

const fn asking_area(area: &AreaClause) -> u64 {
    match area {
        AreaClause::Circle(_) => POINT,
        AreaClause::Shape { .. } => SHAPE,
    }
}

/// What it costs that phrases look for their first document before any is asked for.
fn finding_first(node: &Node) -> u64 {
    const FIRST: u64 = 10_000;
    match &node.kind {
        Kind::Phrase { .. } | Kind::Near { .. } => FIRST,
        Kind::And(parts) | Kind::Or(parts) => {
            let parts = parts.iter().map(finding_first);
            parts.fold(0, u64::saturating_add)
        }
        Kind::Not(part) | Kind::Optional(part) => finding_first(part),
        Kind::All { .. }
        | Kind::Nothing
        | Kind::Keys(_)
        | Kind::Term { .. }
        | Kind::Variants { .. }
        | Kind::Tag { .. }
        | Kind::Missing(_)
        | Kind::Numeric { .. }
        | Kind::Area { .. }
        | Kind::VectorRange(_) => 0,
    }
}

/// What it costs to walk over all matches of a plan, among so many documents, and to score each.
fn walking(plan: &Plan, total: u64) -> u64 {
    /// To make a cursor, and to put it together with others.
    const CURSOR: u64 = 500;
    let node = &plan.filter;
    let made = u64::from(node.sets()).saturating_mul(CURSOR);
    let cursors = made.saturating_add(finding_first(node));
    let scored = node.estimate.likely.saturating_mul(SCORE);
    let scored = scored.saturating_add(START + cursors);
    let Kind::And(parts) = &node.kind else {
        return gathering(node).saturating_add(scored);
    };
    let lead = parts.first();
    let mut left = lead.map_or(0, |lead| lead.estimate.likely);
    let mut others = 0_u64;
    for part in parts.iter().skip(1) {
        others = others.saturating_add(following(part, left));
        left = shared(left, part.estimate.likely, total);
    }
    lead.map_or(0, gathering)
        .saturating_add(others)
        .saturating_add(scored)
}

/// What it costs to look for so many documents of others in a part of a conjunction. Words near to each other
/// are looked for until there is a document with them: where they are rarer than what is looked for, that is
/// all of them.
fn following(part: &Node, led: u64) -> u64 {
    let each = asking_each(part, led).max(led.saturating_mul(STEP));
    if !is_told_by_walking(part) {
        return each;
    }
    let matches = part.estimate.likely.max(1);
    let walked = u128::from(gathering(part)) * u128::from(led.min(matches));
    each.max(u64::try_from(walked / u128::from(matches)).unwrap_or(u64::MAX))
}

/// How many of some documents are likely to be among so many others of all.
fn shared(documents: u64, others: u64, total: u64) -> u64 {
    let shared = u128::from(documents) * u128::from(others) / u128::from(total.max(1));
    u64::try_from(shared).unwrap_or(documents).min(documents)
}

/// About how many documents are looked at where a part of a conjunction leads it.
#[must_use]
pub fn leading(part: &Node) -> u64 {
    if is_told_by_walking(part) {
        // Each that has the rarest word.
        part.estimate.max
    } else {
        part.estimate.likely
    }
}

/// Whether a part is words near to each other, which only a walk over all that hold them tells.
const fn is_told_by_walking(part: &Node) -> bool {
    matches!(part.kind, Kind::Phrase { .. } | Kind::Near { .. })
}
