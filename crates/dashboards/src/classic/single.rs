//! Panels of one value: singlestat of Angular becomes stat or gauge; stat, gauge and bar gauge of
//! Grafana 6 and 7 hand their field options to the field configuration.

use super::fields;
use crate::json::{
    Object, child, default_to, filled, from_number, list, number, object, set, take_list,
    take_object, text, truthy,
};
use crate::report::{Report, member};
use serde_json::{Value, json};

/// Options that only the Angular panel knew, or that moved.
const SPENT: [&str; 26] = [
    "NonProgressive",
    "cacheTimeout",
    "colorBackground",
    "colorPostfix",
    "colorPrefix",
    "colorValue",
    "colors",
    "decimals",
    "format",
    "gauge",
    "mappingType",
    "mappingTypes",
    "nullPointMode",
    "nullText",
    "postfix",
    "postfixFontSize",
    "prefix",
    "prefixFontSize",
    "rangeMaps",
    "sparkline",
    "tableColumn",
    "thresholds",
    "valueFontSize",
    "valueMaps",
    "valueName",
    "legend",
];

/// From Angular's singlestat.
pub(super) fn migrate(panel: &mut Object, path: &str, report: &mut Report) {
    let shows = |key: &str| object(panel, key).is_some_and(|part| truthy(part.get("show")));
    let is_gauge = shows("gauge");
    let has_line = shows("sparkline");
    set(panel, "type", if is_gauge { "gauge" } else { "stat" });
    let options = if is_gauge { gauge_options(panel) } else { stat_options(panel, has_line) };
    let range = is_gauge.then(|| gauge_range(panel));
    let mut defaults = value_config(panel, path, report);
    for (key, value) in range.into_iter().flatten() {
        set(&mut defaults, key, value);
    }
    child(panel, "options").extend(options);
    fields::defaults(panel).extend(defaults);
    for spent in SPENT {
        panel.remove(spent);
    }
}

fn reduce_options(panel: &Object) -> Value {
    let word = text(panel, "valueName").unwrap_or("avg");
    let is_no_value = ["name", "last_time"].contains(&word);
    let calc = if is_no_value { "lastNotNull" } else { fields::reducer(word) };
    let column = filled(panel, "tableColumn").filter(|column| *column != "Value");
    let fields = column.map(|column| format!("/^{}$/", escaped(column))).unwrap_or_default();
    json!({"calcs": [calc], "fields": fields, "values": false})
}

