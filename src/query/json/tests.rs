//! Filters that are read, filters that are refused, and every clause there and back.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::parse_filter;
use crate::query::ast::{
    Attributes, Bound, Field, MOST_WEIGHT, Node, Parameter, Range, Slop, TagPattern, VectorRange,
};
use crate::query::{MOST_CLAUSES, Params, parse};

fn params() -> Vec<(Vec<u8>, Vec<u8>)> {
    let pairs: [(&[u8], &[u8]); 4] = [
        (b"n", b"2.5"),
        (b"t", b"a|b \"}"),
        (b"v", b"\x00\xff"),
        (b"x", b"x"),
    ];
    let pairs = pairs.into_iter();
    pairs
        .map(|(name, value)| (name.to_vec(), value.to_vec()))
        .collect()
}

fn read(filter: &str) -> Result<Node, String> {
    let pairs = params();
    parse_filter(filter.as_bytes(), &Params::new(&pairs)).map_err(|error| error.to_string())
}

/// What the same filter is as a query string.
fn query(text: &str) -> Result<Node, String> {
    let pairs = params();
    Ok(parse(text.as_bytes(), &Params::new(&pairs)).unwrap().filter)
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn filters_say_what_query_strings_say() {
    for (filter, text) in [
        (r#"{"all": true}"#, "*"),
        (r#"{"tag": {"g": "a b"}}"#, r#"@g:{"a b"}"#),
        (
            r#"{"tag": {"g": ["c|d", {"prefix": "x-"}, {"suffix": "y"}, {"infix": "z"}, {"wildcard": "a?c*"}, {"param": "t"}]}}"#,
            r#"@g:{"c|d" | "x-"* | *"y" | *"z"* | w'a?c*' | $t}"#,
        ),
        (r#"{"tag": {"g": "a", "h": "b"}}"#, r#"@g:{"a"} @h:{"b"}"#),
        (r#"{"range": {"n": {"gte": 1, "lt": 5.5}}}"#, "@n:[1 (5.5]"),
        (
            r#"{"range": {"n": {"gt": {"param": "n"}}}}"#,
            "@n:[(2.5 inf]",
        ),
        (r#"{"range": {"n": {"lte": "inf"}}}"#, "@n:[-inf inf]"),
        (r#"{"range": {"n": -3}}"#, "@n:[-3 -3]"),
        (r#"{"range": {"n": {"param": "n"}}}"#, "@n:[2.5 2.5]"),
        (
            r#"{"circle": {"home": {"at": [2.5, -48], "radius": 5, "unit": "KM"}}}"#,
            "@home:[2.5 -48 5 km]",
        ),
        (
            r#"{"circle": {"h": {"at": [1, {"param": "n"}], "radius": "inf"}, "w": {"at": [0, 0], "radius": 1}}}"#,
            "@h:[1 2.5 inf m] @w:[0 0 1 m]",
        ),
        (
            r#"{"within": {"land": "POINT(1 2)"}}"#,
            r#"@land:[WITHIN "POINT(1 2)"]"#,
        ),
        (
            r#"{"disjoint": {"land": {"param": "v"}}}"#,
            "@land:[DISJOINT $v]",
        ),
        (
            r#"{"or": [{"contains": {"a": "P"}}, {"intersects": {"a": "P"}}]}"#,
            r#"(@a:[CONTAINS "P"] | @a:[INTERSECTS "P"])"#,
        ),
        (r#"{"text": "cheap  phone"}"#, "cheap phone"),
        (
            r#"{"text": {"title": "cheap phone"}}"#,
            "@title:(cheap phone)",
        ),
        (r#"{"text": "a b", "in": ["t", "u"]}"#, "@t|u:(a b)"),
        (
            r#"{"text": "a b", "slop": 1, "in_order": true}"#,
            "(a b)=>{$slop: 1; $inorder: true}",
        ),
        (r#"{"word": {"t": "-a*"}}"#, r"@t:\-a\*"),
        (r#"{"word": ""}"#, r#""""#),
        (r#"{"phrase": {"t": "new york"}}"#, r#"@t:"new york""#),
        (r#"{"prefix": "ab"}"#, "ab*"),
        (r#"{"suffix": "ab"}"#, "*ab"),
        (r#"{"infix": {"t": "ab"}}"#, "@t:*ab*"),
        (r#"{"wildcard": "a?b*"}"#, "w'a?b*'"),
        (r#"{"fuzzy": "ab"}"#, "%ab%"),
        (r#"{"fuzzy": {"param": "x"}, "distance": 3}"#, "%%%$x%%%"),
        (r#"{"missing": "f"}"#, "ismissing(@f)"),
        (r#"{"not": {"not": {"word": "a"}}}"#, "a"),
        (
            r#"{"optional": {"word": "a", "weight": 2}}"#,
            "~a=>{$weight: 2}",
        ),
        (
            r#"{"and": [{"word": "a"}, {"or": [{"word": "b"}, {"not": {"word": "c"}}]}]}"#,
            "a (b|-c)",
        ),
        (r#"{"and": [{"word": "a"}]}"#, "a"),
        (
            r#"{"vector": {"v": {"radius": 0.5, "param": "v"}}, "as": "d", "epsilon": 0.1}"#,
            "@v:[VECTOR_RANGE 0.5 $v]=>{$yield_distance_as: d; $epsilon: 0.1}",
        ),
    ] {
        assert_eq!(read(filter), query(text), "{filter}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn what_is_wrong_is_refused_with_its_place() {
    for (filter, text) in [
        ("[]", "$ must be an object, not an array"),
        (
            "{}",
            "$ must have one of all, and, or, not, optional, missing, tag, range, circle, within, contains, intersects, disjoint, word, text, phrase, prefix, suffix, infix, wildcard, fuzzy, vector",
        ),
        (r#"{"all": 1}"#, "$.all must be true"),
        (r#"{"and": []}"#, "$.and must not be empty"),
        (
            r#"{"and": [{"word": "a"}, 5]}"#,
            "$.and[1] must be an object, not a number",
        ),
        (
            r#"{"word": "a", "tag": {"g": "b"}}"#,
            "$ has both `word` and `tag`; join them with `and`",
        ),
        (
            r#"{"tag": {"a b": [1]}}"#,
            "$.tag[\"a b\"][0] must be a string or {\"param\": name}, not a number",
        ),
        (r#"{"tag": {"g": []}}"#, "$.tag.g must not be empty"),
        (
            r#"{"tag": {"g": {"regex": "a"}}}"#,
            "$.tag.g.regex must be one of param, prefix, suffix, infix, wildcard",
        ),
        (r#"{"tag": {}}"#, "$.tag must name a field"),
        (
            r#"{"range": {"n": {"gte": "5"}}}"#,
            "$.range.n.gte must be a number, \"inf\" or \"-inf\", not `5`",
        ),
        (
            r#"{"range": {"n": {"gte": {"param": "x"}}}}"#,
            "$.range.n.gte must be a number, \"inf\" or \"-inf\", not `x`",
        ),
        (
            r#"{"range": {"n": {}}}"#,
            "$.range.n must have one of gt, gte, lt, lte",
        ),
        (
            r#"{"range": {"n": {"gt": 1, "gte": 1}}}"#,
            "$.range.n.gte is the second bound on this side",
        ),
        (
            r#"{"range": {"n": {"gt": 2, "lt": 1}}}"#,
            "$.range.n the lower bound is above the upper",
        ),
        (
            r#"{"range": {"n": {"above": 1}}}"#,
            "$.range.n.above must be one of gt, gte, lt, lte",
        ),
        (
            r#"{"circle": {"h": {"at": [181, 0], "radius": 1}}}"#,
            "$.circle.h.at[0] must be a number from -180 to 180, not 181",
        ),
        (
            r#"{"circle": {"h": {"at": [1], "radius": 1}}}"#,
            "$.circle.h.at must be [longitude, latitude]",
        ),
        (
            r#"{"circle": {"h": {"at": [1, 1], "radius": -1}}}"#,
            "$.circle.h.radius must not be negative",
        ),
        (
            r#"{"circle": {"h": {"at": [1, 1], "radius": 1, "unit": "yd"}}}"#,
            "$.circle.h.unit must be m, km, mi or ft, not `yd`",
        ),
        (
            r#"{"circle": {"h": {"radius": 1}}}"#,
            "$.circle.h must have both at and radius",
        ),
        (
            r#"{"circle": {"h": {"near": 1}}}"#,
            "$.circle.h.near must be one of at, radius, unit",
        ),
        (
            r#"{"within": {"h": 5}}"#,
            "$.within.h must be a shape as text or {\"param\": name}, not a number",
        ),
        (r#"{"within": {}}"#, "$.within must name a field"),
        (r#"{"text": " "}"#, "$.text must have a word"),
        (
            r#"{"text": {"t": "a", "u": "b"}}"#,
            "$.text must name one field; join several with `and`",
        ),
        (
            r#"{"word": "a", "color": 1}"#,
            "$.color is no option of `word`: must be one of in, weight, slop, in_order, phonetic",
        ),
        (
            r#"{"word": "a", "weight": -1}"#,
            "$.weight must be a number from 0 to 1000000",
        ),
        (
            r#"{"word": "a", "slop": 1.5}"#,
            "$.slop must be a whole number of at least -1",
        ),
        (
            r#"{"word": "a", "in_order": 1}"#,
            "$.in_order must be true or false, not a number",
        ),
        (
            r#"{"word": "a", "in": "t"}"#,
            "$.in must be an array, not a string",
        ),
        (
            r#"{"fuzzy": "a", "distance": 4}"#,
            "$.distance must be 1, 2 or 3",
        ),
        (
            r#"{"vector": {"v": {"radius": 1}}}"#,
            "$.vector.v must have both radius and param",
        ),
        (
            r#"{"vector": {"v": {"radius": -1, "param": "v"}}}"#,
            "$.vector.v.radius must not be negative",
        ),
        (
            r#"{"missing": 1}"#,
            "$.missing must be a string, not a number",
        ),
    ] {
        let expected = format!("SEARCH_PARSE_ARGS Bad arguments for FILTERJSON: {text}");
        assert_eq!(read(filter), Err(expected), "{filter}");
    }
    let unknown = "SEARCH_PARAM_NOT_FOUND No such parameter `zz`";
    assert_eq!(
        read(r#"{"word": {"param": "zz"}}"#),
        Err(unknown.to_owned())
    );
    for (filter, reason) in [
        ("{", "EOF while parsing"),
        (r#"{"word": "a"} x"#, "trailing characters"),
        (r#"{"word": "a", "word": "b"}"#, "`word` comes twice"),
    ] {
        let error = read(filter).unwrap_err();
        let begin = "SEARCH_PARSE_ARGS Bad arguments for FILTERJSON: must be JSON: ";
        assert!(error.starts_with(&format!("{begin}{reason}")), "{error}");
    }
}

#[test]
fn depth_and_clauses_are_bounded() {
    let nested = |levels: usize| {
        let (open, close) = (r#"{"optional":"#.repeat(levels), "}".repeat(levels));
        read(&format!(r#"{open}{{"word":"a"}}{close}"#))
    };
    assert!(nested(100).is_ok());
    assert!(
        nested(200)
            .unwrap_err()
            .contains("recursion limit exceeded")
    );
    let words = |count: usize| read(&json!({ "text": "a ".repeat(count) }).to_string());
    assert!(words(MOST_CLAUSES).is_ok());
    assert!(
        words(MOST_CLAUSES + 1)
            .unwrap_err()
            .contains("is beyond the 1024 clauses")
    );
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    let special = prop::sample::select(vec!["$x", "a b", "|-*", "\"'\\", "{}", "@f:", "é中\u{0}"]);
    prop_oneof![special.prop_map(str::to_owned), "\\PC{1,6}"].prop_map(String::into_bytes)
}

fn field() -> impl Strategy<Value = Field> {
    text()
        .prop_filter("it is an option elsewhere", |name| name != b"param")
        .prop_map(|name| Field { name, offset: 0 })
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        prop::sample::select(vec![0.0, -1.5, 1e300, f64::INFINITY, f64::NEG_INFINITY]),
        prop::num::f64::NORMAL,
    ]
}

fn clause() -> impl Strategy<Value = Node> {
    let fields = || prop::collection::vec(field(), 0..3);
    let tag = prop_oneof![
        text().prop_map(TagPattern::Exact),
        text().prop_map(TagPattern::Prefix),
        text().prop_map(TagPattern::Suffix),
        text().prop_map(TagPattern::Infix),
    ];
    let range = (number(), number(), any::<[bool; 2]>()).prop_map(|(a, b, exclusive)| Range {
        min: Bound {
            value: a.min(b),
            exclusive: exclusive[0],
        },
        max: Bound {
            value: a.max(b),
            exclusive: exclusive[1],
        },
    });
    prop_oneof![
        Just(Node::All),
        (fields(), text()).prop_map(|(fields, term)| Node::Term { fields, term }),
        (fields(), text()).prop_map(|(fields, text)| Node::Phrase { fields, text }),
        (fields(), text()).prop_map(|(fields, prefix)| Node::Prefix { fields, prefix }),
        (fields(), text()).prop_map(|(fields, suffix)| Node::Suffix { fields, suffix }),
        (fields(), text()).prop_map(|(fields, infix)| Node::Infix { fields, infix }),
        (fields(), text(), 1..=3_u8).prop_map(|(fields, term, distance)| Node::Fuzzy {
            fields,
            term,
            distance,
        }),
        field().prop_map(|field| Node::Missing { field }),
        (field(), prop::collection::vec(tag, 1..4))
            .prop_map(|(field, values)| Node::Tag { field, values }),
        (field(), range).prop_map(|(field, range)| Node::Numeric { field, range }),
        (field(), 0.0..1e9_f64, prop::option::of(text())).prop_map(|(field, radius, name)| {
            Node::VectorRange(VectorRange {
                field,
                radius,
                vector: Parameter {
                    name: b"v".to_vec(),
                    value: b"\x00\xff".to_vec(),
                },
                distance_name: name,
                epsilon: Some(0.25),
            })
        }),
    ]
}

fn attributes() -> impl Strategy<Value = Attributes> {
    let slop = prop_oneof![Just(Slop::Any), any::<u32>().prop_map(Slop::AtMost)];
    (
        0.0..MOST_WEIGHT,
        prop::option::of(slop),
        any::<Option<bool>>(),
    )
        .prop_map(|(weight, slop, flag)| Attributes {
            weight: Some(weight),
            slop,
            in_order: flag,
            phonetic: flag,
        })
}

fn node() -> impl Strategy<Value = Node> {
    clause().prop_recursive(4, 30, 4, |inner| {
        let parts = || prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            parts().prop_map(super::super::parser::all_of),
            parts().prop_map(super::super::parser::any_of),
            inner.clone().prop_map(super::super::parser::negation),
            inner
                .clone()
                .prop_map(|part| Node::Optional(Box::new(part))),
            (inner, attributes()).prop_filter_map("one level of them", |(part, attributes)| {
                let is_plain = !matches!(part, Node::Attributed { .. });
                is_plain.then(|| Node::Attributed {
                    node: Box::new(part),
                    attributes,
                })
            }),
        ]
    })
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn said_number(number: f64) -> Value {
    if number.is_infinite() {
        json!(if number > 0.0 { "inf" } else { "-inf" })
    } else {
        json!(number)
    }
}

/// The filter that is read as a node.
#[expect(clippy::too_many_lines, reason = "a table of nodes")]
fn filter(node: &Node) -> Value {
    let words = |clause: &str, fields: &[Field], text: &[u8]| match fields {
        [] => json!({ clause: said(text) }),
        fields => {
            let names: Vec<String> = fields.iter().map(|field| said(&field.name)).collect();
            json!({ clause: said(text), "in": names })
        }
    };
    match node {
        Node::All | Node::Nothing => json!({ "all": true }),
        Node::Term { fields, term } => words("word", fields, term),
        Node::Phrase { fields, text } => words("phrase", fields, text),
        Node::Prefix { fields, prefix } => words("prefix", fields, prefix),
        Node::Suffix { fields, suffix } => words("suffix", fields, suffix),
        Node::Infix { fields, infix } => words("infix", fields, infix),
        Node::Wildcard { fields, pattern } => words("wildcard", fields, pattern),
        Node::Fuzzy {
            fields,
            term,
            distance,
        } => {
            let mut fuzzy = words("fuzzy", fields, term);
            fuzzy["distance"] = json!(distance);
            fuzzy
        }
        Node::Missing { field } => json!({ "missing": said(&field.name) }),
        Node::Tag { field, values } => {
            let values: Vec<Value> = values.iter().map(tag).collect();
            json!({ "tag": { said(&field.name): values } })
        }
        Node::Numeric { field, range } => {
            let low = if range.min.exclusive { "gt" } else { "gte" };
            let high = if range.max.exclusive { "lt" } else { "lte" };
            let ends =
                json!({ low: said_number(range.min.value), high: said_number(range.max.value) });
            json!({ "range": { said(&field.name): ends } })
        }
        Node::Area { .. } => panic!("no such clause is made here"),
        Node::VectorRange(range) => {
            let ends = json!({ "radius": range.radius, "param": said(&range.vector.name) });
            let mut vector =
                json!({ "vector": { said(&range.field.name): ends }, "epsilon": 0.25 });
            if let Some(name) = &range.distance_name {
                vector["as"] = json!(said(name));
            }
            vector
        }
        Node::And(parts) => json!({ "and": parts.iter().map(filter).collect::<Vec<_>>() }),
        Node::Or(parts) => json!({ "or": parts.iter().map(filter).collect::<Vec<_>>() }),
        Node::Not(part) => json!({ "not": filter(part) }),
        Node::Optional(part) => json!({ "optional": filter(part) }),
        Node::Attributed { node, attributes } => {
            let mut attributed = filter(node);
            attributed["weight"] = json!(attributes.weight);
            if let Some(slop) = attributes.slop {
                attributed["slop"] = match slop {
                    Slop::Any => json!(-1),
                    Slop::AtMost(most) => json!(most),
                };
            }
            if let Some(flag) = attributes.in_order {
                attributed["in_order"] = json!(flag);
                attributed["phonetic"] = json!(flag);
            }
            attributed
        }
    }
}

fn tag(pattern: &TagPattern) -> Value {
    match pattern {
        TagPattern::Exact(text) => json!(said(text)),
        TagPattern::Prefix(text) => json!({ "prefix": said(text) }),
        TagPattern::Suffix(text) => json!({ "suffix": said(text) }),
        TagPattern::Infix(text) => json!({ "infix": said(text) }),
        TagPattern::Wildcard(text) => json!({ "wildcard": said(text) }),
    }
}

proptest! {
    #[test]
    fn what_a_filter_says_is_read_as_it_was(node in node()) {
        let text = filter(&node).to_string();
        prop_assert_eq!(read(&text), Ok(node), "{}", text);
    }

    #[test]
    fn no_change_of_a_filter_makes_the_reader_panic(
        node in node(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut text = filter(&node).to_string().into_bytes();
        for (place, byte) in changes {
            let place = place.index(text.len());
            text[place] = byte;
        }
        let pairs = params();
        drop(parse_filter(&text, &Params::new(&pairs)));
    }
}
