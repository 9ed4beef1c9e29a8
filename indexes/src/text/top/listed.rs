//! The best documents for some words among those of a list.
//!
//! The list leads. What of it lies within one stretch of each term that can lead is a *window*: it is
//! skipped where those stretches cannot add enough, so that of a frequent term few blocks are decoded, and
//! of those that are, few postings are looked at.

use super::super::block::BLOCK;
use super::super::bm25::{K1, term_score};
use super::super::cursor::{count_below, count_below_in_block};
use super::all::Phrase;
use super::best::Best;
use super::walk::{END, Walk};
use super::{Context, Stopped, saturated};

/// Which words a document must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Needs {
    /// Any.
    Any,
    /// All.
    All,
    /// All, of one term each, as a phrase.
    Phrase,
}

/// Offers the documents of an ascending list that hold the words; returns how many do, if they are
/// counted.
pub(super) fn search(
    words: Vec<Vec<Walk<'_>>>,
    needs: Needs,
    listed: &[u32],
    best: &mut Best,
    context: &mut Context<'_>,
) -> Result<u64, Stopped> {
    let mut words: Vec<Word<'_>> = words.into_iter().map(Word::new).collect();
    let leads = match needs {
        Needs::Any => words.len(),
        Needs::All | Needs::Phrase => 1,
    };
    if needs != Needs::Any {
        words.sort_by_key(Word::cost);
    }
    let mut in_order: Vec<usize> = (0..words.len()).collect();
    in_order.sort_by_key(|&slot| words[slot].number);
    let mut search = Search {
        leads_most: 0.0,
        words,
        leads,
        in_order,
        phrase: (needs == Needs::Phrase).then(Phrase::default),
        candidates: Vec::new(),
        total: 0,
    };
    let mut left = listed;
    while let Some(&doc) = left.first() {
        context.step()?;
        let Some((last, most)) = search.window(doc) else {
            break;
        };
        let (window, rest) = left.split_at(below_or_at(left, last));
        left = rest;
        if context.count || most > best.bar() {
            search.look(window, best, context);
        }
    }
    Ok(search.total)
}

struct Search<'a> {
    words: Vec<Word<'a>>,
    /// So many of the words lead: a document holds one of them.
    leads: usize,
    /// Slots of `words` in the order of the query, in which scores are summed.
    in_order: Vec<usize>,
    /// What the words that lead can add to a score in the window.
    leads_most: f32,
    phrase: Option<Phrase>,
    /// Documents of a window that may hold the words, and their slots in the stretch of the term that leads, if
    /// only one does.
    candidates: Vec<(u32, usize)>,
    total: u64,
}

