//! The options behind `--loadmodule path`.

use crate::engine;
use crate::request::args::Args;
use crate::request::create::Quantization;

/// Threads that link vectors: above what any machine has cores to spare for.
const MOST_LINKERS: usize = 64;

/// What the module was loaded with.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Options {
    /// The name in `MODULE LIST`; clients look for `search` there.
    pub(super) name: String,
    /// What the core is to be like.
    pub(super) core: engine::Options,
}

/// The options, for whoever misspells one.
const KNOWN: &str = "NAME <name>, LINKERS <count>, QUANTIZATION AUTO|INT8|NONE";

/// The name that clients of the FT.* commands look for.
const DEFAULT_NAME: &str = "search";

/// Parses `[NAME name] [LINKERS count] [QUANTIZATION AUTO|INT8|NONE]`, option names in any case.
///
/// # Errors
/// A text for the log that names the option at fault.
pub(super) fn parse(arguments: &[&[u8]]) -> Result<Options, String> {
    let mut options = Options {
        name: DEFAULT_NAME.to_owned(),
        core: engine::Options::default(),
    };
    let mut rest = Args::new(arguments);
    while let Some(option) = rest.peek() {
        let keyword = rest.peek_keyword().unwrap_or_default();
        rest.skip();
        let mut value = || {
            rest.value(&keyword)
                .map_err(|_| format!("option {keyword} needs a value"))
        };
        match keyword.as_str() {
            "NAME" => options.name = module_name(value()?)?,
            "LINKERS" => {
                options.core.linkers = Args::new(&[value()?])
                    .whole("LINKERS", 0, MOST_LINKERS)
                    .map_err(|refusal| refusal.to_string())?;
            }
            "QUANTIZATION" => {
                options.core.defaults.quantization =
                    Quantization::take("QUANTIZATION", &mut Args::new(&[value()?]))
                        .map_err(|refusal| refusal.to_string())?;
            }
            _ => {
                let option = String::from_utf8_lossy(option);
                return Err(format!("unknown option '{option}'; known: {KNOWN}"));
            }
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
        let unknown = name(&[b"QUANTIZATION", b"INT4"]).unwrap_err();
        assert!(unknown.contains("AUTO or INT8 or NONE"), "{unknown}");
    }

    #[test]
    fn options_of_the_core_are_read() {
        let options = parse(&[b"linkers", b"0", b"quantization", b"none"]).unwrap();
        assert_eq!(options.core.linkers, 0);
        let quantization = options.core.defaults.quantization;
        assert_eq!(quantization, Quantization::None);
        assert_eq!(parse(&[]).unwrap().core, engine::Options::default());
    }
}
