//! Migrations of classic dashboards, schema versions up to 42, to version 41. What each version
//! changed is Grafana's to say; the order here is panels where they stand, then their places.
//! Neighbours: `panel` and its kinds, `rows`, `variables`. Runs over what it made change nothing.

mod annotations;
mod fields;
mod graph;
mod heatmap;
mod lists;
mod panel;
mod piechart;
mod rows;
mod single;
mod source;
mod table;
mod variables;

pub(crate) use panel::migrate_panel;

use crate::dashboard::{clean_title, is_uid, uid_of};
use crate::json::{Object, default_to, filled, list, set, text, truthy, whole};
use crate::report::{Report, element, member};
use serde_json::{Value, json};

/// The version that is kept.
pub(crate) const SCHEMA_VERSION: i64 = 41;
/// The first version whose migrations are known.
const OLDEST_VERSION: i64 = 14;
/// The last version of classic dashboards.
const NEWEST_VERSION: i64 = 42;

/// Panels, rows and the panels in them, of a dashboard that is not migrated yet.
pub(crate) fn panel_count(object: &Object) -> usize {
    let groups = [list(object, "panels"), list(object, "rows")].concat();
    let inner = |panel: &Value| panel.get("panels").and_then(Value::as_array).map_or(0, Vec::len);
    groups.iter().map(|panel| 1 + inner(panel)).sum()
}

/// Brings a dashboard to schema version 41.
pub(crate) fn migrate(object: &mut Object, path: &str, report: &mut Report) {
    let version = whole(object.get("schemaVersion"), 0..=10_000).unwrap_or(SCHEMA_VERSION);
    tell_version(version, path, report);
    migrate_panels(object, version, path, report);
    rows::flatten(object, path, report);
    panel::number_panels(object);
    variables::migrate(object, version, path, report);
    annotations::migrate(object, path, report);
    head(object, path, report);
    set(object, "schemaVersion", SCHEMA_VERSION);
}

fn tell_version(version: i64, path: &str, report: &mut Report) {
    let place = member(path, "schemaVersion");
    if version < OLDEST_VERSION {
        let message = format!("version {version} is older than {OLDEST_VERSION}; read as that");
        report.changed(&place, message);
    }
    if version > NEWEST_VERSION {
        let message = format!("version {version} is unknown, read as {NEWEST_VERSION}");
        report.changed(&place, message);
    }
}

/// Migrates panels where they stand, so that findings name places in the file.
fn migrate_panels(object: &mut Object, version: i64, path: &str, report: &mut Report) {
    for group in ["rows", "panels"] {
        let Some(panels) = panels_of(object, group, path, report) else { continue };
        for (index, panel) in panels.iter_mut().enumerate() {
            let place = element(path, group, index);
            let Some(panel) = panel.as_object_mut() else {
                report.dropped(&place, "it is no object");
                continue;
            };
            if group == "panels" {
                migrate_panel(panel, version, &place, report);
            }
            let Some(inner) = panels_of(panel, "panels", &place, report) else { continue };
            for (index, panel) in inner.iter_mut().enumerate() {
                let place = element(&place, "panels", index);
                let Some(panel) = panel.as_object_mut() else {
                    report.dropped(&place, "it is no object");
                    continue;
                };
                if panel.remove("panels").is_some_and(|inner| inner != json!([])) {
                    report.dropped(&member(&place, "panels"), "panels in a panel of a row");
                }
                migrate_panel(panel, version, &place, report);
            }
        }
        panels.retain(Value::is_object);
    }
}

/// A member with panels; one that is no list is told.
fn panels_of<'o>(
    object: &'o mut Object,
    key: &str,
    path: &str,
    report: &mut Report,
) -> Option<&'o mut Vec<Value>> {
    match object.get_mut(key)? {
        Value::Array(panels) => Some(panels),
        Value::Null => None,
        _ => {
            report.dropped(&member(path, key), "it is no list of panels");
            None
        }
    }
}

/// What is neither panel nor variable.
fn head(object: &mut Object, path: &str, report: &mut Report) {
    let title = clean_title(text(object, "title").unwrap_or_default());
    let uid =
        text(object, "uid").filter(|uid| is_uid(uid)).map_or_else(|| uid_of(&title), str::to_owned);
    set(object, "title", title);
    set(object, "uid", uid);
    if object.remove("sharedCrosshair").is_some_and(|shared| truthy(Some(&shared))) {
        default_to(object, "graphTooltip", 1);
    }
    default_to(object, "graphTooltip", 0);
    set_time(object);
    if !object.get("refresh").is_some_and(Value::is_string) {
        set(object, "refresh", "");
    }
    if let Some(picker) = object.get_mut("timepicker").and_then(Value::as_object_mut) {
        picker.remove("time_options");
    }
    tags(object, path, report);
    links(object, path, report);
    for gone in ["id", "originalTitle", "hideControls", "style", "gnetId", "rows", "pulldowns"] {
        object.remove(gone);
    }
    default_to(object, "editable", true);
}

fn set_time(object: &mut Object) {
    let is_range = |time: &Object| filled(time, "from").is_some() && filled(time, "to").is_some();
    if !object.get("time").and_then(Value::as_object).is_some_and(is_range) {
        set(object, "time", json!({"from": "now-6h", "to": "now"}));
    }
    if !object.get("timezone").is_some_and(Value::is_string) {
        set(object, "timezone", "browser");
    }
}

fn tags(object: &mut Object, path: &str, report: &mut Report) {
    let found = object.remove("tags");
    let mut tags = Vec::new();
    if let Some(Value::Array(list)) = found {
        let texts = list.into_iter().filter_map(|tag| match tag {
            Value::String(tag) if !tag.trim().is_empty() => Some(tag.trim().to_owned()),
            _ => None,
        });
        tags.extend(texts);
    } else if found.is_some_and(|found| !found.is_null()) {
        report.dropped(&member(path, "tags"), "expected a list of texts");
    }
    tags.dedup();
    set(object, "tags", tags);
}

/// Links above the dashboard; every one that is an object is kept.
fn links(object: &mut Object, path: &str, report: &mut Report) {
    let mut kept = Vec::new();
    for (index, link) in crate::json::take_list(object, "links").into_iter().enumerate() {
        match link {
            Value::Object(mut link) => {
                default_to(&mut link, "type", "link");
                default_to(&mut link, "title", "");
                kept.push(Value::Object(link));
            }
            _ => report.dropped(&element(path, "links", index), "it is no object"),
        }
    }
    set(object, "links", kept);
}
