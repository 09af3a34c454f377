//! One probe under way: the series it has set so far, the lines it has logged, its deadline.
//! What a probe found before its time was up is told all the same.

use crate::names::{self, Metric};
use crate::{Findings, Judged, Reason, Span};
use config::blackbox::IpChoice;
use exposition::Family;
use model::Labels;
use net::{Certificate, Dialer, Families};
use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::Instant;

/// Lines of a log at most; a conversation may read many.
const LOG_LINES_MAX: usize = 200;
/// Longest text of a line of the log, in characters.
const LOG_TEXT_CHARS_MAX: usize = 500;

/// What a probe found.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Did the target answer as it must?
    pub success: bool,
    /// Why not.
    pub reason: Option<Reason>,
    /// All series, sorted by name.
    pub families: Vec<Family>,
    /// Certificates that the target showed, its own first.
    pub certificates: Vec<Certificate>,
    /// What happened, a line each.
    pub log: String,
    /// Time that the probe took.
    pub duration: Duration,
    /// What became of its conditions.
    pub conditions: Vec<Judged>,
    /// What it saw on its way.
    pub findings: Findings,
}

/// Why a probe ends early; the log has said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failed(pub(crate) Reason);

/// What a step of a probe gives.
pub(crate) type Step<T> = Result<T, Failed>;

/// One probe under way.
pub(crate) struct Run {
    series: BTreeMap<&'static str, Family>,
    log: String,
    lines: usize,
    began: Instant,
    pub(crate) deadline: Instant,
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) findings: Findings,
}

impl Run {
    pub(crate) fn new(timeout: Duration) -> Self {
        let began = Instant::now();
        Self {
            series: BTreeMap::new(),
            log: String::new(),
            lines: 0,
            began,
            deadline: began + timeout,
            certificates: Vec::new(),
            findings: Findings::default(),
        }
    }

    /// Remembers a phase.
    pub(crate) fn span(&mut self, phase: &'static str, from: Instant, to: Instant) {
        let length = to.saturating_duration_since(from);
        let start = from.saturating_duration_since(self.began);
        self.findings.span(Span { phase, hop: 0, start, length, is_cut: false });
    }

    /// Time from the begin of the probe to an instant.
    pub(crate) fn since_begin(&self, at: Instant) -> Duration {
        at.saturating_duration_since(self.began)
    }

    /// Sets a gauge without labels.
    pub(crate) fn set(&mut self, metric: Metric, value: f64) {
        self.set_with(metric, Labels::empty(), value);
    }

    pub(crate) fn flag(&mut self, metric: Metric, value: bool) {
        self.set(metric, f64::from(u8::from(value)));
    }

    /// Sets a gauge with labels; the last value counts.
    pub(crate) fn set_with(&mut self, metric: Metric, labels: Labels, value: f64) {
        let Metric(name, help) = metric;
        let family = self.series.entry(name).or_insert_with(|| Family::gauge(name, help));
        match family.points.iter_mut().find(|point| point.labels == labels) {
            Some(point) => point.value = value,
            None => family.push(labels, value),
        }
    }

    /// Sets the gauge of a phase.
    pub(crate) fn phase(&mut self, metric: Metric, phase: &str, time: Duration) {
        self.set_with(metric, Labels::from_pairs([("phase", phase)]), time.as_secs_f64());
    }

    /// Writes a line of the log.
    pub(crate) fn note(
        &mut self,
        level: &str,
        message: &str,
        details: &[(&str, &(dyn Display + Sync))],
    ) {
        self.lines += 1;
        if self.lines > LOG_LINES_MAX {
            return;
        }
        let at = self.began.elapsed().as_secs_f64();
        // Writing to a string cannot fail.
        let _infallible = write!(self.log, "t={at:.6} level={level} msg={}", quoted(message));
        for (name, value) in details {
            let _infallible = write!(self.log, " {name}={}", quoted(&value.to_string()));
        }
        self.log.push('\n');
    }

    pub(crate) fn info(&mut self, message: &str, details: &[(&str, &(dyn Display + Sync))]) {
        self.note("info", message, details);
    }

    /// Writes why the probe fails.
    pub(crate) fn fail(
        &mut self,
        reason: Reason,
        message: &str,
        details: &[(&str, &(dyn Display + Sync))],
    ) -> Failed {
        self.note("error", message, details);
        if self.findings.why.is_none() {
            let details = details.iter().map(|(name, value)| match *name {
                "err" => format!(": {value}"),
                name => format!(", {name} {value}"),
            });
            let why = message.to_owned() + &details.collect::<String>();
            self.findings.why = Some(cut(&why).to_owned());
        }
        Failed(reason)
    }

    /// The same for an error of the network.
    pub(crate) fn fail_by(&mut self, message: &str, error: &net::Error) -> Failed {
        self.fail(Reason::of(error), message, &[("err", &error.describe())])
    }

