//! The best documents for some words, without scoring those that cannot be among them.
//!
//! A word may stand for several terms, such as those of one stem. BM25 grows ever more slowly with the
//! frequency, so what the terms can add each by itself bounds what they add together.

mod all;
mod any;
mod best;
mod listed;
mod one;
mod sifted;
mod slots;
mod sparse;
#[cfg(test)]
mod tests;
mod together;
mod walk;

use self::best::Best;
use self::listed::Needs;
use self::walk::Walk;
use super::bm25::{B, K1, term_score};
use super::cursor::PostingCursor;
use super::doc_list::DocList;
use super::impacts::{Bounds, LengthCode};
use super::lengths::Lengths;
use crate::bit_lookup::has_bit;
use crate::doc::DocId;

/// A word, which may stand for several terms: a document holds it as often as all of them together.
pub struct Word {
    /// The postings of its terms, each from the beginning.
    pub terms: Vec<PostingCursor>,
    /// What its BM25 saturation is multiplied by: its idf, times what the query gives it.
    pub weight: f64,
}

/// What documents must hold.
pub enum Words {
    /// Any of the words.
    Any(Vec<Word>),
    /// All of the words.
    All(Vec<Word>),
    /// The words, of one term each, next to each other, in order, in one field.
    Phrase(Vec<Word>),
}

/// What to find.
pub struct TopQuery<'a> {
    /// What documents must hold.
    pub words: Words,
    /// How many of the best documents.
    pub k: usize,
    /// What documents meet beside their words; all do if there is none.
    pub filter: Option<Filter<'a>>,
    /// Count all that match as well, which takes a walk over all postings.
    pub count: bool,
    /// What each document's score is multiplied by, from 0 to 1; all by 1 if there is none.
    pub factor: Option<&'a dyn Fn(DocId) -> f64>,
    /// Asked now and then: whether to give up.
    pub stop: &'a dyn Fn() -> bool,
}

/// What documents meet beside their words.
#[derive(Clone, Copy)]
pub struct Filter<'a> {
    /// How it is known which documents do.
    pub docs: FilterDocs<'a>,
    /// What it adds to the score of a document that it holds for; nothing if there is none.
    pub adds: Option<&'a dyn Fn(DocId) -> f64>,
    /// It adds no more than a word of this weight does that the document holds once.
    pub weight: f64,
}

