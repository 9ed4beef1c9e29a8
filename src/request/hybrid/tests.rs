//! How hybrid searches are read.

use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> Result<Hybrid, Error> {
    let words: Vec<&[u8]> = text.split(' ').map(str::as_bytes).collect();
    Hybrid::parse(&words, &Settings::default())
}

fn limit(offset: usize, count: usize) -> Step {
    Step::Limit { offset, count }
}

fn knn(k: usize, ef_runtime: Option<usize>) -> Method {
    Method::Knn { k, ef_runtime }
}

fn method(leg: &Leg) -> Method {
    match &leg.asked {
        Asked::Vector(similar) => similar.method,
        Asked::Words(_) => panic!("a leg for a vector"),
    }
}

#[test]
fn defaults_are_those_of_the_surface() {
    let hybrid = parse("i SEARCH red VSIM @v $q").unwrap();
    assert_eq!(hybrid.search.index, b"i");
    assert_eq!(hybrid.combine, Combine::default());
    assert_eq!(hybrid.combine.window, 20);
    assert_eq!(hybrid.combine.fusion, Fusion::Ranks { constant: 60.0 });
    assert!(hybrid.is_sorted && !hybrid.explain_score && hybrid.cursor.is_none());
    assert_eq!(
        hybrid.steps,
        [Step::Load(vec![implied_key()]), limit(0, 10)]
    );
    let [words, vectors] = hybrid.legs.as_slice() else {
        panic!("two legs");
    };
    assert!(matches!(&words.asked, Asked::Words(search) if search.query == b"red"));
    assert!(
        matches!(&vectors.asked, Asked::Vector(it) if it.field == b"v" && it.parameter == b"q")
    );
    assert_eq!(method(vectors), knn(10, None));
    assert_eq!((words.weight, vectors.weight), (1.0, 1.0));
    assert!(!hybrid.hides_score());
}

#[test]
fn a_leg_takes_its_options_in_any_order() {
    let hybrid = parse(
        "i 3 search red yield_score_as s scorer TFIDF filter @p:[1] weight 2 VERBATIM INFIELDS 1 t \
         vsim @v $q FILTER 5 @p:[2] POLICY batches BATCH_SIZE 7 knn 6 K 3 EF_RUNTIME 9 \
         YIELD_SCORE_AS a VSIM w $r RANGE 4 EPSILON 0.1 RADIUS 2 YIELD_SCORE_AS b LIMIT 1 2",
    )
    .unwrap();
    let [words, near, within] = hybrid.legs.as_slice() else {
        panic!("three legs");
    };
    assert_eq!(words.score_name.as_deref(), Some(&b"s"[..]));
    assert_eq!(words.filter.as_ref().unwrap().query, b"@p:[1]");
    assert_eq!(words.weight, 2.0);
    assert!(
        matches!(&words.asked, Asked::Words(search) if search.verbatim && search.in_fields.is_some())
    );
    assert_eq!(method(near), knn(3, Some(9)));
    assert_eq!(near.score_name.as_deref(), Some(&b"a"[..]));
    let filter = near.filter.as_ref().unwrap();
    assert_eq!(
        (filter.policy, filter.batch_size),
        (Some(Policy::Batches), Some(7))
    );
    let range = Method::Range {
        radius: 2.0,
        epsilon: Some(0.1),
    };
    assert_eq!(method(within), range);
    assert_eq!(within.score_name.as_deref(), Some(&b"b"[..]));
    assert_eq!(hybrid.leg_names(), ["SEARCH", "VSIM", "VSIM_2"]);
    assert_eq!(hybrid.steps[1..], [limit(1, 2)]);
}

#[test]
fn weights_are_those_of_the_legs_or_of_alpha_and_beta_or_their_defaults() {
    for (text, weights) in [
        ("i SEARCH a VSIM @v $q COMBINE LINEAR", [0.3, 0.7]),
        (
            "i VSIM @v $q SEARCH a COMBINE LINEAR 2 WINDOW 5",
            [0.7, 0.3],
        ),
        (
            "i SEARCH a VSIM @v $q COMBINE LINEAR 4 ALPHA 1 BETA 0",
            [1.0, 0.0],
        ),
        (
            "i VSIM @v $q SEARCH a COMBINE DBSF 4 BETA 5 ALPHA 4",
            [5.0, 4.0],
        ),
        ("i SEARCH a VSIM @v $q COMBINE DBSF", [1.0, 1.0]),
        (
            "i SEARCH a VSIM @v $q WEIGHT 0.5 COMBINE LINEAR",
            [1.0, 0.5],
        ),
        ("i VSIM @w $q VSIM @v $q COMBINE LINEAR", [1.0, 1.0]),
    ] {
        let hybrid = parse(text).unwrap();
        let found: Vec<f64> = hybrid.legs.iter().map(|leg| leg.weight).collect();
        assert_eq!(found, weights, "{text}");
    }
}

