//! Full text: from bytes to tokens, from tokens to postings, from postings to scores.

pub mod analysis;
pub mod bm25;
mod cursor;
mod field;
mod index;
pub mod language;
mod phonetic;
mod phrase;
mod postings;
mod related;
mod stems;
#[cfg(test)]
mod tests;

pub use cursor::PostingCursor;
pub use field::{FieldMask, FieldOptions, TextField};
pub use index::TextIndex;
pub use phrase::Phrase;
