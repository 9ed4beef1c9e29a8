//! Full text: from bytes to tokens, from tokens to postings, from postings to scores.

mod alter;
pub mod analysis;
mod block;
pub mod bm25;
mod codec;
mod columns;
mod cursor;
mod decoded;
mod doc_list;
mod doc_numbers;
pub mod excerpt;
mod expand;
mod field;
mod fuzzy;
mod impacts;
mod index;
pub mod language;
mod lengths;
mod lookup;
mod near;
mod phonetic;
mod phrase;
mod postings;
mod related;
mod runs;
mod saved;
mod snapshot;
mod spelling;
mod stems;
mod tail;
mod terms;
#[cfg(test)]
mod tests;
pub mod tfidf;
mod top;

pub use cursor::PostingCursor;
pub use doc_list::DocList;
pub use field::{FieldMask, FieldOptions, TextField};
pub use index::TextIndex;
pub use lookup::Lookup;
pub use near::{Near, Places, keep_fields};
pub use phrase::Phrase;
pub use spelling::Speller;
pub use top::{Filter, FilterDocs, Stopped, Top, TopQuery, Word, Words, few_in_stretch};
