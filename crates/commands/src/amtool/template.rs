//! `template render`: a template on the data of a notification, as receivers would get it.

use super::peer::{Call, Peer};
use super::wire::{TextMap, Time};
use super::{Outcome, labels, read_file};
use crate::cli::{RealAlert, TemplateRender, TemplateType};
use crate::console::{Console, Verdict, io_words};
use crate::files::expand_pattern;
use gotemplate::Output;
use gotemplate::notifications::{Alert, Data};
use jiff::{Span, Timestamp};
use notify::Templates;
use serde::Deserialize;

/// Prints the rendered text without a line feed of its own.
pub(super) fn render(render: &TemplateRender, console: &mut Console<'_>) -> Outcome {
    let templates = load(&render.globs)?;
    let now = super::now();
    let data = match &render.data {
        Some(path) => {
            let text = read_file(path)?;
            let data: Content = serde_json::from_str(&text)
                .map_err(|error| format!("{}: {error}", path.display()))?;
            data.into()
        }
        None if render.alert.is_wanted() => real(render, &templates, now)?,
        None => made_up(now),
    };
    let output = match render.kind {
        TemplateType::Text => Output::Text,
        TemplateType::Html => Output::Html,
    };
    let rendered = templates.expand(&render.text, &data, output, now);
    let rendered = rendered.map_err(|error| error.to_string())?;
    console.answer().write_all(rendered.as_bytes())?;
    Ok(Verdict::Good)
}

/// The default templates and those of the files that the patterns name; a pattern may name none.
pub(super) fn load(patterns: &[String]) -> Result<Templates, String> {
    let mut templates = Templates::default();
    for pattern in patterns {
        let paths = expand_pattern(pattern)
            .map_err(|error| format!("cannot list {pattern}: {}", io_words(&error)))?;
        for path in paths.iter().filter(|path| path.exists()) {
            let text = read_file(path)?;
            let added = templates.add(&path.to_string_lossy(), &text);
            added.map_err(|error| error.to_string())?;
        }
    }
    Ok(templates)
}

#[derive(Deserialize)]
struct Answer {
    data: Content,
}

/// The message about alerts that the server has seen.
fn real(render: &TemplateRender, templates: &Templates, now: Timestamp) -> Result<Data, String> {
    let RealAlert { matchers, fingerprint, receiver, while_firing } = &render.alert;
    let filters = labels::with_alert_name(render.peer.matchers.mode, matchers).into_iter();
    let mut params: Vec<_> = filters.map(|matcher| ("filter", matcher)).collect();
    params.extend(fingerprint.iter().map(|text| ("fingerprint", text.clone())));
    params.extend(receiver.iter().map(|name| ("receiver", name.clone())));
    let call = Call::own(&["alerts", "sample"], params);
    let Answer { mut data } = Peer::new(&render.peer)?.ask(call)?;
    if *while_firing {
        data.fire();
    }
    let mut data = Data::from(data);
    let mut route_labels = data.route_labels.clone();
    for (_, template) in &mut route_labels {
        // Templates, too: a receiver gets an empty text for one that fails.
        *template = templates.expand(template, &data, Output::Text, now).unwrap_or_default();
    }
    data.route_labels = route_labels;
    Ok(data)
}

/// Data of a file: what webhooks get. Everything may be missing.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Content {
    receiver: String,
    status: String,
    alerts: Vec<ContentAlert>,
    notification_reason: String,
    #[serde(rename = "groupLabels")]
    group_labels: TextMap,
    #[serde(rename = "commonLabels")]
    common_labels: TextMap,
    #[serde(rename = "commonAnnotations")]
    common_annotations: TextMap,
    #[serde(rename = "externalURL")]
    external_url: String,
    #[serde(rename = "routeLabels")]
    route_labels: TextMap,
}

impl Content {
    /// As it was while the alerts fired.
    fn fire(&mut self) {
        const FIRING: &str = "firing";
        FIRING.clone_into(&mut self.status);
        "first notification".clone_into(&mut self.notification_reason);
        for alert in &mut self.alerts {
            FIRING.clone_into(&mut alert.status);
            alert.ends_at = Time::ABSENT;
        }
    }
}

#[derive(Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ContentAlert {
    status: String,
    labels: TextMap,
    annotations: TextMap,
    starts_at: Time,
    ends_at: Time,
    #[serde(rename = "generatorURL")]
    generator_url: String,
    fingerprint: String,
}

impl Default for ContentAlert {
    fn default() -> Self {
        let (labels, annotations) = Default::default();
        let (status, generator_url, fingerprint) = Default::default();
        let (starts_at, ends_at) = (Time::ABSENT, Time::ABSENT);
        Self { status, labels, annotations, starts_at, ends_at, generator_url, fingerprint }
    }
}

impl From<Content> for Data {
    fn from(content: Content) -> Self {
        let pairs = |map: TextMap| map.into_iter().collect();
        Self {
            receiver: content.receiver,
            status: content.status,
            alerts: content.alerts.into_iter().map(Alert::from).collect(),
            notification_reason: content.notification_reason,
            group_labels: pairs(content.group_labels),
            common_labels: pairs(content.common_labels),
            common_annotations: pairs(content.common_annotations),
            external_url: content.external_url,
            route_labels: pairs(content.route_labels),
        }
    }
}

impl From<ContentAlert> for Alert {
    fn from(alert: ContentAlert) -> Self {
        Self {
            status: alert.status,
            labels: alert.labels.into_iter().collect(),
            annotations: alert.annotations.into_iter().collect(),
            starts_at: alert.starts_at.shown(),
            ends_at: alert.ends_at.shown(),
            generator_url: alert.generator_url,
            fingerprint: alert.fingerprint,
        }
    }
}

/// amtool's notification for templates that are tried without data.
fn made_up(now: Timestamp) -> Data {
    let common = |what: &str| -> [(String, String); 2] {
        [1, 2].map(|n| (format!("{what}key{n}"), format!("{what}value{n}")))
    };
    let own = |pairs: &[(&str, &str)], what: &str| {
        let pairs = pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        pairs.chain(common(what)).collect()
    };
    let alert =
        |labels: &[(&str, &str)], annotations: &[(&str, &str)], minutes: i64, number: u8| Alert {
            status: "alertstatus".into(),
            labels: own(labels, "commonlabel"),
            annotations: own(annotations, "commonannotation"),
            starts_at: gotemplate::Time::utc(now - Span::new().minutes(minutes)),
            ends_at: gotemplate::Time::utc(now),
            generator_url: "https://generatorurl.com".into(),
            fingerprint: format!("fingerprint{number}"),
        };
    let first = [("label1", "value1"), ("label2", "value2"), ("instance", "foo.bar:1234")];
    let notes = [("annotation1", "value1"), ("annotation2", "value2")];
    Data {
        receiver: "receiver".into(),
        status: "alertstatus".into(),
        alerts: vec![
            alert(&first, &notes, 5, 1),
            alert(&[("foo", "bar"), ("baz", "qux")], &[("aaa", "bbb"), ("ccc", "ddd")], 10, 2),
        ],
        group_labels: common("grouplabel").into(),
        common_labels: common("commonlabel").into(),
        common_annotations: common("commonannotation").into(),
        external_url: "https://example.com".into(),
        ..Data::default()
    }
}
