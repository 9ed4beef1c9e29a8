//! Writes: how soon a document is found, how fast a corpus is indexed, what it takes in memory, and
//! what writes cost the searches between them.

use std::error::Error;
use std::time::Instant;

use nuthatch_datasets::generate::Random;
use serde_json::json;

use super::clock::{cpu_time, timed};
use super::corpus::Corpus;
use super::ours::Ours;
use super::peer::{Peer, PrefixBy, build, plain_analyzer, stemming_analyzer};
use super::query::{Query, scored};
use super::report::Report;
use super::rounds::{median, micros, percentile, ratio};
use super::say;

/// Words of a document whose write is timed.
const LENGTH: usize = 120;
/// Writes to our index.
const WRITES: usize = 2_000;
/// Pairs of a write and a search.
const PAIRS: usize = 400;
const K: usize = 10;
const SEED: u64 = 6;

/// Indexes a corpus with both engines, `rounds` times in turns, and returns the last indexes.
///
/// # Errors
/// When tantivy refuses.
pub fn index(
    report: &mut Report,
    corpus: &Corpus,
    rounds: usize,
) -> Result<(Ours, Peer), Box<dyn Error>> {
    let (mut ours, mut peers) = (Vec::new(), Vec::new());
    let mut last = None;
    for round in 0..rounds.max(1) {
        // One at a time in memory.
        drop(last.take());
        let mut run_ours = || {
            let (index, time) =
                timed(|| Ok::<_, tantivy::TantivyError>(Ours::build(corpus.documents())))?;
            ours.push(time.as_secs_f64());
            Ok::<_, tantivy::TantivyError>(index)
        };
        let mut run_peer = || {
            let (index, time) = timed(|| build(plain_analyzer(), corpus.documents()))?;
            peers.push(time.as_secs_f64());
            Peer::open(index)
        };
        last = Some(if round % 2 == 0 {
            let index = run_ours()?;
            (index, run_peer()?)
        } else {
            let peer = run_peer()?;
            (run_ours()?, peer)
        });
    }
    let indexes = last.ok_or("no round has built an index")?;
    let speedup = ratio(&peers, &ours);
    let rate = |seconds: &[f64]| corpus.len() as f64 / median(seconds.to_vec());
    say(&format!("{}: indexing {speedup:.2}x", corpus.name));
    let cells = vec![
        ("data", json!(corpus.name)),
        ("documents", json!(corpus.len())),
        ("words", json!(corpus.tokens())),
        ("rounds", json!(rounds.max(1))),
        ("nuthatch documents/s", json!(rate(&ours))),
        ("tantivy documents/s", json!(rate(&peers))),
        ("ratio", json!(speedup)),
    ];
    report.row("indexing without stems, one core", cells);
    Ok(indexes)
}

/// Indexes a corpus with both engines as they do by default, with English stems, `rounds` times in
/// turns.
///
/// # Errors
/// When tantivy refuses.
pub fn stemmed(report: &mut Report, corpus: &Corpus, rounds: usize) -> Result<(), Box<dyn Error>> {
    let (mut ours, mut peers) = (Vec::new(), Vec::new());
    for _ in 0..rounds.max(1) {
        let (index, time) = timed(|| {
            Ok::<_, tantivy::TantivyError>(Ours::with_stems().filled(corpus.documents()))
        })?;
        drop(index);
        ours.push(time.as_secs_f64());
        let (index, time) = timed(|| build(stemming_analyzer(), corpus.documents()))?;
        drop(index);
        peers.push(time.as_secs_f64());
    }
    let speedup = ratio(&peers, &ours);
    let rate = |seconds: &[f64]| corpus.len() as f64 / median(seconds.to_vec());
    say(&format!(
        "{}: indexing with stems {speedup:.2}x",
        corpus.name
    ));
    let cells = vec![
        ("data", json!(corpus.name)),
        ("rounds", json!(rounds.max(1))),
        ("nuthatch documents/s", json!(rate(&ours))),
        ("tantivy documents/s", json!(rate(&peers))),
        ("ratio", json!(speedup)),
    ];
    report.row("indexing with English stems, one core", cells);
    report.case("indexing", speedup);
    Ok(())
}

/// Compares what the indexes of a corpus take in memory.
///
/// # Errors
/// When tantivy's files cannot be read.
pub fn memory(
    report: &mut Report,
    corpus: &Corpus,
    ours: &Ours,
    peer: &Peer,
) -> Result<(), Box<dyn Error>> {
    let postings = ours.posting_count() as f64;
    let space = peer.space()?;
    let each = |bytes: u64| bytes as f64 / postings;
    let (nuthatch, tantivy) = (ours.memory_bytes() as f64 / postings, each(space.total()));
    let cells = vec![
        ("data", json!(corpus.name)),
        ("postings", json!(ours.posting_count())),
        ("nuthatch", json!(nuthatch)),
        ("tantivy", json!(tantivy)),
        ("ratio", json!(nuthatch / tantivy)),
        ("tantivy terms", json!(each(space.terms))),
        ("postings and skips", json!(each(space.postings))),
        ("positions", json!(each(space.positions))),
        ("lengths", json!(each(space.norms))),
    ];
    say(&format!(
        "{}: {:.2}x of tantivy's bytes",
        corpus.name,
        nuthatch / tantivy
    ));
    report.row("bytes per posting with positions", cells);
    report.case("bytes", nuthatch / tantivy);
    Ok(())
}

