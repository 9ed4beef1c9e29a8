//! How long searches go on after their deadline.

use std::error::Error;
use std::time::{Duration, Instant};

use nuthatch::exec::deadline::Deadline;
use serde_json::json;

use super::ours::Ours;
use super::regret::shown;
use super::suite::Arguments;
use crate::text::report::Report;
use crate::text::rounds::percentile;

/// The time that each search has, in milliseconds: the least that there is.
const TIMEOUT_MS: u64 = 1;

/// Runs every search with a millisecond's time, and takes how long it goes on after that; each three
/// times, of which the shortest counts, since the machine may have something else to do.
///
/// # Errors
/// When a search is refused.
pub fn measure(
    report: &mut Report,
    ours: &Ours,
    suite: &[Arguments],
) -> Result<(), Box<dyn Error>> {
    let mut over: Vec<(f64, &Arguments)> = Vec::new();
    let mut stopped = 0;
    for arguments in suite {
        let mut least = f64::INFINITY;
        let mut was_stopped = false;
        for _ in 0..3 {
            let start = Instant::now();
            let deadline = Deadline::after_ms(TIMEOUT_MS);
            was_stopped = !ours.search_until(arguments, &deadline)?;
            let taken = start.elapsed();
            let late = taken.saturating_sub(Duration::from_millis(TIMEOUT_MS));
            least = least.min(late.as_secs_f64() * 1e3);
        }
        stopped += usize::from(was_stopped);
        over.push((least, arguments));
    }
    over.sort_by(|a, b| b.0.total_cmp(&a.0));
    let late: Vec<f64> = over.iter().map(|(late, _)| *late).collect();
    let worst = late.first().copied().unwrap_or(0.0);
    report.case("overrun", worst);
    report.row(
        "deadlines of a millisecond",
        vec![
            ("searches", json!(over.len())),
            ("stopped", json!(stopped)),
            ("late by, p50, ms", json!(percentile(late.clone(), 0.5))),
            ("p99, ms", json!(percentile(late, 0.99))),
            ("worst, ms", json!(worst)),
        ],
    );
    for (late, arguments) in over.iter().take(5) {
        report.row(
            "the latest",
            vec![
                ("late by, ms", json!(late)),
                ("search", json!(shown(arguments))),
            ],
        );
    }
    Ok(())
}
