//! The hosts: who owns the keys, the clock and the clients. Each embeds one [`crate::engine::Core`].

#[cfg(any(feature = "module", test))]
mod access_rules;
pub mod embedded;
#[cfg(feature = "module")]
pub mod valkey;
