//! Families of metrics as targets expose them in protobuf: `io.prometheus.client.MetricFamily`,
//! each with its length before it. Field numbers and rules: `prometheus/client_model`
//! `metrics.proto` and Prometheus 3.14 `model/textparse/protobufparse.go`.
//! Copies nothing: labels, quantiles and buckets are read where they stand, when they are wanted.

mod encode;
mod histogram;

use crate::WireError;
use crate::protobuf::{Field, Reader};
use crate::remote_write::LabelPairs;
use crate::remote_write::decode::exemplar_too_long;
use model::{EXEMPLAR_CHARS_MAX, Labels, LabelsBuilder, MetricKind, Timestamp};

pub use encode::{MetricOut, ValueOut, classic_buckets, put_family};
pub use histogram::{Bucket, HistogramMetric};

/// Walks over the families of a body.
#[derive(Clone, Copy, Debug)]
pub struct Families<'a> {
    reader: Reader<'a>,
}

/// A family; its metrics follow one by one.
#[derive(Clone, Copy, Debug)]
pub struct Family<'a> {
    /// Name, not empty; a counter's ends in `_total` as its samples do.
    pub name: &'a str,
    /// Help.
    pub help: &'a str,
    /// Unit, a suffix of the name (without `_total`); empty when there is none.
    pub unit: &'a str,
    /// Kind.
    pub kind: MetricKind,
    metrics: Reader<'a>,
}

/// A metric: labels and what was measured.
#[derive(Clone, Copy, Debug)]
pub struct Metric<'a> {
    /// Time as the target says, if it does (zero means that it does not).
    pub timestamp: Option<Timestamp>,
    /// What was measured.
    pub content: Content<'a>,
    message: Reader<'a>,
}

/// What was measured; what the kind of the family does not name is not looked at.
#[derive(Clone, Copy, Debug)]
pub enum Content<'a> {
    /// Counter, gauge or untyped.
    Number(NumberMetric<'a>),
    /// Quantiles.
    Summary(SummaryMetric<'a>),
    /// Classic, native or both.
    Histogram(HistogramMetric<'a>),
}

/// A counter, gauge or untyped value; zero when it is missing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NumberMetric<'a> {
    /// Value.
    pub value: f64,
    /// When a counter began.
    pub created: Option<Timestamp>,
    exemplar: Option<Reader<'a>>,
}

/// A summary.
#[derive(Clone, Copy, Debug)]
pub struct SummaryMetric<'a> {
    /// Observations.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// When it began.
    pub created: Option<Timestamp>,
    message: Reader<'a>,
}

/// An exemplar; its time is missing when the target says none.
#[derive(Clone, Debug, PartialEq)]
pub struct FamilyExemplar {
    /// Labels, at most [`EXEMPLAR_CHARS_MAX`] characters.
    pub labels: Labels,
    /// Observed value.
    pub value: f64,
    /// When it was observed.
    pub timestamp: Option<Timestamp>,
}

impl<'a> Families<'a> {
    /// At the start of a body.
    pub const fn new(body: &'a [u8]) -> Self {
        Self { reader: Reader::new(body) }
    }

    /// The next family that has metrics, or nothing at the end.
    ///
    /// # Errors
    /// `Malformed` when the bytes are no families, or a family has no name, an unknown kind or a
    /// unit that its name does not end in.
    pub fn next_family(&mut self) -> Result<Option<Family<'a>>, WireError> {
        while !self.reader.is_at_end() {
            if let Some(family) = family(self.reader.delimited()?)? {
                return Ok(Some(family));
            }
        }
        Ok(None)
    }
}

/// Reads the head of a family; nothing when it has no metrics.
fn family(message: Reader<'_>) -> Result<Option<Family<'_>>, WireError> {
    let (mut name, mut help, mut unit) = ("", "", "");
    let (mut kind, mut has_metrics) = (0, false);
    let mut rest = message;
    while let Some(field) = rest.next_field()? {
        match field.number {
            1 => name = field.text()?,
            2 => help = field.text()?,
            3 => kind = field.varint()?,
            4 => has_metrics = true,
            5 => unit = field.text()?,
            _ => {}
        }
    }
    if !has_metrics {
        return Ok(None);
    }
    let malformed = |text: String| WireError::malformed(message.offset(), text);
    if name.is_empty() {
        return Err(malformed("a metric family without a name".into()));
    }
    let Some(kind) = kind_of(kind) else {
        let text = format!("metric family {name:?} is of type {kind}, 0 to 5 expected");
        return Err(malformed(text));
    };
    if !unit.is_empty() && !ends_in_unit(name, unit, kind) {
        return Err(malformed(format!("unit {unit:?} is not a suffix of metric {name:?}")));
    }
    Ok(Some(Family { name, help, unit, kind, metrics: message }))
}

/// `MetricType`.
fn kind_of(number: u64) -> Option<MetricKind> {
    Some(match number {
        0 => MetricKind::Counter,
        1 => MetricKind::Gauge,
        2 => MetricKind::Summary,
        3 => MetricKind::Unknown,
        4 => MetricKind::Histogram,
        5 => MetricKind::GaugeHistogram,
        _ => return None,
    })
}

fn ends_in_unit(name: &str, unit: &str, kind: MetricKind) -> bool {
    let total = (kind == MetricKind::Counter).then(|| name.strip_suffix("_total")).flatten();
    let before = total.unwrap_or(name).strip_suffix(unit);
    before.is_some_and(|before| before.ends_with('_'))
}

impl<'a> Family<'a> {
    /// The next metric, or nothing at the end.
    ///
    /// # Errors
    /// `Malformed` when its bytes are no metric.
    pub fn next_metric(&mut self) -> Result<Option<Metric<'a>>, WireError> {
        while let Some(field) = self.metrics.next_field()? {
            if field.number == 4 {
                return metric(field.reader()?, self.kind).map(Some);
            }
        }
        Ok(None)
    }
}

