//! Syntax trees to plans: names bound to fields, words to terms, parts put in order of cost.
//!
//! A plan is data. It is made from the schema and from statistics alone, never from a posting or
//! a vector, so printing it explains the query.

pub mod access;
pub mod aggregate;
pub mod alternatives;
mod area;
mod bind;
pub mod cost;
pub mod estimate;
pub mod facets;
mod group;
pub mod hybrid;
pub mod method;
mod options;
pub mod order;
mod print;
mod range;
mod reads;
mod rewrite;
pub mod spelling;
mod tag;
mod tags_of_one;
mod text;
mod vector;
mod words;
pub mod words_first;

use std::sync::Arc;

use nuthatch_indexes::geo::Circle;
use nuthatch_indexes::numeric::Bound;
use nuthatch_indexes::shape::{Relation, Shape};
use nuthatch_indexes::text::{FieldMask, Near};
use nuthatch_indexes::vector::{Query as VectorQuery, Strategy};
use roaring::RoaringBitmap;

use self::access::AccessRule;
use self::estimate::Estimate;
use self::facets::FacetPlan;
use self::method::{Gather, Method};
pub use self::order::{By, Order};
pub use self::print::{PartName, method_name, nearest_name, part_name, print};
use self::rewrite::Rewriter;
use crate::catalog::index::Index;
use crate::catalog::schema::FieldId;
use crate::query::ast::Query;
use crate::request::error::Error;
use crate::request::search::{Scorer, Scoring, Search};

/// What to do to answer a query.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Which documents match.
    pub filter: Node,
    /// The nearest of them.
    pub knn: Option<Knn>,
    /// Ranges whose distances are given as properties, in the order of the query.
    pub yields: Vec<Yield>,
    /// How hits are ordered.
    pub order: Order,
    /// How they are found.
    pub method: Method,
    /// How all matches are put together where none of them is scored.
    pub gather: Gather,
    /// Which parts of conjunctions are asked about single documents.
    pub access: AccessRule,
    /// Whether all of them are counted, even if the first are found sooner.
    pub counts: bool,
    /// Whether anything needs the hits' scores.
    pub scored: bool,
    /// How they are computed.
    pub scoring: Scoring,
    /// The fields whose values are counted over all hits.
    pub facets: Vec<FacetPlan>,
    /// What the user should know of the answer.
    pub warnings: Vec<&'static str>,
    /// What each part finds and takes is measured.
    pub is_profiled: bool,
}

/// A part of a plan, with how many documents it will match.
#[derive(Clone, Debug)]
pub struct Node {
    /// How many documents.
    pub estimate: Estimate,
    /// Which ones.
    pub kind: Kind,
}

/// Which documents.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Every document, as if each had one occurrence of a term.
    All {
        /// What the score is multiplied by.
        weight: f64,
    },
    /// No document.
    Nothing,
    /// Those of some keys; adds nothing to the score.
    Keys(RoaringBitmap),
    /// Those with a term in any of some fields.
    Term {
        /// The folded term.
        term: Vec<u8>,
        /// The fields.
        fields: FieldMask,
        /// What the score is multiplied by.
        weight: f64,
    },
    /// Those with any of some terms, each in any of its fields, that count as one word.
    Variants {
        /// The folded terms and their fields; two or more, as the query has it first.
        terms: Vec<(Vec<u8>, FieldMask)>,
        /// What the query multiplies its score by.
        weight: f64,
    },
    /// Those with these terms adjacent and in order in one of some fields.
    Phrase {
        /// The folded terms; two or more.
        terms: Vec<Vec<u8>>,
        /// The fields.
        fields: FieldMask,
        /// What the score is multiplied by.
        weight: f64,
        /// Postings of all terms but the rarest.
        others: u64,
    },
    /// Those with a tag.
    Tag {
        /// The field.
        field: FieldId,
        /// The normalised tag.
        value: Vec<u8>,
        /// What the score is multiplied by.
        weight: f64,
    },
    /// Those without a field.
    Missing(FieldId),
    /// Those with a number in a range.
    Numeric {
        /// The field.
        field: FieldId,
        /// The lower end.
        min: Bound,
        /// The upper end.
        max: Bound,
    },
    /// Those whose point or shape lies so.
    Area {
        /// The field.
        field: FieldId,
        /// How.
        area: AreaClause,
    },
    /// Those whose vector is near to one.
    VectorRange(Arc<VectorRange>),
    /// Those in every part; two or more, the cheapest first.
    And(Vec<Node>),
    /// Those in every part, near to each other; two or more, in the order of the query. Each is
    /// text.
    Near {
        /// The parts.
        parts: Vec<Node>,
        /// How near; none takes every document that holds all parts.
        near: Option<Near>,
        /// How far apart they stand counts in the score: they are the words of the whole query.
        is_spread: bool,
    },
    /// Those in any part; two or more.
    Or(Vec<Node>),
    /// Those not in the part.
    Not(Box<Node>),
    /// Every document; the part adds to the score.
    Optional(Box<Node>),
}

impl Node {
    /// How many sets of documents are read for it.
    #[must_use]
    pub fn sets(&self) -> u32 {
        match &self.kind {
            Kind::And(parts) | Kind::Near { parts, .. } | Kind::Or(parts) => parts
                .iter()
                .fold(0, |sum, part| part.sets().saturating_add(sum)),
            Kind::Not(part) | Kind::Optional(part) => part.sets().saturating_add(1),
            Kind::Phrase { terms, .. } => u32::try_from(terms.len()).unwrap_or(u32::MAX),
            Kind::Variants { terms, .. } => u32::try_from(terms.len()).unwrap_or(u32::MAX),
            Kind::All { .. }
            | Kind::Nothing
            | Kind::Keys(_)
            | Kind::Term { .. }
            | Kind::Tag { .. }
            | Kind::Missing(_)
            | Kind::Numeric { .. }
            | Kind::Area { .. }
            | Kind::VectorRange(_) => 1,
        }
    }

