//! `mattermost_configs`

use super::fields;
use super::slack::needed;
use crate::alertmanager::read::global::Global;
use crate::alertmanager::receivers::{
    IntegrationKind, MattermostAttachment, MattermostConfig, MattermostField, MattermostPriority,
};
use crate::read::Section;
use crate::yaml::Node;

pub(super) fn read(section: &Section<'_>, global: &Global) -> IntegrationKind {
    let mut config = MattermostConfig::default();
    let own = fields::secret_url(section, "webhook_url", "webhook_url_file");
    match own.or_else(|| global.secrets.mattermost_webhook_url.clone()) {
        Some(url) => config.webhook_url = url,
        None if section.has("webhook_url") => {}
        None => section.problem_here(
            "Mattermost needs `webhook_url`, inline or as a file, here or in `global` \
             (`mattermost_webhook_url`)",
        ),
    }
    fields::texts(
        section,
        [
            ("channel", &mut config.channel),
            ("username", &mut config.username),
            ("icon_url", &mut config.icon_url),
            ("icon_emoji", &mut config.icon_emoji),
            ("type", &mut config.kind),
        ],
    );
    attachment(section, &mut config.attachment);
    for node in section.items("attachments") {
        let Some(section) = section.reader.section(node, "attachments") else { continue };
        let mut other = MattermostAttachment::default();
        attachment(&section, &mut other);
        section.finish();
        config.attachments.push(other);
    }
    if let Some(props) = section.section("props", "props") {
        config.card = props.text("card");
        props.finish();
    }
    config.priority = section.section("priority", "priority").map(priority);
    config.http = fields::client(section, &global.http);
    IntegrationKind::Mattermost(Box::new(config))
}

/// Keys that a configuration has like an attachment.
fn attachment(section: &Section<'_>, into: &mut MattermostAttachment) {
    fields::texts(
        section,
        [
            ("fallback", &mut into.fallback),
            ("color", &mut into.color),
            ("pretext", &mut into.pretext),
            ("text", &mut into.text),
            ("author_name", &mut into.author_name),
            ("author_link", &mut into.author_link),
            ("author_icon", &mut into.author_icon),
            ("title", &mut into.title),
            ("title_link", &mut into.title_link),
            ("thumb_url", &mut into.thumb_url),
            ("footer", &mut into.footer),
            ("footer_icon", &mut into.footer_icon),
            ("image_url", &mut into.image_url),
        ],
    );
    into.fields = section.items("fields").iter().filter_map(|node| field(section, node)).collect();
}

fn field(parent: &Section<'_>, node: &Node) -> Option<MattermostField> {
    let section = parent.reader.section(node, "fields")?;
    let (title, value) = (needed(&section, "title"), needed(&section, "value"));
    let short = fields::own_flag(&section, "short");
    section.finish();
    Some(MattermostField { title, value, short })
}

fn priority(section: Section<'_>) -> MattermostPriority {
    let priority = MattermostPriority {
        priority: section.text("priority").unwrap_or_default(),
        requested_ack: section.flag("requested_ack").unwrap_or_default(),
        persistent_notifications: section.flag("persistent_notifications").unwrap_or_default(),
    };
    section.finish();
    priority
}
