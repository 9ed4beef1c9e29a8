//! Numbers of 32 bits and less as few bytes: 7 bits each, the lowest first, the last below 128.

use std::io::{self, Read, Write};

/// Bytes of a number at most.
const MOST_BYTES: usize = 5;

/// Writes a number.
///
/// # Errors
/// Those of `to`, and [`io::ErrorKind::InvalidInput`] for a number of more than 32 bits.
pub fn write_number(to: &mut dyn Write, number: usize) -> io::Result<()> {
    let rest = u32::try_from(number);
    let mut rest = rest.map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "too large"))?;
    let (mut bytes, mut len) = ([0_u8; MOST_BYTES], 0);
    loop {
        let [low, ..] = (rest & 0x7f).to_le_bytes();
        rest >>= 7;
        bytes[len] = if rest == 0 { low } else { low | 0x80 };
        len += 1;
        if rest == 0 {
            return to.write_all(&bytes[..len]);
        }
    }
}

/// Reads a number.
///
/// # Errors
/// Those of `from`, and [`io::ErrorKind::InvalidData`] for a number of more than 32 bits.
pub fn read_number(from: &mut dyn Read) -> io::Result<usize> {
    let mut number = 0_u64;
    for place in 0..MOST_BYTES {
        let mut byte = [0];
        from.read_exact(&mut byte)?;
        number |= u64::from(byte[0] & 0x7f) << (7 * place);
        if byte[0] < 0x80 {
            let number = u32::try_from(number).map_err(|_| too_large())?;
            return usize::try_from(number).map_err(|_| too_large());
        }
    }
    Err(too_large())
}

fn too_large() -> io::Error {
    invalid("a number is too large")
}

/// That what was read is not what was written.
#[must_use]
pub fn invalid(reason: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(numbers in prop::collection::vec(any::<u32>(), 0..20)) {
            let mut bytes = Vec::new();
            for &number in &numbers {
                write_number(&mut bytes, number as usize).unwrap();
            }
            let mut rest = bytes.as_slice();
            for &number in &numbers {
                prop_assert_eq!(read_number(&mut rest).unwrap(), number as usize);
            }
            prop_assert!(read_number(&mut rest).is_err());
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..8)) {
            let _ = read_number(&mut bytes.as_slice());
        }
    }

    #[test]
    fn what_is_too_large_is_refused() {
        assert!(write_number(&mut Vec::new(), 1 << 32).is_err());
        assert!(read_number(&mut [0xff, 0xff, 0xff, 0xff, 0x1f].as_slice()).is_err());
        assert!(read_number(&mut [0x80; 9].as_slice()).is_err());
    }
}
