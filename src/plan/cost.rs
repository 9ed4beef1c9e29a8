//! What the ways to find matches cost: in nanoseconds, about.
//!
//! The constants are from `nuthatch-bench query`: first from `--search`, which times each way by itself, over
//! 200,000 documents, then changed where the worst plans over a million said so. They are those of one machine;
//! ratios of them decide, and those hold elsewhere.

mod asked;
mod whole;
mod words;

pub use self::asked::{asking, asking_each};
use self::asked::{asking_all, asking_area, asking_in_turn, looking_up};
pub(super) use self::whole::Walked;
pub use self::words::leads;
pub(super) use self::words::words_cost;
use super::estimate::Estimate;
use super::{Kind, Node, Plan};

/// To make a list; and documents whose bits are laid out in a nanosecond, and made a set of as they are met.
const LIST: u64 = 300;
const LAID_OUT: u64 = 25;
const GATHERED: u64 = 10;
/// Documents that an operation on whole sets goes through in a nanosecond where they are bits, and what it takes
/// for one of a set that is sparse, and to unite that with others; to look for one of a list in a set, and in
/// bits that are laid out; and to put it in its place among others.
const MET: u64 = 100;
const PASSED: u64 = 1;
const UNITED: u64 = 3;
const FOUND_IN: u64 = 30;
const LOOKED_UP: u64 = 2;
const SORTED: u64 = 4;
/// The share of all documents up to which a set is sparse: a roaring bitmap lists up to 4,096 of 65,536.
const SPARSE: u64 = 16;
/// To put a posting of a word into a list, and into a set where they are many.
const LISTED_POSTING: u64 = 3;
const POSTING: u64 = 2;
/// To put the document of a number into a list, which is sorted, or by a bit for each among so many documents in a
/// nanosecond; and where there are many into a set.
const NUMBER: u64 = 20;
const PLACED: u64 = 50;
const PLACED_NUMBER: u64 = 10;
const ONE_OF_MANY: u64 = 3;
/// To compare the places of words that are in one document.
const PLACES: u64 = 60;
/// To decode the places of a word for one document.
const PLACES_OF_BLOCK: u64 = 200;
/// To find a document in the postings of a word, a number, a tag; to measure a distance; to look where a
/// point or a shape lies.
const LOOK_UP: u64 = 60;
const READ: u64 = 35;
const LOOK_IN: u64 = 30;
const DISTANCE: u64 = 80;
const POINT: u64 = 60;
const SHAPE: u64 = 1_000;
/// To decode a block of postings for a few of them.
const PART_OF_BLOCK: u64 = 60;
/// Postings of a block.
const IN_BLOCK: u64 = 128;
/// To score a match and keep it, or not, where every one is.
const SCORE: u64 = 220;
/// To look whether a match is among the first.
const RANK: u64 = 16;
/// To go on to the next number of a walk, and times as long that a question takes there, as its document is
/// anywhere in memory.
const NEXT: u64 = 30;
const ANYWHERE: u64 = 2;
/// Distances that a range of them takes before its first document is found.
const RANGE_WALK: u64 = 500;
/// About what a row costs on its way through a pipeline.
pub const ROW_NS: u64 = 150;
/// To go on in a conjunction document by document.
const STEP: u64 = 45;
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
        Kind::Numeric { .. } if are_few(likely, total) => {
            let placed = (total / PLACED).saturating_add(likely.saturating_mul(PLACED_NUMBER));
            LIST.saturating_add(likely.saturating_mul(NUMBER).min(placed))
        }
        Kind::Numeric { .. } => {
            let begun = LIST.saturating_add(total / GATHERED);
            begun.saturating_add(likely.saturating_mul(ONE_OF_MANY))
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
            (total / GATHERED).saturating_add(likely.saturating_mul(POSTING))
        }
        Kind::Phrase { .. } => {
            let (cost, left) = beginning(node, total);
            cost.saturating_add(ending(node, left, total))
        }
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

/// What it costs to begin a conjunction with a part, and how many documents that leaves: of a phrase those that
/// hold its rarest word. The others, and where they stand, are looked at later, for [`ending`].
fn beginning(part: &Node, total: u64) -> (u64, u64) {
    let Kind::Phrase { .. } = &part.kind else {
        return (gathering(part, total), part.estimate.likely);
    };
    let rarest = part.estimate.max;
    (rarest.saturating_mul(LISTED_POSTING), rarest)
}

/// What is left to do for the part that a conjunction began with, when so many documents are left.
fn ending(part: &Node, left: u64, total: u64) -> u64 {
    let Kind::Phrase { terms, others, .. } = &part.kind else {
        return 0;
    };
    let held = together(left, terms.len(), *others, total);
    looking_up(left, *others).saturating_add(placing(part, held))
}

