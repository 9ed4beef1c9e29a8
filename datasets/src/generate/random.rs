//! A random sequence that no release of a crate can change.

use std::f64::consts::TAU;

/// SplitMix64 (Steele, Lea, Flood: *Fast splittable pseudorandom number generators*, OOPSLA 2014).
#[derive(Debug, Clone)]
pub struct Random(u64);

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

impl Random {
    /// The sequence of `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A sequence of its own for item `index`, so that items can be made in parallel.
    #[must_use]
    pub fn stream(seed: u64, index: usize) -> Self {
        let mut outer = Self::new(seed);
        let mut inner =
            Self::new(outer.bits() ^ u64::try_from(index).expect("usize is at most 64 bits"));
        Self::new(inner.bits())
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Evenly in [0, 1).
    pub fn unit(&mut self) -> f64 {
        // 53 bits, all that an f64 in [0.5, 1) can tell apart.
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Evenly in 0 .. `count`; 0 when `count` is 0.
    pub fn below(&mut self, count: usize) -> usize {
        let count = u128::try_from(count).expect("usize is at most 64 bits");
        usize::try_from((u128::from(self.bits()) * count) >> 64).expect("less than count")
    }

    /// Normally distributed, with mean 0 and variance 1 (Box, Muller 1958).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (TAU * self.unit()).cos()
    }
}
