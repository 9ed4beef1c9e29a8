//! What the ways to find matches cost: in nanoseconds, about.
//!
//! The constants are from `nuthatch-bench query`: first from `--search`, which times each way by itself, over
//! 200,000 documents, then changed where the worst plans over a million said so. They are those of one machine;
//! ratios of them decide, and those hold elsewhere.

mod whole;
mod words;

use nuthatch_indexes::numeric::BITS_PER_NUMBER;

pub(super) use self::whole::{LONG_RUN, Walked};
pub use self::words::leads;
pub(super) use self::words::words_cost;
use super::estimate::Estimate;
use super::{AreaClause, Kind, Node, Plan};
use crate::catalog::schema::FieldId;

/// To make a list; and documents whose bits are laid out, and made a set of, in a nanosecond.
const LIST: u64 = 300;
const LAID_OUT: u64 = 25;
/// Documents that an operation on whole sets goes through in a nanosecond where they are bits, and what it takes
/// for one of a set that is sparse; to look for one of a list in a set, and in bits that are laid out; and to
/// put it in its place among others.
const MET: u64 = 100;
const PASSED: u64 = 1;
const FOUND_IN: u64 = 30;
const LOOKED_UP: u64 = 2;
const SORTED: u64 = 4;
/// To put a posting of a word into a list, and into a set where they are many.
const LISTED_POSTING: u64 = 3;
const POSTING: u64 = 2;
/// To put the document of a number into a list, which is sorted, and where there are many into a set; and where
/// they lie in the order of their ids.
const NUMBER: u64 = 30;
const ONE_OF_MANY: u64 = 7;
const IN_ORDER: u64 = 1;
/// To compare the places of words that are in one document.
const PLACES: u64 = 150;
/// To decode the places of a word for one document.
const PLACES_OF_BLOCK: u64 = 1_200;
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
/// What a walk takes that finds nothing.
const START: u64 = 600;

/// What it costs to put together the set that a node is, of so many documents; nothing where the index has it.
#[must_use]
pub fn gathering(node: &Node, total: u64) -> u64 {
    let likely = node.estimate.likely;
    match &node.kind {
        Kind::All { .. }
        | Kind::Nothing
        | Kind::Keys(_)
        | Kind::Tag { .. }
        | Kind::Missing(_)
        | Kind::Optional(_) => 0,
        Kind::Numeric { .. } if are_sorted(likely, total) => {
            LIST.saturating_add(likely.saturating_mul(NUMBER))
        }
        Kind::Numeric { in_order, .. } => {
            let each = if *in_order { IN_ORDER } else { ONE_OF_MANY };
            let begun = LIST.saturating_add(total / LAID_OUT);
            begun.saturating_add(likely.saturating_mul(each))
        }
        Kind::Area { area, .. } => likely.saturating_mul(asking_area(area)),
        Kind::VectorRange(_) => {
            let compared = likely.saturating_mul(4).saturating_add(RANGE_WALK);
            compared.saturating_mul(DISTANCE)
        }
        Kind::Term { .. } | Kind::Variants { .. } if are_few(likely, total) => {
            LIST.saturating_add(likely.saturating_mul(LISTED_POSTING))
        }
        Kind::Term { .. } | Kind::Variants { .. } => {
            (total / LAID_OUT).saturating_add(likely.saturating_mul(POSTING))
        }
        Kind::Phrase { others, .. } => standing_together(node.estimate, *others),
        Kind::Near { parts, .. } => {
            let all = parts.iter().map(|part| part.estimate.likely);
            let all = all.fold(0, u64::saturating_add);
            standing_together(node.estimate, all.saturating_sub(node.estimate.max))
        }
        Kind::And(parts) => gathering_all(parts.iter(), total),
        Kind::Or(parts) => {
            let each = parts.iter().map(|part| gathering(part, total));
            each.fold(uniting(parts, total), u64::saturating_add)
        }
        Kind::Not(part) => gathering(part, total),
    }
}

