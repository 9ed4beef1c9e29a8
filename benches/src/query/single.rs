//! One search in every way, and what comes before it: to look into a plan, or with a profiler.

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use super::ours::Ours;
use super::say;
use super::suite::arguments;
use crate::text::rounds::micros;

/// How long each way is repeated.
const REPEATED: Duration = Duration::from_millis(500);

/// Prints what a search costs in each way beside what it is expected to; of those with `only` in their name, if there
/// is one. Its options follow ` -- `.
///
/// # Errors
/// When it is refused.
pub fn measure(ours: &Ours, search: &str, only: Option<&str>) -> Result<(), Box<dyn Error>> {
    let (query, options) = search.split_once(" -- ").unwrap_or((search, ""));
    let options: Vec<&str> = options.split_whitespace().collect();
    let arguments = arguments(query, &options);
    let planned = ours.plan(&arguments)?;
    let hits = ours.run(&planned, &planned.plan)?;
    say(&format!("{search}: {} hits", hits.total));
    let plan = repeated(|| drop(black_box(ours.plan(&arguments))));
    say(&format!("  {plan:>10.2} µs  to parse and to plan"));
    for (name, plan) in ours.ways(&planned) {
        if only.is_some_and(|only| !name.contains(only)) {
            continue;
        }
        let time = repeated(|| drop(black_box(ours.run(&planned, &plan))));
        let expected = ours.expected(&planned, &plan);
        say(&format!(
            "  {time:>10.2} µs  {name} (expected {expected:.2})"
        ));
    }
    Ok(())
}

/// Microseconds of one run.
fn repeated(mut run: impl FnMut()) -> f64 {
    let start = Instant::now();
    let mut runs = 0;
    while start.elapsed() < REPEATED {
        run();
        runs += 1;
    }
    micros(start.elapsed()) / f64::from(runs)
}
