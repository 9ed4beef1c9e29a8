//! Hybrid searches with cursors: one over the rows of each leg.

use std::sync::Arc;
use std::time::Duration;

use super::Question;
use crate::catalog::index::Index;
use crate::command::aggregate::loads_late;
use crate::command::away::{Away, Place};
use crate::command::cursors::Cursor;
use crate::engine::Core;
use crate::engine::jobs::{Finish, Job};
use crate::exec::aggregate::{Input, Run};
use crate::exec::hybrid::LegHits;
use crate::expr::Column;
use crate::keyspace::Hashes;
use crate::reply::Sink;
use crate::reply::hybrid::HybridCursors;
use crate::request::error::{AggregateError, Error, Refusal};
use crate::request::hybrid::Hybrid;

/// Room for cursors, as it was when a command came.
pub(super) struct Room {
    /// A number for each.
    ids: Vec<u64>,
    /// Bytes that they may hold.
    left: usize,
    /// Bytes that all cursors may hold.
    most: usize,
}

/// Cursors that have been opened.
pub(super) struct Opened {
    cursors: Vec<(u64, Cursor)>,
    reply: HybridCursors,
}

/// Opens the cursors of a search beside the main thread.
pub(super) fn job(question: Question, snapshot: Index, room: Room, place: Place) -> Job {
    let threads = place.threads;
    Job::new(
        place.database,
        place.index,
        place.reads_keys,
        move |keyspace, cancel| {
            let away = Some(Away { cancel, threads });
            match question.cursors(&snapshot, keyspace, away, &room) {
                Err(error) => Finish::new(0, move |_, _| Err(error)),
                Ok(opened) => opened.finish(),
            }
        },
    )
}

impl Room {
    /// That there is room for a cursor of each leg.
    pub(super) fn of(request: &Hybrid, core: &mut Core, database: u32) -> Result<Self, Error> {
        let serial = core.database(database).get(&request.search.index)?.serial();
        let most = core.settings().cursor_memory;
        let cursors = core.cursors();
        cursors.check_room_for(serial, request.legs.len())?;
        let mut ids = Vec::with_capacity(request.legs.len());
        while ids.len() < request.legs.len() {
            let id = cursors.new_id();
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        let left = cursors.memory_left(most);
        Ok(Self { ids, left, most })
    }
}

impl Opened {
    /// Writes the reply.
    pub(super) fn write(&self, sink: &mut dyn Sink) {
        self.reply.write(sink);
    }

    /// Lets the cursors wait.
    pub(super) fn keep(self, core: &mut Core) {
        for (id, cursor) in self.cursors {
            core.cursors().put(id, cursor);
        }
    }

    fn finish(self) -> Finish {
        let opened = Arc::new(self);
        let shown = Arc::clone(&opened);
        let finish = Finish::new(0, move |_, sink| {
            shown.write(sink);
            Ok(())
        });
        finish.and_then(move |core| {
            // The reply is written by then, and with it the other handle is gone.
            if let Some(opened) = Arc::into_inner(opened) {
                opened.keep(core);
            }
        })
    }
}

impl Question {
    /// Runs the legs, and opens a cursor for each.
    pub(super) fn cursors(
        mut self,
        index: &Index,
        keyspace: &mut dyn Hashes,
        away: Option<Away>,
        room: &Room,
    ) -> Result<Opened, Error> {
        let legs = self.searched(index, keyspace, away)?;
        let (mut cursors, mut names, mut bytes) = (Vec::new(), Vec::new(), 0_usize);
        for (slot, found) in legs.iter().enumerate() {
            let cursor = self.cursor((slot, found), index, keyspace, away)?;
            let id = cursor.as_ref().map_or(0, |_| room.ids[slot]);
            names.push((self.plan.legs[slot].name.clone(), id));
            if let Some(cursor) = cursor {
                bytes = bytes.saturating_add(cursor.run.bytes());
                cursors.push((id, cursor));
            }
        }
        if bytes > room.left {
            let most = room.most;
            return Err(Refusal::Aggregate(AggregateError::CursorMemory { most }).into());
        }
        Ok(Opened {
            cursors,
            reply: HybridCursors {
                cursors: names,
                warnings: self.warnings(&legs),
            },
        })
    }

    /// A cursor over the rows of one leg; none where it has no rows.
    fn cursor(
        &self,
        (slot, found): (usize, &LegHits),
        index: &Index,
        keyspace: &mut dyn Hashes,
        away: Option<Away>,
    ) -> Result<Option<Cursor>, Error> {
        let (request, mut budget) = (&self.request, self.budget);
        let Some(options) = request.cursor else {
            return Ok(None);
        };
        if found.hits.is_empty() {
            return Ok(None);
        }
        let scores = || Column::of_numbers(found.hits.iter().map(|(_, score)| Some(*score)));
        let mut columns = vec![scores()];
        columns.extend(request.explain_score.then(Column::null));
        for (other, leg) in request.legs.iter().enumerate() {
            if leg.score_name.is_some() {
                let is_own = other == slot;
                columns.push(if is_own { scores() } else { Column::null() });
            }
        }
        let docs = found.hits.iter().map(|(doc, _)| *doc).collect();
        let mut input = Input::new(docs, columns);
        budget.take(input.bytes())?;
        input.guard(index);
        let mut cursor = Cursor {
            index: index.serial(),
            plan: self.plan.words.clone(),
            pipeline: self.pipeline.clone(),
            loads_late: loads_late(&self.pipeline),
            run: Run::new(&self.pipeline, input, false, budget),
            count: options.count,
            timeout_ms: request.search.timeout_ms,
            max_idle: Duration::from_millis(options.max_idle_ms),
        };
        if cursor.loads_late {
            cursor.count_all(index, keyspace, away)?;
        }
        Ok(Some(cursor))
    }
}
