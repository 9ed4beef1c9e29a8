//! Pairs of a key and a document, in order, with the number of those before any place.
//!
//! They lie in runs of up to [`MOST`], each an array of keys and one of documents. A tree of sums
//! over the lengths of the runs (Fenwick 1994) counts what lies before one, so that a range is
//! counted by looking at its two ends.

use super::key::Key;

/// Pairs of a run: to move half of them is as fast as to find the run.
const MOST: usize = 512;

/// A run of fewer is put together with its neighbour.
const FEWEST: usize = MOST / 4;

/// A key and the number of a document.
type Pair = (Key, u32);

/// All pairs.
pub(super) struct Runs {
    /// At least one; only that one may be empty.
    runs: Vec<Run>,
    /// What no pair of a run is below, and all pairs of the run before it are; the first is below
    /// everything.
    lows: Vec<Pair>,
    sums: Sums,
}

/// Ascending pairs.
#[derive(Default)]
struct Run {
    keys: Vec<Key>,
    docs: Vec<u32>,
}

/// A place between two pairs: a run, and how many of its pairs lie before.
type Place = (usize, usize);

impl Default for Runs {
    fn default() -> Self {
        Self {
            runs: vec![Run::default()],
            lows: vec![(Key(0), 0)],
            sums: Sums::new([0]),
        }
    }
}

impl Runs {
    /// Adds a pair that is not there.
    pub(super) fn insert(&mut self, key: Key, doc: u32) {
        let (run, at) = self.place((key, doc));
        let is_last = run + 1 == self.runs.len() && at == self.runs[run].len();
        self.runs[run].keys.insert(at, key);
        self.runs[run].docs.insert(at, doc);
        self.sums.increase(run);
        if self.runs[run].len() > MOST {
            // Growing numbers, such as times, fill one run after the other.
            self.split(run, if is_last { MOST } else { MOST / 2 });
        }
    }

    /// Takes out a pair; false if it is not there.
    pub(super) fn remove(&mut self, key: Key, doc: u32) -> bool {
        let (at_run, at) = self.place((key, doc));
        let run = &mut self.runs[at_run];
        if run.pair(at) != Some((key, doc)) {
            return false;
        }
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
        self.rank(to).saturating_sub(self.rank(from))
    }

    /// The documents of these pairs, ascending among those of one key: in pieces with the key of
    /// each.
    pub(super) fn slices(&self, from: Key, to: Key) -> impl Iterator<Item = (&[Key], &[u32])> {
        let (first, start) = self.place((from, 0));
        let (last, end) = self.place((to, 0));
        let runs = self.runs.get(first..=last).unwrap_or_default();
        let count = runs.len();
        runs.iter().enumerate().map(move |(at, run)| {
            let start = if at == 0 { start } else { 0 };
            let end = if at + 1 == count { end } else { run.len() };
            (&run.keys[start..end], &run.docs[start..end])
        })
    }

    /// The greatest key below one.
    pub(super) fn last_below(&self, key: Key) -> Option<Key> {
        let (run, at) = self.place((key, 0));
        if let Some(last) = at.checked_sub(1) {
            return self.runs[run].keys.get(last).copied();
        }
        self.runs[run.checked_sub(1)?].keys.last().copied()
    }

    /// Heap bytes in use, by capacity.
    pub(super) fn memory_bytes(&self) -> usize {
        let arrays = self.runs.iter().map(|run| {
            run.keys.capacity() * size_of::<Key>() + run.docs.capacity() * size_of::<u32>()
        });
        self.runs.capacity() * size_of::<Run>()
            + self.lows.capacity() * size_of::<Pair>()
            + self.sums.sums.capacity() * size_of::<u64>()
            + arrays.sum::<usize>()
    }

    fn rank(&self, key: Key) -> u64 {
        let (run, at) = self.place((key, 0));
        self.sums.before(run) + at as u64
    }

    /// Where a pair is, or would be.
    fn place(&self, pair: Pair) -> Place {
        let run = self.lows.partition_point(|low| *low <= pair) - 1;
        (run, self.runs[run].position(pair))
    }

    fn split(&mut self, run: usize, at: usize) {
        let upper = Run {
            keys: self.runs[run].keys.split_off(at),
            docs: self.runs[run].docs.split_off(at),
        };
        let low = upper.pair(0).expect("both parts have pairs");
        self.runs.insert(run + 1, upper);
        self.lows.insert(run + 1, low);
        self.sum_anew();
    }

    /// Puts a run together with a neighbour, if both fit into one with room to grow.
    fn join(&mut self, run: usize) {
        let neighbours = [run.checked_sub(1), Some(run)];
        let fits = |lower: &usize| {
            let lower_len = self.runs[*lower].len();
            let upper_len = self.runs.get(*lower + 1).map(Run::len);
            upper_len.is_some_and(|upper_len| {
                // No run stays empty beside another, however full that is.
                lower_len.min(upper_len) == 0 || lower_len + upper_len <= MOST * 3 / 4
            })
        };
        let Some(lower) = neighbours.into_iter().flatten().find(fits) else {
            return;
        };
        let upper = self.runs.remove(lower + 1);
        self.lows.remove(lower + 1);
        self.runs[lower].keys.extend(upper.keys);
        self.runs[lower].docs.extend(upper.docs);
        self.sum_anew();
    }

    fn sum_anew(&mut self) {
        self.sums = Sums::new(self.runs.iter().map(|run| run.len() as u64));
    }

    /// Panics unless everything is as it says.
    #[cfg(test)]
    pub(super) fn check(&self) {
        assert_eq!(self.runs.len(), self.lows.len());
        assert_eq!(self.lows[0], (Key(0), 0));
        let mut before = 0;
        let mut last = None;
        for (at, (run, low)) in self.runs.iter().zip(&self.lows).enumerate() {
            assert_eq!(run.keys.len(), run.docs.len());
            assert!(run.len() <= MOST && (run.len() > 0 || self.runs.len() == 1));
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
struct Sums {
    /// At `i`, the sum of as many numbers as `i + 1` has in its lowest bit, the last of them the
    /// `i`th.
    sums: Vec<u64>,
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
        Self { sums }
    }

    fn increase(&mut self, at: usize) {
        self.change(at, |sum| *sum += 1);
    }

    fn decrease(&mut self, at: usize) {
        self.change(at, |sum| *sum -= 1);
    }

    fn change(&mut self, mut at: usize, change: impl Fn(&mut u64)) {
        while let Some(sum) = self.sums.get_mut(at) {
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
