//! How many letters differ: Levenshtein's distance from a word, letter by letter of another.

/// The largest distance that can be told.
pub const MOST_EDITS: usize = 4;

/// Cells of a row that can matter: those that far from the diagonal, on either side.
const WIDTH: usize = 2 * MOST_EDITS + 1;

/// The letters of a text: its characters, and each byte that is not valid UTF-8 by itself.
pub(crate) fn letters(text: &[u8]) -> impl Iterator<Item = u32> {
    text.utf8_chunks().flat_map(|chunk| {
        let invalid = chunk.invalid().iter();
        let valid = chunk.valid().chars().map(u32::from);
        // No character has such a number.
        valid.chain(invalid.map(|&byte| u32::from(char::MAX) + 1 + u32::from(byte)))
    })
}

/// A word that others are compared with, and how far from it they may be.
pub(crate) struct Pattern {
    letters: Vec<u32>,
    most: usize,
}

/// Where a comparison stands after some letters of the other word: a row of Levenshtein's matrix.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// Letters of the other word so far.
    taken: usize,
    /// The distance from the first `taken + i - most` letters of the pattern, for each `i`.
    cells: [u8; WIDTH],
}

impl Pattern {
    /// Words up to `most` edits from `word`; more than [`MOST_EDITS`] are taken for those.
    pub(crate) fn new(word: &[u8], most: usize) -> Self {
        Self {
            letters: letters(word).collect(),
            most: most.min(MOST_EDITS),
        }
    }

    /// How many letters it has.
    pub(crate) fn len(&self) -> usize {
        self.letters.len()
    }

    /// The comparison with the empty word.
    pub(crate) fn start(&self) -> Row {
        let mut cells = [self.far(); WIDTH];
        for (cell, distance) in cells[self.most..=2 * self.most].iter_mut().zip(0..) {
            *cell = distance;
        }
        let mut row = Row { taken: 0, cells };
        self.cut(&mut row);
        row
    }

    /// The comparison with one letter more.
    pub(crate) fn step(&self, row: &Row, letter: u32) -> Row {
        let taken = row.taken + 1;
        let mut cells = [self.far(); WIDTH];
        for slot in 0..=2 * self.most {
            let Some(before) = (taken + slot).checked_sub(self.most) else {
                continue;
            };
            if before > self.letters.len() {
                break;
            }
            // An extra letter of the other word, a missing one, and one in the place of another.
            let extra = row.cells.get(slot + 1).map_or(self.far(), |cell| cell + 1);
            let missing = slot
                .checked_sub(1)
                .map_or(self.far(), |left| cells[left] + 1);
            let replaced = before.checked_sub(1).map_or(self.far(), |last| {
                row.cells[slot] + u8::from(self.letters[last] != letter)
            });
            cells[slot] = extra.min(missing).min(replaced).min(self.far());
        }
        Row { taken, cells }
    }

    /// The distance of the letters so far from the pattern, if it is not too large.
    pub(crate) fn distance(&self, row: &Row) -> Option<u8> {
        let slot = (self.letters.len() + self.most).checked_sub(row.taken)?;
        let cell = row.cells.get(slot)?;
        (*cell < self.far()).then_some(*cell)
    }

    /// The least distance that any further letters can lead to, if that is not too large.
    pub(crate) fn least(&self, row: &Row) -> Option<u8> {
        let least = row.cells.iter().copied().min()?;
        (least < self.far()).then_some(least)
    }

    /// The distance of a whole word, if it is not too large.
    pub(crate) fn distance_to(&self, word: &[u8]) -> Option<u8> {
        let mut row = self.start();
        for letter in letters(word) {
            row = self.step(&row, letter);
            self.least(&row)?;
        }
        self.distance(&row)
    }

    /// A distance that is too large.
    fn far(&self) -> u8 {
        u8::try_from(self.most + 1).unwrap_or(u8::MAX)
    }

    /// Clears the cells of a first row that stand for more letters than the pattern has.
    fn cut(&self, row: &mut Row) {
        let beyond = self.most + self.letters.len() + 1;
        for cell in row.cells.iter_mut().skip(beyond) {
            *cell = self.far();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{MOST_EDITS, Pattern, letters};

    /// The whole matrix.
    fn slow(a: &[u8], b: &[u8]) -> usize {
        let (a, b): (Vec<u32>, Vec<u32>) = (letters(a).collect(), letters(b).collect());
        let mut row: Vec<usize> = (0..=b.len()).collect();
        for (i, x) in a.iter().enumerate() {
            let mut next = vec![i + 1];
            for (j, y) in b.iter().enumerate() {
                let replaced = row[j] + usize::from(x != y);
                next.push(replaced.min(row[j + 1] + 1).min(next[j] + 1));
            }
            row = next;
        }
        row[b.len()]
    }

    #[test]
    fn letters_are_counted_not_bytes() {
        let distance = |a: &str, b: &str| Pattern::new(a.as_bytes(), 4).distance_to(b.as_bytes());
        assert_eq!(distance("kitten", "sitting"), Some(3));
        assert_eq!(distance("müller", "muller"), Some(1));
        assert_eq!(distance("", "abcd"), Some(4));
        assert_eq!(distance("", "abcde"), None);
        assert_eq!(distance("same", "same"), Some(0));
        assert_eq!(Pattern::new(b"a\xff", 1).distance_to(b"a\xfe"), Some(1));
    }

    proptest! {
        #[test]
        fn distances_are_those_of_the_whole_matrix(
            a in "[abé]{0,9}", b in "[abé]{0,9}", most in 0..=MOST_EDITS
        ) {
            let expected = slow(a.as_bytes(), b.as_bytes());
            let got = Pattern::new(a.as_bytes(), most).distance_to(b.as_bytes());
            prop_assert_eq!(got.map(usize::from), (expected <= most).then_some(expected));
        }

        #[test]
        fn no_further_letter_leads_below_the_least(a in "[ab]{0,6}", b in "[ab]{0,9}") {
            let pattern = Pattern::new(a.as_bytes(), 2);
            let mut row = pattern.start();
            let mut least = pattern.least(&row);
            for letter in letters(b.as_bytes()) {
                row = pattern.step(&row, letter);
                if let Some(distance) = pattern.distance(&row) {
                    prop_assert!(least.is_some_and(|least| least <= distance));
                }
                least = pattern.least(&row);
            }
        }
    }
}
