//! What one distance costs in a scan of rows that the nearest caches hold, by type and number of
//! components; first in each group is simsimd, for types that it has.
//!
//! Criterion measures each contender by itself; the ratios at the end come from interleaved rounds.

#![expect(clippy::print_stdout, reason = "a benchmark reports by printing")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group};
use half::{bf16, f16};
use nuthatch_bench::interleave::{Contender, measure};
use nuthatch_indexes::vector::bench::{
    ByteKernel, Kernel, Scannable, SignedKernel, encode, scan_bytes, scan_signed,
};
use simsimd::SpatialSimilarity;

const DIMENSIONS: [usize; 4] = [128, 384, 768, 1536];

/// Rows of a scan: 4 to 48 KiB of codes, 16 to 192 KiB of `f32`.
const ROWS: u16 = 32;

/// Scans in a batch.
const SCANS: u16 = 100;

const ROUNDS: usize = 41;

/// A name and a scan of the rows.
type Scan<'a> = (&'static str, Box<dyn FnMut() + 'a>);

/// A distance as simsimd computes it.
type Compare<T> = fn(&[T], &[T]) -> Option<f64>;

/// Components from -1 to 1 in every type.
struct Components {
    f32: Vec<f32>,
    f64: Vec<f64>,
    f16: Vec<f16>,
    bf16: Vec<bf16>,
    simsimd_f16: Vec<simsimd::f16>,
    simsimd_bf16: Vec<simsimd::bf16>,
    i8: Vec<i8>,
    /// 0 to 127, so that they are codes too.
    u8: Vec<u8>,
}

impl Components {
    fn new(count: usize, seed: u32) -> Self {
        let mut state = seed;
        // A linear congruential generator, of which the upper byte is good enough.
        let i8: Vec<i8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            i8::from_le_bytes([state.to_be_bytes()[0]]).max(-127)
        })
        .take(count)
        .collect();
        let f32: Vec<f32> = i8.iter().map(|x| f32::from(*x) / 127.0).collect();
        let f16: Vec<f16> = f32.iter().map(|x| f16::from_f32(*x)).collect();
        let bf16: Vec<bf16> = f32.iter().map(|x| bf16::from_f32(*x)).collect();
        Self {
            f64: f32.iter().map(|x| f64::from(*x)).collect(),
            simsimd_f16: f16.iter().map(|x| simsimd::f16(x.to_bits())).collect(),
            simsimd_bf16: bf16.iter().map(|x| simsimd::bf16(x.to_bits())).collect(),
            u8: i8.iter().map(|x| x.unsigned_abs()).collect(),
            f32,
            f16,
            bf16,
            i8,
        }
    }
}

/// Our kernels for rows of a type.
fn ours<'a, T: Scannable>(query: &'a [T::Wide], rows: &'a [T]) -> Vec<Scan<'a>> {
    let kernels = [
        ("l2", Kernel::L2),
        ("dot", Kernel::Dot),
        ("scaled l2", Kernel::ScaledL2),
    ];
    let scan = |(name, kernel)| -> Scan<'a> {
        let scan = move || {
            black_box(T::scan(kernel, black_box(query), rows));
        };
        (name, Box::new(scan))
    };
    kernels.map(scan).into()
}

/// simsimd's kernels for a type.
fn simsimds<'a, T: SpatialSimilarity>(query: &'a [T], rows: &'a [T]) -> Vec<Scan<'a>> {
    let kernels: [(_, Compare<T>); 2] = [("simsimd l2", T::sqeuclidean), ("simsimd dot", T::dot)];
    let scan = |(name, kernel): (_, Compare<T>)| -> Scan<'a> {
        let scan = move || {
            let distances = rows.chunks_exact(query.len());
            let distances = distances.filter_map(|row| kernel(black_box(query), row));
            black_box(distances.sum::<f64>());
        };
        (name, Box::new(scan))
    };
    kernels.map(scan).into()
}

