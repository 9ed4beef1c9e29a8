//! What others notice: how long a `GET` of a key that no index takes waits while documents are written as
//! fast as the server takes them, and while queries of 50 ms run.

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use super::documents::{Documents, SCHEMA};
use super::host::{Host, Programs};
use super::say;
use super::wire::command;
use crate::text::report::Report;
use crate::text::rounds::median;

const WINDOW: Duration = Duration::from_secs(2);
const PIPELINED: usize = 16;
/// Documents to be asked for, enough for a query of about 50 ms.
const LOADED: usize = 60_000;
const HIGHEST_PRICE: f64 = 1000.0;
/// Seconds of a slow query.
const SLOW: f64 = 0.05;
/// Between two `GET`s.
const PAUSE: Duration = Duration::from_micros(200);
/// What a window is about, and under which load it is.
const LOADS: [&str; 3] = ["nothing", "documents are written", "queries of 50 ms run"];

/// Windows of each load in turns.
///
/// # Errors
/// When a server fails.
pub fn measure(
    report: &mut Report,
    programs: &Programs,
    documents: &Documents,
    rounds: usize,
) -> Result<(), Box<dyn Error>> {
    let full = programs.full()?;
    full.run(&format!("FT.CREATE docs PREFIX 1 doc: SCHEMA {SCHEMA}"))?;
    full.run("FT.CREATE big PREFIX 1 big: SCHEMA title TEXT tags TAG price NUMERIC year NUMERIC")?;
    load(&full, documents)?;
    let query = slow_query(&full)?;
    let bare = programs.bare()?;
    let mut p99 = vec![Vec::new(); LOADS.len()];
    let mut without = [Vec::new(), Vec::new()];
    let mut next = 0;
    for _ in 0..rounds {
        for (load, p99) in p99.iter_mut().enumerate() {
            full.rest()?;
            p99.push(window(&full, documents, &query, load, &mut next)?);
        }
        for (load, p99) in without.iter_mut().enumerate() {
            p99.push(window(&bare, documents, &query, load, &mut next)?);
        }
    }
    for (load, name) in LOADS.iter().enumerate() {
        let ratios = p99[load]
            .iter()
            .zip(&p99[0])
            .map(|(busy, idle)| busy / idle);
        let ratio = median(ratios.collect());
        let own = median(p99[load].clone());
        say(&format!(
            "GET while {name}: p99 {own:.0} µs, {ratio:.2} of idle"
        ));
        let bare = without.get(load).map(|p99| median(p99.clone()));
        report.row(
            "p99 of a GET",
            vec![
                ("while", json!(name)),
                ("µs", json!(own)),
                ("× idle", json!(ratio)),
                ("µs on a server without the module", json!(bare)),
            ],
        );
        match load {
            0 => {}
            1 => report.case("ingestion", ratio),
            _ => report.case("queries", ratio),
        }
    }
    Ok(())
}

fn load(host: &Host, documents: &Documents) -> Result<(), Box<dyn Error>> {
    let mut link = host.link()?;
    for first in (0..LOADED).step_by(PIPELINED) {
        let mut commands = Vec::new();
        for number in first..first + PIPELINED {
            documents.write(&mut commands, "big:", number);
        }
        link.call(&commands, PIPELINED)?;
    }
    Ok(())
}

/// A query that takes about 50 ms: a sum by tag and year over as many of the documents as that takes.
fn slow_query(host: &Host) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut link = host.link()?;
    let query = |most: f64| {
        let filter = format!("@price:[0 {most}]");
        let steps = "LOAD 3 @tags @year @price GROUPBY 2 @tags @year REDUCE SUM 1 @price AS sum";
        let rest = "LIMIT 0 1 TIMEOUT 0 DIALECT 2";
        let words = ["FT.AGGREGATE", "big", &filter];
        command(
            words
                .into_iter()
                .chain(steps.split(' '))
                .chain(rest.split(' ')),
        )
    };
    let mut most = HIGHEST_PRICE;
    for _ in 0..4 {
        let start = Instant::now();
        link.call(&query(most), 1)?;
        let took = start.elapsed().as_secs_f64();
        say(&format!("the slow query takes {:.0} ms", took * 1e3));
        most = (most * SLOW / took).min(HIGHEST_PRICE);
    }
    Ok(query(most))
}

/// The p99 in microseconds of the `GET`s of a window under a load.
fn window(
    host: &Host,
    documents: &Documents,
    query: &[u8],
    load: usize,
    next: &mut usize,
) -> Result<f64, Box<dyn Error>> {
    let is_over = AtomicBool::new(false);
    let first = *next;
    let links = [host.link()?, host.link()?];
    let [mut reader, mut loader] = links;
    let get = command(["GET", "plain"]);
    reader.call(&command(["SET", "plain", "value"]), 1)?;
    std::thread::scope(|scope| {
        let working = scope.spawn(|| -> Result<usize, String> {
            let mut number = first;
            while load > 0 && !is_over.load(Ordering::Relaxed) {
                let called = if load == 1 {
                    let mut commands = Vec::new();
                    for at in number..number + PIPELINED {
                        documents.write(&mut commands, "doc:", at);
                    }
                    number += PIPELINED;
                    loader.call(&commands, PIPELINED)
                } else {
                    loader.call(query, 1)
                };
                called.map_err(|error| error.to_string())?;
            }
            Ok(number)
        });
        let mut times = Vec::new();
        let start = Instant::now();
        let mut read = Ok(());
        while start.elapsed() < WINDOW && read.is_ok() {
            let sent = Instant::now();
            read = reader.call(&get, 1);
            times.push(sent.elapsed().as_secs_f64() * 1e6);
            // As someone who does something else in between, or there would be no idle server.
            std::thread::sleep(PAUSE);
        }
        is_over.store(true, Ordering::Relaxed);
        let written = working.join().unwrap_or_else(|_| Err("a panic".to_owned()));
        *next = written?;
        read?;
        times.sort_unstable_by(f64::total_cmp);
        Ok(times
            .get(times.len() * 99 / 100)
            .copied()
            .unwrap_or_default())
    })
}
