//! `FT.CONFIG`: settings read and written.

use super::args::Args;
use super::error::{Error, IndexRefusal, Refusal};
use super::settings::Settings;
use super::settings::table::{SETTINGS, Setting};

/// The arguments of `FT.CONFIG`.
#[derive(Debug)]
pub enum Config {
    /// `GET`: the values of some settings.
    Get(Vec<&'static Setting>),
    /// `HELP`: what they do.
    Help(Vec<&'static Setting>),
    /// `SET`: all settings, of which one is new.
    Set(Settings),
}

impl Config {
    /// Reads what follows `FT.CONFIG`: `GET name`, `HELP name` or `SET name value`, where a name
    /// of `*` is that of all. What is not known is left out of `GET` and `HELP`.
    ///
    /// # Errors
    /// When it is anything else, or no such setting, value or time.
    pub fn parse(arguments: &[&[u8]], settings: &Settings) -> Result<Self, Error> {
        let arity = || Refusal::Arity {
            command: "FT.CONFIG",
        };
        let mut args = Args::new(arguments);
        if args.is_empty() {
            return Err(arity().into());
        }
        let action = args.choice("FT.CONFIG", &["GET", "SET", "HELP"], &[])?;
        match (action, &arguments[1..]) {
            ("GET", [name]) => Ok(Self::Get(named(name))),
            ("HELP", [name]) => Ok(Self::Help(named(name))),
            ("SET", [name, value]) => {
                let mut settings = *settings;
                changeable(name)?.set(&mut settings, value)?;
                Ok(Self::Set(settings))
            }
            _ => Err(arity().into()),
        }
    }
}

fn named(name: &[u8]) -> Vec<&'static Setting> {
    if name == b"*" {
        return SETTINGS.iter().collect();
    }
    Setting::find(name).into_iter().collect()
}

fn changeable(name: &[u8]) -> Result<&'static Setting, Refusal> {
    let setting = Setting::find(name).ok_or_else(|| {
        let names: Vec<&str> = SETTINGS.iter().map(|setting| setting.name).collect();
        Refusal::no_such_setting(name, &names)
    })?;
    if setting.is_mutable {
        return Ok(setting);
    }
    Err(IndexRefusal::FixedSetting { name: setting.name }.into())
}
