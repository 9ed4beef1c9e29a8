//! What a command's time goes to.

use std::time::{Duration, Instant};

use crate::exec::aggregate::{StepKind, StepProfile};

/// A stage of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Arguments and query to a syntax tree.
    Parse,
    /// The tree to a plan.
    Plan,
    /// Until a worker has taken the query.
    Wait,
    /// The plan to hits.
    Run,
    /// Hits to rows.
    Load,
    /// Rows to a reply.
    Reply,
}

/// The time that each stage took; a clock that stands still looks at nothing.
pub(super) struct Stages {
    begun: Option<Instant>,
    since: Option<Instant>,
    spent: [Duration; 6],
}

impl Stages {
    /// Nothing is measured.
    pub(super) fn unmeasured() -> Self {
        Self {
            begun: None,
            since: None,
            spent: [Duration::ZERO; 6],
        }
    }

    /// The first stage begins now.
    pub(super) fn begin() -> Self {
        let now = Instant::now();
        Self {
            begun: Some(now),
            since: Some(now),
            spent: [Duration::ZERO; 6],
        }
    }

    /// Whether anything is measured.
    pub(super) fn are_measured(&self) -> bool {
        self.since.is_some()
    }

    /// A stage ends now, and the next begins.
    pub(super) fn end(&mut self, stage: Stage) {
        if let Some(since) = &mut self.since {
            let now = Instant::now();
            self.spent[stage as usize] += now - *since;
            *since = now;
        }
    }

    /// Time that was taken for one stage turns out to be another's.
    fn shift(&mut self, from: Stage, to: Stage, time: Duration) {
        let time = time.min(self.spent[from as usize]);
        self.spent[from as usize] -= time;
        self.spent[to as usize] += time;
    }

    /// What steps that read documents took was loading, not running.
    pub(super) fn count_loads(&mut self, steps: &[StepProfile]) {
        let loads = steps.iter().filter(|step| step.kind == StepKind::Load);
        self.shift(Stage::Run, Stage::Load, loads.map(|step| step.time).sum());
    }

    /// The time that a stage took.
    pub(super) fn of(&self, stage: Stage) -> Duration {
        self.spent[stage as usize]
    }

    /// From the beginning to the end of the last stage.
    pub(super) fn total(&self) -> Duration {
        let ends = self.begun.zip(self.since);
        ends.map_or(Duration::ZERO, |(begun, since)| since - begun)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_add_up_to_the_total_and_nothing_is_measured_unless_asked() {
        let mut stages = Stages::begin();
        for stage in [
            Stage::Parse,
            Stage::Plan,
            Stage::Run,
            Stage::Run,
            Stage::Reply,
        ] {
            std::hint::black_box(vec![0_u8; 10_000]);
            stages.end(stage);
        }
        let run = stages.of(Stage::Run);
        stages.shift(Stage::Run, Stage::Load, run + Duration::from_secs(1));
        assert_eq!(
            (stages.of(Stage::Run), stages.of(Stage::Load)),
            (Duration::ZERO, run)
        );
        let spent: Duration = stages.spent.iter().sum();
        assert_eq!(spent, stages.total());
        let mut none = Stages::unmeasured();
        none.end(Stage::Run);
        assert!(!none.are_measured());
        assert_eq!(
            (none.of(Stage::Run), none.total()),
            (Duration::ZERO, Duration::ZERO)
        );
    }
}
