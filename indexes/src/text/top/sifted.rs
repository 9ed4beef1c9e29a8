//! The best documents for one term among those of which each has a bit.
//!
//! Of a stretch that can hold one of the best, the documents are told from the others before anything is
//! known of their frequencies: where one in a hundred has its bit, one of a stretch is left to be scored.

use super::best::Best;
use super::slots::Slots;
use super::walk::Walk;
use super::{Context, Stopped};

/// Of so many stretches the most promising is looked at first: what is found there says which of the others
/// are good enough. To look at all in the order of what they promise would take longer to sort than it
/// saves.
const PROMISING: usize = 16;

/// Offers the documents that have a bit; returns how many do, if they are counted.
pub(super) fn search(
    walk: &mut Walk<'_>,
    bits: &[u64],
    best: &mut Best,
    context: &mut Context<'_>,
) -> Result<u64, Stopped> {
    let stretches = walk.postings.stretches();
    let (mut total, mut met) = (0, Met::new());
    if context.count {
        for stretch in 0..stretches {
            context.step()?;
            total += look(walk, stretch, bits, &mut met, best, context);
        }
        met.offer(walk, best, context);
        return Ok(total);
    }
    let most: Vec<f32> = (0..stretches).map(|at| walk.most_of(at)).collect();
    let promising = promising(&most);
    let is_promising = |at: &usize| most.get(*at).is_some_and(|most| *most >= promising);
    let mut next = (0..stretches).find(is_promising);
    while let Some(stretch) = next {
        context.step()?;
        next = (stretch + 1..stretches).find(is_promising);
        if let Some(next) = next {
            walk.prefetch(next);
        }
        look(walk, stretch, bits, &mut met, best, context);
    }
    met.offer(walk, best, context);
    // The bar is looked up once for each search, not for each stretch.
    let next_from = |from: usize, bar: f32| {
        let mut left = most.get(from..)?.iter();
        let ahead = left.position(|most| *most > bar && *most < promising)?;
        Some(from + ahead)
    };
    // A stretch is fetched while it is told which comes after it: most are not looked at.
    let mut fetched: Option<usize> = None;
    let mut next = next_from(0, best.bar());
    while let Some(stretch) = next {
        context.step()?;
        walk.prefetch(stretch);
        if let Some(before) = fetched.replace(stretch) {
            look(walk, before, bits, &mut met, best, context);
        }
        next = next_from(stretch + 1, best.bar());
    }
    if let Some(last) = fetched {
        look(walk, last, bits, &mut met, best, context);
    }
    met.offer(walk, best, context);
    Ok(total)
}

/// What must be promised to be looked at first, of what each promises: about as much as one in [`PROMISING`] does, of
/// which some tell. Nothing comes first where there are few.
pub(super) fn promising(most: &[f32]) -> f32 {
    const LOOKED_AT: usize = 8;
    let mut some: Vec<f32> = most.iter().copied().step_by(LOOKED_AT).collect();
    let Some(last) = (some.len() / PROMISING).checked_sub(1) else {
        return f32::INFINITY;
    };
    let (_, &mut least, _) = some.select_nth_unstable_by(last, |a, b| b.total_cmp(a));
    least
}

/// Meets the documents of a stretch that have a bit; returns how many do, if they are counted.
fn look(
    walk: &mut Walk<'_>,
    stretch: usize,
    bits: &[u64],
    met: &mut Met,
    best: &mut Best,
    context: &Context<'_>,
) -> u64 {
    walk.enter(stretch);
    let mut slots = Slots::new();
    slots.take_held(walk.postings.docs(), bits);
    let mut total = 0;
    for slot in slots.iter() {
        if !walk.postings.is_within(slot) {
            continue;
        }
        total += 1;
        let doc = walk.postings.docs()[slot];
        let frequency = walk.postings.one_frequency_at(slot);
        if met.add(doc, frequency, context) {
            met.offer(walk, best, context);
        }
    }
    total
}

/// Documents that have a bit and hold the term, until there are some: what is known of their lengths lies
/// all about, and is fetched for all of them at once.
struct Met {
    docs: [u32; Self::MOST],
    frequencies: [f32; Self::MOST],
    len: usize,
}

impl Met {
    const MOST: usize = 16;

    const fn new() -> Self {
        Self {
            docs: [0; Self::MOST],
            frequencies: [0.0; Self::MOST],
            len: 0,
        }
    }

    /// Adds a document; true when there is no room for another.
    #[inline]
    fn add(&mut self, doc: u32, frequency: f32, context: &Context<'_>) -> bool {
        context.prefetch_length_code(doc);
        let at = self.len % Self::MOST;
        (self.docs[at], self.frequencies[at]) = (doc, frequency);
        self.len += 1;
        self.len == Self::MOST
    }

    /// Offers all, and has none.
    fn offer(&mut self, walk: &Walk<'_>, best: &mut Best, context: &Context<'_>) {
        let len = std::mem::take(&mut self.len);
        for (&doc, &frequency) in self.docs.iter().zip(&self.frequencies).take(len) {
            if walk.about_of(frequency, context.norm(doc)) > best.bar() {
                let score = walk.score_of(frequency, context.length(doc), context);
                context.offer(best, doc, score);
            }
        }
    }
}
