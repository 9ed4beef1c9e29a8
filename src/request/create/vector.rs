//! The options of a `VECTOR` field: `algorithm count (name value)…`.

#[cfg(test)]
mod tests;

use super::{
    Algorithm, Compression, Defaults, ElementType, Metric, Quantization, Vamana, VectorOptions,
};
use crate::request::args::{Args, keyword};
use crate::request::error::Refusal;

/// Components of a vector.
const MOST_DIMENSIONS: usize = 32768;
/// `M`: two links are the least that keep a graph in one piece; beyond 512 a node would hold
/// more bytes of links than of vector.
const M: (usize, usize) = (2, 512);
/// `GRAPH_MAX_DEGREE`: what the lowest layer of a graph with the largest `M` has.
const MOST_DEGREE: usize = 2 * M.1;
/// `EF_CONSTRUCTION`, `EF_RUNTIME`, and the windows of SVS-VAMANA.
const MOST_EF: usize = 1_000_000;

/// The names of the algorithms.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Flat,
    Hnsw,
    Vamana,
}

/// What the names have given so far, over all algorithms.
struct Given {
    kind: Kind,
    element: Option<ElementType>,
    dimensions: Option<usize>,
    metric: Option<Metric>,
    quantization: Option<Quantization>,
    initial_capacity: usize,
    block_size: usize,
    m: usize,
    ef_construction: usize,
    ef_runtime: usize,
    epsilon: f64,
    vamana: Vamana,
}

impl VectorOptions {
    /// Takes what follows `VECTOR` in the field called `field`.
    pub(super) fn take(
        args: &mut Args<'_>,
        field: &str,
        defaults: Defaults,
    ) -> Result<Self, Refusal> {
        let algorithm = args.choice(
            &format!("algorithm of field {field}"),
            &["FLAT", "HNSW", "SVS-VAMANA"],
            &[],
        )?;
        let mut given = Given::nothing(match algorithm {
            "FLAT" => Kind::Flat,
            "HNSW" => Kind::Hnsw,
            _ => Kind::Vamana,
        });
        let mut seen = Vec::new();
        for [name, value] in args.pairs(&format!("VECTOR of field {field}"))? {
            let option = keyword(name).unwrap_or_default();
            if seen.contains(&option) {
                return Err(Refusal::duplicate("vector option", name));
            }
            let argument = format!("{option} of field {field}");
            let mut value = Args::new(std::slice::from_ref(value));
            let taken = given.set(&option, &argument, &mut value)?
                || match given.kind {
                    Kind::Flat => given.set_flat(&option, &argument, &mut value)?,
                    Kind::Hnsw => given.set_hnsw(&option, &argument, &mut value)?,
                    Kind::Vamana => given.set_vamana(&option, &argument, &mut value)?,
                };
            if !taken {
                let place = format!("the {algorithm} options of field {field}");
                return Err(Refusal::unknown_argument(name, &place));
            }
            seen.push(option);
        }
        given.finish(field, defaults)
    }
}

impl Given {
    /// Nothing yet: the defaults that every engine of the FT.* surface has.
    fn nothing(kind: Kind) -> Self {
        Self {
            kind,
            element: None,
            dimensions: None,
            metric: None,
            quantization: None,
            initial_capacity: 0,
            block_size: 1024,
            m: 16,
            ef_construction: 200,
            ef_runtime: 10,
            epsilon: 0.01,
            vamana: Vamana {
                graph_max_degree: 32,
                construction_window_size: 200,
                search_window_size: 10,
                epsilon: 0.01,
                compression: None,
                training_threshold: None,
                reduce: None,
            },
        }
    }

