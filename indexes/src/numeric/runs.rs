//! Pairs of a key and a document, in order, with the number of those before any place.
//!
//! They lie in runs of up to [`MOST`], each an array of keys and one of documents. A tree of sums
//! over the lengths of the runs (Fenwick 1994) counts what lies before one, so that a range is
//! counted by looking at its two ends.

use std::sync::Arc;

use super::key::Key;
use crate::cow_vec::CowVec;

/// Pairs of a run: to move half of them is as fast as to find the run.
const MOST: usize = 512;

/// A run of fewer is put together with its neighbour.
const FEWEST: usize = MOST / 4;

/// Pairs of a run that is made as a whole: it has room for some more.
const FULL: usize = MOST * 3 / 4;

/// A key and the number of a document.
pub(super) type Pair = (Key, u32);

/// All pairs.
///
/// A clone is a snapshot: a write under it copies one run, and two or three numbers a run.
#[derive(Clone)]
pub(super) struct Runs {
    /// By slot.
    runs: CowVec<Arc<Run>, 64>,
    /// The slots of the runs in their order. At least one; only that one may be empty.
    order: Arc<Vec<u32>>,
    /// Slots without a run.
    free: Vec<u32>,
    /// What no pair of a run is below, and all pairs of the run before it are; the first is below
    /// everything.
    lows: Arc<Vec<Pair>>,
    sums: Sums,
}

/// Ascending pairs.
#[derive(Clone, Default)]
struct Run {
    keys: Vec<Key>,
    docs: Vec<u32>,
}

/// A place between two pairs: a run, and how many of its pairs lie before.
pub(super) type Place = (usize, usize);

impl Default for Runs {
    fn default() -> Self {
        Self {
            runs: CowVec::default(),
            order: Arc::new(vec![0]),
            free: Vec::new(),
            lows: Arc::new(vec![(Key(0), 0)]),
            sums: Sums::new([0]),
        }
    }
}

impl Runs {
    /// Ascending pairs, all of them different.
    pub(super) fn of_ascending(pairs: &[Pair]) -> Self {
        let mut all = Self::default();
        let (mut order, mut lows, mut lengths) = (Vec::new(), Vec::new(), Vec::new());
        for (slot, part) in (0_u32..).zip(pairs.chunks(FULL)) {
            let run = Run {
                keys: part.iter().map(|pair| pair.0).collect(),
                docs: part.iter().map(|pair| pair.1).collect(),
            };
            lengths.push(run.len() as u64);
            lows.extend(if slot == 0 {
                Some((Key(0), 0))
            } else {
                run.pair(0)
            });
            all.runs.set(slot as usize, Arc::new(run));
            order.push(slot);
        }
        if !order.is_empty() {
            all.order = Arc::new(order);
            all.lows = Arc::new(lows);
            all.sums = Sums::new(lengths);
        }
        all
    }

    /// Adds a pair that is not there.
    pub(super) fn insert(&mut self, key: Key, doc: u32) {
        let (run, at) = self.place((key, doc));
        let is_last_run = run + 1 == self.order.len();
        let into = self.run_mut(run);
        let is_last = is_last_run && at == into.len();
        into.keys.insert(at, key);
        into.docs.insert(at, doc);
        let is_full = into.len() > MOST;
        self.sums.increase(run);
        if is_full {
            // Growing numbers, such as times, fill one run after the other.
            self.split(run, if is_last { MOST } else { MOST / 2 });
        }
    }

    /// Takes out a pair; false if it is not there.
    pub(super) fn remove(&mut self, key: Key, doc: u32) -> bool {
        let (at_run, at) = self.place((key, doc));
        if self.run(at_run).pair(at) != Some((key, doc)) {
            return false;
        }
        let run = self.run_mut(at_run);
        run.keys.remove(at);
        run.docs.remove(at);
        let left = run.len();
        self.sums.decrease(at_run);
        if left < FEWEST {
            self.join(at_run);
        }
        true
    }

