//! Replies: what a command answers, free of any server.
//!
//! A command writes its answer into a [`Sink`]; each host has one (the server's reply calls, or a
//! [`Recorder`] that builds a [`Reply`] tree). RESP2 has no maps, sets, doubles or null other than
//! the empty bulk, so a sink folds those down itself, and commands say what they mean once.

pub mod aggregate;
pub mod config;
pub mod hybrid;
pub mod info;
pub mod profile;
pub mod search;
pub mod spellcheck;
pub mod suggestions;
mod tree;

pub use crate::expr::{format_double, format_score};
pub use tree::{Recorder, Reply};

/// The version of the wire protocol that a client negotiated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Protocol {
    /// Flat arrays and bulk strings.
    #[default]
    Resp2,
    /// Maps, sets, doubles and null.
    Resp3,
}

/// Where a command writes its answer, outermost value first.
///
/// # Contract
/// 1. A container states its length before its members are written, and exactly that many follow
///    (twice that many for a map).
/// 2. Under [`Protocol::Resp2`] a map is an array of twice its pairs, a set is an array, a double
///    is a bulk string as [`format_double`] has it, null is the nil bulk string.
pub trait Sink {
    /// What the client negotiated.
    fn protocol(&self) -> Protocol;
    /// Opens an array of `len` values.
    fn array(&mut self, len: usize);
    /// Opens a map of `pairs` keys and values.
    fn map(&mut self, pairs: usize);
    /// Opens a set of `len` values.
    fn set(&mut self, len: usize);
    /// A string of bytes.
    fn bulk(&mut self, bytes: &[u8]);
    /// A short status such as `OK`.
    fn simple(&mut self, text: &str);
    /// An integer.
    fn integer(&mut self, value: i64);
    /// A double.
    fn double(&mut self, value: f64);
    /// No value.
    fn null(&mut self);
    /// An error; `text` starts with its code, as in `ERR …`.
    fn error(&mut self, text: &str);
}

/// A count alone as a reply.
pub fn write_count(number: usize, sink: &mut dyn Sink) {
    sink.integer(i64::try_from(number).unwrap_or(i64::MAX));
}
