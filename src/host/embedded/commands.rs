//! The commands of the in-process host that documents need: those of a server, as far as they go.

use std::ops::RangeInclusive;

use super::generic;
use super::keys::Keys;
use crate::keyspace::WrongType;
use crate::reply::{Protocol, Reply};
use crate::request::error::Refusal;

/// A command's name, lower case, how many arguments it takes after its name, and what it does.
pub(super) type Command = (
    &'static str,
    RangeInclusive<usize>,
    fn(&mut Keys, &[&[u8]], Protocol) -> Reply,
);

/// As many arguments as there are.
pub(super) const ANY: usize = usize::MAX;

const COMMANDS: &[Command] = &[
    ("hset", 3..=ANY, hset),
    ("hget", 2..=2, hget),
    ("hgetall", 1..=1, hgetall),
    ("hdel", 2..=ANY, hdel),
    ("hmget", 2..=ANY, hmget),
    ("hexists", 2..=2, hexists),
    ("hlen", 1..=1, hlen),
    ("hkeys", 1..=1, hkeys),
    ("hvals", 1..=1, hvals),
    ("hsetnx", 3..=3, hsetnx),
    ("hincrby", 3..=3, hincrby),
    ("hmset", 3..=ANY, hmset),
];

impl Keys {
    /// Runs a command; none when it is not one of these.
    pub(super) fn execute(&mut self, arguments: &[&[u8]], protocol: Protocol) -> Option<Reply> {
        let (name, rest) = arguments.split_first()?;
        let (name, taken, run) = COMMANDS
            .iter()
            .chain(generic::COMMANDS)
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

fn hmset(keys: &mut Keys, arguments: &[&[u8]], _: Protocol) -> Reply {
    let (pairs, []) = arguments[1..].as_chunks::<2>() else {
        return arity("hmset");
    };
    let set = keys.set(arguments[0], pairs);
    set.map_or_else(wrong_type, |_| Reply::Simple("OK".to_owned()))
}

fn hsetnx(keys: &mut Keys, arguments: &[&[u8]], _: Protocol) -> Reply {
    match keys.get(arguments[0], arguments[1]) {
        Ok(Some(_)) => Reply::Integer(0),
        Ok(None) => {
            let set = keys.set(arguments[0], &[[arguments[1], arguments[2]]]);
            set.map_or_else(wrong_type, count)
        }
        Err(error) => wrong_type(error),
    }
}

fn hincrby(keys: &mut Keys, arguments: &[&[u8]], _: Protocol) -> Reply {
    let (key, name) = (arguments[0], arguments[1]);
    let Some(by) = parse_integer(arguments[2]) else {
        return Reply::Error("ERR value is not an integer or out of range".to_owned());
    };
    let old = match keys.get(key, name) {
        Ok(old) => old.map_or(Some(0), parse_integer),
        Err(error) => return wrong_type(error),
    };
    let Some(old) = old else {
        return Reply::Error("ERR hash value is not an integer".to_owned());
    };
    let Some(new) = old.checked_add(by) else {
        return Reply::Error("ERR increment or decrement would overflow".to_owned());
    };
    let set = keys.set(key, &[[name, new.to_string().as_bytes()]]);
    set.map_or_else(wrong_type, |_| Reply::Integer(new))
}

fn hmget(keys: &mut Keys, arguments: &[&[u8]], _: Protocol) -> Reply {
    let hash = match keys.hash(arguments[0]) {
        Ok(hash) => hash,
        Err(error) => return wrong_type(error),
    };
    let values = arguments[1..].iter().map(|name| {
        let value = hash.and_then(|hash| hash.get(*name));
        value.map_or(Reply::Null, |value| Reply::Bulk(value.clone()))
    });
    Reply::Array(values.collect())
}

fn hexists(keys: &mut Keys, arguments: &[&[u8]], _: Protocol) -> Reply {
    let value = keys.get(arguments[0], arguments[1]);
    value.map_or_else(wrong_type, |value| {
        Reply::Integer(i64::from(value.is_some()))
    })
}

fn hlen(keys: &mut Keys, arguments: &[&[u8]], _: Protocol) -> Reply {
    let hash = keys.hash(arguments[0]);
    hash.map_or_else(wrong_type, |hash| count(hash.map_or(0, |hash| hash.len())))
}

fn hkeys(keys: &mut Keys, arguments: &[&[u8]], _: Protocol) -> Reply {
    parts(keys, arguments[0], |name, _| name.clone())
}

fn hvals(keys: &mut Keys, arguments: &[&[u8]], _: Protocol) -> Reply {
    parts(keys, arguments[0], |_, value| value.clone())
}

/// What `part` takes of each name and value of a hash.
fn parts(keys: &Keys, key: &[u8], part: impl Fn(&Vec<u8>, &Vec<u8>) -> Vec<u8>) -> Reply {
    match keys.hash(key) {
        Ok(hash) => {
            let pairs = hash.into_iter().flatten();
            Reply::Array(
                pairs
                    .map(|(name, value)| Reply::Bulk(part(name, value)))
                    .collect(),
            )
        }
        Err(error) => wrong_type(error),
    }
}

pub(super) fn parse_integer(bytes: &[u8]) -> Option<i64> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

pub(super) fn count(number: usize) -> Reply {
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
