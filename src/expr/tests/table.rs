//! Expressions and what they are, for the corners of the language.

use super::super::program::{Names, Program};
use super::super::value::Value;
use super::{Error, parse};

/// Every name is the slot of the same value, a null.
struct Nothing;

impl Names for Nothing {
    fn property(&mut self, _: &[u8]) -> Result<usize, Error> {
        Ok(0)
    }

    fn vector_distance(&mut self, _: &[u8], _: &[u8]) -> Result<usize, Error> {
        Ok(0)
    }

    fn matched_terms(&mut self, _: usize) -> Result<usize, Error> {
        Ok(0)
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::List(list) => {
            let parts: Vec<String> = list.iter().map(shown).collect();
            format!("[{}]", parts.join("|"))
        }
        Value::Number(_) | Value::Text(_) => {
            String::from_utf8_lossy(&value.bytes().unwrap_or_default()).into_owned()
        }
    }
}

fn computed(text: &str) -> String {
    let params = [(b"p".to_vec(), b"5".to_vec())];
    let found = parse(text.as_bytes(), &super::Parameters::new(&params))
        .and_then(|expression| Program::compile(&expression, &mut Nothing))
        .and_then(|program| Ok(program.evaluate([].as_slice())?));
    match found {
        Ok(value) => shown(&value),
        Err(error) => error.to_string(),
    }
}

#[track_caller]
fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(computed(text), *expected, "{text}");
    }
}

#[test]
fn operators_bind_as_they_should() {
    check(&[
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("2 ^ 3 ^ 2", "512"),
        ("-2 ^ 2", "4"),
        ("7 % 4 - -1", "4"),
        ("-7 % 4", "-3"),
        ("10 - 3 - 2", "5"),
        ("1 + 1 == 2", "1"),
        ("!1 == 1", "0"),
        ("!1 == 2", "1"),
        ("!!5", "1"),
        ("1 || 0 && 0", "1"),
        ("1 < 2 && 2 < 3", "1"),
        ("$p + 1", "6"),
        ("'a' == \"a\"", "1"),
        ("'it\\'s'", "it's"),
        ("1.5e3", "1500"),
        (".5", "0.5"),
        ("1 - 1", "0"),
        ("1-1", "0"),
        ("637387878524969984 * 10", "6373878785249699840"),
        ("1/0", "inf"),
        ("-1/0", "-inf"),
        ("0/0", "nan"),
        ("1 % 0", "nan"),
        ("1/3", "0.333333333333"),
    ]);
}

#[test]
fn null_is_below_everything_and_makes_null_of_arithmetic() {
    check(&[
        ("@x", "null"),
        ("@x + 1", "null"),
        ("-@x", "null"),
        ("abs(@x)", "null"),
        ("@x == NULL", "1"),
        ("@x < -1000", "1"),
        ("@x == 0", "0"),
        ("!@x", "1"),
        ("exists(@x)", "0"),
        ("exists(0)", "1"),
        ("@x || 1", "1"),
        ("case(@x, 'a', 'b')", "b"),
        ("concat('a', @x, 1)", "a1"),
        ("format('%s-%s %%', @x, 1.5)", "(null)-1.5 %"),
    ]);
}

#[test]
fn only_what_is_needed_is_computed() {
    check(&[
        ("0 && 'a' + 1", "0"),
        ("1 || 'a' + 1", "1"),
        ("case(1, 2, 'a' + 1)", "2"),
        (
            "'a' + 1",
            "SEARCH_NUMERIC_VALUE_INVALID Invalid numeric value: `a`",
        ),
        (
            "to_number('x')",
            "SEARCH_NUMERIC_VALUE_INVALID Invalid numeric value: `x`",
        ),
    ]);
}

#[test]
fn functions_of_texts() {
    check(&[
        ("upper('straße')", "STRASSE"),
        ("lower(5)", "null"),
        ("strlen('ab')", "2"),
        ("substr('hello', 1, 3)", "ell"),
        ("substr('hello', -3, 2)", "ll"),
        ("substr('hello', 0, -1)", "hell"),
        ("substr('hello', 10, 2)", ""),
        ("substr('hello', -10, 2)", "he"),
        ("substr('hello', 3, -4)", ""),
        ("contains('abcabc', 'bc')", "2"),
        ("contains('abc', '')", "4"),
        ("startswith('abc', 'ab')", "1"),
        ("split('a, b,c')", "[a|b|c]"),
        ("split('a;b,c', ';,', '')", "[a|b|c]"),
        ("split('-a-,b', ',', '-')", "[a|b]"),
        ("split('')", "[]"),
        ("split('a,,b')", "[a||b]"),
        ("split('a,b') == 'a'", "1"),
        ("to_str(1.50)", "1.5"),
        ("to_number('1.50')", "1.5"),
        (
            "format('%d', 1)",
            "SEARCH_PARSE_ARGS Bad arguments for format: `%d` must have an argument for each %s, \
             and no directive but %s and %%",
        ),
    ]);
}

