//! The Angular heatmap becomes the present one: buckets given or calculated, colours, y axis.

use crate::json::{
    Object, child, filled, from_number, number, object, set, take_object, text, truthy,
};
use serde_json::{Value, json};

/// Options that only the Angular panel knew, or that moved.
const SPENT: [&str; 15] = [
    "cards",
    "color",
    "dataFormat",
    "heatmap",
    "hideZeroBuckets",
    "highlightCards",
    "legend",
    "reverseYBuckets",
    "tooltip",
    "xAxis",
    "xBucketNumber",
    "xBucketSize",
    "yAxis",
    "yBucketBound",
    "yBucketNumber",
];

/// Migrates an Angular heatmap; a present one stays.
pub(super) fn migrate(panel: &mut Object) {
    let is_angular = ["yAxis", "dataFormat", "cards"].iter().any(|key| panel.contains_key(*key));
    if !is_angular {
        return;
    }
    let options = options(panel);
    child(panel, "options").extend(options);
    for spent in SPENT {
        panel.remove(spent);
    }
    panel.remove("yBucketSize");
}

fn options(panel: &mut Object) -> Object {
    let calculates = text(panel, "dataFormat") != Some("tsbuckets");
    let shows = |key: &str| object(panel, key).is_none_or(|part| truthy(part.get("show")));
    let (shows_legend, shows_tooltip) = (shows("legend"), shows("tooltip"));
    let histogram =
        object(panel, "tooltip").is_some_and(|tooltip| truthy(tooltip.get("showHistogram")));
    let layout = match text(panel, "yBucketBound") {
        Some("upper") => "le",
        Some("lower") => "ge",
        Some("middle") => "unknown",
        _ => "auto",
    };
    let hides_zero = truthy(panel.get("hideZeroBuckets"));
    let mut options = Object::new();
    set(&mut options, "calculate", calculates);
    if calculates {
        set(&mut options, "calculation", calculation(panel));
    }
    set(&mut options, "color", color(panel));
    set(&mut options, "yAxis", y_axis(panel));
    set(&mut options, "rowsFrame", json!({"layout": layout}));
    set(&mut options, "legend", json!({"show": shows_legend}));
    let mode = if shows_tooltip { "single" } else { "none" };
    set(&mut options, "tooltip", json!({"mode": mode, "yHistogram": histogram}));
    set(&mut options, "showValue", "never");
    if hides_zero {
        set(&mut options, "filterValues", json!({"le": 1e-9}));
    }
    let cards = take_object(panel, "cards");
    set(&mut options, "cellGap", from_number(number(cards.get("cardPadding")).unwrap_or(1.0)));
    set(&mut options, "cellRadius", from_number(number(cards.get("cardRound")).unwrap_or(0.0)));
    options
}

fn calculation(panel: &Object) -> Value {
    let buckets = |axis: &str| {
        let key = |what: &str| format!("{axis}Bucket{what}");
        let count = number(panel.get(&key("Number"))).filter(|count| *count > 0.0);
        let size = filled(panel, &key("Size")).map(str::to_owned);
        match (size, count) {
            (Some(size), _) => json!({"mode": "size", "value": size}),
            (None, Some(count)) => json!({"mode": "count", "value": from_number(count)}),
            (None, None) => Value::Null,
        }
    };
    let mut calculation = Object::new();
    for (axis, key) in [("x", "xBuckets"), ("y", "yBuckets")] {
        let buckets = buckets(axis);
        if !buckets.is_null() {
            set(&mut calculation, key, buckets);
        }
    }
    Value::Object(calculation)
}

fn color(panel: &mut Object) -> Value {
    let old = take_object(panel, "color");
    let is_opacity = text(&old, "mode") == Some("opacity");
    // d3's names: interpolateOranges, interpolateRdYlGn.
    let scheme = text(&old, "colorScheme").unwrap_or("interpolateOranges");
    let scheme = scheme.strip_prefix("interpolate").unwrap_or(scheme);
    let scale = if text(&old, "colorScale") == Some("linear") { "linear" } else { "exponential" };
    let mut color = json!({
        "mode": if is_opacity { "opacity" } else { "scheme" },
        "scheme": scheme,
        "fill": filled(&old, "cardColor").unwrap_or("dark-orange"),
        "scale": scale,
        "exponent": from_number(number(old.get("exponent")).unwrap_or(0.5)),
        "steps": 128,
        "reverse": false,
    });
    for key in ["min", "max"] {
        if let Some(bound) = number(old.get(key)) {
            color[key] = from_number(bound);
        }
    }
    color
}

fn y_axis(panel: &mut Object) -> Value {
    let old = take_object(panel, "yAxis");
    let is_shown = old.get("show").is_none_or(|show| truthy(Some(show)));
    let mut axis = json!({
        "axisPlacement": if is_shown { "left" } else { "hidden" },
        "reverse": truthy(panel.get("reverseYBuckets")),
        "unit": filled(&old, "format").unwrap_or("short"),
    });
    for key in ["decimals", "min", "max"] {
        if let Some(value) = number(old.get(key)) {
            axis[key] = from_number(value);
        }
    }
    if let Some(label) = filled(&old, "label") {
        axis["axisLabel"] = label.into();
    }
    axis
}
