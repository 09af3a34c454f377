//! Receivers: one list for each kind, read in the order in which Alertmanager builds them.

mod chat;
pub(super) mod fields;
mod incident;
mod jira;
mod mail;
mod mattermost;
mod push;
mod rocketchat;
mod slack;
mod webhook;

use super::global::Global;
use super::labels;
use crate::alertmanager::receivers::{Integration, IntegrationKind, Receiver};
use crate::read::Section;
use crate::yaml::Node;
use std::collections::HashMap;

/// How a kind of receiver is read.
struct Kind {
    /// Key of its list.
    key: &'static str,
    /// Are ends told when the file does not say?
    send_resolved: bool,
    /// Reads an entry; must ask for every key of the kind.
    read: fn(&Section<'_>, &Global) -> IntegrationKind,
}

const fn kind(
    key: &'static str,
    send_resolved: bool,
    read: fn(&Section<'_>, &Global) -> IntegrationKind,
) -> Kind {
    Kind { key, send_resolved, read }
}

/// All kinds, in the order in which Alertmanager builds them; ours come last.
const KINDS: &[Kind] = &[
    kind("webhook_configs", true, webhook::read),
    kind("email_configs", false, mail::read),
    kind("pagerduty_configs", true, incident::pager_duty),
    kind("opsgenie_configs", true, incident::ops_genie),
    kind("wechat_configs", false, chat::wechat),
    kind("slack_configs", false, slack::read),
    kind("victorops_configs", true, incident::victor_ops),
    kind("pushover_configs", true, push::pushover),
    kind("sns_configs", true, push::sns),
    kind("telegram_configs", true, chat::telegram),
    kind("discord_configs", true, chat::discord),
    kind("webex_configs", true, chat::webex),
    kind("msteams_configs", true, chat::ms_teams),
    kind("msteamsv2_configs", true, chat::ms_teams_v2),
    kind("jira_configs", true, jira::read),
    kind("rocketchat_configs", false, rocketchat::read),
    kind("mattermost_configs", true, mattermost::read),
    kind("incidentio_configs", true, incident::incidentio),
    kind("ntfy_configs", true, push::ntfy),
    kind("googlechat_configs", true, chat::google_chat),
];

/// Section `receivers`.
pub(super) fn read(file: &Section<'_>, global: &Global) -> Vec<Receiver> {
    let mut lines = HashMap::new();
    let mut receivers = Vec::new();
    for item in file.items("receivers") {
        let Some(section) = file.reader.section(item, "receivers") else { continue };
        let name = section.text("name").unwrap_or_default();
        let place = section.place_of("name");
        if name.is_empty() {
            section.problem("name", "a receiver needs a `name`");
        } else if let Some(line) = lines.insert(name.clone(), place.line) {
            let quoted = model::quote(&name).to_string();
            section.problem("name", format!("receiver {quoted} is already defined in line {line}"));
        }
        let labels = labels::labels(&section);
        let integrations = KINDS.iter().flat_map(|kind| integrations(&section, kind, global));
        let integrations = integrations.collect();
        section.finish();
        receivers.push(Receiver { name, labels, integrations });
    }
    receivers
}

fn integrations(receiver: &Section<'_>, kind: &Kind, global: &Global) -> Vec<Integration> {
    let nodes = receiver.items(kind.key).iter().enumerate();
    nodes.filter_map(|(index, node)| integration(receiver, kind, global, (index, node))).collect()
}

fn integration(
    receiver: &Section<'_>,
    kind: &Kind,
    global: &Global,
    (index, node): (usize, &Node),
) -> Option<Integration> {
    if node.is_null() {
        let message = format!("this entry of `{}` is empty", kind.key);
        receiver.reader.problem(node.place, message);
        return None;
    }
    let section = receiver.reader.section(node, kind.key)?;
    let send_resolved = section.flag("send_resolved").unwrap_or(kind.send_resolved);
    let kind = (kind.read)(&section, global);
    section.finish();
    Some(Integration { send_resolved, index, kind })
}