#[test]
fn functions_of_numbers_and_places() {
    check(&[
        ("ceil(1.2) + floor(1.8)", "3"),
        ("log2(8)", "3"),
        ("sqrt('16')", "4"),
        ("abs('x')", "nan"),
        ("exp(0)", "1"),
        ("log(1)", "0"),
        ("bucket(17, 5)", "15"),
        ("bucket(-1, 5)", "-5"),
        ("bucket(17, 5, 1)", "16"),
        ("geodistance('1.22,4.56', '1.22,4.56')", "0"),
        ("geodistance('0,0', 0, 1)", "111226.3"),
        ("geodistance(0, 0, '0,1')", "111226.3"),
        ("geodistance(0, 0, 0, 1)", "111226.3"),
        (
            "geodistance('0,91', '0,0')",
            "SEARCH_PARSE_ARGS Bad arguments for geodistance: `0,91` must be longitude from -180 to \
             180 and latitude from -90 to 90, as `lon,lat` or two numbers",
        ),
    ]);
}

#[test]
fn functions_of_times() {
    // 2021-03-04 05:06:07, a Thursday.
    check(&[
        ("timefmt(1614834367)", "2021-03-04T05:06:07Z"),
        ("timefmt(1614834367.9, '%d/%m/%y')", "04/03/21"),
        ("timefmt(-1)", "null"),
        ("timefmt('x')", "null"),
        ("timefmt(1e300)", "null"),
        ("parsetime('2021-03-04T05:06:07Z', '%FT%TZ')", "1614834367"),
        (
            "parsetime('2021-03-04 05:06 +0100', '%Y-%m-%d %H:%M %z')",
            "1614830760",
        ),
        ("parsetime('2021', '%Y')", "1609459200"),
        ("parsetime('x', '%Y')", "null"),
        ("minute(1614834367)", "1614834360"),
        ("hour(1614834367)", "1614834000"),
        ("day(1614834367)", "1614816000"),
        ("month(1614834367)", "1614556800"),
        ("year(1614834367)", "2021"),
        ("monthofyear(1614834367)", "2"),
        ("dayofmonth(1614834367)", "4"),
        ("dayofweek(1614834367)", "4"),
        ("dayofyear(1614834367)", "62"),
        ("date_trunc('week', 1614834367)", "1614556800"),
        ("date_trunc('quarter', 1614834367)", "1609459200"),
        ("date_trunc('YEAR', 1614834367)", "1609459200"),
        ("date_trunc('minute', 1614834367)", "1614834360"),
        (
            "timefmt(0, '%!')",
            "SEARCH_PARSE_ARGS Bad arguments for a time format: `%!` must be of directives such as \
             %Y-%m-%dT%H:%M:%SZ",
        ),
    ]);
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    check(&[
        (
            "1 +",
            "SEARCH_SYNTAX Syntax error in expression at offset 3 near end of expression: \
             expected a value",
        ),
        (
            "1 < 2 < 3",
            "SEARCH_SYNTAX Syntax error in expression at offset 6 near <: expected parentheses \
             around one comparison",
        ),
        (
            "foo(1)",
            "SEARCH_SYNTAX Unknown function name `foo` in expression at offset 0",
        ),
        (
            "1 + abs()",
            "SEARCH_SYNTAX Invalid arguments for function `abs` at offset 4: takes 1, not 0",
        ),
        (
            "foo",
            "SEARCH_SYNTAX Syntax error in expression at offset 0 near foo: expected a property \
             (`@name`), a text in quotes or a function",
        ),
        ("$nope", "SEARCH_PARAM_NOT_FOUND No such parameter `nope`"),
        (
            "'open",
            "SEARCH_SYNTAX Syntax error in expression at offset 0 near 'open: expected a closing \
             quote",
        ),
        (
            "(1",
            "SEARCH_SYNTAX Syntax error in expression at offset 2 near end of expression: \
             expected `)`",
        ),
        (
            "matched_terms('x')",
            "SEARCH_SYNTAX Invalid arguments for function `matched_terms`: must be a whole number \
             of at least 1",
        ),
    ]);
}

#[test]
fn what_is_too_much_is_refused() {
    let nested = format!("{}1{}", "(".repeat(101), ")".repeat(101));
    assert!(computed(&nested).contains("more than 100 levels"));
    let long = vec!["1"; 502].join("+");
    assert!(computed(&long).contains("more than 500 operators"));
    let many = vec!["0"; 5000].join("||");
    assert_eq!(computed(&many), "0");
    let bytes = " ".repeat(70_000);
    assert!(computed(&bytes).contains("more than 65536 bytes"));
}
