//! The table of settings: their names, what is valid, what they do.

use super::{OnTimeout, Settings};
use crate::request::args::Args;
use crate::request::create::Quantization;
use crate::request::error::Refusal;
use crate::request::search::Scorer;

/// One row of the table.
#[derive(Debug)]
pub struct Setting {
    /// The name, in upper case; read in any.
    pub name: &'static str,
    /// What it does.
    pub description: &'static str,
    /// It may be set while the engine runs.
    pub is_mutable: bool,
    kind: Kind,
}

/// What values a setting has.
#[derive(Debug)]
enum Kind {
    /// A whole number in a range.
    Whole {
        min: u64,
        max: u64,
        get: fn(&Settings) -> u64,
        set: fn(&mut Settings, u64),
    },
    /// One of some words.
    Word {
        valid: &'static [&'static str],
        get: fn(&Settings) -> &'static str,
        set: fn(&mut Settings, &str),
    },
}

/// Every setting, in the order in which they are listed.
pub const SETTINGS: &[Setting] = &[
    Setting {
        name: "TIMEOUT",
        description: "How long a query may take, in milliseconds, when it does not say; 0 is for ever",
        is_mutable: true,
        kind: Kind::Whole {
            min: 0,
            max: u64::MAX,
            get: |settings| settings.timeout_ms,
            set: |settings, value| settings.timeout_ms = value,
        },
    },
    Setting {
        name: "ON_TIMEOUT",
        description: "What a search replies when its time is over: WARN what was found with a \
                      warning (an error in RESP2, which has no place for it), RETURN the same but \
                      without a word in RESP2, FAIL an error",
        is_mutable: true,
        kind: Kind::Word {
            valid: &["WARN", "RETURN", "FAIL"],
            get: |settings| match settings.on_timeout {
                OnTimeout::Warn => "WARN",
                OnTimeout::Return => "RETURN",
                OnTimeout::Fail => "FAIL",
            },
            set: |settings, word| {
                settings.on_timeout = match word {
                    "RETURN" => OnTimeout::Return,
                    "FAIL" => OnTimeout::Fail,
                    _ => OnTimeout::Warn,
                };
            },
        },
    },
    Setting {
        name: "DEFAULT_DIALECT",
        description: "The dialect of queries that do not say",
        is_mutable: true,
        kind: Kind::Whole {
            min: 1,
            max: 4,
            get: |settings| u64::from(settings.dialect),
            set: |settings, value| settings.dialect = u8::try_from(value).unwrap_or(2),
        },
    },
    Setting {
        name: "DEFAULT_SCORER",
        description: "The scoring function of searches that do not say",
        is_mutable: true,
        kind: Kind::Word {
            valid: &Scorer::NAMES,
            get: |settings| settings.scorer.name(),
            set: |settings, word| settings.scorer = Scorer::named(word).unwrap_or_default(),
        },
    },
    Setting {
        name: "BM25STD_TANH_FACTOR",
        description: "By what the scorer BM25STD.TANH divides when the search does not say",
        is_mutable: true,
        kind: Kind::Whole {
            min: 1,
            max: 10_000,
            get: |settings| u64::from(settings.tanh_factor),
            set: |settings, value| settings.tanh_factor = u32::try_from(value).unwrap_or(u32::MAX),
        },
    },
    Setting {
        name: "MAXSEARCHRESULTS",
        description: "How many hits one search may ask for",
        is_mutable: true,
        kind: Kind::Whole {
            min: 1,
            max: 1_000_000_000,
            get: |settings| settings.max_search_results as u64,
            set: |settings, value| settings.max_search_results = size(value),
        },
    },
    Setting {
        name: "AGGREGATEMEMORY",
        description: "Bytes that one aggregation may keep at once: groups, rows to sort, rows that a \
                      cursor holds",
        is_mutable: true,
        kind: Kind::Whole {
            min: 1 << 20,
            max: 1 << 50,
            get: |settings| settings.aggregate_memory as u64,
            set: |settings, value| settings.aggregate_memory = size(value),
        },
    },
    Setting {
        name: "CURSORMEMORY",
        description: "Bytes that all cursors together may hold while they wait to be read on",
        is_mutable: true,
        kind: Kind::Whole {
            min: 1 << 20,
            max: 1 << 50,
            get: |settings| settings.cursor_memory as u64,
            set: |settings, value| settings.cursor_memory = size(value),
        },
    },
    Setting {
        name: "MINPREFIX",
        description: "The fewest bytes beside the * of a pattern; shorter ones match nothing",
        is_mutable: true,
        kind: Kind::Whole {
            min: 1,
            max: 1_024,
            get: |settings| settings.min_prefix as u64,
            set: |settings, value| settings.min_prefix = size(value),
        },
    },
    EXPANSIONS,
    Setting {
        name: "MAXEXPANSIONS",
        description: "Another name of MAXPREFIXEXPANSIONS",
        ..EXPANSIONS
    },
    Setting {
        name: "MINSTEMLEN",
        description: "The fewest letters of a word with a stem, in indexes that are created from \
                      now on without MINSTEMSIZE",
        is_mutable: true,
        kind: Kind::Whole {
            min: 2,
            max: 128,
            get: |settings| settings.min_stem_length as u64,
            set: |settings, value| settings.min_stem_length = size(value),
        },
    },
    Setting {
        name: "QUANTIZATION",
        description: "Whether searches for vectors look at 8-bit codes first, in fields that are \
                      created from now on and do not say",
        is_mutable: true,
        kind: Kind::Word {
            valid: &["AUTO", "INT8", "NONE"],
            get: |settings| match settings.quantization {
                Quantization::Auto => "AUTO",
                Quantization::Int8 => "INT8",
                Quantization::None => "NONE",
            },
            set: |settings, word| {
                settings.quantization = match word {
                    "INT8" => Quantization::Int8,
                    "NONE" => Quantization::None,
                    _ => Quantization::Auto,
                };
            },
        },
    },
    Setting {
        name: "SAVECONTENT",
        description: "Whether snapshots have what indexes know of their documents, and the links of \
                      vectors, written and read, so that a restart need not make them anew",
        is_mutable: true,
        kind: Kind::Word {
            valid: &["YES", "NO"],
            get: |settings| if settings.save_content { "YES" } else { "NO" },
            set: |settings, word| settings.save_content = word == "YES",
        },
    },
    Setting {
        name: "SHAREVECTORS",
        description: "Whether hashes refer to the vectors that an index has of them instead of having them \
                      again, where the server can do so (Valkey 9.1)",
        is_mutable: true,
        kind: Kind::Word {
            valid: &["YES", "NO"],
            get: |settings| if settings.share_vectors { "YES" } else { "NO" },
            set: |settings, word| settings.share_vectors = word == "YES",
        },
    },
    Setting {
        name: "LINKERS",
        description: "Threads that link vectors in the background; 0 links them within the write",
        is_mutable: false,
        kind: Kind::Whole {
            min: 0,
            // Above what any machine has cores to spare for.
            max: 64,
            get: |settings| settings.linkers.unwrap_or_default() as u64,
            set: |settings, value| settings.linkers = Some(size(value)),
        },
    },
    Setting {
        name: "WORKERS",
        description: "Threads that answer queries beside the server's main thread; 0 answers all on it",
        is_mutable: false,
        kind: Kind::Whole {
            min: 0,
            max: 64,
            get: |settings| settings.workers as u64,
            set: |settings, value| settings.workers = size(value),
        },
    },
    Setting {
        name: "INLINECOST",
        description: "Queries that are expected to take less, in microseconds, are answered on the \
                      main thread, which costs less than to hand them to a worker",
        is_mutable: true,
        kind: Kind::Whole {
            min: 0,
            max: 1_000_000,
            get: |settings| settings.inline_us,
            set: |settings, value| settings.inline_us = value,
        },
    },
    Setting {
        name: "MAXQUEUEDQUERIES",
        description: "How many queries may wait for a worker; more are refused",
        is_mutable: true,
        kind: Kind::Whole {
            min: 0,
            max: 1_000_000,
            get: |settings| settings.max_queued as u64,
            set: |settings, value| settings.max_queued = size(value),
        },
    },
];

