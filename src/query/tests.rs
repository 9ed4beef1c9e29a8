//! Properties over generated syntax trees and over bytes that are hardly queries.

use proptest::prelude::*;

use super::ast::{
    Area, Attributes, Bound, Field, Fields, HybridPolicy, Knn, MOST_WEIGHT, Node, Parameter, Query,
    Range, Relation, Slop, TagPattern, VectorRange,
};
use super::{Params, parse, print};
use crate::request::circle::{Circle, Unit};

/// Bytes that are special somewhere in the grammar, and some that are not.
fn byte() -> impl Strategy<Value = u8> {
    prop_oneof![
        prop::sample::select(b"\"'\\ {}[]()|-~@$*%:;=><!?.,+_\t\n\0aAwW159eE".to_vec()),
        any::<u8>(),
    ]
}

fn bytes(least: usize) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => prop::collection::vec(byte(), least..6),
        1 => prop::sample::select(vec![&b"inf"[..], b"w", b"ismissing", b"KNN", b"-5", b"1.5", b"$a"])
            .prop_map(<[u8]>::to_vec),
    ]
}

fn field() -> impl Strategy<Value = Field> {
    bytes(1).prop_map(|name| Field { name, offset: 0 })
}

fn fields() -> impl Strategy<Value = Fields> {
    prop::collection::vec(field(), 0..3)
}

fn tag_pattern() -> impl Strategy<Value = TagPattern> {
    prop_oneof![
        bytes(0).prop_map(TagPattern::Exact),
        bytes(0).prop_map(TagPattern::Prefix),
        bytes(0).prop_map(TagPattern::Suffix),
        bytes(0).prop_map(TagPattern::Infix),
        pattern().prop_map(TagPattern::Wildcard),
    ]
}

fn range() -> impl Strategy<Value = Range> {
    let value = || {
        prop_oneof![
            prop::sample::select(vec![0.0, -0.5, 1e300, f64::INFINITY, f64::NEG_INFINITY]),
            prop::num::f64::ANY.prop_filter("never NaN", |value| !value.is_nan()),
        ]
    };
    (value(), value(), any::<[bool; 2]>()).prop_map(|(a, b, exclusive)| Range {
        min: Bound {
            value: a.min(b),
            exclusive: exclusive[0],
        },
        max: Bound {
            value: a.max(b),
            exclusive: exclusive[1],
        },
    })
}

fn clause() -> impl Strategy<Value = Node> {
    prop_oneof![
        Just(Node::All),
        (fields(), bytes(1)).prop_map(|(fields, term)| Node::Term { fields, term }),
        (fields(), bytes(0)).prop_map(|(fields, text)| Node::Phrase { fields, text }),
        (fields(), bytes(0)).prop_map(|(fields, prefix)| Node::Prefix { fields, prefix }),
        (fields(), bytes(0)).prop_map(|(fields, suffix)| Node::Suffix { fields, suffix }),
        (fields(), bytes(0)).prop_map(|(fields, infix)| Node::Infix { fields, infix }),
        (fields(), pattern()).prop_map(|(fields, pattern)| Node::Wildcard { fields, pattern }),
        (fields(), bytes(0), 1..=3_u8).prop_map(|(fields, term, distance)| Node::Fuzzy {
            fields,
            term,
            distance,
        }),
        field().prop_map(|field| Node::Missing { field }),
        (field(), prop::collection::vec(tag_pattern(), 1..4))
            .prop_map(|(field, values)| Node::Tag { field, values }),
        (field(), range()).prop_map(|(field, range)| Node::Numeric { field, range }),
        (field(), area()).prop_map(|(field, area)| Node::Area { field, area }),
        vector_range().prop_map(Node::VectorRange),
    ]
}