    /// How many pairs have a key from the first up to the second, without it.
    pub(super) fn count(&self, from: Key, to: Key) -> u64 {
        self.count_between(self.place((from, 0)), self.place((to, 0)))
    }

    /// How many pairs lie between two places.
    pub(super) fn count_between(&self, from: Place, to: Place) -> u64 {
        let before = |(run, at): Place| self.sums.before(run) + at as u64;
        before(to).saturating_sub(before(from))
    }

    /// The documents of these pairs, ascending among those of one key: in pieces with the key of
    /// each.
    pub(super) fn slices(&self, from: Key, to: Key) -> impl Iterator<Item = (&[Key], &[u32])> {
        self.between(self.place((from, 0)), self.place((to, 0)))
    }

    /// The same, of the pairs between two places.
    pub(super) fn between(
        &self,
        (first, start): Place,
        (last, end): Place,
    ) -> impl Iterator<Item = (&[Key], &[u32])> {
        let runs = self.order.get(first..=last).unwrap_or_default();
        let count = runs.len();
        runs.iter().enumerate().map(move |(at, slot)| {
            let run = self.runs.get(*slot as usize);
            let start = if at == 0 { start } else { 0 };
            let end = if at + 1 == count { end } else { run.len() };
            (&run.keys[start..end], &run.docs[start..end])
        })
    }

    /// The pairs of each key from the first up to the second, without it: the places between which they lie,
    /// those of the greatest key first.
    pub(super) fn groups_back(&self, from: Key, to: Key) -> impl Iterator<Item = (Place, Place)> {
        let (mut run, mut end) = self.place((to, 0));
        std::iter::from_fn(move || {
            while end == 0 {
                run = run.checked_sub(1)?;
                end = self.run(run).len();
            }
            let keys = &self.run(run).keys[..end];
            let (key, before) = keys.split_last().filter(|(key, _)| **key >= from)?;
            let is_alone = before.last().is_some_and(|other| other != key);
            let start = if is_alone {
                (run, before.len())
            } else {
                self.place((*key, 0))
            };
            let group = (start, (run, end));
            (run, end) = start;
            Some(group)
        })
    }

    /// Heap bytes in use, by capacity.
    pub(super) fn memory_bytes(&self) -> usize {
        let arrays = self.runs.iter().map(|run| {
            run.keys.capacity() * size_of::<Key>() + run.docs.capacity() * size_of::<u32>()
        });
        self.runs.memory_bytes()
            + self.order.len() * (size_of::<Run>() + 2 * size_of::<usize>())
            + (self.order.capacity() + self.free.capacity()) * size_of::<u32>()
            + self.lows.capacity() * size_of::<Pair>()
            + self.sums.sums.capacity() * size_of::<u64>()
            + arrays.sum::<usize>()
    }

    /// Where a pair is, or would be.
    fn place(&self, pair: Pair) -> Place {
        let run = self.lows.partition_point(|low| *low <= pair) - 1;
        (run, self.run(run).position(pair))
    }

    fn run(&self, at: usize) -> &Run {
        self.runs.get(self.order[at] as usize)
    }

    fn run_mut(&mut self, at: usize) -> &mut Run {
        Arc::make_mut(self.runs.get_mut(self.order[at] as usize))
    }

    fn split(&mut self, run: usize, at: usize) {
        let lower = self.run_mut(run);
        let upper = Run {
            keys: lower.keys.split_off(at),
            docs: lower.docs.split_off(at),
        };
        let low = upper.pair(0).expect("both parts have pairs");
        let slot = self.free.pop().unwrap_or_else(|| {
            // As many pairs as would fill 2^32 runs do not fit in memory.
            u32::try_from(self.runs.len().max(1)).expect("fewer than 2^32 runs")
        });
        self.runs.set(slot as usize, Arc::new(upper));
        Arc::make_mut(&mut self.order).insert(run + 1, slot);
        Arc::make_mut(&mut self.lows).insert(run + 1, low);
        self.sum_anew();
    }

