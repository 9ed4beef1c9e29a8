//! Numbers in few bits: columns of a block of postings, and single numbers of varying size.

use bitpacking::{BitPacker, BitPacker1x, BitPacker4x};

/// Appends a column of numbers, each in as many bits as the widest of its group: groups of 128, then of
/// 32, then the rest.
pub(super) fn put(out: &mut Vec<u8>, values: &[u32]) {
    let (groups, rest) = values.as_chunks::<{ BitPacker4x::BLOCK_LEN }>();
    for group in groups {
        put_group(&BitPacker4x::new(), out, group);
    }
    let (groups, rest) = rest.as_chunks::<{ BitPacker1x::BLOCK_LEN }>();
    for group in groups {
        put_group(&BitPacker1x::new(), out, group);
    }
    if !rest.is_empty() {
        put_rest(out, rest);
    }
}

/// Reads a column of `count` numbers over what `values` held, and returns the bytes behind it.
pub(super) fn get<'a>(mut bytes: &'a [u8], count: usize, values: &mut Vec<u32>) -> &'a [u8] {
    values.resize(count, 0);
    let (groups, rest) = values.as_chunks_mut::<{ BitPacker4x::BLOCK_LEN }>();
    for group in groups {
        bytes = get_group(&BitPacker4x::new(), bytes, group);
    }
    let (groups, rest) = rest.as_chunks_mut::<{ BitPacker1x::BLOCK_LEN }>();
    for group in groups {
        bytes = get_group(&BitPacker1x::new(), bytes, group);
    }
    if rest.is_empty() {
        return bytes;
    }
    get_rest(bytes, rest)
}

/// The number in a slot of a column of 128, of which the others are left alone.
///
/// The column is four streams side by side, a word of each in turn; every fourth number is in the same
/// stream, the lowest bits of a word first.
#[inline]
pub(super) fn get_one(bytes: &[u8], slot: usize) -> Option<u32> {
    const STREAMS: usize = 4;
    let (&width, packed) = bytes.split_first()?;
    let width = usize::from(width);
    if width == 0 {
        return Some(0);
    }
    let first_bit = slot / STREAMS * width;
    let word = |number: usize| {
        let at = (number * STREAMS + slot % STREAMS) * size_of::<u32>();
        let word = packed.get(at..)?.first_chunk()?;
        Some(u64::from(u32::from_le_bytes(*word)))
    };
    let (first, shift) = (first_bit / 32, first_bit % 32);
    let mut bits = word(first)?;
    if shift + width > 32 {
        bits |= word(first + 1)? << 32;
    }
    let number = bits >> shift & (u64::MAX >> (64 - width.min(32)));
    u32::try_from(number).ok()
}

/// The bytes behind a column of `count` numbers; none if it is cut off or none of [`put`].
pub(super) fn behind(mut bytes: &[u8], count: usize) -> Option<&[u8]> {
    let (fours, rest) = (
        count / BitPacker4x::BLOCK_LEN,
        count % BitPacker4x::BLOCK_LEN,
    );
    let (ones, rest) = (rest / BitPacker1x::BLOCK_LEN, rest % BitPacker1x::BLOCK_LEN);
    let groups = std::iter::repeat_n(BitPacker4x::BLOCK_LEN, fours)
        .chain(std::iter::repeat_n(BitPacker1x::BLOCK_LEN, ones))
        .chain((rest > 0).then_some(rest));
    for group in groups {
        let (&width, packed) = bytes.split_first()?;
        if u32::from(width) > u32::BITS {
            return None;
        }
        bytes = packed.get(packed_bytes(width, group)..)?;
    }
    Some(bytes)
}

/// A number of [`put_varint`] that is all there, and goes past it.
#[inline]
pub(super) fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    /// Bytes of the largest.
    const MOST: usize = 10;
    let end = bytes.iter().take(MOST).position(|&byte| byte < 0x80)? + 1;
    let (mut number, rest) = bytes.split_at_checked(end)?;
    *bytes = rest;
    Some(get_varint(&mut number))
}

/// Appends 128 strictly ascending numbers after `before`.
pub(super) fn put_ascending(
    out: &mut Vec<u8>,
    before: u32,
    values: &[u32; BitPacker4x::BLOCK_LEN],
) {
    let packer = BitPacker4x::new();
    let width = packer.num_bits_strictly_sorted(Some(before), values);
    out.push(width);
    let start = out.len();
    out.resize(start + BitPacker4x::compressed_block_size(width), 0);
    packer.compress_strictly_sorted(Some(before), values, &mut out[start..], width);
}

/// Reads 128 strictly ascending numbers after `before`, and returns the bytes behind them.
pub(super) fn get_ascending<'a>(
    bytes: &'a [u8],
    before: u32,
    values: &mut [u32; BitPacker4x::BLOCK_LEN],
) -> &'a [u8] {
    let (&width, packed) = bytes.split_first().expect("a group has a width");
    let read = BitPacker4x::new().decompress_strictly_sorted(Some(before), packed, values, width);
    &packed[read..]
}

/// Appends a number, seven bits a byte, the lowest first; every byte but the last has its high bit set.
pub(super) fn put_varint(out: &mut impl Extend<u8>, mut value: u64) {
    while value >= 0x80 {
        out.extend([low_bits(value) | 0x80]);
        value >>= 7;
    }
    out.extend([low_bits(value)]);
}

