//! Hybrid searches: each leg by itself, and what several filter by found once for all of them.

mod explain;

use std::borrow::Cow;
use std::cell::RefCell;
use std::time::Instant;

use nuthatch_indexes::doc::DocId;
use nuthatch_indexes::vector::{Metric, Nearest, Neighbour, VectorIndex, Within};
use roaring::RoaringBitmap;

pub use self::explain::explain;
use super::bits;
use super::deadline::Deadline;
use super::fusion::{Fused, Ranked, fuse};
use super::knn::search_failure;
use super::profile::{Part, named, whole_node};
use super::{Found, run_until};
use crate::catalog::index::{FieldIndex, Index};
use crate::catalog::schema::FieldId;
use crate::keyspace::Hashes;
use crate::plan::estimate::Estimate;
use crate::plan::hybrid::{HybridPlan, LegKind, LegPlan, conjunction};
use crate::plan::{Kind, Node, Plan, nearest_name};
use crate::request::error::{Error, Stop};

/// Bytes that a hit of a leg takes in the fusion, at most.
pub const FUSED_BYTES: usize = size_of::<Fused>() + size_of::<(DocId, usize, usize)>();

/// What a leg found.
#[derive(Clone, Debug, Default)]
pub struct LegHits {
    /// Its best documents and their scores, the best first.
    pub hits: Vec<(DocId, f64)>,
    /// The distance of each, where it is by a vector.
    distances: Vec<f64>,
    /// The highest score of all that matched.
    best: f64,
    /// Time was over before it had looked at everything.
    pub is_cut_short: bool,
    /// What its parts found and took, if its plan asks for that.
    pub profile: Option<Part>,
}

/// What the legs of a hybrid search found, in their order.
///
/// # Errors
/// A leg that has no time left is cut short, which is no error.
pub fn legs(
    plan: &HybridPlan,
    index: &Index,
    keyspace: &mut dyn Hashes,
    deadline: &Deadline,
) -> Result<Vec<LegHits>, Error> {
    let mut searcher = Searcher {
        plan,
        index,
        deadline,
        shared: vec![None; plan.shared.len()],
        filters: RefCell::new(Vec::new()),
    };
    let mut found = Vec::with_capacity(plan.legs.len());
    for leg in &plan.legs {
        found.push(match searcher.leg(leg, keyspace) {
            Err(Error::Stopped(Stop::Timeout)) => LegHits {
                is_cut_short: true,
                ..LegHits::default()
            },
            hits => hits?,
        });
    }
    Ok(found)
}

/// The fusion of what the legs found, the best first.
#[must_use]
pub fn fused(plan: &HybridPlan, found: &[LegHits]) -> Vec<Fused> {
    fuse(&ranked(plan, found), plan.fusion)
}

fn ranked<'a>(plan: &HybridPlan, found: &'a [LegHits]) -> Vec<Ranked<'a>> {
    let legs = plan.legs.iter().zip(found);
    let ranked = legs.map(|(leg, found)| Ranked {
        hits: &found.hits,
        weight: leg.weight,
    });
    ranked.collect()
}

/// How like a vector is that has a distance, from 0 for the farthest (spec, section 1.6).
#[must_use]
pub fn similarity(metric: Metric, distance: f64) -> f64 {
    match metric {
        Metric::L2 => 1.0 / (1.0 + distance),
        Metric::Cosine | Metric::Ip => f64::midpoint(1.0, 1.0 - distance),
    }
}

struct Searcher<'a> {
    plan: &'a HybridPlan,
    index: &'a Index,
    deadline: &'a Deadline,
    /// The documents of each shared filter, once they have been found.
    shared: Vec<Option<RoaringBitmap>>,
    /// What was measured of the filters that were found for the leg under way.
    filters: RefCell<Vec<Part>>,
}

