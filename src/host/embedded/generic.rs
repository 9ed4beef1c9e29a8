//! The commands of the in-process host that are about any key: how long it lives, what it is, which
//! there are; and the few that clients say when they connect.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::commands::{ANY, Command, count, parse_integer};
use super::glob;
use super::keys::Keys;
use crate::keyspace::Keyspace;
use crate::reply::{Protocol, Reply};

/// Those of this file.
pub(super) const COMMANDS: &[Command] = &[
    ("del", 1..=ANY, del),
    ("unlink", 1..=ANY, del),
    ("exists", 1..=ANY, exists),
    ("expire", 2..=3, expire),
    ("pexpire", 2..=3, pexpire),
    ("expireat", 2..=3, expire_at),
    ("pexpireat", 2..=3, pexpire_at),
    ("ttl", 1..=1, ttl),
    ("pttl", 1..=1, pttl),
    ("persist", 1..=1, persist),
    ("type", 1..=1, type_of),
    ("rename", 2..=2, rename),
    ("keys", 1..=1, keys_like),
    ("scan", 1..=ANY, scan),
    ("dbsize", 0..=0, size),
    ("flushall", 0..=1, flush),
    ("flushdb", 0..=1, flush),
    ("ping", 0..=1, ping),
    ("echo", 1..=1, echo),
    ("select", 1..=1, select),
];

fn del(keys: &mut Keys, arguments: &[&[u8]], _: Protocol) -> Reply {
    count(arguments.iter().filter(|key| keys.delete(key)).count())
}

fn exists(keys: &mut Keys, arguments: &[&[u8]], _: Protocol) -> Reply {
    count(arguments.iter().filter(|key| keys.contains(key)).count())
}

fn expire(keys: &mut Keys, arguments: &[&[u8]], _: Protocol) -> Reply {
    expire_in(keys, arguments, 1000)
}

fn pexpire(keys: &mut Keys, arguments: &[&[u8]], _: Protocol) -> Reply {
    expire_in(keys, arguments, 1)
}

fn expire_at(keys: &mut Keys, arguments: &[&[u8]], _: Protocol) -> Reply {
    expire_on(keys, arguments, 1000)
}

fn pexpire_at(keys: &mut Keys, arguments: &[&[u8]], _: Protocol) -> Reply {
    expire_on(keys, arguments, 1)
}

/// Expires a key some units from now.
fn expire_in(keys: &mut Keys, arguments: &[&[u8]], unit_ms: i64) -> Reply {
    match milliseconds(arguments[1], unit_ms) {
        Ok(milliseconds) => expire_if(keys, arguments, milliseconds),
        Err(reply) => reply,
    }
}

/// Expires a key some units after the beginning of 1970.
fn expire_on(keys: &mut Keys, arguments: &[&[u8]], unit_ms: i64) -> Reply {
    match milliseconds(arguments[1], unit_ms) {
        Ok(milliseconds) => expire_if(keys, arguments, milliseconds.saturating_sub(now_ms())),
        Err(reply) => reply,
    }
}

/// Expires a key in some milliseconds, at once when they are not positive, if its condition holds.
fn expire_if(keys: &mut Keys, arguments: &[&[u8]], milliseconds: i64) -> Reply {
    let key = arguments[0];
    let condition = arguments.get(2).map(|word| word.to_ascii_uppercase());
    let condition = condition.as_deref().unwrap_or_default();
    if !matches!(condition, b"" | b"NX" | b"XX" | b"GT" | b"LT") {
        let option = String::from_utf8_lossy(condition);
        return Reply::Error(format!("ERR Unsupported option {option}"));
    }
    let Some(current) = keys.deadline(key) else {
        return Reply::Integer(0);
    };
    let duration = u64::try_from(milliseconds).unwrap_or(0);
    let at = Instant::now().checked_add(Duration::from_millis(duration));
    // A key without a deadline lives for ever, and so does one with a deadline beyond all clocks.
    let holds = match condition {
        b"NX" => current.is_none(),
        b"XX" => current.is_some(),
        b"GT" => current.is_some_and(|current| at.is_none_or(|at| at > current)),
        b"LT" => at.is_some_and(|at| current.is_none_or(|current| at < current)),
        _ => true,
    };
    if !holds {
        return Reply::Integer(0);
    }
    if duration == 0 {
        keys.delete(key);
    } else {
        keys.set_deadline(key, at);
    }
    Reply::Integer(1)
}

fn milliseconds(argument: &[u8], unit_ms: i64) -> Result<i64, Reply> {
    let units = parse_integer(argument);
    units
        .and_then(|units| units.checked_mul(unit_ms))
        .ok_or_else(|| Reply::Error("ERR value is not an integer or out of range".to_owned()))
}

/// Milliseconds since the beginning of 1970.
pub(super) fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| i64::try_from(now.as_millis()).unwrap_or(i64::MAX))
}

