//! tantivy with the same documents: one segment in memory, tags as raw terms and in columns, numbers in
//! columns and in its index of numbers.

use std::ops::Bound;

use tantivy::aggregation::AggregationCollector;
use tantivy::aggregation::agg_req::Aggregations;
use tantivy::collector::{Count, TopDocs};
use tantivy::directory::RamDirectory;
use tantivy::query::{BooleanQuery, ConstScoreQuery, Occur, Query, RangeQuery, TermQuery};
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::store::Compressor;
use tantivy::tokenizer::TokenizerManager;
use tantivy::{
    Index, IndexSettings, Order, Result, Searcher, SingleSegmentIndexWriter, TantivyDocument, Term,
};

use super::data::Data;
use crate::text::peer::plain_analyzer;

const ANALYZER: &str = "plain";
const BUDGET: usize = 2_000_000_000;

/// A query as tantivy takes it.
pub type Prepared = Box<dyn Query>;

/// An index of tantivy's.
pub struct Peer {
    searcher: Searcher,
    text: Field,
    tags: Vec<(&'static str, Field)>,
    price: Field,
}

const TAGS: [&str; 4] = ["category", "brand", "user", "share"];

impl Peer {
    /// Indexes documents.
    ///
    /// # Errors
    /// When tantivy refuses, which it does not.
    pub fn build(data: &Data) -> Result<Self> {
        let mut schema = Schema::builder();
        let text = TextFieldIndexing::default()
            .set_tokenizer(ANALYZER)
            .set_index_option(IndexRecordOption::WithFreqsAndPositions)
            .set_fieldnorms(true);
        let text = schema.add_text_field("text", TextOptions::default().set_indexing_options(text));
        let raw = TextFieldIndexing::default()
            .set_tokenizer("raw")
            .set_index_option(IndexRecordOption::Basic)
            .set_fieldnorms(false);
        let raw = TextOptions::default()
            .set_indexing_options(raw)
            .set_fast("raw");
        let tags = TAGS.map(|name| (name, schema.add_text_field(name, raw.clone())));
        let price = schema.add_f64_field("price", FAST | INDEXED);
        let analyzers = TokenizerManager::default();
        analyzers.register(ANALYZER, plain_analyzer());
        let settings = IndexSettings {
            docstore_compression: Compressor::None,
            docstore_compress_dedicated_thread: false,
            ..IndexSettings::default()
        };
        let mut writer: SingleSegmentIndexWriter = Index::builder()
            .schema(schema.build())
            .tokenizers(analyzers)
            .settings(settings)
            .single_segment_index_writer(RamDirectory::create(), BUDGET)?;
        for slot in 0..data.len() {
            let fields = data.fields(slot);
            let mut document = TantivyDocument::default();
            document.add_text(text, data.corpus.document(slot));
            let values = [&fields.category, &fields.brand, &fields.user];
            for ((_, field), value) in tags.iter().zip(values) {
                document.add_text(*field, value);
            }
            for share in fields.share.split(',').filter(|share| !share.is_empty()) {
                document.add_text(tags[3].1, share);
            }
            document.add_f64(price, fields.price);
            writer.add_document(document)?;
        }
        let searcher = writer.finalize()?.reader()?.searcher();
        Ok(Self {
            searcher,
            text,
            tags: tags.to_vec(),
            price,
        })
    }

    /// Documents with a word.
    #[must_use]
    pub fn word(&self, word: &str) -> Prepared {
        let term = Term::from_field_text(self.text, word);
        Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs))
    }

    /// Documents with all, or any, of some words.
    #[must_use]
    pub fn words(&self, words: &[String], all: bool) -> Prepared {
        let parts = words.iter().map(|word| self.word(word)).collect();
        if all {
            Box::new(BooleanQuery::intersection(parts))
        } else {
            Box::new(BooleanQuery::union(parts))
        }
    }

    /// Documents with a tag, which adds nothing to a score.
    #[must_use]
    pub fn tag(&self, name: &str, tag: &str) -> Prepared {
        let field = self.tags.iter().find(|(field, _)| *field == name);
        let field = field.map_or(self.text, |(_, field)| *field);
        let term = Term::from_field_text(field, tag);
        let query = TermQuery::new(term, IndexRecordOption::Basic);
        Box::new(ConstScoreQuery::new(Box::new(query), 0.0))
    }

    /// Documents with a price between two bounds, both of which are taken.
    #[must_use]
    pub fn price(&self, min: f64, max: f64) -> Prepared {
        let bound = |value| Bound::Included(Term::from_field_f64(self.price, value));
        let query = RangeQuery::new(bound(min), bound(max));
        Box::new(ConstScoreQuery::new(Box::new(query), 0.0))
    }

    /// Documents that match all queries.
    #[must_use]
    pub fn all(parts: Vec<Prepared>) -> Prepared {
        let parts = parts.into_iter().map(|part| (Occur::Must, part));
        Box::new(BooleanQuery::new(parts.collect()))
    }

    /// The scores of the ten best.
    ///
    /// # Errors
    /// When tantivy cannot search, which it can.
    pub fn top(&self, query: &Prepared) -> Result<Vec<f64>> {
        let best = TopDocs::with_limit(10).order_by_score();
        let found = self.searcher.search(&**query, &best)?;
        Ok(found
            .into_iter()
            .map(|(score, _)| f64::from(score))
            .collect())
    }

    /// The ten lowest prices.
    ///
    /// # Errors
    /// As [`Peer::top`].
    pub fn cheapest(&self, query: &Prepared) -> Result<Vec<f64>> {
        let best = TopDocs::with_limit(10).order_by_fast_field::<f64>("price", Order::Asc);
        let found = self.searcher.search(&**query, &best)?;
        Ok(found.into_iter().filter_map(|(price, _)| price).collect())
    }

    /// How many documents match.
    ///
    /// # Errors
    /// As [`Peer::top`].
    pub fn count(&self, query: &Prepared) -> Result<u64> {
        Ok(self.searcher.search(&**query, &Count)? as u64)
    }

    /// How many of the documents that match have each of the most frequent tags, most first.
    ///
    /// # Errors
    /// As [`Peer::top`].
    pub fn facet(&self, query: &Prepared, request: &Aggregations) -> Result<Vec<u64>> {
        let collector = AggregationCollector::from_aggs(request.clone(), Default::default());
        let found = self.searcher.search(&**query, &collector)?;
        let found = serde_json::to_value(&found).unwrap_or_default();
        let buckets = found["facet"]["buckets"].as_array().cloned();
        let buckets = buckets.unwrap_or_default();
        let counts = buckets.iter().filter_map(|it| it["doc_count"].as_u64());
        Ok(counts.collect())
    }
}

/// The ten most frequent values of a field.
///
/// # Errors
/// When tantivy does not know the request, which it does.
pub fn facet_request(field: &str) -> std::result::Result<Aggregations, serde_json::Error> {
    serde_json::from_value(serde_json::json!({
        "facet": { "terms": { "field": field, "size": 10 } }
    }))
}
