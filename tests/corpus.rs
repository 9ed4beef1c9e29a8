//! One corpus, many engines: every case of `tests/corpus/*.toml` in this process and on each live
//! server that the environment names, in RESP2 and RESP3. The format is told in
//! `tests/corpus/README.md`.
//!
//! Live servers: `NUTHATCH_VALKEY_SERVER` and `NUTHATCH_REDIS_SERVER` are server binaries,
//! `NUTHATCH_MODULE` is the module that they load.

#[cfg(test)]
mod corpus_runner;
