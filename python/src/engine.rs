//! The engine behind one lock: every call has it for itself, with the interpreter's lock released.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use numpy::ndarray::Array2;
use numpy::{IntoPyArray, PyArray2, PyReadonlyArray1, PyReadonlyArray2};
use nuthatch::command::nearest::{Batch, Neighbours};
use nuthatch::reply::{Protocol, Reply};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::{PyBytes, PyList, PyString, PyTuple};

use crate::{Error, arguments, replies};

/// Keys of each query, nearest first, and distances, `[n, k]`, infinite where fewer were found.
type Found<'py> = (Bound<'py, PyList>, Bound<'py, PyArray2<f32>>);

/// See `nuthatch.Engine`, which is this with names and defaults.
#[pyclass(frozen, module = "nuthatch._native")]
pub(crate) struct Engine {
    /// None only while it is dropped.
    inner: Mutex<Option<nuthatch::Engine>>,
    /// The process that it belongs to: a fork has none of its threads, and its locks may be held by
    /// them for ever.
    process: u32,
}

impl Engine {
    /// Works on the engine with the interpreter's lock released: the only place where the engine's own
    /// lock is taken.
    fn with<R: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut nuthatch::Engine) -> R + Send,
    ) -> PyResult<R> {
        if self.is_forked() {
            return Err(Error::new_err(
                "ERR the engine belongs to the process before the fork: make a new one",
            ));
        }
        let done = py.detach(|| {
            // A panic is reported where it happens; what it left is as whole as the engine makes it.
            let mut engine = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
            engine.as_mut().map(work)
        });
        done.ok_or_else(|| Error::new_err("ERR the engine is closed"))
    }

    fn is_forked(&self) -> bool {
        std::process::id() != self.process
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let forked = self.is_forked();
        let inner = self.inner.get_mut().unwrap_or_else(PoisonError::into_inner);
        if forked {
            // Its threads are not here to be waited for.
            std::mem::forget(inner.take());
        }
    }
}

#[pymethods]
impl Engine {
    /// An empty engine.
    #[new]
    fn new() -> Self {
        Self {
            inner: Mutex::new(Some(nuthatch::Engine::new())),
            process: std::process::id(),
        }
    }

