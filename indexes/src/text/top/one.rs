//! The best documents for one term.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::super::block::BLOCK;
use super::best::Best;
use super::walk::Walk;
use super::{Context, Stopped};

/// Blocks that are fetched together at the beginning.
const AT_ONCE: usize = 4;

/// Offers the documents of those stretches that can hold one of the best; returns how many match, if
/// they are counted.
pub(super) fn search(
    walk: &mut Walk<'_>,
    best: &mut Best,
    context: &mut Context<'_>,
) -> Result<u64, Stopped> {
    let everywhere = walk.is_everywhere();
    let known = everywhere && context.filter.is_none();
    let counted = context.count && !known;
    let mut total = if known {
        walk.postings.document_frequency()
    } else {
        0
    };
    let mut scores = [0.0; BLOCK];
    if counted {
        for stretch in 0..walk.postings.stretches() {
            context.step()?;
            walk.enter(stretch);
            let slots = 0..walk.postings.docs().len();
            let held = slots.filter(|&at| {
                walk.postings.is_within(at) && context.holds(walk.postings.docs()[at])
            });
            total += held.count() as u64;
            if walk.most_of(stretch) > best.bar() {
                offer_all(walk, &mut scores, best, context);
            }
        }
        return Ok(total);
    }
    // The most promising first: the sooner the best are found, the fewer are looked at.
    let promises = (0..walk.postings.stretches()).map(|stretch| Promise {
        most: walk.most_of(stretch),
        stretch,
    });
    let mut promises: BinaryHeap<Promise> = promises.collect::<Vec<_>>().into();
    for promise in promises.iter().take(AT_ONCE) {
        walk.prefetch(promise.stretch);
    }
    while let Some(promise) = promises.pop() {
        context.step()?;
        if promise.most <= best.bar() {
            break;
        }
        if let Some(next) = promises.peek() {
            walk.prefetch(next.stretch);
        }
        walk.enter(promise.stretch);
        offer_all(walk, &mut scores, best, context);
    }
    Ok(total)
}

/// A stretch and the most that a posting of it scores.
struct Promise {
    most: f32,
    stretch: usize,
}

impl Ord for Promise {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_most = self.most.total_cmp(&other.most);
        // Of equal ones the first is before the others.
        by_most.then(other.stretch.cmp(&self.stretch))
    }
}

impl PartialOrd for Promise {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Promise {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Promise {}

/// Offers the documents of the stretch that was entered.
fn offer_all(
    walk: &mut Walk<'_>,
    scores: &mut [f32; BLOCK],
    best: &mut Best,
    context: &Context<'_>,
) {
    let len = walk.postings.docs().len();
    walk.about_all(0..len, context, scores);
    let mut bar = best.bar();
    let mut next = 0;
    while let Some(ahead) = scores[next..len].iter().position(|&score| score > bar) {
        let at = next + ahead;
        next = at + 1;
        if walk.postings.is_within(at) {
            let doc = walk.postings.docs()[at];
            if !context.holds(doc) {
                continue;
            }
            let score = walk.score_at(at, context.length(doc), context);
            context.offer(best, doc, score);
            bar = best.bar();
        }
    }
}
