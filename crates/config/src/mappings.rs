//! Mapping files of Prometheus' `statsd_exporter` and `graphite_exporter`: which dotted name
//! becomes which metric with which labels. Read as those read them, deprecated keys included;
//! applied by `ingest`. Keys that nobody knows are passed over, as there.

use crate::blackbox::SearchRegex;
use crate::read::{Reader, Section, UnsupportedKey, later};
use crate::{Error, Loaded, Outside, UnknownKeys};
use model::units;
use std::time::Duration;

/// Most rules of a file.
const RULES_MAX: usize = 10_000;
/// Bounds of histograms where nobody names some, in seconds: those of Prometheus' clients.
const BUCKETS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Quantiles of summaries where nobody names some.
const QUANTILES: [f64; 3] = [0.5, 0.9, 0.99];
/// How long an observation counts in the quantiles of a summary: what Prometheus' clients do.
const MAX_AGE: Duration = Duration::from_mins(10);
const AGE_BUCKETS: u32 = 5;
/// Most buckets of a histogram, quantiles of a summary, and slices of its window.
const BOUNDS_MAX: usize = 512;
const AGE_BUCKETS_MAX: u32 = 60;

/// Keys of mapping files that have no effect.
const UNSUPPORTED: &[UnsupportedKey] = &[
    later("native_histogram_bucket_factor", "histograms have the classic buckets"),
    later("native_histogram_max_buckets", "histograms have the classic buckets"),
];

/// A whole mapping file.
#[derive(Clone, Debug, PartialEq)]
pub struct MappingConfig {
    /// Rules in the order of the file.
    pub rules: Vec<MappingRule>,
    /// Of glob rules that match, the one with the earliest plain word counts, not the first.
    pub glob_disable_ordering: bool,
    /// What becomes of observations whose name no rule matches.
    pub observer: Observer,
    /// How long series live after their last sample; `None`: for ever.
    pub ttl: Option<Duration>,
}

impl Default for MappingConfig {
    fn default() -> Self {
        let observer = Defaults::default().observer();
        Self { rules: Vec::new(), glob_disable_ordering: false, observer, ttl: None }
    }
}

/// One rule.
#[derive(Clone, Debug, PartialEq)]
pub struct MappingRule {
    /// Names it is for.
    pub pattern: NamePattern,
    /// Kind of metric it is for; `None`: any.
    pub kind: Option<MappedKind>,
    /// Is what it matches thrown away?
    pub drops: bool,
    /// Name of the metric, with references to what matched.
    pub name: String,
    /// Labels, their values with references to what matched.
    pub labels: Vec<(String, String)>,
    /// Do tags of the sample stand above these labels?
    pub honor_labels: bool,
    /// Help text.
    pub help: Option<String>,
    /// What becomes of observations.
    pub observer: Observer,
    /// How long series live after their last sample; `None`: for ever.
    pub ttl: Option<Duration>,
    /// Values are multiplied by it.
    pub scale: f64,
}

/// Which names a rule is for.
#[derive(Clone, Debug, PartialEq)]
pub enum NamePattern {
    /// Words between dots, `*` for any one word; `$1` is the first of those.
    Glob(String),
    /// An expression that is found anywhere in the name.
    Regex(SearchRegex),
}

/// Kinds of metrics that rules tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MappedKind {
    /// Counters.
    Counter,
    /// Gauges, sets among them.
    Gauge,
    /// Timers, histograms and distributions.
    Observer,
}

/// What becomes of timers, histograms and distributions.
#[derive(Clone, Debug, PartialEq)]
pub enum Observer {
    /// A classic histogram with these upper bounds, strictly increasing, without infinity.
    Histogram(Vec<f64>),
    /// Quantiles over the last time.
    Summary {
        /// Which quantiles, from 0 to 1.
        quantiles: Vec<f64>,
        /// How long an observation counts, above 0.
        max_age: Duration,
        /// In how many steps it is forgotten, from 1 to 60.
        age_buckets: u32,
    },
}

/// Reads a mapping file.
///
/// # Errors
/// When it is no YAML, or says what the exporters refuse.
pub fn load(path: &str, text: &str) -> Result<Loaded<MappingConfig>, Error> {
    let outside = Outside::nothing();
    let (reader, root) = Reader::open(path, text, &outside, UNSUPPORTED)?;
    reader.treat_unknown_keys(UnknownKeys::Ignored);
    let config = reader.section(&root, "").map(|section| file(&section)).unwrap_or_default();
    reader.finish(config, &root)
}

fn file(section: &Section<'_>) -> MappingConfig {
    let found = section.section("defaults", "defaults");
    let defaults = found.as_ref().map(Defaults::of).unwrap_or_default();
    let items = section.items("mappings");
    if items.len() > RULES_MAX {
        section.problem("mappings", format!("more than {RULES_MAX} mappings"));
    }
    let rules = items.iter().take(RULES_MAX).filter_map(|node| {
        let section = section.reader.section(node, "mappings")?;
        rule(&section, &defaults)
    });
    MappingConfig {
        rules: rules.collect(),
        glob_disable_ordering: defaults.glob_disable_ordering,
        observer: defaults.observer(),
        ttl: defaults.ttl,
    }
}

