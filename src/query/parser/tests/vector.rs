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
        policy: None,
        batch_size: None,
    };
    let named = |name: &str| Knn {
        distance_name: Some(name.into()),
        ..plain.clone()
    };
    let searched = Knn {
        ef_runtime: Some(7),
        ..named("d")
    };
    let batched = Knn {
        policy: Some(HybridPolicy::Batches),
        batch_size: Some(50),
        ..named("d")
    };
    let brute = |knn: Knn| Knn {
        policy: Some(HybridPolicy::AdhocBruteForce),
        ..knn
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
        (
            "*=>[KNN 3 @v $v as d ef_runtime $n]",
            Node::All,
            searched.clone(),
        ),
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
            batched.clone(),
        ),
        (
            "@g:{x}=>[KNN 3 @v $v AS d]=>{$batch_size: 50; $hybrid_policy: batches}",
            g.clone(),
            batched,
        ),
        (
            "@g:{x}=>[KNN 3 @v $v AS d HYBRID_POLICY $policy]",
            g.clone(),
            Knn {
                policy: Some(HybridPolicy::Batches),
                ..named("d")
            },
        ),
        (
            "@g:{x}=>[KNN 3 @v $v HYBRID_POLICY ADHOC_BF]",
            g,
            brute(plain.clone()),
        ),
        (
            "*=>[KNN 3 @v $v SEARCH_WINDOW_SIZE 7 AS d]",
            Node::All,
            searched.clone(),
        ),
        (
            "*=>[KNN 3 @v $v]=>{$ef_runtime: $n; $yield_distance_as: d}",
            Node::All,
            searched.clone(),
        ),
        (
            "*=>[KNN 3 @v $v USE_SEARCH_HISTORY on SEARCH_BUFFER_CAPACITY 20 SHARD_K_RATIO .5]",
            Node::All,
            plain.clone(),
        ),
    ] {
        let expected = Query {
            filters: Vec::new(),
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
            "SEARCH_PARSE_ARGS Bad arguments for EPSILON: is an option of VECTOR_RANGE, not of KNN",
        ),
        (
            "*=>[KNN 3 @v $v EF_RUNTIME 5 SEARCH_WINDOW_SIZE 5]",
            "SEARCH_PARSE_ARGS Duplicate option of KNN: SEARCH_WINDOW_SIZE",
        ),
        (
            "*=>[KNN 3 @v $v USE_SEARCH_HISTORY ON]=>{$use_search_history: OFF}",
            "SEARCH_PARSE_ARGS Duplicate option of KNN: USE_SEARCH_HISTORY",
        ),
        (
            "*=>[KNN 3 @v $v USE_SEARCH_HISTORY 1]",
            "SEARCH_PARSE_ARGS Bad arguments for USE_SEARCH_HISTORY: must be ON or OFF or AUTO, not \
             `1`",
        ),
        (
            "*=>[KNN 3 @v $v SHARD_K_RATIO 2]",
            "SEARCH_PARSE_ARGS Bad arguments for SHARD_K_RATIO: must be a number from 0 to 1, not \
             `2`",
        ),
        (
            "@g:{x}=>[KNN 3 @v $v HYBRID_POLICY ADHOC_BF]=>{$ef_runtime: 3}",
            "SEARCH_PARSE_ARGS Bad arguments for HYBRID_POLICY: ADHOC_BF takes neither BATCH_SIZE \
             nor EF_RUNTIME",
        ),
        (
            "*=>[KNN 3 @v $v]=>{$nope: 2}",
            "SEARCH_SYNTAX Invalid attribute $nope: must be one of $yield_distance_as, $ef_runtime, \
             $search_window_size, $epsilon, $hybrid_policy, $batch_size, $search_buffer_capacity, \
             $shard_k_ratio, $use_search_history, $weight",
        ),
        (
            "*=>[KNN 3 @v $v]=>{$weight: -2}",
            "SEARCH_SYNTAX Invalid value (`-2`) for $weight: must be a number from 0 to 1000000",
        ),
    ]);
}

fn vector_range(radius: f64) -> VectorRange {
    VectorRange {
        field: field("v"),
        radius,
        vector: Parameter {
            name: b"v".to_vec(),
            value: b"\x00\x01".to_vec(),
        },
        distance_name: None,
        epsilon: None,
    }
}

