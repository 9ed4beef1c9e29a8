//! Small vocabularies, so that what is generated meets.

use proptest::prelude::*;
use proptest::sample::select;

/// Names of fields in queries; some have to be escaped there.
pub(crate) const ATTRIBUTES: [&str; 8] =
    ["title", "body", "p.q", "na me", "_a", "größe", "9", "x-1"];

/// Names of hash fields that several attributes may share.
pub(crate) const IDENTIFIERS: [&str; 3] = ["shared", "other field", "title"];

/// Words that share stems, differ in letter case only, are no words, or are dropped.
const WORDS: [&str; 32] = [
    "run",
    "Running",
    "runs",
    "runner",
    "bird",
    "Bird",
    "BIRDS",
    "birding",
    "nation",
    "national",
    "nations",
    "the",
    "of",
    "And",
    "snake_case",
    "snake",
    "foo-bar",
    "foo\\-bar",
    "foo",
    "bar",
    "café",
    "CAFÉ",
    "Σοφός",
    "ΣΟΦΟΣ",
    "42",
    "4.2",
    "1e3",
    "hell",
    "hello",
    "helium",
    "generate",
    "generation",
];

const TAGS: [&str; 14] = [
    "red",
    "Red",
    "RED",
    "dark blue",
    "dark",
    "da",
    "rédé",
    "foo-bar",
    "a\"b",
    "\\x",
    "{z}",
    "the",
    "",
    "réD",
];

/// Few enough that they often stand side by side.
const COMMON_WORDS: [&str; 6] = ["run", "running", "bird", "Birds", "foo", "of"];

/// Words as a text holds them, some not valid UTF-8.
pub(crate) fn word() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        60 => common_word(),
        30 => select(&WORDS[..]).prop_map(|word| word.as_bytes().to_vec()),
        2 => Just(b"\xffOdd".to_vec()),
        1 => Just(b"od\xc3".to_vec()),
    ]
}

/// Words that texts often hold side by side.
pub(crate) fn common_word() -> impl Strategy<Value = Vec<u8>> {
    select(&COMMON_WORDS[..]).prop_map(|word| word.as_bytes().to_vec())
}

/// Texts of no, few or many words.
pub(crate) fn text() -> impl Strategy<Value = Vec<u8>> {
    let between = select(vec![
        " ", " ", " ", ", ", "\t", "-", ". ", " the ", "\\ ", "\\", " \\\\ ",
    ]);
    let some = prop::collection::vec((word(), between), 0..10).prop_map(|parts| {
        let mut text: Vec<u8> = Vec::new();
        for (word, between) in parts {
            text.extend(word);
            text.extend(between.as_bytes());
        }
        text
    });
    // More words of one prefix than a query looks at.
    let many = (0_u32..100).prop_map(|from| {
        let words: Vec<String> = (from..from + 150)
            .map(|number| format!("wren{number}"))
            .collect();
        words.join(" ").into_bytes()
    });
    prop_oneof![40 => some, 1 => many]
}

/// A tag without separators.
pub(crate) fn tag() -> impl Strategy<Value = Vec<u8>> {
    select(&TAGS[..]).prop_map(|tag| tag.as_bytes().to_vec())
}

/// The value of a tag field.
pub(crate) fn tags() -> impl Strategy<Value = Vec<u8>> {
    let between = select(vec![",", ";", "|", " , ", ";\t"]);
    prop::collection::vec((tag(), between), 1..4).prop_map(|parts| {
        let mut tags = Vec::new();
        for (index, (tag, between)) in parts.into_iter().enumerate() {
            if index > 0 {
                tags.extend(between.as_bytes());
            }
            tags.extend(tag);
        }
        tags
    })
}

/// The value of a numeric field, which may be no number.
pub(crate) fn number() -> impl Strategy<Value = Vec<u8>> {
    let odd = select(vec![
        "inf", "-inf", "+4", " 2 ", "-0", "1e3", ".5", "x", "", "nan", "1,5", "0x1", "--1",
        "\u{ff11}",
    ]);
    prop_oneof![
        4 => (-3..=5_i32).prop_map(|number| number.to_string().into_bytes()),
        1 => (-6..=6_i32).prop_map(|half| (f64::from(half) / 2.0).to_string().into_bytes()),
        2 => odd.prop_map(|number| number.as_bytes().to_vec()),
    ]
}

/// Components of a vector: few, so that there are equal vectors and equal distances.
pub(crate) fn components(dimensions: usize) -> impl Strategy<Value = Vec<f32>> {
    let component = prop_oneof![
        8 => (-2_i8..=2).prop_map(f32::from),
        1 => select(vec![0.5, 0.1, -1.75, 1e15, -1e15, 1e-30, 1e-8]),
    ];
    prop::collection::vec(component, dimensions)
}

/// The value of a vector field, which may have a wrong length or a component that is no number.
pub(crate) fn vector(dimensions: usize) -> impl Strategy<Value = Vec<u8>> {
    let broken = select(vec![0_usize, 3, 4, 8, 12, 17]).prop_map(|length| vec![1; length]);
    let infinite = components(dimensions).prop_map(|mut vector| {
        vector[0] = f32::INFINITY;
        blob(&vector)
    });
    prop_oneof![
        10 => components(dimensions).prop_map(|vector| blob(&vector)),
        1 => broken,
        1 => infinite,
    ]
}

/// A vector as documents and parameters hold it.
pub(crate) fn blob(vector: &[f32]) -> Vec<u8> {
    vector
        .iter()
        .flat_map(|component| component.to_le_bytes())
        .collect()
}
