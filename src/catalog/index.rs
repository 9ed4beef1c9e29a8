//! One index: its definition, its documents, and a structure for each field.

use std::sync::Arc;
use std::time::{Duration, Instant};

use nuthatch_indexes::geo::GeoIndex;
use nuthatch_indexes::numeric::NumericIndex;
use nuthatch_indexes::shape::{Coordinates, ShapeIndex};
use nuthatch_indexes::tag::{TagIndex, TagOptions};
use nuthatch_indexes::text::analysis::{Analyzer, AnalyzerOptions};
use nuthatch_indexes::text::{FieldOptions, TextField, TextIndex};
use nuthatch_indexes::vector::{
    Algorithm, ElementType, HnswParams, Metric, Quantization, VectorIndex, VectorParams,
};

use roaring::RoaringBitmap;

use super::column::Column;
use super::doc_table::DocTable;
use super::failures::Failures;
use super::restored::Restored;
use super::schema::{FieldId, Schema};
use super::synonyms::Synonyms;
use super::values::Values;
use crate::expr::Filter;
use crate::request::create::{self, Definition, FieldDefinition, FieldKind, IndexOption};

/// The hash field of a document's score when `SCORE_FIELD` names no other.
const DEFAULT_SCORE_FIELD: &[u8] = b"__score";
/// The hash field of a document's payload when `PAYLOAD_FIELD` names no other.
const DEFAULT_PAYLOAD_FIELD: &[u8] = b"__payload";
/// The hash field of a document's language when `LANGUAGE_FIELD` names no other.
const DEFAULT_LANGUAGE_FIELD: &[u8] = b"__language";

/// One index and all that it knows.
///
/// Between two calls every structure speaks of the same documents: an id in any of them is in the
/// [`DocTable`] and its key holds a hash whose fields had these values.
pub struct Index {
    /// A number that no other index of the engine has had.
    pub(super) serial: u64,
    pub(super) definition: Arc<Definition>,
    pub(super) schema: Arc<Schema>,
    pub(super) documents: DocTable,
    /// All `TEXT` fields together.
    pub(super) text: TextIndex,
    /// By [`FieldId`].
    pub(super) fields: Vec<FieldIndex>,
    /// By [`FieldId`]: the sort keys of `SORTABLE` fields, unless the field's own index has them.
    pub(super) columns: Vec<Option<Column>>,
    /// By [`FieldId`]: the documents without the field, of `INDEXMISSING` fields.
    pub(super) missing: Vec<Option<Arc<RoaringBitmap>>>,
    /// By [`FieldId`]: values that could not be indexed.
    pub(super) field_failures: Vec<Failures>,
    /// The same, of all fields.
    pub(super) failures: Failures,
    pub(super) synonyms: Synonyms,
    /// The hash fields that are read of a document: by [`FieldId`], then the score's, the payload's
    /// and the language's, then those that the condition asks for.
    pub(super) names: Vec<Vec<u8>>,
    /// Of the document that is being indexed.
    pub(super) values: Values,
    /// The condition that documents meet.
    pub(super) filter: Option<Filter>,
    /// Keys met by the running backfill, none when there is none.
    pub(super) backfill: Option<u64>,
    /// How many backfills were begun.
    pub(super) backfills: u64,
    /// The document from which on vectors are to be [shared](super::shared), or no longer; none when all are.
    pub(super) to_share: Option<u32>,
    /// Which documents' keys have come, while a snapshot that has the content is being loaded.
    pub(super) restored: Option<Restored>,
    pub(super) indexing_time: Duration,
    /// When a command or a write last had to do with it.
    pub(super) last_use: Instant,
    pub(super) searches: u64,
    /// Which dialects searches have been in, named or by default, from 1.
    pub(super) dialects: [bool; 4],
}

/// The structure behind one field.
pub enum FieldIndex {
    /// This field of the index's [`TextIndex`].
    Text(TextField),
    /// Tags.
    Tag(TagIndex),
    /// Numbers.
    Numeric(NumericIndex),
    /// Points on the earth.
    Geo(GeoIndex),
    /// Points and polygons.
    Shape(ShapeIndex),
    /// Vectors.
    Vector(Box<VectorIndex>),
    /// `NOINDEX`: nothing.
    None,
}

