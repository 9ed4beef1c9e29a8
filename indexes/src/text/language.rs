//! The languages that text can be in, and what the stems of their words are.

use snowball_stemmers_rs::{Algorithm, Stemmer};

/// Longer words have no stem, in bytes: a stemmer takes a time that grows with the square of a
/// word's length, 1.2 s for 200 kB. The longest words of English have fewer than 50 letters.
pub const MOST_STEM_BYTES: usize = 128;

/// A language, as far as text is concerned: it decides what the stems of words are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language(
    /// The slot in [`LANGUAGES`].
    u8,
);

/// Names, and the stemmers of those that have one.
const LANGUAGES: [(&str, Option<Algorithm>); 39] = [
    ("english", Some(Algorithm::English)),
    ("none", None),
    ("arabic", Some(Algorithm::Arabic)),
    ("armenian", Some(Algorithm::Armenian)),
    ("basque", Some(Algorithm::Basque)),
    ("catalan", Some(Algorithm::Catalan)),
    ("chinese", None),
    ("czech", Some(Algorithm::Czech)),
    ("danish", Some(Algorithm::Danish)),
    ("dutch", Some(Algorithm::Dutch)),
    ("esperanto", Some(Algorithm::Esperanto)),
    ("estonian", Some(Algorithm::Estonian)),
    ("finnish", Some(Algorithm::Finnish)),
    ("french", Some(Algorithm::French)),
    ("german", Some(Algorithm::German)),
    ("greek", Some(Algorithm::Greek)),
    ("hindi", Some(Algorithm::Hindi)),
    ("hungarian", Some(Algorithm::Hungarian)),
    ("indonesian", Some(Algorithm::Indonesian)),
    ("irish", Some(Algorithm::Irish)),
    ("italian", Some(Algorithm::Italian)),
    ("lithuanian", Some(Algorithm::Lithuanian)),
    ("malay", None),
    ("nepali", Some(Algorithm::Nepali)),
    ("norwegian", Some(Algorithm::Norwegian)),
    ("persian", Some(Algorithm::Persian)),
    ("polish", Some(Algorithm::Polish)),
    ("portuguese", Some(Algorithm::Portuguese)),
    ("romanian", Some(Algorithm::Romanian)),
    ("russian", Some(Algorithm::Russian)),
    ("serbian", Some(Algorithm::Serbian)),
    ("sesotho", Some(Algorithm::Sesotho)),
    ("spanish", Some(Algorithm::Spanish)),
    ("swedish", Some(Algorithm::Swedish)),
    ("tagalog", None),
    ("tamil", Some(Algorithm::Tamil)),
    ("turkish", Some(Algorithm::Turkish)),
    ("ukrainian", Some(Algorithm::Ukrainian)),
    ("yiddish", Some(Algorithm::Yiddish)),
];

impl Default for Language {
    fn default() -> Self {
        Self::ENGLISH
    }
}

impl Language {
    /// Snowball's English, also known as Porter 2.
    pub const ENGLISH: Self = Self(0);
    /// No language: words have no stems.
    pub const NONE: Self = Self(1);

    /// The language of this name, in any letter case.
    #[must_use]
    pub fn find(name: &[u8]) -> Option<Self> {
        Self::all().find(|language| name.eq_ignore_ascii_case(language.name().as_bytes()))
    }

    /// Every language: English, none, then the others in the order of their names.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..).map(Self).take(LANGUAGES.len())
    }

    /// Its name, in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.entry().0
    }

    /// The stem of a folded word, which may be the word itself. Words beyond [`MOST_STEM_BYTES`]
    /// have none, nor have the words of a language without a stemmer.
    #[must_use]
    pub fn stem(self, word: &str) -> Option<String> {
        let algorithm = self.entry().1?;
        let fits = word.len() <= MOST_STEM_BYTES;
        fits.then(|| Stemmer::create(algorithm).stem(word).into_owned())
    }

    /// Its number, which other versions may have for another.
    pub(super) const fn number(self) -> u8 {
        self.0
    }

    fn entry(self) -> (&'static str, Option<Algorithm>) {
        LANGUAGES[usize::from(self.0)]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Language, MOST_STEM_BYTES};

    fn stem(language: &str, word: &str) -> Option<String> {
        Language::find(language.as_bytes()).unwrap().stem(word)
    }

    #[test]
    fn languages_are_found_by_their_names_in_any_case() {
        for language in Language::all() {
            let name = language.name();
            assert_eq!(Language::find(name.as_bytes()), Some(language));
            let upper = name.to_ascii_uppercase();
            assert_eq!(Language::find(upper.as_bytes()), Some(language));
        }
        assert_eq!(Language::ENGLISH.name(), "english");
        assert_eq!(Language::NONE.name(), "none");
        assert_eq!(Language::find(b"klingon"), None);
        assert_eq!(Language::find(b""), None);
        let names: Vec<&str> = Language::all().map(Language::name).skip(2).collect();
        assert!(names.is_sorted());
    }

    #[test]
    fn words_of_each_language_have_its_stems() {
        for (language, word, other) in [
            ("english", "running", "runs"),
            ("german", "kinder", "kindern"),
            ("french", "cheval", "chevaux"),
            ("spanish", "hablar", "hablamos"),
            ("greek", "άνθρωποσ", "άνθρωποι"),
            ("russian", "книга", "книги"),
            ("indonesian", "membaca", "baca"),
            ("swedish", "flickorna", "flickor"),
            ("hungarian", "házak", "házat"),
            ("catalan", "cantaven", "cantava"),
            ("irish", "ndroichead", "droichead"),
            ("turkish", "kitaplar", "kitap"),
            ("hindi", "लड़कियाँ", "लड़कियों"),
        ] {
            let (stem, other) = (stem(language, word), stem(language, other));
            assert!(stem.is_some(), "{language}");
            assert_eq!(stem, other, "{language}: {word}");
        }
        for unstemmed in ["none", "chinese", "malay", "tagalog"] {
            assert_eq!(stem(unstemmed, "running"), None);
        }
    }

    #[test]
    fn words_too_long_for_a_language_have_no_stem() {
        let longest = "ay".repeat(MOST_STEM_BYTES / 2 - 2) + "ings";
        assert!(Language::ENGLISH.stem(&longest).is_some());
        assert_eq!(Language::ENGLISH.stem(&format!("{longest}s")), None);
    }

    /// Letters that stemmers look for, so that what is generated takes their rules.
    fn letters() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-z]{0,30}",
            "[a-zà-ÿāčēęģīķłńőřśşūžıʼ'-]{0,30}",
            "[α-ωάέήίόύώϊϋΐΰ]{0,30}",
            "[а-яёєіїґђјљњћџ]{0,30}",
            "[ա-և]{0,30}",
            "[א-תװ-ײְ-ׇ]{0,30}",
            "[ء-يً-ٟپچژکگی۰-۹\u{200c}]{0,30}",
            "[ऀ-ॿ]{0,30}",
            "[ஂ-௺]{0,30}",
            "\\PC{0,30}",
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

        #[test]
        fn any_word_can_be_stemmed_in_any_language(word in letters()) {
            for language in Language::all() {
                let _ = language.stem(&word);
            }
        }
    }
}
