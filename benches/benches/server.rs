//! What the module costs a server: an `HSET` of an indexed document against the same server
//! without the module, and an `FT.SEARCH` round trip against a `PING`.
//!
//! `make bench` builds the module and says where the server and the module are. Criterion measures
//! each contender by itself; the ratios at the end come from interleaved rounds.

#![expect(clippy::print_stdout, reason = "a benchmark reports by printing")]

use std::cell::RefCell;
use std::rc::Rc;

use criterion::{Criterion, Throughput, criterion_group};
use nuthatch_bench::interleave::{Contender, measure};
use nuthatch_bench::server::Server;
use nuthatch_datasets::Named;
use redis::{Cmd, Connection, Pipeline, Value, cmd, pipe};

/// Commands sent at once, so that the server and not the connection is measured.
const PIPELINED: u16 = 100;

/// Round trips in one batch of a search.
const ROUND_TRIPS: u32 = 100;

const ROUNDS: usize = 41;

const WORDS: &[&str] = &["title", "body", "tags", "size"];
const VECTOR: &[&str] = &["title", "body", "tags", "size", "vector"];

/// The documents of the sample as `HSET` takes them, and a query vector.
struct Sample {
    documents: Vec<Vec<(&'static str, Vec<u8>)>>,
    vector: Vec<u8>,
}

/// A server with a connection, and the number of the document that is written next.
struct Target {
    _server: Server,
    connection: Connection,
    next: usize,
}

impl Sample {
    fn load() -> Self {
        let data = Named::Sample
            .load()
            .expect("the sample is in the repository");
        let bytes = |row: ndarray::ArrayView1<'_, f32>| -> Vec<u8> {
            row.iter()
                .flat_map(|component| component.to_le_bytes())
                .collect()
        };
        let vectors = data.vectors.expect("the sample has vectors");
        let queries = data.query_vectors.expect("the sample has query vectors");
        let documents = data.documents.iter().zip(vectors.rows());
        Self {
            documents: documents
                .map(|(document, vector)| {
                    vec![
                        ("title", document.title.clone().into_bytes()),
                        ("body", document.body.clone().into_bytes()),
                        ("tags", document.tags.join(",").into_bytes()),
                        ("size", document.body.len().to_string().into_bytes()),
                        ("vector", bytes(vector)),
                    ]
                })
                .collect(),
            vector: bytes(queries.row(0)),
        }
    }

    /// The next documents as one pipeline of `HSET`; a key gets another document every time.
    fn writes(&self, prefix: &str, fields: &[&str], next: &mut usize) -> Pipeline {
        let mut pipeline = pipe();
        for _ in 0..PIPELINED {
            let key = format!("{prefix}{}", *next % self.documents.len());
            let document = &self.documents[(*next * 7 + *next / 3000) % self.documents.len()];
            let command = pipeline.cmd("HSET").arg(key);
            for (name, value) in document.iter().filter(|(name, _)| fields.contains(name)) {
                command.arg(*name).arg(value);
            }
            command.ignore();
            *next += 1;
        }
        pipeline
    }

    fn search(&self, query: &str) -> Cmd {
        let mut command = cmd("FT.SEARCH");
        command.arg("all").arg(query).arg("NOCONTENT");
        command.arg("PARAMS").arg(2).arg("v").arg(&self.vector);
        command
    }
}

impl Target {
    fn start(module: bool) -> Self {
        let server = std::env::var("NUTHATCH_VALKEY_SERVER")
            .expect("NUTHATCH_VALKEY_SERVER names a server; run `make bench`");
        let module = module.then(|| {
            std::env::var("NUTHATCH_MODULE")
                .expect("NUTHATCH_MODULE names the module; run `make bench`")
        });
        let server = Server::start(&server, module.as_deref()).expect("the server starts");
        let connection = server.connect().expect("the server answers");
        Self {
            _server: server,
            connection,
            next: 0,
        }
    }

    fn run(&mut self, command: &Cmd) {
        command
            .query::<Value>(&mut self.connection)
            .expect("the command is valid");
    }

    fn write(&mut self, sample: &Sample, prefix: &str, fields: &[&str]) {
        sample
            .writes(prefix, fields, &mut self.next)
            .query::<()>(&mut self.connection)
            .expect("documents are valid");
    }
}

