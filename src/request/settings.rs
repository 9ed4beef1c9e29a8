//! What an administrator may set, at any time with `FT.CONFIG` or as the module is loaded.

pub mod table;

use std::sync::LazyLock;

use super::create::{Defaults, Quantization};
use super::search::Scorer;

/// The settings of one engine. They are of this node alone: neither saved nor replicated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `TIMEOUT`: how long a query may take that does not say, in milliseconds; 0 is for ever.
    pub timeout_ms: u64,
    /// `ON_TIMEOUT`
    pub on_timeout: OnTimeout,
    /// `DEFAULT_DIALECT` of queries that do not say, 1 to 4.
    pub dialect: u8,
    /// `DEFAULT_SCORER` of searches that do not say.
    pub scorer: Scorer,
    /// `BM25STD_TANH_FACTOR` of searches that do not say.
    pub tanh_factor: u32,
    /// `MAXSEARCHRESULTS`: hits that one search may ask for.
    pub max_search_results: usize,
    /// `AGGREGATEMEMORY`: bytes that one aggregation may keep at once: groups, rows to sort, rows that
    /// a cursor holds.
    pub aggregate_memory: usize,
    /// `CURSORMEMORY`: bytes that all cursors together may hold while they wait.
    pub cursor_memory: usize,
    /// `MINPREFIX`: the fewest bytes of a prefix, suffix or infix; shorter ones match nothing.
    pub min_prefix: usize,
    /// `MAXPREFIXEXPANSIONS`: how many terms or tags a pattern stands for at most.
    pub max_expansions: usize,
    /// `MINSTEMLEN`: the fewest letters of a word with a stem, in indexes that do not say.
    pub min_stem_length: usize,
    /// `QUANTIZATION` of vector fields that do not say.
    pub quantization: Quantization,
    /// `SAVECONTENT`: whether snapshots have what indexes made of their documents.
    pub save_content: bool,
    /// `SHAREVECTORS`: whether hashes share the vectors of indexes, where the host can do so.
    pub share_vectors: bool,
    /// `LINKERS`: threads that link vectors in the background, 0 linking them within the write;
    /// none leaves the choice to the engine.
    pub linkers: Option<usize>,
    /// `WORKERS`: threads that answer queries; 0 answers all on the main thread.
    pub workers: usize,
    /// `INLINECOST`: microseconds; what is expected to take less is answered on the main thread.
    pub inline_us: u64,
    /// `MAXQUEUEDQUERIES`: queries that wait for a worker at most.
    pub max_queued: usize,
}

/// What becomes of a search whose time is over (spec, section 5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnTimeout {
    /// `WARN`: what was found, with a warning; an error where the protocol has no place for one.
    #[default]
    Warn,
    /// `RETURN`: what was found, with a warning where the protocol has a place for one.
    Return,
    /// `FAIL`: an error.
    Fail,
}

/// Letters of a word with a stem unless the index or the settings say otherwise.
const DEFAULT_MIN_STEM_LENGTH: usize = 4;

/// One worker for each core but the one that serves clients, 1 to 8. Asked of the system once, which
/// reads files for it.
static DEFAULT_WORKERS: LazyLock<usize> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    cores.saturating_sub(1).clamp(1, 8)
});

impl Default for Settings {
    fn default() -> Self {
        Self {
            timeout_ms: 500,
            on_timeout: OnTimeout::default(),
            dialect: 2,
            scorer: Scorer::default(),
            tanh_factor: 4,
            max_search_results: 1_000_000,
            aggregate_memory: 512 << 20,
            cursor_memory: 1 << 30,
            min_prefix: 2,
            max_expansions: 200,
            min_stem_length: DEFAULT_MIN_STEM_LENGTH,
            quantization: Quantization::default(),
            save_content: true,
            share_vectors: false,
            linkers: None,
            workers: *DEFAULT_WORKERS,
            inline_us: 50,
            max_queued: 1_024,
        }
    }
}

impl Settings {
    /// What applies to definitions that do not say.
    #[must_use]
    pub fn defaults(&self) -> Defaults {
        let length = self.min_stem_length;
        Defaults {
            quantization: self.quantization,
            min_stem_size: (length != DEFAULT_MIN_STEM_LENGTH).then_some(length),
        }
    }
}
