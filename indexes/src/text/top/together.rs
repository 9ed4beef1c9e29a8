//! The best documents that hold all of several words, each of one term.
//!
//! The rarest word leads, a stretch at a time, of which all postings are scored at once. Of each other
//! word only one stretch at a time is looked at: a *window* is what of the lead lies within one stretch of
//! each. What those stretches can add at most says which documents of the lead are worth finding in them.

use super::super::block::BLOCK;
use super::all::Phrase;
use super::best::Best;
use super::sifted::sift;
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
    let mut search = Search {
        walks,
        in_order,
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
    phrase: Option<Phrase>,
    /// About what the lead gives each document of its stretch, and no less.
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
        match context
            .bits()
            .map(|bits| sift(lead.postings.docs(), bits, &mut slots))
        {
            Some([]) => return Left::Some,
            Some(few) if few.len() <= FEW => {
                // What the filter does not hold for is no better than any bar.
                self.scores[..len].fill(f32::NEG_INFINITY);
                for &slot in few {
                    let slot = usize::from(slot);
                    self.norms[slot] = context.norm(lead.postings.docs()[slot]);
                    self.scores[slot] = lead.about_at(slot, self.norms[slot]);
                }
            }
            Some(_) | None => {
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
        for other in others.iter_mut() {
            end = end.min(other.end_from(docs[at]));
            most += other.most_of(other.bounded()?);
        }
        let slots = at..at + docs[at..].partition_point(|&doc| doc <= end);
        let mut bar = if context.count {
            f32::NEG_INFINITY
        } else {
            best.bar()
        };
        let hopeless = |score: &f32| score + most <= bar;
        if self.scores[slots.clone()].iter().all(hopeless) {
            return Some(slots.end);
        }
        for slot in slots.clone() {
            if self.scores[slot] + most <= bar || !self.meet(slot) {
                continue;
            }
            self.judge(slot, best, context);
            if !context.count {
                bar = best.bar();
            }
        }
        Some(slots.end)
    }

    /// Takes all words to the document in a slot of the lead; false if one does not hold it.
    #[inline]
    fn meet(&mut self, slot: usize) -> bool {
        let Some((lead, others)) = self.walks.split_first_mut() else {
            return false;
        };
        let doc = lead.postings.docs()[slot];
        lead.at = slot;
        // A word is decoded where those before it hold the document.
        others.iter_mut().all(|other| other.reach(doc))
    }

    /// Offers the document on which all words rest, if it is good enough.
    fn judge(&mut self, slot: usize, best: &mut Best, context: &Context<'_>) {
        if !self
            .walks
            .iter_mut()
            .all(|walk| walk.postings.is_within(walk.at))
        {
            return;
        }
        let norm = self.norms[slot];
        let mut about = self.scores[slot];
        for other in &mut self.walks[1..] {
            about += other.about_by(norm);
        }
        let wanted = about > best.bar();
        let doc = self.walks[0].postings.docs()[slot];
        // A phrase costs more than a score or a filter.
        if !(wanted || context.count) || !context.holds(doc) || !self.holds() {
            return;
        }
        self.total += 1;
        if wanted {
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
