//! The best documents that hold all of several words, each of one term, among those of a list of which few lie
//! within one stretch of a word.
//!
//! What a document can score at most is known before any posting is decoded, from its length and the stretches
//! that would hold it. The most promising are looked for first, and of the others those that are good enough.

use std::rc::Rc;

use super::super::block::BLOCK;
use super::super::cursor::count_below_in_block;
use super::super::doc_list::{DocList, ListedLengths};
use super::super::impacts::LengthCode;
use super::all::Phrase;
use super::best::Best;
use super::sifted::promising;
use super::slots::Slots;
use super::walk::Walk;
use super::{Context, Stopped};

/// Offers the documents of an ascending list that hold all of the terms, and as a phrase if they are to be one;
/// returns how many do, if they are counted. The first term is the rarest.
pub(super) fn search(
    walks: &mut [Walk<'_>],
    phrase: Option<Phrase>,
    listed: &DocList,
    best: &mut Best,
    context: &mut Context<'_>,
) -> Result<u64, Stopped> {
    let mut in_order: Vec<usize> = (0..walks.len()).collect();
    in_order.sort_by_key(|&slot| walks[slot].word);
    let words = walks.len();
    let mut search = Search {
        walks,
        in_order,
        phrase,
        docs: [0; BLOCK],
        len: 0,
        lengths: [LengthCode::default(); BLOCK],
        scores: [0.0; BLOCK],
        rests: [0.0; BLOCK],
        held: vec![Held::new(); words],
        left: Slots::new(),
        total: 0,
    };
    if context.count || !search.is_worth_bounds(listed.docs(), best.k()) {
        for docs in listed.docs().chunks(BLOCK) {
            context.step()?;
            search.take(docs, context);
            search.look(Bounded::AsOfAny, best, context);
        }
        return Ok(search.total);
    }
    let mut list = BoundedList::of(listed, search.walks, context)?;
    let promising = promising(&list.mosts);
    search.look_at(&mut list, promising.next_down(), best, context)?;
    search.look_at(&mut list, f32::NEG_INFINITY, best, context)?;
    Ok(search.total)
}

/// Documents of a list, and what is known of each before any posting is decoded.
struct BoundedList<'l> {
    docs: &'l [u32],
    lengths: Rc<ListedLengths>,
    /// By word, the stretch that would hold each.
    stretches: Vec<Vec<u32>>,
    /// The most that each scores; less than anything once it was looked at.
    mosts: Vec<f32>,
}

impl<'l> BoundedList<'l> {
    fn of(
        list: &'l DocList,
        walks: &mut [Walk<'_>],
        context: &mut Context<'_>,
    ) -> Result<Self, Stopped> {
        let (docs, lengths) = (list.docs(), context.lengths);
        let mut list = Self {
            docs,
            lengths: list.lengths(lengths, || context.step())?,
            stretches: vec![vec![0; docs.len()]; walks.len()],
            mosts: vec![0.0; docs.len()],
        };
        for start in (0..docs.len()).step_by(BLOCK) {
            context.step()?;
            let some = start..docs.len().min(start + BLOCK);
            let docs = &docs[some.clone()];
            let lengths = &list.lengths.codes()[some.clone()];
            for (walk, stretches) in walks.iter_mut().zip(&mut list.stretches) {
                let stretches = &mut stretches[some.clone()];
                walk.find_stretches(docs, stretches);
                walk.add_mosts_of_lengths(stretches, lengths, &mut list.mosts[some.clone()]);
            }
        }
        Ok(list)
    }
}

/// How what words add to documents is bounded before they are looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bounded {
    /// By what each adds to any.
    AsOfAny,
    /// By what the stretches add that would hold them.
    ByStretches,
}

struct Search<'s, 'a> {
    /// The rarest first.
    walks: &'s mut [Walk<'a>],
    /// Slots of `walks` in the order of the query, in which scores are summed.
    in_order: Vec<usize>,
    phrase: Option<Phrase>,
    /// Documents that are looked for together.
    docs: [u32; BLOCK],
    len: usize,
    /// About the length of each of them.
    lengths: [LengthCode; BLOCK],
    /// About what the words that were looked at give each of them, and no less; and what the others add at most.
    scores: [f32; BLOCK],
    rests: [f32; BLOCK],
    /// Where each word holds them, and how often.
    held: Vec<Held>,
    /// Slots of those that the words which were looked at hold, and that are good enough.
    left: Slots,
    total: u64,
}

