//! Clauses about the tags of one field, side by side, against plain code: where each document has one tag, and
//! where one has two, which changes what follows from a clause.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;

use nuthatch::Engine;
use nuthatch::reply::Reply;
use proptest::prelude::*;
use proptest::sample::subsequence;

const TAGS: [&str; 5] = ["a", "b", "c", "d", "e"];

/// Any of some tags, or none of them.
#[derive(Clone, Debug)]
struct Clause {
    forbids: bool,
    tags: Vec<&'static str>,
}

impl Clause {
    fn text(&self) -> String {
        let sign = if self.forbids { "-" } else { "" };
        format!("{sign}@g:{{{}}}", self.tags.join("|"))
    }

    fn allows(&self, document: &[&str]) -> bool {
        self.forbids != document.iter().any(|tag| self.tags.contains(tag))
    }
}

fn clause() -> impl Strategy<Value = Clause> {
    let tags = subsequence(TAGS.to_vec(), 1..4);
    (any::<bool>(), tags).prop_map(|(forbids, tags)| Clause { forbids, tags })
}

fn keys(engine: &mut Engine, query: &str, options: &[&str]) -> BTreeSet<String> {
    let mut words = vec!["FT.SEARCH", "i", query, "NOCONTENT", "LIMIT", "0", "100"];
    words.extend(options);
    let Reply::Array(values) = engine.execute(&words) else {
        panic!("{words:?} is refused");
    };
    let keys = values.iter().skip(1).map(|key| match key {
        Reply::Bulk(key) => String::from_utf8(key.clone()).unwrap(),
        other => panic!("{other:?} is no key"),
    });
    keys.collect()
}

proptest! {
    #[test]
    fn what_several_clauses_leave_is_what_each_allows(
        tags in prop::collection::vec(prop::sample::select(&TAGS[..]), 1..30),
        with_two in any::<bool>(),
        clauses in prop::collection::vec(clause(), 1..5),
    ) {
        let mut documents: Vec<Vec<&str>> = tags.into_iter().map(|tag| vec![tag]).collect();
        if with_two {
            documents.push(vec!["a", "c"]);
        }
        let mut engine = Engine::new();
        engine.execute(&["FT.CREATE", "i", "SCHEMA", "g", "TAG", "n", "NUMERIC"]);
        for (number, document) in documents.iter().enumerate() {
            let number = number.to_string();
            engine.execute(&["HSET", &number, "g", &document.join(","), "n", &number]);
        }
        let allowed = documents.iter().enumerate().filter(|(_, document)| {
            clauses.iter().all(|clause| clause.allows(document))
        });
        let expected: BTreeSet<String> = allowed.map(|(number, _)| number.to_string()).collect();
        let query: Vec<String> = clauses.iter().map(Clause::text).collect();
        let query = query.join(" ");
        for options in [&[][..], &["SORTBY", "n"]] {
            prop_assert_eq!(keys(&mut engine, &query, options), expected.clone(), "{}", &query);
        }
        // What only one document allows others is forgotten with it.
        if with_two {
            engine.execute(&["DEL", &(documents.len() - 1).to_string()]);
            let mut expected = expected;
            expected.remove(&(documents.len() - 1).to_string());
            prop_assert_eq!(keys(&mut engine, &query, &[]), expected, "{}", &query);
        }
    }
}
