//! The walk over a write request: series and metadata, then samples, exemplars and histograms.
//! Lazy: nothing is kept, every step returns a view into the body or a small value.

use super::histogram;
use crate::WireError;
use crate::protobuf::{Field, Reader};
use model::{
    EXEMPLAR_CHARS_MAX, Exemplar, Histogram, LabelsBuilder, MetricKind, MetricMetadata, Timestamp,
};

/// Tag of `TimeSeries.labels`: field 1, bytes.
const LABELS_TAG: u8 = 0x0a;
/// Tag of `TimeSeries.samples`: field 2, bytes.
const SAMPLES_TAG: u8 = 0x12;

/// A decompressed request body.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    reader: Reader<'a>,
}

/// A part of a request.
#[derive(Clone, Debug)]
pub enum Item<'a> {
    /// A series with its samples.
    Series(Series<'a>),
    /// Metadata of a metric family.
    Metadata(MetricMetadata),
}

impl<'a> Request<'a> {
    /// A walk over a whole body.
    pub const fn new(body: &'a [u8]) -> Self {
        Self { reader: Reader::new(body) }
    }

    /// The next part, or nothing at the end.
    pub fn next_item(&mut self) -> Result<Option<Item<'a>>, WireError> {
        self.next_item_like(&[])
    }

    /// The same for a caller who knows the label bytes of the series that probably comes next (see
    /// [`Series::label_bytes`]; empty: no idea). A series that begins with them is not walked over
    /// again.
    pub fn next_item_like(&mut self, likely: &[u8]) -> Result<Option<Item<'a>>, WireError> {
        while let Some(field) = self.reader.next_field()? {
            match field.number {
                1 => return Ok(Some(Item::Series(Series::read(field.reader()?, likely)?))),
                3 => return Ok(Some(Item::Metadata(metadata(field.reader()?)?))),
                _ => {}
            }
        }
        Ok(None)
    }
}

/// One series of a request.
#[derive(Clone, Copy, Debug)]
pub struct Series<'a> {
    labels: Reader<'a>,
    label_bytes: &'a [u8],
    rest: Reader<'a>,
    is_likely: bool,
}

/// What a series carries.
#[derive(Clone, Debug)]
pub enum SeriesItem {
    /// A float.
    Sample(Sample),
    /// A native histogram.
    Histogram(HistogramSample),
    /// A link to a trace, or why it breaks the rules (that costs only this link).
    Exemplar(Result<Exemplar, WireError>),
}

/// A float at an instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// When it was observed.
    pub timestamp: Timestamp,
    /// Any bit pattern.
    pub value: f64,
    /// When the counter began; version 2.0 says so, 1.0 never.
    pub start: Option<Timestamp>,
}

/// A native histogram at an instant.
#[derive(Clone, Debug, PartialEq)]
pub struct HistogramSample {
    /// When it was observed.
    pub timestamp: Timestamp,
    /// When its counts began; version 2.0 says so, 1.0 never.
    pub start: Option<Timestamp>,
    /// The histogram, or why it breaks the rules (that costs only this sample).
    pub histogram: Result<Histogram, WireError>,
}

impl<'a> Series<'a> {
    fn read(whole: Reader<'a>, likely: &[u8]) -> Result<Self, WireError> {
        // Whole labels and no label behind them: a walk would end at the same place.
        let is_last = |rest: &Reader<'_>| rest.rest().first() != Some(&LABELS_TAG);
        if !likely.is_empty()
            && let Some(rest) = whole.strip_prefix(likely).filter(is_last)
        {
            let label_bytes = &whole.rest()[..likely.len()];
            return Ok(Self { labels: whole, label_bytes, rest, is_likely: true });
        }
        let mut rest = whole;
        while rest.rest().first() == Some(&LABELS_TAG) {
            if rest.next_short().is_none() {
                rest.next_field()?;
            }
        }
        let len = whole.rest().len() - rest.rest().len();
        let label_bytes = &whole.rest()[..len];
        Ok(Self { labels: whole, label_bytes, rest, is_likely: false })
    }

    /// Does it begin with the label bytes that were likely?
    pub const fn is_likely(&self) -> bool {
        self.is_likely
    }

    /// The labels as they came, when they stand together at the front (all known senders do that):
    /// equal bytes mean an equal label set. `None`: use [`Series::labels`].
    pub fn label_bytes(&self) -> Result<Option<&'a [u8]>, WireError> {
        let mut rest = self.rest;
        loop {
            let number = match rest.next_short() {
                Some((tag, _)) => u32::from(tag >> 3),
                None => match rest.next_field()? {
                    Some(field) => field.number,
                    None => return Ok(Some(self.label_bytes)),
                },
            };
            if number == 1 {
                return Ok(None);
            }
        }
    }

    /// The labels, one by one, unchecked except for UTF-8.
    pub const fn labels(&self) -> LabelPairs<'a> {
        LabelPairs { reader: self.labels }
    }

    /// The next sample, histogram or exemplar, or nothing at the end.
    pub fn next_item(&mut self) -> Result<Option<SeriesItem>, WireError> {
        if self.rest.rest().first() == Some(&SAMPLES_TAG)
            && let Some((_, content)) = self.rest.next_short()
        {
            return Ok(Some(SeriesItem::Sample(sample(content)?)));
        }
        while let Some(field) = self.rest.next_field()? {
            match field.number {
                2 => return Ok(Some(SeriesItem::Sample(sample(field.reader()?)?))),
                3 => return Ok(Some(SeriesItem::Exemplar(exemplar(field.reader()?)?))),
                4 => return Ok(Some(SeriesItem::Histogram(histogram::read(field.reader()?)?))),
                _ => {}
            }
        }
        Ok(None)
    }
}