/// Where a word holds some documents.
#[derive(Clone)]
struct Held {
    stretches: [u32; BLOCK],
    places: [u8; BLOCK],
    frequencies: [f32; BLOCK],
}

impl Held {
    const fn new() -> Self {
        Self {
            stretches: [0; BLOCK],
            places: [0; BLOCK],
            frequencies: [0.0; BLOCK],
        }
    }
}

impl Search<'_, '_> {
    /// Whether so many more of a list hold all words than are wanted that to bound what each scores takes less time
    /// than it saves: of several words the bounds together are far above what most documents have.
    fn is_worth_bounds(&self, listed: &[u32], wanted: usize) -> bool {
        const MANY: f64 = 200.0;
        let last = listed.last().copied().unwrap_or(1);
        let share = |walk: &Walk<'_>| walk.postings.document_frequency() as f64 / f64::from(last);
        let shares = self.walks.iter().map(|walk| share(walk).min(1.0));
        let hold_all = shares.product::<f64>() * listed.len() as f64;
        let many = if self.walks.len() > 1 { MANY } else { 1.0 };
        hold_all > many * wanted as f64
    }

    /// Looks at those documents of a list that score more than something at most, if that is good enough.
    fn look_at(
        &mut self,
        list: &mut BoundedList<'_>,
        more_than: f32,
        best: &mut Best,
        context: &mut Context<'_>,
    ) -> Result<(), Stopped> {
        /// Some at a time, and room for as many again.
        const SOME: usize = BLOCK / 2;
        /// So many are passed over at once, if none is wanted.
        const AT_ONCE: usize = 16;
        let (mut chosen, mut len) = ([0; BLOCK], 0);
        for start in (0..list.docs.len()).step_by(SOME) {
            let more_than = more_than.max(best.bar());
            let mosts = list.mosts.get(start..).unwrap_or_default();
            let mosts = mosts.get(..SOME).unwrap_or(mosts);
            for (mosts, start) in mosts.chunks(AT_ONCE).zip((start..).step_by(AT_ONCE)) {
                if !mosts
                    .iter()
                    .fold(false, |any, &most| any | (most > more_than))
                {
                    continue;
                }
                for (at, &most) in (start..).zip(mosts) {
                    // What is not wanted is written over.
                    chosen[len % BLOCK] = at;
                    len += usize::from(most > more_than);
                }
            }
            if len >= SOME {
                context.step()?;
                self.take_of(list, &chosen[..len]);
                self.look(Bounded::ByStretches, best, context);
                len = 0;
            }
        }
        self.take_of(list, &chosen[..len]);
        self.look(Bounded::ByStretches, best, context);
        Ok(())
    }

    /// Has some documents together.
    fn take(&mut self, docs: &[u32], context: &Context<'_>) {
        self.docs[..docs.len()].copy_from_slice(docs);
        self.len = docs.len();
        context
            .lengths
            .read(docs, &mut self.lengths, |length| length);
    }

    /// Has some documents of a list together, which will not be looked at again.
    fn take_of(&mut self, list: &mut BoundedList<'_>, chosen: &[usize]) {
        for (slot, &at) in chosen.iter().enumerate() {
            self.docs[slot] = list.docs[at];
            self.lengths[slot] = list.lengths.codes()[at];
            self.rests[slot] = std::mem::replace(&mut list.mosts[at], f32::NEG_INFINITY);
            for (held, stretches) in self.held.iter_mut().zip(&list.stretches) {
                held.stretches[slot] = stretches[at];
            }
        }
        self.len = chosen.len();
    }

    /// Looks for the documents that are together.
    fn look(&mut self, bounded: Bounded, best: &mut Best, context: &Context<'_>) {
        self.left.take_all(self.len);
        self.scores.fill(0.0);
        let bar = if context.count {
            f32::NEG_INFINITY
        } else {
            best.bar()
        };
        for word in 0..self.walks.len() {
            self.bound(word, bounded, bar);
            self.meet(word, bar, context);
        }
        for at in 0..self.left.len() {
            let slot = self.left.get(at);
            if context.count || self.scores[slot] > best.bar() {
                self.judge(slot, best, context);
            }
        }
    }

