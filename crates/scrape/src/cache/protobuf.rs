//! Pages in protobuf: metrics become the same samples that their text would give.
//! Semantics: Prometheus 3.14 `model/textparse/protobufparse.go`. A metric is known by the bytes of
//! its labels, so labels of known series are not read.

use super::collate::{Collated, Piece};
use super::ingest::{Pass, Reading, Stop};
use exposition::{LABELS_MAX, ParsedExemplar, format_openmetrics_float};
use model::{
    BUCKET_LABEL, Histogram, LabelsBuilder, METRIC_NAME, MetricKind, QUANTILE_LABEL, Timestamp,
    Value,
};
use std::sync::Arc;
use wire::WireError;
use wire::families::{
    Content, Families, Family, FamilyExemplar, HistogramMetric, Metric, SummaryMetric,
};

/// Keys begin with a byte that no line begins with: the cache holds lines, too.
const KEY_BEGIN: u8 = 0;
/// Stands in no name.
const KEY_BORDER: u8 = 0xff;

/// A metric on its way, with the key that its series share.
struct Place<'m, 'a> {
    family: &'m str,
    metric: &'m Metric<'a>,
    key: &'m mut Vec<u8>,
    /// Length of the shared part.
    shared: usize,
    created: Option<Timestamp>,
}

/// What tells a series of a metric from the others.
#[derive(Clone, Copy, Default)]
struct Member {
    suffix: &'static str,
    /// A label with a number.
    bound: Option<(&'static str, f64)>,
    is_native: bool,
}

impl Pass<'_> {
    pub(super) fn read_protobuf(&mut self, body: &[u8]) -> Result<(), Stop> {
        let mut key = Vec::new();
        let mut families = Families::new(body);
        while let Some(mut family) = families.next_family().map_err(broken)? {
            self.declare(family.name, family.kind, family.help, family.unit);
            while let Some(metric) = family.next_metric().map_err(broken)? {
                self.metric(&family, &metric, &mut key)?;
            }
        }
        Ok(())
    }

    fn metric(
        &mut self,
        family: &Family<'_>,
        metric: &Metric<'_>,
        key: &mut Vec<u8>,
    ) -> Result<(), Stop> {
        key.clear();
        key.push(KEY_BEGIN);
        key.extend_from_slice(family.name.as_bytes());
        key.push(KEY_BORDER);
        metric.put_label_bytes(key).map_err(broken)?;
        key.push(KEY_BORDER);
        let shared = key.len();
        let created = match &metric.content {
            Content::Number(number) => number.created,
            Content::Summary(summary) => summary.created,
            Content::Histogram(histogram) => histogram.created,
        };
        let mut place = Place { family: family.name, metric, key, shared, created };
        match metric.content {
            Content::Number(number) => {
                let mut exemplars = Vec::new();
                self.note(number.exemplar().map_err(broken)?, &mut exemplars);
                self.member(&mut place, Member::default(), number.value, exemplars)
            }
            Content::Summary(summary) => self.summary(&mut place, summary),
            Content::Histogram(histogram) => {
                let is_gauge = family.kind == MetricKind::GaugeHistogram;
                self.histogram(&mut place, &histogram, is_gauge)
            }
        }
    }

    fn summary(
        &mut self,
        place: &mut Place<'_, '_>,
        summary: SummaryMetric<'_>,
    ) -> Result<(), Stop> {
        self.member(place, Member::part("_count"), summary.count as f64, Vec::new())?;
        self.member(place, Member::part("_sum"), summary.sum, Vec::new())?;
        let mut rest = summary;
        while let Some((quantile, value)) = rest.next_quantile().map_err(broken)? {
            let bound = Some((QUANTILE_LABEL, quantile));
            self.member(place, Member { bound, ..Member::default() }, value, Vec::new())?;
        }
        Ok(())
    }

    /// Native if it is and is wanted, else converted if that is wanted, else classic; classic also
    /// when it is always wanted and is there.
    fn histogram(
        &mut self,
        place: &mut Place<'_, '_>,
        histogram: &HistogramMetric<'_>,
        is_gauge: bool,
    ) -> Result<(), Stop> {
        let wanted = self.wanted();
        if histogram.is_native && wanted.native {
            let native = histogram.native(is_gauge).map_err(broken)?;
            let native =
                native.map_err(|error| Stop::Scrape(format!("{}: {error}", place.family)))?;
            self.native(place, native, histogram)?;
            if !(wanted.always_classic && histogram.has_buckets) {
                return Ok(());
            }
        } else if wanted.convert_classic && !is_gauge {
            match collate(histogram).map_err(broken)? {
                Some(converted) => self.native(place, converted, histogram)?,
                None => self.count_unconverted(),
            }
            if !wanted.always_classic {
                return Ok(());
            }
        }
        self.classic(place, histogram)
    }

