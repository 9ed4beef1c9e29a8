//! An index that got its fields one after another answers as one that was created with all of them.

use nuthatch::Engine;
use proptest::prelude::*;

const FIELDS: [&str; 6] = [
    "t TEXT WEIGHT 2",
    "u TEXT PHONETIC dm:en NOSTEM",
    "g TAG SORTABLE INDEXMISSING",
    "n NUMERIC SORTABLE",
    "t AS again TEXT INDEXEMPTY WEIGHT 3",
    "v VECTOR FLAT 6 TYPE UINT8 DIM 2 DISTANCE_METRIC L2",
];

const QUERIES: [&str; 9] = [
    "running|felix",
    "@u:feliks",
    "@again:(running cat)",
    "@g:{a|b} running",
    "-@n:[1 2]",
    "ismissing(@g)",
    "\"cat running\"",
    "*",
    "*=>[KNN 3 @v ab]",
];

fn execute(engine: &mut Engine, command: &str) -> String {
    let arguments: Vec<&str> = command.split(' ').collect();
    format!("{:?}", engine.execute(&arguments))
}

/// A hash by the words of its texts, its tag, its number and its vector, any of which may be none.
fn document() -> impl Strategy<Value = String> {
    let word = || prop::sample::select(vec!["running", "run", "cat", "felix", "phelix"]);
    let text = || prop::option::of(prop::collection::vec(word(), 1..4));
    let tag = prop::option::of(prop::sample::select(vec!["a", "b", "c,a"]));
    let number = prop::option::of(0..4);
    let vector = prop::option::of(prop::sample::select(vec!["aa", "ab", "zz", "bad"]));
    (text(), text(), tag, number, vector).prop_map(|(t, u, g, n, v)| {
        let texts = [("t", t), ("u", u)].map(|(name, words)| {
            let words = words.map(|words| words.join(","));
            words.map_or_else(String::new, |words| format!(" {name} {words}"))
        });
        let tag = g.map_or_else(String::new, |tag| format!(" g {tag}"));
        let number = n.map_or_else(String::new, |number| format!(" n {number}"));
        let vector = v.map_or_else(String::new, |vector| format!(" v {vector}"));
        format!("other x{}{}{tag}{number}{vector}", texts[0], texts[1])
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn fields_that_were_added_are_as_good_as_those_of_the_beginning(
        documents in prop::collection::vec((0..6, document()), 0..10),
        // Where among the writes each field comes.
        places in prop::collection::vec(0usize..10, FIELDS.len()),
    ) {
        let mut engine = Engine::new();
        let mut whole = Engine::new();
        // In the order in which the other has its fields.
        let mut order: Vec<usize> = (0..FIELDS.len()).collect();
        order.sort_by_key(|&field| places[field]);
        let schema: Vec<&str> = order.iter().map(|&field| FIELDS[field]).collect();
        execute(&mut whole, &format!("FT.CREATE i SCHEMA x TAG {}", schema.join(" ")));
        execute(&mut engine, "FT.CREATE i SCHEMA x TAG");
        for step in 0..10 {
            for &field in order.iter().filter(|&&field| places[field] == step) {
                let added = execute(&mut engine, &format!("FT.ALTER i SCHEMA ADD {}", FIELDS[field]));
                prop_assert_eq!(added, "Simple(\"OK\")");
            }
            if let Some((key, document)) = documents.get(step) {
                let write = format!("HSET d:{key} {document}");
                execute(&mut engine, &write);
                execute(&mut whole, &write);
            }
        }
        for query in QUERIES {
            let (query, params) = match query.strip_suffix(" ab]") {
                Some(query) => (format!("{query} $q]"), " PARAMS 2 q ab"),
                None => (query.to_owned(), ""),
            };
            for options in ["WITHSCORES", "SORTBY g WITHSORTKEYS", "SORTBY n DESC"] {
                let search = |engine: &mut Engine| {
                    let command = ["FT.SEARCH", "i", &query, "NOCONTENT"];
                    let more = format!("{options}{params}");
                    let arguments: Vec<&str> = command.into_iter().chain(more.split(' ')).collect();
                    format!("{:?}", engine.execute(&arguments))
                };
                prop_assert_eq!(search(&mut engine), search(&mut whole), "{} {}", query, options);
            }
        }
    }
}
