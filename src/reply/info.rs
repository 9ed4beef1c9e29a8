//! The reply of `FT.INFO` (spec, section 2.5).
//!
//! Clients read parts of it by position, so keys keep the order of the specification and what is
//! ours alone would come last.

mod vector;

use nuthatch_indexes::text::analysis::AnalyzerOptions;

use self::vector::vector_entries;
use super::tree::{count, double, text};
use super::{Protocol, Reply, Sink};
use crate::catalog::failures::Failures;
use crate::catalog::index::Index;
use crate::catalog::stats::Stats;
use crate::request::create::{Coordinates, Definition, FieldDefinition, FieldKind, IndexOption};

/// One key of a map and its value.
type Entry = (&'static str, Reply);

/// How many cursors there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CursorCounts {
    /// Of all indexes.
    pub all: usize,
    /// Of this index.
    pub of_index: usize,
    /// How many this index may have.
    pub capacity: usize,
}

/// Writes what is known of an index in a database of `key_count` keys.
pub fn write_info(index: &Index, key_count: u64, cursors: CursorCounts, sink: &mut dyn Sink) {
    let mut entries = definition_entries(index, sink.protocol());
    entries.extend(size_entries(&Stats::of(index)));
    entries.extend(activity_entries(index, key_count, cursors));
    map(entries).write(sink);
}

fn definition_entries(index: &Index, protocol: Protocol) -> Vec<Entry> {
    let definition = index.definition();
    let options = definition.options.iter().map(|option| option_name(*option));
    let attributes = definition
        .fields
        .iter()
        .map(|field| attribute(field, protocol));
    vec![
        ("index_name", Reply::Bulk(definition.name.clone())),
        ("index_options", Reply::Array(options.map(text).collect())),
        ("index_definition", key_definition(definition)),
        ("attributes", Reply::Array(attributes.collect())),
    ]
}

fn size_entries(stats: &Stats) -> Vec<Entry> {
    let positions = usize::try_from(stats.positions).unwrap_or(usize::MAX >> 5);
    vec![
        ("num_docs", count(stats.documents)),
        ("max_doc_id", count(stats.max_doc_id)),
        ("num_terms", count(stats.terms)),
        ("num_records", count(stats.postings)),
        (
            "inverted_sz_mb",
            megabytes(stats.text_bytes + stats.numeric_bytes),
        ),
        ("vector_index_sz_mb", megabytes(stats.vector_bytes)),
        ("total_inverted_index_blocks", count(stats.blocks)),
        // Positions are part of the postings, and keys of the doc table.
        ("offset_vectors_sz_mb", megabytes(0)),
        ("doc_table_size_mb", megabytes(stats.doc_table_bytes)),
        ("sortable_values_size_mb", megabytes(stats.sortable_bytes)),
        ("key_table_size_mb", megabytes(0)),
        ("tag_overhead_sz_mb", megabytes(stats.tag_bytes)),
        ("text_overhead_sz_mb", megabytes(0)),
        ("total_index_memory_sz_mb", megabytes(stats.total_bytes())),
        ("geoshapes_sz_mb", megabytes(stats.shape_bytes)),
        (
            "records_per_doc_avg",
            ratio(stats.postings, stats.documents),
        ),
        (
            "bytes_per_record_avg",
            ratio(stats.text_bytes, stats.postings),
        ),
        ("offsets_per_term_avg", ratio(positions, stats.postings)),
        (
            "offset_bits_per_record_avg",
            ratio(positions * 32, stats.postings),
        ),
    ]
}

