//! Quantiles of numbers: exact while they are few, then of a t-digest.

use datasketches::tdigest::TDigestMut;

use super::Change;
use crate::expr::Value;

/// Numbers that are kept as they are.
const EXACT: usize = 1024;
/// The compression of a digest: about as many centroids, each a share of the numbers that is the
/// smaller the nearer it is to an end.
const COMPRESSION: u16 = 200;
/// Bytes of a digest: twice as many centroids as its compression, and what waits to be merged.
const DIGEST_BYTES: usize = 4 * COMPRESSION as usize * 2 * size_of::<f64>();

/// Numbers that wait until many are put to their groups at once, so that each group's are copied
/// together: as many as fit into a core's cache.
const MOST_WAITING: usize = 1 << 15;

/// Bytes of a number that waits, and of its group.
const BYTES_WAITING: usize = size_of::<f64>() + size_of::<u32>();

/// The numbers of all groups.
#[derive(Default)]
pub(in crate::exec::aggregate) struct GroupQuantiles {
    groups: Vec<Quantiles>,
    /// Groups of the numbers that wait.
    to: Vec<u32>,
    waiting: Vec<f64>,
}

/// The numbers of a group.
#[derive(Default)]
struct Quantiles {
    few: Vec<f64>,
    many: Option<Box<TDigestMut>>,
}

impl GroupQuantiles {
    pub(super) const BYTES_OF_GROUP: usize = size_of::<Quantiles>();

    pub(super) fn grow(&mut self, groups: usize) {
        self.groups.resize_with(groups, Quantiles::default);
    }

    /// Adds a number to a group, unless it is NaN.
    #[inline]
    pub(super) fn push(&mut self, group: usize, number: f64) -> Change {
        if number.is_nan() {
            return Change::default();
        }
        let group = u32::try_from(group).unwrap_or(u32::MAX);
        self.wait(&[group], &[number])
    }

    /// Adds a number to each of some groups, unless it is NaN.
    pub(super) fn extend(&mut self, groups: &[u32], numbers: &[f64]) -> Change {
        if !numbers.iter().any(|number| number.is_nan()) {
            return self.wait(groups, numbers);
        }
        let mut change = Change::default();
        for (group, number) in groups.iter().zip(numbers) {
            change.add(self.push(*group as usize, *number));
        }
        change
    }

    fn wait(&mut self, groups: &[u32], numbers: &[f64]) -> Change {
        let before = self.waiting.capacity();
        self.to.extend_from_slice(groups);
        self.waiting.extend_from_slice(numbers);
        let mut change = Change {
            grown: (self.waiting.capacity() - before) * BYTES_WAITING,
            freed: 0,
        };
        if self.waiting.len() >= MOST_WAITING {
            change.add(self.flush());
        }
        change
    }

    /// No more numbers come.
    pub(super) fn finish(&mut self) -> Change {
        let mut change = self.flush();
        change.freed += self.waiting.capacity() * BYTES_WAITING;
        (self.to, self.waiting) = (Vec::new(), Vec::new());
        change
    }

    /// Numbers that wait go to their groups.
    fn flush(&mut self) -> Change {
        let mut grown = 0;
        if self.groups.len() > self.waiting.len() {
            for (group, number) in self.to.iter().zip(&self.waiting) {
                grown += self.groups[*group as usize].extend(&[*number]);
            }
        } else {
            // Where the numbers of each group end, once they lie together.
            let mut ends = vec![0_usize; self.groups.len()];
            for group in &self.to {
                ends[*group as usize] += 1;
            }
            let mut end = 0;
            for count in &mut ends {
                end += std::mem::replace(count, end);
            }
            let mut together = vec![0.0; self.waiting.len()];
            for (group, number) in self.to.iter().zip(&self.waiting) {
                let place = &mut ends[*group as usize];
                together[*place] = *number;
                *place += 1;
            }
            let mut start = 0;
            for (group, end) in self.groups.iter_mut().zip(ends) {
                grown += group.extend(&together[start..end]);
                start = end;
            }
        }
        self.to.clear();
        self.waiting.clear();
        Change { grown, freed: 0 }
    }

    /// Takes in the numbers of other groups: of each those of the group here that is named.
    pub(super) fn absorb(&mut self, mut other: Self, groups: &[u32]) -> Change {
        let mut change = self.flush();
        other.flush();
        for (own, theirs) in groups.iter().zip(other.groups) {
            change.grown += self.groups[*own as usize].absorb(theirs);
        }
        change
    }

