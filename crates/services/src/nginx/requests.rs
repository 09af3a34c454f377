//! Requests of an access log as series: counters, bytes and a histogram of times, by route, method
//! and status. Routes are templates of paths; their number is bounded. Pure.

use super::format::Request;
use crate::Page;
use model::MetricKind;
use std::collections::BTreeMap;

/// Upper bounds of the histogram in seconds, those that client libraries have by default.
const BOUNDS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Route of requests beyond the bound.
const OTHER: &str = "other";
/// Methods that are told apart; any other text is `OTHER`, because clients choose it.
const METHODS: [&str; 9] =
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"];
/// Most segments of a route.
const SEGMENTS_MAX: usize = 4;
/// Longest segment that may be a word.
const WORD_BYTES_MAX: usize = 32;

/// What was counted since the log is followed.
#[derive(Debug, Default)]
pub(super) struct Requests {
    /// Routes that are known, from the configuration and from what was seen.
    routes: Vec<String>,
    /// The first of them that was seen and not configured.
    learned_from: usize,
    routes_max: usize,
    by_key: BTreeMap<Key, Count>,
    lines: u64,
    unread: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    route: String,
    method: &'static str,
    status: String,
}

#[derive(Clone, Debug, Default)]
struct Count {
    requests: u64,
    bytes: u64,
    timed: u64,
    seconds: f64,
    upstream_seconds: f64,
    buckets: [u64; BOUNDS.len()],
}

impl Requests {
    /// Counts by these routes (`/orders/*`: any path that begins so), and by what is seen until
    /// there are `routes_max`.
    pub(super) fn new(configured: &[String], routes_max: usize) -> Self {
        let routes = configured.to_vec();
        Self { learned_from: routes.len(), routes, routes_max, ..Self::default() }
    }

    /// Counts a line; `None`: it does not have the format.
    pub(super) fn count(&mut self, request: Option<Request<'_>>) {
        self.lines += 1;
        let Some(request) = request else {
            self.unread += 1;
            return;
        };
        let method = METHODS.iter().find(|known| **known == request.method);
        let key = Key {
            route: self.route(request.path),
            method: method.copied().unwrap_or("OTHER"),
            status: request.status.to_owned(),
        };
        let count = self.by_key.entry(key).or_default();
        count.requests += 1;
        count.bytes = count.bytes.saturating_add(request.bytes.unwrap_or_default());
        count.upstream_seconds += request.upstream_seconds.unwrap_or_default();
        if let Some(seconds) = request.seconds {
            count.timed += 1;
            count.seconds += seconds;
            for (bucket, bound) in count.buckets.iter_mut().zip(BOUNDS) {
                *bucket += u64::from(seconds <= bound);
            }
        }
    }

    /// The configured route that a path fits, else its template if there is room for it.
    fn route(&mut self, path: &str) -> String {
        let fits = |route: &&String| match route.strip_suffix('*') {
            Some(begin) => path.starts_with(begin),
            None => route.as_str() == path,
        };
        if let Some(route) = self.routes[..self.learned_from].iter().find(fits) {
            return route.clone();
        }
        let template = template(path);
        if self.routes[self.learned_from..].contains(&template) {
            return template;
        }
        if self.routes.len() >= self.routes_max {
            return OTHER.to_owned();
        }
        self.routes.push(template.clone());
        template
    }

    /// Adds all series.
    pub(super) fn write(&self, page: &mut Page) {
        const SECONDS: (&str, MetricKind, &str) = (
            "nginx_http_request_duration_seconds",
            MetricKind::Histogram,
            "Time from the first byte of a request to the last byte of its answer, from the \
             access log.",
        );
        for (key, count) in &self.by_key {
            let labels =
                [("route", key.route.as_str()), ("method", key.method), ("status", &key.status)];
            page.counter(
                "nginx_accesslog_requests_total",
                "Requests in the access log.",
                &labels,
                count.requests as f64,
            );
            page.counter(
                "nginx_accesslog_response_bytes_total",
                "Bytes of answers in the access log.",
                &labels,
                count.bytes as f64,
            );
            if count.timed == 0 {
                continue;
            }
            page.counter(
                "nginx_accesslog_upstream_seconds_total",
                "Time that upstreams took for requests in the access log.",
                &labels,
                count.upstream_seconds,
            );
            let bounds = BOUNDS.iter().zip(count.buckets);
            let bounds = bounds.map(|(bound, n)| (exposition::format_openmetrics_float(*bound), n));
            for (bound, n) in bounds.chain([("+Inf".to_owned(), count.timed)]) {
                let labels = [labels[0], labels[1], labels[2], ("le", bound.as_str())];
                page.part(SECONDS, "_bucket", &labels, n as f64);
            }
            page.part(SECONDS, "_sum", &labels, count.seconds);
            page.part(SECONDS, "_count", &labels, count.timed as f64);
        }
        page.counter(
            "nginx_accesslog_lines_total",
            "Lines of the access log that were read.",
            &[],
            self.lines as f64,
        );
        page.counter(
            "nginx_accesslog_unread_lines_total",
            "Lines of the access log that do not have its format.",
            &[],
            self.unread as f64,
        );
    }
}

