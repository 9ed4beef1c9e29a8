//! The types that a vector's components may have, and how a blob of them is checked and read.
//!
//! A blob is little-endian and packed, exactly as clients send it.

use std::fmt::Debug;
use std::ops::{Add, AddAssign, Mul, Sub};

use half::{bf16, f16};

/// Rows and queries are padded with zeros to a multiple of as many components, so that no kernel
/// has a tail.
pub(super) const BLOCK: usize = 32;

/// The type of the components of a vector field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ElementType {
    /// IEEE 754 binary32.
    Float32,
    /// IEEE 754 binary64.
    Float64,
    /// IEEE 754 binary16.
    Float16,
    /// The upper half of a binary32.
    BFloat16,
    /// −128 to 127.
    Int8,
    /// 0 to 255.
    Uint8,
}

impl ElementType {
    /// Bytes of one component.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::Float64 => 8,
            Self::Float32 => 4,
            Self::Float16 | Self::BFloat16 => 2,
            Self::Int8 | Self::Uint8 => 1,
        }
    }

    /// What a schema calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Float32 => "FLOAT32",
            Self::Float64 => "FLOAT64",
            Self::Float16 => "FLOAT16",
            Self::BFloat16 => "BFLOAT16",
            Self::Int8 => "INT8",
            Self::Uint8 => "UINT8",
        }
    }
}

/// Why a blob is no vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BlobError {
    /// Its length in bytes is not that of the vectors of the index.
    WrongSize { given: usize, expected: usize },
    /// The component with this number, from 0, is the first that is infinite or not a number.
    NotFinite { index: usize },
}

/// A type of component.
pub(super) trait Element:
    Copy + Default + PartialEq + Debug + Send + Sync + 'static
{
    #[cfg(test)]
    const TYPE: ElementType;

    /// What distances to rows of this type are computed in, and queries are given in.
    type Wide: Wide;

    /// The value of little-endian bytes, as many as the type has.
    fn from_le(bytes: &[u8]) -> Self;

    /// The same value; exact, as [`Wide`](Self::Wide) holds every value of the type.
    fn widen(self) -> Self::Wide;

    fn is_finite(self) -> bool;

    /// The same value, rounded if it is an `f64`.
    fn to_f32(self) -> f32;

    /// The same value.
    fn to_f64(self) -> f64;
}

/// A type that distances are computed in: `f32` or `f64`.
pub(super) trait Wide:
    Element<Wide = Self>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + AddAssign
    + PartialOrd
    + Into<f64>
{
    /// The nearest value of the type.
    fn from_f64(value: f64) -> Self;
}

impl Wide for f32 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "rounding is what it is for"
    )]
    fn from_f64(value: f64) -> Self {
        value as Self
    }
}

impl Wide for f64 {
    fn from_f64(value: f64) -> Self {
        value
    }
}

macro_rules! element {
    ($type:ty, $name:ident, $wide:ty, finite: $finite:expr, f32: $to_f32:expr) => {
        impl Element for $type {
            #[cfg(test)]
            const TYPE: ElementType = ElementType::$name;

            type Wide = $wide;

            #[inline]
            fn from_le(bytes: &[u8]) -> Self {
                Self::from_le_bytes(bytes.try_into().expect("one component"))
            }

            #[inline]
            fn widen(self) -> $wide {
                <$wide>::from(self)
            }

            #[inline]
            fn is_finite(self) -> bool {
                let finite: fn(Self) -> bool = $finite;
                finite(self)
            }

            #[inline]
            fn to_f32(self) -> f32 {
                let to_f32: fn(Self) -> f32 = $to_f32;
                to_f32(self)
            }

            #[inline]
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
        }
    };
}

element!(f32, Float32, f32, finite: Self::is_finite, f32: |value| value);
element!(f64, Float64, f64, finite: Self::is_finite, f32: <f32 as Wide>::from_f64);
element!(f16, Float16, f32, finite: Self::is_finite, f32: f32::from);
element!(bf16, BFloat16, f32, finite: Self::is_finite, f32: f32::from);
element!(i8, Int8, f32, finite: |_| true, f32: f32::from);
element!(u8, Uint8, f32, finite: |_| true, f32: f32::from);

/// The components of a padded row of `dimensions` components.
pub(super) const fn padded(dimensions: usize) -> usize {
    dimensions.next_multiple_of(BLOCK)
}

