//! Section `global`: the defaults of everything else, and the external labels.

use super::shared;
use crate::outside::expand_go;
use crate::prometheus::{GlobalConfig, HistogramOptions, ScrapeLimits};
use crate::read::Section;
use model::{Labels, LabelsBuilder};
use relabel::NameScheme;
use std::time::Duration;

pub(super) fn read(section: Section<'_>) -> GlobalConfig {
    let default = GlobalConfig::default();
    let nonzero = |key| section.duration(key).filter(|duration: &Duration| !duration.is_zero());
    let scrape_interval = nonzero("scrape_interval").unwrap_or(default.scrape_interval);
    let scrape_timeout = nonzero("scrape_timeout");
    if scrape_timeout.is_some_and(|timeout| timeout > scrape_interval) {
        let message = "`scrape_timeout` is longer than `scrape_interval`";
        section.problem("scrape_timeout", message);
    }
    let name_scheme = shared::name_scheme(&section).unwrap_or(default.name_scheme);
    let query_log_file = section.path("query_log_file");
    let config = GlobalConfig {
        scrape_interval,
        scrape_timeout: scrape_timeout.unwrap_or(default.scrape_timeout.min(scrape_interval)),
        evaluation_interval: nonzero("evaluation_interval").unwrap_or(default.evaluation_interval),
        rule_query_offset: section.duration("rule_query_offset").unwrap_or_default(),
        query_log_file,
        scrape_failure_log_file: failure_log(&section),
        external_labels: external_labels(&section, name_scheme),
        limits: shared::limits(&section, &ScrapeLimits::default()),
        scrape_protocols: shared::protocols(&section),
        histograms: HistogramOptions {
            native: section.flag("scrape_native_histograms").unwrap_or_default(),
            always_classic: section.flag("always_scrape_classic_histograms").unwrap_or_default(),
            convert_classic: section.flag("convert_classic_histograms_to_nhcb").unwrap_or_default(),
        },
        extra_scrape_metrics: section.flag("extra_scrape_metrics").unwrap_or_default(),
        name_scheme,
        escaping: shared::escaping(&section),
    };
    section.finish();
    config
}

/// Key `scrape_failure_log_file`, with its warning.
pub(super) fn failure_log(section: &Section<'_>) -> Option<String> {
    let path = section.path("scrape_failure_log_file")?;
    let place = section.key_place("scrape_failure_log_file");
    section.reader.unsupported(place, "scrape_failure_log_file");
    Some(path)
}

fn external_labels(section: &Section<'_>, scheme: NameScheme) -> Labels {
    let Some(labels) = section.section("external_labels", "global.external_labels") else {
        return Labels::empty();
    };
    let reader = section.reader;
    let mut builder = LabelsBuilder::default();
    for (name, value) in labels.entries() {
        let text = name.scalar().map_or("", |name| name.text.as_str());
        if !scheme.allows_label(text) {
            let message = format!("{} is no valid label name", model::quote(text));
            reader.problem(name.place, message);
        }
        let Some(template) = reader.text(value, text) else { continue };
        let (filled, unset) = expand_go(&template, reader.outside);
        for variable in unset {
            let message = format!("environment variable `{variable}` is empty or not set");
            reader.warn(value.place, "global.external_labels", message);
        }
        if !text.is_empty() {
            builder.set(text, &filled);
        }
    }
    builder.build()
}
