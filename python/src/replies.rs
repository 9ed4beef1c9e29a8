//! Replies as Python has them: what redis-py gives before any callback.

use nuthatch::reply::Reply;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyFloat, PyInt, PyList, PyString};

use crate::Error;

/// A reply; an error is raised.
pub(crate) fn answer<'py>(
    py: Python<'py>,
    reply: &Reply,
    text: bool,
) -> PyResult<Bound<'py, PyAny>> {
    match reply {
        Reply::Error(error) => Err(Error::new_err(error.clone())),
        Reply::Simple(_)
        | Reply::Integer(_)
        | Reply::Double(_)
        | Reply::Bulk(_)
        | Reply::Null
        | Reply::Array(_)
        | Reply::Map(_)
        | Reply::Set(_) => value(py, reply, text),
    }
}

/// A reply as a value; an error is an exception that is not raised. With `text`, strings that are
/// UTF-8 are `str`; what is not, a vector say, stays `bytes`.
pub(crate) fn value<'py>(
    py: Python<'py>,
    reply: &Reply,
    text: bool,
) -> PyResult<Bound<'py, PyAny>> {
    Ok(match reply {
        Reply::Error(error) => Error::new_err(error.clone())
            .into_value(py)
            .into_bound(py)
            .into_any(),
        Reply::Simple(word) => string(py, word.as_bytes(), text),
        Reply::Bulk(bytes) => string(py, bytes, text),
        Reply::Integer(number) => PyInt::new(py, *number).into_any(),
        Reply::Double(number) => PyFloat::new(py, *number).into_any(),
        Reply::Null => py.None().into_bound(py),
        Reply::Array(values) | Reply::Set(values) => {
            let values: Vec<_> = values
                .iter()
                .map(|one| value(py, one, text))
                .collect::<PyResult<_>>()?;
            PyList::new(py, values)?.into_any()
        }
        Reply::Map(pairs) => {
            let map = PyDict::new(py);
            for (key, held) in pairs {
                map.set_item(value(py, key, text)?, value(py, held, text)?)?;
            }
            map.into_any()
        }
    })
}

fn string<'py>(py: Python<'py>, bytes: &[u8], text: bool) -> Bound<'py, PyAny> {
    match std::str::from_utf8(bytes) {
        Ok(valid) if text => PyString::new(py, valid).into_any(),
        Ok(_) | Err(_) => PyBytes::new(py, bytes).into_any(),
    }
}
