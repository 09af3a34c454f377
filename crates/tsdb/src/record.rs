//! Journal records of the head: one record is one batch with the births, rows, exemplars and
//! metadata it brings; see docs/formats/head-journal.md for the byte table.
//! INV-15: a batch is one record, so after a crash it is wholly there or wholly absent.
//!
//! Rows of a scrape share their timestamp and count up in ids: 1 flag byte and the value, about
//! 4 bytes a sample for integers and decimals of three digits, 9 for odd floats.

use crate::encoding::bytes::{Cursor, put_bytes, put_signed, put_varint, varint_len, zigzag};
use crate::encoding::{Decoded, Effort, histograms};
use model::{
    Exemplar, GroupKey, Labels, Metadata, MetricKind, MetricMetadata, Row, SeriesRef, Timestamp,
    Value, is_stale, stale_marker,
};
use std::collections::HashMap;
use std::sync::Arc;

const KIND_BATCH: u8 = 1;
/// A batch with late rows behind everything else.
const KIND_LATE_BATCH: u8 = 2;

pub(crate) const VALUE_MASK: u8 = 0b0111;
const VALUE_INTEGER: u8 = 0;
const VALUE_RAW: u8 = 1;
const VALUE_STALE: u8 = 2;
const VALUE_HISTOGRAM: u8 = 3;
/// Integer divided by 10^3.
const VALUE_MILLI: u8 = 4;
/// Integer divided by 10^9.
const VALUE_NANO: u8 = 5;
/// The series is the one after the previous row's.
pub(crate) const NEXT_SERIES: u8 = 0b0000_1000;
/// The timestamp is the previous row's.
pub(crate) const SAME_TIME: u8 = 0b0001_0000;
const START: u8 = 0b0010_0000;

/// Longest text in a record, and all texts of one label set together.
pub(crate) const TEXT_MAX: usize = 1 << 20;
/// Most labels of one set in a record.
pub(crate) const LABELS_MAX: usize = 1 << 12;
const HISTOGRAM_BYTES_MAX: usize = 1 << 20;

/// A series begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Birth {
    /// Id that rows refer to.
    pub series: SeriesRef,
    /// Scrape group it is bound to.
    pub group: GroupKey,
    /// Its identity.
    pub labels: Labels,
}

/// A decoded record.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// Where the batch came from.
    pub group: GroupKey,
    /// Series that appear for the first time.
    pub births: Vec<Birth>,
    /// Accepted rows.
    pub rows: Vec<Row>,
    /// Exemplars of living series.
    pub exemplars: Vec<(SeriesRef, Exemplar)>,
    /// Metadata that is new or changed.
    pub metadata: Vec<MetricMetadata>,
    /// Accepted rows that are older than the newest of their series.
    pub late: Vec<Row>,
}

/// What goes into a record, borrowed from the batch.
#[derive(Default)]
pub(crate) struct RecordParts<'a> {
    pub(crate) group: GroupKey,
    pub(crate) births: Vec<(SeriesRef, GroupKey, Labels)>,
    pub(crate) rows: Vec<&'a Row>,
    pub(crate) exemplars: Vec<&'a (SeriesRef, Exemplar)>,
    pub(crate) metadata: Vec<&'a MetricMetadata>,
    pub(crate) late: Vec<&'a Row>,
}

impl Record {
    /// Does it bring anything? A record of nothing only begins a file.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
            && self.late.is_empty()
            && self.exemplars.is_empty()
            && self.metadata.is_empty()
    }
}

impl RecordParts<'_> {
    /// Is there nothing to write?
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
            && self.late.is_empty()
            && self.exemplars.is_empty()
            && self.metadata.is_empty()
    }

    /// Appends the encoding.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.push(if self.late.is_empty() { KIND_BATCH } else { KIND_LATE_BATCH });
        out.extend(self.group.0.to_le_bytes());
        put_births(out, self.group, &self.births);
        put_rows(out, &self.rows);
        put_varint(out, self.exemplars.len() as u64);
        for (series, exemplar) in &self.exemplars {
            put_varint(out, series.0);
            put_exemplar(out, exemplar);
        }
        put_varint(out, self.metadata.len() as u64);
        for entry in &self.metadata {
            put_metadata(out, entry);
        }
        if !self.late.is_empty() {
            put_rows(out, &self.late);
        }
    }
}

