//! Arguments of commands: what Python has, as bytes.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::{PyBool, PyByteArray, PyBytes, PyFloat, PyInt, PyString, PyTuple};

/// One argument, that of immutable objects without a copy.
pub(crate) enum Argument {
    Bytes(PyBackedBytes),
    Text(PyBackedStr),
    Owned(Vec<u8>),
}

impl AsRef<[u8]> for Argument {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Text(text) => text.as_bytes(),
            Self::Owned(bytes) => bytes,
        }
    }
}

/// The words of a command.
pub(crate) fn read(arguments: &Bound<'_, PyTuple>) -> PyResult<Vec<Argument>> {
    if arguments.is_empty() {
        return Err(PyTypeError::new_err(
            "a command is missing: its name comes first, as in 'FT.SEARCH'",
        ));
    }
    let arguments = arguments.iter().enumerate();
    let arguments = arguments.map(|(position, argument)| one(&argument, position));
    arguments.collect()
}

fn one(argument: &Bound<'_, PyAny>, position: usize) -> PyResult<Argument> {
    if argument.is_instance_of::<PyBytes>() {
        return Ok(Argument::Bytes(argument.extract()?));
    }
    if argument.is_instance_of::<PyString>() {
        return Ok(Argument::Text(argument.extract()?));
    }
    if argument.is_instance_of::<PyBool>() {
        return Err(refused(argument, position));
    }
    if argument.is_instance_of::<PyInt>() {
        return Ok(Argument::Owned(argument.str()?.to_string().into_bytes()));
    }
    if argument.is_instance_of::<PyFloat>() {
        let number: f64 = argument.extract()?;
        return Ok(Argument::Owned(format!("{number:?}").into_bytes()));
    }
    if let Ok(bytes) = argument.cast::<PyByteArray>() {
        return Ok(Argument::Owned(bytes.to_vec()));
    }
    // An array gives its elements, one after the other; a NumPy scalar is the number that it is.
    if argument.hasattr("tobytes")? {
        let is_scalar = argument
            .getattr_opt("ndim")?
            .is_some_and(|ndim| ndim.eq(0).unwrap_or(false));
        if is_scalar && argument.hasattr("item")? {
            return one(&argument.call_method0("item")?, position);
        }
        return Ok(Argument::Bytes(
            argument.call_method0("tobytes")?.extract()?,
        ));
    }
    Err(refused(argument, position))
}

fn refused(argument: &Bound<'_, PyAny>, position: usize) -> PyErr {
    let kind = argument.get_type();
    let name = kind
        .name()
        .map_or_else(|_| "?".to_owned(), |name| name.to_string());
    PyTypeError::new_err(format!(
        "argument {position} is of type {name}: an argument is bytes, str, int, float or an array of numbers"
    ))
}
