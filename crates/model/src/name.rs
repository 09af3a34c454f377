//! Names that Prometheus' data model gives a meaning, and the legacy (ASCII) name rules.

/// Label that holds the metric name.
pub const METRIC_NAME: &str = "__name__";
/// Label that holds the scrape job.
pub const JOB_LABEL: &str = "job";
/// Label that holds the scraped endpoint.
pub const INSTANCE_LABEL: &str = "instance";
/// Label that holds the upper bound of a classic histogram bucket.
pub const BUCKET_LABEL: &str = "le";
/// Label that holds the quantile of a summary.
pub const QUANTILE_LABEL: &str = "quantile";

/// Does the name match `[a-zA-Z_:][a-zA-Z0-9_:]*` (Prometheus data model, legacy scheme)?
pub fn is_legacy_metric_name(name: &str) -> bool {
    matches_legacy(name, |byte| byte == b':')
}

/// Does the name match `[a-zA-Z_][a-zA-Z0-9_]*` (Prometheus data model, legacy scheme)?
pub fn is_legacy_label_name(name: &str) -> bool {
    matches_legacy(name, |_| false)
}

fn matches_legacy(name: &str, also: impl Fn(u8) -> bool) -> bool {
    let Some(&first) = name.as_bytes().first() else { return false };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || also(byte);
    !first.is_ascii_digit() && name.bytes().all(allowed)
}