/// Births with a dictionary of texts: a varint number refers back, 0 brings the next text.
pub(crate) fn put_births(
    out: &mut Vec<u8>,
    group: GroupKey,
    births: &[(SeriesRef, GroupKey, Labels)],
) {
    put_varint(out, births.len() as u64);
    let mut texts: HashMap<&str, u64, foldhash::fast::FixedState> = HashMap::default();
    let mut previous = 0_u64;
    for (series, own_group, labels) in births {
        put_signed(out, series.0.wrapping_sub(previous).cast_signed());
        previous = series.0;
        out.push(u8::from(*own_group != group));
        if *own_group != group {
            out.extend(own_group.0.to_le_bytes());
        }
        put_varint(out, labels.len() as u64);
        for (name, value) in labels.iter() {
            for text in [name, value] {
                let next = texts.len() as u64 + 1;
                if let Some(number) = texts.get(text) {
                    put_varint(out, *number);
                } else {
                    texts.insert(text, next);
                    put_varint(out, 0);
                    put_bytes(out, text.as_bytes());
                }
            }
        }
    }
}

fn put_rows(out: &mut Vec<u8>, rows: &[&Row]) {
    put_varint(out, rows.len() as u64);
    let (mut series, mut time) = (u64::MAX, 0_i64);
    for row in rows {
        let flags_at = out.len();
        let mut flags = 0;
        out.push(0);
        if row.series.0 == series.wrapping_add(1) {
            flags |= NEXT_SERIES;
        } else {
            put_signed(out, row.series.0.wrapping_sub(series).cast_signed());
        }
        if row.timestamp.ms() == time {
            flags |= SAME_TIME;
        } else {
            put_signed(out, row.timestamp.ms().wrapping_sub(time));
        }
        if let Some(start) = row.start {
            flags |= START;
            put_signed(out, row.timestamp.ms().wrapping_sub(start.ms()));
        }
        flags |= put_value(out, &row.value);
        out[flags_at] = flags;
        (series, time) = (row.series.0, row.timestamp.ms());
    }
}

/// Appends a value; returns its kind, which the flags of its row hold.
pub(crate) fn put_value(out: &mut Vec<u8>, value: &Value) -> u8 {
    match value {
        Value::Float(value) => put_float(out, *value),
        Value::Histogram(histogram) => {
            let mut bytes = Vec::new();
            histograms::encode(std::slice::from_ref(histogram), Effort::Quick, &mut bytes);
            put_bytes(out, &bytes);
            VALUE_HISTOGRAM
        }
    }
}

fn put_float(out: &mut Vec<u8>, value: f64) -> u8 {
    if is_stale(value) {
        return VALUE_STALE;
    }
    for (kind, power) in [(VALUE_INTEGER, 1e0), (VALUE_MILLI, 1e3), (VALUE_NANO, 1e9)] {
        if let Some(integer) = exact_integer(value, power)
            && varint_len(zigzag(integer)) < 8
        {
            put_signed(out, integer);
            return kind;
        }
    }
    out.extend(value.to_le_bytes());
    VALUE_RAW
}

#[expect(clippy::cast_possible_truncation, reason = "the range is checked before the cast")]
fn exact_integer(value: f64, power: f64) -> Option<i64> {
    let scaled = (value * power).round_ties_even();
    let integer = (scaled.abs() < 9.0e15).then_some(scaled as i64)?;
    let back = integer as f64 / power;
    (back.to_bits() == value.to_bits()).then_some(integer)
}

/// An exemplar without its series.
pub(crate) fn put_exemplar(out: &mut Vec<u8>, exemplar: &Exemplar) {
    put_signed(out, exemplar.timestamp.ms());
    out.extend(exemplar.value.to_le_bytes());
    put_labels(out, &exemplar.labels);
}