/// A server with the module, an index on `doc:` of words and one on `vec:` of words and vectors,
/// both filled with the sample.
fn full_server(sample: &Sample) -> Target {
    let mut target = Target::start(true);
    let text = "title TEXT WEIGHT 2 body TEXT tags TAG size NUMERIC";
    let vector = "vector VECTOR HNSW 6 TYPE FLOAT32 DIM 384 DISTANCE_METRIC COSINE";
    for (name, prefix, schema) in [
        ("words", "doc:", text.to_owned()),
        ("all", "vec:", format!("{text} {vector}")),
    ] {
        let mut create = cmd("FT.CREATE");
        create
            .arg(name)
            .arg("PREFIX")
            .arg(1)
            .arg(prefix)
            .arg("SCHEMA");
        for word in schema.split(' ') {
            create.arg(word);
        }
        target.run(&create);
    }
    for (prefix, fields) in [("doc:", WORDS), ("vec:", VECTOR)] {
        for _ in 0..sample.documents.len() / usize::from(PIPELINED) {
            target.write(sample, prefix, fields);
        }
    }
    target
}

/// Pipelined writes: on a server without the module first, then with it on a key that no index
/// takes, then on one that an index takes.
fn writes<'a>(sample: &'a Sample, indexed: &'a str, fields: &'a [&'a str]) -> Vec<Contender<'a>> {
    let bare = Rc::new(RefCell::new(Target::start(false)));
    let full = Rc::new(RefCell::new(full_server(sample)));
    [
        ("server without the module", bare, indexed),
        ("with it, key of no index", Rc::clone(&full), "other:"),
        ("with it, indexed key", full, indexed),
    ]
    .map(|(name, target, prefix)| Contender {
        name: name.to_owned(),
        operations: u32::from(PIPELINED),
        batch: Box::new(move || target.borrow_mut().write(sample, prefix, fields)),
    })
    .into()
}

/// Round trips on the 3,000 documents of the sample.
fn searches(sample: &Sample) -> Vec<Contender<'_>> {
    let full = Rc::new(RefCell::new(full_server(sample)));
    [
        ("PING", None),
        ("by tag", Some("@tags:{python}")),
        ("by tag and number", Some("@tags:{python} @size:[100 500]")),
        ("by word", Some("library")),
        ("by two words", Some("library files")),
        ("10 nearest", Some("*=>[KNN 10 @vector $v]")),
        (
            "10 nearest of a tag",
            Some("(@tags:{python})=>[KNN 10 @vector $v]"),
        ),
    ]
    .map(|(name, query)| {
        let target = Rc::clone(&full);
        let command = query.map_or_else(|| cmd("PING"), |query| sample.search(query));
        Contender {
            name: name.to_owned(),
            operations: ROUND_TRIPS,
            batch: Box::new(move || {
                for _ in 0..ROUND_TRIPS {
                    target.borrow_mut().run(&command);
                }
            }),
        }
    })
    .into()
}

/// The groups of contenders, by name.
fn groups(sample: &Sample) -> Vec<(&'static str, Vec<Contender<'_>>)> {
    vec![
        (
            "HSET of words, tags and a number",
            writes(sample, "doc:", WORDS),
        ),
        (
            "HSET of the same and a 384-d vector",
            writes(sample, "vec:", VECTOR),
        ),
        ("FT.SEARCH round trip", searches(sample)),
    ]
}

fn by_itself(criterion: &mut Criterion) {
    let sample = Sample::load();
    for (group, contenders) in groups(&sample) {
        let mut group = criterion.benchmark_group(group);
        group.sample_size(20);
        for mut contender in contenders {
            group.throughput(Throughput::Elements(contender.operations.into()));
            group.bench_function(&contender.name, |bencher| {
                bencher.iter(&mut contender.batch)
            });
        }
        group.finish();
    }
}

/// The interleaved rounds and their ratios.
fn side_by_side() {
    let sample = Sample::load();
    for (group, mut contenders) in groups(&sample) {
        println!("\n{group}: medians of {ROUNDS} interleaved rounds");
        for line in measure(ROUNDS, &mut contenders) {
            let microseconds = line.median.as_secs_f64() * 1e6;
            println!("{:28} {microseconds:9.1} µs {:8.2}×", line.name, line.ratio);
        }
    }
}

criterion_group!(benches, by_itself);

fn main() {
    benches();
    side_by_side();
    Criterion::default().configure_from_args().final_summary();
}
