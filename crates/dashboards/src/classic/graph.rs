//! The Angular graph panel becomes a time series, or, with another x axis, a bar gauge, a bar chart
//! or a histogram. Fill was 0 to 10 and is 0 to 100; series overrides become field overrides.

use super::fields::{self, fixed, property, rule};
use crate::json::{
    Object, child, default_to, filled, from_number, list, list_mut, number, object, set, take_list,
    take_object, text, truthy,
};
use crate::report::{Report, element, member};
use serde_json::{Value, json};

/// Options that only the Angular panel knew, or that moved.
const SPENT: [&str; 36] = [
    "aliasColors",
    "bars",
    "dashLength",
    "dashes",
    "decimals",
    "fill",
    "fillGradient",
    "grid",
    "hiddenSeries",
    "leftYAxisLabel",
    "legend",
    "lines",
    "linewidth",
    "nullPointMode",
    "percentage",
    "pointradius",
    "points",
    "renderer",
    "rightYAxisLabel",
    "seriesOverrides",
    "spaceLength",
    "stack",
    "steppedLine",
    "thresholds",
    "timeRegions",
    "tooltip",
    "x-axis",
    "xaxis",
    "y-axis",
    "y_formats",
    "yaxes",
    "yaxis",
    "zerofill",
    "annotate",
    "resolution",
    "sideWidth",
];

pub(super) fn migrate(panel: &mut Object, path: &str, report: &mut Report) {
    let axis = object(panel, "xaxis").and_then(|axis| text(axis, "mode")).unwrap_or("time");
    let legend_has_values = object(panel, "legend").is_some_and(|l| truthy(l.get("values")));
    let kind = match axis {
        "series" if legend_has_values => "bargauge",
        "series" => "barchart",
        "histogram" => "histogram",
        _ => "timeseries",
    };
    set(panel, "type", kind);
    by_series(panel, kind);
    axes(panel);
    drawing(panel);
    overrides(panel, path, report);
    thresholds(panel);
    legend(panel, path, report);
    tooltip(panel);
    if !list(panel, "timeRegions").is_empty() {
        report.dropped(&member(path, "timeRegions"), "time regions are not drawn");
    }
    for spent in SPENT {
        panel.remove(spent);
    }
}

/// With an axis of series each of them is one value.
fn by_series(panel: &mut Object, kind: &str) {
    let values = object(panel, "xaxis").map(|axis| list(axis, "values")).unwrap_or_default();
    let word = values.first().and_then(Value::as_str).unwrap_or("total");
    let reducer = fields::reducer(word).to_owned();
    if kind == "bargauge" {
        let options = child(panel, "options");
        set(options, "reduceOptions", json!({"calcs": [reducer], "fields": "", "values": false}));
    } else if kind == "barchart" {
        let reduce = json!({"id": "reduce", "options": {"reducers": [reducer]}});
        list_mut(panel, "transformations").push(reduce);
    }
}

/// The left axis is the default of all fields.
fn axes(panel: &mut Object) {
    let axis = axis_config(list(panel, "yaxes").first().and_then(Value::as_object));
    let decimals = number(panel.get("decimals"));
    let defaults = fields::defaults(panel);
    for (key, value) in axis {
        match (key.as_str(), value) {
            ("custom", Value::Object(custom)) => child(defaults, "custom").extend(custom),
            (_, value) => set(defaults, &key, value),
        }
    }
    if let Some(decimals) = decimals {
        default_to(defaults, "decimals", from_number(decimals));
    }
}