fn activity_entries(index: &Index, key_count: u64, cursors: CursorCounts) -> Vec<Entry> {
    let failures = index.failures();
    let milliseconds = index.indexing_time().as_secs_f64() * 1e3;
    let mut entries = vec![
        ("hash_indexing_failures", Reply::from(failures.count())),
        ("total_indexing_time", double(milliseconds)),
        ("indexing", count(usize::from(index.is_backfilling()))),
        ("percent_indexed", double(index.share_indexed(key_count))),
        ("number_of_uses", Reply::from(index.searches())),
        // Nothing but searches is counted as a use, and nothing as an administrator's.
        ("number_of_admin_ops", count(0)),
        ("cleaning", count(0)),
        ("gc_stats", map(zeros(GC_STATS))),
        ("cursor_stats", cursor_entries(cursors)),
    ];
    if let Some(words) = &index.definition().stop_words {
        let words = words.iter().cloned().map(Reply::Bulk);
        entries.push(("stopwords_list", Reply::Array(words.collect())));
    }
    let dialects = ["dialect_1", "dialect_2", "dialect_3", "dialect_4"]
        .into_iter()
        .zip(index.dialects())
        .map(|(name, used)| (name, count(usize::from(used))));
    entries.push(("dialect_stats", map(dialects.collect())));
    let mut errors = failure_entries(failures);
    errors.push(("background indexing status", text("OK")));
    entries.push(("Index Errors", map(errors)));
    let fields = index.schema().iter().map(|(id, field)| {
        map(vec![
            ("identifier", Reply::Bulk(field.identifier.clone())),
            ("attribute", Reply::Bulk(field.attribute.clone())),
            (
                "Index Errors",
                map(failure_entries(index.field_failures(id))),
            ),
        ])
    });
    entries.push(("field statistics", Reply::Array(fields.collect())));
    entries.extend(analysis_entries(index));
    let shared = index.shared_bytes();
    entries.push(("shared_vectors_sz_mb", megabytes(shared)));
    entries
}

/// How text is analysed.
fn analysis_entries(index: &Index) -> Vec<Entry> {
    let definition = index.definition();
    let default = AnalyzerOptions::default();
    let punctuation = definition.punctuation.clone();
    let min_stem_size = definition.min_stem_size;
    vec![
        (
            "punctuation",
            Reply::Bulk(punctuation.unwrap_or(default.punctuation)),
        ),
        (
            "min_stem_size",
            count(min_stem_size.unwrap_or(default.min_stem_length)),
        ),
        (
            "language",
            text(definition.language.unwrap_or(default.language).name()),
        ),
    ]
}

/// Deletes are exact here, so there is no garbage and these never move.
const GC_STATS: &[&str] = &[
    "bytes_collected",
    "total_ms_run",
    "total_cycles",
    "average_cycle_time_ms",
    "last_run_time_ms",
    "gc_numeric_trees_missed",
    "gc_blocks_denied",
];

/// A cursor that is not being read is idle, and none is while this is written.
fn cursor_entries(cursors: CursorCounts) -> Reply {
    map(vec![
        ("global_idle", count(cursors.all)),
        ("global_total", count(cursors.all)),
        ("index_capacity", count(cursors.capacity)),
        ("index_total", count(cursors.of_index)),
        ("index_total_internal", count(0)),
    ])
}

fn zeros(names: &'static [&'static str]) -> Vec<Entry> {
    names.iter().map(|name| (*name, count(0))).collect()
}

/// Which keys belong to the index.
fn key_definition(definition: &Definition) -> Reply {
    let prefixes = definition.prefixes.iter().cloned().map(Reply::Bulk);
    let mut entries = vec![
        ("key_type", text("HASH")),
        ("prefixes", Reply::Array(prefixes.collect())),
    ];
    if let Some(filter) = &definition.filter {
        entries.push(("filter", Reply::Bulk(filter.clone())));
    }
    if let Some(language) = definition.language {
        entries.push(("default_language", text(language.name())));
    }
    if let Some(field) = &definition.language_field {
        entries.push(("language_field", Reply::Bulk(field.clone())));
    }
    entries.push(("default_score", double(definition.default_score)));
    if let Some(field) = &definition.score_field {
        entries.push(("score_field", Reply::Bulk(field.clone())));
    }
    if let Some(field) = &definition.payload_field {
        entries.push(("payload_field", Reply::Bulk(field.clone())));
    }
    let indexes_all = if definition.indexes_all {
        "true"
    } else {
        "false"
    };
    entries.push(("indexes_all", text(indexes_all)));
    map(entries)
}

