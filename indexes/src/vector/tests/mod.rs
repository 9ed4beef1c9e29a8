//! The index against a brute-force model, its recall, and its contract.

mod contract;
mod property;
mod recall;

use std::collections::BTreeMap;

use super::{Algorithm, HnswParams, Metric, Nearest, Neighbour, VectorIndex, VectorParams};
use crate::doc::DocId;
use crate::vector::rows::RowId;

const METRICS: [Metric; 3] = [Metric::L2, Metric::Ip, Metric::Cosine];

fn index(metric: Metric, dimensions: usize, algorithm: Algorithm) -> VectorIndex {
    VectorIndex::new(VectorParams {
        dimensions,
        metric,
        algorithm,
    })
}

fn hnsw(m: usize, ef_construction: usize, ef_runtime: usize) -> Algorithm {
    Algorithm::Hnsw(HnswParams {
        m,
        ef_construction,
        ef_runtime,
    })
}

fn doc(number: u32) -> DocId {
    DocId::new(number).unwrap()
}

impl VectorIndex {
    fn check(&self) {
        let held: Vec<(DocId, RowId)> = self
            .docs
            .iter()
            .filter_map(DocId::new)
            .map(|doc| (doc, self.row(doc).unwrap()))
            .collect();
        assert_eq!(self.row_of.iter().flatten().count(), held.len());
        match &self.graph {
            Some(graph) => graph.check(&self.rows, &held),
            None => assert_eq!(self.rows.slots() - self.rows.free().len(), held.len()),
        }
    }
}

/// The vectors as they were given, compared in `f64` by the definitions of the metrics.
#[derive(Default)]
struct Model(BTreeMap<DocId, Vec<f32>>);

impl Model {
    /// Every matching document's distance, nearest first.
    fn distances(
        &self,
        metric: Metric,
        query: &[f32],
        matches: impl Fn(DocId) -> bool,
    ) -> Vec<(f64, DocId)> {
        let mut all: Vec<(f64, DocId)> = self
            .0
            .iter()
            .filter(|&(&doc, _)| matches(doc))
            .map(|(&doc, vector)| (exact(metric, query, vector), doc))
            .collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        all
    }
}

fn exact(metric: Metric, a: &[f32], b: &[f32]) -> f64 {
    let wide = |v: &[f32]| v.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
    let (a, b) = (wide(a), wide(b));
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    match metric {
        Metric::L2 => a.iter().zip(&b).map(|(a, b)| (a - b).powi(2)).sum(),
        Metric::Ip => 1.0 - dot(&a, &b),
        Metric::Cosine => {
            let norms = (dot(&a, &a) * dot(&b, &b)).sqrt();
            if norms == 0.0 {
                1.0
            } else {
                1.0 - dot(&a, &b) / norms
            }
        }
    }
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
    fn normal(&mut self) -> f32 {
        let uniform = |bits: u64| (bits >> 40) as f32 / (1_u64 << 24) as f32;
        (0..12).map(|_| uniform(self.next())).sum::<f32>() - 6.0
    }

    /// Vectors in clusters of unequal size that overlap, so that few candidates are not enough.
    fn clustered(&mut self, count: usize, dimensions: usize) -> Vec<Vec<f32>> {
        let centres: Vec<Vec<f32>> = (0..50)
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

fn ids(found: &[Neighbour]) -> Vec<DocId> {
    found.iter().map(|neighbour| neighbour.doc).collect()
}

fn k(k: usize) -> Nearest<'static> {
    Nearest::new(k)
}
