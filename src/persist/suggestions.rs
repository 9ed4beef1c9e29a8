//! The suggestions of a key as a row of sections, so that many need no large buffer.
//!
//! A section holds one suggestion after the other: the length of its text, the text, its weight,
//! one more than the length of its payload (0 for none), the payload. Numbers are little-endian.

use nuthatch_indexes::suggest::{Suggestion, Suggestions};

use super::{open, seal};

/// The format of what follows.
const VERSION: u32 = 1;

/// A section ends with the suggestion that makes it as long as this.
const SECTION_BYTES: usize = 1 << 18;

/// The sections of some suggestions; none when there are no suggestions.
pub fn encode(suggestions: &Suggestions) -> impl Iterator<Item = Vec<u8>> {
    let mut rest = suggestions.iter().peekable();
    std::iter::from_fn(move || {
        rest.peek()?;
        let mut content = Vec::new();
        while let Some(suggestion) = rest.next_if(|_| content.len() < SECTION_BYTES) {
            put(suggestion, &mut content);
        }
        Some(seal(VERSION, &content))
    })
}

fn put(suggestion: &Suggestion, content: &mut Vec<u8>) {
    let payload = suggestion.payload.as_deref();
    let payload_length = payload.map_or(0, |payload| payload.len() as u64 + 1);
    content.extend_from_slice(&(suggestion.text.len() as u64).to_le_bytes());
    content.extend_from_slice(suggestion.text.as_bytes());
    content.extend_from_slice(&suggestion.weight.to_le_bytes());
    content.extend_from_slice(&payload_length.to_le_bytes());
    content.extend_from_slice(payload.unwrap_or_default());
}

/// Adds the suggestions of one section to those of the sections before.
///
/// # Errors
/// What is wrong with the section, for the log. Some of its suggestions may have been added.
pub fn decode(section: &[u8], suggestions: &mut Suggestions) -> Result<(), String> {
    let (_, mut rest) = open(section, VERSION..=VERSION)?;
    if rest.is_empty() {
        return Err("it is empty".to_owned());
    }
    while !rest.is_empty() {
        let before = suggestions.len();
        take(&mut rest, suggestions)?;
        if suggestions.len() == before {
            return Err("it has a suggestion twice".to_owned());
        }
    }
    Ok(())
}

fn take(rest: &mut &[u8], suggestions: &mut Suggestions) -> Result<(), String> {
    let length = u64::from_le_bytes(take_array(rest)?);
    let text = std::str::from_utf8(take_slice(rest, length)?);
    let text = text.map_err(|_| "it has a text that is not UTF-8")?;
    let weight = f64::from_le_bytes(take_array(rest)?);
    if !(weight.is_finite() && weight >= 0.0) {
        return Err(format!("it has the weight {weight}"));
    }
    let length = u64::from_le_bytes(take_array(rest)?);
    let payload = match length.checked_sub(1) {
        Some(length) => Some(take_slice(rest, length)?),
        None => None,
    };
    suggestions.set(text, weight, payload);
    Ok(())
}

fn take_array(rest: &mut &[u8]) -> Result<[u8; 8], String> {
    let (array, after) = rest.split_first_chunk().ok_or("it is too short")?;
    *rest = after;
    Ok(*array)
}

fn take_slice<'a>(rest: &mut &'a [u8], length: u64) -> Result<&'a [u8], String> {
    let length = usize::try_from(length).map_err(|error| error.to_string())?;
    let (slice, after) = rest.split_at_checked(length).ok_or("it is too short")?;
    *rest = after;
    Ok(slice)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{SECTION_BYTES, Suggestions, VERSION, decode, encode, seal};

    fn load(sections: &[Vec<u8>]) -> Result<Suggestions, String> {
        let mut suggestions = Suggestions::default();
        for section in sections {
            decode(section, &mut suggestions)?;
        }
        Ok(suggestions)
    }

    #[test]
    fn many_suggestions_take_several_sections() {
        let mut suggestions = Suggestions::default();
        for number in 0..20_000 {
            suggestions.set(&format!("suggestion {number}"), f64::from(number), None);
        }
        let sections: Vec<_> = encode(&suggestions).collect();
        assert!(sections.len() > 2);
        assert!(
            sections
                .iter()
                .all(|section| section.len() < SECTION_BYTES + 200)
        );
        let loaded = load(&sections).unwrap();
        assert!(loaded.iter().eq(suggestions.iter()));
        assert_eq!(encode(&Suggestions::default()).count(), 0);
    }

    #[test]
    fn what_is_no_suggestion_is_refused() {
        let mut once = Suggestions::default();
        once.set("a", 1.0, None);
        let section = encode(&once).next().unwrap();
        assert!(
            load(&[section.clone(), section])
                .unwrap_err()
                .contains("twice")
        );
        assert!(load(&[seal(VERSION, b"")]).is_err());
        assert!(
            load(&[seal(VERSION + 1, b"x")])
                .unwrap_err()
                .contains("version")
        );
        for weight in [-1.0, f64::NAN, f64::INFINITY] {
            let content = [
                &1u64.to_le_bytes()[..],
                b"a",
                &f64::to_le_bytes(weight),
                &[0; 8],
            ];
            assert!(
                load(&[seal(VERSION, &content.concat())])
                    .unwrap_err()
                    .contains("weight")
            );
        }
    }

    proptest! {
        #[test]
        fn what_is_saved_is_loaded(
            entries in prop::collection::vec(
                (".{1,4}", 0.0..1e9, prop::option::of(prop::collection::vec(any::<u8>(), 0..4))), 0..9
            )
        ) {
            let mut suggestions = Suggestions::default();
            for (text, weight, payload) in &entries {
                suggestions.set(text, *weight, payload.as_deref());
            }
            let loaded = load(&encode(&suggestions).collect::<Vec<_>>()).unwrap();
            prop_assert!(loaded.iter().eq(suggestions.iter()));
            prop_assert_eq!(loaded.len(), suggestions.len());
        }

        #[test]
        fn a_damaged_section_is_refused(position in 0usize..60, bit in 0u8..8) {
            let mut suggestions = Suggestions::default();
            suggestions.set("hello", 1.0, Some(b"payload"));
            let mut section = encode(&suggestions).next().unwrap();
            let position = position % section.len();
            section[position] ^= 1 << bit;
            prop_assert!(load(&[section]).is_err());
        }

        #[test]
        fn no_content_panics(content in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = load(&[seal(VERSION, &content)]);
        }
    }
}
