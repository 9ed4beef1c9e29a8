//! Conjunctions: what leads, what is looked for in it, what is asked, and when.

use nuthatch_indexes::docset::And;
use nuthatch_indexes::text::{FieldMask, Phrase, PostingCursor};

use super::{Builder, nothing, unscored};
use crate::catalog::index::Index;
use crate::exec::candidates::asked;
use crate::exec::model::Model;
use crate::exec::probe::Probe;
use crate::exec::profile::Access;
use crate::exec::scorer::BoxScorer;
use crate::exec::without::without;
use crate::plan::access;
use crate::plan::cost::looked_at_behind;
use crate::plan::{Kind, Node};
use crate::request::error::Error;

impl<'a, M: Model + 'a> Builder<'a, '_, M> {
    /// The first part, the cheapest, leads with whatever it takes; of the others, those that are
    /// [asked](access::asked) are checked for what the parts before let through. What is negated is taken
    /// from the rest. A phrase leads by its rarest word: the others, and where they stand, are looked at
    /// [behind](looked_at_behind) what is rid of documents sooner.
    pub(super) fn and(&self, parts: &'a [Node]) -> Result<BoxScorer<'a>, Error> {
        let (mut sets, mut checks, mut others) = (Vec::new(), Vec::new(), Vec::new());
        let cursors = parts
            .iter()
            .fold(0_u32, |sum, part| sum.saturating_add(part.sets()));
        let (total, deadline) = (self.index.documents().len() as u64, *self.deadline);
        let are_asked = access::asked(parts, self.access, total);
        let phrase = parts.first().filter(|_| parts.len() > 1);
        let phrase = phrase.filter(|part| matches!(part.kind, Kind::Phrase { .. }));
        sets.extend(phrase.map(|part| rarest_of(part, self.index).map_or_else(nothing, unscored)));
        let behind = phrase.map(|phrase| looked_at_behind(phrase, &parts[1..], total));
        let slots = parts.iter().zip(are_asked).enumerate();
        for (slot, (part, is_asked)) in slots.skip(sets.len()) {
            if let Some(phrase) = phrase.filter(|_| behind == Some(slot - 1)) {
                self.flush(&mut sets, &mut checks, cursors);
                sets.push(self.follower(phrase)?);
            }
            let check = is_asked.then(|| Probe::of(part, self.index, self.tracer));
            if let Some(check) = check.flatten() {
                checks.push(check);
                continue;
            }
            self.flush(&mut sets, &mut checks, cursors);
            if let Kind::Not(inner) = &part.kind {
                others.push(self.excluded(part, inner)?);
            } else if sets.is_empty() {
                sets.push(self.build(part)?);
            } else {
                sets.push(self.follower(part)?);
            }
        }
        let mut set = self.met(sets, cursors);
        if !others.is_empty() {
            set = without(set, others, deadline);
        }
        if !checks.is_empty() {
            set = asked(set, checks, self.index, deadline);
        }
        match phrase.filter(|_| behind == Some(parts.len() - 1)) {
            None => Ok(set),
            Some(phrase) => Ok(self.met(vec![set, self.follower(phrase)?], cursors)),
        }
    }

    /// Checks what is in all of some sets, so that nothing is looked for in what follows that is refused here.
    fn flush(&self, sets: &mut Vec<BoxScorer<'a>>, checks: &mut Vec<Probe<'a>>, cursors: u32) {
        if checks.is_empty() || sets.is_empty() {
            return;
        }
        let set = self.met(std::mem::take(sets), cursors);
        let checks = std::mem::take(checks);
        sets.push(asked(set, checks, self.index, *self.deadline));
    }

    /// The documents of a node, which are only [reached](DocSet::reach) for.
    pub(super) fn follower(&self, node: &'a Node) -> Result<BoxScorer<'a>, Error> {
        let Kind::Phrase {
            terms,
            fields,
            weight,
            ..
        } = &node.kind
        else {
            return self.build(node);
        };
        let phrase = || {
            let phrase = self.phrase(terms, *fields, *weight, Phrase::not_begun);
            Ok(phrase.unwrap_or_else(nothing))
        };
        match self.tracer {
            None => phrase(),
            Some(tracer) => tracer.read(node, Access::Read, phrase),
        }
    }

    /// What is in all of some sets, which have so many cursors.
    fn met(&self, mut sets: Vec<BoxScorer<'a>>, cursors: u32) -> BoxScorer<'a> {
        match sets.pop() {
            None => unscored(self.all()),
            Some(only) if sets.is_empty() => only,
            Some(last) => {
                sets.push(last);
                Box::new(And::led_by_first(sets, self.deadline.pace(cursors)))
            }
        }
    }

    /// What a negation, a part of a conjunction, takes from the other parts.
    fn excluded(&self, negation: &'a Node, inner: &'a Node) -> Result<BoxScorer<'a>, Error> {
        match self.tracer {
            None => self.build(inner),
            Some(tracer) => tracer.read(negation, Access::Excluded, || self.build(inner)),
        }
    }
}

/// The postings of the rarest word of a phrase; none if no document holds one of them.
fn rarest_of(node: &Node, index: &Index) -> Option<PostingCursor> {
    let (term, fields) = rarest_term(node, index)?;
    index.text().postings(term, fields)
}

/// The word of a phrase that the fewest documents hold, and the fields in which the phrase stands.
pub(in crate::exec) fn rarest_term<'n>(
    node: &'n Node,
    index: &Index,
) -> Option<(&'n [u8], FieldMask)> {
    let Kind::Phrase { terms, fields, .. } = &node.kind else {
        return None;
    };
    let text = index.text();
    let rarest = terms
        .iter()
        .min_by_key(|term| text.document_frequency(term));
    rarest.map(|term| (term.as_slice(), *fields))
}