pub(crate) fn put_labels(out: &mut Vec<u8>, labels: &Labels) {
    put_varint(out, labels.len() as u64);
    for (name, value) in labels.iter() {
        put_bytes(out, name.as_bytes());
        put_bytes(out, value.as_bytes());
    }
}

pub(crate) fn put_metadata(out: &mut Vec<u8>, entry: &MetricMetadata) {
    put_bytes(out, entry.metric.as_bytes());
    out.push(match entry.metadata.kind {
        MetricKind::Unknown => 0,
        MetricKind::Counter => 1,
        MetricKind::Gauge => 2,
        MetricKind::Histogram => 3,
        MetricKind::GaugeHistogram => 4,
        MetricKind::Summary => 5,
        MetricKind::Info => 6,
        MetricKind::StateSet => 7,
    });
    put_bytes(out, entry.metadata.help.as_bytes());
    put_bytes(out, entry.metadata.unit.as_bytes());
}

/// Refuses a record that only a newer program understands, with a sentence.
pub(crate) fn check_kind(bytes: &[u8]) -> Result<(), String> {
    match bytes.first() {
        Some(&(KIND_BATCH | KIND_LATE_BATCH)) | None => Ok(()),
        Some(kind) => Err(format!(
            "kind of record {kind} found, {KIND_BATCH} or {KIND_LATE_BATCH} expected; \
             was it written by a newer flyball?"
        )),
    }
}

/// Decodes a record; unknown kinds and left-over bytes are damage.
pub fn decode(bytes: &[u8]) -> Decoded<Record> {
    let mut cursor = Cursor::new(bytes);
    let kind = cursor.byte()?;
    if kind != KIND_BATCH && kind != KIND_LATE_BATCH {
        return Err(cursor.damage("unknown kind of record"));
    }
    let group = GroupKey(cursor.u64()?);
    let births = take_births(&mut cursor, group)?;
    let rows = take_rows(&mut cursor)?;
    let mut record = Record { group, births, rows, ..Record::default() };
    for _ in 0..cursor.count(cursor.remaining())? {
        let series = SeriesRef(cursor.varint()?);
        record.exemplars.push((series, take_exemplar(&mut cursor)?));
    }
    for _ in 0..cursor.count(cursor.remaining())? {
        record.metadata.push(take_metadata(&mut cursor)?);
    }
    if kind == KIND_LATE_BATCH {
        record.late = take_rows(&mut cursor)?;
    }
    cursor.finish()?;
    Ok(record)
}

/// Inverse of [`put_births`].
pub(crate) fn take_births(cursor: &mut Cursor<'_>, group: GroupKey) -> Decoded<Vec<Birth>> {
    let count = cursor.count(cursor.remaining())?;
    let mut births = Vec::with_capacity(count.min(1 << 12));
    let mut texts: Vec<&str> = Vec::new();
    let mut series = 0_u64;
    for _ in 0..count {
        series = series.wrapping_add(cursor.signed()?.cast_unsigned());
        let group = if cursor.byte()? == 0 { group } else { GroupKey(cursor.u64()?) };
        let mut pairs = Vec::new();
        for _ in 0..cursor.count(LABELS_MAX)? {
            let name = take_text(cursor, &mut texts)?;
            pairs.push((name, take_text(cursor, &mut texts)?));
        }
        let labels = checked_labels(cursor, &pairs)?;
        births.push(Birth { series: SeriesRef(series), group, labels });
    }
    Ok(births)
}

pub(crate) fn take_text<'a>(cursor: &mut Cursor<'a>, texts: &mut Vec<&'a str>) -> Decoded<&'a str> {
    let number = cursor.count(texts.len())?;
    if number == 0 {
        texts.push(cursor.text(TEXT_MAX)?);
        return Ok(texts[texts.len() - 1]);
    }
    Ok(texts[number - 1])
}

/// INV-1 holds for what was written; damaged bytes must not reach the assertion.
pub(crate) fn checked_labels(cursor: &Cursor<'_>, pairs: &[(&str, &str)]) -> Decoded<Labels> {
    let sorted = pairs.windows(2).all(|pair| pair[0].0 < pair[1].0);
    if !sorted || pairs.iter().any(|(_, value)| value.is_empty()) {
        return Err(cursor.damage("labels are not sorted or empty"));
    }
    Ok(Labels::from_sorted(pairs.iter().copied()))
}

