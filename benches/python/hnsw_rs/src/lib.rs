//! The crate `hnsw_rs` for NumPy, with its SIMD distances, called as our own index is: one batch,
//! one thread, the interpreter's lock released.

use hnsw_rs::prelude::{AnnT, DistDot, DistL2, Hnsw};
use numpy::ndarray::{Array2, ArrayView2};
use numpy::{IntoPyArray, PyArray2, PyReadonlyArray2};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// Layers that the graph may have, the most that the crate allows.
const LAYERS: usize = 16;

enum Graph {
    L2(Hnsw<'static, f32, DistL2>),
    Dot(Hnsw<'static, f32, DistDot>),
}

/// A graph of a fixed capacity over `f32` rows; labels are the order of insertion.
#[pyclass]
struct Index {
    graph: Graph,
    rows: usize,
}

#[pymethods]
impl Index {
    /// `metric` is "L2", or "COSINE" for rows and queries of unit length.
    #[new]
    fn new(metric: &str, capacity: usize, m: usize, ef_construction: usize) -> PyResult<Self> {
        let graph = match metric {
            "L2" => Graph::L2(Hnsw::new(m, capacity, LAYERS, ef_construction, DistL2 {})),
            "COSINE" => Graph::Dot(Hnsw::new(m, capacity, LAYERS, ef_construction, DistDot {})),
            other => return Err(PyValueError::new_err(format!("no metric {other}"))),
        };
        Ok(Self { graph, rows: 0 })
    }

    /// Adds rows, `[n, d]`, on one thread.
    fn add(&mut self, py: Python<'_>, rows: PyReadonlyArray2<'_, f32>) {
        let rows = rows.as_array();
        py.detach(|| {
            for row in rows.rows() {
                let row = row.to_vec();
                match &self.graph {
                    Graph::L2(graph) => graph.insert((&row, self.rows)),
                    Graph::Dot(graph) => graph.insert((&row, self.rows)),
                }
                self.rows += 1;
            }
        });
    }

    /// Ends insertion, which the crate asks for before a search.
    fn finish(&mut self) {
        match &mut self.graph {
            Graph::L2(graph) => graph.set_searching_mode(true),
            Graph::Dot(graph) => graph.set_searching_mode(true),
        }
    }

    /// The labels of the `k` nearest of each query, `[n, k]`, `u32::MAX` where fewer were found.
    fn search<'py>(
        &self,
        py: Python<'py>,
        queries: PyReadonlyArray2<'py, f32>,
        k: usize,
        ef: usize,
    ) -> Bound<'py, PyArray2<u32>> {
        let queries = queries.as_array();
        py.detach(|| match &self.graph {
            Graph::L2(graph) => search(graph, queries, k, ef),
            Graph::Dot(graph) => search(graph, queries, k, ef),
        })
        .into_pyarray(py)
    }
}

fn search(
    graph: &dyn AnnT<Val = f32>,
    queries: ArrayView2<'_, f32>,
    k: usize,
    ef: usize,
) -> Array2<u32> {
    let mut labels = Array2::from_elem((queries.nrows(), k), u32::MAX);
    for (query, mut found) in queries.rows().into_iter().zip(labels.rows_mut()) {
        let query = query.as_standard_layout();
        let query = query.as_slice().unwrap_or_default();
        for (to, neighbour) in found.iter_mut().zip(graph.search_neighbours(query, k, ef)) {
            *to = u32::try_from(neighbour.d_id).unwrap_or(u32::MAX);
        }
    }
    labels
}

/// The crate `hnsw_rs` for NumPy.
#[pymodule]
mod hnsw_rs_peer {
    #[pymodule_export]
    use super::Index;
}
