//! prometheus.yml as Prometheus 3.14 reads it: the types in use, with every default resolved.
//! Read by `load`; used by `scrape`, `discovery`, `rules`, alert delivery and the API.
//! What is accepted, refused and defaulted follows upstream's `config.Load`.

mod discovery;
mod load;
mod remote;
mod unsupported;

use crate::HttpClientConfig;
use model::Labels;
use relabel::{NameScheme, Rule};
use std::time::Duration;

pub use discovery::{
    ConsulSdConfig, DiscoveryConfig, DnsRecordType, DnsSdConfig, DockerSdConfig, FileSdConfig,
    HttpSdConfig, KubernetesMetadata, KubernetesRole, KubernetesSdConfig, KubernetesSelector,
    RemoteSdConfig,
};
pub(crate) use load::read_tracing;
pub use load::{load, load_scrape_configs};
pub use remote::{MetadataConfig, QueueConfig, RemoteWriteConfig, RemoteWriteMessage};
pub use unsupported::unsupported_keys;

/// A whole prometheus.yml.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct PrometheusConfig {
    /// Defaults and settings of the whole server.
    pub global: GlobalConfig,
    /// Paths of rule files, joined with the directory of the file; the last part may be a glob.
    pub rule_files: Vec<String>,
    /// Paths of further files with scrape configurations; globs like `rule_files`.
    pub scrape_config_files: Vec<String>,
    /// Jobs, in the order of the file; names are unique.
    pub scrape_configs: Vec<ScrapeConfig>,
    /// Where alerts go.
    pub alerting: AlertingConfig,
    /// Storage settings that can change by a reload.
    pub storage: StorageConfig,
    /// How OTLP metrics become series.
    pub otlp: OtlpConfig,
    /// Systems that get every stored sample, in the order of the file.
    pub remote_write: Vec<RemoteWriteConfig>,
}

/// Section `global`.
#[derive(Clone, Debug, PartialEq)]
pub struct GlobalConfig {
    /// Time between two scrapes of a target.
    pub scrape_interval: Duration,
    /// Longest time a scrape may take; at most the interval.
    pub scrape_timeout: Duration,
    /// Time between two evaluations of a rule group.
    pub evaluation_interval: Duration,
    /// Rules are evaluated this far in the past.
    pub rule_query_offset: Duration,
    /// File that logs queries.
    pub query_log_file: Option<String>,
    /// File that logs failed scrapes.
    pub scrape_failure_log_file: Option<String>,
    /// Labels added towards other systems; environment variables are filled in.
    pub external_labels: Labels,
    /// Limits of jobs that set none.
    pub limits: ScrapeLimits,
    /// Protocols of jobs that set none; absent: decided per job.
    pub scrape_protocols: Option<Vec<ScrapeProtocol>>,
    /// Native histogram options of jobs that set none.
    pub histograms: HistogramOptions,
    /// Also store `scrape_timeout_seconds`, `scrape_sample_limit`, `scrape_body_size_bytes`.
    pub extra_scrape_metrics: bool,
    /// Which names are valid.
    pub name_scheme: NameScheme,
    /// How names are escaped towards targets; absent: follows `name_scheme`.
    pub escaping: Option<EscapingScheme>,
}

impl Default for GlobalConfig {
    fn default() -> Self {
        Self {
            scrape_interval: Duration::from_mins(1),
            scrape_timeout: Duration::from_secs(10),
            evaluation_interval: Duration::from_mins(1),
            rule_query_offset: Duration::ZERO,
            query_log_file: None,
            scrape_failure_log_file: None,
            external_labels: Labels::empty(),
            limits: ScrapeLimits::default(),
            scrape_protocols: None,
            histograms: HistogramOptions::default(),
            extra_scrape_metrics: false,
            name_scheme: NameScheme::Utf8,
            escaping: None,
        }
    }
}

/// Limits of a scrape; absent means no limit. Exceeding one fails the scrape as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ScrapeLimits {
    /// Uncompressed body in bytes.
    pub body_size_bytes_max: Option<u64>,
    /// Samples after metric relabelling.
    pub sample_limit: Option<u64>,
    /// Targets after relabelling; above it every scrape of the job fails.
    pub target_limit: Option<u64>,
    /// Labels of a sample.
    pub label_limit: Option<u64>,
    /// Bytes of a label name.
    pub label_name_length_limit: Option<u64>,
    /// Bytes of a label value.
    pub label_value_length_limit: Option<u64>,
    /// Dropped targets kept for display, per job.
    pub keep_dropped_targets: Option<u64>,
}

/// What a scrape does with native and classic histograms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct HistogramOptions {
    /// Take native histograms.
    pub native: bool,
    /// Take the classic form even when the native one is there.
    pub always_classic: bool,
    /// Convert classic histograms to native ones with custom buckets.
    pub convert_classic: bool,
}

