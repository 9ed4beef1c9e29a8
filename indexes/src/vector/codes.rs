//! Vectors in a byte for each component: what graphs are built and walked on, and what a scan looks
//! at first.
//!
//! A code is a scalar quantisation with one scale for all components, clipped where one in two
//! thousand components lies beyond (vector.md). It is exact enough to order candidates, and how far
//! it is from its vector is known, so that a scan can prove what it leaves out.

use std::sync::atomic::{AtomicU64, Ordering};

use super::arena::Arena;
use super::kernel;
use super::params::Metric;
use super::query::Query;
use super::slots::RowId;

/// The share of components beyond the largest code when codes are trained.
const CLIPPED: f64 = 0.0005;

/// Codes are trained anew when of the components coded since a larger share is clipped…
const MOST_CLIPPED: f64 = 20.0 * CLIPPED;

/// …or when codes have become coarse: when they are on average nearer to the middle than this share
/// of what they were when trained.
const LEAST_SPREAD: f64 = 0.4;

/// The middle of [`Form::Centred`] codes, and the farthest that both forms go from theirs.
const MIDDLE: f32 = 64.0;
const CENTRED_REACH: f32 = 63.0;
const SIGNED_REACH: f32 = 127.0;

/// How codes stand for components.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// 0 to 127 around the mean of each component: one instruction squares and adds 32 differences.
    /// For distances that do not change when all vectors are moved.
    Centred,
    /// −127 to 127 around 0, for inner products.
    Signed,
}

/// How components become codes.
#[derive(Debug)]
pub(super) struct Quantiser {
    form: Form,
    /// By component, padding included; zeros in [`Form::Signed`].
    mean: Box<[f32]>,
    /// What a code of 1 stands for.
    step: f32,
    /// How many steps an average component was from the middle when this was trained.
    spread: f64,
    /// By how much exact distances are rounded, as a share of the lengths of what is compared…
    rounding: f64,
    /// …and beyond that because of vectors having been scaled to length 1.
    scaling: f64,
}

impl Quantiser {
    /// Learns mean and scale from rows one behind the other, each `width` long.
    pub(super) fn train(metric: Metric, width: usize, sample: &[f32]) -> Self {
        let (form, reach) = match metric {
            Metric::L2 | Metric::Cosine => (Form::Centred, CENTRED_REACH),
            Metric::Ip => (Form::Signed, SIGNED_REACH),
        };
        let mut mean = vec![0.0_f32; width];
        if form == Form::Centred {
            let rows = narrow(to_f64(sample.len() / width.max(1)).max(1.0));
            for row in sample.chunks_exact(width.max(1)) {
                for (mean, x) in mean.iter_mut().zip(row) {
                    *mean += x / rows;
                }
            }
        }
        let deviation = |row: &[f32]| -> Vec<f32> {
            let pairs = row.iter().zip(&mean);
            pairs.map(|(x, mean)| (x - mean).abs()).collect()
        };
        let mut deviations: Vec<f32> = sample
            .chunks_exact(width.max(1))
            .flat_map(deviation)
            .filter(|deviation| *deviation > 0.0)
            .collect();
        let clip = quantile(&mut deviations, 1.0 - CLIPPED);
        let step = (clip / reach).clamp(f32::MIN_POSITIVE, f32::MAX);
        let steps = deviations.iter().map(|x| f64::from((x / step).min(reach)));
        let all: f64 = steps.sum();
        Self {
            form,
            mean: mean.into(),
            step,
            spread: all / to_f64(sample.len()).max(1.0),
            // Kernels add at least 16 sums side by side.
            rounding: (to_f64(width) / 16.0 + 16.0) * f64::from(f32::EPSILON),
            scaling: if metric == Metric::Cosine { 1e-6 } else { 0.0 },
        }
    }

    /// Codes a prepared vector.
    pub(super) fn encode(&self, vector: &[f32], code: &mut [u8]) {
        match self.form {
            Form::Centred => kernel::u7_encode(vector, &self.mean, 1.0 / self.step, code),
            Form::Signed => signed(vector, self.step, code),
        }
    }

