//! What comes back from disk: sections of definitions and of suggestions.

use std::collections::BTreeSet;

use nuthatch::engine::{Call, Core};
use nuthatch::persist::suggestions;
use nuthatch::reply::{Protocol, Recorder};
use nuthatch_indexes::suggest::Suggestions;
use proptest::prelude::*;

use super::bytes::{changed, changes};
use super::keys::Keys;
use super::rounds;

/// A content as a section whose checksum is right, so that what is in it is read.
pub(crate) fn sealed(version: u32, content: &[u8]) -> Vec<u8> {
    let mut section = b"NUTHATCH".to_vec();
    section.extend(version.to_le_bytes());
    section.extend((content.len() as u64).to_le_bytes());
    section.extend(content);
    let checksum = crc32fast::hash(&section);
    section.extend(checksum.to_le_bytes());
    section
}

fn definitions() -> Vec<u8> {
    let mut core = Core::new();
    for command in [
        "FT.CREATE i PREFIX 1 d: LANGUAGE german SCHEMA t TEXT NOSTEM g TAG SEPARATOR ; n NUMERIC SORTABLE",
        "FT.CREATE j SCHEMA v VECTOR HNSW 6 TYPE FLOAT32 DIM 4 DISTANCE_METRIC L2 p GEO s GEOSHAPE FLAT",
        "FT.ALIASADD a i",
        "FT.DICTADD d one two",
    ] {
        let words: Vec<&[u8]> = command.split(' ').map(str::as_bytes).collect();
        let mut recorder = Recorder::new(Protocol::Resp2);
        let mut call = Call {
            database: 0,
            keyspace: &mut Keys::default(),
            sink: &mut recorder,
        };
        core.execute(&mut call, &words);
    }
    core.save()
}

proptest! {
    #![proptest_config(rounds())]

    #[test]
    fn a_section_of_definitions_is_refused_or_can_be_saved_again(
        changes in changes(),
        seals in any::<bool>(),
        version in 0_u32..6,
    ) {
        let valid = definitions();
        let section = if seals {
            let content = valid[20..valid.len() - 4].to_vec();
            sealed(version, &changed(content, &changes))
        } else {
            changed(valid, &changes)
        };
        let mut core = Core::new();
        if core.load(&section).is_ok() {
            let saved = core.save();
            let mut other = Core::new();
            prop_assert_eq!(other.load(&saved), Ok(()));
            prop_assert_eq!(other.save(), saved);
        }
    }

    #[test]
    fn a_section_of_suggestions_is_refused_or_read(
        texts in prop::collection::btree_set("[a-cä]{1,6}", 1..20),
        changes in changes(),
        version in 0_u32..3,
    ) {
        let mut given = Suggestions::default();
        for text in &texts {
            given.set(text, 1.0, None);
        }
        for section in suggestions::encode(&given) {
            let mut read = Suggestions::default();
            let content = section[20..section.len() - 4].to_vec();
            for changed in [
                changed(section.clone(), &changes),
                sealed(version, &changed(content, &changes)),
            ] {
                _ = suggestions::decode(&changed, &mut read);
            }
        }
        let mut read = Suggestions::default();
        for section in suggestions::encode(&given) {
            prop_assert_eq!(suggestions::decode(&section, &mut read), Ok(()));
        }
        let kept: BTreeSet<String> = texts;
        prop_assert_eq!(read.len(), kept.len());
    }
}
