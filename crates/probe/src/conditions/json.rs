//! Paths into bodies: `.user.name`, `.data[0].id`, `[1][2]`; and how values are written.

use serde_json::Value;

/// Parts of a path at most.
const PARTS_MAX: usize = 100;

/// A way into a value; empty for the whole.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(super) struct Path(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Key(String),
    Index(usize),
}

impl Path {
    /// Reads what stands behind `[BODY]`.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() && parts.len() < PARTS_MAX {
            if let Some(tail) = rest.strip_prefix('[') {
                let Some((index, tail)) = tail.split_once(']') else {
                    return Err(format!("`{text}` lacks a `]`"));
                };
                let index = index
                    .parse()
                    .map_err(|error| format!("`[{index}]` is no index of an array: {error}"))?;
                parts.push(Part::Index(index));
                rest = tail;
            } else {
                // The dot behind `[BODY]` may be left out before an index alone.
                let Some(tail) = rest.strip_prefix('.') else {
                    return Err(format!("`{text}` needs a `.` before each key"));
                };
                if tail.starts_with('[') {
                    rest = tail;
                    continue;
                }
                let end = tail.find(['.', '[']).unwrap_or(tail.len());
                if end == 0 {
                    return Err(format!("`{text}` has an empty key"));
                }
                parts.push(Part::Key(tail[..end].to_owned()));
                rest = &tail[end..];
            }
        }
        if rest.is_empty() { Ok(Self(parts)) } else { Err(format!("`{text}` has too many parts")) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What it leads to.
    pub(super) fn find<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        self.0.iter().try_fold(value, |value, part| match part {
            Part::Key(key) => value.as_object()?.get(key),
            Part::Index(index) => value.as_array()?.get(*index),
        })
    }
}

/// A value as text: strings without quotes, objects as compact JSON, arrays as `[a b]`.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Object(_) => value.to_string(),
        other => plain(other),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number_text(number),
        Value::Array(elements) => {
            let elements: Vec<String> = elements.iter().map(plain).collect();
            format!("[{}]", elements.join(" "))
        }
        Value::Object(map) => {
            let pairs = map.iter().map(|(key, value)| format!("{key}:{}", plain(value)));
            format!("map[{}]", pairs.collect::<Vec<_>>().join(" "))
        }
    }
}

/// A number as people write it: `1`, `1.5`, `24.99`; whole ones without a fraction.
fn number_text(number: &serde_json::Number) -> String {
    match number.as_f64() {
        Some(float) if !number.is_i64() && !number.is_u64() => float.to_string(),
        Some(_) | None => number.to_string(),
    }
}

/// Elements of an array; bytes of anything else as text.
pub(super) fn length(value: &Value) -> usize {
    match value {
        Value::Array(elements) => elements.len(),
        other => text(other).len(),
    }
}
