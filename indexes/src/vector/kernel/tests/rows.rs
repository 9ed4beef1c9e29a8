//! Distances of rows of every type.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::vector::element::{ElementType, Wide};

/// How the components of a made-up row are spread.
#[derive(Clone, Copy, Debug)]
enum Spread {
    Zero,
    /// Evenly between -1 and 1, or over the integers.
    Even,
    /// Any bits that are a finite number: tiny, huge and subnormal ones.
    Any,
}

/// What a query has to do with the row that it is compared with.
#[derive(Clone, Copy, Debug)]
enum Kin {
    Stranger,
    Near,
    Equal,
}

/// A query, a row, a scale.
#[derive(Clone, Debug)]
struct Case<T: Component> {
    query: Vec<T::Wide>,
    row: Vec<T>,
    scale: T::Wide,
}

fn component<T: Element>(spread: Spread, bits: u64) -> T {
    let any = T::from_le(&bits.to_le_bytes()[..size_of::<T>()]);
    let float = !matches!(T::TYPE, ElementType::Int8 | ElementType::Uint8);
    match spread {
        Spread::Zero => T::default(),
        // The bits of 1 with another fraction are 1 to 2.
        Spread::Even if float => narrow(f64::from_bits((bits >> 12) | (1023 << 52)) * 2.0 - 3.0),
        Spread::Even | Spread::Any if any.is_finite() => any,
        Spread::Even | Spread::Any => T::default(),
    }
}

/// The component of type `T` nearest to a value of -1 to 1, of a type of floats.
fn narrow<T: Element>(value: f64) -> T {
    let bytes: [u8; 8] = match T::TYPE {
        ElementType::Float64 => value.to_le_bytes(),
        ElementType::Float32 => first(f32::from_f64(value).to_le_bytes()),
        ElementType::Float16 => first(f16::from_f64(value).to_le_bytes()),
        ElementType::BFloat16 => first(bf16::from_f64(value).to_le_bytes()),
        ElementType::Int8 | ElementType::Uint8 => unreachable!("not a type of floats"),
    };
    T::from_le(&bytes[..size_of::<T>()])
}

fn first<const N: usize>(bytes: [u8; N]) -> [u8; 8] {
    let mut eight = [0; 8];
    eight[..N].copy_from_slice(&bytes);
    eight
}

fn cases<T: Component>() -> impl Strategy<Value = Case<T>> {
    let spread = prop_oneof![
        1 => Just(Spread::Zero),
        4 => Just(Spread::Even),
        3 => Just(Spread::Any)
    ];
    let kin = prop_oneof![
        3 => Just(Kin::Stranger),
        2 => Just(Kin::Near),
        1 => Just(Kin::Equal)
    ];
    let bits = lengths().prop_flat_map(|length| vec(any::<(u64, u64)>(), length));
    let scale = prop_oneof![Just(1.0), 1e-3..1e3];
    (spread.clone(), spread, kin, bits, scale).prop_map(|(of_row, of_query, kin, bits, scale)| {
        let row: Vec<T> = bits
            .iter()
            .map(|(bits, _)| component(of_row, *bits))
            .collect();
        let query = row.iter().zip(&bits).map(|(x, (_, bits))| match kin {
            Kin::Stranger => component(of_query, *bits),
            Kin::Near => {
                let near: f64 = x.to_f64() * (1.0 + 1e-3 * component::<f64>(Spread::Even, *bits));
                let near = T::Wide::from_f64(near);
                if near.is_finite() { near } else { x.widen() }
            }
            Kin::Equal => x.widen(),
        });
        let query = query.collect();
        Case {
            query,
            row,
            scale: T::Wide::from_f64(scale),
        }
    })
}

/// A sum in `f64`, and how far from it a sum in `T::Wide` may be.
struct Expected {
    sum: f64,
    /// The sum of the sizes of all terms, on which the error of rounding depends.
    size: f64,
    /// Whether a term is negative.
    cancels: bool,
    terms: usize,
}

impl Expected {
    /// Of the terms and the sizes of what they are computed from.
    fn new(terms: impl Iterator<Item = (f64, f64)>) -> Self {
        let start = Self {
            sum: 0.0,
            size: 0.0,
            cancels: false,
            terms: 0,
        };
        terms.fold(start, |so_far, (term, size)| Self {
            sum: so_far.sum + term,
            size: so_far.size + size,
            cancels: so_far.cancels || term < 0.0,
            terms: so_far.terms + 1,
        })
    }

