//! What the ways cost to find the best documents for words under conditions.

use super::{IN_BLOCK, PART_OF_BLOCK, gathering_all, shared, walking};
use crate::plan::estimate::Estimate;
use crate::plan::words_first::Split;
use crate::plan::{Kind, Node, Plan};

/// To decode a block of postings and score it; and to tell those that have a bit from the others.
const BLOCK: u64 = 400;
const SIFTED_BLOCK: u64 = 120;
/// To go through a block of any of several words.
const UNITED_BLOCK: u64 = 1_300;
/// What a search for the best words takes that finds nothing.
const BEGIN: u64 = 2_000;
/// To look at the bound of a block.
const BOUND: u64 = 8;
/// To score a match where bounds tell what need not be.
const JUDGE: u64 = 15;
/// To read a document of a set, and a bit for it; and to look for it within a block.
const LISTED: u64 = 1;
const FOUND: u64 = 12;

/// The ways to find the best documents for words, and their costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plan) struct WordsCost {
    /// Every match is scored.
    pub(in crate::plan) heap: u64,
    /// The conditions are put together as a set first.
    pub(in crate::plan) bits: u64,
    /// Each document that may be among the best is asked; none where only a walk tells.
    pub(in crate::plan) asked: Option<u64>,
}

/// What it costs to find the `wanted` best documents of `total` for words under conditions.
pub(in crate::plan) fn words_cost(
    plan: &Plan,
    split: &Split<'_>,
    wanted: u64,
    total: u64,
) -> WordsCost {
    let conditions: Vec<Estimate> = split.filters.iter().map(|it| it.estimate).collect();
    let meeting = Estimate::all_of(&conditions, total).likely.max(1);
    let words = Postings::of(split, wanted, meeting, total);
    let gathered = gathering_all(split.filters.iter().copied(), total);
    // Where conditions may add as much as words do, every document is worth a question.
    let most = |nodes: &[&Node]| -> u64 { nodes.iter().map(|node| most_added(node, total)).sum() };
    let looks_at_all = plan.counts || most(&split.filters) * 2 > most(&split.words);
    let looked_at = words.looked_at(looks_at_all, wanted, meeting, total);
    let scanned = |ask: u64| {
        let decoded = (looked_at / IN_BLOCK + 1).saturating_mul(BLOCK);
        // Of a block those are asked that may be good enough.
        let matches = shared(looked_at, meeting, total);
        let asks = match (looks_at_all || matches <= wanted, words.others) {
            (true, _) => looked_at,
            (false, 0) => (looked_at / 8).max(looked_at * wanted / matches.max(1)),
            (false, _) => looked_at / 2,
        };
        let met = words.looked_for(asks);
        BEGIN + decoded + met + asks.saturating_mul(ask)
    };
    let set_bits = bits(split, meeting, total);
    let set = if leads(split, meeting, total) {
        words.listed(meeting, total)
    } else if words.is_sifted {
        words.sifted(looked_at, meeting, total) + set_bits
    } else if words.are_any {
        // With bits all words are gone through, and no block of any is passed over for long.
        BEGIN + (words.all / IN_BLOCK + 1).saturating_mul(UNITED_BLOCK) + set_bits
    } else {
        scanned(LISTED) + set_bits
    };
    WordsCost {
        heap: walking(plan, total),
        bits: gathered.saturating_add(set),
        asked: split.asking_cost().map(scanned),
    }
}

/// What it costs to set a bit for each document that meets the conditions: one by one where they are few, and
/// from one in 16 on, where sets have bits themselves, all at once. Nothing where it is likely to be kept.
fn bits(split: &Split<'_>, documents: u64, total: u64) -> u64 {
    /// Documents whose bits are cleared, and copied, in a nanosecond.
    const CLEARED: u64 = 256;
    const COPIED: u64 = 90;
    /// The share of 65,536 numbers from which on a roaring bitmap has a bit for each.
    const LISTED_SHARE: u64 = 16;
    if is_one_tag(split) {
        return 0;
    }
    if documents.saturating_mul(LISTED_SHARE) > total {
        return total / COPIED;
    }
    total / CLEARED + documents.saturating_mul(2 * LISTED)
}

/// Whether the index has the documents that meet the conditions as one set, of which a thread may keep bits.
fn is_one_tag(split: &Split<'_>) -> bool {
    let filters = split.filters.as_slice();
    matches!(filters, [only] if matches!(only.kind, Kind::Tag { .. }))
}

/// Whether the documents that meet the conditions beside some words lead the search for the best, as a list:
/// if they are few.
#[must_use]
pub fn leads(split: &Split<'_>, meeting: u64, total: u64) -> bool {
    // Only of any words those differ that are gone through, and they are never sifted.
    let words = Postings::of(split, 1, meeting, total);
    if words.is_sifted {
        let sifted = words.sifted(words.lead, meeting, total) + bits(split, meeting, total);
        words.listed(meeting, total) < sifted
    } else {
        is_short_list(meeting, total)
    }
}

