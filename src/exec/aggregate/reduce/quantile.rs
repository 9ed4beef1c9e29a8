//! Quantiles of the numbers of one group: exact while they, or the different ones among them, are
//! few; then of a t-digest.

use std::cmp::Ordering;

use datasketches::tdigest::TDigestMut;

use super::Change;
use crate::expr::Value;

/// Numbers that are kept as they are.
const EXACT: usize = 1024;
/// Different numbers that are counted: ratings, years, states are this few however many documents
/// have them, and a digest would answer with a number between two of them. They take the bytes that
/// a digest takes at the most.
const COUNTED: usize = DIGEST_BYTES / size_of::<(f64, u64)>();
/// The compression of a digest: about as many centroids, each a share of the numbers that is the
/// smaller the nearer it is to an end.
const COMPRESSION: u16 = 200;
/// Bytes of a digest: twice as many centroids as its compression, and what waits to be merged.
const DIGEST_BYTES: usize = 4 * COMPRESSION as usize * 2 * size_of::<f64>();

/// The numbers of a group.
#[derive(Default)]
pub(super) struct Quantiles {
    /// Those that have not been counted.
    few: Vec<f64>,
    /// Different numbers, ascending, each with how often it came.
    counted: Vec<(f64, u64)>,
    /// All, once more different ones came than are counted.
    many: Option<Box<TDigestMut>>,
}

impl Quantiles {
    /// Adds numbers other than NaN.
    pub(super) fn extend(&mut self, mut numbers: &[f64]) -> Change {
        let before = self.bytes();
        while !numbers.is_empty() {
            if let Some(digest) = &mut self.many {
                numbers.iter().for_each(|number| digest.update(*number));
                break;
            }
            if self.few.len() == EXACT {
                self.count();
                continue;
            }
            let (now, later) = numbers.split_at(numbers.len().min(EXACT - self.few.len()));
            let len = self.few.len() + now.len();
            if len > self.few.capacity() {
                // Numbers come in parts of many groups: to double would move them once for each part.
                let room = (len * 4).min(EXACT);
                self.few.reserve_exact(room - self.few.len());
            }
            self.few.extend_from_slice(now);
            numbers = later;
        }
        self.since(before)
    }

    /// Takes in the numbers of another.
    pub(super) fn absorb(&mut self, other: Self) -> Change {
        let before = self.bytes();
        if let Some(theirs) = other.many {
            self.digest().merge(&theirs);
        } else if let Some(digest) = &mut self.many {
            feed(digest, &other.counted);
        } else if !other.counted.is_empty() {
            self.add_counts(&other.counted);
        }
        let mut change = self.since(before);
        change.add(self.extend(&other.few));
        change
    }

    /// The smallest number that a share of all does not exceed, an estimate where there is a
    /// digest; null where there is no number.
    pub(super) fn at(&mut self, share: f64) -> Value {
        let found = match &mut self.many {
            Some(digest) => digest.quantile(share),
            None => self.exact(share),
        };
        found.map_or(Value::Null, Value::Number)
    }

    fn bytes(&self) -> usize {
        self.few.capacity() * size_of::<f64>()
            + self.counted.capacity() * size_of::<(f64, u64)>()
            + self.many.as_ref().map_or(0, |_| DIGEST_BYTES)
    }

    /// What changed since it held some bytes.
    fn since(&self, before: usize) -> Change {
        let now = self.bytes();
        Change {
            grown: now.saturating_sub(before),
            freed: before.saturating_sub(now),
        }
    }

    /// Counts the numbers that have not been.
    fn count(&mut self) {
        let counts = runs(&mut self.few);
        self.few.clear();
        self.add_counts(&counts);
    }

    /// Adds counts of numbers, ascending.
    fn add_counts(&mut self, counts: &[(f64, u64)]) {
        let mut all = merged(&self.counted, counts);
        if all.len() > COUNTED {
            feed(self.digest(), counts);
        } else {
            all.shrink_to_fit();
            self.counted = all;
        }
    }

    /// The digest that it is from now on.
    fn digest(&mut self) -> &mut TDigestMut {
        let few = std::mem::take(&mut self.few);
        let counted = std::mem::take(&mut self.counted);
        let digest = self.many.get_or_insert_with(|| {
            let digest = TDigestMut::new(COMPRESSION);
            Box::new(digest.expect("200 is a compression of digests"))
        });
        feed(digest, &counted);
        few.into_iter().for_each(|number| digest.update(number));
        digest
    }

