//! What the module costs those who do not use it: `SET` and `GET` of keys that no index takes, from fifty
//! connections that wait for each reply, and from one that sends fifty at once.

use std::error::Error;
use std::time::Instant;

use serde_json::json;

use super::host::{Host, Programs};
use super::wire::{Link, encode};
use super::{Cores, say};
use crate::text::report::Report;
use crate::text::rounds::median;

const KEYS: usize = 10_000;
const COMMANDS: usize = 20_000;
const VALUE: [u8; 64] = [b'v'; 64];
/// Connections, and commands that each sends at once.
const WAYS: [(usize, usize); 2] = [(50, 1), (1, 50)];

/// Rounds on a server without the module and on one with three indexes of other prefixes.
///
/// # Errors
/// When a server fails.
pub fn measure(
    report: &mut Report,
    programs: &Programs,
    cores: Cores,
    rounds: usize,
) -> Result<(), Box<dyn Error>> {
    let (bare, full) = (programs.bare()?, programs.full()?);
    bare.pin(cores.server)?;
    full.pin(cores.server)?;
    for (name, schema) in [
        ("users", "name TEXT age NUMERIC"),
        ("carts", "items TAG total NUMERIC"),
        ("pages", super::documents::SCHEMA),
    ] {
        full.run(&format!(
            "FT.CREATE {name} PREFIX 1 {name}: SCHEMA {schema}"
        ))?;
    }
    for way in WAYS {
        let mut clients = [Client::new(&bare, way)?, Client::new(&full, way)?];
        for (name, is_write) in [("SET", true), ("GET", false)] {
            let batches = batches(is_write, way.1);
            for client in &mut clients {
                // Also has the keys there that are read.
                client.timed(&self::batches(true, way.1))?;
            }
            let mut seconds = [Vec::new(), Vec::new()];
            for round in 0..rounds {
                for turn in 0..2 {
                    let at = (round + turn) % 2;
                    seconds[at].push(clients[at].timed(&batches)?);
                }
            }
            row(report, name, way, &seconds);
        }
    }
    Ok(())
}

fn row(report: &mut Report, name: &str, way: (usize, usize), seconds: &[Vec<f64>; 2]) {
    let ratios = seconds[0]
        .iter()
        .zip(&seconds[1])
        .map(|(bare, full)| bare / full);
    let ratio = median(ratios.collect());
    let rate = |at: usize| COMMANDS as f64 / median(seconds[at].clone());
    let (connections, pipelined) = way;
    say(&format!(
        "{name}, {connections} × {pipelined}: {ratio:.3} of {:.0} a second",
        rate(0)
    ));
    report.row(
        "keys of no index",
        vec![
            ("command", json!(name)),
            ("connections", json!(connections)),
            ("at once", json!(pipelined)),
            ("a second without the module", json!(rate(0))),
            ("with it and 3 indexes", json!(rate(1))),
            ("ratio", json!(ratio)),
        ],
    );
    // As `redis-benchmark` does unless it is told otherwise.
    if pipelined == 1 {
        report.case("plain", ratio);
    }
}

/// Connections to one server.
struct Client {
    links: Vec<Link>,
    pipelined: usize,
}

impl Client {
    fn new(host: &Host, (connections, pipelined): (usize, usize)) -> std::io::Result<Self> {
        let links = (0..connections).map(|_| host.link());
        Ok(Self {
            links: links.collect::<Result<_, _>>()?,
            pipelined,
        })
    }

    /// The seconds that some pipelines take, one on each connection at a time.
    fn timed(&mut self, batches: &[Vec<u8>]) -> Result<f64, Box<dyn Error>> {
        let start = Instant::now();
        for round in batches.chunks(self.links.len()) {
            for (link, batch) in self.links.iter_mut().zip(round) {
                link.send(batch)?;
            }
            for link in self.links.iter_mut().take(round.len()) {
                link.receive(self.pipelined)?;
            }
        }
        Ok(start.elapsed().as_secs_f64())
    }
}

/// Pipelines of commands.
fn batches(is_write: bool, pipelined: usize) -> Vec<Vec<u8>> {
    let batch = |first: usize| {
        let mut commands = Vec::new();
        for number in first..first + pipelined {
            let key = format!("plain:{}", number * 7919 % KEYS);
            if is_write {
                encode(&mut commands, [b"SET".as_slice(), key.as_bytes(), &VALUE]);
            } else {
                encode(&mut commands, [b"GET".as_slice(), key.as_bytes()]);
            }
        }
        commands
    };
    (0..COMMANDS).step_by(pipelined).map(batch).collect()
}
