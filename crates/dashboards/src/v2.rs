//! Dashboards of Grafana's second model (`v2alpha1`, `v2beta1`, `v2`): elements and a layout become
//! panels on the grid, kinds become the objects of classic JSON. What follows is as for classic.

mod layout;
mod panel;
mod query;
mod variables;

use crate::error::Error;
use crate::import::PANELS_MAX;
use crate::json::{Object, default_to, filled, list, object, set, take_list, take_object, text};
use crate::report::{Report, member};
use serde_json::{Value, json};

/// Makes the spec of a second-model resource a classic dashboard.
///
/// # Errors
/// When it has more panels than any dashboard may have.
pub(crate) fn to_classic(
    mut spec: Object,
    path: &str,
    report: &mut Report,
) -> Result<Object, Error> {
    let elements = take_object(&mut spec, "elements");
    if elements.len() > PANELS_MAX {
        let found = elements.len();
        return Err(Error::invalid(format!("{found} elements, at most {PANELS_MAX} are read")));
    }
    let mut classic = Object::new();
    let layout = take_object(&mut spec, "layout");
    let place = member(path, "layout");
    set(&mut classic, "panels", layout::panels(&layout, elements, &place, report)?);
    let annotations = annotations(&mut spec, &member(path, "annotations"), report);
    set(&mut classic, "annotations", json!({"list": annotations}));
    let variables = variables::variables(&mut spec, path, report)?;
    set(&mut classic, "templating", json!({"list": variables}));
    settings(&mut spec, &mut classic);
    set(&mut classic, "schemaVersion", crate::classic::SCHEMA_VERSION);
    Ok(classic)
}

/// Title, tags, links, time and how the cursor is shared.
fn settings(spec: &mut Object, classic: &mut Object) {
    for key in ["title", "description", "tags", "links", "editable", "liveNow", "preload", "uid"] {
        if let Some(value) = spec.remove(key) {
            set(classic, key, value);
        }
    }
    let shared = match text(spec, "cursorSync") {
        Some("Crosshair") => 1,
        Some("Tooltip") => 2,
        _ => 0,
    };
    set(classic, "graphTooltip", shared);
    let time = take_object(spec, "timeSettings");
    if let (Some(from), Some(to)) = (filled(&time, "from"), filled(&time, "to")) {
        set(classic, "time", json!({"from": from, "to": to}));
    }
    for (old, new) in [
        ("timezone", "timezone"),
        ("autoRefresh", "refresh"),
        ("weekStart", "weekStart"),
        ("fiscalYearStartMonth", "fiscalYearStartMonth"),
    ] {
        if let Some(value) = time.get(old) {
            set(classic, new, value.clone());
        }
    }
    let mut picker = Object::new();
    for (old, new) in [
        ("autoRefreshIntervals", "refresh_intervals"),
        ("quickRanges", "quick_ranges"),
        ("hideTimepicker", "hidden"),
        ("nowDelay", "nowDelay"),
    ] {
        if let Some(value) = time.get(old) {
            set(&mut picker, new, value.clone());
        }
    }
    set(classic, "timepicker", picker);
}

fn annotations(spec: &mut Object, path: &str, report: &mut Report) -> Vec<Value> {
    let mut annotations = Vec::new();
    for (index, kind) in take_list(spec, "annotations").into_iter().enumerate() {
        let place = format!("{path}[{index}]");
        let Some(inner) = object_of(&kind, "spec") else {
            report.dropped(&place, "it has no spec");
            continue;
        };
        let mut annotation = Object::new();
        for key in ["name", "enable", "hide", "iconColor", "filter"] {
            if let Some(value) = inner.get(key) {
                set(&mut annotation, key, value.clone());
            }
        }
        if inner.get("builtIn") == Some(&Value::Bool(true)) {
            set(&mut annotation, "builtIn", 1);
            set(&mut annotation, "type", "dashboard");
        }
        if let Some(options) = object(inner, "legacyOptions") {
            annotation.extend(options.clone());
        }
        if let Some(query) = object(inner, "query") {
            let (source, fields) = query::read(inner, query);
            set(&mut annotation, "datasource", source);
            for (key, value) in fields {
                default_to(&mut annotation, &key, value);
            }
        }
        annotations.push(Value::Object(annotation));
    }
    annotations
}

/// An object member of a value.
fn object_of<'v>(value: &'v Value, key: &str) -> Option<&'v Object> {
    value.get(key).and_then(Value::as_object)
}

/// `spec` of a kind, of a list of kinds, in their order.
fn specs<'o>(object: &'o Object, key: &str) -> impl Iterator<Item = &'o Object> {
    list(object, key).iter().filter_map(|kind| object_of(kind, "spec"))
}
