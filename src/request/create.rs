//! `FT.CREATE`: the definition of an index.

mod alter;
mod field;
mod options;
#[cfg(test)]
mod tests;
mod vector;

use serde::{Deserialize, Serialize};

pub use self::alter::Alteration;
use super::language::{Language, by_name};
use super::synonym::SynonymGroup;

/// An index as the user defined it. Also what is saved, so that loading needs no second format.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// The index's name.
    pub name: Vec<u8>,
    /// A key belongs to the index when it starts with any of these; one empty prefix takes all.
    pub prefixes: Vec<Vec<u8>>,
    /// The score of a document whose hash has no score field, 0 to 1.
    pub default_score: f64,
    /// The hash field that holds a document's score, if one was named.
    pub score_field: Option<Vec<u8>>,
    /// The hash field that holds a document's payload, if one was named.
    #[serde(default)]
    pub payload_field: Option<Vec<u8>>,
    /// Words that are not indexed, when not the default list; empty turns stop words off.
    pub stop_words: Option<Vec<Vec<u8>>>,
    /// The language of documents that do not say, if one was named; else English.
    #[serde(default, with = "by_name")]
    pub language: Option<Language>,
    /// The hash field that holds a document's language, if one was named.
    #[serde(default)]
    pub language_field: Option<Vec<u8>>,
    /// Shorter words have no stem, in letters, if not the default.
    #[serde(default)]
    pub min_stem_size: Option<usize>,
    /// What separates words beside blanks, if not the default.
    #[serde(default)]
    pub punctuation: Option<Vec<u8>>,
    /// `FILTER`: the condition that documents meet, if there is one.
    #[serde(default)]
    pub filter: Option<Vec<u8>>,
    /// `TEMPORARY`: after how many seconds without use the index is dropped, if ever.
    #[serde(default)]
    pub idle_seconds: Option<u64>,
    /// `INDEXALL ENABLE`: kept to be shown; which documents there are is known in any case.
    #[serde(default)]
    pub indexes_all: bool,
    /// Words that stand for each other; not given by `FT.CREATE` but added later.
    #[serde(default)]
    pub synonyms: Vec<SynonymGroup>,
    /// What is left out to save memory, in the order in which `FT.INFO` gives it.
    pub options: Vec<IndexOption>,
    /// Do not index the keys that exist already.
    pub skip_initial_scan: bool,
    /// The fields in the order of the schema.
    pub fields: Vec<FieldDefinition>,
}

/// Storage options of an index, as `FT.INFO` names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum IndexOption {
    /// `NOFREQS`: a word counts once in a document, however often it is there.
    NoFrequencies,
    /// `NOFIELDS`: words are looked for in all fields together.
    NoFields,
    /// `NOOFFSETS`
    NoOffsets,
    /// `NOHL`
    NoHighlight,
    /// `MAXTEXTFIELDS`
    MaxTextFields,
}

/// One field of a schema.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldDefinition {
    /// The name of the hash field.
    pub identifier: Vec<u8>,
    /// The name that queries use; the identifier unless `AS` gave another.
    pub attribute: Vec<u8>,
    /// What the field is, with its own options.
    pub kind: FieldKind,
    /// `SORTABLE`: the value is kept beside the index.
    pub sortable: bool,
    /// `UNF`: the kept value is not folded to lower case.
    pub unnormalised: bool,
    /// `NOINDEX`: only sortable and returnable.
    pub no_index: bool,
    /// `INDEXEMPTY`
    pub index_empty: bool,
    /// `INDEXMISSING`
    pub index_missing: bool,
}

/// What a field is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FieldKind {
    /// Words, searched with scores.
    Text(TextOptions),
    /// Whole values, matched exactly.
    Tag(TagOptions),
    /// A number.
    Numeric,
    /// A point on the earth.
    Geo,
    /// A point or a polygon.
    GeoShape(GeoShapeOptions),
    /// A vector of numbers.
    Vector(VectorOptions),
}

/// Options of a `TEXT` field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TextOptions {
    /// `WEIGHT`: what one occurrence counts for.
    pub weight: f64,
    /// `NOSTEM`: only words exactly as written.
    pub no_stem: bool,
    /// `WITHSUFFIXTRIE`: asked for; a matter of speed only.
    pub suffix_trie: bool,
    /// `PHONETIC`: words that sound alike are found, too.
    #[serde(default)]
    pub phonetic: Option<Phonetic>,
}

/// `PHONETIC`: which matcher was asked for. All are double metaphone, whatever the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phonetic {
    /// `dm:en`
    English,
    /// `dm:fr`
    French,
    /// `dm:pt`
    Portuguese,
    /// `dm:es`
    Spanish,
}

