//! The index against a brute-force model in `f64`: its contract, its recall, its invariants.

mod blobs;
mod check;
mod codes;
mod contract;
mod equals;
mod filters;
mod hard;
mod lent;
mod property;
mod recall;
mod saved;
mod snapshot;
mod stress;
mod upkeep;
mod within;

use std::collections::BTreeMap;

use half::{bf16, f16};
use roaring::RoaringBitmap;

use super::{
    Algorithm, ElementType, HnswParams, Metric, Nearest, Neighbour, Quantization, Strategy,
    VectorIndex, VectorParams,
};
use crate::doc::DocId;

const METRICS: [Metric; 3] = [Metric::L2, Metric::Ip, Metric::Cosine];

const ELEMENTS: [ElementType; 6] = [
    ElementType::Float32,
    ElementType::Float64,
    ElementType::Float16,
    ElementType::BFloat16,
    ElementType::Int8,
    ElementType::Uint8,
];

fn hnsw(m: usize, ef_construction: usize, ef_runtime: usize) -> Algorithm {
    Algorithm::Hnsw(HnswParams {
        m,
        ef_construction,
        ef_runtime,
        ..HnswParams::default()
    })
}

/// `f32` without codes.
fn plain(metric: Metric, dimensions: usize, algorithm: Algorithm) -> VectorParams {
    VectorParams {
        dimensions,
        element: ElementType::Float32,
        metric,
        algorithm,
        quantization: Quantization::None,
    }
}

fn doc(number: u32) -> DocId {
    DocId::new(number).unwrap()
}

fn nth(index: usize) -> DocId {
    DocId::from_index(index).unwrap()
}

fn k(k: usize) -> Nearest<'static> {
    Nearest::new(k)
}

fn graph(k: usize, ef: usize) -> Nearest<'static> {
    Nearest {
        ef: Some(ef),
        strategy: Strategy::Graph,
        ..Nearest::new(k)
    }
}

fn ids(found: &[Neighbour]) -> Vec<DocId> {
    found.iter().map(|neighbour| neighbour.doc).collect()
}

/// Components as a client sends them, rounded to the type.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rounding is what it is for"
)]
fn blob(element: ElementType, vector: &[f64]) -> Vec<u8> {
    let bytes = |x: &f64| match element {
        ElementType::Float32 => (*x as f32).to_le_bytes().to_vec(),
        ElementType::Float64 => x.to_le_bytes().to_vec(),
        ElementType::Float16 => f16::from_f64(*x).to_le_bytes().to_vec(),
        ElementType::BFloat16 => bf16::from_f64(*x).to_le_bytes().to_vec(),
        ElementType::Int8 => (x.round() as i8).to_le_bytes().to_vec(),
        ElementType::Uint8 => vec![x.round() as u8],
    };
    vector.iter().flat_map(bytes).collect()
}

/// What a blob says.
fn components(element: ElementType, blob: &[u8]) -> Vec<f64> {
    let value = |bytes: &[u8]| match element {
        ElementType::Float32 => f32::from_le_bytes(bytes.try_into().unwrap()).into(),
        ElementType::Float64 => f64::from_le_bytes(bytes.try_into().unwrap()),
        ElementType::Float16 => f16::from_le_bytes(bytes.try_into().unwrap()).into(),
        ElementType::BFloat16 => bf16::from_le_bytes(bytes.try_into().unwrap()).into(),
        ElementType::Int8 => i8::from_le_bytes([bytes[0]]).into(),
        ElementType::Uint8 => bytes[0].into(),
    };
    blob.chunks_exact(element.bytes()).map(value).collect()
}

/// Roughly normal components spread over the values of the type.
fn spread(element: ElementType, vector: &[f64]) -> Vec<f64> {
    let (scale, middle) = match element {
        ElementType::Int8 => (25.0, 0.0),
        ElementType::Uint8 => (25.0, 128.0),
        ElementType::Float32
        | ElementType::Float64
        | ElementType::Float16
        | ElementType::BFloat16 => (1.0, 0.0),
    };
    vector.iter().map(|x| x * scale + middle).collect()
}

/// The metrics by their definitions.
fn exact(metric: Metric, a: &[f64], b: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    match metric {
        Metric::L2 => a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum(),
        Metric::Ip => 1.0 - dot(a, b),
        Metric::Cosine => {
            let (a_norm, b_norm) = (dot(a, a).sqrt(), dot(b, b).sqrt());
            if a_norm == 0.0 || b_norm == 0.0 {
                return 1.0;
            }
            // The same as 1 - cos, without its rounding near 0.
            let squares = a
                .iter()
                .zip(b)
                .map(|(a, b)| (a / a_norm - b / b_norm).powi(2));
            squares.sum::<f64>() / 2.0
        }
    }
}

