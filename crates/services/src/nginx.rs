//! nginx: the page of `stub_status` under the names of `nginx-prometheus-exporter`, and requests by
//! route from the access log. A server that does not answer costs what its page gives; the log is
//! read on.

mod follow;
mod format;
mod requests;
mod status;

use crate::report::{Names, Round};
use crate::{Fault, Page, PartOutcome, Reason, World};
use config::{HttpAuth, HttpClientConfig, NginxInstance, TextSource};
use exposition::Family;
use follow::Follower;
use format::LogFormat;
use net::{BodyLimits, Client, ClientOptions};
use requests::Requests;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Series about the parts.
const NAMES: Names = Names {
    service: "nginx",
    duration: ("nginx_scrape_collector_duration_seconds", "Duration of a collector scrape."),
    success: ("nginx_scrape_collector_success", "Whether a collector succeeded."),
};
/// Names of all metrics, for tables of what exists.
pub(crate) const METRICS: [&str; 14] = [
    "nginx_up",
    "nginx_connections_accepted",
    "nginx_connections_active",
    "nginx_connections_handled",
    "nginx_connections_reading",
    "nginx_connections_waiting",
    "nginx_connections_writing",
    "nginx_http_requests_total",
    "nginx_http_request_duration_seconds",
    "nginx_accesslog_requests_total",
    "nginx_accesslog_response_bytes_total",
    "nginx_accesslog_upstream_seconds_total",
    "nginx_accesslog_lines_total",
    "nginx_accesslog_unread_lines_total",
];
/// Most bytes of the page; it has about a hundred.
const PAGE_BYTES_MAX: u64 = 64 << 10;

/// One nginx server.
pub struct NginxCollector {
    settings: NginxInstance,
    world: World,
    client: Client,
    log: Option<Log>,
}

/// An access log that is followed.
struct Log {
    follower: Follower,
    format: Result<LogFormat, String>,
    requests: Requests,
}

impl NginxCollector {
    /// A collector of one server.
    pub fn new(settings: NginxInstance, world: World) -> Self {
        let auth = match &settings.username {
            Some(user) => HttpAuth::Basic {
                username: TextSource::Inline(user.clone()),
                password: settings.password.clone(),
            },
            None => HttpAuth::None,
        };
        let tls = settings.tls.clone();
        let config =
            HttpClientConfig { auth, tls, follow_redirects: false, ..HttpClientConfig::default() };
        let options =
            ClientOptions { policy: Arc::clone(&world.policy), vfs: Arc::clone(&world.vfs) };
        let log = settings.access_log.as_ref().map(|log| Log {
            follower: Follower::new(&log.path),
            format: LogFormat::parse(&log.format),
            requests: Requests::new(&log.routes, log.routes_max),
        });
        Self { settings, world, client: Client::new(config, options), log }
    }

    /// Asks the server once; takes at most its timeout.
    pub async fn collect(&mut self) -> (Vec<Family>, Vec<PartOutcome>) {
        let mut round = Round::new(&NAMES, self.settings.common.series_max);
        let began = self.world.clock.monotonic();
        let mut page = Page::default();
        let outcome = match self.text().await {
            Ok(text) => status::read(&text, &mut page),
            Err(fault) => Err(fault),
        };
        let up = f64::from(u8::from(outcome.is_ok()));
        round.page().gauge("nginx_up", "Status of the last metric scrape", &[], up);
        round.take("stub_status", self.since(began), outcome.map(|()| &page));
        let began = self.world.clock.monotonic();
        if let Some(log) = &mut self.log {
            let mut page = Page::default();
            let outcome = log.read(&mut page);
            let took = self.world.clock.monotonic().saturating_sub(began);
            round.take("access_log", took, outcome.map(|()| &page));
        }
        let (page, parts) = round.finish();
        (page.into_families(), parts)
    }

    fn since(&self, began: Duration) -> Duration {
        self.world.clock.monotonic().saturating_sub(began)
    }

    async fn text(&self) -> Result<String, Fault> {
        let url = &self.settings.url;
        let parsed = Url::parse(url);
        let parsed = parsed.map_err(|error| {
            Fault::new(Reason::Config, format!("cannot ask nginx: `url` is no URL: {error}"))
        })?;
        let mut request = net::Request::get(parsed, self.settings.common.timeout);
        request.limits = BodyLimits::whole(PAGE_BYTES_MAX);
        let mut body = Vec::new();
        let exchange = self.client.send(request, &mut body).await?;
        let status = exchange.status.as_u16();
        let reason = match status {
            200 => return Ok(String::from_utf8_lossy(&body).into_owned()),
            401 => Reason::Auth,
            403 => Reason::Permission,
            404 => Reason::Unsupported,
            503 => Reason::NotReady,
            _ => Reason::Refused,
        };
        Err(Fault::answered(reason, format!("get {url}: the server answers {status}")))
    }
}

impl Log {
    fn read(&mut self, page: &mut Page) -> Result<(), Fault> {
        let format = self.format.as_ref().map_err(|message| {
            Fault::new(Reason::Config, format!("the format of the access log: {message}"))
        })?;
        let requests = &mut self.requests;
        self.follower.read(|line| requests.count(format.read(line)))?;
        self.requests.write(page);
        Ok(())
    }
}

/// Reads any text as a page of `stub_status`, as lines of access logs, and its first line as a
/// format that reads the others; counts what they give.
#[doc(hidden)]
pub fn check_text(bytes: &[u8]) -> usize {
    let (text, mut page) = (String::from_utf8_lossy(bytes), Page::default());
    let is_page = status::read(&text, &mut page).is_ok();
    let mut requests = Requests::new(&[], 5);
    let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let mut read = usize::from(is_page);
    for format in [first, "combined", "$request $status $request_time $upstream_response_time"] {
        let Ok(format) = LogFormat::parse(format) else { continue };
        for line in rest.lines().chain([first]) {
            let request = format.read(line);
            read += usize::from(request.is_some());
            requests.count(request);
        }
    }
    requests.write(&mut page);
    let _rendered = exposition::render_text(&page.into_families());
    read
}
