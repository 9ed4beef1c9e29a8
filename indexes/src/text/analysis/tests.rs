//! Tokens against a slow reading of the rules, and on any bytes.

use proptest::prelude::*;

use super::script::has_unspaced;
use super::{
    Analyzer, AnalyzerOptions, DEFAULT_PUNCTUATION, DEFAULT_STOP_WORDS, Language, fold, unescape,
};

fn is_separator(byte: u8) -> bool {
    byte == b' ' || byte.is_ascii_control() || DEFAULT_PUNCTUATION.contains(&byte)
}

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
        "[\\x00-\u{2fff}]{0,30}".prop_map(String::into_bytes),
    ]
    .prop_filter("scripts without blanks have tests of their own", |text| {
        !has_unspaced(text)
    })
}

/// Texts in which scripts without blanks stand beside others.
fn mixed_text() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        text(),
        "[東京都人々アｱ、。・aBéßΣ \\\\,_\u{3000}（]{0,30}".prop_map(String::into_bytes),
        prop::collection::vec(
            prop_oneof![
                2 => prop::sample::select(vec!["東", "京", "ア", "。", "a", " "])
                    .prop_map(|text| text.as_bytes().to_vec()),
                1 => any::<u8>().prop_map(|byte| vec![byte]),
            ],
            0..30,
        )
        .prop_map(|parts| parts.concat()),
    ]
}

proptest! {
    #[test]
    fn any_text_is_found_as_the_phrase_of_itself(text in mixed_text(), stops in any::<bool>()) {
        let analyzer = Analyzer::new(AnalyzerOptions {
            stop_words: ["the", "a", "京", "東京"].map(|word| word.into()).into(),
            ..AnalyzerOptions::default()
        });
        let analyzer = if stops { analyzer } else { without_stop_words() };
        let tokens: Vec<_> = analyzer.tokens(&text).collect();
        for (position, term) in (0..).zip(analyzer.terms(&text)) {
            let holds = tokens.iter().any(|token| token.term == term && token.position == position);
            prop_assert!(holds, "{:?} at {}: {:?}", term, position, tokens);
        }
    }

    #[test]
    fn tokens_say_where_they_stand_and_are_found_as_words(text in mixed_text()) {
        let analyzer = without_stop_words();
        let tokens: Vec<_> = analyzer.tokens(&text).collect();
        prop_assert!(tokens.is_sorted_by_key(|token| token.position));
        for token in &tokens {
            prop_assert!(!token.term.is_empty());
            prop_assert_eq!(&fold(&unescape(&text[token.range.clone()])), &*token.term);
            prop_assert_eq!(analyzer.terms_of_word(&token.term), [token.term.to_vec()]);
        }
        let mut places: Vec<_> = tokens.iter().map(|t| (t.position, t.term.to_vec())).collect();
        places.sort();
        prop_assert!(places.windows(2).all(|two| two[0] != two[1]));
    }

    #[test]
    fn any_stretch_of_unspaced_text_is_found(text in "[東京都人ア]{2,12}", from in 0_usize..12, len in 1_usize..12) {
        let analyzer = Analyzer::default();
        let letters: Vec<char> = text.chars().collect();
        let from = from.min(letters.len() - 1);
        let to = (from + len).min(letters.len());
        let part: String = letters[from..to].iter().collect();
        let tokens: Vec<_> = analyzer
            .tokens(text.as_bytes())
            .map(|token| (token.term.into_owned(), token.position))
            .collect();
        let terms = analyzer.terms_of_word(part.as_bytes());
        prop_assert_eq!(terms.len(), (to - from).max(2) - 1);
        let found = tokens.iter().any(|(_, start)| {
            terms.iter().zip(*start..).all(|(term, position)| tokens.contains(&(term.clone(), position)))
        });
        prop_assert!(found, "{} in {}", part, text);
    }

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

/// Terms with their positions.
fn placed(analyzer: &Analyzer, text: &str) -> Vec<(String, u32)> {
    let tokens = analyzer.tokens(text.as_bytes());
    tokens
        .map(|token| {
            (
                String::from_utf8(token.term.into_owned()).unwrap(),
                token.position,
            )
        })
        .collect()
}

#[test]
fn scripts_without_blanks_are_indexed_as_pairs_and_characters() {
    let analyzer = Analyzer::default();
    let expect = |text: &str, expected: &[(&str, u32)]| {
        let expected: Vec<(String, u32)> = expected
            .iter()
            .map(|(term, at)| ((*term).to_owned(), *at))
            .collect();
        assert_eq!(placed(&analyzer, text), expected, "{text}");
    };
    expect("東", &[("東", 0)]);
    expect("東京", &[("東京", 0), ("東", 0), ("京", 0)]);
    expect(
        "東京都 go",
        &[
            ("東京", 0),
            ("東", 0),
            ("京都", 1),
            ("京", 1),
            ("都", 1),
            ("go", 2),
        ],
    );
    expect(
        "iPhone手机，你好",
        &[
            ("iphone", 0),
            ("手机", 1),
            ("手", 1),
            ("机", 1),
            ("你好", 2),
            ("你", 2),
            ("好", 2),
        ],
    );
    expect("人人", &[("人人", 0), ("人", 0)]);
    let terms: Vec<_> = analyzer.terms("東京都 go 人".as_bytes()).collect();
    assert_eq!(
        terms,
        ["東京".as_bytes(), "京都".as_bytes(), b"go", "人".as_bytes()]
    );
}

#[test]
fn a_word_of_a_query_is_split_at_nothing_that_can_be_escaped() {
    let analyzer = Analyzer::default();
    let words = |word: &str| {
        let terms = analyzer.terms_of_word(word.as_bytes()).into_iter();
        terms
            .map(|term| String::from_utf8(term).unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(words("Foo-Bar_x y\\"), ["foo-bar_x y\\"]);
    assert_eq!(words("我喜欢"), ["我喜", "喜欢"]);
    assert_eq!(words("手机Case"), ["手机", "case"]);
    assert_eq!(words("、"), [""; 0]);
}

#[test]
fn punctuation_can_be_replaced() {
    let analyzer = Analyzer::new(AnalyzerOptions {
        punctuation: b"_.".to_vec(),
        ..AnalyzerOptions::default()
    });
    let words: Vec<String> = placed(&analyzer, r"foo-bar, snake_case v1.2 c++ a\.b x\y")
        .into_iter()
        .map(|(term, _)| term)
        .collect();
    // A backslash is never a letter of a word.
    assert_eq!(
        words,
        [
            "foo-bar,", "snake", "case", "v1", "2", "c++", "a.b", "x", "y"
        ]
    );
    let split = analyzer.terms_of_word(b"Snake_Case-1");
    assert_eq!(split, [b"snake".to_vec(), b"case-1".to_vec()]);
}

#[test]
fn stems_are_those_of_a_language_and_a_least_length() {
    let analyzer = Analyzer::new(AnalyzerOptions {
        language: Language::find(b"german").unwrap(),
        min_stem_length: 3,
        ..AnalyzerOptions::default()
    });
    assert_eq!(analyzer.stem(b"kinder"), Some(b"kind".to_vec()));
    let english = |word| analyzer.stem_in(Language::ENGLISH, word);
    assert_eq!(english(b"kinder"), Some(b"kinder".to_vec()));
    assert_eq!(english(b"was"), Some(b"was".to_vec()));
    assert_eq!(english(b"as"), None);
    assert_eq!(analyzer.stem_in(Language::NONE, b"kinder"), None);
}
