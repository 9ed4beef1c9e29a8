//! Scripts that are written without blanks: what a word is there has to be cut differently.
//!
//! Runs of Han, hiragana and katakana are indexed as overlapping pairs of characters, and as single
//! characters beside those, so that any stretch of such text is found as the phrase of its pairs,
//! or as the character that it is, without a dictionary.

/// What a stretch of a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stretch {
    /// Written with blanks between words: a word by itself.
    Word,
    /// Han, hiragana or katakana.
    Unspaced,
    /// Full-width punctuation and blanks: between words.
    Separator,
}

/// Whether anything in a word is other than [`Stretch::Word`].
pub(super) fn has_unspaced(word: &[u8]) -> bool {
    // All such characters are of three bytes or more, the first of which is at least this.
    word.iter().any(|&byte| byte >= 0xe3)
        && word
            .utf8_chunks()
            .flat_map(|chunk| chunk.valid().chars())
            .any(|letter| stretch_of(letter) != Stretch::Word)
}

/// The stretches of a word: what each is, and how many bytes are its.
pub(super) fn stretches(word: &[u8]) -> impl Iterator<Item = (Stretch, &[u8])> {
    let mut rest = word;
    std::iter::from_fn(move || {
        let mut kind = None;
        let mut length = 0;
        'word: for chunk in rest.utf8_chunks() {
            for letter in chunk.valid().chars() {
                let own = stretch_of(letter);
                if *kind.get_or_insert(own) != own {
                    break 'word;
                }
                length += letter.len_utf8();
            }
            // What is not valid UTF-8 is part of a word as any letter is.
            if !chunk.invalid().is_empty() {
                if *kind.get_or_insert(Stretch::Word) != Stretch::Word {
                    break 'word;
                }
                length += chunk.invalid().len();
            }
        }
        let (stretch, tail) = rest.split_at(length);
        rest = tail;
        kind.map(|kind| (kind, stretch))
    })
}

/// Where each character of a stretch begins, and where the last one ends.
pub(super) fn character_bounds(stretch: &[u8]) -> Vec<usize> {
    let starts = stretch
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte & 0xc0 != 0x80)
        .map(|(start, _)| start);
    starts.chain([stretch.len()]).collect()
}

fn stretch_of(letter: char) -> Stretch {
    match letter {
        '\0'..='\u{2fff}' => Stretch::Word,
        // Iteration marks and the Han zero, which stand within words.
        '々'..='〇' | '〡'..='〩' | '〱'..='〵' | '〸'..='〼' => Stretch::Unspaced,
        // The ideographic blank, brackets, commas and stops.
        '\u{3000}'..='\u{303f}' | '゠' | '・' => Stretch::Separator,
        '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' => Stretch::Unspaced,
        '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' => {
            Stretch::Unspaced
        }
        // Half-width katakana.
        '\u{ff66}'..='\u{ff9f}' => Stretch::Unspaced,
        '\u{ff01}'..='\u{ff0f}'
        | '\u{ff1a}'..='\u{ff20}'
        | '\u{ff3b}'..='\u{ff3e}'
        | '\u{ff40}'
        | '\u{ff5b}'..='\u{ff65}' => Stretch::Separator,
        '\u{1aff0}'..='\u{1afff}'
        | '\u{1b000}'..='\u{1b16f}'
        | '\u{20000}'..='\u{2fa1f}'
        | '\u{30000}'..='\u{323af}' => Stretch::Unspaced,
        _ => Stretch::Word,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Stretch, character_bounds, has_unspaced, stretches};

    fn cut(word: &str) -> Vec<(Stretch, &str)> {
        stretches(word.as_bytes())
            .map(|(kind, bytes)| (kind, std::str::from_utf8(bytes).unwrap()))
            .collect()
    }

    #[test]
    fn a_word_is_cut_where_its_script_changes() {
        use Stretch::{Separator, Unspaced, Word};
        assert_eq!(cut("東京タワー"), [(Unspaced, "東京タワー")]);
        assert_eq!(
            cut("Tokyo東京2024年"),
            [
                (Word, "Tokyo"),
                (Unspaced, "東京"),
                (Word, "2024"),
                (Unspaced, "年")
            ]
        );
        assert_eq!(
            cut("你好，世界。"),
            [
                (Unspaced, "你好"),
                (Separator, "，"),
                (Unspaced, "世界"),
                (Separator, "。")
            ]
        );
        assert_eq!(cut("학교에서"), [(Word, "학교에서")]);
        assert_eq!(cut("สวัสดี"), [(Word, "สวัสดี")]);
        assert_eq!(
            cut("ｶﾀｶﾅ・人々"),
            [(Unspaced, "ｶﾀｶﾅ"), (Separator, "・"), (Unspaced, "人々")]
        );
        assert_eq!(cut(""), []);
    }

    proptest! {
        #[test]
        fn stretches_are_the_word_and_alternate(
            word in prop_oneof![
                prop::collection::vec(any::<u8>(), 0..40),
                "[a東ア、。Ｂ\u{3000}é]{0,20}".prop_map(String::into_bytes),
                "\\PC{0,20}".prop_map(String::into_bytes),
            ],
        ) {
            let cut: Vec<_> = stretches(&word).collect();
            let whole: Vec<u8> = cut.iter().flat_map(|(_, bytes)| bytes.to_vec()).collect();
            prop_assert_eq!(&whole, &word);
            prop_assert!(cut.iter().all(|(_, bytes)| !bytes.is_empty()));
            prop_assert!(cut.windows(2).all(|two| two[0].0 != two[1].0));
            let only_words = cut.iter().all(|(kind, _)| *kind == Stretch::Word);
            prop_assert_eq!(has_unspaced(&word), !only_words);
            for (_, bytes) in cut.iter().filter(|(kind, _)| *kind == Stretch::Unspaced) {
                let letters = std::str::from_utf8(bytes).unwrap().chars().count();
                prop_assert_eq!(character_bounds(bytes).len(), letters + 1);
            }
        }
    }
}
