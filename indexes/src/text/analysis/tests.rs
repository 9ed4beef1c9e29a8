//! Tokens against a slow reading of the rules, and on any bytes.

use proptest::prelude::*;

use super::{
    Analyzer, AnalyzerOptions, DEFAULT_STOP_WORDS, MOST_STEM_BYTES, fold, is_separator, unescape,
};

fn without_stop_words() -> Analyzer {
    Analyzer::new(AnalyzerOptions {
        stop_words: Vec::new(),
        ..AnalyzerOptions::default()
    })
}

fn terms(analyzer: &Analyzer, text: &[u8]) -> Vec<Vec<u8>> {
    let tokens = analyzer.tokens(text);
    tokens.map(|token| token.term.into_owned()).collect()
}

fn words(text: &str) -> Vec<String> {
    let terms = terms(&without_stop_words(), text.as_bytes());
    terms
        .into_iter()
        .map(|term| String::from_utf8(term).unwrap())
        .collect()
}

#[test]
fn texts_split_at_blanks_controls_and_punctuation_but_not_at_underscores() {
    assert_eq!(
        words("Hello, wörld_wide\tweb\u{1}2.0"),
        ["hello", "wörld_wide", "web", "2", "0"]
    );
    assert_eq!(
        words(r#"a,b.c/d(e)f{g}h[i]j:k;l~m!n@o#p$q%r^s&t*u-v=w+x|y'z`1"2<3>4?5"#).len(),
        31
    );
    assert_eq!(words(" ,.- "), [""; 0]);
}

#[test]
fn a_backslash_joins_what_it_precedes_and_vanishes() {
    assert_eq!(
        words(r"hello\-world hello-world"),
        ["hello-world", "hello", "world"]
    );
    assert_eq!(words(r"a\ b \,c d\\e"), ["a b", ",c", r"d\e"]);
    assert_eq!(words(r"x\_y"), ["x_y"]);
    assert_eq!(
        words(r"lone\backslash at end\"),
        ["lone", "backslash", "at", "end"]
    );
    assert_eq!(words(r"\\\-"), [r"\-"]);
}

#[test]
fn positions_count_kept_tokens_only() {
    let analyzer = Analyzer::default();
    let tokens: Vec<_> = analyzer
        .tokens(b"The Queen of the Netherlands")
        .map(|token| (token.term.into_owned(), token.position))
        .collect();
    assert_eq!(
        tokens,
        [(b"queen".to_vec(), 0), (b"netherlands".to_vec(), 1)]
    );
    assert!(
        DEFAULT_STOP_WORDS
            .iter()
            .all(|word| analyzer.is_stop_word(word.as_bytes()))
    );
}

#[test]
fn stop_words_can_be_replaced_and_are_folded() {
    let analyzer = Analyzer::new(AnalyzerOptions {
        stop_words: vec![b"QUEEN".to_vec()],
        ..AnalyzerOptions::default()
    });
    assert_eq!(terms(&analyzer, b"the Queen"), [b"the"]);
}

#[test]
fn only_words_of_four_letters_that_are_no_numbers_have_stems() {
    let stem = |word: &[u8]| Analyzer::default().stem(word);
    assert_eq!(stem(b"running"), Some(b"run".to_vec()));
    assert_eq!(stem(b"house"), Some(b"hous".to_vec()));
    assert_eq!(stem(b"lamp"), Some(b"lamp".to_vec()));
    assert_eq!(stem(b"dogs"), Some(b"dog".to_vec()));
    assert_eq!(stem(b"cats1"), Some(b"cats1".to_vec()));
    assert_eq!(stem(b"infinity"), Some(b"infin".to_vec()));
    for none in [
        &b"was"[..],
        "öäü".as_bytes(),
        b"7051",
        b"1.2e+3",
        b"-1.5",
        b"dogs\xff",
        b"",
    ] {
        assert_eq!(stem(none), None);
    }
}

/// Splits by looking at one byte at a time, with a flag for the escape.
fn naive_terms(text: &[u8]) -> Vec<Vec<u8>> {
    let mut words = vec![Vec::new()];
    let mut escaped = false;
    for (slot, &byte) in text.iter().enumerate() {
        let next_can_be_escaped = text
            .get(slot + 1)
            .is_some_and(|&next| next == b'_' || is_separator(next));
        if escaped {
            words.last_mut().unwrap().push(byte);
            escaped = false;
        } else if byte == b'\\' && next_can_be_escaped {
            escaped = true;
        } else if is_separator(byte) {
            words.push(Vec::new());
        } else {
            words.last_mut().unwrap().push(byte);
        }
    }
    words.retain(|word| !word.is_empty());
    words.iter().map(|word| fold(word)).collect()
}

fn is_subsequence(part: &[u8], whole: &[u8]) -> bool {
    let mut rest = whole.iter();
    part.iter().all(|byte| rest.any(|other| other == byte))
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        3 => prop::sample::select(&b"abAB \\\\-_,"[..]),
        1 => any::<u8>(),
    ];
    prop_oneof![
        prop::collection::vec(byte, 0..60),
        "\\PC{0,30}".prop_map(String::into_bytes),
    ]
}

proptest! {
    #[test]
    fn tokens_equal_a_slow_reading_of_the_rules(text in text()) {
        prop_assert_eq!(terms(&without_stop_words(), &text), naive_terms(&text));
    }

    #[test]
    fn no_byte_is_lost_or_invented(text in text()) {
        let tokens = terms(&without_stop_words(), &text).concat();
        prop_assert!(is_subsequence(&tokens, &fold(&text)));
        let kept = |bytes: &[u8]| bytes.iter().filter(|b| !is_separator(**b)).count();
        prop_assert_eq!(kept(&tokens), kept(&fold(&text)));
    }

    #[test]
    fn a_stop_list_only_takes_words_away(text in text()) {
        let analyzer = Analyzer::new(AnalyzerOptions {
            stop_words: vec![b"a".to_vec(), b"ab".to_vec()],
            ..AnalyzerOptions::default()
        });
        let mut expected = naive_terms(&text);
        expected.retain(|term| term != b"a" && term != b"ab");
        let positions: Vec<u32> = analyzer.tokens(&text).map(|token| token.position).collect();
        prop_assert_eq!(terms(&analyzer, &text), expected);
        let count = u32::try_from(positions.len()).unwrap();
        prop_assert!(positions.into_iter().eq(0..count));
    }

    #[test]
    fn any_word_can_be_stemmed(word in text(), letters in "[a-zé']{0,20}") {
        let analyzer = Analyzer::default();
        let _ = analyzer.stem(&word);
        let stem = analyzer.stem(letters.as_bytes());
        prop_assert_eq!(stem.is_some(), letters.chars().count() >= 4);
    }

    #[test]
    fn an_escaped_text_is_one_token(text in "[ -~]{1,20}") {
        let escaped: String = text
            .chars()
            .flat_map(|letter| {
                let escape = letter.is_ascii_punctuation() || letter == ' ';
                escape.then_some('\\').into_iter().chain([letter])
            })
            .collect();
        let plain = unescape(escaped.as_bytes());
        prop_assert_eq!(&*plain, text.as_bytes());
        prop_assert_eq!(terms(&without_stop_words(), escaped.as_bytes()), [fold(&plain)]);
    }
}

#[test]
fn words_too_long_for_a_language_have_no_stem() {
    let analyzer = Analyzer::default();
    let longest = "ay".repeat(MOST_STEM_BYTES / 2 - 2) + "ings";
    assert!(analyzer.stem(longest.as_bytes()).is_some());
    assert_eq!(analyzer.stem(format!("{longest}s").as_bytes()), None);
}
