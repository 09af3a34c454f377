//! `jira_configs`

use super::fields;
use crate::alertmanager::read::global::Global;
use crate::alertmanager::receivers::{
    IntegrationKind, JiraApiType, JiraConfig, JiraField, JiraLabels,
};
use crate::read::Section;
use crate::yaml::Content;

pub(super) fn read(section: &Section<'_>, global: &Global) -> IntegrationKind {
    let default = JiraConfig::default();
    let url = fields::url(section, "api_url").or_else(|| global.urls.jira.clone());
    if url.is_none() && !section.is_filled("api_url") {
        section.problem_here("Jira needs `api_url`, or `jira_api_url` in `global`");
    }
    let types = [
        ("auto", JiraApiType::Auto),
        ("cloud", JiraApiType::Cloud),
        ("datacenter", JiraApiType::DataCenter),
    ];
    let reopen = section.duration("reopen_duration");
    let mut config = JiraConfig {
        api_url: url.unwrap_or_default(),
        api_type: section.choice("api_type", &types).unwrap_or_default(),
        summary: field(section, "summary", default.summary),
        description: field(section, "description", default.description),
        labels: labels(section),
        reopen_duration: reopen.filter(|duration| !duration.is_zero()),
        fields: fields::tree_map(section, "fields"),
        http: fields::client(section, &global.http),
        ..JiraConfig::default()
    };
    fields::texts(
        section,
        [
            ("project", &mut config.project),
            ("priority", &mut config.priority),
            ("issue_type", &mut config.issue_type),
            ("reopen_transition", &mut config.reopen_transition),
            ("resolve_transition", &mut config.resolve_transition),
            ("wont_fix_resolution", &mut config.wont_fix_resolution),
        ],
    );
    for (key, text) in [("project", &config.project), ("issue_type", &config.issue_type)] {
        if text.is_empty() {
            section.problem_here(format!("Jira needs `{key}`"));
        }
    }
    IntegrationKind::Jira(Box::new(config))
}

/// A text, or a map with the text as `template`.
fn field(section: &Section<'_>, key: &'static str, default: JiraField) -> JiraField {
    match section.get(key).map(|node| &node.content) {
        None => default,
        Some(Content::Map(_)) => {
            let Some(map) = section.section(key, key) else { return default };
            let field = JiraField {
                template: map.text("template").unwrap_or(default.template),
                enable_update: fields::own_flag(&map, "enable_update").unwrap_or(true),
            };
            map.finish();
            field
        }
        Some(Content::Scalar(_) | Content::List(_)) => {
            let template = section.text(key).unwrap_or_default();
            JiraField { template, enable_update: true }
        }
    }
}

/// A list, or a map with the list as `values`.
fn labels(section: &Section<'_>) -> JiraLabels {
    let is_map = section.get("labels").is_some_and(|node| matches!(node.content, Content::Map(_)));
    if !is_map {
        let values = section.texts("labels").unwrap_or_default();
        return JiraLabels { values, enable_update: true };
    }
    let Some(map) = section.section("labels", "labels") else { return JiraLabels::default() };
    let labels = JiraLabels {
        values: map.texts("values").unwrap_or_default(),
        enable_update: fields::own_flag(&map, "enable_update").unwrap_or(true),
    };
    map.finish();
    labels
}
