//! What the ways to find matches cost: in nanoseconds, about.
//!
//! The constants are from `nuthatch-bench query`, over two hundred thousand documents and over a million:
//! first from `--search` with one way at a time, then changed where the worst plans said so. They are those
//! of one machine; ratios of them decide, and those hold elsewhere.

use super::estimate::Estimate;
use super::words_first::Split;
use super::{AreaClause, Kind, Node, Plan};

/// To put a posting of a word into a set.
const POSTING: u64 = 2;
/// To put a document of a set into a union.
const UNITED: u64 = 1;
/// To put the document of a number into a set.
const NUMBER: u64 = 10;
/// To find a document in the postings of a word, a number, a tag; to measure a distance; to look where a
/// point or a shape lies.
const LOOK_UP: u64 = 60;
const READ: u64 = 6;
const LOOK_IN: u64 = 12;
const DISTANCE: u64 = 80;
const POINT: u64 = 60;
const SHAPE: u64 = 1_000;
/// To decode a block of postings and score it, and to decode it for a few of its postings.
const BLOCK: u64 = 400;
const PART_OF_BLOCK: u64 = 180;
/// Postings of a block.
const IN_BLOCK: u64 = 128;
/// To score a match and keep it, or not, where every one is; and where bounds tell what need not be.
const SCORE: u64 = 220;
const JUDGE: u64 = 15;
/// To go on in a conjunction document by document.
const STEP: u64 = 40;
/// To read a document of a set, and a bit for it.
const LISTED: u64 = 1;
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
        Kind::Numeric { .. } => likely.saturating_mul(NUMBER),
        Kind::Area { area, .. } => likely.saturating_mul(asking_area(area)),
        Kind::VectorRange(_) => likely.saturating_mul(DISTANCE),
        Kind::Term { .. } | Kind::Variants { .. } => likely.saturating_mul(POSTING),
        // Both are walked, at most as many documents as hold the rarest word.
        Kind::Phrase { terms, .. } => {
            let words = terms.len() as u64;
            node.estimate.max.saturating_mul(words * LOOK_UP)
        }
        Kind::Near { parts, .. } => {
            let words = parts.len() as u64;
            node.estimate.max.saturating_mul(words * LOOK_UP)
        }
        Kind::And(parts) => gathering_all(parts),
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

