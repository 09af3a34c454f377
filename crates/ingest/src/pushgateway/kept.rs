//! The groups as a file: JSON, values as texts because JSON knows neither NaN nor infinity.
//! A damaged file stops nobody: it is kept under `quarantine/`, and what follows begins anew.

use super::groups::{Group, Groups};
use super::page::Family;
use exposition::{format_float, parse_float};
use model::{Labels, MetricKind, Timestamp};
use serde_json::{Map, Value, json};
use std::io;
use std::path::{Path, PathBuf};
use sys::Vfs;

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

/// The groups of a file; none when it is not there, or was damaged and is set aside now.
pub(super) fn open(vfs: &dyn Vfs, file: &Path) -> io::Result<Groups> {
    if !vfs.exists(file)? {
        return Ok(Groups::default());
    }
    let damage = match vfs.read(file, BYTES_MAX) {
        Ok(bytes) => match read(&bytes) {
            Ok(groups) => return Ok(groups),
            Err(damage) => damage,
        },
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => error,
        Err(error) => return Err(error),
    };
    let kept = set_aside(vfs, file)?;
    let (file, kept) = (file.display(), kept.display());
    tracing::error!(%file, %kept, error = %damage, "pushed groups are damaged and set aside");
    Ok(Groups::default())
}

/// Moves a file to `quarantine/` beside it, under a name that is free there.
fn set_aside(vfs: &dyn Vfs, file: &Path) -> io::Result<PathBuf> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let quarantine = folder.join("quarantine");
    vfs.create_dir_durable(&quarantine)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let mut kept = quarantine.join(name.as_ref());
    let mut number = 1;
    while vfs.exists(&kept)? {
        kept = quarantine.join(format!("{name}.{number}"));
        number += 1;
    }
    vfs.rename(file, &kept)?;
    vfs.sync_dir(&quarantine)?;
    vfs.sync_dir(folder)?;
    Ok(kept)
}

fn read(bytes: &[u8]) -> io::Result<Groups> {
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
    use sys::sim::{OpKind, SimVfs};

    #[test]
    fn a_file_that_cannot_be_read_is_not_taken_for_damaged() {
        let (vfs, file) = (SimVfs::new(1), Path::new("/push/groups.json"));
        vfs.create_dir_durable(Path::new("/push")).unwrap();
        vfs.replace(file, b"{").unwrap();
        vfs.fail(OpKind::Read, 0, 1, 5);
        assert_eq!(open(&vfs, file).unwrap_err().raw_os_error(), Some(5));
        assert!(vfs.exists(file).unwrap());
    }

    #[test]
    fn a_damaged_file_keeps_its_bytes_over_a_power_cut() {
        let (vfs, file) = (SimVfs::new(1), Path::new("/push/groups.json"));
        vfs.create_dir_durable(Path::new("/push")).unwrap();
        vfs.replace(file, b"{").unwrap();
        assert_eq!(open(&vfs, file).unwrap(), Groups::default());
        let vfs = vfs.after_crash(2);
        assert!(!vfs.exists(file).unwrap());
        assert_eq!(vfs.read(Path::new("/push/quarantine/groups.json"), 9).unwrap(), b"{");
    }

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