/// A name as a regular expression that matches it alone.
fn escaped(name: &str) -> String {
    let mut pattern = String::new();
    for c in name.chars() {
        if r"\.+*?()|[]{}^$/".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

fn stat_options(panel: &Object, has_line: bool) -> Object {
    let color = if truthy(panel.get("colorBackground")) {
        "background"
    } else if truthy(panel.get("colorValue")) {
        "value"
    } else {
        "none"
    };
    let is_name = text(panel, "valueName") == Some("name");
    let mut options = Object::new();
    set(&mut options, "reduceOptions", reduce_options(panel));
    set(&mut options, "orientation", "horizontal");
    set(&mut options, "colorMode", color);
    set(&mut options, "graphMode", if has_line { "area" } else { "none" });
    set(&mut options, "justifyMode", "auto");
    set(&mut options, "textMode", if is_name { "name" } else { "auto" });
    options
}

fn gauge_options(panel: &Object) -> Object {
    let gauge = object(panel, "gauge");
    let has = |key: &str| gauge.is_some_and(|gauge| truthy(gauge.get(key)));
    let mut options = Object::new();
    set(&mut options, "reduceOptions", reduce_options(panel));
    set(&mut options, "orientation", "auto");
    set(&mut options, "showThresholdLabels", has("thresholdLabels"));
    set(&mut options, "showThresholdMarkers", has("thresholdMarkers"));
    options
}

fn gauge_range(panel: &Object) -> Vec<(&'static str, Value)> {
    let bound = |key: &str, default| {
        let gauge = object(panel, "gauge");
        from_number(gauge.and_then(|gauge| number(gauge.get(key))).unwrap_or(default))
    };
    vec![("min", bound("minValue", 0.0)), ("max", bound("maxValue", 100.0))]
}

/// Unit, decimals, thresholds and mappings.
fn value_config(panel: &Object, path: &str, report: &mut Report) -> Object {
    let mut config = Object::new();
    set(&mut config, "unit", unit_with_affixes(panel, path, report));
    if let Some(decimals) = number(panel.get("decimals")) {
        set(&mut config, "decimals", from_number(decimals));
    }
    let colors: Vec<&str> = list(panel, "colors").iter().filter_map(Value::as_str).collect();
    let values = fields::threshold_values(panel.get("thresholds"));
    if !values.is_empty() || !colors.is_empty() {
        set(&mut config, "thresholds", fields::thresholds(&values, &colors));
    }
    let mut mappings = fields::angular_mappings(panel);
    if let Some(text) = filled(panel, "nullText") {
        mappings.push(json!({"type": "special",
            "options": {"match": "null", "result": {"text": text}}}));
    }
    set(&mut config, "mappings", mappings);
    config
}

/// The unit; texts around the value become part of it where a unit can hold them.
fn unit_with_affixes(panel: &Object, path: &str, report: &mut Report) -> String {
    let unit = filled(panel, "format").unwrap_or("none");
    let affix = |key: &str| filled(panel, key).map(str::trim).filter(|text| !text.is_empty());
    match (unit, affix("prefix"), affix("postfix")) {
        (unit, None, None) => unit.to_owned(),
        ("none" | "short", None, Some(postfix)) => format!("suffix:{postfix}"),
        ("none" | "short", Some(prefix), None) => format!("prefix:{prefix}"),
        (unit, prefix, postfix) => {
            for (key, text) in [("prefix", prefix), ("postfix", postfix)] {
                if let Some(text) = text {
                    let message = format!("{} beside a unit", crate::json::shown(text));
                    report.dropped(&member(path, key), message);
                }
            }
            unit.to_owned()
        }
    }
}

/// From the first years of stat, gauge and bar gauge.
pub(super) fn upgrade(panel: &mut Object) {
    let first = take_object(panel, "options-gauge");
    if !first.is_empty() {
        child(panel, "options").extend(first);
    }
    let Some(Value::Object(options)) = panel.get_mut("options") else { return };
    let mut defaults = first_options(options);
    let mut old = take_object(options, "fieldOptions");
    let mut overrides = Vec::new();
    if !old.is_empty() {
        defaults.extend(take_object(&mut old, "defaults"));
        overrides = take_list(&mut old, "overrides");
        for key in ["thresholds", "mappings"] {
            if let Some(value) = old.remove(key) {
                default_to(&mut defaults, key, value);
            }
        }
        let calcs = list(&old, "calcs").iter().filter_map(Value::as_str);
        let calcs: Vec<&str> = calcs.map(fields::reducer).collect();
        let mut reduce = json!({"values": truthy(old.get("values")), "calcs": calcs, "fields": ""});
        if let Some(limit) = old.get("limit") {
            reduce["limit"] = limit.clone();
        }
        default_to(options, "reduceOptions", reduce);
    }
    if let Some(Value::Array(steps)) = defaults.get("thresholds") {
        let steps = json!({"mode": "absolute", "steps": steps});
        set(&mut defaults, "thresholds", steps);
    }
    let present = fields::config(panel);
    for (key, value) in defaults {
        default_to(child(present, "defaults"), &key, value);
    }
    crate::json::list_mut(present, "overrides").extend(overrides);
}

/// `valueOptions`, range, thresholds and mappings that stood among the options themselves.
fn first_options(options: &mut Object) -> Object {
    let mut defaults = Object::new();
    let value = take_object(options, "valueOptions");
    for key in ["unit", "decimals"] {
        if let Some(found) = value.get(key).filter(|found| !found.is_null()) {
            set(&mut defaults, key, found.clone());
        }
    }
    if let Some(stat) = text(&value, "stat") {
        let reduce = json!({"calcs": [fields::reducer(stat)], "fields": "", "values": false});
        default_to(options, "reduceOptions", reduce);
    }
    for (old, new) in [
        ("minValue", "min"),
        ("maxValue", "max"),
        ("valueMappings", "mappings"),
        ("thresholds", "thresholds"),
    ] {
        if let Some(found) = options.remove(old).filter(|found| !found.is_null()) {
            set(&mut defaults, new, found);
        }
    }
    defaults
}
