//! Whatever bytes come: a vector, or an error that says why not.

use half::{bf16, f16};
use proptest::prelude::*;

use super::{ELEMENTS, METRICS, doc, hnsw, k, plain};
use crate::vector::{Algorithm, ElementType, VectorError, VectorIndex, VectorParams, Within};

/// Bytes of which some are those of infinities, of NaN, of the largest and the least numbers.
fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        6 => prop::collection::vec(any::<u8>(), 1..9),
        1 => Just(f32::INFINITY.to_le_bytes().to_vec()),
        1 => Just(f64::NAN.to_le_bytes().to_vec()),
        1 => Just(f32::MAX.to_le_bytes().to_vec()),
        1 => Just(f64::MAX.to_le_bytes().to_vec()),
        1 => Just(f64::MIN_POSITIVE.to_le_bytes().to_vec()),
        1 => Just(vec![1, 0]),
        4 => Just(vec![0; 8]),
    ];
    prop::collection::vec(part, 0..most).prop_map(|parts| parts.concat())
}

/// The first component that is no number, by its bits.
fn first_infinite(element: ElementType, blob: &[u8]) -> Option<usize> {
    let infinite = |bytes: &[u8]| match element {
        ElementType::Float32 => !f32::from_le_bytes(bytes.try_into().unwrap()).is_finite(),
        ElementType::Float64 => !f64::from_le_bytes(bytes.try_into().unwrap()).is_finite(),
        ElementType::Float16 => !f16::from_le_bytes(bytes.try_into().unwrap()).is_finite(),
        ElementType::BFloat16 => !bf16::from_le_bytes(bytes.try_into().unwrap()).is_finite(),
        ElementType::Int8 | ElementType::Uint8 => false,
    };
    blob.chunks_exact(element.bytes()).position(infinite)
}

fn expected(element: ElementType, dimensions: usize, blob: &[u8]) -> Result<(), VectorError> {
    let (given, expected) = (blob.len(), dimensions * element.bytes());
    if given != expected {
        return Err(VectorError::WrongSize { given, expected });
    }
    let index = first_infinite(element, blob);
    index.map_or(Ok(()), |index| Err(VectorError::NotFinite { index }))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_a_vector_or_refused(
        mut blobs in prop::collection::vec(bytes(8), 1..12),
        element in prop::sample::select(&ELEMENTS[..]),
        metric in prop::sample::select(&METRICS[..]),
        algorithm in prop::sample::select(vec![Algorithm::Flat, hnsw(2, 4, 3)]),
        dimensions in 0..6_usize,
        fit in any::<bool>(),
    ) {
        let size = dimensions * element.bytes();
        let mut index = VectorIndex::new(VectorParams {
            element,
            ..plain(metric, dimensions, algorithm)
        });
        for (number, blob) in (1..).zip(&mut blobs) {
            if fit {
                blob.resize(size, 0);
            }
            let expected = expected(element, dimensions, blob);
            let before = (index.len(), index.contains(doc(number)));
            prop_assert_eq!(index.insert(doc(number), blob), expected);
            prop_assert_eq!(index.query(blob).map(|_| ()), expected);
            prop_assert_eq!(index.contains(doc(number)), expected.is_ok());
            prop_assert_eq!(index.len(), before.0 + u64::from(expected.is_ok()));
        }
        for _ in 0..2 {
            for query in blobs.iter().filter_map(|blob| index.query(blob).ok()) {
                let found = index.nearest(&query, &k(20)).unwrap();
                prop_assert_eq!(found.len() as u64, index.len());
                prop_assert!(found.is_sorted());
                prop_assert!(found.iter().all(|one| !one.distance.is_nan()));
                let within = index.within(&query, &Within::new(f64::INFINITY)).unwrap();
                prop_assert_eq!(within, found);
            }
            index.drain();
            index.check_drained();
        }
    }
}
