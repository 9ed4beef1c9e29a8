//! Nuthatch's vector index for NumPy, called as the peers' packages are: one batch, one thread unless
//! said otherwise, the interpreter's lock released.

mod names;

use std::sync::atomic::{AtomicBool, Ordering};

use numpy::ndarray::Array2;
use numpy::{IntoPyArray, PyArray2, PyReadonlyArray1, PyReadonlyArray2};
use nuthatch_indexes::doc::DocId;
use nuthatch_indexes::vector::{
    Algorithm, HnswParams, Nearest, Query, VectorIndex, VectorParams, VectorStats,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use roaring::RoaringBitmap;

/// Labels, `[n, k]`, `u32::MAX` where fewer were found, and distances, `[n, k]`.
type Found<'py> = (Bound<'py, PyArray2<u32>>, Bound<'py, PyArray2<f32>>);

/// An index; labels count from 0.
#[pyclass]
struct Index(VectorIndex);

/// The labels that a search may return, made once for many searches.
#[pyclass(frozen)]
struct Filter(RoaringBitmap);

#[pymethods]
impl Filter {
    #[new]
    fn new(labels: PyReadonlyArray1<'_, u32>) -> PyResult<Self> {
        let docs = labels.as_array().into_iter().map(|&label| doc(label));
        let docs = docs.map(|doc| doc.map(DocId::get));
        Ok(Self(docs.collect::<PyResult<_>>()?))
    }
}

#[pymethods]
impl Index {
    #[new]
    #[pyo3(signature = (dimensions, metric, element="FLOAT32", algorithm="HNSW", m=16,
                        ef_construction=200, quantization="AUTO"))]
    fn new(
        dimensions: usize,
        metric: &str,
        element: &str,
        algorithm: &str,
        m: usize,
        ef_construction: usize,
        quantization: &str,
    ) -> PyResult<Self> {
        let hnsw = HnswParams {
            m,
            ef_construction,
            ..HnswParams::default()
        };
        Ok(Self(VectorIndex::new(VectorParams {
            dimensions,
            element: names::element(element)?,
            metric: names::metric(metric)?,
            algorithm: match algorithm {
                "FLAT" => Algorithm::Flat,
                "HNSW" => Algorithm::Hnsw(hnsw),
                other => return Err(names::unknown("algorithm", other)),
            },
            quantization: names::quantization(quantization)?,
        })))
    }

    /// Gives each label its row: packed elements, `[n, bytes]`. Of several threads one adds, and links
    /// when too many rows wait, as a server's main thread does; the others link meanwhile, as its
    /// workers do. What is left then is for `drain`.
    #[pyo3(signature = (labels, rows, threads=1))]
    fn add(
        &mut self,
        py: Python<'_>,
        labels: PyReadonlyArray1<'_, u32>,
        rows: PyReadonlyArray2<'_, u8>,
        threads: usize,
    ) -> PyResult<()> {
        let (labels, rows) = (labels.as_array(), rows.as_array());
        py.detach(|| {
            let background = self.0.background();
            let added = AtomicBool::new(false);
            std::thread::scope(|scope| {
                for _ in 1..threads {
                    scope.spawn(|| {
                        while !added.load(Ordering::Relaxed) {
                            if !background.step() {
                                std::thread::yield_now();
                            }
                        }
                    });
                }
                let result = labels.iter().zip(rows.rows()).try_for_each(|(&label, row)| {
                    let row = row.as_slice().ok_or_else(not_contiguous)?;
                    self.0.insert(doc(label)?, row).map_err(error)
                });
                added.store(true, Ordering::Relaxed);
                result
            })
        })
    }

    /// Takes the vectors of labels away.
    fn remove(&mut self, py: Python<'_>, labels: PyReadonlyArray1<'_, u32>) -> PyResult<()> {
        let labels = labels.as_array();
        py.detach(|| {
            for &label in labels {
                self.0.remove(doc(label)?);
            }
            Ok(())
        })
    }

    /// Does what is left to do, on this thread or on several.
    #[pyo3(signature = (threads=1))]
    fn drain(&self, py: Python<'_>, threads: usize) {
        py.detach(|| {
            if threads <= 1 {
                return self.0.drain();
            }
            std::thread::scope(|scope| {
                for _ in 0..threads {
                    let background = self.0.background();
                    scope.spawn(
                        move || {
                            while background.step() || background.is_pending() {}
                        },
                    );
                }
            });
        });
    }

    /// The nearest `k` of each query, packed elements `[n, bytes]`, one after the other.
    #[pyo3(signature = (queries, k, ef=None, filter=None))]
    fn search<'py>(
        &self,
        py: Python<'py>,
        queries: PyReadonlyArray2<'py, u8>,
        k: usize,
        ef: Option<usize>,
        filter: Option<&Filter>,
    ) -> PyResult<Found<'py>> {
        let queries = queries.as_array();
        let (labels, distances) = py.detach(|| {
            let mut labels = Array2::from_elem((queries.nrows(), k), u32::MAX);
            let mut distances = Array2::from_elem((queries.nrows(), k), f32::INFINITY);
            let results = labels.rows_mut().into_iter().zip(distances.rows_mut());
            for (query, (mut labels, mut distances)) in queries.rows().into_iter().zip(results) {
                let query = query.as_slice().ok_or_else(not_contiguous)?;
                let query = self.0.query(query).map_err(error)?;
                let nearest = self.nearest(&query, k, ef, filter)?;
                let slots = labels.iter_mut().zip(&mut distances);
                for ((label, distance), (found, at)) in slots.zip(nearest) {
                    (*label, *distance) = (found.get() - 1, names::single(at));
                }
            }
            Ok::<_, PyErr>((labels, distances))
        })?;
        Ok((labels.into_pyarray(py), distances.into_pyarray(py)))
    }

    /// Bytes held by the index.
    fn memory_bytes(&self) -> usize {
        self.0.memory_bytes()
    }

    /// What the index says of itself.
    fn stats(&self) -> String {
        let stats: VectorStats = self.0.stats();
        format!("{stats:?}")
    }
}

impl Index {
    fn nearest(
        &self,
        query: &Query,
        k: usize,
        ef: Option<usize>,
        filter: Option<&Filter>,
    ) -> PyResult<impl Iterator<Item = (DocId, f64)> + use<>> {
        let search = Nearest {
            ef,
            filter: filter.map(|filter| &filter.0),
            ..Nearest::new(k)
        };
        let found = self.0.nearest(query, &search).map_err(error)?;
        Ok(found.into_iter().map(|one| (one.doc, one.distance)))
    }
}

fn doc(label: u32) -> PyResult<DocId> {
    let number = label.checked_add(1).and_then(DocId::new);
    number.ok_or_else(|| PyValueError::new_err("a label is too large"))
}

fn not_contiguous() -> PyErr {
    PyValueError::new_err("rows must be contiguous")
}

fn error(error: nuthatch_indexes::vector::VectorError) -> PyErr {
    PyValueError::new_err(format!("{error:?}"))
}

/// Nuthatch's vector index for NumPy.
#[pymodule]
mod nuthatch_vectors {
    #[pymodule_export]
    use super::{Filter, Index};
}
