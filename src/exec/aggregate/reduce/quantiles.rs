//! Quantiles of numbers: exact while they are few, then of a t-digest.

use datasketches::tdigest::TDigestMut;

use crate::expr::Value;

/// Numbers that are kept as they are.
const EXACT: usize = 1024;
/// The compression of a digest: about as many centroids, each a share of the numbers that is the
/// smaller the nearer it is to an end.
const COMPRESSION: u16 = 200;
/// Bytes of a digest: twice as many centroids as its compression, and what waits to be merged.
const DIGEST_BYTES: usize = 4 * COMPRESSION as usize * 2 * size_of::<f64>();

/// The numbers of a group.
#[derive(Default)]
pub(in crate::exec::aggregate) struct Quantiles {
    few: Vec<f64>,
    many: Option<Box<TDigestMut>>,
}

impl Quantiles {
    /// Adds a number other than NaN; the bytes by which it grew.
    pub(in crate::exec::aggregate) fn push(&mut self, number: f64) -> usize {
        if number.is_nan() {
            return 0;
        }
        if let Some(digest) = &mut self.many {
            digest.update(number);
            return 0;
        }
        let before = self.few.capacity();
        self.few.push(number);
        if self.few.len() <= EXACT {
            return (self.few.capacity() - before) * size_of::<f64>();
        }
        let mut digest = TDigestMut::new(COMPRESSION).expect("200 is a compression of digests");
        self.few.drain(..).for_each(|number| digest.update(number));
        self.few.shrink_to_fit();
        self.many = Some(Box::new(digest));
        DIGEST_BYTES
    }

    /// The smallest number that a share of all does not exceed, an estimate where they are many;
    /// null where there is none.
    pub(in crate::exec::aggregate) fn at(&mut self, share: f64) -> Value {
        let found = match &mut self.many {
            Some(digest) => digest.quantile(share),
            None => self.exact(share),
        };
        found.map_or(Value::Null, Value::Number)
    }

    fn exact(&mut self, share: f64) -> Option<f64> {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 0 to a thousand"
        )]
        let rank = (share * self.few.len() as f64).ceil() as usize;
        let place = rank.saturating_sub(1);
        if place >= self.few.len() {
            return None;
        }
        let (_, number, _) = self.few.select_nth_unstable_by(place, f64::total_cmp);
        Some(*number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_numbers_give_one_of_them_and_many_one_near_to_it() {
        let mut few = Quantiles::default();
        [8.0, 10.0, 3.0].into_iter().for_each(|number| {
            few.push(number);
        });
        let at = |share: f64, numbers: &mut Quantiles| numbers.at(share).number();
        assert_eq!(at(0.5, &mut few), Some(8.0));
        assert_eq!(
            (at(0.0, &mut few), at(1.0, &mut few)),
            (Some(3.0), Some(10.0))
        );
        let mut many = Quantiles::default();
        for number in 0..100_000 {
            many.push(f64::from(number * 7919 % 100_000));
        }
        for share in [0.01, 0.5, 0.99] {
            let found = at(share, &mut many).unwrap();
            assert!((found - share * 1e5).abs() < 500.0, "{share}: {found}");
        }
        assert_eq!(Quantiles::default().at(0.5), Value::Null);
    }
}