    /// The distance of a vector from what its code stands for, and that of the latter from the mean.
    fn error(&self, vector: &[f32], code: &[u8]) -> (f64, f64) {
        let (mut error, mut length) = (0.0, 0.0);
        for ((x, code), mean) in vector.iter().zip(code).zip(&self.mean) {
            let decoded = self.decoded(*code);
            error += (f64::from(*x) - f64::from(*mean) - decoded).powi(2);
            length += decoded * decoded;
        }
        (error.sqrt(), length.sqrt())
    }

    /// How far from the mean.
    fn decoded(&self, code: u8) -> f64 {
        let steps = match self.form {
            Form::Centred => f64::from(code) - f64::from(MIDDLE),
            Form::Signed => f64::from(code.cast_signed()),
        };
        steps * f64::from(self.step)
    }
}

/// A query's code.
pub(super) struct QueryCode {
    pub(super) code: Vec<u8>,
    /// What a distance of one between codes stands for: the square of a step, or the product of the
    /// query's step and the rows'.
    unit: f64,
    /// How far the query is from its code, and from the mean; 0 unless
    /// [bounded](Codes::bounded_query).
    error: f64,
    length: f64,
}

/// The codes of rows.
pub(super) struct Codes {
    quantiser: Quantiser,
    arena: Arena<u8>,
    /// How far each row is from its code, where scans need it; negative for a row that its metric
    /// has farther than it lies.
    errors: Option<Arena<f32>>,
    /// The largest of those errors, and the longest decoded row, from the mean, as bits of `f64`s that are not
    /// negative and so are ordered like them.
    largest_error: AtomicU64,
    longest: AtomicU64,
    drift: Drift,
}

/// What has been coded since training.
#[derive(Debug, Default)]
struct Drift {
    rows: AtomicU64,
    clipped: AtomicU64,
    /// Steps from the middle, in all.
    spread: AtomicU64,
}

impl Codes {
    /// No codes yet; `bounded` if scans are to prove by them what they leave out.
    pub(super) fn new(quantiser: Quantiser, bounded: bool) -> Self {
        Self {
            arena: Arena::new(quantiser.mean.len()),
            quantiser,
            errors: bounded.then(|| Arena::new(1)),
            largest_error: AtomicU64::new(0),
            longest: AtomicU64::new(0),
            drift: Drift::default(),
        }
    }

    #[inline(always)]
    pub(super) const fn form(&self) -> Form {
        self.quantiser.form
    }

    #[inline(always)]
    pub(super) fn get(&self, row: RowId) -> &[u8] {
        self.arena.get(row)
    }

    /// Codes a row, given as prepared and so far from its vector; `is_zero` if it has no direction under [`Metric::Cosine`].
    ///
    /// # Safety
    /// As of [`Arena::write`].
    pub(super) unsafe fn write(&self, row: RowId, vector: &[f32], rounded: f64, is_zero: bool) {
        self.arena.reserve(row);
        // SAFETY: the caller's promise.
        unsafe {
            self.arena
                .write(row, |code| self.quantiser.encode(vector, code));
        };
        self.drift.count(self.quantiser.form, self.get(row));
        let Some(errors) = &self.errors else { return };
        let (error, length) = self.quantiser.error(vector, self.get(row));
        let error = error + rounded;
        self.largest_error
            .fetch_max(error.to_bits(), Ordering::Relaxed);
        self.longest.fetch_max(length.to_bits(), Ordering::Relaxed);
        errors.reserve(row);
        // SAFETY: the caller's promise, for the row's error as well.
        unsafe {
            let error = if is_zero { -up(error) } else { up(error) };
            errors.write(row, |values| values.fill(error));
        };
    }

    /// Codes a query, for those who prove nothing by it.
    pub(super) fn query(&self, query: &Query) -> QueryCode {
        self.code_of(&query.single().0)
    }

    /// Codes a query, and says how far its code is from it.
    pub(super) fn bounded_query(&self, query: &Query) -> QueryCode {
        let (vector, rounded) = query.single();
        self.bounded_code_of(&vector, rounded)
    }

