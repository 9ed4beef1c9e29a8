//! Why a vector index refuses.

use std::fmt;

/// Why a vector was not taken, or a search gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VectorError {
    /// The vector has another number of components than the index.
    WrongLength {
        /// Components of the vector.
        given: usize,
        /// Components of every vector of the index.
        expected: usize,
    },
    /// A component is infinite or not a number.
    NotFinite {
        /// Which component is the first such, from 0.
        index: usize,
    },
    /// The search was told to stop before it had an answer.
    Stopped,
}

impl fmt::Display for VectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongLength { given, expected } => {
                write!(f, "a vector of {given} components, expected {expected}")
            }
            Self::NotFinite { index } => write!(f, "component {index} is not a finite number"),
            Self::Stopped => f.write_str("the search was stopped"),
        }
    }
}

impl std::error::Error for VectorError {}
