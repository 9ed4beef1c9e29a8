use super::*;

/// Arguments from words; none of them holds a blank.
fn parse(command: &str) -> Result<Search, String> {
    let words: Vec<&[u8]> = command.split(' ').map(str::as_bytes).collect();
    Search::parse(&words).map_err(|error| error.to_string())
}

fn returned(name: &str, alias: Option<&str>) -> Returned {
    Returned {
        name: name.into(),
        alias: alias.map(Into::into),
    }
}

#[test]
fn a_search_without_options_has_the_defaults() {
    assert_eq!(
        parse("i *"),
        Ok(Search {
            index: b"i".to_vec(),
            query: b"*".to_vec(),
            params: vec![],
            no_content: false,
            with_scores: false,
            with_payloads: false,
            with_sort_keys: false,
            explain_score: false,
            scoring: Scoring::default(),
            verbatim: false,
            language: None,
            expander: Expander::All,
            keep_stop_words: false,
            slop: None,
            in_order: false,
            in_fields: None,
            in_keys: None,
            filters: vec![],
            circles: vec![],
            returned: None,
            highlight: None,
            summarize: None,
            sort: vec![],
            after: None,
            facets: vec![],
            json_filters: vec![],
            without_count: false,
            offset: 0,
            count: 10,
            timeout_ms: 500,
            dialect: 2,
            settings: Settings::default(),
        })
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn every_option_is_read_in_any_order_and_case() {
    let expected = Search {
        params: vec![
            (b"v".to_vec(), b"\x01".to_vec()),
            (b"unused".to_vec(), b"LIMIT".to_vec()),
        ],
        no_content: true,
        with_scores: true,
        with_payloads: true,
        with_sort_keys: true,
        explain_score: true,
        scoring: Scoring {
            scorer: Scorer::Bm25StdTanh,
            tanh_factor: 12,
            payload: Some(b"SLOP".to_vec()),
        },
        verbatim: true,
        language: Language::find(b"german"),
        expander: Expander::Synonyms,
        keep_stop_words: true,
        slop: Some(3),
        in_order: true,
        in_fields: Some(vec![b"a".to_vec()]),
        in_keys: Some(vec![b"k".to_vec(), b"INORDER".to_vec()]),
        filters: vec![
            NumberFilter {
                field: b"n".to_vec(),
                min: (f64::NEG_INFINITY, false),
                max: (5.5, true),
            },
            NumberFilter {
                field: b"m".to_vec(),
                min: (1.0, false),
                max: (1.0, false),
            },
        ],
        returned: Some(vec![returned("a", Some("b")), returned("as", None)]),
        without_count: true,
        sort: vec![Sort {
            property: b"price".to_vec(),
            descending: true,
        }],
        offset: 5,
        count: 20,
        timeout_ms: 100,
        dialect: 3,
        ..parse("i *").unwrap()
    };
    let options = [
        "NOCONTENT",
        "withscores",
        "WITHSORTKEYS",
        "Verbatim",
        "NOSTOPWORDS",
        "RETURN 4 @a AS b as",
        "SORTBY @price desc",
        "LIMIT 5 20",
        "PARAMS 4 v \x01 unused LIMIT",
        "TIMEOUT 100",
        "DIALECT 3",
        "FORMAT STRING",
        "SCORER bm25std.tanh",
        "BM25STD_TANH_FACTOR 12",
        "PAYLOAD SLOP",
        "WITHPAYLOADS",
        "EXPLAINSCORE",
        "SLOP 3",
        "INORDER",
        "INFIELDS 1 a",
        "INKEYS 2 k INORDER",
        "FILTER n -inf (5.5",
        "WITHOUTCOUNT",
        "LANGUAGE German",
        "EXPANDER synonym",
    ];
    let forwards = format!("i * {} FILTER m 1 1", options.join(" "));
    assert_eq!(parse(&forwards), Ok(expected.clone()));
    let backwards: Vec<&str> = options.into_iter().rev().collect();
    let backwards = format!("i * {} FILTER m 1 1", backwards.join(" "));
    assert_eq!(parse(&backwards), Ok(expected));
}

#[test]
fn what_clients_send_is_read() {
    let vector = parse(
        "idx *=>[KNN] RETURN 2 id vector_distance SORTBY vector_distance ASC DIALECT 2 LIMIT 0 3 \
         PARAMS 2 vec blob",
    )
    .unwrap();
    assert_eq!(vector.sort[0].property, b"vector_distance");
    assert_eq!(vector.count, 3);
    let none = parse("idx hello NOCONTENT WITHSCORES SCORER BM25STD DIALECT 2 LIMIT 0 0").unwrap();
    assert_eq!((none.offset, none.count), (0, 0));
    let nothing = parse("idx hello RETURN 0").unwrap();
    assert!(nothing.no_content && nothing.returned.is_none());
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn refusals_name_the_argument_and_what_is_valid() {
    for (command, text) in [
        ("i", "ERR wrong number of arguments for 'FT.SEARCH' command"),
        (
            "i * LIMIT 5 0",
            "SEARCH_PARSE_ARGS Bad arguments for LIMIT: the offset must be 0 when the count is 0",
        ),
        (
            "i * LIMIT 0 1000001",
            "SEARCH_PARSE_ARGS Bad arguments for LIMIT: must be a whole number from 0 to 1000000, \
             not `1000001`",
        ),
        (
            "i * LIMIT -1 3",
            "SEARCH_PARSE_ARGS Bad arguments for LIMIT: must be a whole number of at least 0, \
             not `-1`",
        ),
        (
            "i * LIMIT 1",
            "SEARCH_PARSE_ARGS Bad arguments for LIMIT: needs a value",
        ),
        (
            "i * RETURN 2 a AS b",
            "SEARCH_PARSE_ARGS Bad arguments for AS in RETURN: needs a value",
        ),
        (
            "i * RETURN 3 a",
            "SEARCH_PARSE_ARGS Bad arguments for RETURN: announces 3 values, but 1 follow",
        ),
        (
            "i * PARAMS 3 a b c",
            "SEARCH_PARSE_ARGS Bad arguments for PARAMS: the count must be even: names and values",
        ),
        (
            "i * PARAMS 4 a b a c",
            "SEARCH_PARSE_ARGS Duplicate parameter: a",
        ),
        (
            "i * SORTBY a SORTBY b",
            "SEARCH_PARSE_ARGS Duplicate option: SORTBY",
        ),
        (
            "i * DIALECT 5",
            "SEARCH_PARSE_ARGS DIALECT requires a non negative integer >=1 and <= 4",
        ),
        (
            "i * DIALECT",
            "SEARCH_PARSE_ARGS DIALECT requires a non negative integer >=1 and <= 4",
        ),
        (
            "i * TIMEOUT soon",
            "SEARCH_PARSE_ARGS Bad arguments for TIMEOUT: must be a whole number of at least 0, \
             not `soon`",
        ),
        (
            "i * SLOP -2",
            "SEARCH_PARSE_ARGS Bad arguments for SLOP: must be a whole number of at least 0, not `-2`",
        ),
        (
            "i * INFIELDS 0",
            "SEARCH_PARSE_ARGS Bad arguments for INFIELDS: must be a whole number of at least 1, \
             not `0`",
        ),
        (
            "i * INKEYS 2 a",
            "SEARCH_PARSE_ARGS Bad arguments for INKEYS: announces 2 values, but 1 follow",
        ),
        (
            "i * FILTER n 1 x",
            "SEARCH_PARSE_ARGS Bad arguments for FILTER: must be a number, not `x`",
        ),
        (
            "i * FILTER n 2 (1",
            "SEARCH_SYNTAX Invalid numeric range (min > max): n 2 (1",
        ),
        (
            "i * EXPLAINSCORE",
            "SEARCH_PARSE_ARGS Bad arguments for EXPLAINSCORE: needs WITHSCORES",
        ),
        (
            "i * BM25STD_TANH_FACTOR 3",
            "SEARCH_PARSE_ARGS Bad arguments for BM25STD_TANH_FACTOR: needs SCORER BM25STD.TANH",
        ),
        (
            "i * SCORER BM25STD.TANH BM25STD_TANH_FACTOR 0",
            "SEARCH_PARSE_ARGS Bad arguments for BM25STD_TANH_FACTOR: must be a whole number from \
             1 to 10000, not `0`",
        ),
        (
            "i * SCORER mine",
            "SEARCH_PARSE_ARGS Bad arguments for SCORER: must be BM25STD or BM25STD.NORM or \
             BM25STD.TANH or BM25 or TFIDF or TFIDF.DOCNORM or DISMAX or DOCSCORE or HAMMING, not \
             `mine`",
        ),
        (
            "i * LANGUAGE",
            "SEARCH_PARSE_ARGS Bad arguments for LANGUAGE: needs a value",
        ),
        (
            "i * EXPANDER mine",
            "SEARCH_PARSE_ARGS Bad arguments for EXPANDER: must be DEFAULT or SBSTEM or SYNONYM or \
             PHONETIC, not `mine`",
        ),
        (
            "i * FORMAT EXPAND",
            "SEARCH_UNSUPPORTED Not supported in this version: EXPAND as FORMAT",
        ),
        (
            "i * nonsense",
            "SEARCH_ARG_UNRECOGNIZED Unknown argument `nonsense` in FT.SEARCH",
        ),
    ] {
        assert_eq!(parse(command), Err(text.to_owned()), "{command}");
    }
    for option in UNSUPPORTED {
        assert_eq!(
            parse(&format!("i * {}", option.to_lowercase())),
            Err(format!(
                "SEARCH_UNSUPPORTED Not supported in this version: {option} of FT.SEARCH"
            ))
        );
    }
}
