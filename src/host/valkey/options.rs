//! The options behind `--loadmodule path`.

/// What the module was loaded with.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Options {
    /// The name in `MODULE LIST`; clients look for `search` there.
    pub(super) name: String,
}

/// The name that clients of the FT.* commands look for.
const DEFAULT_NAME: &str = "search";

/// Parses `[NAME name]`, option names in any case.
///
/// # Errors
/// A text for the log that names the option at fault.
pub(super) fn parse(arguments: &[&[u8]]) -> Result<Options, String> {
    let mut options = Options {
        name: DEFAULT_NAME.to_owned(),
    };
    let mut rest = arguments.iter();
    while let Some(option) = rest.next() {
        if option.eq_ignore_ascii_case(b"NAME") {
            let name = rest.next().ok_or("option NAME needs a value")?;
            options.name = module_name(name)?;
        } else {
            let option = String::from_utf8_lossy(option);
            return Err(format!("unknown option '{option}'; known: NAME <name>"));
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
    }
}
