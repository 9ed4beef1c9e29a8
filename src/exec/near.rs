//! Documents that hold several parts of text near to each other.

use nuthatch_indexes::doc::DocId;
use nuthatch_indexes::docset::{And, DocSet, Pace};
use nuthatch_indexes::text::{Near, Places};

use super::deadline::Deadline;
use super::explain::Explanation;
use super::scorer::{BoxScorer, Scorer, sum_of_parts};

/// Documents that hold every part, as near as asked.
///
/// Between two of them there may be any number where the words never meet, so it looks at the clock
/// itself and ends when the deadline passes; whoever reads it must look once more at its end.
pub(super) struct NearWords<'a> {
    parts: And<BoxScorer<'a>>,
    /// Slots of `parts` in the order of the query.
    order: Vec<usize>,
    /// None takes every document that holds all parts.
    near: Option<Near>,
    /// How far apart the parts stand counts in the score.
    pub(super) is_spread: bool,
    /// Those of the document looked at last.
    places: Places,
    pace: Pace,
    stopped: bool,
}

impl<'a> NearWords<'a> {
    pub(super) fn new(
        parts: Vec<BoxScorer<'a>>,
        near: Option<Near>,
        deadline: &Deadline,
        cursors: u32,
    ) -> Self {
        // The intersection puts them in order of cost, and equal ones stay in theirs.
        let costs: Vec<u64> = parts.iter().map(|part| part.cost()).collect();
        let mut slots: Vec<usize> = (0..parts.len()).collect();
        slots.sort_by_key(|part| costs.get(*part).copied());
        let mut order = slots.clone();
        for (slot, part) in slots.into_iter().enumerate() {
            if let Some(place) = order.get_mut(part) {
                *place = slot;
            }
        }
        let mut words = Self {
            parts: And::new_until(parts, deadline.pace(cursors)),
            order,
            near,
            is_spread: false,
            places: Places::default(),
            pace: deadline.pace(1),
            stopped: false,
        };
        words.settle();
        words
    }

    /// Goes on to the first document from here where the parts are as near as asked.
    fn settle(&mut self) -> Option<DocId> {
        while let Some(doc) = self.doc() {
            let Some(near) = self.near else {
                return Some(doc);
            };
            self.gather();
            let steps = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
            if self.pace.steps_are_over(steps) {
                self.stopped = true;
            } else if self.places.are(near, &mut self.pace) {
                return Some(doc);
            }
            self.parts.advance();
        }
        None
    }

    /// Reads where the current document holds each part.
    fn gather(&mut self) {
        self.places.clear();
        for slot in &self.order {
            if let Some(part) = self.parts.parts_mut().get_mut(*slot) {
                let length = part.length();
                self.places.add(length, |out| part.places(out));
            }
        }
    }
}

impl DocSet for NearWords<'_> {
    fn doc(&self) -> Option<DocId> {
        self.parts.doc().filter(|_| !self.stopped)
    }

    fn advance(&mut self) -> Option<DocId> {
        if !self.stopped {
            self.parts.advance();
        }
        self.settle()
    }

    fn seek(&mut self, target: DocId) -> Option<DocId> {
        // Where it rests the parts are near already.
        if self.doc().is_some_and(|doc| doc < target) {
            self.parts.seek(target);
            return self.settle();
        }
        self.doc()
    }

    fn cost(&self) -> u64 {
        self.parts.cost()
    }
}

impl Scorer for NearWords<'_> {
    fn score(&mut self) -> f64 {
        if self.stopped {
            0.0
        } else {
            self.parts.score()
        }
    }

    fn places(&mut self, out: &mut Vec<u32>) {
        self.parts.places(out);
    }

    fn spread(&mut self) -> Option<f64> {
        self.doc().filter(|_| self.is_spread)?;
        self.gather();
        Some(self.places.spread())
    }

    fn explain(&mut self) -> Explanation {
        let score = self.score();
        let parts = self.parts.parts_mut().iter_mut();
        sum_of_parts(score, parts.map(|part| part.explain()).collect())
    }
}