/// Exact kernels of bytes.
fn bytes<'a>(query: &'a Components, rows: &'a Components) -> Vec<Scan<'a>> {
    let signed = |(name, kernel)| -> Scan<'a> {
        let scan = move || {
            black_box(scan_signed(kernel, black_box(&query.i8), &rows.i8));
        };
        (name, Box::new(scan))
    };
    let unsigned = |(name, kernel)| -> Scan<'a> {
        let scan = move || {
            black_box(scan_bytes(kernel, black_box(&query.u8), &rows.u8));
        };
        (name, Box::new(scan))
    };
    let signed = [("i7 dot", SignedKernel::I7Dot)].map(signed);
    let unsigned = [
        ("u7 l2", ByteKernel::U7L2),
        ("u7 l2, four at once", ByteKernel::U7L2X4),
    ]
    .map(unsigned);
    signed.into_iter().chain(unsigned).collect()
}

fn encoding<'a>(query: &'a Components, rows: &'a Components) -> Vec<Scan<'a>> {
    let mut codes = vec![0; rows.f32.len()];
    let scan = move || {
        encode(black_box(&rows.f32), &query.f32, 30.0, &mut codes);
        black_box(&mut codes);
    };
    vec![("u7 encode", Box::new(scan))]
}

/// The groups of contenders, by type.
fn groups<'a>(query: &'a Components, rows: &'a Components) -> Vec<(&'static str, Vec<Scan<'a>>)> {
    let join = |mut simsimds: Vec<Scan<'a>>, ours| {
        simsimds.extend(ours);
        simsimds
    };
    let f32 = join(simsimds(&query.f32, &rows.f32), ours(&query.f32, &rows.f32));
    let f64 = join(simsimds(&query.f64, &rows.f64), ours(&query.f64, &rows.f64));
    let f16 = join(
        simsimds(&query.simsimd_f16, &rows.simsimd_f16),
        ours(&query.f32, &rows.f16),
    );
    let bf16 = join(
        simsimds(&query.simsimd_bf16, &rows.simsimd_bf16),
        ours(&query.f32, &rows.bf16),
    );
    vec![
        ("FLOAT32", f32),
        ("FLOAT64", f64),
        ("FLOAT16", f16),
        ("BFLOAT16", bf16),
        ("INT8 to a query of f32", ours(&query.f32, &rows.i8)),
        ("UINT8 to a query of f32", ours(&query.f32, &rows.u8)),
        (
            "bytes",
            join(simsimds(&query.i8, &rows.i8), bytes(query, rows)),
        ),
        ("encoding", encoding(query, rows)),
    ]
}

/// Calls back with the groups of each number of components, as contenders.
fn each_group(mut body: impl FnMut(&str, Vec<Contender<'_>>)) {
    for dimensions in DIMENSIONS {
        let query = Components::new(dimensions, 1);
        let rows = Components::new(dimensions * usize::from(ROWS), 2);
        for (name, scans) in groups(&query, &rows) {
            let contenders = scans.into_iter().map(|(name, mut scan)| Contender {
                name: name.to_owned(),
                operations: u32::from(ROWS) * u32::from(SCANS),
                batch: Box::new(move || (0..SCANS).for_each(|_| scan())),
            });
            body(
                &format!("{name}, {dimensions} components"),
                contenders.collect(),
            );
        }
    }
}

fn by_itself(criterion: &mut Criterion) {
    each_group(|name, contenders| {
        let mut group = criterion.benchmark_group(name);
        group.sample_size(20);
        for mut contender in contenders {
            group.throughput(Throughput::Elements(contender.operations.into()));
            group.bench_function(&contender.name, |bencher| {
                bencher.iter(&mut contender.batch)
            });
        }
        group.finish();
    });
}

/// The interleaved rounds and their ratios.
fn side_by_side() {
    each_group(|name, mut contenders| {
        println!("\n{name}: medians of {ROUNDS} interleaved rounds");
        for line in measure(ROUNDS, &mut contenders) {
            let nanoseconds = line.median.as_secs_f64() * 1e9;
            println!("{:28} {nanoseconds:9.0} ns {:8.2}×", line.name, line.ratio);
        }
    });
}

criterion_group!(
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(300));
    targets = by_itself
);

fn main() {
    benches();
    side_by_side();
    Criterion::default().configure_from_args().final_summary();
}
