//! Vectors of embedders, made ready for the cache.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// Sums are kept in so many lanes, which lets the compiler add several at once.
const LANES: usize = 16;

/// A vector scaled to length 1; none if it is zero or not finite.
#[pyfunction]
pub(crate) fn unit<'py>(
    py: Python<'py>,
    vector: PyReadonlyArray1<'py, f32>,
) -> PyResult<Option<Bound<'py, PyArray1<f32>>>> {
    let row = vector
        .as_slice()
        .map_err(|_| PyValueError::new_err("vector must be contiguous"))?;
    let length = square(row).sqrt();
    if !(length > 0.0 && length.is_finite()) {
        return Ok(None);
    }
    let scaled: Vec<f32> = row.iter().map(|component| component / length).collect();
    Ok(Some(scaled.into_pyarray(py)))
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