#[cfg(test)]
mod tests {
    use nuthatch_indexes::docset::DocSet;
    use nuthatch_indexes::text::{FieldMask, Near, Phrase};

    use super::NearWords;
    use crate::catalog::index::Index;
    use crate::exec::build;
    use crate::exec::deadline::Deadline;
    use crate::exec::model::{Bm25Std, Corpus};
    use crate::exec::scorer::{BoxScorer, Leaf, Term};
    use crate::keyspace::{Hashes, Presence};
    use crate::plan::estimate::Estimate;
    use crate::plan::{Kind, Node};
    use crate::request::create::Definition;
    use crate::request::search::Scorer;

    /// Every key is a hash of the same text.
    struct Same(&'static [u8]);

    impl Hashes for Same {
        fn fields(
            &mut self,
            _: &[u8],
            names: &[&[u8]],
            visit: &mut dyn FnMut(usize, &[u8]),
        ) -> Presence {
            let position = names.iter().position(|name| name == b"t").unwrap();
            visit(position, self.0);
            Presence::Hash
        }

        fn document(&mut self, _: &[u8], _: &mut dyn FnMut(&[u8], &[u8])) -> Presence {
            Presence::Hash
        }
    }

    fn node(kind: Kind) -> Node {
        Node {
            estimate: Estimate::exactly(0),
            kind,
        }
    }

    fn word(term: &[u8]) -> Node {
        node(Kind::Term {
            term: term.to_vec(),
            fields: FieldMask::ALL,
            weight: 1.0,
        })
    }

    /// Words that are in every document but the last two, and near in the last alone.
    fn index() -> Index {
        let definition = Definition::parse(&[b"i", b"SCHEMA", b"t", b"TEXT"]).unwrap();
        let mut index = Index::new(1, definition);
        for key in 0..5_000_u32 {
            index.refresh(&key.to_le_bytes(), &mut Same(b"red one two fox"));
        }
        index.refresh(b"x", &mut Same(b"red"));
        index.refresh(b"last", &mut Same(b"red fox"));
        index
    }

    #[test]
    fn words_that_hardly_ever_meet_are_given_up_at_the_deadline() {
        let index = index();
        let near = node(Kind::Near {
            parts: vec![word(b"fox"), word(b"red")],
            near: Some(Near {
                slop: Some(1),
                in_order: false,
            }),
            is_spread: false,
        });
        let phrase = node(Kind::Phrase {
            terms: vec![b"red".to_vec(), b"fox".to_vec()],
            fields: FieldMask::ALL,
            weight: 1.0,
            others: 1,
        });
        let apart = node(Kind::And(vec![word(b"red"), near.clone()]));
        let never = Deadline::after_ms(0);
        let passed = Deadline::after_ms(1);
        for node in [&near, &phrase, &apart] {
            let set = build::scorer(node, Scorer::Bm25Std, &index, &never).unwrap();
            let key = set.doc().and_then(|doc| index.documents().key(doc));
            assert_eq!(key, Some(&b"last"[..]));
            let pace = Deadline::after_ms(100_000);
            let mut set = build::scorer(node, Scorer::Bm25Std, &index, &pace).unwrap();
            assert!(set.doc().is_some() && set.advance().is_none());
        }
        // The builder looks at the clock as well, so the sets are made by hand.
        while !passed.passed() {}
        let cursor = |term: &[u8]| index.text().postings(term, FieldMask::ALL).unwrap();
        let part = |name: &'static [u8]| -> BoxScorer<'_> {
            Box::new(Term {
                postings: cursor(name),
                name,
                idf: 1.0,
                leaf: Leaf {
                    model: Bm25Std,
                    corpus: Corpus::new(&index),
                    weight: 1.0,
                },
            })
        };
        let near = Some(Near {
            slop: Some(1),
            in_order: true,
        });
        let parts = vec![part(b"fox"), part(b"red")];
        let mut set = NearWords::new(parts, near, &passed, 2);
        assert_eq!((set.doc(), set.advance()), (None, None));
        let phrase = vec![cursor(b"red"), cursor(b"fox")];
        assert_eq!(Phrase::new_until(phrase, passed.pace(2)).doc(), None);
    }
}
