//! Query strings to syntax trees, and back to text.

pub mod ast;
