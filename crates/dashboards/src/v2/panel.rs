//! An element of the second model as a classic panel, without its place.

use super::{object_of, query, specs};
use crate::json::{Object, filled, object, set, shown, text};
use crate::report::Report;
use serde_json::{Value, json};

/// A panel for an element; `None` when it is no element.
pub(super) fn panel(element: &Value, path: &str, report: &mut Report) -> Option<Object> {
    let spec = object_of(element, "spec")?;
    match element.get("kind").and_then(Value::as_str) {
        Some("Panel") => Some(of_panel(spec)),
        Some("LibraryPanel") => Some(of_library_panel(spec)),
        kind => {
            let message = format!("an element of kind {}", shown(kind.unwrap_or_default()));
            report.dropped(path, message);
            None
        }
    }
}

fn of_panel(spec: &Object) -> Object {
    let mut panel = head(spec);
    if let Some(visualization) = object(spec, "vizConfig") {
        let kind = filled(visualization, "group")
            .or_else(|| text(visualization, "kind").filter(|kind| *kind != "VizConfig"));
        set(&mut panel, "type", kind.unwrap_or("table"));
        if let Some(inner) = object(visualization, "spec") {
            for key in ["options", "fieldConfig"] {
                if let Some(value) = inner.get(key) {
                    set(&mut panel, key, value.clone());
                }
            }
        }
    }
    if let Some(data) = object(spec, "data").and_then(|data| object(data, "spec")) {
        set(&mut panel, "targets", targets(data));
        set(&mut panel, "transformations", transformations(data));
        query_options(data, &mut panel);
    }
    panel
}

fn head(spec: &Object) -> Object {
    let mut panel = Object::new();
    for key in ["id", "title", "description", "links", "transparent"] {
        if let Some(value) = spec.get(key) {
            set(&mut panel, key, value.clone());
        }
    }
    panel
}

fn of_library_panel(spec: &Object) -> Object {
    let mut panel = head(spec);
    set(&mut panel, "type", "library-panel-ref");
    if let Some(library) = spec.get("libraryPanel") {
        set(&mut panel, "libraryPanel", library.clone());
    }
    panel
}

fn targets(data: &Object) -> Vec<Value> {
    let mut targets = Vec::new();
    for spec in specs(data, "queries") {
        let Some(query) = object(spec, "query") else { continue };
        let (source, mut target) = query::read(spec, query);
        set(&mut target, "datasource", source);
        if let Some(letter) = filled(spec, "refId") {
            set(&mut target, "refId", letter);
        }
        if spec.get("hidden") == Some(&Value::Bool(true)) {
            set(&mut target, "hide", true);
        }
        targets.push(Value::Object(target));
    }
    targets
}

/// The kind names the transformation; later versions name it as group, or as `spec.id`.
fn transformations(data: &Object) -> Vec<Value> {
    let mut steps = Vec::new();
    for kind in crate::json::list(data, "transformations").iter().filter_map(Value::as_object) {
        let Some(spec) = object(kind, "spec") else { continue };
        let id =
            filled(kind, "group").or_else(|| filled(spec, "id")).or_else(|| text(kind, "kind"));
        let options = spec.get("options").cloned().unwrap_or_else(|| json!({}));
        let mut step = json!({"id": id.unwrap_or_default(), "options": options});
        for key in ["disabled", "filter", "topic"] {
            if let Some(value) = spec.get(key) {
                step[key] = value.clone();
            }
        }
        steps.push(step);
    }
    steps
}

fn query_options(data: &Object, panel: &mut Object) {
    const KEYS: [&str; 6] =
        ["timeFrom", "timeShift", "maxDataPoints", "interval", "hideTimeOverride", "cacheTimeout"];
    let Some(options) = object(data, "queryOptions") else { return };
    for key in KEYS {
        if let Some(value) = options.get(key) {
            set(panel, key, value.clone());
        }
    }
}
