//! How much a block of postings can add to a score, whatever the average length of documents is.
//!
//! Ding and Suel, "Faster Top-k Document Retrieval Using Block-Max Indexes" (2011); kept as pairs of a
//! frequency and a length instead of a score, as Mallia et al., "Faster BlockMax WAND with
//! Variable-Sized Blocks" (2017) discuss and Lucene does, so that a bound outlives every change of
//! the statistics.

use std::sync::LazyLock;

use super::bm25::{B, K1};

/// Pairs kept of a block: the more, the tighter the bound. With 3 a hot term's ten best take half as long
/// again as with 6 (text.md); 5 fit beside the rest of a block's entry in 32 bytes.
const PAIRS: usize = 5;

/// For every posting of a block there is a pair with at least its frequency and at most its document's
/// length. Of both the pairs fall; unused ones repeat the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Impacts([Pair; PAIRS]);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
struct Pair {
    /// Rounded up.
    frequency: Minifloat,
    /// Rounded down.
    length: Minifloat,
}

impl Impacts {
    /// Bytes of all pairs.
    pub(super) const BYTES: usize = 2 * PAIRS;

    /// The pairs as bytes.
    pub(super) fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        for (pair, bytes) in self.0.iter().zip(bytes.as_chunks_mut().0) {
            *bytes = [pair.frequency.0, pair.length.0];
        }
        bytes
    }

    /// The pairs of [`to_bytes`](Self::to_bytes). A pair that is no shorter than the one before adds nothing, and
    /// repeats that one.
    pub(super) fn of_bytes(bytes: &[u8; Self::BYTES]) -> Self {
        let mut pairs = [Pair::default(); PAIRS];
        let mut last: Option<Pair> = None;
        for (pair, [frequency, length]) in pairs.iter_mut().zip(bytes.as_chunks().0) {
            let read = Pair {
                frequency: Minifloat(*frequency),
                length: Minifloat(*length),
            };
            *pair = last
                .filter(|last| read.length.0 >= last.length.0)
                .unwrap_or(read);
            last = Some(*pair);
        }
        Self(pairs)
    }

    /// The highest frequency of a document of this length; none where no document of the block is so short.
    #[inline]
    fn frequency_of(&self, length: LengthCode) -> Option<Minifloat> {
        // The first pair that is not longer is the highest.
        self.0.get(self.longer(length)).map(|pair| pair.frequency)
    }

    /// How many pairs are longer than this, which are the first: counted without a branch, which would be guessed
    /// wrong, and four at a time.
    #[inline]
    fn longer(&self, length: LengthCode) -> usize {
        /// One in each 16 bits.
        const EACH: u64 = 0x0001_0001_0001_0001;
        let [a, b, c, d, last] = self.0;
        let [a, b, c, d] = [a, b, c, d].map(|pair| [pair.frequency.0, pair.length.0]);
        let four = u64::from_le_bytes([a[0], a[1], b[0], b[1], c[0], c[1], d[0], d[1]]);
        let lengths = (four >> 8) & (EACH * 0xFF);
        // 256 or more where a length is.
        let over = lengths + EACH * u64::from(u8::MAX - length.0.0);
        let sums = ((over >> 8) & EACH).wrapping_mul(EACH);
        usize::from(sums.to_le_bytes()[6]) + usize::from(last.length.0 > length.0.0)
    }
}

/// Of the frequencies and lengths of a block's postings, those that no other dominates.
pub(super) struct Frontier {
    /// By the code of a frequency, the code of the shortest length that came with it, plus one; 0 for
    /// none.
    shortest: [u16; 256],
    /// A bit for each code of a frequency that is there.
    seen: [u64; 4],
}

impl Frontier {
    pub(super) const fn new() -> Self {
        Self {
            shortest: [0; 256],
            seen: [0; 4],
        }
    }

    pub(super) fn add(&mut self, frequency: f32, length: LengthCode) {
        let frequency = Minifloat::at_least(frequency);
        let length = u16::from(length.0.0) + 1;
        let code = usize::from(frequency.0);
        self.seen[code / 64] |= 1 << (code % 64);
        let shortest = &mut self.shortest[code];
        if *shortest == 0 || length < *shortest {
            *shortest = length;
        }
    }

