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
    let scores = scores.get(..len).unwrap_or_default();
    // While there are too few hits all are good enough, of which most would be put out again.
    let likely = if best.is_full() {
        f32::NEG_INFINITY
    } else {
        exceeded_by(best.k(), scores)
    };
    offer_those(walk, scores, |score| score >= likely, best, context);
    if likely > f32::NEG_INFINITY {
        offer_those(walk, scores, |score| score < likely, best, context);
    }
}

/// A score that at least so many of some have: nearly the highest such one where they are few of many, and
/// much sooner found.
fn exceeded_by(count: usize, scores: &[f32]) -> f32 {
    /// Of each the highest score is known: so many scores are no lower than the lowest of these.
    const GROUPS: usize = 16;
    if count > GROUPS || scores.len() < 2 * GROUPS {
        return f32::NEG_INFINITY;
    }
    let mut highest = [f32::NEG_INFINITY; GROUPS];
    for scores in scores.chunks(GROUPS) {
        for (highest, &score) in highest.iter_mut().zip(scores) {
            *highest = if score > *highest { score } else { *highest };
        }
    }
    highest.sort_unstable_by(|a, b| b.total_cmp(a));
    let last = count.checked_sub(1).and_then(|last| highest.get(last));
    last.copied().unwrap_or(f32::NEG_INFINITY)
}

/// Offers those documents of the stretch whose score is wanted.
#[inline]
fn offer_those(
    walk: &mut Walk<'_>,
    scores: &[f32],
    wanted: impl Fn(f32) -> bool,
    best: &mut Best,
    context: &Context<'_>,
) {
    let (mut bar, mut next) = (best.bar(), 0);
    while let Some(ahead) = scores[next..]
        .iter()
        .position(|&score| score > bar && wanted(score))
    {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn at_least_so_many_have_the_score(
            scores in prop::collection::vec(0.0_f32..9.0, 0..=BLOCK), count in 0_usize..20,
        ) {
            let score = exceeded_by(count, &scores);
            let have = scores.iter().filter(|&&it| it >= score).count();
            prop_assert!(score == f32::NEG_INFINITY || have >= count);
            let finite = (1..=16).contains(&count) && scores.len() >= 32;
            prop_assert_eq!(score > f32::NEG_INFINITY, finite);
        }
    }
}
