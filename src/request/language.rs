//! The languages of the FT.* surface by their names.

pub use nuthatch_indexes::text::language::Language;

use super::args::Args;
use super::error::Refusal;

/// Takes the value of `LANGUAGE`, a name in any letter case.
///
/// # Errors
/// When it is the name of no language, or there is none.
pub(super) fn take_language(args: &mut Args<'_>) -> Result<Language, Refusal> {
    let given = args.value("LANGUAGE")?;
    find_language(given).map_err(|valid| Refusal::not_one_of("LANGUAGE", &valid, given))
}

/// The language of a name in any letter case.
///
/// # Errors
/// The names that there are.
pub fn find_language(name: &[u8]) -> Result<Language, Vec<&'static str>> {
    Language::find(name).ok_or_else(|| {
        let mut names: Vec<&str> = Language::all().map(Language::name).collect();
        names.sort_unstable();
        names
    })
}

/// How a language is saved: by its name, so that the order in which languages are listed can
/// change.
pub(super) mod by_name {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Language;

    pub(in crate::request) fn serialize<S: Serializer>(
        language: &Option<Language>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        language.map(Language::name).serialize(serializer)
    }

    pub(in crate::request) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Language>, D::Error> {
        let Some(name) = Option::<String>::deserialize(deserializer)? else {
            return Ok(None);
        };
        match Language::find(name.as_bytes()) {
            Some(language) => Ok(Some(language)),
            None => Err(D::Error::custom(format!("there is no language {name}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_in_any_case_and_others_refused_with_those_there_are() {
        let take = |name: &str| take_language(&mut Args::new(&[name.as_bytes()]));
        assert_eq!(take("GerMan"), Ok(Language::find(b"german").unwrap()));
        assert_eq!(take("none"), Ok(Language::NONE));
        let refusal = take("klingon").unwrap_err().to_string();
        assert!(
            refusal.starts_with(
                "SEARCH_PARSE_ARGS Bad arguments for LANGUAGE: must be arabic or armenian or "
            ),
            "{refusal}"
        );
        assert!(refusal.ends_with("or yiddish, not `klingon`"), "{refusal}");
        assert!(take_language(&mut Args::new(&[])).is_err());
    }
}
