//! `rocketchat_configs`

use super::fields;
use crate::alertmanager::read::global::Global;
use crate::alertmanager::receivers::{
    IntegrationKind, RocketchatAction, RocketchatConfig, RocketchatField,
};
use crate::read::Section;
use crate::yaml::Node;

pub(super) fn read(section: &Section<'_>, global: &Global) -> IntegrationKind {
    let default = RocketchatConfig::default();
    let secrets = &global.secrets;
    let token_id = section.secret_or_file("token_id", "token_id_file");
    let token_id = token_id.or_else(|| secrets.rocketchat_token_id.clone());
    if token_id.is_none() {
        section.problem_here(
            "Rocket.Chat needs `token_id`, inline or as a file, here or in `global` \
             (`rocketchat_token_id`)",
        );
    }
    let token = section.secret_or_file("token", "token_file");
    let token = token.or_else(|| secrets.rocketchat_token.clone());
    if token.is_none() {
        section.problem_here(
            "Rocket.Chat needs `token`, inline or as a file, here or in `global` \
             (`rocketchat_token`)",
        );
    }
    let api_url = fields::url(section, "api_url").or_else(|| global.urls.rocketchat.clone());
    let mut config = RocketchatConfig {
        api_url: api_url.unwrap_or_default(),
        token_id: token_id.unwrap_or(default.token_id),
        token: token.unwrap_or(default.token),
        fields: section.items("fields").iter().filter_map(|node| field(section, node)).collect(),
        actions: section.items("actions").iter().filter_map(|node| action(section, node)).collect(),
        short_fields: section.flag("short_fields").unwrap_or_default(),
        link_names: section.flag("link_names").unwrap_or_default(),
        http: fields::client(section, &global.http),
        ..RocketchatConfig::default()
    };
    let c = &mut config;
    fields::texts(
        section,
        [
            ("channel", &mut c.channel),
            ("color", &mut c.color),
            ("title", &mut c.title),
            ("title_link", &mut c.title_link),
            ("text", &mut c.text),
            ("emoji", &mut c.emoji),
            ("icon_url", &mut c.icon_url),
            ("image_url", &mut c.image_url),
            ("thumb_url", &mut c.thumb_url),
        ],
    );
    IntegrationKind::Rocketchat(Box::new(config))
}

fn field(parent: &Section<'_>, node: &Node) -> Option<RocketchatField> {
    let section = parent.reader.section(node, "fields")?;
    let mut field = RocketchatField::default();
    fields::texts(&section, [("title", &mut field.title), ("value", &mut field.value)]);
    field.short = fields::own_flag(&section, "short");
    section.finish();
    Some(field)
}

/// Upstream reads these keys by the names of its fields: in one word.
fn action(parent: &Section<'_>, node: &Node) -> Option<RocketchatAction> {
    let section = parent.reader.section(node, "actions")?;
    let mut action = RocketchatAction {
        is_webview: section.flag("iswebview").unwrap_or_default(),
        msg_in_chat_window: section.flag("msginchatwindow").unwrap_or_default(),
        ..RocketchatAction::default()
    };
    fields::texts(
        &section,
        [
            ("type", &mut action.kind),
            ("text", &mut action.text),
            ("url", &mut action.url),
            ("imageurl", &mut action.image_url),
            ("webviewheightratio", &mut action.webview_height_ratio),
            ("msg", &mut action.msg),
            ("msgprocessingtype", &mut action.msg_processing_type),
        ],
    );
    section.finish();
    Some(action)
}
