//! What becomes of the labels of a sample: the server's labels, relabelling, checks, limits.
//! As upstream's `mutateSampleLabels`, `verifyLabelLimits`; the texts of errors are upstream's.

use config::{HistogramOptions, ScrapeConfig, ScrapeLimits};
use model::{Labels, LabelsBuilder, METRIC_NAME, is_legacy_metric_name};
use relabel::{NameScheme, Rule};
use std::time::Duration;

#[cfg(test)]
mod tests;

/// What distinguishes the samples of one target, as far as storing them goes.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the job's configuration")]
pub struct Shape {
    /// Labels of the target, without reserved ones.
    pub labels: Labels,
    /// Labels of the target's samples win over the server's.
    pub honor_labels: bool,
    /// Timestamps of the target count.
    pub honor_timestamps: bool,
    /// Staleness also for series with their own timestamps.
    pub track_timestamps_staleness: bool,
    /// Rules on samples.
    pub relabel: Vec<Rule>,
    /// Limits on samples and labels.
    pub limits: ScrapeLimits,
    /// Which forms of histograms are stored.
    pub histograms: HistogramOptions,
    /// Native histograms are merged down to so many buckets; what stays above fails the scrape.
    pub bucket_limit: Option<u64>,
    /// Finest resolution of native histograms, -4 to 8.
    pub schema_max: i32,
    /// Which names are valid.
    pub names: NameScheme,
    /// Report `scrape_timeout_seconds` and its kin too.
    pub extra_metrics: bool,
    /// Longest time of a scrape, for the report.
    pub timeout: Duration,
}

/// A sample's fate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Stored under these labels.
    Kept(Labels),
    /// Dropped by a rule.
    Dropped,
}

/// Finest and coarsest resolution of native histograms.
const SCHEMA_MAX: i32 = 8;
const SCHEMA_MIN: i32 = -4;

/// Metric names and label names in errors are cut to this many characters, as upstream does.
const SHOWN_CHARS_MAX: usize = 50;

impl Shape {
    /// The shape that a job gives to a target with these labels.
    pub fn new(config: &ScrapeConfig, labels: Labels, timeout: Duration) -> Self {
        Self {
            labels,
            honor_labels: config.honor_labels,
            honor_timestamps: config.honor_timestamps,
            track_timestamps_staleness: config.track_timestamps_staleness,
            relabel: config.metric_relabel_configs.clone(),
            limits: config.limits,
            histograms: config.histograms,
            bucket_limit: config.native_histogram_bucket_limit.filter(|limit| *limit > 0),
            schema_max: schema_of(config.native_histogram_min_bucket_factor),
            names: config.name_scheme,
            extra_metrics: config.extra_scrape_metrics,
            timeout,
        }
    }

    /// The shape of an in-process source.
    pub fn own(labels: Labels, timeout: Duration) -> Self {
        Self {
            labels,
            honor_labels: true,
            honor_timestamps: true,
            track_timestamps_staleness: false,
            relabel: Vec::new(),
            limits: ScrapeLimits::default(),
            histograms: HistogramOptions::default(),
            bucket_limit: None,
            schema_max: SCHEMA_MAX,
            names: NameScheme::Utf8,
            extra_metrics: false,
            timeout,
        }
    }

    /// Do both give every sample the same labels? Then cached labels stay valid.
    pub(crate) fn same_labels(&self, other: &Self) -> bool {
        let label_limits = |limits: &ScrapeLimits| {
            [limits.label_limit, limits.label_name_length_limit, limits.label_value_length_limit]
        };
        self.labels == other.labels
            && self.honor_labels == other.honor_labels
            && self.relabel == other.relabel
            && self.names == other.names
            && label_limits(&self.limits) == label_limits(&other.limits)
    }

