//! Vectors that lie in clusters, as embeddings do: evenly spread ones have no near neighbours.

use ndarray::parallel::prelude::*;
use ndarray::{Array1, Array2, Axis};

use super::Random;

/// The shape of generated vectors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clusters {
    /// How many vectors.
    pub rows: usize,
    /// Of how many numbers each.
    pub dimensions: usize,
    /// How many centres they lie around; at least one.
    pub clusters: usize,
    /// The expected distance of a vector from its centre, which has length 1, before both are
    /// scaled to unit length.
    pub spread: f64,
    /// The same seed gives the same vectors; more rows only add to them.
    pub seed: u64,
}

impl Clusters {
    /// The number of the centre that a row lies around.
    #[must_use]
    pub fn cluster_of(&self, row: usize) -> usize {
        drawn(self, row).0
    }
}

/// The centre of a row, and what is random of it besides.
fn drawn(shape: &Clusters, row: usize) -> (usize, Random) {
    let mut random = Random::stream(shape.seed, row);
    (random.below(shape.clusters.max(1)), random)
}

/// Makes `rows` x `dimensions` unit vectors around random unit centres.
#[must_use]
pub fn clustered(shape: &Clusters) -> Array2<f32> {
    let (count, dimensions) = (shape.clusters.max(1), shape.dimensions);
    let mut random = Random::new(shape.seed);
    let centres: Vec<Array1<f64>> = (0..count)
        .map(|_| unit(normals(dimensions, &mut random)))
        .collect();
    let noise = shape.spread / (dimensions as f64).sqrt();

    let mut vectors = Array2::zeros((shape.rows, dimensions));
    vectors
        .axis_iter_mut(Axis(0))
        .into_par_iter()
        .enumerate()
        .for_each(|(i, mut row)| {
            let (cluster, mut random) = drawn(shape, i);
            let centre = &centres[cluster];
            let vector = unit(centre + &(normals(dimensions, &mut random) * noise));
            row.zip_mut_with(&vector, |to, &from| *to = single(from));
        });
    vectors
}

fn normals(dimensions: usize, random: &mut Random) -> Array1<f64> {
    Array1::from_shape_simple_fn(dimensions, || random.normal())
}

fn unit(vector: Array1<f64>) -> Array1<f64> {
    let length = vector.dot(&vector).sqrt();
    if length > 0.0 {
        vector / length
    } else {
        vector
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding to f32 is the purpose"
)]
fn single(x: f64) -> f32 {
    x as f32
}
