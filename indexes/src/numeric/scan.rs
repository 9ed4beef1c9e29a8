//! The documents of a range, by a look at every number: the quickest way to many of them.

use roaring::RoaringBitmap;

use super::CHUNK;
use crate::cow_vec::CowVec;
use crate::docset::Pace;

/// Documents of a word of bits.
const WORD: usize = u64::BITS as usize;

/// The documents whose number is from `low` to `high`, both included; not all of them once `pace` is
/// over.
pub(super) fn between(
    column: &CowVec<f64, CHUNK>,
    low: f64,
    high: f64,
    pace: &mut Pace,
) -> RoaringBitmap {
    let steps = u32::try_from(CHUNK).unwrap_or(u32::MAX);
    let mut bytes = Vec::with_capacity(column.len() / 8 + 2 * size_of::<u64>());
    // Numbers of documents begin with 1, so that the last of each word is the first of the next.
    let mut carried = 0;
    for chunk in column.chunks().take_while(|_| !pace.steps_are_over(steps)) {
        let mut words = [0_u64; CHUNK / WORD];
        for (word, numbers) in words.iter_mut().zip(chunk.chunks(WORD)) {
            *word = word_of(numbers, low, high);
        }
        for word in words {
            bytes.extend((word << 1 | carried).to_le_bytes());
            carried = word >> (WORD - 1);
        }
    }
    bytes.extend(carried.to_le_bytes());
    RoaringBitmap::from_lsb0_bytes(0, &bytes)
}

/// Which of up to 64 numbers are from one to another, from the lowest bit.
fn word_of(numbers: &[f64], low: f64, high: f64) -> u64 {
    let is_in = |number: &f64| (low <= *number) & (*number <= high);
    let mut word = 0;
    for (at, eight) in numbers.chunks(8).enumerate() {
        let mut byte = 0;
        for (bit, number) in eight.iter().enumerate() {
            byte |= u64::from(is_in(number)) << bit;
        }
        word |= byte << (8 * at);
    }
    word
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_finds_what_a_look_at_each_number_does(
            numbers in prop::collection::vec(prop_oneof![
                Just(f64::NAN), Just(f64::INFINITY), -3.0..3.0_f64, Just(0.0),
            ], 0..2_500),
            low in -3.0..3.0_f64,
            width in 0.0..6.0_f64,
        ) {
            let mut column = CowVec::new(f64::NAN);
            for (at, number) in numbers.iter().enumerate() {
                column.set(at, *number);
            }
            let high = low + width;
            let found = between(&column, low, high, &mut Pace::endless());
            let expected = (1..).zip(&numbers).filter(|(_, number)| (low..=high).contains(number));
            prop_assert!(found.iter().eq(expected.map(|(doc, _): (u32, _)| doc)));
        }
    }
}
