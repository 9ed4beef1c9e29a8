//! The best documents that hold all of several words.
//!
//! The rarest word leads. Stretches of it are skipped in which the best blocks of all words together
//! are not good enough, and documents that the lead's own score and the best of the others are not.

use super::super::block::BLOCK;
use super::super::cursor::count_below;
use super::super::phrase::keep_followed;
use super::best::Best;
use super::walk::{END, Walk};
use super::{Context, Stopped, score, together};
use crate::text::field::{LAST_POSITION, field_of, position_of};

/// Offers documents that hold of each word a term, and as a phrase if they are to be one; returns how
/// many match, if they are counted.
pub(super) fn search(
    words: Vec<Vec<Walk<'_>>>,
    phrase: bool,
    best: &mut Best,
    context: &mut Context<'_>,
) -> Result<u64, Stopped> {
    let mut words: Vec<Word<'_>> = words.into_iter().map(Word::new).collect();
    words.sort_by_key(Word::cost);
    if words.iter().all(|word| word.walks.len() == 1) {
        let mut walks: Vec<Walk<'_>> = words.into_iter().flat_map(|word| word.walks).collect();
        let phrase = phrase.then(Phrase::default);
        return together::search(&mut walks, phrase, best, context);
    }
    let Some((lead, others)) = words.split_first_mut() else {
        return Ok(0);
    };
    let mut search = Search {
        phrase: phrase.then(Phrase::default),
        window: 0,
        lead_most: 0.0,
        others_most: 0.0,
        scores: [0.0; BLOCK],
    };
    if lead.walks.len() == 1 {
        search.by_stretch(lead, others, best, context)
    } else {
        search.one_by_one(lead, others, best, context)
    }
}

struct Search {
    phrase: Option<Phrase>,
    /// The last document of the window.
    window: u32,
    /// What the lead can add to a score in the window.
    lead_most: f32,
    /// What the other words can.
    others_most: f32,
    /// About what the lead gives each document of a stretch.
    scores: [f32; BLOCK],
}

impl Search {
    /// Where the lead is one term: a stretch of it at a time, scored at once.
    fn by_stretch<'a>(
        &mut self,
        lead: &mut Word<'a>,
        others: &mut [Word<'a>],
        best: &mut Best,
        context: &mut Context<'_>,
    ) -> Result<u64, Stopped> {
        let mut total = 0;
        for stretch in 0..lead.walks[0].postings.stretches() {
            context.step()?;
            let walk = &mut lead.walks[0];
            let first = walk.postings.start_of(stretch);
            let last = walk.postings.end_of(stretch);
            self.lead_most = walk.most_of(stretch);
            self.others_most = most_of_all(others, first, last);
            if !context.count && self.lead_most + self.others_most <= best.bar() {
                continue;
            }
            walk.enter(stretch);
            let slots = 0..walk.postings.docs().len();
            walk.about_all(slots.clone(), context, &mut self.scores);
            let (mut at, mut bar) = (0, best.bar());
            loop {
                if !context.count {
                    let enough = |about: &f32| about + self.others_most > bar;
                    let ahead = self.scores[at..slots.end].iter().position(enough);
                    at = ahead.map_or(slots.end, |ahead| at + ahead);
                }
                if at >= slots.end {
                    break;
                }
                let about = self.scores[at];
                lead.walks[0].at = at;
                let doc = lead.walks[0].postings.docs()[at];
                if !lead.walks[0].postings.is_within(at) || !context.holds(doc) {
                    at += 1;
                    continue;
                }
                let limit = if context.count {
                    f32::NEG_INFINITY
                } else {
                    bar - about
                };
                match self.meet(others, doc, limit) {
                    Met::Here => {
                        total += self.judge(lead, others, best, context);
                        bar = best.bar();
                        at += 1;
                    }
                    Met::Hopeless => at += 1,
                    Met::Ahead(END) => return Ok(total),
                    Met::Ahead(ahead) => {
                        let docs = &lead.walks[0].postings.docs()[at..];
                        at += count_below(docs, ahead);
                    }
                }
            }
        }
        Ok(total)
    }

    /// Takes the other words to a document, as long as what they can add there is above a limit.
    fn meet(&self, others: &mut [Word<'_>], doc: u32, limit: f32) -> Met {
        let mut above = self.others_most;
        for other in others {
            // What it can add there is worth a look where a block must be decoded to know.
            if limit > f32::NEG_INFINITY && other.must_enter(doc) {
                above += other.most(doc, doc) - other.window_most;
                if above <= limit {
                    return Met::Hopeless;
                }
            }
            let found = other.seek(doc);
            if found != doc {
                return Met::Ahead(found);
            }
        }
        Met::Here
    }

    /// Offers a document on which all words rest, if it is good enough; returns how many it counts
    /// for.
    fn judge<'a>(
        &mut self,
        lead: &mut Word<'a>,
        others: &mut [Word<'a>],
        best: &mut Best,
        context: &Context<'_>,
    ) -> u64 {
        let doc = lead.doc();
        let length = context.length(doc);
        let words = std::iter::once(&mut *lead).chain(others.iter_mut());
        let about = words.map(|word| word.about(doc, length, context));
        let wanted = about.sum::<f32>() > best.bar();
        // A phrase costs more than a score.
        if !(wanted || context.count) || !self.holds(lead, others) {
            return 0;
        }
        if wanted {
            let score = score_of_all(lead, others, doc, length, context);
            context.offer(best, doc, score);
        }
        1
    }

    /// A document at a time.
    fn one_by_one<'a>(
        &mut self,
        lead: &mut Word<'a>,
        others: &mut [Word<'a>],
        best: &mut Best,
        context: &mut Context<'_>,
    ) -> Result<u64, Stopped> {
        let mut total = 0;
        let mut doc = lead.seek(1);
        while doc != END {
            if doc > self.window {
                context.step()?;
                self.begin(doc, lead, others);
                if !context.count && self.lead_most + self.others_most <= best.bar() {
                    let next = self.window.checked_add(1);
                    doc = next.map_or(END, |next| lead.seek(next));
                    continue;
                }
            }
            let length = context.length(doc);
            let about = lead.about(doc, length, context);
            let hopeless = about + self.others_most <= best.bar();
            if (!hopeless || context.count) && context.holds(doc) {
                match self.meet(others, doc, f32::NEG_INFINITY) {
                    Met::Here => total += self.judge(lead, others, best, context),
                    Met::Ahead(END) => break,
                    Met::Ahead(ahead) => {
                        doc = lead.seek(ahead);
                        continue;
                    }
                    Met::Hopeless => {}
                }
            }
            doc = lead.seek(doc + 1);
        }
        Ok(total)
    }

    /// A window from a document on, within a stretch of the lead.
    fn begin(&mut self, doc: u32, lead: &mut Word<'_>, others: &mut [Word<'_>]) {
        self.window = lead.end_from(doc);
        self.lead_most = lead.most(doc, self.window);
        self.others_most = most_of_all(others, doc, self.window);
    }

