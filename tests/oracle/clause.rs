//! Random filters over the fields of a schema.

use nuthatch::query::ast::{
    Attributes, Bound, Field, Fields, Node, Parameter, Range, Slop, TagPattern, VectorRange,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::Union;

use super::nearest::vector_fields;
use super::place;
use super::schema::{Kind, Schema, Vectors};
use super::words;

/// Filters of every kind of node, at most a few levels deep, as the parser would make them.
pub(crate) fn filter(schema: &Schema) -> BoxedStrategy<Node> {
    let nested = clause(schema).prop_recursive(3, 8, 2, |inner| {
        let parts = || prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            3 => parts().prop_map(Node::And),
            3 => parts().prop_map(Node::Or),
            1 => inner.clone().prop_map(|node| {
                if let Node::Not(inner) = node { *inner } else { Node::Not(Box::new(node)) }
            }),
            1 => inner.clone().prop_map(|node| Node::Optional(Box::new(node))),
            2 => attributed(inner),
        ]
    });
    let some_words = group(schema);
    prop_oneof![1 => Just(Node::All), 4 => clause(schema), 6 => nested, 2 => some_words].boxed()
}

/// Words that often stand near to each other.
fn group(schema: &Schema) -> BoxedStrategy<Node> {
    let names = schema.fields.iter();
    let names = names.filter(|field| matches!(field.kind, Kind::Text { .. }));
    let fields = text_fields(names.map(|field| named(field.attribute)).collect());
    let word = (fields.clone(), words::common_word());
    let word = word.prop_map(|(fields, term)| Node::Term { fields, term });
    let part = prop_oneof![4 => word, 1 => phrase(fields.clone()), 1 => fuzzy(fields)];
    let words = prop::collection::vec(part, 2..4).prop_map(Node::And);
    prop_oneof![words.clone(), attributed(words)].boxed()
}

/// Clauses that are given as JSON, and whether what matches them is left out: of what is everything, and
/// beside neighbours of all that would score.
pub(crate) fn json_filter(schema: &Schema, nearest: bool) -> BoxedStrategy<(Node, bool)> {
    let is_vector = |node: &Node| matches!(node, Node::VectorRange(_));
    // Their parameters are of the query.
    let one = clause(schema).prop_map(move |node| if is_vector(&node) { Node::All } else { node });
    let node = one.prop_recursive(2, 4, 2, |inner| {
        let parts = || prop::collection::vec(inner.clone(), 2);
        prop_oneof![
            2 => parts().prop_map(Node::And),
            1 => parts().prop_map(Node::Or),
            1 => inner.clone().prop_map(|node| Node::Optional(Box::new(node))),
            3 => attributed(inner),
        ]
    });
    let node = prop_oneof![4 => node, 1 => group(schema)];
    (node, any::<bool>())
        .prop_map(move |(node, outside)| {
            let plain = matches!(
                node,
                Node::Numeric { .. } | Node::Area { .. } | Node::Missing { .. }
            );
            let outside = outside || is_everything(&node) || nearest && !plain;
            (node, outside)
        })
        .boxed()
}

fn is_everything(node: &Node) -> bool {
    match node {
        Node::Attributed { node, .. } => is_everything(node),
        Node::Or(parts) => parts.iter().any(is_everything),
        Node::And(parts) => parts.iter().all(is_everything),
        Node::All => true,
        Node::Nothing
        | Node::Term { .. }
        | Node::Phrase { .. }
        | Node::Prefix { .. }
        | Node::Suffix { .. }
        | Node::Infix { .. }
        | Node::Wildcard { .. }
        | Node::Fuzzy { .. }
        | Node::Missing { .. }
        | Node::Tag { .. }
        | Node::Numeric { .. }
        | Node::Area { .. }
        | Node::VectorRange(_)
        | Node::Not(_)
        | Node::Optional(_) => false,
    }
}

fn attributed(node: impl Strategy<Value = Node> + 'static) -> BoxedStrategy<Node> {
    let weight = prop::option::of(select(vec![0.0, 0.5, 2.0, 10.0]));
    let slop = prop_oneof![1 => Just(Slop::Any), 4 => (0..5_u32).prop_map(Slop::AtMost)];
    let in_order = prop::option::of(any::<bool>());
    let phonetic = prop::option::weighted(0.3, any::<bool>());
    (node, weight, prop::option::of(slop), in_order, phonetic)
        .prop_map(|(node, weight, slop, in_order, phonetic)| {
            let attributes = Attributes {
                weight,
                slop,
                in_order,
                phonetic,
            };
            if attributes == Attributes::default() {
                return node;
            }
            Node::Attributed {
                node: Box::new(node),
                attributes,
            }
        })
        .boxed()
}

