//! Groups of very many documents, made on several threads: each makes those of a part of the documents,
//! and what they have made is put together in the order of the parts.

use std::ops::Range;

use super::group::Grouping;
use super::{Budget, Context, Input, Source, Stage};
use crate::catalog::index::Index;
use crate::exec::deadline::Deadline;
use crate::keyspace::{Hashes, Presence};
use crate::plan::Plan;
use crate::request::error::Error;

/// Rows that are worth a thread: some milliseconds, beside which to hand them over costs nothing.
const ROWS_A_THREAD: usize = 1 << 16;

/// Makes the groups of all rows on several threads, where there are enough of both and no step before
/// reads keys. Otherwise, and where a part has failed, nothing is done: one thread then finds the error
/// that comes first, or that there is room for the whole.
pub(super) fn group(
    before: &[Stage],
    input: &mut Input,
    grouping: &mut Grouping,
    budget: &mut Budget,
    context: &Context<'_>,
) -> Result<(), Error> {
    let threads = threads(input.left(), context.threads);
    if threads < 2 || !before.iter().all(is_pure) {
        return Ok(());
    }
    // What the parts have is there beside what becomes of them.
    let room = Budget::new(budget.left() / (2 * threads));
    let (plan, index, deadline) = (context.plan, context.index, context.deadline);
    let part = |rows: Range<usize>| {
        Part {
            stages: before.iter().filter_map(copy).collect(),
            input: input.part(rows),
            grouping: grouping.sibling(),
            budget: room,
        }
        .run(plan, index, deadline)
    };
    let Some(parts) = on_threads(&ranges(input.left(), threads), &part) else {
        // One of them has no time left, and so has nobody.
        return deadline.check();
    };
    for part in parts {
        grouping.absorb(part, budget)?;
    }
    input.pass_over();
    Ok(())
}

/// How many threads so many rows are worth.
fn threads(rows: usize, most: usize) -> usize {
    let most = most.min(rows / ROWS_A_THREAD);
    // The pool is not asked for, and not begun, where one thread will do.
    if most < 2 {
        return most;
    }
    most.min(rayon::current_num_threads())
}

/// What becomes of each of some ranges, each on its thread; none where any has failed.
fn on_threads<T: Send>(
    ranges: &[Range<usize>],
    run: &(impl Fn(Range<usize>) -> Result<T, Error> + Sync),
) -> Option<Vec<T>> {
    let mut results: Vec<Option<T>> = ranges.iter().map(|_| None).collect();
    rayon::in_place_scope(|scope| {
        let mut all = ranges.iter().zip(&mut results);
        let first = all.next();
        for (range, result) in all {
            scope.spawn(move |_| *result = run(range.clone()).ok());
        }
        if let Some((range, result)) = first {
            *result = run(range.clone()).ok();
        }
    });
    results.into_iter().collect()
}

/// Ranges of about equal length that make up `0..len`.
fn ranges(len: usize, count: usize) -> Vec<Range<usize>> {
    let each = len.div_ceil(count.max(1)).max(1);
    let starts = (0..len).step_by(each);
    starts.map(|start| start..len.min(start + each)).collect()
}

/// Whether a step makes of a batch what it makes of it alone, without reading keys.
fn is_pure(stage: &Stage) -> bool {
    copy(stage).is_some()
}

/// The same step, for other rows.
fn copy(stage: &Stage) -> Option<Stage> {
    Some(match stage {
        Stage::Fetch { values, .. } => {
            if values.iter().any(|it| it.source.is_in_keyspace()) {
                return None;
            }
            Stage::Fetch {
                values: values.clone(),
                rest: None,
            }
        }
        Stage::Apply { slot, program } => Stage::Apply {
            slot: *slot,
            program: program.clone(),
        },
        Stage::Filter(program) => Stage::Filter(program.clone()),
        Stage::FetchDocuments { .. } | Stage::Group(_) | Stage::Sort(_) | Stage::Limit { .. } => {
            return None;
        }
    })
}

/// Some of the rows on their way to their groups.
struct Part {
    stages: Vec<Stage>,
    input: Input,
    grouping: Grouping,
    budget: Budget,
}

impl Part {
    fn run(mut self, plan: &Plan, index: &Index, deadline: Deadline) -> Result<Grouping, Error> {
        let mut context = Context {
            plan,
            index,
            keyspace: &mut NoKeys,
            deadline,
            threads: 1,
        };
        let mut source = Source {
            input: &mut self.input,
            budget: &mut self.budget,
            with_count: false,
            times: None,
        };
        while let Some(batch) = source.next(&mut self.stages, &mut context)? {
            self.grouping.push(&batch, source.budget, &deadline)?;
        }
        Ok(self.grouping)
    }
}

/// The keys of steps that read none.
struct NoKeys;

impl Hashes for NoKeys {
    fn fields(&mut self, _: &[u8], _: &[&[u8]], _: &mut dyn FnMut(usize, &[u8])) -> Presence {
        Presence::Absent
    }

    fn document(&mut self, _: &[u8], _: &mut dyn FnMut(&[u8], &[u8])) -> Presence {
        Presence::Absent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_make_up_the_whole_and_few_rows_have_one_thread() {
        for (len, count) in [(10, 3), (1, 4), (9, 3), (0, 2)] {
            let ranges = ranges(len, count);
            assert!(ranges.len() <= count && ranges.iter().all(|it| !it.is_empty()));
            let all: Vec<usize> = ranges.into_iter().flatten().collect();
            assert_eq!(all, (0..len).collect::<Vec<_>>());
        }
        assert_eq!(threads(ROWS_A_THREAD * 2 - 1, 8), 1);
        assert_eq!(threads(ROWS_A_THREAD * 20, 1), 1);
    }
}
