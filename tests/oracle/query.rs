//! Random searches over the fields of a schema.

use nuthatch::query::ast::{Bound, Node, Parameter, Query, Range};
use nuthatch::query::print;
use nuthatch::request::circle::Circle;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::answer::vector_ranges;
use super::clause::{bounds, filter, json_filter};
use super::document::KEYS;
use super::facet::Facet;
use super::json;
use super::markup::{Markup, markup};
use super::nearest::{distance_name, knn};
use super::place;
use super::schema::{INDEX, Kind, Schema};
use super::score::SCORERS;
use super::words;

/// A property to return, and what to call it.
pub(crate) type Returned = (Vec<u8>, Option<Vec<u8>>);

/// An `FT.SEARCH`.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    pub(crate) query: Query,
    /// Properties, and whether the highest comes first.
    pub(crate) sort: Vec<(Vec<u8>, bool)>,
    /// Its pages are looked at as well.
    pub(crate) pages: bool,
    /// Fields whose values are counted.
    pub(crate) facets: Vec<Facet>,
    /// Filters in JSON, and whether what matches is left out.
    pub(crate) json_filters: Vec<(Node, bool)>,
    /// Fields, and circles that their points must lie in.
    pub(crate) circles: Vec<(&'static str, Circle)>,
    pub(crate) limit: Option<(usize, usize)>,
    pub(crate) with_scores: bool,
    pub(crate) no_content: bool,
    pub(crate) returned: Option<Vec<Returned>>,
    pub(crate) verbatim: bool,
    pub(crate) keep_stop_words: bool,
    pub(crate) slop: Option<u32>,
    pub(crate) in_order: bool,
    pub(crate) in_fields: Option<Vec<&'static str>>,
    pub(crate) in_keys: Option<Vec<&'static str>>,
    pub(crate) filters: Vec<(&'static str, Range)>,
    pub(crate) scorer: &'static str,
    pub(crate) tanh_factor: Option<u16>,
    pub(crate) payload: Option<Vec<u8>>,
    pub(crate) with_payloads: bool,
    pub(crate) explain_score: bool,
    pub(crate) language: Option<&'static str>,
    /// Which other words a word stands for, where not all.
    pub(crate) expander: Option<&'static str>,
    pub(crate) markup: Markup,
}

impl Search {
    pub(crate) fn command(&self) -> Vec<Vec<u8>> {
        let mut arguments = vec![b"FT.SEARCH".to_vec(), INDEX.into(), print(&self.query)];
        let mut add = |words: &[&[u8]]| arguments.extend(words.iter().map(|word| word.to_vec()));
        let ranges = vector_ranges(&self.query.filter);
        let ranges = ranges.iter().map(|range| &range.vector);
        let in_json = self.json_params();
        let params: Vec<&Parameter> = ranges
            .chain(self.query.knn.iter().map(|knn| &knn.vector))
            .chain(&in_json)
            .collect();
        if !params.is_empty() {
            add(&[b"PARAMS", (2 * params.len()).to_string().as_bytes()]);
        }
        for param in params {
            add(&[&param.name, &param.value]);
        }
        self.add_sort(&mut add);
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
        self.add_text_options(&mut add);
        self.markup.add_to(&mut add);
        for (flag, set) in [
            (b"WITHSCORES".as_slice(), self.with_scores),
            (b"WITHPAYLOADS", self.with_payloads),
            (b"EXPLAINSCORE", self.explain_score),
            (b"INORDER", self.in_order),
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

    fn add_sort(&self, add: &mut impl FnMut(&[&[u8]])) {
        let direction = |descending: bool| if descending { &b"DESC"[..] } else { b"ASC" };
        match self.sort.as_slice() {
            [] => {}
            [(property, descending)] => add(&[b"SORTBY", property, direction(*descending)]),
            several => {
                add(&[b"SORTBY", (2 * several.len()).to_string().as_bytes()]);
                for (property, descending) in several {
                    let property = [b"@", property.as_slice()].concat();
                    add(&[&property, direction(*descending)]);
                }
            }
        }
        if !self.facets.is_empty() {
            let words: Vec<Vec<u8>> = self.facets.iter().flat_map(Facet::words).collect();
            add(&[b"FACETS", words.len().to_string().as_bytes()]);
            words.iter().for_each(|word| add(&[word]));
        }
        let mut params = Vec::new();
        for (node, outside) in &self.json_filters {
            let filter = json::filter(node, *outside, &mut params);
            add(&[b"FILTERJSON", filter.to_string().as_bytes()]);
        }
    }

    /// What the filters in JSON have as parameters.
    fn json_params(&self) -> Vec<Parameter> {
        let mut params = Vec::new();
        for (node, outside) in &self.json_filters {
            json::filter(node, *outside, &mut params);
        }
        params
    }

    fn add_text_options(&self, add: &mut impl FnMut(&[&[u8]])) {
        for (option, name) in [
            (b"LANGUAGE".as_slice(), self.language),
            (b"EXPANDER", self.expander),
        ] {
            if let Some(name) = name {
                add(&[option, name.as_bytes()]);
            }
        }
        if let Some(slop) = self.slop {
            add(&[b"SLOP", slop.to_string().as_bytes()]);
        }
        for (option, names) in [
            (b"INFIELDS".as_slice(), &self.in_fields),
            (b"INKEYS", &self.in_keys),
        ] {
            if let Some(names) = names {
                add(&[option, names.len().to_string().as_bytes()]);
                names.iter().for_each(|name| add(&[name.as_bytes()]));
            }
        }
        let end = |bound: Bound| {
            let bracket = if bound.exclusive { "(" } else { "" };
            format!("{bracket}{}", bound.value)
        };
        for (field, range) in &self.filters {
            let (min, max) = (end(range.min), end(range.max));
            add(&[b"FILTER", field.as_bytes(), min.as_bytes(), max.as_bytes()]);
        }
        for (field, circle) in &self.circles {
            let numbers = [circle.longitude, circle.latitude, circle.radius];
            let [longitude, latitude, radius] = numbers.map(|number| number.to_string());
            add(&[b"GEOFILTER", field.as_bytes(), longitude.as_bytes()]);
            add(&[latitude.as_bytes(), radius.as_bytes()]);
            add(&[circle.unit.name().as_bytes()]);
        }
        if self.scorer != SCORERS[0] {
            add(&[b"SCORER", self.scorer.as_bytes()]);
        }
        if let Some(factor) = self.tanh_factor {
            add(&[b"BM25STD_TANH_FACTOR", factor.to_string().as_bytes()]);
        }
        if let Some(payload) = &self.payload {
            add(&[b"PAYLOAD", payload]);
        }
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
            sort: Vec::new(),
            facets: Vec::new(),
            with_scores: false,
            with_payloads: false,
            explain_score: false,
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
                .filter(|field| !matches!(field.kind, Kind::Shape { .. } | Kind::Vector(_)))
                .map(|field| field.attribute.into())
                .collect();
            properties.extend(knn.as_ref().map(distance_name));
            let ranges = vector_ranges(&filter);
            properties.extend(
                ranges
                    .iter()
                    .filter_map(|range| range.distance_name.clone()),
            );
            options(
                &schema,
                properties,
                Query {
                    filter,
                    filters: Vec::new(),
                    knn,
                },
            )
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
        Node::Not(part) | Node::Optional(part) | Node::Attributed { node: part, .. } => {
            number_ranges(part, count);
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

fn options(
    schema: &Schema,
    properties: Vec<Vec<u8>>,
    query: Query,
) -> impl Strategy<Value = Search> + use<> {
    let mut returnable: Vec<Vec<u8>> = properties.clone();
    returnable.extend(schema.fields.iter().map(|field| field.attribute.into()));
    returnable.extend(["unindexed", "shared", "nowhere", "__score"].map(Into::into));
    let sort = sort(schema, properties);
    let facets = facets(schema);
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
    let flags = (flag(0.7), flag(0.2), flag(0.2), flag(0.2), flag(0.2));
    let (restrictions, scoring) = (restrictions(schema, query.knn.is_some()), scoring());
    let beside = (
        prop::bool::weighted(0.3),
        facets,
        expansion(),
        markup(schema),
    );
    let options = (sort, limit, returned, flags, restrictions, scoring, beside);
    options.prop_map(
        move |(sort, limit, returned, flags, restrictions, scoring, beside)| Search {
            pages: beside.0 && !sort.is_empty(),
            facets: beside.1,
            language: beside.2.0,
            expander: beside.2.1,
            markup: beside.3,
            json_filters: restrictions.5,
            circles: restrictions.6,
            query: query.clone(),
            slop: restrictions.0,
            in_order: restrictions.1,
            in_fields: restrictions.2,
            in_keys: restrictions.3,
            filters: restrictions.4,
            scorer: scoring.0,
            tanh_factor: scoring.1,
            payload: scoring.2,
            with_payloads: scoring.3,
            explain_score: flags.0 && flags.4,
            sort,
            limit,
            returned,
            with_scores: flags.0,
            no_content: flags.1,
            verbatim: flags.2,
            keep_stop_words: flags.3,
        },
    )
}

type Restrictions = (
    Option<u32>,
    bool,
    Option<Vec<&'static str>>,
    Option<Vec<&'static str>>,
    Vec<(&'static str, Range)>,
    Vec<(Node, bool)>,
    Vec<(&'static str, Circle)>,
);

/// What a search is sorted by: some fields, and behind them any property. What rounding may change is
/// the last.
fn sort(
    schema: &Schema,
    properties: Vec<Vec<u8>>,
) -> impl Strategy<Value = Vec<(Vec<u8>, bool)>> + use<> {
    let exact = schema.fields.iter();
    let exact = exact.filter(|field| !matches!(field.kind, Kind::Shape { .. } | Kind::Vector(_)));
    let exact: Vec<Vec<u8>> = exact.map(|field| field.attribute.into()).collect();
    if properties.is_empty() {
        return Just(Vec::new()).boxed();
    }
    let most = exact.len().min(3);
    let first =
        prop_oneof![3 => Just(Vec::new()).boxed(), 1 => subsequence(exact, 0..most.max(1)).boxed()];
    let names = (first, select(properties), any::<[bool; 4]>());
    let some = names.prop_map(|(mut names, last, directions)| {
        names.retain(|name| *name != last);
        names.push(last);
        names.into_iter().zip(directions).collect::<Vec<_>>()
    });
    prop_oneof![1 => Just(Vec::new()), 1 => some].boxed()
}

/// Fields that have facets.
fn facets(schema: &Schema) -> impl Strategy<Value = Vec<Facet>> + use<> {
    let fields = schema.fields.iter();
    let fields = fields
        .filter(|field| !field.no_index && matches!(field.kind, Kind::Tag { .. } | Kind::Numeric));
    let fields: Vec<_> = fields
        .map(|field| (field.attribute, field.kind == Kind::Numeric))
        .collect();
    let all = fields.len();
    let bounds = subsequence(vec![-3, -1, 0, 2, 5, 1000], 1..4);
    let some = (subsequence(fields, 0..=all), prop::option::of(bounds));
    let some = some.prop_map(|(fields, bounds)| {
        let fields = fields.into_iter();
        let facets = fields.map(|(field, is_numeric)| Facet {
            field,
            bounds: bounds.clone().filter(|_| is_numeric),
        });
        facets.collect()
    });
    prop_oneof![3 => Just(Vec::new()), 1 => some]
}

/// `SLOP`, `INORDER`, `INFIELDS`, `INKEYS`, `FILTER`, `FILTERJSON` and `GEOFILTER`.
fn restrictions(schema: &Schema, nearest: bool) -> impl Strategy<Value = Restrictions> + use<> {
    let names = |is: fn(&Kind) -> bool| -> Vec<&'static str> {
        let fields = schema.fields.iter().filter(|field| is(&field.kind));
        fields.map(|field| field.attribute).collect()
    };
    let texts = names(|kind| matches!(kind, Kind::Text { .. }));
    let in_fields = if texts.is_empty() {
        Just(None).boxed()
    } else {
        let count = texts.len();
        prop::option::weighted(0.1, subsequence(texts, 1..=count)).boxed()
    };
    let numbers = names(|kind| matches!(kind, Kind::Numeric));
    let json_filters = prop::collection::vec(json_filter(schema, nearest), 1..3);
    let json_filters = prop_oneof![4 => Just(Vec::new()), 1 => json_filters];
    let points = names(|kind| matches!(kind, Kind::Geo));
    let circles = if points.is_empty() {
        Just(Vec::new()).boxed()
    } else {
        let circle = place::circle().prop_map(|circle| Circle {
            // The whole world: the option has no infinite ones.
            radius: circle.radius.min(1e9),
            ..circle
        });
        let circles = prop::collection::vec((select(points), circle), 1..3);
        prop_oneof![4 => Just(Vec::new()), 1 => circles].boxed()
    };
    let filters = if numbers.is_empty() {
        Just(Vec::new()).boxed()
    } else {
        let filter = prop::collection::vec((select(numbers), bounds()), 1..3);
        prop_oneof![9 => Just(Vec::new()), 1 => filter].boxed()
    };
    (
        prop::option::weighted(0.2, 0..5_u32),
        prop::bool::weighted(0.15),
        in_fields,
        prop::option::weighted(0.1, prop::collection::vec(select(&KEYS[..]), 1..20)),
        filters,
        json_filters,
        circles,
    )
}

/// `LANGUAGE` and `EXPANDER`.
fn expansion() -> impl Strategy<Value = (Option<&'static str>, Option<&'static str>)> {
    let expanders = vec!["SBSTEM", "SYNONYM", "PHONETIC", "DEFAULT"];
    (
        prop::option::weighted(0.3, select(&words::LANGUAGES[..3])),
        prop::option::weighted(0.3, select(expanders)),
    )
}

type Scoring = (&'static str, Option<u16>, Option<Vec<u8>>, bool);

/// `SCORER`, `BM25STD_TANH_FACTOR`, `PAYLOAD` and `WITHPAYLOADS`.
fn scoring() -> impl Strategy<Value = Scoring> {
    let scorer = prop_oneof![1 => Just(SCORERS[0]), 1 => select(&SCORERS[..])];
    let factor = prop::option::of(1..20_u16);
    let payload = prop::option::weighted(0.3, words::payload());
    (scorer, factor, payload, prop::bool::weighted(0.1)).prop_map(
        |(scorer, factor, payload, with_payloads)| {
            let factor = factor.filter(|_| scorer == "BM25STD.TANH");
            (scorer, factor, payload, with_payloads)
        },
    )
}
