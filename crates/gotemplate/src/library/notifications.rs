//! Templates of notifications: their functions and their data. Semantics: Alertmanager 0.34,
//! template/template.go.

mod content;
mod defaults;

pub use content::{Alert, Data};
pub use defaults::default_templates;

use super::{Library, Signature, fixed, humanize, text, to_json, unknown, value, variadic};
use crate::builtin::too_long;
use crate::escape::query_unescaped;
use crate::time::{self, Time, Zone};
use crate::types::{STRINGS, SafeType, Type};
use crate::value::Value;
use base64::engine::general_purpose::URL_SAFE;
use base64::{DecodeError, Engine};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::sync::Arc;

/// Functions that templates of notifications may call.
pub static FUNCTIONS: &[Signature] = &[
    variadic("append", &[Type::Any, Type::Any]),
    fixed("base64decode", &[Type::String]),
    fixed("base64encode", &[Type::String]),
    fixed("date", &[Type::String, Type::Time]),
    variadic("dict", &[Type::Any]),
    fixed("humanizeDuration", &[Type::Any]),
    fixed("join", &[Type::String, Type::List(&STRINGS)]),
    variadic("list", &[Type::Any]),
    fixed("match", &[Type::String, Type::String]),
    fixed("mustToDate", &[Type::String, Type::String]),
    fixed("now", &[]),
    fixed("reReplaceAll", &[Type::String, Type::String, Type::String]),
    fixed("routeLabels", &[]),
    fixed("safeHtml", &[Type::String]),
    fixed("safeUrl", &[Type::String]),
    fixed("since", &[Type::Time]),
    variadic("stringSlice", &[Type::String]),
    fixed("title", &[Type::String]),
    fixed("toDate", &[Type::String, Type::String]),
    fixed("toJson", &[Type::Any]),
    fixed("toLower", &[Type::String]),
    fixed("toUpper", &[Type::String]),
    fixed("trimSpace", &[Type::String]),
    fixed("tz", &[Type::String, Type::Time]),
    fixed("urlUnescape", &[Type::String]),
];

/// Finds time zones by name, `Europe/Paris` for example.
pub type Zones<'a> = &'a dyn Fn(&str) -> Option<TimeZone>;

/// The functions of notifications, with what they need to know.
pub struct Functions<'a> {
    /// Time of the notification.
    pub now: Timestamp,
    /// Finds time zones.
    pub zones: Zones<'a>,
    /// Labels of the route the notification takes.
    pub route_labels: &'a [(String, String)],
}

impl Library for Functions<'_> {
    fn call(&mut self, name: &str, arguments: &[Value], bytes_max: usize) -> Result<Value, String> {
        match name {
            "now" => Ok(Time::utc(self.now).into()),
            "since" => Ok(Value::duration(Time::utc(self.now).since(time_of(arguments, 0)?))),
            "tz" => self.in_zone(text(arguments, 0), time_of(arguments, 1)?),
            "routeLabels" => Ok(content::kv(self.route_labels.iter().cloned())),
            "toJson" => to_json(value(arguments, 0), bytes_max).map(Value::from),
            "join" => join(arguments, bytes_max),
            "reReplaceAll" => super::strings::replace_in(arguments, bytes_max),
            name => of_lists(name, arguments)
                .or_else(|| of_times(name, arguments))
                .or_else(|| of_texts(name, arguments))
                .unwrap_or_else(|| Err(unknown(name))),
        }
    }
}

impl Functions<'_> {
    fn in_zone(&self, name: &str, time: &Time) -> Result<Value, String> {
        let zone = match name {
            "" | "UTC" => Zone::Utc,
            name => {
                let zone = (self.zones)(name);
                Zone::Named(zone.ok_or_else(|| format!("unknown time zone {name}"))?)
            }
        };
        Ok(time.with_zone(zone).into())
    }
}

fn time_of(arguments: &[Value], index: usize) -> Result<&Time, String> {
    match value(arguments, index) {
        Value::Time(time) => Ok(time),
        other => Err(format!("expected time.Time, got {}", other.type_name())),
    }
}

