//! What is kept but not shown as it is meant: panel types and transformations nobody knows here.
//! Such panels show their data as a table under their name.

use crate::json::{Object, list, shown, text, truthy};
use crate::report::{Report, element, member};

/// Panel types that are drawn as they are meant.
pub const PANEL_TYPES: [&str; 16] = [
    "timeseries",
    "stat",
    "gauge",
    "bargauge",
    "table",
    "text",
    "row",
    "heatmap",
    "piechart",
    "state-timeline",
    "status-history",
    "barchart",
    "histogram",
    "logs",
    "alertlist",
    "dashlist",
];

/// Transformations that are carried out.
pub const TRANSFORMATIONS: [&str; 30] = [
    "organize",
    "merge",
    "joinByField",
    "groupBy",
    "renameByRegex",
    "filterFieldsByName",
    "calculateField",
    "sortBy",
    "reduce",
    "labelsToFields",
    "filterByValue",
    "filterByRefId",
    "limit",
    "seriesToRows",
    "timeSeriesTable",
    "extractFields",
    "convertFieldType",
    "concatenate",
    "partitionByValues",
    "groupingToMatrix",
    "transpose",
    "prepareTimeSeries",
    "rowsToFields",
    "formatTime",
    "formatString",
    "configFromData",
    "heatmap",
    "histogram",
    "joinByLabels",
    "regression",
];

/// Judges the panels of a migrated dashboard. Paths are those after the migration when it moved
/// panels, because there every panel has one place.
pub(crate) fn judge(object: &Object, path: &str, report: &mut Report) {
    for (index, panel) in list(object, "panels").iter().enumerate() {
        let Some(panel) = panel.as_object() else { continue };
        let place = element(path, "panels", index);
        judge_panel(panel, &place, report);
        for (index, inner) in list(panel, "panels").iter().enumerate() {
            if let Some(inner) = inner.as_object() {
                judge_panel(inner, &element(&place, "panels", index), report);
            }
        }
    }
}

fn judge_panel(panel: &Object, path: &str, report: &mut Report) {
    let kind = text(panel, "type").unwrap_or_default();
    if !PANEL_TYPES.contains(&kind) {
        let title = shown(text(panel, "title").unwrap_or_default());
        let message = format!("panel {title} of type {} shows its data as a table", shown(kind));
        report.unsupported(&member(path, "type"), message);
    }
    for (index, step) in list(panel, "transformations").iter().enumerate() {
        let Some(step) = step.as_object().filter(|step| !truthy(step.get("disabled"))) else {
            continue;
        };
        let id = text(step, "id").unwrap_or_default();
        if !TRANSFORMATIONS.contains(&id) {
            let message = format!("the transformation {} is not carried out", shown(id));
            report.unsupported(&element(path, "transformations", index), message);
        }
    }
}