#[test]
fn a_range_of_vectors_stands_where_a_clause_may() {
    let plain = |radius| Node::VectorRange(vector_range(radius));
    let named = Node::VectorRange(VectorRange {
        distance_name: Some(b"d".to_vec()),
        epsilon: Some(0.5),
        ..vector_range(0.25)
    });
    let g = tag("g", &[exact("x")]);
    for (query, expected) in [
        ("@v:[VECTOR_RANGE 0.25 $v]", plain(0.25)),
        ("@v:[vector_range $n $v]", plain(7.0)),
        ("@v:[VECTOR_RANGE 0 $v]", plain(0.0)),
        ("@v:[VECTOR_RANGE inf $v]", plain(f64::INFINITY)),
        (
            "@v:[VECTOR_RANGE .25 $v]=>{$yield_distance_as: d; $epsilon: 0.5}",
            named.clone(),
        ),
        (
            "@v:[VECTOR_RANGE .25 $v] => {$EPSILON: 0.5; $YIELD_DISTANCE_AS: d;}",
            named.clone(),
        ),
        (
            "@v:[VECTOR_RANGE .25 $v]=>{$epsilon: .5}=>{$yield_distance_as: d}",
            named.clone(),
        ),
        (
            "(@v:[VECTOR_RANGE .25 $v])=>{$epsilon: .5; $yield_distance_as: d}",
            named.clone(),
        ),
        (
            "@v:[VECTOR_RANGE 1 $v]=>{$search_window_size: 5; $use_search_history: AUTO; \
             $search_buffer_capacity: 9; $shard_k_ratio: 1}",
            plain(1.0),
        ),
        (
            "@g:{x} @v:[VECTOR_RANGE .25 $v]=>{$epsilon: .5; $yield_distance_as: d} @v:[VECTOR_RANGE 1 $v]",
            and([g.clone(), named.clone(), plain(1.0)]),
        ),
        (
            "@v:[VECTOR_RANGE 1 $v] | -@v:[VECTOR_RANGE 2 $v]",
            Node::Or(vec![plain(1.0), not(plain(2.0))]),
        ),
    ] {
        let expected = Query {
            filters: Vec::new(),
            filter: expected,
            knn: None,
        };
        assert_eq!(try_parse(query.as_bytes()), Ok(expected), "{query}");
    }
    let both = try_parse(b"@v:[VECTOR_RANGE 1 $v]=>[KNN 3 @v $v]").unwrap();
    assert_eq!((both.filter, both.knn.unwrap().k), (plain(1.0), 3));
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn refusals_of_ranges_of_vectors_say_what_is_wrong() {
    refusals(&[
        (
            "@v:[VECTOR_RANGE -1 $v]",
            "SEARCH_PARSE_ARGS Bad arguments for VECTOR_RANGE: must be a number of at least 0, not \
             `-1`",
        ),
        (
            "@v:[VECTOR_RANGE $word $v]",
            "SEARCH_PARSE_ARGS Bad arguments for VECTOR_RANGE: must be a number of at least 0, not \
             `a|b-c`",
        ),
        (
            "@v:[VECTOR_RANGE nan $v]",
            "SEARCH_SYNTAX Syntax error at offset 17 near nan",
        ),
        (
            "@v:[VECTOR_RANGE $n]",
            "SEARCH_SYNTAX Syntax error at offset 19 near ]",
        ),
        (
            "@v:[VECTOR_RANGE 1 abc]",
            "SEARCH_SYNTAX Syntax error at offset 19 near abc",
        ),
        (
            "@v:[VECTOR_RANGE 1 $v",
            "SEARCH_SYNTAX Syntax error at offset 21 near $v",
        ),
        (
            "@v:[VECTOR_RANGE 1 $blob]",
            "SEARCH_PARAM_NOT_FOUND No such parameter `blob`",
        ),
        (
            "@v:[VECTOR_RANGE 1 $v]=>{$ef_runtime: 10}",
            "SEARCH_PARSE_ARGS Bad arguments for EF_RUNTIME: is an option of KNN, not of VECTOR_RANGE",
        ),
        (
            "@v:[VECTOR_RANGE 1 $v]=>{$hybrid_policy: BATCHES}",
            "SEARCH_PARSE_ARGS Bad arguments for HYBRID_POLICY: is an option of KNN, not of \
             VECTOR_RANGE",
        ),
        (
            "@v:[VECTOR_RANGE 1 $v]=>{$epsilon: -1}",
            "SEARCH_PARSE_ARGS Bad arguments for EPSILON: must be a number of at least 0, not `-1`",
        ),
        (
            "@v:[VECTOR_RANGE 1 $v]=>{$epsilon: 1; $epsilon: 1}",
            "SEARCH_PARSE_ARGS Duplicate option of VECTOR_RANGE: EPSILON",
        ),
        (
            "@v:[VECTOR_RANGE 1 $v]=>{$yield_distance_as: a}=>{$yield_distance_as: b}",
            "SEARCH_PARSE_ARGS Duplicate option of VECTOR_RANGE: distance name",
        ),
        (
            "@v:[VECTOR_RANGE 1 $v]=>{$rerank: 2}",
            "SEARCH_UNSUPPORTED Not supported in this version: RERANK of VECTOR_RANGE",
        ),
        (
            "@g:{x}=>{$yield_distance_as: d}",
            "SEARCH_SYNTAX Invalid attribute $yield_distance_as: must be one of $weight, $slop, \
             $inorder, $phonetic",
        ),
        (
            "(@v:[VECTOR_RANGE 1 $v] a)=>{$yield_distance_as: d}",
            "SEARCH_SYNTAX Invalid attribute $yield_distance_as: must be one of $weight, $slop, \
             $inorder, $phonetic",
        ),
        (
            "*=>{$yield_distance_as: d}",
            "SEARCH_SYNTAX Invalid attribute $yield_distance_as: must be one of $weight, $slop, \
             $inorder, $phonetic",
        ),
        (
            "@t:(a @v:[VECTOR_RANGE 1 $v])",
            "SEARCH_SYNTAX Syntax error at offset 6 near @v",
        ),
    ]);
}
