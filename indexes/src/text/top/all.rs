//! The best documents that hold all of several words.
//!
//! The rarest word leads. Stretches of it are skipped in which the best blocks of all words together
//! are not good enough, and documents that the lead's own score and the best of the others are not.

use super::super::phrase::keep_followed;
use super::best::Best;
use super::walk::{END, Walk};
use super::{Context, Stopped};
use crate::text::field::{LAST_POSITION, field_of, position_of};

/// Offers documents that hold of each word a term, and as a phrase if they are to be one; returns how
/// many match, if they are counted.
pub(super) fn search(
    words: Vec<Vec<Walk<'_>>>,
    phrase: bool,
    best: &mut Best,
    context: &mut Context<'_>,
) -> Result<u64, Stopped> {
    let mut words: Vec<Word<'_>> = words.into_iter().zip(0..).map(Word::new).collect();
    words.sort_by_key(Word::cost);
    let Some((lead, others)) = words.split_first_mut() else {
        return Ok(0);
    };
    let mut search = Search {
        phrase: phrase.then(Phrase::default),
        window: 0,
        lead_most: 0.0,
        others_most: 0.0,
    };
    let mut total = 0;
    let mut doc = lead.seek(1);
    while doc != END {
        if doc > search.window {
            context.step()?;
            search.begin(doc, lead, others);
            if !context.count && search.lead_most + search.others_most <= best.bar() {
                doc = search
                    .window
                    .checked_add(1)
                    .map_or(END, |next| lead.seek(next));
                continue;
            }
        }
        let length = context.length(doc);
        let lead_score = lead.about(doc, length, context);
        let hopeless = lead_score + search.others_most <= best.bar();
        if !hopeless || context.count {
            let mut found = others.iter_mut().map(|other| other.seek(doc));
            if let Some(ahead) = found.find(|&found| found != doc) {
                doc = if ahead == END { END } else { lead.seek(ahead) };
                continue;
            }
            let more = |other: &mut Word<'_>| other.about(doc, length, context);
            let about = lead_score + others.iter_mut().map(more).sum::<f32>();
            let wanted = !hopeless && about > best.bar();
            // A phrase costs more than a score.
            if (wanted || context.count) && search.holds(lead, others) {
                total += 1;
                if wanted {
                    let score = score(lead, others, doc, length, context);
                    context.offer(best, doc, score);
                }
            }
        }
        doc = lead.seek(doc + 1);
    }
    Ok(total)
}

struct Search {
    phrase: Option<Phrase>,
    /// The last document of the window.
    window: u32,
    /// What the lead can add to a score in the window.
    lead_most: f32,
    /// What the other words can.
    others_most: f32,
}

impl Search {
    /// A window from a document on, within a stretch of the lead.
    fn begin(&mut self, doc: u32, lead: &mut Word<'_>, others: &mut [Word<'_>]) {
        self.window = lead.end_from(doc);
        self.lead_most = lead.most(doc, self.window);
        let most = others.iter_mut().map(|other| other.most(doc, self.window));
        self.others_most = most.sum();
    }

    /// The document on which all words rest holds them as they are asked for.
    fn holds<'a>(&mut self, lead: &mut Word<'a>, others: &mut [Word<'a>]) -> bool {
        let phrase = self.phrase.as_mut();
        phrase.is_none_or(|phrase| phrase.is_in(lead, others))
    }
}

/// The score of a document on which all words rest, summed in the order of the query.
fn score<'a>(
    lead: &mut Word<'a>,
    others: &mut [Word<'a>],
    doc: u32,
    length: f32,
    context: &Context<'_>,
) -> f64 {
    let mut scores: Vec<(usize, f64)> = std::iter::once(lead)
        .chain(others)
        .map(|word| (word.place, word.score_of(doc, length, context)))
        .collect();
    scores.sort_unstable_by_key(|(place, _)| *place);
    scores.iter().map(|(_, score)| score).sum()
}

/// The terms of a word.
struct Word<'a> {
    walks: Vec<Walk<'a>>,
    /// Which word of the query it is.
    place: usize,
}

impl<'a> Word<'a> {
    fn new((walks, place): (Vec<Walk<'a>>, usize)) -> Self {
        Self { walks, place }
    }

    fn cost(&self) -> u64 {
        let costs = self
            .walks
            .iter()
            .map(|walk| walk.postings.document_frequency());
        costs.sum()
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

    fn score_of(&mut self, doc: u32, length: f32, context: &Context<'_>) -> f64 {
        let walks = self.walks.iter_mut();
        walks.map(|walk| walk.score_of(doc, length, context)).sum()
    }
}

/// Whether words that rest on one document stand next to each other in it.
#[derive(Default)]
struct Phrase {
    starts: Vec<u32>,
}

impl Phrase {
    fn is_in<'a>(&mut self, lead: &mut Word<'a>, others: &mut [Word<'a>]) -> bool {
        let last = u32::try_from(others.len()).unwrap_or(u32::MAX);
        self.starts.clear();
        for (slot, word) in std::iter::once(lead).chain(others).enumerate() {
            let offset = u32::try_from(word.place).unwrap_or(u32::MAX);
            let Some(walk) = word.walks.first_mut() else {
                return false;
            };
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