    fn check<W: Wide>(&self, what: &str, got: W) {
        let got: f64 = got.into();
        let double = W::TYPE == ElementType::Float64;
        let (epsilon, most, least, in_turn) = if double {
            // What is expected was rounded as well, one term after the other.
            (f64::EPSILON, f64::MAX, f64::MIN_POSITIVE, self.terms)
        } else {
            // No implementation has fewer sums than eight.
            let (most, least) = (f32::MAX.into(), f32::MIN_POSITIVE.into());
            (f32::EPSILON.into(), most, least, self.terms / 8)
        };
        let terms = u32::try_from(in_turn + 16).expect("few terms");
        let relative = f64::from(terms) * epsilon;
        if self.size * (1.0 + relative) < most {
            let error = relative * self.size + least * f64::from(terms);
            let off = (got - self.sum).abs();
            assert!(off <= error, "{what}: {got}, not {} ± {error}", self.sum);
        } else if self.sum * (1.0 - relative) > most && !self.cancels {
            assert!(
                got > 0.0 && got.is_infinite(),
                "{what}: {got}, not infinite"
            );
        }
    }
}

fn check<T: Component, S: Rows<T>>(simd: S, Case { query, row, scale }: &Case<T>) {
    let name = std::any::type_name::<(S, T)>();
    let pairs = || query.iter().zip(row).map(|(q, x)| (q.to_f64(), x.to_f64()));
    let squares = |scale: f64| {
        Expected::new(pairs().map(move |(q, x)| {
            let difference = q - x * scale;
            // The scaled component may have been rounded before it is subtracted.
            let rounded = if scale == 1.0 {
                0.0
            } else {
                difference.abs() * (x * scale).abs()
            };
            (difference * difference, difference * difference + rounded)
        }))
    };
    squares(1.0).check(&format!("l2 {name}"), simd.l2(query, row));
    let scaled = simd.scaled_l2(query, row, *scale);
    squares(scale.to_f64()).check(&format!("scaled_l2 {name}"), scaled);
    let products = Expected::new(pairs().map(|(q, x)| (q * x, (q * x).abs())));
    products.check(&format!("dot {name}"), simd.dot(query, row));
    let norm2 = Expected::new(pairs().map(|(_, x)| (x * x, x * x)));
    norm2.check(&format!("norm2 {name}"), simd.norm2(row));
}

/// What a search is not needed for gives what the best implementation gives.
fn check_dispatched<T: Component>(Case { query, row, scale }: &Case<T>) {
    struct Best<'a, T: Component>(&'a Case<T>);
    impl<T: Component> Work<T> for Best<'_, T> {
        type Output = [f64; 4];
        fn run<S: Rows<T>>(self, simd: S) -> [f64; 4] {
            let Case { query, row, scale } = self.0;
            let distances = [
                simd.l2(query, row),
                simd.dot(query, row),
                simd.scaled_l2(query, row, *scale),
            ];
            let [l2, dot, scaled] = distances.map(Into::into);
            [l2, dot, scaled, simd.norm2(row)]
        }
    }
    let forms = [Form::L2, Form::Dot, Form::ScaledL2 { scale: *scale }];
    let [l2, dot, scaled] = forms.map(|form| one(form, query, row).into());
    let got: [f64; 4] = [l2, dot, scaled, norm2(row)];
    let case = Case {
        query: query.clone(),
        row: row.clone(),
        scale: *scale,
    };
    let best = T::dispatch(Best(&case));
    assert_eq!(got.map(f64::to_bits), best.map(f64::to_bits));
}

macro_rules! rows_of {
    ($name:ident, $type:ty) => {
        proptest! {
            #![proptest_config(config())]
            #[test]
            fn $name(case in cases::<$type>()) {
                for_each_simd!(simd => check(simd, &case));
                check_dispatched(&case);
            }
        }
    };
}

rows_of!(rows_of_float32_are_as_far_as_in_f64, f32);
rows_of!(rows_of_float64_are_as_far_as_in_f64, f64);
rows_of!(rows_of_float16_are_as_far_as_in_f64, f16);
rows_of!(rows_of_bfloat16_are_as_far_as_in_f64, bf16);
rows_of!(rows_of_int8_are_as_far_as_in_f64, i8);
rows_of!(rows_of_uint8_are_as_far_as_in_f64, u8);

#[test]
fn a_row_is_at_no_distance_of_itself() {
    let query: Vec<f32> = (0..96u8).map(|i| f32::from(i) * 3e36).collect();
    for_each_simd!(simd => {
        let (l2, scaled) = (simd.l2(&query, &query), simd.scaled_l2(&query, &query, 1.0));
        assert_eq!([l2, scaled].map(f32::to_bits), [0, 0]);
    });
}
