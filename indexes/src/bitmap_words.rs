//! The members of a bitmap as bits in words, for loops that ask of many numbers whether they are
//! members.

use roaring::RoaringBitmap;

/// Words of a container: it has a bit for each of 65,536 numbers, or a list of them.
const CONTAINER: usize = 1024;
const CONTAINER_BYTES: usize = 8 * CONTAINER;
/// A container with more members is one of bits.
const MOST_LISTED: usize = 4096;

/// How serialised bitmaps begin: without containers of runs, and with them.
const PLAIN: u32 = 12346;
const WITH_RUNS: u32 = 12347;

/// A bit for each number up to the largest member, 64 in a word.
pub(crate) fn bitmap_words(bitmap: &RoaringBitmap) -> Vec<u64> {
    let mut words = Vec::new();
    put_words(bitmap, &mut words);
    words
}

/// The same over what `words` held: a bit for each number up to the largest member, 64 in a word, the
/// lowest first; of no member one word of none.
///
/// The members are read from the bitmap's serialised form, which has whole containers as they lie in
/// memory: a microsecond for each ten thousand numbers, where walking over a member takes two
/// nanoseconds. (<https://github.com/RoaringBitmap/RoaringFormatSpec>)
pub fn put_words(bitmap: &RoaringBitmap, words: &mut Vec<u64>) {
    let last = bitmap.max().map_or(0, |max| max as usize / 64);
    words.clear();
    words.resize((last + 1).next_multiple_of(CONTAINER), 0);
    let mut bytes = Vec::with_capacity(bitmap.serialized_size());
    let is_written = bitmap.serialize_into(&mut bytes).is_ok();
    if !is_written || read(&bytes, words).is_none() {
        words.fill(0);
        for number in bitmap {
            set(words, number);
        }
    }
    words.truncate(last + 1);
}

/// Sets the bits of a serialised bitmap; none if it has containers of runs, or another form.
fn read(mut bytes: &[u8], words: &mut [u64]) -> Option<()> {
    let cookie = u32::from_le_bytes(take(&mut bytes)?);
    if cookie != PLAIN {
        debug_assert_eq!(cookie & 0xffff, WITH_RUNS);
        return None;
    }
    let count = u32::from_le_bytes(take(&mut bytes)?) as usize;
    // Of each container the high bits of its numbers and how many there are, less one; then where in
    // the bytes it begins.
    let (described, rest) = bytes.split_at_checked(4 * count)?;
    let mut bytes = rest.get(4 * count..)?;
    for container in described.as_chunks::<4>().0 {
        let [key, len] = [[container[0], container[1]], [container[2], container[3]]];
        let [key, len] = [key, len].map(u16::from_le_bytes).map(usize::from);
        let words = words.get_mut(key * CONTAINER..(key + 1) * CONTAINER)?;
        if len + 1 > MOST_LISTED {
            let (bits, rest) = bytes.split_at_checked(CONTAINER_BYTES)?;
            for (word, bits) in words.iter_mut().zip(bits.as_chunks::<8>().0) {
                *word = u64::from_le_bytes(*bits);
            }
            bytes = rest;
        } else {
            let (list, rest) = bytes.split_at_checked(2 * (len + 1))?;
            for number in list.as_chunks::<2>().0 {
                set(words, u32::from(u16::from_le_bytes(*number)));
            }
            bytes = rest;
        }
    }
    bytes.is_empty().then_some(())
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*first)
}

fn set(words: &mut [u64], number: u32) {
    if let Some(word) = words.get_mut(number as usize / 64) {
        *word |= 1 << (number % 64);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(bitmap: &RoaringBitmap) {
        let words = bitmap_words(bitmap);
        assert_eq!(words.len(), bitmap.max().unwrap_or(0) as usize / 64 + 1);
        let bits = words.iter().map(|word| u64::from(word.count_ones()));
        assert_eq!(bits.sum::<u64>(), bitmap.len());
        for number in bitmap {
            assert!(words[number as usize / 64] >> (number % 64) & 1 == 1);
        }
    }

    proptest! {
        #[test]
        fn every_member_has_its_bit(
            lists in prop::collection::vec((0_u32..5, 1_u32..90, 0_u32..9_000), 0..6),
        ) {
            let mut bitmap = RoaringBitmap::new();
            for (container, step, count) in lists {
                bitmap.extend((0..count).map(|n| container * 65_536 + n * step));
            }
            check(&bitmap);
            bitmap.optimize();
            check(&bitmap);
        }
    }

    #[test]
    fn containers_of_each_form_are_read() {
        let [list, bits, runs] = [4_096_u32, 4_097, 60_000];
        for len in [0, 1, list, bits, runs] {
            let mut bitmap: RoaringBitmap = (0..len).map(|n| 70_000 + n).collect();
            check(&bitmap);
            bitmap.optimize();
            check(&bitmap);
        }
    }
}
