use super::*;
use crate::request::settings::Settings;

fn parse(text: &str) -> Result<Aggregate, Error> {
    let words: Vec<&[u8]> = text.split(' ').map(str::as_bytes).collect();
    Aggregate::parse(&words, &Settings::default())
}

fn refusal(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

#[test]
fn steps_keep_their_order_and_options_may_stand_anywhere() {
    let request = parse(
        "i q LOAD 4 @a AS b c VERBATIM APPLY @a*2 PARAMS 2 k v GROUPBY 1 @b REDUCE COUNT 0 REDUCE \
         QUANTILE 3 x 0.5 100 AS half ADDSCORES SORTBY 3 @b DESC @half MAX 7 LIMIT 1 2 FILTER @b \
         WITHCURSOR MAXIDLE 300.0 COUNT 9 DIALECT 2",
    )
    .unwrap();
    assert!(request.search.verbatim && request.search.with_scores);
    assert_eq!(request.search.params, [(b"k".to_vec(), b"v".to_vec())]);
    let cursor = request.cursor.unwrap();
    assert_eq!((cursor.count, cursor.max_idle_ms), (9, 300));
    let [load, apply, group, sort, limit, filter] = request.steps.as_slice() else {
        panic!("{:?}", request.steps);
    };
    assert!(matches!(load, Step::Load(loaded) if loaded[0].alias == Some(b"b".to_vec())));
    assert!(matches!(apply, Step::Apply { name, .. } if name == b"@a*2"));
    let Step::Group { reducers, .. } = group else {
        panic!("{group:?}");
    };
    assert_eq!(reducers[0].name, b"__generated_aliascount");
    assert_eq!(reducers[1].name, b"half");
    assert!(matches!(sort, Step::Sort { keys, most: Some(7) } if keys[0].descending));
    assert_eq!(
        *limit,
        Step::Limit {
            offset: 1,
            count: 2
        }
    );
    assert!(matches!(filter, Step::Filter { expression } if expression == b"@b"));
}

#[test]
fn a_reducer_without_a_name_gets_one_of_its_arguments() {
    let request = parse("i * GROUPBY 0 REDUCE quantile 2 @x 0.5").unwrap();
    let [Step::Group { reducers, .. }] = request.steps.as_slice() else {
        panic!("{:?}", request.steps);
    };
    assert_eq!(reducers[0].name, b"__generated_aliasquantilex,0.5");
}

#[test]
fn what_is_wrong_is_named() {
    for (text, expected) in [
        (
            "i",
            "ERR wrong number of arguments for 'FT.AGGREGATE' command",
        ),
        (
            "i * NOPE",
            "SEARCH_ARG_UNRECOGNIZED Unknown argument `NOPE` in FT.AGGREGATE",
        ),
        (
            "i * SORTBY 1 @a SORTBY 1 @b",
            "SEARCH_PARSE_ARGS Bad arguments for SORTBY: must not follow another SORTBY directly",
        ),
        (
            "i * SORTBY 9 a b c d e f g h j",
            "SEARCH_PARSE_ARGS Bad arguments for SORTBY: takes at most 8 properties",
        ),
        (
            "i * GROUPBY 0 REDUCE QUANTILE 2 @x 1.5",
            "SEARCH_PARSE_ARGS Bad arguments for QUANTILE: must be a number from 0 to 1, not `1.5`",
        ),
        (
            "i * GROUPBY 0 REDUCE COUNT 1 @x",
            "SEARCH_ARG_UNRECOGNIZED Unknown argument `@x` in REDUCE COUNT",
        ),
        (
            "i * LIMIT 1 0",
            "SEARCH_PARSE_ARGS Bad arguments for LIMIT: the offset must be 0 when the count is 0",
        ),
        (
            "i * ADDSCORES ADDSCORES",
            "SEARCH_PARSE_ARGS Duplicate option: ADDSCORES",
        ),
        (
            "i * WITHSCHEMA",
            "SEARCH_UNSUPPORTED Not supported in this version: WITHSCHEMA of FT.AGGREGATE",
        ),
        (
            "i * APPLY 1 AS",
            "SEARCH_PARSE_ARGS Bad arguments for AS in APPLY: needs a value",
        ),
        (
            "i * GROUPBY 0 REDUCE RANDOM_SAMPLE 2 @x 0",
            "SEARCH_PARSE_ARGS Bad arguments for RANDOM_SAMPLE: must be a whole number from 1 to \
             1000, not `0`",
        ),
    ] {
        assert_eq!(refusal(text), expected, "{text}");
    }
    assert!(refusal("i * GROUPBY 0 REDUCE NOPE 0").contains("must be COUNT or COUNT_DISTINCT or"));
    let many = format!("i *{}", " FILTER 1".repeat(129));
    assert!(refusal(&many).contains("at most 128 steps"));
}

#[test]
fn a_step_takes_a_thousand_names() {
    let names: Vec<Vec<u8>> = (0..1025)
        .map(|name| format!("f{name}").into_bytes())
        .collect();
    let parse = |step: &'static str, given: usize| {
        let count = given.to_string();
        let mut words: Vec<&[u8]> = vec![b"i", b"*", step.as_bytes(), count.as_bytes()];
        words.extend(names[..given].iter().map(Vec::as_slice));
        Aggregate::parse(&words, &Settings::default())
    };
    for step in ["LOAD", "GROUPBY"] {
        assert!(parse(step, 1024).is_ok());
        let error = parse(step, 1025).unwrap_err().to_string();
        let expected =
            format!("SEARCH_PARSE_ARGS Bad arguments for {step}: takes at most 1024 names");
        assert_eq!(error, expected);
    }
    let mut words: Vec<&[u8]> = vec![b"i", b"*", b"GROUPBY", b"0"];
    words.extend([&b"REDUCE"[..], b"COUNT", b"0", b"AS", b"c"].repeat(1025));
    let error = Aggregate::parse(&words, &Settings::default()).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("REDUCE: takes at most 1024 names")
    );
}
