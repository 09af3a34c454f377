//! One dashboard with every mistake, and one without any.

use super::*;
use crate::import_value;
use expect_test::expect;
use serde_json::json;

fn lines(dashboard: Value, metrics: Option<&[&str]>) -> String {
    let dashboard = import_value(dashboard).unwrap().dashboard;
    let metrics = metrics.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
    let complaints = lint(&dashboard, metrics.as_ref());
    let line = |c: Complaint| format!("{:?} {}: {}\n", c.severity, c.path, c.message);
    complaints.into_iter().map(line).collect::<Vec<_>>().concat()
}

#[test]
fn every_mistake_is_named_with_its_place() {
    let place = json!({"x": 0, "y": 0, "w": 12, "h": 8});
    let bad = json!({"title": "t", "schemaVersion": 41, "panels": [
        {"type": "timeseries", "gridPos": place, "title": "$nobody", "repeat": "gone",
            "fieldConfig": {"defaults": {"unit": "byte"}, "overrides": []},
            "targets": [{"expr": "rate(a[5m)"}, {"expr": "up{a=\"$lost\"}"}]},
        {"type": "stat", "gridPos": place, "targets": [{"expr": "sum(b)"}]},
        {"type": "stat", "gridPos": {"x": 12, "y": 0, "w": 12, "h": 8}},
    ], "templating": {"list": [
        {"name": "q", "type": "query", "query": "label_values(a{, b)"},
        {"name": "q", "type": "custom"},
    ]}});
    expect![[r#"
        Error templating.list[0].query: 1:3: parse error: unexpected end of input inside braces
        Error templating.list[1]: a second variable "q"
        Error panels[0].title: there is no variable $nobody
        Error panels[0].repeat: there is no variable $gone
        Error panels[0].targets[0].expr: 1:10: parse error: unexpected ")" in subquery or range, expected ":" or "]"
        Error panels[0].targets[1].expr: there is no variable $lost
        Warning panels[0].fieldConfig.defaults.unit: unit "byte" is written behind the number
        Warning panels[2]: the panel asks nothing
        Warning panels[1].gridPos: the panel covers panels[0]
    "#]]
    .assert_eq(&lines(bad.clone(), None));
    let unknown = lines(bad, Some(&["up"]));
    assert!(unknown.contains("panels[1].targets[0].expr: no metric is called \"b\""), "{unknown}");
}

#[test]
fn variables_may_be_names_numbers_durations_and_whole_selectors() {
    let good = json!({"title": "$a", "schemaVersion": 41, "panels": [
        {"type": "timeseries", "targets": [
            {"expr": "rate(x{job=~\"$a\", b=\"[[b]]\"}[$__rate_interval]) > ${b}"},
            {"expr": "topk($n, sum by ($a) (rate(x[$w])))"},
            {"expr": "histogram_quantile(${b:raw}, x offset $w)"},
            {"expr": "sum_over_time(x[$__range]) / $__range_s"}]},
    ], "templating": {"list": [
        {"name": "a", "type": "query", "query": "label_values(up, job)"},
        {"name": "b", "type": "custom", "query": "0.5,0.9"},
        {"name": "n", "type": "textbox", "current": {"text": "5", "value": "5"}},
        {"name": "w", "type": "interval", "query": "1m,5m"},
    ]}});
    assert_eq!(lines(good, Some(&["x", "up"])), "");
}
