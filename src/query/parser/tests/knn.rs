use super::*;

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn knn_ends_a_query() {
    let plain = Knn {
        k: 3,
        field: field("v"),
        vector: Parameter {
            name: b"v".to_vec(),
            value: b"\x00\x01".to_vec(),
        },
        distance_name: None,
        ef_runtime: None,
    };
    let named = |name: &str| Knn {
        distance_name: Some(name.into()),
        ..plain.clone()
    };
    let searched = Knn {
        ef_runtime: Some(7),
        ..named("d")
    };
    let g = tag("g", &[exact("x")]);
    for (query, filter, knn) in [
        ("*=>[KNN 3 @v $v]", Node::All, plain.clone()),
        ("(*) => [knn 3 @v $v]", Node::All, plain.clone()),
        (
            "*=>[KNN $k @v $v]",
            Node::All,
            Knn {
                k: 5,
                ..plain.clone()
            },
        ),
        (
            "*=>[KNN 0 @v $v]",
            Node::All,
            Knn {
                k: 0,
                ..plain.clone()
            },
        ),
        ("*=>[KNN 3 @v $v AS d]", Node::All, named("d")),
        ("*=>[KNN 3 @v $v AS $name]", Node::All, named("my distance")),
        (
            "*=>[KNN 3 @v $v EF_RUNTIME 7 AS d]",
            Node::All,
            searched.clone(),
        ),
        ("*=>[KNN 3 @v $v as d ef_runtime $n]", Node::All, searched),
        (
            "*=>[KNN 3 @v $v]=>{$yield_distance_as: d}",
            Node::All,
            named("d"),
        ),
        (
            "*=>[KNN 3 @v $v]=>{$YIELD_DISTANCE_AS:d;}",
            Node::All,
            named("d"),
        ),
        ("@g:{x}=>[KNN 3 @v $v]", g.clone(), plain.clone()),
        ("-@g:{x}=>[KNN 3 @v $v]", not(g.clone()), plain.clone()),
        (
            "(@g:{x} a)=>[KNN 3 @v $v]",
            and([g.clone(), word("a")]),
            plain.clone(),
        ),
        (
            "@t:(a b)=>[KNN 3 @v $v]",
            and([word_in(&["t"], "a"), word_in(&["t"], "b")]),
            plain.clone(),
        ),
        (
            "@g:{x}=>[KNN 3 @v $v HYBRID_POLICY BATCHES BATCH_SIZE 50 AS d]",
            g.clone(),
            named("d"),
        ),
        (
            "@g:{x}=>[KNN 3 @v $v AS d HYBRID_POLICY $policy]",
            g.clone(),
            named("d"),
        ),
        (
            "@g:{x}=>[KNN 3 @v $v HYBRID_POLICY ADHOC_BF]",
            g,
            plain.clone(),
        ),
    ] {
        let expected = Query {
            filter,
            knn: Some(knn),
        };
        assert_eq!(try_parse(query.as_bytes()), Ok(expected), "{query}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn refusals_of_knn_say_what_is_wrong() {
    refusals(&[
        (
            "@t:a b=>[KNN 3 @v $v]",
            "SEARCH_SYNTAX Syntax error at offset 6 near =>",
        ),
        (
            "a|b=>[KNN 3 @v $v]",
            "SEARCH_SYNTAX Syntax error at offset 3 near =>",
        ),
        (
            "(*=>[KNN 3 @v $v])",
            "SEARCH_SYNTAX Syntax error at offset 1 near *",
        ),
        (
            "*=>[KNN 3 @v $v] a",
            "SEARCH_SYNTAX Syntax error at offset 17 near a",
        ),
        (
            "=>[KNN 3 @v $v]",
            "SEARCH_SYNTAX Syntax error at offset 0 near =>",
        ),
        (
            "*=>[KNN 3 @v]",
            "SEARCH_SYNTAX Syntax error at offset 12 near ]",
        ),
        (
            "*=>[KNN 1.5 @v $v]",
            "SEARCH_SYNTAX Syntax error at offset 8 near 1.5",
        ),
        (
            "*=>[KNN -1 @v $v]",
            "SEARCH_SYNTAX Syntax error at offset 8 near -1",
        ),
        (
            "*=>[KNN $word @v $v]",
            "SEARCH_PARSE_ARGS Bad arguments for KNN: must be a whole number of at least 0, not \
             `a|b-c`",
        ),
        (
            "*=>[KNN 3 @v $blob]",
            "SEARCH_PARAM_NOT_FOUND No such parameter `blob`",
        ),
        (
            "*=>[KNN 3 @v $v EF_RUNTIME 0]",
            "SEARCH_PARSE_ARGS Bad arguments for EF_RUNTIME: must be a whole number from 1 to \
             1000000, not `0`",
        ),
        (
            "*=>[KNN 3 @v $v AS d]=>{$yield_distance_as: e}",
            "SEARCH_PARSE_ARGS Duplicate option of KNN: distance name",
        ),
        (
            "*=>[KNN 3 @v $v AS $empty]",
            "SEARCH_PARSE_ARGS Bad arguments for AS: needs a value",
        ),
        (
            "*=>[KNN 3 @v $v HYBRID_POLICY BATCHES]",
            "SEARCH_PARSE_ARGS Bad arguments for HYBRID_POLICY: needs a filter, the query being `*`",
        ),
        (
            "@g:{x}=>[KNN 3 @v $v HYBRID_POLICY ADHOC_BF BATCH_SIZE 3]",
            "SEARCH_PARSE_ARGS Bad arguments for HYBRID_POLICY: ADHOC_BF takes neither BATCH_SIZE \
             nor EF_RUNTIME",
        ),
        (
            "@g:{x}=>[KNN 3 @v $v EF_RUNTIME 3 HYBRID_POLICY adhoc_bf]",
            "SEARCH_PARSE_ARGS Bad arguments for HYBRID_POLICY: ADHOC_BF takes neither BATCH_SIZE \
             nor EF_RUNTIME",
        ),
        (
            "@g:{x}=>[KNN 3 @v $v HYBRID_POLICY best]",
            "SEARCH_PARSE_ARGS Bad arguments for HYBRID_POLICY: must be BATCHES or ADHOC_BF, not \
             `best`",
        ),
        (
            "*=>[KNN 3 @v $v NOPE 1]",
            "SEARCH_SYNTAX Syntax error at offset 16 near NOPE",
        ),
        (
            "*=>[KNN 3 @v $v EPSILON 1]",
            "SEARCH_UNSUPPORTED Not supported in this version: EPSILON of KNN",
        ),
        (
            "*=>[KNN 3 @v $v]=>{$weight: 2}",
            "SEARCH_UNSUPPORTED Not supported in this version: WEIGHT of KNN",
        ),
    ]);
}