#[test]
fn the_first_filter_behind_a_leg_is_its_own_and_the_next_one_a_step() {
    let step = |text: &str| Step::Filter {
        expression: text.as_bytes().to_vec(),
    };
    let hybrid = parse("i SEARCH a VSIM @v $q FILTER x FILTER @p>1").unwrap();
    assert_eq!(hybrid.legs[1].filter.as_ref().unwrap().query, b"x");
    assert_eq!(hybrid.steps[1], step("@p>1"));
    let hybrid = parse("i SEARCH a VSIM @v $q LOAD 1 @p FILTER @p>1").unwrap();
    assert!(hybrid.legs[1].filter.is_none());
    assert_eq!(hybrid.steps[1], step("@p>1"));
}

#[test]
fn rows_are_limited_unless_something_says_how_many() {
    let last = |text: &str| parse(text).unwrap().steps.pop().unwrap();
    assert_eq!(last("i SEARCH a VSIM @v $q LOAD *"), limit(0, 10));
    assert_eq!(last("i SEARCH a VSIM @v $q LIMIT 0 3"), limit(0, 3));
    assert!(matches!(
        last("i SEARCH a VSIM @v $q SORTBY 1 @p MAX 50"),
        Step::Sort { most: Some(50), .. }
    ));
    assert!(matches!(
        last("i SEARCH a VSIM @v $q WITHCURSOR"),
        Step::Load(_)
    ));
}

#[test]
fn the_score_is_hidden_where_load_says_what_is_shown() {
    let hides = |tail: &str| {
        let hybrid = parse(&format!("i SEARCH a VSIM @v $q {tail}"));
        hybrid.unwrap().hides_score()
    };
    assert!(hides("LOAD 1 @p"));
    assert!(hides("LOAD 3 @__score AS s"));
    assert!(!hides("LIMIT 0 1"));
    assert!(!hides("LOAD 2 @p @__score"));
    assert!(!hides("LOAD 1 @p LOAD *"));
    assert!(!hides("LOAD 1 @p APPLY 1 AS __score"));
    assert!(!hides("LOAD 1 @p GROUPBY 1 @__score"));
    assert!(!hides("COMBINE RRF YIELD_SCORE_AS s LOAD 1 @p"));
}

#[test]
fn nosort_goes_without_an_order() {
    for tail in ["NOSORT", "SORTBY 0"] {
        let hybrid = parse(&format!("i SEARCH a VSIM @v $q {tail}")).unwrap();
        assert!(!hybrid.is_sorted, "{tail}");
    }
}

