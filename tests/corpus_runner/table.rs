//! The reply of an aggregation from its rows, in the shape of either protocol.

use nuthatch::reply::{Protocol, Reply};

use super::expected::Expected;
use super::found::{named, read_fields};

/// What an aggregation gives: `table`, `total`, `unordered`, `warnings`, `cursor`.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) total: i64,
    pub(super) rows: Vec<Expected>,
    pub(super) unordered: bool,
    pub(super) warnings: Vec<Expected>,
    /// The number of the cursor, where there is one.
    pub(super) cursor: Option<Expected>,
}

impl Table {
    /// Reads rows: each a table for properties in any order, an array of pairs for this order.
    pub(super) fn rows(values: &[toml::Value]) -> Result<Vec<Expected>, String> {
        values.iter().map(read_fields).collect()
    }

    pub(super) fn is(&self, got: &Reply, protocol: Protocol, tolerance: f64) -> bool {
        let Some(cursor) = &self.cursor else {
            return self.is_page(got, protocol, tolerance);
        };
        let Reply::Array(parts) = got else {
            return false;
        };
        let [page, number] = parts.as_slice() else {
            return false;
        };
        self.is_page(page, protocol, tolerance) && cursor.is(number, protocol, tolerance)
    }

    fn is_page(&self, got: &Reply, protocol: Protocol, tolerance: f64) -> bool {
        match protocol {
            Protocol::Resp2 => {
                let Reply::Array(values) = got else {
                    return false;
                };
                let Some((total, rows)) = values.split_first() else {
                    return false;
                };
                let rows = Reply::Array(rows.to_vec());
                Expected::Integer(self.total).is(total, protocol, tolerance)
                    && self.list(self.rows.clone()).is(&rows, protocol, tolerance)
            }
            Protocol::Resp3 => self.map().is(got, protocol, tolerance),
        }
    }

    fn map(&self) -> Expected {
        let rows = self.rows.iter().map(|row| {
            named(vec![
                ("extra_attributes", row.clone()),
                ("values", Expected::Array(vec![])),
            ])
        });
        named(vec![
            ("attributes", Expected::Array(vec![])),
            ("total_results", Expected::Integer(self.total)),
            ("format", Expected::text("STRING")),
            ("results", self.list(rows.collect())),
            ("warning", Expected::Array(self.warnings.clone())),
        ])
    }

    fn list(&self, rows: Vec<Expected>) -> Expected {
        if self.unordered {
            Expected::Unordered(rows)
        } else {
            Expected::Array(rows)
        }
    }
}

#[test]
fn rows_have_the_shape_of_their_protocol() {
    let text = "[[case]]\nname = 'x'\nrun = 'A'\ntable = [{a = 'b'}]\ntotal = 2";
    let file = super::case::File::read(text).expect("a file");
    let step = &file.cases[0].steps[0];
    let bulk = |text: &str| Reply::Bulk(text.as_bytes().to_vec());
    let row = |value: &str| Reply::Array(vec![bulk("a"), bulk(value)]);
    let flat = |total, value: &str| Reply::Array(vec![Reply::Integer(total), row(value)]);
    assert!(step.is(&flat(2, "b"), Protocol::Resp2));
    assert!(!step.is(&flat(1, "b"), Protocol::Resp2));
    assert!(!step.is(&flat(2, "c"), Protocol::Resp2));
    assert!(!step.is(&flat(2, "b"), Protocol::Resp3));
}
