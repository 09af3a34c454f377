//! Alertmanager's 25 acceptance scenarios of one node, against the real process with real webhooks.
//! Source: Alertmanager 0.34 `test/with_api_v2/acceptance`; in virtual time, to the second, they
//! stand in `alerts` and `api`. Here intervals are short and a scenario goes on when the receiver
//! has heard what comes next, so that a slow machine only makes it longer.

mod api;
mod mute;
mod send;

use crate::sender::now_ms;
use crate::server::Server;
use serde_json::{Value, json};
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;
use testkit::http::{Asked, Reply, Scripted, Site, exchange, post};
use testkit::wait_for;

/// Scenarios that run at the same time, each with a process of its own.
const AT_A_TIME: usize = 6;

/// A scenario with its name upstream.
type Scenario = (&'static str, fn());

#[test]
fn all_25_scenarios_of_one_node_hold_over_real_sockets() {
    let all: Vec<Scenario> = [&send::ALL[..], &mute::ALL[..], &api::ALL[..]].concat();
    assert_eq!(all.len(), 25);
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some((name, play)) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
            if catch_unwind(play).is_err() {
                failed.lock().unwrap().push(*name);
            }
        }
    };
    thread::scope(|scope| (0..AT_A_TIME).for_each(|_| drop(scope.spawn(work))));
    assert_eq!(failed.into_inner().unwrap(), Vec::<&str>::new(), "see above");
}

/// A webhook that keeps what it took.
struct Sink {
    site: Site,
    took: Arc<Mutex<Vec<Value>>>,
    /// What it answers from now on; it takes only what it answers with 200.
    status: Arc<AtomicU16>,
}

impl Sink {
    fn start() -> Self {
        let took = Arc::new(Mutex::new(Vec::new()));
        let status = Arc::new(AtomicU16::new(200));
        let (log, answer) = (Arc::clone(&took), Arc::clone(&status));
        let site = Site::start(move |asked: &Asked| {
            let status = answer.load(Ordering::Relaxed);
            if status == 200 {
                log.lock().unwrap().push(serde_json::from_slice(&asked.body).unwrap());
            }
            let latency = if status == 0 { Duration::from_millis(900) } else { Duration::ZERO };
            Scripted { status: status.max(200), latency, ..Scripted::default() }
        });
        Self { site, took, status }
    }

    /// Answers with this status from now on; 0: answers only after 900 ms, and takes nothing.
    fn answer(&self, status: u16) {
        self.status.store(status, Ordering::Relaxed);
    }

    fn asked(&self) -> usize {
        self.site.asked().len()
    }

    /// Messages that it took.
    fn took(&self) -> Vec<Value> {
        self.took.lock().unwrap().clone()
    }

    /// The same as `+test1 -test2/zone`: signs, names and the other labels' values.
    fn heard(&self) -> Vec<String> {
        self.took().iter().map(shown).collect()
    }

    /// Waits for a message, among those after the first `after`; gives its place and itself.
    fn wait_after(&self, after: usize, wanted: &str) -> (usize, Value) {
        let found = || {
            let took = self.took();
            let place = (after..took.len()).find(|place| shown(&took[*place]) == wanted)?;
            Some((place, took[place].clone()))
        };
        wait_for(&format!("`{wanted}`"), found)
    }

    /// Waits for a message.
    fn wait(&self, wanted: &str) -> (usize, Value) {
        self.wait_after(0, wanted)
    }
}

fn shown(message: &Value) -> String {
    let mut alerts: Vec<String> = message["alerts"].as_array().unwrap().iter().map(alert).collect();
    alerts.sort_by_key(|alert| alert[1..].to_owned());
    alerts.join(" ")
}

fn alert(alert: &Value) -> String {
    let sign = if alert["status"] == "firing" { "+" } else { "-" };
    let labels = alert["labels"].as_object().unwrap();
    let name = labels.get("alertname").and_then(Value::as_str).unwrap_or_default();
    let others = labels.iter().filter(|(label, _)| *label != "alertname");
    let parts = [name].into_iter().chain(others.map(|(_, value)| value.as_str().unwrap()));
    format!("{sign}{}", parts.collect::<Vec<_>>().join("/"))
}

