//! The reply of a search from its hits, in the shape of either protocol.

use nuthatch::reply::{Protocol, Reply};

use super::expected::Expected;

/// What a search finds: `keys` or `rows`, `total`, `unordered`, `warnings`.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) total: i64,
    pub(super) rows: Vec<Row>,
    pub(super) unordered: bool,
    pub(super) warnings: Vec<Expected>,
}

/// A hit with what the reply shows of it.
#[derive(Clone, Debug)]
pub(super) struct Row {
    id: Expected,
    score: Option<Expected>,
    payload: Option<Expected>,
    sort_key: Option<Expected>,
    fields: Option<Expected>,
}

impl Row {
    pub(super) fn of_key(value: &toml::Value) -> Result<Self, String> {
        Ok(Self {
            id: Expected::read(value)?,
            score: None,
            payload: None,
            sort_key: None,
            fields: None,
        })
    }

    /// Reads `["id", fields]`, or a table of `id`, `score`, `payload`, `sortkey` and
    /// `fields`.
    pub(super) fn read(value: &toml::Value) -> Result<Self, String> {
        if let Some([id, fields]) = value.as_array().map(Vec::as_slice) {
            let mut row = Self::of_key(id)?;
            row.fields = Some(read_fields(fields)?);
            return Ok(row);
        }
        let table = value.as_table().ok_or(format!("{value:?} is no row"))?;
        let mut row = Self::of_key(table.get("id").ok_or("a row has an id")?)?;
        for (key, value) in table {
            match key.as_str() {
                "id" => {}
                "score" => row.score = Some(Expected::read(value)?),
                "payload" => row.payload = Some(Expected::read(value)?),
                "sortkey" => row.sort_key = Some(Expected::read(value)?),
                "fields" => row.fields = Some(read_fields(value)?),
                _ => return Err(format!("a row has no {key}")),
            }
        }
        Ok(row)
    }

    /// Id, score, payload, sort key and fields, as many of them as there are.
    fn parts(&self) -> Vec<(&'static str, Expected)> {
        [
            ("id", Some(&self.id)),
            ("score", self.score.as_ref()),
            ("payload", self.payload.as_ref()),
            ("sortkey", self.sort_key.as_ref()),
            ("extra_attributes", self.fields.as_ref()),
        ]
        .into_iter()
        .filter_map(|(name, part)| Some((name, part?.clone())))
        .collect()
    }
}

/// A table for fields in any order, an array of pairs for this order.
pub(super) fn read_fields(value: &toml::Value) -> Result<Expected, String> {
    let Some(pairs) = value.as_array() else {
        return Expected::read(value);
    };
    let table = toml::Table::from_iter([("map".to_owned(), pairs.clone().into())]);
    Expected::read(&table.into())
}

impl Found {
    pub(super) fn is(&self, got: &Reply, protocol: Protocol, tolerance: f64) -> bool {
        match protocol {
            Protocol::Resp2 => grouped(got, self.stride())
                .is_some_and(|got| self.grouped().is(&got, protocol, tolerance)),
            Protocol::Resp3 => self.map().is(got, protocol, tolerance),
        }
    }

    fn stride(&self) -> usize {
        self.rows.first().map_or(1, |row| row.parts().len())
    }

    /// `[total, [part, …], …]`
    fn grouped(&self) -> Expected {
        let rows = self
            .rows
            .iter()
            .map(|row| Expected::Array(row.parts().into_iter().map(|(_, part)| part).collect()));
        Expected::Array(vec![
            Expected::Integer(self.total),
            self.list(rows.collect()),
        ])
    }

    fn map(&self) -> Expected {
        let rows = self.rows.iter().map(|row| {
            let mut pairs = row.parts();
            pairs.push(("values", Expected::Array(vec![])));
            named(pairs)
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

pub(super) fn named(pairs: Vec<(&'static str, Expected)>) -> Expected {
    let pairs = pairs
        .into_iter()
        .map(|(key, value)| (Expected::text(key), value));
    Expected::Pairs(pairs.collect())
}

/// The flat reply with the parts of each row together; none when they do not come out even.
fn grouped(got: &Reply, stride: usize) -> Option<Reply> {
    let Reply::Array(values) = got else {
        return None;
    };
    let (total, parts) = values.split_first()?;
    let rows = parts.chunks(stride).map(|row| Reply::Array(row.to_vec()));
    Some(Reply::Array(vec![
        total.clone(),
        Reply::Array(rows.collect()),
    ]))
}
