//! The options of a `VECTOR` field: `algorithm count (name value)…`.

use super::{Algorithm, Metric, VectorOptions};
use crate::request::args::{Args, keyword};
use crate::request::error::Refusal;

/// Components of a vector.
const MOST_DIMENSIONS: usize = 32768;
/// `M`: two links are the least that keep a graph in one piece; beyond 512 a node would hold
/// more bytes of links than of vector.
const M: (usize, usize) = (2, 512);
/// `EF_CONSTRUCTION` and `EF_RUNTIME`.
const MOST_EF: usize = 1_000_000;

/// What the names have given so far, over both algorithms.
struct Given {
    typed: bool,
    dimensions: Option<usize>,
    metric: Option<Metric>,
    initial_capacity: usize,
    block_size: usize,
    m: usize,
    ef_construction: usize,
    ef_runtime: usize,
    epsilon: f64,
}

impl VectorOptions {
    /// Takes what follows `VECTOR` in the field called `field`.
    pub(super) fn take(args: &mut Args<'_>, field: &str) -> Result<Self, Refusal> {
        let algorithm = args.choice(
            &format!("algorithm of field {field}"),
            &["FLAT", "HNSW"],
            &["SVS-VAMANA"],
        )?;
        let hnsw = algorithm == "HNSW";
        let mut given = Given::default();
        let mut seen = Vec::new();
        for [name, value] in args.pairs(&format!("VECTOR of field {field}"))? {
            let option = keyword(name).unwrap_or_default();
            if seen.contains(&option) {
                return Err(Refusal::duplicate("vector option", name));
            }
            let argument = format!("{option} of field {field}");
            if !given.set(&option, hnsw, &argument, &mut Args::new(&[*value]))? {
                let place = format!("the {algorithm} options of field {field}");
                return Err(Refusal::unknown_argument(name, &place));
            }
            seen.push(option);
        }
        given.finish(hnsw, field)
    }
}

impl Given {
    /// Sets one option; false if the algorithm has none of that name.
    fn set(
        &mut self,
        option: &str,
        hnsw: bool,
        argument: &str,
        value: &mut Args<'_>,
    ) -> Result<bool, Refusal> {
        match option {
            "TYPE" => {
                value.choice(
                    argument,
                    &["FLOAT32"],
                    &["FLOAT64", "FLOAT16", "BFLOAT16", "INT8", "UINT8"],
                )?;
                self.typed = true;
            }
            "DIM" => self.dimensions = Some(value.whole(argument, 1, MOST_DIMENSIONS)?),
            "DISTANCE_METRIC" => {
                self.metric = Some(
                    match value.choice(argument, &["L2", "IP", "COSINE"], &[])? {
                        "L2" => Metric::L2,
                        "IP" => Metric::Ip,
                        _ => Metric::Cosine,
                    },
                );
            }
            "INITIAL_CAP" => self.initial_capacity = value.whole(argument, 0, usize::MAX)?,
            "BLOCK_SIZE" if !hnsw => self.block_size = value.whole(argument, 1, usize::MAX)?,
            "M" if hnsw => self.m = value.whole(argument, M.0, M.1)?,
            "EF_CONSTRUCTION" if hnsw => {
                self.ef_construction = value.whole(argument, 1, MOST_EF)?;
            }
            "EF_RUNTIME" if hnsw => self.ef_runtime = value.whole(argument, 1, MOST_EF)?,
            "EPSILON" if hnsw => self.epsilon = value.number(argument, 0.0, f64::MAX)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn finish(self, hnsw: bool, field: &str) -> Result<VectorOptions, Refusal> {
        let missing = |option| Refusal::missing(format!("{option} of field {field}"));
        if !self.typed {
            return Err(missing("TYPE"));
        }
        Ok(VectorOptions {
            algorithm: if hnsw {
                Algorithm::Hnsw {
                    m: self.m,
                    ef_construction: self.ef_construction,
                    ef_runtime: self.ef_runtime,
                    epsilon: self.epsilon,
                }
            } else {
                Algorithm::Flat {
                    block_size: self.block_size,
                }
            },
            dimensions: self.dimensions.ok_or_else(|| missing("DIM"))?,
            metric: self.metric.ok_or_else(|| missing("DISTANCE_METRIC"))?,
            initial_capacity: self.initial_capacity,
        })
    }
}

impl Default for Given {
    /// Nothing given: the defaults that every engine of the FT.* surface has.
    fn default() -> Self {
        Self {
            typed: false,
            dimensions: None,
            metric: None,
            initial_capacity: 0,
            block_size: 1024,
            m: 16,
            ef_construction: 200,
            ef_runtime: 10,
            epsilon: 0.01,
        }
    }
}
