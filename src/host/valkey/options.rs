//! The options behind `--loadmodule path`.

use crate::request::args::Args;
use crate::request::settings::Settings;
use crate::request::settings::table::{SETTINGS, Setting};

/// What the module was loaded with.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Options {
    /// The name in `MODULE LIST`; clients look for `search` there.
    pub(super) name: String,
    /// What the core is to be like.
    pub(super) settings: Settings,
}

/// The name that clients of the FT.* commands look for.
const DEFAULT_NAME: &str = "search";

/// Parses `[NAME name] [setting value]…`, where a setting is one of `FT.CONFIG`; names of both in
/// any case.
///
/// # Errors
/// A text for the log that names the option at fault.
pub(super) fn parse(arguments: &[&[u8]]) -> Result<Options, String> {
    let mut options = Options {
        name: DEFAULT_NAME.to_owned(),
        settings: Settings::default(),
    };
    let mut rest = Args::new(arguments);
    while let Some(option) = rest.peek() {
        let keyword = rest.peek_keyword().unwrap_or_default();
        rest.skip();
        let mut value = || {
            rest.value(&keyword)
                .map_err(|_| format!("option {keyword} needs a value"))
        };
        if keyword == "NAME" {
            options.name = module_name(value()?)?;
        } else if let Some(setting) = Setting::find(option) {
            setting
                .set(&mut options.settings, value()?)
                .map_err(|refusal| refusal.to_string())?;
        } else {
            let option = String::from_utf8_lossy(option);
            let known: Vec<&str> = SETTINGS.iter().map(|setting| setting.name).collect();
            let known = known.join(", ");
            return Err(format!("unknown option '{option}'; known: NAME, {known}"));
        }
    }
    Ok(options)
}

/// A name that can stand in front of an `INFO` field.
fn module_name(name: &[u8]) -> Result<String, String> {
    let good = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    if name.is_empty() || !name.iter().all(good) {
        let name = String::from_utf8_lossy(name);
        return Err(format!(
            "bad NAME '{name}': letters, digits, '_', '-' and '.' only"
        ));
    }
    Ok(String::from_utf8_lossy(name).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::create::Quantization;
    use crate::request::settings::OnTimeout;

    fn name(arguments: &[&[u8]]) -> Result<String, String> {
        parse(arguments).map(|options| options.name)
    }

    #[test]
    fn the_name_is_search_unless_told_otherwise() {
        assert_eq!(name(&[]), Ok("search".to_owned()));
        assert_eq!(name(&[b"nAmE", b"nuthatch"]), Ok("nuthatch".to_owned()));
    }

    #[test]
    fn bad_options_are_named() {
        assert!(name(&[b"SPEED", b"9"]).unwrap_err().contains("'SPEED'"));
        assert!(name(&[b"NAME"]).unwrap_err().contains("needs a value"));
        assert!(name(&[b"NAME", b"a b"]).unwrap_err().contains("'a b'"));
        assert!(name(&[b"NAME", b""]).is_err());
        assert!(name(&[b"LINKERS", b"65"]).unwrap_err().contains("0 to 64"));
        assert!(name(&[b"LINKERS"]).unwrap_err().contains("needs a value"));
        let little = name(&[b"AGGREGATEMEMORY", b"9"]).unwrap_err();
        assert!(little.contains("from 1048576 to"), "{little}");
        let unknown = name(&[b"QUANTIZATION", b"INT4"]).unwrap_err();
        assert!(unknown.contains("AUTO or INT8 or NONE"), "{unknown}");
    }

    #[test]
    fn options_of_the_core_are_read() {
        let options = parse(&[b"linkers", b"0", b"quantization", b"none"]).unwrap();
        assert_eq!(options.settings.linkers, Some(0));
        assert_eq!(options.settings.quantization, Quantization::None);
        let options = parse(&[b"Timeout", b"7", b"ON_TIMEOUT", b"fail"]).unwrap();
        assert_eq!(options.settings.timeout_ms, 7);
        assert_eq!(options.settings.on_timeout, OnTimeout::Fail);
        assert_eq!(parse(&[]).unwrap().settings, Settings::default());
    }
}
