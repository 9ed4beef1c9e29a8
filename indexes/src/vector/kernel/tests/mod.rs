//! Every implementation against `f64` arithmetic, integers exactly.

mod bytes;
mod near;
mod rows;

use proptest::prelude::*;

use super::*;

/// Inputs that each property is tried with.
fn config() -> ProptestConfig {
    if cfg!(miri) {
        // The interpreter is slow, and has no files to remember failures in.
        ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::with_cases(3)
        }
    } else {
        ProptestConfig::with_cases(128)
    }
}

/// Components of rows: whole blocks, up to 1,536 components.
fn lengths() -> impl Strategy<Value = usize> {
    let most: usize = if cfg!(miri) { 3 } else { 48 };
    (1..=most).prop_map(|blocks| blocks * 32)
}

/// Runs the block once for each implementation, under the given name.
macro_rules! for_each_simd {
    ($simd:ident => $check:expr) => {{
        {
            let $simd = Portable;
            $check
        }
        if !cfg!(miri) {
            let $simd = SimSimd;
            $check
        }
        #[cfg(target_arch = "x86_64")]
        if let Some($simd) = Avx2::detect() {
            $check
        }
        #[cfg(target_arch = "x86_64")]
        if let Some($simd) = Vnni::detect() {
            $check
        }
    }};
}
use for_each_simd;