/// How many of so many documents that hold the rarest word of a phrase hold all of its words, of whose others
/// there are so many postings.
fn together(documents: u64, words: usize, others: u64, total: u64) -> u64 {
    let others_count = (words as u64).saturating_sub(1);
    let each = others / others_count.max(1);
    (0..others_count).fold(documents, |held, _| shared(held, each, total))
}

/// What it costs to look whether the words of a phrase are next to each other in so many documents that hold all
/// of them.
fn placing(phrase: &Node, held: u64) -> u64 {
    let Kind::Phrase { terms, others, .. } = &phrase.kind else {
        return 0;
    };
    let words = terms.len() as u64;
    // Each is in blocks of its own where they are few.
    let blocks = (phrase.estimate.max + others) / IN_BLOCK + words;
    let decoded = held.saturating_mul(words).min(blocks);
    let placed = decoded.saturating_mul(PLACES_OF_BLOCK);
    placed.saturating_add(held.saturating_mul(PLACES))
}

/// What it costs to make one set of several.
fn uniting(parts: &[Node], total: u64) -> u64 {
    let each = parts.iter().map(|part| part.estimate.likely);
    let sum = each.fold(0, u64::saturating_add);
    if are_few(sum, total) {
        return sum.saturating_mul(SORTED);
    }
    let each = parts.iter().map(|part| {
        let documents = part.estimate.likely;
        if documents > total / SPARSE {
            total / MET
        } else {
            documents.saturating_mul(UNITED)
        }
    });
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
    const LOOKED_AT: u64 = 4;
    /// Some microseconds, within which nobody looks at the clock.
    const MOST: u64 = 4096;
    (documents / LOOKED_AT).min(MOST)
}

/// One part is put together; of each other the documents that are left are asked, or it is put together too
/// and met with them.
fn gathering_all<'n>(parts: impl Iterator<Item = &'n Node>, total: u64) -> u64 {
    let in_turn = in_turn(parts, total);
    let Some(((_, first), others)) = in_turn.split_first() else {
        return 0;
    };
    let (mut sum, mut left) = beginning(first, total);
    for (cost, part) in others {
        sum = sum.saturating_add(joining_behind(first, part, *cost, left, total));
        left = shared(left, part.estimate.likely, total);
    }
    sum
}

/// The order in which the parts of a conjunction are put together, each with what that costs by itself: the
/// first is that with which all costs the least, and each other comes the sooner the less it takes to be rid of
/// a document. Where the first is a phrase it comes again: it begins with its rarest word only.
#[must_use]
pub fn in_turn<'n>(parts: impl Iterator<Item = &'n Node>, total: u64) -> Vec<(u64, &'n Node)> {
    /// Of more parts the first is the one that costs the least itself.
    const MOST_COMPARED: usize = 16;
    let mut parts: Vec<_> = parts.map(|part| (gathering(part, total), part)).collect();
    let with_others = |at: usize| {
        let (_, part) = parts[at];
        let (mut all, begun) = beginning(part, total);
        let mut left = begun;
        let others = (0..parts.len()).filter(|other| *other != at && parts.len() <= MOST_COMPARED);
        for (cost, other) in others.map(|other| parts[other]) {
            all = all.saturating_add(joining(other, cost, begun, total));
            left = shared(left, other.estimate.likely, total);
        }
        all = all.saturating_add(ending(part, left, total));
        // What is negated is of no use to begin with.
        let is_outside = matches!(part.kind, Kind::Not(_));
        (is_outside, all.saturating_add(begun.saturating_mul(2)))
    };
    if let Some(first) = (0..parts.len()).min_by_key(|at| with_others(*at)) {
        parts[..=first].rotate_right(1);
    }
    let Some(&(cost, first)) = parts.first() else {
        return parts;
    };
    if parts.len() > 1 && matches!(first.kind, Kind::Phrase { .. }) {
        parts.push((cost, first));
    }
    let (_, left) = beginning(first, total);
    parts[1..].sort_by_key(|(cost, part)| {
        ridding(joining_behind(first, part, *cost, left, total), part, total)
    });
    parts
}

/// What it costs to leave of so many documents those of a part, which costs so much by itself.
fn joining(part: &Node, cost: u64, left: u64, total: u64) -> u64 {
    asking_all(part, left, total).min(gathered_and_met(part, cost, left, total))
}

/// The same, of a part that may be the one that all began with.
fn joining_behind(first: &Node, part: &Node, cost: u64, left: u64, total: u64) -> u64 {
    if std::ptr::eq(first, part) {
        ending(part, left, total)
    } else {
        joining(part, cost, left, total)
    }
}

fn gathered_and_met(part: &Node, cost: u64, left: u64, total: u64) -> u64 {
    cost.saturating_add(meeting(left, part.estimate.likely, total))
}