    fn code_of(&self, vector: &[f32]) -> QueryCode {
        let mut code = vec![0; vector.len()];
        let step = f64::from(self.quantiser.step);
        let unit = match self.quantiser.form {
            Form::Centred => {
                self.quantiser.encode(vector, &mut code);
                step * step
            }
            Form::Signed => {
                let largest = vector
                    .iter()
                    .fold(0.0_f32, |largest, x| largest.max(x.abs()));
                let own = (largest / SIGNED_REACH).max(f32::MIN_POSITIVE);
                signed(vector, own, &mut code);
                step * f64::from(own)
            }
        };
        QueryCode {
            code,
            unit,
            error: 0.0,
            length: 0.0,
        }
    }

    /// Codes a prepared query that is so far from the vector given.
    pub(super) fn bounded_code_of(&self, vector: &[f32], rounded: f64) -> QueryCode {
        let mut query = self.code_of(vector);
        let length = |squares: &mut dyn Iterator<Item = f64>| squares.sum::<f64>().sqrt();
        let pairs = vector.iter().zip(&self.quantiser.mean);
        query.length = length(&mut pairs.map(|(x, mean)| f64::from(x - mean).powi(2)));
        let error = match self.quantiser.form {
            Form::Centred => self.quantiser.error(vector, &query.code).0,
            Form::Signed => {
                let own = query.unit / f64::from(self.quantiser.step);
                let decoded = query.code.iter().map(|x| f64::from(x.cast_signed()) * own);
                let pairs = vector.iter().zip(decoded);
                length(&mut pairs.map(|(x, y)| (f64::from(*x) - y).powi(2)))
            }
        };
        query.error = error + rounded;
        query
    }

    /// The most that the codes of a query and of any row may be wrong by: in the Euclidean distance
    /// for [`Form::Centred`], in the inner product for [`Form::Signed`].
    pub(super) fn most_slack(&self, query: &QueryCode) -> f64 {
        let largest = f64::from_bits(self.largest_error.load(Ordering::Relaxed));
        self.slack_of(query, largest)
    }

    /// The same for one row, and whether the row is not farther either than its code and this say.
    #[inline(always)]
    pub(super) fn slack(&self, query: &QueryCode, row: RowId) -> (f64, bool) {
        let error = self.errors.as_ref().map(|errors| errors.get(row)[0]);
        let error = error.map_or(f64::INFINITY, f64::from);
        (self.slack_of(query, error.abs()), error.is_sign_positive())
    }

    /// The slack of a row as far from its code as most are, for walks, which prove nothing.
    pub(super) fn usual_slack(&self, query: &QueryCode) -> f64 {
        let components = to_f64(self.quantiser.mean.len());
        let error = f64::from(self.quantiser.step) * (components / 12.0).sqrt();
        match self.quantiser.form {
            Form::Centred => error.hypot(query.error),
            // Of the product of two vectors in no special directions, four deviations.
            Form::Signed => 4.0 * query.length * error / components.max(1.0).sqrt() + query.error,
        }
    }

    /// The distance of codes beyond which a row is hardly nearer than one at a distance of `kth`: by
    /// four deviations of what their codes are wrong by. None for [`Form::Signed`], where that depends
    /// on how long the vectors are.
    ///
    /// Each component of a code is wrong by up to half a step, evenly, which is a deviation of a step
    /// by √12; of the distance only what lies in its direction counts, and both ends are wrong.
    pub(super) fn cutoff(&self, query: &QueryCode, kth: f32) -> Option<f64> {
        const DEVIATIONS: f64 = 4.0;
        if self.quantiser.form == Form::Signed {
            return None;
        }
        let deviation = f64::from(self.quantiser.step) * (2.0_f64 / 12.0).sqrt();
        let value = query.decoded(Form::Centred, f64::from(kth));
        Some(query.encoded(Form::Centred, value + 2.0 * DEVIATIONS * deviation))
    }

    fn slack_of(&self, query: &QueryCode, error: f64) -> f64 {
        let Quantiser {
            form,
            rounding,
            scaling,
            ..
        } = &self.quantiser;
        let longest = f64::from_bits(self.longest.load(Ordering::Relaxed));
        let (slack, lengths) = match form {
            Form::Centred => (error + query.error, query.length + longest),
            Form::Signed => {
                let slack = query.length * error + query.error * longest;
                (slack, query.length * longest)
            }
        };
        let slack = slack * (1.0 + rounding) + lengths * rounding + scaling;
        // An error beyond all numbers is none that is known.
        if slack.is_nan() { f64::INFINITY } else { slack }
    }

