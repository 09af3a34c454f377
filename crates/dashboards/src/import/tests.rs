//! One dashboard per feature: what it becomes, and what the report says.

use super::*;
use expect_test::{Expect, expect, expect_file};
use serde_json::json;

fn read(value: Value) -> Imported {
    let imported = import_value(value).unwrap();
    let again = import_value(imported.dashboard.clone().into_json()).unwrap();
    assert_eq!(again.dashboard, imported.dashboard, "what is migrated stays");
    imported
}

fn lines(imported: &Imported) -> String {
    let line =
        |found: &Finding| format!("{}: {}: {}\n", found.path, found.kind.word(), found.message);
    imported.report.iter().map(line).collect::<Vec<_>>().concat()
}

fn check_report(value: Value, expect: &Expect) {
    expect.assert_eq(&lines(&read(value)));
}

/// The only panel of a dashboard with this one.
fn panel(version: i64, panel: Value) -> (Value, String) {
    let panels = vec![panel];
    let imported = read(json!({"title": "t", "schemaVersion": version, "panels": panels}));
    let panels = imported.dashboard.json()["panels"].as_array().unwrap().clone();
    assert_eq!(panels.len(), 1);
    (panels[0].clone(), lines(&imported))
}

#[test]
fn what_is_no_dashboard_is_refused_with_the_reason() {
    let refused = |text: &str| import(text.as_bytes()).unwrap_err().to_string();
    assert_eq!(refused("[]"), "a dashboard is a JSON object");
    assert!(refused("{").starts_with("the dashboard is no JSON: EOF"));
    assert!(refused("{}").starts_with("the JSON is no dashboard"));
    assert!(refused(r#"{"apiVersion": "v1", "kind": "Pod"}"#).contains("\"v1\""));
    let many = json!({"panels": vec![json!({}); PANELS_MAX + 1]});
    assert_eq!(import_value(many).unwrap_err().to_string(), "1001 panels, at most 1000 are read");
    let deep = "[".repeat(200) + &"]".repeat(200);
    assert!(refused(&format!("{{\"panels\": {deep}}}")).contains("recursion limit"));
    assert!(refused(&" ".repeat(INPUT_BYTES_MAX + 1)).contains("at most"));
}

#[test]
fn rows_of_version_14_become_places_on_the_grid() {
    let graph = |title: &str, span: i64| json!({"type": "graph", "title": title, "span": span});
    let imported = read(json!({"title": "t", "schemaVersion": 14, "rows": [
        {"height": "250px", "showTitle": true, "title": "one", "panels":
            [graph("a", 6), graph("b", 6), graph("c", 12)]},
        {"height": 380, "title": "two", "collapse": true, "panels": [graph("d", 4)]},
        {"title": "three", "panels": [graph("e", 3)]},
    ]}));
    let places: Vec<String> = imported
        .dashboard
        .panels()
        .iter()
        .map(|(path, panel)| {
            let at = |key: &str| panel["gridPos"][key].as_i64().unwrap();
            let title = panel["title"].as_str().unwrap();
            format!("{path} {title} {} {} {}x{}", at("x"), at("y"), at("w"), at("h"))
        })
        .collect();
    expect![[r"
        panels[0] one 0 0 24x1
        panels[1] a 0 1 12x7
        panels[2] b 12 1 12x7
        panels[3] c 0 8 24x7
        panels[4] two 0 15 24x1
        panels[4].panels[0] d 0 16 8x10
        panels[5] three 0 16 24x1
        panels[6] e 0 17 6x7"]]
    .assert_eq(&places.join("\n"));
    let ids: Vec<i64> = imported
        .dashboard
        .panels()
        .iter()
        .map(|(_, panel)| panel["id"].as_i64().unwrap())
        .collect();
    assert_eq!(ids, [1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn a_graph_becomes_a_time_series() {
    let (panel, report) = panel(
        14,
        json!({
            "type": "graph", "title": "cpu", "fill": 2, "linewidth": 3, "stack": true,
            "nullPointMode": "connected", "steppedLine": true, "percentage": false,
            "lines": true, "datasource": "Prometheus",
            "yaxes": [
                {"format": "percent", "max": "100", "min": 0, "logBase": 1, "show": true, "label": "u"},
                {"format": "bytes", "show": true, "logBase": 10},
            ],
            "legend": {"show": true, "alignAsTable": true, "values": true, "avg": true,
                "current": true, "rightSide": true, "hideZero": true},
            "tooltip": {"shared": true, "sort": 2},
            "aliasColors": {"idle": "#00ff00"},
            "seriesOverrides": [
                {"alias": "/^mem/", "yaxis": 2, "fill": 0, "zindex": -1},
                {"alias": "out", "transform": "negative-Y", "stack": false},
            ],
            "thresholds": [{"value": 80, "op": "gt", "colorMode": "critical", "fill": true, "line": true}],
            "targets": [{"expr": "a"}, {"expr": "b", "refId": "A"}, {"expr": "c", "refId": "A"}],
        }),
    );
    expect_file!["graph.json"].assert_eq(&(serde_json::to_string_pretty(&panel).unwrap() + "\n"));
    expect![[r#"
        panels[0].seriesOverrides[0].zindex: dropped: "zindex" of a series
        panels[0].legend.hideZero: dropped: series without values stay in the legend
        panels[0].type: changed: graph became timeseries
    "#]]
    .assert_eq(&report);
}

#[test]
fn a_gallery_export_asks_nothing() {
    let imported = read(json!({
        "__inputs": [
            {"name": "DS_PROM", "type": "datasource", "pluginId": "prometheus"},
            {"name": "DS_LOGS", "type": "datasource", "pluginId": "loki"},
            {"name": "VAR_JOB", "type": "constant", "value": "node"},
        ],
        "__requires": [{"type": "panel", "id": "graph"}],
        "__elements": {"lib1": {"model": {"type": "stat", "targets": [{"expr": "up"}]}}},
        "title": "t", "schemaVersion": 39,
        "panels": [
            {"type": "stat", "title": "a", "datasource": "${DS_PROM}",
                "targets": [{"expr": "up{job=\"${VAR_JOB}\"}"}]},
            {"type": "logs", "title": "b", "datasource": {"type": "loki", "uid": "${DS_LOGS}"}},
            {"title": "mine", "id": 7, "libraryPanel": {"uid": "lib1", "name": "x"}},
            {"title": "lost", "libraryPanel": {"uid": "lib2", "name": "x"}},
        ],
    }));
    let panels = imported.dashboard.json()["panels"].as_array().unwrap();
    assert_eq!(panels[0]["datasource"], json!({"type": "prometheus"}));
    assert_eq!(panels[0]["targets"][0]["expr"], "up{job=\"node\"}");
    assert_eq!((&panels[2]["type"], &panels[2]["title"]), (&json!("stat"), &json!("mine")));
    expect![[r#"
        __inputs[0]: changed: "DS_PROM" is this server
        __inputs[2]: changed: "VAR_JOB" has the value of the export
        panels[1].datasource: unsupported: the panel asks a data source of kind "loki", not PromQL
        panels[3]: unsupported: a library panel whose content is not in the file
    "#]]
    .assert_eq(&lines(&imported));
}

#[test]
fn inputs_that_would_fill_the_memory_are_refused() {
    let long = "x".repeat(4000);
    let many = "${VAR_A}".repeat(10_000);
    let error = import_value(json!({
        "__inputs": [{"name": "VAR_A", "type": "constant", "value": long}],
        "title": many, "panels": [],
    }));
    assert!(error.unwrap_err().to_string().contains("make more than"));
}

#[test]
fn what_nothing_here_can_show_is_named_and_kept() {
    check_report(
        json!({"title": "t", "schemaVersion": 99, "panels": [
            {"type": "geomap", "title": "map", "targets": [{"expr": "up"}],
                "transformations": [{"id": "organize"}, {"id": "magic"}, {"id": "x", "disabled": true}]},
            {"type": "table", "title": "sql", "datasource": "PostgreSQL"},
            7,
        ], "templating": {"list": [{"name": "a", "type": "system"}, {"type": "query"}]}}),
        &expect![[r#"
            schemaVersion: changed: version 99 is unknown, read as 42
            panels[1].datasource: unsupported: the panel asks a data source of kind "postgres", not PromQL
            panels[2]: dropped: it is no object
            templating.list[0].type: unsupported: variables of kind "system" keep their current value
            templating.list[1]: dropped: a variable without name
            panels[0].type: unsupported: panel "map" of type "geomap" shows its data as a table
            panels[0].transformations[1]: unsupported: the transformation "magic" is not carried out
        "#]],
    );
}

#[test]
fn panels_that_are_no_list_are_named() {
    check_report(
        json!({"title": "t", "panels": 3, "rows": [{"panels": {"0": {}}}, {"panels": null}]}),
        &expect![[r"
            rows[0].panels: dropped: it is no list of panels
            panels: dropped: it is no list of panels
        "]],
    );
}

#[test]
fn a_singlestat_becomes_a_stat_or_a_gauge() {
    let (stat, report) = panel(
        16,
        json!({
            "type": "singlestat", "title": "s", "format": "none", "postfix": " req", "prefix": "",
            "valueName": "current", "thresholds": "50,80", "colors": ["green", "orange", "red"],
            "colorBackground": true, "sparkline": {"show": true}, "nullText": "n/a",
            "valueMaps": [{"op": "=", "text": "down", "value": "0"}, {"op": "=", "text": "N/A", "value": "null"}],
        }),
    );
    assert_eq!(stat["type"], "stat");
    assert_eq!(
        stat["options"],
        json!({"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": false},
            "orientation": "horizontal", "colorMode": "background", "graphMode": "area",
            "justifyMode": "auto", "textMode": "auto"})
    );
    assert_eq!(
        stat["fieldConfig"]["defaults"],
        json!({"unit": "suffix:req",
            "thresholds": {"mode": "absolute", "steps": [
                {"color": "green", "value": null}, {"color": "orange", "value": 50},
                {"color": "red", "value": 80}]},
            "mappings": [
                {"type": "value", "options": {"0": {"text": "down"}}},
                {"type": "special", "options": {"match": "null", "result": {"text": "N/A"}}},
                {"type": "special", "options": {"match": "null", "result": {"text": "n/a"}}}]})
    );
    assert_eq!(report, "panels[0].type: changed: singlestat became stat\n");
    let (gauge, _) = panel(
        16,
        json!({"type": "singlestat", "format": "percent",
        "gauge": {"show": true, "minValue": 0, "maxValue": 50, "thresholdMarkers": true},
        "mappingType": 2, "rangeMaps": [{"from": "0", "to": "5", "text": "low"}]}),
    );
    assert_eq!(gauge["type"], "gauge");
    assert_eq!(gauge["fieldConfig"]["defaults"]["max"], 50);
    assert_eq!(gauge["fieldConfig"]["defaults"]["mappings"][0]["options"]["to"], 5);
}

#[test]
fn field_options_of_version_18_to_24_become_field_configuration() {
    let (bar, _) = panel(
        20,
        json!({"type": "bargauge", "options": {"orientation": "horizontal",
        "fieldOptions": {"calcs": ["last_not_null"], "values": false,
            "defaults": {"unit": "s", "title": "$__series_name", "mappings": [
                {"id": 1, "type": 1, "value": "1", "text": "up"},
                {"id": 2, "type": 2, "from": "2", "to": "3", "text": "more"}],
                "thresholds": {"mode": "absolute", "steps": [{"index": 0, "color": "red", "value": 5},
                    {"color": "green", "value": "9"}]}},
            "overrides": []}}}),
    );
    assert_eq!(bar["options"]["reduceOptions"]["calcs"], json!(["lastNotNull"]));
    assert_eq!(
        bar["fieldConfig"]["defaults"],
        json!({"unit": "s", "displayName": "${__series.name}",
            "mappings": [{"type": "value", "options": {"1": {"text": "up"}}},
                {"type": "range", "options": {"from": 2, "to": 3, "result": {"text": "more"}}}],
            "thresholds": {"mode": "absolute", "steps": [{"color": "red", "value": null},
                {"color": "green", "value": 9}]}})
    );
    let (gauge, _) = panel(
        17,
        json!({"type": "gauge", "options-gauge": {
        "valueOptions": {"unit": "percent", "stat": "avg", "decimals": 1},
        "thresholds": [{"value": null, "color": "green"}, {"value": 80, "color": "red"}],
        "minValue": 0, "maxValue": 100}}),
    );
    assert_eq!(gauge["options"]["reduceOptions"]["calcs"], json!(["mean"]));
    assert_eq!(gauge["fieldConfig"]["defaults"]["thresholds"]["steps"][1]["value"], 80);
}

#[test]
fn a_table_of_styles_becomes_one_of_overrides() {
    let (table, report) = panel(
        14,
        json!({"type": "table", "title": "t",
        "transform": "timeseries_aggregations", "columns": [{"text": "Avg", "value": "avg"}],
        "styles": [
            {"pattern": "Time", "type": "hidden"},
            {"pattern": "/.*/", "type": "number", "unit": "short", "decimals": 2},
            {"pattern": "Value #A", "alias": "CPU", "type": "number", "unit": "percent",
                "colorMode": "cell", "colors": ["g", "o", "r"], "thresholds": ["50", "80"],
                "link": true, "linkUrl": "/d/x?v=$__cell_1&w=$__cell", "linkTooltip": "go"},
            {"pattern": "/age/", "type": "date", "dateFormat": "YYYY"},
        ]}),
    );
    assert_eq!(
        table["transformations"],
        json!([
            {"id": "reduce", "options": {"reducers": ["mean"], "includeTimeField": false}},
            {"id": "organize", "options": {"renameByName": {"Field": "Metric", "Mean": "Avg"}}},
        ])
    );
    assert_eq!(table["fieldConfig"]["defaults"], json!({"unit": "short", "decimals": 2}));
    let overrides = &table["fieldConfig"]["overrides"];
    assert_eq!(overrides[0]["properties"], json!([{"id": "custom.hidden", "value": true}]));
    assert_eq!(
        overrides[1]["properties"][3]["value"]["steps"][2],
        json!({"color": "r", "value": 80})
    );
    assert_eq!(
        overrides[1]["properties"][4]["value"][0]["url"],
        "/d/x?v=${__data.fields[1]}&w=${__value.text}"
    );
    assert_eq!(overrides[2]["matcher"], json!({"id": "byRegexp", "options": "/age/"}));
    assert_eq!(overrides[2]["properties"][0]["value"], "time: YYYY");
    assert_eq!(report, "");
}

#[test]
fn a_table_that_hides_the_rest_shows_what_it_names() {
    let (table, _) = panel(
        14,
        json!({"type": "table", "title": "t", "styles": [
            {"pattern": "Value", "type": "number", "unit": "s"},
            {"pattern": "job", "type": "hidden"},
            {"pattern": "/.*/", "type": "hidden"},
        ]}),
    );
    let config = &table["fieldConfig"];
    assert_eq!(config["defaults"]["custom"], json!({"hidden": true}));
    let hidden = |at: usize| config["overrides"][at]["properties"].as_array().unwrap().last();
    assert_eq!(hidden(0), Some(&json!({"id": "custom.hidden", "value": false})));
    assert_eq!(hidden(1), Some(&json!({"id": "custom.hidden", "value": true})));
}

#[test]
fn other_panels_of_angular_are_migrated() {
    let (pie, _) = panel(
        22,
        json!({"type": "grafana-piechart-panel", "pieType": "donut",
        "format": "bytes", "valueName": "current", "legendType": "Right side",
        "legend": {"show": true, "percentage": true}, "aliasColors": {"a": "red"}}),
    );
    assert_eq!((&pie["type"], &pie["options"]["pieType"]), (&json!("piechart"), &json!("donut")));
    assert_eq!(pie["options"]["legend"]["values"], json!(["percent"]));
    let (heat, _) = panel(
        18,
        json!({"type": "heatmap", "dataFormat": "tsbuckets",
        "yAxis": {"format": "s", "show": true, "decimals": 1}, "hideZeroBuckets": true,
        "color": {"mode": "spectrum", "colorScheme": "interpolateSpectral"}, "yBucketBound": "upper"}),
    );
    assert_eq!(heat["options"]["calculate"], false);
    assert_eq!(heat["options"]["color"]["scheme"], "Spectral");
    assert_eq!(heat["options"]["yAxis"]["unit"], "s");
    assert_eq!(heat["options"]["rowsFrame"]["layout"], "le");
    let (text, _) = panel(14, json!({"type": "text", "mode": "markdown", "content": "# hi"}));
    assert_eq!(text["options"], json!({"mode": "markdown", "content": "# hi"}));
    let (list, _) =
        panel(14, json!({"type": "dashlist", "starred": true, "limit": 5, "tags": ["a"]}));
    assert_eq!(list["options"], json!({"showStarred": true, "maxItems": 5, "tags": ["a"]}));
    let (alerts, _) =
        panel(16, json!({"type": "alertlist", "stateFilter": ["alerting"], "limit": 3}));
    assert_eq!(alerts["options"]["stateFilter"]["firing"], true);
    assert_eq!(alerts["options"]["maxItems"], 3);
    let (bars, _) = panel(
        16,
        json!({"type": "graph", "xaxis": {"mode": "series"}, "legend": {"values": true}}),
    );
    assert_eq!(bars["type"], "bargauge");
    assert_eq!(bars["options"]["reduceOptions"]["calcs"], json!(["sum"]));
    let (chart, _) =
        panel(16, json!({"type": "graph", "xaxis": {"mode": "series", "values": ["avg"]}}));
    assert_eq!(chart["type"], "barchart");
    let reduce = json!([{"id": "reduce", "options": {"reducers": ["mean"]}}]);
    assert_eq!(chart["transformations"], reduce);
}

#[test]
fn null_says_the_same_as_nothing_but_in_lists() {
    let (panel, _) = panel(
        39,
        json!({"type": "stat", "description": null, "repeat": null, "options": null,
            "targets": [{"refId": "A", "expr": "up", "legendFormat": null}],
            "fieldConfig": {"defaults": {"unit": null,
                "thresholds": {"steps": [{"color": "green", "value": null}]}}}}),
    );
    let members: Vec<&String> = panel.as_object().unwrap().keys().collect();
    assert!(
        !members.iter().any(|key| ["description", "repeat", "options"].contains(&key.as_str()))
    );
    assert_eq!(panel["targets"][0], json!({"refId": "A", "expr": "up"}));
    let defaults = &panel["fieldConfig"]["defaults"];
    assert!(defaults.get("unit").is_none());
    assert_eq!(defaults["thresholds"]["steps"][0], json!({"color": "green", "value": null}));
}

#[test]
fn variables_written_by_forms_and_in_json_ask_the_same() {
    let form = |query: Value| {
        let list = json!([{"name": "v", "type": "query", "query": query}]);
        let dashboard = json!({"title": "t", "schemaVersion": 41, "panels": [],
            "templating": {"list": list}});
        read(dashboard).dashboard.json()["templating"]["list"][0].clone()
    };
    let asked = |query: Value| form(query)["query"]["query"].clone();
    assert_eq!(asked(json!({"qryType": 4, "seriesQuery": "up"})), "up");
    let values = json!({"qryType": 1, "metric": "up", "label": "job"});
    assert_eq!(asked(values), "label_values(up, job)");
    assert_eq!(asked(json!({"qryType": 1, "label": "job"})), "label_values(job)");
    assert_eq!(asked(json!({"qryType": 2, "metricRegex": "a.*"})), "metrics(a.*)");
    let imported = read(json!({"title": "t", "schemaVersion": 42, "panels": [],
        "templating": {"list": [{"name": "v", "type": "custom", "valuesFormat": "json",
            "query": "[{\"text\": \"One, two\", \"value\": \"1\"}, \"three\"]"}]}}));
    let variable = &imported.dashboard.json()["templating"]["list"][0];
    assert_eq!(variable["query"], "One\\, two : 1, three");
}

#[test]
fn variables_and_annotations_have_their_present_form() {
    let imported = read(json!({"title": "t", "schemaVersion": 14, "sharedCrosshair": true,
    "refresh": false, "panels": [], "templating": {"list": [
        {"name": "q", "type": "query", "query": "label_values(up, job)", "refresh": true,
            "datasource": "Prometheus", "hideLabel": true, "multi": true, "tags": [],
            "current": {"text": "All", "value": "$__all"}},
        {"name": "c", "type": "constant", "query": "x"},
        {"name": "ds", "type": "datasource", "query": "prometheus", "hide": 2},
    ]}, "annotations": {"list": [
        {"name": "deploys", "type": "tags", "tags": ["deploy"], "datasource": "-- Grafana --"},
        {"name": "restarts", "expr": "changes(up[1m]) > 0", "datasource": "$ds"},
    ]}}));
    let json = imported.dashboard.json();
    assert_eq!((&json["graphTooltip"], &json["refresh"]), (&json!(1), &json!("")));
    let list = &json["templating"]["list"];
    assert_eq!((&list[0]["refresh"], &list[0]["hide"]), (&json!(1), &json!(1)));
    assert_eq!(list[0]["current"], json!({"text": ["All"], "value": ["$__all"]}));
    assert_eq!((&list[1]["type"], &list[1]["current"]["value"]), (&json!("textbox"), &json!("x")));
    assert_eq!(list[2]["hide"], 2);
    let annotations = &json["annotations"]["list"];
    assert_eq!(annotations[0]["builtIn"], 1);
    assert_eq!(annotations[1]["target"]["tags"], json!(["deploy"]));
    assert_eq!(annotations[2]["datasource"], json!({"type": "prometheus", "uid": "$ds"}));
    assert_eq!(
        lines(&imported),
        "templating.list[1].type: changed: a visible constant became a text box\n"
    );
}

#[test]
fn links_repeats_and_transformations_have_their_present_form() {
    let (panel, _) = panel(
        17,
        json!({"type": "timeseries", "repeat": "host", "minSpan": 4,
        "links": [{"type": "dashboard", "dashboard": "My Board", "title": "more", "keepTime": true,
            "includeVars": true, "params": "a=b"}],
        "transformations": [{"id": "seriesToColumns", "options": {"byField": "Time"}}],
        "fieldConfig": {"defaults": {"custom": {"hideFrom": {"graph": true}}}, "overrides": [
            {"matcher": {"id": "byName", "options": "x"}, "properties": [
                {"id": "custom.displayMode", "value": "lcd-gauge"}]}]},
        "options": {"legend": {"displayMode": "hidden"}, "tooltipOptions": {"mode": "multi"}}}),
    );
    assert_eq!(
        panel["links"][0]["url"],
        "dashboard/db/my-board?$__url_time_range&$__all_variables&a=b"
    );
    assert_eq!(panel["maxPerRow"], 6);
    assert_eq!(panel["transformations"][0]["id"], "joinByField");
    assert_eq!(panel["transformations"][0]["options"]["mode"], "outer");
    assert_eq!(panel["options"]["legend"], json!({"displayMode": "list", "showLegend": false}));
    assert_eq!(panel["options"]["tooltip"]["mode"], "multi");
    assert_eq!(panel["fieldConfig"]["defaults"]["custom"]["hideFrom"], json!({"viz": true}));
    assert_eq!(
        panel["fieldConfig"]["overrides"][0]["properties"][0],
        json!({"id": "custom.cellOptions", "value": {"type": "gauge", "mode": "lcd"}})
    );
}

#[test]
fn envelopes_are_opened() {
    let inner = json!({"title": "t", "uid": "u1", "schemaVersion": 41, "panels": []});
    let answer = read(json!({"meta": {"slug": "t"}, "dashboard": inner}));
    assert_eq!(answer.dashboard.uid(), Some("u1"));
    let resource = read(json!({"apiVersion": "dashboard.grafana.app/v1beta1", "kind": "Dashboard",
        "metadata": {"name": "u2"}, "spec": {"title": "t", "panels": [{"type": "geomap"}]}}));
    assert_eq!(resource.dashboard.uid(), Some("u2"));
    assert!(lines(&resource).starts_with("spec.panels[0].type: unsupported"));
}

/// A V2 element with a query in the notation of `v2beta1`.
fn element(id: i64, kind: &str, expr: &str) -> Value {
    json!({"kind": "Panel", "spec": {"id": id, "title": format!("p{id}"), "data": {
        "kind": "QueryGroup", "spec": {"queries": [{"kind": "PanelQuery", "spec": {
            "refId": "A", "hidden": false, "query": {"kind": "DataQuery", "version": "v0",
                "group": "prometheus", "datasource": {"name": "prom"}, "spec": {"expr": expr}}}}],
            "transformations": [{"kind": "Transformation", "group": "organize", "spec": {"options": {}}}],
            "queryOptions": {"interval": "1m"}}},
        "vizConfig": {"kind": "VizConfig", "group": kind, "version": "12", "spec": {
            "options": {"legend": {"showLegend": true}}, "fieldConfig": {"defaults": {"unit": "s"},
            "overrides": []}}}}})
}

fn item(name: &str) -> Value {
    json!({"kind": "AutoGridLayoutItem", "spec": {"element": {"kind": "ElementReference", "name": name}}})
}

#[test]
fn rows_of_a_later_tab_stay_rows_with_their_repeats() {
    let auto = |name: &str| json!({"kind": "AutoGridLayout", "spec": {"items": [item(name)]}});
    let row = |title: &str, name: &str| {
        json!({"kind": "RowsLayoutRow", "spec": {"title": title, "layout": auto(name),
            "repeat": {"mode": "variable", "value": "v"}}})
    };
    let rows = json!({"kind": "RowsLayout", "spec": {"rows": [row("R $v", "b"), row("S", "c")]}});
    let tab = |title: &str, layout: &Value| json!({"kind": "TabsLayoutTab", "spec": {"title": title, "layout": layout}});
    let imported = read(json!({"apiVersion": "dashboard.grafana.app/v2beta1", "kind": "Dashboard",
        "metadata": {"name": "tabs"}, "spec": {"title": "Tabs",
        "elements": {"a": element(1, "stat", "a"), "b": element(2, "stat", "b"),
            "c": element(3, "stat", "c")},
        "layout": {"kind": "TabsLayout", "spec": {"tabs": [tab("one", &auto("a")), tab("two", &rows)]}},
        "variables": [{"kind": "SwitchVariable", "spec": {"name": "s", "current": "on",
            "enabledValue": "on", "disabledValue": "off"}}],
    }}));
    let places: Vec<String> = imported
        .dashboard
        .panels()
        .iter()
        .map(|(path, panel)| {
            let repeat = panel.get("repeat").unwrap_or(&Value::Null);
            format!("{path} {} {} {repeat}", panel["type"], panel["title"])
        })
        .collect();
    expect![[r#"
        panels[0] "row" "one" null
        panels[1] "stat" "p1" null
        panels[2] "row" "two: R $v" "v"
        panels[2].panels[0] "stat" "p2" null
        panels[3] "row" "two: S" "v"
        panels[3].panels[0] "stat" "p3" null"#]]
    .assert_eq(&places.join("\n"));
    let switch = &imported.dashboard.json()["templating"]["list"][0];
    assert_eq!((&switch["type"], &switch["current"]["value"]), (&json!("switch"), &json!("on")));
    assert_eq!(switch["options"][1], json!({"text": "off", "value": "off"}));
}

#[test]
fn a_resource_of_the_second_model_becomes_classic() {
    let grid = json!({"kind": "GridLayout", "spec": {"items": [{"kind": "GridLayoutItem", "spec": {
        "x": 6, "y": 2, "width": 12, "height": 5, "repeat": {"mode": "variable", "value": "v",
            "direction": "h", "maxPerRow": 3},
        "element": {"kind": "ElementReference", "name": "a"}}}]}});
    let auto = json!({"kind": "AutoGridLayout", "spec": {"maxColumnCount": 2, "rowHeightMode": "short",
        "items": [item("b"), item("c"), item("nobody"), item("b")]}});
    let tab = |title: &str, layout: &Value| json!({"kind": "TabsLayoutTab", "spec": {"title": title, "layout": layout}});
    let imported = read(json!({"apiVersion": "dashboard.grafana.app/v2beta1", "kind": "Dashboard",
        "metadata": {"name": "second"}, "spec": {"title": "Second", "cursorSync": "Crosshair",
        "timeSettings": {"from": "now-3h", "to": "now", "autoRefresh": "10s", "timezone": "utc"},
        "elements": {"a": element(1, "timeseries", "up"), "b": element(2, "stat", "b"),
            "c": element(3, "geomap", "c"), "d": element(4, "stat", "d")},
        "layout": {"kind": "TabsLayout", "spec": {"tabs": [tab("one", &grid), tab("two", &auto)]}},
        "variables": [
            {"kind": "QueryVariable", "spec": {"name": "v", "hide": "hideLabel", "multi": true,
                "refresh": "onTimeRangeChanged", "sort": "numericalAsc",
                "query": {"kind": "DataQuery", "group": "prometheus", "spec":
                    {"__legacyStringValue": "label_values(up, job)"}}}},
            {"kind": "DatasourceVariable", "spec": {"name": "ds", "pluginId": "prometheus"}},
            {"kind": "MysteryVariable", "spec": {"name": "x"}}],
        "annotations": [{"kind": "AnnotationQuery", "spec": {"name": "restarts", "enable": true,
            "query": {"kind": "DataQuery", "group": "prometheus", "spec": {"expr": "changes(x[5m])"}}}}],
    }}));
    let json = imported.dashboard.json();
    let places: Vec<String> = imported
        .dashboard
        .panels()
        .iter()
        .map(|(path, panel)| {
            format!("{path} {} {} {}", panel["type"], panel["title"], panel["gridPos"])
        })
        .collect();
    expect![[r#"
        panels[0] "row" "one" {"h":1,"w":24,"x":0,"y":0}
        panels[1] "timeseries" "p1" {"h":5,"w":12,"x":6,"y":3}
        panels[2] "row" "two" {"h":1,"w":24,"x":0,"y":8}
        panels[2].panels[0] "stat" "p2" {"h":5,"w":12,"x":0,"y":9}
        panels[2].panels[1] "geomap" "p3" {"h":5,"w":12,"x":12,"y":9}"#]]
    .assert_eq(&places.join("\n"));
    let first = &json["panels"][1];
    assert_eq!((&first["repeat"], &first["maxPerRow"]), (&json!("v"), &json!(3)));
    assert_eq!(
        first["targets"],
        json!([{"refId": "A", "expr": "up", "datasource": {"type": "prometheus", "uid": "prom"}}])
    );
    assert_eq!(first["transformations"][0]["id"], "organize");
    assert_eq!(
        (&first["interval"], &first["fieldConfig"]["defaults"]["unit"]),
        (&json!("1m"), &json!("s"))
    );
    let v = &json["templating"]["list"][0];
    assert_eq!((&v["query"], &v["refresh"]), (&json!("label_values(up, job)"), &json!(2)));
    assert_eq!((&v["hide"], &v["sort"]), (&json!(1), &json!(3)));
    assert_eq!(json["templating"]["list"][1]["query"], "prometheus");
    assert_eq!(json["annotations"]["list"][1]["expr"], "changes(x[5m])");
    assert_eq!((&json["refresh"], &json["graphTooltip"]), (&json!("10s"), &json!(1)));
    expect![[r#"
        spec.layout: changed: tabs became rows, all but the first collapsed
        spec.layout.spec.tabs[1].spec.layout.spec.items[2]: dropped: no element "nobody" is left
        spec.layout.spec.tabs[1].spec.layout.spec.items[3]: dropped: no element "b" is left
        spec.elements.d: dropped: no layout shows it
        spec.variables[2]: dropped: a variable of kind "MysteryVariable"
        spec.panels[2].panels[1].type: unsupported: panel "p3" of type "geomap" shows its data as a table
    "#]].assert_eq(&lines(&imported));
}

#[test]
fn the_first_notation_of_the_second_model_is_read() {
    let panel = json!({"kind": "Panel", "spec": {"id": 1, "title": "p", "data": {"kind": "QueryGroup",
        "spec": {"queries": [{"kind": "PanelQuery", "spec": {"refId": "A", "hidden": true,
            "datasource": {"type": "prometheus", "uid": "p"},
            "query": {"kind": "prometheus", "spec": {"expr": "up"}}}}],
            "transformations": [{"kind": "reduce", "spec": {"id": "reduce", "options": {}}}]}},
        "vizConfig": {"kind": "gauge", "spec": {"options": {}}}}});
    let place = json!({"x": 0, "y": 0, "width": 8, "height": 4,
        "element": {"kind": "ElementReference", "name": "p"}});
    let row = json!({"kind": "GridLayoutRow", "spec": {"y": 0, "title": "r", "collapsed": true,
        "elements": [{"kind": "GridLayoutItem", "spec": place}]}});
    let imported =
        read(json!({"apiVersion": "dashboard.grafana.app/v2alpha1", "metadata": {"name": "f"},
        "spec": {"title": "First", "elements": {"p": panel},
            "layout": {"kind": "GridLayout", "spec": {"items": [row]}}}}));
    let row = &imported.dashboard.json()["panels"][0];
    assert_eq!((&row["type"], &row["collapsed"]), (&json!("row"), &json!(true)));
    let inner = &row["panels"][0];
    assert_eq!((&inner["type"], &inner["targets"][0]["hide"]), (&json!("gauge"), &json!(true)));
    assert_eq!(inner["targets"][0]["datasource"]["uid"], "p");
    assert_eq!(inner["transformations"][0]["id"], "reduce");
    assert_eq!(lines(&imported), "");
}
