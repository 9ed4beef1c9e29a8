//! Named data sets for the demo, the tests and the benchmarks.
//!
//! ```
//! use nuthatch_datasets::{Named, Origin};
//!
//! let sample = Named::Sample.load()?.first(100);
//! assert_eq!(sample.origin, Origin::File);
//! assert_eq!(sample.documents.len(), 100);
//! # Ok::<(), nuthatch_datasets::Error>(())
//! ```
//!
//! [`Named::load`] reads a data set from disk, or generates a stand-in of the same shape where the
//! files are absent; [`read`] has the file formats, [`generate`] the seeded generators and
//! [`truth`] the exact nearest neighbours to hold an approximate search to.

pub mod dataset;
pub mod error;
pub mod generate;
pub mod named;
pub mod read;
pub mod truth;

pub use dataset::{Dataset, Document, Judgement, Origin, Query};
pub use error::{Error, Place};
pub use named::Named;
