//! The Angular table becomes the present one: column styles become overrides, its way of turning
//! series into rows becomes a transformation.

use super::fields::{self, property, rule};
use crate::json::{Object, child, filled, from_number, list, number, set, take_list, text, truthy};
use crate::report::{Report, element, member};
use serde_json::{Value, json};

/// Options that only the Angular panel knew, or that moved.
const SPENT: [&str; 9] = [
    "columns",
    "filterNull",
    "fontSize",
    "pageSize",
    "scroll",
    "showHeader",
    "sort",
    "styles",
    "transform",
];

pub(super) fn migrate(panel: &mut Object, path: &str, report: &mut Report) {
    set(panel, "type", "table");
    steps(panel, path, report);
    let styles = take_list(panel, "styles");
    let hides_rest = styles.iter().filter_map(Value::as_object).any(is_hidden_rest);
    for (index, style) in styles.into_iter().enumerate() {
        let Value::Object(style) = style else { continue };
        let place = element(path, "styles", index);
        apply_style(panel, &style, &place, report);
    }
    if hides_rest {
        show_named(panel);
    }
    let shows_header = panel.get("showHeader").is_none_or(|show| truthy(Some(show)));
    set(child(panel, "options"), "showHeader", shows_header);
    for spent in SPENT {
        panel.remove(spent);
    }
}

/// The first style that fits counted: one that hides all columns meant those without another.
fn is_hidden_rest(style: &Object) -> bool {
    text(style, "pattern") == Some("/.*/") && text(style, "type") == Some("hidden")
}

fn show_named(panel: &mut Object) {
    for rule in crate::json::list_mut(fields::config(panel), "overrides") {
        let Some(Value::Array(properties)) = rule.get_mut("properties") else { continue };
        if !properties.iter().any(|found| found["id"] == "custom.hidden") {
            properties.push(property("custom.hidden", false));
        }
    }
}

/// What the panel did with its series.
fn steps(panel: &mut Object, path: &str, report: &mut Report) {
    let way = text(panel, "transform").unwrap_or("table").to_owned();
    let made = match way.as_str() {
        "timeseries_to_columns" => {
            vec![json!({"id": "joinByField", "options": {"mode": "outer"}})]
        }
        "timeseries_to_rows" => vec![json!({"id": "seriesToRows", "options": {}})],
        "timeseries_aggregations" => aggregations(panel),
        "table" => vec![json!({"id": "merge", "options": {}})],
        other => {
            let message = format!("tables of {}", crate::json::shown(other));
            report.dropped(&member(path, "transform"), message);
            return;
        }
    };
    if !list(panel, "transformations").is_empty() {
        return;
    }
    set(panel, "transformations", made);
}

/// A row per series with its reduced values, under the names that the panel's styles know.
fn aggregations(panel: &Object) -> Vec<Value> {
    let columns = list(panel, "columns").iter().filter_map(Value::as_object);
    let mut reducers = Vec::new();
    let mut names = Object::from_iter([("Field".to_owned(), json!("Metric"))]);
    for column in columns {
        let Some(reducer) = filled(column, "value").map(fields::reducer) else { continue };
        reducers.push(reducer.to_owned());
        let (Some(own), Some(new)) = (filled(column, "text"), reducer_title(reducer)) else {
            continue;
        };
        if own != new {
            names.insert(new.to_owned(), json!(own));
        }
    }
    if reducers.is_empty() {
        reducers.push("mean".to_owned());
        names.insert("Mean".to_owned(), json!("Avg"));
    }
    vec![
        json!({"id": "reduce", "options": {"reducers": reducers, "includeTimeField": false}}),
        json!({"id": "organize", "options": {"renameByName": names}}),
    ]
}

/// What the column of a reducer is called, for those that old tables had.
fn reducer_title(reducer: &str) -> Option<&'static str> {
    Some(match reducer {
        "mean" => "Mean",
        "min" => "Min",
        "max" => "Max",
        "sum" => "Total",
        "lastNotNull" => "Last *",
        "count" => "Count",
        _ => return None,
    })
}