impl Search<'_> {
    /// The last document of a window from a document on, and the most that one of it scores; none if
    /// no word that leads is in a document from there on.
    fn window(&mut self, doc: u32) -> Option<(u32, f32)> {
        let (leads, others) = self.words.split_at_mut(self.leads);
        let (mut last, mut is_over) = (END, true);
        self.leads_most = 0.0;
        for word in leads {
            self.leads_most += word.bound(doc);
            for term in &word.terms {
                last = last.min(term.last);
                is_over &= term.walk.bounded().is_none();
            }
        }
        let others: f32 = others.iter().map(|word| word.most_anywhere).sum();
        (!is_over).then_some((last, self.leads_most + others))
    }

    /// Looks at the documents of a window.
    fn look(&mut self, window: &[u32], best: &mut Best, context: &Context<'_>) {
        let mut candidates = std::mem::take(&mut self.candidates);
        candidates.clear();
        match &mut self.words[..self.leads] {
            [only] if only.terms.len() == 1 => only.terms[0].keep_held(window, &mut candidates),
            leads => {
                for term in leads.iter_mut().flat_map(|word| &mut word.terms) {
                    term.keep_held(window, &mut candidates);
                }
                // Each is looked for anew among the postings of every term.
                candidates.iter_mut().for_each(|(_, slot)| *slot = 0);
                candidates.sort_unstable();
                candidates.dedup();
            }
        }
        for &(doc, slot) in &candidates {
            let lead = self.words.first_mut().and_then(|it| it.terms.first_mut());
            if let Some(lead) = lead {
                lead.walk.at = lead.walk.at.max(slot);
            }
            self.judge(doc, best, context);
        }
        self.candidates = candidates;
    }

    /// Offers a document of the window if it holds the words and is good enough.
    fn judge(&mut self, doc: u32, best: &mut Best, context: &Context<'_>) {
        let bar = if context.count {
            f32::NEG_INFINITY
        } else {
            best.bar()
        };
        let others = self.words[self.leads..].iter_mut();
        let mut most = self.leads_most + others.map(|word| word.bound(doc)).sum::<f32>();
        if most <= bar {
            return;
        }
        let needs_all = self.leads < self.words.len() || self.phrase.is_some();
        let norm = context.norm(doc);
        let mut is_held = false;
        for word in &mut self.words {
            word.frequency = word.frequency_in(doc);
            let about = word.about_by(norm);
            is_held |= word.frequency > 0.0;
            most += about - word.most;
            if most <= bar || needs_all && word.frequency == 0.0 {
                return;
            }
        }
        if !is_held || !self.is_phrase() {
            return;
        }
        self.total += 1;
        if most > best.bar() {
            let length = f64::from(context.length(doc));
            let held = self.in_order.iter().map(|&slot| &self.words[slot]);
            let scores = held.map(|word| {
                let average = context.average_length;
                match word.frequency {
                    0.0 => 0.0,
                    frequency => term_score(word.weight, frequency, length, average),
                }
            });
            context.offer(best, doc, scores.sum());
        }
    }

    /// The document on which all words rest holds them as they are asked for.
    fn is_phrase(&mut self) -> bool {
        let words = self.words.iter_mut();
        let walks = words.filter_map(|word| word.terms.first_mut());
        let phrase = self.phrase.as_mut();
        phrase.is_none_or(|phrase| phrase.is_in(walks.map(|term| &mut term.walk)))
    }
}

/// The terms of a word.
struct Word<'a> {
    terms: Vec<Term<'a>>,
    weight: f64,
    /// What a condition adds [beside](Walk::beside) it.
    beside: f32,
    number: usize,
    /// What it adds to a score at most.
    most_anywhere: f32,
    /// What it can add to the document that is judged.
    most: f32,
    /// How often that one holds it.
    frequency: f64,
}

impl<'a> Word<'a> {
    fn new(walks: Vec<Walk<'a>>) -> Self {
        let first = walks.first();
        let (weight, number) = first.map_or((0.0, usize::MAX), |walk| (walk.weight, walk.word));
        let beside = first.map_or(0.0, |walk| walk.beside);
        let most = (weight + f64::from(beside)) * (K1 + 1.0);
        Self {
            terms: walks.into_iter().map(Term::new).collect(),
            weight,
            number,
            most_anywhere: about(most) * (1.0 + 4.0 * f32::EPSILON),
            beside,
            most: 0.0,
            frequency: 0.0,
        }
    }

    fn cost(&self) -> u64 {
        let terms = self.terms.iter();
        terms
            .map(|term| term.walk.postings.document_frequency())
            .sum()
    }

    /// The most that it can add to a document. They are asked for in ascending order.
    #[inline]
    fn bound(&mut self, doc: u32) -> f32 {
        self.most = self.terms.iter_mut().map(|term| term.bound(doc)).sum();
        self.most
    }

    /// How often a document holds it that it was bound for.
    #[inline]
    fn frequency_in(&mut self, doc: u32) -> f64 {
        let terms = self.terms.iter_mut();
        terms.map(|term| term.frequency_in(doc)).sum()
    }

    /// About what it gives the document that is judged, and no less.
    #[inline]
    fn about_by(&self, norm: f32) -> f32 {
        // Nothing of it is no score, whatever the norm.
        if self.frequency == 0.0 {
            return 0.0;
        }
        let own = about(self.weight) * saturated(about(self.frequency), norm);
        if self.beside > 0.0 {
            own + self.beside * saturated(1.0, norm)
        } else {
            own
        }
    }
}

