//! The exact nearest neighbours of queries: what an approximate search is held to.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};
use rayon::prelude::*;

use crate::read::{fvecs, ivecs, write_fvecs, write_ivecs};
use crate::{Error, Place};

/// How far two vectors are apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Metric {
    /// The square of the Euclidean distance.
    L2,
    /// One minus the inner product.
    InnerProduct,
    /// One minus the cosine of the angle; 1 to and from a zero vector.
    Cosine,
}

/// For each query (row) its nearest rows, nearest first, and among equally near ones (to the
/// precision of f32) the lower row first.
#[derive(Debug, Clone, PartialEq)]
pub struct Truth {
    /// Row numbers, from 0.
    pub rows: Array2<u32>,
    /// Their distances by the [`Metric`].
    pub distances: Array2<f32>,
}

/// Rows and queries that are multiplied at a time: both blocks, as f64, stay in a core's cache.
const ROW_BLOCK: usize = 512;
const QUERY_BLOCK: usize = 64;

impl Truth {
    /// Which part of the nearest rows of query `query` is in `found`, from 0 to 1.
    ///
    /// # Panics
    /// When there is no such query.
    #[must_use]
    pub fn recall(&self, query: usize, found: &[u32]) -> f64 {
        let wanted = self.rows.row(query);
        if wanted.is_empty() {
            return 1.0;
        }
        let hits = wanted.iter().filter(|row| found.contains(row)).count();
        hits as f64 / wanted.len() as f64
    }
}

/// Finds the `k` nearest rows of each query by computing every distance, in f64 and on all cores.
/// With fewer than `k` rows it finds all of them.
///
/// # Panics
/// When rows and queries are of different dimensions.
#[must_use]
pub fn nearest(rows: &Array2<f32>, queries: &Array2<f32>, k: usize, metric: Metric) -> Truth {
    assert_eq!(
        rows.ncols(),
        queries.ncols(),
        "rows and queries must be of one dimension"
    );
    let k = k.min(rows.nrows());
    let blocks: Vec<ArrayView2<'_, f32>> = queries.axis_chunks_iter(Axis(0), QUERY_BLOCK).collect();
    let found: Vec<(f32, u32)> = blocks
        .into_par_iter()
        .flat_map_iter(|block| nearest_of_block(rows, block, k, metric))
        .collect();
    let (distances, found): (Vec<f32>, Vec<u32>) = found.into_iter().unzip();
    let shape = (queries.nrows(), k);
    Truth {
        rows: Array2::from_shape_vec(shape, found).expect("k rows for each query"),
        distances: Array2::from_shape_vec(shape, distances).expect("k distances for each query"),
    }
}

/// [`nearest`], kept in `directory` under a hash of the arguments and read from there the next time.
///
/// # Errors
/// When the directory cannot be written, or a kept file cannot be read.
///
/// # Panics
/// As [`nearest`].
pub fn nearest_cached(
    directory: &Path,
    rows: &Array2<f32>,
    queries: &Array2<f32>,
    k: usize,
    metric: Metric,
) -> Result<Truth, Error> {
    let key = content_hash(rows, queries, k, metric);
    let row_file = directory.join(format!("{key:016x}.ivecs"));
    let distance_file = directory.join(format!("{key:016x}.fvecs"));
    // The row file is written last, so with it both are there.
    if row_file.exists() {
        let kept = ivecs(&row_file)?;
        let rows = kept
            .iter()
            .map(|&row| u32::try_from(row))
            .collect::<Result<Vec<_>, _>>();
        let rows = rows.map_err(|e| Error::new(&row_file, Place::Whole, e))?;
        let rows = Array2::from_shape_vec(kept.raw_dim(), rows).expect("as many as were kept");
        return Ok(Truth {
            rows,
            distances: fvecs(&distance_file)?,
        });
    }
    let truth = nearest(rows, queries, k, metric);
    fs::create_dir_all(directory).map_err(|e| Error::new(directory, Place::Whole, e))?;
    write_fvecs(&distance_file, &truth.distances)?;
    let kept = truth
        .rows
        .mapv(|row| i32::try_from(row).expect("fewer than 2^31 rows fit in memory"));
    write_ivecs(&row_file, &kept)?;
    Ok(truth)
}

/// Where to keep ground truth: `target/datasets` of the workspace.
#[must_use]
pub fn cache_directory() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    target
        .unwrap_or_else(|| crate::named::workspace_root().join("target"))
        .join("datasets")
}

/// The nearest `k` rows of each query of a block, one query after the other.
fn nearest_of_block(
    rows: &Array2<f32>,
    queries: ArrayView2<'_, f32>,
    k: usize,
    metric: Metric,
) -> Vec<(f32, u32)> {
    let queries = queries.mapv(f64::from);
    let query_squares = squares(&queries);
    let mut nearest: Vec<Vec<(f32, u32)>> = vec![Vec::new(); queries.nrows()];
    let mut first_row = 0_u32;
    for block in rows.axis_chunks_iter(Axis(0), ROW_BLOCK) {
        let block = block.mapv(f64::from);
        let row_squares = squares(&block);
        let products = queries.dot(&block.t());
        for ((nearest, products), &query_square) in
            nearest.iter_mut().zip(products.rows()).zip(&query_squares)
        {
            let distances = distances(products, query_square, &row_squares, metric);
            nearest.extend(distances.zip(first_row..));
            keep_nearest(nearest, k);
        }
        first_row += u32::try_from(block.nrows()).expect("a block is small");
    }
    for nearest in &mut nearest {
        nearest.sort_unstable_by(nearer);
    }
    nearest.concat()
}

fn distances(
    products: ArrayView1<'_, f64>,
    query_square: f64,
    row_squares: &Array1<f64>,
    metric: Metric,
) -> impl Iterator<Item = f32> {
    products
        .into_iter()
        .zip(row_squares)
        .map(move |(&product, &row_square)| {
            single(match metric {
                Metric::L2 => (query_square + row_square - 2.0 * product).max(0.0),
                Metric::InnerProduct => 1.0 - product,
                Metric::Cosine if query_square * row_square > 0.0 => {
                    1.0 - product / (query_square * row_square).sqrt()
                }
                Metric::Cosine => 1.0,
            })
        })
}

fn keep_nearest(found: &mut Vec<(f32, u32)>, k: usize) {
    if found.len() > k {
        found.select_nth_unstable_by(k, nearer);
        found.truncate(k);
    }
}

fn nearer(a: &(f32, u32), b: &(f32, u32)) -> std::cmp::Ordering {
    a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
}

fn squares(rows: &Array2<f64>) -> Array1<f64> {
    rows.map_axis(Axis(1), |row| row.dot(&row))
}

/// Of another release of Rust it may be another: then the truth is computed anew.
fn content_hash(rows: &Array2<f32>, queries: &Array2<f32>, k: usize, metric: Metric) -> u64 {
    let mut hasher = DefaultHasher::new();
    (k, metric).hash(&mut hasher);
    for matrix in [rows, queries] {
        matrix.dim().hash(&mut hasher);
        for row in matrix.rows() {
            let bytes: Vec<u8> = row.iter().flat_map(|x| x.to_le_bytes()).collect();
            hasher.write(&bytes);
        }
    }
    hasher.finish()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding to f32 is the purpose"
)]
fn single(x: f64) -> f32 {
    x as f32
}
