//! Random searches over the fields of a schema.

use nuthatch::query::ast::{
    Bound, Field, Fields, HybridPolicy, Knn, Node, Parameter, Query, Range, TagPattern, VectorRange,
};
use nuthatch::query::print;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::Union;

use super::answer::vector_ranges;
use super::schema::{Algorithm, INDEX, Kind, Schema, Vectors};
use super::words;

/// A property to return, and what to call it.
pub(crate) type Returned = (Vec<u8>, Option<Vec<u8>>);

/// An `FT.SEARCH`.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    pub(crate) query: Query,
    /// A property, and whether the highest comes first.
    pub(crate) sort: Option<(Vec<u8>, bool)>,
    pub(crate) limit: Option<(usize, usize)>,
    pub(crate) with_scores: bool,
    pub(crate) no_content: bool,
    pub(crate) returned: Option<Vec<Returned>>,
    pub(crate) verbatim: bool,
    pub(crate) keep_stop_words: bool,
}

impl Search {
    pub(crate) fn command(&self) -> Vec<Vec<u8>> {
        let mut arguments = vec![b"FT.SEARCH".to_vec(), INDEX.into(), print(&self.query)];
        let mut add = |words: &[&[u8]]| arguments.extend(words.iter().map(|word| word.to_vec()));
        let ranges = vector_ranges(&self.query.filter);
        let ranges = ranges.iter().map(|range| &range.vector);
        let params: Vec<&Parameter> = ranges
            .chain(self.query.knn.iter().map(|knn| &knn.vector))
            .collect();
        if !params.is_empty() {
            add(&[b"PARAMS", (2 * params.len()).to_string().as_bytes()]);
        }
        for param in params {
            add(&[&param.name, &param.value]);
        }
        if let Some((property, descending)) = &self.sort {
            add(&[
                b"SORTBY",
                property,
                if *descending { b"DESC" } else { b"ASC" },
            ]);
        }
        if let Some((offset, count)) = self.limit {
            add(&[
                b"LIMIT",
                offset.to_string().as_bytes(),
                count.to_string().as_bytes(),
            ]);
        }
        if let Some(returned) = &self.returned {
            let words: Vec<&[u8]> = returned
                .iter()
                .flat_map(|(name, alias)| {
                    let alias = alias.iter().flat_map(|alias| [b"AS".as_slice(), alias]);
                    [name.as_slice()].into_iter().chain(alias)
                })
                .collect();
            add(&[b"RETURN", words.len().to_string().as_bytes()]);
            add(&words);
        }
        for (flag, set) in [
            (b"WITHSCORES".as_slice(), self.with_scores),
            (b"NOCONTENT", self.no_content),
            (b"VERBATIM", self.verbatim),
            (b"NOSTOPWORDS", self.keep_stop_words),
        ] {
            if set {
                add(&[flag]);
            }
        }
        add(&[b"TIMEOUT", b"0", b"DIALECT", b"2"]);
        arguments
    }

    /// Whether rows have fields.
    pub(crate) fn with_fields(&self) -> bool {
        !self.no_content
            && self
                .returned
                .as_ref()
                .is_none_or(|returned| !returned.is_empty())
    }

    /// The same documents, all of them, in the order of the index.
    pub(crate) fn every_key(&self) -> Self {
        Self {
            limit: Some((0, 1000)),
            no_content: true,
            returned: None,
            sort: None,
            with_scores: false,
            ..self.clone()
        }
    }
}

/// Searches of one schema.
pub(crate) fn search(schema: &Schema) -> BoxedStrategy<Search> {
    let schema = schema.clone();
    (filter(&schema), knn(&schema))
        .prop_flat_map(move |(mut filter, mut knn)| {
            number_ranges(&mut filter, &mut 0);
            if let Some(knn) = knn.as_mut().filter(|_| filter == Node::All) {
                knn.policy = None;
            }
            let mut properties: Vec<Vec<u8>> = schema
                .fields
                .iter()
                .filter(|field| !matches!(field.kind, Kind::Vector(_)))
                .map(|field| field.attribute.into())
                .collect();
            properties.extend(knn.as_ref().map(distance_name));
            let ranges = vector_ranges(&filter);
            properties.extend(
                ranges
                    .iter()
                    .filter_map(|range| range.distance_name.clone()),
            );
            options(&schema, properties, Query { filter, knn })
        })
        .boxed()
}

/// Gives each range of vectors a parameter and a name of its own.
fn number_ranges(node: &mut Node, count: &mut usize) {
    match node {
        Node::VectorRange(range) => {
            *count += 1;
            range.vector.name = format!("q{count}").into_bytes();
            if let Some(name) = &mut range.distance_name {
                *name = format!("away {count}").into_bytes();
            }
        }
        Node::And(parts) | Node::Or(parts) => {
            parts.iter_mut().for_each(|part| number_ranges(part, count));
        }
        Node::Not(part) | Node::Optional(part) => number_ranges(part, count),
        Node::All
        | Node::Nothing
        | Node::Term { .. }
        | Node::Phrase { .. }
        | Node::Prefix { .. }
        | Node::Tag { .. }
        | Node::Numeric { .. } => {}
    }
}

/// What the distance of a vector clause is called.
pub(crate) fn distance_name(knn: &Knn) -> Vec<u8> {
    let default = || [b"__", knn.field.name.as_slice(), b"_score"].concat();
    knn.distance_name.clone().unwrap_or_else(default)
}

