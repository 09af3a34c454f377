//! The table of docs/compat.md: what imports of the smallest dashboards report.

use dashboards::{Finding, FindingKind, PANEL_TYPES, TRANSFORMATIONS, import_value};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/compat.md");
const BEGIN: &str = "<!-- dashboards: written by `UPDATE_EXPECT=1 cargo test -p dashboards` -->\n";
const END: &str = "<!-- end of dashboards -->";

/// Panel types beside those that are drawn: of Grafana 4 to 13, and of plug-ins that public
/// dashboards use.
const OTHER_PANELS: [&str; 19] = [
    "graph",
    "singlestat",
    "table-old",
    "grafana-piechart-panel",
    "geomap",
    "nodeGraph",
    "candlestick",
    "canvas",
    "trend",
    "xychart",
    "news",
    "annolist",
    "traces",
    "flamegraph",
    "datagrid",
    "grafana-polystat-panel",
    "grafana-worldmap-panel",
    "natel-discrete-panel",
    "jdbranham-diagram-panel",
];

/// Kinds of variables.
const VARIABLES: [&str; 11] = [
    "query",
    "custom",
    "constant",
    "interval",
    "textbox",
    "datasource",
    "adhoc",
    "groupby",
    "snapshot",
    "switch",
    "system",
];

/// Transformations of Grafana 12 beside those that are carried out.
const OTHER_TRANSFORMATIONS: [&str; 8] = [
    "seriesToColumns",
    "fieldLookup",
    "lookup",
    "smoothing",
    "spatial",
    "groupToNestedTable",
    "convertFrameType",
    "ensureColumns",
];

fn report(dashboard: Value) -> Result<Vec<Finding>, String> {
    import_value(dashboard).map(|imported| imported.report).map_err(|error| error.to_string())
}

/// What becomes of each name, by what the report says.
fn sort(names: &[&str], dashboard: impl Fn(&str) -> Value) -> [String; 3] {
    let mut found: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for name in names {
        let findings = report(dashboard(name)).unwrap();
        let has = |kind| findings.iter().find(|finding| finding.kind == kind);
        let bad = has(FindingKind::Unsupported).or_else(|| has(FindingKind::Dropped));
        let (column, entry) = match (bad, has(FindingKind::Changed)) {
            (Some(_), _) => (2, format!("`{name}`")),
            (None, Some(change)) => {
                let became = change.message.split(" became ").nth(1);
                (1, became.map_or(format!("`{name}`"), |new| format!("`{name}` ({new})")))
            }
            (None, None) => (0, format!("`{name}`")),
        };
        found.entry(column).or_default().push(entry);
    }
    [0, 1, 2].map(|column| found.remove(&column).unwrap_or_default().join(", "))
}

fn panel(kind: &str) -> Value {
    let grid = json!({"x": 0, "y": 0, "w": 12, "h": 8});
    json!({"id": 1, "type": kind, "title": "P", "gridPos": grid,
        "targets": [{"refId": "A", "expr": "up"}]})
}

fn with_panel(panel: &Value) -> Value {
    json!({"title": "T", "schemaVersion": 39, "panels": [panel]})
}

fn versions() -> [String; 3] {
    let works = |version: &u32| {
        let rows = json!([{"title": "R", "panels": [{"id": 1, "type": "text", "span": 12}]}]);
        let panels = json!([panel("timeseries")]);
        let is_old = *version < 16;
        let mut dashboard = json!({"title": "T", "schemaVersion": version});
        dashboard[if is_old { "rows" } else { "panels" }] = if is_old { rows } else { panels };
        report(dashboard).is_ok()
    };
    let read: Vec<u32> = (1..=42).filter(works).collect();
    let range = |from: u32, to: u32| -> String {
        let all: Vec<u32> = read.iter().copied().filter(|v| (from..=to).contains(v)).collect();
        match (all.first(), all.last()) {
            (Some(a), Some(b)) if u32::try_from(all.len()) == Ok(b - a + 1) => {
                format!("{a} to {b}")
            }
            _ => format!("{all:?}"),
        }
    };
    [range(14, 42), format!("{} (read as 14)", range(1, 13)), String::new()]
}

const HEAD: &str = "\
| | as meant | in another form | not as meant: panels show their data as a table, variables keep their value |
|---|---|---|---|
";

fn table() -> String {
    let variable = |kind: &str| {
        let list = json!([{"name": "v", "type": kind, "query": "label_values(up, job)"}]);
        json!({"title": "T", "schemaVersion": 39, "panels": [], "templating": {"list": list}})
    };
    let transformation = |id: &str| {
        let mut panel = panel("table");
        panel["transformations"] = json!([{"id": id, "options": {}}]);
        with_panel(&panel)
    };
    let rows = [
        ("schema versions", versions()),
        (
            "panel types",
            sort(&[&PANEL_TYPES[..], &OTHER_PANELS].concat(), |kind| with_panel(&panel(kind))),
        ),
        ("kinds of variables", sort(&VARIABLES, variable)),
        (
            "transformations",
            sort(&[&TRANSFORMATIONS[..], &OTHER_TRANSFORMATIONS].concat(), transformation),
        ),
    ];
    let mut out = HEAD.to_owned();
    for (what, [good, changed, bad]) in rows {
        writeln!(out, "| {what} | {good} | {changed} | {bad} |").unwrap();
    }
    out
}

#[test]
fn the_page_says_what_imports_report() {
    let page = fs::read_to_string(PAGE).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let expected = format!("{before}{BEGIN}{}{END}{after}", table());
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(PAGE, expected).unwrap();
    } else {
        assert!(page == expected, "docs/compat.md is behind the imports; set UPDATE_EXPECT=1");
    }
}
