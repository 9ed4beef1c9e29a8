//! About how long a plan takes, to decide whether it is answered at once or by a worker.
//!
//! It need be right by a factor of two or three only: a query that is near the threshold costs about as
//! much either way. The constants are nanoseconds by judgement, from the benches of the parts.

use nuthatch_indexes::vector::Algorithm;

use super::method::Method;
use super::{AreaClause, Kind, Node, Plan};
use crate::catalog::index::{FieldIndex, Index};
use crate::catalog::schema::FieldId;

/// A move of a cursor to the next document.
const MOVE_NS: u64 = 8;
/// A look for one document in another set.
const SEEK_NS: u64 = 25;
/// A posting of a word that is scored or skipped on the way to the best.
const POSTING_NS: u64 = 3;
/// A score, or a sort key.
const RANK_NS: u64 = 40;
/// To put a number's document into a set.
const GATHER_NS: u64 = 4;
/// To look whether a point lies in a circle, and a shape by another.
const POINT_NS: u64 = 60;
const SHAPE_NS: u64 = 2_000;
/// A distance, which most of all waits for memory, and what it costs beside that by component.
const DISTANCE_NS: u64 = 80;
const COMPONENTS_A_NS: u64 = 16;
/// Documents that are looked for in a set at once, as words of 64 bits.
const DOCUMENTS_A_NS: u64 = 32;
/// Distances that a walk of a graph computes for each candidate that it keeps.
const WALK_DISTANCES: u64 = 32;
/// About what a row costs on its way through a pipeline.
pub const ROW_NS: u64 = 150;
/// A value counted for a facet.
const FACET_NS: u64 = 20;

impl Plan {
    /// About how many nanoseconds it takes to find the first `limit` hits, without what it takes to
    /// show them.
    #[must_use]
    pub fn cost_ns(&self, limit: usize, index: &Index) -> u64 {
        let limit = limit as u64;
        let likely = self.filter.estimate.likely;
        let facets = likely
            .saturating_mul(FACET_NS)
            .saturating_mul(self.facets.len() as u64);
        let ranked = self.scored || self.order.needs_values();
        let hit = if ranked { MOVE_NS + RANK_NS } else { MOVE_NS };
        let visits = || of_node(&self.filter, index).saturating_add(likely.saturating_mul(hit));
        let found = match self.method {
            Method::Count(total) if limit == 0 || total == 0 => 0,
            Method::Nearest => self.nearest_ns(index),
            Method::BestWords(_) => {
                let words = postings(&self.filter).saturating_mul(POSTING_NS);
                words.saturating_add(gathered(&self.filter, index))
            }
            Method::Walk(_) => limit.saturating_mul(4 * SEEK_NS).min(visits()),
            Method::Count(_) | Method::Heap | Method::Visit => visits(),
        };
        found.saturating_add(facets)
    }

    fn nearest_ns(&self, index: &Index) -> u64 {
        let Some(knn) = &self.knn else { return 0 };
        let FieldIndex::Vector(vectors) = index.field(knn.field) else {
            return 0;
        };
        let compared = match vectors.params().algorithm {
            Algorithm::Flat => self.filter.estimate.likely,
            Algorithm::Hnsw(params) => {
                let kept = knn.ef.unwrap_or(params.ef_runtime).max(knn.k) as u64;
                kept.saturating_mul(WALK_DISTANCES).min(vectors.len())
            }
        };
        let walked = compared.saturating_mul(distance_ns(knn.field, index));
        walked.saturating_add(self.behind_knn_ns(index))
    }

    /// What it costs to put together the documents that a vector clause chooses from, and to choose.
    fn behind_knn_ns(&self, index: &Index) -> u64 {
        let (documents, likely) = (index.documents().len() as u64, self.filter.estimate.likely);
        let is_kept = match self.filter.kind {
            Kind::All { .. } => return 0,
            Kind::Nothing | Kind::Keys(_) | Kind::Tag { .. } | Kind::Missing(_) => {
                self.gathers_bits()
            }
            Kind::Term { .. }
            | Kind::Variants { .. }
            | Kind::Phrase { .. }
            | Kind::Numeric { .. }
            | Kind::Area { .. }
            | Kind::VectorRange(_)
            | Kind::And(_)
            | Kind::Near { .. }
            | Kind::Or(_)
            | Kind::Not(_)
            | Kind::Optional(_) => false,
        };
        // A set that is there as a whole is looked into, and most that a walk meets is in it.
        if is_kept && likely >= documents / 2 {
            return documents / DOCUMENTS_A_NS;
        }
        of_node(&self.filter, index).saturating_add(likely.saturating_mul(MOVE_NS))
    }
}

