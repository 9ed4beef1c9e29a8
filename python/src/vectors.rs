//! Vectors of embedders, made ready for the cache.

use numpy::{Element, IntoPyArray, PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;

/// Sums are kept in so many lanes, which lets the compiler add several at once.
const LANES: usize = 16;

/// The one row of an array `[1, d]` of 32-bit or 64-bit floats that lie side by side, scaled to length 1; none
/// for anything else, and for a row that is zero or not finite.
#[pyfunction]
pub(crate) fn unit_row<'py>(
    py: Python<'py>,
    rows: &Bound<'py, PyAny>,
) -> Option<Bound<'py, PyArray1<f32>>> {
    let scaled = one_row::<f32>(rows).or_else(|| one_row::<f64>(rows))?;
    Some(scaled.into_pyarray(py))
}

fn one_row<T: Element + Copy + Single>(rows: &Bound<'_, PyAny>) -> Option<Vec<f32>> {
    let rows = rows.cast::<PyArray2<T>>().ok()?.try_readonly().ok()?;
    let row = rows.as_slice().ok()?;
    if rows.as_array().nrows() != 1 {
        return None;
    }
    let mut row: Vec<f32> = row.iter().map(|component| component.single()).collect();
    let length = square(&row).sqrt();
    if !(length > 0.0 && length.is_finite()) {
        return None;
    }
    for component in &mut row {
        *component /= length;
    }
    Some(row)
}

/// A number of an embedding as the cache keeps it.
trait Single {
    fn single(self) -> f32;
}

impl Single for f32 {
    fn single(self) -> f32 {
        self
    }
}

impl Single for f64 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "embeddings are kept with 32 bits"
    )]
    fn single(self) -> f32 {
        self as f32
    }
}

fn square(row: &[f32]) -> f32 {
    let (chunks, rest) = row.as_chunks::<LANES>();
    let mut sums = [0.0_f32; LANES];
    for chunk in chunks {
        for (sum, component) in sums.iter_mut().zip(chunk) {
            *sum += component * component;
        }
    }
    sums.iter().sum::<f32>() + rest.iter().map(|one| one * one).sum::<f32>()
}
