//! Full text: from bytes to tokens, from tokens to postings, from postings to scores.

pub mod analysis;
pub mod bm25;
mod cursor;
mod expand;
mod field;
mod index;
mod near;
mod phrase;
mod postings;
#[cfg(test)]
mod tests;
pub mod tfidf;

pub use cursor::PostingCursor;
pub use field::{FieldMask, FieldOptions, TextField};
pub use index::TextIndex;
pub use near::{Near, Places, keep_fields};
pub use phrase::Phrase;
