use super::*;

/// Arguments from words; none of them holds a blank.
fn parse(command: &str) -> Result<Definition, String> {
    let words: Vec<&[u8]> = command.split_whitespace().map(str::as_bytes).collect();
    Definition::parse(&words).map_err(|error| error.to_string())
}

fn field(name: &str, kind: FieldKind) -> FieldDefinition {
    FieldDefinition {
        identifier: name.into(),
        attribute: name.into(),
        kind,
        sortable: false,
        unnormalised: false,
        no_index: false,
        index_empty: false,
        index_missing: false,
    }
}

fn text() -> FieldKind {
    FieldKind::Text(TextOptions {
        weight: 1.0,
        no_stem: false,
        suffix_trie: false,
        phonetic: None,
    })
}

fn tag() -> FieldKind {
    FieldKind::Tag(TagOptions {
        separator: b',',
        case_sensitive: false,
        suffix_trie: false,
    })
}

fn fields(schema: &str) -> Vec<FieldDefinition> {
    parse(&format!("i SCHEMA {schema}")).unwrap().fields
}

#[test]
fn an_index_without_options_has_the_defaults() {
    assert_eq!(
        parse("i SCHEMA t TEXT"),
        Ok(Definition {
            name: b"i".to_vec(),
            prefixes: vec![vec![]],
            default_score: 1.0,
            score_field: None,
            payload_field: None,
            stop_words: None,
            language: None,
            language_field: None,
            min_stem_size: None,
            punctuation: None,
            filter: None,
            idle_seconds: None,
            indexes_all: false,
            synonyms: vec![],
            options: vec![],
            skip_initial_scan: false,
            fields: vec![field("t", text())],
        })
    );
}

#[test]
fn index_options_are_read_in_any_order_and_case() {
    let expected = Definition {
        prefixes: vec![b"a:".to_vec(), b"".to_vec()],
        default_score: 0.5,
        score_field: Some(b"s".to_vec()),
        payload_field: Some(b"p".to_vec()),
        stop_words: Some(vec![b"foo".to_vec(), b"schema".to_vec()]),
        language: Language::find(b"german"),
        language_field: Some(b"lang".to_vec()),
        min_stem_size: Some(3),
        punctuation: Some(b".,".to_vec()),
        options: vec![
            IndexOption::NoFrequencies,
            IndexOption::NoFields,
            IndexOption::NoOffsets,
            IndexOption::NoHighlight,
            IndexOption::MaxTextFields,
        ],
        skip_initial_scan: true,
        ..parse("i SCHEMA t TEXT").unwrap()
    };
    let options = [
        "ON hash",
        "prefix 3 a: * a:",
        "SCORE 0.5",
        "SCORE_FIELD s",
        "PAYLOAD_FIELD p",
        "STOPWORDS 2 foo schema",
        "MAXTEXTFIELDS",
        "NOOFFSETS",
        "NOHL",
        "NOFIELDS",
        "nofreqs",
        "SKIPINITIALSCAN",
        "LANGUAGE German",
        "LANGUAGE_FIELD lang",
        "MINSTEMSIZE 3",
        "PUNCTUATION .,",
        "ASYNC",
    ];
    let forwards = format!("i {} schema t TEXT", options.join(" "));
    assert_eq!(parse(&forwards), Ok(expected.clone()));
    let backwards: Vec<&str> = options.into_iter().rev().collect();
    let backwards = format!("i {} SCHEMA t text", backwards.join(" "));
    assert_eq!(parse(&backwards), Ok(expected));
    for none in ["NOSTOPWORDS", "STOPWORDS 0"] {
        let definition = parse(&format!("i {none} SCHEMA t TEXT")).unwrap();
        assert_eq!(definition.stop_words, Some(vec![]));
    }
}

#[test]
fn flags_are_read_in_the_order_of_every_client() {
    let flagged = |name, kind| FieldDefinition {
        sortable: true,
        no_index: true,
        index_empty: true,
        index_missing: true,
        ..field(name, kind)
    };
    assert_eq!(
        fields(
            "t TEXT WEIGHT 1.0 NOINDEX INDEXMISSING INDEXEMPTY SORTABLE \
             g TAG SEPARATOR , INDEXEMPTY INDEXMISSING SORTABLE UNF NOINDEX"
        ),
        vec![
            flagged("t", text()),
            FieldDefinition {
                unnormalised: true,
                ..flagged("g", tag())
            },
        ]
    );
    let mixed = FieldDefinition {
        sortable: true,
        ..field(
            "t",
            FieldKind::Text(TextOptions {
                weight: 2.5,
                no_stem: true,
                suffix_trie: true,
                phonetic: Some(Phonetic::French),
            }),
        )
    };
    for options in [
        "NOSTEM WEIGHT 2.5 PHONETIC dm:fr WITHSUFFIXTRIE SORTABLE",
        "sortable withsuffixtrie phonetic DM:FR weight 2.5 nostem",
    ] {
        assert_eq!(fields(&format!("t TEXT {options}")), vec![mixed.clone()]);
    }
}

