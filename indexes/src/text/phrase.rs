//! Terms that stand next to each other, in order, in one field.

use super::cursor::PostingCursor;
use super::field::{LAST_POSITION, field_of, position_of};
use crate::doc::DocId;
use crate::docset::{And, DocSet, Pace};

/// The documents that hold a phrase: its terms verbatim, adjacent, in order, all in one field.
///
/// Stop words are in no document's positions, so terms that only stop words part are adjacent.
pub struct Phrase {
    /// Between calls rests on a document that holds the phrase or nowhere, or is exhausted.
    parts: And<Part>,
    len: u32,
    /// Where the phrase may begin, kept for its capacity.
    starts: Vec<u32>,
}

/// A term, and where it stands in the phrase.
struct Part {
    cursor: PostingCursor,
    offset: u32,
}

impl Phrase {
    /// The phrase of these terms, in their order. A phrase of no term is in no document.
    ///
    /// A field counts if all cursors are restricted to fields among which it is.
    #[must_use]
    pub fn new(terms: Vec<PostingCursor>) -> Self {
        Self::new_until(terms, Pace::endless())
    }

    /// The same; exhausted as soon as the pace says so, however much is left.
    #[must_use]
    pub fn new_until(terms: Vec<PostingCursor>, pace: Pace) -> Self {
        let mut phrase = Self::not_begun(terms, pace);
        phrase.seek(DocId::FIRST);
        phrase
    }

    /// The same, but that it has not looked for its first document: it is as after a [`reach`](DocSet::reach)
    /// that found none.
    #[must_use]
    pub fn not_begun(terms: Vec<PostingCursor>, pace: Pace) -> Self {
        let parts = terms.into_iter().zip(0..);
        let parts = parts.map(|(cursor, offset)| Part { cursor, offset });
        let mut parts: Vec<Part> = parts.collect();
        let len = parts.last().map_or(0, |last| last.offset + 1);
        parts.sort_by_key(DocSet::cost);
        Self {
            parts: And::not_begun(parts, pace),
            len,
            starts: Vec::new(),
        }
    }

    /// The cursors of the terms, rarest first; each rests on the current document, if there is
    /// one.
    pub fn parts_mut(&mut self) -> impl Iterator<Item = &mut PostingCursor> {
        self.parts
            .parts_mut()
            .iter_mut()
            .map(|part| &mut part.cursor)
    }

    /// Appends where the current document holds the phrase: the place of the first term each time,
    /// ascending. Nothing when exhausted.
    pub fn places(&mut self, out: &mut Vec<u32>) {
        if self.parts.doc().is_some() {
            self.find_starts();
            out.extend_from_slice(&self.starts);
        }
    }

    /// How many times the current document holds the phrase; 0 when exhausted.
    #[must_use]
    pub fn occurrences(&mut self) -> usize {
        match self.parts.doc() {
            Some(_) => {
                self.find_starts();
                self.starts.len()
            }
            None => 0,
        }
    }

    /// Finds where the phrase begins in the document on which all parts rest.
    fn find_starts(&mut self) {
        self.starts.clear();
        let mut first = true;
        for part in self.parts.parts_mut() {
            let (offset, fields) = (part.offset, part.cursor.fields());
            let places = part.cursor.positions();
            if first {
                // The rarest term, in all likelihood with the fewest places.
                let begins = places.iter().filter(|&&place| position_of(place) >= offset);
                self.starts.extend(begins.map(|place| place - offset));
                first = false;
            } else {
                keep_followed(&mut self.starts, places, offset);
            }
            self.starts
                .retain(|&start| fields.contains(field_of(start)));
            if self.starts.is_empty() {
                return;
            }
        }
        let len = self.len;
        self.starts
            .retain(|&start| position_of(start) + (len - 1) <= LAST_POSITION);
    }

    fn skip_scattered(&mut self) -> Option<DocId> {
        loop {
            let doc = self.parts.doc()?;
            self.find_starts();
            if !self.starts.is_empty() {
                return Some(doc);
            }
            self.parts.advance();
        }
    }
}

/// Keeps of ascending `starts` those that have a place so far behind them.
pub(super) fn keep_followed(starts: &mut Vec<u32>, places: &[u32], offset: u32) {
    let mut at = 0;
    starts.retain(|&start| {
        let place = start + offset;
        while places.get(at).is_some_and(|&other| other < place) {
            at += 1;
        }
        places.get(at) == Some(&place)
    });
}

impl DocSet for Phrase {
    fn doc(&self) -> Option<DocId> {
        self.parts.doc()
    }

    fn advance(&mut self) -> Option<DocId> {
        self.parts.advance();
        self.skip_scattered()
    }

    fn seek(&mut self, target: DocId) -> Option<DocId> {
        if let Some(doc) = self.parts.doc().filter(|doc| *doc >= target) {
            return Some(doc);
        }
        self.parts.seek(target);
        self.skip_scattered()
    }

    fn reach(&mut self, doc: DocId) -> Option<DocId> {
        if let Some(at) = self.parts.doc().filter(|at| *at >= doc) {
            return Some(at);
        }
        let found = self.parts.reach(doc)?;
        if found == doc {
            self.find_starts();
            if self.starts.is_empty() {
                return doc.next();
            }
        }
        Some(found)
    }

    fn cost(&self) -> u64 {
        self.parts.cost()
    }
}

impl DocSet for Part {
    #[inline]
    fn doc(&self) -> Option<DocId> {
        self.cursor.doc()
    }

    #[inline]
    fn advance(&mut self) -> Option<DocId> {
        self.cursor.advance()
    }

    #[inline]
    fn seek(&mut self, target: DocId) -> Option<DocId> {
        self.cursor.seek(target)
    }

    fn cost(&self) -> u64 {
        self.cursor.cost()
    }
}