fn join(arguments: &[Value], bytes_max: usize) -> Result<Value, String> {
    let separator = text(arguments, 0);
    let Value::List(list) = value(arguments, 1) else { return Ok("".into()) };
    let items: Vec<&str> = list.items().iter().filter_map(Value::as_str).collect();
    let separators = separator.len() * items.len().saturating_sub(1);
    if items.iter().map(|item| item.len()).sum::<usize>() + separators > bytes_max {
        return Err(too_long(bytes_max));
    }
    Ok(items.join(separator).into())
}

/// Functions that build lists and maps.
fn of_lists(name: &str, arguments: &[Value]) -> Option<Result<Value, String>> {
    Some(match name {
        "list" => Ok(Value::any_list(arguments.to_vec())),
        "stringSlice" => Ok(Value::strings(arguments.iter().filter_map(Value::as_str))),
        "append" => match value(arguments, 0) {
            Value::List(list) => {
                let items = list.items().iter().chain(&arguments[1..]);
                Ok(Value::any_list(items.cloned().collect()))
            }
            other => Err(format!("expected a list, got {}", other.type_name())),
        },
        "dict" => dict(arguments),
        _ => return None,
    })
}

fn dict(arguments: &[Value]) -> Result<Value, String> {
    let (pairs, rest) = arguments.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(format!("expected pairs of keys and values, got {} values", arguments.len()));
    }
    let mut entries: Vec<(Arc<str>, Value)> = Vec::with_capacity(pairs.len());
    for [key, value] in pairs {
        let Value::String(key) = key else {
            return Err(format!("keys must be strings, got {}", key.type_name()));
        };
        entries.push((key.clone(), value.clone()));
    }
    Ok(Value::any_map(entries))
}

/// Functions that write and read times and durations.
fn of_times(name: &str, arguments: &[Value]) -> Option<Result<Value, String>> {
    Some(match name {
        "date" => time_of(arguments, 1).map(|time| time.format(text(arguments, 0)).into()),
        "mustToDate" => time::parse(text(arguments, 0), text(arguments, 1)).map(Value::from),
        "toDate" => {
            let parsed = time::parse(text(arguments, 0), text(arguments, 1));
            Ok(parsed.unwrap_or(Time::ZERO).into())
        }
        "humanizeDuration" => humanize::to_float(value(arguments, 0))
            .map(|seconds| humanize::humanize_duration(seconds).into()),
        _ => return None,
    })
}

/// Functions on texts.
fn of_texts(name: &str, arguments: &[Value]) -> Option<Result<Value, String>> {
    let given = text(arguments, 0);
    Some(match name {
        "base64decode" => decoded(given),
        "base64encode" => Ok(URL_SAFE.encode(given).into()),
        "match" => super::strings::is_match(given, text(arguments, 1)).map(Value::Bool),
        "safeHtml" => Ok(Value::Safe(SafeType::Html, given.into())),
        "safeUrl" => Ok(Value::Safe(SafeType::Url, given.into())),
        "title" => Ok(super::strings::title_and_lower(given).into()),
        "toLower" => Ok(super::strings::to_lower(given).into()),
        "toUpper" => Ok(super::strings::to_upper(given).into()),
        "trimSpace" => Ok(given.trim().into()),
        "urlUnescape" => query_unescaped(given).map(Value::from),
        _ => return None,
    })
}

/// Base64 of the URL alphabet with padding, as `base64encode` writes it.
fn decoded(given: &str) -> Result<Value, String> {
    let bytes = URL_SAFE.decode(given).map_err(|error| {
        let at = match error {
            DecodeError::InvalidByte(at, _) | DecodeError::InvalidLastSymbol { offset: at, .. } => {
                at
            }
            DecodeError::InvalidLength(_) | DecodeError::InvalidPadding => given.len(),
        };
        format!("illegal base64 data at input byte {at}")
    })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned().into())
}