fn distance_ns(field: FieldId, index: &Index) -> u64 {
    let FieldIndex::Vector(vectors) = index.field(field) else {
        return 0;
    };
    DISTANCE_NS + vectors.params().dimensions as u64 / COMPONENTS_A_NS
}

/// What it costs to walk over all that matches.
fn of_node(node: &Node, index: &Index) -> u64 {
    let likely = node.estimate.likely;
    match &node.kind {
        Kind::All { .. } | Kind::Nothing | Kind::Keys(_) | Kind::Tag { .. } | Kind::Missing(_) => {
            likely.saturating_mul(MOVE_NS)
        }
        Kind::Term { .. } | Kind::Variants { .. } => likely.saturating_mul(2 * MOVE_NS),
        Kind::Phrase { terms, .. } => likely
            .saturating_mul(4 * SEEK_NS)
            .saturating_mul(terms.len() as u64),
        Kind::Numeric { .. } => likely.saturating_mul(GATHER_NS + MOVE_NS),
        Kind::Area { area, .. } => likely.saturating_mul(match area {
            AreaClause::Circle(_) => POINT_NS,
            AreaClause::Shape { .. } => SHAPE_NS,
        }),
        Kind::VectorRange(range) => {
            // A graph is walked to its beginning first.
            let compared = likely.saturating_mul(4).saturating_add(500);
            compared.saturating_mul(distance_ns(range.field, index))
        }
        Kind::And(parts) | Kind::Near { parts, .. } => {
            let led = parts.first().map_or(0, |lead| lead.estimate.likely);
            let sought = (parts.len() as u64).saturating_mul(led.saturating_mul(SEEK_NS));
            let lead = parts.first().map_or(0, |lead| of_node(lead, index));
            let others = parts.iter().skip(1);
            let gathered = others.map(|part| gathered(part, index));
            gathered.fold(lead.saturating_add(sought), u64::saturating_add)
        }
        Kind::Or(parts) => {
            let parts = parts.iter();
            let parts = parts.map(|part| {
                let moves = part.estimate.likely.saturating_mul(SEEK_NS);
                of_node(part, index).saturating_add(moves)
            });
            parts.fold(0, u64::saturating_add)
        }
        Kind::Not(part) | Kind::Optional(part) => {
            let documents = index.documents().len() as u64;
            documents
                .saturating_mul(MOVE_NS)
                .saturating_add(of_node(part, index))
        }
    }
}

/// What it costs to put a part together that others only look into.
fn gathered(node: &Node, index: &Index) -> u64 {
    match &node.kind {
        Kind::Numeric { .. } | Kind::Area { .. } | Kind::VectorRange(_) => of_node(node, index),
        Kind::And(parts) | Kind::Or(parts) | Kind::Near { parts, .. } => {
            let parts = parts.iter().map(|part| gathered(part, index));
            parts.fold(0, u64::saturating_add)
        }
        Kind::Not(part) | Kind::Optional(part) => gathered(part, index),
        Kind::All { .. }
        | Kind::Nothing
        | Kind::Keys(_)
        | Kind::Term { .. }
        | Kind::Variants { .. }
        | Kind::Phrase { .. }
        | Kind::Tag { .. }
        | Kind::Missing(_) => 0,
    }
}

/// How many postings the words of a query have.
fn postings(node: &Node) -> u64 {
    match &node.kind {
        Kind::And(parts) | Kind::Or(parts) | Kind::Near { parts, .. } => {
            let parts = parts.iter().map(postings);
            parts.fold(0, u64::saturating_add)
        }
        Kind::Not(part) | Kind::Optional(part) => postings(part),
        Kind::Phrase { terms, .. } => {
            let terms = (terms.len() as u64).saturating_mul(4);
            node.estimate.max.saturating_mul(terms)
        }
        Kind::All { .. }
        | Kind::Nothing
        | Kind::Keys(_)
        | Kind::Term { .. }
        | Kind::Variants { .. }
        | Kind::Tag { .. }
        | Kind::Missing(_)
        | Kind::Numeric { .. }
        | Kind::Area { .. }
        | Kind::VectorRange(_) => node.estimate.max,
    }
}
