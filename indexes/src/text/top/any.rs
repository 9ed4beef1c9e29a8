//! The best documents that hold any of several terms.
//!
//! MaxScore (Turtle and Flood, "Query Evaluation: Strategies and Optimizations", 1995) on block maxima
//! (Chakrabarti et al., "Interval-Based Pruning for Top-k Processing over Compressed Lists", 2011):
//! documents are taken in windows that lie within one block of each term that matters. Of a window
//! only documents are looked at that hold an *essential* term, one that, with the terms that can add
//! less, can reach the best; scores of several such terms are summed in a buffer over the window.

use super::super::block::BLOCK;
use super::best::Best;
use super::walk::{END, Walk};
use super::{Context, Stopped, one, score};

/// Most documents of a window.
const WIDTH: usize = 2048;

/// Offers documents window by window; returns how many match, if they are counted.
pub(super) fn search(
    walks: &mut [Walk<'_>],
    best: &mut Best,
    context: &mut Context<'_>,
) -> Result<u64, Stopped> {
    let total = if context.count {
        count(walks, context)?
    } else {
        0
    };
    if best.is_closed() {
        return Ok(total);
    }
    *best = floor(walks, best, context)?;
    let mut search = Search {
        order: (0..walks.len()).collect(),
        most: vec![0.0; walks.len()],
        sums: vec![0.0; walks.len()],
        walks,
        essential: 0,
        scores: [0.0; BLOCK],
        buffer: vec![0.0; WIDTH],
        held: vec![0; WIDTH / 64],
    };
    let mut from = 1;
    while let Some(to) = search.window(from) {
        context.step()?;
        from = match search.narrow(from, to, best.bar()) {
            Window::Of(first, last) => {
                if search.essential + 1 == search.order.len() {
                    search.one(last, best, context);
                } else {
                    search.several(first, last, best, context);
                }
                last + 1
            }
            Window::HopelessTo(last) => last + 1,
        };
    }
    Ok(total)
}

/// Nothing found yet, but known to be no worse than what the term that counts for the most gives by
/// itself.
fn floor(walks: &mut [Walk<'_>], best: &Best, context: &mut Context<'_>) -> Result<Best, Stopped> {
    let enough = walks
        .iter_mut()
        .filter(|walk| walk.postings.document_frequency() >= best.k() as u64);
    let mut found = best.anew();
    if let Some(walk) = enough.max_by(|a, b| a.weight.total_cmp(&b.weight)) {
        let counts = std::mem::replace(&mut context.count, false);
        one::search(walk, &mut found, context)?;
        context.count = counts;
        walk.restart();
    }
    Ok(Best::new_above(&found))
}

struct Search<'s, 'a> {
    walks: &'s mut [Walk<'a>],
    /// Slots of `walks`, those that can add the least to a score of the window first.
    order: Vec<usize>,
    /// What each walk can add in the window.
    most: Vec<f32>,
    /// What the walks up to each in `order` can add together.
    sums: Vec<f32>,
    /// From which slot of `order` on walks are essential.
    essential: usize,
    /// For the postings of one stretch.
    scores: [f32; BLOCK],
    /// For the documents of the window.
    buffer: Vec<f32>,
    /// Bits of those that hold an essential term.
    held: Vec<u64>,
}

/// Some neighbouring documents.
enum Window {
    /// Those to look at, by the first and the last, which lie within a stretch of each essential term.
    Of(u32, u32),
    /// Up to this one none can be good enough.
    HopelessTo(u32),
}

impl Search<'_, '_> {
    /// The last document of a window from a document on: no term that was essential in the window
    /// before has two stretches in it. None if no term has any document from there on.
    fn window(&mut self, from: u32) -> Option<u32> {
        let mut to = END;
        for &slot in self.order.get(self.essential..).unwrap_or_default() {
            to = to.min(self.walks[slot].end_from(from));
        }
        if to == END {
            self.essential = 0;
            let ends = self.walks.iter_mut().map(|walk| walk.end_from(from));
            to = ends.min().unwrap_or(END);
        }
        (to != END).then_some(to)
    }

    /// Finds which terms are essential in a window, and narrows it to within a stretch of each of
    /// them.
    fn narrow(&mut self, from: u32, mut to: u32, bar: f32) -> Window {
        for (walk, most) in self.walks.iter_mut().zip(&mut self.most) {
            *most = walk.most(from, to);
        }
        let most = &self.most;
        self.order
            .sort_unstable_by(|&a, &b| most[a].total_cmp(&most[b]));
        let mut sum = 0.0;
        self.essential = self.order.len();
        for (at, (&slot, total)) in self.order.iter().zip(&mut self.sums).enumerate() {
            sum += most[slot];
            *total = sum;
            if sum > bar && self.essential > at {
                self.essential = at;
            }
        }
        if self.essential == self.order.len() {
            self.essential = 0;
            return Window::HopelessTo(to);
        }
        let mut first = END;
        for &slot in &self.order[self.essential..] {
            to = to.min(self.walks[slot].end_from(from));
        }
        for &slot in &self.order[self.essential..] {
            first = first.min(self.walks[slot].seek(from));
        }
        let width = u32::try_from(WIDTH).unwrap_or(u32::MAX);
        let last = to.min(first.saturating_add(width - 1));
        if first > to {
            // Only what cannot be good enough by itself.
            return Window::HopelessTo(to);
        }
        Window::Of(first, last)
    }

    /// Looks at the documents of the only essential term up to `last`.
    fn one(&mut self, last: u32, best: &mut Best, context: &Context<'_>) {
        let walk = &mut self.walks[self.order[self.essential]];
        let docs = &walk.postings.docs()[walk.at..];
        let slots = walk.at..walk.at + docs.partition_point(|&doc| doc <= last);
        walk.about_all(slots.clone(), context, &mut self.scores);
        walk.at = slots.end;
        let others = self
            .essential
            .checked_sub(1)
            .map_or(0.0, |below| self.sums[below]);
        let mut bar = best.bar();
        for at in slots {
            if self.scores[at] + others <= bar {
                continue;
            }
            let walk = &mut self.walks[self.order[self.essential]];
            if walk.postings.is_within(at) {
                let doc = walk.postings.docs()[at];
                self.candidate(doc, self.scores[at], bar, best, context);
                bar = best.bar();
            }
        }
    }

    /// Looks at the documents of several essential terms from `first` to `last`.
    fn several(&mut self, first: u32, last: u32, best: &mut Best, context: &Context<'_>) {
        for &slot in &self.order[self.essential..] {
            let walk = &mut self.walks[slot];
            let docs = walk.postings.docs().get(walk.at..).unwrap_or_default();
            let slots = walk.at..walk.at + docs.partition_point(|&doc| doc <= last);
            if slots.is_empty() {
                continue;
            }
            walk.about_all(slots.clone(), context, &mut self.scores);
            let everywhere = walk.is_everywhere();
            for at in slots.clone() {
                if everywhere || walk.postings.is_within(at) {
                    let offset = (walk.postings.docs()[at] - first) as usize;
                    self.buffer[offset] += self.scores[at];
                    self.held[offset / 64] |= 1 << (offset % 64);
                }
            }
            walk.at = slots.end;
        }
        let others = self
            .essential
            .checked_sub(1)
            .map_or(0.0, |below| self.sums[below]);
        let words = (last - first) as usize / 64 + 1;
        let mut bar = best.bar();
        for word in 0..words {
            let mut bits = std::mem::take(&mut self.held[word]);
            while bits != 0 {
                let offset = word * 64 + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                let about = std::mem::take(&mut self.buffer[offset]);
                if about + others > bar {
                    let doc = first + u32::try_from(offset).unwrap_or_default();
                    self.candidate(doc, about, bar, best, context);
                    bar = best.bar();
                }
            }
        }
    }

    /// Adds what the terms that are not essential give a document, as long as it can be good enough.
    fn candidate(
        &mut self,
        doc: u32,
        about: f32,
        bar: f32,
        best: &mut Best,
        context: &Context<'_>,
    ) {
        if !context.holds(doc) {
            return;
        }
        let length = context.length(doc);
        let mut sum = about;
        for below in (0..self.essential).rev() {
            if sum + self.sums[below] <= bar {
                return;
            }
            let walk = &mut self.walks[self.order[below]];
            if walk.seek(doc) == doc {
                sum += walk.about(length, context);
            }
        }
        if sum <= bar {
            return;
        }
        let mut walks: Vec<&mut Walk<'_>> = self.walks.iter_mut().collect();
        let score = score(&mut walks, doc, length, context);
        context.offer(best, doc, score);
    }
}

/// How many documents hold any of the terms; the walks begin anew after it.
fn count(walks: &mut [Walk<'_>], context: &mut Context<'_>) -> Result<u64, Stopped> {
    let mut held: Vec<u64> = Vec::new();
    for walk in walks.iter_mut() {
        let everywhere = walk.is_everywhere();
        for stretch in 0..walk.postings.stretches() {
            context.step()?;
            walk.enter(stretch);
            let words = walk
                .postings
                .docs()
                .last()
                .map_or(0, |&last| last as usize / 64 + 1);
            if held.len() < words {
                held.resize(words, 0);
            }
            for at in 0..walk.postings.docs().len() {
                if everywhere || walk.postings.is_within(at) {
                    let doc = walk.postings.docs()[at];
                    held[doc as usize / 64] |= 1 << (doc % 64);
                }
            }
        }
        walk.restart();
    }
    if context.filter.is_none() {
        return Ok(held.iter().map(|bits| u64::from(bits.count_ones())).sum());
    }
    let mut total = 0;
    for (doc, mut bits) in (0..).step_by(64).zip(held) {
        while bits != 0 {
            total += u64::from(context.holds(doc + bits.trailing_zeros()));
            bits &= bits - 1;
        }
    }
    Ok(total)
}