impl Searcher<'_> {
    fn leg(&mut self, leg: &LegPlan, keyspace: &mut dyn Hashes) -> Result<LegHits, Error> {
        let start = Instant::now();
        let mut found = self.found(leg, keyspace)?;
        let mut parts = self.filters.take();
        if leg.plan.is_profiled {
            parts.extend(found.profile.take());
            let term = match &leg.kind {
                LegKind::Words => String::new(),
                LegKind::Nearest(_) => {
                    nearest_name(&leg.plan, self.index).map_or_else(String::new, |it| it.term)
                }
                LegKind::Within(_, range) => format!("within {}", range.radius),
            };
            let term = format!("{} {term}", leg.name).trim_end().to_owned();
            found.profile = Some(named("LEG", term, found.hits.len(), start, parts));
        }
        Ok(found)
    }

    fn found(&mut self, leg: &LegPlan, keyspace: &mut dyn Hashes) -> Result<LegHits, Error> {
        for slot in &leg.shared {
            if self.shared[*slot].is_none() {
                self.shared[*slot] = Some(self.documents(&self.plan.shared[*slot])?);
            }
        }
        match &leg.kind {
            LegKind::Words => self.words(leg, keyspace),
            LegKind::Nearest(metric) => {
                let neighbours = self.nearest(leg)?;
                Ok(self.near(&neighbours, *metric))
            }
            LegKind::Within(metric, range) => {
                let Some(vectors) = self.vectors(range.field) else {
                    return Ok(LegHits::default());
                };
                let filter = self.candidates(leg)?;
                let stop = || self.deadline.passed();
                let within = Within {
                    radius: range.radius,
                    epsilon: range.epsilon,
                    filter: filter.as_deref(),
                    stop: Some(&stop),
                };
                let found = vectors.within(&range.vector, &within);
                Ok(self.near(&found.map_err(search_failure)?, *metric))
            }
        }
    }

    /// The best for words.
    fn words(&self, leg: &LegPlan, keyspace: &mut dyn Hashes) -> Result<LegHits, Error> {
        let plan = if leg.shared.is_empty() {
            Cow::Borrowed(&leg.plan)
        } else {
            let mut parts = leg.own.clone();
            parts.extend(self.shared_by(leg).map(|docs| of_docs(docs.clone())));
            Cow::Owned(Plan {
                filter: self.conjunction(parts),
                method: leg.method,
                ..leg.plan.clone()
            })
        };
        let found = run_until(&plan, self.plan.window, self.index, keyspace, self.deadline)?;
        let (hits, is_cut_short) = match found {
            Found::All(hits) => (hits, false),
            Found::Some(hits) => (hits, true),
        };
        Ok(LegHits {
            hits: hits.rows.iter().map(|hit| (hit.doc, hit.score)).collect(),
            distances: Vec::new(),
            best: hits.best,
            is_cut_short,
            profile: hits.profile,
        })
    }

    fn nearest(&self, leg: &LegPlan) -> Result<Vec<Neighbour>, Error> {
        let Some(knn) = &leg.plan.knn else {
            return Ok(Vec::new());
        };
        let Some(vectors) = self.vectors(knn.field) else {
            return Ok(Vec::new());
        };
        let filter = self.candidates(leg)?;
        let stop = || self.deadline.passed();
        let nearest = Nearest {
            k: knn.k,
            ef: knn.ef,
            filter: filter.as_deref(),
            strategy: knn.strategy,
            stop: Some(&stop),
        };
        vectors
            .nearest(&knn.vector, &nearest)
            .map_err(search_failure)
    }

    fn vectors(&self, field: FieldId) -> Option<&VectorIndex> {
        match self.index.field(field) {
            FieldIndex::Vector(vectors) => Some(vectors),
            FieldIndex::Text(_)
            | FieldIndex::Tag(_)
            | FieldIndex::Numeric(_)
            | FieldIndex::Geo(_)
            | FieldIndex::Shape(_)
            | FieldIndex::None => None,
        }
    }

    /// The first of some neighbours.
    fn near(&self, neighbours: &[Neighbour], metric: Metric) -> LegHits {
        let first = neighbours.iter().take(self.plan.window);
        let score = |it: &Neighbour| (it.doc, similarity(metric, it.distance));
        let hits: Vec<_> = first.clone().map(score).collect();
        LegHits {
            best: hits.first().map_or(0.0, |(_, score)| *score),
            hits,
            distances: first.map(|it| it.distance).collect(),
            is_cut_short: false,
            profile: None,
        }
    }

    /// The documents that the filter of a leg lets through; none where it lets all through.
    fn candidates<'s>(&'s self, leg: &'s LegPlan) -> Result<Option<Cow<'s, RoaringBitmap>>, Error> {
        let mut shared = self.shared_by(leg);
        let docs = match (shared.next(), shared.next()) {
            (None, _) => None,
            (Some(only), None) => Some(Cow::Borrowed(only)),
            (Some(first), Some(second)) => {
                let both = first & second;
                Some(Cow::Owned(shared.fold(both, |docs, other| docs & other)))
            }
        };
        if leg.own.is_empty() {
            return Ok(docs);
        }
        let mut parts = leg.own.clone();
        parts.extend(docs.map(|docs| of_docs(docs.into_owned())));
        let docs = self.documents(&self.conjunction(parts))?;
        Ok(Some(Cow::Owned(docs)))
    }

    fn shared_by<'s>(&'s self, leg: &'s LegPlan) -> impl Iterator<Item = &'s RoaringBitmap> {
        leg.shared
            .iter()
            .filter_map(|slot| self.shared[*slot].as_ref())
    }

    fn conjunction(&self, parts: Vec<Node>) -> Node {
        conjunction(parts, self.index.documents().len() as u64)
    }

    /// The documents that match a filter.
    fn documents(&self, filter: &Node) -> Result<RoaringBitmap, Error> {
        let start = Instant::now();
        let plan = &self.plan.words;
        let docs = bits::matching(filter, plan.access, self.index, self.deadline)?;
        if plan.is_profiled {
            let part = whole_node(filter, plan, self.index, docs.len(), start);
            self.filters.borrow_mut().push(part);
        }
        Ok(docs.into_bits().into_owned())
    }
}

/// Some documents as a part of a filter.
fn of_docs(docs: RoaringBitmap) -> Node {
    Node {
        estimate: Estimate::exactly(docs.len()),
        kind: Kind::Keys(docs),
    }
}
