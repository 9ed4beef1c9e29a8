use crate::request::create::{
    Algorithm, Compression, Defaults, Definition, ElementType, FieldKind, Metric, Quantization,
    Vamana, VectorOptions,
};

fn parse_with(vector: &str, defaults: Defaults) -> Result<VectorOptions, String> {
    let command = format!("i SCHEMA v VECTOR {vector}");
    let arguments: Vec<&[u8]> = command.split(' ').map(str::as_bytes).collect();
    let definition =
        Definition::parse_with(&arguments, defaults).map_err(|error| error.to_string())?;
    let FieldKind::Vector(options) = &definition.fields[0].kind else {
        panic!("{definition:?}");
    };
    Ok(options.clone())
}

fn parse(vector: &str) -> Result<VectorOptions, String> {
    parse_with(vector, Defaults::default())
}

fn options(algorithm: Algorithm, metric: Metric) -> VectorOptions {
    VectorOptions {
        algorithm,
        dimensions: 3,
        element: ElementType::Float32,
        metric,
        quantization: Quantization::Auto,
        initial_capacity: 0,
    }
}

#[test]
fn vectors_have_the_options_of_their_algorithm() {
    let flat = |block_size| Algorithm::Flat { block_size };
    let hnsw = |m, ef_construction, ef_runtime, epsilon| Algorithm::Hnsw {
        m,
        ef_construction,
        ef_runtime,
        epsilon,
    };
    for (vector, expected) in [
        (
            "FLAT 6 TYPE FLOAT32 DIM 3 DISTANCE_METRIC L2",
            options(flat(1024), Metric::L2),
        ),
        (
            "flat 12 dim 3 initial_cap 7 block_size 9 distance_metric ip type float32 quantization int8",
            VectorOptions {
                initial_capacity: 7,
                quantization: Quantization::Int8,
                ..options(flat(9), Metric::Ip)
            },
        ),
        (
            "HNSW 6 TYPE FLOAT32 DIM 3 DISTANCE_METRIC COSINE",
            options(hnsw(16, 200, 10, 0.01), Metric::Cosine),
        ),
        (
            "HNSW 16 TYPE FLOAT32 DIM 3 DISTANCE_METRIC COSINE M 512 EF_CONSTRUCTION 100 \
             EF_RUNTIME 20 EPSILON 0.5 QUANTIZATION NONE",
            VectorOptions {
                quantization: Quantization::None,
                ..options(hnsw(512, 100, 20, 0.5), Metric::Cosine)
            },
        ),
    ] {
        assert_eq!(parse(vector), Ok(expected), "{vector}");
    }
}

#[test]
fn components_have_six_types() {
    for (name, element) in [
        ("FLOAT32", ElementType::Float32),
        ("float64", ElementType::Float64),
        ("FLOAT16", ElementType::Float16),
        ("BFLOAT16", ElementType::BFloat16),
        ("INT8", ElementType::Int8),
        ("UINT8", ElementType::Uint8),
    ] {
        for algorithm in ["FLAT", "HNSW"] {
            let vector = format!("{algorithm} 6 TYPE {name} DIM 3 DISTANCE_METRIC L2");
            assert_eq!(parse(&vector).unwrap().element, element, "{vector}");
        }
    }
}

#[test]
fn the_default_of_the_host_applies_where_nothing_else_is_said() {
    let quantization = |vector| {
        let defaults = Defaults {
            quantization: Quantization::None,
            ..Defaults::default()
        };
        parse_with(vector, defaults).unwrap().quantization
    };
    for (vector, expected) in [
        (
            "FLAT 6 TYPE FLOAT32 DIM 3 DISTANCE_METRIC L2",
            Quantization::None,
        ),
        (
            "HNSW 8 TYPE FLOAT32 DIM 3 DISTANCE_METRIC L2 QUANTIZATION AUTO",
            Quantization::Auto,
        ),
        (
            "SVS-VAMANA 6 TYPE FLOAT32 DIM 3 DISTANCE_METRIC L2",
            Quantization::None,
        ),
        (
            "SVS-VAMANA 8 TYPE FLOAT32 DIM 3 DISTANCE_METRIC L2 COMPRESSION LVQ8",
            Quantization::Int8,
        ),
    ] {
        assert_eq!(quantization(vector), expected, "{vector}");
    }
}