#[test]
fn a_number_keeps_its_sort_value_as_it_is() {
    assert!(!fields("n NUMERIC")[0].unnormalised);
    assert!(fields("n NUMERIC SORTABLE")[0].unnormalised);
    assert!(!fields("t TEXT SORTABLE")[0].unnormalised);
}

#[test]
fn tags_have_a_separator_and_a_case() {
    assert_eq!(
        fields("g TAG CASESENSITIVE SEPARATOR ; WITHSUFFIXTRIE"),
        vec![field(
            "g",
            FieldKind::Tag(TagOptions {
                separator: b';',
                case_sensitive: true,
                suffix_trie: true,
            })
        )]
    );
}

#[test]
fn a_field_may_be_named_like_a_keyword() {
    let names: Vec<Vec<u8>> = fields(
        "sortable TEXT as NUMERIC SCHEMA TAG weight NUMERIC unf TEXT AS AS text TEXT \
         $.a AS separator TAG",
    )
    .into_iter()
    .map(|field| field.attribute)
    .collect();
    let expected: [&[u8]; 7] = [
        b"sortable",
        b"as",
        b"SCHEMA",
        b"weight",
        b"unf",
        b"text",
        b"separator",
    ];
    assert_eq!(names, expected);
}

#[test]
fn refusals_of_index_options_say_what_is_wrong() {
    for (command, text) in [
        ("", "ERR wrong number of arguments for 'FT.CREATE' command"),
        ("i", "SEARCH_PARSE_ARGS Missing argument: SCHEMA"),
        (
            "i SCHEMA",
            "SEARCH_PARSE_ARGS Missing argument: a field after SCHEMA",
        ),
        (
            "i ON JSON SCHEMA t TEXT",
            "SEARCH_UNSUPPORTED Not supported in this version: JSON as ON",
        ),
        (
            "i ON LIST SCHEMA t TEXT",
            "SEARCH_PARSE_ARGS Bad arguments for ON: must be HASH, not `LIST`",
        ),
        (
            "i PREFIX 0 SCHEMA t TEXT",
            "SEARCH_PARSE_ARGS Bad arguments for PREFIX: must be a whole number of at least 1, \
             not `0`",
        ),
        (
            "i PREFIX 9 a SCHEMA t TEXT",
            "SEARCH_PARSE_ARGS Bad arguments for PREFIX: announces 9 values, but 4 follow",
        ),
        (
            "i SCORE 2 SCHEMA t TEXT",
            "SEARCH_PARSE_ARGS Bad arguments for SCORE: must be a number from 0 to 1, not `2`",
        ),
        (
            "i NOHL NOHL SCHEMA t TEXT",
            "SEARCH_PARSE_ARGS Duplicate option: NOHL",
        ),
        (
            "i MINSTEMSIZE 0 SCHEMA t TEXT",
            "SEARCH_PARSE_ARGS Bad arguments for MINSTEMSIZE: must be a whole number from 1 to \
             128, not `0`",
        ),
        (
            "i PUNCTUATION .x SCHEMA t TEXT",
            "SEARCH_PARSE_ARGS Bad arguments for PUNCTUATION: must be punctuation of ASCII, not \
             `.x`",
        ),
        (
            "i LANGUAGE_FIELD",
            "SEARCH_PARSE_ARGS Bad arguments for LANGUAGE_FIELD: needs a value",
        ),
        (
            "i WAT SCHEMA t TEXT",
            "SEARCH_ARG_UNRECOGNIZED Unknown argument `WAT` in FT.CREATE",
        ),
    ] {
        assert_eq!(parse(command), Err(text.to_owned()), "{command}");
    }
}