/// The documents that a filter holds for.
#[derive(Clone, Copy)]
pub enum FilterDocs<'a> {
    /// All of them: they lead the search.
    List(&'a DocList),
    /// A bit for each, by its number, the lowest of a word first; those past the end are 0.
    Bits(&'a [u64]),
    /// Whether one is. Asked of documents that hold the words and may be among the best, or that are to be
    /// counted.
    Asked(&'a dyn Fn(DocId) -> bool),
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Top {
    /// The best documents with their scores, best first, equally good ones by id.
    pub hits: Vec<(DocId, f64)>,
    /// How many match, if they were to be counted.
    pub total: Option<u64>,
}

/// The score that words give a document, from the walks of their terms.
fn score(walks: &mut [&mut Walk<'_>], doc: u32, length: f32, context: &Context<'_>) -> f64 {
    let words = walks.chunk_by_mut(|a, b| a.word == b.word);
    let scores = words.filter_map(|terms| {
        let held = terms.iter_mut().map(|term| term.frequency_in(doc));
        let frequency: f64 = held.sum();
        let weight = terms.first()?.weight;
        let length = f64::from(length);
        (frequency > 0.0).then(|| term_score(weight, frequency, length, context.average_length))
    });
    scores.sum()
}

/// What a search reads besides postings.
struct Context<'a> {
    lengths: &'a Lengths,
    bounds: &'a Bounds,
    average_length: f64,
    saturation: Saturation,
    factor: Option<&'a dyn Fn(DocId) -> f64>,
    filter: Option<Filter<'a>>,
    stop: &'a dyn Fn() -> bool,
    count: bool,
    steps: u32,
}

/// BM25 without idf, in singles, is `f (k1 + 1) / (f + base + slope · length)`.
#[derive(Clone, Copy)]
struct Saturation {
    base: f32,
    slope: f32,
}

/// The time to give up has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped;

/// Finds the best documents.
///
/// # Errors
/// [`Stopped`] when the query says so.
pub(super) fn top(
    query: TopQuery<'_>,
    lengths: &Lengths,
    average_length: f64,
) -> Result<Top, Stopped> {
    let bounds = Bounds::new(average_length);
    let mut context = Context {
        lengths,
        bounds: &bounds,
        average_length,
        saturation: Saturation::new(average_length),
        factor: query.factor,
        filter: query.filter,
        stop: query.stop,
        count: query.count,
        steps: 0,
    };
    let walks = |(word, number): (Word, usize)| -> Vec<Walk<'_>> {
        let terms = word.terms.into_iter();
        terms
            .map(|postings| Walk::new(postings, word.weight, number, &bounds))
            .collect()
    };
    let (needs, words) = match query.words {
        Words::Any(words) => (Needs::Any, words),
        Words::All(words) => (Needs::All, words),
        Words::Phrase(words) => (Needs::Phrase, words),
    };
    let mut words: Vec<Vec<Walk<'_>>> = words.into_iter().zip(0..).map(walks).collect();
    let beside = query.filter.map_or(0.0, |filter| filter.weight);
    let apart = put_beside(beside, needs, &mut words);
    let mut best = Best::new(query.k, term_score(apart, 1.0, 0.0, average_length));
    let total = match (query.filter.map(|filter| filter.docs), needs) {
        (Some(FilterDocs::List(listed)), _) if is_sparse(&words, needs, listed.docs()) => {
            let mut walks: Vec<Walk<'_>> = words.drain(..).flatten().collect();
            walks.sort_by_key(|walk| walk.postings.document_frequency());
            let phrase = (needs == Needs::Phrase).then(all::Phrase::default);
            sparse::search(&mut walks, phrase, listed, &mut best, &mut context)?
        }
        (Some(FilterDocs::List(listed)), _) => {
            listed::search(words, needs, listed.docs(), &mut best, &mut context)?
        }
        (Some(FilterDocs::Bits(_) | FilterDocs::Asked(_)) | None, Needs::Any) => {
            let mut walks: Vec<Walk<'_>> = words.drain(..).flatten().collect();
            match (walks.as_mut_slice(), context.bits()) {
                ([], _) => 0,
                ([only], Some(bits)) => sifted::search(only, bits, &mut best, &mut context)?,
                ([only], None) => one::search(only, &mut best, &mut context)?,
                (several, _) => any::search(several, &mut best, &mut context)?,
            }
        }
        (Some(FilterDocs::Bits(_) | FilterDocs::Asked(_)) | None, Needs::All | Needs::Phrase) => {
            let phrase = needs == Needs::Phrase;
            all::search(words, phrase, &mut best, &mut context)?
        }
    };
    Ok(Top {
        hits: best.into_sorted(),
        total: query.count.then_some(total),
    })
}

/// Documents of a list are looked for by themselves where fewer than this lie in a stretch of so many words, on
/// average.
///
/// Of a million documents in which a hundredth or a thousandth is listed, that takes as long there as to look for them
/// window by window in several words (`nuthatch-bench query --search`). In one word their bits tell them sooner where
/// there are about ten, so that its limit is seldom met.
#[must_use]
pub const fn few_in_stretch(words: u64) -> u64 {
    if words == 1 { 24 } else { 8 }
}

/// Whether documents of a list that must hold all of some words, of one term each, are few in every stretch of them.
fn is_sparse(words: &[Vec<Walk<'_>>], needs: Needs, listed: &[u32]) -> bool {
    let stretches = |word: &Vec<Walk<'_>>| match word.as_slice() {
        [only] => only.postings.stretches(),
        _ => 0,
    };
    let needs_all = needs != Needs::Any || words.len() == 1;
    let fewest = words.iter().map(stretches).min().unwrap_or(0);
    let few = few_in_stretch(words.len() as u64);
    needs_all && (listed.len() as u64) < (fewest as u64).saturating_mul(few)
}

/// Puts what a condition adds into the bounds of a word that every document holds, the rarest: what it adds depends
/// on a document's length, as what the word adds does. Returns what is left to be added to any document, where it
/// may hold any of several.
fn put_beside(beside: f64, needs: Needs, words: &mut [Vec<Walk<'_>>]) -> f64 {
    let holds_all = needs != Needs::Any || matches!(words, [only] if only.len() == 1);
    let postings = |word: &&mut Vec<Walk<'_>>| -> u64 {
        let walks = word.iter().map(|walk| &walk.postings);
        walks.map(PostingCursor::document_frequency).sum()
    };
    let rarest = words.iter_mut().min_by_key(postings);
    let Some(word) = rarest.filter(|_| holds_all) else {
        return beside;
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "compared with bounds and a bar that have slack for it"
    )]
    let beside = beside as f32;
    word.iter_mut().for_each(|walk| walk.beside = beside);
    0.0
}

impl<'a> Context<'a> {
    /// A bit for each document that the filter holds for, if it has them.
    const fn bits(&self) -> Option<&'a [u64]> {
        match self.filter {
            Some(Filter {
                docs: FilterDocs::Bits(bits),
                ..
            }) => Some(bits),
            Some(_) | None => None,
        }
    }

    /// There is a filter that is asked of single documents.
    const fn asks(&self) -> bool {
        matches!(
            self.filter,
            Some(Filter {
                docs: FilterDocs::Asked(_),
                ..
            })
        )
    }

    /// About `k1 (1 − b + b · length / average)` of a document, and no more.
    #[inline]
    fn norm(&self, doc: u32) -> f32 {
        self.bounds.norm(self.length_code(doc))
    }

    /// About the length of a document.
    #[inline]
    fn length_code(&self, doc: u32) -> LengthCode {
        let code = DocId::new(doc).map(|doc| self.lengths.code(doc));
        code.unwrap_or_default()
    }

    /// Fetches about the length of a document, for it will be asked for.
    #[inline]
    fn prefetch_length_code(&self, doc: u32) {
        if let Some(doc) = DocId::new(doc) {
            self.lengths.prefetch_code(doc);
        }
    }

    /// The length of a document.
    #[inline]
    fn length(&self, doc: u32) -> f32 {
        DocId::new(doc).map_or(0.0, |doc| self.lengths.get(doc))
    }

    /// The filter lets a document through.
    #[inline]
    fn holds(&self, doc: u32) -> bool {
        let holds = |filter: Filter<'_>| match filter.docs {
            FilterDocs::List(list) => list.docs().binary_search(&doc).is_ok(),
            FilterDocs::Bits(bits) => has_bit(bits, doc),
            FilterDocs::Asked(holds) => DocId::new(doc).is_some_and(holds),
        };
        self.filter.is_none_or(holds)
    }

    /// Offers a document that the filter holds for with the score that its words give it.
    fn offer(&self, best: &mut Best, doc: u32, score: f64) {
        if let Some(doc) = DocId::new(doc) {
            let adds = self.filter.and_then(|filter| filter.adds);
            let score = adds.map_or(score, |adds| score + adds(doc));
            best.offer(doc, self.factor.map_or(score, |factor| factor(doc) * score));
        }
    }

    /// Looks once in so many blocks whether to give up.
    fn step(&mut self) -> Result<(), Stopped> {
        const EVERY: u32 = 16;
        self.steps += 1;
        if self.steps.is_multiple_of(EVERY) && (self.stop)() {
            return Err(Stopped);
        }
        Ok(())
    }
}

impl Saturation {
    #[expect(clippy::cast_possible_truncation, reason = "it need not be exact")]
    fn new(average_length: f64) -> Self {
        if average_length > 0.0 {
            Self {
                base: (K1 * (1.0 - B)) as f32,
                slope: (K1 * B / average_length) as f32,
            }
        } else {
            Self {
                base: K1 as f32,
                slope: 0.0,
            }
        }
    }

    /// `k1 (1 − b + b · length / average)`.
    #[inline]
    fn norm(self, length: f32) -> f32 {
        self.base + self.slope * length
    }
}

/// BM25 without idf, from `k1 (1 − b + b · length / average)`.
#[inline]
fn saturated(frequency: f32, norm: f32) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "it need not be exact")]
    const MOST: f32 = (K1 + 1.0) as f32;
    frequency * MOST / (frequency + norm)
}
