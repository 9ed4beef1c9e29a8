//! One term's postings under a search for the best documents.

use std::ops::Range;

use super::super::block::BLOCK;
use super::super::bm25::{K1, term_score};
use super::super::cursor::{PostingCursor, count_below};
use super::super::field::FieldMask;
use super::super::impacts::{Bounds, LengthCode, widened};
use super::{Context, saturated};

/// No document: past the last.
pub(super) const END: u32 = u32::MAX;

/// A term's postings, and how much stretches of them can add to a score.
pub(super) struct Walk<'a> {
    pub(super) postings: PostingCursor,
    pub(super) weight: f64,
    /// What a condition adds beside it: of every bound and of every score that is about right, as if each of its
    /// documents held another term of this weight once.
    pub(super) beside: f32,
    /// The number of its word.
    pub(super) word: usize,
    bounds: &'a Bounds,
    /// The stretch that bounds were last asked from.
    bounded: usize,
    /// Slot in the stretch that the postings are in.
    pub(super) at: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        postings: PostingCursor,
        weight: f64,
        word: usize,
        bounds: &'a Bounds,
    ) -> Self {
        let mut walk = Self {
            postings,
            weight,
            beside: 0.0,
            word,
            bounds,
            bounded: 0,
            at: 0,
        };
        walk.restart();
        walk
    }

    /// The document it rests on, or [`END`].
    #[inline]
    pub(super) fn doc(&self) -> u32 {
        self.postings.docs().get(self.at).copied().unwrap_or(END)
    }

    /// Goes to the first document from `target` on, never back; [`END`] if there is none.
    #[inline]
    pub(super) fn seek(&mut self, target: u32) -> u32 {
        let docs = self.postings.docs();
        let Some(&last) = docs.last() else { return END };
        if last < target {
            let stretch = self
                .postings
                .stretch_of(self.postings.stretch() + 1, target);
            self.enter(stretch);
        } else if let Some(&doc) = docs.get(self.at).filter(|&&doc| doc >= target) {
            return doc;
        }
        let ahead = self.postings.docs().get(self.at..).unwrap_or_default();
        self.at += count_below(ahead, target);
        self.settle()
    }

    /// Goes to the beginning of a stretch, whatever fields its first posting is in.
    pub(super) fn enter(&mut self, stretch: usize) {
        if stretch != self.postings.stretch() {
            self.postings.enter(stretch);
        }
        self.at = 0;
    }

    /// Fetches what is known of a stretch, for it will be asked for.
    pub(super) fn prefetch_entry(&self, stretch: usize) {
        self.postings.prefetch_entry(stretch);
    }

    /// Fetches a stretch that will be entered.
    pub(super) fn prefetch(&self, stretch: usize) {
        if let Some(block) = self.postings.coded(stretch) {
            block.prefetch(self.postings.start_of(stretch));
        }
    }

    /// Goes back to the first document.
    pub(super) fn restart(&mut self) {
        self.enter(0);
        self.bounded = 0;
        self.settle();
    }

    /// It is not restricted to some fields.
    #[inline]
    pub(super) fn is_everywhere(&self) -> bool {
        self.postings.fields() == FieldMask::ALL
    }

    /// From a slot, even one past the end of its stretch, to the next posting in the right fields.
    #[inline]
    fn settle(&mut self) -> u32 {
        loop {
            while let Some(&doc) = self.postings.docs().get(self.at) {
                if self.postings.is_within(self.at) {
                    return doc;
                }
                self.at += 1;
            }
            if self.postings.docs().is_empty() {
                return END;
            }
            self.enter(self.postings.stretch() + 1);
        }
    }

    /// The last document of the stretch that holds or would hold a document; nothing is decoded.
    pub(super) fn end_from(&mut self, doc: u32) -> u32 {
        self.bounded = self.postings.stretch_of(self.bounded, doc);
        self.postings.end_of(self.bounded)
    }

    /// The stretches that hold or would hold some ascending documents, which bounds are asked from in their turn;
    /// past the last stretch there is one more.
    pub(super) fn find_stretches(&mut self, docs: &[u32], stretches: &mut [u32]) {
        /// So many stretches ahead is fetched where one ends, which must be known to go to the next.
        const AHEAD: usize = 16;
        let postings = &self.postings;
        let mut bounded = self.bounded;
        let mut end = postings.end_of(bounded);
        for (stretch, &doc) in stretches.iter_mut().zip(docs) {
            postings.prefetch_entry(bounded + AHEAD);
            // It is likely to be this one or the next, which is not guessed.
            bounded += usize::from(end < doc);
            end = postings.end_of(bounded);
            if end < doc {
                bounded = postings.stretch_of(bounded, doc);
                end = postings.end_of(bounded);
            }
            *stretch = u32::try_from(bounded).unwrap_or(u32::MAX);
        }
        self.bounded = bounded;
    }

    /// Goes to a stretch, if it is not there, to any slot of it.
    #[inline]
    pub(super) fn enter_once(&mut self, stretch: usize) {
        if stretch != self.postings.stretch() {
            self.postings.enter(stretch);
        }
    }

    /// The stretch that bounds were last asked from; none past the last.
    #[inline]
    pub(super) fn bounded(&self) -> Option<usize> {
        (self.bounded < self.postings.stretches()).then_some(self.bounded)
    }

    /// Goes to a document, or to where it would be, within the stretch that bounds were last asked from;
    /// whether it is there. Never back.
    #[inline]
    pub(super) fn reach(&mut self, doc: u32) -> bool {
        if self.postings.stretch() != self.bounded {
            self.enter(self.bounded);
        }
        let docs = self.postings.docs();
        if docs.get(self.at) == Some(&doc) {
            return true;
        }
        let ahead = docs.get(self.at..).unwrap_or_default();
        self.at += count_below(ahead, doc);
        docs.get(self.at) == Some(&doc)
    }

    /// The documents of the stretch that bounds were last asked from.
    #[inline]
    pub(super) fn bounded_docs(&mut self) -> &[u32] {
        if self.postings.stretch() != self.bounded {
            self.enter(self.bounded);
        }
        self.postings.docs()
    }

    /// The most that a document in a range adds to its score by this term. Ranges are asked for in
    /// ascending order.
    pub(super) fn most(&mut self, from: u32, to: u32) -> f32 {
        /// Over more stretches than these the bound is no use, and finding it costs.
        const MOST_STRETCHES: usize = 12;
        let mut end = self.end_from(from);
        let mut most = self.most_of(self.bounded);
        for stretch in self.bounded + 1..self.bounded + MOST_STRETCHES {
            if end >= to {
                return most;
            }
            end = self.postings.end_of(stretch);
            most = most.max(self.most_of(stretch));
        }
        if end >= to { most } else { self.most_of_any() }
    }

    /// The most that a stretch adds.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "bounds are widened for it")]
    pub(super) fn most_of(&self, stretch: usize) -> f32 {
        let weight = self.weight as f32;
        match self.postings.coded(stretch) {
            Some(block) if self.beside > 0.0 => {
                let bounds = self.bounds;
                bounds.most_beside(block.impacts(), weight, self.beside)
            }
            Some(block) => weight * self.bounds.most(block.impacts()),
            // A tail has no bound of its own.
            None if stretch < self.postings.stretches() => self.most_of_any(),
            None => 0.0,
        }
    }

    /// The most that a stretch adds to the score of a document of this length.
    #[inline]
    pub(super) fn most_of_length(&self, stretch: usize, length: LengthCode) -> f32 {
        self.most_of_lengths()(stretch, length)
    }

    /// Adds to each of some, up to [`BLOCK`], the most that a stretch, of ascending ones, adds to the score of a
    /// document of a length.
    #[expect(clippy::cast_possible_truncation, reason = "bounds are widened for it")]
    pub(super) fn add_mosts_of_lengths(
        &self,
        stretches: &[u32],
        lengths: &[LengthCode],
        mosts: &mut [f32],
    ) {
        let mut ratios = [f32::INFINITY; BLOCK];
        let mut coded = 0;
        for ((ratio, &stretch), &length) in ratios.iter_mut().zip(stretches).zip(lengths) {
            let Some(block) = self.postings.coded(stretch as usize) else {
                break;
            };
            *ratio = self.bounds.ratio_of_length(block.impacts(), length);
            coded += 1;
        }
        let (of_blocks, of_tail) = mosts.split_at_mut(coded);
        // Several at a time, once nothing is looked up for them.
        let weight = self.weight as f32;
        for (most, &ratio) in of_blocks.iter_mut().zip(&ratios) {
            *most += weight * widened(ratio);
        }
        if self.beside > 0.0 {
            for (most, &length) in of_blocks.iter_mut().zip(lengths) {
                *most += self.most_beside(length);
            }
        }
        for (most, &stretch) in of_tail.iter_mut().zip(&stretches[coded..]) {
            *most += self.most_of(stretch as usize);
        }
    }

    /// The most that a stretch adds to the score of a document of a length, of any.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "bounds are widened for it")]
    fn most_of_lengths(&self) -> impl Fn(usize, LengthCode) -> f32 {
        let (weight, bounds) = (self.weight as f32, self.bounds);
        move |stretch, length| match self.postings.coded(stretch) {
            Some(block) => {
                let own = bounds.most_of_length(block.impacts(), length);
                weight * own + self.most_beside(length)
            }
            None => self.most_of(stretch),
        }
    }

    /// The most that is added beside it to the score of a document of this length.
    #[inline]
    fn most_beside(&self, length: LengthCode) -> f32 {
        if self.beside > 0.0 {
            self.beside * self.bounds.most_of_one(length)
        } else {
            0.0
        }
    }

    /// The most that there is to add.
    #[expect(clippy::cast_possible_truncation, reason = "bounds are widened for it")]
    pub(super) fn most_of_any(&self) -> f32 {
        ((self.weight + f64::from(self.beside)) * (K1 + 1.0) * (1.0 + 1e-6)) as f32
    }

    /// About what each posting in some slots of the stretch adds to the score of its document, and no
    /// less.
    pub(super) fn about_all(
        &mut self,
        slots: Range<usize>,
        context: &Context<'_>,
        scores: &mut [f32; BLOCK],
    ) {
        let about = self.about_any();
        let (docs, frequencies) = self.postings.counted();
        let docs = &docs[slots.clone()];
        let scores = &mut scores[slots.clone()];
        let bounds = self.bounds;
        let norm = |length| bounds.norm(length);
        context.lengths.read(docs, scores, norm);
        for (score, &frequency) in scores.iter_mut().zip(&frequencies[slots]) {
            *score = about(frequency, *score);
        }
    }

    /// About `k1 (1 − b + b · length / average)` of each document of the stretch, and no more.
    pub(super) fn norms_of_all(&self, context: &Context<'_>, norms: &mut [f32; BLOCK]) {
        let docs = self.postings.docs();
        let norm = |length| self.bounds.norm(length);
        context.lengths.read(docs, &mut norms[..docs.len()], norm);
    }

    /// What [`about_all`](Self::about_all) gives the whole stretch, from its norms.
    pub(super) fn about_all_by(&mut self, norms: &[f32; BLOCK], scores: &mut [f32; BLOCK]) {
        let about = self.about_any();
        let (_, frequencies) = self.postings.counted();
        for ((score, &norm), &frequency) in scores.iter_mut().zip(norms).zip(frequencies) {
            *score = about(frequency, norm);
        }
    }

    /// About what the posting it rests on adds to the score of its document of this length.
    #[inline]
    pub(super) fn about(&mut self, length: f32, context: &Context<'_>) -> f32 {
        let frequency = self.postings.counted().1[self.at];
        self.about_of(frequency, context.saturation.norm(length))
    }

    /// The same of the posting in a slot of the stretch, where few of its postings are asked for.
    #[inline]
    pub(super) fn about_at(&mut self, at: usize, norm: f32) -> f32 {
        let frequency = self.postings.one_frequency_at(at);
        self.about_of(frequency, norm)
    }

    /// The same of a document that holds the term so often.
    #[inline]
    pub(super) fn about_of(&self, frequency: f32, norm: f32) -> f32 {
        self.about_any()(frequency, norm)
    }

    /// The same, of any.
    #[inline]
    fn about_any(&self) -> impl Fn(f32, f32) -> f32 + use<> {
        let (weight, beside) = (self.weight(), self.beside);
        move |frequency, norm| {
            let about = weight * saturated(frequency, norm);
            if beside > 0.0 {
                about + beside * saturated(1.0, norm)
            } else {
                about
            }
        }
    }

    /// The same, where many are asked for.
    #[inline]
    pub(super) fn about_each(&mut self) -> impl Fn(usize, f32) -> f32 {
        let about = self.about_any();
        let (_, frequencies) = self.postings.counted();
        move |at, norm| about(frequencies[at], norm)
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "it need not be exact")]
    const fn weight(&self) -> f32 {
        self.weight as f32
    }

    /// How often a document holds the term; 0 if the stretch does not have it.
    pub(super) fn frequency_in(&mut self, doc: u32) -> f64 {
        match self.postings.docs().binary_search(&doc) {
            Ok(at) if self.postings.is_within(at) => f64::from(self.postings.counted().1[at]),
            _ => 0.0,
        }
    }

    /// What the posting in a slot of the stretch adds to the score of its document of this length.
    pub(super) fn score_at(&mut self, at: usize, length: f32, context: &Context<'_>) -> f64 {
        let frequency = self.postings.one_frequency_at(at);
        self.score_of(frequency, length, context)
    }

    /// What it adds to the score of a document of this length that holds it so often.
    pub(super) fn score_of(&self, frequency: f32, length: f32, context: &Context<'_>) -> f64 {
        let (frequency, length) = (f64::from(frequency), f64::from(length));
        term_score(self.weight, frequency, length, context.average_length)
    }
}
