//! Full text: from bytes to tokens, from tokens to postings, from postings to scores.

pub mod analysis;
mod block;
pub mod bm25;
mod codec;
mod cursor;
mod field;
mod fuzzy;
mod impacts;
mod index;
mod lengths;
mod phrase;
mod postings;
mod tail;
mod terms;
#[cfg(test)]
mod tests;
mod top;

pub use cursor::PostingCursor;
pub use field::{FieldMask, FieldOptions, TextField};
pub use index::TextIndex;
pub use phrase::Phrase;
pub use top::{Stopped, Top, TopQuery, WeightedTerm, Words};