/// What rules leave open.
#[derive(Default)]
struct Defaults {
    is_regex: bool,
    glob_disable_ordering: bool,
    ttl: Option<Duration>,
    is_histogram: bool,
    buckets: Vec<f64>,
    quantiles: Vec<f64>,
    max_age: Option<Duration>,
    age_buckets: Option<u32>,
}

impl Defaults {
    fn of(section: &Section<'_>) -> Self {
        let summary = summary_options(section);
        Self {
            is_regex: match_type(section).unwrap_or_default(),
            glob_disable_ordering: section.flag("glob_disable_ordering").unwrap_or_default(),
            ttl: duration(section, "ttl"),
            is_histogram: observer_type(section).unwrap_or_default(),
            buckets: buckets(section),
            quantiles: summary.quantiles,
            max_age: summary.max_age,
            age_buckets: summary.age_buckets,
        }
    }

    fn observer(&self) -> Observer {
        if self.is_histogram {
            self.histogram(&[])
        } else {
            self.summary(&SummaryOptions::default())
        }
    }

    fn histogram(&self, own: &[f64]) -> Observer {
        let bounds = [own, &self.buckets, &BUCKETS].into_iter().find(|bounds| !bounds.is_empty());
        Observer::Histogram(bounds.unwrap_or(&BUCKETS).to_vec())
    }

    fn summary(&self, own: &SummaryOptions) -> Observer {
        let lists = [&own.quantiles[..], &self.quantiles, &QUANTILES];
        let quantiles = lists.into_iter().find(|list| !list.is_empty()).unwrap_or(&QUANTILES);
        Observer::Summary {
            quantiles: quantiles.to_vec(),
            max_age: own.max_age.or(self.max_age).unwrap_or(MAX_AGE),
            age_buckets: own.age_buckets.or(self.age_buckets).unwrap_or(AGE_BUCKETS),
        }
    }
}

#[derive(Default)]
struct SummaryOptions {
    quantiles: Vec<f64>,
    max_age: Option<Duration>,
    age_buckets: Option<u32>,
}

fn rule(section: &Section<'_>, defaults: &Defaults) -> Option<MappingRule> {
    let text = section.text("match").unwrap_or_default();
    let is_regex = match_type(section).unwrap_or(defaults.is_regex);
    let pattern = if is_regex { regex(section, text) } else { glob(section, text) };
    let name = section.text("name").unwrap_or_default();
    if name.is_empty() {
        section.problem_here("a mapping needs `name`");
    } else if !is_name_template(&name) {
        let quoted = model::quote(&name);
        section.problem("name", format!("{quoted} is no name of a metric, references apart"));
    }
    let labels = section.text_map("labels", "mappings.labels");
    for (label, _) in &labels {
        if !model::is_legacy_label_name(label) {
            let quoted = model::quote(label);
            section.problem("labels", format!("{quoted} is no name of a label"));
        }
    }
    let actions = [("map", false), ("drop", true), ("", false)];
    let kinds = [
        ("counter", Some(MappedKind::Counter)),
        ("gauge", Some(MappedKind::Gauge)),
        ("observer", Some(MappedKind::Observer)),
        ("timer", Some(MappedKind::Observer)),
        ("", None),
    ];
    Some(MappingRule {
        kind: section.choice("match_metric_type", &kinds).flatten(),
        drops: section.choice("action", &actions).unwrap_or_default(),
        name,
        labels,
        honor_labels: section.flag("honor_labels").unwrap_or_default(),
        help: section.filled("help"),
        observer: observer(section, defaults),
        ttl: duration(section, "ttl").or(defaults.ttl),
        scale: section.float("scale").unwrap_or(1.0),
        pattern: pattern?,
    })
}

fn glob(section: &Section<'_>, text: String) -> Option<NamePattern> {
    let is_word_char = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let is_word = |word: &str| word == "*" || (!word.is_empty() && word.chars().all(is_word_char));
    if !text.split('.').all(is_word) {
        let quoted = model::quote(&text);
        let expected = "words of letters, digits, `_` and `-`, or `*`, between dots expected";
        section.problem("match", format!("invalid match {quoted}: {expected}"));
        return None;
    }
    Some(NamePattern::Glob(text))
}

fn regex(section: &Section<'_>, text: String) -> Option<NamePattern> {
    match model::search_pattern(&text) {
        Ok(regex) => Some(NamePattern::Regex(SearchRegex { text, regex })),
        Err(error) => {
            section.problem("match", format!("`match`: {error}"));
            None
        }
    }
}

/// Letters, digits and `_`, not a digit first, and references such as `$1` or `${1}`.
fn is_name_template(name: &str) -> bool {
    let is_name_char =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '$' | '{' | '}');
    !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(is_name_char)
}