/// One field: a map with its flags under `flags` in RESP3, a flat array that ends in them in RESP2.
fn attribute(field: &FieldDefinition, protocol: Protocol) -> Reply {
    let mut entries = vec![
        ("identifier", Reply::Bulk(field.identifier.clone())),
        ("attribute", Reply::Bulk(field.attribute.clone())),
    ];
    entries.extend(kind_entries(&field.kind));
    let flags: Vec<Reply> = flags(field).into_iter().map(text).collect();
    match protocol {
        Protocol::Resp2 => Reply::Array(
            entries
                .into_iter()
                .flat_map(|(key, value)| [text(key), value])
                .chain(flags)
                .collect(),
        ),
        Protocol::Resp3 => {
            entries.push(("flags", Reply::Array(flags)));
            map(entries)
        }
    }
}

fn kind_entries(kind: &FieldKind) -> Vec<Entry> {
    match kind {
        FieldKind::Text(options) => {
            let mut entries = vec![("type", text("TEXT")), ("WEIGHT", double(options.weight))];
            let phonetic = options.phonetic.map(|matcher| text(matcher.name()));
            entries.extend(phonetic.map(|matcher| ("PHONETIC", matcher)));
            entries
        }
        FieldKind::Tag(options) => vec![
            ("type", text("TAG")),
            ("SEPARATOR", Reply::Bulk(vec![options.separator])),
        ],
        FieldKind::Numeric => vec![("type", text("NUMERIC"))],
        FieldKind::Geo => vec![("type", text("GEO"))],
        FieldKind::GeoShape(options) => vec![
            ("type", text("GEOSHAPE")),
            (
                "coord_system",
                text(match options.coordinates {
                    Coordinates::Flat => "FLAT",
                    Coordinates::Spherical => "SPHERICAL",
                }),
            ),
        ],
        FieldKind::Vector(options) => vector_entries(options),
    }
}

/// The bare words of a field, in the order of the specification.
fn flags(field: &FieldDefinition) -> Vec<&'static str> {
    let (case_sensitive, no_stem, suffix_trie) = match &field.kind {
        FieldKind::Text(options) => (false, options.no_stem, options.suffix_trie),
        FieldKind::Tag(options) => (options.case_sensitive, false, options.suffix_trie),
        FieldKind::Numeric | FieldKind::Geo | FieldKind::GeoShape(_) | FieldKind::Vector(_) => {
            (false, false, false)
        }
    };
    [
        ("CASESENSITIVE", case_sensitive),
        ("SORTABLE", field.sortable),
        ("UNF", field.sortable && field.unnormalised),
        ("NOSTEM", no_stem),
        ("NOINDEX", field.no_index),
        ("WITHSUFFIXTRIE", suffix_trie),
        ("INDEXEMPTY", field.index_empty),
        ("INDEXMISSING", field.index_missing),
    ]
    .into_iter()
    .filter_map(|(flag, set)| set.then_some(flag))
    .collect()
}

fn failure_entries(failures: &Failures) -> Vec<Entry> {
    let (error, key) = match failures.last() {
        Some(failure) => (failure.error.as_str(), failure.key.as_slice()),
        None => ("N/A", b"N/A".as_slice()),
    };
    vec![
        ("indexing failures", Reply::from(failures.count())),
        ("last indexing error", text(error)),
        ("last indexing error key", Reply::Bulk(key.to_vec())),
    ]
}

fn option_name(option: IndexOption) -> &'static str {
    match option {
        IndexOption::NoFrequencies => "NOFREQS",
        IndexOption::NoFields => "NOFIELDS",
        IndexOption::NoOffsets => "NOOFFSETS",
        IndexOption::NoHighlight => "NOHL",
        IndexOption::MaxTextFields => "MAXTEXTFIELDS",
    }
}

fn map(entries: Vec<Entry>) -> Reply {
    let pairs = entries.into_iter().map(|(key, value)| (text(key), value));
    Reply::Map(pairs.collect())
}

fn megabytes(bytes: usize) -> Reply {
    ratio(bytes, 1 << 20)
}

/// One number by another; NaN where there is nothing to divide by.
fn ratio(number: usize, by: usize) -> Reply {
    #[expect(
        clippy::cast_precision_loss,
        reason = "an average needs no exact count"
    )]
    double(if by == 0 {
        f64::NAN
    } else {
        number as f64 / by as f64
    })
}
