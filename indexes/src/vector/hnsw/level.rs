//! How high new nodes reach.

/// No node reaches higher; at `m` 2 that is four billion nodes.
pub(in crate::vector) const HIGHEST_LEVEL: u8 = 32;

/// Draws the highest level of each new row: one in `m` of a level reaches the next, which is the
/// paper's distribution (section 4.1, `mL = 1 / ln M`). Seeded, so that a history makes one graph.
///
/// The level belongs to the row, not to the vector that is in it for a time: a row that is used
/// again keeps its level and the memory of its lists, and levels stay distributed as they were.
pub(in crate::vector) struct LevelDraw {
    m: u64,
    state: u64,
}

impl LevelDraw {
    pub(in crate::vector) fn new(m: usize) -> Self {
        Self {
            m: u64::try_from(m).unwrap_or(u64::MAX),
            state: 0,
        }
    }

    pub(in crate::vector) fn draw(&mut self) -> u8 {
        (0..HIGHEST_LEVEL)
            .find(|_| !self.next().is_multiple_of(self.m))
            .unwrap_or(HIGHEST_LEVEL)
    }

    /// SplitMix64 (Steele, Lea & Flood, "Fast splittable pseudorandom number generators", 2014).
    const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = self.state;
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_m_reaches_the_next_level() {
        let mut draw = LevelDraw::new(16);
        let mut counts = [0_u32; HIGHEST_LEVEL as usize + 1];
        for _ in 0..160_000 {
            counts[usize::from(draw.draw())] += 1;
        }
        assert!((9_000..11_000).contains(&counts[1..].iter().sum::<u32>()));
        assert!((500..750).contains(&counts[2..].iter().sum::<u32>()));
    }
}
