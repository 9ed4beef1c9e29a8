//! Every way to run a search finds the same: random documents and searches, and of each plan all
//! [alternatives](nuthatch::plan::alternatives).

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;

use nuthatch::catalog::index::Index;
use nuthatch::exec;
use nuthatch::exec::collect::Hits;
use nuthatch::exec::deadline::Deadline;
use nuthatch::keyspace::{Hashes, Presence};
use nuthatch::plan::alternatives::alternatives;
use nuthatch::plan::method::{FilterBy, Method};
use nuthatch::plan::{Plan, plan};
use nuthatch::query::{Params, parse};
use nuthatch::request::create::Definition;
use nuthatch::request::search::Search;
use proptest::prelude::*;

const SCHEMA: &str = "i SCHEMA t TEXT NOSTEM g TAG o TAG n NUMERIC m NUMERIC INDEXMISSING p GEO \
                      v VECTOR FLAT 6 TYPE UINT8 DIM 1 DISTANCE_METRIC L2";
const WORDS: [&str; 6] = ["anne", "bert", "carl", "dora", "emil", "rare"];
const TAGS: [&str; 4] = ["red", "green", "blue", "white"];

/// A document as its hash has it.
#[derive(Clone, Debug)]
struct Document {
    words: Vec<usize>,
    tags: Vec<usize>,
    number: i8,
    other: Option<i8>,
    place: (i8, i8),
    vector: u8,
}

struct Documents(Vec<Document>);

impl Hashes for Documents {
    fn fields(
        &mut self,
        key: &[u8],
        names: &[&[u8]],
        visit: &mut dyn FnMut(usize, &[u8]),
    ) -> Presence {
        let slot: usize = std::str::from_utf8(key).unwrap().parse().unwrap();
        let document = &self.0[slot];
        let join = |slots: &[usize], names: &[&str], separator| {
            let names: Vec<&str> = slots.iter().map(|slot| names[*slot]).collect();
            names.join(separator)
        };
        for (at, name) in names.iter().enumerate() {
            let value = match *name {
                b"t" => join(&document.words, &WORDS, " "),
                b"g" => join(&document.tags, &TAGS, ","),
                // No document has two of these.
                b"o" => join(&document.tags[..document.tags.len().min(1)], &TAGS, ","),
                b"n" => document.number.to_string(),
                b"m" if document.other.is_some() => document.other.unwrap().to_string(),
                b"p" => format!("{},{}", document.place.0, document.place.1),
                b"v" => {
                    visit(at, &[document.vector]);
                    continue;
                }
                _ => continue,
            };
            visit(at, value.as_bytes());
        }
        Presence::Hash
    }

    fn document(&mut self, _: &[u8], _: &mut dyn FnMut(&[u8], &[u8])) -> Presence {
        Presence::Absent
    }
}

fn documents() -> impl Strategy<Value = Vec<Document>> {
    // Some words are frequent, so that there are blocks of postings.
    let word = prop::sample::select(vec![0_usize, 0, 0, 0, 1, 1, 1, 2, 2, 3, 4, 5]);
    let document = (
        prop::collection::vec(word, 0..8),
        prop::collection::vec(0..TAGS.len(), 0..3),
        -20_i8..20,
        prop::option::of(-5_i8..5),
        (-3_i8..3, -3_i8..3),
        any::<u8>(),
    );
    let document = document.prop_map(|(words, tags, number, other, place, vector)| Document {
        words,
        tags,
        number,
        other,
        place,
        vector,
    });
    prop_oneof![
        prop::collection::vec(document.clone(), 1..40),
        prop::collection::vec(document, 300..700),
    ]
}

fn words() -> impl Strategy<Value = String> {
    let word = || prop::sample::select(WORDS.to_vec());
    prop_oneof![
        word().prop_map(str::to_owned),
        (word(), word()).prop_map(|(a, b)| format!("{a} {b}")),
        (word(), word()).prop_map(|(a, b)| format!("({a}|{b})")),
        (word(), word(), word()).prop_map(|(a, b, c)| format!("({a}|{b}|{c})")),
        (word(), word()).prop_map(|(a, b)| format!("\"{a} {b}\"")),
    ]
}

fn condition() -> impl Strategy<Value = String> {
    let tag = || prop::sample::select(TAGS.to_vec());
    let leaf = prop_oneof![
        tag().prop_map(|tag| format!("@g:{{{tag}}}")),
        tag().prop_map(|tag| format!("@g:{{{tag}}}=>{{$weight: 0}}")),
        (tag(), tag()).prop_map(|(a, b)| format!("@g:{{{a}|{b}}}")),
        tag().prop_map(|tag| format!("@o:{{{tag}}}")),
        (tag(), tag(), tag()).prop_map(|(a, b, c)| format!("@o:{{{a}|{b}|{c}}}")),
        (-20_i8..20, 0_i8..30).prop_map(|(from, width)| format!("@n:[{from} {}]", from + width)),
        (-5_i8..5, 0_i8..5).prop_map(|(from, width)| format!("@m:[{from} {}]", from + width)),
        (-3_i8..3, 1_u32..400).prop_map(|(at, radius)| format!("@p:[{at} {at} {radius} km]")),
        Just("ismissing(@m)".to_owned()),
        prop::sample::select(WORDS.to_vec()).prop_map(|word| format!("-{word}")),
    ];
    let several = prop::collection::vec(leaf.clone(), 2..4);
    prop_oneof![
        4 => leaf.clone(),
        1 => leaf.prop_map(|it| format!("-({it})")),
        1 => several.prop_map(|parts| format!("({})", parts.join("|"))),
    ]
}

