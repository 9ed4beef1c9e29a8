//! A `VECTOR` field in `FT.INFO`, as it was asked for.

use super::Entry;
use crate::reply::tree::{count, text};
use crate::request::create::{
    Algorithm, Compression, ElementType, Metric, Quantization, Vamana, VectorOptions,
};

/// After how many vectors a compression is learnt when the definition does not say (spec, section
/// 1.3).
const TRAINING_THRESHOLD: usize = 10_240;

pub(super) fn vector_entries(options: &VectorOptions) -> Vec<Entry> {
    let (algorithm, parameters) = match &options.algorithm {
        Algorithm::Flat { .. } => ("FLAT", vec![]),
        Algorithm::Hnsw {
            m,
            ef_construction,
            ef_runtime,
            ..
        } => (
            "HNSW",
            vec![
                ("M", count(*m)),
                ("ef_construction", count(*ef_construction)),
                ("ef_runtime", count(*ef_runtime)),
            ],
        ),
        Algorithm::Vamana(vamana) => ("SVS-VAMANA", vamana_entries(vamana, options.dimensions)),
    };
    let metric = match options.metric {
        Metric::L2 => "L2",
        Metric::Ip => "IP",
        Metric::Cosine => "COSINE",
    };
    let element = match options.element {
        ElementType::Float32 => "FLOAT32",
        ElementType::Float64 => "FLOAT64",
        ElementType::Float16 => "FLOAT16",
        ElementType::BFloat16 => "BFLOAT16",
        ElementType::Int8 => "INT8",
        ElementType::Uint8 => "UINT8",
    };
    let quantization = match options.quantization {
        Quantization::Auto => "AUTO",
        Quantization::Int8 => "INT8",
        Quantization::None => "NONE",
    };
    let mut entries = vec![
        ("type", text("VECTOR")),
        ("algorithm", text(algorithm)),
        ("data_type", text(element)),
        ("dim", count(options.dimensions)),
        ("distance_metric", text(metric)),
    ];
    entries.extend(parameters);
    // Ours alone, so behind all that clients know.
    entries.push(("quantization", text(quantization)));
    entries
}

fn vamana_entries(vamana: &Vamana, dimensions: usize) -> Vec<Entry> {
    let (compression, lean) = match vamana.compression {
        None => ("NO_COMPRESSION", false),
        Some(Compression::Lvq4) => ("LVQ4", false),
        Some(Compression::Lvq8) => ("LVQ8", false),
        Some(Compression::Lvq4x4) => ("LVQ4x4", false),
        Some(Compression::Lvq4x8) => ("LVQ4x8", false),
        Some(Compression::LeanVec4x8) => ("LeanVec4x8", true),
        Some(Compression::LeanVec8x8) => ("LeanVec8x8", true),
    };
    let mut entries = vec![
        ("graph_max_degree", count(vamana.graph_max_degree)),
        (
            "construction_window_size",
            count(vamana.construction_window_size),
        ),
        ("compression", text(compression)),
    ];
    if vamana.compression.is_some() {
        let threshold = vamana.training_threshold.unwrap_or(TRAINING_THRESHOLD);
        entries.push(("training_threshold", count(threshold)));
    }
    if lean {
        let reduced = vamana.reduce.unwrap_or(dimensions / 2);
        entries.push(("reduced_dim", count(reduced)));
    }
    entries
}
