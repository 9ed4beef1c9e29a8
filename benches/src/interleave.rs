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
    let first = times.first().cloned().unwrap_or_default();
    contenders
        .iter()
        .zip(times)
        .map(|(contender, times)| Line {
            name: contender.name.clone(),
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
    fn twice_the_work_is_about_twice_the_ratio() {
        let spin = |duration| move || std::thread::sleep(Duration::from_millis(duration));
        let contender = |name: &str, milliseconds| Contender {
            name: name.to_owned(),
            operations: 1,
            batch: Box::new(spin(milliseconds)),
        };
        let lines = measure(3, &mut [contender("one", 5), contender("two", 50)]);
        assert!((lines[0].ratio - 1.0).abs() < f64::EPSILON);
        assert!(lines[1].ratio > 2.0, "{lines:?}");
    }
}
