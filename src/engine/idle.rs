//! `TEMPORARY` indexes: the host asks when one is due, and has it dropped.

use std::time::{Duration, Instant};

use super::Core;
use crate::catalog::index::Index;
use crate::catalog::registry::Registry;

impl Core {
    /// When the next index will have been idle for as long as it may, if any can be; zero when one
    /// has been already.
    #[must_use]
    pub fn next_idle(&self, now: Instant) -> Option<Duration> {
        let indexes = self.databases.values().flat_map(|database| database.iter());
        indexes.filter_map(|index| index.idle_left(now)).min()
    }

    /// Every index is in use now, as far as can be known.
    pub fn touch_all(&mut self) {
        let databases = self.databases.values_mut();
        databases
            .flat_map(Registry::iter_mut)
            .for_each(Index::touch);
    }

    /// Drops every index that has been idle for as long as it may, and keeps the documents; of each
    /// its database and its name.
    pub fn drop_idle(&mut self, now: Instant) -> Vec<(u32, Vec<u8>)> {
        let mut dropped = Vec::new();
        let mut retired = Vec::new();
        for (number, database) in &mut self.databases {
            let idle = |left: Option<Duration>| left == Some(Duration::ZERO);
            let due = database.iter().filter(|index| idle(index.idle_left(now)));
            let names: Vec<Vec<u8>> = due.map(|index| index.definition().name.clone()).collect();
            for name in names {
                if let Ok(index) = database.remove(&name) {
                    retired.push((*number, index));
                    dropped.push((*number, name));
                }
            }
        }
        for (database, index) in retired {
            self.retire(database, index);
        }
        dropped
    }
}
