//! Variables in their present form: kinds, refresh, hiding, data sources.
//! Kinds that are not known are named; their values are still filled in where they are current.

use super::source;
use crate::json::{
    Object, child, default_to, filled, list_mut, number, set, shown, take_list, text, truthy,
};
use crate::report::{Report, element, member};
use serde_json::{Value, json};

/// Kinds that have values here.
const KINDS: [&str; 8] =
    ["query", "custom", "textbox", "constant", "datasource", "interval", "adhoc", "switch"];

pub(super) fn migrate(object: &mut Object, version: i64, path: &str, report: &mut Report) {
    let place = member(path, "templating");
    let templating = child(object, "templating");
    let mut kept = Vec::new();
    for (index, variable) in take_list(templating, "list").into_iter().enumerate() {
        let place = element(&place, "list", index);
        let Value::Object(mut variable) = variable else {
            report.dropped(&place, "it is no object");
            continue;
        };
        if filled(&variable, "name").is_none() {
            report.dropped(&place, "a variable without name");
            continue;
        }
        upgrade(&mut variable, version, &place, report);
        kept.push(Value::Object(variable));
    }
    list_mut(templating, "list").extend(kept);
}

fn upgrade(variable: &mut Object, version: i64, path: &str, report: &mut Report) {
    kind(variable, version, path, report);
    source::to_reference(variable);
    source::judge(variable, path, "the variable", report);
    question(variable);
    pairs(variable, path, report);
    hiding(variable);
    refresh(variable);
    for gone in ["tags", "tagsQuery", "tagValuesQuery", "useTags", "allFormat", "$$hashKey"] {
        variable.remove(gone);
    }
    if text(variable, "type") == Some("query") && version < 29 {
        set(variable, "options", Vec::<Value>::new());
    }
    if !variable.get("options").is_some_and(Value::is_array) {
        variable.remove("options");
    }
    current(variable);
}

fn kind(variable: &mut Object, version: i64, path: &str, report: &mut Report) {
    let kind = filled(variable, "type").unwrap_or("query");
    let kind = if kind == "filter" { "query" } else { kind }.to_owned();
    if kind == "constant" && version < 27 && !truthy(variable.get("hide")) {
        // A constant that users see was a text box in all but name.
        let value = variable.get("query").cloned().unwrap_or_else(|| json!(""));
        set(variable, "current", json!({"text": value, "value": value, "selected": true}));
        set(variable, "type", "textbox");
        report.changed(&member(path, "type"), "a visible constant became a text box");
        return;
    }
    if !KINDS.contains(&kind.as_str()) {
        let message = format!("variables of kind {} keep their current value", shown(&kind));
        report.unsupported(&member(path, "type"), message);
    }
    set(variable, "type", kind);
}

/// The question of a form in the words of PromQL's variables, where only its parts are written.
fn question(variable: &mut Object) {
    let Some(Value::Object(query)) = variable.get_mut("query") else { return };
    if filled(query, "query").is_some() {
        return;
    }
    let part = |key: &str| text(query, key).unwrap_or_default();
    let words = match number(query.get("qryType")) {
        Some(0.0) => format!("label_names({})", part("match")),
        Some(1.0) if part("metric").is_empty() => format!("label_values({})", part("label")),
        Some(1.0) => format!("label_values({}, {})", part("metric"), part("label")),
        Some(2.0) => format!("metrics({})", part("metricRegex")),
        Some(3.0) => format!("query_result({})", part("varQuery")),
        Some(4.0) => part("seriesQuery").to_owned(),
        Some(5.0) => part("classicQuery").to_owned(),
        _ => return,
    };
    set(query, "query", words);
}

/// Custom values written as JSON become pairs of text and value; other properties have no place.
fn pairs(variable: &mut Object, path: &str, report: &mut Report) {
    if text(variable, "type") != Some("custom") || text(variable, "valuesFormat") != Some("json") {
        return;
    }
    let written = text(variable, "query").unwrap_or_default();
    let Ok(Value::Array(values)) = serde_json::from_str(written) else {
        report.unsupported(&member(path, "query"), "values that are no list in JSON");
        return;
    };
    let escaped = |text: &str| text.replace(',', "\\,");
    let pair = |value: &Value| match value {
        Value::Object(object) => {
            let value = text(object, "value")?;
            let name = filled(object, "text").unwrap_or(value);
            Some(format!("{} : {}", escaped(name), escaped(value)))
        }
        Value::String(value) => Some(escaped(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    };
    let list: Vec<String> = values.iter().filter_map(pair).collect();
    set(variable, "query", list.join(", "));
    variable.remove("valuesFormat");
    report.changed(&member(path, "valuesFormat"), "values in JSON became pairs of text and value");
}

/// 0: shown, 1: without label, 2: not shown.
fn hiding(variable: &mut Object) {
    let hides = variable.remove("hideVariable").is_some_and(|hide| truthy(Some(&hide)));
    let hides_label = variable.remove("hideLabel").is_some_and(|hide| truthy(Some(&hide)));
    let hide = match number(variable.get("hide")) {
        Some(hide) if hide >= 2.0 => 2,
        Some(1.0) => 1,
        _ if hides => 2,
        _ if hides_label => 1,
        _ => 0,
    };
    set(variable, "hide", hide);
}

/// 1: when the dashboard is loaded, 2: whenever the range changes. Queries are never 0.
fn refresh(variable: &mut Object) {
    if text(variable, "type") != Some("query") {
        return;
    }
    let refresh = number(variable.get("refresh"));
    set(variable, "refresh", if refresh == Some(2.0) { 2 } else { 1 });
}

/// `current` is an object with text and value, lists when several may be chosen.
fn current(variable: &mut Object) {
    let is_multi = truthy(variable.get("multi"));
    let Some(Value::Object(current)) = variable.get_mut("current") else {
        variable.remove("current");
        return;
    };
    current.remove("tags");
    if current.is_empty() {
        return;
    }
    for key in ["text", "value"] {
        let is_list = current.get(key).is_some_and(Value::is_array);
        let Some(value) = current.get_mut(key).filter(|_| is_multi != is_list) else { continue };
        *value = match value.take() {
            Value::Array(mut list) if list.len() == 1 => list.remove(0),
            Value::Array(list) => Value::Array(list),
            value if key == "text" && value == "All" => json!(["All"]),
            value => json!([value]),
        };
    }
    default_to(current, "text", "");
}
