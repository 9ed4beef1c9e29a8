//! Documents on their way through a conjunction: few of many are a list, which is made as postings are
//! decoded, and met with others at some nanoseconds a document; more are a bitmap.

use std::borrow::Cow;

use roaring::RoaringBitmap;

use super::batches;
use super::deadline::Deadline;
use super::flat::Flat;
use super::probe::Member;
use crate::plan::cost::{are_few, most_listed, most_sought};
use crate::request::error::Error;

/// So many times as long a list is searched for each document of the other, instead of walked over.
const LONGER: usize = 16;

/// Documents, in the order of their ids.
pub(super) enum Matches<'a> {
    /// Each once.
    List(Vec<u32>),
    Bits(Cow<'a, RoaringBitmap>),
}

impl<'a> Matches<'a> {
    pub(super) const fn nothing() -> Self {
        Self::List(Vec::new())
    }

    pub(super) fn contains(&self, doc: u32) -> bool {
        match self {
            Self::List(docs) => docs.binary_search(&doc).is_ok(),
            Self::Bits(docs) => docs.contains(doc),
        }
    }

    pub(super) fn len(&self) -> u64 {
        match self {
            Self::List(docs) => docs.len() as u64,
            Self::Bits(docs) => docs.len(),
        }
    }

    /// As a bitmap.
    pub(super) fn into_bits(self) -> Cow<'a, RoaringBitmap> {
        match self {
            Self::List(docs) => {
                // Each comes once, in ascending order, so that all are taken.
                let docs = RoaringBitmap::from_sorted_iter(docs);
                debug_assert!(docs.is_ok());
                Cow::Owned(docs.unwrap_or_default())
            }
            Self::Bits(docs) => docs,
        }
    }

    /// As a list.
    pub(super) fn into_list(self) -> Vec<u32> {
        match self {
            Self::List(docs) => docs,
            Self::Bits(docs) => {
                let mut list = Vec::with_capacity(usize::try_from(docs.len()).unwrap_or_default());
                batches::each_batch(&docs, |batch| list.extend_from_slice(batch));
                list
            }
        }
    }

    /// Calls with the documents in batches, up to the first error.
    ///
    /// # Errors
    /// That of a call.
    pub(super) fn try_each_batch<E>(
        &self,
        mut take: impl FnMut(&[u32]) -> Result<(), E>,
    ) -> Result<(), E> {
        match self {
            Self::List(docs) => docs.chunks(batches::BATCH).try_for_each(take),
            Self::Bits(docs) => batches::try_each_batch(docs, &mut take),
        }
    }

    /// Those that are in both.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::List(one), Self::List(other)) => Self::List(shared(one, other)),
            (Self::List(mut list), Self::Bits(bits)) | (Self::Bits(bits), Self::List(mut list)) => {
                keep(&mut list, &bits, true);
                Self::List(list)
            }
            (Self::Bits(Cow::Owned(mut one)), Self::Bits(other))
            | (Self::Bits(other), Self::Bits(Cow::Owned(mut one))) => {
                one &= &*other;
                Self::Bits(Cow::Owned(one))
            }
            (Self::Bits(one), Self::Bits(other)) => Self::Bits(Cow::Owned(&*one & &*other)),
        }
    }

    /// Those that are not in another.
    pub(super) fn without(self, other: Self) -> Self {
        match self {
            Self::List(mut list) => {
                keep(&mut list, &other.into_bits(), false);
                Self::List(list)
            }
            Self::Bits(Cow::Owned(mut all)) => {
                all -= &*other.into_bits();
                Self::Bits(Cow::Owned(all))
            }
            Self::Bits(Cow::Borrowed(all)) => Self::Bits(Cow::Owned(all - &*other.into_bits())),
        }
    }

    /// Those of any of some parts, among so many documents. There may be thousands of parts, each of which takes
    /// some microseconds: the clock is looked at before each.
    ///
    /// # Errors
    /// [`Error::Stopped`] when the deadline passes.
    pub(super) fn any(parts: Vec<Self>, total: u64, deadline: &Deadline) -> Result<Self, Error> {
        let most = parts.iter().map(Self::len).fold(0, u64::saturating_add);
        if are_few(most, total) {
            let mut all: Vec<u32> = parts.into_iter().flat_map(Self::into_list).collect();
            // Which finds the parts that are in order.
            all.sort();
            all.dedup();
            return Ok(Self::List(all));
        }
        let mut listed = Flags::default();
        let mut union = RoaringBitmap::new();
        for part in parts {
            deadline.check()?;
            match part {
                Self::List(docs) => listed.set(&docs),
                Self::Bits(docs) if union.is_empty() => union = docs.into_owned(),
                Self::Bits(docs) => union |= &*docs,
            }
        }
        if !listed.0.is_empty() {
            union |= listed.into_bitmap();
        }
        Ok(Self::Bits(Cow::Owned(union)))
    }
}