fn observer(section: &Section<'_>, defaults: &Defaults) -> Observer {
    let is_histogram = observer_type(section).unwrap_or(defaults.is_histogram);
    let (bounds, summary) = (buckets(section), summary_options(section));
    if is_histogram && section.has("summary_options") {
        section.problem("summary_options", "a histogram has no `summary_options`");
    }
    if !is_histogram && section.has("histogram_options") {
        section.problem("histogram_options", "a summary has no `histogram_options`");
    }
    if is_histogram { defaults.histogram(&bounds) } else { defaults.summary(&summary) }
}

fn match_type(section: &Section<'_>) -> Option<bool> {
    let text = section.filled("match_type")?;
    match text.as_str() {
        "glob" => Some(false),
        "regex" => Some(true),
        other => {
            let quoted = model::quote(other);
            section.problem("match_type", format!("{quoted}: `glob` or `regex` expected"));
            None
        }
    }
}

/// Is it a histogram? `timer_type` is the former name.
fn observer_type(section: &Section<'_>) -> Option<bool> {
    let former = section.filled("timer_type").map(|text| ("timer_type", text));
    let (key, text) =
        section.filled("observer_type").map(|text| ("observer_type", text)).or(former)?;
    match text.as_str() {
        "histogram" => Some(true),
        "summary" => Some(false),
        other => {
            let quoted = model::quote(other);
            section.problem(key, format!("{quoted}: `histogram` or `summary` expected"));
            None
        }
    }
}

fn buckets(section: &Section<'_>) -> Vec<f64> {
    let options = section.section("histogram_options", "histogram_options");
    let mut bounds = options.as_ref().map(|options| floats(options, "buckets")).unwrap_or_default();
    for key in ["native_histogram_bucket_factor", "native_histogram_max_buckets"] {
        if let Some(options) = options.as_ref().filter(|options| options.has(key)) {
            options.reader.unsupported(options.place_of(key), key);
        }
    }
    if section.has("buckets") {
        let former = floats(section, "buckets");
        if !bounds.is_empty() && !former.is_empty() {
            section.problem("buckets", "`buckets` stands here and in `histogram_options`");
        }
        bounds = if bounds.is_empty() { former } else { bounds };
    }
    if bounds.last() == Some(&f64::INFINITY) {
        bounds.pop();
    }
    if !bounds.is_sorted_by(|a, b| a < b) || bounds.len() > BOUNDS_MAX {
        let message = format!("`buckets` must increase and be at most {BOUNDS_MAX}");
        section.problem("buckets", message);
    }
    bounds
}

fn summary_options(section: &Section<'_>) -> SummaryOptions {
    let options = section.section("summary_options", "summary_options");
    let mut quantiles = options.as_ref().map(quantiles_of).unwrap_or_default();
    if section.has("quantiles") {
        let former = quantiles_of(section);
        if !quantiles.is_empty() && !former.is_empty() {
            section.problem("quantiles", "`quantiles` stands here and in `summary_options`");
        }
        quantiles = if quantiles.is_empty() { former } else { quantiles };
    }
    let Some(options) = options else { return SummaryOptions { quantiles, ..Default::default() } };
    let age_buckets = options.number::<u32>("age_buckets").filter(|count| *count > 0);
    if age_buckets.is_some_and(|count| count > AGE_BUCKETS_MAX) {
        options.problem("age_buckets", format!("`age_buckets` must be at most {AGE_BUCKETS_MAX}"));
    }
    SummaryOptions { quantiles, max_age: duration(&options, "max_age"), age_buckets }
}

fn quantiles_of(section: &Section<'_>) -> Vec<f64> {
    let nodes = section.items("quantiles").iter();
    let sections = nodes.filter_map(|node| section.reader.section(node, "quantiles"));
    let found: Vec<f64> = sections.filter_map(|section| section.float("quantile")).collect();
    if found.iter().any(|quantile| !(0.0..=1.0).contains(quantile)) || found.len() > BOUNDS_MAX {
        section.problem("quantiles", "a quantile is a number from 0 to 1");
    }
    found
}

fn floats(section: &Section<'_>, key: &'static str) -> Vec<f64> {
    let number = |node: &crate::yaml::Node| {
        let value = node.scalar().and_then(crate::yaml::Scalar::float);
        if value.is_none_or(f64::is_nan) {
            section.reader.problem(node.place, format!("`{key}` is a list of numbers"));
        }
        value
    };
    section.items(key).iter().filter_map(number).collect()
}

/// A duration of Go; 0 is none.
fn duration(section: &Section<'_>, key: &'static str) -> Option<Duration> {
    let zero = Duration::ZERO;
    let time = section.parsed(key, "a duration like `1m20s`", zero, units::parse_go_duration);
    time.filter(|time| !time.is_zero())
}

#[cfg(test)]
mod tests;