fn take_rows(cursor: &mut Cursor<'_>) -> Decoded<Vec<Row>> {
    let count = cursor.count(cursor.remaining())?;
    let mut rows = Vec::with_capacity(count.min(1 << 16));
    let (mut series, mut time) = (u64::MAX, 0_i64);
    for _ in 0..count {
        let flags = cursor.byte()?;
        let step = if flags & NEXT_SERIES != 0 { 1 } else { cursor.signed()? };
        series = series.wrapping_add(step.cast_unsigned());
        if flags & SAME_TIME == 0 {
            time = time.wrapping_add(cursor.signed()?);
        }
        let age = if flags & START != 0 { Some(cursor.signed()?) } else { None };
        let start = age.map(|age| Timestamp::from_ms(time.wrapping_sub(age)));
        let value = take_value(cursor, flags)?;
        rows.push(Row {
            series: SeriesRef(series),
            timestamp: Timestamp::from_ms(time),
            value,
            start,
        });
    }
    Ok(rows)
}

/// Inverse of [`put_value`].
pub(crate) fn take_value(cursor: &mut Cursor<'_>, flags: u8) -> Decoded<Value> {
    if flags & !(VALUE_MASK | NEXT_SERIES | SAME_TIME | START) != 0 {
        return Err(cursor.damage("unknown flags of a row"));
    }
    let float = match flags & VALUE_MASK {
        VALUE_INTEGER => cursor.signed()? as f64,
        VALUE_MILLI => cursor.signed()? as f64 / 1e3,
        VALUE_NANO => cursor.signed()? as f64 / 1e9,
        VALUE_STALE => stale_marker(),
        VALUE_RAW => f64::from_bits(cursor.u64()?),
        VALUE_HISTOGRAM => {
            let mut inner = Cursor::new(cursor.bytes(HISTOGRAM_BYTES_MAX)?);
            let mut decoded = Vec::with_capacity(1);
            histograms::decode(&mut inner, 1, &mut decoded)?;
            inner.finish()?;
            return Ok(Value::Histogram(Arc::clone(&decoded[0])));
        }
        _ => return Err(cursor.damage("unknown kind of value")),
    };
    Ok(Value::Float(float))
}

/// Inverse of [`put_exemplar`].
pub(crate) fn take_exemplar(cursor: &mut Cursor<'_>) -> Decoded<Exemplar> {
    let timestamp = Timestamp::from_ms(cursor.signed()?);
    let value = f64::from_bits(cursor.u64()?);
    let labels = take_labels(cursor)?;
    Ok(Exemplar { labels, value, timestamp })
}

/// Inverse of [`put_labels`].
pub(crate) fn take_labels(cursor: &mut Cursor<'_>) -> Decoded<Labels> {
    let mut pairs = Vec::new();
    for _ in 0..cursor.count(LABELS_MAX)? {
        let name = cursor.text(TEXT_MAX)?;
        pairs.push((name, cursor.text(TEXT_MAX)?));
    }
    checked_labels(cursor, &pairs)
}

/// Inverse of [`put_metadata`].
pub(crate) fn take_metadata(cursor: &mut Cursor<'_>) -> Decoded<MetricMetadata> {
    let metric = cursor.text(TEXT_MAX)?.to_owned();
    let kind = match cursor.byte()? {
        0 => MetricKind::Unknown,
        1 => MetricKind::Counter,
        2 => MetricKind::Gauge,
        3 => MetricKind::Histogram,
        4 => MetricKind::GaugeHistogram,
        5 => MetricKind::Summary,
        6 => MetricKind::Info,
        7 => MetricKind::StateSet,
        _ => return Err(cursor.damage("unknown kind of metric")),
    };
    let help = cursor.text(TEXT_MAX)?.to_owned();
    let unit = cursor.text(TEXT_MAX)?.to_owned();
    Ok(MetricMetadata { metric, metadata: Metadata { kind, help, unit } })
}

#[cfg(test)]
mod tests;