    fn native(
        &mut self,
        place: &mut Place<'_, '_>,
        native: Histogram,
        histogram: &HistogramMetric<'_>,
    ) -> Result<(), Stop> {
        let (exemplars, refused) = histogram.exemplars().map_err(broken)?;
        self.count_refused_exemplars(refused);
        let mut exemplars: Vec<ParsedExemplar> = exemplars.into_iter().map(parsed).collect();
        exemplars.sort_by_key(|exemplar| exemplar.timestamp);
        let reading = Reading {
            value: Value::Histogram(Arc::new(native)),
            timestamp: place.metric.timestamp,
            start: place.created,
            exemplars,
        };
        self.offer_member(place, Member { is_native: true, ..Member::default() }, &reading)
    }

    /// `_count`, `_sum`, then the buckets up to the one without a bound, which is there always.
    fn classic(
        &mut self,
        place: &mut Place<'_, '_>,
        histogram: &HistogramMetric<'_>,
    ) -> Result<(), Stop> {
        self.member(place, Member::part("_count"), histogram.count, Vec::new())?;
        self.member(place, Member::part("_sum"), histogram.sum, Vec::new())?;
        let mut rest = *histogram;
        while let Some(bucket) = rest.next_bucket().map_err(broken)? {
            let mut exemplars = Vec::new();
            self.note(bucket.exemplar, &mut exemplars);
            self.member(place, Member::bucket(bucket.bound), bucket.count, exemplars)?;
            if bucket.bound == f64::INFINITY {
                return Ok(());
            }
        }
        self.member(place, Member::bucket(f64::INFINITY), histogram.count, Vec::new())
    }

    /// Keeps an exemplar or counts one that is too long.
    fn note(
        &mut self,
        exemplar: Option<Result<FamilyExemplar, WireError>>,
        into: &mut Vec<ParsedExemplar>,
    ) {
        match exemplar {
            Some(Ok(exemplar)) => into.push(parsed(exemplar)),
            Some(Err(_)) => self.count_refused_exemplars(1),
            None => {}
        }
    }

    fn member(
        &mut self,
        place: &mut Place<'_, '_>,
        member: Member,
        value: f64,
        exemplars: Vec<ParsedExemplar>,
    ) -> Result<(), Stop> {
        let (timestamp, start) = (place.metric.timestamp, place.created);
        let reading = Reading { value: Value::Float(value), timestamp, start, exemplars };
        self.offer_member(place, member, &reading)
    }

    fn offer_member(
        &mut self,
        place: &mut Place<'_, '_>,
        member: Member,
        reading: &Reading,
    ) -> Result<(), Stop> {
        place.key.truncate(place.shared);
        place.key.push(u8::from(member.is_native));
        place.key.extend_from_slice(member.suffix.as_bytes());
        if let Some((_, bound)) = member.bound {
            place.key.extend_from_slice(&bound.to_bits().to_le_bytes());
        }
        let (family, metric) = (place.family, place.metric);
        let fill = |labels: &mut LabelsBuilder| fill(labels, family, metric, member);
        self.offer(place.key, reading, fill, |name| names(metric, name))
    }
}

impl Member {
    fn part(suffix: &'static str) -> Self {
        Self { suffix, ..Self::default() }
    }

    fn bucket(bound: f64) -> Self {
        Self { bound: Some((BUCKET_LABEL, bound)), ..Self::part("_bucket") }
    }
}

/// Labels of a series, the metric name among them.
fn fill(
    labels: &mut LabelsBuilder,
    family: &str,
    metric: &Metric<'_>,
    member: Member,
) -> Result<(), Stop> {
    labels.set(METRIC_NAME, &format!("{family}{}", member.suffix));
    let mut pairs = metric.labels();
    let mut count = 0;
    while let Some((name, value)) = pairs.next_pair().map_err(broken)? {
        count += 1;
        if name.is_empty() || labels.get(name).is_some() {
            return Err(Stop::Scrape(format!("{family}: label name {name:?} is empty or twice")));
        }
        if count > LABELS_MAX {
            return Err(Stop::Scrape(format!("{family}: more than {LABELS_MAX} labels")));
        }
        labels.set(name, value);
    }
    if let Some((name, bound)) = member.bound {
        labels.set(name, &format_openmetrics_float(bound));
    }
    Ok(())
}

/// Does the metric name this label, be it with an empty value?
fn names(metric: &Metric<'_>, wanted: &str) -> bool {
    let mut pairs = metric.labels();
    while let Ok(Some((name, _))) = pairs.next_pair() {
        if name == wanted {
            return true;
        }
    }
    false
}

fn collate(histogram: &HistogramMetric<'_>) -> Result<Option<Histogram>, WireError> {
    let mut collated = Collated::default();
    collated.add(Piece::Count, histogram.count);
    collated.add(Piece::Sum, histogram.sum);
    let mut rest = *histogram;
    while let Some(bucket) = rest.next_bucket()? {
        collated.add(Piece::Bucket(bucket.bound), bucket.count);
    }
    Ok(collated.build())
}

fn parsed(exemplar: FamilyExemplar) -> ParsedExemplar {
    let FamilyExemplar { labels, value, timestamp } = exemplar;
    ParsedExemplar { labels, value, timestamp }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn broken(error: WireError) -> Stop {
    Stop::Scrape(error.to_string())
}