    fn exact(&mut self, share: f64) -> Option<f64> {
        let counted: u64 = self.counted.iter().map(|(_, count)| count).sum();
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "fewer than 2^53, and not below zero"
        )]
        let rank = (share * (counted + self.few.len() as u64) as f64).ceil() as u64;
        let place = rank.saturating_sub(1);
        if self.counted.is_empty() {
            let place = usize::try_from(place).ok()?;
            if place >= self.few.len() {
                return None;
            }
            let (_, number, _) = self.few.select_nth_unstable_by(place, f64::total_cmp);
            return Some(*number);
        }
        let mut before = 0;
        let all = merged(&self.counted, &runs(&mut self.few));
        let found = all.iter().find(|(_, count)| {
            before += count;
            before > place
        });
        found.map(|(number, _)| *number)
    }
}

/// Different numbers among some, ascending, each with how often it is there.
fn runs(numbers: &mut [f64]) -> Vec<(f64, u64)> {
    numbers.sort_unstable_by(f64::total_cmp);
    let runs = numbers.chunk_by(|a, b| a.total_cmp(b).is_eq());
    runs.map(|run| (run[0], run.len() as u64)).collect()
}

/// The counts of two lists in one.
fn merged(a: &[(f64, u64)], b: &[(f64, u64)]) -> Vec<(f64, u64)> {
    let mut all = Vec::with_capacity(a.len() + b.len());
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    while let (Some((first, count)), Some((second, other))) = (a.peek(), b.peek()) {
        let order = first.total_cmp(second);
        let entry = match order {
            Ordering::Less => (*first, *count),
            Ordering::Equal => (*first, count + other),
            Ordering::Greater => (*second, *other),
        };
        all.push(entry);
        a.next_if(|_| order.is_le());
        b.next_if(|_| order.is_ge());
    }
    all.extend(a);
    all.extend(b);
    all
}

/// Gives counted numbers to a digest.
fn feed(digest: &mut TDigestMut, counts: &[(f64, u64)]) {
    for (number, count) in counts {
        (0..*count).for_each(|_| digest.update(*number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(share: f64, numbers: &mut Quantiles) -> Option<f64> {
        numbers.at(share).number()
    }

    /// All numbers at once, and in parts that are put together.
    fn both(numbers: &[f64]) -> [Quantiles; 2] {
        let (mut whole, mut parts) = (Quantiles::default(), Quantiles::default());
        numbers.chunks(700).for_each(|some| {
            whole.extend(some);
        });
        for part in [&numbers[..500], &numbers[500..60_000], &numbers[60_000..]] {
            let mut other = Quantiles::default();
            other.extend(part);
            parts.absorb(other);
        }
        [whole, parts]
    }

    #[test]
    fn few_numbers_give_one_of_them_and_many_one_near_to_it() {
        let mut few = Quantiles::default();
        few.extend(&[8.0, 10.0, 3.0]);
        assert_eq!(at(0.5, &mut few), Some(8.0));
        assert_eq!(
            (at(0.0, &mut few), at(1.0, &mut few)),
            (Some(3.0), Some(10.0))
        );
        let number = |number: i32| f64::from(number * 7919 % 100_000);
        let many: Vec<f64> = (0..100_000).map(number).collect();
        for mut numbers in both(&many) {
            for share in [0.01, 0.5, 0.99] {
                let found = at(share, &mut numbers).unwrap();
                assert!((found - share * 1e5).abs() < 500.0, "{share}: {found}");
            }
        }
        assert_eq!(Quantiles::default().at(0.5), Value::Null);
    }

    #[test]
    fn many_numbers_of_few_different_ones_give_one_of_them() {
        let number = |number: usize| ((number * 7919) % COUNTED) as f64;
        let mut numbers: Vec<f64> = (0..100_000).map(number).collect();
        let found =
            |all: &[f64]| both(all).map(|mut it| [0.0, 0.3, 0.5, 1.0].map(|q| at(q, &mut it)));
        let mut sorted = numbers.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let exact = [0, 29_999, 49_999, 99_999].map(|place| Some(sorted[place]));
        assert_eq!(found(&numbers), [exact, exact]);
        // One more different one, and a digest begins with all that were counted.
        numbers.extend([0.5; 2_000]);
        let last = COUNTED as f64 - 1.0;
        for [least, _, middle, most] in found(&numbers) {
            assert_eq!((least, most), (Some(0.0), Some(last)));
            assert!((middle.unwrap() - 0.49 * last).abs() < 10.0, "{middle:?}");
        }
    }

    #[test]
    fn bytes_that_grow_and_shrink_come_to_those_held() {
        let mut numbers = Quantiles::default();
        let mut sum = Change::default();
        for step in 0..5_000 {
            sum.add(numbers.extend(&[f64::from(step / 4)]));
            assert_eq!(sum.grown - sum.freed, numbers.bytes(), "{step}");
        }
        assert!(numbers.many.is_some());
    }
}
