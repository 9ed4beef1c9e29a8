//! Words of a prompt: where they are, what they are without their endings.

use std::borrow::Cow;

/// Stand between the parts of one word.
const JOINTS: [char; 7] = ['.', ',', ':', '\'', '’', '/', '-'];

/// End a sentence, or begin a part of one.
const ENDS: [char; 9] = ['.', '!', '?', ':', ';', '"', '“', '”', '('];

/// How far back the end of a sentence is looked for.
const LOOK_BACK: usize = 8;

/// A word without the endings of plural and possession.
pub(crate) fn stem(word: &str) -> Cow<'_, str> {
    let word = word
        .strip_suffix("'s")
        .or_else(|| word.strip_suffix("’s"))
        .unwrap_or(word);
    if !word.ends_with('s') {
        return Cow::Borrowed(word);
    }
    let length = word.chars().count();
    if length > 4 {
        if let Some(begin) = word.strip_suffix("ies") {
            return Cow::Owned(format!("{begin}y"));
        }
        let has_es = ["sses", "shes", "ches", "xes"];
        if has_es.iter().any(|ending| word.ends_with(ending)) {
            return Cow::Borrowed(word.strip_suffix("es").unwrap_or(word));
        }
    }
    let keeps = ["ss", "us", "is"];
    if length > 3 && !keeps.iter().any(|ending| word.ends_with(ending)) {
        return Cow::Borrowed(word.strip_suffix('s').unwrap_or(word));
    }
    Cow::Borrowed(word)
}

/// Words of letters and digits with single marks between their parts, each with where it begins.
pub(crate) fn tokens(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..)?;
        let start = at + rest.find(char::is_alphanumeric)?;
        let mut end = start;
        loop {
            let part = text.get(end..)?;
            end += part
                .find(|letter: char| !letter.is_alphanumeric())
                .unwrap_or(part.len());
            let mut next = text.get(end..)?.chars();
            let joint = next.next().filter(|mark| JOINTS.contains(mark));
            match (joint, next.next()) {
                (Some(joint), Some(letter)) if letter.is_alphanumeric() => end += joint.len_utf8(),
                (Some(_) | None, _) => break,
            }
        }
        at = end;
        Some((start, text.get(start..end)?))
    })
}

/// A text without the commas between groups of three digits; none if it has none.
pub(crate) fn ungrouped(text: &str) -> Option<String> {
    if !text.contains(',') {
        return None;
    }
    let groups = |at: usize| {
        let before = text.get(..at).unwrap_or_default();
        let after = text.get(at + 1..).unwrap_or_default();
        let digits = after.chars().take_while(char::is_ascii_digit).count();
        let next = after.chars().nth(3);
        before.ends_with(|last: char| last.is_ascii_digit())
            && digits == 3
            && !next.is_some_and(|next| next.is_alphanumeric() || next == '_')
    };
    let kept = text
        .char_indices()
        .filter(|&(at, letter)| letter != ',' || !groups(at));
    Some(kept.map(|(_, letter)| letter).collect())
}

/// Whether a sentence, or a part of one, begins after a text.
pub(crate) fn begins_sentence(before: &str) -> bool {
    let start = before
        .char_indices()
        .rev()
        .nth(LOOK_BACK - 1)
        .map_or(0, |(at, _)| at);
    let near = before.get(start..).unwrap_or_default();
    let said = near.trim_end();
    let blank = near.get(said.len()..).unwrap_or_default();
    said.trim_start().is_empty() || blank.contains('\n') || said.ends_with(ENDS)
}
