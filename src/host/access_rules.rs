//! What a user of the server may do with keys, read from the words in which the server describes a
//! user (`ACL LIST`). The servers' own calls answer for one key, or for a prefix in ways that differ
//! between servers, and never for one selector; here the same rules hold everywhere.
//!
//! ```text
//! on nopass ~a:* %R~b:* resetchannels -@all +@search (~c:* resetchannels db=1 -@all +ft.search)
//! ╰─────────────── the user's own rules ───────────╯ ╰────────────── a selector ──────────────╯
//! ```
//!
//! Whatever is not understood allows nothing.

mod pattern;
#[cfg(test)]
mod tests;

use self::pattern::covers;
use crate::keyspace::Access;

/// What a user may do: what any of the selectors allows by itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Rules {
    /// The user's own rules first.
    selectors: Vec<Selector>,
}

/// Rules that stand together.
#[derive(Debug, Default, PartialEq, Eq)]
struct Selector {
    keys: Vec<KeyRule>,
    /// Commands and categories that are added and taken away, the last word being right.
    commands: Vec<CommandRule>,
    /// The only databases, if not all.
    databases: Option<Vec<u32>>,
    /// Something in it was not understood.
    is_unknown: bool,
}

#[derive(Debug, PartialEq, Eq)]
struct KeyRule {
    pattern: Vec<u8>,
    reads: bool,
    writes: bool,
}

#[derive(Debug, PartialEq, Eq)]
struct CommandRule {
    adds: bool,
    /// A command, or a category with its `@`, in lower case.
    name: Vec<u8>,
}

/// The command that is being run.
#[derive(Debug, Default)]
pub(super) struct Command {
    /// Its name in lower case.
    pub(super) name: Vec<u8>,
    /// Its categories, each with its `@`, in lower case.
    pub(super) categories: Vec<Vec<u8>>,
}

impl Rules {
    /// Reads the description of a user.
    pub(super) fn parse(description: &[u8]) -> Self {
        let mut selectors = vec![Selector::default()];
        let mut inside = false;
        for word in description.split(|&byte| byte == b' ') {
            let mut word = word;
            if let Some(rest) = word.strip_prefix(b"(").filter(|_| !inside) {
                word = rest;
                inside = true;
                selectors.push(Selector::default());
            }
            let end = word.strip_suffix(b")").filter(|_| inside);
            if let Some(selector) = selectors.last_mut() {
                selector.read(end.unwrap_or(word), inside);
            }
            inside &= end.is_none();
        }
        if inside && let Some(selector) = selectors.last_mut() {
            selector.is_unknown = true;
        }
        Self { selectors }
    }

    /// Whether the user may do something with every key of some prefixes. The server has seen to it
    /// that the user may run the command; with several selectors, this asks which of them allows it.
    pub(super) fn allow(
        &self,
        access: Access,
        prefixes: &[Vec<u8>],
        database: u32,
        command: impl FnOnce() -> Command,
    ) -> bool {
        let reaching = |selector: &&Selector| {
            selector.allows_database(database) && selector.allows_keys(access, prefixes)
        };
        if let [only] = self.selectors.as_slice() {
            return reaching(&only);
        }
        let mut reaching = self.selectors.iter().filter(reaching).peekable();
        if reaching.peek().is_none() {
            return false;
        }
        let command = command();
        reaching.any(|selector| selector.allows_command(&command))
    }
}

impl Selector {
    fn read(&mut self, word: &[u8], inside: bool) {
        match word {
            [] => {}
            [b'~', pattern @ ..] => self.add_keys(pattern, true, true),
            [b'%', rest @ ..] => match rest.iter().position(|&byte| byte == b'~') {
                Some(end) => {
                    let has = |letter: u8| rest[..end].contains(&letter.to_ascii_uppercase());
                    self.add_keys(&rest[end + 1..], has(b'r'), has(b'w'));
                }
                None => self.is_unknown = true,
            },
            [sign @ (b'+' | b'-'), name @ ..] => self.commands.push(CommandRule {
                adds: *sign == b'+',
                name: name.to_ascii_lowercase(),
            }),
            // Of channels.
            [b'&', ..] | b"allchannels" | b"resetchannels" => {}
            // Of the user as a whole.
            [b'#', ..]
            | b"on"
            | b"off"
            | b"nopass"
            | b"sanitize-payload"
            | b"skip-sanitize-payload"
                if !inside => {}
            b"alldbs" => self.databases = None,
            b"resetdbs" => self.databases = Some(Vec::new()),
            b"allkeys" => self.add_keys(b"*", true, true),
            b"allcommands" | b"nocommands" => self.commands.push(CommandRule {
                adds: word == b"allcommands",
                name: b"@all".to_vec(),
            }),
            _ => match word.strip_prefix(b"db=").map(numbers) {
                Some(Some(databases)) => self.databases = Some(databases),
                Some(None) | None => self.is_unknown = true,
            },
        }
    }

    fn add_keys(&mut self, pattern: &[u8], reads: bool, writes: bool) {
        self.keys.push(KeyRule {
            pattern: pattern.to_vec(),
            reads,
            writes,
        });
    }

    fn allows_database(&self, database: u32) -> bool {
        !self.is_unknown
            && self
                .databases
                .as_ref()
                .is_none_or(|databases| databases.contains(&database))
    }

    /// One pattern has to cover a prefix: whether several do together is not looked for.
    fn allows_keys(&self, access: Access, prefixes: &[Vec<u8>]) -> bool {
        prefixes.iter().all(|prefix| {
            self.keys.iter().any(|rule| {
                let right = match access {
                    Access::Read => rule.reads,
                    Access::Delete => rule.writes,
                };
                right && covers(&rule.pattern, prefix)
            })
        })
    }

    fn allows_command(&self, command: &Command) -> bool {
        let about = |rule: &&CommandRule| {
            rule.name == b"@all"
                || rule.name == command.name
                || command.categories.contains(&rule.name)
        };
        let last = self.commands.iter().rev().find(about);
        last.is_some_and(|rule| rule.adds)
    }
}

/// Numbers with commas between them.
fn numbers(list: &[u8]) -> Option<Vec<u32>> {
    let list = std::str::from_utf8(list).ok()?;
    list.split(',').map(|number| number.parse().ok()).collect()
}
