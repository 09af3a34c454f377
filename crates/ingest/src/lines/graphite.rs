//! Graphite's plaintext protocol: each line is a sample with its own time, stored as it comes.
//! Names, labels and mapping are those of Prometheus' `graphite_exporter`. Bounded by series:
//! one that rests for an hour makes room for another.

use super::counts::{Counts, PICKLE};
use super::mapper::Mapper;
use super::store::{LineRow, label_bytes, metadata, set_label, store};
use super::{LineOptions, escaped};
use crate::intake::Intake;
use crate::receiver::ReceiverOptions;
use config::MappedKind;
use exposition::Family;
use foldhash::quality::RandomState;
use model::{Appender, MetricKind, MetricMetadata, Timestamp, is_legacy_label_name};
use parking_lot::Mutex;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use sys::Clock;
use wire::graphite::{Fault, Point, read_line};

/// A series that brings nothing for so long makes room.
const REST_MAX: Duration = Duration::from_hours(1);
/// Time between two looks for such series.
const SWEEP_MIN: Duration = Duration::from_mins(1);

const SERIES_LIMIT: &str = "series_limit";
const NO_NAME: &str = "empty_metric_name";
const DROPPED: &str = "dropped_by_mapping";
const TAG: &str = "malformed_tag";
const REASONS: [&str; 5] = [SERIES_LIMIT, NO_NAME, DROPPED, TAG, PICKLE];

/// Takes lines of Graphite and hands samples to an appender.
pub struct GraphiteReceiver {
    intake: Intake,
    clock: Arc<dyn Clock>,
    known: Mutex<KnownPaths>,
    pub(super) counts: Counts,
}

/// What paths and their tags become.
struct KnownPaths {
    mapper: Mapper,
    options: LineOptions,
    paths: HashMap<Box<str>, KnownPath, RandomState>,
    /// Names that were told of.
    told: HashSet<String, RandomState>,
    swept: Timestamp,
}

struct KnownPath {
    /// `None`: thrown away.
    labels: Option<Arc<[u8]>>,
    latest: Timestamp,
}

impl GraphiteReceiver {
    /// A receiver in front of a store.
    pub fn new(
        appender: Arc<dyn Appender>,
        limits: ReceiverOptions,
        clock: Arc<dyn Clock>,
        options: LineOptions,
    ) -> Self {
        let reasons = Fault::ALL.iter().map(|fault| fault.as_str());
        Self {
            intake: Intake::new(appender, limits),
            clock,
            known: Mutex::new(KnownPaths::new(options)),
            counts: Counts::new(reasons.chain(REASONS)),
        }
    }

    /// Goes on under other rules.
    pub fn configure(&self, options: LineOptions) {
        let mut known = self.known.lock();
        if known.options != options {
            *known = KnownPaths::new(options);
        }
    }

    /// Takes and stores whole lines. Blocks while the store writes.
    pub fn take(&self, lines: &[u8]) {
        let now = self.clock.now();
        let (mut rows, mut told) = (Vec::new(), Vec::new());
        for line in lines.split(|byte| *byte == b'\n') {
            let Some(read) = read_line(line) else { continue };
            self.counts.lines.add(1);
            let taken = match read {
                Ok(point) => {
                    (0..point.tags_refused).for_each(|_| self.counts.refuse(TAG));
                    self.known.lock().row(now, line, &point, &mut told)
                }
                Err(fault) => Err(fault.as_str()),
            };
            match taken {
                Ok(row) => {
                    self.counts.samples.add(1);
                    rows.push(row);
                }
                Err(reason) => self.counts.refuse(reason),
            }
        }
        if let Some(error) = store(&self.intake, &rows, told) {
            tracing::debug!(error, "samples of Graphite were refused");
        }
    }

    /// What it counts.
    pub fn families(&self) -> Vec<Family> {
        let series = self.known.lock().paths.len();
        self.counts.families("graphite", "Graphite", series, &self.intake.stats)
    }
}

impl KnownPaths {
    fn new(options: LineOptions) -> Self {
        Self {
            mapper: Mapper::new(options.mapping.clone()),
            options,
            paths: HashMap::default(),
            told: HashSet::default(),
            swept: Timestamp::default(),
        }
    }

    fn row(
        &mut self,
        now: Timestamp,
        line: &[u8],
        point: &Point<'_>,
        told: &mut Vec<MetricMetadata>,
    ) -> Result<LineRow, &'static str> {
        let named = named(line);
        let labels = if let Some(known) = self.paths.get_mut(named) {
            known.latest = now;
            known.labels.clone()
        } else {
            let labels = self.labels(point, told)?;
            self.keep(now, named, labels.clone())?;
            labels
        };
        let labels = labels.ok_or(DROPPED)?;
        let at = point.at_ms.map_or(now, Timestamp::from_ms);
        Ok(LineRow { labels, at, value: point.value, start: None })
    }

    fn keep(
        &mut self,
        now: Timestamp,
        named: &str,
        labels: Option<Arc<[u8]>>,
    ) -> Result<(), &'static str> {
        if self.paths.len() >= self.options.series_max {
            if now.since(self.swept) >= SWEEP_MIN {
                self.swept = now;
                self.paths.retain(|_, known| now.since(known.latest) < REST_MAX);
            }
            if self.paths.len() >= self.options.series_max {
                return Err(SERIES_LIMIT);
            }
        }
        self.paths.insert(named.into(), KnownPath { labels, latest: now });
        Ok(())
    }

    /// Label bytes of a path with its tags; `None`: it is thrown away.
    fn labels(
        &mut self,
        point: &Point<'_>,
        told: &mut Vec<MetricMetadata>,
    ) -> Result<Option<Arc<[u8]>>, &'static str> {
        let mut labels = Vec::new();
        for (name, value) in &point.tags {
            let is_fine = is_legacy_label_name(name);
            let name = if is_fine { (*name).to_owned() } else { escaped(name, '_') };
            set_label(&mut labels, name, value);
        }
        let name = match self.mapper.find(point.path, MappedKind::Gauge) {
            Some(mapped) if mapped.rule.drops => return Ok(None),
            Some(mapped) => {
                for (label, value) in mapped.labels {
                    set_label(&mut labels, label.to_owned(), &value);
                }
                metric_name(&mapped.name)
            }
            None if self.options.strict_match => return Ok(None),
            None => metric_name(point.path),
        };
        if name.is_empty() {
            return Err(NO_NAME);
        }
        if self.told.len() < self.options.series_max && self.told.insert(name.clone()) {
            let help = format!("Graphite metric {name}");
            told.push(metadata(&name, MetricKind::Gauge, &help));
        }
        Ok(Some(label_bytes(&name, &labels, None, &self.options.labels)))
    }
}

/// The word with path and tags, which was read as UTF-8.
fn named(line: &[u8]) -> &str {
    let text = std::str::from_utf8(line).unwrap_or_default();
    text.split_ascii_whitespace().next().unwrap_or_default()
}

/// Each character that a name cannot hold becomes `_`.
fn metric_name(path: &str) -> String {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let digit = path.starts_with(|c: char| c.is_ascii_digit());
    let first = if digit { "_" } else { "" };
    first.chars().chain(path.chars().map(|c| if is_fine(c) { c } else { '_' })).collect()
}
