//! The languages of the FT.* surface, of which this version has one.

use super::args::Args;
use super::error::Refusal;

/// Languages that other engines know: refused as not supported rather than as a mistake.
const OTHER_LANGUAGES: &[&str] = &[
    "ARABIC",
    "ARMENIAN",
    "BASQUE",
    "CATALAN",
    "CHINESE",
    "DANISH",
    "DUTCH",
    "ESTONIAN",
    "FINNISH",
    "FRENCH",
    "GERMAN",
    "GREEK",
    "HINDI",
    "HUNGARIAN",
    "INDONESIAN",
    "IRISH",
    "ITALIAN",
    "LITHUANIAN",
    "NEPALI",
    "NONE",
    "NORWEGIAN",
    "PORTUGUESE",
    "ROMANIAN",
    "RUSSIAN",
    "SERBIAN",
    "SPANISH",
    "SWEDISH",
    "TAMIL",
    "TURKISH",
    "YIDDISH",
];

/// Takes the value of `LANGUAGE`, which can only be `english`.
///
/// # Errors
/// When it is another language, or none.
pub(super) fn take_language(args: &mut Args<'_>) -> Result<(), Refusal> {
    args.choice("LANGUAGE", &["ENGLISH"], OTHER_LANGUAGES)
        .map(|_| ())
}
