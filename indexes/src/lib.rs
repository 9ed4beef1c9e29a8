//! Nuthatch's data structures, each over the same dense space of document ids.
//!
//! Nothing here knows of a server, a command, a field name or a reply. The families (text, tag,
//! numeric, geo, shape, vector, suggest) never name each other; all but the last meet in
//! [`doc::DocId`] and [`docset::DocSet`].

mod bit_lookup;
mod bitmap_bytes;
pub mod bitmap_words;
pub mod cow_vec;
mod dictionary;
pub mod doc;
pub mod docs;
pub mod docset;
pub mod edit_distance;
pub mod fold;
pub mod geo;
mod huge_pages;
pub mod numeric;
mod owners;
mod pattern;
mod pool;
mod prefetch;
pub mod saved;
pub mod shape;
mod shared_bytes;
mod shared_slice;
mod sphere;
pub mod suggest;
pub mod tag;
pub mod text;
pub mod varint;
pub mod vector;
