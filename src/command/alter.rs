//! `FT.ALTER`: fields for an index that is there already.

use crate::engine::{Call, Core, Effect};
use crate::request::create::Alteration;
use crate::request::error::Error;

pub(super) fn alter(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let request = Alteration::parse(arguments, core.defaults(), "FT.ALTER")?;
    apply(core, call, request, false)
}

/// `FT._ALTERIFNX`: fields that are there stay as they are.
pub(super) fn alter_if_new(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let request = Alteration::parse(arguments, core.defaults(), "FT._ALTERIFNX")?;
    apply(core, call, request, true)
}

fn apply(
    core: &mut Core,
    call: &mut Call<'_>,
    request: Alteration,
    if_new: bool,
) -> Result<Effect, Error> {
    let index = core.database(call.database).get_mut(&request.index)?;
    let fields = index.definition().new_fields(request.fields, if_new)?;
    let is_changed = !fields.is_empty();
    if is_changed {
        index.add_fields(fields);
        if !request.skip_initial_scan && call.keyspace.key_count() > 0 {
            index.begin_backfill();
        }
    }
    call.sink.simple("OK");
    Ok(Effect::changed_if(is_changed))
}