/// One style: of all columns when its pattern is `/.*/`, else of those that it names.
fn apply_style(panel: &mut Object, style: &Object, path: &str, report: &mut Report) {
    let Some(pattern) = filled(style, "pattern") else {
        return report.dropped(path, "a style without pattern");
    };
    let properties = style_properties(style, path, report);
    if pattern != "/.*/" {
        if !properties.is_empty() {
            let rule = rule(pattern, &properties);
            crate::json::list_mut(fields::config(panel), "overrides").push(rule);
        }
        return;
    }
    for found in properties {
        let Some(id) = found["id"].as_str() else { continue };
        let value = found["value"].clone();
        match id.strip_prefix("custom.") {
            Some(key) => set(fields::custom(panel), key, value),
            None => set(fields::defaults(panel), id, value),
        }
    }
}

fn style_properties(style: &Object, path: &str, report: &mut Report) -> Vec<Value> {
    let mut properties = Vec::new();
    if let Some(alias) = filled(style, "alias") {
        properties.push(property("displayName", alias));
    }
    match text(style, "type") {
        Some("hidden") => properties.push(property("custom.hidden", true)),
        Some("date") => {
            let format = filled(style, "dateFormat").unwrap_or("YYYY-MM-DD HH:mm:ss");
            properties.push(property("unit", format!("time: {format}")));
        }
        Some("string") => {
            let mappings = fields::angular_mappings(style);
            if !mappings.is_empty() {
                properties.push(property("mappings", mappings));
            }
        }
        _ => number_properties(style, &mut properties),
    }
    color_properties(style, &mut properties);
    if let Some(align) = filled(style, "align").filter(|align| *align != "auto") {
        properties.push(property("custom.align", align));
    }
    if truthy(style.get("link")) {
        properties.push(property("links", vec![link(style)]));
    }
    if truthy(style.get("sanitize")) {
        report.dropped(&member(path, "sanitize"), "cells show text, never HTML");
    }
    properties
}

fn number_properties(style: &Object, properties: &mut Vec<Value>) {
    if let Some(unit) = filled(style, "unit") {
        properties.push(property("unit", unit));
    }
    if let Some(decimals) = number(style.get("decimals")) {
        properties.push(property("decimals", from_number(decimals)));
    }
}

fn color_properties(style: &Object, properties: &mut Vec<Value>) {
    let kind = match text(style, "colorMode") {
        Some("cell" | "row") => "color-background",
        Some("value") => "color-text",
        _ => return,
    };
    let options = match text(style, "colorMode") {
        Some("row") => json!({"type": kind, "mode": "basic", "applyToRow": true}),
        Some("cell") => json!({"type": kind, "mode": "basic"}),
        _ => json!({"type": kind}),
    };
    properties.push(property("custom.cellOptions", options));
    let colors: Vec<&str> = list(style, "colors").iter().filter_map(Value::as_str).collect();
    let values = fields::threshold_values(style.get("thresholds"));
    if !values.is_empty() {
        properties.push(property("thresholds", fields::thresholds(&values, &colors)));
    }
}

/// A style's link; `$__cell` was the cell, `$__cell_2` the third of the row.
fn link(style: &Object) -> Value {
    let text_of = |key| text(style, key).unwrap_or_default();
    json!({
        "title": text_of("linkTooltip"),
        "url": with_cells(text_of("linkUrl")),
        "targetBlank": truthy(style.get("linkTargetBlank")),
    })
}

fn with_cells(url: &str) -> String {
    let mut out = String::new();
    let mut rest = url;
    while let Some((before, after)) = rest.split_once("$__cell") {
        out.push_str(before);
        let digits: &str = after.strip_prefix('_').unwrap_or_default();
        let end = digits.bytes().take_while(u8::is_ascii_digit).count();
        let after = after.strip_prefix(":raw").unwrap_or(after);
        if end > 0 {
            out.extend(["${__data.fields[", &digits[..end], "]}"]);
            rest = digits[end..].strip_prefix(":raw").unwrap_or(&digits[end..]);
        } else {
            out.push_str("${__value.text}");
            rest = after;
        }
    }
    out + rest
}