/// What it costs to walk over all documents with some words, and to look how near to each other they are: as
/// many documents as hold the rarest, which are looked for among the postings of the others; where they meet,
/// places are compared.
fn standing_together(estimate: Estimate, others: u64) -> u64 {
    let met = estimate.max.saturating_mul(STEP);
    let blocks = estimate.max.min(others / IN_BLOCK + 1);
    let compared = estimate.likely.saturating_mul(PLACES);
    let decoded = blocks.saturating_mul(PART_OF_BLOCK);
    met.saturating_add(decoded).saturating_add(compared)
}

/// What it costs to make one set of several.
fn uniting(parts: &[Node], total: u64) -> u64 {
    let each = parts.iter().map(|part| part.estimate.likely);
    let sum = each.fold(0, u64::saturating_add);
    if are_few(sum, total) {
        return sum.saturating_mul(SORTED);
    }
    let each = parts
        .iter()
        .map(|part| passing(part.estimate.likely, total));
    each.fold(0, u64::saturating_add)
}

/// What it costs to go through a set of so many documents by whole operations: of each where they are not many,
/// as a roaring bitmap lists those.
fn passing(documents: u64, total: u64) -> u64 {
    documents.saturating_mul(PASSED).min(total / MET)
}

/// Whether the index has the documents of a node as a set.
#[must_use]
pub const fn is_stored(node: &Node) -> bool {
    matches!(
        node.kind,
        Kind::Keys(_) | Kind::Tag { .. } | Kind::Missing(_)
    )
}

/// The most documents among so many that are listed, where more are bits: a set of bits takes as long to make
/// and to meet as a list of so many does.
#[must_use]
pub const fn most_listed(total: u64) -> u64 {
    const LISTED_SHARE: u64 = 40;
    total / LISTED_SHARE
}

/// Whether documents are few enough among others for a list.
#[must_use]
pub const fn are_few(documents: u64, total: u64) -> bool {
    documents <= most_listed(total)
}

/// Whether the documents of a range of numbers are few enough to be sorted into a list.
#[must_use]
pub const fn are_sorted(documents: u64, total: u64) -> bool {
    documents <= total / BITS_PER_NUMBER
}

/// How many documents of a list are looked for one by one in a set of documents up to `last`: for more its bits
/// are laid out first.
#[must_use]
pub const fn most_sought(last: u64) -> u64 {
    last / (LAID_OUT * FOUND_IN)
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

/// The cheapest part is put together; of each other the documents that are left are asked, or it is put
/// together too and met with them.
fn gathering_all<'n>(parts: impl Iterator<Item = &'n Node>, total: u64) -> u64 {
    let (mut sum, mut left) = (0_u64, None);
    for (cost, part) in in_turn(parts, total) {
        sum = sum.saturating_add(match left {
            None => cost,
            Some(left) => {
                let met = meeting(left, part.estimate.likely, total);
                asking_each(part, left).min(cost.saturating_add(met))
            }
        });
        left = Some(shared(left.unwrap_or(total), part.estimate.likely, total));
    }
    sum
}

/// The order in which the parts of a conjunction are put together, each with what that costs by itself: what
/// is cheap first, what is negated last, as it is of no use to begin with. To go through a set costs
/// something as well.
#[must_use]
pub fn in_turn<'n>(parts: impl Iterator<Item = &'n Node>, total: u64) -> Vec<(u64, &'n Node)> {
    let mut parts: Vec<_> = parts.map(|part| (gathering(part, total), part)).collect();
    parts.sort_by_key(|(cost, part)| {
        let is_outside = matches!(part.kind, Kind::Not(_));
        (
            is_outside,
            cost.saturating_add(part.estimate.likely.saturating_mul(2)),
        )
    });
    parts
}

/// What it costs to find what two sets share.
fn meeting(one: u64, other: u64, total: u64) -> u64 {
    match (are_few(one, total), are_few(other, total)) {
        (true, true) => one
            .saturating_add(other)
            .min(one.min(other).saturating_mul(LOOK_IN)),
        (false, false) => passing(one, total).saturating_add(passing(other, total)),
        (true, false) => seeking(one, total),
        (false, true) => seeking(other, total),
    }
}

