//! Documents of a cheap set of which other things are asked: each is looked at by itself, so that
//! no range is searched that a few distances or numbers answer.

use nuthatch_indexes::doc::DocId;
use nuthatch_indexes::docset::DocSet;

use super::deadline::{Deadline, Steps};
use super::explain::Explanation;
use super::probe::Probe;
use super::scorer::{BoxScorer, Scorer};
use crate::catalog::index::Index;

/// The documents of a set that pass every check.
pub(super) fn asked<'a>(
    set: BoxScorer<'a>,
    mut checks: Vec<Probe<'a>>,
    index: &'a Index,
    deadline: Deadline,
) -> BoxScorer<'a> {
    // The cheapest first: what it refuses costs no more.
    checks.sort_by_key(Probe::cost);
    let costs = checks.iter().map(Probe::cost);
    let cost = costs.fold(0, u32::saturating_add);
    let passes = move |doc| checks.iter().all(|check| check.holds(index, doc));
    Box::new(Candidates::new(set, passes, deadline.steps(cost)))
}

/// Those documents of a set that pass.
///
/// Between two that do there may be any number that do not, so it looks at the clock itself and
/// ends when the deadline passes; whoever reads it must look once more at its end.
pub(super) struct Candidates<'a, F> {
    set: BoxScorer<'a>,
    /// Asked of each document at most once, in their order.
    passes: F,
    steps: Steps,
    stopped: bool,
}

impl<'a, F: FnMut(DocId) -> bool> Candidates<'a, F> {
    pub(super) fn new(set: BoxScorer<'a>, passes: F, steps: Steps) -> Self {
        let mut candidates = Self {
            set,
            passes,
            steps,
            stopped: false,
        };
        candidates.settle();
        candidates
    }

    /// Goes on to the first document from here that passes.
    fn settle(&mut self) -> Option<DocId> {
        while let Some(doc) = self.doc() {
            if (self.passes)(doc) {
                return Some(doc);
            }
            self.stopped = self.steps.check().is_err();
            self.set.advance();
        }
        None
    }
}

impl<F: FnMut(DocId) -> bool> DocSet for Candidates<'_, F> {
    fn doc(&self) -> Option<DocId> {
        self.set.doc().filter(|_| !self.stopped)
    }

    fn advance(&mut self) -> Option<DocId> {
        if !self.stopped {
            self.set.advance();
        }
        self.settle()
    }

    fn seek(&mut self, target: DocId) -> Option<DocId> {
        // Where it rests has passed already.
        if self.doc().is_some_and(|doc| doc < target) {
            self.set.seek(target);
            return self.settle();
        }
        self.doc()
    }

    fn cost(&self) -> u64 {
        self.set.cost()
    }
}

impl<F: FnMut(DocId) -> bool> Scorer for Candidates<'_, F> {
    fn score(&mut self) -> f64 {
        if self.stopped { 0.0 } else { self.set.score() }
    }

    fn places(&mut self, out: &mut Vec<u32>) {
        if !self.stopped {
            self.set.places(out);
        }
    }

    fn length(&self) -> u32 {
        self.set.length()
    }

    fn spread(&mut self) -> Option<f64> {
        self.set.spread()
    }

    fn explain(&mut self) -> Explanation {
        self.set.explain()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use nuthatch_indexes::doc::DocId;
    use nuthatch_indexes::docset::{Bitmap, DocSet};

    use super::*;
    use crate::catalog::index::FieldIndex;
    use crate::exec::scorer::Unscored;
    use crate::keyspace::{Hashes, Presence};
    use crate::plan::VectorRange;
    use crate::request::create::Definition;

    /// Each key is one byte, and its hash a vector of that byte.
    struct Bytes;

    impl Hashes for Bytes {
        fn fields(
            &mut self,
            key: &[u8],
            names: &[&[u8]],
            visit: &mut dyn FnMut(usize, &[u8]),
        ) -> Presence {
            let position = names.iter().position(|name| name == b"v").unwrap();
            visit(position, key);
            Presence::Hash
        }

        fn document(&mut self, _: &[u8], _: &mut dyn FnMut(&[u8], &[u8])) -> Presence {
            Presence::Hash
        }
    }

    fn index() -> Index {
        let command = "i SCHEMA v VECTOR FLAT 6 TYPE UINT8 DIM 1 DISTANCE_METRIC L2";
        let arguments: Vec<&[u8]> = command.split(' ').map(str::as_bytes).collect();
        let mut index = Index::new(1, Definition::parse(&arguments).unwrap());
        (0..=255u8).for_each(|key| index.refresh(&[key], &mut Bytes));
        index
    }

    /// What is nearer than 2 to 100, or everything else.
    fn check(index: &Index, outside: bool) -> Probe<'_> {
        let field = index.schema().find(b"v").unwrap();
        let FieldIndex::Vector(vectors) = index.field(field) else {
            panic!("a vector field");
        };
        let range = VectorRange {
            field,
            parameter: b"q".to_vec(),
            vector: vectors.query(&[100]).unwrap(),
            radius: 4.0,
            epsilon: None,
        };
        let near = Probe::Near(Arc::new(range));
        if outside {
            Probe::Not(Box::new(near))
        } else {
            near
        }
    }

    fn every_other(index: &Index) -> BoxScorer<'_> {
        let docs = index.documents().alive().iter().filter(|doc| doc % 2 == 1);
        Box::new(Unscored(Bitmap::owned(docs.collect())))
    }

    fn keys(index: &Index, mut set: impl DocSet) -> Vec<u8> {
        let mut keys = Vec::new();
        while let Some(doc) = set.doc() {
            keys.push(index.documents().key(doc).unwrap()[0]);
            set.advance();
        }
        keys
    }

    #[test]
    fn documents_of_the_set_that_pass_are_left() {
        let index = index();
        let never = Deadline::after_ms(0);
        let of = |checks| asked(every_other(&index), checks, &index, never);
        assert_eq!(keys(&index, of(vec![check(&index, false)])), [98, 100, 102]);
        let rest = keys(&index, of(vec![check(&index, true)]));
        assert_eq!(rest.len(), 125);
        let both = vec![check(&index, true), check(&index, false)];
        assert_eq!(keys(&index, of(both)), [0u8; 0]);
        let mut set = of(vec![check(&index, false)]);
        let (first, last) = (DocId::from_index(98), DocId::from_index(102));
        assert_eq!(set.doc(), first);
        assert_eq!(set.seek(DocId::from_index(50).unwrap()), first);
        assert_eq!(set.seek(DocId::from_index(101).unwrap()), last);
        assert_eq!(set.seek(DocId::from_index(103).unwrap()), None);
        assert_eq!(set.advance(), None);
    }

    #[test]
    fn a_set_of_which_nothing_passes_ends_at_the_deadline() {
        let index = index();
        let deadline = Deadline::after_ms(1);
        while !deadline.passed() {}
        // 64 checks are as much as 256 moves: the clock is looked at after four documents, and the
        // first that passes is the fiftieth.
        let checks = (0..64).map(|_| check(&index, false)).collect();
        let mut set = asked(every_other(&index), checks, &index, deadline);
        assert_eq!((set.doc(), set.score()), (None, 0.0));
        assert_eq!(set.advance(), None);
        assert!(deadline.check().is_err());
    }
}