/// A format that a target may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ScrapeProtocol {
    /// Protobuf, length-delimited.
    PrometheusProto,
    /// Text 0.0.4.
    PrometheusText0_0_4,
    /// Text 1.0.0.
    PrometheusText1_0_0,
    /// OpenMetrics 0.0.1.
    OpenMetricsText0_0_1,
    /// OpenMetrics 1.0.0.
    OpenMetricsText1_0_0,
}

impl ScrapeProtocol {
    /// All protocols, sorted by name.
    pub const ALL: [Self; 5] = [
        Self::OpenMetricsText0_0_1,
        Self::OpenMetricsText1_0_0,
        Self::PrometheusProto,
        Self::PrometheusText0_0_4,
        Self::PrometheusText1_0_0,
    ];

    /// What a job asks for by default, most wanted first.
    pub const DEFAULT: [Self; 4] = [
        Self::OpenMetricsText1_0_0,
        Self::OpenMetricsText0_0_1,
        Self::PrometheusText1_0_0,
        Self::PrometheusText0_0_4,
    ];

    /// What a job asks for by default when it wants native histograms.
    pub const DEFAULT_NATIVE: [Self; 5] = [
        Self::PrometheusProto,
        Self::OpenMetricsText1_0_0,
        Self::OpenMetricsText0_0_1,
        Self::PrometheusText1_0_0,
        Self::PrometheusText0_0_4,
    ];

    /// Name in the configuration file; case matters.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PrometheusProto => "PrometheusProto",
            Self::PrometheusText0_0_4 => "PrometheusText0.0.4",
            Self::PrometheusText1_0_0 => "PrometheusText1.0.0",
            Self::OpenMetricsText0_0_1 => "OpenMetricsText0.0.1",
            Self::OpenMetricsText1_0_0 => "OpenMetricsText1.0.0",
        }
    }

    /// Media type in the `Accept` header, without weight and escaping.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::PrometheusProto => concat!(
                "application/vnd.google.protobuf;",
                "proto=io.prometheus.client.MetricFamily;encoding=delimited"
            ),
            Self::PrometheusText0_0_4 => "text/plain;version=0.0.4",
            Self::PrometheusText1_0_0 => "text/plain;version=1.0.0",
            Self::OpenMetricsText0_0_1 => "application/openmetrics-text;version=0.0.1",
            Self::OpenMetricsText1_0_0 => "application/openmetrics-text;version=1.0.0",
        }
    }
}

/// How names outside the legacy alphabet are requested from targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum EscapingScheme {
    /// `allow-utf-8`: not at all.
    #[default]
    AllowUtf8,
    /// `underscores`
    Underscores,
    /// `dots`
    Dots,
    /// `values`
    Values,
}

impl EscapingScheme {
    /// All schemes.
    pub const ALL: [Self; 4] = [Self::AllowUtf8, Self::Underscores, Self::Dots, Self::Values];

    /// Name in the configuration file and in the `escaping` parameter of media types.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AllowUtf8 => "allow-utf-8",
            Self::Underscores => "underscores",
            Self::Dots => "dots",
            Self::Values => "values",
        }
    }
}

/// One job, with everything inherited from `global` filled in.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the file")]
pub struct ScrapeConfig {
    /// Name of the job, not empty.
    pub job_name: String,
    /// Labels of the target's own samples win over those of the server.
    pub honor_labels: bool,
    /// Take timestamps that the target exposes.
    pub honor_timestamps: bool,
    /// Write staleness markers also for series with their own timestamps.
    pub track_timestamps_staleness: bool,
    /// Query parameters, in the order of the file.
    pub params: Vec<(String, Vec<String>)>,
    /// Time between two scrapes of a target.
    pub scrape_interval: Duration,
    /// Longest time a scrape may take; at most the interval.
    pub scrape_timeout: Duration,
    /// Formats to ask for, most wanted first; not empty.
    pub scrape_protocols: Vec<ScrapeProtocol>,
    /// Format to assume when the answer names none.
    pub fallback_scrape_protocol: Option<ScrapeProtocol>,
    /// What happens to histograms.
    pub histograms: HistogramOptions,
    /// Native histograms are merged down to this many buckets; absent: no limit.
    pub native_histogram_bucket_limit: Option<u64>,
    /// Native histograms are merged until buckets grow at least by this factor; 0: never.
    pub native_histogram_min_bucket_factor: f64,
    /// File that logs failed scrapes.
    pub scrape_failure_log_file: Option<String>,
    /// Path of the target's page, `/metrics` by default.
    pub metrics_path: String,
    /// `http` or `https`; relabelling may set others, which then fail.
    pub scheme: String,
    /// Ask for compressed answers.
    pub enable_compression: bool,
    /// Limits of each scrape.
    pub limits: ScrapeLimits,
    /// Which names are valid.
    pub name_scheme: NameScheme,
    /// How names are escaped towards targets.
    pub escaping: EscapingScheme,
    /// Also store the extra scrape metrics.
    pub extra_scrape_metrics: bool,
    /// How requests are made.
    pub http: HttpClientConfig,
    /// Where targets come from.
    pub discovery: DiscoveryConfig,
    /// Rules on targets.
    pub relabel_configs: Vec<Rule>,
    /// Rules on samples.
    pub metric_relabel_configs: Vec<Rule>,
    /// Where the rules stand.
    pub rule_places: RulePlaces,
}

