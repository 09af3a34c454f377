//! Panels of text and of lists (dashboards, alerts): what stood beside `options` moves into them.

use crate::json::{Object, child, default_to, list, set, text, truthy};
use serde_json::{Value, json};

/// Text: `mode` and `content`; the former plain mode is shown as Markdown.
pub(super) fn migrate_text(panel: &mut Object) {
    set(panel, "type", "text");
    let mode = panel.remove("mode");
    let content = panel.remove("content");
    let options = child(panel, "options");
    if let Some(content) = content {
        default_to(options, "content", content);
    }
    if let Some(mode) = mode {
        default_to(options, "mode", mode);
    }
    if !matches!(text(options, "mode"), Some("markdown" | "html" | "code")) {
        set(options, "mode", "markdown");
    }
    default_to(options, "content", "");
}

/// Lists of dashboards: `starred`, `recent`, `search` and so on.
pub(super) fn migrate_dashlist(panel: &mut Object) {
    const MOVED: [(&str, &str); 8] = [
        ("starred", "showStarred"),
        ("recent", "showRecentlyViewed"),
        ("search", "showSearch"),
        ("headings", "showHeadings"),
        ("limit", "maxItems"),
        ("query", "query"),
        ("tags", "tags"),
        ("folderId", "folderId"),
    ];
    for (old, new) in MOVED {
        if let Some(value) = panel.remove(old) {
            default_to(child(panel, "options"), new, value);
        }
    }
}

/// Lists of alerts: states were a list of words, or a map of switches.
pub(super) fn migrate_alertlist(panel: &mut Object) {
    let states = list(panel, "stateFilter").iter().filter_map(Value::as_str);
    let states: Vec<String> = states.map(str::to_owned).collect();
    if panel.remove("stateFilter").is_some() {
        let has = |word: &str| states.iter().any(|state| state == word);
        let filter = json!({
            "firing": states.is_empty() || has("alerting"),
            "pending": states.is_empty() || has("pending"),
            "noData": has("no_data"),
            "normal": has("ok"),
            "error": has("execution_error"),
        });
        default_to(child(panel, "options"), "stateFilter", filter);
    }
    for (old, new) in
        [("limit", "maxItems"), ("nameFilter", "alertName"), ("sortOrder", "sortOrder")]
    {
        if let Some(value) = panel.remove(old).filter(|value| truthy(Some(value))) {
            default_to(child(panel, "options"), new, value);
        }
    }
    for gone in ["onlyAlertsOnDashboard", "dashboardFilter", "dashboardTags", "folderId", "show"] {
        panel.remove(gone);
    }
}
