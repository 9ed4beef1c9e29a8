//! Keys of entries: digests of prompts in their normal form. `keys.py` says what that is; here are the
//! prompts that most are, in ASCII, on the way of every lookup.

use blake2::digest::consts::U16;
use blake2::{Blake2b, Digest};
use pyo3::prelude::*;
use pyo3::types::PyString;

/// The key of a prompt in a scope, without context; none if the prompt has more than ASCII.
#[pyfunction]
pub(crate) fn entry_key(prompt: &Bound<'_, PyString>, scope: &str) -> Option<String> {
    // What is no text stands as something beyond ASCII.
    let prompt = prompt.to_string_lossy();
    if !prompt.is_ascii() {
        return None;
    }
    let mut total = Blake2b::<U16>::new();
    for part in ["key", scope, &normal(&prompt)] {
        total.update((part.len() as u64).to_le_bytes());
        total.update(part);
    }
    Some(format!("{:x}", total.finalize()))
}

/// A prompt in ASCII without case, white space that does not matter, and marks at its end.
fn normal(prompt: &str) -> String {
    let mut text = String::with_capacity(prompt.len());
    for word in prompt.split(is_space).filter(|word| !word.is_empty()) {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
    text.make_ascii_lowercase();
    text.truncate(text.trim_end_matches([' ', '.', '!', '?']).len());
    text
}

/// What Python takes for white space.
const fn is_space(letter: char) -> bool {
    matches!(letter, '\t'..='\r' | '\x1c'..=' ')
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn what_does_not_matter_goes() {
        let same = [
            "what eats  a\tNUTHATCH ?!",
            " What eats\x1ca\x0bnuthatch.. ",
            "what eats a nuthatch",
        ];
        for prompt in same {
            assert_eq!(normal(prompt), "what eats a nuthatch");
        }
        assert_eq!(normal(" ?! "), "");
        assert_eq!(normal("a.b ."), "a.b");
    }
}
