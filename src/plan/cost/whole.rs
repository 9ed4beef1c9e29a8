//! About how long a whole plan takes, to decide whether it is answered at once or by a worker.
//!
//! It need be right by a factor of two or three only: a query that is near the threshold costs about as
//! much either way.

use nuthatch_indexes::vector::Algorithm;

use super::{
    ANYWHERE, DISTANCE, LOOK_UP, NEXT, RANK, asking_each, asking_in_turn, gathering, walking,
    words_cost,
};
use crate::catalog::index::{FieldIndex, Index};
use crate::catalog::schema::FieldId;
use crate::plan::method::{FilterBy, Method, walk};
use crate::plan::words_first::split;
use crate::plan::{Kind, Plan};

/// From so many documents on with one number they are met in the order of their ids long enough to be near
/// to each other: in postings and columns questions find them at once.
const LONG_RUN: u64 = 256;

/// What a walk in the order of a number is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plan) struct Walked {
    /// Whose numbers they are.
    pub(in crate::plan) field: FieldId,
    /// Documents of the index.
    pub(in crate::plan) total: u64,
    /// Documents, as often as they have a number in it.
    pub(in crate::plan) documents: u64,
    /// Those of them with the first number.
    pub(in crate::plan) run: u64,
}

/// To go on to a document of a set.
const MOVE: u64 = 2;
/// Components of a vector that are compared in a nanosecond, beside what a distance waits for memory.
const COMPONENTS: u64 = 16;
/// Documents that are looked for in a set in a nanosecond, as words of 64 bits.
const DOCUMENTS: u64 = 32;
/// Distances that a walk of a graph computes for each candidate that it keeps.
const WALK_DISTANCES: u64 = 32;
/// A value counted for a facet.
const FACET: u64 = 4;

impl Plan {
    /// About how many nanoseconds it takes to find the first `limit` hits, without what it takes to
    /// show them.
    #[must_use]
    pub fn cost_ns(&self, limit: usize, index: &Index) -> u64 {
        let (limit, total) = (limit as u64, index.documents().len() as u64);
        let likely = self.filter.estimate.likely;
        let facets = likely
            .saturating_mul(FACET)
            .saturating_mul(self.facets.len() as u64);
        let found = match self.method {
            Method::Count(total) if limit == 0 || total == 0 => 0,
            Method::Nearest => self.nearest_ns(index),
            Method::BestWords(by) if limit > 0 => self.best_words_ns(by, limit, index),
            Method::Walk(_) if limit > 0 => {
                let walked = walk(self, index).map(|(_, over)| {
                    let (asked, each) = self.walk_ns(limit, over);
                    asked.saturating_mul(each)
                });
                walked.unwrap_or(u64::MAX).min(self.visits_ns(limit, total))
            }
            Method::Count(_)
            | Method::BestWords(_)
            | Method::Walk(_)
            | Method::Heap
            | Method::Visit => self.visits_ns(limit, total),
        };
        found.saturating_add(facets)
    }

    /// How many documents are met until the `wanted` first are found in a walk, and what each costs: of all that
    /// it is over so many match, and the wanted ones are as many times farther away.
    pub(in crate::plan) fn walk_ns(&self, wanted: u64, over: Walked) -> (u64, u64) {
        let matches = self.filter.estimate.likely.max(1);
        let asked = u128::from(wanted) * u128::from(over.documents.max(1)) / u128::from(matches);
        let asked = u64::try_from(asked).unwrap_or(u64::MAX).min(over.documents);
        if over.run >= LONG_RUN {
            // In the order of ids most of what is asked for is near by.
            let questions = asking_each(&self.filter, asked, over.total);
            return (asked, NEXT / 4 + questions.div_ceil(asked.max(1)) / 2);
        }
        let question = asking_in_turn(&self.filter, over.field, over.total).unwrap_or(LOOK_UP);
        (asked, NEXT + ANYWHERE * question)
    }

    /// What it costs to find every match, and to look at each.
    pub(in crate::plan) fn visits_ns(&self, limit: u64, total: u64) -> u64 {
        let is_scored = self.scored && limit > 0;
        if is_scored || !self.gathers_bits() {
            return walking(self, total);
        }
        let ranked = limit > 0 && self.order.needs_values();
        let each = if ranked { RANK } else { MOVE };
        let matches = self.filter.estimate.likely;
        gathering(&self.filter, total).saturating_add(matches.saturating_mul(each))
    }

    fn best_words_ns(&self, by: FilterBy, limit: u64, index: &Index) -> u64 {
        let total = index.documents().len() as u64;
        let Some(split) = split(&self.filter) else {
            return walking(self, total);
        };
        let cost = words_cost(self, &split, limit, total);
        match by {
            FilterBy::Bits => cost.bits,
            FilterBy::Asked => cost.asked.unwrap_or(cost.heap),
            FilterBy::Matched => cost.matched.unwrap_or(cost.heap),
        }
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
        let compared = compared.saturating_mul(distance(knn.field, index));
        compared.saturating_add(self.behind_knn_ns(index))
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
            return documents / DOCUMENTS;
        }
        self.visits_ns(0, documents)
    }
}

fn distance(field: FieldId, index: &Index) -> u64 {
    let FieldIndex::Vector(vectors) = index.field(field) else {
        return 0;
    };
    DISTANCE + vectors.params().dimensions as u64 / COMPONENTS
}
