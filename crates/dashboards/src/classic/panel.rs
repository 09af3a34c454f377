//! What every panel goes through: its type's migration, then targets, links, transformations,
//! field configuration and legend in their present form, and a number of its own.

use super::{fields, graph, heatmap, lists, piechart, single, source, table};
use crate::json::{
    Object, child, default_to, filled, list, list_mut, set, take_list, text, truthy, whole,
};
use crate::report::{Report, element, member};
use serde_json::{Value, json};
use std::collections::HashSet;

/// Brings one panel to the present form; `version` is the schema version of its file.
pub(crate) fn migrate_panel(panel: &mut Object, version: i64, path: &str, report: &mut Report) {
    source::to_reference(panel);
    by_type(panel, version, path, report);
    targets(panel, path, report);
    links(panel);
    transformations(panel, path, report);
    if text(panel, "type") != Some("row") {
        fields::upgrade(panel);
        legend(panel);
    }
    repeat(panel);
    judge(panel, path, report);
    without_nulls(panel);
    let title = text(panel, "title").unwrap_or_default().to_owned();
    set(panel, "title", title);
    for gone in ["$$hashKey", "editable", "error", "pluginVersion", "scopedVars", "repeatPanelId"] {
        panel.remove(gone);
    }
}

/// `null` says the same as nothing in a panel, its targets, its options and field defaults; in
/// lists such as thresholds it is a value.
fn without_nulls(panel: &mut Object) {
    panel.retain(|_, value| !value.is_null());
    let targets = panel.get_mut("targets").and_then(Value::as_array_mut);
    for target in targets.into_iter().flatten().filter_map(Value::as_object_mut) {
        target.retain(|_, value| !value.is_null());
    }
    for (key, inner) in [("options", "legend"), ("fieldConfig", "defaults")] {
        let Some(Value::Object(member)) = panel.get_mut(key) else { continue };
        member.retain(|_, value| !value.is_null());
        if let Some(Value::Object(member)) = member.get_mut(inner) {
            member.retain(|_, value| !value.is_null());
        }
    }
}

fn by_type(panel: &mut Object, version: i64, path: &str, report: &mut Report) {
    let Some(kind) = filled(panel, "type").map(str::to_owned) else {
        if !crate::gallery::is_absent_library_panel(panel) {
            report.changed(&member(path, "type"), "a panel without type is a table");
        }
        set(panel, "type", "table");
        return;
    };
    let is_angular_table = version < 24 || panel.contains_key("styles");
    match kind.as_str() {
        "graph" => graph::migrate(panel, path, report),
        "singlestat" | "grafana-singlestat-panel" => single::migrate(panel, path, report),
        "stat" | "gauge" | "bargauge" => single::upgrade(panel),
        "table-old" => table::migrate(panel, path, report),
        "table" if is_angular_table => table::migrate(panel, path, report),
        "table2" => set(panel, "type", "table"),
        "grafana-piechart-panel" => piechart::migrate(panel, path, report),
        "heatmap" => heatmap::migrate(panel),
        "text" | "text2" => lists::migrate_text(panel),
        "dashlist" => lists::migrate_dashlist(panel),
        "alertlist" => lists::migrate_alertlist(panel),
        "timeseries" | "xychart" => tooltip_options(panel),
        _ => {}
    }
    let now = text(panel, "type").unwrap_or_default();
    if now != kind {
        report.changed(&member(path, "type"), format!("{kind} became {now}"));
    }
}

/// `tooltipOptions` of early time series panels.
fn tooltip_options(panel: &mut Object) {
    let Some(Value::Object(options)) = panel.get_mut("options") else { return };
    if let Some(tooltip) = options.remove("tooltipOptions") {
        default_to(options, "tooltip", tooltip);
    }
}

/// Targets are objects with a letter each; the panel's data source is theirs.
fn targets(panel: &mut Object, path: &str, report: &mut Report) {
    if !panel.contains_key("targets") {
        return;
    }
    let mut used: HashSet<String> = HashSet::new();
    let mut targets = Vec::new();
    for (index, target) in take_list(panel, "targets").into_iter().enumerate() {
        let Value::Object(mut target) = target else {
            report.dropped(&element(path, "targets", index), "it is no object");
            continue;
        };
        source::to_reference(&mut target);
        let letter = filled(&target, "refId").filter(|letter| !used.contains(*letter));
        let letter = letter.map_or_else(|| free_letter(&used), str::to_owned);
        set(&mut target, "refId", letter.as_str());
        used.insert(letter);
        for gone in ["$$hashKey", "metric", "intervalFactor", "step", "dsType", "textEditor"] {
            if gone != "metric" || truthy(target.get("expr")) {
                target.remove(gone);
            }
        }
        targets.push(Value::Object(target));
    }
    set(panel, "targets", targets);
}

/// A to Z, then A1 to Z1 and so on.
fn free_letter(used: &HashSet<String>) -> String {
    let letters = (0_u32..).flat_map(|round| {
        (b'A'..=b'Z').map(move |letter| match round {
            0 => char::from(letter).to_string(),
            round => format!("{}{round}", char::from(letter)),
        })
    });
    let mut free = letters.filter(|letter| !used.contains(letter));
    free.next().expect("there are more letters than targets")
}

