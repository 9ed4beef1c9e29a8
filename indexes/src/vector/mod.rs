//! Which documents' vectors are nearest to a vector: exactly (FLAT) or nearly (HNSW), with inserts,
//! updates and deletes at any time.
//!
//! ```text
//! insert ─▶ row (as given) ─▶ fresh: every search compares with it
//!                                │ linked in the background
//!                                ▼
//!                          code (a byte a component) ─▶ graph: walked on codes
//!                                                          │
//! nearest ◀── ranked by exact distances to the rows ◀──────┘
//! ```

mod arena;
mod background;
mod codes;
mod element;
mod error;
mod fresh;
mod hnsw;
mod holds;
mod index;
mod kernel;
mod lent;
mod nearest;
mod pace;
mod params;
mod query;
mod range;
mod row_of;
mod rows;
mod saved;
mod scan;
mod search;
mod slots;
mod snapshot;
mod space;
mod store;
mod sync;
#[cfg(test)]
mod tests;
mod upkeep;

#[cfg(feature = "bench")]
#[doc(hidden)]
pub use kernel::bench;

pub use background::Background;
pub use element::ElementType;
pub use error::VectorError;
pub use index::{VectorIndex, VectorStats};
pub use lent::Lent;
pub use params::{Algorithm, HnswParams, Metric, Quantization, VectorParams};
pub use query::Query;
pub use search::{Nearest, Neighbour, Strategy, Within};