/// An index beside the vectors that it was given.
struct Modelled {
    index: VectorIndex,
    vectors: BTreeMap<DocId, Vec<f64>>,
}

impl Modelled {
    fn new(params: VectorParams) -> Self {
        Self {
            index: VectorIndex::new(params),
            vectors: BTreeMap::new(),
        }
    }

    /// Documents numbered from 1, all linked.
    fn of(params: VectorParams, vectors: &[Vec<f64>]) -> Self {
        let mut modelled = Self::new(params);
        for (i, vector) in vectors.iter().enumerate() {
            modelled.insert(nth(i), vector);
        }
        modelled.index.drain();
        modelled
    }

    fn params(&self) -> &VectorParams {
        self.index.params()
    }

    fn blob(&self, vector: &[f64]) -> Vec<u8> {
        blob(self.params().element, vector)
    }

    /// A vector as the index's type rounds it.
    fn rounded(&self, vector: &[f64]) -> Vec<f64> {
        components(self.params().element, &self.blob(vector))
    }

    fn insert(&mut self, doc: DocId, vector: &[f64]) {
        let blob = self.blob(vector);
        self.index.insert(doc, &blob).unwrap();
        self.vectors.insert(doc, self.rounded(vector));
    }

    fn remove(&mut self, doc: DocId) -> bool {
        let held = self.vectors.remove(&doc).is_some();
        assert_eq!(self.index.remove(doc), held);
        held
    }

    fn nearest(&self, vector: &[f64], search: &Nearest<'_>) -> Vec<Neighbour> {
        let query = self.index.query(&self.blob(vector)).unwrap();
        self.index.nearest(&query, search).unwrap()
    }

    /// Every matching document's distance, nearest first.
    fn distances(&self, vector: &[f64], filter: Option<&RoaringBitmap>) -> Vec<(f64, DocId)> {
        let query = self.rounded(vector);
        let metric = self.params().metric;
        let matching = self
            .vectors
            .iter()
            .filter(|(doc, _)| filter.is_none_or(|filter| filter.contains(doc.get())));
        let mut all: Vec<(f64, DocId)> = matching
            .map(|(&doc, vector)| (exact(metric, &query, vector), doc))
            .collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        all
    }

    /// The share of the true neighbours that searches find, or others as near. Checks that each
    /// answer has as many as it can and true distances.
    fn recall(&self, queries: &[Vec<f64>], search: &Nearest<'_>) -> f64 {
        let (mut hits, mut all) = (0, 0);
        for query in queries {
            let found = self.nearest(query, search);
            let mut true_ones = self.distances(query, search.filter);
            let by_doc: BTreeMap<DocId, f64> = true_ones.iter().map(|&(d, doc)| (doc, d)).collect();
            true_ones.truncate(search.k);
            assert_eq!(found.len(), true_ones.len(), "as many as match");
            assert!(found.is_sorted());
            let Some(&(bar, _)) = true_ones.last() else {
                continue;
            };
            for one in &found {
                assert_near(one.distance, by_doc[&one.doc], 1e-4);
            }
            let near = |doc| by_doc[&doc] <= bar + bar.abs() * 1e-6 + 1e-9;
            all += true_ones.len();
            hits += found.iter().filter(|one| near(one.doc)).count();
        }
        if all == 0 {
            1.0
        } else {
            hits as f64 / all as f64
        }
    }
}

/// Two distances are the same but for rounding.
#[track_caller]
fn assert_near(given: f64, expected: f64, tolerance: f64) {
    let error = (given - expected).abs();
    let most = tolerance * expected.abs().max(1.0);
    assert!(
        given == expected || error <= most,
        "{given}, not {expected}"
    );
}

/// A small generator with a fixed seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from((self.next() >> 33) % end as u64).unwrap()
    }

    /// Roughly normal, mean 0, deviation 1.
    fn normal(&mut self) -> f64 {
        let uniform = |bits: u64| (bits >> 40) as f64 / (1_u64 << 24) as f64;
        (0..12).map(|_| uniform(self.next())).sum::<f64>() - 6.0
    }

    fn vector(&mut self, dimensions: usize) -> Vec<f64> {
        (0..dimensions).map(|_| self.normal()).collect()
    }

    /// Vectors in clusters of unequal size that overlap, so that few candidates are not enough.
    fn clustered(&mut self, count: usize, dimensions: usize) -> Vec<Vec<f64>> {
        let centres: Vec<Vec<f64>> = (0..50)
            .map(|_| (0..dimensions).map(|_| 0.7 * self.normal()).collect())
            .collect();
        (0..count)
            .map(|_| {
                let last = self.below(centres.len()) + 1;
                let centre = self.below(last);
                centres[centre].iter().map(|x| x + self.normal()).collect()
            })
            .collect()
    }
}
