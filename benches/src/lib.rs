//! What the benchmarks share: servers to measure, and rounds that put contenders side by side.

pub mod interleave;
pub mod server;
