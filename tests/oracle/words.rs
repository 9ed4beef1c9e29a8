//! Small vocabularies, so that what is generated meets.

use half::{bf16, f16};
use proptest::prelude::*;
use proptest::sample::select;

use super::schema::{Element, Vectors};

/// Names of fields in queries; some have to be escaped there.
pub(crate) const ATTRIBUTES: [&str; 8] =
    ["title", "body", "p.q", "na me", "_a", "größe", "9", "x-1"];

/// Names of hash fields that several attributes may share.
pub(crate) const IDENTIFIERS: [&str; 3] = ["shared", "other field", "title"];

/// Words that share stems, differ in letter case only, are no words, or are dropped.
const WORDS: [&str; 40] = [
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
    "generations",
    "ran",
    "John",
    "jon",
    "Smith",
    "schmidt",
    "Kinder",
    "kindern",
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

/// What a document or a query says of its language; the last two are none.
pub(crate) const LANGUAGES: [&str; 5] = ["english", "German", "none", "klingon", ""];

/// Terms of a group of synonyms, some of several words.
pub(crate) fn synonyms() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let several = prop::collection::vec(word(), 2..4).prop_map(|words| words.join(&b' '));
    let term = prop_oneof![4 => common_word(), 3 => word(), 2 => several];
    prop::collection::vec(term, 1..4)
}

/// A few bytes to compare bit by bit.
pub(crate) fn payload() -> impl Strategy<Value = Vec<u8>> {
    select(vec![&b"a"[..], b"b", b"\xff", b"ab", b"bb", b""]).prop_map(<[u8]>::to_vec)
}

/// Shapes of words.
pub(crate) fn pattern() -> impl Strategy<Value = Vec<u8>> {
    let patterns = vec![
        "r?n*", "*n", "?????", "b*d", "foo\\*", "caf?", "*\\?*", "n*i*n", "*", "wren?1", "",
    ];
    select(patterns).prop_map(|pattern| pattern.as_bytes().to_vec())
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
pub(crate) fn components(vectors: Vectors) -> impl Strategy<Value = Vec<f64>> {
    let odd = match vectors.element {
        Element::Float32 | Element::Float64 | Element::BFloat16 => {
            vec![0.5, 0.1, -1.75, 1e15, -1e15, 1e-30, 1e-8]
        }
        Element::Float16 => vec![0.5, 0.1, -1.75, 1e3, -6e4, 1e-7],
        Element::Int8 => vec![127.0, -128.0],
        Element::Uint8 => vec![255.0, 128.0],
    };
    let least = if vectors.element == Element::Uint8 {
        0
    } else {
        -2_i8
    };
    let component = prop_oneof![
        8 => (least..=2).prop_map(f64::from),
        1 => select(odd),
    ];
    prop::collection::vec(component, vectors.dimensions)
}

/// The value of a vector field, which may have a wrong length or a component that is no number.
pub(crate) fn vector(vectors: Vectors) -> impl Strategy<Value = Vec<u8>> {
    let broken = select(vec![0_usize, 3, 4, 8, 12, 17]).prop_map(|length| vec![1; length]);
    let infinite = components(vectors).prop_map(move |mut vector| {
        vector[0] = f64::INFINITY;
        blob(vectors.element, &vector)
    });
    prop_oneof![
        10 => components(vectors).prop_map(move |vector| blob(vectors.element, &vector)),
        1 => broken,
        1 => infinite,
    ]
}

/// A vector as documents and parameters hold it.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what is generated for a type fits it, infinity aside, for which integers take another"
)]
pub(crate) fn blob(element: Element, vector: &[f64]) -> Vec<u8> {
    let bytes = |component: &f64| match element {
        Element::Float32 => (*component as f32).to_le_bytes().to_vec(),
        Element::Float64 => component.to_le_bytes().to_vec(),
        Element::Float16 => f16::from_f64(*component).to_le_bytes().to_vec(),
        Element::BFloat16 => bf16::from_f64(*component).to_le_bytes().to_vec(),
        Element::Int8 => vec![(*component as i8).cast_unsigned()],
        Element::Uint8 => vec![*component as u8],
    };
    vector.iter().flat_map(bytes).collect()
}
