//! The best documents that hold all of several words, each of one term, among those of a list of which few lie
//! within one stretch of a word.
//!
//! What a document can score at most is known before any posting is decoded, from its length and the stretches
//! that would hold it. The most promising are looked for first, and of the others those that are good enough.

use std::ops::Range;

use super::super::block::BLOCK;
use super::super::cursor::count_below_in_block;
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
    listed: &[u32],
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
    if context.count || !search.is_worth_bounds(listed, best.k()) {
        for docs in listed.chunks(BLOCK) {
            context.step()?;
            search.docs[..docs.len()].copy_from_slice(docs);
            search.len = docs.len();
            search.look(Bounded::AsOfAny, best, context);
        }
        return Ok(search.total);
    }
    let mosts = search.mosts(listed, context)?;
    let promising = promising(&mosts);
    search.look_at(listed, &mosts, promising..f32::INFINITY, best, context)?;
    search.look_at(listed, &mosts, f32::NEG_INFINITY..promising, best, context)?;
    Ok(search.total)
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

    /// The most that each document of a list scores.
    fn mosts(&mut self, listed: &[u32], context: &mut Context<'_>) -> Result<Vec<f32>, Stopped> {
        let mut mosts = vec![0.0; listed.len()];
        let mut lengths = [LengthCode::default(); BLOCK];
        let mut stretches = [0; BLOCK];
        for (docs, mosts) in listed.chunks(BLOCK).zip(mosts.chunks_mut(BLOCK)) {
            context.step()?;
            context.lengths.read(docs, &mut lengths, |length| length);
            for walk in &mut *self.walks {
                walk.find_stretches(docs, &mut stretches);
                for ((most, &stretch), &length) in mosts.iter_mut().zip(&stretches).zip(&lengths) {
                    *most += walk.most_of_length(stretch as usize, length);
                }
            }
        }
        Ok(mosts)
    }

    /// Looks at those documents of a list that score at most something in a range, if that is good enough.
    fn look_at(
        &mut self,
        listed: &[u32],
        mosts: &[f32],
        range: Range<f32>,
        best: &mut Best,
        context: &mut Context<'_>,
    ) -> Result<(), Stopped> {
        /// Some at a time, and room for as many again.
        const SOME: usize = BLOCK / 2;
        for walk in &mut *self.walks {
            walk.rewind_bounds();
        }
        self.len = 0;
        for (docs, mosts) in listed.chunks(SOME).zip(mosts.chunks(SOME)) {
            let bar = best.bar();
            for (&doc, &most) in docs.iter().zip(mosts) {
                // What is not wanted is written over.
                let slot = self.len % BLOCK;
                (self.docs[slot], self.rests[slot]) = (doc, most);
                self.len += usize::from(most > bar && most >= range.start && most < range.end);
            }
            if self.len >= SOME {
                context.step()?;
                self.look(Bounded::ByStretches, best, context);
                self.len = 0;
            }
        }
        self.look(Bounded::ByStretches, best, context);
        Ok(())
    }

    /// Looks for the documents that are together.
    fn look(&mut self, bounded: Bounded, best: &mut Best, context: &Context<'_>) {
        let docs = &self.docs[..self.len];
        context
            .lengths
            .read(docs, &mut self.lengths, |length| length);
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

    /// Finds the stretches of a word that would hold the documents that are left, and leaves those that are above
    /// a bar by what their stretches add.
    fn bound(&mut self, word: usize, bounded: Bounded, bar: f32) {
        let after: f32 = self.walks[word + 1..].iter().map(Walk::most_of_any).sum();
        let (walk, stretches) = (&mut self.walks[word], &mut self.held[word].stretches);
        let docs: [u32; BLOCK] = std::array::from_fn(|at| self.docs[self.left.get(at)]);
        let mut found = [0; BLOCK];
        walk.find_stretches(&docs[..self.left.len()], &mut found);
        for (slot, stretch) in self.left.iter().zip(found) {
            stretches[slot] = stretch;
        }
        let (lengths, scores, rests) = (&self.lengths, &self.scores, &mut self.rests);
        let most = |slot: usize| walk.most_of_length(stretches[slot] as usize, lengths[slot]);
        match bounded {
            Bounded::ByStretches => {
                for slot in self.left.iter() {
                    rests[slot] = (rests[slot] - most(slot)).max(0.0);
                }
            }
            Bounded::AsOfAny => {
                rests.fill(after);
                if bar > f32::NEG_INFINITY {
                    self.left
                        .retain(|slot| scores[slot] + most(slot) + after > bar);
                }
            }
        }
    }

    /// Leaves those documents that a word holds and that are above a bar with what it adds.
    fn meet(&mut self, word: usize, bar: f32, context: &Context<'_>) {
        /// So many documents ahead the stretch is fetched.
        const AHEAD: usize = 4;
        let (walk, held) = (&mut self.walks[word], &mut self.held[word]);
        let len = self.left.len();
        let stretches: [u32; BLOCK] = std::array::from_fn(|at| held.stretches[self.left.get(at)]);
        let stretches = &stretches[..len];
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