    /// The number at a share of a group's.
    pub(super) fn at(&mut self, group: usize, share: f64) -> Value {
        self.groups[group].at(share)
    }
}

impl Quantiles {
    /// Adds numbers other than NaN; the bytes by which it grew.
    fn extend(&mut self, numbers: &[f64]) -> usize {
        if numbers.is_empty() {
            return 0;
        }
        if let Some(digest) = &mut self.many {
            numbers.iter().for_each(|number| digest.update(*number));
            return 0;
        }
        let before = self.few.capacity();
        let len = self.few.len() + numbers.len();
        if len > before {
            // Numbers come in parts of many groups: to double would move them once for each part.
            let room = (len * 4).min(EXACT).max(len);
            self.few.reserve_exact(room - self.few.len());
        }
        self.few.extend_from_slice(numbers);
        let grown = (self.few.capacity() - before) * size_of::<f64>();
        if self.few.len() <= EXACT {
            return grown;
        }
        self.digest();
        DIGEST_BYTES
    }

    /// Takes in the numbers of another; the bytes by which it grew.
    fn absorb(&mut self, other: Self) -> usize {
        let Some(theirs) = other.many else {
            return self.extend(&other.few);
        };
        let was_exact = self.many.is_none();
        self.digest().merge(&theirs);
        if was_exact { DIGEST_BYTES } else { 0 }
    }

    /// The digest that it is from now on.
    fn digest(&mut self) -> &mut TDigestMut {
        let few = std::mem::take(&mut self.few);
        let digest = self.many.get_or_insert_with(|| {
            let digest = TDigestMut::new(COMPRESSION);
            Box::new(digest.expect("200 is a compression of digests"))
        });
        few.into_iter().for_each(|number| digest.update(number));
        digest
    }

    /// The smallest number that a share of all does not exceed, an estimate where they are many;
    /// null where there is none.
    fn at(&mut self, share: f64) -> Value {
        let found = match &mut self.many {
            Some(digest) => digest.quantile(share),
            None => self.exact(share),
        };
        found.map_or(Value::Null, Value::Number)
    }

    fn exact(&mut self, share: f64) -> Option<f64> {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 0 to a thousand"
        )]
        let rank = (share * self.few.len() as f64).ceil() as usize;
        let place = rank.saturating_sub(1);
        if place >= self.few.len() {
            return None;
        }
        let (_, number, _) = self.few.select_nth_unstable_by(place, f64::total_cmp);
        Some(*number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(share: f64, numbers: &mut Quantiles) -> Option<f64> {
        numbers.at(share).number()
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
        let mut whole = Quantiles::default();
        many.chunks(700).for_each(|some| {
            whole.extend(some);
        });
        let mut parts = Quantiles::default();
        for part in [&many[..500], &many[500..60_000], &many[60_000..]] {
            let mut other = Quantiles::default();
            other.extend(part);
            parts.absorb(other);
        }
        for share in [0.01, 0.5, 0.99] {
            for numbers in [&mut whole, &mut parts] {
                let found = at(share, numbers).unwrap();
                assert!((found - share * 1e5).abs() < 500.0, "{share}: {found}");
            }
        }
        assert_eq!(Quantiles::default().at(0.5), Value::Null);
    }

    #[test]
    fn numbers_that_waited_are_in_their_groups() {
        for groups in [3, 3 * MOST_WAITING] {
            let mut all = GroupQuantiles::default();
            all.grow(groups);
            let mut grown = 0;
            for number in 0..MOST_WAITING + 50 {
                let number = u32::try_from(number).unwrap();
                let change = all.push(number as usize % groups, f64::from(number));
                grown += change.grown;
            }
            all.push(0, f64::NAN);
            grown += all.extend(&[1, 1], &[f64::NAN, -1.0]).grown;
            grown += all.extend(&[1], &[-2.0]).grown;
            let change = all.finish();
            grown += change.grown;
            assert!(change.freed >= MOST_WAITING * BYTES_WAITING && grown > change.freed);
            assert_eq!(all.at(1, 0.0).number(), Some(-2.0));
            assert!(all.at(2, 1.0).number() >= Some(2.0));
            assert!(all.waiting.capacity() == 0);
        }
    }
}