impl Phonetic {
    /// The words for the matchers.
    const NAMES: [(&str, Self); 4] = [
        ("dm:en", Self::English),
        ("dm:fr", Self::French),
        ("dm:pt", Self::Portuguese),
        ("dm:es", Self::Spanish),
    ];

    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        let same = Self::NAMES.iter().find(|(_, matcher)| *matcher == self);
        same.map_or("", |(name, _)| name)
    }
}

/// Options of a `TAG` field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TagOptions {
    /// The byte between two tags of one value.
    pub separator: u8,
    /// `CASESENSITIVE`
    pub case_sensitive: bool,
    /// `WITHSUFFIXTRIE`: patterns are found without a look at each tag.
    pub suffix_trie: bool,
}

/// Options of a `GEOSHAPE` field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GeoShapeOptions {
    /// What coordinates are.
    pub coordinates: Coordinates,
}

/// What the coordinates of shapes are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Coordinates {
    /// `FLAT`: those of a plane.
    Flat,
    /// `SPHERICAL`: longitudes and latitudes.
    #[default]
    Spherical,
}

/// Options of a `VECTOR` field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VectorOptions {
    /// How neighbours are found.
    pub algorithm: Algorithm,
    /// Components of a vector.
    pub dimensions: usize,
    /// What a component is; 32-bit floats in definitions of before there was a choice.
    #[serde(default)]
    pub element: ElementType,
    /// How far two vectors are apart.
    pub metric: Metric,
    /// What searches look at first.
    #[serde(default)]
    pub quantization: Quantization,
    /// `INITIAL_CAP`: a hint.
    pub initial_capacity: usize,
}

/// How neighbours are found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Algorithm {
    /// By looking at every vector.
    Flat {
        /// `BLOCK_SIZE`: accepted, of no effect.
        block_size: usize,
    },
    /// By walking a graph.
    Hnsw {
        /// Links of a node in an upper layer; twice as many in the lowest.
        m: usize,
        /// Candidates kept while inserting.
        ef_construction: usize,
        /// Candidates kept while searching.
        ef_runtime: usize,
        /// Slack of a range search.
        epsilon: f64,
    },
    /// By walking a graph as well; asked for in the words of another algorithm.
    Vamana(Vamana),
}

/// Options of `SVS-VAMANA` as they were given, with the defaults of those that were not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Vamana {
    /// Links of a node.
    pub graph_max_degree: usize,
    /// Candidates kept while inserting.
    pub construction_window_size: usize,
    /// Candidates kept while searching.
    pub search_window_size: usize,
    /// Slack of a range search.
    pub epsilon: f64,
    /// How vectors are to be compressed, if at all.
    pub compression: Option<Compression>,
    /// After how many vectors the compression is to be learnt; kept to be shown.
    pub training_threshold: Option<usize>,
    /// To how many components LeanVec is to reduce; kept to be shown.
    pub reduce: Option<usize>,
}

/// `COMPRESSION` of `SVS-VAMANA`: which one is kept only to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Compression {
    /// `LVQ4`
    Lvq4,
    /// `LVQ8`
    Lvq8,
    /// `LVQ4x4`
    Lvq4x4,
    /// `LVQ4x8`
    Lvq4x8,
    /// `LeanVec4x8`
    LeanVec4x8,
    /// `LeanVec8x8`
    LeanVec8x8,
}

/// What a component of a vector is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ElementType {
    /// `FLOAT32`
    #[default]
    Float32,
    /// `FLOAT64`
    Float64,
    /// `FLOAT16`: IEEE half precision.
    Float16,
    /// `BFLOAT16`: the upper half of a 32-bit float.
    BFloat16,
    /// `INT8`
    Int8,
    /// `UINT8`
    Uint8,
}

/// `QUANTIZATION`: whether searches look at 8-bit codes before they compare vectors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Quantization {
    /// Where it pays.
    #[default]
    Auto,
    /// As soon as there are enough vectors to learn the codes from.
    Int8,
    /// Never.
    None,
}

/// What a host lets apply to definitions that do not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Defaults {
    /// `QUANTIZATION` of vector fields.
    pub quantization: Quantization,
    /// `MINSTEMSIZE` of indexes, if not the default.
    pub min_stem_size: Option<usize>,
}

/// The distance of two vectors; smaller is nearer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Metric {
    /// Squared Euclidean distance.
    L2,
    /// 1 − dot product.
    Ip,
    /// 1 − cosine.
    Cosine,
}
