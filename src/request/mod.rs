//! Command bytes to requests: what was asked for, checked as far as the words alone allow.

pub mod create;
pub mod error;
pub mod search;
