//! What outlives a restart: definitions of indexes, and dictionaries.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Core;
use crate::catalog::dictionaries::Dictionaries;
use crate::catalog::index::Index;
use crate::catalog::registry::Registry;
use crate::persist;
use crate::request::create::Definition;

/// The first version that has anything but definitions.
const WITH_DICTIONARIES: u32 = 3;

/// All that is saved, by the number of its database.
#[derive(Serialize)]
struct Saving<'a> {
    indexes: Vec<(u32, &'a Definition)>,
    dictionaries: Vec<(u32, &'a Dictionaries)>,
}

/// The same, loaded.
#[derive(Default, Deserialize)]
struct Saved {
    indexes: Vec<(u32, Definition)>,
    #[serde(default)]
    dictionaries: Vec<(u32, Dictionaries)>,
}

impl Saved {
    fn read(section: &[u8]) -> Result<Self, String> {
        let (version, content) = persist::decode(section)?;
        if version < WITH_DICTIONARIES {
            return Ok(Self {
                indexes: persist::read(content)?,
                ..Self::default()
            });
        }
        persist::read(content)
    }
}

impl Core {
    /// Every definition and every dictionary of every database, to be saved: versioned and
    /// checksummed.
    #[must_use]
    pub fn save(&self) -> Vec<u8> {
        let indexes = self.databases.iter().flat_map(|(database, registry)| {
            registry.iter().map(|index| (*database, index.definition()))
        });
        let dictionaries = self
            .databases
            .iter()
            .map(|(database, registry)| (*database, registry.dictionaries()))
            .filter(|(_, dictionaries)| !dictionaries.is_empty());
        persist::encode(&Saving {
            indexes: indexes.collect(),
            dictionaries: dictionaries.collect(),
        })
    }

    /// Replaces all indexes by empty ones with the saved definitions, and all dictionaries by
    /// those saved; no backfill is pending, the host tells of each key as it loads it. On an error
    /// nothing is changed.
    ///
    /// # Errors
    /// A text for the log when the bytes are not what [`Core::save`] wrote.
    pub fn load(&mut self, saved: &[u8]) -> Result<(), String> {
        let saved = Saved::read(saved)?;
        let mut databases = BTreeMap::<u32, Registry>::new();
        for (database, definition) in saved.indexes {
            let index = Index::new(self.next_serial(), definition);
            databases
                .entry(database)
                .or_default()
                .add(index)
                .map_err(|error| error.to_string())?;
        }
        for (database, dictionaries) in saved.dictionaries {
            *databases.entry(database).or_default().dictionaries_mut() = dictionaries;
        }
        self.databases = databases;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Core;

    #[test]
    fn dictionaries_are_saved_by_database_and_change_places_with_it() {
        let mut core = Core::new();
        let words = [b"one".to_vec(), b"\xff".to_vec()];
        core.database(3).dictionaries_mut().add(b"d", &words);
        assert!(!core.is_empty());
        let saved = core.save();
        core.flush(Some(3));
        assert!(core.is_empty());
        core.load(&saved).unwrap();
        let count = |core: &mut Core, database| {
            let registry = core.database(database);
            registry.dictionaries().words(b"d").map(|(count, _)| count)
        };
        assert_eq!((count(&mut core, 3), count(&mut core, 0)), (Some(2), None));
        core.swap(0, 3);
        assert_eq!((count(&mut core, 3), count(&mut core, 0)), (None, Some(2)));
        core.flush(None);
        assert_eq!(count(&mut core, 0), None);
    }
}
