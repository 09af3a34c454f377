//! `template render`: a template on the data of a notification, as receivers would get it.

use super::wire::{TextMap, Time};
use super::{Outcome, read_file};
use crate::cli::{TemplateRender, TemplateType};
use crate::console::{Console, Verdict, io_words};
use crate::files::expand_pattern;
use gotemplate::notifications::{Alert, Data, Functions, default_templates};
use gotemplate::{Limits, Output, Templates};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::Deserialize;

/// Name under which the text is parsed, as upstream has it: messages begin with `template: :1`.
const TEXT: &str = "";

/// Prints the rendered text without a line feed of its own.
pub(super) fn render(render: &TemplateRender, console: &mut Console<'_>) -> Outcome {
    let mut templates = load(&render.globs)?;
    templates.add(TEXT, &render.text).map_err(|error| error.to_string())?;
    let now = super::now();
    let data = match &render.data {
        Some(path) => {
            let text = read_file(path)?;
            let data: Content = serde_json::from_str(&text)
                .map_err(|error| format!("{}: {error}", path.display()))?;
            data.into()
        }
        None => made_up(now),
    };
    let zones = |name: &str| TimeZone::get(name).ok();
    let routes = data.route_labels.clone();
    let mut functions = Functions { now, zones: &zones, route_labels: &routes };
    let output = match render.kind {
        TemplateType::Text => Output::Text,
        TemplateType::Html => Output::Html,
    };
    let rendered = templates
        .render(TEXT, &data.into(), output, &mut functions, Limits::default())
        .map_err(|error| error.to_string())?;
    console.answer().write_all(rendered.as_bytes())?;
    Ok(Verdict::Good)
}

/// The default templates and those of the files that the patterns name; a pattern may name none.
pub(super) fn load(patterns: &[String]) -> Result<Templates, String> {
    let mut templates = default_templates().map_err(|error| error.to_string())?;
    for pattern in patterns {
        let paths = expand_pattern(pattern)
            .or_else(|error| if is_absent(&error) { Ok(Vec::new()) } else { Err(error) })
            .map_err(|error| format!("cannot list {pattern}: {}", io_words(&error)))?;
        for path in paths.iter().filter(|path| path.exists()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let text = read_file(path)?;
            templates.add(&name, &text).map_err(|error| error.to_string())?;
        }
    }
    Ok(templates)
}

fn is_absent(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::NotFound
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