/// Whether so few documents meet conditions that their list leads a search for the best of any words.
///
/// The share is by judgement: of a hundredth a list takes half of the time that bits take, of a tenth it
/// was not tried.
const fn is_short_list(meeting: u64, total: u64) -> bool {
    const FEW: u64 = 12;
    meeting.saturating_mul(FEW) < total
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

/// The postings of words to rank by.
struct Postings {
    /// Those that a search goes through: of any words all, of all words the rarest's.
    lead: u64,
    /// Those of all words.
    all: u64,
    /// Words that are looked for where the lead is.
    others: u64,
    /// Blocks of these.
    other_blocks: u64,
    /// Words whose blocks bound what a document of a list scores before it is looked at, each at some
    /// nanoseconds.
    windows: u64,
    /// Documents hold any of several words.
    are_any: bool,
    /// The lead is one word, of which documents with a bit are told from others before they are scored.
    is_sifted: bool,
}

impl Postings {
    /// Of words of which the `wanted` best are looked for among so many documents that meet conditions.
    fn of(split: &Split<'_>, wanted: u64, meeting: u64, total: u64) -> Self {
        if let [only] = split.words.as_slice() {
            return match &only.kind {
                Kind::Or(parts) => {
                    let (lead, others) = essential(parts, wanted, meeting, total);
                    let each = parts.iter().map(|part| part.estimate.likely);
                    Self {
                        lead,
                        all: each.fold(0, u64::saturating_add),
                        others,
                        other_blocks: u64::MAX,
                        windows: BOUND * parts.len() as u64,
                        are_any: true,
                        is_sifted: false,
                    }
                }
                Kind::Phrase { terms, others, .. } => Self {
                    lead: only.estimate.max,
                    all: only.estimate.max + others,
                    others: terms.len() as u64,
                    other_blocks: others / IN_BLOCK + 1,
                    windows: BOUND,
                    are_any: false,
                    is_sifted: true,
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
                    all: only.estimate.likely,
                    others: 0,
                    other_blocks: 0,
                    windows: BOUND,
                    are_any: false,
                    is_sifted: is_one_term(only),
                },
            };
        }
        let words = split.words.iter().map(|word| word.estimate.likely);
        let lead = words.clone().min().unwrap_or(0);
        let all: u64 = words.sum();
        Self {
            lead,
            all,
            others: (split.words.len() as u64).saturating_sub(1),
            other_blocks: (all - lead) / IN_BLOCK + 1,
            windows: BOUND,
            are_any: false,
            is_sifted: split.words.iter().all(|word| is_one_term(word)),
        }
    }

    /// What it costs to look for the documents of a list in the postings.
    fn listed(&self, meeting: u64, total: u64) -> u64 {
        let in_blocks = meeting.min(self.lead / IN_BLOCK + 1);
        let met = self.met(meeting, total);
        let judged = met.saturating_mul(JUDGE) + self.looked_for(met);
        let listed = meeting.saturating_mul(LISTED + FOUND + self.windows);
        BEGIN + listed + in_blocks * PART_OF_BLOCK + judged
    }

    /// What it costs to tell those of so many postings that have a bit from the others.
    fn sifted(&self, looked_at: u64, meeting: u64, total: u64) -> u64 {
        let bounds = (self.lead / IN_BLOCK).saturating_mul(BOUND);
        let blocks = (looked_at / IN_BLOCK + 1).saturating_mul(SIFTED_BLOCK);
        let met = self.met(meeting, total).min(looked_at);
        let judged = met.saturating_mul(JUDGE) + self.looked_for(met);
        BEGIN + bounds + blocks + judged
    }

    /// What it costs to look for so many documents in each of the other words: no block is decoded twice.
    fn looked_for(&self, documents: u64) -> u64 {
        let decoded = (documents.saturating_mul(self.others)).min(self.other_blocks);
        let found = documents.saturating_mul(self.others * FOUND);
        decoded.saturating_mul(PART_OF_BLOCK).saturating_add(found)
    }

    /// About how many of the lead's postings are of documents that meet the conditions.
    const fn met(&self, meeting: u64, total: u64) -> u64 {
        meeting.saturating_mul(self.lead) / at_least_one(total) + 1
    }

    /// How many a search looks at that skips blocks which are not good enough. The fewer meet the
    /// conditions, the lower is what is good enough.
    fn looked_at(&self, all: bool, wanted: u64, meeting: u64, total: u64) -> u64 {
        /// Bounds of blocks are above what is in them, and the sum of those of several words far above what any
        /// document has.
        const LOOSE: u64 = 2;
        const LOOSE_OF_ANY: u64 = 64;
        if all {
            return if self.are_any { self.all } else { self.lead };
        }
        let good = wanted.saturating_mul(total) / meeting;
        let loose = if self.are_any { LOOSE_OF_ANY } else { LOOSE };
        let blocks = good.saturating_mul(loose);
        blocks.saturating_mul(IN_BLOCK).min(self.lead)
    }
}

const fn at_least_one(number: u64) -> u64 {
    if number == 0 { 1 } else { number }
}

/// The postings of those of some words, any of which documents hold, that a search goes through, and how many
/// words it looks up beside them: the frequent ones add less all together than the rarest alone, if that has
/// enough documents.
fn essential(parts: &[Node], wanted: u64, meeting: u64, total: u64) -> (u64, u64) {
    let mut words: Vec<u64> = parts.iter().map(|part| part.estimate.likely).collect();
    words.sort_unstable_by(|a, b| b.cmp(a));
    let rarity = |documents: u64| (total / documents.max(1)).max(1).ilog2();
    let enough = words
        .iter()
        .rev()
        .find(|documents| shared(**documents, meeting, total) >= wanted);
    let best = enough.map_or(0, |documents| rarity(*documents));
    let mut added = 0;
    let frequent = words.iter().take_while(|documents| {
        // Half of a digit for words that nearly all documents have.
        added += rarity(**documents).max(1);
        added < best
    });
    let others = frequent.count();
    let lead = words[others..]
        .iter()
        .fold(0_u64, |sum, documents| sum.saturating_add(*documents));
    (lead, others as u64)
}

/// Whether a word is one term, and not the terms of a stem.
fn is_one_term(word: &Node) -> bool {
    match &word.kind {
        Kind::Term { .. } => true,
        Kind::Variants { terms, .. } => terms.len() == 1,
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
        | Kind::Optional(_) => false,
    }
}
