//! Commands as the corpus writes them.

use std::fmt::Display;
use std::str::FromStr;

/// The arguments of a command: one string to split, or one string for each argument.
pub(super) fn command(value: &toml::Value) -> Result<Vec<Vec<u8>>, String> {
    if let Some(line) = value.as_str() {
        return split(line).into_iter().map(argument).collect();
    }
    let words = value
        .as_array()
        .ok_or_else(|| format!("a command is a string or an array, not {value:?}"))?;
    words
        .iter()
        .map(|word| argument(word.as_str().ok_or("an argument is a string")?))
        .collect()
}

/// Splits at blanks. What stands in `'…'` or `"…"` is one word, taken literally.
fn split(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        let quoted = matches!(first, '\'' | '"')
            .then(|| rest[1..].split_once(first))
            .flatten();
        let (word, after) = quoted.unwrap_or_else(|| match rest.find(char::is_whitespace) {
            Some(end) => rest.split_at(end),
            None => (rest, ""),
        });
        words.push(word);
        rest = after.trim_start();
    }
    words
}

/// One number, packed little-endian.
type Pack = fn(&str) -> Result<Vec<u8>, String>;

/// The forms of packed numbers, by the type of each.
const PACKED: [(&str, Pack); 6] = [
    ("f32(", |text| {
        Ok(number::<f32>(text)?.to_le_bytes().to_vec())
    }),
    ("f64(", |text| {
        Ok(number::<f64>(text)?.to_le_bytes().to_vec())
    }),
    ("f16(", |text| {
        Ok(half::f16::from_f64(number(text)?).to_le_bytes().to_vec())
    }),
    ("bf16(", |text| {
        Ok(half::bf16::from_f64(number(text)?).to_le_bytes().to_vec())
    }),
    ("i8(", |text| Ok(number::<i8>(text)?.to_le_bytes().to_vec())),
    ("u8(", |text| Ok(vec![number(text)?])),
];

fn number<T: FromStr<Err: Display>>(text: &str) -> Result<T, String> {
    text.trim()
        .parse()
        .map_err(|error: T::Err| format!("{text}: {error}"))
}

/// The bytes of an argument: `f32(1,-0.5)` is packed little-endian numbers, also `f64`, `f16`,
/// `bf16`, `i8` and `u8`; `hex(00ff)` is bytes, `repeat(x,9)` is a text over and over, `count(x,3)` is `x0 x1 x2`, anything else is itself.
pub(super) fn argument(word: &str) -> Result<Vec<u8>, String> {
    let inner = |name: &str| word.strip_prefix(name)?.strip_suffix(')');
    for (form, pack) in PACKED {
        if let Some(numbers) = inner(form) {
            let packed: Result<Vec<_>, _> = numbers.split(',').map(pack).collect();
            return Ok(packed?.concat());
        }
    }
    if let Some(digits) = inner("hex(") {
        return (0..digits.len())
            .step_by(2)
            .map(|at| {
                digits
                    .get(at..at + 2)
                    .ok_or("an odd count of digits".to_owned())
            })
            .map(|pair| u8::from_str_radix(pair?, 16).map_err(|error| error.to_string()))
            .collect();
    }
    for (form, expand) in [
        ("repeat(", repeated as fn(&str, usize) -> String),
        ("count(", counted),
    ] {
        if let Some((text, count)) = inner(form).and_then(|inner| inner.rsplit_once(',')) {
            let count = count.parse().map_err(|error| format!("{word}: {error}"))?;
            return Ok(expand(text, count).into_bytes());
        }
    }
    Ok(word.as_bytes().to_vec())
}

fn repeated(text: &str, count: usize) -> String {
    text.repeat(count)
}

fn counted(text: &str, count: usize) -> String {
    let words: Vec<String> = (0..count).map(|number| format!("{text}{number}")).collect();
    words.join(" ")
}

#[test]
fn a_line_is_split_at_blanks_outside_of_quotes() {
    assert_eq!(
        split(r#"A  b 'c d' "e 'f" @t:{a\ b} '' '"x y"'"#),
        ["A", "b", "c d", "e 'f", r"@t:{a\", "b}", "", "\"x y\""]
    );
}

#[test]
fn bytes_have_forms_of_their_own() {
    assert_eq!(
        argument("f32(1,-2)"),
        Ok([1f32, -2.0].map(f32::to_le_bytes).concat())
    );
    assert_eq!(argument("f64(0.5)"), Ok(vec![0, 0, 0, 0, 0, 0, 0xe0, 0x3f]));
    assert_eq!(argument("f16(1,-2)"), Ok(vec![0, 0x3c, 0, 0xc0]));
    assert_eq!(argument("bf16(1,-2)"), Ok(vec![0x80, 0x3f, 0, 0xc0]));
    assert_eq!(argument("i8(1,-2)"), Ok(vec![1, 254]));
    assert_eq!(argument("u8(1,255)"), Ok(vec![1, 255]));
    assert!(argument("i8(128)").is_err());
    assert_eq!(argument("hex(00ff)"), Ok(vec![0, 255]));
    assert_eq!(argument("repeat(ab,2)"), Ok(b"abab".to_vec()));
    assert_eq!(argument("count(a,2)"), Ok(b"a0 a1".to_vec()));
    assert_eq!(argument("f32"), Ok(b"f32".to_vec()));
    assert!(argument("hex(0)").is_err());
    assert!(argument("f32(x)").is_err());
}
