//! The pie chart that was a plug-in of Angular becomes the present one.

use super::fields::{self, fixed, property, rule};
use crate::json::{Object, child, filled, from_number, number, set, take_object, text, truthy};
use crate::report::{Report, member};
use serde_json::{Value, json};

/// Options that only the plug-in knew, or that moved.
const SPENT: [&str; 14] = [
    "aliasColors",
    "breakPoint",
    "combine",
    "decimals",
    "fontSize",
    "format",
    "legend",
    "legendType",
    "maxDataPoints",
    "nullPointMode",
    "pieType",
    "strokeWidth",
    "valueName",
    "cacheTimeout",
];

pub(super) fn migrate(panel: &mut Object, path: &str, report: &mut Report) {
    set(panel, "type", "piechart");
    let calc = fields::reducer(text(panel, "valueName").unwrap_or("current")).to_owned();
    let kind = if text(panel, "pieType") == Some("donut") { "donut" } else { "pie" };
    let labels: &[&str] =
        if text(panel, "legendType") == Some("On graph") { &["name"] } else { &[] };
    let legend = legend(panel);
    let options = child(panel, "options");
    set(options, "pieType", kind);
    set(options, "reduceOptions", json!({"calcs": [calc], "fields": "", "values": false}));
    set(options, "displayLabels", labels);
    set(options, "legend", legend);
    let unit = filled(panel, "format").unwrap_or("short").to_owned();
    let decimals = number(panel.get("decimals"));
    let defaults = fields::defaults(panel);
    set(defaults, "unit", unit);
    if let Some(decimals) = decimals {
        set(defaults, "decimals", from_number(decimals));
    }
    for (alias, color) in take_object(panel, "aliasColors") {
        if let Some(color) = color.as_str() {
            let rule = rule(&alias, &[property("color", fixed(color))]);
            crate::json::list_mut(fields::config(panel), "overrides").push(rule);
        }
    }
    let combine = take_object(panel, "combine");
    if number(combine.get("threshold")).is_some_and(|threshold| threshold > 0.0) {
        report.dropped(&member(path, "combine"), "small slices are not combined");
    }
    for spent in SPENT {
        panel.remove(spent);
    }
}

fn legend(panel: &mut Object) -> Value {
    let old = take_object(panel, "legend");
    let kind = text(panel, "legendType").unwrap_or("Under graph");
    let is_shown = kind != "On graph" && old.get("show").is_none_or(|show| truthy(Some(show)));
    let mut values = Vec::new();
    for (key, value) in [("values", "value"), ("percentage", "percent")] {
        if truthy(old.get(key)) {
            values.push(value);
        }
    }
    json!({
        "showLegend": is_shown,
        "displayMode": if values.is_empty() { "list" } else { "table" },
        "placement": if kind == "Right side" { "right" } else { "bottom" },
        "values": values,
    })
}