/// Whether of so many documents each is asked for a part, which is cheaper than to put it together, at such a
/// cost, and to meet them with it.
#[must_use]
pub fn is_asked(part: &Node, cost: u64, left: u64, total: u64) -> bool {
    asking_all(part, left, total) < gathered_and_met(part, cost, left, total)
}

/// What it costs to be rid of a document, of those that a part leaves out, where all take so much.
fn ridding(cost: u64, part: &Node, total: u64) -> u64 {
    let left_out = total.saturating_sub(part.estimate.likely).max(1);
    cost.saturating_mul(total) / left_out
}

/// Behind how many of the parts that follow a phrase, which leads by its rarest word, the others of its words
/// are looked at.
#[must_use]
pub fn looked_at_behind(phrase: &Node, others: &[Node], total: u64) -> usize {
    let (_, led) = beginning(phrase, total);
    let own = ridding(ending(phrase, led, total), phrase, total);
    let sooner = |part: &&Node| ridding(asking_each(part, led, total), part, total) <= own;
    others.iter().take_while(sooner).count()
}

/// What it costs to find what two sets share.
fn meeting(one: u64, other: u64, total: u64) -> u64 {
    match (are_few(one, total), are_few(other, total)) {
        (true, true) => one
            .saturating_add(other)
            .min(one.min(other).saturating_mul(LOOK_IN)),
        (false, false) => {
            let both = passing(one, total).saturating_add(passing(other, total));
            both.saturating_add(thinning(one, other, total))
        }
        (true, false) => seeking(one, other, total),
        (false, true) => seeking(other, one, total),
    }
}

/// What it costs to list what two sets of bits share where that is sparse.
fn thinning(one: u64, other: u64, total: u64) -> u64 {
    let (sparse, both) = (total / SPARSE, shared(one, other, total));
    if both <= sparse && one.min(other) > sparse {
        both.saturating_mul(UNITED)
    } else {
        0
    }
}

/// What it costs to look for the documents of a list in a set of so many, which has bits where it is not sparse.
fn seeking(documents: u64, among: u64, total: u64) -> u64 {
    const FOUND_IN_BITS: u64 = 10;
    let is_sparse = among <= total / SPARSE;
    if documents > most_sought(total) {
        let laid_out = total / if is_sparse { LAID_OUT } else { MET };
        laid_out.saturating_add(documents.saturating_mul(LOOKED_UP))
    } else {
        documents.saturating_mul(if is_sparse { FOUND_IN } else { FOUND_IN_BITS })
    }
}

/// What it costs to walk over all matches of a plan, among so many documents, and to score each.
fn walking(plan: &Plan, total: u64) -> u64 {
    /// To make a cursor, and to put it together with others.
    const CURSOR: u64 = 200;
    let node = &plan.filter;
    let made = u64::from(node.sets()).saturating_mul(CURSOR);
    let scored = node.estimate.likely.saturating_mul(SCORE);
    let scored = scored.saturating_add(START + made);
    let Kind::And(parts) = &node.kind else {
        return gathering(node, total).saturating_add(scored);
    };
    let Some((lead, others)) = parts.split_first() else {
        return scored;
    };
    let (mut sum, mut left) = beginning(lead, total);
    let behind = looked_at_behind(lead, others, total);
    for at in 0..=others.len() {
        if at == behind {
            sum = sum.saturating_add(ending(lead, left, total));
            left = shared(left, lead.estimate.likely, lead.estimate.max);
        }
        if let Some(part) = others.get(at) {
            sum = sum.saturating_add(following(part, left, total));
            left = shared(left, part.estimate.likely, total);
        }
    }
    sum.saturating_add(scored)
}

/// What it costs to look for so many documents of others in a part of a conjunction. A group of words near to
/// each other is looked for until there is a document with it: where it is rarer than what is looked for, that is
/// all of it.
fn following(part: &Node, led: u64, total: u64) -> u64 {
    let sets = if matches!(part.kind, Kind::Term { .. }) {
        0
    } else if matches!(part.kind, Kind::Phrase { .. }) {
        // Its other words are looked for where its rarest is.
        1
    } else {
        u64::from(part.sets())
    };
    let stepped = led.saturating_mul(STEP).saturating_mul(sets);
    let each = asking_each(part, led, total).max(stepped);
    if !matches!(part.kind, Kind::Near { .. }) {
        return each;
    }
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
    let leads = |part: &Node| {
        let (cost, left) = beginning(part, total);
        left.saturating_add(cost / LOOKED_AT)
    };
    let lead = (0..parts.len()).min_by_key(|at| leads(&parts[*at]));
    let Some((lead, others)) = lead.and_then(|lead| {
        parts[..=lead].rotate_right(1);
        parts.split_first_mut()
    }) else {
        return;
    };
    let (_, led) = beginning(lead, total);
    let led = led.max(1);
    others.sort_by_key(|part| ridding(asking_each(part, led, total), part, total));
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