/// An instant of an alert of a message, in milliseconds since 1970.
fn instant_ms(message: &Value, name: &str) -> i64 {
    let text = message["alerts"][0][name].as_str().unwrap();
    text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

/// A server that routes as `alertmanager.yml` says.
struct Stage {
    server: Server,
    prefix: &'static str,
}

const FLYBALL: &str = "\
version: 1
alertmanager: alertmanager.yml
default_rules: false
collect: {host: {enabled: false}}
";

/// One receiver with a webhook for each sink; `more` is added at the top.
fn config(more: &str, timing: &str, hooks: &[(&Sink, &str)]) -> String {
    let hook = |(sink, more): &(&Sink, &str)| {
        format!("  - {{url: 'http://{}'{more}}}\n", sink.site.address())
    };
    let hooks: String = hooks.iter().map(hook).collect();
    format!(
        "{more}\nroute: {{receiver: default, {timing}}}\nreceivers:\n- name: default\n  \
         webhook_configs:\n{hooks}"
    )
}

impl Stage {
    fn start(config: &str) -> Self {
        Self::with(config, "", &[], "")
    }

    /// The same with more in flyball.yml, flags and a route prefix.
    fn with(config: &str, more: &str, flags: &[&str], prefix: &'static str) -> Self {
        let mut server = Server::prepare(&[&["--config.file=flyball.yml"], flags].concat());
        server.write("flyball.yml", &format!("{FLYBALL}{more}"));
        server.write("alertmanager.yml", config);
        server.launch();
        let ready = || {
            let path = format!("{prefix}/-/ready");
            let reply = testkit::http::get(server.address_if_known()?, &path);
            reply.ok().filter(|reply| reply.status == 200)
        };
        wait_for("flyball to be ready", ready);
        Self { server, prefix }
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Reply {
        let (address, path) = (self.server.address(), format!("{}/api/v2/{path}", self.prefix));
        let headers = ["Content-Type: application/json"];
        match method {
            "POST" => post(address, &path, &headers, body.to_string().as_bytes()).unwrap(),
            _ => exchange(address, method, &path, &[], &[]).unwrap(),
        }
    }

    /// The elements of a list.
    fn list(&self, path: &str) -> Vec<Value> {
        let reply = self.ask("GET", path, &Value::Null);
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        serde_json::from_slice(&reply.body).unwrap()
    }

    fn push(&self, alerts: &[Value]) {
        let reply = self.ask("POST", "alerts", &json!(alerts));
        assert_eq!(reply.status, 200, "{}", reply.text());
    }

    /// Makes a silence for milliseconds from now; its identity.
    fn silence(&self, name: &str, value: &str, is_regex: bool, for_ms: i64) -> String {
        let reply = self.ask("POST", "silences", &silence(name, value, is_regex, for_ms));
        assert_eq!(reply.status, 200, "{}", reply.text());
        let body: Value = serde_json::from_slice(&reply.body).unwrap();
        body["silenceID"].as_str().unwrap().to_owned()
    }
}

fn silence(name: &str, value: &str, is_regex: bool, for_ms: i64) -> Value {
    let now = now_ms();
    json!({
        "comment": "test", "createdBy": "test", "startsAt": rfc3339(now),
        "endsAt": rfc3339(now + for_ms),
        "matchers": [{"name": name, "value": value, "isRegex": is_regex, "isEqual": true}],
    })
}

fn rfc3339(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).unwrap().to_string()
}

/// An alert without beginning and end; labels as `name=value`.
fn posted(labels: &[&str]) -> Value {
    let pairs = labels.iter().map(|label| label.split_once('=').unwrap());
    let labels: serde_json::Map<String, Value> =
        pairs.map(|(name, value)| (name.to_owned(), value.into())).collect();
    json!({"labels": labels})
}

/// The same with a beginning and maybe an end.
fn posted_span(labels: &[&str], starts_ms: i64, ends_ms: Option<i64>) -> Value {
    let mut alert = posted(labels);
    alert["startsAt"] = rfc3339(starts_ms).into();
    if let Some(ends_ms) = ends_ms {
        alert["endsAt"] = rfc3339(ends_ms).into();
    }
    alert
}