const REFUSALS: &[(&str, &str)] = &[
    ("i", "ERR wrong number of arguments for 'FT.HYBRID' command"),
    (
        "i SEARCH a",
        "SEARCH_PARSE_ARGS Bad arguments for FT.HYBRID: needs two searches or more: SEARCH query, \
         VSIM @field $vector",
    ),
    (
        "i FIND a",
        "SEARCH_PARSE_ARGS Bad arguments for the number of searches: must be a whole number from 2 \
         to 16, not `FIND`",
    ),
    (
        "i 3 SEARCH a VSIM @v $q",
        "SEARCH_PARSE_ARGS Bad arguments for FT.HYBRID: announces 3 searches, but 2 follow",
    ),
    (
        "i SEARCH a VSIM @v q",
        "SEARCH_PARSE_ARGS Bad arguments for VSIM: the vector must be a parameter, as in `$vector`, \
         not `q`",
    ),
    (
        "i SEARCH a VSIM @v",
        "SEARCH_PARSE_ARGS Bad arguments for VSIM: needs a value",
    ),
    (
        "i SEARCH a VSIM @v $q KNN 2 K 0",
        "SEARCH_PARSE_ARGS Bad arguments for K: must be a whole number of at least 1, not `0`",
    ),
    (
        "i SEARCH a VSIM @v $q KNN 2 RADIUS 1",
        "SEARCH_ARG_UNRECOGNIZED Unknown argument `RADIUS` in KNN of VSIM",
    ),
    (
        "i SEARCH a VSIM @v $q KNN 4 K 1 K 2",
        "SEARCH_PARSE_ARGS Duplicate option of KNN: K",
    ),
    (
        "i SEARCH a VSIM @v $q KNN 4 K 1",
        "SEARCH_PARSE_ARGS Bad arguments for KNN: announces 4 values, but 2 follow",
    ),
    (
        "i SEARCH a VSIM @v $q RANGE 2 EPSILON 1",
        "SEARCH_PARSE_ARGS Missing argument: RADIUS of RANGE",
    ),
    (
        "i SEARCH a VSIM @v $q RANGE 2 RADIUS -1",
        "SEARCH_PARSE_ARGS Bad arguments for RADIUS: must be a number of at least 0, not `-1`",
    ),
    (
        "i SEARCH a VSIM @v $q KNN 2 K 1 RANGE 2 RADIUS 1",
        "SEARCH_PARSE_ARGS Bad arguments for VSIM: takes one KNN or one RANGE",
    ),
    (
        "i SEARCH a VSIM @v $q FILTER 3 x POLICY NONE",
        "SEARCH_PARSE_ARGS Bad arguments for POLICY: must be ADHOC or ADHOC_BF or BATCHES, not \
         `NONE`",
    ),
    (
        "i SEARCH a VSIM @v $q RANGE 2 RADIUS 1 FILTER 3 x POLICY ADHOC",
        "SEARCH_PARSE_ARGS Bad arguments for POLICY and BATCH_SIZE: is an option of KNN, not of RANGE",
    ),
    (
        "i SEARCH a VSIM @v $q FILTER 5 x POLICY ADHOC BATCH_SIZE 4",
        "SEARCH_PARSE_ARGS Bad arguments for POLICY: ADHOC takes neither BATCH_SIZE nor EF_RUNTIME",
    ),
    (
        "i SEARCH a FILTER 3 x BATCH_SIZE 4 VSIM @v $q",
        "SEARCH_PARSE_ARGS Bad arguments for POLICY and BATCH_SIZE: is an option of KNN",
    ),
    (
        "i SEARCH a SCORER x VSIM @v $q",
        "SEARCH_PARSE_ARGS Bad arguments for SCORER: must be BM25STD or BM25STD.NORM or BM25STD.TANH \
         or BM25 or TFIDF or TFIDF.DOCNORM or DISMAX or DOCSCORE or HAMMING, not `x`",
    ),
    (
        "i SEARCH a WEIGHT -1 VSIM @v $q",
        "SEARCH_PARSE_ARGS Bad arguments for WEIGHT: must be a number from 0 to 1000000, not `-1`",
    ),
    (
        "i SEARCH a VSIM @v $q COMBINE MAX",
        "SEARCH_PARSE_ARGS Bad arguments for COMBINE: must be RRF or LINEAR or RELATIVE_SCORE or \
         DBSF, not `MAX`",
    ),
    (
        "i SEARCH a VSIM @v $q COMBINE LINEAR 2 ALPHA 1",
        "SEARCH_PARSE_ARGS Bad arguments for ALPHA: needs BETA",
    ),
    (
        "i SEARCH a VSIM @v $q COMBINE LINEAR 2 CONSTANT 1",
        "SEARCH_PARSE_ARGS Bad arguments for CONSTANT: is an option of RRF, which fuses ranks",
    ),
    (
        "i SEARCH a VSIM @v $q COMBINE RRF 2 ALPHA 1",
        "SEARCH_PARSE_ARGS Bad arguments for ALPHA: is an option of fusions of scores; WEIGHT of a \
         leg weighs its ranks",
    ),
    (
        "i SEARCH a VSIM @v $q COMBINE RRF 2 WINDOW 0",
        "SEARCH_PARSE_ARGS Bad arguments for WINDOW: must be a whole number from 1 to 1000000, not \
         `0`",
    ),
    (
        "i SEARCH a VSIM @v $q COMBINE RRF 2 K 1",
        "SEARCH_ARG_UNRECOGNIZED Unknown argument `K` in COMBINE RRF",
    ),
    (
        "i SEARCH a WEIGHT 1 VSIM @v $q COMBINE LINEAR 4 ALPHA 1 BETA 1",
        "SEARCH_PARSE_ARGS Bad arguments for WEIGHT: cannot stand beside ALPHA",
    ),
    (
        "i VSIM @w $q VSIM @v $q COMBINE LINEAR 4 ALPHA 1 BETA 1",
        "SEARCH_PARSE_ARGS Bad arguments for ALPHA: is for one SEARCH and one VSIM; WEIGHT weighs \
         each of other searches",
    ),
    (
        "i SEARCH a VSIM @v $q COMBINE RRF COMBINE RRF",
        "SEARCH_PARSE_ARGS Duplicate option: COMBINE",
    ),
    (
        "i SEARCH a YIELD_SCORE_AS s VSIM @v $q YIELD_SCORE_AS s",
        "SEARCH_PARSE_ARGS Duplicate score name: s",
    ),
    (
        "i SEARCH a YIELD_SCORE_AS __key VSIM @v $q",
        "SEARCH_PARSE_ARGS Duplicate score name: __key",
    ),
    (
        "i SEARCH a VSIM @v $q NOSORT SORTBY 1 @p",
        "SEARCH_PARSE_ARGS Bad arguments for SORTBY: cannot stand beside NOSORT",
    ),
    (
        "i SEARCH a VSIM @v $q TIMEOUT 1 TIMEOUT 2",
        "SEARCH_PARSE_ARGS Duplicate option: TIMEOUT",
    ),
    (
        "i SEARCH a VSIM @v $q LIMIT 5 0",
        "SEARCH_PARSE_ARGS Bad arguments for LIMIT: the offset must be 0 when the count is 0",
    ),
    (
        "i SEARCH a VSIM @v $q WITHSCORES",
        "SEARCH_ARG_UNRECOGNIZED Unknown argument `WITHSCORES` in FT.HYBRID",
    ),
    (
        "i SEARCH a VSIM @v $q SEARCH b",
        // Legs stand together; this one does.
        "",
    ),
];

