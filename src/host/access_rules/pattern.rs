//! Patterns of keys as the server matches them: `*`, `?`, `[a-c]`, `[^x]`, and `\` before a byte
//! that stands for itself.

use std::collections::BTreeSet;

/// One step of a pattern.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// Any bytes, none too.
    Many,
    /// Any byte.
    One,
    /// This byte.
    Byte(u8),
    /// One of these bytes, or none of them.
    Set {
        excludes: bool,
        ranges: Vec<(u8, u8)>,
    },
}

impl Step {
    fn matches(&self, byte: u8) -> bool {
        match self {
            Self::Many | Self::One => true,
            Self::Byte(wanted) => *wanted == byte,
            Self::Set { excludes, ranges } => {
                let is_in = ranges
                    .iter()
                    .any(|&(first, last)| (first..=last).contains(&byte));
                is_in != *excludes
            }
        }
    }
}

/// Whether a pattern matches every key that begins with a prefix. It may say no where the answer is
/// yes for a reason that takes more than one look, such as `*?` beside the prefix itself; never yes
/// where it is no.
pub(super) fn covers(pattern: &[u8], prefix: &[u8]) -> bool {
    // Nearly all patterns are a beginning and a `*`.
    if let Some(beginning) = pattern.strip_suffix(b"*")
        && !beginning.iter().any(|byte| b"*?[\\".contains(byte))
    {
        return prefix.starts_with(beginning);
    }
    let Some(steps) = parse(pattern) else {
        return false;
    };
    // The places in the pattern that the bytes so far can lead to.
    let mut places = BTreeSet::from([0]);
    skip_many(&steps, &mut places);
    for &byte in prefix {
        let mut next = BTreeSet::new();
        for &place in &places {
            match steps.get(place) {
                Some(Step::Many) => {
                    next.insert(place);
                }
                Some(step) if step.matches(byte) => {
                    next.insert(place + 1);
                }
                Some(_) | None => {}
            }
        }
        skip_many(&steps, &mut next);
        places = next;
    }
    let ends_open = |&place: &usize| {
        let rest = &steps[place..];
        !rest.is_empty() && rest.iter().all(|step| *step == Step::Many)
    };
    places.iter().any(ends_open)
}

/// Adds the places behind each `*`, which may match nothing.
fn skip_many(steps: &[Step], places: &mut BTreeSet<usize>) {
    let found: Vec<usize> = places.iter().copied().collect();
    for mut place in found {
        while steps.get(place) == Some(&Step::Many) {
            place += 1;
            places.insert(place);
        }
    }
}

/// The steps of a pattern; `None` for a set without an end, which servers read each in its way.
fn parse(pattern: &[u8]) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = pattern;
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        steps.push(match (byte, behind) {
            (b'*', _) => Step::Many,
            (b'?', _) => Step::One,
            (b'[', _) => {
                let (set, behind) = parse_set(behind)?;
                rest = behind;
                set
            }
            (b'\\', [escaped, behind @ ..]) => {
                rest = behind;
                Step::Byte(*escaped)
            }
            (byte, _) => Step::Byte(byte),
        });
    }
    Some(steps)
}

/// Reads what stands behind a `[`, up to its `]`.
fn parse_set(text: &[u8]) -> Option<(Step, &[u8])> {
    let (excludes, mut rest) = match text {
        [b'^', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let mut ranges = Vec::new();
    loop {
        match rest {
            [] => return None,
            [b'\\', byte, behind @ ..] => {
                ranges.push((*byte, *byte));
                rest = behind;
            }
            [b']', behind @ ..] => return Some((Step::Set { excludes, ranges }, behind)),
            [first, b'-', last, behind @ ..] => {
                ranges.push((*first.min(last), *first.max(last)));
                rest = behind;
            }
            [byte, behind @ ..] => {
                ranges.push((*byte, *byte));
                rest = behind;
            }
        }
    }
}