fn area() -> impl Strategy<Value = Area> {
    let unit = vec![Unit::Metres, Unit::Kilometres, Unit::Miles, Unit::Feet];
    let radius = prop_oneof![Just(0.0), Just(f64::INFINITY), 0.0..1e9_f64];
    let place = (-180.0..=180.0, -90.0..=90.0_f64);
    let circle = (place, radius, prop::sample::select(unit));
    let circle = circle.prop_map(|((longitude, latitude), radius, unit)| {
        Area::Circle(Circle {
            longitude,
            latitude,
            radius,
            unit,
        })
    });
    let relation = prop::sample::select(vec![
        Relation::Within,
        Relation::Contains,
        Relation::Intersects,
        Relation::Disjoint,
    ]);
    let shape = (relation, bytes(0));
    prop_oneof![
        circle,
        shape.prop_map(|(relation, shape)| Area::Shape { relation, shape }),
    ]
}

/// Backslashes only where they take something from what follows.
fn pattern() -> impl Strategy<Value = Vec<u8>> {
    let escaped = prop::sample::select(b"?*\\".to_vec()).prop_map(|byte| vec![b'\\', byte]);
    let plain = byte().prop_filter("escapes come as a whole", |byte| *byte != b'\\');
    let part = prop_oneof![1 => escaped, 3 => plain.prop_map(|byte| vec![byte])];
    prop::collection::vec(part, 0..6).prop_map(|parts| parts.concat())
}

/// At least one.
fn attributes() -> impl Strategy<Value = Attributes> {
    let weight = prop_oneof![Just(0.0), Just(MOST_WEIGHT), Just(1e-300), 0.0..10.0_f64];
    let slop = prop_oneof![Just(Slop::Any), any::<u32>().prop_map(Slop::AtMost)];
    let option = prop::option::of::<proptest::bool::Any>;
    (
        prop::option::of(weight),
        prop::option::of(slop),
        option(proptest::bool::ANY),
        option(proptest::bool::ANY),
    )
        .prop_map(|(weight, slop, in_order, phonetic)| Attributes {
            weight,
            slop,
            in_order,
            phonetic,
        })
        .prop_filter("none is none", |it| *it != Attributes::default())
}

/// Trees as the parser makes them: flat, and without a double negation.
fn node() -> impl Strategy<Value = Node> {
    clause().prop_recursive(5, 40, 4, |inner| {
        let children = || prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            children().prop_map(and),
            children().prop_map(or),
            inner.clone().prop_map(not),
            inner
                .clone()
                .prop_map(|child| Node::Optional(Box::new(child))),
            (inner, attributes()).prop_map(|(child, attributes)| Node::Attributed {
                node: Box::new(child),
                attributes,
            }),
        ]
    })
}

fn and(children: Vec<Node>) -> Node {
    let flat = children.into_iter().flat_map(|child| {
        if let Node::And(inner) = child {
            inner
        } else {
            vec![child]
        }
    });
    Node::And(flat.collect())
}

fn or(children: Vec<Node>) -> Node {
    let flat = children.into_iter().flat_map(|child| {
        if let Node::Or(inner) = child {
            inner
        } else {
            vec![child]
        }
    });
    Node::Or(flat.collect())
}

fn not(child: Node) -> Node {
    if let Node::Not(inner) = child {
        *inner
    } else {
        Node::Not(Box::new(child))
    }
}

/// The name tells the value, as in `PARAMS`.
fn parameter() -> impl Strategy<Value = Parameter> {
    bytes(1).prop_map(|name| Parameter {
        value: [b"value of ", name.as_slice()].concat(),
        name,
    })
}

fn vector_range() -> impl Strategy<Value = VectorRange> {
    let radius = prop_oneof![
        prop::sample::select(vec![0.0, 0.5, 1e300, 1e-300, f64::INFINITY]),
        0.0..1e9_f64,
    ];
    let distance_name = prop::option::of(bytes(1));
    let epsilon = prop::option::of(0.0..1e3_f64);
    (field(), radius, parameter(), distance_name, epsilon).prop_map(
        |(field, radius, vector, distance_name, epsilon)| VectorRange {
            field,
            radius,
            vector,
            distance_name,
            epsilon,
        },
    )
}