#[test]
fn svs_vamana_has_the_options_of_its_own() {
    let plain = Vamana {
        graph_max_degree: 32,
        construction_window_size: 200,
        search_window_size: 10,
        epsilon: 0.01,
        compression: None,
        training_threshold: None,
        reduce: None,
    };
    let with = |vamana| options(Algorithm::Vamana(vamana), Metric::L2);
    assert_eq!(
        parse("SVS-VAMANA 6 TYPE FLOAT32 DIM 3 DISTANCE_METRIC L2"),
        Ok(with(plain))
    );
    let full = Vamana {
        graph_max_degree: 64,
        construction_window_size: 300,
        search_window_size: 20,
        epsilon: 0.05,
        compression: Some(Compression::LeanVec4x8),
        training_threshold: Some(2048),
        reduce: Some(2),
    };
    assert_eq!(
        parse(
            "svs-vamana 20 type float16 dim 3 distance_metric l2 graph_max_degree 64 \
             construction_window_size 300 search_window_size 20 epsilon 0.05 compression leanvec4x8 \
             training_threshold 2048 reduce 2"
        ),
        Ok(VectorOptions {
            element: ElementType::Float16,
            quantization: Quantization::Int8,
            ..with(full)
        })
    );
    for (name, compression) in [
        ("LVQ4", Compression::Lvq4),
        ("LVQ8", Compression::Lvq8),
        ("LVQ4x4", Compression::Lvq4x4),
        ("LVQ4x8", Compression::Lvq4x8),
        ("LeanVec4x8", Compression::LeanVec4x8),
        ("LeanVec8x8", Compression::LeanVec8x8),
    ] {
        let vector =
            format!("SVS-VAMANA 8 TYPE FLOAT32 DIM 3 DISTANCE_METRIC L2 COMPRESSION {name}");
        let Algorithm::Vamana(vamana) = parse(&vector).unwrap().algorithm else {
            panic!("{vector}");
        };
        assert_eq!(vamana.compression, Some(compression));
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn refusals_of_vectors_say_what_is_wrong() {
    for (vector, text) in [
        (
            "IVF 0",
            "SEARCH_PARSE_ARGS Bad arguments for algorithm of field v: must be FLAT or HNSW or \
             SVS-VAMANA, not `IVF`",
        ),
        (
            "FLAT 3 TYPE FLOAT32 DIM",
            "SEARCH_PARSE_ARGS Bad arguments for VECTOR of field v: the count must be even: names \
             and values",
        ),
        (
            "FLAT 0",
            "SEARCH_PARSE_ARGS Missing argument: TYPE of field v",
        ),
        (
            "FLAT 2 TYPE FLOAT32",
            "SEARCH_PARSE_ARGS Missing argument: DIM of field v",
        ),
        (
            "FLAT 4 TYPE FLOAT32 DIM 2",
            "SEARCH_PARSE_ARGS Missing argument: DISTANCE_METRIC of field v",
        ),
        (
            "FLAT 4 DIM 2 dim 2",
            "SEARCH_PARSE_ARGS Duplicate vector option: dim",
        ),
        (
            "FLAT 2 DIM 32769",
            "SEARCH_PARSE_ARGS Bad arguments for DIM of field v: must be a whole number from 1 to \
             32768, not `32769`",
        ),
        (
            "FLAT 2 TYPE STRING",
            "SEARCH_PARSE_ARGS Bad arguments for TYPE of field v: must be FLOAT32 or FLOAT64 or \
             FLOAT16 or BFLOAT16 or INT8 or UINT8, not `STRING`",
        ),
        (
            "SVS-VAMANA 2 TYPE FLOAT64",
            "SEARCH_PARSE_ARGS Bad arguments for TYPE of field v: must be FLOAT32 or FLOAT16, not \
             `FLOAT64`",
        ),
        (
            "FLAT 2 DISTANCE_METRIC L1",
            "SEARCH_PARSE_ARGS Bad arguments for DISTANCE_METRIC of field v: must be L2 or IP or \
             COSINE, not `L1`",
        ),
        (
            "FLAT 2 M 16",
            "SEARCH_ARG_UNRECOGNIZED Unknown argument `M` in the FLAT options of field v",
        ),
        (
            "FLAT 2 QUANTIZATION INT4",
            "SEARCH_PARSE_ARGS Bad arguments for QUANTIZATION of field v: must be AUTO or INT8 or \
             NONE, not `INT4`",
        ),
        (
            "HNSW 2 BLOCK_SIZE 16",
            "SEARCH_ARG_UNRECOGNIZED Unknown argument `BLOCK_SIZE` in the HNSW options of field v",
        ),
        (
            "HNSW 2 GRAPH_MAX_DEGREE 16",
            "SEARCH_ARG_UNRECOGNIZED Unknown argument `GRAPH_MAX_DEGREE` in the HNSW options of \
             field v",
        ),
        (
            "HNSW 2 M 1",
            "SEARCH_PARSE_ARGS Bad arguments for M of field v: must be a whole number from 2 to \
             512, not `1`",
        ),
        (
            "HNSW 2 EF_RUNTIME 1000001",
            "SEARCH_PARSE_ARGS Bad arguments for EF_RUNTIME of field v: must be a whole number \
             from 1 to 1000000, not `1000001`",
        ),
        (
            "HNSW 2 EPSILON -1",
            "SEARCH_PARSE_ARGS Bad arguments for EPSILON of field v: must be a number of at least \
             0, not `-1`",
        ),
        (
            "SVS-VAMANA 2 QUANTIZATION INT8",
            "SEARCH_ARG_UNRECOGNIZED Unknown argument `QUANTIZATION` in the SVS-VAMANA options of \
             field v",
        ),
        (
            "SVS-VAMANA 2 COMPRESSION LVQ2",
            "SEARCH_PARSE_ARGS Bad arguments for COMPRESSION of field v: must be LVQ4 or LVQ8 or \
             LVQ4X4 or LVQ4X8 or LEANVEC4X8 or LEANVEC8X8, not `LVQ2`",
        ),
        (
            "SVS-VAMANA 8 TYPE FLOAT32 DIM 2 DISTANCE_METRIC L2 TRAINING_THRESHOLD 5",
            "SEARCH_PARSE_ARGS Bad arguments for TRAINING_THRESHOLD of field v: needs COMPRESSION",
        ),
        (
            "SVS-VAMANA 10 TYPE FLOAT32 DIM 2 DISTANCE_METRIC L2 COMPRESSION LVQ8 REDUCE 1",
            "SEARCH_PARSE_ARGS Bad arguments for REDUCE of field v: needs a COMPRESSION of LeanVec",
        ),
        (
            "SVS-VAMANA 10 TYPE FLOAT32 DIM 2 DISTANCE_METRIC L2 COMPRESSION LeanVec8x8 REDUCE 2",
            "SEARCH_PARSE_ARGS Bad arguments for REDUCE of field v: needs to be less than DIM",
        ),
    ] {
        assert_eq!(parse(vector), Err(text.to_owned()), "{vector}");
    }
}
