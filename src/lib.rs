//! Nuthatch: vector and full-text search that lives inside a cache.
//!
//! A command goes one way:
//!
//! ```text
//! command bytes ─ request ─▶ request ─ query ─▶ syntax tree ─ plan ─▶ plan ─ exec ─▶ hits ─ reply ─▶ reply
//!                                                     ▲ schema, statistics     ▲ catalog, indexes
//! ```
//!
//! A write goes the other way round the same house: the host says that a key changed, the catalog
//! reads the fields that its indexes want, and each index takes its part ([`catalog`]).

pub mod background;
pub mod catalog;
pub mod command;
pub mod engine;
pub mod exec;
pub mod expr;
pub mod host;
pub mod keyspace;
pub mod persist;
pub mod plan;
pub mod priority;
pub mod query;
pub mod reply;
pub mod request;
pub mod workers;

pub use host::embedded::Engine;