fn knn() -> impl Strategy<Value = Knn> {
    let distance_name = prop::option::of(bytes(1));
    let ef_runtime = prop::option::of(1..=1_000_000_usize);
    let batch_size = prop::option::of(1..usize::MAX);
    let policy = prop::option::of(prop::sample::select(vec![
        HybridPolicy::Batches,
        HybridPolicy::AdhocBruteForce,
    ]));
    let options = (distance_name, ef_runtime, policy, batch_size);
    (any::<usize>(), field(), parameter(), options).prop_map(
        |(k, field, vector, (distance_name, ef_runtime, policy, batch_size))| {
            let batches = policy != Some(HybridPolicy::AdhocBruteForce);
            Knn {
                k,
                field,
                vector,
                distance_name,
                ef_runtime: ef_runtime.filter(|_| batches),
                policy,
                batch_size: batch_size.filter(|_| batches),
            }
        },
    )
}

/// A policy needs a filter.
fn with_policy_if_filtered(filter: Node, mut knn: Option<Knn>) -> Query {
    if let Some(knn) = knn.as_mut().filter(|_| filter == Node::All) {
        knn.policy = None;
    }
    Query {
        filter,
        filters: Vec::new(),
        knn,
    }
}

fn query() -> impl Strategy<Value = Query> {
    let with_knn = (node(), prop::option::of(knn()))
        .prop_map(|(filter, knn)| with_policy_if_filtered(filter, knn));
    let weighted_star = attributes().prop_map(|attributes| Query {
        filters: Vec::new(),
        filter: Node::Attributed {
            node: Box::new(Node::All),
            attributes,
        },
        knn: None,
    });
    prop_oneof![
        20 => with_knn,
        1 => weighted_star,
        1 => Just(Query { filter: Node::Nothing, filters: Vec::new(), knn: None }),
    ]
}

fn params(query: &Query) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut vectors = Vec::new();
    collect_vectors(&query.filter, &mut vectors);
    vectors.extend(query.knn.iter().map(|knn| &knn.vector));
    vectors
        .into_iter()
        .map(|vector| (vector.name.clone(), vector.value.clone()))
        .collect()
}

fn collect_vectors<'a>(node: &'a Node, vectors: &mut Vec<&'a Parameter>) {
    match node {
        Node::VectorRange(range) => vectors.push(&range.vector),
        Node::And(parts) | Node::Or(parts) => {
            parts.iter().for_each(|part| collect_vectors(part, vectors));
        }
        Node::Not(part) | Node::Optional(part) | Node::Attributed { node: part, .. } => {
            collect_vectors(part, vectors);
        }
        Node::All
        | Node::Nothing
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
        | Node::Area { .. } => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_printed_query_parses_to_itself(query in query()) {
        let text = print(&query);
        let pairs = params(&query);
        let shown = String::from_utf8_lossy(&text);
        prop_assert_eq!(parse(&text, &Params::new(&pairs)), Ok(query.clone()), "{}", shown);
    }

    #[test]
    fn no_bytes_make_the_parser_panic(query in prop::collection::vec(byte(), 0..60)) {
        let pairs = [(b"a".to_vec(), b"1".to_vec())];
        let params = Params::new(&pairs);
        if let Ok(parsed) = parse(&query, &params) {
            let text = print(&parsed);
            prop_assert_eq!(parse(&text, &params), Ok(parsed));
        }
    }

    #[test]
    fn no_change_of_a_valid_query_makes_the_parser_panic(
        query in query(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), byte(), 0..3), 1..4),
    ) {
        let pairs = params(&query);
        let params = Params::new(&pairs);
        let mut text = print(&query);
        for (place, byte, kind) in changes {
            let place = place.index(text.len() + 1);
            match kind {
                0 if place < text.len() => text[place] = byte,
                1 if place < text.len() => drop(text.remove(place)),
                _ => text.insert(place, byte),
            }
        }
        if let Ok(parsed) = parse(&text, &params) {
            let again = print(&parsed);
            prop_assert_eq!(parse(&again, &params), Ok(parsed));
        }
    }
}
