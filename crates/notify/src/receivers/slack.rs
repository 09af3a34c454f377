//! Slack: incoming webhooks and bots; a bot can edit what it said about a group before.
//! Source: Alertmanager 0.34 `notify/slack`.

use super::{Delivering, Receive, Stored};
use crate::DeliveryError;
use crate::post::{Answer, Deadline, Poster, parse_url};
use crate::text::cut_chars;
use crate::view::View;
use config::{SlackAction, SlackConfig};
use serde::{Deserialize, Serialize};

/// Longest title in characters.
const TITLE_CHARS_MAX: usize = 1024;
/// Where a message is edited.
const UPDATE_URL: &str = "https://slack.com/api/chat.update";
/// Under these names the first message of a group is remembered.
const STORED_TIMESTAMP: &str = "threadTs";
const STORED_CHANNEL: &str = "channelId";

pub(crate) struct Slack {
    pub(crate) config: SlackConfig,
    pub(crate) poster: Poster,
}

#[derive(Serialize)]
struct Message {
    #[serde(skip_serializing_if = "String::is_empty")]
    channel: String,
    #[serde(rename = "ts", skip_serializing_if = "Option::is_none")]
    timestamp: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    username: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    icon_emoji: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    icon_url: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    link_names: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    text: String,
    attachments: [Attachment; 1],
}

#[derive(Serialize)]
struct Attachment {
    #[serde(skip_serializing_if = "String::is_empty")]
    title: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    title_link: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pretext: String,
    text: String,
    fallback: String,
    callback_id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<Field>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    actions: Vec<Action>,
    #[serde(skip_serializing_if = "String::is_empty")]
    image_url: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    thumb_url: String,
    footer: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    color: String,
    mrkdwn_in: Vec<String>,
}

#[derive(Serialize)]
struct Field {
    #[serde(skip_serializing_if = "String::is_empty")]
    title: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    value: String,
    short: bool,
}

#[derive(Serialize)]
struct Action {
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    kind: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    text: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    url: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    style: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    confirm: Option<Confirmation>,
}

#[derive(Serialize)]
struct Confirmation {
    #[serde(skip_serializing_if = "String::is_empty")]
    text: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    title: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    ok_text: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    dismiss_text: String,
}

/// What the API answers; incoming webhooks answer `ok` as plain text.
#[derive(Deserialize)]
struct Verdict {
    #[serde(default)]
    ok: bool,
    #[serde(default)]
    error: String,
    #[serde(default)]
    channel: String,
    #[serde(default, rename = "ts")]
    timestamp: String,
}

impl Slack {
    fn message(&self, view: &View<'_>) -> Result<Message, DeliveryError> {
        let config = &self.config;
        Ok(Message {
            channel: view.address("channel", &config.channel)?,
            timestamp: None,
            username: view.ornament("username", &config.username),
            icon_emoji: view.ornament("icon_emoji", &config.icon_emoji),
            icon_url: view.ornament("icon_url", &config.icon_url),
            link_names: config.link_names,
            text: view.text("message_text", &config.message_text),
            attachments: [self.attachment(view)],
        })
    }

    fn attachment(&self, view: &View<'_>) -> Attachment {
        let config = &self.config;
        let mrkdwn_in = match config.mrkdwn_in.as_slice() {
            [] => ["fallback", "pretext", "text"].map(str::to_owned).into(),
            own => own.to_vec(),
        };
        let fields = config.fields.iter().map(|field| Field {
            title: view.text("fields.title", &field.title),
            value: view.text("fields.value", &field.value),
            short: field.short.unwrap_or(config.short_fields),
        });
        Attachment {
            title: cut_chars(view.text("title", &config.title), TITLE_CHARS_MAX),
            title_link: view.ornament("title_link", &config.title_link),
            pretext: view.text("pretext", &config.pretext),
            text: view.text("text", &config.text),
            fallback: view.text("fallback", &config.fallback),
            callback_id: view.ornament("callback_id", &config.callback_id),
            fields: fields.collect(),
            actions: config.actions.iter().map(|action| render_action(view, action)).collect(),
            image_url: view.ornament("image_url", &config.image_url),
            thumb_url: view.ornament("thumb_url", &config.thumb_url),
            footer: view.text("footer", &config.footer),
            color: view.ornament("color", &config.color),
            mrkdwn_in,
        }
    }