/// Keeps the documents of a list that are in a set, or those that are not.
fn keep(list: &mut Vec<u32>, set: &RoaringBitmap, within: bool) {
    let last = u64::from(set.max().unwrap_or_default());
    if list.len() as u64 > most_sought(last) {
        let flat = Flat::of(set);
        list.retain(|&doc| flat.contains(doc) == within);
    } else {
        let mut member = Member::new(set);
        list.retain(|&doc| member.contains(doc) == within);
    }
}

/// The documents of two lists that are in both.
fn shared(one: Vec<u32>, other: Vec<u32>) -> Vec<u32> {
    let (mut few, many) = if one.len() <= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    let mut rest = many.as_slice();
    if few.len() * LONGER < many.len() {
        few.retain(|doc| {
            let at = rest.partition_point(|other| other < doc);
            rest = &rest[at..];
            rest.first() == Some(doc)
        });
        return few;
    }
    let mut at = 0;
    few.retain(|doc| {
        while rest.get(at).is_some_and(|other| other < doc) {
            at += 1;
        }
        rest.get(at) == Some(doc)
    });
    few
}

/// Documents that become bits at once.
const LEAST_BATCH: usize = 4096;

/// Ascending documents on their way into a set: as bits, which takes a tenth of the time that a bitmap
/// needs for one after the other, unless they are few.
pub(super) struct Collected {
    /// More than these are no list.
    most_listed: usize,
    flags: Flags,
    batch: Vec<u32>,
}

impl Collected {
    /// None yet, of so many at most.
    pub(super) fn of(total: u64) -> Self {
        Self {
            most_listed: usize::try_from(most_listed(total)).unwrap_or(usize::MAX),
            flags: Flags::default(),
            batch: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, doc: u32) {
        self.batch.push(doc);
        if self.batch.len() > self.most_listed.max(LEAST_BATCH) {
            self.flush();
        }
    }

    /// Whatever `read` appends, which ascends and is above what was there.
    pub(super) fn extend_with(&mut self, read: impl FnOnce(&mut Vec<u32>)) {
        read(&mut self.batch);
        if self.batch.len() > self.most_listed.max(LEAST_BATCH) {
            self.flush();
        }
    }

    fn flush(&mut self) {
        self.flags.set(&self.batch);
        self.batch.clear();
    }

    pub(super) fn finish<'a>(mut self) -> Matches<'a> {
        if self.flags.0.is_empty() && self.batch.len() <= self.most_listed {
            return Matches::List(self.batch);
        }
        self.flush();
        Matches::Bits(Cow::Owned(self.flags.into_bitmap()))
    }
}

/// A bit for each document up to the last; the lowest of a byte comes first.
#[derive(Default)]
struct Flags(Vec<u8>);

impl Flags {
    /// Sets the bits of ascending documents.
    fn set(&mut self, docs: &[u32]) {
        /// A bit for every number that there is.
        const MOST_BYTES: usize = 1 << 29;
        let Some(&last) = docs.last() else {
            return;
        };
        let bytes = last as usize / 8 + 1;
        if self.0.len() < bytes {
            // It grows with every batch of a set.
            let room = bytes.max(self.0.len() * 2).min(MOST_BYTES);
            self.0.resize(room, 0);
        }
        for &doc in docs {
            self.0[doc as usize / 8] |= 1 << (doc % 8);
        }
    }