fn options(
    schema: &Schema,
    properties: Vec<Vec<u8>>,
    query: Query,
) -> impl Strategy<Value = Search> + use<> {
    let mut returnable: Vec<Vec<u8>> = properties.clone();
    returnable.extend(schema.fields.iter().map(|field| field.attribute.into()));
    returnable.extend(["unindexed", "shared", "nowhere", "__score"].map(Into::into));
    let sort = if properties.is_empty() {
        Just(None).boxed()
    } else {
        prop::option::of((select(properties), any::<bool>())).boxed()
    };
    let limit = prop_oneof![
        2 => Just(None),
        2 => (0..6_usize, 1..8_usize).prop_map(Some),
        2 => Just(Some((0, 1000))),
        1 => Just(Some((0, 0))),
    ];
    let alias = prop::option::weighted(0.3, Just(b"alias".to_vec()));
    let returned = prop::option::weighted(
        0.3,
        prop::collection::vec((select(returnable), alias), 0..4),
    );
    let flag = prop::bool::weighted;
    let flags = (flag(0.7), flag(0.2), flag(0.2), flag(0.2));
    (sort, limit, returned, flags).prop_map(move |(sort, limit, returned, flags)| Search {
        query: query.clone(),
        sort,
        limit,
        returned,
        with_scores: flags.0,
        no_content: flags.1,
        verbatim: flags.2,
        keep_stop_words: flags.3,
    })
}

fn knn(schema: &Schema) -> BoxedStrategy<Option<Knn>> {
    let clauses = vector_fields(schema);
    if clauses.is_empty() {
        return Just(None).boxed();
    }
    let clause = select(clauses).prop_flat_map(|(field, vectors)| {
        let ef = if vectors.algorithm == Algorithm::Flat {
            Just(None).boxed()
        } else {
            Just(Some(600)).boxed()
        };
        let ef = prop_oneof![2 => Just(None), 1 => ef];
        let policy = prop_oneof![
            4 => Just((None, None)),
            1 => Just((Some(HybridPolicy::AdhocBruteForce), None)),
            1 => Just((Some(HybridPolicy::Batches), None)),
            1 => Just((Some(HybridPolicy::Batches), Some(700))),
        ];
        let name = prop_oneof![2 => Just(None), 1 => Just(Some(b"how far".to_vec()))];
        let k = prop_oneof![8 => 0..8_usize, 1 => Just(100)];
        (k, words::components(vectors), name, ef, policy).prop_map(
            move |(k, vector, distance_name, ef_runtime, (policy, batch_size))| Knn {
                k,
                field: field.clone(),
                vector: Parameter {
                    name: b"v".to_vec(),
                    value: words::blob(vectors.element, &vector),
                },
                distance_name,
                ef_runtime: ef_runtime.filter(|_| policy != Some(HybridPolicy::AdhocBruteForce)),
                policy,
                batch_size,
            },
        )
    });
    prop::option::weighted(0.4, clause).boxed()
}

fn vector_fields(schema: &Schema) -> Vec<(Field, Vectors)> {
    let fields = schema.fields.iter();
    fields
        .filter_map(|field| match &field.kind {
            Kind::Vector(vectors) => Some((named(field.attribute), *vectors)),
            Kind::Text { .. } | Kind::Tag { .. } | Kind::Numeric => None,
        })
        .collect()
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

/// Filters of every kind of node, at most a few levels deep, as the parser would make them.
fn filter(schema: &Schema) -> BoxedStrategy<Node> {
    let nested = clause(schema).prop_recursive(3, 8, 2, |inner| {
        let parts = || prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            3 => parts().prop_map(Node::And),
            3 => parts().prop_map(Node::Or),
            1 => inner.clone().prop_map(|node| {
                if let Node::Not(inner) = node { *inner } else { Node::Not(Box::new(node)) }
            }),
            1 => inner.prop_map(|node| Node::Optional(Box::new(node))),
        ]
    });
    prop_oneof![1 => Just(Node::All), 4 => clause(schema), 6 => nested].boxed()
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
    clauses.push((2, prefix(fields)));
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

/// Tags of a field, each with whether it indexes empty ones; to ask another for those is an error.
fn tags(fields: Vec<(Field, bool)>) -> BoxedStrategy<Node> {
    let pattern = prop_oneof![
        3 => words::tag().prop_map(TagPattern::Exact),
        1 => (words::tag(), 0..4_usize).prop_map(|(mut tag, length)| {
            tag.truncate(length);
            TagPattern::Prefix(tag)
        }),
    ];
    (select(fields), prop::collection::vec(pattern, 1..4))
        .prop_map(|((field, index_empty), mut values)| {
            let is_empty = |value: &TagPattern| match value {
                TagPattern::Exact(tag) => tag.trim_ascii().is_empty(),
                TagPattern::Prefix(_) => false,
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
    let value = || {
        prop_oneof![
            6 => (-4..=6_i32).prop_map(f64::from),
            1 => (-8..=8_i32).prop_map(|half| f64::from(half) / 2.0),
            1 => Just(f64::INFINITY),
            1 => Just(f64::NEG_INFINITY),
            1 => Just(1e3),
        ]
    };
    (select(fields), value(), value(), any::<(bool, bool)>())
        .prop_map(|(field, a, b, (open_min, open_max))| Node::Numeric {
            field,
            range: Range {
                min: Bound {
                    value: a.min(b),
                    exclusive: open_min,
                },
                max: Bound {
                    value: a.max(b),
                    exclusive: open_max,
                },
            },
        })
        .boxed()
}

/// A field's name as the tree has it.
fn named(attribute: &str) -> Field {
    Field {
        name: attribute.into(),
        offset: 0,
    }
}
