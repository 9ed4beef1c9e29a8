//! What each part of a plan finds and takes, for `FT.PROFILE`.
//!
//! A part is measured by a wrapper around its doc set, which is there only where the plan says so:
//! any other search is built without, and pays nothing.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use nuthatch_indexes::doc::DocId;
use nuthatch_indexes::docset::DocSet;

use super::explain::Explanation;
use super::scorer::{BoxScorer, Scorer};
use crate::catalog::index::Index;
use crate::plan::estimate::Estimate;
use crate::plan::{Kind, Node, PartName, Plan, nearest_name, part_name};

/// What a part of a plan found and took.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// How it is called.
    pub name: PartName,
    /// How many documents it was thought to match; none where the query itself says how many.
    pub estimate: Option<Estimate>,
    /// What was measured; none where the part was not run by itself.
    pub figures: Option<Figures>,
    /// The parts of it.
    pub parts: Vec<Part>,
}

/// What was measured of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// How it was used.
    pub access: Access,
    /// Documents that it found, or let through.
    pub found: u64,
    /// How often it was moved or asked.
    pub moves: u64,
    /// The time of finding, that of its parts and of putting it together included.
    pub time: Duration,
    /// How often it was asked for a score.
    pub scores: u64,
    /// The time of scoring.
    pub scoring: Duration,
}

/// How a part of a plan was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Its documents were read in their order.
    Read,
    /// It was asked about single documents.
    Asked,
    /// Its documents were read, to be left out.
    Excluded,
    /// It was found as a whole, with its parts.
    Whole,
}

/// Counts what one part does.
#[derive(Debug, Default)]
pub(super) struct Tally {
    found: AtomicU64,
    moves: AtomicU64,
    nanoseconds: AtomicU64,
    scores: AtomicU64,
    scoring_nanoseconds: AtomicU64,
}

impl Tally {
    /// One move or question since `start`, and whether it came to a document.
    pub(super) fn moved(&self, start: Instant, found: bool) {
        self.moves.fetch_add(1, Relaxed);
        self.found.fetch_add(u64::from(found), Relaxed);
        self.nanoseconds.fetch_add(since(start), Relaxed);
    }

    /// It was put together since `start`, and rests on a document or has none.
    fn built(&self, start: Instant, found: bool) {
        self.found.fetch_add(u64::from(found), Relaxed);
        self.nanoseconds.fetch_add(since(start), Relaxed);
    }

    fn scored(&self, start: Instant) {
        self.scores.fetch_add(1, Relaxed);
        self.scoring_nanoseconds.fetch_add(since(start), Relaxed);
    }
}

fn since(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// A part under way.
#[derive(Debug)]
pub(super) struct Trace {
    name: PartName,
    estimate: Estimate,
    access: Access,
    tally: Arc<Tally>,
    parts: Vec<Self>,
}

impl Trace {
    /// What it has come to by now.
    pub(super) fn part(&self) -> Part {
        let tally = &self.tally;
        let time = |nanoseconds: &AtomicU64| Duration::from_nanos(nanoseconds.load(Relaxed));
        Part {
            name: self.name.clone(),
            estimate: Some(self.estimate),
            figures: Some(Figures {
                access: self.access,
                found: tally.found.load(Relaxed),
                moves: tally.moves.load(Relaxed),
                time: time(&tally.nanoseconds),
                scores: tally.scores.load(Relaxed),
                scoring: time(&tally.scoring_nanoseconds),
            }),
            parts: self.parts.iter().map(Self::part).collect(),
        }
    }
}

/// Puts wrappers around the parts of a plan while they are built, from the inside out.
pub(super) struct Tracer<'p> {
    plan: &'p Plan,
    index: &'p Index,
    /// The parts built so far of each part that is being built, outermost first.
    open: RefCell<Vec<Vec<Trace>>>,
}

impl<'p> Tracer<'p> {
    /// One for a plan that asks for it.
    pub(super) fn of(plan: &'p Plan, index: &'p Index) -> Option<Self> {
        plan.is_profiled.then(|| Self {
            plan,
            index,
            open: RefCell::new(vec![Vec::new()]),
        })
    }

    /// Measures what is built for a node.
    pub(super) fn read<'s, E>(
        &self,
        node: &Node,
        access: Access,
        build: impl FnOnce() -> Result<BoxScorer<'s>, E>,
    ) -> Result<BoxScorer<'s>, E> {
        self.begin();
        let start = Instant::now();
        let set = build()?;
        let tally = self.end(node, access);
        tally.built(start, set.doc().is_some());
        Ok(Box::new(Traced { set, tally }))
    }

    /// Measures a condition that is made for a node; none where none can be made.
    pub(super) fn asked<T>(
        &self,
        node: &Node,
        build: impl FnOnce() -> Option<T>,
    ) -> Option<(T, Arc<Tally>)> {
        self.begin();
        let Some(built) = build() else {
            self.open.borrow_mut().pop();
            return None;
        };
        Some((built, self.end(node, Access::Asked)))
    }

    /// The outermost part; none when nothing has been built.
    pub(super) fn finish(self) -> Option<Trace> {
        self.open.into_inner().pop()?.pop()
    }

    fn begin(&self) {
        self.open.borrow_mut().push(Vec::new());
    }

    fn end(&self, node: &Node, access: Access) -> Arc<Tally> {
        let tally = Arc::<Tally>::default();
        let mut open = self.open.borrow_mut();
        let parts = open.pop().unwrap_or_default();
        if let Some(outer) = open.last_mut() {
            outer.push(Trace {
                name: part_name(node, self.plan, self.index),
                estimate: node.estimate,
                access,
                tally: Arc::clone(&tally),
                parts,
            });
        }
        tally
    }
}