fn clause(schema: &Schema) -> BoxedStrategy<Node> {
    let of_kind = |is: fn(&Kind) -> bool| -> Vec<Field> {
        let fields = schema.fields.iter().filter(|field| is(&field.kind));
        fields.map(|field| named(field.attribute)).collect()
    };
    let fields = text_fields(of_kind(|kind| matches!(kind, Kind::Text { .. })));
    let mut clauses = vec![(1, Just(Node::All).boxed())];
    clauses.push((4, term(fields.clone())));
    clauses.push((2, phrase(fields.clone())));
    clauses.push((2, prefix(fields.clone())));
    clauses.push((2, pattern(fields.clone())));
    clauses.push((2, fuzzy(fields)));
    let with_missing = schema.fields.iter().filter(|field| field.index_missing);
    let with_missing: Vec<Field> = with_missing.map(|field| named(field.attribute)).collect();
    if !with_missing.is_empty() {
        let missing = select(with_missing).prop_map(|field| Node::Missing { field });
        clauses.push((2, missing.boxed()));
    }
    let is_tag = |field: &&super::schema::Field| matches!(field.kind, Kind::Tag { .. });
    let tag_fields: Vec<(Field, bool)> = (schema.fields.iter().filter(is_tag))
        .map(|field| (named(field.attribute), field.index_empty))
        .collect();
    if !tag_fields.is_empty() {
        clauses.push((6, tags(tag_fields)));
    }
    let numeric_fields = of_kind(|kind| matches!(kind, Kind::Numeric));
    if !numeric_fields.is_empty() {
        clauses.push((6, range(numeric_fields)));
    }
    let geo_fields = of_kind(|kind| matches!(kind, Kind::Geo));
    if !geo_fields.is_empty() {
        clauses.push((6, place::in_circle(geo_fields)));
    }
    let shapes = schema.fields.iter().filter_map(|field| match field.kind {
        Kind::Shape { spherical } => Some((named(field.attribute), spherical)),
        Kind::Text { .. } | Kind::Tag { .. } | Kind::Numeric | Kind::Geo | Kind::Vector(_) => None,
    });
    let shape_fields: Vec<(Field, bool)> = shapes.collect();
    if !shape_fields.is_empty() {
        clauses.push((6, place::beside_shape(shape_fields)));
    }
    let vector_fields = vector_fields(schema);
    if !vector_fields.is_empty() {
        clauses.push((6, vector_range(vector_fields)));
    }
    Union::new_weighted(clauses).boxed()
}

/// No, one or several text fields.
fn text_fields(all: Vec<Field>) -> BoxedStrategy<Fields> {
    let count = all.len();
    prop_oneof![1 => Just(Fields::new()), 1 => subsequence(all, 0..=count)].boxed()
}

fn term(fields: BoxedStrategy<Fields>) -> BoxedStrategy<Node> {
    (fields, words::word())
        .prop_map(|(fields, term)| Node::Term { fields, term })
        .boxed()
}

fn phrase(fields: BoxedStrategy<Fields>) -> BoxedStrategy<Node> {
    let some = prop::collection::vec(words::word(), 1..4).prop_map(|words| words.join(&b' '));
    let common = prop::collection::vec(words::common_word(), 2..4);
    let text = prop_oneof![
        8 => common.prop_map(|words| words.join(&b' ')),
        4 => some,
        2 => words::text(),
        1 => Just(b"...".to_vec()),
        1 => Just(Vec::new()),
    ];
    (fields, text)
        .prop_map(|(mut fields, text)| {
            if text.is_empty() {
                // A field that is named and does not index empty values is an error.
                fields.clear();
            }
            Node::Phrase { fields, text }
        })
        .boxed()
}

fn prefix(fields: BoxedStrategy<Fields>) -> BoxedStrategy<Node> {
    let known = (words::word(), 1..5_usize).prop_map(|(mut word, length)| {
        // Not within a letter: what is left would be folded as other bytes are.
        while length < word.len() {
            word.pop();
        }
        while word.last().is_some_and(|byte| !byte.is_ascii()) {
            word.pop();
        }
        word
    });
    let prefixes = prop_oneof![8 => known, 2 => Just(b"wren".to_vec())];
    let prefixes = prefixes.prop_filter("a prefix has a letter", |prefix| !prefix.is_empty());
    (fields, prefixes)
        .prop_map(|(fields, prefix)| Node::Prefix { fields, prefix })
        .boxed()
}

