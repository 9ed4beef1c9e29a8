//! What the ways cost to find the best documents for words under conditions.

use nuthatch_indexes::text::few_in_stretch;

use super::{
    IN_BLOCK, PART_OF_BLOCK, SPARSE, gathering, gathering_all, placing, shared, together, walking,
};
use crate::plan::estimate::Estimate;
use crate::plan::words_first::Split;
use crate::plan::{Kind, Node, Plan};

/// To decode a block of postings and score it; and to decode one and tell those that have a bit from the others.
const BLOCK: u64 = 400;
const SIFTED_BLOCK: u64 = 150;
/// To go through a block of any of several words; and to begin a window of so many documents, of which there is
/// one for each posting where they are rare.
const UNITED_BLOCK: u64 = 1_300;
const WINDOW: u64 = 200;
const IN_WINDOW: u64 = 2_048;
/// What a search for the best words takes that finds nothing.
const BEGIN: u64 = 3_500;
/// To look at the bound of a block.
const BOUND: u64 = 8;
/// To score a match where bounds tell what need not be; and one of a list that holds any words.
const JUDGE: u64 = 25;
const JUDGE_ANY: u64 = 100;
/// Of a list of which [few](few_in_stretch) lie in a block, where each document is bounded before it is looked for: to
/// bound what one adds by a word; and to find one in a block of its own.
const BOUNDED: u64 = 15;
const JUDGE_SPARSE: u64 = 45;
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
    /// All that match are put together first, if that is a way.
    pub(in crate::plan) matched: Option<u64>,
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
    // Where conditions may add as much more to one document than to another as words do, every document is worth
    // a question. To one that holds all words they add what is known.
    let by_words = split.words.iter().map(|word| most_added(word, total));
    let by_conditions = split.filters.iter().map(|filter| {
        let (least, most) = added(filter, total);
        most - if words.are_any { 0.0 } else { least }
    });
    let looks_at_all = plan.counts || by_conditions.sum::<f64>() * 2.0 > by_words.sum();
    let looked_at = words.looked_at(looks_at_all, wanted, meeting, total);
    let scanned = |ask: u64| {
        /// A question takes so many times as long amid postings as after another one.
        const BY_ITSELF: u64 = 2;
        let decoded = if words.are_any {
            Postings::united(looked_at, total)
        } else {
            (looked_at / IN_BLOCK + 1).saturating_mul(BLOCK)
        };
        // Of a block those are asked that may be good enough.
        let matches = shared(looked_at, meeting, total);
        let asks = match (looks_at_all || matches <= wanted, words.others) {
            (true, _) => looked_at,
            (false, 0) => (looked_at / 32).max(looked_at * wanted / matches.max(1)),
            (false, _) if matches <= wanted.saturating_mul(4) => looked_at,
            (false, _) => looked_at / 2,
        };
        let met = words.looked_for(asks);
        // Only those are asked that hold all words.
        let asks = words.together_of(asks);
        let placed = words.placed(shared(asks, meeting, total));
        BEGIN + decoded + met + placed + asks.saturating_mul(ask * BY_ITSELF)
    };
    let set_bits = bits(split, meeting, total);
    let set = if leads(split, meeting, total) {
        words.listed(looked_at, meeting, total)
    } else if words.is_sifted {
        words.sifted(looked_at, meeting, total) + set_bits
    } else if words.are_any {
        // With bits all words are gone through, and no block of any is passed over for long.
        BEGIN + Postings::united(words.all, total) + set_bits
    } else {
        scanned(LISTED) + set_bits
    };
    WordsCost {
        heap: walking(plan, total),
        bits: gathered.saturating_add(set),
        asked: split.asking_cost().map(scanned),
        matched: split.may_be_matched().then(|| matched(plan, &words, total)),
    }
}

