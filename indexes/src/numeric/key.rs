//! Numbers as integers of the same order.

use super::Bound;

/// The bits of a number, turned so that they order as the numbers do. Both zeros have one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(pub(super) u64);

const SIGN: u64 = 1 << 63;

impl Key {
    /// None for NaN.
    pub(super) fn of(value: f64) -> Option<Self> {
        if value.is_nan() {
            return None;
        }
        // The sum turns the negative zero into the positive one.
        let bits = (value + 0.0).to_bits();
        Some(Self(if bits & SIGN == 0 { bits | SIGN } else { !bits }))
    }

    /// The key that this was; none if it is no number's.
    pub(super) fn saved(key: u64) -> Option<Self> {
        let value = Self(key).value();
        Self::of(value).filter(|known| known.0 == key)
    }

    /// The key above, if there is a number of it; no key is so large that it has none.
    pub(super) fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The number; the positive zero for both.
    pub(super) fn value(self) -> f64 {
        let Self(key) = self;
        f64::from_bits(if key & SIGN == 0 { !key } else { key & !SIGN })
    }

    /// The greatest number below this key, which is not the least.
    pub(super) fn value_below(self) -> f64 {
        let below = Self(self.0.saturating_sub(1)).value();
        // The key between that of zero and those of negative numbers is nobody's.
        if below.to_bits() == SIGN {
            -f64::from_bits(1)
        } else {
            below
        }
    }
}

/// The keys between two bounds: from the first, and up to the second without it; none if there are
/// no such keys.
pub(super) fn keys_between(min: Bound, max: Bound) -> Option<(Key, Key)> {
    // No key is so large that it has no next one: the largest is that of infinity.
    let (Key(low), Key(high)) = (Key::of(min.value)?, Key::of(max.value)?);
    let from = low + u64::from(min.exclusive);
    let to = high + u64::from(!max.exclusive);
    (from < to).then_some((Key(from), Key(to)))
}