/// Unit, range and look of an Angular axis.
fn axis_config(axis: Option<&Object>) -> Object {
    let mut config = Object::new();
    let Some(axis) = axis else { return config };
    if let Some(unit) = filled(axis, "format") {
        set(&mut config, "unit", unit);
    }
    for key in ["decimals", "min", "max"] {
        if let Some(number) = number(axis.get(key)) {
            set(&mut config, key, from_number(number));
        }
    }
    let custom = child(&mut config, "custom");
    let is_shown = axis.get("show").is_none_or(|show| truthy(Some(show)));
    set(custom, "axisPlacement", if is_shown { "auto" } else { "hidden" });
    if let Some(label) = filled(axis, "label") {
        set(custom, "axisLabel", label);
    }
    if let Some(base) = number(axis.get("logBase")).filter(|base| *base > 1.0) {
        let base = if base == 2.0 { 2 } else { 10 };
        set(custom, "scaleDistribution", json!({"type": "log", "log": base}));
    }
    config
}

/// Lines, bars, points, fill and stacking; what is missing is as the Angular panel drew it.
fn drawing(panel: &mut Object) {
    let has = |key: &str| truthy(panel.get(key));
    let bars = has("bars");
    let lines = panel.get("lines").is_none_or(|lines| truthy(Some(lines)));
    let points = has("points");
    let fill = number(panel.get("fill")).unwrap_or(1.0);
    let gradient = number(panel.get("fillGradient")).filter(|gradient| *gradient > 0.0);
    let width = number(panel.get("linewidth")).unwrap_or(1.0);
    let style = if bars {
        "bars"
    } else if lines {
        "line"
    } else {
        "points"
    };
    let mut custom = Object::new();
    set(&mut custom, "drawStyle", style);
    set(&mut custom, "lineWidth", from_number(width));
    let show_points = if points { "always" } else { "never" };
    if points || style != "points" {
        set(&mut custom, "showPoints", show_points);
    }
    if let Some(radius) = number(panel.get("pointradius")).filter(|_| points) {
        set(&mut custom, "pointSize", from_number(2.0 + radius * 2.0));
    }
    let opacity = if bars { 100.0 } else { gradient.unwrap_or(fill) * 10.0 };
    set(&mut custom, "fillOpacity", from_number(opacity));
    if gradient.is_some() {
        set(&mut custom, "gradientMode", "opacity");
    }
    if has("dashes") {
        set(&mut custom, "lineStyle", dashes(panel));
    }
    set(&mut custom, "spanNulls", text(panel, "nullPointMode") == Some("connected"));
    if has("steppedLine") {
        set(&mut custom, "lineInterpolation", "stepAfter");
    }
    if has("stack") {
        let mode = if has("percentage") { "percent" } else { "normal" };
        set(&mut custom, "stacking", json!({"mode": mode, "group": "A"}));
    }
    fields::custom(panel).extend(custom);
}

fn dashes(object: &Object) -> Value {
    let length = |key, default| from_number(number(object.get(key)).unwrap_or(default));
    let dash = [length("dashLength", 10.0), length("spaceLength", 10.0)];
    json!({"fill": "dash", "dash": dash})
}

fn overrides(panel: &mut Object, path: &str, report: &mut Report) {
    let mut rules = Vec::new();
    for (alias, color) in take_object(panel, "aliasColors") {
        if let Some(color) = color.as_str() {
            rules.push(rule(&alias, &[property("color", fixed(color))]));
        }
    }
    let right = axis_config(list(panel, "yaxes").get(1).and_then(Value::as_object));
    for (index, series) in take_list(panel, "seriesOverrides").into_iter().enumerate() {
        let place = element(path, "seriesOverrides", index);
        let Value::Object(series) = series else { continue };
        let Some(alias) = filled(&series, "alias") else { continue };
        let mut properties = Vec::new();
        for (key, value) in &series {
            let Some(found) = series_property(key, value, &series, &right) else {
                let message = format!("{} of a series", crate::json::shown(key));
                report.dropped(&member(&place, key), message);
                continue;
            };
            properties.extend(found);
        }
        if !properties.is_empty() {
            rules.push(rule(alias, &properties));
        }
    }
    list_mut(fields::config(panel), "overrides").extend(rules);
}