/// A term, and what the stretch adds that would hold the document which was last asked for.
struct Term<'a> {
    walk: Walk<'a>,
    /// The last document of the stretch.
    last: u32,
    most: f32,
}

impl<'a> Term<'a> {
    const fn new(walk: Walk<'a>) -> Self {
        Self {
            walk,
            last: 0,
            most: 0.0,
        }
    }

    #[inline]
    fn bound(&mut self, doc: u32) -> f32 {
        if self.last < doc {
            self.last = self.walk.end_from(doc);
            let stretch = self.walk.bounded();
            self.most = stretch.map_or(0.0, |stretch| self.walk.most_of(stretch));
        }
        self.most
    }

    #[inline]
    fn frequency_in(&mut self, doc: u32) -> f64 {
        if self.walk.bounded().is_none() || !self.walk.reach(doc) {
            return 0.0;
        }
        let at = self.walk.at;
        if !self.walk.postings.is_within(at) {
            return 0.0;
        }
        f64::from(self.walk.postings.one_frequency_at(at))
    }

    /// Those documents of a window within its stretch that hold it, in whatever fields, and their
    /// slots.
    fn keep_held(&mut self, window: &[u32], held: &mut Vec<(u32, usize)>) {
        let Some(&first) = window.first().filter(|_| self.walk.bounded().is_some()) else {
            return;
        };
        self.walk.reach(first);
        let next = self.walk.postings.docs().get(self.walk.at);
        if next.is_none_or(|next| window.last() < Some(next)) {
            return;
        }
        each_common(window, self.walk.postings.docs(), |doc, slot| {
            held.push((doc, slot));
        });
    }
}

/// How many ascending numbers are `last` or less; likely few.
fn below_or_at(numbers: &[u32], last: u32) -> usize {
    last.checked_add(1)
        .map_or(numbers.len(), |end| position(numbers, end))
}

/// How many ascending numbers are less than `end`, which is likely to be near the first.
fn position(numbers: &[u32], end: u32) -> usize {
    if numbers.len() <= BLOCK {
        return numbers.partition_point(|&number| number < end);
    }
    let mut step = 16;
    while numbers.get(step).is_some_and(|&number| number < end) {
        step *= 2;
    }
    let low = if step == 16 { 0 } else { step / 2 };
    low + count_below(&numbers[low..numbers.len().min(step + 1)], end)
}

/// Calls with each number that two ascending lists have in common, and its slot in the second. Those of
/// the shorter are looked for in the longer, sixteen at once, which is sooner done than to walk both.
fn each_common(one: &[u32], other: &[u32], mut take: impl FnMut(u32, usize)) {
    let mut at = 0;
    if one.len() < other.len() {
        for &number in one {
            at = if other.len() <= BLOCK {
                count_below_in_block(other, number)
            } else {
                at + position(&other[at..], number)
            };
            if other.get(at) == Some(&number) {
                take(number, at);
            }
        }
    } else {
        for (slot, &number) in other.iter().enumerate() {
            at += position(&one[at..], number);
            if one.get(at) == Some(&number) {
                take(number, slot);
            }
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "compared with bounds and a bar that have slack for it"
)]
const fn about(score: f64) -> f32 {
    score as f32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_common_is_in_both(
            one in prop::collection::btree_set(0_u32..2_000, 0..400),
            other in prop::collection::btree_set(0_u32..2_000, 0..40),
        ) {
            let expected: Vec<u32> = one.intersection(&other).copied().collect();
            let (one, other): (Vec<u32>, Vec<u32>) =
                (one.into_iter().collect(), other.into_iter().collect());
            for (a, b) in [(&one, &other), (&other, &one)] {
                let mut common = Vec::new();
                each_common(a, b, |number, slot| {
                    assert_eq!(b[slot], number);
                    common.push(number);
                });
                prop_assert_eq!(&common, &expected);
            }
        }

        #[test]
        fn positions_are_found(
            numbers in prop::collection::btree_set(0_u32..500, 0..200), end in 0_u32..600,
        ) {
            let numbers: Vec<u32> = numbers.into_iter().collect();
            let expected = numbers.partition_point(|&number| number < end);
            prop_assert_eq!(position(&numbers, end), expected);
        }
    }
}