const EXPANSIONS: Setting = Setting {
    name: "MAXPREFIXEXPANSIONS",
    description: "How many terms or tags a pattern stands for at most; a reply that lacks some \
                  says so where the protocol has a place for it",
    is_mutable: true,
    kind: Kind::Whole {
        min: 1,
        max: 10_000,
        get: |settings| settings.max_expansions as u64,
        set: |settings, value| settings.max_expansions = size(value),
    },
};

fn size(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

impl Setting {
    /// The setting of a name in any letter case.
    #[must_use]
    pub fn find(name: &[u8]) -> Option<&'static Self> {
        let mut all = SETTINGS.iter();
        all.find(|setting| setting.name.as_bytes().eq_ignore_ascii_case(name))
    }

    /// The value, as it would be given.
    #[must_use]
    pub fn value(&self, settings: &Settings) -> String {
        match self.kind {
            Kind::Whole { get, .. } => get(settings).to_string(),
            Kind::Word { get, .. } => get(settings).to_owned(),
        }
    }

    /// Sets the value, whether or not that is possible while the engine runs.
    ///
    /// # Errors
    /// When it is not valid; nothing changes then.
    pub fn set(&self, settings: &mut Settings, value: &[u8]) -> Result<(), Refusal> {
        let given = [value];
        let mut args = Args::new(&given);
        match self.kind {
            Kind::Whole { min, max, set, .. } => set(settings, args.whole(self.name, min, max)?),
            Kind::Word { valid, set, .. } => set(settings, args.choice(self.name, valid, &[])?),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_valid_and_every_value_is_kept() {
        let default = Settings {
            linkers: Some(3),
            ..Settings::default()
        };
        for setting in SETTINGS {
            let mut settings = default;
            let value = setting.value(&default);
            assert_eq!(setting.set(&mut settings, value.as_bytes()), Ok(()));
            assert_eq!(settings, default, "{}", setting.name);
            let (valid, invalid) = match setting.kind {
                Kind::Whole { min, max, .. } => {
                    let below = min.checked_sub(1).map(|it| it.to_string());
                    let above = max.checked_add(1).map(|it| it.to_string());
                    let invalid = below.into_iter().chain(above).collect();
                    (vec![min.to_string(), max.to_string()], invalid)
                }
                Kind::Word { valid, .. } => (
                    valid.iter().map(|it| (*it).to_owned()).collect(),
                    Vec::new(),
                ),
            };
            for value in valid {
                assert_eq!(setting.set(&mut settings, value.as_bytes()), Ok(()));
                assert_eq!(setting.value(&settings), value);
            }
            let before = settings;
            for value in invalid.iter().map(String::as_str).chain(["nonsense", ""]) {
                assert!(setting.set(&mut settings, value.as_bytes()).is_err());
                assert_eq!(settings, before);
            }
        }
    }
}
