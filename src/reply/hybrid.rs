//! The replies of `FT.HYBRID` (spec, section 2.4).

use super::aggregate::{Row, write_row};
use super::{Sink, write_count};

/// Rows of a fusion.
#[derive(Clone, Debug, Default)]
pub struct HybridReply {
    /// How many rows there were before the last step that took only some of them.
    pub total: usize,
    /// Rows.
    pub rows: Vec<Row>,
    /// What the user should know of the answer.
    pub warnings: Vec<String>,
    /// What it took, in milliseconds.
    pub milliseconds: f64,
}

impl HybridReply {
    /// Writes the reply, one map in both protocols.
    pub fn write(&self, sink: &mut dyn Sink) {
        sink.map(4);
        sink.bulk(b"total_results");
        write_count(self.total, sink);
        sink.bulk(b"results");
        sink.array(self.rows.len());
        for row in &self.rows {
            write_row(row, sink);
        }
        write_warnings(&self.warnings, sink);
        sink.bulk(b"execution_time");
        sink.double(self.milliseconds);
    }
}

/// A cursor for each leg.
#[derive(Clone, Debug)]
pub struct HybridCursors {
    /// What the legs are called, and the numbers of their cursors; 0 where there is nothing to read.
    pub cursors: Vec<(String, u64)>,
    /// What the user should know of the answer.
    pub warnings: Vec<String>,
}

impl HybridCursors {
    /// Writes the reply, one map in both protocols.
    pub fn write(&self, sink: &mut dyn Sink) {
        sink.map(self.cursors.len() + 1);
        for (name, cursor) in &self.cursors {
            sink.bulk(name.as_bytes());
            sink.integer(i64::try_from(*cursor).unwrap_or(i64::MAX));
        }
        write_warnings(&self.warnings, sink);
    }
}

fn write_warnings(warnings: &[String], sink: &mut dyn Sink) {
    sink.bulk(b"warnings");
    sink.array(warnings.len());
    for warning in warnings {
        sink.bulk(warning.as_bytes());
    }
}