    /// The pairs, of which near ones are merged until they are few enough.
    pub(super) fn impacts(&self) -> Impacts {
        let mut pairs = Vec::with_capacity(16);
        let mut below = u16::MAX;
        for (word, mut left) in [0_u8, 1, 2, 3].into_iter().zip(self.seen).rev() {
            while let Some(bit) = 63_u8.checked_sub(low_byte(left.leading_zeros())) {
                left &= !(1 << bit);
                let frequency = 64 * word + bit;
                let length = self.shortest[usize::from(frequency)];
                if length < below {
                    below = length;
                    pairs.push(Pair {
                        frequency: Minifloat(frequency),
                        length: Minifloat(low_byte(u32::from(length - 1))),
                    });
                }
            }
        }
        while pairs.len() > PAIRS {
            merge_nearest(&mut pairs);
        }
        let last = pairs.last().copied().unwrap_or_default();
        let mut impacts = [last; PAIRS];
        impacts[..pairs.len()].copy_from_slice(&pairs);
        Impacts(impacts)
    }
}

/// Merges the two neighbours, of pairs falling in both numbers, whose merger lifts the bound least. The
/// codes grow with the logarithm of what they stand for, so differences of them are ratios.
fn merge_nearest(pairs: &mut Vec<Pair>) {
    let lift = |at: usize| {
        let (high, low) = (pairs[at], pairs[at + 1]);
        u16::from(high.frequency.0 - low.frequency.0) + u16::from(high.length.0 - low.length.0)
    };
    let Some(at) = (0..pairs.len() - 1).min_by_key(|&at| lift(at)) else {
        return;
    };
    pairs[at].length = pairs[at + 1].length;
    pairs.remove(at + 1);
}

/// The length of a document, rounded down to a byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LengthCode(Minifloat);

impl LengthCode {
    pub(super) fn of(length: f32) -> Self {
        Self(Minifloat::at_most(length))
    }
}

/// What turns impacts into bounds, for the statistics of one moment.
pub(super) struct Bounds {
    /// By the code of a length: `k1 (1 − b + b · length / average)`.
    norms: [f32; 256],
    /// By the code of a frequency: one by it.
    inverse: &'static [f32; 256],
}

impl Bounds {
    /// For documents of this average length; 0 where nothing has a length.
    pub(super) fn new(average_length: f64) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "bounds are widened for it")]
        let (base, slope) = if average_length > 0.0 {
            ((K1 * (1.0 - B)) as f32, (K1 * B / average_length) as f32)
        } else {
            (K1 as f32, 0.0)
        };
        let norm = |length: f32| base + slope * length;
        Self {
            norms: (*LENGTHS).map(norm),
            inverse: &INVERSE_FREQUENCIES,
        }
    }

    /// `k1 (1 − b + b · length / average)` for a length; less than it is by as much as the code is.
    #[inline]
    pub(super) fn norm(&self, length: LengthCode) -> f32 {
        self.norms[usize::from(length.0.0)]
    }

    /// The most that a posting of a block with these impacts adds to the score of a document of this length,
    /// by idf; 0 where none of its documents is of that length.
    #[inline]
    pub(super) fn most_of_length(&self, impacts: &Impacts, length: LengthCode) -> f32 {
        widened(self.ratio_of_length(impacts, length))
    }

    /// The least ratio of `k1 (1 − b + b · length / average)` to the frequency that a document of this length can
    /// have in a block with these impacts.
    #[inline]
    pub(super) fn ratio_of_length(&self, impacts: &Impacts, length: LengthCode) -> f32 {
        let frequency = impacts.frequency_of(length);
        let inverse = frequency.map_or(f32::INFINITY, |it| self.inverse[usize::from(it.0)]);
        self.norm(length) * inverse
    }

    /// The most that a posting of a block with these impacts adds to a score by a weight, together with what a
    /// term of another weight does that each document holds once.
    #[inline]
    pub(super) fn most_beside(&self, impacts: &Impacts, weight: f32, beside: f32) -> f32 {
        let both = |pair: &Pair| {
            let norm = self.norms[usize::from(pair.length.0)];
            let ratio = norm * self.inverse[usize::from(pair.frequency.0)];
            weight * widened(ratio) + beside * widened(norm)
        };
        impacts.0.iter().map(both).fold(0.0, f32::max)
    }

    /// The most that a term which a document of this length holds once adds to its score, by idf.
    #[inline]
    pub(super) fn most_of_one(&self, length: LengthCode) -> f32 {
        widened(self.norm(length))
    }

    /// The most that a posting of a block with these impacts adds to a score, by idf.
    #[inline]
    pub(super) fn most(&self, impacts: &Impacts) -> f32 {
        let ratio = |pair: &Pair| {
            self.norms[usize::from(pair.length.0)] * self.inverse[usize::from(pair.frequency.0)]
        };
        // f / (f + n) is the larger the smaller n / f.
        let least = impacts.0.iter().map(ratio).fold(f32::INFINITY, f32::min);
        widened(least)
    }
}

/// The score, by idf, that belongs to a ratio, a little more than rounding may have taken from it.
#[inline]
pub(super) fn widened(ratio: f32) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "the result is widened")]
    let most = (K1 + 1.0) as f32;
    most / (1.0 + ratio) * (1.0 + 4.0 * f32::EPSILON)
}