/// The cheapest part is put together; of each other the documents that are left are asked, or it is put
/// together too.
fn gathering_all(parts: &[Node]) -> u64 {
    let first = parts.iter().map(gathering).min().unwrap_or(0);
    let left = parts.iter().map(|part| part.estimate.likely).min();
    let each = parts.iter().map(|part| {
        let asked = asking_or_seeking(part).saturating_mul(left.unwrap_or(0));
        gathering(part).min(asked)
    });
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

/// The same, or what it costs to go there in a walk.
#[must_use]
pub fn asking_or_seeking(node: &Node) -> u64 {
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

/// The ways to find the best documents for words, and their costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WordsCost {
    /// Every match is scored.
    pub(super) heap: u64,
    /// The conditions are put together as a set first.
    pub(super) bits: u64,
    /// Each document that may be among the best is asked; none where only a walk tells.
    pub(super) asked: Option<u64>,
}

/// What it costs to find the `wanted` best documents of `total` for words under conditions.
pub(super) fn words_cost(plan: &Plan, split: &Split<'_>, wanted: u64, total: u64) -> WordsCost {
    let conditions: Vec<Estimate> = split.filters.iter().map(|it| it.estimate).collect();
    let meeting = Estimate::all_of(&conditions, total).likely.max(1);
    let words = Postings::of(split);
    let matches = plan.filter.estimate.likely;
    let gathered = gathered(split, meeting);
    let looked_at = words.looked_at(plan.counts, wanted, meeting, total);
    let blocks = looked_at / IN_BLOCK + 1;
    let asks = if plan.counts {
        words.lead
    } else {
        // Of a block those are asked that may be good enough.
        looked_at / 8
    };
    let scanned = |ask: u64| {
        let decoded = blocks.saturating_mul(BLOCK * words.parts);
        START + decoded.saturating_add(asks.saturating_mul(ask))
    };
    let list = {
        let in_blocks = meeting.min(words.all / IN_BLOCK + words.parts);
        let judged = meeting.min(words.lead);
        let listed = meeting.saturating_mul(LISTED + 4 * words.parts);
        START + listed + in_blocks * PART_OF_BLOCK + judged * JUDGE
    };
    let flat = {
        let bits = total / 128 + meeting.saturating_mul(2 * LISTED);
        bits.saturating_add(scanned(LISTED))
    };
    let is_short = is_short_list(meeting, total);
    WordsCost {
        heap: START
            + gathered
            + words.lead.min(meeting).saturating_mul(STEP * words.parts)
            + matches.saturating_mul(SCORE),
        bits: gathered.saturating_add(if is_short { list } else { flat }),
        asked: split.asking_cost().map(scanned),
    }
}

/// Whether documents that meet conditions are so few that their list leads a search for the best.
///
/// Of a tenth of all documents a list takes as long as a bit for each.
#[must_use]
pub const fn is_short_list(meeting: u64, total: u64) -> bool {
    const FEW: u64 = 12;
    meeting.saturating_mul(FEW) < total
}

/// What it costs to have the set of those that meet the conditions.
fn gathered(split: &Split<'_>, meeting: u64) -> u64 {
    let costs = || split.filters.iter().map(|filter| gathering(filter));
    let first = costs().min().unwrap_or(0);
    let each = split.filters.iter().map(|filter| {
        let asked = asking_or_seeking(filter).saturating_mul(meeting);
        gathering(filter).min(asked)
    });
    each.fold(first, u64::saturating_add)
}

/// The postings of words to rank by.
struct Postings {
    /// Of all words.
    all: u64,
    /// Those that are looked at: of any words all, of all words the rarest's.
    lead: u64,
    /// How many words.
    parts: u64,
}

impl Postings {
    fn of(split: &Split<'_>) -> Self {
        if let [only] = split.words.as_slice() {
            let (all, parts) = of_any(only);
            return Self {
                all,
                lead: all,
                parts,
            };
        }
        let words = split.words.iter().map(|word| of_any(word).0);
        Self {
            all: words.clone().fold(0, u64::saturating_add),
            lead: words.min().unwrap_or(0),
            parts: split.words.len() as u64,
        }
    }

    /// How many a search looks at that skips blocks which are not good enough. The fewer meet the
    /// conditions, the lower is what is good enough.
    fn looked_at(&self, counts: bool, wanted: u64, meeting: u64, total: u64) -> u64 {
        /// Bounds of blocks are above what is in them.
        const LOOSE: u64 = 4;
        if counts {
            return self.lead;
        }
        let good = wanted.saturating_mul(total) / meeting;
        let blocks = good.saturating_mul(LOOSE);
        blocks.saturating_mul(IN_BLOCK).min(self.lead)
    }
}

/// How many postings a node has that is any of some words, or a phrase, and how many words.
fn of_any(node: &Node) -> (u64, u64) {
    match &node.kind {
        Kind::Or(parts) => (
            parts
                .iter()
                .map(|part| of_any(part).0)
                .fold(0, u64::saturating_add),
            parts.len() as u64,
        ),
        Kind::Phrase { terms, .. } => (node.estimate.max, terms.len() as u64),
        Kind::All { .. }
        | Kind::Nothing
        | Kind::Keys(_)
        | Kind::Term { .. }
        | Kind::Variants { .. }
        | Kind::Tag { .. }
        | Kind::Missing(_)
        | Kind::Numeric { .. }
        | Kind::Area { .. }
        | Kind::VectorRange(_)
        | Kind::And(_)
        | Kind::Near { .. }
        | Kind::Not(_)
        | Kind::Optional(_) => (node.estimate.likely, 1),
    }
}
