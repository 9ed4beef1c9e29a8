use super::*;

#[test]
fn a_modifier_binds_the_next_word_or_group() {
    let f = |term| word_in(&["f"], term);
    filters(&[
        ("@f:hello world", and([f("hello"), word("world")])),
        ("@f:(a b|c)", or([and([f("a"), f("b")]), f("c")])),
        ("@f:(a (b|c))", and([f("a"), or([f("b"), f("c")])])),
        ("@f:(-a)", not(f("a"))),
        ("@f:(~a 'b c')", {
            and([optional(f("a")), phrase_in(&["f"], "b c")])
        }),
        ("@f : a", f("a")),
        ("@f:-5", f("-5")),
        ("-@f:a", not(f("a"))),
        ("@a|b:x", word_in(&["a", "b"], "x")),
        ("@a|5|c:(x y)", {
            and([
                word_in(&["a", "5", "c"], "x"),
                word_in(&["a", "5", "c"], "y"),
            ])
        }),
        ("@m\\ x|y\\@1:z", word_in(&["m x", "y@1"], "z")),
        ("@f:x|y", or([f("x"), word("y")])),
    ]);
    refusals(&[
        (
            "@f:(@g:x)",
            "SEARCH_SYNTAX Syntax error at offset 4 near @g",
        ),
        ("@f:({x})", "SEARCH_SYNTAX Syntax error at offset 4 near {"),
        (
            "@f:([1 2])",
            "SEARCH_SYNTAX Syntax error at offset 4 near [",
        ),
        ("@f:(*)", "SEARCH_SYNTAX Syntax error at offset 4 near *"),
        ("@f:-a", "SEARCH_SYNTAX Syntax error at offset 3 near -"),
        ("@f:@g:x", "SEARCH_SYNTAX Syntax error at offset 3 near @g"),
        (
            "@f hello",
            "SEARCH_SYNTAX Syntax error at offset 3 near hello",
        ),
        ("@f:", "SEARCH_SYNTAX Syntax error at offset 3 near :"),
        ("@a|b:{x}", "SEARCH_SYNTAX Syntax error at offset 5 near {"),
        (
            "@a|b:[1 2]",
            "SEARCH_SYNTAX Syntax error at offset 5 near [",
        ),
        ("@a|:x", "SEARCH_SYNTAX Syntax error at offset 3 near :"),
        ("@a|@b:x", "SEARCH_SYNTAX Syntax error at offset 3 near @b"),
        ("f:x", "SEARCH_SYNTAX Syntax error at offset 1 near :"),
    ]);
}

#[test]
fn a_field_knows_where_its_name_stands() {
    let query = try_parse(b"x @ab|cd:y").unwrap();
    let Node::And(children) = query.filter else {
        panic!("{query:?}")
    };
    let Node::Term { fields, .. } = &children[1] else {
        panic!("{children:?}")
    };
    assert_eq!([fields[0].offset, fields[1].offset], [3, 6]);
}

#[test]
fn tags_are_words_or_quoted() {
    let g = |values: &[TagPattern]| tag("g", values);
    filters(&[
        ("@g:{a}", g(&[exact("a")])),
        ("@g:{ a | b  c }", g(&[exact("a"), exact("b c")])),
        ("@g:{Hello}", g(&[exact("Hello")])),
        ("@g:{a\\-b\\ c\\|d}", g(&[exact("a-b c|d")])),
        ("@g:{-99999}", g(&[exact("-99999")])),
        ("@g:{1.5}", g(&[exact("1.5")])),
        ("@g:{\"joe@mail.com\"}", g(&[exact("joe@mail.com")])),
        ("@g:{\"a|b-c d\"}", g(&[exact("a|b-c d")])),
        ("@g:{'abc:1-xyz:2'}", g(&[exact("abc:1-xyz:2")])),
        ("@g:{\"$lit\"}", g(&[exact("$lit")])),
        ("@g:{\"a\\-b\\\"c\"}", g(&[exact("a-b\"c")])),
        ("@g:{\"\"}", g(&[exact("")])),
        ("@g:{ab*|\"ab:\"*|c}", {
            g(&[starting("ab"), starting("ab:"), exact("c")])
        }),
        ("@g:{*lo|*$word*|*'a b'|w'h?*'|c}", {
            g(&[
                TagPattern::Suffix(b"lo".to_vec()),
                TagPattern::Infix(b"a|b-c".to_vec()),
                TagPattern::Suffix(b"a b".to_vec()),
                TagPattern::Wildcard(b"h?*".to_vec()),
                exact("c"),
            ])
        }),
        ("@g:{a.b}", g(&[exact("a b")])),
        ("@g:{and}", g(&[exact("and")])),
        ("-@g:{x}", not(g(&[exact("x")]))),
    ]);
    refusals(&[
        ("@g:{}", "SEARCH_SYNTAX Syntax error at offset 4 near }"),
        ("@g:{a|}", "SEARCH_SYNTAX Syntax error at offset 6 near }"),
        ("@g:{a-b}", "SEARCH_SYNTAX Syntax error at offset 5 near -"),
        (
            "@g:{2024-01}",
            "SEARCH_SYNTAX Syntax error at offset 8 near -",
        ),
        ("@g:{a@b}", "SEARCH_SYNTAX Syntax error at offset 5 near @b"),
        ("@g:{a", "SEARCH_SYNTAX Syntax error at offset 5 near a"),
        (
            "@g:{foo}}}",
            "SEARCH_SYNTAX Syntax error at offset 8 near }",
        ),
        ("@g:{*}", "SEARCH_SYNTAX Syntax error at offset 4 near *"),
        ("@g:{a *}", "SEARCH_SYNTAX Syntax error at offset 6 near *"),
        (
            "@g:{a\"b\"}",
            "SEARCH_SYNTAX Syntax error at offset 5 near \"b\"",
        ),
        (
            "@g:{*lo x}",
            "SEARCH_SYNTAX Syntax error at offset 8 near x",
        ),
        (
            "@g:{*w'x'}",
            "SEARCH_SYNTAX Syntax error at offset 4 near *",
        ),
        ("{a}", "SEARCH_SYNTAX Syntax error at offset 0 near {"),
    ]);
}