/// Links of Grafana before 6.3 name a dashboard or a URL with parameters.
fn links(panel: &mut Object) {
    if !panel.contains_key("links") {
        return;
    }
    let mut links = Vec::new();
    for link in take_list(panel, "links") {
        let Value::Object(mut link) = link else { continue };
        if !link.contains_key("url") || link.contains_key("type") {
            link = present_link(&link);
        }
        links.push(Value::Object(link));
    }
    set(panel, "links", links);
}

fn present_link(link: &Object) -> Object {
    let mut url = match (filled(link, "url"), filled(link, "dashUri")) {
        (Some(url), _) => url.to_owned(),
        (None, Some(uri)) => format!("dashboard/{uri}"),
        (None, None) => {
            let name = text(link, "dashboard").unwrap_or_default();
            format!("dashboard/db/{}", crate::dashboard::uid_of(name))
        }
    };
    let mut parameters = Vec::new();
    if truthy(link.get("keepTime")) {
        parameters.push("$__url_time_range".to_owned());
    }
    if truthy(link.get("includeVars")) {
        parameters.push("$__all_variables".to_owned());
    }
    parameters.extend(filled(link, "params").map(str::to_owned));
    for parameter in parameters {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(&parameter);
    }
    let title = text(link, "title").unwrap_or_default();
    let mut present = Object::new();
    set(&mut present, "title", title);
    set(&mut present, "url", url);
    set(&mut present, "targetBlank", truthy(link.get("targetBlank")));
    present
}

/// Former names, and the step that used to be part of another.
fn transformations(panel: &mut Object, path: &str, report: &mut Report) {
    if !panel.contains_key("transformations") {
        return;
    }
    let mut steps = Vec::new();
    for (index, step) in take_list(panel, "transformations").into_iter().enumerate() {
        let Value::Object(mut step) = step else {
            report.dropped(&element(path, "transformations", index), "it is no object");
            continue;
        };
        if text(&step, "id") == Some("seriesToColumns") {
            set(&mut step, "id", "joinByField");
            let options = child(&mut step, "options");
            default_to(options, "mode", "outer");
        }
        child(&mut step, "options");
        steps.push(Value::Object(step));
    }
    set(panel, "transformations", steps);
}

/// Hidden legends are not shown; all others say how.
fn legend(panel: &mut Object) {
    let Some(Value::Object(options)) = panel.get_mut("options") else { return };
    let Some(Value::Object(legend)) = options.get_mut("legend") else { return };
    let is_hidden = text(legend, "displayMode") == Some("hidden")
        || legend.get("showLegend") == Some(&Value::Bool(false));
    if is_hidden {
        set(legend, "displayMode", "list");
    }
    set(legend, "showLegend", !is_hidden);
}

fn repeat(panel: &mut Object) {
    if !truthy(panel.get("repeat")) {
        panel.remove("repeat");
        panel.remove("repeatDirection");
        return;
    }
    if let Some(span) = whole(panel.remove("minSpan").as_ref(), 1..=24) {
        let fitting = (1..=24).filter(|count| 24 % count == 0).rfind(|count| *count <= 24 / span);
        default_to(panel, "maxPerRow", fitting.unwrap_or(1));
    }
}

/// What is kept, but asks for data or content that is not here.
fn judge(panel: &Object, path: &str, report: &mut Report) {
    if crate::gallery::is_absent_library_panel(panel) {
        report.unsupported(path, "a library panel whose content is not in the file");
    }
    source::judge(panel, path, "the panel", report);
    for (index, target) in list(panel, "targets").iter().enumerate() {
        let Some(target) = target.as_object() else { continue };
        let path = element(path, "targets", index);
        source::judge(target, &path, "the target", report);
    }
    if truthy(panel.get("alert")) {
        report.unsupported(&member(path, "alert"), "alerts of panels are rules here");
    }
}

/// Every panel has a number of its own.
pub(super) fn number_panels(object: &mut Object) {
    let mut used = HashSet::new();
    let mut next = 1;
    for_each_panel(object, &mut |panel| {
        let own = whole(panel.get("id"), 0..=1 << 40).filter(|id| *id > 0 && used.insert(*id));
        next = next.max(own.unwrap_or(0) + 1);
        set(panel, "id", own.unwrap_or(0));
    });
    for_each_panel(object, &mut |panel| {
        if panel.get("id") == Some(&json!(0)) {
            set(panel, "id", next);
            next += 1;
        }
    });
}

fn for_each_panel(object: &mut Object, act: &mut dyn FnMut(&mut Object)) {
    for panel in list_mut(object, "panels").iter_mut().filter_map(Value::as_object_mut) {
        act(panel);
        if panel.contains_key("panels") {
            let inner = list_mut(panel, "panels");
            inner.iter_mut().filter_map(Value::as_object_mut).for_each(&mut *act);
        }
    }
}