/// What it costs to look for the documents of a list in a set.
fn seeking(documents: u64, total: u64) -> u64 {
    if documents > most_sought(total) {
        (total / LAID_OUT).saturating_add(documents.saturating_mul(LOOKED_UP))
    } else {
        documents.saturating_mul(FOUND_IN)
    }
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
    /// To go on to a document within a block of postings; and to one that is not among the next sixteen.
    const GO_ON: u64 = 12;
    const FAR: u64 = 40;
    const NEAR: u64 = 16;
    match &node.kind {
        Kind::Term { .. } => {
            let postings = node.estimate.likely;
            let blocks = documents.min(postings / IN_BLOCK + 1);
            let decoded = blocks.saturating_mul(PART_OF_BLOCK);
            let is_near = postings < documents.saturating_mul(NEAR);
            let each = if is_near { GO_ON } else { FAR };
            decoded.saturating_add(documents.saturating_mul(each))
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
    const CURSOR: u64 = 200;
    let node = &plan.filter;
    let made = u64::from(node.sets()).saturating_mul(CURSOR);
    let cursors = made.saturating_add(finding_first(node));
    let scored = node.estimate.likely.saturating_mul(SCORE);
    let scored = scored.saturating_add(START + cursors);
    let Kind::And(parts) = &node.kind else {
        return gathering(node, total).saturating_add(scored);
    };
    let lead = parts.first();
    let mut left = lead.map_or(0, |lead| lead.estimate.likely);
    let mut others = 0_u64;
    for part in parts.iter().skip(1) {
        others = others.saturating_add(following(part, left, total));
        left = shared(left, part.estimate.likely, total);
    }
    lead.map_or(0, |lead| gathering(lead, total))
        .saturating_add(others)
        .saturating_add(scored)
}

/// What it costs to look for so many documents of others in a part of a conjunction. Words near to each other
/// are looked for until there is a document with them: where they are rarer than what is looked for, that is
/// all of them.
fn following(part: &Node, led: u64, total: u64) -> u64 {
    let stepped = if matches!(part.kind, Kind::Term { .. }) {
        0
    } else {
        led.saturating_mul(STEP)
    };
    let each = asking_each(part, led).max(stepped);
    if !is_told_by_walking(part) {
        return each;
    }
    // Of those that hold all words each is in blocks of its own, whose places are decoded for it.
    let holding = shared(led, part.estimate.likely, part.estimate.max);
    let words = u64::from(part.sets());
    let placed = holding
        .saturating_mul(words)
        .saturating_mul(PLACES_OF_BLOCK);
    let each = each.saturating_add(placed);
    let matches = part.estimate.likely.max(1);
    let walked = u128::from(gathering(part, total)) * u128::from(led.min(matches));
    each.max(u64::try_from(walked / u128::from(matches)).unwrap_or(u64::MAX))
}

/// How many of some documents are likely to be among so many others of all.
#[must_use]
pub(super) fn shared(documents: u64, others: u64, total: u64) -> u64 {
    let shared = u128::from(documents) * u128::from(others) / u128::from(total.max(1));
    u64::try_from(shared).unwrap_or(documents).min(documents)
}

/// Puts the parts of a conjunction in the order in which documents are looked for in them: that leads of which
/// the fewest are looked at, and each other comes the sooner the less it takes to be rid of one.
pub fn put_in_order(parts: &mut [Node], total: u64) {
    /// Nanoseconds within which a document is looked for in all others.
    const LOOKED_AT: u64 = 64;
    parts.sort_by_key(leading);
    let leads = |part: &Node| leading(part).saturating_add(gathering(part, total) / LOOKED_AT);
    let lead = (0..parts.len()).min_by_key(|at| leads(&parts[*at]));
    let Some((_, others)) = lead.and_then(|lead| {
        parts[..=lead].rotate_right(1);
        parts.split_first_mut()
    }) else {
        return;
    };
    others.sort_by_key(|part| {
        let left_out = total.saturating_sub(part.estimate.likely).max(1);
        asking_or_seeking(part).saturating_mul(total) / left_out
    });
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
