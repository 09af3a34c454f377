//! One entry of `scrape_configs`: its own keys, the HTTP client inlined, what it inherits.

use super::{global, service_discovery, shared};
use crate::prometheus::{
    EscapingScheme, GlobalConfig, HistogramOptions, RulePlaces, ScrapeConfig, ScrapeProtocol,
};
use crate::read::{Reader, Section};
use crate::yaml::Node;
use crate::{Place, http, targets};
use relabel::NameScheme;
use std::time::Duration;

/// A job with the place of its name, for messages about duplicates.
pub(super) struct Job {
    pub(super) config: ScrapeConfig,
    pub(super) name_place: Place,
}

pub(super) fn read(reader: &Reader<'_>, node: &Node, global: &GlobalConfig) -> Option<Job> {
    if node.is_null() {
        reader.problem(node.place, "this entry of `scrape_configs` is empty");
        return None;
    }
    let section = reader.section(node, "scrape_configs")?;
    let job_name = section.text("job_name").unwrap_or_default();
    if job_name.is_empty() {
        section.problem("job_name", "a scrape configuration needs a `job_name`");
    }
    let (scrape_interval, scrape_timeout) = timing(&section, global);
    let (name_scheme, escaping) = names(&section, global);
    let histograms = histograms(&section, global.histograms);
    let config = ScrapeConfig {
        honor_labels: section.flag("honor_labels").unwrap_or_default(),
        honor_timestamps: section.flag("honor_timestamps").unwrap_or(true),
        track_timestamps_staleness: section.flag("track_timestamps_staleness").unwrap_or_default(),
        params: params(&section),
        scrape_interval,
        scrape_timeout,
        scrape_protocols: protocols(&section, global, histograms.native),
        fallback_scrape_protocol: fallback_protocol(&section),
        histograms,
        native_histogram_bucket_limit: section.limit("native_histogram_bucket_limit"),
        native_histogram_min_bucket_factor: section
            .float("native_histogram_min_bucket_factor")
            .unwrap_or_default(),
        scrape_failure_log_file: global::failure_log(&section)
            .or_else(|| global.scrape_failure_log_file.clone()),
        metrics_path: section.text("metrics_path").unwrap_or_else(|| "/metrics".into()),
        scheme: section.text("scheme").unwrap_or_else(|| "http".into()),
        enable_compression: section.flag("enable_compression").unwrap_or(true),
        limits: shared::limits(&section, &global.limits),
        name_scheme,
        escaping,
        extra_scrape_metrics: section
            .flag("extra_scrape_metrics")
            .unwrap_or(global.extra_scrape_metrics),
        http: http::client_fields(&section),
        discovery: service_discovery::read(&section),
        relabel_configs: shared::rules(&section, "relabel_configs", name_scheme),
        metric_relabel_configs: shared::rules(&section, "metric_relabel_configs", name_scheme),
        rule_places: RulePlaces {
            file: reader.file.to_owned(),
            relabel: shared::lines(&section, "relabel_configs"),
            metric_relabel: shared::lines(&section, "metric_relabel_configs"),
        },
        job_name,
    };
    if section.items("relabel_configs").is_empty() {
        targets::check_addresses(&section);
    }
    let name_place = section.place_of("job_name");
    section.finish();
    Some(Job { config, name_place })
}

/// A timeout that is not written shrinks to the interval; one that is written must fit.
fn timing(section: &Section<'_>, global: &GlobalConfig) -> (Duration, Duration) {
    let nonzero = |key| section.duration(key).filter(|duration: &Duration| !duration.is_zero());
    let interval = nonzero("scrape_interval").unwrap_or(global.scrape_interval);
    let timeout = nonzero("scrape_timeout");
    if timeout.is_some_and(|timeout| timeout > interval) {
        let message = format!(
            "`scrape_timeout` is longer than `scrape_interval` ({})",
            crate::format_duration(interval)
        );
        section.problem("scrape_timeout", message);
    }
    (interval, timeout.unwrap_or(global.scrape_timeout.min(interval)))
}

/// Escaping follows the scheme that the job itself names, else the global escaping.
fn names(section: &Section<'_>, global: &GlobalConfig) -> (NameScheme, EscapingScheme) {
    let own = shared::name_scheme(section);
    let scheme = own.unwrap_or(global.name_scheme);
    let inherited = match own {
        Some(scheme) => shared::default_escaping(scheme),
        None => global.escaping.unwrap_or(shared::default_escaping(global.name_scheme)),
    };
    let escaping = shared::escaping(section).unwrap_or(inherited);
    if escaping == EscapingScheme::AllowUtf8 && scheme != NameScheme::Utf8 {
        let message = "escaping scheme `allow-utf-8` needs the name validation scheme `utf8`";
        section.problem("metric_name_escaping_scheme", message);
    }
    (scheme, escaping)
}

fn histograms(section: &Section<'_>, global: HistogramOptions) -> HistogramOptions {
    // Null is "not set" here: upstream keeps pointers to tell the two apart.
    let flag = |key, inherited| match section.get(key) {
        Some(node) if !node.is_null() => section.flag(key).unwrap_or(inherited),
        Some(_) | None => inherited,
    };
    HistogramOptions {
        native: flag("scrape_native_histograms", global.native),
        always_classic: flag("always_scrape_classic_histograms", global.always_classic),
        convert_classic: flag("convert_classic_histograms_to_nhcb", global.convert_classic),
    }
}

fn protocols(section: &Section<'_>, global: &GlobalConfig, native: bool) -> Vec<ScrapeProtocol> {
    let written = shared::protocols(section).or_else(|| global.scrape_protocols.clone());
    written.unwrap_or_else(|| {
        if native {
            ScrapeProtocol::DEFAULT_NATIVE.to_vec()
        } else {
            ScrapeProtocol::DEFAULT.to_vec()
        }
    })
}

fn fallback_protocol(section: &Section<'_>) -> Option<ScrapeProtocol> {
    let parse = |text: &str| match text {
        "" => Ok(None),
        name => shared::protocol(name).map(Some),
    };
    section.parsed("fallback_scrape_protocol", "one scrape protocol", None, parse).flatten()
}

fn params(section: &Section<'_>) -> Vec<(String, Vec<String>)> {
    let Some(params) = section.section("params", "scrape_configs.params") else {
        return Vec::new();
    };
    let pairs = params.entries().iter().map(|(name, values)| {
        let name = name.scalar().map_or("", |name| name.text.as_str()).to_owned();
        let values = section.reader.list_of_texts(values, "params");
        (name, values.into_iter().map(|(_, text)| text).collect())
    });
    pairs.collect()
}
