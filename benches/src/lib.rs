//! What the benchmarks share: servers to measure, rounds that put contenders side by side, and the
//! suites of text, of queries and of aggregations with their peers.

pub mod aggregate;
pub mod interleave;
pub mod query;
pub mod server;
pub mod text;
