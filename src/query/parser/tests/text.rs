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