    /// Labels under which an exposed sample is stored; `names` tells which labels its line names.
    pub(crate) fn fate(
        &self,
        labels: &mut LabelsBuilder,
        names: impl Fn(&str) -> bool,
    ) -> Result<Fate, String> {
        if self.honor_labels {
            for (name, value) in self.labels.iter().filter(|(name, _)| !names(name)) {
                labels.set(name, value);
            }
        } else {
            self.override_labels(labels);
        }
        if !relabel::apply(&self.relabel, labels) {
            return Ok(Fate::Dropped);
        }
        let labels = labels.build();
        if labels.is_empty() {
            return Ok(Fate::Dropped);
        }
        self.check(&labels)?;
        Ok(Fate::Kept(labels))
    }

    /// Labels of one of the series about the scrape itself.
    pub(crate) fn report_labels(&self, name: &str) -> Labels {
        let mut labels = self.labels.to_builder();
        labels.set(METRIC_NAME, name).build()
    }

    /// The server's labels win; exposed ones of the same name get `exported_` in front, shorter
    /// names first, as often as it takes to find a free name.
    fn override_labels(&self, labels: &mut LabelsBuilder) {
        let mut exposed: Vec<(String, String)> = Vec::new();
        for (name, value) in self.labels.iter() {
            if let Some(existing) = labels.get(name) {
                exposed.push((name.to_owned(), existing.to_owned()));
            }
            labels.set(name, value);
        }
        exposed.sort_by_key(|(name, _)| name.len());
        for (name, value) in exposed {
            let mut free = format!("exported_{name}");
            while labels.get(&free).is_some() {
                free.insert_str(0, "exported_");
            }
            labels.set(&free, &value);
        }
    }

    fn check(&self, labels: &Labels) -> Result<(), String> {
        let Some(metric) = labels.metric_name() else {
            return Err("missing metric name (__name__ label)".to_owned());
        };
        let name_is_valid = match self.names {
            NameScheme::Utf8 => true,
            NameScheme::Legacy => is_legacy_metric_name(metric),
        };
        if !name_is_valid || !labels.iter().all(|(name, _)| self.names.allows_label(name)) {
            return Err(format!("invalid metric name or label names: {labels}"));
        }
        self.check_limits(labels, metric)
    }

    fn check_limits(&self, labels: &Labels, metric: &str) -> Result<(), String> {
        let metric = shown(metric);
        let count = labels.len() as u64;
        if let Some(limit) = self.limits.label_limit.filter(|&limit| count > limit) {
            return Err(format!(
                "label_limit exceeded (metric: {metric}, number of labels: {count}, limit: {limit})"
            ));
        }
        let name_limit = self.limits.label_name_length_limit.unwrap_or(u64::MAX);
        let value_limit = self.limits.label_value_length_limit.unwrap_or(u64::MAX);
        for (name, value) in labels.iter() {
            let length = name.len() as u64;
            let label = shown(name);
            if length > name_limit {
                return Err(format!(
                    "label_name_length_limit exceeded (metric: {metric}, label name: {label}, \
                     length: {length}, limit: {name_limit})"
                ));
            }
            let length = value.len() as u64;
            if length > value_limit {
                return Err(format!(
                    "label_value_length_limit exceeded (metric: {metric}, label name: {label}, \
                     value: {}, length: {length}, limit: {value_limit})",
                    model::quote(shown(value))
                ));
            }
        }
        Ok(())
    }
}

/// Finest schema whose buckets grow at least by the factor: a bucket of schema n is 2^(2^-n) times
/// as wide as the one before. Factors up to 1 mean any schema.
fn schema_of(factor: f64) -> i32 {
    if factor <= 1.0 {
        return SCHEMA_MAX;
    }
    let schema = (-factor.log2().log2()).floor();
    let fits = (SCHEMA_MIN..=SCHEMA_MAX).rev().find(|schema_of| f64::from(*schema_of) <= schema);
    fits.unwrap_or(SCHEMA_MIN)
}

fn shown(text: &str) -> &str {
    text.char_indices().nth(SHOWN_CHARS_MAX).map_or(text, |(end, _)| &text[..end])
}