    /// Sets an option that every algorithm has; false if it is none.
    fn set(&mut self, option: &str, argument: &str, value: &mut Args<'_>) -> Result<bool, Refusal> {
        match option {
            "TYPE" => self.element = Some(self.take_type(argument, value)?),
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
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn take_type(&self, argument: &str, value: &mut Args<'_>) -> Result<ElementType, Refusal> {
        let valid: &[&'static str] = match self.kind {
            Kind::Vamana => &["FLOAT32", "FLOAT16"],
            Kind::Flat | Kind::Hnsw => {
                &["FLOAT32", "FLOAT64", "FLOAT16", "BFLOAT16", "INT8", "UINT8"]
            }
        };
        Ok(match value.choice(argument, valid, &[])? {
            "FLOAT32" => ElementType::Float32,
            "FLOAT64" => ElementType::Float64,
            "FLOAT16" => ElementType::Float16,
            "BFLOAT16" => ElementType::BFloat16,
            "INT8" => ElementType::Int8,
            _ => ElementType::Uint8,
        })
    }

    fn set_flat(
        &mut self,
        option: &str,
        argument: &str,
        value: &mut Args<'_>,
    ) -> Result<bool, Refusal> {
        match option {
            "BLOCK_SIZE" => self.block_size = value.whole(argument, 1, usize::MAX)?,
            "QUANTIZATION" => self.quantization = Some(Quantization::take(argument, value)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn set_hnsw(
        &mut self,
        option: &str,
        argument: &str,
        value: &mut Args<'_>,
    ) -> Result<bool, Refusal> {
        match option {
            "M" => self.m = value.whole(argument, M.0, M.1)?,
            "EF_CONSTRUCTION" => self.ef_construction = value.whole(argument, 1, MOST_EF)?,
            "EF_RUNTIME" => self.ef_runtime = value.whole(argument, 1, MOST_EF)?,
            "EPSILON" => self.epsilon = value.number(argument, 0.0, f64::MAX)?,
            "QUANTIZATION" => self.quantization = Some(Quantization::take(argument, value)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn set_vamana(
        &mut self,
        option: &str,
        argument: &str,
        value: &mut Args<'_>,
    ) -> Result<bool, Refusal> {
        let vamana = &mut self.vamana;
        match option {
            "GRAPH_MAX_DEGREE" => {
                vamana.graph_max_degree = value.whole(argument, 1, MOST_DEGREE)?
            }
            "CONSTRUCTION_WINDOW_SIZE" => {
                vamana.construction_window_size = value.whole(argument, 1, MOST_EF)?;
            }
            "SEARCH_WINDOW_SIZE" => {
                vamana.search_window_size = value.whole(argument, 1, MOST_EF)?;
            }
            "EPSILON" => vamana.epsilon = value.number(argument, 0.0, f64::MAX)?,
            "COMPRESSION" => {
                vamana.compression = Some(match value.choice(argument, COMPRESSIONS, &[])? {
                    "LVQ4" => Compression::Lvq4,
                    "LVQ8" => Compression::Lvq8,
                    "LVQ4X4" => Compression::Lvq4x4,
                    "LVQ4X8" => Compression::Lvq4x8,
                    "LEANVEC4X8" => Compression::LeanVec4x8,
                    _ => Compression::LeanVec8x8,
                });
            }
            "TRAINING_THRESHOLD" => {
                vamana.training_threshold = Some(value.whole(argument, 1, usize::MAX)?);
            }
            "REDUCE" => vamana.reduce = Some(value.whole(argument, 1, MOST_DIMENSIONS)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn finish(self, field: &str, defaults: Defaults) -> Result<VectorOptions, Refusal> {
        let missing = |option| Refusal::missing(format!("{option} of field {field}"));
        let element = self.element.ok_or_else(|| missing("TYPE"))?;
        let dimensions = self.dimensions.ok_or_else(|| missing("DIM"))?;
        let metric = self.metric.ok_or_else(|| missing("DISTANCE_METRIC"))?;
        self.check_vamana(field, dimensions)?;
        Ok(VectorOptions {
            dimensions,
            element,
            metric,
            quantization: match self.vamana.compression {
                Some(_) => Quantization::Int8,
                None => self.quantization.unwrap_or(defaults.quantization),
            },
            initial_capacity: self.initial_capacity,
            algorithm: match self.kind {
                Kind::Flat => Algorithm::Flat {
                    block_size: self.block_size,
                },
                Kind::Hnsw => Algorithm::Hnsw {
                    m: self.m,
                    ef_construction: self.ef_construction,
                    ef_runtime: self.ef_runtime,
                    epsilon: self.epsilon,
                },
                Kind::Vamana => Algorithm::Vamana(self.vamana),
            },
        })
    }

    /// What is about compression needs one.
    fn check_vamana(&self, field: &str, dimensions: usize) -> Result<(), Refusal> {
        let vamana = &self.vamana;
        if vamana.training_threshold.is_some() && vamana.compression.is_none() {
            let argument = format!("TRAINING_THRESHOLD of field {field}");
            return Err(Refusal::needs(&argument, "COMPRESSION"));
        }
        let lean = matches!(
            vamana.compression,
            Some(Compression::LeanVec4x8 | Compression::LeanVec8x8)
        );
        let Some(reduce) = vamana.reduce else {
            return Ok(());
        };
        let argument = format!("REDUCE of field {field}");
        if !lean {
            return Err(Refusal::needs(&argument, "a COMPRESSION of LeanVec"));
        }
        if reduce >= dimensions {
            return Err(Refusal::needs(&argument, "to be less than DIM"));
        }
        Ok(())
    }
}

/// The names of [`Compression`], upper case.
const COMPRESSIONS: &[&str] = &[
    "LVQ4",
    "LVQ8",
    "LVQ4X4",
    "LVQ4X8",
    "LEANVEC4X8",
    "LEANVEC8X8",
];

impl Quantization {
    /// Takes one by name.
    ///
    /// # Errors
    /// When it is none.
    pub fn take(argument: &str, args: &mut Args<'_>) -> Result<Self, Refusal> {
        Ok(
            match args.choice(argument, &["AUTO", "INT8", "NONE"], &[])? {
                "AUTO" => Self::Auto,
                "INT8" => Self::Int8,
                _ => Self::None,
            },
        )
    }
}
