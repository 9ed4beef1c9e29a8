mod area;
mod attributes;
mod field;
mod text;
mod vector;

use super::*;
use crate::query::ast::{
    Attributes, Bound, Field, HybridPolicy, Knn, Parameter, Range, Slop, TagPattern, VectorRange,
};

/// Parameters of every test.
const PARAMS: [(&str, &[u8]); 10] = [
    ("v", b"\x00\x01"),
    ("word", b"a|b-c"),
    ("empty", b""),
    ("n", b"7"),
    ("inf", b"-inf"),
    ("nan", b"nan"),
    ("k", b"5"),
    ("name", b"my distance"),
    ("policy", b"batches"),
    ("unit", b"km"),
];

fn try_parse(query: &[u8]) -> Result<Query, String> {
    let pairs: Vec<_> = PARAMS
        .iter()
        .map(|(name, value)| (name.as_bytes().to_vec(), value.to_vec()))
        .collect();
    parse(query, &Params::new(&pairs)).map_err(|error| error.to_string())
}

fn filters(cases: &[(&str, Node)]) {
    for (query, expected) in cases {
        let parsed = try_parse(query.as_bytes()).unwrap_or_else(|e| panic!("{query}: {e}"));
        assert_eq!(&parsed.filter, expected, "{query}");
        assert_eq!(parsed.knn, None, "{query}");
    }
}

fn refusals(cases: &[(&str, &str)]) {
    for (query, text) in cases {
        let refused = try_parse(query.as_bytes()).err();
        assert_eq!(refused.as_deref(), Some(*text), "{query}");
    }
}

fn field(name: &str) -> Field {
    Field {
        name: name.into(),
        offset: 0,
    }
}

fn word_in(names: &[&str], term: &str) -> Node {
    Node::Term {
        fields: names.iter().map(|name| field(name)).collect(),
        term: term.into(),
    }
}

fn word(term: &str) -> Node {
    word_in(&[], term)
}

fn phrase_in(names: &[&str], text: &str) -> Node {
    Node::Phrase {
        fields: names.iter().map(|name| field(name)).collect(),
        text: text.into(),
    }
}

fn phrase(text: &str) -> Node {
    phrase_in(&[], text)
}

fn prefix_in(names: &[&str], prefix: &str) -> Node {
    Node::Prefix {
        fields: names.iter().map(|name| field(name)).collect(),
        prefix: prefix.into(),
    }
}

fn tag(name: &str, values: &[TagPattern]) -> Node {
    Node::Tag {
        field: field(name),
        values: values.to_vec(),
    }
}

fn exact(tag: &str) -> TagPattern {
    TagPattern::Exact(tag.into())
}

fn starting(prefix: &str) -> TagPattern {
    TagPattern::Prefix(prefix.into())
}

fn incl(value: f64) -> Bound {
    Bound {
        value,
        exclusive: false,
    }
}

fn excl(value: f64) -> Bound {
    Bound {
        value,
        exclusive: true,
    }
}

fn range(min: Bound, max: Bound) -> Node {
    Node::Numeric {
        field: field("n"),
        range: Range { min, max },
    }
}

fn and<const N: usize>(nodes: [Node; N]) -> Node {
    Node::And(nodes.to_vec())
}

fn or<const N: usize>(nodes: [Node; N]) -> Node {
    Node::Or(nodes.to_vec())
}

fn not(node: Node) -> Node {
    Node::Not(Box::new(node))
}

fn optional(node: Node) -> Node {
    Node::Optional(Box::new(node))
}

#[test]
fn everything_and_nothing() {
    filters(&[
        ("*", Node::All),
        (" * ", Node::All),
        ("(*)", Node::All),
        ("((*))", Node::All),
        ("-(*)", not(Node::All)),
        ("(*) a", and([Node::All, word("a")])),
        ("", Node::Nothing),
        (" \t\r\n", Node::Nothing),
        (",.;!", Node::Nothing),
    ]);
}

#[test]
fn operators_bind_and_flatten() {
    filters(&[
        ("hello", word("hello")),
        ("a b", and([word("a"), word("b")])),
        (
            "a b|c d",
            or([and([word("a"), word("b")]), and([word("c"), word("d")])]),
        ),
        ("a (b|c)", and([word("a"), or([word("b"), word("c")])])),
        (
            "a (b (c d)) e",
            and([word("a"), word("b"), word("c"), word("d"), word("e")]),
        ),
        ("a|(b|c)", or([word("a"), word("b"), word("c")])),
        ("((a))", word("a")),
        ("-a", not(word("a"))),
        ("--a", word("a")),
        ("---a", not(word("a"))),
        ("-(-a)", word("a")),
        ("- a", not(word("a"))),
        ("-(a|b)", not(or([word("a"), word("b")]))),
        ("~a b", and([optional(word("a")), word("b")])),
        ("-~a", not(optional(word("a")))),
        ("~(a b)", optional(and([word("a"), word("b")]))),
        ("a AND b", and([word("a"), word("AND"), word("b")])),
        ("a OR b", and([word("a"), word("OR"), word("b")])),
    ]);
}

