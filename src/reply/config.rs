//! The replies of `FT.CONFIG` (spec, section 2.10).

use super::{Protocol, Sink};
use crate::request::settings::Settings;
use crate::request::settings::table::Setting;

/// Writes settings with their values: a map in RESP3, a list of pairs in RESP2.
pub fn write_values(found: &[&Setting], settings: &Settings, sink: &mut dyn Sink) {
    begin(found.len(), sink);
    for setting in found {
        begin_entry(2, sink);
        sink.bulk(setting.name.as_bytes());
        sink.bulk(setting.value(settings).as_bytes());
    }
}

/// Writes what settings do, with their values: a map of maps in RESP3, a list of lists in RESP2.
pub fn write_help(found: &[&Setting], settings: &Settings, sink: &mut dyn Sink) {
    begin(found.len(), sink);
    for setting in found {
        begin_entry(5, sink);
        sink.bulk(setting.name.as_bytes());
        if sink.protocol() == Protocol::Resp3 {
            sink.map(2);
        }
        sink.bulk(b"Description");
        sink.bulk(setting.description.as_bytes());
        sink.bulk(b"Value");
        sink.bulk(setting.value(settings).as_bytes());
    }
}

fn begin(len: usize, sink: &mut dyn Sink) {
    match sink.protocol() {
        Protocol::Resp2 => sink.array(len),
        Protocol::Resp3 => sink.map(len),
    }
}

/// Each entry is a list of its own in RESP2, of so many values.
fn begin_entry(len: usize, sink: &mut dyn Sink) {
    match sink.protocol() {
        Protocol::Resp2 => sink.array(len),
        Protocol::Resp3 => {}
    }
}
