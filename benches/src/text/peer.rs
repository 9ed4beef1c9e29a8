//! tantivy, set up to read as fast as it can: one segment in memory with positions and field norms,
//! nothing stored, nothing deleted.

use std::ops::Bound;

use tantivy::collector::{Count, TopDocs};
use tantivy::directory::RamDirectory;
use tantivy::fieldnorm::FieldNormReader;
use tantivy::query::{
    BooleanQuery, ConstScoreQuery, FuzzyTermQuery, InvertedIndexRangeQuery, Occur, PhraseQuery,
    Query as PeerQuery, RegexQuery, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::store::Compressor;
use tantivy::tokenizer::{
    Language, LowerCaser, Stemmer, TextAnalyzer, TokenizerManager, WhitespaceTokenizer,
};
use tantivy::{
    Index, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, Result, Searcher,
    SingleSegmentIndexWriter, TantivyDocument, Term,
};

use super::ours::Hit;
use super::query::Query;

/// So much that it never writes a segment before it is told to.
const BUILD_BUDGET: usize = 2_000_000_000;
/// Enough for what comes between two commits.
const LIVE_BUDGET: usize = 64_000_000;
const FIELD: &str = "text";
const ANALYZER: &str = "plain";

/// A query as tantivy takes it, made before the clock starts.
pub type Prepared = Box<dyn PeerQuery>;

/// How words with a prefix are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrefixBy {
    /// By an automaton that is walked over the dictionary.
    Regex,
    /// By the range of the dictionary in which they are.
    Range,
}

/// An index of tantivy's and a searcher over it.
pub struct Peer {
    index: Index,
    field: Field,
    reader: IndexReader,
    searcher: Searcher,
}

/// What tantivy's files take in memory, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Space {
    /// The term dictionary.
    pub terms: u64,
    /// Documents, term frequencies and skip lists.
    pub postings: u64,
    /// Positions.
    pub positions: u64,
    /// Lengths of documents, a byte each.
    pub norms: u64,
}

impl Space {
    /// All of it.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.terms + self.postings + self.positions + self.norms
    }
}

/// The longest length up to this one that tantivy, which keeps lengths in a byte, can tell exactly.
#[must_use]
pub fn exact_length(length: usize) -> usize {
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    let exact = FieldNormReader::id_to_fieldnorm(FieldNormReader::fieldnorm_to_id(length));
    usize::try_from(exact).unwrap_or(usize::MAX)
}

/// Words between white space, in lower case.
#[must_use]
pub fn plain_analyzer() -> TextAnalyzer {
    TextAnalyzer::builder(WhitespaceTokenizer::default())
        .filter(LowerCaser)
        .build()
}

/// As [`plain_analyzer`], and English stems.
#[must_use]
pub fn stemming_analyzer() -> TextAnalyzer {
    TextAnalyzer::builder(WhitespaceTokenizer::default())
        .filter(LowerCaser)
        .filter(Stemmer::new(Language::English))
        .build()
}

/// Indexes documents into one segment, on this thread.
///
/// # Errors
/// When tantivy refuses, which it does not.
pub fn build<'a>(
    analyzer: TextAnalyzer,
    documents: impl IntoIterator<Item = &'a str>,
) -> Result<Index> {
    let mut schema = Schema::builder();
    let indexing = TextFieldIndexing::default()
        .set_tokenizer(ANALYZER)
        .set_index_option(IndexRecordOption::WithFreqsAndPositions)
        .set_fieldnorms(true);
    let field = schema.add_text_field(FIELD, TextOptions::default().set_indexing_options(indexing));
    let analyzers = TokenizerManager::new();
    analyzers.register(ANALYZER, analyzer);
    let settings = IndexSettings {
        docstore_compression: Compressor::None,
        docstore_compress_dedicated_thread: false,
        ..IndexSettings::default()
    };
    let mut writer: SingleSegmentIndexWriter = Index::builder()
        .schema(schema.build())
        .tokenizers(analyzers)
        .settings(settings)
        .single_segment_index_writer(RamDirectory::create(), BUILD_BUDGET)?;
    for text in documents {
        writer.add_document(document(field, text))?;
    }
    writer.finalize()
}

fn document(field: Field, text: &str) -> TantivyDocument {
    let mut document = TantivyDocument::default();
    document.add_text(field, text);
    document
}

impl Peer {
    /// Opens an index that was [built](build).
    ///
    /// # Errors
    /// When it has no field of ours.
    pub fn open(index: Index) -> Result<Self> {
        let field = index.schema().get_field(FIELD)?;
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()?;
        let searcher = reader.searcher();
        Ok(Self {
            index,
            field,
            reader,
            searcher,
        })
    }