/// Properties for one key of a series override; `None`: nothing here does that.
fn series_property(
    key: &str,
    value: &Value,
    series: &Object,
    right: &Object,
) -> Option<Vec<Value>> {
    let is_on = truthy(Some(value));
    let tens = || from_number(number(Some(value)).unwrap_or(0.0) * 10.0);
    let choose = |yes: &'static str, no: &'static str| if is_on { yes } else { no };
    let one = |id: &str, value: Value| Some(vec![property(id, value)]);
    match key {
        // What every series has needs no property.
        _ if is_idle(key, is_on) => Some(Vec::new()),
        "yaxis" => Some(if number(Some(value)) == Some(2.0) { right_axis(right) } else { vec![] }),
        "fill" => one("custom.fillOpacity", tens()),
        "fillBelowTo" => one("custom.fillBelowTo", value.clone()),
        "fillGradient" => Some(vec![
            property("custom.gradientMode", "opacity"),
            property("custom.fillOpacity", tens()),
        ]),
        "points" => one("custom.showPoints", choose("always", "never").into()),
        "bars" if is_on => {
            Some(vec![property("custom.drawStyle", "bars"), property("custom.fillOpacity", 100)])
        }
        "bars" => one("custom.drawStyle", "line".into()),
        "lines" if is_on => one("custom.drawStyle", "line".into()),
        "lines" => one("custom.lineWidth", 0.into()),
        "linewidth" => one("custom.lineWidth", value.clone()),
        "pointradius" => {
            one("custom.pointSize", from_number(2.0 + number(Some(value)).unwrap_or(0.0) * 2.0))
        }
        "dashes" if is_on => one("custom.lineStyle", dashes(series)),
        "dashes" => one("custom.lineStyle", json!({"fill": "solid"})),
        "stack" => {
            let group = value.as_str().unwrap_or("A");
            one("custom.stacking", json!({"mode": choose("normal", "none"), "group": group}))
        }
        "color" => one("color", fixed(value.as_str().unwrap_or("text"))),
        "transform" => one("custom.transform", value.clone()),
        "legend" => one("custom.hideFrom", hidden_from("legend")),
        "hideTooltip" => one("custom.hideFrom", hidden_from("tooltip")),
        "nullPointMode" => one("custom.spanNulls", (value == "connected").into()),
        "steppedLine" => one("custom.lineInterpolation", choose("stepAfter", "linear").into()),
        _ => None,
    }
}

/// Is this what every series has anyway?
fn is_idle(key: &str, is_on: bool) -> bool {
    match key {
        "alias" | "$$hashKey" | "dashLength" | "spaceLength" => true,
        "fillGradient" | "hideTooltip" => !is_on,
        "legend" => is_on,
        _ => false,
    }
}

fn hidden_from(place: &str) -> Value {
    json!({"legend": place == "legend", "tooltip": place == "tooltip", "viz": false})
}

fn right_axis(right: &Object) -> Vec<Value> {
    let mut properties = vec![property("custom.axisPlacement", "right")];
    for (key, value) in right {
        match value {
            Value::Object(custom) if key == "custom" => {
                for (key, value) in custom.iter().filter(|(key, _)| *key != "axisPlacement") {
                    properties.push(property(&format!("custom.{key}"), value.clone()));
                }
            }
            value => properties.push(property(key, value.clone())),
        }
    }
    if right.get("custom").and_then(|custom| custom.get("axisPlacement")) == Some(&json!("hidden"))
    {
        properties[0] = property("custom.axisPlacement", "hidden");
    }
    properties
}