    async fn send(&self, view: &View<'_>, deadline: Deadline) -> Result<Stored, DeliveryError> {
        let mut message = self.message(view)?;
        let mut stored = view.notification.receiver_data.clone();
        let mut url = self.poster.url("the Slack URL", &self.config.api_url).await?;
        if self.config.update_message
            && let (Some(timestamp), Some(channel)) =
                (stored.get(STORED_TIMESTAMP), stored.get(STORED_CHANNEL))
        {
            message.timestamp = Some(timestamp.clone());
            message.channel.clone_from(channel);
            url = update_url(&url)?;
        }
        let deadline = deadline.within(self.config.timeout);
        let sent = self.poster.post_json(url, &message, deadline).await;
        let verdict = sent.and_then(|answer| judge(&answer));
        let verdict = verdict
            .map_err(|error| error.while_doing(&format!("channel {:?}", message.channel)))?;
        if self.config.update_message
            && !verdict.timestamp.is_empty()
            && !verdict.channel.is_empty()
        {
            stored.insert(STORED_TIMESTAMP.into(), verdict.timestamp);
            stored.insert(STORED_CHANNEL.into(), verdict.channel);
        }
        Ok(stored)
    }
}

fn render_action(view: &View<'_>, action: &SlackAction) -> Action {
    let confirm = action.confirm.as_ref().map(|confirm| Confirmation {
        text: view.text("actions.confirm.text", &confirm.text),
        title: view.text("actions.confirm.title", &confirm.title),
        ok_text: view.text("actions.confirm.ok_text", &confirm.ok_text),
        dismiss_text: view.text("actions.confirm.dismiss_text", &confirm.dismiss_text),
    });
    Action {
        kind: view.ornament("actions.type", &action.kind),
        text: view.text("actions.text", &action.text),
        url: view.ornament("actions.url", &action.url),
        style: view.ornament("actions.style", &action.style),
        name: view.ornament("actions.name", &action.name),
        value: view.ornament("actions.value", &action.value),
        confirm,
    }
}

/// Where a message is edited: beside where it was posted, else Slack's own address.
fn update_url(posted_to: &url::Url) -> Result<url::Url, DeliveryError> {
    match posted_to.path().strip_suffix("chat.postMessage") {
        Some(folder) => {
            let mut url = posted_to.clone();
            url.set_path(&format!("{folder}chat.update"));
            Ok(url)
        }
        None => parse_url("Slack's URL for editing", UPDATE_URL),
    }
}

/// Slack reports many errors with status 200.
fn judge(answer: &Answer) -> Result<Verdict, DeliveryError> {
    if !answer.is_json() {
        if answer.body == b"ok" {
            let (error, channel, timestamp) = <(String, String, String)>::default();
            return Ok(Verdict { ok: true, error, channel, timestamp });
        }
        let shown: String = String::from_utf8_lossy(&answer.body).chars().take(200).collect();
        return Err(DeliveryError::rejected(format!("Slack answered {shown:?}, expected `ok`")));
    }
    let verdict: Verdict = answer.json()?;
    if verdict.ok {
        return Ok(verdict);
    }
    match verdict.error.as_str() {
        "ratelimited" | "rate_limited" => {
            let reason = crate::FailureReason::RateLimited;
            Err(DeliveryError::retryable(reason, "Slack answered that messages come too often"))
        }
        error => Err(DeliveryError::rejected(format!("Slack answered the error {error:?}"))),
    }
}

impl Receive for Slack {
    fn deliver<'a>(&'a self, view: &'a View<'a>, deadline: Deadline) -> Delivering<'a> {
        Box::pin(self.send(view, deadline))
    }

    fn rehearse(&self, view: &View<'_>) -> Result<(), DeliveryError> {
        self.message(view).map(drop)
    }
}
