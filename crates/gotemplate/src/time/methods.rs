//! What templates can call on instants and durations: `.StartsAt.Format "15:04"`.
//! Names, arguments and results are those of Go's time package. There is no local time zone here:
//! `Local` is UTC.

use super::{Time, Zone};
use crate::types::{IntType, Method, Type};
use crate::value::Value;
use jiff::{Span, ToSpan};
use std::cmp::Ordering;

const DURATION: Type = Type::Int(IntType::Duration);
const INT: Type = Type::Int(IntType::Int);
const NS_PER_SECOND: i128 = 1_000_000_000;
/// Seconds from the year 1 to 1970: rounding counts from the year 1.
const YEAR_ONE_SECONDS: i128 = 62_135_596_800;

type Outcome = Result<Value, String>;

const fn method(
    name: &'static str,
    parameters: &'static [Type],
    call: fn(&Value, &[Value]) -> Outcome,
) -> Method {
    Method { name, parameters, call }
}

/// Methods of `time.Time`.
pub(crate) static TIME_METHODS: &[Method] = &[
    method("Add", &[DURATION], |time, arguments| Ok(at(time)?.plus(number(arguments, 0)?).into())),
    method("AddDate", &[INT, INT, INT], add_date),
    method("After", &[Type::Time], |time, arguments| compared(time, arguments, Ordering::is_gt)),
    method("Before", &[Type::Time], |time, arguments| compared(time, arguments, Ordering::is_lt)),
    method("Compare", &[Type::Time], compare),
    method("Day", &[], |time, _| Ok(Value::int(at(time)?.civil().day().into()))),
    method("Equal", &[Type::Time], |time, arguments| compared(time, arguments, Ordering::is_eq)),
    method("Format", &[Type::String], format),
    method("Hour", &[], |time, _| Ok(Value::int(at(time)?.civil().hour().into()))),
    method("In", &[Type::Location], in_zone),
    method("IsZero", &[], |time, _| Ok((at(time)?.instant == Time::ZERO.instant).into())),
    method("Local", &[], |time, _| Ok(at(time)?.with_zone(Zone::Utc).into())),
    method("Location", &[], |time, _| Ok(Value::Location(at(time)?.zone.clone()))),
    method("Minute", &[], |time, _| Ok(Value::int(at(time)?.civil().minute().into()))),
    method("Month", &[], |time, _| {
        Ok(Value::Int(IntType::Month, at(time)?.civil().month().into()))
    }),
    method("Nanosecond", &[], |time, _| {
        Ok(Value::int(at(time)?.civil().subsec_nanosecond().into()))
    }),
    method("Round", &[DURATION], |time, arguments| rounded(time, arguments, true)),
    method("Second", &[], |time, _| Ok(Value::int(at(time)?.civil().second().into()))),
    method("String", &[], |time, _| Ok(at(time)?.to_string().into())),
    method("Sub", &[Type::Time], |time, arguments| {
        Ok(Value::duration(at(time)?.since(other(arguments)?)))
    }),
    method("Truncate", &[DURATION], |time, arguments| rounded(time, arguments, false)),
    method("UTC", &[], |time, _| Ok(at(time)?.with_zone(Zone::Utc).into())),
    method("Unix", &[], |time, _| unix(time, 1)),
    method("UnixMicro", &[], |time, _| unix(time, 1_000_000)),
    method("UnixMilli", &[], |time, _| unix(time, 1_000)),
    method("UnixNano", &[], |time, _| unix(time, 1_000_000_000)),
    method("Weekday", &[], |time, _| {
        let day = at(time)?.civil().weekday().to_sunday_zero_offset();
        Ok(Value::Int(IntType::Weekday, day.into()))
    }),
    method("Year", &[], |time, _| Ok(Value::int(at(time)?.civil().year().into()))),
    method("YearDay", &[], |time, _| Ok(Value::int(at(time)?.civil().day_of_year().into()))),
];

/// Methods of `time.Duration`.
pub(crate) static DURATION_METHODS: &[Method] = &[
    method("Abs", &[], |value, _| Ok(Value::duration(nanoseconds(value)?.saturating_abs()))),
    method("Hours", &[], |value, _| Ok((nanoseconds(value)? as f64 / 3.6e12).into())),
    method("Microseconds", &[], |value, _| Ok(int64(nanoseconds(value)? / 1_000))),
    method("Milliseconds", &[], |value, _| Ok(int64(nanoseconds(value)? / 1_000_000))),
    method("Minutes", &[], |value, _| Ok((nanoseconds(value)? as f64 / 6e10).into())),
    method("Nanoseconds", &[], |value, _| Ok(int64(nanoseconds(value)?))),
    method("Round", &[DURATION], |value, arguments| {
        Ok(Value::duration(round(nanoseconds(value)?, number(arguments, 0)?)))
    }),
    method("Seconds", &[], |value, _| Ok((nanoseconds(value)? as f64 / 1e9).into())),
    method("String", &[], |value, _| Ok(super::duration::shown(nanoseconds(value)?).into())),
    method("Truncate", &[DURATION], |value, arguments| {
        let (value, unit) = (nanoseconds(value)?, number(arguments, 0)?);
        Ok(Value::duration(if unit > 0 { value - value % unit } else { value }))
    }),
];

