//! Words that fit a pattern, or become another word by a few changes.
//!
//! A word is a row of characters; bytes that are not valid UTF-8 count as one each.

/// One character of a word, or one byte that is none.
type Symbol = u32;

/// Beyond the last character there is.
const FIRST_INVALID: Symbol = 0x11_0000;

/// Words of a shape: `?` is one character, `*` any number of them, and a backslash takes that from
/// what follows it.
pub(crate) struct Glob {
    parts: Vec<Part>,
}

#[derive(Clone, Copy, PartialEq)]
enum Part {
    Symbol(Symbol),
    One,
    Run,
}

impl Glob {
    pub(crate) fn new(pattern: &[u8]) -> Self {
        let mut parts = Vec::new();
        let mut escaped = false;
        for symbol in symbols(pattern) {
            let part = match char::from_u32(symbol) {
                Some('\\') if !escaped => {
                    escaped = true;
                    continue;
                }
                Some('?') if !escaped => Part::One,
                Some('*') if !escaped => Part::Run,
                Some(_) | None => Part::Symbol(symbol),
            };
            escaped = false;
            // A run of runs is one, which bounds how often matching goes back.
            if part != Part::Run || parts.last() != Some(&Part::Run) {
                parts.push(part);
            }
        }
        if escaped {
            parts.push(Part::Symbol('\\'.into()));
        }
        Self { parts }
    }

    /// How every word of this shape begins.
    pub(crate) fn prefix(&self) -> Vec<u8> {
        let mut prefix = Vec::new();
        for part in &self.parts {
            let Part::Symbol(symbol) = part else { break };
            match char::from_u32(*symbol) {
                Some(letter) => prefix.extend(letter.encode_utf8(&mut [0; 4]).as_bytes()),
                // What follows may belong to it in another word.
                None => break,
            }
        }
        prefix
    }

    /// What every word of this shape has in it, in this order.
    pub(crate) fn pieces(&self) -> Vec<Vec<u8>> {
        let runs = self.parts.split(|part| !matches!(part, Part::Symbol(_)));
        let mut pieces = Vec::new();
        for run in runs.filter(|run| !run.is_empty()) {
            let mut piece = Vec::new();
            for part in run {
                let Part::Symbol(symbol) = part else { continue };
                match char::from_u32(*symbol) {
                    Some(letter) => piece.extend(letter.encode_utf8(&mut [0; 4]).as_bytes()),
                    // A byte that is no character.
                    None => piece.extend(u8::try_from(symbol - FIRST_INVALID)),
                }
            }
            pieces.push(piece);
        }
        pieces
    }

    /// Every word of this shape ends with the last of its pieces.
    pub(crate) fn ends_with_piece(&self) -> bool {
        matches!(self.parts.last(), Some(Part::Symbol(_)))
    }

    /// The whole word has this shape. Takes a time that grows with the product of both lengths.
    pub(crate) fn matches(&self, word: &[u8]) -> bool {
        let word: Vec<Symbol> = symbols(word).collect();
        let (mut at, mut part) = (0, 0);
        // The last run, and how far it reaches.
        let mut run: Option<(usize, usize)> = None;
        loop {
            match (self.parts.get(part), word.get(at)) {
                (Some(Part::Run), _) => {
                    run = Some((part, at));
                    part += 1;
                    continue;
                }
                (Some(Part::One), Some(_)) => {
                    (at, part) = (at + 1, part + 1);
                    continue;
                }
                (Some(Part::Symbol(expected)), Some(symbol)) if expected == symbol => {
                    (at, part) = (at + 1, part + 1);
                    continue;
                }
                (None, None) => return true,
                (Some(Part::One | Part::Symbol(_)) | None, _) => {}
            }
            match run {
                Some((start, reach)) if reach < word.len() => {
                    run = Some((start, reach + 1));
                    (at, part) = (reach + 1, start + 1);
                }
                Some(_) | None => return false,
            }
        }
    }
}

/// Words that become one word by so many changes at most: characters inserted, dropped or replaced
/// (Levenshtein, 1966).
pub(crate) struct Fuzzy {
    word: Vec<Symbol>,
    distance: usize,
    /// The row of distances, kept between words for its capacity.
    row: Vec<usize>,
    /// The symbols of the other word, likewise.
    other: Vec<Symbol>,
}

impl Fuzzy {
    pub(crate) fn new(word: &[u8], distance: u8) -> Self {
        Self {
            word: symbols(word).collect(),
            distance: distance.into(),
            row: Vec::new(),
            other: Vec::new(),
        }
    }

