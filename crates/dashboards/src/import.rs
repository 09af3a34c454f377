//! From any dashboard that Grafana wrote to the one form that is kept and shown: classic JSON of
//! schema version 41. Steps: unwrap, inline what a gallery export brings along, migrate, judge.
//! Input is foreign: bounded in bytes, depth (128, by `serde_json`), panels and variables.

use crate::dashboard::Dashboard;
use crate::error::Error;
use crate::json::{Object, shown, text};
use crate::report::{Finding, Report};
use crate::{classic, gallery, judge, v2};
use serde_json::Value;

/// Longest dashboard; Node Exporter Full has 0.5 MB.
pub const INPUT_BYTES_MAX: usize = 8 << 20;
/// Most panels, rows and those in rows included.
pub const PANELS_MAX: usize = 1000;
/// Most variables.
pub const VARIABLES_MAX: usize = 200;

/// A dashboard in the form that is kept, and what reading it cost.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Schema version 41.
    pub dashboard: Dashboard,
    /// What was changed, dropped or cannot be shown, in the order of the file.
    pub report: Vec<Finding>,
}

/// Reads a dashboard: classic, gallery export, resource of V1 or V2, or an answer of Grafana's API.
///
/// ```
/// let old = r#"{"title": "Load", "schemaVersion": 14, "rows": [{"panels": [
///     {"type": "graph", "title": "load", "span": 12, "targets": [{"expr": "node_load1"}]}]}]}"#;
/// let imported = dashboards::import(old.as_bytes()).unwrap();
/// assert_eq!(imported.dashboard.title(), "Load");
/// assert_eq!(imported.dashboard.json()["panels"][0]["type"], "timeseries");
/// ```
///
/// # Errors
/// When it is no JSON object, no dashboard, or beyond the limits.
pub fn import(bytes: &[u8]) -> Result<Imported, Error> {
    if bytes.len() > INPUT_BYTES_MAX {
        return Err(Error::invalid(format!(
            "the dashboard has {} bytes, at most {INPUT_BYTES_MAX} are read",
            bytes.len()
        )));
    }
    let value = serde_json::from_slice(bytes)
        .map_err(|error| Error::invalid(format!("the dashboard is no JSON: {error}")))?;
    import_value(value)
}

/// The same for JSON that was read already, within the limits of its reader.
///
/// # Errors
/// As of [`import`].
pub fn import_value(value: Value) -> Result<Imported, Error> {
    let Value::Object(object) = value else {
        return Err(Error::invalid("a dashboard is a JSON object"));
    };
    let mut report = Report::default();
    let (object, path) = unwrap(object)?;
    let mut classic = match version_of(&object)? {
        Version::Classic => object,
        Version::V2 => v2::to_classic(object, &path, &mut report)?,
    };
    gallery::inline(&mut classic, &path, &mut report)?;
    check_counts(&classic)?;
    classic::migrate(&mut classic, &path, &mut report);
    judge::judge(&classic, &path, &mut report);
    Ok(Imported { dashboard: Dashboard::of(classic), report: report.into_findings() })
}

enum Version {
    Classic,
    V2,
}

/// Takes the dashboard out of resources and answers; the path says where it was.
fn unwrap(mut object: Object) -> Result<(Object, String), Error> {
    if let Some(api) = text(&object, "apiVersion") {
        let api = api.to_owned();
        let Some(version) = api.strip_prefix("dashboard.grafana.app/") else {
            let found = shown(&api);
            return Err(Error::invalid(format!(
                "apiVersion is {found}, expected dashboard.grafana.app/..."
            )));
        };
        let is_v2 = version.starts_with("v2");
        let Some(Value::Object(mut spec)) = object.remove("spec") else {
            return Err(Error::invalid(format!("a resource of {} has no spec", shown(&api))));
        };
        let name = object.get("metadata").and_then(|metadata| metadata.get("name"));
        if let (Some(Value::String(name)), false) = (name, spec.contains_key("uid")) {
            spec.insert("uid".to_owned(), name.as_str().into());
        }
        if is_v2 && !spec.contains_key("elements") {
            return Err(Error::invalid("a resource of version 2 has no spec.elements"));
        }
        return Ok((spec, "spec".to_owned()));
    }
    // An answer of Grafana's API, or a file of its provisioning by API.
    let is_envelope = !object.contains_key("panels") && !object.contains_key("rows");
    match object.remove("dashboard") {
        Some(Value::Object(inner)) if is_envelope => {
            let (inner, path) = unwrap(inner)?;
            Ok((inner, crate::report::member("dashboard", &path).trim_end_matches('.').to_owned()))
        }
        Some(other) => {
            object.insert("dashboard".to_owned(), other);
            Ok((object, String::new()))
        }
        None => Ok((object, String::new())),
    }
}

fn version_of(object: &Object) -> Result<Version, Error> {
    if object.contains_key("elements") && object.contains_key("layout") {
        return Ok(Version::V2);
    }
    let marks = ["panels", "rows", "schemaVersion", "templating", "title"];
    if marks.iter().any(|mark| object.contains_key(*mark)) {
        return Ok(Version::Classic);
    }
    Err(Error::invalid("the JSON is no dashboard: no title, no panels, no rows, no elements"))
}

fn check_counts(object: &Object) -> Result<(), Error> {
    let panels = classic::panel_count(object);
    if panels > PANELS_MAX {
        return Err(Error::invalid(format!("{panels} panels, at most {PANELS_MAX} are read")));
    }
    let variables = object.get("templating").and_then(|templating| templating.get("list"));
    let variables = variables.and_then(Value::as_array).map_or(0, Vec::len);
    if variables > VARIABLES_MAX {
        return Err(Error::invalid(format!(
            "{variables} variables, at most {VARIABLES_MAX} are read"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
