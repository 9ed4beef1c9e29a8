//! What `tests/corpus.rs` is made of.

mod case;
mod expected;
mod found;
mod run;
mod server;
mod table;
mod target;
mod words;
