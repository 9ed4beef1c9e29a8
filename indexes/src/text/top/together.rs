//! The best documents that hold all of several words, each of one term.
//!
//! The rarest word leads, a stretch at a time, of which all postings are scored at once. Each other word takes
//! what the words before it left, a *window* of it at a time: what lies within one stretch of that word. What
//! the stretch can add at most, at all and to documents of their lengths, says which of them are worth finding
//! in it. All of a window are looked for before the next word is asked: searches that do not wait
//! for each other overlap, and nothing is guessed wrong about what they will find.

use super::super::block::BLOCK;
use super::super::cursor::count_below_in_block;
use super::all::Phrase;
use super::best::Best;
use super::slots::Slots;
use super::walk::Walk;
use super::{Context, Stopped};

/// Offers documents that hold all of the terms, and as a phrase if they are to be one; returns how many
/// match, if they are counted. The first term is the rarest.
pub(super) fn search(
    walks: &mut [Walk<'_>],
    phrase: Option<Phrase>,
    best: &mut Best,
    context: &mut Context<'_>,
) -> Result<u64, Stopped> {
    let mut in_order: Vec<usize> = (0..walks.len()).collect();
    in_order.sort_by_key(|&slot| walks[slot].word);
    let others = walks.len().saturating_sub(1);
    let asks_first = context.asks() && are_far_apart(walks);
    let mut search = Search {
        walks,
        in_order,
        mosts: vec![0.0; others],
        places: vec![[0; BLOCK]; others],
        left: (0..=others).map(|_| Slots::new()).collect(),
        asks_first,
        phrase,
        scores: [0.0; BLOCK],
        norms: [0.0; BLOCK],
        total: 0,
    };
    let stretches = search
        .walks
        .first()
        .map_or(0, |lead| lead.postings.stretches());
    for stretch in 0..stretches {
        context.step()?;
        if search.stretch(stretch, best, context) == Left::None {
            break;
        }
    }
    Ok(search.total)
}

/// Documents of a stretch that the filter holds for, if there are no more, are scored one by one.
const FEW: usize = BLOCK / 4;

/// Documents of a window whose lengths are worth a look before a stretch is decoded for them.
const FEW_OF_WINDOW: usize = 8;

/// Whether few postings of the lead, which is the first, lie within a stretch of one of the others: then it
/// takes longer to look for one in it than to ask the filter.
fn are_far_apart(walks: &[Walk<'_>]) -> bool {
    const WITHIN_A_STRETCH: u64 = 8;
    let count = |walk: &Walk<'_>| walk.postings.document_frequency();
    let lead = walks.first().map_or(0, count);
    let stretches = |count: u64| count / BLOCK as u64;
    let mut others = walks.iter().skip(1).map(count);
    others.any(|other| lead < stretches(other).saturating_mul(WITHIN_A_STRETCH))
}

/// What there may be after a stretch.
#[derive(PartialEq, Eq)]
enum Left {
    Some,
    /// One of the words is in no further document.
    None,
}

struct Search<'s, 'a> {
    /// The lead first.
    walks: &'s mut [Walk<'a>],
    /// Slots of `walks` in the order of the query, in which scores are summed.
    in_order: Vec<usize>,
    /// What each other word can add in the lead's stretch.
    mosts: Vec<f32>,
    /// Where each other word holds the document in a slot of the lead, if it does.
    places: Vec<[u8; BLOCK]>,
    /// Slots of the lead's stretch that may be good enough; then, for each other word, those of its window among
    /// what the words before it left.
    left: Vec<Slots>,
    /// The filter is asked of documents before they are looked for in other words.
    asks_first: bool,
    phrase: Option<Phrase>,
    /// About what the words that were looked at give each document of the lead's stretch, and no less.
    scores: [f32; BLOCK],
    /// About `k1 (1 − b + b · length / average)` of each of them, and no more.
    norms: [f32; BLOCK],
    total: u64,
}

impl Search<'_, '_> {
    /// A stretch of the lead.
    fn stretch(&mut self, stretch: usize, best: &mut Best, context: &Context<'_>) -> Left {
        let Some((lead, others)) = self.walks.split_first_mut() else {
            return Left::None;
        };
        let first = lead.postings.start_of(stretch);
        let last = lead.postings.end_of(stretch);
        let any_will_do = context.count || best.bar() == f32::NEG_INFINITY;
        for (other, most) in others.iter_mut().zip(&mut self.mosts) {
            // Where nothing is compared with it, a bound need not be near.
            *most = if any_will_do {
                other.most_of_any()
            } else {
                other.most(first, last)
            };
        }
        let others_most: f32 = self.mosts.iter().sum();
        if !context.count && lead.most_of(stretch) + others_most <= best.bar() {
            return Left::Some;
        }
        lead.enter(stretch);
        let docs = lead.postings.docs();
        let Some(candidates) = self.left.first_mut() else {
            return Left::None;
        };
        match context.bits() {
            Some(bits) => candidates.take_held(docs, bits),
            None => candidates.take_all(docs.len()),
        }
        if candidates.len() <= FEW {
            for slot in candidates.iter() {
                self.norms[slot] = context.norm(lead.postings.docs()[slot]);
                self.scores[slot] = lead.about_at(slot, self.norms[slot]);
            }
        } else {
            lead.norms_of_all(context, &mut self.norms);
            lead.about_all_by(&self.norms, &mut self.scores);
        }
        if !context.count {
            let (scores, enough) = (&self.scores, best.bar() - others_most);
            candidates.retain(|slot| scores[slot] > enough);
        }
        match self.look_in(0, best, context) {
            Some(()) => Left::Some,
            None => Left::None,
        }
    }

    /// Looks in one of the other words, and then in those after it, for the documents that the words before it
    /// left; none if one of the words is in no further document.
    fn look_in(&mut self, number: usize, best: &mut Best, context: &Context<'_>) -> Option<()> {
        if number == self.mosts.len() {
            for at in 0..self.left[number].len() {
                let slot = self.left[number].get(at);
                if context.count || self.scores[slot] > best.bar() {
                    self.judge(slot, best, context);
                }
            }
            return Some(());
        }
        let mut at = 0;
        while at < self.left[number].len() {
            let bar = if context.count {
                f32::NEG_INFINITY
            } else {
                best.bar()
            };
            at = self.window(number, at, bar, context)?;
            if !self.left[number + 1].is_empty() {
                let after: f32 = self.mosts[number + 1..].iter().sum();
                self.meet(number, bar - after);
                self.look_in(number + 1, best, context)?;
            }
        }
        Some(())
    }

    /// Leaves to be looked for in one of the other words what of the documents before it lies within one
    /// stretch of that word, from the one at `at` on, and may be good enough; returns where the window ends.
    fn window(
        &mut self,
        number: usize,
        at: usize,
        bar: f32,
        context: &Context<'_>,
    ) -> Option<usize> {
        let (lead, others) = self.walks.split_first_mut()?;
        let (before, behind) = self.left.split_at_mut(number + 1);
        let (before, window) = (before.last()?, behind.first_mut()?);
        let (docs, other) = (lead.postings.docs(), &mut others[number]);
        let end = other.end_from(docs[before.get(at)]);
        let stretch = other.bounded()?;
        let after: f32 = self.mosts[number + 1..].iter().sum();
        let (scores, limit) = (&self.scores, bar - after);
        let its_most = other.most_of(stretch);
        let is_within = |slot: usize| docs[slot] <= end;
        let is_wanted = |slot: usize| scores[slot] + its_most > limit;
        let next = window.take_window(before, at, is_within, is_wanted);
        if limit > f32::NEG_INFINITY && window.len() <= FEW_OF_WINDOW {
            // What their lengths leave is less than what the stretch can add.
            window.retain(|slot| {
                let length = context.length_code(docs[slot]);
                scores[slot] + other.most_of_length(stretch, length) > limit
            });
        }
        if self.asks_first && number == 0 {
            window.retain(|slot| context.holds(docs[slot]));
        }
        Some(next)
    }

    /// Looks in one of the other words for the documents of its window, and leaves those that it holds and that
    /// are above a limit with what it adds.
    #[inline]
    fn meet(&mut self, number: usize, limit: f32) {
        /// Of more postings of a stretch all frequencies are read.
        const FEW_OF_OTHER: usize = 12;
        let Some((lead, others)) = self.walks.split_first_mut() else {
            return;
        };
        let (other, places) = (&mut others[number], &mut self.places[number]);
        let window = &mut self.left[number + 1];
        let docs = lead.postings.docs();
        let held = other.bounded_docs();
        window.retain(|slot| {
            let doc = docs[slot];
            let at = count_below_in_block(held, doc);
            places[slot] = u8::try_from(at).unwrap_or(u8::MAX);
            held.get(at) == Some(&doc)
        });
        if window.len() <= FEW_OF_OTHER {
            for slot in window.iter() {
                self.scores[slot] += other.about_at(usize::from(places[slot]), self.norms[slot]);
            }
        } else {
            let about = other.about_each();
            for slot in window.iter() {
                self.scores[slot] += about(usize::from(places[slot]), self.norms[slot]);
            }
        }
        let scores = &self.scores;
        window.retain(|slot| scores[slot] > limit);
    }

    /// Offers the document in a slot of the lead, which all words hold, if it is as they are asked for; it
    /// is good enough, or to be counted.
    fn judge(&mut self, slot: usize, best: &mut Best, context: &Context<'_>) {
        let Some((lead, others)) = self.walks.split_first_mut() else {
            return;
        };
        lead.at = slot;
        for (other, places) in others.iter_mut().zip(&self.places) {
            other.at = usize::from(places[slot]);
        }
        let mut walks = self.walks.iter_mut();
        if !walks.all(|walk| walk.postings.is_within(walk.at)) {
            return;
        }
        let doc = self.walks[0].postings.docs()[slot];
        // A phrase costs more than a filter.
        let meets = !context.asks() || self.asks_first || context.holds(doc);
        if !meets || !self.holds() {
            return;
        }
        self.total += 1;
        if self.scores[slot] > best.bar() {
            let length = context.length(doc);
            let (walks, order) = (&mut *self.walks, &self.in_order);
            let scores = order.iter().map(|&at| {
                let walk = &mut walks[at];
                walk.score_at(walk.at, length, context)
            });
            context.offer(best, doc, scores.sum());
        }
    }

    /// The document on which all words rest holds them as they are asked for.
    fn holds(&mut self) -> bool {
        let walks = self.walks.iter_mut();
        let phrase = self.phrase.as_mut();
        phrase.is_none_or(|phrase| phrase.is_in(walks))
    }
}
