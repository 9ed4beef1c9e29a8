//! `FT.CONFIG`: settings read and written.

use crate::engine::{Call, Core, Effect};
use crate::reply::config::{write_help, write_values};
use crate::request::config::Config;
use crate::request::error::Error;

pub(super) fn config(
    core: &mut Core,
    call: &mut Call<'_>,
    arguments: &[&[u8]],
) -> Result<Effect, Error> {
    let settings = core.settings();
    match Config::parse(arguments, &settings)? {
        Config::Get(found) => write_values(&found, &settings, call.sink),
        Config::Help(found) => write_help(&found, &settings, call.sink),
        Config::Set(changed) => {
            *core.settings_mut() = changed;
            call.sink.simple("OK");
        }
    }
    // Each node has settings of its own.
    Ok(Effect::None)
}