/// Suffixes, infixes and wildcards.
fn pattern(fields: BoxedStrategy<Fields>) -> BoxedStrategy<Node> {
    let part = select(vec!["un", "rd", "n", "unn", "tio", "oo", "ren1", "é", "zz"]);
    let part = part.prop_map(|part| part.as_bytes().to_vec());
    let shape = words::pattern();
    prop_oneof![
        (fields.clone(), part.clone()).prop_map(|(fields, suffix)| Node::Suffix { fields, suffix }),
        (fields.clone(), part).prop_map(|(fields, infix)| Node::Infix { fields, infix }),
        (fields, shape).prop_map(|(fields, pattern)| Node::Wildcard { fields, pattern }),
    ]
    .boxed()
}

fn fuzzy(fields: BoxedStrategy<Fields>) -> BoxedStrategy<Node> {
    let words = prop_oneof![words::common_word(), words::word()];
    (fields, words, 1..=3_u8)
        .prop_map(|(fields, term, distance)| Node::Fuzzy {
            fields,
            term,
            distance,
        })
        .boxed()
}

/// Tags of a field, each with whether it indexes empty ones; to ask another for those is an error.
fn tags(fields: Vec<(Field, bool)>) -> BoxedStrategy<Node> {
    let pattern = prop_oneof![
        3 => words::tag().prop_map(TagPattern::Exact),
        1 => (words::tag(), 0..4_usize).prop_map(|(mut tag, length)| {
            tag.truncate(length);
            TagPattern::Prefix(tag)
        }),
        1 => select(vec!["ed", "é", "lue", "éd"]).prop_map(|end| TagPattern::Suffix(end.into())),
        1 => select(vec!["ar", "k b", "ED", "z"]).prop_map(|part| TagPattern::Infix(part.into())),
        1 => select(vec!["r?d", "*d*", "dark*", "?", "R*"])
            .prop_map(|shape| TagPattern::Wildcard(shape.into())),
    ];
    (select(fields), prop::collection::vec(pattern, 1..4))
        .prop_map(|((field, index_empty), mut values)| {
            let is_empty = |value: &TagPattern| match value {
                TagPattern::Exact(tag) => tag.trim_ascii().is_empty(),
                TagPattern::Prefix(_)
                | TagPattern::Suffix(_)
                | TagPattern::Infix(_)
                | TagPattern::Wildcard(_) => false,
            };
            values.retain(|value| index_empty || !is_empty(value));
            if values.is_empty() {
                values.push(TagPattern::Exact(b"red".to_vec()));
            }
            Node::Tag { field, values }
        })
        .boxed()
}

fn range(fields: Vec<Field>) -> BoxedStrategy<Node> {
    (select(fields), bounds())
        .prop_map(|(field, range)| Node::Numeric { field, range })
        .boxed()
}

pub(crate) fn bounds() -> impl Strategy<Value = Range> {
    let value = || {
        prop_oneof![
            6 => (-4..=6_i32).prop_map(f64::from),
            1 => (-8..=8_i32).prop_map(|half| f64::from(half) / 2.0),
            1 => Just(f64::INFINITY),
            1 => Just(f64::NEG_INFINITY),
            1 => Just(1e3),
        ]
    };
    (value(), value(), any::<(bool, bool)>()).prop_map(|(a, b, (open_min, open_max))| Range {
        min: Bound {
            value: a.min(b),
            exclusive: open_min,
        },
        max: Bound {
            value: a.max(b),
            exclusive: open_max,
        },
    })
}

/// A field's name as the tree has it.
pub(crate) fn named(attribute: &str) -> Field {
    Field {
        name: attribute.into(),
        offset: 0,
    }
}

/// Ranges of vectors whose ends are hardly ever a distance.
fn vector_range(fields: Vec<(Field, Vectors)>) -> BoxedStrategy<Node> {
    let radius = select(vec![
        0.213_7,
        0.457_1,
        0.871_3,
        1.239_1,
        1.743_1,
        3.3,
        7.7,
        13.3,
        1e20,
        f64::INFINITY,
    ]);
    let name = prop::option::of(Just(Vec::new()));
    let epsilon = prop::option::of(select(vec![0.0, 0.5]));
    select(fields)
        .prop_flat_map(move |(field, vectors)| {
            let rest = (radius.clone(), name.clone(), epsilon.clone());
            (words::components(vectors), rest).prop_map(
                move |(vector, (radius, distance_name, epsilon))| {
                    Node::VectorRange(VectorRange {
                        field: field.clone(),
                        radius,
                        vector: Parameter {
                            name: Vec::new(),
                            value: words::blob(vectors.element, &vector),
                        },
                        distance_name,
                        epsilon,
                    })
                },
            )
        })
        .boxed()
}
