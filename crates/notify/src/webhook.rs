//! The webhook receiver: Alertmanager's JSON message, version 4.
//! Source: Alertmanager 0.34 `notify/webhook` and `template.Data`; receivers compare these keys.

use crate::DeliveryError;
use alerts::{Notification, NotifiedAlert};
use config::SecretSource;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use model::{Labels, Timestamp};
use net::{BodyLimits, Client, Request, UrlSecrecy};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use sys::Vfs;
use url::Url;

/// Longest URL file: 16 KiB.
const URL_BYTES_MAX: u64 = 16 << 10;
/// As much of a receiver's answer as is read, for the error: 4 KiB.
const ANSWER_BYTES_MAX: u64 = 4 << 10;

/// One `webhook_configs` entry.
pub struct Webhook {
    /// Where messages go; a file is read for every message.
    pub url: SecretSource,
    /// Carries authentication and TLS.
    pub client: Client,
    /// Reads the URL file.
    pub vfs: Arc<dyn Vfs>,
    /// Alerts per message; 0: no limit.
    pub alerts_max: usize,
    /// Longest time for one message, above zero; the dispatcher's own limit applies too.
    pub timeout: Option<Duration>,
    /// Where users reach this server.
    pub external_url: String,
}

impl Webhook {
    /// Posts a message within `timeout`; success is any 2xx, whatever its body.
    ///
    /// # Errors
    /// When the message did not arrive; the error knows whether trying again makes sense.
    pub async fn deliver(
        &self,
        notification: &Notification,
        timeout: Duration,
    ) -> Result<(), DeliveryError> {
        let timeout = self.timeout.map_or(timeout, |own| own.min(timeout));
        let mut request = Request::get(self.url().await?, timeout);
        request.method = http::Method::POST;
        request.secrecy = UrlSecrecy::Key;
        request.limits = BodyLimits::beginning(ANSWER_BYTES_MAX);
        request.headers =
            HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        request.body = render(notification, &self.external_url, self.alerts_max).into();
        let mut body = Vec::new();
        let exchange = self.client.send(request, &mut body).await?;
        match DeliveryError::of_status(exchange.status, &exchange.headers, &body) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    async fn url(&self) -> Result<Url, DeliveryError> {
        match &self.url {
            SecretSource::Inline(url) => parse_url("the webhook's URL", url.reveal()),
            SecretSource::File(path) => {
                let name = format!("the URL file {path}");
                let (vfs, path) = (Arc::clone(&self.vfs), PathBuf::from(path));
                let read = move || vfs.read(&path, URL_BYTES_MAX);
                let bytes = tokio::task::spawn_blocking(read).await;
                let bytes = bytes.map_err(|error| unusable(&name, &error))?;
                let bytes = bytes.map_err(|error| unusable(&name, &error))?;
                // The cause would show the bytes.
                let text = String::from_utf8(bytes).ok();
                let text = text.ok_or_else(|| unusable(&name, &"it is not UTF-8"))?;
                parse_url(&name, text.trim())
            }
        }
    }
}

fn parse_url(name: &str, text: &str) -> Result<Url, DeliveryError> {
    Url::parse(text).map_err(|error| unusable(name, &error))
}

fn unusable(name: &str, why: &dyn std::fmt::Display) -> DeliveryError {
    DeliveryError::refused(format!("cannot use {name}: {why}"))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    receiver: &'a str,
    status: &'static str,
    alerts: Vec<Alert<'a>>,
    group_labels: BTreeMap<&'a str, &'a str>,
    common_labels: BTreeMap<&'a str, &'a str>,
    common_annotations: BTreeMap<&'a str, &'a str>,
    #[serde(rename = "externalURL")]
    external_url: &'a str,
    version: &'static str,
    group_key: &'a str,
    truncated_alerts: usize,
    #[serde(rename = "notification_reason")]
    notification_reason: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Alert<'a> {
    status: &'static str,
    labels: BTreeMap<&'a str, &'a str>,
    annotations: BTreeMap<&'a str, &'a str>,
    starts_at: String,
    ends_at: String,
    #[serde(rename = "generatorURL")]
    generator_url: &'a str,
    fingerprint: String,
}

/// The message body of a notification.
///
/// With `alerts_max` above zero only that many alerts are told; the rest is counted in
/// `truncatedAlerts`. `external_url` is where users reach this server.
pub fn render(notification: &Notification, external_url: &str, alerts_max: usize) -> Vec<u8> {
    let shown = match alerts_max {
        0 => notification.alerts.len(),
        limit => limit.min(notification.alerts.len()),
    };
    let common = notification.common_labels();
    let message = Message {
        receiver: &notification.receiver,
        status: status(notification.is_firing()),
        alerts: notification.alerts.iter().take(shown).map(alert).collect(),
        group_labels: notification.group_labels.iter().collect(),
        common_labels: common.iter().collect(),
        common_annotations: notification.common_annotations().into_iter().collect(),
        external_url,
        version: "4",
        group_key: &notification.group_key,
        truncated_alerts: notification.alerts.len() - shown,
        notification_reason: notification.reason.as_str(),
    };
    serde_json::to_vec(&message).expect("maps of texts always become JSON")
}

fn alert(alert: &NotifiedAlert) -> Alert<'_> {
    Alert {
        status: status(alert.firing),
        labels: alert.labels.iter().collect(),
        annotations: alert.annotations.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect(),
        starts_at: rfc3339(alert.starts_at),
        ends_at: alert.ends_at.map_or_else(|| "0001-01-01T00:00:00Z".to_owned(), rfc3339),
        generator_url: &alert.generator_url,
        fingerprint: format!("{:016x}", fingerprint(&alert.labels)),
    }
}

fn status(firing: bool) -> &'static str {
    if firing { "firing" } else { "resolved" }
}

/// RFC 3339 in UTC, with a fraction only where there is one, as Go prints it.
fn rfc3339(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_millisecond(at.ms().clamp(MIN_MS, MAX_MS));
    at.expect("clamped to the years 1 to 9999").to_string()
}

/// 0001-01-01T00:00:00Z and 9999-12-30T00:00:00Z.
const MIN_MS: i64 = -62_135_596_800_000;
const MAX_MS: i64 = 253_402_128_000_000;

/// FNV-1a over the sorted labels, each text followed by 0xff (Prometheus `LabelSet.Fingerprint`).
fn fingerprint(labels: &Labels) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for (name, value) in labels.iter() {
        for byte in name.bytes().chain([0xff]).chain(value.bytes()).chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    hash
}

#[cfg(test)]
mod tests;
