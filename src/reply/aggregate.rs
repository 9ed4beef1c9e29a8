//! The reply of `FT.AGGREGATE` and `FT.CURSOR READ` (spec, section 2.3).

use std::sync::Arc;

use super::{Protocol, Sink, write_count};
use crate::expr::{Value, format_value};

/// The properties of one row and their values, in order.
pub type Row = Vec<(Arc<[u8]>, Value)>;

/// Rows with how many there are in all.
#[derive(Clone, Debug)]
pub struct AggregateReply<'a> {
    /// How many rows there were before the last step that took only some of them.
    pub total: usize,
    /// Rows.
    pub rows: &'a [Row],
    /// What the user should know of the answer.
    pub warnings: &'a [&'static str],
    /// The cursor of the rest, 0 when there is none; none without `WITHCURSOR`.
    pub cursor: Option<u64>,
}

impl AggregateReply<'_> {
    /// Writes the reply in the shape of the client's protocol.
    pub fn write(&self, sink: &mut dyn Sink) {
        if self.cursor.is_some() {
            sink.array(2);
        }
        match sink.protocol() {
            Protocol::Resp2 => self.write_flat(sink),
            Protocol::Resp3 => self.write_map(sink),
        }
        if let Some(cursor) = self.cursor {
            sink.integer(i64::try_from(cursor).unwrap_or(i64::MAX));
        }
    }

    fn write_flat(&self, sink: &mut dyn Sink) {
        sink.array(1 + self.rows.len());
        write_count(self.total, sink);
        for row in self.rows {
            write_row(row, sink);
        }
    }

    fn write_map(&self, sink: &mut dyn Sink) {
        sink.map(5);
        sink.bulk(b"attributes");
        sink.array(0);
        sink.bulk(b"total_results");
        write_count(self.total, sink);
        sink.bulk(b"format");
        sink.bulk(b"STRING");
        sink.bulk(b"results");
        sink.array(self.rows.len());
        for row in self.rows {
            sink.map(2);
            sink.bulk(b"extra_attributes");
            write_row(row, sink);
            sink.bulk(b"values");
            sink.array(0);
        }
        sink.bulk(b"warning");
        sink.array(self.warnings.len());
        for warning in self.warnings {
            sink.bulk(warning.as_bytes());
        }
    }
}

pub(super) fn write_row(row: &Row, sink: &mut dyn Sink) {
    sink.map(row.len());
    for (name, value) in row {
        sink.bulk(name);
        write_value(value, sink);
    }
}

/// Numbers are text in both protocols: clients read them so.
fn write_value(value: &Value, sink: &mut dyn Sink) {
    match value {
        Value::Null => sink.null(),
        Value::Number(number) => sink.bulk(format_value(*number).as_bytes()),
        Value::Text(text) => sink.bulk(text),
        Value::List(list) => {
            sink.array(list.len());
            list.iter().for_each(|value| write_value(value, sink));
        }
    }
}
