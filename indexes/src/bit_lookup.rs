//! Which of several numbers have a bit: sixteen are told at once where the processor can.

/// As many numbers as are told together.
pub(crate) const TOGETHER: usize = 64;

/// A bit for each of some ascending numbers, at most [`TOGETHER`], the first's the lowest: whether its own is set, in
/// words of 64. Past the last word none is.
#[inline]
pub(crate) fn held(numbers: &[u32], bits: &[u64]) -> u64 {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    if let Ok(numbers) = numbers.try_into()
        && std::is_x86_feature_detected!("avx512f")
    {
        // SAFETY: the processor has AVX-512F.
        let told = unsafe { avx512::held(numbers, bits) };
        if let Some(told) = told {
            return told;
        }
    }
    one_by_one(numbers, bits)
}

/// The bit of a number is set.
#[inline(always)]
pub(crate) fn has_bit(bits: &[u64], number: u32) -> bool {
    let word = bits.get(number as usize / 64).copied().unwrap_or_default();
    word >> (number % 64) & 1 == 1
}

fn one_by_one(numbers: &[u32], bits: &[u64]) -> u64 {
    let backwards = numbers.iter().rev();
    backwards.fold(0, |all, &number| {
        all << 1 | u64::from(has_bit(bits, number))
    })
}

/// Words are chosen from registers. To gather them from memory takes longer, and much longer on processors that are
/// guarded against what gathering gives away.
#[cfg(all(target_arch = "x86_64", not(miri)))]
mod avx512 {
    use std::arch::x86_64::{
        __m512i, _mm512_cmpeq_epi32_mask, _mm512_mask_mov_epi32, _mm512_permutex2var_epi32,
        _mm512_rorv_epi32, _mm512_set1_epi32, _mm512_setzero_si512, _mm512_srli_epi32,
        _mm512_sub_epi32, _mm512_test_epi32_mask,
    };

    use super::TOGETHER;

    /// Words of a table, which is two registers.
    const IN_TABLE: usize = 16;

    /// The same as of [`super::held`]; none if they are too far from each other.
    #[target_feature(enable = "avx512f")]
    pub(super) fn held(numbers: &[u32; TOGETHER], bits: &[u64]) -> Option<u64> {
        let [least, .., most] = *numbers;
        let first = least as usize / 64;
        let further = (most as usize / 64).checked_sub(first)?;
        match further / IN_TABLE {
            0 => Some(held_in::<1>(numbers, bits, first)),
            1 => Some(held_in::<2>(numbers, bits, first)),
            2 | 3 => Some(held_in::<4>(numbers, bits, first)),
            _ => None,
        }
    }

    /// The same, within so many tables of words from a first on.
    #[target_feature(enable = "avx512f")]
    fn held_in<const TABLES: usize>(numbers: &[u32; TOGETHER], bits: &[u64], first: usize) -> u64 {
        let near = bits.get(first..).unwrap_or_default();
        if let Some(tables) = near.as_chunks().0.first_chunk::<TABLES>() {
            return held_in_tables(numbers, tables, first);
        }
        // The last words are fewer.
        let mut tables = [[0; IN_TABLE]; TABLES];
        for (word, &near) in tables.as_flattened_mut().iter_mut().zip(near) {
            *word = near;
        }
        held_in_tables(numbers, &tables, first)
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn held_in_tables<const TABLES: usize>(
        numbers: &[u32; TOGETHER],
        tables: &[[u64; IN_TABLE]; TABLES],
        first: usize,
    ) -> u64 {
        let first = _mm512_set1_epi32(i32::try_from(2 * first).unwrap_or(i32::MAX));
        let tables: [[__m512i; 2]; TABLES] = tables.map(bytemuck::cast);
        let mut held = 0;
        for (some, slot) in numbers.as_chunks::<16>().0.iter().zip((0..).step_by(16)) {
            let some: __m512i = bytemuck::cast(*some);
            let half = _mm512_sub_epi32(_mm512_srli_epi32::<5>(some), first);
            let in_table = _mm512_srli_epi32::<5>(half);
            let mut word = _mm512_setzero_si512();
            for ([low, high], number) in tables.into_iter().zip(0..) {
                let chosen = _mm512_permutex2var_epi32(low, half, high);
                let is_in = _mm512_cmpeq_epi32_mask(in_table, _mm512_set1_epi32(number));
                word = _mm512_mask_mov_epi32(word, is_in, chosen);
            }
            // The number's bit becomes the lowest.
            let lowest = _mm512_rorv_epi32(word, some);
            let told = _mm512_test_epi32_mask(lowest, _mm512_set1_epi32(1));
            held |= u64::from(told) << slot;
        }
        held
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_number_is_held_whose_bit_is_set(
            bits in prop::collection::vec(any::<u64>(), 0..100),
            start in 0_u32..3_000,
            gaps in prop::collection::vec(any::<u32>(), 0..=TOGETHER),
            widest in prop_oneof![1_u32..100, any::<u32>()],
            fill in any::<bool>(),
        ) {
            let mut number = start;
            let mut numbers = Vec::new();
            for gap in gaps.into_iter().chain(fill.then_some(1).into_iter().cycle()).take(TOGETHER) {
                numbers.push(number);
                number = number.saturating_add(gap % widest);
            }
            let expected = |&number: &u32| {
                let word = bits.get(number as usize / 64);
                word.is_some_and(|word| word & 1 << (number % 64) != 0)
            };
            let told = held(&numbers, &bits);
            prop_assert_eq!(told, one_by_one(&numbers, &bits));
            for (slot, number) in numbers.iter().enumerate() {
                prop_assert_eq!(told >> slot & 1 == 1, expected(number), "{}", number);
            }
            prop_assert!(numbers.len() == TOGETHER || told >> numbers.len() == 0);
        }
    }
}
