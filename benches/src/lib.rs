//! What the benchmarks share: servers to measure, rounds that put contenders side by side, and the
//! text suite with its peer.

pub mod interleave;
pub mod server;
pub mod text;