/// A doc set that counts and times what is done to it.
struct Traced<'a> {
    set: BoxScorer<'a>,
    tally: Arc<Tally>,
}

impl DocSet for Traced<'_> {
    fn doc(&self) -> Option<DocId> {
        self.set.doc()
    }

    fn advance(&mut self) -> Option<DocId> {
        let start = Instant::now();
        let doc = self.set.advance();
        self.tally.moved(start, doc.is_some());
        doc
    }

    fn seek(&mut self, target: DocId) -> Option<DocId> {
        let (before, start) = (self.set.doc(), Instant::now());
        let doc = self.set.seek(target);
        self.tally.moved(start, doc.is_some() && doc != before);
        doc
    }

    fn reach(&mut self, doc: DocId) -> Option<DocId> {
        let (before, start) = (self.set.doc(), Instant::now());
        let found = self.set.reach(doc);
        self.tally
            .moved(start, found == Some(doc) && found != before);
        found
    }

    fn cost(&self) -> u64 {
        self.set.cost()
    }
}

impl Scorer for Traced<'_> {
    fn score(&mut self) -> f64 {
        let start = Instant::now();
        let score = self.set.score();
        self.tally.scored(start);
        score
    }

    fn places(&mut self, out: &mut Vec<u32>) {
        self.set.places(out);
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

/// The parts of a node that nothing ran one by one.
fn unmeasured(node: &Node, plan: &Plan, index: &Index) -> Part {
    let parts: &[Node] = match &node.kind {
        Kind::And(parts) | Kind::Near { parts, .. } | Kind::Or(parts) => parts,
        Kind::Not(part) | Kind::Optional(part) => std::slice::from_ref(part),
        Kind::All { .. }
        | Kind::Nothing
        | Kind::Keys(_)
        | Kind::Term { .. }
        | Kind::Variants { .. }
        | Kind::Phrase { .. }
        | Kind::Tag { .. }
        | Kind::Missing(_)
        | Kind::Numeric { .. }
        | Kind::Area { .. }
        | Kind::VectorRange(_) => &[],
    };
    let parts = parts.iter().map(|part| unmeasured(part, plan, index));
    Part {
        name: part_name(node, plan, index),
        estimate: Some(node.estimate),
        figures: None,
        parts: parts.collect(),
    }
}

/// The filter of a plan of which nothing had to run; none unless the plan asks for it.
pub(super) fn known(plan: &Plan, index: &Index) -> Option<Part> {
    let part = || unmeasured(&plan.filter, plan, index);
    plan.is_profiled.then(part)
}

/// The filter of a plan that was found as a whole, so many documents since `start`; none unless the
/// plan asks for it.
pub(super) fn whole(plan: &Plan, index: &Index, found: u64, start: Instant) -> Option<Part> {
    plan.is_profiled
        .then(|| whole_node(&plan.filter, plan, index, found, start))
}

/// A node of a plan that was found as a whole, so many documents since `start`.
pub(super) fn whole_node(
    node: &Node,
    plan: &Plan,
    index: &Index,
    found: u64,
    start: Instant,
) -> Part {
    Part {
        figures: Some(figures_of_whole(found, start)),
        ..unmeasured(node, plan, index)
    }
}

/// Some parts under a name, which found so many documents since `start`.
pub(super) fn named(
    kind: &'static str,
    term: String,
    found: usize,
    start: Instant,
    parts: Vec<Part>,
) -> Part {
    Part {
        name: PartName {
            kind,
            term,
            terms: Vec::new(),
        },
        estimate: None,
        figures: Some(figures_of_whole(found as u64, start)),
        parts,
    }
}

/// The neighbours of a plan, so many found since `start`, above what was measured of the filter; none
/// unless the plan asks for it.
pub(super) fn nearest(
    plan: &Plan,
    index: &Index,
    found: usize,
    start: Instant,
    filter: Option<Part>,
) -> Option<Part> {
    let name = plan.is_profiled.then(|| nearest_name(plan, index))??;
    Some(Part {
        name,
        estimate: None,
        figures: Some(figures_of_whole(found as u64, start)),
        parts: filter.into_iter().collect(),
    })
}

fn figures_of_whole(found: u64, start: Instant) -> Figures {
    Figures {
        access: Access::Whole,
        found,
        moves: 1,
        time: start.elapsed(),
        scores: 0,
        scoring: Duration::ZERO,
    }
}
