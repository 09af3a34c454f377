//! A pushed page as families: text 0.0.4 or length-delimited protobuf, without times.
//! Of protobuf histograms the classic form counts.

use axum::http::{HeaderMap, HeaderValue, header};
use exposition::{Event, Format, Parser, format_openmetrics_float};
use model::{BUCKET_LABEL, Labels, LabelsBuilder, METRIC_NAME, MetricKind, QUANTILE_LABEL};
use std::collections::BTreeMap;
use wire::families::{Content, Families as Messages, Metric};

/// Most samples of a page.
pub(super) const SAMPLES_MAX: usize = 100_000;

/// A family's series, without the labels of the group.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Family {
    pub(super) kind: MetricKind,
    pub(super) help: String,
    pub(super) samples: BTreeMap<Labels, f64>,
}

/// By name.
pub(super) type Families = BTreeMap<String, Family>;

/// How a page is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Protobuf,
}

impl Form {
    /// Whatever is not protobuf is text (as upstream).
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, String> {
        let content_type = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
        let text = String::from_utf8_lossy(content_type.unwrap_or_default()).to_ascii_lowercase();
        if !text.starts_with("application/vnd.google.protobuf") {
            return Ok(Self::Text);
        }
        if text.contains("encoding=delimited") {
            return Ok(Self::Protobuf);
        }
        Err(format!("content type {text:?}: of protobuf, encoding=delimited is expected"))
    }
}

pub(super) fn read(body: &[u8], form: Form) -> Result<Families, String> {
    let mut page = Page::default();
    match form {
        Form::Text => page.text(body)?,
        Form::Protobuf => page.protobuf(body)?,
    }
    Ok(page.families)
}

#[derive(Default)]
struct Page {
    families: Families,
    count: usize,
}

impl Page {
    fn text(&mut self, body: &[u8]) -> Result<(), String> {
        let mut parser = Parser::new(Format::Text, body);
        let (mut current, mut kind) = (String::new(), MetricKind::Unknown);
        let mut labels = LabelsBuilder::default();
        while let Some(event) = parser.next_event().map_err(|error| error.to_string())? {
            match event {
                Event::Type { family, kind: said } => {
                    (current, kind) = (family.into_owned(), said);
                    self.family(&current).kind = kind;
                }
                Event::Help { family, help } => self.family(&family).help = help.into_owned(),
                Event::Unit { .. } => {}
                Event::Sample(sample) => {
                    parser.labels(&mut labels).map_err(|error| error.to_string())?;
                    if sample.timestamp.is_some() {
                        return Err(timed(&parser.metric_name()));
                    }
                    let name = parser.metric_name().into_owned();
                    let family = if is_part(&name, &current, kind) { &current } else { &name };
                    let family = family.clone();
                    self.add(&family, labels.build(), sample.value)?;
                }
            }
        }
        Ok(())
    }

    fn family(&mut self, name: &str) -> &mut Family {
        self.families.entry(name.to_owned()).or_default()
    }

    fn add(&mut self, family: &str, labels: Labels, value: f64) -> Result<(), String> {
        self.count += 1;
        if self.count > SAMPLES_MAX {
            return Err(format!("more than {SAMPLES_MAX} samples in one push"));
        }
        let twice = format!("{labels} was collected before with the same name and label values");
        match self.family(family).samples.insert(labels, value) {
            None => Ok(()),
            Some(_) => Err(twice),
        }
    }

    fn protobuf(&mut self, body: &[u8]) -> Result<(), String> {
        let mut messages = Messages::new(body);
        while let Some(mut family) = messages.next_family().map_err(|error| error.to_string())? {
            let known = self.family(family.name);
            (known.kind, known.help) = (family.kind, family.help.to_owned());
            while let Some(metric) = family.next_metric().map_err(|error| error.to_string())? {
                if metric.timestamp.is_some() {
                    return Err(timed(family.name));
                }
                for (suffix, bound, value) in members(&metric).map_err(|error| error.to_string())? {
                    let labels = labels_of(&metric, &format!("{}{suffix}", family.name), bound)?;
                    self.add(family.name, labels, value)?;
                }
            }
        }
        Ok(())
    }
}

fn timed(name: &str) -> String {
    format!("pushed metrics must not have timestamps: {name}")
}

/// Is a series of the family declared last?
fn is_part(name: &str, family: &str, kind: MetricKind) -> bool {
    let Some(suffix) = name.strip_prefix(family) else { return false };
    match kind {
        MetricKind::Histogram | MetricKind::GaugeHistogram => {
            matches!(suffix, "_bucket" | "_sum" | "_count")
        }
        MetricKind::Summary => matches!(suffix, "" | "_sum" | "_count"),
        _ => suffix.is_empty(),
    }
}

/// Suffix, label with a number, value.
type Member = (&'static str, Option<(&'static str, f64)>, f64);

fn members(metric: &Metric<'_>) -> Result<Vec<Member>, wire::WireError> {
    let mut found = Vec::new();
    match metric.content {
        Content::Number(number) => found.push(("", None, number.value)),
        Content::Summary(mut summary) => {
            found.push(("_sum", None, summary.sum));
            found.push(("_count", None, summary.count as f64));
            while let Some((quantile, value)) = summary.next_quantile()? {
                found.push(("", Some((QUANTILE_LABEL, quantile)), value));
            }
        }
        Content::Histogram(mut histogram) => {
            found.push(("_sum", None, histogram.sum));
            found.push(("_count", None, histogram.count));
            let mut ends = false;
            while let Some(bucket) = histogram.next_bucket()? {
                ends |= bucket.bound == f64::INFINITY;
                found.push(("_bucket", Some((BUCKET_LABEL, bucket.bound)), bucket.count));
            }
            if !ends {
                found.push(("_bucket", Some((BUCKET_LABEL, f64::INFINITY)), histogram.count));
            }
        }
    }
    Ok(found)
}

fn labels_of(
    metric: &Metric<'_>,
    name: &str,
    bound: Option<(&str, f64)>,
) -> Result<Labels, String> {
    let mut labels = LabelsBuilder::default();
    labels.set(METRIC_NAME, name);
    let mut pairs = metric.labels();
    let mut count = 0;
    while let Some((label, value)) = pairs.next_pair().map_err(|error| error.to_string())? {
        count += 1;
        if label.is_empty() || labels.get(label).is_some() || count > exposition::LABELS_MAX {
            return Err(format!("{name}: label name {label:?} is empty, twice or one too many"));
        }
        labels.set(label, value);
    }
    if let Some((label, bound)) = bound {
        labels.set(label, &format_openmetrics_float(bound));
    }
    Ok(labels.build())
}
