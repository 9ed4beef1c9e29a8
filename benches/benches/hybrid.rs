//! What a hybrid search costs beside its legs: each of these is a command in-process, and `both` should
//! cost no more than `words` and `vector` together, with a filter that they share less than that.

use std::hint::black_box;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use nuthatch::Engine;
use nuthatch::reply::Reply;

const DOCUMENTS: u32 = 50_000;
const DIMENSIONS: u32 = 64;
/// Words of a document, of so many; word `n` is in about one of `n` documents.
const VOCABULARY: u32 = 2_000;

/// Numbers without a pattern, the same each time (xorshift).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from(self.0 >> 32).expect("half of it")
    }

    fn vector(&mut self) -> Vec<u8> {
        (0..DIMENSIONS)
            .flat_map(|_| {
                let small = f32::from(u16::try_from(self.next() >> 16).expect("half of it"));
                (small / 65_536.0 - 0.5).to_le_bytes()
            })
            .collect()
    }

    fn word(&mut self) -> String {
        let (a, b) = (self.next() % VOCABULARY + 1, self.next() % VOCABULARY + 1);
        format!("w{}", a * b / VOCABULARY)
    }
}

fn engine(random: &mut Random) -> Engine {
    let mut engine = Engine::new();
    let create = format!(
        "FT.CREATE i SCHEMA t TEXT n NUMERIC v VECTOR HNSW 6 TYPE FLOAT32 DIM {DIMENSIONS} \
         DISTANCE_METRIC COSINE"
    );
    engine.execute(&create.split(' ').collect::<Vec<_>>());
    for number in 0..DOCUMENTS {
        let words: Vec<String> = (0..30).map(|_| random.word()).collect();
        engine.execute(&[
            b"HSET".to_vec(),
            format!("d:{number}").into_bytes(),
            b"t".to_vec(),
            words.join(" ").into_bytes(),
            b"n".to_vec(),
            (random.next() % 1_000).to_string().into_bytes(),
            b"v".to_vec(),
            random.vector(),
        ]);
    }
    engine
}

/// Runs a command, of which `$` is the vector.
fn measure(
    group: &mut BenchmarkGroup<'_, WallTime>,
    engine: &mut Engine,
    name: &str,
    command: &[&str],
    vector: &[u8],
) {
    let words: Vec<Vec<u8>> = command
        .iter()
        .map(|word| match *word {
            "$" => vector.to_vec(),
            word => word.as_bytes().to_vec(),
        })
        .collect();
    let reply = engine.execute(&words);
    assert!(matches!(reply, Reply::Array(_)), "{name}: {reply:?}");
    group.bench_function(name, |bencher| {
        bencher.iter(|| black_box(engine.execute(&words)));
    });
}

fn hybrid(criterion: &mut Criterion) {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut engine = engine(&mut random);
    let vector = random.vector();
    let mut group = criterion.benchmark_group("hybrid");
    let (words, filter) = ("w3 | w40 | w700", "@n:[250 750]");
    let filtered = format!("({words}) {filter}");
    let near = format!("({filter})=>[KNN 20 @v $q]");
    let tail = ["PARAMS", "2", "q", "$", "TIMEOUT", "0"];
    let page = ["NOCONTENT", "LIMIT", "0", "20"];
    for (name, command) in [
        ("words", vec!["FT.SEARCH", "i", words, "WITHOUTCOUNT"]),
        ("vector", vec!["FT.SEARCH", "i", "*=>[KNN 20 @v $q]"]),
        (
            "words, filtered",
            vec!["FT.SEARCH", "i", &filtered, "WITHOUTCOUNT"],
        ),
        ("vector, filtered", vec!["FT.SEARCH", "i", &near]),
    ] {
        let command = [command, page.to_vec(), tail.to_vec()].concat();
        measure(&mut group, &mut engine, name, &command, &vector);
    }
    let knn = ["VSIM", "@v", "$q", "KNN", "2", "K", "20"];
    for (name, legs) in [
        (
            "both",
            [["FT.HYBRID", "i", "SEARCH", words].to_vec(), knn.to_vec()].concat(),
        ),
        (
            "both, filtered",
            [
                ["FT.HYBRID", "i", "SEARCH", &filtered].to_vec(),
                knn.to_vec(),
                vec!["FILTER", filter],
            ]
            .concat(),
        ),
    ] {
        let command = [legs, vec!["LIMIT", "0", "20"], tail.to_vec()].concat();
        measure(&mut group, &mut engine, name, &command, &vector);
    }
    group.finish();
}

criterion_group!(benches, hybrid);
criterion_main!(benches);
