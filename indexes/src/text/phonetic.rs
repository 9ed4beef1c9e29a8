//! Words that sound alike: double metaphone, and the terms with each of its codes.

use std::collections::HashMap;

use rphonetic::DoubleMetaphone;

use super::stems::table_bytes;
use super::terms::TermId;

/// Shorter words sound like too many others, in letters.
const FEWEST_LETTERS: usize = 3;
/// Longer words have no code, in bytes: a code says how a word begins.
const MOST_BYTES: usize = 128;

/// Which terms have which code.
#[derive(Default)]
pub(super) struct Phonetics {
    /// No list is empty; a term is in those of its one or two codes.
    terms: HashMap<String, Vec<TermId>>,
}

impl Phonetics {
    pub(super) fn add(&mut self, term: TermId, word: &[u8]) {
        for code in codes(word) {
            self.terms.entry(code).or_default().push(term);
        }
    }

    pub(super) fn remove(&mut self, term: TermId, word: &[u8]) {
        for code in codes(word) {
            let alike = self.terms.get_mut(&code);
            let alike = alike.expect("a term with a code is among those of its code");
            alike.retain(|&other| other != term);
            if alike.is_empty() {
                self.terms.remove(&code);
            }
        }
    }

    /// The terms that share a code with a folded word, in no order and some of them twice.
    pub(super) fn alike(&self, word: &[u8]) -> impl Iterator<Item = TermId> {
        let codes = codes(word).into_iter();
        codes
            .filter_map(|code| self.terms.get(&code))
            .flatten()
            .copied()
    }

    /// Heap bytes in use, by capacity.
    pub(super) fn memory_bytes(&self) -> usize {
        let of_code = |(code, terms): (&String, &Vec<TermId>)| {
            code.capacity() + terms.capacity() * size_of::<TermId>()
        };
        table_bytes(self.terms.capacity(), size_of::<(String, Vec<TermId>)>())
            + self.terms.iter().map(of_code).sum::<usize>()
    }

    /// How many pairs of a code and a term that has it there are.
    #[cfg(test)]
    pub(super) fn pair_count(&self) -> usize {
        assert!(self.terms.values().all(|terms| !terms.is_empty()));
        self.terms.values().map(Vec::len).sum()
    }
}

/// The codes of a folded word: two where it can be read in two ways, none where it is no word of
/// Latin letters.
pub(super) fn codes(word: &[u8]) -> Vec<String> {
    if word.len() > MOST_BYTES {
        return Vec::new();
    }
    let letters: Option<String> = match std::str::from_utf8(word) {
        Ok(word) => word.chars().map(plain).collect(),
        Err(_) => None,
    };
    let Some(letters) = letters.filter(|letters| letters.len() >= FEWEST_LETTERS) else {
        return Vec::new();
    };
    // The encoder looks at bytes, so that it takes nothing but ASCII.
    let both = DoubleMetaphone::default().double_metaphone(&letters);
    let mut codes = vec![both.primary(), both.alternate()];
    codes.dedup();
    codes.retain(|code| !code.is_empty());
    codes
}

/// A Latin letter without its marks; none for anything else.
const fn plain(letter: char) -> Option<char> {
    Some(match letter {
        'a'..='z' => letter,
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'æ' | 'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => 'e',
        'ç' => 's',
        'ć' | 'ĉ' | 'ċ' | 'č' => 'c',
        'ď' | 'đ' | 'ð' => 'd',
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => 'g',
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => 'i',
        'ķ' => 'k',
        'ĺ' | 'ļ' | 'ľ' | 'ł' => 'l',
        'ñ' | 'ń' | 'ņ' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' | 'œ' => 'o',
        'ŕ' | 'ř' => 'r',
        'ß' | 'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => 's',
        'þ' | 'ţ' | 'ť' | 'ț' => 't',
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::codes;

    fn sound_alike(one: &str, other: &str) -> bool {
        let codes_of_other = codes(other.as_bytes());
        let codes = codes(one.as_bytes());
        codes.iter().any(|code| codes_of_other.contains(code))
    }

    #[test]
    fn words_that_sound_alike_share_a_code() {
        for (one, other) in [
            ("jon", "john"),
            ("felix", "phelix"),
            ("smith", "schmidt"),
            ("smith", "smyth"),
            ("catherine", "kathryn"),
            ("josé", "jose"),
            ("façade", "fasade"),
            ("müller", "muller"),
        ] {
            assert!(sound_alike(one, other), "{one} and {other}");
        }
        for (one, other) in [("jon", "tom"), ("nuthatch", "warbler")] {
            assert!(!sound_alike(one, other), "{one} and {other}");
        }
    }

    #[test]
    fn only_words_of_three_latin_letters_have_codes() {
        for none in [
            "",
            "jo",
            "j2k",
            "3rd",
            "книга",
            "東京都",
            "foo-bar",
            "snake_case",
        ] {
            assert!(codes(none.as_bytes()).is_empty(), "{none}");
        }
        assert!(codes(b"jon\xff").is_empty());
        assert!(codes("a".repeat(200).as_bytes()).is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4096, ..ProptestConfig::default() })]

        #[test]
        fn any_word_has_up_to_two_different_codes(
            word in prop_oneof!["[a-z]{0,20}", "[a-zà-žș]{0,20}", "\\PC{0,20}"],
        ) {
            let codes = codes(word.as_bytes());
            prop_assert!(codes.len() <= 2);
            prop_assert!(codes.iter().all(|code| !code.is_empty()));
            prop_assert!(codes.len() < 2 || codes[0] != codes[1]);
        }
    }
}