#[test]
fn parameters_are_values_and_never_syntax() {
    filters(&[
        ("$word", word("a|b-c")),
        ("$empty", phrase("")),
        ("@t:$word", word_in(&["t"], "a|b-c")),
        ("@t:($word x)", {
            and([word_in(&["t"], "a|b-c"), word_in(&["t"], "x")])
        }),
        ("@g:{$word}", tag("g", &[exact("a|b-c")])),
        ("@g:{$word*|$empty}", {
            tag("g", &[starting("a|b-c"), exact("")])
        }),
        ("@n:[$n (+$n]", range(incl(7.0), excl(7.0))),
        ("@n:[-$n $n]", range(incl(-7.0), incl(7.0))),
        ("@n:[$inf -$inf]", {
            range(incl(f64::NEG_INFINITY), incl(f64::INFINITY))
        }),
        ("@n>=$n", range(incl(7.0), incl(f64::INFINITY))),
    ]);
    refusals(&[
        ("$nope", "SEARCH_PARAM_NOT_FOUND No such parameter `nope`"),
        (
            "@g:{$nope}",
            "SEARCH_PARAM_NOT_FOUND No such parameter `nope`",
        ),
        (
            "@n:[$word 1]",
            "SEARCH_PARSE_ARGS Bad arguments for $word: must be a number, not `a|b-c`",
        ),
        (
            "@n:[$nan 1]",
            "SEARCH_PARSE_ARGS Bad arguments for $nan: must be a number, not `nan`",
        ),
        (
            "@g:{$word x}",
            "SEARCH_SYNTAX Syntax error at offset 10 near x",
        ),
    ]);
}

#[test]
fn stray_signs_are_syntax_errors() {
    refusals(&[
        ("a)", "SEARCH_SYNTAX Syntax error at offset 1 near )"),
        ("(a", "SEARCH_SYNTAX Syntax error at offset 2 near a"),
        ("()", "SEARCH_SYNTAX Syntax error at offset 1 near )"),
        ("a|", "SEARCH_SYNTAX Syntax error at offset 2 near |"),
        ("|a", "SEARCH_SYNTAX Syntax error at offset 0 near |"),
        ("a||b", "SEARCH_SYNTAX Syntax error at offset 2 near |"),
        ("-", "SEARCH_SYNTAX Syntax error at offset 1 near -"),
        ("a ~", "SEARCH_SYNTAX Syntax error at offset 3 near ~"),
        ("a [", "SEARCH_SYNTAX Syntax error at offset 2 near ["),
        ("100% b", "SEARCH_SYNTAX Syntax error at offset 3 near %"),
    ]);
}

#[test]
fn limits_are_refusals_that_name_them() {
    let too_deep = "SEARCH_SYNTAX Query too complex: more than 200 levels of nesting";
    let nested = |open: &str, close: &str, count: usize| {
        try_parse(format!("{}a{}", open.repeat(count), close.repeat(count)).as_bytes())
    };
    for (open, close) in [("(", ")"), ("-", ""), ("~", "")] {
        assert!(nested(open, close, MOST_DEPTH).is_ok());
        assert_eq!(
            nested(open, close, MOST_DEPTH + 1),
            Err(too_deep.to_owned())
        );
    }
    assert!(try_parse("a ".repeat(MOST_CLAUSES).as_bytes()).is_ok());
    assert_eq!(
        try_parse("a ".repeat(MOST_CLAUSES + 1).as_bytes()),
        Err("SEARCH_SYNTAX Query too complex: more than 1024 clauses".to_owned())
    );
    let fields = |count: usize| try_parse(format!("@a{}:x", "|a".repeat(count - 1)).as_bytes());
    assert!(fields(MOST_FIELDS).is_ok());
    assert_eq!(
        fields(MOST_FIELDS + 1),
        Err("SEARCH_SYNTAX Query too complex: more than 128 fields of one clause".to_owned())
    );
    assert!(try_parse(&[b'a'; MOST_BYTES]).is_ok());
    assert_eq!(
        try_parse(&[b'a'; MOST_BYTES + 1]),
        Err("SEARCH_SYNTAX Query too complex: more than 65536 bytes".to_owned())
    );
}

#[test]
fn prefixes_of_tags_and_parameters_that_are_text_have_limits() {
    let tags = |tag: &str, count: usize| {
        let values = vec![tag; count].join("|");
        try_parse(format!("@a:{{{values}}}").as_bytes())
    };
    assert!(tags("b", 2 * MOST_CLAUSES).is_ok());
    assert!(tags("bc*", MOST_CLAUSES - 1).is_ok());
    assert_eq!(
        tags("bc*", MOST_CLAUSES),
        Err("SEARCH_SYNTAX Query too complex: more than 1024 clauses".to_owned())
    );
    let text = |len: usize| {
        let pairs = [(b"p".to_vec(), vec![b'a'; len])];
        let parsed = parse(b"$p", &Params::new(&pairs));
        parsed.map_err(|error| error.to_string())
    };
    assert!(text(MOST_BYTES).is_ok());
    assert_eq!(
        text(MOST_BYTES + 1),
        Err("SEARCH_SYNTAX Query too complex: more than 65536 bytes of a parameter".to_owned())
    );
}

#[test]
fn what_clients_send_is_read() {
    for query in [
        "(@price:[(5 +inf] @tag:{a|b\\-c})",
        "((@user:{john} @age:[18 +inf]) | (-@job:(\"engineer\")))",
        "(@user:{john} (@age:[18 +inf]))=>[KNN 3 @v $v AS vector_distance]",
        "*=>[KNN 10 @v $v EF_RUNTIME $n AS vector_distance]",
        "@n:[5 5]=>[KNN 3 @v $v HYBRID_POLICY BATCHES BATCH_SIZE 10 AS d]",
        "(~@description:(medical | professional))=>[KNN 3 @v $v AS d]",
        "(~@description:(a | b) AND @g:{x})=>[KNN 3 @v $v AS d]",
        "@job:(engine*|doctor)",
        "(*)=>[KNN $k @v $v]=>{$YIELD_DISTANCE_AS: d}",
    ] {
        if let Err(refusal) = try_parse(query.as_bytes()) {
            panic!("{query}: {refusal}");
        }
    }
}
