//! Names for byte strings: each distinct string has a small dense id for as long as it is in use.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use crate::cow_vec::CowVec;

/// The number of a string in its [`Dictionary`]; numbers of removed strings are used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct EntryId(u32);

impl EntryId {
    /// The id of the entry in this slot.
    ///
    /// A dictionary with 2^32 strings of at least a pointer each would not fit in memory, so the
    /// ids cannot run out first on any machine this runs on.
    fn from_slot(slot: usize) -> Self {
        Self(u32::try_from(slot).expect("fewer than 2^32 distinct strings"))
    }

    /// The id of a number that [`EntryId::number`] gave.
    pub(crate) const fn of(number: u32) -> Self {
        Self(number)
    }

    /// The id as a number.
    pub(crate) const fn number(self) -> u32 {
        self.0
    }

    /// The id as a position, from 0.
    pub(crate) const fn slot(self) -> usize {
        self.0 as usize
    }
}

/// Distinct strings, each with a value; found by hash, walked in byte order.
pub(crate) struct Dictionary<V> {
    /// The same strings and ids as `ordered`.
    exact: HashMap<Arc<[u8]>, EntryId>,
    ordered: BTreeMap<Arc<[u8]>, EntryId>,
    /// None exactly where the slot is in `free`.
    entries: CowVec<Option<Entry<V>>, 64>,
    free: Vec<EntryId>,
}

#[derive(Clone)]
struct Entry<V> {
    name: Arc<[u8]>,
    value: V,
}

impl<V: Clone> Default for Dictionary<V> {
    fn default() -> Self {
        Self {
            exact: HashMap::new(),
            ordered: BTreeMap::new(),
            entries: CowVec::default(),
            free: Vec::new(),
        }
    }
}

