//! Values, each once.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::group::{Hashed, is_same};
use crate::expr::Value;

/// Values, each once, in the order in which they came.
#[derive(Clone, Default)]
pub(super) struct Distinct {
    values: Vec<Value>,
    /// Where each is.
    places: HashTable<usize>,
    hasher: RandomState,
}

impl Distinct {
    /// Adds a value; false if it is here.
    pub(super) fn insert(&mut self, value: &Value) -> bool {
        let Self {
            values,
            places,
            hasher,
        } = self;
        let hash = hasher.hash_one(Hashed(value));
        if places
            .find(hash, |place| is_same(&values[*place], value))
            .is_some()
        {
            return false;
        }
        let rehash = |place: &usize| hasher.hash_one(Hashed(&values[*place]));
        places.insert_unique(hash, values.len(), rehash);
        values.push(value.clone());
        true
    }

    /// The values; none are left.
    pub(super) fn take(&mut self) -> Vec<Value> {
        self.places.clear();
        std::mem::take(&mut self.values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_kept_once_in_its_order() {
        let mut distinct = Distinct::default();
        let values = [
            Value::text(b"b"),
            Value::Number(1.0),
            Value::text(b"1"),
            Value::text(b"b"),
            Value::Null,
            Value::Number(1.0),
        ];
        let added = values.iter().map(|value| distinct.insert(value));
        let added: Vec<bool> = added.collect();
        assert_eq!(added, [true, true, true, false, true, false]);
        let kept = distinct.take();
        assert_eq!(kept.len(), 4);
        assert!(is_same(&kept[0], &values[0]) && is_same(&kept[3], &values[4]));
    }
}