impl From<Time> for Value {
    fn from(time: Time) -> Self {
        Self::Time(time)
    }
}

fn at(value: &Value) -> Result<&Time, String> {
    match value {
        Value::Time(time) => Ok(time),
        other => Err(format!("expected time.Time, got {}", other.type_name())),
    }
}

fn other(arguments: &[Value]) -> Result<&Time, String> {
    at(arguments.first().unwrap_or(&Value::Absent))
}

fn nanoseconds(value: &Value) -> Result<i64, String> {
    match value {
        Value::Int(_, number) => Ok(*number),
        other => Err(format!("expected an integer, got {}", other.type_name())),
    }
}

fn number(arguments: &[Value], index: usize) -> Result<i64, String> {
    nanoseconds(arguments.get(index).unwrap_or(&Value::Absent))
}

fn int64(value: i64) -> Value {
    Value::Int(IntType::Int64, value)
}

fn format(time: &Value, arguments: &[Value]) -> Outcome {
    let layout = arguments.first().and_then(Value::as_str).unwrap_or_default();
    Ok(at(time)?.format(layout).into())
}

fn in_zone(time: &Value, arguments: &[Value]) -> Outcome {
    match arguments.first() {
        Some(Value::Location(zone)) => Ok(at(time)?.with_zone(zone.clone()).into()),
        _ => Err("time: missing Location in call to Time.In".into()),
    }
}

fn compared(time: &Value, arguments: &[Value], test: fn(Ordering) -> bool) -> Outcome {
    Ok(test(at(time)?.instant.cmp(&other(arguments)?.instant)).into())
}

fn compare(time: &Value, arguments: &[Value]) -> Outcome {
    Ok(Value::int(at(time)?.instant.cmp(&other(arguments)?.instant) as i64))
}

fn unix(time: &Value, per_second: i128) -> Outcome {
    let count = at(time)?.instant.as_nanosecond().div_euclid(NS_PER_SECOND / per_second);
    Ok(int64(i64::try_from(count).unwrap_or(i64::MAX)))
}

/// Years, months and days later; a day that the month has not flows into the next month.
fn add_date(time: &Value, arguments: &[Value]) -> Outcome {
    let time = at(time)?;
    let civil = time.civil();
    let months = number(arguments, 0)?.saturating_mul(12).saturating_add(number(arguments, 1)?);
    let days = number(arguments, 2)?.saturating_add(i64::from(civil.day()) - 1);
    let step = |span: Result<Span, jiff::Error>| span.map_err(|error| error.to_string());
    let months = step(0.seconds().try_months(months))?;
    let days = step(0.seconds().try_days(days))?;
    let first = civil.with().day(1).build();
    let moved = first.and_then(|first| first.checked_add(months)?.checked_add(days));
    let moved = moved.map_err(|error| error.to_string())?;
    let instant = match &time.zone {
        Zone::Named(zone) => zone.to_timestamp(moved),
        Zone::Utc | Zone::Offset(_) => time.offset().to_timestamp(moved),
    };
    let instant = instant.map_err(|error| error.to_string())?;
    Ok(Time { instant, zone: time.zone.clone() }.into())
}

/// The instant at a multiple of the unit since the year 1: the last one, or the nearest.
fn rounded(time: &Value, arguments: &[Value], nearest: bool) -> Outcome {
    let (time, unit) = (at(time)?, i128::from(number(arguments, 0)?));
    if unit <= 0 {
        return Ok(time.clone().into());
    }
    let since_one = time.instant.as_nanosecond() + YEAR_ONE_SECONDS * NS_PER_SECOND;
    let past = since_one.rem_euclid(unit);
    let up = nearest && past + past >= unit;
    let moved = if up { unit - past } else { -past };
    let moved = i64::try_from(moved).map_err(|error| error.to_string())?;
    Ok(time.plus(moved).into())
}

/// Half away from zero, without overflow.
fn round(value: i64, unit: i64) -> i64 {
    if unit <= 0 {
        return value;
    }
    let rest = value % unit;
    let towards_zero = value - rest;
    if rest.unsigned_abs() * 2 < unit.unsigned_abs() {
        return towards_zero;
    }
    towards_zero.saturating_add(if value < 0 { -unit } else { unit })
}
