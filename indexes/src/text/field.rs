//! The text fields of an index, and where in them a token stands.

use std::ops::{BitAnd, BitOr};

/// The number of a text field in its index, from 0 to 127.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TextField(u8);

impl TextField {
    /// How many fields an index can have.
    pub const COUNT: usize = 128;

    /// The field with this number; none from 128 on.
    #[must_use]
    pub const fn new(number: u8) -> Option<Self> {
        if number < 128 {
            Some(Self(number))
        } else {
            None
        }
    }

    /// The number, from 0 to 127.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// The slot of this field in a list of all fields.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// How a text field is indexed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FieldOptions {
    /// What each occurrence adds to a term's frequency and to the document's length; finite and
    /// not negative.
    pub weight: f64,
    /// Words of this field are found only as they stand, never by their stem.
    pub no_stem: bool,
    /// Words of this field are also found by words that sound alike.
    pub phonetic: bool,
    /// A value without any byte is indexed as the empty term.
    pub index_empty: bool,
}

impl Default for FieldOptions {
    fn default() -> Self {
        Self {
            weight: 1.0,
            no_stem: false,
            phonetic: false,
            index_empty: false,
        }
    }
}

/// A set of text fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldMask(u128);

impl FieldMask {
    /// No field.
    pub const NONE: Self = Self(0);
    /// Every field.
    pub const ALL: Self = Self(u128::MAX);
    /// Bytes of a set at most, seven fields each.
    pub(super) const MOST_BYTES: usize = 19;

    /// With one field more.
    #[must_use]
    pub const fn with(self, field: TextField) -> Self {
        Self(self.0 | 1 << field.0)
    }

    /// With one field less.
    #[must_use]
    pub const fn without(self, field: TextField) -> Self {
        Self(self.0 & !(1 << field.0))
    }

    /// The field is one of these.
    #[must_use]
    pub const fn contains(self, field: TextField) -> bool {
        self.0 >> field.0 & 1 == 1
    }

    /// No field is in the set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many fields are in the set.
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// The fields of the set, ascending.
    pub fn iter(self) -> impl Iterator<Item = TextField> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let field = TextField(u8::try_from(left.trailing_zeros()).ok()?);
            left &= left.checked_sub(1)?;
            Some(field)
        })
    }

    /// Appends the set to bytes: one for the first seven fields, and one more for each seven up to
    /// the last of its fields.
    pub(super) fn put(self, bytes: &mut Vec<u8>) {
        let mut left = self.0;
        loop {
            let [low, ..] = left.to_le_bytes();
            left >>= 7;
            if left == 0 {
                bytes.push(low & 0x7f);
                return;
            }
            bytes.push(low | 0x80);
        }
    }

    /// Reads a set of [`put`](Self::put), and goes past it.
    pub(super) fn get(bytes: &mut &[u8]) -> Self {
        let (mut set, mut shift) = (0, 0);
        while let Some((&byte, rest)) = bytes.split_first() {
            *bytes = rest;
            set |= u128::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
            shift += 7;
        }
        Self(set)
    }
}

impl FromIterator<TextField> for FieldMask {
    fn from_iter<I: IntoIterator<Item = TextField>>(fields: I) -> Self {
        fields.into_iter().fold(Self::NONE, Self::with)
    }
}

/// The fields that are in both sets.
impl BitAnd for FieldMask {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// The fields that are in either set.
impl BitOr for FieldMask {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Bits of a place that hold the position; the field is above them.
const POSITION_BITS: u32 = 25;

/// The highest position told apart; later tokens of a field share it. One less than fits, so that
/// the place after it lies in no field.
pub(crate) const LAST_POSITION: u32 = (1 << POSITION_BITS) - 2;

/// Where a token stands, as one number: `field << 25 | position`. Ascends by field, then position.
pub(crate) const fn place(field: TextField, position: u32) -> u32 {
    let position = if position < LAST_POSITION {
        position
    } else {
        LAST_POSITION
    };
    (field.0 as u32) << POSITION_BITS | position
}

/// The field of a place.
pub(crate) const fn field_of(place: u32) -> TextField {
    // Seven bits are left: a field's number.
    let [number, ..] = (place >> POSITION_BITS).to_le_bytes();
    TextField(number)
}

/// The position within the field of a place.
pub(crate) const fn position_of(place: u32) -> u32 {
    place & ((1 << POSITION_BITS) - 1)
}

/// The fields in which any of the ascending `places` lies.
pub(crate) fn fields_of(mut places: &[u32]) -> FieldMask {
    let mut fields = FieldMask::NONE;
    while let [first, rest @ ..] = places {
        let field = field_of(*first);
        fields = fields.with(field);
        places = rest;
        let same = match places {
            // Most postings are short.
            [next, ..] if field_of(*next) != field => 0,
            _ => places.partition_point(|&place| field_of(place) == field),
        };
        places = places.get(same..).unwrap_or_default();
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::{FieldMask, LAST_POSITION, TextField, field_of, fields_of, place, position_of};

    fn field(number: u8) -> TextField {
        TextField::new(number).unwrap()
    }

    #[test]
    fn a_place_tells_its_field_and_position() {
        for number in [0, 1, 64, 127] {
            for position in [0, 1, 70_000, LAST_POSITION] {
                let place = place(field(number), position);
                assert_eq!(field_of(place), field(number));
                assert_eq!(position_of(place), position);
            }
        }
        assert_eq!(TextField::new(128), None);
    }

    #[test]
    fn positions_past_the_last_share_it_and_never_touch_the_next_field() {
        let last = place(field(0), u32::MAX);
        assert_eq!(last, place(field(0), LAST_POSITION));
        assert!(last + 1 < place(field(1), 0));
    }

    #[test]
    fn a_set_comes_back_from_its_bytes_and_from_its_fields() {
        let sets = [
            vec![],
            vec![0],
            vec![6],
            vec![7],
            vec![3, 64, 127],
            (0..128).collect(),
        ];
        for numbers in sets {
            let set: FieldMask = numbers.iter().copied().map(field).collect();
            let mut bytes = Vec::new();
            set.put(&mut bytes);
            bytes.push(1);
            let mut rest = &bytes[..];
            assert_eq!((FieldMask::get(&mut rest), rest), (set, &[1][..]));
            assert_eq!(set.iter().map(TextField::get).collect::<Vec<u8>>(), numbers);
            assert_eq!(set.len(), numbers.len());
        }
    }

    #[test]
    fn the_fields_of_places_are_found_however_many_lie_in_each() {
        let spread = [(0, 3), (0, 4), (0, 9), (5, 0), (127, 1), (127, 2)];
        let places = spread.map(|(number, position)| place(field(number), position));
        let fields: FieldMask = [0, 5, 127].into_iter().map(field).collect();
        assert_eq!(fields_of(&places), fields);
        assert_eq!(fields_of(&[]), FieldMask::NONE);
        assert!(fields.contains(field(5)) && !fields.contains(field(4)));
        assert!((fields & FieldMask::NONE.with(field(4))).is_empty());
    }
}