impl Index {
    /// An empty index that lets in every document that it takes; see [`Index::with_filter`].
    #[must_use]
    pub fn new(serial: u64, mut definition: Definition) -> Self {
        let synonyms = Synonyms::new(&definition.synonyms);
        definition.synonyms = synonyms.groups().to_vec();
        let schema = Schema::new(&definition);
        let mut text_options = Vec::new();
        let fields = definition
            .fields
            .iter()
            .map(|field| FieldIndex::new(field, &mut text_options))
            .collect();
        let offsets = !definition.options.contains(&IndexOption::NoOffsets);
        let last_use = Instant::now();
        let mut index = Self {
            serial,
            text: TextIndex::with_offsets(
                Analyzer::new(analysis(&definition)),
                text_options,
                offsets,
            ),
            columns: definition
                .fields
                .iter()
                .map(|field| needs_column(field).then(Column::default))
                .collect(),
            missing: definition
                .fields
                .iter()
                .map(|field| field.index_missing.then(Arc::default))
                .collect(),
            field_failures: vec![Failures::default(); definition.fields.len()],
            failures: Failures::default(),
            fields,
            names: Vec::new(),
            values: Values::default(),
            filter: None,
            synonyms,
            schema: Arc::new(schema),
            definition: Arc::new(definition),
            documents: DocTable::default(),
            backfill: None,
            backfills: 0,
            to_share: None,
            restored: None,
            last_use,
            indexing_time: Duration::ZERO,
            searches: 0,
            dialects: [false; 4],
        };
        index.name_fields();
        index
    }

    /// As the user defined it.
    #[must_use]
    pub fn definition(&self) -> &Definition {
        &self.definition
    }

    /// The fields by name.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The documents.
    #[must_use]
    pub fn documents(&self) -> &DocTable {
        &self.documents
    }

    /// All text fields.
    #[must_use]
    pub fn text(&self) -> &TextIndex {
        &self.text
    }

    /// The structure of a field.
    #[must_use]
    pub fn field(&self, id: FieldId) -> &FieldIndex {
        &self.fields[id.index()]
    }

    /// The sort keys of a field, none when it is not `SORTABLE` or its [`NumericIndex`] has them.
    #[must_use]
    pub fn column(&self, id: FieldId) -> Option<&Column> {
        self.columns[id.index()].as_ref()
    }

    /// The documents without a field, none when it does not keep that: it is not `INDEXMISSING`.
    #[must_use]
    pub fn missing(&self, id: FieldId) -> Option<&RoaringBitmap> {
        self.missing[id.index()].as_deref()
    }

    /// The vector fields.
    pub fn vectors(&self) -> impl Iterator<Item = (FieldId, &VectorIndex)> {
        self.schema
            .iter()
            .filter_map(|(id, _)| match self.field(id) {
                FieldIndex::Vector(vectors) => Some((id, &**vectors)),
                FieldIndex::Text(_)
                | FieldIndex::Tag(_)
                | FieldIndex::Numeric(_)
                | FieldIndex::Geo(_)
                | FieldIndex::Shape(_)
                | FieldIndex::None => None,
            })
    }

    /// Whether a key of this name would be a document of this index.
    #[must_use]
    pub fn takes(&self, key: &[u8]) -> bool {
        self.definition
            .prefixes
            .iter()
            .any(|prefix| key.starts_with(prefix))
    }

    /// Whether it was created without something.
    #[must_use]
    pub fn leaves_out(&self, option: IndexOption) -> bool {
        self.definition.options.contains(&option)
    }

    /// Values that could not be indexed.
    #[must_use]
    pub fn failures(&self) -> &Failures {
        &self.failures
    }

    /// Values of one field that could not be indexed.
    #[must_use]
    pub fn field_failures(&self, id: FieldId) -> &Failures {
        &self.field_failures[id.index()]
    }

    /// Time spent on documents, in all.
    #[must_use]
    pub fn indexing_time(&self) -> Duration {
        self.indexing_time
    }

    /// Counts a search in a dialect, 1 to 4.
    pub fn count_search(&mut self, dialect: u8) {
        self.searches += 1;
        let used = usize::from(dialect).checked_sub(1);
        if let Some(used) = used.and_then(|slot| self.dialects.get_mut(slot)) {
            *used = true;
        }
    }

    /// How many searches there were.
    #[must_use]
    pub fn searches(&self) -> u64 {
        self.searches
    }

    /// Which dialects searches have been in, named or by default, from 1.
    #[must_use]
    pub fn dialects(&self) -> [bool; 4] {
        self.dialects
    }
}

impl FieldIndex {
    /// Whether saved content leaves it out: it is read from the keys.
    pub(super) const fn is_left_out(&self) -> bool {
        matches!(self, Self::Vector(_) | Self::Shape(_))
    }

