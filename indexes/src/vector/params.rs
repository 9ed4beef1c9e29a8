//! What an index is made for.

use super::element::ElementType;

/// What "near" means; smaller is nearer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// The square of the Euclidean distance, 0 or more.
    L2,
    /// `1 - a·b`, of any sign. Not a distance in the geometric sense: a longer vector may be nearer
    /// to a vector than that vector is to itself.
    Ip,
    /// `1 - cos(a, b)`, from 0 to 2. A zero vector has no direction: its distance to every vector,
    /// itself included, is defined as 1, as if orthogonal.
    Cosine,
}

/// How an index finds neighbours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Algorithm {
    /// Compare with every vector: exact.
    Flat,
    /// Walk a graph of neighbours: approximate, and far fewer comparisons.
    Hnsw(HnswParams),
}

/// The numbers that trade memory and time of an HNSW graph for recall.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HnswParams {
    /// Links of a node in an upper level, twice as many in the lowest; below 2 works as 2.
    pub m: usize,
    /// Candidates kept while inserting; never fewer than `m`.
    pub ef_construction: usize,
    /// Candidates kept while searching, unless [`Nearest::ef`](super::Nearest::ef) says otherwise.
    pub ef_runtime: usize,
    /// How much farther than its radius a range search looks, as a share of the radius, unless
    /// [`Within::epsilon`](super::Within::epsilon) says otherwise.
    pub epsilon: f64,
}

impl Default for HnswParams {
    fn default() -> Self {
        Self {
            m: 16,
            ef_construction: 200,
            ef_runtime: 10,
            epsilon: 0.01,
        }
    }
}

/// Whether vectors have codes: a byte for each component, on which a graph is built and walked and
/// a scan decides what to compare exactly. What is found is ranked by exact distances in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Quantization {
    /// Components of two bytes and more have codes from ten thousand vectors on.
    #[default]
    Auto,
    /// Vectors have codes as soon as there are enough to learn their scale from.
    Int8,
    /// Never.
    None,
}

/// What an index is made for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VectorParams {
    /// Components of every vector.
    pub dimensions: usize,
    /// The type of a component.
    pub element: ElementType,
    /// What "near" means.
    pub metric: Metric,
    /// How neighbours are found.
    pub algorithm: Algorithm,
    /// Whether vectors have codes.
    pub quantization: Quantization,
}

impl VectorParams {
    /// How many vectors there must be to train codes; none if there never are any.
    ///
    /// Ten thousand give the mean and the scale of embeddings within a percent; a graph of fewer is
    /// fast without (vector.md).
    pub(super) fn codes_from(&self) -> Option<usize> {
        match self.quantization {
            Quantization::None => None,
            Quantization::Int8 => Some(1_024),
            Quantization::Auto => (self.element.bytes() > 1).then_some(10_240),
        }
        .filter(|_| self.dimensions > 0)
    }
}
