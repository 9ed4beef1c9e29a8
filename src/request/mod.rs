//! Command bytes to requests: what was asked for, checked as far as the words alone allow.

pub mod args;
pub mod create;
pub mod dictionary;
pub mod error;
pub mod highlight;
pub mod language;
pub mod search;
pub mod simple;
pub mod spellcheck;
pub mod suggest;
pub mod synonym;
