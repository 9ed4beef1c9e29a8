use super::*;

fn with(node: Node, attributes: Attributes) -> Node {
    Node::Attributed {
        node: Box::new(node),
        attributes,
    }
}

fn weight(weight: f64) -> Attributes {
    Attributes {
        weight: Some(weight),
        ..Attributes::default()
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn attributes_bind_to_what_is_right_before_them() {
    let two = || weight(2.0);
    let all = Attributes {
        weight: Some(0.5),
        slop: Some(Slop::AtMost(3)),
        in_order: Some(true),
        phonetic: Some(false),
    };
    filters(&[
        (
            "a=>{$weight: 2} b",
            and([with(word("a"), two()), word("b")]),
        ),
        ("a b=>{$weight:2;}", {
            and([word("a"), with(word("b"), two())])
        }),
        ("(a b)=>{$weight: 2}", {
            with(and([word("a"), word("b")]), two())
        }),
        ("-a=>{$weight: 2}", not(with(word("a"), two()))),
        ("(-a)=>{$weight: 2}", with(not(word("a")), two())),
        ("~(a|b)=>{$weight: 2}", {
            optional(with(or([word("a"), word("b")]), two()))
        }),
        (
            "\"a b\"=>{$WEIGHT: .5; $Slop: 3; $inorder: TRUE; $phonetic: false}",
            with(phrase("a b"), all),
        ),
        (
            "a=>{$weight: .5}=>{$slop: 3; $inorder: true}=>{$phonetic: false}",
            { with(word("a"), all) },
        ),
        ("a=>{}", word("a")),
        ("@f:(a=>{$weight: 2})", with(word_in(&["f"], "a"), two())),
        ("@g:{x}=>{$weight: 2}", with(tag("g", &[exact("x")]), two())),
        ("*=>{$weight: 2}", with(Node::All, two())),
        (
            "(*)=>{$weight: 2} a",
            and([with(Node::All, two()), word("a")]),
        ),
        ("a=>{$weight: $n}", with(word("a"), weight(7.0))),
        ("a=>{$slop: -1}", {
            let slop = Some(Slop::Any);
            let attributes = Attributes {
                slop,
                ..Attributes::default()
            };
            with(word("a"), attributes)
        }),
        ("(a=>{$weight: 2})=>{$weight: 2}", {
            with(with(word("a"), two()), two())
        }),
    ]);
    let query = try_parse(b"a=>{$weight: 2}=>[KNN 1 @v $v]").unwrap();
    assert_eq!(query.filter, with(word("a"), two()));
    assert!(query.knn.is_some());
    let range = b"@v:[VECTOR_RANGE 1 $v]=>{$weight: 2; $yield_distance_as: d}";
    let Node::Attributed { node, attributes } = try_parse(range).unwrap().filter else {
        panic!("a range with a weight")
    };
    assert_eq!(attributes, two());
    assert!(matches!(
        *node,
        Node::VectorRange(VectorRange {
            distance_name: Some(_),
            ..
        })
    ));
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn wrong_attributes_are_refused_with_what_is_valid() {
    let names = "must be one of $weight, $slop, $inorder, $phonetic";
    for (query, text) in [
        (
            "a=>{$nope: 1}",
            format!("SEARCH_SYNTAX Invalid attribute $nope: {names}"),
        ),
        (
            "@g:{x}=>{$yield_distance_as: d}",
            format!("SEARCH_SYNTAX Invalid attribute $yield_distance_as: {names}"),
        ),
        (
            "a=>{$weight: -1}",
            "SEARCH_SYNTAX Invalid value (`-1`) for $weight: must be a number from 0 to 1000000"
                .to_owned(),
        ),
        (
            "a=>{$weight: inf}",
            "SEARCH_SYNTAX Invalid value (`inf`) for $weight: must be a number from 0 to 1000000"
                .to_owned(),
        ),
        (
            "a=>{$slop: -2}",
            "SEARCH_SYNTAX Invalid value (`-2`) for $slop: must be a whole number of at least -1"
                .to_owned(),
        ),
        (
            "a=>{$slop: 1.5}",
            "SEARCH_SYNTAX Invalid value (`1.5`) for $slop: must be a whole number of at least -1"
                .to_owned(),
        ),
        (
            "a=>{$inorder: 2}",
            "SEARCH_SYNTAX Invalid value (`2`) for $inorder: must be true or false".to_owned(),
        ),
        (
            "a=>{$weight: 1; $weight: 1}",
            "SEARCH_PARSE_ARGS Duplicate attribute: WEIGHT".to_owned(),
        ),
        (
            "a=>{weight: 1}",
            "SEARCH_SYNTAX Syntax error at offset 4 near weight".to_owned(),
        ),
        (
            "a=>{$weight 1}",
            "SEARCH_SYNTAX Syntax error at offset 12 near 1".to_owned(),
        ),
        (
            "a=>{$weight: 1",
            "SEARCH_SYNTAX Syntax error at offset 14 near 1".to_owned(),
        ),
        (
            "*=>{$weight: 1} a",
            "SEARCH_SYNTAX Syntax error at offset 16 near a".to_owned(),
        ),
        (
            "a=>b",
            "SEARCH_SYNTAX Syntax error at offset 3 near b".to_owned(),
        ),
        (
            "a=>{$weight: $nope}",
            "SEARCH_PARAM_NOT_FOUND No such parameter `nope`".to_owned(),
        ),
    ] {
        assert_eq!(try_parse(query.as_bytes()), Err(text), "{query}");
    }
}