fn ttl(keys: &mut Keys, arguments: &[&[u8]], _: Protocol) -> Reply {
    // Rounded, as servers do.
    remaining(keys, arguments[0], |left| {
        u64::try_from((left.as_millis() + 500) / 1000).unwrap_or(u64::MAX)
    })
}

fn pttl(keys: &mut Keys, arguments: &[&[u8]], _: Protocol) -> Reply {
    remaining(keys, arguments[0], |left| {
        u64::try_from(left.as_millis()).unwrap_or(u64::MAX)
    })
}

fn remaining(keys: &Keys, key: &[u8], units: fn(Duration) -> u64) -> Reply {
    match keys.deadline(key) {
        None => Reply::Integer(-2),
        Some(None) => Reply::Integer(-1),
        Some(Some(at)) => Reply::from(units(at.saturating_duration_since(Instant::now()))),
    }
}

fn persist(keys: &mut Keys, arguments: &[&[u8]], _: Protocol) -> Reply {
    let had_deadline = keys.deadline(arguments[0]).is_some_and(|at| at.is_some());
    if had_deadline {
        keys.set_deadline(arguments[0], None);
    }
    Reply::Integer(i64::from(had_deadline))
}

fn type_of(keys: &mut Keys, arguments: &[&[u8]], _: Protocol) -> Reply {
    Reply::Simple(keys.kind(arguments[0]).to_owned())
}

fn rename(keys: &mut Keys, arguments: &[&[u8]], _: Protocol) -> Reply {
    if keys.rename(arguments[0], arguments[1]) {
        ok()
    } else {
        Reply::Error("ERR no such key".to_owned())
    }
}

fn keys_like(keys: &mut Keys, arguments: &[&[u8]], _: Protocol) -> Reply {
    let names = keys.names().into_iter();
    let names = names.filter(|name| glob::matches(arguments[0], name));
    Reply::Array(names.map(Reply::Bulk).collect())
}

/// All keys at once: a cursor is never other than 0, as `COUNT` is only a hint.
fn scan(keys: &mut Keys, arguments: &[&[u8]], _: Protocol) -> Reply {
    if parse_integer(arguments[0]).is_none_or(|cursor| cursor < 0) {
        return Reply::Error("ERR invalid cursor".to_owned());
    }
    let (mut pattern, mut kind): (&[u8], Option<&[u8]>) = (b"*", None);
    let (pairs, rest) = arguments[1..].as_chunks::<2>();
    for [option, value] in pairs {
        match option.to_ascii_uppercase().as_slice() {
            b"MATCH" => pattern = value,
            b"TYPE" => kind = Some(value),
            b"COUNT" if parse_integer(value).is_some_and(|count| count > 0) => {}
            b"COUNT" => {
                return Reply::Error("ERR value is not an integer or out of range".to_owned());
            }
            _ => return Reply::Error("ERR syntax error".to_owned()),
        }
    }
    if !rest.is_empty() {
        return Reply::Error("ERR syntax error".to_owned());
    }
    let names = keys.names().into_iter();
    let names = names
        .filter(|name| glob::matches(pattern, name))
        .filter(|name| {
            kind.is_none_or(|kind| kind.eq_ignore_ascii_case(keys.kind(name).as_bytes()))
        });
    Reply::Array(vec![
        Reply::Bulk(b"0".to_vec()),
        Reply::Array(names.map(Reply::Bulk).collect()),
    ])
}

fn size(keys: &mut Keys, _: &[&[u8]], _: Protocol) -> Reply {
    Reply::from(keys.key_count())
}

fn flush(keys: &mut Keys, arguments: &[&[u8]], _: Protocol) -> Reply {
    let is_known =
        |word: &&[u8]| word.eq_ignore_ascii_case(b"ASYNC") || word.eq_ignore_ascii_case(b"SYNC");
    if !arguments.iter().all(is_known) {
        return Reply::Error("ERR syntax error".to_owned());
    }
    keys.flush();
    ok()
}

fn ping(_: &mut Keys, arguments: &[&[u8]], _: Protocol) -> Reply {
    match arguments.first() {
        Some(text) => Reply::Bulk(text.to_vec()),
        None => Reply::Simple("PONG".to_owned()),
    }
}

fn echo(_: &mut Keys, arguments: &[&[u8]], _: Protocol) -> Reply {
    Reply::Bulk(arguments[0].to_vec())
}

/// There is one database here.
fn select(_: &mut Keys, arguments: &[&[u8]], _: Protocol) -> Reply {
    match parse_integer(arguments[0]) {
        Some(0) => ok(),
        Some(_) => Reply::Error(
            "ERR DB index is out of range: an engine in the process has 0 only".to_owned(),
        ),
        None => Reply::Error("ERR value is not an integer or out of range".to_owned()),
    }
}

fn ok() -> Reply {
    Reply::Simple("OK".to_owned())
}
