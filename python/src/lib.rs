//! Nuthatch for Python: the engine in the process. What is here knows types and locks; everything
//! else is the engine's, or Python's.

mod arguments;
mod engine;
mod guard;
mod keys;
mod replies;
mod vectors;
mod words;

use pyo3::create_exception;
use pyo3::exceptions::PyException;

create_exception!(
    nuthatch,
    Error,
    PyException,
    "What the engine refuses, in its own words; the text begins with a code such as `ERR`."
);

/// The engine, for the package around it.
#[pyo3::pymodule]
mod _native {
    #[pymodule_export]
    use super::Error;
    #[pymodule_export]
    use super::engine::Engine;
    #[pymodule_export]
    use super::guard::{Facts, Guard, stem_of};
    #[pymodule_export]
    use super::keys::entry_key;
    #[pymodule_export]
    use super::vectors::unit_row;
}
