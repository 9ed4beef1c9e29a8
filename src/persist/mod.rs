//! Saved state as a section that proves itself: a magic word, a version, a length, the content, and
//! a checksum over all of it.

pub mod pieces;
pub mod suggestions;

use std::ops::RangeInclusive;

use serde::Serialize;
use serde::de::DeserializeOwned;

const MAGIC: &[u8; 8] = b"NUTHATCH";

/// The format of definitions. 2 has types and quantization of vectors and SVS-VAMANA; 3 has languages,
/// phonetics, synonyms and payloads, and dictionaries beside the definitions; 4 has conditions, times to
/// live and aliases; 5 says whether links of vectors follow. What earlier ones lack has defaults. Other formats are not read.
const VERSION: u32 = 5;
const OLDEST_VERSION: u32 = 1;

/// Magic, version, length.
const HEADER_BYTES: usize = MAGIC.len() + 4 + 8;

const CHECKSUM_BYTES: usize = 4;

/// A value as a section.
#[must_use]
pub fn encode(value: &impl Serialize) -> Vec<u8> {
    let content = serde_json::to_vec(value).expect("definitions have string keys only");
    seal(VERSION, &content)
}

/// The version of a section and its content, to be [`read`].
///
/// # Errors
/// What is wrong with the section, for the log.
pub fn decode(section: &[u8]) -> Result<(u32, &[u8]), String> {
    open(section, OLDEST_VERSION..=VERSION)
}

/// The value that a content is.
///
/// # Errors
/// Why it is none, for the log.
pub fn read<T: DeserializeOwned>(content: &[u8]) -> Result<T, String> {
    serde_json::from_slice(content).map_err(|error| error.to_string())
}

/// A content as a section.
fn seal(version: u32, content: &[u8]) -> Vec<u8> {
    let mut section = Vec::with_capacity(HEADER_BYTES + content.len() + CHECKSUM_BYTES);
    section.extend_from_slice(MAGIC);
    section.extend_from_slice(&version.to_le_bytes());
    section.extend_from_slice(&(content.len() as u64).to_le_bytes());
    section.extend_from_slice(content);
    let checksum = crc32fast::hash(&section);
    section.extend_from_slice(&checksum.to_le_bytes());
    section
}

/// The version and the content of a section.
fn open(section: &[u8], versions: RangeInclusive<u32>) -> Result<(u32, &[u8]), String> {
    let (body, checksum) = section
        .split_last_chunk::<CHECKSUM_BYTES>()
        .ok_or("it is too short")?;
    if crc32fast::hash(body) != u32::from_le_bytes(*checksum) {
        return Err("its checksum does not match".to_owned());
    }
    let rest = body.strip_prefix(MAGIC).ok_or("it is not one of ours")?;
    let (version, rest) = rest.split_first_chunk::<4>().ok_or("it is too short")?;
    let version = u32::from_le_bytes(*version);
    if !versions.contains(&version) {
        let (oldest, newest) = versions.into_inner();
        return Err(format!(
            "its version is {version}, not {oldest} to {newest}"
        ));
    }
    let (length, content) = rest.split_first_chunk::<8>().ok_or("it is too short")?;
    if u64::from_le_bytes(*length) != content.len() as u64 {
        return Err("its length does not match".to_owned());
    }
    Ok((version, content))
}

#[cfg(test)]
mod tests {
    use super::{decode, encode, read};
    use proptest::prelude::*;

    #[test]
    fn what_is_saved_is_loaded() {
        let value = vec![(3u32, vec![0u8, 255]), (0, vec![])];
        let section = encode(&value);
        let (version, content) = decode(&section).unwrap();
        assert_eq!((version, read(content)), (5, Ok(value)));
    }

    proptest! {
        #[test]
        fn a_damaged_section_is_refused(position in 0usize..40, bit in 0u8..8) {
            let mut section = encode(&vec![1u32, 2, 3]);
            let position = position % section.len();
            section[position] ^= 1 << bit;
            prop_assert!(decode(&section).is_err());
        }

        #[test]
        fn a_truncated_section_is_refused(length in 0usize..31) {
            let section = encode(&vec![1u32, 2, 3]);
            prop_assert!(decode(&section[..length.min(section.len() - 1)]).is_err());
        }
    }
}
