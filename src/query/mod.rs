//! Query strings to syntax trees, and back to text.
//!
//! The grammar is dialect 2 of the FT.* surface without what [`Refusal::Unsupported`] names.
//!
//! [`Refusal::Unsupported`]: crate::request::error::Refusal::Unsupported

pub mod ast;
pub mod hybrid;
mod json;
mod lexer;
mod params;
mod parser;
mod print;
#[cfg(test)]
mod tests;

pub use json::parse_filter;
pub use params::Params;
pub use parser::{MOST_BYTES, MOST_CLAUSES, MOST_DEPTH, MOST_FIELDS, parse};
pub use print::print;
