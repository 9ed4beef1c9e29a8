//! Hybrid searches: a plan for each leg, and what several legs filter by, which is found once.
//!
//! A leg's filter is a conjunction. Its parts that add nothing to a score can be found apart from the
//! rest, and what some legs have in common, one of them a leg that looks for vectors, is put together
//! as one set: that leg needs the set anyway.

mod expense;
mod print;
mod share;

use std::sync::Arc;

use nuthatch_indexes::vector::Metric;
use roaring::RoaringBitmap;

pub use self::print::print;
use self::share::{Parts, is_unscored, share, without_scores, without_tag_scores};
use super::bind::{any_of, nothing};
use super::estimate::Estimate;
use super::{By, Kind, Method, Node, Order, Plan, VectorRange, method};
use crate::catalog::index::{FieldIndex, Index};
use crate::query::ast::{self, Query};
use crate::query::hybrid::{LegClause, LegQuery, within};
use crate::request::error::{Error, Refusal};
use crate::request::hybrid::{Asked, Fusion, Hybrid, Leg};
use crate::request::search::Search;

/// What to do to answer a hybrid search.
#[derive(Clone, Debug)]
pub struct HybridPlan {
    /// The searches, in their order.
    pub legs: Vec<LegPlan>,
    /// What several legs filter by; each is found once.
    pub shared: Vec<Node>,
    /// By what their rankings become one.
    pub fusion: Fusion,
    /// Documents of each leg at most.
    pub window: usize,
    /// A plan of all words of the legs: what later steps know of the query.
    pub words: Plan,
}

impl HybridPlan {
    /// Has what each part finds and takes measured.
    pub fn profile(&mut self) {
        self.words.is_profiled = true;
        for leg in &mut self.legs {
            leg.plan.is_profiled = true;
        }
    }
}

/// One search of a hybrid one.
#[derive(Clone, Debug)]
pub struct LegPlan {
    /// What it is called: `SEARCH`, `VSIM_2`.
    pub name: String,
    /// The search as it would be by itself.
    pub plan: Plan,
    /// What it looks for.
    pub kind: LegKind,
    /// The parts of its filter that are its own.
    pub own: Vec<Node>,
    /// Which of [`HybridPlan::shared`] it filters by too.
    pub shared: Vec<usize>,
    /// How it is found once those are sets.
    pub method: Method,
    /// What its part of a score is multiplied by.
    pub weight: f64,
}

/// What a leg looks for.
#[derive(Clone, Debug)]
pub enum LegKind {
    /// What matches best.
    Words,
    /// The nearest to a vector: the `knn` of its plan.
    Nearest(Metric),
    /// All that is near to a vector.
    Within(Metric, Arc<VectorRange>),
}

/// Plans a hybrid search, whose queries have been read. `stop` is asked now and then whether its time
/// is over.
///
/// # Errors
/// As [`super::plan`], and when the name of a score is that of a field.
pub fn plan(
    request: &Hybrid,
    queries: &[LegQuery],
    index: &Index,
    stop: &dyn Fn() -> bool,
) -> Result<HybridPlan, Error> {
    check_names(request, index)?;
    let planner = Planner {
        request,
        index,
        stop,
    };
    let names = request.leg_names();
    let (mut legs, mut parts) = (Vec::new(), Vec::new());
    for ((leg, query), name) in request.legs.iter().zip(queries).zip(names) {
        let (leg, of_leg) = planner.leg(leg, query, name)?;
        legs.push(leg);
        parts.push(of_leg);
    }
    let total = planner.total();
    let words = planner.words(&legs)?;
    let mut shared = Vec::new();
    for group in share(&mut parts) {
        for (slot, leg) in legs.iter_mut().enumerate() {
            if group.has(slot) {
                leg.shared.push(shared.len());
            }
        }
        shared.push(conjunction(group.parts, total));
    }
    for ((leg, parts), asked) in legs.iter_mut().zip(parts).zip(&request.legs) {
        leg.own = parts.scoring;
        leg.own.extend(parts.filtering);
        if let Asked::Words(search) = &asked.asked
            && !leg.shared.is_empty()
        {
            leg.method = planner.method(leg, &shared, search);
        }
    }
    Ok(HybridPlan {
        legs,
        shared,
        fusion: request.combine.fusion,
        window: request.combine.window,
        words,
    })
}

