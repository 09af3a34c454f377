//! All receivers against one server that records what it is asked and answers from a script.

mod chat;
mod failing;
mod incidents;
mod mail;
mod push;
mod templates;
mod turns;

use super::{Receive, Stored, build};
use crate::integration::Surroundings;
use crate::post::Deadline;
use crate::view::View;
use crate::{DeliveryError, Metrics, Templates};
use alerts::{Notification, NotifiedAlert, Reason};
use config::{IntegrationKind, Secret, SecretSource};
use model::{Labels, Timestamp};
use net::AddressPolicy;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use sys::{Clock, Entropy, OsVfs};
use testkit::http::{Asked, Scripted, Site};

/// 2026-11-22T01:02:03Z
const NOW: Timestamp = Timestamp::from_ms(1_795_309_323_000);

struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        NOW
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

struct FixedEntropy;

impl Entropy for FixedEntropy {
    fn next_u64(&self) -> u64 {
        7
    }
}

fn around(templates: Templates) -> Surroundings {
    Surroundings {
        templates,
        vfs: Arc::new(OsVfs),
        policy: Arc::new(AddressPolicy::default()),
        clock: Arc::new(FixedClock),
        entropy: Arc::new(FixedEntropy),
        external_url: "http://flyball.example".to_owned(),
        host_name: "box".to_owned(),
        metrics: Arc::new(Metrics::default()),
    }
}

fn alert(instance: &str, firing: bool) -> NotifiedAlert {
    NotifiedAlert {
        labels: Labels::from_pairs([
            ("alertname", "HostDown"),
            ("instance", instance),
            ("severity", "critical"),
        ]),
        annotations: [("summary", format!("{instance} is <down>"))].into_iter().collect(),
        firing,
        starts_at: Timestamp::from_ms(1_795_309_000_500),
        ends_at: (!firing).then(|| Timestamp::from_ms(1_795_309_300_000)),
        generator_url: "http://prometheus/graph?g0.expr=up+%3D%3D+0".into(),
    }
}

fn notification(alerts: Vec<NotifiedAlert>) -> Notification {
    Notification {
        receiver: "team.ops".into(),
        integration: 0,
        group_key: r#"{}:{alertname="HostDown"}"#.into(),
        group_labels: Labels::from_pairs([("alertname", "HostDown")]),
        alerts,
        reason: Reason::FirstNotification,
        route_labels: BTreeMap::from([("team".to_owned(), "ops".to_owned())]),
        now: NOW,
        receiver_data: BTreeMap::new(),
    }
}

fn firing() -> Notification {
    notification(vec![alert("web-1", true), alert("web-2", false)])
}

fn resolved() -> Notification {
    Notification { reason: Reason::AllAlertsResolved, ..notification(vec![alert("web-1", false)]) }
}

fn secret(text: impl Into<String>) -> SecretSource {
    SecretSource::Inline(Secret::new(text))
}

async fn tell(
    receive: &dyn Receive,
    around: &Surroundings,
    notification: &Notification,
) -> Result<Stored, DeliveryError> {
    let view = View::new(notification, &around.templates, &around.external_url);
    let told = receive.deliver(&view, Deadline::after(Duration::from_secs(10))).await;
    let problems = view.problems();
    assert!(problems.is_empty(), "{problems:?}");
    told
}

/// Delivers a firing and a resolved group and shows all requests.
async fn requests(site: &Site, kind: IntegrationKind) -> String {
    let around = around(Templates::default());
    let receive = build(&kind, &around);
    for notification in [firing(), resolved()] {
        tell(receive.as_ref(), &around, &notification).await.unwrap();
    }
    shown(site)
}

/// A server that answers everything with this.
fn site(answer: impl Into<Scripted>) -> Site {
    let answer = answer.into();
    Site::start(move |_: &Asked| answer.clone())
}

fn ok() -> Site {
    site((200, "ok".to_owned()))
}

fn url(site: &Site, path: &str) -> String {
    format!("http://{}{path}", site.address())
}

/// Requests with the headers that matter; JSON is laid out, forms are taken apart.
fn shown(site: &Site) -> String {
    let mut shown = String::new();
    for asked in site.asked() {
        writeln!(shown, "{}", asked.target.replace('&', "\n  &")).unwrap();
        let mut head: Vec<String> = asked.head.iter().filter_map(|line| header(line)).collect();
        head.sort();
        for line in head {
            writeln!(shown, "{line}").unwrap();
        }
        let text = String::from_utf8_lossy(&asked.body).into_owned();
        let json = serde_json::from_slice::<serde_json::Value>(&asked.body);
        match json {
            Ok(json) => writeln!(shown, "{}", serde_json::to_string_pretty(&json).unwrap()),
            Err(_) if text.is_empty() => writeln!(shown, "(no body)"),
            Err(_) => writeln!(shown, "{}", text.replace('&', "\n&")),
        }
        .unwrap();
    }
    shown.replace(&site.address().to_string(), "SITE")
}

fn header(line: &str) -> Option<String> {
    const DULL: [&str; 4] = ["host", "content-length", "user-agent", "accept"];
    let (name, value) = line.split_once(':')?;
    let name = name.to_ascii_lowercase();
    (!DULL.contains(&name.as_str())).then(|| format!("{name}:{value}"))
}
