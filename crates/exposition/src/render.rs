//! Writes families in text 0.0.4 and OpenMetrics 1.0, sorted by name, one HELP and TYPE each.
//! Used for our own `/metrics`; what it writes, `parse` reads back.

use crate::number::write_float;
use crate::{Family, Format, Point, format_openmetrics_float};
use model::is_legacy_metric_name;
use model::{BUCKET_LABEL, Labels, MetricKind, QUANTILE_LABEL, is_legacy_label_name};
use std::fmt::Write;

#[cfg(test)]
mod tests;

/// Content type of text 0.0.4.
pub const TEXT_CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
/// Content type of OpenMetrics 1.0.
pub const OPENMETRICS_CONTENT_TYPE: &str =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The `Content-Type` of a format.
pub const fn content_type(format: Format) -> &'static str {
    match format {
        Format::Text => TEXT_CONTENT_TYPE,
        Format::OpenMetrics => OPENMETRICS_CONTENT_TYPE,
    }
}

/// Renders families in a format.
pub fn render<'a>(format: Format, families: impl IntoIterator<Item = &'a Family>) -> String {
    match format {
        Format::Text => render_text(families),
        Format::OpenMetrics => render_openmetrics(families),
    }
}

/// Renders text 0.0.4; families without points are left out. Timestamps before the epoch get their
/// sign, which the format allows and upstream's parser does not take.
pub fn render_text<'a>(families: impl IntoIterator<Item = &'a Family>) -> String {
    let mut out = String::new();
    for family in sorted(families) {
        header(&mut out, "HELP", &family.name, &escape(&family.help, Escapes::Help));
        header(&mut out, "TYPE", &family.name, text_kind(family.kind));
        for point in &family.points {
            series(&mut out, &format!("{}{}", family.name, point.suffix), &point.labels);
            out.push(' ');
            write_float(&mut out, point.value);
            if let Some(timestamp) = point.timestamp {
                write!(out, " {}", timestamp.ms()).expect("writing to a string does not fail");
            }
            out.push('\n');
        }
    }
    out
}

/// Renders OpenMetrics 1.0 with its `# EOF`; a counter whose name lacks `_total` is of unknown
/// type, because a client would rename it.
pub fn render_openmetrics<'a>(families: impl IntoIterator<Item = &'a Family>) -> String {
    let mut out = String::new();
    for family in sorted(families) {
        let (name, kind) = openmetrics_identity(family);
        header(&mut out, "HELP", name, &escape(&family.help, Escapes::Value));
        header(&mut out, "TYPE", name, kind.as_str());
        if !family.unit.is_empty() && name.ends_with(&format!("_{}", family.unit)) {
            header(&mut out, "UNIT", name, &family.unit);
        }
        for point in &family.points {
            openmetrics_point(&mut out, family, point);
        }
    }
    out.push_str("# EOF\n");
    out
}

fn openmetrics_identity(family: &Family) -> (&str, MetricKind) {
    match (family.kind, family.name.strip_suffix("_total")) {
        (MetricKind::Counter, Some(stem)) => (stem, MetricKind::Counter),
        (MetricKind::Counter, None) => (&family.name, MetricKind::Unknown),
        (kind, _) => (&family.name, kind),
    }
}

fn openmetrics_point(out: &mut String, family: &Family, point: &Point) {
    series(out, &format!("{}{}", family.name, point.suffix), &point.labels);
    out.push(' ');
    // Counts of buckets are whole numbers by nature and written without a fraction.
    if matches!(point.suffix, "_bucket" | "_count") {
        write_float(out, point.value);
    } else {
        out.push_str(&format_openmetrics_float(point.value));
    }
    if let Some(timestamp) = point.timestamp {
        let (sign, ms) = (if timestamp.ms() < 0 { "-" } else { "" }, timestamp.ms().unsigned_abs());
        let (seconds, rest) = (ms / 1000, ms % 1000);
        write!(out, " {sign}{seconds}.{rest:03}").expect("writing to a string does not fail");
    }
    out.push('\n');
}

fn sorted<'a>(families: impl IntoIterator<Item = &'a Family>) -> Vec<&'a Family> {
    let mut families: Vec<_> = families.into_iter().filter(|f| !f.points.is_empty()).collect();
    families.sort_by(|a, b| a.name.cmp(&b.name));
    families
}

fn header(out: &mut String, keyword: &str, name: &str, text: &str) {
    let written = if is_legacy_metric_name(name) {
        writeln!(out, "# {keyword} {name} {text}")
    } else {
        writeln!(out, "# {keyword} \"{}\" {text}", escape(name, Escapes::Value))
    };
    written.expect("writing to a string does not fail");
}

/// Appends name and labels of a point as the text format writes them; equal bytes mean the same
/// series, so in-process sources share the cache of scraped ones.
pub fn write_series(out: &mut String, family: &Family, point: &Point) {
    series(out, &format!("{}{}", family.name, point.suffix), &point.labels);
}

fn series(out: &mut String, name: &str, labels: &Labels) {
    let legacy = is_legacy_metric_name(name);
    if legacy {
        out.push_str(name);
    }
    if legacy && labels.is_empty() {
        return;
    }
    out.push('{');
    let mut comma = "";
    if !legacy {
        write!(out, "\"{}\"", escape(name, Escapes::Value)).expect("a string takes all");
        comma = ",";
    }
    // Readers are used to `le` and `quantile` at the end.
    let is_last = |name: &str| name == BUCKET_LABEL || name == QUANTILE_LABEL;
    let first = labels.iter().filter(|(name, _)| !is_last(name));
    for (name, value) in first.chain(labels.iter().filter(|(name, _)| is_last(name))) {
        out.push_str(comma);
        comma = ",";
        label(out, name, value);
    }
    out.push('}');
}

fn label(out: &mut String, name: &str, value: &str) {
    let value = escape(value, Escapes::Value);
    let written = if is_legacy_label_name(name) {
        write!(out, "{name}=\"{value}\"")
    } else {
        write!(out, "\"{}\"=\"{value}\"", escape(name, Escapes::Value))
    };
    written.expect("writing to a string does not fail");
}

/// Which characters are escaped: help texts of the text format keep their quotes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Escapes {
    Help,
    Value,
}

fn escape(text: &str, escapes: Escapes) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '"' if escapes == Escapes::Value => out.push_str("\\\""),
            c => out.push(c),
        }
    }
    out
}

const fn text_kind(kind: MetricKind) -> &'static str {
    match kind {
        MetricKind::Counter => "counter",
        MetricKind::Gauge | MetricKind::Info | MetricKind::StateSet => "gauge",
        MetricKind::Histogram => "histogram",
        MetricKind::Summary => "summary",
        MetricKind::Unknown | MetricKind::GaugeHistogram => "untyped",
    }
}