impl HybridPlan {
    /// What the user should know of the answer.
    #[must_use]
    pub fn warnings(&self) -> Vec<&'static str> {
        let mut warnings: Vec<&'static str> = Vec::new();
        for warning in self.legs.iter().flat_map(|leg| &leg.plan.warnings) {
            if !warnings.contains(warning) {
                warnings.push(warning);
            }
        }
        warnings
    }
}

/// What matches every part, the cheapest first; everything when there is no part.
#[must_use]
pub fn conjunction(mut parts: Vec<Node>, total: u64) -> Node {
    if parts.iter().any(|part| part.estimate.max == 0) {
        return nothing();
    }
    parts.sort_by_key(|part| part.estimate.likely);
    let estimates: Vec<_> = parts.iter().map(|part| part.estimate).collect();
    match parts.pop() {
        None => Node {
            estimate: Estimate::exactly(total),
            kind: Kind::All { weight: 0.0 },
        },
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            Node {
                estimate: Estimate::all_of(&estimates, total),
                kind: Kind::And(parts),
            }
        }
    }
}

/// The parts of a conjunction.
fn conjuncts(node: &Node) -> Vec<Node> {
    match &node.kind {
        Kind::And(parts) => parts.clone(),
        Kind::All { weight } if *weight == 0.0 => Vec::new(),
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
        | Kind::VectorRange(_)
        | Kind::Near { .. }
        | Kind::Or(_)
        | Kind::Not(_)
        | Kind::Optional(_) => vec![node.clone()],
    }
}

/// That no field has the name of a score.
fn check_names(request: &Hybrid, index: &Index) -> Result<(), Refusal> {
    let of_legs = request.legs.iter().map(|leg| &leg.score_name);
    let names = of_legs.chain([&request.combine.score_name]).flatten();
    for name in names {
        if index.schema().find(name).is_some() {
            let name = crate::request::error::shown(name);
            return Err(Refusal::PropertyExists { name });
        }
    }
    Ok(())
}

struct Planner<'a> {
    request: &'a Hybrid,
    index: &'a Index,
    stop: &'a dyn Fn() -> bool,
}

