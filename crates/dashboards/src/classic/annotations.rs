//! Annotation queries: Grafana's own, those of this server, and those of PromQL.

use super::source;
use crate::json::object as object_of;
use crate::json::{Object, child, default_to, list_mut, set, take_list, text, truthy};
use crate::report::{Report, element, member};
use serde_json::{Value, json};

pub(super) fn migrate(object: &mut Object, path: &str, report: &mut Report) {
    let place = member(path, "annotations");
    let annotations = child(object, "annotations");
    let mut kept = Vec::new();
    for (index, annotation) in take_list(annotations, "list").into_iter().enumerate() {
        let place = element(&place, "list", index);
        match annotation {
            Value::Object(mut annotation) => {
                upgrade(&mut annotation, &place, report);
                kept.push(Value::Object(annotation));
            }
            _ => report.dropped(&place, "it is no object"),
        }
    }
    if !kept.iter().any(|annotation| truthy(annotation.get("builtIn"))) {
        kept.insert(0, built_in());
    }
    list_mut(annotations, "list").extend(kept);
}

/// What every dashboard shows: annotations that were made for it.
fn built_in() -> Value {
    json!({
        "builtIn": 1,
        "datasource": {"type": "grafana", "uid": "-- Grafana --"},
        "enable": true,
        "hide": true,
        "iconColor": "rgba(0, 211, 255, 1)",
        "name": "Annotations & Alerts",
        "type": "dashboard",
    })
}

fn upgrade(annotation: &mut Object, path: &str, report: &mut Report) {
    source::to_reference(annotation);
    source::judge(annotation, path, "the annotation", report);
    default_to(annotation, "enable", true);
    default_to(annotation, "name", "");
    // Annotations by tags named them beside, not inside of, a target.
    let is_tags = text(annotation, "type") == Some("tags");
    if is_tags && object_of(annotation, "target").is_none() {
        let tags = take_list(annotation, "tags");
        let match_any = truthy(annotation.get("matchAny"));
        let limit = annotation.get("limit").cloned().unwrap_or_else(|| json!(100));
        let target = json!({"type": "tags", "tags": tags, "matchAny": match_any, "limit": limit});
        set(annotation, "target", target);
    }
}
