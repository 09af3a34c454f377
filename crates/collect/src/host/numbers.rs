//! Directories of one-number files, as sysfs has them by the hundred: a table says which file
//! becomes which metric. Nothing here knows a subsystem.

use super::round::{Round, attribute};
use crate::text;
use model::{Labels, MetricKind};
use std::path::Path;

/// A file with one number, and the metric that it becomes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number {
    file: &'static str,
    name: &'static str,
    kind: MetricKind,
    help: &'static str,
    divisor: f64,
}

impl Number {
    /// A number that only goes up.
    pub(super) const fn counter(
        file: &'static str,
        name: &'static str,
        help: &'static str,
    ) -> Self {
        Self { file, name, kind: MetricKind::Counter, help, divisor: 1.0 }
    }

    /// A number that goes up and down.
    pub(super) const fn gauge(file: &'static str, name: &'static str, help: &'static str) -> Self {
        Self { file, name, kind: MetricKind::Gauge, help, divisor: 1.0 }
    }

    /// The metric is the number divided by this; milliseconds divided by 1000 are seconds.
    pub(super) const fn divided_by(self, divisor: f64) -> Self {
        Self { divisor, ..self }
    }

    /// Name of the file, below the table's directory.
    pub(super) const fn file(&self) -> &'static str {
        self.file
    }

    /// Adds a value as this metric.
    pub(super) fn push(&self, round: &mut Round<'_>, labels: &Labels, value: f64) {
        let family = round.out.declare(self.name, self.kind, self.help);
        round.out.push(family, labels, value / self.divisor);
    }
}

/// Adds those numbers of a table whose files are there and hold a number; how many there were.
pub(super) fn push_all(
    round: &mut Round<'_>,
    dir: &Path,
    table: &[Number],
    labels: &Labels,
) -> usize {
    let mut found = 0;
    for number in table {
        let content = attribute(round.host, &dir.join(number.file), round.buffer);
        // Drivers answer `N/A`, nothing or an error for what their device does not count.
        if let Some(value) = content.and_then(|content| text::float(content, 1).ok()) {
            number.push(round, labels, value);
            found += 1;
        }
    }
    found
}
