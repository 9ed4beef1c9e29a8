//! Terms that stand next to each other, in order, in one field.

use super::cursor::PostingCursor;
use super::field::{LAST_POSITION, field_of, position_of};
use crate::doc::DocId;
use crate::docset::{And, DocSet, Pace};

/// The documents that hold a phrase: its terms verbatim, adjacent, in order, all in one field.
///
/// Stop words are in no document's positions, so terms that only stop words part are adjacent.
pub struct Phrase<'a> {
    /// Between calls rests on a document that holds the phrase, or is exhausted.
    parts: And<Part<'a>>,
    len: u32,
}

/// A term, and where it stands in the phrase.
struct Part<'a> {
    cursor: PostingCursor<'a>,
    offset: u32,
}

impl<'a> Phrase<'a> {
    /// The phrase of these terms, in their order. A phrase of no term is in no document.
    ///
    /// A field counts if all cursors are restricted to fields among which it is.
    #[must_use]
    pub fn new(terms: Vec<PostingCursor<'a>>) -> Self {
        Self::new_until(terms, Pace::endless())
    }

    /// The same; exhausted as soon as the pace says so, however much is left.
    #[must_use]
    pub fn new_until(terms: Vec<PostingCursor<'a>>, pace: Pace) -> Self {
        let parts: Vec<Part<'a>> = terms
            .into_iter()
            .zip(0..)
            .map(|(cursor, offset)| Part { cursor, offset })
            .collect();
        let len = parts.last().map_or(0, |last| last.offset + 1);
        let mut phrase = Self {
            parts: And::new_until(parts, pace),
            len,
        };
        phrase.skip_scattered();
        phrase
    }

    /// The cursors of the terms, rarest first; each rests on the current document, if there is
    /// one.
    pub fn parts(&self) -> impl Iterator<Item = &PostingCursor<'a>> {
        self.parts.parts().iter().map(|part| &part.cursor)
    }

    /// Appends where the current document holds the phrase: the place of the first term each time,
    /// ascending. Nothing when exhausted.
    pub fn places(&mut self, out: &mut Vec<u32>) {
        if self.parts.doc().is_some() {
            out.extend(self.starts());
        }
    }

    /// How many times the current document holds the phrase; 0 when exhausted.
    #[must_use]
    pub fn occurrences(&self) -> usize {
        match self.parts.doc() {
            Some(_) => self.starts().count(),
            None => 0,
        }
    }

    /// Where the phrase begins in the document on which all parts rest.
    fn starts(&self) -> impl Iterator<Item = u32> {
        let parts = self.parts.parts();
        let lead = parts
            .iter()
            .min_by_key(|part| part.cursor.positions().len());
        let before = lead.map_or(0, |lead| lead.offset);
        let places = lead.into_iter().flat_map(|lead| lead.cursor.positions());
        let starts = places
            .filter(move |&&place| position_of(place) >= before)
            .map(move |&place| place - before);
        starts.filter(|&start| {
            let field = field_of(start);
            position_of(start) + (self.len - 1) <= LAST_POSITION
                && parts.iter().all(|part| {
                    let place = start + part.offset;
                    part.cursor.fields().contains(field)
                        && part.cursor.positions().binary_search(&place).is_ok()
                })
        })
    }

    fn skip_scattered(&mut self) -> Option<DocId> {
        loop {
            let doc = self.parts.doc()?;
            if self.starts().next().is_some() {
                return Some(doc);
            }
            self.parts.advance();
        }
    }
}

impl DocSet for Phrase<'_> {
    fn doc(&self) -> Option<DocId> {
        self.parts.doc()
    }

    fn advance(&mut self) -> Option<DocId> {
        self.parts.advance();
        self.skip_scattered()
    }

    fn seek(&mut self, target: DocId) -> Option<DocId> {
        self.parts.seek(target);
        self.skip_scattered()
    }

    fn cost(&self) -> u64 {
        self.parts.cost()
    }
}

impl DocSet for Part<'_> {
    fn doc(&self) -> Option<DocId> {
        self.cursor.doc()
    }

    fn advance(&mut self) -> Option<DocId> {
        self.cursor.advance()
    }

    fn seek(&mut self, target: DocId) -> Option<DocId> {
        self.cursor.seek(target)
    }

    fn cost(&self) -> u64 {
        self.cursor.cost()
    }
}
