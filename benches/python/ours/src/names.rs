//! The words of a schema for the values of the index.

use nuthatch_indexes::vector::{ElementType, Metric, Quantization};
use pyo3::PyErr;
use pyo3::exceptions::PyValueError;

/// The error for a word that names nothing.
pub(crate) fn unknown(what: &str, word: &str) -> PyErr {
    PyValueError::new_err(format!("no {what} is called {word}"))
}

pub(crate) fn element(word: &str) -> Result<ElementType, PyErr> {
    match word {
        "FLOAT32" => Ok(ElementType::Float32),
        "FLOAT64" => Ok(ElementType::Float64),
        "FLOAT16" => Ok(ElementType::Float16),
        "BFLOAT16" => Ok(ElementType::BFloat16),
        "INT8" => Ok(ElementType::Int8),
        "UINT8" => Ok(ElementType::Uint8),
        other => Err(unknown("element type", other)),
    }
}

pub(crate) fn metric(word: &str) -> Result<Metric, PyErr> {
    match word {
        "L2" => Ok(Metric::L2),
        "IP" => Ok(Metric::Ip),
        "COSINE" => Ok(Metric::Cosine),
        other => Err(unknown("metric", other)),
    }
}

pub(crate) fn quantization(word: &str) -> Result<Quantization, PyErr> {
    match word {
        "AUTO" => Ok(Quantization::Auto),
        "INT8" => Ok(Quantization::Int8),
        "NONE" => Ok(Quantization::None),
        other => Err(unknown("quantization", other)),
    }
}

/// A distance in the precision in which the peers give theirs.
#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding to f32 is the purpose"
)]
pub(crate) fn single(distance: f64) -> f32 {
    distance as f32
}
