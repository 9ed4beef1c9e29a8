//! Number, sum, extremes and spread of numbers: of each group no more than is asked for.

use crate::plan::aggregate::Figure;

/// Those of all groups.
pub(in crate::exec::aggregate) struct Moments {
    sums: Vec<Sum>,
    /// The least number and the greatest.
    extremes: Option<Vec<[f64; 2]>>,
    spreads: Option<Vec<Spread>>,
}

#[derive(Clone, Copy, Default)]
struct Sum {
    count: u64,
    sum: f64,
}

/// What the standard deviation is made of (Welford 1962).
#[derive(Clone, Copy, Default)]
struct Spread {
    count: f64,
    mean: f64,
    /// The sum of squared differences from the mean.
    squares: f64,
}

/// The extremes of nothing.
const NO_EXTREMES: [f64; 2] = [f64::INFINITY, f64::NEG_INFINITY];

impl Moments {
    /// No groups. `is_asked` says which figures will be asked for.
    pub(super) fn new(is_asked: impl Fn(Figure) -> bool) -> Self {
        let of_extremes = is_asked(Figure::Min) || is_asked(Figure::Max);
        Self {
            sums: Vec::new(),
            extremes: of_extremes.then(Vec::new),
            spreads: is_asked(Figure::StdDev).then(Vec::new),
        }
    }

    pub(super) fn bytes_of_group(&self) -> usize {
        let extremes = self.extremes.as_ref().map_or(0, |_| size_of::<[f64; 2]>());
        let spread = self.spreads.as_ref().map_or(0, |_| size_of::<Spread>());
        size_of::<Sum>() + extremes + spread
    }

    pub(super) fn grow(&mut self, groups: usize) {
        self.sums.resize(groups, Sum::default());
        if let Some(extremes) = &mut self.extremes {
            extremes.resize(groups, NO_EXTREMES);
        }
        if let Some(spreads) = &mut self.spreads {
            spreads.resize(groups, Spread::default());
        }
    }

    /// Adds a number to each of some groups.
    pub(super) fn extend(&mut self, groups: &[u32], numbers: &[f64]) {
        if self.extremes.is_some() || self.spreads.is_some() {
            for (group, number) in groups.iter().zip(numbers) {
                self.push(*group as usize, *number);
            }
            return;
        }
        for (group, number) in groups.iter().zip(numbers) {
            let sum = &mut self.sums[*group as usize];
            sum.count += 1;
            sum.sum += number;
        }
    }

    #[inline]
    pub(super) fn push(&mut self, group: usize, number: f64) {
        let sum = &mut self.sums[group];
        sum.count += 1;
        sum.sum += number;
        if let Some(extremes) = &mut self.extremes {
            let [min, max] = &mut extremes[group];
            *min = min.min(number);
            *max = max.max(number);
        }
        if let Some(spreads) = &mut self.spreads {
            let spread = &mut spreads[group];
            spread.count += 1.0;
            let from_mean = number - spread.mean;
            spread.mean += from_mean / spread.count;
            spread.squares += from_mean * (number - spread.mean);
        }
    }

    /// Takes in the numbers of other groups: of each those of the group here that is named.
    pub(super) fn absorb(&mut self, other: &Self, groups: &[u32]) {
        for (own, theirs) in groups.iter().zip(&other.sums) {
            let sum = &mut self.sums[*own as usize];
            sum.count += theirs.count;
            sum.sum += theirs.sum;
        }
        if let (Some(all), Some(other)) = (&mut self.extremes, &other.extremes) {
            for (own, [low, high]) in groups.iter().zip(other) {
                let [min, max] = &mut all[*own as usize];
                *min = min.min(*low);
                *max = max.max(*high);
            }
        }
        if let (Some(all), Some(other)) = (&mut self.spreads, &other.spreads) {
            for (own, theirs) in groups.iter().zip(other) {
                all[*own as usize].absorb(theirs);
            }
        }
    }

    /// What is said of the numbers, as other engines do where there are none.
    pub(super) fn figure(&self, figure: Figure, group: usize) -> f64 {
        let Sum { count, sum } = self.sums[group];
        #[expect(clippy::cast_precision_loss, reason = "below 2^53 rows")]
        let numbers = count as f64;
        let extremes = self.extremes.as_ref().map(|all| all[group]);
        let [min, max] = extremes.unwrap_or(NO_EXTREMES);
        match figure {
            Figure::Sum if count == 0 => f64::NAN,
            Figure::Sum => sum,
            Figure::Min => min,
            Figure::Max => max,
            Figure::Avg => sum / numbers,
            Figure::StdDev if count < 2 => 0.0,
            Figure::StdDev => {
                let squares = self.spreads.as_ref().map(|all| all[group].squares);
                (squares.unwrap_or_default() / (numbers - 1.0)).sqrt()
            }
            Figure::Itself | Figure::Quantile(_) | Figure::Bytes => numbers,
        }
    }
}

impl Spread {
    /// Of two sets together (Chan, Golub, LeVeque 1979).
    fn absorb(&mut self, other: &Self) {
        if other.count == 0.0 {
            return;
        }
        let count = self.count + other.count;
        let between = other.mean - self.mean;
        self.squares += other.squares + between * between * self.count * other.count / count;
        self.mean += between * other.count / count;
        self.count = count;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all_of(numbers: &[f64]) -> Moments {
        let mut moments = Moments::new(|_| true);
        moments.grow(1);
        moments.extend(&vec![0; numbers.len()], numbers);
        moments
    }

    proptest! {
        #[test]
        fn parts_together_say_what_the_whole_says(
            numbers in prop::collection::vec(-1e3..1e3, 0..40),
            at in any::<prop::sample::Index>(),
        ) {
            let at = at.index(numbers.len() + 1);
            let (mut parts, whole) = (all_of(&numbers[..at]), all_of(&numbers));
            parts.absorb(&all_of(&numbers[at..]), &[0]);
            for figure in [Figure::Sum, Figure::Min, Figure::Max, Figure::Avg, Figure::StdDev] {
                let (a, b) = (parts.figure(figure, 0), whole.figure(figure, 0));
                let is_same = a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
                prop_assert!(is_same || (a - b).abs() < 1e-6, "{:?}: {} {}", figure, a, b);
            }
        }
    }
}
