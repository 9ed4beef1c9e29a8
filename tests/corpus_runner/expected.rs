//! Replies as the corpus writes them, and whether a reply is one.

use nuthatch::reply::{Protocol, Reply};

use super::words::argument;

/// What a reply has to be. See `tests/corpus/README.md` for how each is written.
#[derive(Clone, Debug)]
pub(super) enum Expected {
    /// Any value.
    Any,
    /// A bulk or a simple string.
    Text(Vec<u8>),
    /// An integer.
    Integer(i64),
    /// A double: in RESP2, a string that reads as one.
    Double(f64),
    /// A string that reads as a number, in both protocols.
    Number(f64),
    /// No value.
    Null,
    /// An error of exactly this text.
    Error(String),
    /// An array.
    Array(Vec<Expected>),
    /// An array in any order.
    Unordered(Vec<Expected>),
    /// A set: in RESP2, an array in any order.
    Set(Vec<Expected>),
    /// A map in this order: in RESP2, an array.
    Map(Vec<(Expected, Expected)>),
    /// A map in any order.
    Pairs(Vec<(Expected, Expected)>),
    /// A map that has at least these.
    Includes(Vec<(Expected, Expected)>),
}

impl Expected {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.as_bytes().to_vec())
    }

    /// Reads the notation.
    pub(super) fn read(value: &toml::Value) -> Result<Self, String> {
        Ok(match value {
            toml::Value::String(text) => Self::Text(argument(text)?),
            toml::Value::Integer(number) => Self::Integer(*number),
            toml::Value::Float(number) => Self::Double(*number),
            toml::Value::Array(values) => Self::Array(read_all(values)?),
            toml::Value::Table(table) => Self::read_table(table)?,
            toml::Value::Boolean(_) | toml::Value::Datetime(_) => {
                return Err(format!("{value:?} is no reply"));
            }
        })
    }

    fn read_table(table: &toml::Table) -> Result<Self, String> {
        let mut entries = table.iter();
        if let (Some((key, value)), None) = (entries.next(), entries.next()) {
            let values = || value.as_array().ok_or(format!("{key} takes an array"));
            match key.as_str() {
                "any" => return Ok(Self::Any),
                "null" => return Ok(Self::Null),
                "error" => {
                    let text = value.as_str().ok_or("error takes a text")?;
                    return Ok(Self::Error(text.to_owned()));
                }
                "number" => {
                    let whole = |number| i32::try_from(number).ok().map(f64::from);
                    let number = value.as_float().or(value.as_integer().and_then(whole));
                    return Ok(Self::Number(number.ok_or("number takes a number")?));
                }
                "unordered" => return Ok(Self::Unordered(read_all(values()?)?)),
                "set" => return Ok(Self::Set(read_all(values()?)?)),
                "map" => return Ok(Self::Map(read_pairs(values()?)?)),
                "includes" => {
                    let table = value.as_table().ok_or("includes takes a table")?;
                    return Ok(Self::Includes(read_entries(table)?));
                }
                _ => {}
            }
        }
        Ok(Self::Pairs(read_entries(table)?))
    }

    /// Whether `got` is this reply in the shape of `protocol`, numbers within a relative
    /// `tolerance`.
    pub(super) fn is(&self, got: &Reply, protocol: Protocol, tolerance: f64) -> bool {
        let is = |expected: &Expected, got: &Reply| expected.is(got, protocol, tolerance);
        let near =
            |a: f64, b: f64| a == b || (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(1.0);
        match (self, got) {
            (Self::Any, _) | (Self::Null, Reply::Null) => true,
            (Self::Text(text), Reply::Bulk(bytes)) => text == bytes,
            (Self::Text(text), Reply::Simple(simple)) => text == simple.as_bytes(),
            (Self::Integer(number), Reply::Integer(integer)) => number == integer,
            (Self::Double(number), Reply::Double(double)) => {
                protocol == Protocol::Resp3
                    && (near(*number, *double) || both_nan(*number, *double))
            }
            (Self::Double(number), Reply::Bulk(bytes)) => {
                protocol == Protocol::Resp2
                    && parsed(bytes).is_some_and(|got| near(*number, got) || both_nan(*number, got))
            }
            (Self::Number(number), Reply::Bulk(bytes)) => {
                parsed(bytes).is_some_and(|got| near(*number, got))
            }
            (Self::Error(text), Reply::Error(error)) => text == error,
            (Self::Array(all), Reply::Array(values)) => {
                all.len() == values.len() && all.iter().zip(values).all(|(a, b)| is(a, b))
            }
            (Self::Unordered(all), Reply::Array(values)) => one_to_one(all, values, is),
            (Self::Set(all), Reply::Set(values)) => {
                protocol == Protocol::Resp3 && one_to_one(all, values, is)
            }
            (Self::Set(all), Reply::Array(values)) => {
                protocol == Protocol::Resp2 && one_to_one(all, values, is)
            }
            (Self::Map(all), _) => pairs(got, protocol).is_some_and(|got| {
                all.len() == got.len()
                    && all
                        .iter()
                        .zip(&got)
                        .all(|(a, b)| is(&a.0, b.0) && is(&a.1, b.1))
            }),
            (Self::Pairs(all), _) => pairs(got, protocol)
                .is_some_and(|got| one_to_one(all, &got, |a, b| is(&a.0, b.0) && is(&a.1, b.1))),
            (Self::Includes(all), _) => pairs(got, protocol).is_some_and(|got| {
                all.iter()
                    .all(|a| got.iter().any(|b| is(&a.0, b.0) && is(&a.1, b.1)))
            }),
            _ => false,
        }
    }
}