    /// Puts a run together with a neighbour, if both fit into one with room to grow.
    fn join(&mut self, run: usize) {
        let neighbours = [run.checked_sub(1), Some(run)];
        let fits = |lower: &usize| {
            let lower_len = self.run(*lower).len();
            let has_upper = *lower + 1 < self.order.len();
            let upper_len = has_upper.then(|| self.run(*lower + 1).len());
            upper_len.is_some_and(|upper_len| {
                // No run stays empty beside another, however full that is.
                lower_len.min(upper_len) == 0 || lower_len + upper_len <= MOST * 3 / 4
            })
        };
        let Some(lower) = neighbours.into_iter().flatten().find(fits) else {
            return;
        };
        let slot = Arc::make_mut(&mut self.order).remove(lower + 1);
        Arc::make_mut(&mut self.lows).remove(lower + 1);
        self.free.push(slot);
        let upper = self.runs.take(slot as usize);
        let lower = self.run_mut(lower);
        lower.keys.extend_from_slice(&upper.keys);
        lower.docs.extend_from_slice(&upper.docs);
        self.sum_anew();
    }

    fn sum_anew(&mut self) {
        let runs = 0..self.order.len();
        self.sums = Sums::new(runs.map(|run| self.run(run).len() as u64));
    }

    /// Panics unless everything is as it says.
    #[cfg(test)]
    pub(super) fn check(&self) {
        assert_eq!(self.order.len(), self.lows.len());
        let slots: std::collections::BTreeSet<u32> =
            self.order.iter().chain(&self.free).copied().collect();
        assert_eq!(slots.len(), self.order.len() + self.free.len());
        assert_eq!(self.lows[0], (Key(0), 0));
        let mut before = 0;
        let mut last = None;
        for (at, low) in self.lows.iter().enumerate() {
            let run = self.run(at);
            assert_eq!(run.keys.len(), run.docs.len());
            assert!(run.len() <= MOST && (run.len() > 0 || self.order.len() == 1));
            assert_eq!(self.sums.before(at), before);
            before += run.len() as u64;
            assert!(last.is_none_or(|last| last < *low));
            for at in 0..run.len() {
                let pair = run.pair(at);
                assert!(pair.unwrap() >= *low && last < pair);
                last = pair;
            }
        }
    }
}

impl Run {
    fn len(&self) -> usize {
        self.keys.len()
    }

    fn pair(&self, at: usize) -> Option<Pair> {
        Some((*self.keys.get(at)?, *self.docs.get(at)?))
    }

    /// How many pairs are below one.
    fn position(&self, (key, doc): Pair) -> usize {
        let at = self.keys.partition_point(|other| *other < key);
        let same = self.keys[at..].partition_point(|other| *other == key);
        at + self.docs[at..at + same].partition_point(|other| *other < doc)
    }
}

/// Sums over a list of numbers that change by one.
#[derive(Clone)]
struct Sums {
    /// At `i`, the sum of as many numbers as `i + 1` has in its lowest bit, the last of them the
    /// `i`th.
    sums: Arc<Vec<u64>>,
}

impl Sums {
    fn new(numbers: impl IntoIterator<Item = u64>) -> Self {
        let mut sums: Vec<u64> = numbers.into_iter().collect();
        for at in 0..sums.len() {
            let above = at | (at + 1);
            if above < sums.len() {
                sums[above] += sums[at];
            }
        }
        Self {
            sums: Arc::new(sums),
        }
    }

    fn increase(&mut self, at: usize) {
        self.change(at, |sum| *sum += 1);
    }

    fn decrease(&mut self, at: usize) {
        self.change(at, |sum| *sum -= 1);
    }

    fn change(&mut self, mut at: usize, change: impl Fn(&mut u64)) {
        let sums = Arc::make_mut(&mut self.sums);
        while let Some(sum) = sums.get_mut(at) {
            change(sum);
            at |= at + 1;
        }
    }

    /// The sum of the first `count` numbers.
    fn before(&self, mut count: usize) -> u64 {
        let mut sum = 0;
        while count > 0 {
            sum += self.sums[count - 1];
            count &= count - 1;
        }
        sum
    }
}