/// A path with what varies replaced: numbers, identifiers and long words become `:id`, and only
/// the first segments stay.
fn template(path: &str) -> String {
    let path = path.strip_prefix('/').unwrap_or(path);
    let mut out = String::new();
    for (index, segment) in path.split('/').enumerate() {
        out.push('/');
        if index == SEGMENTS_MAX {
            out.push('*');
            break;
        }
        out.push_str(if is_word(segment) { segment } else { ":id" });
    }
    out
}

/// Letters with `-`, `_` and `.`, at most two digits, and not too long.
fn is_word(segment: &str) -> bool {
    let digits = segment.bytes().filter(u8::is_ascii_digit).count();
    let letters = segment.bytes().any(|byte| byte.is_ascii_alphabetic());
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    segment.is_empty()
        || segment.len() <= WORD_BYTES_MAX && digits <= 2 && letters && segment.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::{Requests, template};
    use crate::Page;
    use crate::nginx::format::Request;
    use expect_test::expect;

    #[test]
    fn what_varies_in_a_path_is_replaced() {
        for (path, expected) in [
            ("/", "/"),
            ("/a/b", "/a/b"),
            ("/v1/orders/1234/items", "/v1/orders/:id/items"),
            ("/u/3f2504e0-4f89-11d3-9a0c-0305e82c3301", "/u/:id"),
            ("/a/b/c/d/e/f", "/a/b/c/d/*"),
            ("/x%20y/", "/:id/"),
            ("*", "/:id"),
        ] {
            assert_eq!(template(path), expected, "{path}");
        }
    }

    #[test]
    fn routes_are_bounded_and_times_are_a_histogram() {
        let mut requests = Requests::new(&["/api/*".to_owned()], 2);
        let request = |path, status, seconds| {
            Some(Request {
                method: "GET",
                path,
                status,
                bytes: Some(10),
                seconds,
                upstream_seconds: None,
            })
        };
        requests.count(request("/api/x", "200", Some(0.02)));
        requests.count(request("/api/y/z", "200", Some(3.0)));
        requests.count(request("/home", "200", None));
        requests.count(request("/beyond", "404", None));
        requests.count(Some(Request {
            method: "EVIL",
            path: "/home",
            status: "200",
            ..Request::default()
        }));
        requests.count(None);
        let mut page = Page::default();
        requests.write(&mut page);
        let text = exposition::render_text(&page.into_families());
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        expect![[r#"
            nginx_accesslog_lines_total 6
            nginx_accesslog_requests_total{method="GET",route="/api/*",status="200"} 2
            nginx_accesslog_requests_total{method="GET",route="/home",status="200"} 1
            nginx_accesslog_requests_total{method="OTHER",route="/home",status="200"} 1
            nginx_accesslog_requests_total{method="GET",route="other",status="404"} 1
            nginx_accesslog_response_bytes_total{method="GET",route="/api/*",status="200"} 20
            nginx_accesslog_response_bytes_total{method="GET",route="/home",status="200"} 10
            nginx_accesslog_response_bytes_total{method="OTHER",route="/home",status="200"} 0
            nginx_accesslog_response_bytes_total{method="GET",route="other",status="404"} 10
            nginx_accesslog_unread_lines_total 1
            nginx_accesslog_upstream_seconds_total{method="GET",route="/api/*",status="200"} 0
            nginx_http_request_duration_seconds_bucket{method="GET",route="/api/*",status="200",le="0.005"} 0
            nginx_http_request_duration_seconds_bucket{method="GET",route="/api/*",status="200",le="0.01"} 0
            nginx_http_request_duration_seconds_bucket{method="GET",route="/api/*",status="200",le="0.025"} 1
            nginx_http_request_duration_seconds_bucket{method="GET",route="/api/*",status="200",le="0.05"} 1
            nginx_http_request_duration_seconds_bucket{method="GET",route="/api/*",status="200",le="0.1"} 1
            nginx_http_request_duration_seconds_bucket{method="GET",route="/api/*",status="200",le="0.25"} 1
            nginx_http_request_duration_seconds_bucket{method="GET",route="/api/*",status="200",le="0.5"} 1
            nginx_http_request_duration_seconds_bucket{method="GET",route="/api/*",status="200",le="1.0"} 1
            nginx_http_request_duration_seconds_bucket{method="GET",route="/api/*",status="200",le="2.5"} 1
            nginx_http_request_duration_seconds_bucket{method="GET",route="/api/*",status="200",le="5.0"} 2
            nginx_http_request_duration_seconds_bucket{method="GET",route="/api/*",status="200",le="10.0"} 2
            nginx_http_request_duration_seconds_bucket{method="GET",route="/api/*",status="200",le="+Inf"} 2
            nginx_http_request_duration_seconds_sum{method="GET",route="/api/*",status="200"} 3.02
            nginx_http_request_duration_seconds_count{method="GET",route="/api/*",status="200"} 2"#]].assert_eq(&lines.join("\n"));
    }
}