fn search() -> impl Strategy<Value = Vec<String>> {
    let parts = (
        prop::option::weighted(0.7, words()),
        prop::collection::vec(condition(), 0..4),
    );
    let query = parts.prop_map(|(words, conditions)| {
        let parts: Vec<String> = words.into_iter().chain(conditions).collect();
        if parts.is_empty() {
            "*".to_owned()
        } else {
            parts.join(" ")
        }
    });
    let options = prop::sample::select(vec![
        "LIMIT 0 5",
        "LIMIT 0 5 WITHOUTCOUNT",
        "LIMIT 0 0",
        "LIMIT 2 3 WITHSCORES",
        "SORTBY n LIMIT 0 5",
        "SORTBY n DESC LIMIT 0 4 WITHOUTCOUNT",
        "SORTBY m ASC LIMIT 0 700",
        "SORTBY 2 @m @n LIMIT 0 5",
        "LIMIT 0 3 FACETS 2 g n",
        "SORTBY n LIMIT 0 3 FACETS 1 m",
        "KNN",
    ]);
    (query, options).prop_map(|(query, options)| {
        if options == "KNN" {
            let query = format!("({query})=>[KNN 4 @v $q]");
            return vec![query, "PARAMS".into(), "2".into(), "q".into(), "x".into()];
        }
        let options = options.split(' ').map(str::to_owned);
        std::iter::once(query).chain(options).collect()
    })
}

fn index(documents: &[Document]) -> Index {
    let words: Vec<&[u8]> = SCHEMA.split_whitespace().map(str::as_bytes).collect();
    let mut index = Index::new(1, Definition::parse(&words).unwrap());
    let mut keys = Documents(documents.to_vec());
    for slot in 0..documents.len() {
        index.refresh(slot.to_string().as_bytes(), &mut keys);
    }
    index
}

/// A search, and the plan that is made of it.
fn planned<T: AsRef<str>>(words: &[T], index: &Index) -> (Search, Plan) {
    let words = words.iter().map(|word| word.as_ref().as_bytes());
    let arguments: Vec<&[u8]> = std::iter::once(b"i".as_slice()).chain(words).collect();
    let search = Search::parse(&arguments).unwrap();
    let params = Params::new(&search.params);
    let query = parse(&search.query, &params).unwrap();
    let plan = plan(&search, &query, index, &|| false).unwrap();
    (search, plan)
}

/// What hits are, without the last digits of scores.
fn shown(hits: &Hits, counts: bool) -> String {
    let mut text = String::new();
    if counts {
        _ = writeln!(text, "{}", hits.total);
    }
    for hit in &hits.rows {
        let (doc, keys) = (hit.doc.get(), &hit.sort_keys);
        _ = writeln!(text, "{doc} {:.9} {keys:?} {:?}", hit.score, hit.distance);
    }
    _ = write!(text, "{:?}", hits.facets);
    text
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) })]

    #[test]
    fn every_way_to_run_a_search_finds_the_same(
        documents in documents(),
        searches in prop::collection::vec(search(), 12),
        given_up_after in prop_oneof![Just(u64::MAX), 1_u64..20],
    ) {
        let index = index(&documents);
        let mut keys = Documents(documents);
        let never = Deadline::after_ms(0);
        for words in searches {
            let (search, plan) = planned(&words, &index);
            let limit = if search.count > 0 { search.offset + search.count } else { 0 };
            let mut run = |plan: &Plan| exec::run(plan, limit, &index, &mut keys, &never).unwrap();
            let expected = shown(&run(&plan), plan.counts);
            for (name, mut other) in alternatives(&plan, &index) {
                // A walk that is given up ends in the other way, and finds the same.
                if let Method::Walk(walk) = &mut other.method {
                    walk.most = given_up_after;
                }
                let found = shown(&run(&other), plan.counts);
                prop_assert_eq!(&found, &expected, "{:?} by {}", words, name);
            }
        }
    }
}

#[test]
fn all_matches_are_a_set_first_where_several_words_and_conditions_leave_few() {
    let document = |slot: usize| Document {
        words: (0..6).filter(|word| slot % (word + 2) < 2).collect(),
        tags: vec![slot % 4],
        number: i8::try_from(slot % 40).unwrap() - 20,
        other: i8::try_from(slot % 11).ok(),
        place: (0, 0),
        vector: 0,
    };
    let index = index(&(0..8_000).map(document).collect::<Vec<_>>());
    let method = |words: &[&str]| planned(words, &index).1.method;
    let matched = Method::BestWords(FilterBy::Matched);
    let ranges = "carl dora emil rare @n:[-19 18] @m:[1 9]";
    assert_eq!(method(&[ranges, "LIMIT", "0", "10"]), matched);
    // Of many matches most are passed over, and a few are scored as they are found.
    assert_eq!(
        method(&["anne bert", "LIMIT", "0", "10", "WITHOUTCOUNT"]),
        Method::BestWords(FilterBy::Asked)
    );
}
