//! Bytes that nobody wrote, and bytes that were changed, put through everything that reads bytes: nothing
//! panics, and what is taken is read the same again.
//!
//! A short round runs with the other tests; `make fuzz ITERATIONS=1000000` runs as long as it takes.

mod bytes;
mod content;
mod keys;
mod read;
mod saved;

use proptest::test_runner::Config;

/// Rounds of each test unless `ITERATIONS` says how many.
const ROUNDS: u32 = 256;

/// As many rounds as the environment asks for.
fn rounds() -> Config {
    let asked = std::env::var("ITERATIONS").ok();
    let asked = asked.and_then(|text| text.parse().ok());
    Config {
        failure_persistence: None,
        ..Config::with_cases(asked.unwrap_or(ROUNDS))
    }
}
