//! Contenders measured in turns, so that what else the machine does falls on all of them alike.

use std::time::{Duration, Instant};

/// Something to be measured: a name, and one batch of its work.
pub struct Contender<'a> {
    /// How it is called in the report.
    pub name: String,
    /// Operations in a batch, by which its time is divided.
    pub operations: u32,
    /// Does one batch.
    pub batch: Box<dyn FnMut() + 'a>,
}

/// One line of a report.
#[derive(Clone, Debug)]
pub struct Line {
    /// The contender.
    pub name: String,
    /// The median over the rounds, for one operation.
    pub median: Duration,
    /// The median of its time by that of the first contender in the same round.
    pub ratio: f64,
}

/// Runs a batch of each contender in turn, `rounds` times after one to warm up.
#[must_use]
pub fn measure(rounds: usize, contenders: &mut [Contender<'_>]) -> Vec<Line> {
    let mut times: Vec<Vec<f64>> = vec![Vec::new(); contenders.len()];
    for round in 0..=rounds {
        for (contender, times) in contenders.iter_mut().zip(&mut times) {
            let start = Instant::now();
            (contender.batch)();
            let seconds = start.elapsed().as_secs_f64() / f64::from(contender.operations);
            if round > 0 {
                times.push(seconds);
            }
        }
    }
    let names = contenders.iter().map(|contender| contender.name.clone());
    report(names.zip(times).collect())
}

/// The lines of contenders with their seconds by round.
fn report(contenders: Vec<(String, Vec<f64>)>) -> Vec<Line> {
    let first = contenders.first().map(|(_, times)| times.clone());
    let first = first.unwrap_or_default();
    contenders
        .into_iter()
        .map(|(name, times)| Line {
            name,
            ratio: median(times.iter().zip(&first).map(|(a, b)| a / b).collect()),
            median: Duration::from_secs_f64(median(times)),
        })
        .collect()
}

/// The middle value; 0 of none.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_the_median_of_ratios_within_a_round() {
        // The second round was slow for both, which changes neither ratio.
        let lines = report(vec![
            ("one".to_owned(), vec![1.0, 10.0, 2.0]),
            ("two".to_owned(), vec![3.0, 30.0, 4.0]),
        ]);
        let ratios: Vec<f64> = lines.iter().map(|line| line.ratio).collect();
        assert_eq!(ratios, [1.0, 3.0]);
        assert_eq!(lines[1].median, Duration::from_secs(4));
    }

    #[test]
    fn every_contender_runs_once_a_round_and_once_to_warm_up() {
        let turns = std::cell::RefCell::new(String::new());
        let contender = |name: &'static str| Contender {
            name: name.to_owned(),
            operations: 1,
            batch: Box::new(|| turns.borrow_mut().push_str(name)),
        };
        let lines = measure(2, &mut [contender("a"), contender("b")]);
        assert_eq!(*turns.borrow(), "ababab");
        assert_eq!(lines.len(), 2);
    }
}