    fn into_bitmap(self) -> RoaringBitmap {
        RoaringBitmap::from_lsb0_bytes(0, &self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// Documents as a list, as a bitmap of their own, and as one of an index.
    fn forms(docs: &BTreeSet<u32>) -> [Matches<'static>; 3] {
        let bits: RoaringBitmap = docs.iter().copied().collect();
        [
            Matches::List(docs.iter().copied().collect()),
            Matches::Bits(Cow::Owned(bits.clone())),
            Matches::Bits(Cow::Borrowed(Box::leak(Box::new(bits)))),
        ]
    }

    fn docs() -> impl Strategy<Value = BTreeSet<u32>> {
        prop_oneof![
            prop::collection::btree_set(1u32..60, 0..50),
            prop::collection::btree_set(1u32..400_000, 0..8),
        ]
    }

    proptest! {
        #[test]
        fn whatever_form_they_have_the_same_documents_come_of_them(a in docs(), b in docs(), few in any::<bool>()) {
            let total = if few { 1_000_000 } else { 100 };
            let list = |matches: Matches<'_>| matches.into_list().into_iter().collect::<BTreeSet<_>>();
            for (one, other) in (0..9).map(|pair| (pair / 3, pair % 3)) {
                let both = || {
                    let [one, other] = [(&a, one), (&b, other)].map(|(docs, form)| {
                        let [list, owned, borrowed] = forms(docs);
                        match form { 0 => list, 1 => owned, _ => borrowed }
                    });
                    (one, other)
                };
                let (one, other) = both();
                prop_assert_eq!(one.len(), a.len() as u64);
                prop_assert_eq!(list(one.and(other)), &a & &b);
                let (one, other) = both();
                prop_assert_eq!(list(one.without(other)), &a - &b);
                let (one, other) = both();
                let mut met = Vec::new();
                let never = Deadline::after_ms(0);
                let union = Matches::any(vec![one, other], total, &never).unwrap();
                union.try_each_batch(|batch| { met.extend_from_slice(batch); Ok::<_, ()>(()) }).unwrap();
                prop_assert_eq!(matches!(&union, Matches::List(_)), are_few((a.len() + b.len()) as u64, total));
                prop_assert_eq!(&met, &(&a | &b).into_iter().collect::<Vec<_>>());
                prop_assert!(union.into_bits().iter().eq(met));
            }
        }
    }

    #[test]
    fn a_union_of_many_sets_ends_at_the_deadline() {
        let deadline = Deadline::after_ms(1);
        while !deadline.passed() {}
        let parts = || {
            let sets = (0..3).map(|set| (1..100).map(|doc| doc * 3 + set).collect());
            sets.map(|docs| Matches::Bits(Cow::Owned(docs))).collect()
        };
        assert!(Matches::any(parts(), 300, &deadline).is_err());
        let never = Deadline::after_ms(0);
        let all = Matches::any(parts(), 300, &never).map(|all| all.len());
        assert_eq!(all, Ok(297));
    }

    #[test]
    fn lists_of_very_different_lengths_share_what_is_in_both() {
        let long: Vec<u32> = (1..4_000).map(|doc| doc * 3).collect();
        let short = vec![1, 3, 500, 600, 11_997, 12_000];
        assert_eq!(shared(long.clone(), short.clone()), [3, 600, 11_997]);
        assert_eq!(shared(short, long), [3, 600, 11_997]);
    }

    #[test]
    fn what_is_collected_is_a_list_only_while_it_is_few_of_many() {
        for (count, step, is_list) in [
            (3, 1000, true),
            (5_000, 1000, true),
            (1_000, 40, true),
            (1_000, 39, false),
            (30_000, 10, false),
            (200, 2, false),
        ] {
            let docs = (1..=count).map(|at| u32::try_from(at * step).unwrap());
            let mut collected = Collected::of(u64::try_from(count * step).unwrap());
            docs.clone().for_each(|doc| collected.push(doc));
            let found = collected.finish();
            assert_eq!(matches!(found, Matches::List(_)), is_list, "{count}");
            assert!(found.into_list().into_iter().eq(docs));
        }
        let empty = Collected::of(0).finish();
        assert_eq!(empty.len(), 0);
    }
}