#[test]
fn what_is_wrong_is_named() {
    for (text, expected) in REFUSALS {
        let found = parse(text)
            .err()
            .map_or(String::new(), |error| error.to_string());
        assert_eq!(found, *expected, "{text}");
    }
}

#[test]
fn legs_are_bounded() {
    let many = "SEARCH a ".repeat(17);
    let refused = parse(&format!("i {}", many.trim_end())).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "SEARCH_PARSE_ARGS Bad arguments for FT.HYBRID: takes at most 16 searches"
    );
    let many = "SEARCH a ".repeat(16);
    assert_eq!(
        parse(&format!("i {}", many.trim_end())).unwrap().legs.len(),
        16
    );
}

/// Words of the command, and values.
const WORDS: &[&str] = &[
    "SEARCH",
    "VSIM",
    "KNN",
    "RANGE",
    "K",
    "RADIUS",
    "EPSILON",
    "EF_RUNTIME",
    "FILTER",
    "POLICY",
    "ADHOC",
    "BATCHES",
    "BATCH_SIZE",
    "WEIGHT",
    "SCORER",
    "TFIDF",
    "YIELD_SCORE_AS",
    "COMBINE",
    "RRF",
    "LINEAR",
    "DBSF",
    "RELATIVE_SCORE",
    "CONSTANT",
    "WINDOW",
    "ALPHA",
    "BETA",
    "LOAD",
    "GROUPBY",
    "REDUCE",
    "COUNT",
    "APPLY",
    "AS",
    "SORTBY",
    "NOSORT",
    "LIMIT",
    "PARAMS",
    "TIMEOUT",
    "FORMAT",
    "STRING",
    "DIALECT",
    "EXPLAINSCORE",
    "WITHCURSOR",
    "MAXIDLE",
    "SHARD_K_RATIO",
    "@v",
    "$q",
    "@p",
    "a",
    "*",
    "0",
    "1",
    "2",
    "3",
    "4",
    "0.5",
    "-1",
    "",
];

/// One of them, or nonsense.
fn word() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        30 => prop::sample::select(WORDS).prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..6),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn any_words_are_read_or_refused(
        begins in any::<bool>(),
        words in prop::collection::vec(word(), 0..24),
    ) {
        let begin: &[&[u8]] = if begins {
            &[b"i", b"SEARCH", b"a", b"VSIM", b"@v", b"$q"]
        } else {
            &[b"i"]
        };
        let all: Vec<&[u8]> = begin.iter().copied().chain(words.iter().map(Vec::as_slice)).collect();
        match Hybrid::parse(&all, &Settings::default()) {
            Ok(hybrid) => {
                prop_assert!((2..=MOST_LEGS).contains(&hybrid.legs.len()));
                prop_assert!(hybrid.legs.iter().all(|leg| leg.weight.is_finite() && leg.weight >= 0.0));
                prop_assert!(hybrid.combine.window > 0);
                prop_assert_eq!(hybrid.leg_names().len(), hybrid.legs.len());
            }
            Err(error) => {
                prop_assert!(matches!(error, Error::Refusal(_)), "{:?}", error);
                prop_assert!(error.to_string().contains(' '));
            }
        }
    }
}