/// Times writes to an index that holds the corpus. Each is looked for as soon as it returns, and removed
/// again, so that the index keeps its size; then another document is updated to its text, and back.
///
/// # Errors
/// When a document is not found.
pub fn visible(
    report: &mut Report,
    corpus: &Corpus,
    ours: &mut Ours,
) -> Result<(), Box<dyn Error>> {
    let slot = corpus.len();
    let mut random = Random::new(SEED);
    let (mut writes, mut removes, mut updates) = (Vec::new(), Vec::new(), Vec::new());
    for text in corpus.of_length(WRITES, LENGTH) {
        let last = text.rsplit(' ').next().unwrap_or_default();
        let query = Query::Term(last.to_owned());
        let before = ours.count(&query);
        writes.push(time(|| ours.insert(slot, &text)));
        let found = ours.count(&query);
        if found != before + 1 {
            return Err(format!("{last} was written, but {before} matches became {found}").into());
        }
        removes.push(time(|| ours.remove(slot)));
        if ours.count(&query) != before {
            return Err(format!("{last} was removed, but is still found").into());
        }
        // Somewhere among the others, and back.
        let other = random.below(corpus.len());
        updates.push(time(|| ours.insert(other, &text)));
        ours.insert(other, corpus.document(other));
    }
    let p50 = median(writes.clone());
    say(&format!("{}: visible after {p50:.1} µs", corpus.name));
    let cells = vec![
        ("data", json!(corpus.name)),
        ("writes", json!(WRITES)),
        ("p50", json!(p50)),
        ("p99", json!(percentile(writes, 0.99))),
        ("removal p50", json!(median(removes.clone()))),
        ("removal p99", json!(percentile(removes, 0.99))),
        ("update p50", json!(median(updates.clone()))),
        ("update p99", json!(percentile(updates, 0.99))),
    ];
    report.row("write until visible, document of 120 words, µs", cells);
    report.case("visible", p50);
    Ok(())
}

/// Times searches with a write before each: ours sees it, tantivy commits and reloads first. Leaves the
/// documents in both indexes.
///
/// # Errors
/// When tantivy refuses.
pub fn mix(
    report: &mut Report,
    corpus: &Corpus,
    ours: &mut Ours,
    peer: &mut Peer,
) -> Result<(), Box<dyn Error>> {
    let texts = corpus.of_length(PAIRS, LENGTH);
    let rows = scored(corpus, PAIRS);
    // A query of each kind in turn.
    let queries: Vec<&Query> = (0..PAIRS)
        .flat_map(|at| rows.iter().filter_map(move |row| row.queries.get(at)))
        .take(PAIRS)
        .collect();
    let mut fast = Vec::new();
    for (at, (text, query)) in texts.iter().zip(&queries).enumerate() {
        ours.insert(corpus.len() + at, text);
        fast.push(time(|| {
            std::hint::black_box(ours.top(query, K));
        }));
    }
    let (mut slow, mut walls) = (Vec::new(), Vec::new());
    let mut writer = peer.writer()?;
    for (text, query) in texts.iter().zip(&queries) {
        peer.write(&writer, text)?;
        let prepared = peer.prepare(query, PrefixBy::Range)?;
        let (start, wall) = (cpu_time(), Instant::now());
        peer.refresh(&mut writer)?;
        std::hint::black_box(peer.top(&prepared, K)?);
        slow.push(micros(cpu_time() - start));
        walls.push(micros(wall.elapsed()));
    }
    writer.wait_merging_threads()?;
    let (ours99, peer99) = (
        percentile(fast.clone(), 0.99),
        percentile(slow.clone(), 0.99),
    );
    say(&format!("{}: mix p99 {:.0}x", corpus.name, peer99 / ours99));
    let cells = vec![
        ("data", json!(corpus.name)),
        ("pairs", json!(fast.len())),
        ("nuthatch p50", json!(median(fast))),
        ("nuthatch p99", json!(ours99)),
        ("tantivy p50", json!(median(slow))),
        ("tantivy p99", json!(peer99)),
        ("by the wall p50", json!(median(walls.clone()))),
        ("by the wall p99", json!(percentile(walls, 0.99))),
        ("ratio of p99", json!(peer99 / ours99)),
    ];
    report.row("a write, then a search that sees it: the search, µs", cells);
    // Among a million documents a search alone takes as long as a commit: that row says what search costs.
    if corpus.name != Corpus::GENERATED {
        report.case("mix", peer99 / ours99);
    }
    Ok(())
}

/// Microseconds of CPU time that something takes: of the slowest in a hundred, a busy machine would show
/// its turns by the clock on the wall.
fn time(work: impl FnOnce()) -> f64 {
    let start = cpu_time();
    work();
    micros(cpu_time() - start)
}