    /// The query that is measured.
    ///
    /// # Errors
    /// When a prefix is no regular expression, which letters are.
    pub fn prepare(&self, query: &Query, prefix: PrefixBy) -> Result<Prepared> {
        Ok(match query {
            Query::Term(word) => self.term(word),
            Query::All(words) => {
                let parts = words.iter().map(|word| self.term(word));
                Box::new(BooleanQuery::intersection(parts.collect()))
            }
            Query::Any(words) => {
                let parts = words.iter().map(|word| self.term(word));
                Box::new(BooleanQuery::union(parts.collect()))
            }
            Query::Phrase(words) if words.len() < 2 => {
                return self.prepare(&Query::All(words.clone()), prefix);
            }
            Query::Phrase(words) => {
                let terms = words.iter().map(|word| self.key(word));
                Box::new(PhraseQuery::new(terms.collect()))
            }
            Query::Prefix(start) => match prefix {
                PrefixBy::Regex => {
                    Box::new(RegexQuery::from_pattern(&format!("{start}.*"), self.field)?)
                }
                PrefixBy::Range => self.range(start),
            },
            Query::Fuzzy(word, distance) => {
                Box::new(FuzzyTermQuery::new(self.key(word), *distance, false))
            }
        })
    }

    /// A query with the matches of the one that is measured and the scores that ours has: a phrase
    /// scores as its words do, where tantivy would count the phrase as one rare word.
    ///
    /// # Errors
    /// As [`Peer::prepare`].
    pub fn reference(&self, query: &Query) -> Result<Prepared> {
        let prepared = self.prepare(query, PrefixBy::Range)?;
        let Query::Phrase(words) = query else {
            return Ok(prepared);
        };
        let unscored: Prepared = Box::new(ConstScoreQuery::new(prepared, 0.0));
        let scored = words.iter().map(|word| (Occur::Must, self.term(word)));
        let all = std::iter::once((Occur::Must, unscored)).chain(scored);
        Ok(Box::new(BooleanQuery::new(all.collect())))
    }

    /// The best `k` documents.
    ///
    /// # Errors
    /// When tantivy cannot search, which it can.
    pub fn top(&self, query: &Prepared, k: usize) -> Result<Vec<Hit>> {
        let found = self
            .searcher
            .search(&**query, &TopDocs::with_limit(k).order_by_score())?;
        let hit = |(score, address): (f32, tantivy::DocAddress)| Hit {
            slot: address.doc_id as usize,
            score: f64::from(score),
        };
        Ok(found.into_iter().map(hit).collect())
    }

    /// How many documents match.
    ///
    /// # Errors
    /// As [`Peer::top`].
    pub fn count(&self, query: &Prepared) -> Result<u64> {
        Ok(self.searcher.search(&**query, &Count)? as u64)
    }

    /// What it takes in memory.
    ///
    /// # Errors
    /// When its files cannot be read, which they can.
    pub fn space(&self) -> Result<Space> {
        let usage = self.searcher.space_usage()?;
        let sum = |part: fn(&tantivy::space_usage::SegmentSpaceUsage) -> u64| {
            usage.segments().iter().map(part).sum()
        };
        Ok(Space {
            terms: sum(|segment| segment.termdict().total().get_bytes()),
            postings: sum(|segment| segment.postings().total().get_bytes()),
            positions: sum(|segment| segment.positions().total().get_bytes()),
            norms: sum(|segment| segment.fieldnorms().total().get_bytes()),
        })
    }

    /// A writer with one thread, for documents that come while others search.
    ///
    /// # Errors
    /// When there is another.
    pub fn writer(&self) -> Result<IndexWriter> {
        self.index.writer_with_num_threads(1, LIVE_BUDGET)
    }

    /// Writes a document; it is visible after [`Peer::refresh`].
    ///
    /// # Errors
    /// When the writer's thread is gone.
    pub fn write(&self, writer: &IndexWriter, text: &str) -> Result<()> {
        writer.add_document(document(self.field, text)).map(|_| ())
    }

    /// Makes visible what has been written.
    ///
    /// # Errors
    /// When the writer's thread is gone.
    pub fn refresh(&mut self, writer: &mut IndexWriter) -> Result<()> {
        writer.commit()?;
        self.reader.reload()?;
        self.searcher = self.reader.searcher();
        Ok(())
    }

    fn key(&self, word: &str) -> Term {
        Term::from_field_text(self.field, word)
    }

    fn term(&self, word: &str) -> Prepared {
        let frequencies = IndexRecordOption::WithFreqs;
        Box::new(TermQuery::new(self.key(word), frequencies))
    }

    /// The words from `start` up to those that begin with what comes next.
    fn range(&self, start: &str) -> Prepared {
        let mut end = start.to_owned();
        let last = end
            .pop()
            .map(|letter| char::from_u32(u32::from(letter) + 1));
        if let Some(Some(letter)) = last {
            end.push(letter);
        }
        Box::new(InvertedIndexRangeQuery::new(
            Bound::Included(self.key(start)),
            Bound::Excluded(self.key(&end)),
        ))
    }
}
