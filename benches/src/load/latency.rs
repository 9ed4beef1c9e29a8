//! What others notice: how long a `GET` of a key that no index takes waits while documents are written as
//! fast as the server takes them, and while queries of 50 ms run. A server without the module makes a `GET` wait for
//! writes too, so one is asked as well: under writes as fast as it takes them, and as fast as ours does.

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use super::documents::{Documents, SCHEMA};
use super::host::{Host, Programs};
use super::say;
use super::wire::{Link, command};
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

/// Of which of them there is a must.
const CASES: [Option<&str>; 3] = [None, Some("ingestion"), Some("queries")];

/// The same, of a server without the module.
const BARE_LOADS: [&str; 3] = [
    "nothing",
    "documents are written",
    "as many are written as the module indexes",
];

/// What a window came to.
struct Window {
    /// Of the `GET`s, in microseconds.
    p99: f64,
    /// Documents written.
    written: usize,
}

/// What goes on in a window.
struct Load<'a> {
    documents: &'a Documents,
    /// The slow query.
    query: &'a [u8],
    /// One of [`LOADS`].
    kind: usize,
    /// Documents written in it at most.
    most: usize,
}

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
    let mut p99_of_loads = vec![Vec::new(); LOADS.len()];
    let mut without = vec![Vec::new(); BARE_LOADS.len()];
    let mut next = 0;
    for _ in 0..rounds {
        let mut written = 0;
        let of = |kind: usize, most: usize| Load {
            documents,
            query: &query,
            kind,
            most,
        };
        for (kind, p99) in p99_of_loads.iter_mut().enumerate() {
            full.rest()?;
            let window = window(&full, &of(kind, usize::MAX), &mut next)?;
            p99.push(window.p99);
            written = written.max(window.written);
        }
        for (at, p99) in without.iter_mut().enumerate() {
            let most = if at == 2 { written } else { usize::MAX };
            p99.push(window(&bare, &of(at.min(1), most), &mut next)?.p99);
        }
    }
    for (name, p99) in BARE_LOADS.iter().zip(&without) {
        let words = "without the module, GET while";
        let table = "p99 of a GET on a server without the module";
        tell(report, (words, table), name, (p99, &without[0]));
    }
    for ((name, p99), case) in LOADS.iter().zip(&p99_of_loads).zip(CASES) {
        let ratio = tell(
            report,
            ("GET while", "p99 of a GET"),
            name,
            (p99, &p99_of_loads[0]),
        );
        if let Some(case) = case {
            report.case(case, ratio);
        }
    }
    Ok(())
}

/// Reports what the windows of a load came to; how many times those of an idle server that is.
fn tell(
    report: &mut Report,
    (words, table): (&str, &'static str),
    name: &str,
    (p99, idle): (&[f64], &[f64]),
) -> f64 {
    let ratios = p99.iter().zip(idle).map(|(busy, idle)| busy / idle);
    let ratio = median(ratios.collect());
    let own = median(p99.to_vec());
    say(&format!(
        "{words} {name}: p99 {own:.0} µs, {ratio:.2} of idle"
    ));
    report.row(
        table,
        vec![
            ("while", json!(name)),
            ("µs", json!(own)),
            ("× idle", json!(ratio)),
        ],
    );
    ratio
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

/// `GET`s for a while under a load.
fn window(host: &Host, load: &Load<'_>, next: &mut usize) -> Result<Window, Box<dyn Error>> {
    let is_over = AtomicBool::new(false);
    let first = *next;
    let links = [host.link()?, host.link()?];
    let [mut reader, mut loader] = links;
    let get = command(["GET", "plain"]);
    reader.call(&command(["SET", "plain", "value"]), 1)?;
    std::thread::scope(|scope| {
        let working = scope.spawn(|| {
            let last = work(&mut loader, load, first, &is_over);
            last.map_err(|error| error.to_string())
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
        let p99 = times.get(times.len() * 99 / 100);
        Ok(Window {
            p99: p99.copied().unwrap_or_default(),
            written: *next - first,
        })
    })
}

/// Writes or asks until it is over; the number of the next document.
fn work(
    link: &mut Link,
    load: &Load<'_>,
    first: usize,
    is_over: &AtomicBool,
) -> Result<usize, Box<dyn Error>> {
    let start = Instant::now();
    let mut number = first;
    while load.kind > 0 && !is_over.load(Ordering::Relaxed) {
        if load.kind > 1 {
            link.call(load.query, 1)?;
            continue;
        }
        // Evenly over the window, if not as fast as they are taken.
        let due = load.most as f64 * start.elapsed().as_secs_f64() / WINDOW.as_secs_f64();
        if (number - first) as f64 > due {
            std::thread::sleep(PAUSE);
            continue;
        }
        let mut commands = Vec::new();
        for at in number..number + PIPELINED {
            load.documents.write(&mut commands, "doc:", at);
        }
        number += PIPELINED;
        link.call(&commands, PIPELINED)?;
    }
    Ok(number)
}
