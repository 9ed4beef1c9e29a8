//! What clients send: queries, filters in JSON, expressions, arguments, values of fields.

use nuthatch::expr;
use nuthatch::query::{self, Params, parse_filter};
use nuthatch::request::aggregate::Aggregate;
use nuthatch::request::create::Definition;
use nuthatch::request::search::Search;
use nuthatch::request::settings::Settings;
use nuthatch_indexes::doc::DocId;
use nuthatch_indexes::shape::{Coordinates, Shape};
use nuthatch_indexes::vector::{
    Algorithm, ElementType, Metric, Quantization, VectorIndex, VectorParams,
};
use proptest::prelude::*;

use super::bytes::{changed, changes, of_pieces};
use super::rounds;

const QUERY: &[&str] = &[
    "a",
    "hello",
    " ",
    "|",
    "-",
    "~",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "'",
    "@f:",
    "@a|b:",
    "*",
    "%",
    "%%",
    "w'",
    "\\",
    "$p",
    "$v",
    "=>",
    "=>{$weight: 2;",
    "$slop:1",
    "$inorder: true",
    "}",
    "[KNN 10 @v $v",
    "AS d]",
    "EF_RUNTIME",
    "[VECTOR_RANGE 1 $v]",
    "inf",
    "-inf",
    "1",
    "2.5",
    "(3",
    "==",
    "!=",
    ">=",
    "<",
    "ismissing(@f)",
    "WITHIN",
    "km",
    "POINT(1 1)",
    ",",
    ":",
    ".",
    "ä",
    "\u{0}",
    "@n:[1 2]",
    "@g:{x|y}",
    "@p:[1 2 3 km]",
];

const JSON: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"and\"",
    "\"or\"",
    "\"not\"",
    "\"tag\"",
    "\"range\"",
    "\"text\"",
    "\"param\"",
    "\"p\"",
    "\"gte\"",
    "\"circle\"",
    "\"at\"",
    "\"within\"",
    "\"vector\"",
    "1",
    "-1.5e3",
    "true",
    "null",
    "\"f\"",
    "\"\\u00e4\"",
    "\"weight\"",
    "\"slop\"",
    " ",
    "1e999",
    "\"inf\"",
    "{\"and\": [",
    "{\"tag\": {\"g\": \"x\"}}",
    "{\"not\": ",
    "{\"word\": \"a\"}",
];

const EXPRESSION: &[&str] = &[
    "@f",
    "@a",
    "1",
    "2.5",
    "'x'",
    "\"y\"",
    "+",
    "-",
    "*",
    "/",
    "%",
    "^",
    "(",
    ")",
    ",",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    "&&",
    "||",
    "!",
    "sqrt(",
    "log(",
    "format(",
    "substr(",
    "exists(",
    "case(",
    "geodistance(",
    "timefmt(",
    "split(",
    " ",
    "$p",
    "inf",
    "nan",
    "NULL",
    "\\",
    "contains(",
];

const SHAPE: &[&str] = &[
    "POINT",
    "POLYGON",
    "(",
    ")",
    "((",
    "))",
    ",",
    " ",
    "0",
    "1",
    "-1",
    "4.5",
    "1e300",
    "nan",
    "inf",
    "POLYGON((0 0, 0 4, 4 4, 4 0, 0 0))",
    "POINT(1 1)",
    "EMPTY",
    "Z",
    "0 0,",
    "4 4",
];

/// A word of a command, which may be the number of those that follow.
const WORDS: &[&str] = &[
    "i",
    "*",
    "SCHEMA",
    "PREFIX",
    "0",
    "1",
    "2",
    "6",
    "3",
    "t",
    "TEXT",
    "TAG",
    "NUMERIC",
    "GEO",
    "GEOSHAPE",
    "VECTOR",
    "FLAT",
    "HNSW",
    "TYPE",
    "FLOAT32",
    "DIM",
    "DISTANCE_METRIC",
    "L2",
    "SORTABLE",
    "NOINDEX",
    "AS",
    "SEPARATOR",
    ",",
    "LIMIT",
    "SORTBY",
    "ASC",
    "DESC",
    "RETURN",
    "PARAMS",
    "DIALECT",
    "FILTER",
    "inf",
    "(1",
    "GEOFILTER",
    "km",
    "HIGHLIGHT",
    "SUMMARIZE",
    "FIELDS",
    "TAGS",
    "SLOP",
    "INORDER",
    "INKEYS",
    "INFIELDS",
    "SCORER",
    "BM25STD",
    "TIMEOUT",
    "NOCONTENT",
    "WITHSCORES",
    "FACETS",
    "RANGES",
    "AFTER",
    "START",
    "FILTERJSON",
    "{}",
    "GROUPBY",
    "@f",
    "REDUCE",
    "COUNT",
    "APPLY",
    "LOAD",
    "WITHCURSOR",
    "MAX",
    "MAXIDLE",
    "-1",
    "ON",
    "HASH",
    "STOPWORDS",
    "LANGUAGE",
    "german",
    "SCORE",
    "0.5",
    "TEMPORARY",
    "EXPANDER",
    "WITHSORTKEYS",
    "ADDSCORES",
    "TOLIST",
];

