//! A hierarchical navigable small world: a graph of rows that leads to the nearest ones.
//!
//! Malkov & Yashunin, "Efficient and robust approximate nearest neighbor search using Hierarchical
//! Navigable Small World graphs" (2016), with deletion ([`remove`]) and filters ([`search`]). Walks
//! take no lock and several threads may link at once ([`graph`]).

pub(super) mod graph;
pub(super) mod insert;
pub(super) mod level;
pub(super) mod pool;
pub(super) mod remove;
pub(super) mod search;
mod select;
pub(super) mod visited;