    /// The document on which all words rest holds them as they are asked for.
    fn holds<'a>(&mut self, lead: &mut Word<'a>, others: &mut [Word<'a>]) -> bool {
        let phrase = self.phrase.as_mut();
        let walks = std::iter::once(lead).chain(others);
        phrase.is_none_or(|phrase| phrase.is_in(walks.flat_map(|word| word.walks.first_mut())))
    }
}

/// What words can add together in a window, which each keeps for itself.
fn most_of_all(words: &mut [Word<'_>], first: u32, last: u32) -> f32 {
    let most = words.iter_mut().map(|word| {
        word.window_most = word.most(first, last);
        word.window_most
    });
    most.sum()
}

/// Where the other words are when the lead is on a document.
enum Met {
    /// On it, all of them.
    Here,
    /// One has no document before this one.
    Ahead(u32),
    /// They cannot add enough there.
    Hopeless,
}

/// The score of a document on which all words rest, summed in the order of the query.
fn score_of_all<'a>(
    lead: &mut Word<'a>,
    others: &mut [Word<'a>],
    doc: u32,
    length: f32,
    context: &Context<'_>,
) -> f64 {
    let words = std::iter::once(lead).chain(others);
    let mut walks: Vec<&mut Walk<'a>> = words.flat_map(|word| &mut word.walks).collect();
    walks.sort_by_key(|walk| walk.word);
    score(&mut walks, doc, length, context)
}

/// The terms of a word.
struct Word<'a> {
    walks: Vec<Walk<'a>>,
    /// What it can add to a score in the window.
    window_most: f32,
}

impl<'a> Word<'a> {
    const fn new(walks: Vec<Walk<'a>>) -> Self {
        Self {
            walks,
            window_most: 0.0,
        }
    }

    fn cost(&self) -> u64 {
        let costs = self
            .walks
            .iter()
            .map(|walk| walk.postings.document_frequency());
        costs.sum()
    }

    /// To go to a document, another stretch has to be decoded.
    fn must_enter(&self, doc: u32) -> bool {
        let mut ends = self.walks.iter().map(|walk| walk.postings.docs().last());
        ends.any(|last| last.is_some_and(|&last| last < doc))
    }

    /// The document that it rests on.
    fn doc(&self) -> u32 {
        let docs = self.walks.iter().map(Walk::doc);
        docs.min().unwrap_or(END)
    }

    /// The first document from `target` on that holds any of the terms.
    #[inline]
    fn seek(&mut self, target: u32) -> u32 {
        let docs = self.walks.iter_mut().map(|walk| walk.seek(target));
        docs.min().unwrap_or(END)
    }

    /// The last document of a stretch of one of the terms from a document on, the first that ends.
    fn end_from(&mut self, doc: u32) -> u32 {
        let ends = self.walks.iter_mut().map(|walk| walk.end_from(doc));
        ends.min().unwrap_or(END)
    }

    fn most(&mut self, from: u32, to: u32) -> f32 {
        self.walks.iter_mut().map(|walk| walk.most(from, to)).sum()
    }

    #[inline]
    fn about(&mut self, doc: u32, length: f32, context: &Context<'_>) -> f32 {
        let here = self.walks.iter_mut().filter(|walk| walk.doc() == doc);
        here.map(|walk| walk.about(length, context)).sum()
    }
}

/// Whether terms that rest on one document stand next to each other in it.
#[derive(Default)]
pub(super) struct Phrase {
    starts: Vec<u32>,
}

impl Phrase {
    pub(super) fn is_in<'w, 'a: 'w>(
        &mut self,
        walks: impl Iterator<Item = &'w mut Walk<'a>>,
    ) -> bool {
        let mut last = 0;
        self.starts.clear();
        for (slot, walk) in walks.enumerate() {
            let offset = u32::try_from(walk.word).unwrap_or(u32::MAX);
            last = last.max(offset);
            let fields = walk.postings.fields();
            let places = walk.postings.positions_at(walk.at);
            if slot == 0 {
                let begins = places.iter().filter(|&&place| {
                    position_of(place) >= offset && fields.contains(field_of(place))
                });
                self.starts.extend(begins.map(|place| place - offset));
            } else {
                keep_followed(&mut self.starts, places, offset);
                self.starts
                    .retain(|&start| fields.contains(field_of(start)));
            }
            if self.starts.is_empty() {
                return false;
            }
        }
        let ends = |start: &u32| position_of(*start) + last <= LAST_POSITION;
        self.starts.iter().any(ends)
    }
}
