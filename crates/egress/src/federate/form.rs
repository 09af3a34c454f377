//! How a federated page looks: text or protobuf, by the reader's `Accept` header.
//! Rules: prometheus/common `expfmt.Negotiate`; floats have no type here, as upstream's page says
//! `untyped` of everything.

use super::names::Escaping;
use super::{Latest, accepted};
use axum::http::HeaderMap;
use exposition::{TEXT_CONTENT_TYPE, format_float, format_openmetrics_float};
use model::{
    BUCKET_LABEL, CounterReset, Histogram, MetricKind, is_legacy_label_name, is_legacy_metric_name,
};
use std::fmt::Write as _;
use wire::families::{MetricOut, ValueOut, classic_buckets, put_family};

/// A form with its escaping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) struct Form {
    kind: Kind,
    escaping: Escaping,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
enum Kind {
    #[default]
    Text,
    /// Text with quoted names.
    Text1,
    Protobuf,
}

/// Families as they come.
pub(super) struct Writer {
    form: Form,
    family: Option<(String, MetricKind)>,
    text: String,
    /// Metrics of the family, and finished families.
    metrics: Vec<MetricOut>,
    bytes: Vec<u8>,
}

impl Form {
    /// The most wanted form that is known; text 0.0.4 when none is.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let accept = accepted(headers);
        let mut choices: Vec<(f32, Self)> = accept.split(',').filter_map(choice).collect();
        choices.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        choices.first().map(|(_, form)| *form).unwrap_or_default()
    }

    pub(super) fn content_type(self) -> String {
        let escaping = self.escaping.as_str();
        match self.kind {
            Kind::Text if self.escaping == Escaping::Underscores => TEXT_CONTENT_TYPE.to_owned(),
            Kind::Text => format!("{TEXT_CONTENT_TYPE}; escaping={escaping}"),
            Kind::Text1 => {
                format!("text/plain; version=1.0.0; charset=utf-8; escaping={escaping}")
            }
            Kind::Protobuf => format!(
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; \
                 encoding=delimited; escaping={escaping}"
            ),
        }
    }

    pub(super) fn writer(self) -> Writer {
        let (text, metrics, bytes) = Default::default();
        Writer { form: self, family: None, text, metrics, bytes }
    }
}

/// A media range with its weight, if it is known and wanted.
fn choice(range: &str) -> Option<(f32, Form)> {
    let mut parts = range.split(';').map(str::trim);
    let media_type = parts.next()?.to_ascii_lowercase();
    let (mut weight, mut version, mut escaping, mut proto, mut encoding) = (1.0, "", None, "", "");
    for (name, value) in parts.filter_map(|part| part.split_once('=')) {
        match name.trim() {
            "q" => weight = value.trim().parse().ok()?,
            "version" => version = value,
            "escaping" => escaping = Escaping::named(value),
            "proto" => proto = value,
            "encoding" => encoding = value,
            _ => {}
        }
    }
    let kind = match (media_type.as_str(), version) {
        ("text/plain", "" | "0.0.4") => Kind::Text,
        ("text/plain", "1.0.0") => Kind::Text1,
        ("application/vnd.google.protobuf", _)
            if proto == "io.prometheus.client.MetricFamily" && encoding == "delimited" =>
        {
            Kind::Protobuf
        }
        _ => return None,
    };
    let form = Form { kind, escaping: escaping.unwrap_or_default() };
    (weight > 0.0).then_some((weight, form))
}

impl Writer {
    /// Adds a series; series of one name come together.
    pub(super) fn add(&mut self, name: &str, labels: &[(&str, &str)], latest: &Latest) {
        let name = self.form.escaping.apply(name, true);
        let kind = match &latest.histogram {
            None => MetricKind::Unknown,
            Some(histogram) => kind_of(histogram),
        };
        if self.family.as_ref().is_none_or(|family| (&*family.0, family.1) != (&*name, kind)) {
            self.finish_family();
            self.family = Some((name.clone().into_owned(), kind));
            if self.form.kind != Kind::Protobuf {
                self.text.push_str("# TYPE ");
                put_name(&mut self.text, &name, is_legacy_metric_name(&name));
                let kind = if kind == MetricKind::Unknown { "untyped" } else { "histogram" };
                writeln!(self.text, " {kind}").expect("a string takes all");
            }
        }
        let escape = |label| self.form.escaping.apply(label, false);
        let labels: Vec<(String, &str)> =
            labels.iter().map(|(label, value)| (escape(label).into_owned(), *value)).collect();
        if self.form.kind == Kind::Protobuf {
            let labels = labels.into_iter().map(|(label, value)| (label, value.to_owned()));
            let value = match &latest.histogram {
                None => ValueOut::Number(latest.value),
                Some(histogram) => ValueOut::Histogram(histogram.clone()),
            };
            let (labels, timestamp_ms) = (labels.collect(), latest.at_ms);
            return self.metrics.push(MetricOut { labels, timestamp_ms, value });
        }
        let Some(histogram) = &latest.histogram else {
            return self.line(&name, "", &labels, latest.value, latest.at_ms);
        };
        // Text has no native histograms: of exponential ones sum and count are left.
        let mut buckets = classic_buckets(histogram);
        buckets.push((f64::INFINITY, histogram.count));
        for (bound, count) in buckets {
            let bound = format_openmetrics_float(bound);
            let mut labels = labels.clone();
            labels.push((BUCKET_LABEL.to_owned(), &bound));
            self.line(&name, "_bucket", &labels, count, latest.at_ms);
        }
        self.line(&name, "_sum", &labels, histogram.sum, latest.at_ms);
        self.line(&name, "_count", &labels, histogram.count, latest.at_ms);
    }

    fn line(
        &mut self,
        name: &str,
        suffix: &str,
        labels: &[(String, &str)],
        value: f64,
        at_ms: i64,
    ) {
        let name = format!("{name}{suffix}");
        let is_legacy = is_legacy_metric_name(&name);
        let out = &mut self.text;
        if is_legacy {
            out.push_str(&name);
        }
        out.push('{');
        let mut comma = "";
        if !is_legacy {
            put_name(out, &name, false);
            comma = ",";
        }
        for (label, value) in labels {
            out.push_str(comma);
            put_name(out, label, is_legacy_label_name(label));
            out.push('=');
            put_quoted(out, value);
            comma = ",";
        }
        writeln!(out, "}} {} {at_ms}", format_float(value)).expect("a string takes all");
    }

    fn finish_family(&mut self) {
        if let Some((name, kind)) = self.family.take()
            && self.form.kind == Kind::Protobuf
        {
            put_family(&name, kind, &std::mem::take(&mut self.metrics), &mut self.bytes);
        }
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.finish_family();
        if self.form.kind == Kind::Protobuf { self.bytes } else { self.text.into_bytes() }
    }
}

fn kind_of(histogram: &Histogram) -> MetricKind {
    match histogram.counter_reset {
        CounterReset::Gauge => MetricKind::GaugeHistogram,
        _ => MetricKind::Histogram,
    }
}

fn put_name(out: &mut String, name: &str, is_legacy: bool) {
    if is_legacy {
        out.push_str(name);
    } else {
        put_quoted(out, name);
    }
}

/// In double quotes, with backslash, quote and line end escaped.
fn put_quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
    out.push('"');
}
