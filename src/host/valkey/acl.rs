//! Who runs a command, and what the server's access control lets them do with keys.

use std::collections::HashMap;
use std::sync::Mutex;

use super::api::{Context, OwnedStr};
use crate::host::access_rules::{Command, Rules};
use crate::keyspace::Access;

/// Users whose rules are kept, read already.
const MOST_USERS: usize = 256;

/// By user: the server's description, and what it says. A description that has changed is read anew.
type Known = HashMap<Vec<u8>, (Vec<u8>, Rules)>;

static KNOWN: Mutex<Option<Known>> = Mutex::new(None);

/// Whether whoever runs `command` in the selected database may do something with every key that
/// begins with one of the prefixes. Nobody to ask about (the primary, the append-only file, another
/// module) may do everything; a user that the server cannot describe may do nothing.
pub(super) fn allows(
    context: Context<'_>,
    command: &[u8],
    access: Access,
    prefixes: &[Vec<u8>],
) -> bool {
    let Some(user) = context.user_name() else {
        return true;
    };
    let Some(description) = context.user_description(&user) else {
        return false;
    };
    let facts = || Command {
        name: command.to_ascii_lowercase(),
        categories: context.categories(OwnedStr::new(command).get()),
    };
    let asked = |rules: &Rules| rules.allow(access, prefixes, context.database(), facts);
    let (user, description) = (user.get().bytes(), description.get().bytes());
    // Taken under the server's global lock only, so it is never waited for.
    let Ok(mut known) = KNOWN.try_lock() else {
        return asked(&Rules::parse(description));
    };
    let known = known.get_or_insert_default();
    if let Some((text, rules)) = known.get(user)
        && text == description
    {
        return asked(rules);
    }
    if known.len() >= MOST_USERS {
        known.clear();
    }
    let rules = Rules::parse(description);
    let answer = asked(&rules);
    known.insert(user.to_vec(), (description.to_vec(), rules));
    answer
}

/// Adds to the server's `ACL LOG` that the caller may not do something with every key that begins with one
/// of the prefixes. What is shown there as the object are these as patterns.
pub(super) fn note_refusal(context: Context<'_>, prefixes: &[Vec<u8>]) {
    if let Some(user) = context.user_name() {
        let patterns: Vec<Vec<u8>> = prefixes
            .iter()
            .map(|prefix| [prefix, &b"*"[..]].concat())
            .collect();
        let object = OwnedStr::new(&patterns.join(&b' '));
        context.log_refused_keys(&user, object.get());
    }
}
