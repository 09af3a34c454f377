//! The small sections: `storage`, `otlp`, `runtime`, `tracing`.

use super::remote;
use crate::http;
use crate::prometheus::{GlobalConfig, OtlpConfig, OtlpTranslation, StorageConfig};
use crate::read::Section;
use crate::yaml::Node;
use relabel::NameScheme;
use std::collections::HashSet;

pub(super) fn storage(section: Section<'_>) -> StorageConfig {
    let mut config = StorageConfig::default();
    if let Some(tsdb) = section.section("tsdb", "storage.tsdb") {
        config.out_of_order_time_window =
            tsdb.duration("out_of_order_time_window").unwrap_or_default();
        if tsdb.float("stale_series_compaction_threshold").is_some() {
            unsupported(
                &tsdb,
                "stale_series_compaction_threshold",
                "storage.tsdb.stale_series_compaction_threshold",
            );
        }
        if let Some(encoding) = tsdb.section("chunk_encoding", "storage.tsdb.chunk_encoding") {
            encoding.choice("floats", &[("xor", ()), ("xor2", ())]);
            encoding.finish();
            unsupported(&tsdb, "chunk_encoding", "storage.tsdb.chunk_encoding");
        }
        if let Some(retention) = tsdb.section("retention", "storage.tsdb.retention") {
            read_retention(retention, &mut config);
        }
        tsdb.finish();
    }
    if let Some(exemplars) = section.section("exemplars", "storage.exemplars") {
        let max = exemplars.number::<i64>("max_exemplars");
        config.exemplars_max = max.map(|max| u64::try_from(max).unwrap_or(0));
        exemplars.finish();
    }
    section.finish();
    config
}

fn unsupported(section: &Section<'_>, key: &str, path: &'static str) {
    section.reader.unsupported(section.key_place(key), path);
}

fn read_retention(section: Section<'_>, config: &mut StorageConfig) {
    config.retention_time = section.duration("time").filter(|time| !time.is_zero());
    if let Some(size) = section.size("size") {
        match u64::try_from(size) {
            Ok(size) => config.retention_size_bytes = (size > 0).then_some(size),
            Err(_) => section.problem("size", "`size` cannot be negative"),
        }
    }
    if let Some(percentage) = section.float("percentage") {
        if !(0.0..=100.0).contains(&percentage) {
            section.problem("percentage", "`percentage` is a number from 0 to 100");
        }
        config.retention_percentage = Some(percentage).filter(|&percentage| percentage > 0.0);
    }
    section.finish();
}

pub(super) fn runtime(section: Section<'_>) {
    section.number::<i64>("gogc");
    section.reader.unsupported(section.place, "runtime");
    section.finish();
}

pub(crate) fn tracing(file: &Section<'_>, node: &Node) {
    if node.is_null() {
        return;
    }
    let Some(section) = file.reader.section(node, "tracing") else { return };
    section.choice("client_type", &[("http", ()), ("grpc", ())]);
    if section.filled("endpoint").is_none() {
        section.problem_here("`tracing` needs an `endpoint`");
    }
    section.float("sampling_fraction");
    section.flag("insecure");
    section.duration("timeout");
    section.choice("compression", &[("", ()), ("gzip", ())]);
    section.section("tls_config", "http.tls_config").map(http::tls);
    if let Some(headers) = section.section("headers", "tracing.headers") {
        remote::check_headers(&headers);
        headers.entries().iter().for_each(|(_, value)| headers.reader.hide(value));
    }
    file.reader.unsupported(file.key_place("tracing"), "tracing");
    section.finish();
}

/// Section `otlp`; its translation strategy depends on the names that `global` allows.
pub(super) fn otlp(file: &Section<'_>, global: &GlobalConfig) -> OtlpConfig {
    let default = OtlpConfig::default();
    let Some(section) = file.section("otlp", "otlp") else { return default };
    let promote_all = section.flag("promote_all_resource_attributes").unwrap_or_default();
    let promoted = section.texts("promote_resource_attributes").unwrap_or_default();
    let ignored = section.texts("ignore_resource_attributes").unwrap_or_default();
    if promote_all && !promoted.is_empty() {
        let message = "`promote_resource_attributes` is of no use with \
                       `promote_all_resource_attributes`; set one of them";
        section.problem("promote_resource_attributes", message);
    }
    if !promote_all && !ignored.is_empty() {
        let message = "`ignore_resource_attributes` needs `promote_all_resource_attributes: true`";
        section.problem("ignore_resource_attributes", message);
    }
    let flag = |key, otherwise| section.flag(key).unwrap_or(otherwise);
    let config = OtlpConfig {
        promote_all_resource_attributes: promote_all,
        promote_resource_attributes: attributes(&section, "promote_resource_attributes", promoted),
        ignore_resource_attributes: attributes(&section, "ignore_resource_attributes", ignored),
        translation: translation(&section, global),
        keep_identifying_resource_attributes: flag("keep_identifying_resource_attributes", false),
        convert_histograms_to_nhcb: flag("convert_histograms_to_nhcb", false),
        promote_scope_metadata: flag("promote_scope_metadata", false),
        label_name_underscore_sanitization: flag(
            "label_name_underscore_sanitization",
            default.label_name_underscore_sanitization,
        ),
        label_name_preserve_multiple_underscores: flag(
            "label_name_preserve_multiple_underscores",
            default.label_name_preserve_multiple_underscores,
        ),
    };
    section.finish();
    config
}

fn translation(section: &Section<'_>, global: &GlobalConfig) -> OtlpTranslation {
    use OtlpTranslation::{
        NoTranslation, NoUtf8EscapingWithSuffixes, UnderscoreEscapingWithSuffixes,
        UnderscoreEscapingWithoutSuffixes,
    };
    let choices = [
        ("", UnderscoreEscapingWithSuffixes),
        ("UnderscoreEscapingWithSuffixes", UnderscoreEscapingWithSuffixes),
        ("UnderscoreEscapingWithoutSuffixes", UnderscoreEscapingWithoutSuffixes),
        ("NoUTF8EscapingWithSuffixes", NoUtf8EscapingWithSuffixes),
        ("NoTranslation", NoTranslation),
    ];
    let found = section.choice("translation_strategy", &choices).unwrap_or_default();
    let needs_utf8 = match found {
        NoTranslation | NoUtf8EscapingWithSuffixes => true,
        UnderscoreEscapingWithSuffixes | UnderscoreEscapingWithoutSuffixes => false,
    };
    if needs_utf8 && global.name_scheme == NameScheme::Legacy {
        let message = "this `translation_strategy` needs UTF-8 names, but \
                       `global.metric_name_validation_scheme` is `legacy`";
        section.problem("translation_strategy", message);
    }
    found
}

/// Attribute names without surrounding space, none empty, none twice.
fn attributes(section: &Section<'_>, key: &'static str, names: Vec<String>) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut clean = Vec::new();
    for name in names {
        let name = name.trim().to_owned();
        if name.is_empty() {
            section.problem(key, format!("`{key}` has an empty attribute name"));
        } else if !seen.insert(name.clone()) {
            section.problem(key, format!("`{key}` has attribute `{name}` twice"));
        }
        clean.push(name);
    }
    clean
}