impl Planner<'_> {
    fn total(&self) -> u64 {
        self.index.documents().len() as u64
    }

    /// A leg, and the parts of its filter.
    fn leg(&self, leg: &Leg, query: &LegQuery, name: String) -> Result<(LegPlan, Parts), Error> {
        let filter = match &query.filter {
            Some(filter) => self.filter(filter, &format!("FILTER of {name}"))?,
            None => Vec::new(),
        };
        let (plan, kind, parts) = match (&query.clause, &leg.asked) {
            (LegClause::Words(words), Asked::Words(search)) => {
                let planned = self.by_words(search, words, filter);
                let (plan, parts) = planned.map_err(|error| within(error, &name))?;
                (plan, LegKind::Words, parts)
            }
            (LegClause::Nearest(knn), _) => {
                let metric = self.metric(&knn.field)?;
                let mut plan = self.near(ast::Node::All, Some(knn.clone()), &name)?;
                plan.filter = conjunction(filter.clone(), self.total());
                (plan, LegKind::Nearest(metric), Parts::of_vectors(filter))
            }
            (LegClause::Within(range), _) => {
                let metric = self.metric(&range.field)?;
                let node = ast::Node::VectorRange(range.clone());
                let mut plan = self.near(node, None, &name)?;
                let Kind::VectorRange(range) = &plan.filter.kind else {
                    return Err(Error::Fault("a range without a range".to_owned()));
                };
                let kind = LegKind::Within(metric, Arc::clone(range));
                let parts = filter.iter().cloned().chain([plan.filter]);
                plan.filter = conjunction(parts.collect(), self.total());
                plan.order = Order::by(By::Distance, false);
                (plan, kind, Parts::of_vectors(filter))
            }
            (LegClause::Words(_), Asked::Vector(_)) => {
                return Err(Error::Fault("words of a leg for a vector".to_owned()));
            }
        };
        let leg = LegPlan {
            name,
            method: plan.method,
            plan,
            kind,
            own: Vec::new(),
            shared: Vec::new(),
            weight: leg.weight,
        };
        Ok((leg, parts))
    }

    /// The best of what matches some words, within a filter.
    fn by_words(
        &self,
        search: &Search,
        words: &ast::Node,
        filter: Vec<Node>,
    ) -> Result<(Plan, Parts), Error> {
        let search = self.search(search);
        let mut plan = super::plan(&search, &only(words.clone()), self.index, self.stop)?;
        // A tag adds nothing to the score of a hybrid search (spec, section 6.5).
        without_tag_scores(&mut plan.filter);
        let (filtering, scoring) = conjuncts(&plan.filter).into_iter().partition(is_unscored);
        let mut parts = Parts {
            scoring,
            filtering,
            is_of_vectors: false,
        };
        parts.filtering.extend(filter);
        let all = parts.scoring.iter().chain(&parts.filtering).cloned();
        plan.filter = conjunction(all.collect(), self.total());
        plan.method = Method::Heap;
        plan.method = method::choose(&plan, &search, self.index);
        Ok((plan, parts))
    }

    /// A search for the best of a leg.
    fn search(&self, search: &Search) -> Search {
        Search {
            count: self.request.combine.window,
            with_scores: true,
            without_count: true,
            ..search.clone()
        }
    }

    /// How the words of a leg are found once what it shares is a set.
    fn method(&self, leg: &LegPlan, shared: &[Node], search: &Search) -> Method {
        let of_set = |slot: &usize| Node {
            estimate: shared[*slot].estimate,
            kind: Kind::Keys(RoaringBitmap::new()),
        };
        let parts = leg.own.iter().cloned().chain(leg.shared.iter().map(of_set));
        let plan = Plan {
            filter: conjunction(parts.collect(), self.total()),
            ..leg.plan.clone()
        };
        method::choose(&plan, &self.search(search), self.index)
    }

    /// What is near to a vector, among all documents.
    fn near(&self, node: ast::Node, knn: Option<ast::Knn>, name: &str) -> Result<Plan, Error> {
        let query = Query {
            filter: node,
            filters: Vec::new(),
            knn,
        };
        let plan = super::plan(&self.request.search, &query, self.index, self.stop);
        let mut plan = plan.map_err(|error| within(error, name))?;
        plan.scored = false;
        Ok(plan)
    }

    /// The parts of a filter, of which none scores.
    fn filter(&self, filter: &ast::Node, place: &str) -> Result<Vec<Node>, Error> {
        let mut search = self.request.search.clone();
        search.count = 0;
        let plan = super::plan(&search, &only(filter.clone()), self.index, self.stop);
        let mut node = plan.map_err(|error| within(error, place))?.filter;
        without_scores(&mut node);
        Ok(conjuncts(&node))
    }

    fn metric(&self, field: &ast::Field) -> Result<Metric, Error> {
        let found = self.index.schema().find(&field.name);
        match found.map(|id| self.index.field(id)) {
            Some(FieldIndex::Vector(vectors)) => Ok(vectors.params().metric),
            Some(
                FieldIndex::Text(_)
                | FieldIndex::Tag(_)
                | FieldIndex::Numeric(_)
                | FieldIndex::Geo(_)
                | FieldIndex::Shape(_)
                | FieldIndex::None,
            )
            | None => Err(Refusal::wrong_field("VSIM", &field.name, "VECTOR").into()),
        }
    }

    /// The plan of a search for any of the words of the legs.
    fn words(&self, legs: &[LegPlan]) -> Result<Plan, Error> {
        let everything = only(ast::Node::All);
        let mut plan = super::plan(&self.request.search, &everything, self.index, self.stop)?;
        let of_words = legs.iter().filter(|leg| matches!(leg.kind, LegKind::Words));
        let filters = of_words.map(|leg| leg.plan.filter.clone());
        plan.filter = any_of(filters.collect(), self.total());
        Ok(plan)
    }
}

fn only(filter: ast::Node) -> Query {
    Query {
        filter,
        filters: Vec::new(),
        knn: None,
    }
}
