//! Why a vector index refuses.

use std::fmt;

use super::element::BlobError;

/// Why a vector was not taken, or a search gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VectorError {
    /// The blob has another length than the vectors of the index.
    WrongSize {
        /// Its bytes.
        given: usize,
        /// Bytes of every vector of the index.
        expected: usize,
    },
    /// A component is infinite or not a number.
    NotFinite {
        /// Which component is the first such, from 0.
        index: usize,
    },
    /// The index holds as many vectors as it can number.
    Full,
    /// The search was told to stop before it had an answer.
    Stopped,
}

impl From<BlobError> for VectorError {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::WrongSize { given, expected } => Self::WrongSize { given, expected },
            BlobError::NotFinite { index } => Self::NotFinite { index },
        }
    }
}

impl fmt::Display for VectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongSize { given, expected } => {
                write!(f, "a vector of {given} bytes, expected {expected}")
            }
            Self::NotFinite { index } => write!(f, "component {index} is not a finite number"),
            Self::Full => f.write_str("the index holds as many vectors as it can number"),
            Self::Stopped => f.write_str("the search was stopped"),
        }
    }
}

impl std::error::Error for VectorError {}
