//! Field configuration: mappings, thresholds and overrides in their present form.
//! Shared by the migrations of all panels.

use crate::json::{Object, child, from_number, list, number, set, take_list, text, truthy};
use serde_json::{Value, json};

/// Words of the former reducers and their present names.
pub(super) fn reducer(word: &str) -> &str {
    match word {
        "avg" => "mean",
        "current" | "last_not_null" => "lastNotNull",
        "total" => "sum",
        "first" => "firstNotNull",
        other => other,
    }
}

/// A `fieldConfig` with `defaults` and `overrides`.
pub(super) fn config(panel: &mut Object) -> &mut Object {
    let config = child(panel, "fieldConfig");
    child(config, "defaults");
    crate::json::list_mut(config, "overrides");
    config
}

/// `fieldConfig.defaults`.
pub(super) fn defaults(panel: &mut Object) -> &mut Object {
    child(config(panel), "defaults")
}

/// `fieldConfig.defaults.custom`.
pub(super) fn custom(panel: &mut Object) -> &mut Object {
    child(defaults(panel), "custom")
}

/// An override for fields of this name, or of names that match `/pattern/`.
pub(super) fn rule(name: &str, properties: &[Value]) -> Value {
    let is_pattern = name.len() > 2 && name.starts_with('/') && name.ends_with('/');
    let matcher = if is_pattern { "byRegexp" } else { "byName" };
    json!({"matcher": {"id": matcher, "options": name}, "properties": properties})
}

/// A property of an override.
pub(super) fn property(id: &str, value: impl Into<Value>) -> Value {
    json!({"id": id, "value": value.into()})
}

/// One fixed colour.
pub(super) fn fixed(color: &str) -> Value {
    json!({"mode": "fixed", "fixedColor": color})
}

/// Steps of `values` with one colour more than there are values.
pub(super) fn thresholds(values: &[f64], colors: &[&str]) -> Value {
    let color = |index: usize| colors.get(index).or(colors.last()).copied().unwrap_or("green");
    let mut steps = vec![json!({"color": color(0), "value": null})];
    for (index, value) in values.iter().enumerate() {
        steps.push(json!({"color": color(index + 1), "value": from_number(*value)}));
    }
    json!({"mode": "absolute", "steps": steps})
}

/// `"50,80"` and `["50", 80]` as numbers.
pub(super) fn threshold_values(value: Option<&Value>) -> Vec<f64> {
    match value {
        Some(Value::String(text)) => {
            text.split(',').filter_map(|part| number(Some(&Value::from(part)))).collect()
        }
        Some(Value::Array(list)) => list.iter().filter_map(|part| number(Some(part))).collect(),
        _ => Vec::new(),
    }
}

/// `valueMaps` or `rangeMaps` of Angular panels as mappings.
pub(super) fn angular_mappings(panel: &Object) -> Vec<Value> {
    let is_range = number(panel.get("mappingType")) == Some(2.0);
    if is_range {
        let range = |map: &Object| {
            let (from, to) = (number(map.get("from")), number(map.get("to")));
            let text = text(map, "text").unwrap_or_default();
            // Angular panels mapped `null` to `null` in the place of missing values.
            if from.is_none() && to.is_none() {
                return special("null", text);
            }
            range_mapping(from, to, text)
        };
        return list(panel, "rangeMaps").iter().filter_map(Value::as_object).map(range).collect();
    }
    let value = |map: &Object| {
        let text = text(map, "text").unwrap_or_default();
        value_mapping(&plain(map.get("value")), text)
    };
    list(panel, "valueMaps").iter().filter_map(Value::as_object).map(value).collect()
}

/// A scalar as text.
fn plain(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => "null".to_owned(),
        Some(other) => other.to_string(),
    }
}

fn value_mapping(value: &str, text: &str) -> Value {
    if value == "null" {
        return special("null", text);
    }
    json!({"type": "value", "options": {value: {"text": text}}})
}

fn range_mapping(from: Option<f64>, to: Option<f64>, text: &str) -> Value {
    let bound = |bound: Option<f64>| bound.map_or(Value::Null, from_number);
    json!({"type": "range", "options": {
        "from": bound(from), "to": bound(to), "result": {"text": text}}})
}

fn special(which: &str, text: &str) -> Value {
    json!({"type": "special", "options": {"match": which, "result": {"text": text}}})
}