fn read_all(values: &[toml::Value]) -> Result<Vec<Expected>, String> {
    values.iter().map(Expected::read).collect()
}

fn read_pairs(values: &[toml::Value]) -> Result<Vec<(Expected, Expected)>, String> {
    values
        .iter()
        .map(|pair| match pair.as_array().map(Vec::as_slice) {
            Some([key, value]) => Ok((Expected::read(key)?, Expected::read(value)?)),
            _ => Err(format!("{pair:?} is no pair")),
        })
        .collect()
}

fn read_entries(table: &toml::Table) -> Result<Vec<(Expected, Expected)>, String> {
    table
        .iter()
        .map(|(key, value)| Ok((Expected::text(key), Expected::read(value)?)))
        .collect()
}

/// The keys and values of a map in the shape of a protocol.
fn pairs(got: &Reply, protocol: Protocol) -> Option<Vec<(&Reply, &Reply)>> {
    match (got, protocol) {
        (Reply::Map(pairs), Protocol::Resp3) => {
            Some(pairs.iter().map(|(key, value)| (key, value)).collect())
        }
        (Reply::Array(values), Protocol::Resp2) => {
            let (pairs, rest) = values.as_chunks::<2>();
            rest.is_empty()
                .then(|| pairs.iter().map(|[key, value]| (key, value)).collect())
        }
        _ => None,
    }
}

/// Whether each of `all` is one of `values`, and none is left.
fn one_to_one<A, B>(all: &[A], values: &[B], is: impl Fn(&A, &B) -> bool) -> bool {
    let mut left: Vec<&B> = values.iter().collect();
    let found = all.iter().all(|expected| {
        let at = left.iter().position(|value| is(expected, value));
        at.map(|at| left.remove(at)).is_some()
    });
    found && left.is_empty()
}

fn parsed(bytes: &[u8]) -> Option<f64> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

fn both_nan(a: f64, b: f64) -> bool {
    a.is_nan() && b.is_nan()
}

/// Whether the reply is what the notation says.
#[cfg(test)]
fn holds(notation: &str, got: &Reply, protocol: Protocol) -> bool {
    let table: toml::Table = format!("x = {notation}").parse().expect("valid TOML");
    let expected = Expected::read(&table["x"]).expect("valid notation");
    expected.is(got, protocol, 1e-6)
}

#[test]
fn each_notation_tells_right_from_wrong() {
    use Protocol::{Resp2, Resp3};
    let bulk = |text: &str| Reply::Bulk(text.as_bytes().to_vec());
    let array = |texts: &[&str]| Reply::Array(texts.iter().map(|text| bulk(text)).collect());
    let map = Reply::Map(vec![(bulk("k"), bulk("v")), (bulk("l"), Reply::Integer(1))]);
    let flat = Reply::Array(vec![bulk("k"), bulk("v"), bulk("l"), Reply::Integer(1)]);
    for (notation, got, protocol, holds_) in [
        ("'a'", bulk("a"), Resp3, true),
        ("'a'", Reply::Simple("a".to_owned()), Resp3, true),
        ("'a'", bulk("b"), Resp3, false),
        ("1", Reply::Integer(1), Resp2, true),
        ("1", bulk("1"), Resp2, false),
        ("0.5", Reply::Double(0.500_000_01), Resp3, true),
        ("0.5", Reply::Double(0.51), Resp3, false),
        ("0.5", bulk("0.5"), Resp3, false),
        ("0.5", bulk("0.5"), Resp2, true),
        ("nan", bulk("nan"), Resp2, true),
        ("{number = 0.5}", bulk("0.5"), Resp3, true),
        ("{number = 0.5}", Reply::Double(0.5), Resp3, false),
        ("{null = true}", Reply::Null, Resp3, true),
        ("{null = true}", bulk(""), Resp3, false),
        ("{error = 'E'}", Reply::Error("E".to_owned()), Resp3, true),
        ("{error = 'E'}", Reply::Error("E ".to_owned()), Resp3, false),
        ("['a', 'b']", array(&["a", "b"]), Resp2, true),
        ("['a', 'b']", array(&["b", "a"]), Resp2, false),
        ("['a']", array(&["a", "b"]), Resp2, false),
        ("{unordered = ['a', 'b']}", array(&["b", "a"]), Resp2, true),
        ("{unordered = ['a', 'a']}", array(&["b", "a"]), Resp2, false),
        ("{set = ['a']}", array(&["a"]), Resp2, true),
        ("{set = ['a']}", array(&["a"]), Resp3, false),
        ("{set = ['a']}", Reply::Set(vec![bulk("a")]), Resp3, true),
        ("{l = 1, k = 'v'}", map.clone(), Resp3, true),
        ("{l = 1, k = 'v'}", flat.clone(), Resp2, true),
        ("{l = 1, k = 'v'}", flat.clone(), Resp3, false),
        ("{map = [['k', 'v'], ['l', 1]]}", map.clone(), Resp3, true),
        ("{map = [['l', 1], ['k', 'v']]}", map.clone(), Resp3, false),
        ("{includes = {k = 'v'}}", map.clone(), Resp3, true),
        ("{includes = {k = 'w'}}", map.clone(), Resp3, false),
        ("{k = 'v'}", map, Resp3, false),
        ("{any = true}", flat, Resp2, true),
    ] {
        assert_eq!(
            holds(notation, &got, protocol),
            holds_,
            "{notation} {got:?}"
        );
    }
}
