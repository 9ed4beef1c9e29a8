use super::*;

#[test]
fn words_end_at_punctuation_unless_it_is_escaped() {
    filters(&[
        ("foo-bar", and([word("foo"), not(word("bar"))])),
        ("foo\\-bar", word("foo-bar")),
        ("covid-19", and([word("covid"), not(word("19"))])),
        ("a\\ b\\\\c", word("a b\\c")),
        ("a\\b", and([word("a"), word("b")])),
        ("a\\", word("a")),
        ("a,b.c;d", and([word("a"), word("b"), word("c"), word("d")])),
        ("a & b # c", and([word("a"), word("b"), word("c")])),
        ("a < b >= c != d = e ^ f ? g", {
            and(["a", "b", "c", "d", "e", "f", "g"].map(word))
        }),
        ("snake_case", word("snake_case")),
        ("größe", word("größe")),
        ("it's", and([word("it"), word("s")])),
        ("\"open", word("open")),
        ("$ @ a", word("a")),
        ("ismissing (a)", and([word("ismissing"), word("a")])),
        ("ismissing(a)", and([word("ismissing"), word("a")])),
        (
            "ismissing (@f:a)",
            and([word("ismissing"), word_in(&["f"], "a")]),
        ),
    ]);
    assert_eq!(
        try_parse(b"a\xff\xfe\x00b").unwrap().filter,
        Node::And(vec![
            Node::Term {
                fields: vec![],
                term: b"a\xff\xfe".to_vec()
            },
            word("b")
        ])
    );
}

#[test]
fn numbers_are_words() {
    filters(&[
        ("705", word("705")),
        ("1.2e+3", word("1.2e+3")),
        ("inf", word("inf")),
        ("infinite", word("infinite")),
        ("1st", word("1st")),
        ("cherry1", word("cherry1")),
        ("-5", word("-5")),
        ("- 5", not(word("5"))),
        ("-(5)", not(word("5"))),
        ("-1st", not(word("1st"))),
        ("a -inf", and([word("a"), word("-inf")])),
        ("70*", prefix_in(&[], "70")),
    ]);
}

#[test]
fn phrases_keep_what_stands_between_the_quotes() {
    filters(&[
        ("\"hello world\"", phrase("hello world")),
        ("'hello world'", phrase("hello world")),
        ("\"one\"", phrase("one")),
        ("\"\"", phrase("")),
        ("''", phrase("")),
        ("'it\\'s'", phrase("it's")),
        ("\"a \\\"b\\\" \\\\ c\\-d\"", phrase("a \"b\" \\ c\\-d")),
        ("\"@f:{x} | y\"", phrase("@f:{x} | y")),
        ("w \"x\"", and([word("w"), phrase("x")])),
        ("new'x'", and([word("new"), phrase("x")])),
    ]);
}

#[test]
fn a_star_right_behind_a_word_makes_a_prefix() {
    filters(&[
        ("he*", prefix_in(&[], "he")),
        ("h*", prefix_in(&[], "h")),
        ("he* lo", and([prefix_in(&[], "he"), word("lo")])),
        ("\"a b\"*", prefix_in(&[], "a b")),
        ("\"\"*", prefix_in(&[], "")),
        ("$n*", prefix_in(&[], "7")),
        ("@t:he*", prefix_in(&["t"], "he")),
    ]);
    refusals(&[
        ("he *", "SEARCH_SYNTAX Syntax error at offset 3 near *"),
        ("* he", "SEARCH_SYNTAX Syntax error at offset 0 near *"),
        ("**", "SEARCH_SYNTAX Syntax error at offset 0 near *"),
    ]);
}

#[test]
fn stars_before_and_around_a_word_make_suffixes_and_infixes() {
    let fields = Fields::new;
    let suffix = |suffix: &str| Node::Suffix {
        fields: fields(),
        suffix: suffix.into(),
    };
    let infix = |infix: &str| Node::Infix {
        fields: fields(),
        infix: infix.into(),
    };
    filters(&[
        ("*lo", suffix("lo")),
        ("*ell*", infix("ell")),
        ("he *lo", and([word("he"), suffix("lo")])),
        ("*a* *b*", and([infix("a"), infix("b")])),
        ("*\"l o\"", suffix("l o")),
        ("*$word*", infix("a|b-c")),
        ("*7", suffix("7")),
        ("-*lo", not(suffix("lo"))),
        (
            "~*lo|he*",
            or([optional(suffix("lo")), prefix_in(&[], "he")]),
        ),
        (
            "@f:*lo",
            Node::Suffix {
                fields: vec![field("f")],
                suffix: b"lo".to_vec(),
            },
        ),
        ("ismissing(@f)", Node::Missing { field: field("f") }),
        ("-ISMISSING(@f) a", {
            and([not(Node::Missing { field: field("f") }), word("a")])
        }),
    ]);
    refusals(&[
        ("* lo", "SEARCH_SYNTAX Syntax error at offset 0 near *"),
        (
            "ismissing(@f",
            "SEARCH_SYNTAX Syntax error at offset 12 near @f",
        ),
        (
            "@t:(ismissing(@f))",
            "SEARCH_SYNTAX Syntax error at offset 14 near @f",
        ),
    ]);
}

#[test]
fn what_stands_in_a_wildcard_clause_is_a_pattern() {
    let wildcard = |pattern: &str| Node::Wildcard {
        fields: Fields::new(),
        pattern: pattern.into(),
    };
    filters(&[
        ("w'h?l*o'", wildcard("h?l*o")),
        ("w\"h?l*o\"", wildcard("h?l*o")),
        ("W'x'", and([word("W"), phrase("x")])),
        ("w'it\\'s'", wildcard("it's")),
        ("w'a\\*\\?\\\\\\b'", wildcard("a\\*\\?\\\\b")),
        ("w'$n'", wildcard("7")),
        ("w'\\$n'", wildcard("$n")),
        ("w'$n*'", wildcard("$n*")),
        ("a w''", and([word("a"), wildcard("")])),
    ]);
    refusals(&[(
        "w'$nope'",
        "SEARCH_PARAM_NOT_FOUND No such parameter `nope`",
    )]);
}

#[test]
fn as_many_percent_signs_as_changes_make_a_fuzzy_word() {
    let fuzzy = |term: &str, distance| Node::Fuzzy {
        fields: Fields::new(),
        term: term.into(),
        distance,
    };
    filters(&[
        ("%hello%", fuzzy("hello", 1)),
        ("%%hello%%", fuzzy("hello", 2)),
        ("%%%hello%%%", fuzzy("hello", 3)),
        ("%the%", fuzzy("the", 1)),
        ("%$word%", fuzzy("a|b-c", 1)),
        ("%\"a b\"%", fuzzy("a b", 1)),
        ("%100%", fuzzy("100", 1)),
        ("%a%%b%", and([fuzzy("a", 1), fuzzy("b", 1)])),
        ("-%a% b", and([not(fuzzy("a", 1)), word("b")])),
    ]);
    refusals(&[
        ("%a", "SEARCH_SYNTAX Syntax error at offset 2 near a"),
        ("%%a%", "SEARCH_SYNTAX Syntax error at offset 4 near %"),
        ("%a %", "SEARCH_SYNTAX Syntax error at offset 3 near %"),
        ("% a%", "SEARCH_SYNTAX Syntax error at offset 0 near %"),
        ("%%%%a%%%%", "SEARCH_SYNTAX Syntax error at offset 0 near %"),
        ("%a b%", "SEARCH_SYNTAX Syntax error at offset 3 near b"),
        ("%%", "SEARCH_SYNTAX Syntax error at offset 0 near %"),
    ]);
}
