//! The queries of `FT.HYBRID`: one of each leg, and its filter.

use super::ast::{Field, HybridPolicy, Knn, Node, Parameter, VectorRange};
use super::{Params, parse};
use crate::request::error::{Error, HybridError, Refusal};
use crate::request::hybrid::{Asked, Hybrid, Leg, Method, Policy, Similar};

/// A leg as it was written, before any schema is looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct LegQuery {
    /// What it looks for.
    pub clause: LegClause,
    /// The only documents there are for it; none takes all.
    pub filter: Option<Node>,
}

/// What a leg looks for.
#[derive(Clone, Debug, PartialEq)]
pub enum LegClause {
    /// What matches best.
    Words(Node),
    /// The nearest to a vector.
    Nearest(Knn),
    /// All that is near to a vector.
    Within(VectorRange),
}

/// Reads the queries of all legs, in their order. Parameters are put in.
///
/// # Errors
/// When one breaks the grammar or has a vector clause, or a parameter has no value.
pub fn parse_legs(request: &Hybrid) -> Result<Vec<LegQuery>, Error> {
    let params = Params::new(&request.search.params);
    let names = request.leg_names();
    let legs = request.legs.iter().zip(&names);
    legs.map(|(leg, name)| leg_query(leg, name, &params))
        .collect()
}

fn leg_query(leg: &Leg, name: &str, params: &Params<'_>) -> Result<LegQuery, Error> {
    let filter = match &leg.filter {
        Some(filter) => Some(text(&filter.query, &format!("FILTER of {name}"), params)?),
        None => None,
    };
    let clause = match &leg.asked {
        Asked::Words(search) => LegClause::Words(text(&search.query, name, params)?),
        Asked::Vector(similar) => vector(similar, leg, params)?,
    };
    Ok(LegQuery { clause, filter })
}

/// A query without vector clauses.
fn text(query: &[u8], place: &str, params: &Params<'_>) -> Result<Node, Error> {
    let query = parse(query, params).map_err(|error| within(error, place))?;
    if query.knn.is_some() || has_vector(&query.filter) {
        let place = place.to_owned();
        return Err(Refusal::Hybrid(HybridError::VectorClause { place }).into());
    }
    Ok(query.filter)
}

/// The same error, of one of the queries of a command.
#[must_use]
pub fn within(error: Error, place: &str) -> Error {
    match error {
        Error::Refusal(refusal) => refusal.within(place).into(),
        Error::Fault(_) | Error::Stopped(_) => error,
    }
}

fn has_vector(node: &Node) -> bool {
    match node {
        Node::VectorRange(_) => true,
        Node::And(parts) | Node::Or(parts) => parts.iter().any(has_vector),
        Node::Not(part) | Node::Optional(part) => has_vector(part),
        Node::Attributed { node, .. } => has_vector(node),
        Node::All
        | Node::Nothing
        | Node::Term { .. }
        | Node::Phrase { .. }
        | Node::Prefix { .. }
        | Node::Suffix { .. }
        | Node::Infix { .. }
        | Node::Wildcard { .. }
        | Node::Fuzzy { .. }
        | Node::Missing { .. }
        | Node::Tag { .. }
        | Node::Numeric { .. }
        | Node::Area { .. } => false,
    }
}

fn vector(similar: &Similar, leg: &Leg, params: &Params<'_>) -> Result<LegClause, Error> {
    let field = Field {
        name: similar.field.clone(),
        offset: 0,
    };
    let vector = Parameter {
        name: similar.parameter.clone(),
        value: params.get(&similar.parameter)?.to_vec(),
    };
    let filter = leg.filter.as_ref();
    Ok(match similar.method {
        Method::Knn { k, ef_runtime } => LegClause::Nearest(Knn {
            k,
            field,
            vector,
            distance_name: None,
            ef_runtime,
            policy: filter.and_then(|it| it.policy).map(|policy| match policy {
                Policy::AdHoc => HybridPolicy::AdhocBruteForce,
                Policy::Batches => HybridPolicy::Batches,
            }),
            batch_size: filter.and_then(|it| it.batch_size),
        }),
        Method::Range { radius, epsilon } => LegClause::Within(VectorRange {
            field,
            radius,
            vector,
            distance_name: None,
            epsilon,
        }),
    })
}
