//! What distances a graph is built and walked on: exact ones between rows, or those of codes.

use super::codes::{Codes, Form};
use super::kernel;
#[cfg(target_arch = "x86_64")]
use super::kernel::{Avx2, Compiles, Work};
use super::query::Point;
use super::rows::AnyRows;
#[cfg(target_arch = "x86_64")]
use super::rows::Rows;
use super::slots::RowId;
use crate::prefetch::prefetch;

/// A row and how far it is from what is searched for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Candidate {
    pub(super) distance: f32,
    pub(super) row: RowId,
}

/// Rows as points between which there are distances.
///
/// Its methods are called in inner loops, which [`run`](Self::run) compiles for the CPU.
pub(super) trait Space {
    /// What distances are measured from: a prepared query, or a row's own form of it.
    type Point: ?Sized;
    /// Memory for the point of a row that has none.
    type Buffer: Default;
    /// A row once it is known where it lies.
    type Place<'a>: Copy
    where
        Self: 'a;

    /// Where a row lies.
    fn place(&self, row: RowId) -> Self::Place<'_>;

    /// Fetches what [`distances`](Self::distances) will read of a row.
    fn prefetch(&self, place: Self::Place<'_>);

    /// As [`distance`](Self::distance), of four rows at once.
    fn distances(&self, from: &Self::Point, to: [Self::Place<'_>; 4]) -> [f32; 4];

    /// As [`distance`](Self::distance).
    fn distance_of(&self, from: &Self::Point, to: Self::Place<'_>) -> f32;

    /// How far a row is from a point, smaller being nearer: in the order of the metric's distance,
    /// but not on its scale. Never NaN.
    #[inline(always)]
    fn distance(&self, from: &Self::Point, to: RowId) -> f32 {
        self.distance_of(from, self.place(to))
    }

    /// A row as a point.
    fn point<'a>(&'a self, row: RowId, buffer: &'a mut Self::Buffer) -> &'a Self::Point;

    /// Whether a row and one near it may have the same vector: true whenever they have.
    fn may_coincide(&self, row: RowId, near: &Candidate) -> bool;

    /// Runs a loop over distances, compiled for the CPU that this space is for.
    fn run<J: Job>(&self, job: J) -> J::Output;
}

/// A loop over distances. `run`, and what it calls in the loop, must be `#[inline(always)]`.
pub(super) trait Job {
    type Output;

    fn run(self) -> Self::Output;
}

/// Rows of any type, or their codes, on any CPU: a call for each distance.
pub(super) struct AnySpace<'a> {
    pub(super) rows: &'a dyn AnyRows,
    pub(super) codes: Option<&'a Codes>,
}

impl Space for AnySpace<'_> {
    type Point = Point;
    type Buffer = Point;
    type Place<'a>
        = RowId
    where
        Self: 'a;

    fn place(&self, row: RowId) -> RowId {
        row
    }

    fn distances(&self, from: &Point, to: [RowId; 4]) -> [f32; 4] {
        to.map(|row| self.distance_of(from, row))
    }

    fn distance_of(&self, from: &Point, to: RowId) -> f32 {
        match (self.codes, from) {
            (Some(codes), Point::Code(code)) => {
                kernel::one_code(codes.form() == Form::Signed, code, codes.get(to))
            }
            (_, point) => self.rows.walked(point, to),
        }
    }

    fn point<'a>(&'a self, row: RowId, buffer: &'a mut Point) -> &'a Point {
        match self.codes {
            Some(codes) => *buffer = Point::Code(codes.get(row).to_vec()),
            None => self.rows.point(row, buffer),
        }
        buffer
    }

    fn may_coincide(&self, row: RowId, near: &Candidate) -> bool {
        match self.codes {
            Some(codes) => codes.get(row) == codes.get(near.row),
            None => self.rows.may_coincide(near.distance),
        }
    }

    fn prefetch(&self, row: RowId) {
        match self.codes {
            Some(codes) => prefetch_code(codes.get(row)),
            None => self.rows.prefetch(row),
        }
    }

    fn run<J: Job>(&self, job: J) -> J::Output {
        job.run()
    }
}

/// Codes, with what the CPU is proven to have.
#[cfg(target_arch = "x86_64")]
pub(super) struct CodeSpace<'a, S> {
    pub(super) codes: &'a Codes,
    pub(super) simd: S,
}

#[cfg(target_arch = "x86_64")]
impl<S: Compiles + kernel::Rows<f32>> Space for CodeSpace<'_, S> {
    type Point = [u8];
    type Buffer = ();
    type Place<'a>
        = &'a [u8]
    where
        Self: 'a;

