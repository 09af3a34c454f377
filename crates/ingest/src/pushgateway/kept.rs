//! The groups as a file: JSON, values as texts because JSON knows neither NaN nor infinity.

use super::groups::{Group, Groups};
use super::page::Family;
use exposition::{format_float, parse_float};
use model::{Labels, MetricKind, Timestamp};
use serde_json::{Map, Value, json};
use std::io;

/// Longest file.
pub(super) const BYTES_MAX: u64 = 256 << 20;

/// Kinds that can be declared, by their names.
const KINDS: [MetricKind; 6] = [
    MetricKind::Unknown,
    MetricKind::Counter,
    MetricKind::Gauge,
    MetricKind::Histogram,
    MetricKind::GaugeHistogram,
    MetricKind::Summary,
];

pub(super) fn write(groups: &Groups) -> Vec<u8> {
    let groups: Vec<Value> = groups.by_key.iter().map(|(key, group)| one(key, group)).collect();
    json!({ "version": 1, "groups": groups }).to_string().into_bytes()
}

fn one(key: &Labels, group: &Group) -> Value {
    let families = group.families.iter().map(|(name, family)| {
        let samples = family.samples.iter();
        let samples = samples.map(|(labels, value)| json!([pairs(labels), format_float(*value)]));
        let samples: Vec<Value> = samples.collect();
        let kind = family.kind.as_str();
        json!({ "name": name, "kind": kind, "help": family.help, "samples": samples })
    });
    let families: Vec<Value> = families.collect();
    let ms = |at: Option<Timestamp>| at.map(Timestamp::ms);
    let (pushed, failed) = (ms(group.pushed), ms(group.failed));
    json!({ "key": pairs(key), "pushed": pushed, "failed": failed, "families": families })
}

fn pairs(labels: &Labels) -> Value {
    let pair = |(name, value): (&str, &str)| (name.to_owned(), Value::from(value));
    Value::Object(labels.iter().map(pair).collect::<Map<_, _>>())
}

pub(super) fn read(bytes: &[u8]) -> io::Result<Groups> {
    let file: Value = serde_json::from_slice(bytes)?;
    if file["version"] != 1 {
        return Err(damaged("version"));
    }
    let mut groups = Groups::default();
    for value in list(&file["groups"], "groups")? {
        let ms = |value: &Value| value.as_i64().map(Timestamp::from_ms);
        let (pushed, failed) = (ms(&value["pushed"]), ms(&value["failed"]));
        let mut group = Group { pushed, failed, ..Group::default() };
        for family in list(&value["families"], "families")? {
            let name = text(&family["name"], "name")?.to_owned();
            group.families.insert(name, read_family(family)?);
        }
        groups.by_key.insert(read_labels(&value["key"])?, group);
    }
    Ok(groups)
}

fn read_family(value: &Value) -> io::Result<Family> {
    let kind = text(&value["kind"], "kind")?;
    let kind = KINDS.into_iter().find(|it| it.as_str() == kind).ok_or_else(|| damaged("kind"))?;
    let mut family =
        Family { kind, help: text(&value["help"], "help")?.to_owned(), ..Family::default() };
    for sample in list(&value["samples"], "samples")? {
        let number = parse_float(text(&sample[1], "sample")?.as_bytes());
        let number = number.ok_or_else(|| damaged("sample"))?;
        family.samples.insert(read_labels(&sample[0])?, number);
    }
    Ok(family)
}

fn read_labels(value: &Value) -> io::Result<Labels> {
    let pairs = value.as_object().ok_or_else(|| damaged("labels"))?;
    let mut labels = Vec::new();
    for (name, value) in pairs {
        labels.push((name, text(value, "label")?));
    }
    Ok(Labels::from_pairs(labels))
}

fn list<'v>(value: &'v Value, what: &str) -> io::Result<&'v Vec<Value>> {
    value.as_array().ok_or_else(|| damaged(what))
}

fn text<'v>(value: &'v Value, what: &str) -> io::Result<&'v str> {
    value.as_str().ok_or_else(|| damaged(what))
}

fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("pushed groups: no valid {what}"))
}

#[cfg(test)]
mod tests {
    use super::super::page::{Form, read as read_page};
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let mut groups = Groups::default();
        let key = Labels::from_pairs([("job", "a\"b")]);
        let page = "# HELP a Help \\n x\n# TYPE a gauge\na{b=\"c\"} NaN\na -0\nb +Inf\nc 0.1\n";
        let families = read_page(page.as_bytes(), Form::Text).unwrap();
        groups.replace(&key, families, Timestamp::from_ms(1234), true).unwrap();
        groups.note_failure(&Labels::from_pairs([("job", "x")]), Timestamp::from_ms(9));
        let again = read(&write(&groups)).unwrap();
        let bits = |groups: &Groups| {
            let rows = groups.rows().map(|(labels, value)| (labels, value.to_bits()));
            rows.collect::<Vec<_>>()
        };
        assert_eq!(bits(&again), bits(&groups));
        assert_eq!(write(&again), write(&groups));
    }

    #[test]
    fn damaged_files_are_an_error() {
        let whole = String::from_utf8(write(&Groups::default())).unwrap();
        assert!(read(whole.as_bytes()).is_ok());
        for bytes in ["", "{}", "[]", r#"{"version":1}"#, r#"{"version":1,"groups":[1]}"#] {
            assert!(read(bytes.as_bytes()).is_err(), "{bytes}");
        }
    }
}
