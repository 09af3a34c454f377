//! Trees of JSON whose texts are templates: payloads of webhooks, details of `PagerDuty`, fields of
//! Jira. Source: Alertmanager 0.34 `template.DeepCopyWithTemplate`.
//!
//! A text that renders to YAML other than a text takes that value: `{{ len .Alerts }}` gives a
//! number, `{{ toJson . }}` a map. What was rendered is not rendered again.

use crate::view::View;
use serde_json::{Map, Value};

/// Renders every text of a tree, keys of maps too.
pub(crate) fn render(view: &View<'_>, field: &str, tree: &Value) -> Value {
    match tree {
        Value::String(template) => typed(view.text(field, template)),
        Value::Array(items) => items.iter().map(|item| render(view, field, item)).collect(),
        Value::Object(entries) => Value::Object(render_entries(view, field, entries, true)),
        Value::Null | Value::Bool(_) | Value::Number(_) => tree.clone(),
    }
}

/// Renders the values of a map; its own keys stay as they are.
pub(crate) fn render_values(
    view: &View<'_>,
    field: &str,
    entries: &Map<String, Value>,
) -> Map<String, Value> {
    render_entries(view, field, entries, false)
}

fn render_entries(
    view: &View<'_>,
    field: &str,
    entries: &Map<String, Value>,
    renders_keys: bool,
) -> Map<String, Value> {
    let entry = |(key, value): (&String, &Value)| {
        let path = format!("{field}.{key}");
        let key = if renders_keys { view.ornament(&path, key) } else { key.clone() };
        (key, render(view, &path, value))
    };
    entries.iter().map(entry).collect()
}

/// A rendered text as the value that it is in YAML.
fn typed(text: String) -> Value {
    match config::yaml_value(&text) {
        None | Some(Value::String(_)) => Value::String(text),
        Some(value) => value,
    }
}