/// Reads a number of [`put_varint`], and goes past it.
#[inline(always)]
pub(super) fn get_varint(bytes: &mut &[u8]) -> u64 {
    // Nearly all are small.
    match bytes.split_first() {
        Some((&byte, rest)) if byte < 0x80 => {
            *bytes = rest;
            u64::from(byte)
        }
        _ => get_long_varint(bytes),
    }
}

fn get_long_varint(bytes: &mut &[u8]) -> u64 {
    let (mut value, mut shift) = (0, 0);
    while let Some((&byte, rest)) = bytes.split_first() {
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
        shift += 7;
    }
    value
}

/// Goes past some numbers of [`put_varint`].
#[inline(always)]
pub(super) fn skip_varints(bytes: &mut &[u8], count: u64) {
    let mut at = 0;
    for _ in 0..count {
        while bytes.get(at).is_some_and(|&byte| byte >= 0x80) {
            at += 1;
        }
        at += 1;
    }
    *bytes = bytes.get(at..).unwrap_or_default();
}

const fn low_bits(value: u64) -> u8 {
    (value & 0x7f) as u8
}

fn put_group<P: BitPacker>(packer: &P, out: &mut Vec<u8>, group: &[u32]) {
    let width = packer.num_bits(group);
    out.push(width);
    let start = out.len();
    out.resize(start + P::compressed_block_size(width), 0);
    packer.compress(group, &mut out[start..], width);
}

fn get_group<'a, P: BitPacker>(packer: &P, bytes: &'a [u8], group: &mut [u32]) -> &'a [u8] {
    let (&width, packed) = bytes.split_first().expect("a group has a width");
    let read = packer.decompress(packed, group, width);
    &packed[read..]
}

fn put_rest(out: &mut Vec<u8>, rest: &[u32]) {
    let widest = rest.iter().fold(0, |all, value| all | value);
    let width = u32::BITS - widest.leading_zeros();
    out.push(low_bits(u64::from(width)));
    let (mut pending, mut bits) = (0_u64, 0);
    for &value in rest {
        pending |= u64::from(value) << bits;
        bits += width;
        while bits >= 8 {
            out.push(pending.to_le_bytes()[0]);
            pending >>= 8;
            bits -= 8;
        }
    }
    if bits > 0 {
        out.push(pending.to_le_bytes()[0]);
    }
}

fn get_rest<'a>(bytes: &'a [u8], rest: &mut [u32]) -> &'a [u8] {
    let (&width, packed) = bytes.split_first().expect("a group has a width");
    let (packed, behind) = packed.split_at(packed_bytes(width, rest.len()));
    let (mut pending, mut bits) = (0_u64, 0);
    let mut packed = packed.iter();
    let mask = (1_u64 << width) - 1;
    for value in rest {
        while bits < width {
            pending |= u64::from(packed.next().copied().unwrap_or_default()) << bits;
            bits += 8;
        }
        *value = u32::try_from(pending & mask).unwrap_or_default();
        pending >>= width;
        bits -= width;
    }
    behind
}

/// Bytes of `count` numbers of a width; as of a group, for those counts.
const fn packed_bytes(width: u8, count: usize) -> usize {
    (width as usize * count).div_ceil(8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_width() -> impl Strategy<Value = u32> {
        (any::<u32>(), 0_u32..=32).prop_map(|(value, bits)| value.checked_shr(bits).unwrap_or(0))
    }

    proptest! {
        #[test]
        fn columns_come_back(
            values in prop::collection::vec(any_width(), 0..400), tail in any::<[u8; 3]>(),
        ) {
            let mut bytes = Vec::new();
            put(&mut bytes, &values);
            bytes.extend(tail);
            let mut read = vec![7; 3];
            prop_assert_eq!(get(&bytes, values.len(), &mut read), &tail[..]);
            prop_assert_eq!(&read, &values);
        }

        #[test]
        fn one_of_a_column_is_had_without_the_others(
            values in prop::collection::vec(any_width(), 128), most in 0_u32..=32,
        ) {
            let values: Vec<u32> =
                values.into_iter().map(|value| value & u32::MAX.checked_shr(most).unwrap_or(0)).collect();
            let mut bytes = Vec::new();
            put(&mut bytes, &values);
            let read = (0..128).map(|slot| get_one(&bytes, slot));
            prop_assert!(read.eq(values.into_iter().map(Some)));
            prop_assert_eq!(get_one(&bytes[..bytes.len().min(1) - 1 + usize::from(bytes.len() == 1)], 0), (bytes.len() == 1).then_some(0));
        }

        #[test]
        fn ascending_numbers_come_back(
            before in 0_u32..1_000, gaps in prop::collection::vec(0_u32..5_000_000, 128),
        ) {
            let mut values = [0; 128];
            let mut last = before;
            for (value, gap) in values.iter_mut().zip(gaps) {
                last += gap + 1;
                *value = last;
            }
            let mut bytes = Vec::new();
            put_ascending(&mut bytes, before, &values);
            bytes.push(9);
            let mut read = [0; 128];
            prop_assert_eq!(get_ascending(&bytes, before, &mut read), &[9]);
            prop_assert_eq!(read, values);
        }

        #[test]
        fn single_numbers_come_back(
            values in prop::collection::vec((any::<u64>(), 0_u32..64), 0..20),
        ) {
            let values: Vec<u64> = values.iter().map(|(value, bits)| value >> bits).collect();
            let mut bytes = Vec::new();
            values.iter().for_each(|&value| put_varint(&mut bytes, value));
            let mut rest = &bytes[..];
            for value in values {
                prop_assert_eq!(get_varint(&mut rest), value);
            }
            prop_assert!(rest.is_empty());
        }
    }
}
