//! Nearest neighbours over a connection: what the server itself takes, and how many a second eight clients
//! get beside the engine in this process, on the same core.

use std::error::Error;
use std::time::Instant;

use nuthatch::Engine;
use nuthatch::reply::Reply;
use nuthatch_datasets::truth::{self, Truth};
use serde_json::json;

use super::documents::{DIMENSIONS, Documents};
use super::host::{Host, Programs};
use super::wire::{Link, command, encode};
use super::{Cores, on_core, say};
use crate::linked;
use crate::text::report::Report;
use crate::text::rounds::median;

const K: usize = 10;
const CLIENTS: usize = 8;
const RECALL: f64 = 0.95;
/// Candidates of a walk, from which the least is taken that reaches [`RECALL`].
const EFS: [usize; 9] = [10, 12, 16, 20, 24, 32, 48, 64, 128];
const LOADED_AT_ONCE: usize = 100;

/// Loads both, finds the `EF_RUNTIME` for the recall, and measures.
///
/// # Errors
/// When a server fails or no `EF_RUNTIME` reaches the recall.
pub fn measure(
    report: &mut Report,
    programs: &Programs,
    documents: &Documents,
    cores: Cores,
    rounds: usize,
) -> Result<(), Box<dyn Error>> {
    let host = programs.full()?;
    let mut engine = Engine::new();
    load(&host, &mut engine, documents)?;
    let metric = truth::Metric::Cosine;
    let truth = truth::nearest(documents.vectors(), documents.queries(), K, metric);
    let (ef, recall) = (EFS.into_iter())
        .map(|ef| (ef, recall(&mut engine, documents, &truth, ef)))
        .find(|(_, recall)| *recall >= RECALL)
        .ok_or("no EF_RUNTIME reaches the recall")?;
    say(&format!("EF_RUNTIME {ef}: recall {recall:.3}"));
    let words: Vec<Vec<Vec<u8>>> = (0..documents.queries().nrows())
        .map(|number| search(&documents.query(number), ef))
        .collect();
    let commands: Vec<Vec<u8>> = words.iter().map(command).collect();
    let micros = server_side(&host, &commands)?;
    let p50 = median(micros);
    report.case("knn", p50);
    // From here on the server has one core, and so has the engine.
    host.pin(cores.server)?;
    let mut rates = [Vec::new(), Vec::new()];
    for round in 0..rounds {
        for turn in 0..2 {
            let at = (round + turn) % 2;
            let seconds = if at == 0 {
                on_core(cores.server, || Ok(in_process(&mut engine, &words)))?
            } else {
                on_core(cores.client, || clients(&host, &commands))?
            };
            rates[at].push(commands.len() as f64 / seconds);
        }
    }
    let ratios = rates[0]
        .iter()
        .zip(&rates[1])
        .map(|(own, server)| server / own);
    let ratio = median(ratios.collect());
    report.case("clients", ratio);
    say(&format!(
        "KNN-10: {p50:.0} µs in the server, 8 clients {ratio:.3} of in-process"
    ));
    report.row(
        "KNN-10",
        vec![
            ("vectors", json!(documents.vectors().nrows())),
            ("recall", json!(recall)),
            ("EF_RUNTIME", json!(ef)),
            ("server-side p50, µs", json!(p50)),
            ("8 clients, a second", json!(median(rates[1].clone()))),
            ("in-process, a second", json!(median(rates[0].clone()))),
            ("ratio", json!(ratio)),
        ],
    );
    Ok(())
}

fn create() -> Vec<String> {
    let schema = format!(
        "FT.CREATE v PREFIX 1 v: SCHEMA v VECTOR HNSW 6 TYPE FLOAT32 DIM {DIMENSIONS} DISTANCE_METRIC COSINE"
    );
    schema.split(' ').map(str::to_owned).collect()
}

fn load(host: &Host, engine: &mut Engine, documents: &Documents) -> Result<(), Box<dyn Error>> {
    say("loading the server and the engine");
    let mut link = host.link()?;
    link.call(&command(create()), 1)?;
    engine.execute(&create());
    let rows = documents.vectors().nrows();
    for first in (0..rows).step_by(LOADED_AT_ONCE) {
        let numbers = first..(first + LOADED_AT_ONCE).min(rows);
        let mut commands = Vec::new();
        for number in numbers.clone() {
            let (key, vector) = (format!("v:{number}"), documents.blob(number));
            let words: [&[u8]; 4] = [b"HSET", key.as_bytes(), b"v", &vector];
            encode(&mut commands, words);
            engine.execute(&words);
        }
        link.call(&commands, numbers.len())?;
    }
    host.rest()?;
    linked::wait(engine);
    Ok(())
}

