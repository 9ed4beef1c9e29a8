//! Functions of times: seconds since 1970, in UTC.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time, date};
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::tz::TimeZone;

use super::function::Part;
use super::value::Value;
use crate::request::error::{ExpressionError, shown};

/// How `timefmt` writes a time when it does not say.
const DEFAULT_FORMAT: &[u8] = b"%FT%TZ";
/// Bytes of a text that is read as a time at most.
const MOST_TIME: usize = 1024;
const SECONDS_PER_DAY: i64 = 86_400;

/// The moment that a value stands for; none before 1970, and where there is no number.
fn moment(value: &Value) -> Option<(i64, DateTime)> {
    let seconds = value.number().filter(|number| *number >= 0.0)?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "saturates, and is refused then"
    )]
    let timestamp = Timestamp::from_second(seconds as i64).ok()?;
    Some((timestamp.as_second(), TimeZone::UTC.to_datetime(timestamp)))
}

/// The first second of a moment of the calendar.
fn seconds(moment: DateTime) -> Value {
    let timestamp = TimeZone::UTC.to_timestamp(moment);
    #[expect(
        clippy::cast_precision_loss,
        reason = "years up to 9999 are 2^38 seconds"
    )]
    timestamp.map_or(Value::Null, |it| Value::Number(it.as_second() as f64))
}

/// A time as text.
pub(super) fn format(value: &Value, format: Option<&Value>) -> Result<Value, ExpressionError> {
    let default = Value::text(DEFAULT_FORMAT);
    let format = format.unwrap_or(&default);
    let (Some((_, moment)), Some(text)) = (moment(value), format.bytes()) else {
        return Ok(Value::Null);
    };
    let Ok(zoned) = TimeZone::UTC.to_zoned_datetime(moment) else {
        return Ok(Value::Null);
    };
    let wrong = || ExpressionError::TimeFormat {
        format: shown(&text),
    };
    let written = std::str::from_utf8(&text).map_err(|_| wrong())?;
    let out = strtime::format(written, &zoned).map_err(|_| wrong())?;
    Ok(Value::text(out.as_bytes()))
}

/// The seconds of a time written in a format; null where it does not match. Parts that the format
/// lacks are the first: of January, of the month, of the day. Without an offset it is UTC.
pub(super) fn parse(value: &Value, format: &Value) -> Value {
    let (Some(text), Some(format)) = (value.bytes(), format.bytes()) else {
        return Value::Null;
    };
    if text.len().max(format.len()) > MOST_TIME {
        return Value::Null;
    }
    let Ok(mut parts) = BrokenDownTime::parse(&*format, &*text) else {
        return Value::Null;
    };
    if let Ok(timestamp) = parts.to_timestamp() {
        return seconds(TimeZone::UTC.to_datetime(timestamp));
    }
    if parts.to_date().is_err() {
        let year = parts.year().or(Some(1970));
        let month = parts.month().or(Some(1));
        let day = parts.day().or(Some(1));
        let filled = parts
            .set_year(year)
            .and_then(|()| parts.set_month(month))
            .and_then(|()| parts.set_day(day));
        if filled.is_err() {
            return Value::Null;
        }
    }
    let Ok(moment) = parts.to_datetime() else {
        return Value::Null;
    };
    let offset = parts.offset().map_or(0, |offset| offset.seconds());
    let utc = seconds(moment).number();
    utc.map_or(Value::Null, |utc| Value::Number(utc - f64::from(offset)))
}

/// A part of a time, or the first second of one of its units.
pub(super) fn part(part: Part, value: &Value) -> Value {
    let Some((second, moment)) = moment(value) else {
        return Value::Null;
    };
    match part {
        Part::Minute => floor(second, 60),
        Part::Hour => floor(second, 3600),
        Part::Day => floor(second, SECONDS_PER_DAY),
        Part::Month => seconds(at_midnight(moment.date().first_of_month())),
        Part::Year => Value::Number(f64::from(moment.year())),
        Part::MonthOfYear => Value::Number(f64::from(moment.month()) - 1.0),
        Part::DayOfMonth => Value::Number(f64::from(moment.day())),
        Part::DayOfWeek => Value::Number(f64::from(moment.weekday().to_sunday_zero_offset())),
        Part::DayOfYear => Value::Number(f64::from(moment.day_of_year()) - 1.0),
    }
}

/// The first second of the unit that a time lies in; weeks begin on Mondays.
pub(super) fn truncated(unit: &Value, value: &Value) -> Result<Value, ExpressionError> {
    let (Some(unit), Some((second, moment))) = (unit.bytes(), moment(value)) else {
        return Ok(Value::Null);
    };
    let day = moment.date();
    let january = |year: i16| date(year, 1, 1);
    Ok(match unit.to_ascii_lowercase().as_slice() {
        b"second" => floor(second, 1),
        b"minute" => floor(second, 60),
        b"hour" => floor(second, 3600),
        b"day" => floor(second, SECONDS_PER_DAY),
        b"week" => {
            let days = i64::from(moment.weekday().to_monday_zero_offset());
            floor(second - days * SECONDS_PER_DAY, SECONDS_PER_DAY)
        }
        b"month" => seconds(at_midnight(day.first_of_month())),
        b"quarter" => {
            let month = (day.month() - 1) / 3 * 3 + 1;
            seconds(at_midnight(date(day.year(), month, 1)))
        }
        b"year" => seconds(at_midnight(january(day.year()))),
        _ => {
            let unit = shown(&unit);
            return Err(ExpressionError::TimeUnit { unit });
        }
    })
}

fn at_midnight(day: Date) -> DateTime {
    day.to_datetime(Time::midnight())
}

fn floor(second: i64, unit: i64) -> Value {
    #[expect(
        clippy::cast_precision_loss,
        reason = "years up to 9999 are 2^38 seconds"
    )]
    Value::Number((second - second.rem_euclid(unit)) as f64)
}
