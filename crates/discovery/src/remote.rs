//! Targets that other servers name. Each entry of the configuration has a task that asks; what an
//! answer means is decided by a pure function per mechanism. Mechanisms, meta labels and defaults
//! are those of Prometheus 3.14 (`discovery/*`).

mod consul;
mod dns;
mod docker;
mod http;
mod kubernetes;
mod labels;

use crate::group::{Fault, Group};
use ::http::HeaderMap;
use ::http::StatusCode;
use config::RemoteSdConfig;
pub use docker::{DockerContainer, DockerEngine};
use net::{BodyLimits, Client, ClientOptions, Request};
use serde::de::DeserializeOwned;
use std::future::Future;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use url::Url;

/// Longest answer of a server that names targets: 64 MiB, as for files.
const ANSWER_BYTES_MAX: u64 = crate::FILE_BYTES_MAX;

/// What a task found out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Report {
    /// All groups of the entry; `None`: those of before stay.
    pub(crate) groups: Option<Vec<Group>>,
    /// Why the last question failed, if it did.
    pub(crate) fault: Option<Fault>,
}

/// The way of one entry's reports to those who publish them.
#[derive(Clone)]
struct Mouth {
    entry: usize,
    reports: mpsc::Sender<(usize, Report)>,
}

impl Mouth {
    /// Hands a report on; `false` when nobody listens any more.
    async fn tell(&self, report: Report) -> bool {
        self.reports.send((self.entry, report)).await.is_ok()
    }
}

/// Starts the task of an entry.
pub(crate) fn spawn(
    tasks: &mut JoinSet<()>,
    (entry, config): (usize, &RemoteSdConfig),
    options: &ClientOptions,
    reports: mpsc::Sender<(usize, Report)>,
) {
    let mouth = Mouth { entry, reports };
    match config {
        RemoteSdConfig::Consul(config) => {
            let source = consul::Source::new(config, options);
            tasks.spawn(refresh(source, config.server.clone(), config.refresh_interval, mouth));
        }
        RemoteSdConfig::Dns(config) => {
            tasks.spawn(dns::run(config.as_ref().clone(), options.clone(), mouth));
        }
        RemoteSdConfig::Docker(config) => {
            let source = docker::Source::new(config, options);
            tasks.spawn(refresh(source, config.host.clone(), config.refresh_interval, mouth));
        }
        RemoteSdConfig::Http(config) => {
            let source = http::Source::new(config, options);
            tasks.spawn(refresh(source, shown(&config.url), config.refresh_interval, mouth));
        }
        RemoteSdConfig::Kubernetes(config) => {
            tasks.spawn(kubernetes::run(config.as_ref().clone(), options.clone(), mouth));
        }
    }
}

/// A URL without its password.
fn shown(url: &str) -> String {
    let Ok(mut parsed) = Url::parse(url) else { return url.to_owned() };
    if parsed.password().is_some() && parsed.set_password(Some("xxxxx")).is_ok() {
        return parsed.to_string();
    }
    url.to_owned()
}

/// A server that is asked again and again.
trait Source: Send + 'static {
    /// All groups that it names now.
    fn ask(&mut self) -> impl Future<Output = Result<Vec<Group>, String>> + Send;
}

/// Asks at once and then once per interval, until nobody listens.
async fn refresh(mut source: impl Source, name: String, interval: Duration, mouth: Mouth) {
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let report = match source.ask().await {
            Ok(groups) => Report { groups: Some(groups), fault: None },
            Err(message) => {
                let fault = Some(Fault { source: name.clone(), message });
                Report { groups: None, fault }
            }
        };
        if !mouth.tell(report).await {
            return;
        }
    }
}

/// Asks for JSON; any status but 200 is an error.
async fn get_json<T: DeserializeOwned>(
    client: &Client,
    url: Url,
    headers: HeaderMap,
    timeout: Duration,
) -> Result<(T, HeaderMap), String> {
    let mut request = Request::get(url, timeout);
    request.headers = headers;
    request.limits = BodyLimits::whole(ANSWER_BYTES_MAX);
    let mut body = Vec::new();
    let answer = client.send(request, &mut body).await.map_err(|error| error.describe())?;
    if answer.status != StatusCode::OK {
        return Err(format!(
            "{} returned HTTP status {}",
            shown(answer.url.as_str()),
            answer.status
        ));
    }
    let value = serde_json::from_slice(&body).map_err(|error| {
        format!("{} returned JSON that is not as expected: {error}", shown(answer.url.as_str()))
    })?;
    Ok((value, answer.headers))
}

#[cfg(test)]
mod tests;
