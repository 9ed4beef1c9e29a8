//! Random documents and searches, and searches as commands.

use proptest::prelude::*;

use super::naive::{Asked, Document, Filter, Fusion, Leg, Search, WORDS};

fn vector() -> impl Strategy<Value = [i8; 2]> {
    [-3i8..4, -3i8..4]
}

pub(super) fn document() -> impl Strategy<Value = Document> {
    (
        prop::collection::vec(0..WORDS.len(), 0..6),
        prop::option::weighted(0.8, -5i32..10),
        prop::option::weighted(0.8, 0usize..3),
        prop::option::weighted(0.8, vector()),
        prop::option::weighted(0.8, vector()),
    )
        .prop_map(|(text, number, tag, v0, v1)| Document {
            text,
            number,
            tag,
            vectors: [v0, v1],
        })
}

/// One of a few, so that legs often have the same.
fn filter() -> impl Strategy<Value = Filter> {
    let range = prop::sample::select(vec![(-5, 4), (0, 9), (3, 3)]);
    (prop::option::of(range), prop::option::of(0usize..2))
        .prop_filter_map("nothing", |(range, tag)| {
            (range.is_some() || tag.is_some()).then_some(Filter { range, tag })
        })
}

fn asked() -> impl Strategy<Value = Asked> {
    let words = prop::sample::subsequence((0..WORDS.len()).collect::<Vec<_>>(), 1..3);
    prop_oneof![
        (
            words,
            any::<bool>(),
            prop::option::of(filter()),
            any::<bool>()
        )
            .prop_map(|(words, all, within, by_words)| Asked::Words {
                words,
                all,
                within,
                by_words
            }),
        (0usize..2, vector(), 1usize..12).prop_map(|(metric, vector, k)| Asked::Nearest {
            metric,
            vector,
            k
        }),
        (0usize..2, vector(), 0u16..20).prop_map(|(metric, vector, radius)| Asked::Within {
            metric,
            vector,
            radius
        }),
    ]
}

fn leg() -> impl Strategy<Value = Leg> {
    (asked(), prop::option::of(filter()), 0u8..6).prop_map(|(asked, filter, weight)| Leg {
        asked,
        filter,
        weight,
    })
}

pub(super) fn search() -> impl Strategy<Value = Search> {
    let fusion = prop_oneof![
        (0u8..70).prop_map(Fusion::Ranks),
        Just(Fusion::Scores),
        Just(Fusion::Relative),
        Just(Fusion::Distribution),
    ];
    (
        prop::collection::vec(leg(), 2..5),
        fusion,
        1usize..25,
        prop::option::of(-3i32..6),
        0usize..4,
        1usize..30,
    )
        .prop_map(|(legs, fusion, window, above, offset, count)| Search {
            legs,
            fusion,
            window,
            above,
            offset,
            count,
        })
}

pub(super) fn blob(vector: [i8; 2]) -> Vec<u8> {
    let floats = vector.into_iter().map(f32::from);
    floats.flat_map(f32::to_le_bytes).collect()
}

fn written(filter: &Filter) -> String {
    let range = filter.range.map(|(min, max)| format!("@n:[{min} {max}]"));
    let tag = filter.tag.map(|tag| format!("@g:{{{}}}", WORDS[tag]));
    range.into_iter().chain(tag).collect::<Vec<_>>().join(" ")
}

fn add(words: &mut Vec<Vec<u8>>, text: &str) {
    words.extend(text.split(' ').map(|word| word.as_bytes().to_vec()));
}

/// What a leg asks for, in the words of a command.
fn wanted(words: &mut Vec<Vec<u8>>, slot: usize, asked: &Asked) {
    match asked {
        Asked::Words {
            words: looked_for,
            all,
            within,
            by_words,
        } => {
            let names: Vec<&str> = looked_for.iter().map(|word| WORDS[*word]).collect();
            let query = names.join(if *all { " " } else { "|" });
            let within = within.as_ref().map(written).unwrap_or_default();
            words.extend([
                b"SEARCH".to_vec(),
                format!("({query}) {within}").into_bytes(),
            ]);
            add(words, "VERBATIM SCORER");
            add(words, if *by_words { "BM25STD" } else { "DOCSCORE" });
        }
        Asked::Nearest { metric, k, .. } => {
            add(words, &format!("VSIM @v{metric} $q{slot} KNN 2 K {k}"));
        }
        Asked::Within { metric, radius, .. } => {
            let range = format!("VSIM @v{metric} $q{slot} RANGE 2 RADIUS {radius}");
            add(words, &range);
        }
    }
}

/// The command of a search, or of the cursors of its legs.
pub(super) fn command(search: &Search, with_cursors: bool) -> Vec<Vec<u8>> {
    let mut words: Vec<Vec<u8>> = Vec::new();
    let mut params: Vec<Vec<u8>> = Vec::new();
    add(&mut words, "FT.HYBRID i");
    for (slot, leg) in search.legs.iter().enumerate() {
        if let Asked::Nearest { vector, .. } | Asked::Within { vector, .. } = &leg.asked {
            params.extend([format!("q{slot}").into_bytes(), blob(*vector)]);
        }
        wanted(&mut words, slot, &leg.asked);
        if let Some(filter) = &leg.filter {
            words.extend([b"FILTER".to_vec(), written(filter).into_bytes()]);
        }
        let weight = f64::from(leg.weight) / 2.0;
        let weight = format!("WEIGHT {weight} YIELD_SCORE_AS s{slot}");
        add(&mut words, &weight);
    }
    let window = search.window;
    let combine = match search.fusion {
        Fusion::Ranks(constant) => format!("RRF 4 CONSTANT {constant} WINDOW {window}"),
        Fusion::Scores => format!("LINEAR 2 WINDOW {window}"),
        Fusion::Relative => format!("RELATIVE_SCORE 2 WINDOW {window}"),
        Fusion::Distribution => format!("DBSF 2 WINDOW {window}"),
    };
    add(
        &mut words,
        &format!("COMBINE {combine} LOAD 2 @__key @__score"),
    );
    if let Some(above) = search.above {
        add(&mut words, &format!("FILTER @n>{above}"));
    }
    if with_cursors {
        add(&mut words, "WITHCURSOR COUNT 2");
    } else {
        add(
            &mut words,
            &format!("LIMIT {} {}", search.offset, search.count),
        );
    }
    if !params.is_empty() {
        add(&mut words, &format!("PARAMS {}", params.len()));
        words.extend(params);
    }
    words
}