    /// The field and the tag that it is, if it is one.
    #[must_use]
    pub const fn tag(&self) -> Option<(FieldId, &[u8])> {
        if let Kind::Tag { field, value, .. } = &self.kind {
            Some((*field, value.as_slice()))
        } else {
            None
        }
    }

    /// Whether every document that it matches holds it somewhere.
    #[must_use]
    pub fn has_places(&self) -> bool {
        match &self.kind {
            Kind::Term { .. }
            | Kind::Variants { .. }
            | Kind::Phrase { .. }
            | Kind::Near { .. }
            | Kind::Nothing => true,
            Kind::And(parts) => parts.iter().any(Self::has_places),
            Kind::Or(parts) => parts.iter().all(Self::has_places),
            Kind::All { .. }
            | Kind::Keys(_)
            | Kind::Tag { .. }
            | Kind::Missing(_)
            | Kind::Numeric { .. }
            | Kind::Area { .. }
            | Kind::VectorRange(_)
            | Kind::Not(_)
            | Kind::Optional(_) => false,
        }
    }
}

/// Where points and shapes lie.
#[derive(Clone, Debug)]
pub enum AreaClause {
    /// Points in a circle.
    Circle(Circle),
    /// Shapes beside another.
    Shape {
        /// How they lie to it.
        relation: Relation,
        /// The other shape.
        shape: Arc<Shape>,
    },
}

/// The nearest neighbours of a vector.
#[derive(Clone, Debug)]
pub struct Knn {
    /// How many.
    pub k: usize,
    /// The vector field.
    pub field: FieldId,
    /// The parameter that holds the query vector.
    pub parameter: Vec<u8>,
    /// The query vector.
    pub vector: VectorQuery,
    /// Candidates kept while searching, instead of the field's own.
    pub ef: Option<usize>,
    /// How the filter and the search are combined.
    pub strategy: Strategy,
    /// The property that holds the distance.
    pub distance_name: Vec<u8>,
}

/// What is no farther from a vector than a radius.
#[derive(Clone, Debug)]
pub struct VectorRange {
    /// The vector field.
    pub field: FieldId,
    /// The parameter that holds the query vector.
    pub parameter: Vec<u8>,
    /// The query vector.
    pub vector: VectorQuery,
    /// The largest distance.
    pub radius: f64,
    /// How far beyond it a walk of a graph goes, instead of the field's own.
    pub epsilon: Option<f64>,
}

/// The distance of a range as a property of each hit within it.
#[derive(Clone, Debug)]
pub struct Yield {
    /// The name of the property.
    pub name: Vec<u8>,
    /// Which distance.
    pub range: Arc<VectorRange>,
}

/// Plans a search. `stop` is asked now and then whether its time is over.
///
/// # Errors
/// A refusal when the query names what the schema does not have, or a vector of the wrong size;
/// [`Error::Stopped`] when `stop` says so.
pub fn plan(
    search: &Search,
    query: &Query,
    index: &Index,
    stop: &dyn Fn() -> bool,
) -> Result<Plan, Error> {
    let mut binder = bind::Binder::new(search, index, stop)?;
    let filter = binder.filter(&query.filter)?;
    let filters = binder.filters(&query.filters)?;
    let filter = options::restricted(filter, filters, search, query.knn.is_some(), &binder)?;
    let knn = query.knn.as_ref().map(|knn| binder.knn(knn)).transpose()?;
    let warnings = binder.warnings();
    let yields = binder.yields(knn.as_ref())?;
    let order = order::order(search, knn.as_ref(), &yields, index.schema())?;
    let scored = search.count > 0 && (search.with_scores || order.needs_scores());
    let rewriter = Rewriter {
        adds_up: search.scoring.scorer != Scorer::DisMax,
        keeps_words: scored || search.highlight.is_some() || search.summarize.is_some(),
        index,
        total: index.documents().len() as u64,
    };
    let filter = simplified(filter, knn.is_some(), rewriter);
    let mut plan = Plan {
        gather: Gather::Bits,
        filter,
        scored,
        scoring: search.scoring.clone(),
        knn,
        yields,
        order,
        method: Method::Heap,
        access: AccessRule::ByCost,
        counts: !search.without_count,
        facets: facets::facets(search, index)?,
        warnings,
        is_profiled: false,
    };
    plan.method = method::choose(&plan, search, index);
    Ok(plan)
}

impl Plan {
    /// Whether all matches are put together from whole sets where none of them is scored. What each
    /// part finds and takes is only told by a walk.
    #[must_use]
    pub fn gathers_bits(&self) -> bool {
        self.gather == Gather::Bits && !self.is_profiled
    }
}

/// A filter made simpler. Behind a vector clause `*` scores nothing at all, so nothing becomes that.
fn simplified(filter: Node, is_behind_knn: bool, rewriter: Rewriter<'_>) -> Node {
    if !is_behind_knn {
        return rewriter.simplify(filter);
    }
    let simple = rewriter.simplify(filter.clone());
    if matches!(simple.kind, Kind::All { .. }) {
        filter
    } else {
        simple
    }
}

/// Whether a scorer asks how far apart the words of a query stand.
fn asks_for_spread(scorer: Scorer) -> bool {
    match scorer {
        Scorer::Bm25 | Scorer::TfIdf | Scorer::TfIdfDocNorm => true,
        Scorer::Bm25Std
        | Scorer::Bm25StdNorm
        | Scorer::Bm25StdTanh
        | Scorer::DisMax
        | Scorer::DocScore
        | Scorer::Hamming => false,
    }
}