    /// Waits for something until the time is up.
    pub(crate) async fn in_time<T>(&mut self, waited: impl Future<Output = T>) -> Step<T> {
        match tokio::time::timeout_at(self.deadline, waited).await {
            Ok(value) => Ok(value),
            Err(_elapsed) => Err(self.fail(Reason::Timeout, "The time is up", &[])),
        }
    }

    /// Finds the address of a host and tells of it; with it the time that took.
    pub(crate) async fn choose_address(
        &mut self,
        dialer: &Dialer,
        host: &str,
        choice: IpChoice,
    ) -> Step<(IpAddr, Duration)> {
        self.set(names::IP_PROTOCOL, 0.0);
        self.set(names::IP_HASH, 0.0);
        self.set(names::LOOKUP_TIME, 0.0);
        let families = Families { prefers_ip4: choice.prefers_ip4, falls_back: choice.falls_back };
        let preferred = if choice.prefers_ip4 { "ip4" } else { "ip6" };
        let details: [(&str, &(dyn Display + Sync)); 2] =
            [("target", &host), ("ip_protocol", &preferred)];
        self.info("Resolving target address", &details);
        let begun = Instant::now();
        let chosen = self.in_time(dialer.choose(host, families)).await;
        let took = begun.elapsed();
        self.span("resolve", begun, begun + took);
        self.set(names::LOOKUP_TIME, took.as_secs_f64());
        let address = match chosen? {
            Ok(address) => address,
            Err(error) => return Err(self.fail_by("Error resolving address", &error)),
        };
        self.info("Resolved target address", &[("ip", &address)]);
        self.findings.address = Some(address);
        self.set(names::IP_PROTOCOL, if address.is_ipv4() { 4.0 } else { 6.0 });
        self.set(names::IP_HASH, f64::from(ip_hash(address)));
        Ok((address, took))
    }

    /// The end: success and duration are told with everything else.
    pub(crate) fn finish(mut self, result: Step<()>) -> Outcome {
        let duration = self.began.elapsed();
        let reason = result.err().map(|Failed(reason)| reason);
        self.set(names::DURATION, duration.as_secs_f64());
        self.flag(names::SUCCESS, reason.is_none());
        let seconds = duration.as_secs_f64();
        match reason {
            None => self.info("Probe succeeded", &[("duration_seconds", &seconds)]),
            Some(reason) => {
                let details: [(&str, &(dyn Display + Sync)); 2] =
                    [("duration_seconds", &seconds), ("reason", &reason.name())];
                self.note("error", "Probe failed", &details);
            }
        }
        Outcome {
            success: reason.is_none(),
            reason,
            families: self.series.into_values().collect(),
            certificates: self.certificates,
            log: self.log,
            duration,
            conditions: Vec::new(),
            findings: self.findings,
        }
    }
}

/// FNV-1a over the bytes of the address, as upstream.
fn ip_hash(address: IpAddr) -> u32 {
    let step = |hash: u32, byte: &u8| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    match address {
        IpAddr::V4(v4) => v4.octets().iter().fold(0x811c_9dc5, step),
        IpAddr::V6(v6) => v6.octets().iter().fold(0x811c_9dc5, step),
    }
}

/// The beginning of a text.
fn cut(text: &str) -> &str {
    let end = text.char_indices().nth(LOG_TEXT_CHARS_MAX).map_or(text.len(), |(end, _)| end);
    &text[..end]
}

/// A value of a line of the log, in quotes where it needs them.
fn quoted(text: &str) -> String {
    let text = cut(text);
    let plain = |c: char| c.is_ascii_graphic() && c != '"' && c != '=' && c != '\\';
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("\"{}\"", text.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_hash_as_upstream() {
        // The value of conformance/exposition/blackbox_*.txt, whose target is 127.0.0.1.
        assert_eq!(ip_hash(IpAddr::from([127, 0, 0, 1])), 3_668_918_509);
    }

    #[test]
    fn a_value_of_the_log_stays_on_its_line() {
        assert_eq!(quoted("a"), "a");
        assert_eq!(quoted("a b\n\"c\""), "\"a b\\n\\\"c\\\"\"");
        assert_eq!(quoted(""), "\"\"");
        assert!(quoted(&"x".repeat(10_000)).len() <= LOG_TEXT_CHARS_MAX + 2);
    }

    #[tokio::test]
    async fn the_last_value_counts_and_the_log_is_bounded() {
        let mut run = Run::new(Duration::from_secs(1));
        for n in 0..1000 {
            run.set(names::FAILED_REGEX, f64::from(n));
            run.info("a line", &[("n", &n)]);
        }
        let outcome = run.finish(Err(Failed(Reason::Expect)));
        let family = &outcome.families[1];
        assert_eq!((family.name.as_str(), family.points.len()), ("probe_failed_due_to_regex", 1));
        assert_eq!(family.points[0].value, 999.0);
        assert_eq!(outcome.log.lines().count(), LOG_LINES_MAX);
        assert_eq!(outcome.reason, Some(Reason::Expect));
    }
}