/// What it costs to put all matches together, and to score those of them that may be among the best.
fn matched(plan: &Plan, words: &Postings<'_>, total: u64) -> u64 {
    let matches = plan.filter.estimate.likely;
    // Cursors are made to put them together, and again to score them.
    let begun = BEGIN + BEGIN / 2;
    let found = gathering(&plan.filter, total).saturating_add(words.scored(matches));
    begun.saturating_add(found)
}

/// What it costs to set a bit for each document that meets the conditions: one by one where they are few, and
/// from one in 16 on, where sets have bits themselves, all at once. Nothing where it is likely to be kept.
fn bits(split: &Split<'_>, documents: u64, total: u64) -> u64 {
    /// Documents whose bits are cleared, and copied, in a nanosecond.
    const CLEARED: u64 = 40;
    const COPIED: u64 = 90;
    if is_one_tag(split) {
        return 0;
    }
    if documents.saturating_mul(SPARSE) > total {
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
        words.listed(words.lead, meeting, total) < sifted
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
/// the share of documents that have it, as often as it weighs.
fn most_added(node: &Node, total: u64) -> f64 {
    let rarity = || f64::from((total / node.estimate.likely.max(1)).max(1).ilog2());
    match &node.kind {
        Kind::Tag { weight, .. } => weight * rarity(),
        Kind::Term { .. } | Kind::Variants { .. } | Kind::Phrase { .. } => rarity(),
        Kind::And(parts) | Kind::Or(parts) => {
            parts.iter().map(|part| most_added(part, total)).sum()
        }
        Kind::All { .. }
        | Kind::Nothing
        | Kind::Keys(_)
        | Kind::Missing(_)
        | Kind::Numeric { .. }
        | Kind::Area { .. }
        | Kind::VectorRange(_)
        | Kind::Near { .. }
        | Kind::Not(_)
        | Kind::Optional(_) => 0.0,
    }
}

/// About the least and the most that a condition adds to the score of a document that meets it, which seldom has
/// two of several tags.
fn added(node: &Node, total: u64) -> (f64, f64) {
    let each = |parts: &[Node]| -> Vec<(f64, f64)> {
        let parts = parts.iter().map(|part| added(part, total));
        parts.collect()
    };
    if let Kind::And(parts) = &node.kind {
        let sum = |(least, most), (a, b)| (least + a, most + b);
        return each(parts).into_iter().fold((0.0, 0.0), sum);
    }
    if let Kind::Or(parts) = &node.kind {
        let either = |(least, most): (f64, f64), (a, b)| (least.min(a), most.max(b));
        return each(parts).into_iter().reduce(either).unwrap_or((0.0, 0.0));
    }
    let most = most_added(node, total);
    (most, most)
}

/// The postings of words to rank by.
struct Postings<'a> {
    /// Those that a search goes through: of any words all, of all words the rarest's.
    lead: u64,
    /// Those of all words.
    all: u64,
    /// Documents of these that hold all words which they have to; and those that hold them as a phrase, if they
    /// are to be one.
    together: u64,
    held: u64,
    phrase: Option<&'a Node>,
    /// Words that are looked for where the lead is.
    others: u64,
    /// Blocks of these.
    other_blocks: u64,
    /// Those of each word that leads a list: of any words each does.
    leads: Vec<u64>,
    /// Documents hold any of several words.
    are_any: bool,
    /// The lead is one word, of which documents with a bit are told from others before they are scored.
    is_sifted: bool,
}

impl<'a> Postings<'a> {
    /// Of words of which the `wanted` best are looked for among so many documents that meet conditions.
    fn of(split: &Split<'a>, wanted: u64, meeting: u64, total: u64) -> Self {
        if let [only] = split.words.as_slice() {
            return match &only.kind {
                Kind::Or(parts) => Self::of_any(parts, wanted, meeting, total),
                Kind::Phrase { terms, others, .. } => Self {
                    lead: only.estimate.max,
                    together: together(only.estimate.max, terms.len(), *others, total),
                    held: only.estimate.likely,
                    phrase: Some(only),
                    all: only.estimate.max + others,
                    others: (terms.len() as u64).saturating_sub(1),
                    other_blocks: others / IN_BLOCK + 1,
                    leads: vec![only.estimate.max],
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
                    together: only.estimate.likely,
                    held: only.estimate.likely,
                    phrase: None,
                    all: only.estimate.likely,
                    others: 0,
                    other_blocks: 0,
                    leads: vec![only.estimate.likely],
                    are_any: false,
                    is_sifted: is_one_term(only),
                },
            };
        }
        let words = split.words.iter().map(|word| word.estimate.likely);
        let lead = words.clone().min().unwrap_or(0);
        let held = words
            .clone()
            .fold(total, |held, word| shared(held, word, total));
        let all: u64 = words.sum();
        Self {
            lead,
            together: held,
            held,
            phrase: None,
            all,
            others: (split.words.len() as u64).saturating_sub(1),
            other_blocks: (all - lead) / IN_BLOCK + 1,
            leads: vec![lead],
            are_any: false,
            is_sifted: split.words.iter().all(|word| is_one_term(word)),
        }
    }

    /// Of words any of which documents hold.
    fn of_any(parts: &[Node], wanted: u64, meeting: u64, total: u64) -> Self {
        let leads: Vec<u64> = parts.iter().map(|part| part.estimate.likely).collect();
        let (lead, others) = essential(&leads, wanted, meeting, total);
        let all = leads.iter().copied().fold(0, u64::saturating_add);
        Self {
            lead,
            together: lead,
            held: lead,
            phrase: None,
            all,
            others,
            other_blocks: all / IN_BLOCK + 1,
            leads,
            are_any: true,
            is_sifted: false,
        }
    }

    /// What it costs to look for the documents of a list in the postings.
    fn listed(&self, looked_at: u64, meeting: u64, total: u64) -> u64 {
        let few = few_in_stretch(self.others + 1);
        if self.is_sifted && meeting < (self.lead / IN_BLOCK).saturating_mul(few) {
            return self.sparse(looked_at, meeting, total);
        }
        let begun = BEGIN + meeting.saturating_mul(LISTED);
        let each = self.leads.iter().map(|&postings| {
            let in_blocks = meeting.min(postings / IN_BLOCK + 1);
            let met = shared(meeting, postings, total) + 1;
            let judged = if self.are_any {
                met.saturating_mul(JUDGE_ANY)
            } else {
                met.saturating_mul(JUDGE) + self.found(met)
            };
            // Those of the shorter are looked for among the others.
            let found = meeting.min(postings).saturating_mul(FOUND + BOUND);
            found + in_blocks * PART_OF_BLOCK + judged
        });
        each.fold(begun, u64::saturating_add)
    }

    /// The same of a list that is sparse among the postings: each of its documents is bounded by itself.
    fn sparse(&self, looked_at: u64, meeting: u64, total: u64) -> u64 {
        let bounded = LISTED + BOUNDED.saturating_mul(self.others + 1);
        let met = self.met(meeting, total);
        let met = met.min(shared(looked_at, meeting, total) + 1);
        let judged = met.saturating_mul(JUDGE_SPARSE) + self.placed(self.together_of(met));
        BEGIN + meeting.saturating_mul(bounded) + judged
    }

    /// What it costs to score so many documents, each of which holds all words.
    fn scored(&self, documents: u64) -> u64 {
        let bounded = LISTED + BOUNDED.saturating_mul(self.others + 1);
        let lead_blocks = documents.min(self.lead / IN_BLOCK + 1);
        let found = self.looked_for(documents) + lead_blocks.saturating_mul(PART_OF_BLOCK);
        documents
            .saturating_mul(bounded + JUDGE)
            .saturating_add(found)
    }

    /// What it costs to go through so many postings of any words, window by window.
    fn united(postings: u64, total: u64) -> u64 {
        let windows = postings.min(total / IN_WINDOW + 1);
        let blocks = postings / IN_BLOCK + 1;
        windows
            .saturating_mul(WINDOW)
            .saturating_add(blocks.saturating_mul(UNITED_BLOCK))
    }

    /// What it costs to tell those of so many postings that have a bit from the others.
    fn sifted(&self, looked_at: u64, meeting: u64, total: u64) -> u64 {
        let bounds = (self.lead / IN_BLOCK).saturating_mul(BOUND);
        let blocks = (looked_at / IN_BLOCK + 1).saturating_mul(SIFTED_BLOCK);
        let met = self.met(meeting, total).min(looked_at);
        let judged = met.saturating_mul(JUDGE) + self.found(met);
        BEGIN + bounds + blocks + judged
    }

    /// What it costs to look for so many documents in each of the other words, and whether they are a phrase in
    /// them.
    fn found(&self, documents: u64) -> u64 {
        self.looked_for(documents) + self.placed(self.together_of(documents))
    }

    /// What it costs to look whether the words are a phrase in so many documents, if they are to be one.
    fn placed(&self, documents: u64) -> u64 {
        self.phrase.map_or(0, |phrase| placing(phrase, documents))
    }

    /// How many of so many documents of the lead hold all words.
    fn together_of(&self, documents: u64) -> u64 {
        shared(documents, self.together, self.lead.max(1))
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
    /// conditions, and hold all words, the lower is what is good enough.
    fn looked_at(&self, all: bool, wanted: u64, meeting: u64, total: u64) -> u64 {
        /// Bounds of blocks are above what is in them, and the sum of those of several words far above what any
        /// document has.
        const LOOSE: u64 = 2;
        const LOOSE_OF_ALL: u64 = 4;
        const LOOSE_OF_ANY: u64 = 64;
        if all {
            return if self.are_any { self.all } else { self.lead };
        }
        let good = wanted.saturating_mul(total) / meeting;
        let good = u128::from(good) * u128::from(self.lead) / u128::from(self.held.max(1));
        let good = u64::try_from(good).unwrap_or(u64::MAX);
        let loose = match (self.are_any, self.others) {
            (true, _) => LOOSE_OF_ANY,
            (false, 0) => LOOSE,
            (false, _) => LOOSE_OF_ALL,
        };
        let blocks = good.saturating_mul(loose);
        blocks.saturating_mul(IN_BLOCK).min(self.lead)
    }
}

const fn at_least_one(number: u64) -> u64 {
    if number == 0 { 1 } else { number }
}

/// How many postings of some words, any of which documents hold, a search goes through, and how many of the words
/// it looks up only: frequent ones add less all together than a rarer one alone, as soon as enough documents have
/// been met that hold that one. Until then it goes through all.
fn essential(words: &[u64], wanted: u64, meeting: u64, total: u64) -> (u64, u64) {
    let mut words = words.to_vec();
    words.sort_unstable_by(|a, b| b.cmp(a));
    let all = words.iter().copied().fold(0, u64::saturating_add);
    let rarity = |documents: u64| (total / documents.max(1)).max(1).ilog2();
    let with_bar_of = |&documents: &u64| {
        let mut added = 0;
        let frequent = words.iter().take_while(|frequent| {
            // Half of a digit for words that nearly all documents have.
            added += rarity(**frequent).max(1);
            added < rarity(documents)
        });
        let others = frequent.count();
        let lead = words[others..].iter().copied();
        let lead = lead.fold(0, u64::saturating_add);
        let met = shared(documents, meeting, total);
        let before = shared(all - lead, wanted, met);
        (lead.saturating_add(before), others as u64)
    };
    let rare_enough = words
        .iter()
        .filter(|documents| shared(**documents, meeting, total) >= wanted.max(1));
    let best = rare_enough.map(with_bar_of).min();
    best.unwrap_or((all, 0))
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
