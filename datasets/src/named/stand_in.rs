//! Stand-ins for data sets whose files are absent.

use ndarray::Axis;

use super::Named;
use crate::generate::{Clusters, clustered, documents, queries};
use crate::{Dataset, Origin};

/// How large a data set is.
struct Shape {
    documents: usize,
    /// Words of a text, on average.
    words: usize,
    /// Of its vectors; 0 if it has none.
    dimensions: usize,
    queries: usize,
    judged: bool,
}

const SEED: u64 = 20_150_405;
/// Centres enough that a cluster has some fifty vectors, and spread enough that clusters overlap.
const ROWS_A_CLUSTER: usize = 50;
const SPREAD: f64 = 0.8;

pub(super) fn generate(name: Named) -> Dataset {
    let shape = shape(name);
    let documents = documents(shape.documents, shape.words, SEED);
    let (queries, mut judgements) = queries(&documents, shape.queries, SEED);
    if !shape.judged {
        judgements.clear();
    }
    let (vectors, query_vectors) = if shape.dimensions == 0 {
        (None, None)
    } else {
        let all = clustered(&Clusters {
            rows: shape.documents + shape.queries,
            dimensions: shape.dimensions,
            clusters: shape.documents / ROWS_A_CLUSTER,
            spread: SPREAD,
            seed: SEED,
        });
        let (base, asked) = all.view().split_at(Axis(0), shape.documents);
        (Some(base.to_owned()), Some(asked.to_owned()))
    };
    Dataset {
        name,
        origin: Origin::Generated,
        documents,
        vectors,
        queries,
        query_vectors,
        judgements,
    }
}

fn shape(name: Named) -> Shape {
    let (documents, words, dimensions, queries, judged) = match name {
        Named::Sample => (3_000, 60, 384, 50, false),
        Named::MiniLm384 => (47_000, 7, 384, 1_000, false),
        Named::Debian => (63_905, 60, 0, 0, false),
        Named::Rfc => (100_000, 110, 0, 0, false),
        Named::Cranfield => (1_400, 160, 0, 225, true),
        Named::NfCorpus => (3_162, 145, 0, 325, true),
        Named::Glove100 => (50_000, 1, 100, 1_000, false),
        Named::Movies => (3_201, 4, 0, 0, false),
        Named::Qqp => (6_000, 11, 384, 6_000, true),
    };
    Shape {
        documents,
        words,
        dimensions,
        queries,
        judged,
    }
}
