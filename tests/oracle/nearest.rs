//! Random clauses of the nearest neighbours.

use nuthatch::query::ast::{Field, HybridPolicy, Knn, Parameter};
use proptest::prelude::*;
use proptest::sample::select;

use super::clause::named;
use super::schema::{Algorithm, Kind, Schema, Vectors};
use super::words;

/// What the distance of a vector clause is called.
pub(crate) fn distance_name(knn: &Knn) -> Vec<u8> {
    let default = || [b"__", knn.field.name.as_slice(), b"_score"].concat();
    knn.distance_name.clone().unwrap_or_else(default)
}

/// A clause of a schema that has vectors, or none.
pub(crate) fn knn(schema: &Schema) -> BoxedStrategy<Option<Knn>> {
    let clauses = vector_fields(schema);
    if clauses.is_empty() {
        return Just(None).boxed();
    }
    let clause = select(clauses).prop_flat_map(|(field, vectors)| {
        let ef = if vectors.algorithm == Algorithm::Flat {
            Just(None).boxed()
        } else {
            Just(Some(600)).boxed()
        };
        let ef = prop_oneof![2 => Just(None), 1 => ef];
        let policy = prop_oneof![
            4 => Just((None, None)),
            1 => Just((Some(HybridPolicy::AdhocBruteForce), None)),
            1 => Just((Some(HybridPolicy::Batches), None)),
            1 => Just((Some(HybridPolicy::Batches), Some(700))),
        ];
        let name = prop_oneof![2 => Just(None), 1 => Just(Some(b"how far".to_vec()))];
        let k = prop_oneof![8 => 0..8_usize, 1 => Just(100)];
        (k, words::components(vectors), name, ef, policy).prop_map(
            move |(k, vector, distance_name, ef_runtime, (policy, batch_size))| Knn {
                k,
                field: field.clone(),
                vector: Parameter {
                    name: b"v".to_vec(),
                    value: words::blob(vectors.element, &vector),
                },
                distance_name,
                ef_runtime: ef_runtime.filter(|_| policy != Some(HybridPolicy::AdhocBruteForce)),
                policy,
                batch_size,
            },
        )
    });
    prop::option::weighted(0.4, clause).boxed()
}

pub(crate) fn vector_fields(schema: &Schema) -> Vec<(Field, Vectors)> {
    let fields = schema.fields.iter();
    fields
        .filter_map(|field| match &field.kind {
            Kind::Vector(vectors) => Some((named(field.attribute), *vectors)),
            Kind::Text { .. }
            | Kind::Tag { .. }
            | Kind::Numeric
            | Kind::Geo
            | Kind::Shape { .. } => None,
        })
        .collect()
}
