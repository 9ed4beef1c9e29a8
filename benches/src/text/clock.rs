//! One core, and the time that this process has had of it.

use std::error::Error;
use std::time::Duration;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};

/// Keeps this thread, and those it starts from now on, on one core: the last it may run on, unless
/// told which. Returns the core's number.
///
/// # Errors
/// When there is no such core for this process.
pub fn pin(cpu: Option<usize>) -> Result<usize, Box<dyn Error>> {
    let allowed = sched_getaffinity(None)?;
    let last = (0..CpuSet::MAX_CPU).rev().find(|&cpu| allowed.is_set(cpu));
    let cpu = cpu.or(last).unwrap_or_default();
    if cpu >= CpuSet::MAX_CPU || !allowed.is_set(cpu) {
        return Err(format!("--cpu {cpu}: this process may not run there").into());
    }
    let mut one = CpuSet::new();
    one.set(cpu);
    sched_setaffinity(None, &one)?;
    Ok(cpu)
}

/// The CPU time of all threads of this process so far.
///
/// What else the machine does then costs a contender its caches but not its turn.
#[must_use]
pub fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.try_into()
        .expect("a process has had no less than no time")
}

/// The CPU time that `work` takes, and what it returns.
///
/// # Errors
/// As `work`.
pub fn timed<T, E>(work: impl FnOnce() -> Result<T, E>) -> Result<(T, Duration), E> {
    let start = cpu_time();
    let value = work()?;
    Ok((value, cpu_time() - start))
}
