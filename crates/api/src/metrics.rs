//! Counts what the server answers: requests and seconds by route, method class and status.
//! Bounded: routes come from the table, statuses from this crate; unknown paths share one name.

use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

/// Upper bounds of the duration histogram in seconds (Prometheus' own for the same metric).
const BOUNDS: [f64; 10] = [0.1, 0.2, 0.4, 1.0, 3.0, 8.0, 20.0, 60.0, 120.0, 300.0];

/// Requests answered since the start.
#[derive(Debug, Default)]
pub struct HttpMetrics {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    requests: BTreeMap<(String, u16), u64>,
    durations: BTreeMap<String, Histogram>,
}

#[derive(Debug, Default)]
struct Histogram {
    buckets: [u64; BOUNDS.len()],
    count: u64,
    sum: f64,
}

impl HttpMetrics {
    /// Counts one answer of the route `handler`.
    pub(crate) fn observe(&self, handler: &str, status: u16, duration: Duration) {
        let seconds = duration.as_secs_f64();
        let mut inner = self.inner.lock();
        *inner.requests.entry((handler.into(), status)).or_default() += 1;
        let histogram = inner.durations.entry(handler.into()).or_default();
        for (bucket, bound) in histogram.buckets.iter_mut().zip(BOUNDS) {
            *bucket += u64::from(seconds <= bound);
        }
        histogram.count += 1;
        histogram.sum += seconds;
    }

    /// Appends `flyball_http_requests_total` and `flyball_http_request_duration_seconds` in text
    /// format 0.0.4.
    pub fn render(&self, out: &mut String) {
        let inner = self.inner.lock();
        write_requests(out, &inner.requests).expect("a String takes every text");
        write_durations(out, &inner.durations).expect("a String takes every text");
    }
}

fn write_requests(
    out: &mut String,
    requests: &BTreeMap<(String, u16), u64>,
) -> Result<(), std::fmt::Error> {
    let name = "flyball_http_requests_total";
    writeln!(out, "# HELP {name} HTTP requests answered.\n# TYPE {name} counter")?;
    for ((handler, code), count) in requests {
        writeln!(out, "{name}{{code=\"{code}\",handler=\"{handler}\"}} {count}")?;
    }
    Ok(())
}

fn write_durations(
    out: &mut String,
    durations: &BTreeMap<String, Histogram>,
) -> Result<(), std::fmt::Error> {
    let name = "flyball_http_request_duration_seconds";
    writeln!(out, "# HELP {name} Time from a request's head to its answer's head.")?;
    writeln!(out, "# TYPE {name} histogram")?;
    for (handler, histogram) in durations {
        for (bound, count) in BOUNDS.iter().zip(histogram.buckets) {
            writeln!(out, "{name}_bucket{{handler=\"{handler}\",le=\"{bound}\"}} {count}")?;
        }
        let Histogram { count, sum, .. } = histogram;
        writeln!(out, "{name}_bucket{{handler=\"{handler}\",le=\"+Inf\"}} {count}")?;
        writeln!(out, "{name}_sum{{handler=\"{handler}\"}} {sum}")?;
        writeln!(out, "{name}_count{{handler=\"{handler}\"}} {count}")?;
    }
    Ok(())
}
