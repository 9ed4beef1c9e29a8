//! Command bytes to requests: what was asked for, checked as far as the words alone allow.

pub mod aggregate;
pub mod alias;
pub mod args;
pub mod circle;
pub mod config;
pub mod create;
pub mod cursor;
pub mod dictionary;
pub mod documents;
pub mod error;
pub mod highlight;
pub mod hybrid;
pub mod language;
pub mod profile;
pub mod search;
pub mod settings;
pub mod simple;
pub mod spellcheck;
pub mod suggest;
pub mod synonym;
pub mod tag_values;
