//! Sketches of how many different values there are, and those that come back from where they were
//! stored: whoever could write there may have written anything.

use datasketches::hll::{HllSketch, HllType, HllUnion};

/// The base-2 logarithm of the registers of a sketch: 4096 of them estimate within 1.6 %, at a
/// standard deviation (datasketches: HLL).
const SIZE: u8 = 12;
/// Bytes of a sketch that is full.
pub(super) const SKETCH_BYTES: usize = 1 << SIZE;

/// The highest value of a register: the zeros that 64 bits of a hash can begin with, less those that
/// say which register.
const MOST_ZEROS: u8 = 63;
/// The flag of a sketch that writes its coupons without gaps.
const COMPACT: u8 = 8;

/// A sketch of nothing.
pub(super) fn new_sketch() -> HllSketch {
    HllSketch::new(SIZE, HllType::Hll8).expect("12 is a size of sketches")
}

/// A sketch that others are put into.
pub(super) fn new_union() -> HllUnion {
    HllUnion::new(SIZE).expect("12 is a size of sketches")
}

/// A sketch that [`new_sketch`] could have become, from its bytes; none if it is no such.
///
/// The crate checks lengths and counts. What it trusts is checked here: the values of registers and
/// coupons, and the sums that are kept beside the registers (datasketches: HLL, format 1).
pub(super) fn read(bytes: &[u8]) -> Option<HllSketch> {
    let (head, rest) = bytes.split_first_chunk::<8>()?;
    let [_, _, _, size, _, flags, _, kind] = *head;
    let of_bytes = 2;
    if size != SIZE || kind >> 2 != of_bytes {
        return None;
    }
    let is_sound = match kind & 3 {
        0 => coupons_are_sound(rest, flags),
        1 => coupons_are_sound(rest.get(4..)?, flags),
        2 => registers_are_sound(rest),
        _ => false,
    };
    is_sound.then(|| HllSketch::deserialize(bytes).ok())?
}

/// A coupon is 26 bits of a hash and, in the 6 above them, one more than its zeros.
fn coupons_are_sound(bytes: &[u8], flags: u8) -> bool {
    let (coupons, rest) = bytes.as_chunks::<4>();
    let is_compact = flags & COMPACT != 0;
    let is_sound = |coupon: u32| coupon >> 26 != 0 || coupon == 0 && !is_compact;
    rest.is_empty()
        && coupons
            .iter()
            .all(|coupon| is_sound(u32::from_le_bytes(*coupon)))
}

/// Three sums, two counts, and the registers.
fn registers_are_sound(bytes: &[u8]) -> bool {
    let Some((sums, rest)) = bytes.split_at_checked(24) else {
        return false;
    };
    let Some((counts, registers)) = rest.split_at_checked(8) else {
        return false;
    };
    let (sums, _) = sums.as_chunks::<8>();
    let sums: Vec<f64> = sums.iter().map(|sum| f64::from_le_bytes(*sum)).collect();
    let (counts, _) = counts.as_chunks::<4>();
    let [estimate, low, high] = sums[..] else {
        return false;
    };
    let zeros = registers.iter().filter(|register| **register == 0).count();
    let inverse = |register: &u8| 2_f64.powi(-i32::from(*register));
    let is_low = |register: &&u8| **register < 32;
    let low_sum: f64 = registers.iter().filter(is_low).map(inverse).sum();
    let is_high = |register: &&u8| !is_low(register);
    let high_sum: f64 = registers.iter().filter(is_high).map(inverse).sum();
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs().max(1e-9);
    registers.len() == SKETCH_BYTES
        && registers.iter().all(|register| *register <= MOST_ZEROS)
        && counts
            .first()
            .map(|count| u32::from_le_bytes(*count) as usize)
            == Some(zeros)
        && near(low, low_sum)
        && near(high, high_sum)
        && (0.0..1e18).contains(&estimate)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sketch(values: u32) -> HllSketch {
        let mut sketch = new_sketch();
        (0..values).for_each(|value| sketch.update(value));
        sketch
    }

    #[test]
    fn every_sketch_is_read_as_it_was_written() {
        for values in [0, 1, 5, 8, 40, 300, 2_000, 100_000] {
            let written = sketch(values);
            let found = read(&written.serialize()).expect("a sketch");
            assert_eq!(
                found.estimate().to_bits(),
                written.estimate().to_bits(),
                "{values}"
            );
        }
    }

    #[test]
    fn what_is_no_sketch_of_ours_is_none() {
        let bytes = sketch(100_000).serialize();
        let with = |place: usize, byte: u8| {
            let mut bytes = bytes.clone();
            bytes[place] = byte;
            bytes
        };
        let last = bytes.len() - 1;
        assert!(read(&bytes[..last]).is_none());
        assert!(read(b"").is_none() && read(b"12345678").is_none());
        // A register above all, or another than the sums beside it say; an estimate that is none.
        for broken in [
            with(last, 64),
            with(last, 40),
            with(15, 0xff),
            with(3, 21),
            with(3, 4),
        ] {
            assert!(read(&broken).is_none());
        }
        let few = sketch(5).serialize();
        assert!(read(&[&few[..], &[0; 4]].concat()).is_none() || few[5] & COMPACT == 0);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(
            values in prop_oneof![Just(0_u32), 1_u32..9, 9_u32..400, 3_000_u32..9_000],
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
            cut in prop::option::of(any::<prop::sample::Index>()),
        ) {
            let mut bytes = sketch(values).serialize();
            for (place, byte) in changes {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
            if let Some(cut) = cut {
                bytes.truncate(cut.index(bytes.len() + 1));
            }
            if let Some(found) = read(&bytes) {
                let mut union = new_union();
                union.update(&found);
                union.update(&sketch(50));
                prop_assert!(union.estimate().is_finite());
            }
        }
    }
}
