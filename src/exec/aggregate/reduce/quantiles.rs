//! Quantiles of numbers, for all groups at once.

use super::Change;
use super::quantile::Quantiles;
use crate::expr::Value;

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
        let mut change = Change::default();
        if self.groups.len() > self.waiting.len() {
            for (group, number) in self.to.iter().zip(&self.waiting) {
                change.add(self.groups[*group as usize].extend(&[*number]));
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
                change.add(group.extend(&together[start..end]));
                start = end;
            }
        }
        self.to.clear();
        self.waiting.clear();
        change
    }

    /// Takes in the numbers of other groups: of each those of the group here that is named.
    pub(super) fn absorb(&mut self, mut other: Self, groups: &[u32]) -> Change {
        let mut change = self.flush();
        other.flush();
        for (own, theirs) in groups.iter().zip(other.groups) {
            change.add(self.groups[*own as usize].absorb(theirs));
        }
        change
    }

    /// The number at a share of a group's.
    pub(super) fn at(&mut self, group: usize, share: f64) -> Value {
        self.groups[group].at(share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
