//! The best documents that hold all of several words, each of one term.
//!
//! The rarest word leads, a stretch at a time, of which all postings are scored at once. Of each other
//! word only one stretch at a time is looked at: a *window* is what of the lead lies within one stretch of
//! each. What those stretches can add at most says which documents of the lead are worth finding in them.
//! All of a window are looked for in a word before any is looked for in the next: searches that do not wait
//! for each other overlap, and nothing is guessed wrong about what they will find.

use super::super::block::BLOCK;
use super::super::cursor::count_below_in_block;
use super::all::Phrase;
use super::best::Best;
use super::sifted::{has_bit, sift};
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
    let mut search = Search {
        walks,
        in_order,
        mosts: vec![0.0; others],
        places: vec![[0; BLOCK]; others],
        slots: Slots::new(),
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
    /// What each other word can add in the window.
    mosts: Vec<f32>,
    /// Where each other word holds the document in a slot of the lead, if it does.
    places: Vec<[u8; BLOCK]>,
    /// Slots of the lead in the window that may be good enough.
    slots: Slots,
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
        let others_most: f32 = others.iter_mut().map(|other| other.most(first, last)).sum();
        if !context.count && lead.most_of(stretch) + others_most <= best.bar() {
            return Left::Some;
        }
        lead.enter(stretch);
        let len = lead.postings.docs().len();
        let mut slots = [0; BLOCK];
        let bits = context.bits();
        match bits.map(|bits| (bits, sift(lead.postings.docs(), bits, &mut slots))) {
            Some((_, [])) => return Left::Some,
            Some((_, few)) if few.len() <= FEW => {
                // What the filter does not hold for is no better than any bar.
                self.scores[..len].fill(f32::NEG_INFINITY);
                for &slot in few {
                    let slot = usize::from(slot);
                    self.norms[slot] = context.norm(lead.postings.docs()[slot]);
                    self.scores[slot] = lead.about_at(slot, self.norms[slot]);
                }
            }
            Some((bits, _)) => {
                lead.norms_of_all(context, &mut self.norms);
                lead.about_all_by(&self.norms, &mut self.scores);
                for (score, &doc) in self.scores.iter_mut().zip(lead.postings.docs()) {
                    *score = if has_bit(bits, doc) {
                        *score
                    } else {
                        f32::NEG_INFINITY
                    };
                }
            }
            None => {
                lead.norms_of_all(context, &mut self.norms);
                lead.about_all_by(&self.norms, &mut self.scores);
            }
        }
        let mut at = 0;
        while at < len {
            if !context.count {
                let enough = best.bar() - others_most;
                let ahead = self.scores[at..len]
                    .iter()
                    .position(|&score| score > enough);
                at = ahead.map_or(len, |ahead| at + ahead);
                if at == len {
                    break;
                }
            }
            match self.window(at, best, context) {
                Some(next) => at = next,
                None => return Left::None,
            }
        }
        Left::Some
    }

    /// The window that begins with a slot of the lead's stretch; returns the slot after it, or none if
    /// one of the words is in no further document.
    fn window(&mut self, at: usize, best: &mut Best, context: &Context<'_>) -> Option<usize> {
        let (lead, others) = self.walks.split_first_mut()?;
        let docs = lead.postings.docs();
        let (mut end, mut most) = (u32::MAX, 0.0);
        for (other, its_most) in others.iter_mut().zip(&mut self.mosts) {
            end = end.min(other.end_from(docs[at]));
            *its_most = other.most_of(other.bounded()?);
            most += *its_most;
        }
        let window = at..at + docs[at..].partition_point(|&doc| doc <= end);
        let bar = if context.count {
            f32::NEG_INFINITY
        } else {
            best.bar()
        };
        self.slots
            .take_above(window.clone(), &self.scores, bar - most);
        for number in 0..others.len() {
            if self.slots.is_empty() {
                return Some(window.end);
            }
            let left: f32 = self.mosts[number + 1..].iter().sum();
            self.meet(number, bar - left);
        }
        for at in 0..self.slots.len() {
            let slot = self.slots.get(at);
            if context.count || self.scores[slot] > best.bar() {
                self.judge(slot, best, context);
            }
        }
        Some(window.end)
    }

    /// Looks in one of the other words for the documents in slots of the lead, and leaves those that it
    /// holds and that are above a limit with what it adds.
    #[inline]
    fn meet(&mut self, number: usize, limit: f32) {
        /// Of more postings of a stretch all frequencies are read.
        const FEW_OF_OTHER: usize = 12;
        let Some((lead, others)) = self.walks.split_first_mut() else {
            return;
        };
        let (other, places) = (&mut others[number], &mut self.places[number]);
        let docs = lead.postings.docs();
        let held = other.bounded_docs();
        self.slots.retain(|slot| {
            let doc = docs[slot];
            let at = count_below_in_block(held, doc);
            places[slot] = u8::try_from(at).unwrap_or(u8::MAX);
            held.get(at) == Some(&doc)
        });
        if self.slots.len() <= FEW_OF_OTHER {
            for slot in self.slots.iter() {
                self.scores[slot] += other.about_at(usize::from(places[slot]), self.norms[slot]);
            }
        } else {
            let about = other.about_each();
            for slot in self.slots.iter() {
                self.scores[slot] += about(usize::from(places[slot]), self.norms[slot]);
            }
        }
        self.slots.retain(|slot| self.scores[slot] > limit);
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
        if !context.holds(doc) || !self.holds() {
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
