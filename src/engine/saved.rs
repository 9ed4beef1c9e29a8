//! What outlives a restart: definitions of indexes, their aliases, and dictionaries.

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
    aliases: Vec<SavedAlias>,
    dictionaries: Vec<(u32, &'a Dictionaries)>,
    /// Links of vectors follow, behind the keys.
    links: bool,
}

/// The same, loaded.
#[derive(Default, Deserialize)]
struct Saved {
    indexes: Vec<(u32, Definition)>,
    #[serde(default)]
    aliases: Vec<SavedAlias>,
    #[serde(default)]
    dictionaries: Vec<(u32, Dictionaries)>,
    #[serde(default)]
    links: bool,
}

/// One alias.
#[derive(Serialize, Deserialize)]
struct SavedAlias {
    database: u32,
    alias: Vec<u8>,
    index: Vec<u8>,
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
    /// Every definition, alias and dictionary of every database, to be saved: versioned and
    /// checksummed.
    #[must_use]
    pub fn save(&self) -> Vec<u8> {
        self.section(self.has_links())
    }

    /// The same for [`Core::define`]: no links follow.
    #[must_use]
    pub fn definitions(&self) -> Vec<u8> {
        self.section(false)
    }

    fn section(&self, links: bool) -> Vec<u8> {
        let indexes = self.databases.iter().flat_map(|(database, registry)| {
            registry.iter().map(|index| (*database, index.definition()))
        });
        let dictionaries = self
            .databases
            .iter()
            .map(|(database, registry)| (*database, registry.dictionaries()))
            .filter(|(_, dictionaries)| !dictionaries.is_empty());
        let aliases = self.databases.iter().flat_map(|(database, registry)| {
            let aliases = registry.aliases().iter();
            aliases.map(|(alias, index)| SavedAlias {
                database: *database,
                alias: alias.to_vec(),
                index: index.to_vec(),
            })
        });
        persist::encode(&Saving {
            indexes: indexes.collect(),
            aliases: aliases.collect(),
            dictionaries: dictionaries.collect(),
            links,
        })
    }

    /// Replaces all indexes by empty ones with the saved definitions, and all dictionaries by
    /// those saved; no backfill is pending, the host tells of each key as it loads it, and then loads
    /// the links of vectors or says that there are none ([`Core::link_anew`]). On an error nothing is
    /// changed.
    ///
    /// # Errors
    /// A text for the log when the bytes are not what [`Core::save`] wrote.
    pub fn load(&mut self, saved: &[u8]) -> Result<(), String> {
        let saved = Saved::read(saved)?;
        let mut databases = BTreeMap::<u32, Registry>::new();
        for (database, definition) in saved.indexes {
            let index = Index::with_filter(self.next_serial(), definition);
            let index = index.map_err(|error| error.to_string())?;
            databases
                .entry(database)
                .or_default()
                .add(index)
                .map_err(|error| error.to_string())?;
        }
        for saved in saved.aliases {
            databases
                .entry(saved.database)
                .or_default()
                .set_alias(&saved.alias, &saved.index)
                .map_err(|error| error.to_string())?;
        }
        for (database, dictionaries) in saved.dictionaries {
            *databases.entry(database).or_default().dictionaries_mut() = dictionaries;
        }
        self.databases = databases;
        if saved.links && self.settings.save_content {
            self.await_links();
        }
        Ok(())
    }

    /// Has exactly the indexes, aliases and dictionaries that [`Core::definitions`] gave, among keys that are
    /// there already. If that is so, nothing is done; if not, all indexes begin anew, and keys are read in
    /// the background. On an error nothing is changed.
    ///
    /// # Errors
    /// A text for the log when the bytes are not what was given.
    pub fn define(&mut self, definitions: &[u8]) -> Result<(), String> {
        if self.definitions() == definitions {
            return Ok(());
        }
        self.load(definitions)?;
        let databases: Vec<u32> = self.databases_with_indexes().collect();
        for database in databases {
            self.read_all_keys(database);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_are_saved_and_what_has_none_is_loaded() {
        let mut core = Core::new();
        let definition = Definition::parse(&[b"i", b"SCHEMA", b"t", b"TEXT"]).unwrap();
        let index = Index::new(1, definition);
        core.database(2).add(index).unwrap();
        core.database(2).set_alias(b"a\xff", b"i").unwrap();
        let saved = core.save();
        core.load(&saved).unwrap();
        let name = &core.database(2).get(b"a\xff").unwrap().definition().name;
        assert_eq!(name, b"i");
        let older = persist::encode(&BTreeMap::from([("indexes", [(); 0])]));
        core.load(&older).unwrap();
        assert!(core.is_empty());
    }

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

    #[test]
    fn definitions_begin_anew_only_where_they_are_not_what_there_is() {
        let mut core = Core::new();
        let words = [
            "i", "FILTER", "@n > 1", "SCHEMA", "t", "TEXT", "WEIGHT", "0.3", "n", "NUMERIC",
        ];
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        let index = Index::with_filter(1, Definition::parse(&words).unwrap()).unwrap();
        core.database(2).add(index).unwrap();
        core.database(2).set_alias(b"a", b"i").unwrap();
        let words = [b"one".to_vec(), b"\xff".to_vec()];
        core.database(0).dictionaries_mut().add(b"d", &words);
        let given = core.definitions();
        assert_eq!(core.define(&given), Ok(()));
        assert_eq!(core.next_backfill(), None);
        let mut other = Core::new();
        let index = Index::new(
            1,
            Definition::parse(&[b"j", b"SCHEMA", b"t", b"TEXT"]).unwrap(),
        );
        other.database(0).add(index).unwrap();
        let before = other.definitions();
        assert!(other.define(&given[..given.len() - 1]).is_err());
        assert_eq!((other.definitions(), other.next_backfill()), (before, None));
        assert_eq!(other.define(&given), Ok(()));
        assert_eq!(other.definitions(), given);
        let reads = other.next_backfill().map(|backfill| backfill.database);
        assert_eq!(reads, Some(2));
    }
}