    /// Bounds what the words after one add to the documents that are left. Where it is not known which stretches
    /// would hold them, finds those of the word, and leaves the documents that are above a bar by what they add.
    fn bound(&mut self, word: usize, bounded: Bounded, bar: f32) {
        let (walk, after) = self.walks[word..]
            .split_first_mut()
            .expect("it is one of them");
        let stretches = &mut self.held[word].stretches;
        let (lengths, scores, rests) = (&self.lengths, &self.scores, &mut self.rests);
        match bounded {
            Bounded::ByStretches if after.is_empty() => rests.fill(0.0),
            Bounded::ByStretches => {
                for slot in self.left.iter() {
                    let most = walk.most_of_length(stretches[slot] as usize, lengths[slot]);
                    rests[slot] = (rests[slot] - most).max(0.0);
                }
            }
            Bounded::AsOfAny => {
                let after: f32 = after.iter().map(Walk::most_of_any).sum();
                rests.fill(after);
                let docs: [u32; BLOCK] = std::array::from_fn(|at| self.docs[self.left.get(at)]);
                let mut found = [0; BLOCK];
                walk.find_stretches(&docs[..self.left.len()], &mut found);
                for (slot, stretch) in self.left.iter().zip(found) {
                    stretches[slot] = stretch;
                }
                if bar > f32::NEG_INFINITY {
                    let most =
                        |slot: usize| walk.most_of_length(stretches[slot] as usize, lengths[slot]);
                    self.left
                        .retain(|slot| scores[slot] + most(slot) + after > bar);
                }
            }
        }
    }

    /// Leaves those documents that a word holds and that are above a bar with what it adds.
    fn meet(&mut self, word: usize, bar: f32, context: &Context<'_>) {
        /// So many documents ahead the stretch is fetched.
        const AHEAD: usize = 8;
        let (walk, held) = (&mut self.walks[word], &mut self.held[word]);
        let len = self.left.len();
        let stretches: [u32; BLOCK] = std::array::from_fn(|at| held.stretches[self.left.get(at)]);
        let stretches = &stretches[..len];
        // Where each lies is looked up first, for it was long ago that this was near.
        for &stretch in stretches {
            walk.prefetch_entry(stretch as usize);
        }
        for &stretch in stretches.iter().take(AHEAD) {
            walk.prefetch(stretch as usize);
        }
        let mut ahead = AHEAD;
        let (docs, lengths) = (&self.docs, &self.lengths);
        let (scores, rests) = (&mut self.scores, &self.rests);
        self.left.retain(|slot| {
            if let Some(&stretch) = stretches.get(ahead) {
                walk.prefetch(stretch as usize);
            }
            ahead += 1;
            let doc = docs[slot];
            walk.enter_once(held.stretches[slot] as usize);
            let place = count_below_in_block(walk.postings.docs(), doc);
            if walk.postings.docs().get(place) != Some(&doc) || !walk.postings.is_within(place) {
                return false;
            }
            let frequency = walk.postings.one_frequency_at(place);
            held.places[slot] = u8::try_from(place).unwrap_or(u8::MAX);
            held.frequencies[slot] = frequency;
            let norm = context.bounds.norm(lengths[slot]);
            scores[slot] += walk.about_of(frequency, norm);
            scores[slot] + rests[slot] > bar
        });
    }

    /// Offers a document that all words hold, if it is as they are asked for; it is good enough, or to be counted.
    fn judge(&mut self, slot: usize, best: &mut Best, context: &Context<'_>) {
        let doc = self.docs[slot];
        if let Some(phrase) = self.phrase.as_mut() {
            for (walk, held) in self.walks.iter_mut().zip(&self.held) {
                walk.enter_once(held.stretches[slot] as usize);
                walk.at = usize::from(held.places[slot]);
            }
            if !phrase.is_in(self.walks.iter_mut()) {
                return;
            }
        }
        self.total += 1;
        if self.scores[slot] > best.bar() {
            let length = context.length(doc);
            let scores = self.in_order.iter().map(|&at| {
                let frequency = self.held[at].frequencies[slot];
                self.walks[at].score_of(frequency, length, context)
            });
            context.offer(best, doc, scores.sum());
        }
    }
}
