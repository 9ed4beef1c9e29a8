//! The hosts: who owns the keys, the clock and the clients. Each embeds one [`crate::engine::Core`].

pub mod embedded;
#[cfg(feature = "module")]
pub mod valkey;
