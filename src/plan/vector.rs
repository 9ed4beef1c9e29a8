//! The vector clauses bound to fields: blobs checked, options of the query language mapped to those
//! of the index, names of distances made unique.

use std::sync::Arc;

use nuthatch_indexes::vector::{
    Algorithm, Query as VectorQuery, Strategy, VectorError, VectorIndex,
};

use super::bind::Binder;
use super::estimate::Estimate;
use super::{Kind, Knn, Node, VectorRange, Yield};
use crate::catalog::index::{FieldIndex, Index};
use crate::catalog::schema::FieldId;
use crate::query::ast::{self, Field, HybridPolicy};
use crate::request::create::FieldKind;
use crate::request::error::{Error, Refusal, shown};

/// One vector in so many is taken to be within a radius: nothing is known of a radius before it is
/// tried. A clause that matches less leads, and each of its documents costs one distance; any
/// other one follows what the index finds.
const RANGE_SHARE: u64 = 16;

impl<'a> Binder<'a> {
    /// The nearest neighbours, with the query vector checked.
    pub(super) fn knn(&self, knn: &ast::Knn) -> Result<Knn, Error> {
        let (field, vectors) = self.vectors(&knn.field)?;
        let vector = query_vector(vectors, &knn.vector)?;
        let distance_name = match &knn.distance_name {
            Some(name) => {
                self.check_name(name)?;
                name.clone()
            }
            None => {
                let attribute = &self.index.schema().field(field).attribute;
                [b"__", attribute.as_slice(), b"_score"].concat()
            }
        };
        let strategy = match knn.policy {
            None => Strategy::Auto,
            Some(HybridPolicy::AdhocBruteForce) => Strategy::Exact,
            Some(HybridPolicy::Batches) => Strategy::Graph,
        };
        Ok(Knn {
            k: knn.k,
            field,
            parameter: knn.vector.name.clone(),
            vector,
            ef: candidates(knn, vectors),
            strategy,
            distance_name,
        })
    }

    pub(super) fn vector_range(&mut self, range: &ast::VectorRange) -> Result<Node, Error> {
        let (field, vectors) = self.vectors(&range.field)?;
        let bound = Arc::new(VectorRange {
            field,
            parameter: range.vector.name.clone(),
            vector: query_vector(vectors, &range.vector)?,
            radius: range.radius,
            epsilon: range.epsilon,
        });
        if let Some(name) = &range.distance_name {
            self.check_name(name)?;
            self.yields.push(Yield {
                name: name.clone(),
                range: Arc::clone(&bound),
            });
        }
        let all = vectors.len();
        Ok(Node {
            estimate: Estimate {
                min: 0,
                likely: all.div_ceil(RANGE_SHARE),
                max: all,
            },
            kind: Kind::VectorRange(bound),
        })
    }

    /// The distances that ranges give, each under a name of its own.
    pub(super) fn yields(self, knn: Option<&Knn>) -> Result<Vec<Yield>, Error> {
        let mut names: Vec<&[u8]> = knn.iter().map(|knn| knn.distance_name.as_slice()).collect();
        for given in &self.yields {
            if names.contains(&given.name.as_slice()) {
                return Err(Refusal::duplicate("distance name", &given.name).into());
            }
            names.push(&given.name);
        }
        Ok(self.yields)
    }

    /// That no field has the name of a distance.
    fn check_name(&self, name: &[u8]) -> Result<(), Refusal> {
        match self.index.schema().find(name) {
            Some(_) => Err(Refusal::PropertyExists { name: shown(name) }),
            None => Ok(()),
        }
    }

    fn vectors(&self, field: &Field) -> Result<(FieldId, &'a VectorIndex), Error> {
        let id = self.find(field, "VECTOR", |kind| matches!(kind, FieldKind::Vector(_)))?;
        let index: &'a Index = self.index;
        match index.field(id) {
            FieldIndex::Vector(vectors) => Ok((id, vectors)),
            FieldIndex::Text(_)
            | FieldIndex::Tag(_)
            | FieldIndex::Numeric(_)
            | FieldIndex::Geo(_)
            | FieldIndex::Shape(_)
            | FieldIndex::None => Err(Error::Fault("a vector field without vectors".to_owned())),
        }
    }
}

fn query_vector(vectors: &VectorIndex, given: &ast::Parameter) -> Result<VectorQuery, Refusal> {
    vectors.query(&given.value).map_err(|error| match error {
        VectorError::WrongSize { given, expected } => Refusal::QueryVectorSize { given, expected },
        VectorError::NotFinite { .. } | VectorError::Full | VectorError::Stopped => {
            Refusal::BadValue {
                argument: format!("parameter {}", shown(&given.name)),
                expected: "every component of a query vector must be finite".to_owned(),
            }
        }
    })
}

/// Candidates to keep, when not the field's own number of them. There are no batches here: a walk
/// that keeps as many candidates as a batch would hold finds what the batch would.
fn candidates(knn: &ast::Knn, vectors: &VectorIndex) -> Option<usize> {
    let Some(batch) = knn.batch_size else {
        return knn.ef_runtime;
    };
    let own = match &vectors.params().algorithm {
        Algorithm::Flat => return None,
        Algorithm::Hnsw(params) => params.ef_runtime,
    };
    let rows = usize::try_from(vectors.len()).unwrap_or(usize::MAX);
    Some(knn.ef_runtime.unwrap_or(own).max(batch.min(rows)))
}
