//! The commands of the in-process host that documents need: those of a server, as far as they go.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::keys::Keys;
use crate::keyspace::{Keyspace, WrongType};
use crate::reply::{Protocol, Reply};
use crate::request::error::Refusal;

/// A command's name, lower case, how many arguments it takes after its name, and what it does.
type Command = (
    &'static str,
    RangeInclusive<usize>,
    fn(&mut Keys, &[&[u8]], Protocol) -> Reply,
);

/// As many arguments as there are.
const ANY: usize = usize::MAX;

const COMMANDS: &[Command] = &[
    ("hset", 3..=ANY, hset),
    ("hget", 2..=2, hget),
    ("hgetall", 1..=1, hgetall),
    ("hdel", 2..=ANY, hdel),
    ("del", 1..=ANY, del),
    ("exists", 1..=ANY, exists),
    ("expire", 2..=2, expire),
    ("pexpire", 2..=2, pexpire),
    ("rename", 2..=2, rename),
    ("flushall", 0..=0, flushall),
];

impl Keys {
    /// Runs a command; none when it is not one of these.
    pub(super) fn execute(&mut self, arguments: &[&[u8]], protocol: Protocol) -> Option<Reply> {
        let (name, rest) = arguments.split_first()?;
        let (name, taken, run) = COMMANDS
            .iter()
            .find(|(command, ..)| name.eq_ignore_ascii_case(command.as_bytes()))?;
        Some(if taken.contains(&rest.len()) {
            run(self, rest, protocol)
        } else {
            arity(name)
        })
    }
}

fn hset(keys: &mut Keys, arguments: &[&[u8]], _: Protocol) -> Reply {
    let (key, fields) = (arguments[0], &arguments[1..]);
    let (pairs, []) = fields.as_chunks::<2>() else {
        return arity("hset");
    };
    keys.set(key, pairs).map_or_else(wrong_type, count)
}

fn hget(keys: &mut Keys, arguments: &[&[u8]], _: Protocol) -> Reply {
    match keys.get(arguments[0], arguments[1]) {
        Ok(Some(value)) => Reply::Bulk(value.to_vec()),
        Ok(None) => Reply::Null,
        Err(error) => wrong_type(error),
    }
}

fn hgetall(keys: &mut Keys, arguments: &[&[u8]], protocol: Protocol) -> Reply {
    let hash = match keys.hash(arguments[0]) {
        Ok(hash) => hash.into_iter().flatten(),
        Err(error) => return wrong_type(error),
    };
    let pairs: Vec<_> = hash
        .map(|(name, value)| (Reply::Bulk(name.clone()), Reply::Bulk(value.clone())))
        .collect();
    match protocol {
        Protocol::Resp2 => Reply::Array(
            pairs
                .into_iter()
                .flat_map(|(name, value)| [name, value])
                .collect(),
        ),
        Protocol::Resp3 => Reply::Map(pairs),
    }
}

fn hdel(keys: &mut Keys, arguments: &[&[u8]], _: Protocol) -> Reply {
    let removed = keys.unset(arguments[0], &arguments[1..]);
    removed.map_or_else(wrong_type, count)
}

fn del(keys: &mut Keys, arguments: &[&[u8]], _: Protocol) -> Reply {
    count(arguments.iter().filter(|key| keys.delete(key)).count())
}

fn exists(keys: &mut Keys, arguments: &[&[u8]], _: Protocol) -> Reply {
    count(arguments.iter().filter(|key| keys.contains(key)).count())
}

fn expire(keys: &mut Keys, arguments: &[&[u8]], _: Protocol) -> Reply {
    expire_in(keys, arguments, Duration::from_secs)
}

fn pexpire(keys: &mut Keys, arguments: &[&[u8]], _: Protocol) -> Reply {
    expire_in(keys, arguments, Duration::from_millis)
}

/// Expires a key after some units of time; at once when they are negative.
fn expire_in(keys: &mut Keys, arguments: &[&[u8]], unit: fn(u64) -> Duration) -> Reply {
    let Some(units) = parse_integer(arguments[1]) else {
        return Reply::Error("ERR value is not an integer or out of range".to_owned());
    };
    let key = arguments[0];
    let found = match u64::try_from(units) {
        Ok(units) if units > 0 => keys.expire_in(key, unit(units)),
        Ok(_) | Err(_) => keys.delete(key),
    };
    Reply::Integer(i64::from(found))
}

fn rename(keys: &mut Keys, arguments: &[&[u8]], _: Protocol) -> Reply {
    if keys.rename(arguments[0], arguments[1]) {
        Reply::Simple("OK".to_owned())
    } else {
        Reply::Error("ERR no such key".to_owned())
    }
}

fn flushall(keys: &mut Keys, _: &[&[u8]], _: Protocol) -> Reply {
    keys.flush();
    Reply::Simple("OK".to_owned())
}

fn parse_integer(bytes: &[u8]) -> Option<i64> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

fn count(number: usize) -> Reply {
    Reply::from(number as u64)
}

fn wrong_type(_: WrongType) -> Reply {
    Reply::Error(Refusal::WrongType.to_string())
}

fn arity(name: &str) -> Reply {
    Reply::Error(format!(
        "ERR wrong number of arguments for '{name}' command"
    ))
}