    /// Whether the vectors have become so different from those that codes were trained on that it is
    /// worth training them anew.
    pub(super) fn have_drifted(&self, least_rows: u64) -> bool {
        let rows = self.drift.rows.load(Ordering::Relaxed);
        if rows < least_rows.max(1) {
            return false;
        }
        #[expect(clippy::cast_precision_loss, reason = "a share needs no exact count")]
        let per_component = |sum: &AtomicU64| {
            let components = rows as f64 * to_f64(self.quantiser.mean.len()).max(1.0);
            sum.load(Ordering::Relaxed) as f64 / components
        };
        per_component(&self.drift.clipped) > MOST_CLIPPED
            || per_component(&self.drift.spread) < LEAST_SPREAD * self.quantiser.spread
    }

    /// Begins to count what is coded anew.
    pub(super) fn forget_drift(&self) {
        for count in [&self.drift.rows, &self.drift.clipped, &self.drift.spread] {
            count.store(0, Ordering::Relaxed);
        }
    }

    /// As [`Arena::has_whole`].
    pub(super) fn has_whole(&self) -> bool {
        self.arena.has_whole()
    }

    /// As [`Arena::make_huge`].
    pub(super) fn make_huge(&self) -> bool {
        self.arena.make_huge()
    }

    /// Bytes allocated.
    pub(super) fn memory_bytes(&self) -> usize {
        let errors = self.errors.as_ref().map_or(0, Arena::memory_bytes);
        self.arena.memory_bytes() + errors + size_of_val(&*self.quantiser.mean)
    }
}

impl QueryCode {
    /// The Euclidean distance or the inner product that a distance of codes stands for.
    pub(super) fn decoded(&self, form: Form, distance: f64) -> f64 {
        match form {
            Form::Centred => (self.unit * distance).sqrt(),
            Form::Signed => self.unit * distance,
        }
    }

    /// The inverse of [`decoded`](Self::decoded).
    pub(super) fn encoded(&self, form: Form, value: f64) -> f64 {
        match form {
            Form::Centred => value * value / self.unit,
            Form::Signed => value / self.unit,
        }
    }
}

impl Drift {
    fn count(&self, form: Form, code: &[u8]) {
        let (mut clipped, mut spread) = (0_u32, 0_u32);
        for code in code {
            let (steps, reach) = match form {
                Form::Centred => (code.abs_diff(64), 63),
                Form::Signed => (code.cast_signed().unsigned_abs(), 127),
            };
            clipped += u32::from(steps >= reach);
            spread += u32::from(steps);
        }
        self.rows.fetch_add(1, Ordering::Relaxed);
        self.clipped.fetch_add(clipped.into(), Ordering::Relaxed);
        self.spread.fetch_add(spread.into(), Ordering::Relaxed);
    }
}

/// Codes around 0.
#[expect(
    clippy::cast_possible_truncation,
    reason = "clamped to the range of an i8"
)]
fn signed(vector: &[f32], step: f32, code: &mut [u8]) {
    for (code, x) in code.iter_mut().zip(vector) {
        let steps = (x / step).round().clamp(-SIGNED_REACH, SIGNED_REACH);
        *code = (steps as i8).cast_unsigned();
    }
}

/// The value below which a share of the values lies; 0 of none.
fn quantile(values: &mut [f32], share: f64) -> f32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a length is an index"
    )]
    let at = (to_f64(values.len()) * share) as usize;
    if values.is_empty() {
        return 0.0;
    }
    let at = at.min(values.len() - 1);
    *values.select_nth_unstable_by(at, f32::total_cmp).1
}

#[expect(clippy::cast_precision_loss, reason = "counts below 2^53")]
const fn to_f64(count: usize) -> f64 {
    count as f64
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding is what it is for"
)]
const fn narrow(value: f64) -> f32 {
    value as f32
}

/// An `f32` that is not less.
fn up(value: f64) -> f32 {
    let near = narrow(value);
    if f64::from(near) < value {
        near.next_up()
    } else {
        near
    }
}
