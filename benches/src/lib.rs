//! What the benchmarks share: servers to measure, rounds that put contenders side by side, and the
//! suites of text, of queries, of aggregations and of servers.

pub mod aggregate;
pub mod interleave;
pub mod linked;
pub mod load;
pub mod query;
pub mod server;
pub mod text;
