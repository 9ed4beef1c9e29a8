//! Random schemas, and the `FT.CREATE` that makes an index of one.

use proptest::prelude::*;

use super::words;

/// The name of the only index.
pub(crate) const INDEX: &str = "index";

/// An index as the oracle sees it.
#[derive(Clone, Debug)]
pub(crate) struct Schema {
    /// None takes every key.
    pub(crate) prefixes: Vec<&'static str>,
    /// None is the default list.
    pub(crate) stop_words: Option<Vec<&'static str>>,
    /// None is English.
    pub(crate) language: Option<&'static str>,
    pub(crate) language_field: Option<&'static str>,
    pub(crate) default_score: Option<f64>,
    pub(crate) score_field: Option<&'static str>,
    pub(crate) fields: Vec<Field>,
}

#[derive(Clone, Debug)]
pub(crate) struct Field {
    /// The hash field.
    pub(crate) identifier: &'static str,
    /// What queries call it.
    pub(crate) attribute: &'static str,
    pub(crate) kind: Kind,
    pub(crate) sortable: bool,
    pub(crate) unnormalised: bool,
    pub(crate) no_index: bool,
    pub(crate) index_empty: bool,
    pub(crate) index_missing: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Text {
        weight: f64,
        no_stem: bool,
        phonetic: bool,
    },
    Tag {
        separator: u8,
        case_sensitive: bool,
    },
    Numeric,
    Geo,
    /// Where not of flat coordinates, of those of a sphere.
    Shape {
        spherical: bool,
    },
    Vector(Vectors),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Vectors {
    pub(crate) algorithm: Algorithm,
    pub(crate) element: Element,
    pub(crate) metric: Metric,
    pub(crate) dimensions: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Algorithm {
    Flat,
    Hnsw,
    Vamana,
}

/// What a component is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Element {
    Float32,
    Float64,
    Float16,
    BFloat16,
    Int8,
    Uint8,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Metric {
    L2,
    Ip,
    Cosine,
}

impl Schema {
    /// The arguments of its `FT.CREATE`.
    pub(crate) fn create(&self) -> Vec<Vec<u8>> {
        let mut arguments: Vec<Vec<u8>> = Vec::new();
        let mut add = |words: &[&str]| {
            arguments.extend(words.iter().map(|word| word.as_bytes().to_vec()));
        };
        add(&["FT.CREATE", INDEX, "ON", "HASH"]);
        if !self.prefixes.is_empty() {
            add(&["PREFIX", &self.prefixes.len().to_string()]);
            add(&self.prefixes);
        }
        if let Some(words) = &self.stop_words {
            add(&["STOPWORDS", &words.len().to_string()]);
            add(words);
        }
        if let Some(language) = self.language {
            add(&["LANGUAGE", language]);
        }
        if let Some(field) = self.language_field {
            add(&["LANGUAGE_FIELD", field]);
        }
        if let Some(score) = self.default_score {
            add(&["SCORE", &score.to_string()]);
        }
        if let Some(field) = self.score_field {
            add(&["SCORE_FIELD", field]);
        }
        add(&["SCHEMA"]);
        for field in &self.fields {
            field.add_to(&mut add);
        }
        arguments
    }

    /// Whether a key is a document of the index.
    pub(crate) fn takes(&self, key: &[u8]) -> bool {
        self.prefixes.is_empty()
            || self
                .prefixes
                .iter()
                .any(|prefix| key.starts_with(prefix.as_bytes()))
    }

    pub(crate) fn find(&self, attribute: &[u8]) -> Option<&Field> {
        self.fields
            .iter()
            .find(|field| field.attribute.as_bytes() == attribute)
    }
}

impl Field {
    fn add_to(&self, add: &mut impl FnMut(&[&str])) {
        add(&[self.identifier]);
        if self.attribute != self.identifier {
            add(&["AS", self.attribute]);
        }
        match &self.kind {
            Kind::Text {
                weight,
                no_stem,
                phonetic,
            } => {
                add(&["TEXT", "WEIGHT", &weight.to_string()]);
                if *phonetic {
                    add(&["PHONETIC", "dm:en"]);
                }
                if *no_stem {
                    add(&["NOSTEM"]);
                }
            }
            Kind::Tag {
                separator,
                case_sensitive,
            } => {
                add(&["TAG", "SEPARATOR", &char::from(*separator).to_string()]);
                if *case_sensitive {
                    add(&["CASESENSITIVE"]);
                }
            }
            Kind::Numeric => add(&["NUMERIC"]),
            Kind::Geo => add(&["GEO"]),
            Kind::Shape { spherical } => {
                let coordinates = if *spherical { "SPHERICAL" } else { "FLAT" };
                add(&["GEOSHAPE", coordinates]);
            }
            Kind::Vector(vectors) => vectors.add_to(add),
        }
        for (flag, set) in [
            ("SORTABLE", self.sortable),
            ("UNF", self.sortable && self.unnormalised),
            ("NOINDEX", self.no_index),
            ("INDEXEMPTY", self.index_empty),
            ("INDEXMISSING", self.index_missing),
        ] {
            if set {
                add(&[flag]);
            }
        }
    }
}

impl Vectors {
    fn add_to(&self, add: &mut impl FnMut(&[&str])) {
        let metric = match self.metric {
            Metric::L2 => "L2",
            Metric::Ip => "IP",
            Metric::Cosine => "COSINE",
        };
        let element = match self.element {
            Element::Float32 => "FLOAT32",
            Element::Float64 => "FLOAT64",
            Element::Float16 => "FLOAT16",
            Element::BFloat16 => "BFLOAT16",
            Element::Int8 => "INT8",
            Element::Uint8 => "UINT8",
        };
        let dimensions = self.dimensions.to_string();
        let common = [
            "TYPE",
            element,
            "DIM",
            &dimensions,
            "DISTANCE_METRIC",
            metric,
        ];
        // More candidates than there are documents: the graph must reach every one.
        add(match self.algorithm {
            Algorithm::Flat => &["VECTOR", "FLAT", "6"],
            Algorithm::Hnsw => &["VECTOR", "HNSW", "8", "EF_RUNTIME", "500"],
            Algorithm::Vamana => &["VECTOR", "SVS-VAMANA", "8", "SEARCH_WINDOW_SIZE", "500"],
        });
        add(&common);
    }
}

/// Schemas of 1 to 6 fields.
pub(crate) fn schema() -> impl Strategy<Value = Schema> {
    let prefixes = prop_oneof![
        2 => Just(vec![]),
        2 => Just(vec!["d:"]),
        1 => Just(vec!["e:", "d:"]),
    ];
    let stop_words = prop_oneof![
        4 => Just(None),
        1 => Just(Some(vec![])),
        1 => Just(Some(vec!["Bird", "of"])),
    ];
    let language = prop_oneof![6 => Just(None), 1 => Just(Some("German")), 1 => Just(Some("none"))];
    let language_field = prop_oneof![3 => Just(None), 1 => Just(Some("tongue"))];
    let default_score = prop_oneof![3 => Just(None), 1 => Just(Some(0.5)), 1 => Just(Some(0.0))];
    let score_field = prop_oneof![3 => Just(None), 1 => Just(Some("rank"))];
    let fields = proptest::sample::subsequence(words::ATTRIBUTES.to_vec(), 1..=6)
        .prop_flat_map(|names| names.into_iter().map(field).collect::<Vec<_>>());
    (
        prefixes,
        stop_words,
        (language, language_field),
        default_score,
        score_field,
        fields,
    )
        .prop_map(
            |(prefixes, stop_words, languages, default_score, score_field, fields)| Schema {
                prefixes,
                stop_words,
                language: languages.0,
                language_field: languages.1,
                default_score,
                score_field,
                fields,
            },
        )
}

/// Fields called `attribute`, over a hash field of that name or another.
fn field(attribute: &'static str) -> impl Strategy<Value = Field> {
    let identifier = prop_oneof![
        2 => Just(attribute),
        1 => proptest::sample::select(&words::IDENTIFIERS[..]),
    ];
    let rarely = || prop::bool::weighted(0.1);
    let flags = (
        prop::bool::weighted(0.4),
        any::<bool>(),
        rarely(),
        prop::bool::weighted(0.3),
        prop::bool::weighted(0.3),
    );
    (identifier, kind(), flags).prop_map(move |(identifier, kind, flags)| {
        let (sortable, unnormalised, no_index, index_empty, index_missing) = flags;
        let vector = matches!(kind, Kind::Vector(_));
        let words = matches!(kind, Kind::Text { .. } | Kind::Tag { .. });
        let shape = matches!(kind, Kind::Shape { .. });
        Field {
            identifier,
            attribute,
            sortable: sortable && !vector && !shape,
            unnormalised: unnormalised && sortable && !shape,
            no_index: no_index && !vector,
            index_empty: index_empty && words,
            index_missing,
            kind,
        }
    })
}

fn kind() -> impl Strategy<Value = Kind> {
    let text = (
        proptest::sample::select(vec![1.0, 0.5, 3.0]),
        prop::bool::weighted(0.3),
        prop::bool::weighted(0.3),
    )
        .prop_map(|(weight, no_stem, phonetic)| Kind::Text {
            weight,
            no_stem,
            phonetic,
        });
    let tag = (proptest::sample::select(b",;|".to_vec()), any::<bool>()).prop_map(
        |(separator, case_sensitive)| Kind::Tag {
            separator,
            case_sensitive,
        },
    );
    let metric = proptest::sample::select(vec![Metric::L2, Metric::Ip, Metric::Cosine]);
    let algorithm = prop_oneof![
        3 => (Just(Algorithm::Flat), element()),
        3 => (Just(Algorithm::Hnsw), element()),
        1 => (
            Just(Algorithm::Vamana),
            proptest::sample::select(vec![Element::Float32, Element::Float16])
        ),
    ];
    let vector =
        (algorithm, metric, 1_usize..=4).prop_map(|((algorithm, element), metric, dimensions)| {
            Kind::Vector(Vectors {
                algorithm,
                element,
                metric,
                dimensions,
            })
        });
    let shape = |spherical| Kind::Shape { spherical };
    let place = proptest::sample::select(vec![Kind::Geo, shape(false), shape(true)]);
    prop_oneof![4 => text, 2 => tag, 2 => Just(Kind::Numeric), 1 => place, 3 => vector]
}

fn element() -> impl Strategy<Value = Element> {
    prop_oneof![
        5 => Just(Element::Float32),
        1 => Just(Element::Float64),
        1 => Just(Element::Float16),
        1 => Just(Element::BFloat16),
        1 => Just(Element::Int8),
        1 => Just(Element::Uint8),
    ]
}
