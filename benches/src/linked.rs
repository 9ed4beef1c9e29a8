//! Vectors that wait to be linked: a search looks at each of them, so that what it takes shrinks
//! until there are none.

use std::thread::sleep;
use std::time::Duration;

use nuthatch::Engine;

/// Waits until all vectors of an engine are linked.
pub fn wait(engine: &Engine) {
    while left(engine) > 0 {
        sleep(Duration::from_millis(20));
    }
}

/// How many vectors of an engine are not linked yet.
#[must_use]
pub fn left(engine: &Engine) -> u64 {
    engine.linking().fresh
}