/// Mappings of Grafana 6 and 7, `{type: 1, value, text}` and `{type: 2, from, to, text}`, in the
/// present form; present ones stay.
pub(super) fn upgrade_mappings(config: &mut Object) {
    if !config.get("mappings").is_some_and(Value::is_array) {
        return;
    }
    let upgrade = |mapping: Value| {
        let Value::Object(old) = &mapping else { return None };
        let kind = match old.get("type") {
            Some(Value::String(word)) if number(old.get("type")).is_none() => {
                return (!word.is_empty()).then(|| mapping.clone());
            }
            kind => number(kind),
        };
        let text = plain(old.get("text").filter(|text| !text.is_null()));
        Some(if kind == Some(2.0) {
            range_mapping(number(old.get("from")), number(old.get("to")), &text)
        } else {
            value_mapping(&plain(old.get("value")), &text)
        })
    };
    let mappings = take_list(config, "mappings");
    set(config, "mappings", mappings.into_iter().filter_map(upgrade).collect::<Vec<_>>());
}

/// Thresholds whose first step has no value, because JSON knows no infinity.
pub(super) fn upgrade_thresholds(config: &mut Object) {
    let Some(Value::Object(thresholds)) = config.get_mut("thresholds") else { return };
    let Some(Value::Array(steps)) = thresholds.get_mut("steps") else { return };
    steps.retain(Value::is_object);
    for (index, step) in steps.iter_mut().enumerate() {
        let Some(step) = step.as_object_mut() else { continue };
        let value = number(step.get("value")).filter(|_| index > 0);
        set(step, "value", value.map_or(Value::Null, from_number));
        step.remove("index");
    }
    crate::json::default_to(thresholds, "mode", "absolute");
}

/// `defaults` and every override in their present form.
pub(super) fn upgrade(panel: &mut Object) {
    let config = config(panel);
    let defaults = child(config, "defaults");
    upgrade_mappings(defaults);
    upgrade_thresholds(defaults);
    rename_variables(defaults);
    if let Some(Value::Object(custom)) = defaults.get_mut("custom") {
        upgrade_custom(custom);
    }
    for rule in crate::json::list_mut(config, "overrides") {
        let Some(rule) = rule.as_object_mut() else { continue };
        for property in crate::json::list_mut(rule, "properties") {
            if let Some(property) = property.as_object_mut() {
                upgrade_property(property);
            }
        }
    }
}

fn upgrade_custom(custom: &mut Object) {
    if let Some(Value::Object(hide)) = custom.get_mut("hideFrom")
        && let Some(graph) = hide.remove("graph")
    {
        set(hide, "viz", graph);
    }
    if let Some(mode) = custom.remove("displayMode") {
        custom.entry("cellOptions").or_insert_with(|| cell_options(&mode));
    }
}

fn upgrade_property(property: &mut Object) {
    let Some(id) = text(property, "id").map(str::to_owned) else { return };
    match id.as_str() {
        "mappings" | "thresholds" => {
            let mut config = Object::new();
            config.insert(id.clone(), property.remove("value").unwrap_or(Value::Null));
            upgrade_mappings(&mut config);
            upgrade_thresholds(&mut config);
            set(property, "value", config.remove(&id).unwrap_or(Value::Null));
        }
        "custom.displayMode" => {
            let mode = property.remove("value").unwrap_or(Value::Null);
            set(property, "id", "custom.cellOptions");
            set(property, "value", cell_options(&mode));
        }
        "custom.hideFrom" => {
            if let Some(Value::Object(hide)) = property.get_mut("value")
                && let Some(graph) = hide.remove("graph")
            {
                set(hide, "viz", graph);
            }
        }
        _ => {}
    }
}

/// A cell's former display mode as cell options.
fn cell_options(mode: &Value) -> Value {
    match mode.as_str().unwrap_or("auto") {
        "basic" => json!({"type": "gauge", "mode": "basic"}),
        "gradient-gauge" => json!({"type": "gauge", "mode": "gradient"}),
        "lcd-gauge" => json!({"type": "gauge", "mode": "lcd"}),
        "color-background" => json!({"type": "color-background", "mode": "gradient"}),
        "color-background-solid" => json!({"type": "color-background", "mode": "basic"}),
        other => json!({"type": other}),
    }
}

/// `$__series_name` and its kin have other names since Grafana 7.
fn rename_variables(defaults: &mut Object) {
    if let Some(title) = defaults.remove("title") {
        crate::json::default_to(defaults, "displayName", title);
    }
    if let Some(Value::String(name)) = defaults.get_mut("displayName") {
        *name = renamed(name);
    }
    for link in crate::json::list_mut(defaults, "links") {
        if let Some(Value::String(url)) = link.get_mut("url") {
            *url = renamed(url);
        }
    }
    if !truthy(defaults.get("links")) || list(defaults, "links").is_empty() {
        defaults.remove("links");
    }
}

fn renamed(text: &str) -> String {
    const NAMES: [(&str, &str); 4] = [
        ("$__series_name", "${__series.name}"),
        ("$__field_name", "${__field.name}"),
        ("$__value_time", "${__value.time}"),
        ("__series.labels", "__field.labels"),
    ];
    let mut text = text.to_owned();
    for (old, new) in NAMES {
        if text.contains(old) {
            text = text.replace(old, new);
        }
    }
    text
}
