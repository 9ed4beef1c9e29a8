//! What there is to search: schemas, documents and field indexes; and how a write reaches them.
//! Beside it, the dictionaries that spelling is checked with.

pub mod aliases;
mod alter;
mod awaited;
mod backfill;
pub mod column;
mod coming;
pub mod content;
pub mod dictionaries;
pub mod doc_table;
pub mod failures;
mod filter;
mod idle;
pub mod index;
pub mod ingest;
pub mod registry;
mod restored;
pub mod schema;
mod shared;
pub mod snapshot;
pub mod stats;
pub mod synonyms;
mod values;