fn metric(message: Reader<'_>, kind: MetricKind) -> Result<Metric<'_>, WireError> {
    let wanted = match kind {
        MetricKind::Gauge => 2,
        MetricKind::Counter => 3,
        MetricKind::Summary => 4,
        MetricKind::Histogram | MetricKind::GaugeHistogram => 7,
        MetricKind::Unknown | MetricKind::Info | MetricKind::StateSet => 5,
    };
    let mut content = Reader::new(&[]);
    let mut timestamp = 0;
    let mut rest = message;
    while let Some(field) = rest.next_field()? {
        match field.number {
            6 => timestamp = field.varint()?.cast_signed(),
            number if number == wanted => content = field.reader()?,
            _ => {}
        }
    }
    let content = match wanted {
        4 => Content::Summary(summary(content)?),
        7 => Content::Histogram(HistogramMetric::read(content)?),
        _ => Content::Number(number(content)?),
    };
    let timestamp = (timestamp != 0).then(|| Timestamp::from_ms(timestamp));
    Ok(Metric { timestamp, content, message })
}

impl<'a> Metric<'a> {
    /// The labels as they came, unchecked except for UTF-8.
    pub const fn labels(&self) -> LabelPairs<'a> {
        LabelPairs::at(self.message)
    }

    /// Appends the bytes of the labels: equal bytes mean an equal label set.
    ///
    /// # Errors
    /// None that reading the metric did not meet before.
    pub fn put_label_bytes(&self, out: &mut Vec<u8>) -> Result<(), WireError> {
        let mut reader = self.message;
        loop {
            let before = reader.rest();
            let Some(field) = reader.next_field()? else { return Ok(()) };
            if field.number == 1 {
                out.extend_from_slice(&before[..before.len() - reader.rest().len()]);
            }
        }
    }
}

fn number(mut reader: Reader<'_>) -> Result<NumberMetric<'_>, WireError> {
    let mut found = NumberMetric::default();
    while let Some(field) = reader.next_field()? {
        match field.number {
            1 => found.value = field.double()?,
            2 => found.exemplar = Some(field.reader()?),
            3 => found.created = time(&field)?,
            _ => {}
        }
    }
    Ok(found)
}

impl NumberMetric<'_> {
    /// The exemplar, if there is one; an inner error is one whose labels are too long.
    ///
    /// # Errors
    /// `Malformed` when its bytes are no exemplar.
    pub fn exemplar(&self) -> Result<Option<Result<FamilyExemplar, WireError>>, WireError> {
        self.exemplar.map(exemplar).transpose()
    }
}

fn summary(message: Reader<'_>) -> Result<SummaryMetric<'_>, WireError> {
    let mut found = SummaryMetric { count: 0, sum: 0.0, created: None, message };
    let mut reader = message;
    while let Some(field) = reader.next_field()? {
        match field.number {
            1 => found.count = field.varint()?,
            2 => found.sum = field.double()?,
            4 => found.created = time(&field)?,
            _ => {}
        }
    }
    Ok(found)
}

impl SummaryMetric<'_> {
    /// The next quantile and its value, or nothing at the end.
    ///
    /// # Errors
    /// `Malformed` when its bytes are no quantile.
    pub fn next_quantile(&mut self) -> Result<Option<(f64, f64)>, WireError> {
        while let Some(field) = self.message.next_field()? {
            if field.number != 3 {
                continue;
            }
            let (mut quantile, mut value) = (0.0, 0.0);
            let mut reader = field.reader()?;
            while let Some(field) = reader.next_field()? {
                match field.number {
                    1 => quantile = field.double()?,
                    2 => value = field.double()?,
                    _ => {}
                }
            }
            return Ok(Some((quantile, value)));
        }
        Ok(None)
    }
}

/// `google.protobuf.Timestamp`; `None` when it lies beyond what milliseconds can tell.
fn time(field: &Field<'_>) -> Result<Option<Timestamp>, WireError> {
    let (mut seconds, mut nanos) = (0_i64, 0_i64);
    let mut reader = field.reader()?;
    while let Some(field) = reader.next_field()? {
        match field.number {
            1 => seconds = field.varint()?.cast_signed(),
            2 => nanos = field.varint()?.cast_signed(),
            _ => {}
        }
    }
    let ms = seconds.checked_mul(1000).and_then(|ms| ms.checked_add(nanos / 1_000_000));
    Ok(ms.map(Timestamp::from_ms))
}

/// The outer error is of malformed bytes, the inner one of labels that are too long.
fn exemplar(mut reader: Reader<'_>) -> Result<Result<FamilyExemplar, WireError>, WireError> {
    let offset = reader.offset();
    let mut pairs = LabelPairs::at(reader);
    let (mut labels, mut chars) = (LabelsBuilder::default(), 0);
    while let Some((name, value)) = pairs.next_pair()? {
        chars += name.chars().count() + value.chars().count();
        // What is too long is read on, because its bytes may be malformed, but not kept.
        if chars <= EXEMPLAR_CHARS_MAX {
            labels.set(name, value);
        }
    }
    let (mut value, mut timestamp) = (0.0, None);
    while let Some(field) = reader.next_field()? {
        match field.number {
            2 => value = field.double()?,
            3 => timestamp = time(&field)?,
            _ => {}
        }
    }
    if chars > EXEMPLAR_CHARS_MAX {
        return Ok(Err(exemplar_too_long(offset, chars)));
    }
    Ok(Ok(FamilyExemplar { labels: labels.build(), value, timestamp }))
}
