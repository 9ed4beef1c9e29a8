//! Saved state as a section that proves itself: a magic word, a version, a length, the content, and
//! a checksum over all of it.

use serde::Serialize;
use serde::de::DeserializeOwned;

const MAGIC: &[u8; 8] = b"NUTHATCH";

/// The format of what follows. 2 has types and quantization of vectors and SVS-VAMANA, 3 has
/// languages, phonetics and synonyms, which earlier ones would not know; what those lack has
/// defaults. Other formats are not read.
const VERSION: u32 = 3;
const OLDEST_VERSION: u32 = 1;

/// Magic, version, length.
const HEADER_BYTES: usize = MAGIC.len() + 4 + 8;

const CHECKSUM_BYTES: usize = 4;

/// A value as a section.
#[must_use]
pub fn encode(value: &impl Serialize) -> Vec<u8> {
    let content = serde_json::to_vec(value).expect("definitions have string keys only");
    let mut section = Vec::with_capacity(HEADER_BYTES + content.len() + CHECKSUM_BYTES);
    section.extend_from_slice(MAGIC);
    section.extend_from_slice(&VERSION.to_le_bytes());
    section.extend_from_slice(&(content.len() as u64).to_le_bytes());
    section.extend_from_slice(&content);
    let checksum = crc32fast::hash(&section);
    section.extend_from_slice(&checksum.to_le_bytes());
    section
}

/// The value of a section.
///
/// # Errors
/// What is wrong with the section, for the log.
pub fn decode<T: DeserializeOwned>(section: &[u8]) -> Result<T, String> {
    let (body, checksum) = section
        .split_last_chunk::<CHECKSUM_BYTES>()
        .ok_or("it is too short")?;
    if crc32fast::hash(body) != u32::from_le_bytes(*checksum) {
        return Err("its checksum does not match".to_owned());
    }
    let rest = body.strip_prefix(MAGIC).ok_or("it is not one of ours")?;
    let (version, rest) = rest.split_first_chunk::<4>().ok_or("it is too short")?;
    let version = u32::from_le_bytes(*version);
    if !(OLDEST_VERSION..=VERSION).contains(&version) {
        return Err(format!(
            "its version is {version}, not {OLDEST_VERSION} to {VERSION}"
        ));
    }
    let (length, content) = rest.split_first_chunk::<8>().ok_or("it is too short")?;
    if u64::from_le_bytes(*length) != content.len() as u64 {
        return Err("its length does not match".to_owned());
    }
    serde_json::from_slice(content).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};
    use proptest::prelude::*;

    #[test]
    fn what_is_saved_is_loaded() {
        let value = vec![(3u32, vec![0u8, 255]), (0, vec![])];
        assert_eq!(decode(&encode(&value)), Ok(value));
    }

    proptest! {
        #[test]
        fn a_damaged_section_is_refused(position in 0usize..40, bit in 0u8..8) {
            let mut section = encode(&vec![1u32, 2, 3]);
            let position = position % section.len();
            section[position] ^= 1 << bit;
            prop_assert!(decode::<Vec<u32>>(&section).is_err());
        }

        #[test]
        fn a_truncated_section_is_refused(length in 0usize..31) {
            let section = encode(&vec![1u32, 2, 3]);
            prop_assert!(decode::<Vec<u32>>(&section[..length.min(section.len() - 1)]).is_err());
        }
    }
}
