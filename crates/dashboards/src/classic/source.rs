//! Data sources: from names to `{type, uid}`, and which of them are this server.
//! Everything that speaks PromQL is this server; others are kept and named in the report.

use crate::json::{Object, shown, text};
use crate::report::Report;
use serde_json::{Value, json};

/// Kinds that speak PromQL.
const PROMETHEUS_KINDS: [&str; 6] = [
    "prometheus",
    "grafana-amazonprometheus-datasource",
    "grafana-azureprometheus-datasource",
    "victoriametrics-datasource",
    "victoriametrics-metrics-datasource",
    "flyball",
];
/// Kinds of Grafana itself: mixed, dashboard, annotations.
const BUILT_IN_KINDS: [&str; 2] = ["datasource", "grafana"];
/// Names of Grafana's own sources.
const BUILT_IN_NAMES: [&str; 4] = ["-- Mixed --", "-- Grafana --", "-- Dashboard --", "grafana"];
/// What names of other kinds contain.
const OTHER_KINDS: [&str; 10] = [
    "loki",
    "elasticsearch",
    "influxdb",
    "graphite",
    "cloudwatch",
    "tempo",
    "mysql",
    "postgres",
    "opentsdb",
    "testdata",
];

/// Turns a name into `{type, uid}`; null and what is one already stay.
pub(super) fn to_reference(object: &mut Object) {
    let Some(Value::String(name)) = object.get("datasource") else { return };
    let reference = reference(name);
    object.insert("datasource".to_owned(), reference);
}

fn reference(name: &str) -> Value {
    if name.is_empty() || name == "default" {
        return Value::Null;
    }
    if BUILT_IN_NAMES.contains(&name) {
        let kind = if name == "grafana" { "grafana" } else { "datasource" };
        return json!({"type": kind, "uid": name});
    }
    let lower = name.to_lowercase();
    let other = OTHER_KINDS.iter().find(|kind| lower.contains(**kind));
    match other {
        Some(kind) => json!({"type": kind, "uid": name}),
        None => json!({"type": "prometheus", "uid": name}),
    }
}

/// The kind of data source that a panel, target, variable or annotation names; absent: this server.
fn kind_of(object: &Object) -> Option<&str> {
    object.get("datasource")?.as_object().and_then(|source| text(source, "type"))
}

/// Is a kind of data source this server, or Grafana's own?
fn is_own(kind: &str) -> bool {
    PROMETHEUS_KINDS.contains(&kind) || BUILT_IN_KINDS.contains(&kind) || kind.starts_with('$')
}

/// Names a data source that is not here.
pub(super) fn judge(object: &Object, path: &str, what: &str, report: &mut Report) {
    if let Some(kind) = kind_of(object).filter(|kind| !kind.is_empty() && !is_own(kind)) {
        let message = format!("{what} asks a data source of kind {}, not PromQL", shown(kind));
        report.unsupported(&crate::report::member(path, "datasource"), message);
    }
}
