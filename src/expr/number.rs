//! Numbers as text, as the clients of the FT.* commands expect them.

/// A computed number: integers without decimals, otherwise up to 12 significant digits without
/// trailing zeros; `nan`, `inf` and `-inf` by name (spec, section 2: "number-to-text").
#[must_use]
pub fn format_double(value: f64) -> String {
    format_significant(value, 12)
}

/// A score: as [`format_double`], with 17 significant digits so that it reads back exactly.
#[must_use]
pub fn format_score(value: f64) -> String {
    format_significant(value, 17)
}

/// A value of a row: as [`format_double`], but whole numbers have all of their digits.
#[must_use]
pub fn format_value(value: f64) -> String {
    // Beyond 2^63 not even neighbouring doubles are whole numbers apart.
    if value.fract() == 0.0 && value.abs() < 9_223_372_036_854_775_808.0 {
        #[expect(clippy::cast_possible_truncation, reason = "whole, and within 64 bits")]
        let whole = value as i64;
        return whole.to_string();
    }
    format_double(value)
}

/// C's `%.{digits}g`, with a sign only where it says something.
fn format_significant(value: f64, digits: usize) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{value:.*e}", digits - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let power: i32 = exponent.parse().unwrap_or(0);
    let precision = i32::try_from(digits).unwrap_or(i32::MAX);
    if power < -4 || power >= precision {
        let sign = if power < 0 { '-' } else { '+' };
        format!("{}e{sign}{:02}", trim(mantissa), power.unsigned_abs())
    } else {
        let decimals = usize::try_from(precision - 1 - power).unwrap_or(0);
        trim(&format!("{value:.decimals$}")).to_owned()
    }
}

/// Without trailing zeros behind a decimal point.
fn trim(number: &str) -> &str {
    if number.contains('.') {
        number.trim_end_matches('0').trim_end_matches('.')
    } else {
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_print_as_percent_g_would() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (3.0, "3"),
            (-2.5, "-2.5"),
            (0.1, "0.1"),
            (1.0 / 3.0, "0.333333333333"),
            (1e15, "1e+15"),
            (123_456_789_012.0, "123456789012"),
            (0.0001, "0.0001"),
            (0.000_012_5, "1.25e-05"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
        ] {
            assert_eq!(format_double(value), text);
        }
    }

    #[test]
    fn scores_read_back_exactly() {
        for value in [1.0 / 3.0, 0.1, 2.302_585_092_5, 1e-9, 12_345.678] {
            assert_eq!(format_score(value).parse::<f64>().unwrap(), value);
        }
    }
}
