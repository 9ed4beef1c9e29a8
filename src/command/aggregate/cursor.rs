//! `FT.CURSOR`: reads on in an aggregation, or frees it.

use std::time::Duration;

use super::{Room, finished, keep, reply};
use crate::command::away::Away;
use crate::command::cursors::Cursor;
use crate::engine::jobs::Job;
use crate::engine::{Call, Core, Effect};
use crate::plan::cost::ROW_NS;
use crate::reply::write_count;
use crate::request::cursor::{self, Action};
use crate::request::error::{AggregateError, Error, Refusal};

pub(in crate::command) fn cursor(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let request = cursor::Cursor::parse(arguments)?;
    let freed = core.collect_cursors();
    let serial = core.database(call.database).get(&request.index)?.serial();
    let id = request.id;
    match request.action {
        Action::Collect => write_count(freed, call.sink),
        Action::Delete => {
            let taken = core.cursors().take(id, serial);
            taken.ok_or(Refusal::Aggregate(AggregateError::NoCursor))?;
            call.sink.simple("OK");
        }
        Action::Read { count, max_idle_ms } => {
            let taken = core.cursors().take(id, serial);
            let not_found = Refusal::Aggregate(AggregateError::CursorNotFound { id });
            let mut cursor = taken.ok_or(not_found)?;
            if let Some(max_idle_ms) = max_idle_ms {
                cursor.max_idle = Duration::from_millis(max_idle_ms);
            }
            let count = count.unwrap_or(cursor.count);
            read_on(core, call, &request.index, cursor, id, count)?;
        }
    }
    Ok(Effect::None)
}

/// Reads on in a cursor that was taken out.
fn read_on(
    core: &mut Core,
    call: &mut Call<'_>,
    name: &[u8],
    mut cursor: Cursor,
    id: u64,
    count: usize,
) -> Result<(), Error> {
    let left = cursor.run.input().left() as u64;
    let room = Room::of(core);
    let threads = core.settings().workers;
    let defers = match core.defers(left.saturating_mul(ROW_NS)) {
        Ok(defers) => defers,
        // It can be read later.
        Err(error) => {
            core.cursors().put(id, cursor);
            return Err(error);
        }
    };
    let index = core.database(call.database).get(name)?;
    if !defers {
        let page = cursor.read(count, index, call.keyspace, None)?;
        room.check(&cursor, &page, Some(id))?;
        reply(&cursor, &page, Some(id), call.sink);
        keep(core, cursor, &page, Some(id));
        return Ok(());
    }
    let mut reads = cursor.plan.reads();
    cursor.pipeline.add_reads(&mut reads);
    let snapshot = index.snapshot(&reads);
    let reads_keys = cursor.pipeline.reads_keys();
    let job = Job::new(
        call.database,
        index.serial(),
        reads_keys,
        move |keyspace, cancel| {
            let page = cursor.read(count, &snapshot, keyspace, Some(Away { cancel, threads }));
            finished(page.map(|page| (cursor, page)), Some(id), room)
        },
    );
    core.defer(job);
    Ok(())
}