    #[inline(always)]
    fn place(&self, row: RowId) -> &[u8] {
        self.codes.get(row)
    }

    #[inline(always)]
    fn prefetch(&self, code: &[u8]) {
        prefetch_code(code);
    }

    #[inline(always)]
    #[expect(
        clippy::cast_precision_loss,
        reason = "codes are less exact than the rounding"
    )]
    fn distances(&self, from: &[u8], codes: [&[u8]; 4]) -> [f32; 4] {
        match self.codes.form() {
            Form::Centred => {
                // Not by `map`, which is not always inlined.
                let [a, b, c, d] = self.simd.u7_l2_x4(from, codes);
                [a as f32, b as f32, c as f32, d as f32]
            }
            Form::Signed => {
                let [a, b, c, d] = codes;
                [
                    self.distance_of(from, a),
                    self.distance_of(from, b),
                    self.distance_of(from, c),
                    self.distance_of(from, d),
                ]
            }
        }
    }

    #[inline(always)]
    #[expect(
        clippy::cast_precision_loss,
        reason = "codes are less exact than the rounding"
    )]
    fn distance_of(&self, from: &[u8], code: &[u8]) -> f32 {
        match self.codes.form() {
            Form::Centred => self.simd.u7_l2(from, code) as f32,
            Form::Signed => {
                let [from, code] = [from, code].map(bytemuck::cast_slice);
                -(self.simd.i7_dot(from, code) as f32)
            }
        }
    }

    #[inline(always)]
    fn point<'a>(&'a self, row: RowId, (): &'a mut ()) -> &'a [u8] {
        self.codes.get(row)
    }

    fn may_coincide(&self, row: RowId, near: &Candidate) -> bool {
        self.codes.get(row) == self.codes.get(near.row)
    }

    fn run<J: Job>(&self, job: J) -> J::Output {
        self.simd.run(Compiled(job))
    }
}

/// Rows of `f32`, with AVX2.
#[cfg(target_arch = "x86_64")]
pub(super) struct SingleSpace<'a> {
    pub(super) rows: &'a Rows<f32>,
    pub(super) simd: Avx2,
}

#[cfg(target_arch = "x86_64")]
impl Space for SingleSpace<'_> {
    type Point = [f32];
    type Buffer = Vec<f32>;
    type Place<'a>
        = RowId
    where
        Self: 'a;

    #[inline(always)]
    fn place(&self, row: RowId) -> RowId {
        row
    }

    #[inline(always)]
    fn distances(&self, from: &[f32], [a, b, c, d]: [RowId; 4]) -> [f32; 4] {
        [
            self.distance_of(from, a),
            self.distance_of(from, b),
            self.distance_of(from, c),
            self.distance_of(from, d),
        ]
    }

    #[inline(always)]
    fn distance_of(&self, from: &[f32], to: RowId) -> f32 {
        self.rows.walked_by(self.simd, from, to)
    }

    fn point<'a>(&'a self, row: RowId, buffer: &'a mut Vec<f32>) -> &'a [f32] {
        self.rows.prepared(row, buffer);
        buffer
    }

    fn may_coincide(&self, _: RowId, near: &Candidate) -> bool {
        self.rows.may_coincide(near.distance)
    }

    #[inline(always)]
    fn prefetch(&self, row: RowId) {
        self.rows.prefetch(row);
    }

    fn run<J: Job>(&self, job: J) -> J::Output {
        self.simd.run(Compiled(job))
    }
}

/// A job as work for a CPU.
#[cfg(target_arch = "x86_64")]
struct Compiled<J>(J);

#[cfg(target_arch = "x86_64")]
impl<J: Job> Work<f32> for Compiled<J> {
    type Output = J::Output;

    #[inline(always)]
    fn run<S: kernel::Rows<f32>>(self, _: S) -> J::Output {
        self.0.run()
    }
}

#[inline(always)]
fn prefetch_code(code: &[u8]) {
    prefetch_bytes(code.as_ptr(), code.len());
}

/// Fetches some bytes, or the beginning of them.
#[inline(always)]
pub(super) fn prefetch_bytes(start: *const u8, bytes: usize) {
    const LINE: usize = 64;
    /// A whole row of 384 `f32`, of which a walk takes a quarter less time than where 8 lines are fetched and the CPU
    /// goes on by itself (`nuthatch-bench vector --engines nuthatch-f32`). Of rows of 1,024 it takes longer where all 64
    /// lines are: several rows are fetched at once.
    const MOST_LINES: usize = 24;
    for line in 0..bytes.div_ceil(LINE).min(MOST_LINES) {
        prefetch(start.wrapping_add(line * LINE));
    }
}