/// A positive number in a byte: four bits of exponent, from 2^-4 to 2^11, and four of fraction. Ordered
/// as what it stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Minifloat(u8);

/// Bits of an `f32` that are dropped.
const DROPPED: u32 = f32::MANTISSA_DIGITS - 1 - 4;
/// What the kept bits of 2^-4 are.
const LOWEST: u32 = (127 - 4) << 4;

impl Minifloat {
    /// The smallest that is no less.
    fn at_least(value: f32) -> Self {
        Self::clamped((value.to_bits() + ((1 << DROPPED) - 1)) >> DROPPED)
    }

    /// The largest that is no more.
    fn at_most(value: f32) -> Self {
        Self::clamped(value.to_bits() >> DROPPED)
    }

    fn clamped(kept: u32) -> Self {
        Self(u8::try_from(kept.saturating_sub(LOWEST)).unwrap_or(u8::MAX))
    }

    fn value(self) -> f32 {
        f32::from_bits((u32::from(self.0) + LOWEST) << DROPPED)
    }
}

/// What the codes of lengths stand for: the lowest for everything below it too.
static LENGTHS: LazyLock<[f32; 256]> = LazyLock::new(|| {
    let mut lengths = std::array::from_fn(|code| Minifloat(code_of(code)).value());
    lengths[0] = 0.0;
    lengths
});

/// One by what the codes of frequencies stand for: the highest for everything above it too.
static INVERSE_FREQUENCIES: LazyLock<[f32; 256]> = LazyLock::new(|| {
    let mut inverse = std::array::from_fn(|code| 1.0 / Minifloat(code_of(code)).value());
    inverse[255] = 0.0;
    inverse
});

fn low_byte(number: u32) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

fn code_of(slot: usize) -> u8 {
    u8::try_from(slot).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::bm25::term_score;
    use super::*;

    proptest! {
        #[test]
        fn no_posting_scores_above_the_bound(
            postings in prop::collection::vec((0.001_f32..9_000.0, 0.0_f32..90_000.0), 1..128),
            small in any::<bool>(),
            average in prop_oneof![Just(0.0), 0.1_f64..10_000.0],
        ) {
            let mut frontier = Frontier::new();
            let postings: Vec<(f32, f32)> = postings
                .into_iter()
                .map(|(f, l)| if small { ((f % 9.0).ceil(), (l % 70.0).ceil()) } else { (f, l) })
                .collect();
            postings.iter().for_each(|&(frequency, length)| frontier.add(frequency, LengthCode::of(length)));
            let (bounds, impacts) = (Bounds::new(average), frontier.impacts());
            let most = f64::from(bounds.most(&impacts));
            let mut best = 0.0_f64;
            for &(frequency, length) in &postings {
                let score = term_score(1.0, f64::from(frequency), f64::from(length), average);
                prop_assert!(score <= most, "{score} > {most}");
                best = best.max(score);
                let most = f64::from(bounds.most_of_length(&impacts, LengthCode::of(length)));
                prop_assert!(score <= most, "{score} > {most} of its length");
            }
            // The frequencies of texts are small, and then the bound is near.
            prop_assert!(!small || most <= best * 1.3 + 0.02, "{best} << {most}");
        }
    }

    #[test]
    fn unused_pairs_repeat_the_last_even_where_they_were_written_as_the_first() {
        let (first, last) = ([90, 40], [70, 20]);
        let written = [first, last, first, first, first].concat();
        let read = Impacts::of_bytes(written.as_slice().try_into().unwrap());
        assert_eq!(
            read.to_bytes().as_slice(),
            [first, last, last, last, last].concat()
        );
        let frequency = |length| read.frequency_of(LengthCode(Minifloat(length)));
        let of = |pair: [u8; 2]| Some(Minifloat(pair[0]));
        assert_eq!(
            (frequency(40), frequency(39), frequency(20), frequency(19)),
            (of(first), of(last), of(last), None)
        );
    }

    #[test]
    fn codes_round_to_their_side_and_are_ordered() {
        for code in 1..=255 {
            let value = Minifloat(code).value();
            assert!(value > Minifloat(code - 1).value());
            assert_eq!(Minifloat::at_least(value), Minifloat(code));
            assert_eq!(Minifloat::at_most(value), Minifloat(code));
        }
        assert_eq!(Minifloat::at_least(1.01).value(), 1.0625);
        assert_eq!(Minifloat::at_most(1.05).value(), 1.0);
        assert_eq!(Minifloat::at_most(0.0), Minifloat(0));
        assert_eq!(Minifloat::at_least(f32::MAX), Minifloat(255));
    }
}
