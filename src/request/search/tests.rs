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
            with_sort_keys: false,
            verbatim: false,
            keep_stop_words: false,
            returned: None,
            highlight: None,
            summarize: None,
            sort: None,
            offset: 0,
            count: 10,
            timeout_ms: None,
            dialect: 2,
        })
    );
}

#[test]
fn every_option_is_read_in_any_order_and_case() {
    let expected = Search {
        params: vec![
            (b"v".to_vec(), b"\x01".to_vec()),
            (b"unused".to_vec(), b"LIMIT".to_vec()),
        ],
        no_content: true,
        with_scores: true,
        with_sort_keys: true,
        verbatim: true,
        keep_stop_words: true,
        returned: Some(vec![returned("a", Some("b")), returned("as", None)]),
        sort: Some(Sort {
            property: b"price".to_vec(),
            descending: true,
        }),
        offset: 5,
        count: 20,
        timeout_ms: Some(100),
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
        "WITHCOUNT",
        "FORMAT STRING",
        "SCORER BM25STD",
        "LANGUAGE english",
    ];
    let forwards = format!("i * {}", options.join(" "));
    assert_eq!(parse(&forwards), Ok(expected.clone()));
    let backwards: Vec<&str> = options.into_iter().rev().collect();
    assert_eq!(parse(&format!("i * {}", backwards.join(" "))), Ok(expected));
}

#[test]
fn what_clients_send_is_read() {
    let vector = parse(
        "idx *=>[KNN] RETURN 2 id vector_distance SORTBY vector_distance ASC DIALECT 2 LIMIT 0 3 \
         PARAMS 2 vec blob",
    )
    .unwrap();
    assert_eq!(vector.sort.unwrap().property, b"vector_distance");
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
            "i * SCORER TFIDF",
            "SEARCH_UNSUPPORTED Not supported in this version: TFIDF as SCORER",
        ),
        (
            "i * SCORER mine",
            "SEARCH_PARSE_ARGS Bad arguments for SCORER: must be BM25STD, not `mine`",
        ),
        (
            "i * LANGUAGE german",
            "SEARCH_UNSUPPORTED Not supported in this version: GERMAN as LANGUAGE",
        ),
        (
            "i * LANGUAGE klingon",
            "SEARCH_PARSE_ARGS Bad arguments for LANGUAGE: must be ENGLISH, not `klingon`",
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
