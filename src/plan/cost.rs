//! What the ways to find matches cost: in nanoseconds, about.
//!
//! The constants are from `nuthatch-bench query --docs 200000`: first from `--search`, which times each way by
//! itself, then changed where the worst plans said so. They are those of one machine; ratios of them
//! decide, and those hold elsewhere.

use super::estimate::Estimate;
use super::words_first::Split;
use super::{AreaClause, Kind, Node, Plan};

/// To make a set, whatever is in it.
const SET: u64 = 3_000;
/// To put a posting of a word into a set.
const POSTING: u64 = 2;
/// To put a document of a set into a union.
const UNITED: u64 = 1;
/// To put the document of a number into a set.
const NUMBER: u64 = 10;
/// To find a document in the postings of a word, a number, a tag; to measure a distance; to look where a
/// point or a shape lies.
const LOOK_UP: u64 = 60;
const READ: u64 = 25;
const LOOK_IN: u64 = 30;
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
    let gathered = gathering_all(split.filters.iter().copied());
    // Where conditions may add as much as words do, every document is worth a question.
    let most = |nodes: &[&Node]| -> u64 { nodes.iter().map(|node| most_added(node, total)).sum() };
    let looks_at_all = plan.counts || most(&split.filters) * 2 > most(&split.words);
    let looked_at = words.looked_at(looks_at_all, wanted, meeting, total);
    let scanned = |ask: u64| {
        let decoded = (looked_at / IN_BLOCK + 1).saturating_mul(BLOCK);
        // Of a block those are asked that may be good enough.
        let asks = match (looks_at_all, words.others) {
            (true, _) => looked_at,
            (false, 0) => looked_at / 8,
            (false, _) => looked_at / 2,
        };
        let met = asks.saturating_mul(words.others * PART_OF_BLOCK);
        START + decoded + met + asks.saturating_mul(ask)
    };
    let list = {
        let in_blocks = meeting.min(words.lead / IN_BLOCK + 1);
        let common = meeting.saturating_mul(words.lead) / total.max(1) + 1;
        let judged = common.saturating_mul(JUDGE + words.others * PART_OF_BLOCK);
        START + meeting.saturating_mul(LISTED + words.windows) + in_blocks * PART_OF_BLOCK + judged
    };
    let flat = {
        let bits = total / 128 + meeting.saturating_mul(2 * LISTED);
        bits.saturating_add(scanned(LISTED))
    };
    let is_short = is_short_list(meeting, total);
    WordsCost {
        heap: walking(plan),
        bits: gathered.saturating_add(if is_short { list } else { flat }),
        asked: split.asking_cost().map(scanned),
    }
}

/// About the most that a node adds to a score: of a word or a tag, the number of binary digits of one by
/// the share of documents that have it.
fn most_added(node: &Node, total: u64) -> u64 {
    let rarity = || u64::from((total / node.estimate.likely.max(1)).max(1).ilog2());
    match &node.kind {
        Kind::Tag { weight, .. } if *weight > 0.0 => rarity(),
        Kind::Term { .. } | Kind::Variants { .. } | Kind::Phrase { .. } => rarity(),
        Kind::And(parts) | Kind::Or(parts) => {
            parts.iter().map(|part| most_added(part, total)).sum()
        }
        Kind::All { .. }
        | Kind::Nothing
        | Kind::Keys(_)
        | Kind::Tag { .. }
        | Kind::Missing(_)
        | Kind::Numeric { .. }
        | Kind::Area { .. }
        | Kind::VectorRange(_)
        | Kind::Near { .. }
        | Kind::Not(_)
        | Kind::Optional(_) => 0,
    }
}

/// What it costs to walk over all matches of a plan and to score each.
fn walking(plan: &Plan) -> u64 {
    /// To make a cursor, and to put it together with others.
    const CURSOR: u64 = 1_500;
    let node = &plan.filter;
    let cursors = u64::from(node.sets()).saturating_mul(CURSOR);
    let scored = node.estimate.likely.saturating_mul(SCORE);
    let scored = scored.saturating_add(START + cursors);
    let Kind::And(parts) = &node.kind else {
        return gathering(node).saturating_add(scored);
    };
    let lead = parts.first();
    let led = lead.map_or(0, |lead| lead.estimate.likely);
    let others = parts
        .iter()
        .skip(1)
        .map(|part| led.saturating_mul(STEP.max(asking_or_seeking(part))));
    let others = others.fold(0, u64::saturating_add);
    lead.map_or(0, gathering)
        .saturating_add(others)
        .saturating_add(scored)
}

/// Whether documents that meet conditions are so few that their list leads a search for the best.
///
/// The share is by judgement: of a hundredth a list takes half of the time that bits take, of a tenth it
/// was not tried.
#[must_use]
pub const fn is_short_list(meeting: u64, total: u64) -> bool {
    const FEW: u64 = 12;
    meeting.saturating_mul(FEW) < total
}

/// The postings of words to rank by.
struct Postings {
    /// Those that a search goes through: of any words all, of all words the rarest's.
    lead: u64,
    /// Words that are looked for where the lead is.
    others: u64,
    /// Words whose blocks bound what a document of a list scores before it is looked at, each at some
    /// nanoseconds.
    windows: u64,
}

impl Postings {
    fn of(split: &Split<'_>) -> Self {
        const BOUND: u64 = 8;
        if let [only] = split.words.as_slice() {
            return match &only.kind {
                Kind::Or(parts) => {
                    let each = parts.iter().map(|part| part.estimate.likely);
                    Self {
                        lead: each.fold(0, u64::saturating_add),
                        others: 0,
                        windows: BOUND * parts.len() as u64,
                    }
                }
                Kind::Phrase { terms, .. } => Self {
                    lead: only.estimate.max,
                    others: terms.len() as u64,
                    windows: BOUND,
                },
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
                | Kind::Optional(_) => Self {
                    lead: only.estimate.likely,
                    others: 0,
                    windows: BOUND,
                },
            };
        }
        let words = split.words.iter().map(|word| word.estimate.likely);
        Self {
            lead: words.min().unwrap_or(0),
            others: (split.words.len() as u64).saturating_sub(1),
            windows: BOUND,
        }
    }

    /// How many a search looks at that skips blocks which are not good enough. The fewer meet the
    /// conditions, the lower is what is good enough.
    fn looked_at(&self, all: bool, wanted: u64, meeting: u64, total: u64) -> u64 {
        /// Bounds of blocks are above what is in them.
        const LOOSE: u64 = 4;
        if all {
            return self.lead;
        }
        let good = wanted.saturating_mul(total) / meeting;
        let blocks = good.saturating_mul(LOOSE);
        blocks.saturating_mul(IN_BLOCK).min(self.lead)
    }
}
