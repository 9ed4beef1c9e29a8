//! What the benchmarks share: servers to measure, rounds that put contenders side by side, and the
//! suites of text and of queries with their peer.

pub mod interleave;
pub mod query;
pub mod server;
pub mod text;
