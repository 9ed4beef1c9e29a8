//! Expressions: what `APPLY` computes and what `FILTER` asks of a row or of a document.
//!
//! ```text
//! bytes ─ parse ─▶ Expression ─ compile ─▶ Program ─ evaluate ─▶ Value      (one row)
//!                  names, functions        slots     └─ columns ─▶ Column   (a batch of rows)
//! ```
//!
//! An [`Expression`] is syntax; its names are bound to slots once, when it is compiled, and
//! constants are folded then. A [`Program`] runs over a row or over a batch of rows, to the same
//! values. A value that is not there is [`Value::Null`] and makes null of what is computed from it;
//! only comparisons, `exists` and the logical operators tell it from others.

mod ast;
mod column;
mod date;
mod evaluate;
mod filter;
mod function;
mod geo;
mod lexer;
mod number;
mod parameters;
mod parser;
mod print;
mod program;
mod text;
mod value;
mod vectorised;

#[cfg(test)]
mod tests;

pub use ast::{Arithmetic, Comparison, Expression};
pub use column::{Column, Numbers, Texts, TextsByCode};
pub use filter::Filter;
pub use function::{Function, Math, Part};
pub use number::{format_double, format_score, format_value};
pub use parameters::Parameters;
pub use parser::parse;
pub use program::{Names, Program, Row};
pub use value::Value;
