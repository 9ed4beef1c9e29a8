//! Full text: from bytes to tokens, from tokens to postings, from postings to scores.

pub mod analysis;
pub mod bm25;
mod cursor;
pub mod excerpt;
mod field;
mod index;
mod phrase;
mod postings;
mod spelling;
#[cfg(test)]
mod tests;

pub use cursor::PostingCursor;
pub use field::{FieldMask, FieldOptions, TextField};
pub use index::TextIndex;
pub use phrase::Phrase;
pub use spelling::Speller;
