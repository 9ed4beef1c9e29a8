//! The Valkey/Redis module: the server's own hashes are the documents, and the server's own
//! persistence, replication and access control carry them.
//!
//! ```text
//! command ─▶ entry ─┐                      ┌─▶ reply
//! key event ─▶ events ─▶ cell: the core ─┼─▶ keyspace
//! timer ─▶ backfill ─┘                      └─▶ replication
//! ```
//!
//! Every function that the server calls catches panics ([`fault`]) and reaches the core only
//! through [`cell`]. All of that runs on the server's main thread, under its global lock; expensive queries
//! go on on [workers](blocked), with snapshots.

mod acl;
mod alloc;
mod api;
mod append_only;
mod backfill;
mod backlog;
mod blocked;
mod cell;
mod config;
mod cursors;
mod databases;
mod entry;
mod events;
mod fault;
mod idle;
mod info;
mod keyspace;
mod options;
mod rdb;
mod registration;
mod remote;
mod reply;
mod sharing;
mod suggestions;
#[cfg(feature = "test-commands")]
mod test_commands;