/// Whether a blob is a vector of `dimensions` finite components of this type.
pub(super) fn check(element: ElementType, dimensions: usize, blob: &[u8]) -> Result<(), BlobError> {
    let (given, expected) = (blob.len(), dimensions * element.bytes());
    if given != expected {
        return Err(BlobError::WrongSize { given, expected });
    }
    let infinite = match element {
        ElementType::Float32 => first_infinite::<f32>(blob),
        ElementType::Float64 => first_infinite::<f64>(blob),
        ElementType::Float16 => first_infinite::<f16>(blob),
        ElementType::BFloat16 => first_infinite::<bf16>(blob),
        ElementType::Int8 | ElementType::Uint8 => None,
    };
    infinite.map_or(Ok(()), |index| Err(BlobError::NotFinite { index }))
}

/// Fills a padded row from a blob that [`check`] accepts.
pub(super) fn read<T: Element>(blob: &[u8], row: &mut [T]) {
    debug_assert_eq!(padded(blob.len() / size_of::<T>()), row.len());
    row.fill(T::default());
    for (component, bytes) in row.iter_mut().zip(blob.chunks_exact(size_of::<T>())) {
        *component = T::from_le(bytes);
    }
}

fn first_infinite<T: Element>(blob: &[u8]) -> Option<usize> {
    let mut components = blob.chunks_exact(size_of::<T>()).map(T::from_le);
    components.position(|component| !component.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blob<const N: usize>(components: &[[u8; N]]) -> Vec<u8> {
        components.concat()
    }

    fn read_one<T: Element>(bytes: &[u8]) -> T {
        let mut row = [T::default(); BLOCK];
        read(bytes, &mut row);
        assert!(row[1..].iter().all(|pad| *pad == T::default()));
        assert_eq!(f64::from(row[0].to_f32()), row[0].to_f64());
        assert_eq!(row[0].widen().into(), row[0].to_f64());
        row[0]
    }

    #[test]
    fn a_blob_has_exactly_the_bytes_of_its_components() {
        for element in [
            ElementType::Float32,
            ElementType::Float64,
            ElementType::Float16,
            ElementType::BFloat16,
            ElementType::Int8,
            ElementType::Uint8,
        ] {
            let expected = 3 * element.bytes();
            let zeros = vec![0; expected + 1];
            assert_eq!(check(element, 3, &zeros[..expected]), Ok(()));
            for given in [0, expected - 1, expected + 1] {
                assert_eq!(
                    check(element, 3, &zeros[..given]),
                    Err(BlobError::WrongSize { given, expected }),
                    "{}",
                    element.name()
                );
            }
        }
    }

    #[test]
    fn the_first_component_that_is_not_finite_is_named() {
        let (nan, infinity) = (f32::NAN.to_le_bytes(), f32::NEG_INFINITY.to_le_bytes());
        let bytes = blob(&[f32::MAX.to_le_bytes(), nan, infinity]);
        let not_finite = |index| Err(BlobError::NotFinite { index });
        assert_eq!(check(ElementType::Float32, 3, &bytes), not_finite(1));
        let bytes = blob(&[1f64.to_le_bytes(), f64::INFINITY.to_le_bytes()]);
        assert_eq!(check(ElementType::Float64, 2, &bytes), not_finite(1));
        let bytes = blob(&[f16::NAN.to_le_bytes(), f16::MAX.to_le_bytes()]);
        assert_eq!(check(ElementType::Float16, 2, &bytes), not_finite(0));
        let bytes = blob(&[bf16::MIN.to_le_bytes(), bf16::INFINITY.to_le_bytes()]);
        assert_eq!(check(ElementType::BFloat16, 2, &bytes), not_finite(1));
        // Every byte is an integer, those included that would be an infinity as floats.
        assert_eq!(check(ElementType::Int8, 4, &infinity), Ok(()));
        assert_eq!(check(ElementType::Uint8, 4, &infinity), Ok(()));
    }

    #[test]
    fn a_row_is_read_little_endian_and_padded_with_zeros() {
        assert_eq!(
            read_one::<f32>(&[0, 0, 0xc0, 0x3f]).to_bits(),
            1.5f32.to_bits()
        );
        assert_eq!(
            read_one::<f64>(&[0, 0, 0, 0, 0, 0, 0xf8, 0x3f]).to_bits(),
            1.5f64.to_bits()
        );
        assert_eq!(read_one::<f16>(&[0x00, 0x3e]).to_f64(), 1.5);
        assert_eq!(read_one::<bf16>(&[0xc0, 0x3f]).to_f64(), 1.5);
        assert_eq!(read_one::<i8>(&[0xff]), -1);
        assert_eq!(read_one::<u8>(&[0xff]), 255);
        assert_eq!(1e300f64.to_f32(), f32::INFINITY);
    }

    #[test]
    fn rows_are_padded_to_whole_blocks() {
        let lengths = [1, 31, 32, 33, 32_768].map(padded);
        assert_eq!(lengths, [32, 32, 32, 64, 32_768]);
    }
}
