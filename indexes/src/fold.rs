//! Letter case, taken out of words that need not be valid UTF-8.

use std::borrow::Cow;

/// Lower case of every letter, one by one, so that a folded prefix is a prefix of the folded word.
///
/// The final sigma folds to the plain one, as in Unicode simple case folding. Bytes that are not
/// valid UTF-8 stay as they are.
#[must_use]
pub fn fold(bytes: &[u8]) -> Vec<u8> {
    if bytes.is_ascii() {
        return bytes.to_ascii_lowercase();
    }
    let mut folded = Vec::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars().flat_map(char::to_lowercase) {
            let letter = if letter == 'ς' { 'σ' } else { letter };
            folded.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
        }
        folded.extend_from_slice(chunk.invalid());
    }
    folded
}

/// As [`fold`], without a copy of what is folded already.
pub(crate) fn fold_cow(bytes: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    let folded = |byte: &u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    if bytes.iter().all(folded) {
        bytes
    } else {
        Cow::Owned(fold(&bytes))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::fold;

    #[test]
    fn letters_of_every_script_fold_and_other_bytes_stay() {
        assert_eq!(fold(b"Ab_9"), b"ab_9");
        assert_eq!(fold("ÄΣς Straße".as_bytes()), "äσσ straße".as_bytes());
        assert_eq!(fold(b"\xffA\xc3"), b"\xffa\xc3");
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(bytes in prop::collection::vec(any::<u8>(), 0..30)) {
            prop_assert_eq!(fold(&fold(&bytes)), fold(&bytes));
        }

        #[test]
        fn a_folded_prefix_is_a_prefix_of_the_folded_word(head in ".{0,8}", tail in ".{0,8}") {
            let whole = fold(format!("{head}{tail}").as_bytes());
            prop_assert!(whole.starts_with(&fold(head.as_bytes())));
        }
    }
}