fn search(vector: &[u8], ef: usize) -> Vec<Vec<u8>> {
    let query = format!("*=>[KNN {K} @v $q EF_RUNTIME {ef}]");
    let words: [&[u8]; 9] = [
        b"FT.SEARCH",
        b"v",
        query.as_bytes(),
        b"NOCONTENT",
        b"PARAMS",
        b"2",
        b"q",
        vector,
        b"DIALECT",
    ];
    words
        .iter()
        .map(|word| word.to_vec())
        .chain([b"2".to_vec()])
        .collect()
}

fn recall(engine: &mut Engine, documents: &Documents, truth: &Truth, ef: usize) -> f64 {
    let queries = documents.queries().nrows();
    let sum: f64 = (0..queries)
        .map(|number| {
            let reply = engine.execute(&search(&documents.query(number), ef));
            truth.recall(number, &rows_of(&reply))
        })
        .sum();
    sum / queries as f64
}

/// The numbers of the documents of a reply.
fn rows_of(reply: &Reply) -> Vec<u32> {
    let Reply::Array(parts) = reply else {
        return Vec::new();
    };
    let row = |part: &Reply| match part {
        Reply::Bulk(key) => std::str::from_utf8(key)
            .ok()?
            .strip_prefix("v:")?
            .parse()
            .ok(),
        Reply::Simple(_)
        | Reply::Error(_)
        | Reply::Integer(_)
        | Reply::Double(_)
        | Reply::Null
        | Reply::Array(_)
        | Reply::Map(_)
        | Reply::Set(_) => None,
    };
    parts.iter().filter_map(row).collect()
}

/// What the server says that each search took, in microseconds.
fn server_side(host: &Host, commands: &[Vec<u8>]) -> Result<Vec<f64>, Box<dyn Error>> {
    host.run("CONFIG SET slowlog-log-slower-than 0")?;
    host.run("CONFIG SET slowlog-max-len 100000")?;
    host.run("SLOWLOG RESET")?;
    let mut link = host.link()?;
    for command in commands {
        link.call(command, 1)?;
    }
    host.run("CONFIG SET slowlog-log-slower-than -1")?;
    link.send(&command(["SLOWLOG", "GET", "100000"]))?;
    let text = String::from_utf8_lossy(link.reply()?).into_owned();
    let lines: Vec<&str> = text.split("\r\n").collect();
    // An entry is its number, its time, its microseconds and its words.
    let entries = lines
        .windows(7)
        .filter(|entry| entry[6].eq_ignore_ascii_case("FT.SEARCH"));
    let micros = entries.filter_map(|entry| entry[3].strip_prefix(':')?.parse().ok());
    let micros: Vec<f64> = micros.collect();
    if micros.len() < commands.len() {
        return Err(format!(
            "SLOWLOG has {} of {} searches",
            micros.len(),
            commands.len()
        )
        .into());
    }
    Ok(micros)
}

/// Eight connections, each with a search under way all the time.
fn clients(host: &Host, commands: &[Vec<u8>]) -> Result<f64, Box<dyn Error>> {
    let links = (0..CLIENTS).map(|_| host.link());
    let mut links: Vec<Link> = links.collect::<Result<_, _>>()?;
    let start = Instant::now();
    for (link, command) in links.iter_mut().zip(commands) {
        link.send(command)?;
    }
    for (number, _) in commands.iter().enumerate() {
        let link = &mut links[number % CLIENTS];
        link.receive(1)?;
        if let Some(next) = commands.get(number + CLIENTS) {
            link.send(next)?;
        }
    }
    Ok(start.elapsed().as_secs_f64())
}

fn in_process(engine: &mut Engine, words: &[Vec<Vec<u8>>]) -> f64 {
    let start = Instant::now();
    for words in words {
        std::hint::black_box(engine.execute(words));
    }
    start.elapsed().as_secs_f64()
}