fn params() -> Vec<(Vec<u8>, Vec<u8>)> {
    vec![
        (b"p".to_vec(), b"a\" }|".to_vec()),
        (b"v".to_vec(), vec![0, 0, 128, 63]),
    ]
}

proptest! {
    #![proptest_config(rounds())]

    #[test]
    fn a_query_is_refused_or_means_what_it_prints_as(text in of_pieces(QUERY)) {
        let params = params();
        if let Ok(query) = query::parse(&text, &Params::new(&params)) {
            let printed = query::print(&query);
            let again = query::parse(&printed, &Params::new(&params));
            let again = again.map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert_eq!(query::print(&again), printed);
        }
    }

    #[test]
    fn a_filter_of_json_is_refused_or_read(
        pieces in of_pieces(JSON),
        changes in changes(),
    ) {
        let params = params();
        _ = parse_filter(&pieces, &Params::new(&params));
        let valid = br#"{"and": [{"tag": {"g": ["a", {"prefix": "b"}]}}, {"not": {"range":
            {"n": {"gte": 1, "lt": "inf"}}}}, {"circle": {"p": {"at": [1, 2], "radius": 3}}},
            {"word": "x", "in": ["t"], "weight": 2}]}"#;
        _ = parse_filter(&changed(valid.to_vec(), &changes), &Params::new(&params));
    }

    #[test]
    fn an_expression_is_refused_or_means_what_it_prints_as(text in of_pieces(EXPRESSION)) {
        if let Ok(expression) = expr::parse(&text, &expr::Parameters::new(&params())) {
            let printed = expression.print();
            let again = expr::parse(&printed, &expr::Parameters::new(&[]));
            let again = again.map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert_eq!(again.print(), printed);
        }
    }

    #[test]
    fn arguments_are_refused_or_read(
        words in prop::collection::vec(prop_oneof![
            9 => prop::sample::select(WORDS).prop_map(|word| word.as_bytes().to_vec()),
            1 => prop::collection::vec(any::<u8>(), 0..8),
        ], 0..24),
    ) {
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        let settings = Settings::default();
        let begun = |first: &[&'static [u8]]| {
            let begun: Vec<&[u8]> = first.iter().copied().chain(words.iter().copied()).collect();
            begun
        };
        _ = Search::parse_with(&words, &settings);
        _ = Search::parse_with(&begun(&[b"i", b"*"]), &settings);
        _ = Aggregate::parse(&begun(&[b"i", b"*"]), &settings);
        _ = Definition::parse(&words);
        _ = Definition::parse(&begun(&[b"i", b"SCHEMA", b"t", b"TEXT"]));
    }

    #[test]
    fn a_shape_is_refused_or_read(text in of_pieces(SHAPE), changes in changes()) {
        let valid = b"POLYGON ((0 0, 0 4.5, 4 4, 4 0, 0 0), (1 1, 1 2, 2 2, 2 1, 1 1))";
        for text in [text, changed(valid.to_vec(), &changes)] {
            for coordinates in [Coordinates::Flat, Coordinates::Spherical] {
                _ = Shape::parse(&text, coordinates);
            }
        }
    }

    #[test]
    fn a_blob_is_refused_or_is_a_vector_that_is_found(blob in prop::collection::vec(any::<u8>(), 0..40)) {
        for element in [
            ElementType::Float32,
            ElementType::Float64,
            ElementType::Float16,
            ElementType::BFloat16,
            ElementType::Int8,
            ElementType::Uint8,
        ] {
            for metric in [Metric::L2, Metric::Ip, Metric::Cosine] {
                let mut index = VectorIndex::new(VectorParams {
                    dimensions: 4,
                    element,
                    metric,
                    algorithm: Algorithm::Flat,
                    quantization: Quantization::None,
                });
                let doc = DocId::FIRST;
                if index.insert(doc, &blob).is_ok() {
                    let query = index.query(&blob);
                    let query = query.map_err(|error| TestCaseError::fail(error.to_string()))?;
                    prop_assert!(index.distance(&query, doc).is_some());
                }
            }
        }
    }
}