    /// Runs one command, with the reply in the shape of RESP2 or RESP3; its strings are `str` with
    /// `text`, else `bytes`.
    fn execute<'py>(
        &self,
        py: Python<'py>,
        command: &Bound<'py, PyTuple>,
        protocol: u8,
        text: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let protocol = shape(protocol)?;
        let command = arguments::read(command)?;
        let reply = self.with(py, |engine| engine.execute_in(protocol, &command))?;
        replies::answer(py, &reply, text)
    }

    /// Runs commands with nothing between them; an error is a value among the replies.
    fn execute_many<'py>(
        &self,
        py: Python<'py>,
        commands: Vec<Bound<'py, PyTuple>>,
        protocol: u8,
        text: bool,
    ) -> PyResult<Bound<'py, PyList>> {
        let protocol = shape(protocol)?;
        let commands = commands.iter().map(arguments::read);
        let commands: Vec<_> = commands.collect::<PyResult<_>>()?;
        let found: Vec<Reply> = self.with(py, |engine| {
            let commands = commands.iter();
            commands
                .map(|command| engine.execute_in(protocol, command))
                .collect()
        })?;
        let values = found.iter().map(|reply| replies::value(py, reply, text));
        PyList::new(py, values.collect::<PyResult<Vec<_>>>()?)
    }

    /// The neighbours of each row of `queries`, packed elements of the field's type, `[n, bytes]`.
    #[expect(clippy::too_many_arguments, reason = "the names are Python's")]
    fn nearest<'py>(
        &self,
        py: Python<'py>,
        index: PyBackedBytes,
        field: PyBackedBytes,
        queries: PyReadonlyArray2<'py, u8>,
        k: usize,
        ef: Option<usize>,
        filter: PyBackedBytes,
        params: Vec<(PyBackedBytes, PyBackedBytes)>,
        threads: usize,
    ) -> PyResult<Found<'py>> {
        let queries = queries.as_array();
        let rows = queries.rows().into_iter();
        let rows: Option<Vec<&[u8]>> = rows.map(|row| row.to_slice()).collect();
        let rows = rows.ok_or_else(|| PyValueError::new_err("queries must be contiguous"))?;
        let params = params.iter().map(|(name, value)| (&name[..], &value[..]));
        let batch = Batch {
            index: &index,
            field: &field,
            k,
            ef,
            filter: &filter,
            params: &params.collect::<Vec<_>>(),
            tags: &[],
            threads,
        };
        let found = self
            .with(py, |engine| engine.nearest(&batch, &rows))?
            .map_err(|error| Error::new_err(error.to_string()))?;
        // Each row is read once, and freed while it is near: that is most of what Python adds to a search.
        let mut distances = unfilled(&found, k);
        let rows = found.into_iter().zip(distances.rows_mut());
        let keys = rows.map(|(neighbours, slots)| {
            let pairs = neighbours.into_iter().zip(slots);
            let keys = pairs.map(|((key, distance), slot)| {
                *slot = single(distance);
                PyBytes::new(py, &key)
            });
            PyList::new(py, keys)
        });
        let keys = PyList::new(py, keys.collect::<PyResult<Vec<_>>>()?)?;
        Ok((keys, distances.into_pyarray(py)))
    }

    /// The neighbours of one vector of `FLOAT32`, nearest first, among documents that have a tag in each of
    /// some fields and match a filter: their keys but for the first `skip` bytes, and distances.
    #[expect(clippy::too_many_arguments, reason = "the names are Python's")]
    fn nearest_tagged<'py>(
        &self,
        py: Python<'py>,
        index: &[u8],
        field: &[u8],
        query: PyReadonlyArray1<'py, f32>,
        k: usize,
        ef: usize,
        tags: Vec<(PyBackedBytes, PyBackedStr)>,
        filter: &[u8],
        skip: usize,
    ) -> PyResult<Bound<'py, PyList>> {
        let query = query.as_slice();
        let query = query.map_err(|_| PyValueError::new_err("query must be contiguous"))?;
        let query: &[u8] = bytemuck::cast_slice(query);
        let tags = tags.iter().map(|(name, tag)| (&name[..], tag.as_bytes()));
        let batch = Batch {
            index,
            field,
            k,
            ef: Some(ef),
            filter,
            params: &[],
            tags: &tags.collect::<Vec<_>>(),
            threads: 1,
        };
        let found = self
            .with(py, |engine| engine.nearest(&batch, &[query]))?
            .map_err(|error| Error::new_err(error.to_string()))?;
        let rows = found.into_iter().flatten().map(|(key, distance)| {
            let key = key.get(skip..).unwrap_or_default();
            (PyString::new(py, &String::from_utf8_lossy(key)), distance)
        });
        PyList::new(py, rows.collect::<Vec<_>>())
    }

    /// The seconds that the engine itself takes to find the neighbours of each row of `queries`, on one
    /// thread: what `nearest` is measured by.
    fn nearest_seconds(
        &self,
        py: Python<'_>,
        index: PyBackedBytes,
        field: PyBackedBytes,
        queries: PyReadonlyArray2<'_, u8>,
        k: usize,
    ) -> PyResult<f64> {
        let queries = queries.as_array();
        let rows = queries.rows().into_iter();
        let rows: Option<Vec<&[u8]>> = rows.map(|row| row.to_slice()).collect();
        let rows = rows.ok_or_else(|| PyValueError::new_err("queries must be contiguous"))?;
        let batch = Batch {
            index: &index,
            field: &field,
            k,
            ef: None,
            filter: b"*",
            params: &[],
            tags: &[],
            threads: 1,
        };
        let found = self.with(py, |engine| {
            let start = Instant::now();
            // Whoever asks frees what was found, in Python too.
            let found = engine.nearest(&batch, &rows).map(drop);
            found.map(|()| start.elapsed().as_secs_f64())
        })?;
        found.map_err(|error| Error::new_err(error.to_string()))
    }

    /// Vectors that wait to be linked into their graphs.
    fn fresh(&self, py: Python<'_>) -> PyResult<u64> {
        self.with(py, |engine| engine.linking().fresh)
    }

    /// Writes everything into a file, whole or not at all.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        let saved = self.with(py, |engine| engine.save(path))?;
        saved.map_err(|error| Error::new_err(error.to_string()))
    }

    /// Replaces everything by what a file holds.
    fn load(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        let loaded = self.with(py, |engine| engine.load(path))?;
        loaded.map_err(|error| Error::new_err(error.to_string()))
    }
}

fn shape(protocol: u8) -> PyResult<Protocol> {
    match protocol {
        2 => Ok(Protocol::Resp2),
        3 => Ok(Protocol::Resp3),
        other => Err(PyValueError::new_err(format!(
            "protocol is {other}: it must be 2 or 3"
        ))),
    }
}

/// Distances before they are known. As wide as the longest row, `k` at most: a `k` far beyond what there is
/// takes no memory.
fn unfilled(found: &[Neighbours], k: usize) -> Array2<f32> {
    let width = found.iter().map(Vec::len).max().unwrap_or(0).min(k);
    Array2::from_elem((found.len(), width), f32::INFINITY)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "distances of f32 vectors have no more digits"
)]
fn single(distance: f64) -> f32 {
    distance as f32
}