#[test]
fn refusals_of_fields_say_what_is_wrong() {
    for (schema, text) in [
        ("t", "SEARCH_PARSE_ARGS Missing argument: type of field t"),
        (
            "t AS",
            "SEARCH_PARSE_ARGS Bad arguments for AS: needs a value",
        ),
        (
            "t STRING",
            "SEARCH_PARSE_ARGS Bad arguments for type of field t: must be TEXT or TAG or NUMERIC \
             or GEO or GEOSHAPE or VECTOR, not `STRING`",
        ),
        (
            "s GEOSHAPE SORTABLE",
            "SEARCH_PARSE_ARGS Bad arguments for SORTABLE: field s must be TEXT, TAG, NUMERIC or \
             GEO to have it",
        ),
        ("t TEXT t TAG", "SEARCH_PARSE_ARGS Duplicate field name: t"),
        (
            "a AS t TEXT t TAG",
            "SEARCH_PARSE_ARGS Duplicate field name: t",
        ),
        (
            "t TEXT WEIGHT heavy",
            "SEARCH_PARSE_ARGS Bad arguments for WEIGHT of field t: must be a number from 0 to \
             1000000, not `heavy`",
        ),
        (
            "t TEXT WEIGHT 1e39",
            "SEARCH_PARSE_ARGS Bad arguments for WEIGHT of field t: must be a number from 0 to \
             1000000, not `1e39`",
        ),
        (
            "t TEXT PHONETIC",
            "SEARCH_PARSE_ARGS Bad arguments for PHONETIC of field t: needs a value",
        ),
        (
            "t TEXT PHONETIC soundex",
            "SEARCH_PARSE_ARGS Bad arguments for PHONETIC of field t: must be dm:en or dm:fr or \
             dm:pt or dm:es, not `soundex`",
        ),
        (
            "g TAG SEPARATOR ab",
            "SEARCH_PARSE_ARGS Bad arguments for SEPARATOR of field g: must be a single byte",
        ),
        (
            "n NUMERIC INDEXEMPTY",
            "SEARCH_PARSE_ARGS Bad arguments for INDEXEMPTY: field n must be TEXT or TAG to have it",
        ),
        (
            "v VECTOR FLAT 6 TYPE FLOAT32 DIM 3 DISTANCE_METRIC L2 SORTABLE",
            "SEARCH_PARSE_ARGS Bad arguments for SORTABLE: field v must be TEXT, TAG, NUMERIC or GEO \
             to have it",
        ),
    ] {
        assert_eq!(
            parse(&format!("i SCHEMA {schema}")),
            Err(text.to_owned()),
            "{schema}"
        );
    }
}

#[test]
fn a_schema_holds_1024_fields_of_which_128_are_text() {
    let schema = |count: usize, kind: &str| {
        let fields: String = (0..count).map(|i| format!(" f{i} {kind}")).collect();
        parse(&format!("i SCHEMA{fields}"))
    };
    assert_eq!(schema(1024, "TAG").unwrap().fields.len(), 1024);
    assert_eq!(
        schema(1025, "TAG"),
        Err("SEARCH_PARSE_ARGS Bad arguments for SCHEMA: has more than 1024 fields".to_owned())
    );
    assert_eq!(schema(128, "TEXT").unwrap().fields.len(), 128);
    assert_eq!(
        schema(129, "TEXT"),
        Err("SEARCH_PARSE_ARGS Bad arguments for SCHEMA: has more than 128 TEXT fields".to_owned())
    );
}

#[test]
fn what_clients_send_is_read() {
    let redis_py = parse(
        "idx ON HASH PREFIX 1 doc: SCORE 1.0 SCHEMA title TEXT WEIGHT 5.0 NOINDEX SORTABLE \
         tag TAG SEPARATOR , CASESENSITIVE INDEXMISSING n AS price NUMERIC SORTABLE \
         v VECTOR HNSW 6 TYPE FLOAT32 DIM 2 DISTANCE_METRIC L2",
    )
    .unwrap();
    assert_eq!(redis_py.prefixes, [b"doc:"]);
    assert_eq!(redis_py.fields.len(), 4);
    let redisvl = parse(
        "idx ON HASH PREFIX 1 rvl STOPWORDS 0 SCORE 1.0 SCHEMA user TAG SEPARATOR , \
         text TEXT WEIGHT 1 INDEXEMPTY INDEXMISSING SORTABLE UNF NOINDEX age NUMERIC SORTABLE \
         v VECTOR HNSW 14 TYPE FLOAT32 DIM 3 DISTANCE_METRIC COSINE M 16 EF_CONSTRUCTION 200 \
         EF_RUNTIME 10 EPSILON 0.01 INDEXMISSING",
    )
    .unwrap();
    assert_eq!(redisvl.stop_words, Some(vec![]));
    assert_eq!(redisvl.fields.len(), 4);
    assert!(redisvl.fields[3].index_missing);
}

#[test]
fn definitions_are_saved_with_the_names_of_languages() {
    let definition = parse("i LANGUAGE Dutch SCHEMA t TEXT PHONETIC dm:en").unwrap();
    let saved = serde_json::to_string(&definition).unwrap();
    assert!(saved.contains(r#""language":"dutch""#), "{saved}");
    assert_eq!(
        serde_json::from_str::<Definition>(&saved).unwrap(),
        definition
    );
    let unknown = saved.replace("dutch", "klingon");
    assert!(serde_json::from_str::<Definition>(&unknown).is_err());
}

#[test]
fn definitions_of_before_there_were_languages_are_read() {
    let definition = parse("i SCHEMA t TEXT").unwrap();
    let mut saved = serde_json::to_value(&definition).unwrap();
    for new in [
        "language",
        "language_field",
        "min_stem_size",
        "punctuation",
        "synonyms",
    ] {
        assert!(
            saved.as_object_mut().unwrap().remove(new).is_some(),
            "{new}"
        );
    }
    let text = &mut saved["fields"][0]["kind"]["Text"];
    assert!(text.as_object_mut().unwrap().remove("phonetic").is_some());
    assert_eq!(
        serde_json::from_value::<Definition>(saved).unwrap(),
        definition
    );
}
