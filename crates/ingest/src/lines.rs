//! Receivers of lines over UDP and TCP: StatsD, aggregated and stored at each interval, and
//! Graphite's plaintext protocol, stored as it comes. Mapping files are those of Prometheus'
//! `statsd_exporter`.

mod counts;
mod graphite;
mod listen;
mod mapper;
mod statsd;
mod store;
mod window;

pub use graphite::GraphiteReceiver;
pub use listen::{LineLimits, LineListeners};
pub use statsd::StatsdReceiver;

use model::Labels;

/// What receivers of lines are told; may change while they run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LineOptions {
    /// Which name becomes which metric.
    pub mapping: config::MappingConfig,
    /// Are names that no rule matches thrown away?
    pub strict_match: bool,
    /// Labels of all series that have none of the name.
    pub labels: Labels,
    /// Most series.
    pub series_max: usize,
}

/// A name with what no name of a metric can hold replaced by `_`; `keeps` says what it can hold
/// besides letters, digits and `_`.
fn escaped(name: &str, keeps: char) -> String {
    let mut out = String::with_capacity(name.len() + 1);
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        out.push('_');
    }
    let mut before = '\0';
    for c in name.chars() {
        let is_fine = c.is_ascii_alphanumeric() || c == '_' || c == keeps;
        // As the exporter: of several dashes one counts.
        if is_fine || c != '-' || before != '-' {
            out.push(if is_fine { c } else { '_' });
        }
        before = c;
    }
    out
}