#[test]
fn ranges_have_two_bounds_or_one() {
    let inf = f64::INFINITY;
    filters(&[
        ("@n:[1 2]", range(incl(1.0), incl(2.0))),
        ("@n:[1,2]", range(incl(1.0), incl(2.0))),
        ("@n:[(1 (2]", range(excl(1.0), excl(2.0))),
        ("@n:[(5 5]", range(excl(5.0), incl(5.0))),
        ("@n:[5 5]", range(incl(5.0), incl(5.0))),
        ("@n:[5]", range(incl(5.0), incl(5.0))),
        ("@n:[-.5 1.e2]", range(incl(-0.5), incl(100.0))),
        ("@n:[0 .1e+1]", range(incl(0.0), incl(1.0))),
        ("@n:[-1. +1.]", range(incl(-1.0), incl(1.0))),
        ("@n:[-inf inf]", range(incl(-inf), incl(inf))),
        ("@n:[-INF +Inf]", range(incl(-inf), incl(inf))),
        ("@n:[0 . 1]", range(incl(0.0), incl(1.0))),
        ("@n:[0 #$^ 1]", range(incl(0.0), incl(1.0))),
        ("@n:[0 1e999]", range(incl(0.0), incl(inf))),
        ("-@n:[1 2]", not(range(incl(1.0), incl(2.0)))),
    ]);
    refusals(&[
        (
            "a @n:[10 5] b",
            "SEARCH_SYNTAX Invalid numeric range (min > max): @n:[10 5]",
        ),
        (
            "@n:[1e 0]",
            "SEARCH_SYNTAX Syntax error at offset 4 near 1e",
        ),
        ("@n:[]", "SEARCH_SYNTAX Syntax error at offset 4 near ]"),
        ("@n:[(5]", "SEARCH_SYNTAX Syntax error at offset 6 near ]"),
        (
            "@n:[1 2 3]",
            "SEARCH_SYNTAX Syntax error at offset 8 near 3",
        ),
        (
            "@n:[\"a b\"]",
            "SEARCH_SYNTAX Syntax error at offset 4 near \"a b\"",
        ),
        (
            "@n:[nan 1]",
            "SEARCH_SYNTAX Syntax error at offset 4 near nan",
        ),
        ("@n:[1 2", "SEARCH_SYNTAX Syntax error at offset 7 near 2"),
    ]);
}

#[test]
fn numbers_compare_with_operators() {
    let inf = f64::INFINITY;
    filters(&[
        ("@n==5", range(incl(5.0), incl(5.0))),
        ("@n!=5", not(range(incl(5.0), incl(5.0)))),
        ("-@n!=5", range(incl(5.0), incl(5.0))),
        ("@n<5", range(incl(-inf), excl(5.0))),
        ("@n <= -5", range(incl(-inf), incl(-5.0))),
        ("@n>5", range(excl(5.0), incl(inf))),
        ("@n >= .5 a", {
            and([range(incl(0.5), incl(inf)), word("a")])
        }),
    ]);
    refusals(&[
        ("@n> =1", "SEARCH_SYNTAX Syntax error at offset 4 near ="),
        ("@n>x", "SEARCH_SYNTAX Syntax error at offset 3 near x"),
        ("@n=5", "SEARCH_SYNTAX Syntax error at offset 3 near 5"),
        ("@n>", "SEARCH_SYNTAX Syntax error at offset 3 near >"),
    ]);
}