    /// The structure for a field; `text` collects the options of text fields in order.
    pub(super) fn new(field: &FieldDefinition, text: &mut Vec<FieldOptions>) -> Self {
        if field.no_index {
            return Self::None;
        }
        match &field.kind {
            FieldKind::Text(options) => {
                let id = u8::try_from(text.len()).ok().and_then(TextField::new);
                text.push(FieldOptions {
                    weight: options.weight,
                    no_stem: options.no_stem,
                    phonetic: options.phonetic.is_some(),
                    index_empty: field.index_empty,
                });
                Self::Text(id.expect("a schema has at most 128 text fields"))
            }
            FieldKind::Tag(options) => Self::Tag(TagIndex::new(TagOptions {
                separator: options.separator,
                case_sensitive: options.case_sensitive,
                index_empty: field.index_empty,
                suffix_trie: options.suffix_trie,
            })),
            FieldKind::Numeric => Self::Numeric(NumericIndex::default()),
            FieldKind::Geo => Self::Geo(GeoIndex::default()),
            FieldKind::GeoShape(options) => {
                Self::Shape(ShapeIndex::new(match options.coordinates {
                    create::Coordinates::Flat => Coordinates::Flat,
                    create::Coordinates::Spherical => Coordinates::Spherical,
                }))
            }
            FieldKind::Vector(options) => {
                Self::Vector(Box::new(VectorIndex::new(vector_params(options))))
            }
        }
    }
}

/// The hash fields of a document's own score, payload and language.
pub(super) fn own_names(definition: &Definition) -> [Vec<u8>; 3] {
    let named =
        |name: &Option<Vec<u8>>, default: &[u8]| name.as_deref().unwrap_or(default).to_vec();
    [
        named(&definition.score_field, DEFAULT_SCORE_FIELD),
        named(&definition.payload_field, DEFAULT_PAYLOAD_FIELD),
        named(&definition.language_field, DEFAULT_LANGUAGE_FIELD),
    ]
}

fn analysis(definition: &Definition) -> AnalyzerOptions {
    let default = AnalyzerOptions::default();
    AnalyzerOptions {
        stop_words: definition.stop_words.clone().unwrap_or(default.stop_words),
        language: definition.language.unwrap_or(default.language),
        min_stem_length: definition.min_stem_size.unwrap_or(default.min_stem_length),
        punctuation: definition
            .punctuation
            .clone()
            .unwrap_or(default.punctuation),
    }
}

/// A numeric index gives the number of any document, so that only other fields keep sort keys.
pub(super) fn needs_column(field: &FieldDefinition) -> bool {
    field.sortable && (field.no_index || field.kind != FieldKind::Numeric)
}

fn vector_params(options: &create::VectorOptions) -> VectorParams {
    VectorParams {
        dimensions: options.dimensions,
        element: match options.element {
            create::ElementType::Float32 => ElementType::Float32,
            create::ElementType::Float64 => ElementType::Float64,
            create::ElementType::Float16 => ElementType::Float16,
            create::ElementType::BFloat16 => ElementType::BFloat16,
            create::ElementType::Int8 => ElementType::Int8,
            create::ElementType::Uint8 => ElementType::Uint8,
        },
        metric: match options.metric {
            create::Metric::L2 => Metric::L2,
            create::Metric::Ip => Metric::Ip,
            create::Metric::Cosine => Metric::Cosine,
        },
        algorithm: algorithm(&options.algorithm),
        quantization: match options.quantization {
            create::Quantization::Auto => Quantization::Auto,
            create::Quantization::Int8 => Quantization::Int8,
            create::Quantization::None => Quantization::None,
        },
    }
}

/// SVS-VAMANA is served by the graph of HNSW. Its degree is that of the one layer it has, where
/// HNSW links 2 M; its windows are what HNSW calls `ef`.
fn algorithm(options: &create::Algorithm) -> Algorithm {
    match options {
        create::Algorithm::Flat { .. } => Algorithm::Flat,
        create::Algorithm::Hnsw {
            m,
            ef_construction,
            ef_runtime,
            epsilon,
        } => Algorithm::Hnsw(HnswParams {
            m: *m,
            ef_construction: *ef_construction,
            ef_runtime: *ef_runtime,
            epsilon: *epsilon,
        }),
        create::Algorithm::Vamana(vamana) => Algorithm::Hnsw(HnswParams {
            m: (vamana.graph_max_degree / 2).max(2),
            ef_construction: vamana.construction_window_size,
            ef_runtime: vamana.search_window_size,
            epsilon: vamana.epsilon,
        }),
    }
}
