//! Contenders that answer the same queries in interleaved rounds, and the ratios within a round.

use std::time::{Duration, Instant};

use super::clock::cpu_time;

/// A batch of a round repeats its queries until it has taken so long, or what it measures is the clock.
const SHORTEST: Duration = Duration::from_millis(5);
const MOST_PASSES: u32 = 20;
/// A row whose rounds would take longer has fewer of them, but at least [`FEWEST`].
const LONGEST: Duration = Duration::from_secs(60);
const FEWEST: usize = 3;

/// Something that answers queries by their number.
pub struct Contender<'a> {
    /// How the report calls it.
    pub name: &'static str,
    /// Answers one query.
    pub answer: Box<dyn FnMut(usize) + 'a>,
}

/// What a contender took in each round.
#[derive(Debug)]
pub struct Times {
    /// The contender.
    pub name: &'static str,
    /// The median over the queries, in microseconds by the clock on the wall.
    pub p50: Vec<f64>,
    /// All queries, in microseconds of CPU time.
    pub total: Vec<f64>,
    /// Of each query, what it took each time, in microseconds by the clock on the wall.
    pub each: Vec<Vec<f64>>,
}

impl Times {
    /// The queries that take the longest, that one first, with their medians.
    #[must_use]
    pub fn slowest(&self, count: usize) -> Vec<(usize, f64)> {
        let each = self.each.iter().map(|times| median(times.clone()));
        let mut each: Vec<(usize, f64)> = each.enumerate().collect();
        each.sort_by(|a, b| b.1.total_cmp(&a.1));
        each.truncate(count);
        each
    }
}

/// Runs each contender over all queries once to warm up, then in rounds of an order that rotates.
#[must_use]
pub fn measure(rounds: usize, queries: usize, contenders: &mut [Contender<'_>]) -> Vec<Times> {
    let warm: Vec<Duration> = contenders
        .iter_mut()
        .map(|contender| {
            let start = Instant::now();
            (0..queries).for_each(|query| (contender.answer)(query));
            start.elapsed()
        })
        .collect();
    let passes = passes(warm.iter().min().copied().unwrap_or_default());
    let round = warm.iter().sum::<Duration>() * passes;
    let rounds = rounds.min(times(LONGEST, round).max(FEWEST));
    let mut measured: Vec<Times> = contenders
        .iter()
        .map(|contender| Times {
            name: contender.name,
            p50: Vec::new(),
            total: Vec::new(),
            each: vec![Vec::new(); queries],
        })
        .collect();
    let count = contenders.len();
    for round in 0..rounds {
        for at in (0..count).map(|at| (at + round) % count) {
            batch(passes, &mut contenders[at], &mut measured[at]);
        }
    }
    measured
}

/// How often a batch repeats its queries, when one pass of the quickest contender takes so long.
fn passes(quickest: Duration) -> u32 {
    let passes = times(SHORTEST, quickest) + 1;
    u32::try_from(passes).unwrap_or(u32::MAX).min(MOST_PASSES)
}

/// How often a part fits into the whole.
fn times(whole: Duration, part: Duration) -> usize {
    usize::try_from(whole.as_nanos() / part.as_nanos().max(1)).unwrap_or(usize::MAX)
}

/// One contender's turn.
fn batch(passes: u32, contender: &mut Contender<'_>, times: &mut Times) {
    let mut all = Vec::with_capacity(times.each.len());
    let start = cpu_time();
    for _ in 0..passes {
        for (query, each) in times.each.iter_mut().enumerate() {
            let start = Instant::now();
            (contender.answer)(query);
            let time = micros(start.elapsed());
            all.push(time);
            each.push(time);
        }
    }
    let total = micros(cpu_time() - start) / f64::from(passes);
    times.p50.push(median(all));
    times.total.push(total);
}

/// Microseconds.
#[must_use]
pub fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// The median over the rounds of how many times as long `slow` took as `fast` in the same round.
#[must_use]
pub fn ratio(slow: &[f64], fast: &[f64]) -> f64 {
    median(
        slow.iter()
            .zip(fast)
            .map(|(slow, fast)| slow / fast)
            .collect(),
    )
}

/// The middle value; none of none is 0.
#[must_use]
pub fn median(values: Vec<f64>) -> f64 {
    percentile(values, 0.5)
}

/// The smallest value that is not below this share of all; none of none is 0.
#[must_use]
pub fn percentile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a number of values"
    )]
    let at = (values.len() as f64 * share) as usize;
    let at = at.min(values.len().saturating_sub(1));
    values.get(at).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_the_median_of_ratios_within_a_round() {
        // The second round was slow for both, which changes nothing.
        assert!((ratio(&[3.0, 30.0, 4.0], &[1.0, 10.0, 2.0]) - 3.0).abs() < 1e-12);
        assert!((percentile((1..=100).map(f64::from).collect(), 0.99) - 100.0).abs() < 1e-12);
        assert!(percentile(Vec::new(), 0.99).abs() < 1e-12);
    }

    #[test]
    fn the_slowest_are_by_their_medians() {
        let times = Times {
            name: "some",
            p50: Vec::new(),
            total: Vec::new(),
            each: vec![vec![1.0; 3], vec![9.0, 3.0, 2.0], vec![2.0, 2.0, 90.0]],
        };
        let slowest: Vec<usize> = times.slowest(2).iter().map(|(query, _)| *query).collect();
        assert_eq!(slowest, [1, 2]);
    }

    #[test]
    fn every_contender_answers_every_query_in_every_round() {
        let counts = std::cell::RefCell::new([[0; 3]; 2]);
        let contender = |at: usize| Contender {
            name: "some",
            answer: Box::new({
                let counts = &counts;
                move |query| counts.borrow_mut()[at][query] += 1
            }),
        };
        let measured = measure(4, 3, &mut [contender(0), contender(1)]);
        assert!(
            measured
                .iter()
                .all(|times| times.p50.len() == 4 && times.total.len() == 4)
        );
        let counts = counts.into_inner();
        // Once to warm up, and in each round as many passes as for the others.
        assert!(counts[0][0] > 4 && counts.iter().flatten().all(|&count| count == counts[0][0]));
    }

    #[test]
    fn short_batches_are_repeated_and_long_ones_are_not() {
        assert_eq!(passes(Duration::from_millis(2)), 3);
        assert_eq!(passes(Duration::from_micros(1)), MOST_PASSES);
        assert_eq!(passes(Duration::from_secs(1)), 1);
    }
}