    /// Computes the band of the table that may hold distances within the limit.
    pub(crate) fn matches(&mut self, other: &[u8]) -> bool {
        // A character has one to four bytes.
        let most = self.word.len() + self.distance;
        if other.len() > 4 * most {
            return false;
        }
        self.other.clear();
        self.other.extend(symbols(other));
        if self.other.len().abs_diff(self.word.len()) > self.distance {
            return false;
        }
        let beyond = self.distance + 1;
        self.row.clear();
        self.row
            .extend((0..=self.word.len()).map(|column| column.min(beyond)));
        for (line, symbol) in self.other.iter().enumerate() {
            let from = line.saturating_sub(self.distance);
            let to = self.word.len().min(line + self.distance + 1);
            let mut diagonal = self.row[from];
            // Left of the band, and above its right end, is beyond the limit.
            self.row[from] = if from == 0 {
                (line + 1).min(beyond)
            } else {
                beyond
            };
            let mut least = self.row[from];
            for column in from..to {
                let above = if column == line + self.distance {
                    beyond
                } else {
                    self.row[column + 1]
                };
                let changed = diagonal + usize::from(self.word[column] != *symbol);
                diagonal = self.row[column + 1];
                let value = changed.min(above + 1).min(self.row[column] + 1).min(beyond);
                self.row[column + 1] = value;
                least = least.min(value);
            }
            if least == beyond {
                return false;
            }
        }
        self.row[self.word.len()] <= self.distance
    }
}

fn symbols(word: &[u8]) -> impl Iterator<Item = Symbol> {
    word.utf8_chunks().flat_map(|chunk| {
        let valid = chunk.valid().chars().map(Symbol::from);
        let invalid = chunk.invalid().iter();
        valid.chain(invalid.map(|byte| FIRST_INVALID + Symbol::from(*byte)))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Fuzzy, Glob, Part, symbols};

    /// By trying every way.
    fn fits(parts: &[Part], word: &[u32]) -> bool {
        match (parts, word) {
            ([], []) => true,
            ([Part::Run, parts @ ..], _) => {
                (0..=word.len()).any(|skipped| fits(parts, &word[skipped..]))
            }
            ([Part::One, parts @ ..], [_, word @ ..]) => fits(parts, word),
            ([Part::Symbol(symbol), parts @ ..], [first, word @ ..]) => {
                symbol == first && fits(parts, word)
            }
            _ => false,
        }
    }

    /// The whole table.
    fn distance(a: &[u32], b: &[u32]) -> usize {
        let mut table = vec![vec![0; b.len() + 1]; a.len() + 1];
        for i in 0..=a.len() {
            for j in 0..=b.len() {
                table[i][j] = if i == 0 || j == 0 {
                    i + j
                } else {
                    let changed = table[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                    changed.min(table[i - 1][j] + 1).min(table[i][j - 1] + 1)
                };
            }
        }
        table[a.len()][b.len()]
    }

    fn word() -> impl Strategy<Value = Vec<u8>> {
        let letters = prop::sample::select(vec!["a", "b", "é", "c"]);
        let letters = letters.prop_map(|letter| letter.as_bytes().to_vec());
        let part =
            prop_oneof![9 => letters, 1 => Just(b"\xff".to_vec()), 1 => Just(b"\xc3".to_vec())];
        prop::collection::vec(part, 0..9).prop_map(|parts| parts.concat())
    }

    #[test]
    fn shapes_are_of_characters_and_of_the_whole_word() {
        for (pattern, word, fits) in [
            ("h?llo", "hello", true),
            ("h?llo", "heello", false),
            ("h*o", "ho", true),
            ("h*o", "hello world", false),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("?", "é", true),
            ("??", "é", false),
            ("a\\*b", "a*b", true),
            ("a\\*b", "axb", false),
            ("\\", "\\", true),
            ("*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
        ] {
            assert_eq!(
                Glob::new(pattern.as_bytes()).matches(word.as_bytes()),
                fits,
                "{pattern} {word}"
            );
        }
        assert!(Glob::new(b"?").matches(b"\xff"));
        assert!(!Glob::new(b"?").matches(b"\xff\xfe"));
        assert_eq!(Glob::new("é\\?a?b".as_bytes()).prefix(), "é?a".as_bytes());
        assert_eq!(Glob::new(b"a\xc3*").prefix(), b"a");
    }

    #[test]
    fn a_long_word_is_compared_in_no_time() {
        let word = vec![b'a'; 60_000];
        let mut other = word.clone();
        other[30_000] = b'b';
        assert!(Fuzzy::new(&word, 1).matches(&other));
        other[40_000] = b'b';
        assert!(!Fuzzy::new(&word, 1).matches(&other));
    }

    proptest! {
        #[test]
        fn shapes_fit_as_if_every_way_were_tried(
            pattern in prop::collection::vec(prop::sample::select(b"ab?*\\\xc3\xa9".to_vec()), 0..8),
            word in word(),
        ) {
            let glob = Glob::new(&pattern);
            let symbols: Vec<u32> = symbols(&word).collect();
            let expected = fits(&glob.parts, &symbols);
            prop_assert_eq!(glob.matches(&word), expected);
            prop_assert!(!expected || word.starts_with(&glob.prefix()));
        }

        #[test]
        fn words_are_as_near_as_the_whole_table_says(a in word(), b in word(), limit in 0_u8..4) {
            let whole = distance(
                &symbols(&a).collect::<Vec<_>>(),
                &symbols(&b).collect::<Vec<_>>(),
            );
            prop_assert_eq!(Fuzzy::new(&a, limit).matches(&b), whole <= limit.into());
        }
    }
}