/// Walks over the labels of a series or an exemplar.
#[derive(Clone, Copy, Debug)]
pub struct LabelPairs<'a> {
    reader: Reader<'a>,
}

impl<'a> LabelPairs<'a> {
    /// Labels among the fields of a message: field 1, whatever the others are.
    pub(crate) const fn at(reader: Reader<'a>) -> Self {
        Self { reader }
    }

    /// Labels that stand alone, as [`Series::label_bytes`] gives and [`put_label`] writes them.
    pub const fn of(label_bytes: &'a [u8]) -> Self {
        Self { reader: Reader::new(label_bytes) }
    }

    /// The next name and value, or nothing at the end.
    pub fn next_pair(&mut self) -> Result<Option<(&'a str, &'a str)>, WireError> {
        while let Some(field) = self.reader.next_field()? {
            if field.number == 1 {
                return label(field.reader()?).map(Some);
            }
        }
        Ok(None)
    }
}

fn label(mut reader: Reader<'_>) -> Result<(&str, &str), WireError> {
    let (mut name, mut value) = ("", "");
    while let Some(field) = reader.next_field()? {
        match field.number {
            1 => name = field.text()?,
            2 => value = field.text()?,
            _ => {}
        }
    }
    Ok((name, value))
}

/// Both fields in their order, the timestamp ending the message: how every sender writes a sample.
fn plain_sample(reader: Reader<'_>) -> Option<Sample> {
    let [0x09, rest @ ..] = reader.rest() else { return None };
    let (bits, rest) = rest.split_first_chunk::<8>()?;
    let [0x10, timestamp @ ..] = rest else { return None };
    let mut number = Reader::new(timestamp);
    let timestamp = number.varint().ok().filter(|_| number.is_at_end())?;
    let timestamp = Timestamp::from_ms(timestamp.cast_signed());
    Some(Sample { timestamp, value: f64::from_le_bytes(*bits), start: None })
}

/// Both versions: 1.0 has no third field.
pub(crate) fn sample(mut reader: Reader<'_>) -> Result<Sample, WireError> {
    if let Some(sample) = plain_sample(reader) {
        return Ok(sample);
    }
    let (mut value, mut timestamp, mut start) = (0.0, 0, 0);
    while let Some(field) = reader.next_field()? {
        match field.number {
            1 => value = field.double()?,
            2 => timestamp = signed(&field)?,
            3 => start = signed(&field)?,
            _ => {}
        }
    }
    Ok(Sample { timestamp: Timestamp::from_ms(timestamp), value, start: start_of(start) })
}

/// Zero means that no start is known (remote write 2.0, `types.proto`).
pub(crate) fn start_of(ms: i64) -> Option<Timestamp> {
    (ms != 0).then(|| Timestamp::from_ms(ms))
}

fn exemplar(mut reader: Reader<'_>) -> Result<Result<Exemplar, WireError>, WireError> {
    let offset = reader.offset();
    let (mut value, mut timestamp) = (0.0, 0);
    let (mut labels, mut chars) = (LabelsBuilder::default(), 0);
    while let Some(field) = reader.next_field()? {
        match field.number {
            1 => {
                let (name, text) = label(field.reader()?)?;
                chars += name.chars().count() + text.chars().count();
                // What is too long is read on, because its bytes may be malformed, but not kept.
                if chars <= EXEMPLAR_CHARS_MAX {
                    labels.set(name, text);
                }
            }
            2 => value = field.double()?,
            3 => timestamp = signed(&field)?,
            _ => {}
        }
    }
    if chars > EXEMPLAR_CHARS_MAX {
        return Ok(Err(exemplar_too_long(offset, chars)));
    }
    let timestamp = Timestamp::from_ms(timestamp);
    Ok(Ok(Exemplar { labels: labels.build(), value, timestamp }))
}

pub(crate) fn exemplar_too_long(offset: usize, chars: usize) -> WireError {
    let text =
        format!("exemplar: {chars} characters of labels, at most {EXEMPLAR_CHARS_MAX} accepted");
    WireError::invalid(offset, text)
}

fn metadata(mut reader: Reader<'_>) -> Result<MetricMetadata, WireError> {
    let mut found = MetricMetadata::default();
    while let Some(field) = reader.next_field()? {
        match field.number {
            1 => found.metadata.kind = kind(field.varint()?),
            2 => field.text()?.clone_into(&mut found.metric),
            4 => field.text()?.clone_into(&mut found.metadata.help),
            5 => field.text()?.clone_into(&mut found.metadata.unit),
            _ => {}
        }
    }
    Ok(found)
}

/// `MetricType` of both versions; proto3 readers treat unknown numbers as the zero value here.
pub(crate) fn kind(number: u64) -> MetricKind {
    match number {
        1 => MetricKind::Counter,
        2 => MetricKind::Gauge,
        3 => MetricKind::Histogram,
        4 => MetricKind::GaugeHistogram,
        5 => MetricKind::Summary,
        6 => MetricKind::Info,
        7 => MetricKind::StateSet,
        _ => MetricKind::Unknown,
    }
}

/// `int64` fields are sent as their two's complement.
pub(crate) fn signed(field: &Field<'_>) -> Result<i64, WireError> {
    Ok(field.varint()?.cast_signed())
}