/// Regions above or below values become steps; what lies between is transparent.
fn thresholds(panel: &mut Object) {
    let old = take_list(panel, "thresholds");
    let value_of = |threshold: &Object| number(threshold.get("value"));
    let mut marks: Vec<(f64, Object)> = old
        .into_iter()
        .filter_map(|threshold| threshold.as_object().cloned())
        .filter_map(|threshold| Some((value_of(&threshold)?, threshold)))
        .collect();
    if marks.is_empty() {
        return;
    }
    marks.sort_by(|a, b| a.0.total_cmp(&b.0));
    let has = |key: &str| marks.iter().any(|(_, mark)| truthy(mark.get(key)));
    let mode = match (has("fill"), has("line")) {
        (true, true) => "line+area",
        (true, false) => "area",
        (false, _) => "line",
    };
    let mut steps: Vec<Value> = Vec::new();
    for (index, (value, mark)) in marks.iter().enumerate() {
        let is_below = text(mark, "op") == Some("lt");
        if !is_below {
            steps.push(json!({"value": from_number(*value), "color": threshold_color(mark)}));
            continue;
        }
        if steps.is_empty() {
            steps.push(json!({"value": null, "color": threshold_color(mark)}));
        }
        let next = marks.get(index + 1).map(|(_, mark)| mark);
        let next = next.filter(|mark| text(mark, "op") == Some("lt"));
        let color = next.map_or("transparent", threshold_color);
        steps.push(json!({"value": from_number(*value), "color": color}));
    }
    if steps.first().is_some_and(|step| !step["value"].is_null()) {
        steps.insert(0, json!({"value": null, "color": "transparent"}));
    }
    let defaults = fields::defaults(panel);
    set(defaults, "thresholds", json!({"mode": "absolute", "steps": steps}));
    set(child(defaults, "custom"), "thresholdsStyle", json!({"mode": mode}));
}

fn threshold_color(mark: &Object) -> &str {
    let own = || filled(mark, "fillColor").or_else(|| filled(mark, "lineColor"));
    match text(mark, "colorMode") {
        Some("warning") => "orange",
        Some("ok") => "green",
        Some("custom") => own().unwrap_or("red"),
        _ => "red",
    }
}

fn legend(panel: &mut Object, path: &str, report: &mut Report) {
    let old = take_object(panel, "legend");
    let is_shown = old.get("show").is_none_or(|show| truthy(Some(show)));
    let mut calcs: Vec<&str> = Vec::new();
    if truthy(old.get("values")) {
        for word in ["min", "max", "avg", "current", "total"] {
            if truthy(old.get(word)) {
                calcs.push(fields::reducer(word));
            }
        }
    }
    let is_table = truthy(old.get("alignAsTable"));
    let mut legend = json!({
        "showLegend": is_shown,
        "displayMode": if is_table { "table" } else { "list" },
        "placement": if truthy(old.get("rightSide")) { "right" } else { "bottom" },
        "calcs": calcs,
    });
    if let Some(width) = number(old.get("sideWidth")).filter(|width| *width > 0.0) {
        legend["width"] = from_number(width);
    }
    if let Some(sort) = filled(&old, "sort") {
        legend["sortBy"] = sort_column(sort).into();
        legend["sortDesc"] = truthy(old.get("sortDesc")).into();
    }
    for key in ["hideEmpty", "hideZero"] {
        if truthy(old.get(key)) {
            let message = "series without values stay in the legend";
            report.dropped(&member(&member(path, "legend"), key), message);
        }
    }
    set(child(panel, "options"), "legend", legend);
}

/// Head of the legend's column.
fn sort_column(word: &str) -> &str {
    match word {
        "avg" => "Mean",
        "current" => "Last *",
        "total" => "Total",
        "min" => "Min",
        "max" => "Max",
        _ => "Name",
    }
}

fn tooltip(panel: &mut Object) {
    let old = take_object(panel, "tooltip");
    let is_shared = old.get("shared").is_none_or(|shared| truthy(Some(shared)));
    let sort = match number(old.get("sort")) {
        Some(1.0) => "asc",
        Some(2.0) => "desc",
        _ => "none",
    };
    let mode = if is_shared { "multi" } else { "single" };
    set(child(panel, "options"), "tooltip", json!({"mode": mode, "sort": sort}));
}