impl<V: Clone> Dictionary<V> {
    /// The entries as they are now, some of which are found by name: at the price of a counter and of
    /// a search for each name.
    pub(crate) fn snapshot<'n>(&self, names: impl IntoIterator<Item = &'n [u8]>) -> Self {
        let found = names.into_iter().filter_map(|name| {
            let (name, id) = self.exact.get_key_value(name)?;
            Some((Arc::clone(name), *id))
        });
        Self {
            exact: found.collect(),
            ordered: BTreeMap::new(),
            entries: self.entries.clone(),
            free: Vec::new(),
        }
    }

    /// Ascending strings with values, numbered in their order; none if they do not ascend.
    pub(crate) fn of_ascending(strings: Vec<(Arc<[u8]>, V)>) -> Option<Self> {
        if !strings.is_sorted_by(|a, b| a.0 < b.0) {
            return None;
        }
        let mut entries = CowVec::default();
        let (mut exact, mut ordered) = (HashMap::with_capacity(strings.len()), Vec::new());
        for (slot, (name, value)) in strings.into_iter().enumerate() {
            let id = EntryId::from_slot(slot);
            exact.insert(Arc::clone(&name), id);
            ordered.push((Arc::clone(&name), id));
            entries.set(slot, Some(Entry { name, value }));
        }
        Some(Self {
            exact,
            // Built as a whole, since it comes sorted.
            ordered: ordered.into_iter().collect(),
            entries,
            free: Vec::new(),
        })
    }

    /// How many strings there are.
    pub(crate) fn len(&self) -> usize {
        self.exact.len()
    }

    /// All [slots](EntryId::slot) are below this.
    pub(crate) fn slots(&self) -> usize {
        self.entries.len()
    }

    /// The id of a string, if it is here.
    pub(crate) fn find(&self, name: &[u8]) -> Option<EntryId> {
        self.exact.get(name).copied()
    }

    /// The value of a string, if it is here.
    pub(crate) fn get(&self, name: &[u8]) -> Option<&V> {
        self.find(name).map(|id| self.value(id))
    }

    /// Adds a string that is not here yet.
    pub(crate) fn add(&mut self, name: &[u8], value: V) -> EntryId {
        debug_assert!(self.find(name).is_none(), "a string has one id");
        let name: Arc<[u8]> = name.into();
        let entry = Some(Entry {
            name: Arc::clone(&name),
            value,
        });
        let id = match self.free.pop() {
            Some(id) => {
                self.entries.set(id.slot(), entry);
                id
            }
            None => {
                let id = EntryId::from_slot(self.entries.len());
                self.entries.set(id.slot(), entry);
                id
            }
        };
        self.exact.insert(Arc::clone(&name), id);
        self.ordered.insert(name, id);
        id
    }

    /// Forgets a string and frees its id.
    pub(crate) fn remove(&mut self, id: EntryId) {
        let entry = self.entries.take(id.slot());
        let entry = entry.expect("only ids in use are removed");
        self.exact.remove(&entry.name);
        self.ordered.remove(&entry.name);
        self.free.push(id);
    }

    /// The value of an id in use.
    pub(crate) fn value(&self, id: EntryId) -> &V {
        &self.entry(id).value
    }

    /// The value of an id in use, to change it.
    pub(crate) fn value_mut(&mut self, id: EntryId) -> &mut V {
        let entry = self.entries.get_mut(id.slot()).as_mut();
        &mut entry.expect("only ids in use are looked up").value
    }

    /// All ids in use and their values, in the order of ids.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (EntryId, &V)> {
        let entries = self.entries.iter().enumerate();
        entries.filter_map(|(slot, entry)| {
            let value = &entry.as_ref()?.value;
            Some((EntryId::from_slot(slot), value))
        })
    }

    /// The string of an id in use.
    pub(crate) fn name(&self, id: EntryId) -> &[u8] {
        &self.entry(id).name
    }

    /// The strings that begin with `prefix`, in byte order.
    pub(crate) fn with_prefix(&self, prefix: &[u8]) -> impl Iterator<Item = (&[u8], EntryId)> {
        self.ordered
            .range::<[u8], _>((Bound::Included(prefix), Bound::Unbounded))
            .take_while(move |(name, _)| name.starts_with(prefix))
            .map(|(name, &id)| (&**name, id))
    }

    /// Heap bytes held by the dictionary and, as `value_bytes` counts them, by its values.
    pub(crate) fn memory_bytes(&self, value_bytes: impl Fn(&V) -> usize) -> usize {
        /// A B-tree node is about two thirds full, and has a header and child pointers.
        const fn tree_bytes(entries: usize, entry: usize) -> usize {
            entries * (entry * 3 / 2 + 4)
        }
        /// The two counters beside the bytes behind an [`Arc`].
        const ARC_COUNTERS: usize = 2 * size_of::<usize>();
        let key = size_of::<(Arc<[u8]>, EntryId)>();
        let of_entry = |entry: &Entry<V>| {
            ARC_COUNTERS + entry.name.len().next_multiple_of(8) + value_bytes(&entry.value)
        };
        // A hash table keeps an eighth of its slots free, and a control byte for each.
        self.exact.capacity() * 8 / 7 * (key + 1)
            + tree_bytes(self.ordered.len(), key)
            + self.entries.memory_bytes()
            + self.free.capacity() * size_of::<EntryId>()
            + self.entries.iter().flatten().map(of_entry).sum::<usize>()
    }

    fn entry(&self, id: EntryId) -> &Entry<V> {
        let entry = self.entries.get(id.slot()).as_ref();
        entry.expect("only ids in use are looked up")
    }

    /// Panics unless the three views agree.
    #[cfg(test)]
    pub(crate) fn check(&self) {
        assert_eq!(self.exact.len(), self.ordered.len());
        assert_eq!(self.entries.len(), self.exact.len() + self.free.len());
        for (name, &id) in &self.ordered {
            assert_eq!(self.find(name), Some(id));
            assert_eq!(self.name(id), &**name);
        }
        for id in &self.free {
            assert!(self.entries.get(id.slot()).is_none());
        }
    }
}