/// Where the relabelling rules of a job stand. All places are equal: a job that only moved within
/// its file is the same job.
#[derive(Clone, Debug, Default, Eq)]
pub struct RulePlaces {
    /// File as the caller named it.
    pub file: String,
    /// Lines of `relabel_configs`, from 1.
    pub relabel: Vec<usize>,
    /// Lines of `metric_relabel_configs`, from 1.
    pub metric_relabel: Vec<usize>,
}

impl PartialEq for RulePlaces {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Section `alerting`.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct AlertingConfig {
    /// Rules on alerts before they are sent anywhere.
    pub alert_relabel_configs: Vec<Rule>,
    /// Groups of Alertmanagers; each alert goes to all of them.
    pub alertmanagers: Vec<AlertmanagerConfig>,
}

/// A group of Alertmanagers with the same settings.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertmanagerConfig {
    /// `http` or `https`.
    pub scheme: String,
    /// Put in front of `/api/v2/alerts`.
    pub path_prefix: String,
    /// Longest time a delivery may take; 10 seconds by default.
    pub timeout: Duration,
    /// How requests are made.
    pub http: HttpClientConfig,
    /// Where the Alertmanagers are.
    pub discovery: DiscoveryConfig,
    /// Rules on the Alertmanagers found.
    pub relabel_configs: Vec<Rule>,
    /// Rules on alerts sent to this group.
    pub alert_relabel_configs: Vec<Rule>,
}

/// Section `storage`.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct StorageConfig {
    /// Samples this much older than the newest one are still taken; zero: none.
    pub out_of_order_time_window: Duration,
    /// How long samples stay; absent: as configured elsewhere.
    pub retention_time: Option<Duration>,
    /// How many bytes samples may take on disk.
    pub retention_size_bytes: Option<u64>,
    /// How much of the disk samples may take, 0 to 100.
    pub retention_percentage: Option<f64>,
    /// Exemplars kept; absent: the default, 0: none.
    pub exemplars_max: Option<u64>,
}

/// Section `otlp`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the file")]
pub struct OtlpConfig {
    /// Every resource attribute becomes a label, except the ignored ones.
    pub promote_all_resource_attributes: bool,
    /// Resource attributes that become labels.
    pub promote_resource_attributes: Vec<String>,
    /// Resource attributes that never become labels.
    pub ignore_resource_attributes: Vec<String>,
    /// How names are translated.
    pub translation: OtlpTranslation,
    /// Keep `service.name` and its kin on `target_info` too.
    pub keep_identifying_resource_attributes: bool,
    /// Explicit histograms become native ones with custom buckets.
    pub convert_histograms_to_nhcb: bool,
    /// Scope name, version and attributes become labels.
    pub promote_scope_metadata: bool,
    /// Label names that begin with `_` get `key_` in front.
    pub label_name_underscore_sanitization: bool,
    /// Several underscores in a row stay.
    pub label_name_preserve_multiple_underscores: bool,
}

impl Default for OtlpConfig {
    fn default() -> Self {
        Self {
            promote_all_resource_attributes: false,
            promote_resource_attributes: Vec::new(),
            ignore_resource_attributes: Vec::new(),
            translation: OtlpTranslation::default(),
            keep_identifying_resource_attributes: false,
            convert_histograms_to_nhcb: false,
            promote_scope_metadata: false,
            label_name_underscore_sanitization: true,
            label_name_preserve_multiple_underscores: true,
        }
    }
}

/// How OTLP names become series names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum OtlpTranslation {
    /// Legacy alphabet, unit and type suffixes.
    #[default]
    UnderscoreEscapingWithSuffixes,
    /// Legacy alphabet, no suffixes.
    UnderscoreEscapingWithoutSuffixes,
    /// Any name, unit and type suffixes.
    NoUtf8EscapingWithSuffixes,
    /// Names as they come.
    NoTranslation,
}
