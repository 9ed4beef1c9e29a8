//! The commands of the in-process host that documents need: those of a server, as far as they go.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::hashes::Hashes;
use crate::keyspace::Keyspace;
use crate::reply::{Protocol, Reply};

/// A command's name, lower case, how many arguments it takes after its name, and what it does.
type Command = (
    &'static str,
    RangeInclusive<usize>,
    fn(&mut Hashes, &[&[u8]], Protocol) -> Reply,
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

impl Hashes {
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

fn hset(hashes: &mut Hashes, arguments: &[&[u8]], _: Protocol) -> Reply {
    let (key, fields) = (arguments[0], &arguments[1..]);
    let (pairs, []) = fields.as_chunks::<2>() else {
        return arity("hset");
    };
    let mut added = 0;
    for [name, value] in pairs {
        added += i64::from(hashes.set(key, name, value));
    }
    hashes.changed(key);
    Reply::Integer(added)
}

fn hget(hashes: &mut Hashes, arguments: &[&[u8]], _: Protocol) -> Reply {
    match hashes.get(arguments[0], arguments[1]) {
        Some(value) => Reply::Bulk(value.to_vec()),
        None => Reply::Null,
    }
}

fn hgetall(hashes: &mut Hashes, arguments: &[&[u8]], protocol: Protocol) -> Reply {
    let mut pairs = Vec::new();
    hashes.document(arguments[0], &mut |name, value| {
        pairs.push((Reply::Bulk(name.to_vec()), Reply::Bulk(value.to_vec())));
    });
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

fn hdel(hashes: &mut Hashes, arguments: &[&[u8]], _: Protocol) -> Reply {
    let removed = arguments[1..]
        .iter()
        .filter(|name| hashes.unset(arguments[0], name));
    count(removed.count())
}

fn del(hashes: &mut Hashes, arguments: &[&[u8]], _: Protocol) -> Reply {
    count(arguments.iter().filter(|key| hashes.delete(key)).count())
}

fn exists(hashes: &mut Hashes, arguments: &[&[u8]], _: Protocol) -> Reply {
    count(arguments.iter().filter(|key| hashes.contains(key)).count())
}

fn expire(hashes: &mut Hashes, arguments: &[&[u8]], _: Protocol) -> Reply {
    expire_in(hashes, arguments, Duration::from_secs)
}

fn pexpire(hashes: &mut Hashes, arguments: &[&[u8]], _: Protocol) -> Reply {
    expire_in(hashes, arguments, Duration::from_millis)
}

/// Expires a key after some units of time; at once when they are negative.
fn expire_in(hashes: &mut Hashes, arguments: &[&[u8]], unit: fn(u64) -> Duration) -> Reply {
    let Some(units) = parse_integer(arguments[1]) else {
        return Reply::Error("ERR value is not an integer or out of range".to_owned());
    };
    let key = arguments[0];
    let found = match u64::try_from(units) {
        Ok(units) if units > 0 => hashes.expire_in(key, unit(units)),
        Ok(_) | Err(_) => hashes.delete(key),
    };
    Reply::Integer(i64::from(found))
}

fn rename(hashes: &mut Hashes, arguments: &[&[u8]], _: Protocol) -> Reply {
    if hashes.rename(arguments[0], arguments[1]) {
        Reply::Simple("OK".to_owned())
    } else {
        Reply::Error("ERR no such key".to_owned())
    }
}

fn flushall(hashes: &mut Hashes, _: &[&[u8]], _: Protocol) -> Reply {
    hashes.flush();
    Reply::Simple("OK".to_owned())
}

fn parse_integer(bytes: &[u8]) -> Option<i64> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

fn count(number: usize) -> Reply {
    Reply::from(number as u64)
}

fn arity(name: &str) -> Reply {
    Reply::Error(format!(
        "ERR wrong number of arguments for '{name}' command"
    ))
}
