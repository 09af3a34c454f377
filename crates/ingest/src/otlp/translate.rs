//! Points to rows: cumulative ones as they are, deltas as their sums, histograms as their series or
//! as native ones. As upstream's `prometheusremotewrite`; what it drops is refused with a sentence.

use super::deltas::Deltas;
use super::labels::{LabelSet, ResourceLabels, scope_labels};
use super::names::metric_name;
use super::native::{self, Native};
use crate::answer::Answer;
use crate::batch::{LabelBytes, RequestBatch};
use crate::cache::Lookup;
use crate::intake::{Intake, Refusals, Stop};
use config::OtlpConfig;
use model::{
    BUCKET_LABEL, Exemplar, LabelsBuilder, Metadata, MetricKind, MetricMetadata, QUANTILE_LABEL,
    Row, SeriesRef, Timestamp, Value, stale_marker,
};
use parking_lot::{Mutex, MutexGuard};
use std::fmt::Write as _;
use wire::WireError;
use wire::otlp::{
    ExponentialPoint, HistogramPoint, Kind, Link, Messages, Metric, NumberPoint, Resource, Scope,
    SummaryPoint, Temporality,
};
use wire::protobuf::Reader;

/// `target_info` is repeated so often between the first and the last point of a resource: half of
/// the usual lookback.
const TARGET_INFO_STEP_MS: i64 = 150_000;
/// Most samples of one `target_info` in a request.
const TARGET_INFO_MAX: i64 = 100;

/// A request on its way into a batch.
pub(crate) struct Translation<'t> {
    intake: &'t Intake,
    config: &'t OtlpConfig,
    deltas: &'t Mutex<Deltas>,
    /// Taken at the first delta: those of a series must be summed in their order.
    held: Option<MutexGuard<'t, Deltas>>,
    refusals: &'t mut Refusals,
    batch: RequestBatch<'static>,
    lookup: Lookup<'t, 'static>,
    labels: LabelSet,
    /// First and last instant of the present resource, milliseconds.
    span: Option<(i64, i64)>,
}

/// The present metric.
struct Family {
    name: String,
    is_delta: bool,
    takes_links: bool,
}

/// Where and since when a point stands.
#[derive(Clone, Copy)]
struct Instant {
    at: i64,
    start: i64,
    is_end: bool,
}

impl Instant {
    fn of(start_ns: u64, time_ns: u64, is_end: bool) -> Self {
        Self { at: ms(time_ns), start: ms(start_ns), is_end }
    }
}

fn ms(ns: u64) -> i64 {
    i64::try_from(ns / 1_000_000).expect("2^64 / 10^6 is below 2^63")
}

impl<'t> Translation<'t> {
    pub(crate) fn new(
        intake: &'t Intake,
        config: &'t OtlpConfig,
        deltas: &'t Mutex<Deltas>,
        refusals: &'t mut Refusals,
    ) -> Self {
        let labels = LabelSet::new(intake.options.label_value_bytes_max);
        let batch = RequestBatch::default();
        let (lookup, held) = (intake.lookup(), None);
        Self { intake, config, deltas, held, refusals, batch, lookup, labels, span: None }
    }

    /// Reads a whole request and stores it.
    ///
    /// # Errors
    /// What the sender is told when nothing was stored.
    pub(crate) fn store(mut self, body: &[u8]) -> Result<(), Answer> {
        let read = self.read(body);
        let Self { intake, mut held, refusals, batch, lookup, .. } = self;
        lookup.finish(&batch);
        let stored = match read {
            Ok(()) => intake.store(batch, refusals).map_err(|error| Answer::of_error(&error)),
            Err(stop) => Err(stop.answer()),
        };
        if stored.is_ok()
            && let Some(deltas) = &mut held
        {
            deltas.keep();
        }
        stored
    }

    fn read(&mut self, body: &[u8]) -> Result<(), Stop> {
        let mut resources = Messages::resources(body);
        while let Some(message) = resources.next_message()? {
            self.resource(Resource::read(message)?)?;
        }
        Ok(())
    }

    fn resource(&mut self, mut resource: Resource<'_>) -> Result<(), Stop> {
        self.span = None;
        let labels = ResourceLabels::read(resource.attributes, self.config)?;
        while let Some(message) = resource.scopes.next_message()? {
            let mut scope = Scope::read(message)?;
            let promoted = scope_labels(&scope, self.config)?;
            while let Some(message) = scope.metrics.next_message()? {
                self.metric(&Metric::read(message)?, &labels, &promoted)?;
            }
        }
        self.target_info(&labels)
    }

    fn target_info(&mut self, resource: &ResourceLabels) -> Result<(), Stop> {
        let labels = resource.target_info(self.intake.options.label_value_bytes_max);
        let (Some((first, last)), Some(labels)) = (self.span, labels) else { return Ok(()) };
        let family = Family { name: "target_info".into(), is_delta: false, takes_links: false };
        self.note_metadata("target_info", MetricKind::Gauge, "Target metadata", "");
        self.labels = labels;
        let earliest = first.max(last.saturating_sub(TARGET_INFO_STEP_MS * TARGET_INFO_MAX));
        let mut at = earliest;
        while at < last {
            self.row(&family, "", None, Instant { at, start: 0, is_end: false }, 1.0)?;
            self.batch.mark_aside();
            at += TARGET_INFO_STEP_MS;
        }
        self.row(&family, "", None, Instant { at: last, start: 0, is_end: false }, 1.0)?;
        self.batch.mark_aside();
        Ok(())
    }

    fn metric(
        &mut self,
        metric: &Metric<'_>,
        resource: &ResourceLabels,
        scope: &[(String, String)],
    ) -> Result<(), Stop> {
        let name = metric_name(metric.name, metric.unit, metric.kind, self.config.translation);
        if let Some(fault) = self.fault_of(metric, &name) {
            return self.refuse_metric(metric, &fault);
        }
        let family = Family {
            name,
            is_delta: metric.temporality == Temporality::Delta,
            takes_links: metric.kind == (Kind::Sum { is_monotonic: true }),
        };
        let kind = match metric.kind {
            Kind::Sum { is_monotonic: true } => MetricKind::Counter,
            Kind::Sum { is_monotonic: false } | Kind::Gauge => MetricKind::Gauge,
            Kind::Histogram | Kind::Exponential => MetricKind::Histogram,
            Kind::Summary => MetricKind::Summary,
            Kind::Unknown => MetricKind::Unknown,
        };
        // An entry of metadata, whether or not points follow.
        self.intake.check_room(&mut self.batch)?;
        self.note_metadata(&family.name, kind, metric.description, metric.unit);
        let mut points = metric.points;
        while let Some(message) = points.next_message()? {
            self.intake.check_room(&mut self.batch)?;
            self.point(metric.kind, message, &family, resource, scope)?;
        }
        Ok(())
    }

    fn fault_of(&self, metric: &Metric<'_>, name: &str) -> Option<String> {
        if metric.name.is_empty() || name.is_empty() {
            return Some("no metric name".into());
        }
        match (metric.kind, metric.temporality) {
            (Kind::Unknown, _) => Some("no points of a known kind".into()),
            (Kind::Sum { .. } | Kind::Histogram | Kind::Exponential, Temporality::Unspecified) => {
                Some("no aggregation temporality".into())
            }
            (Kind::Exponential, Temporality::Delta) => {
                Some("deltas of exponential histograms are not summed up".into())
            }
            (Kind::Histogram, Temporality::Delta) if self.config.convert_histograms_to_nhcb => {
                Some("deltas of native histograms are not summed up".into())
            }
            _ => None,
        }
    }

    fn refuse_metric(&mut self, metric: &Metric<'_>, fault: &str) -> Result<(), Stop> {
        let (mut points, mut count) = (metric.points, 0);
        while points.next_message()?.is_some() {
            self.intake.check_room(&mut self.batch)?;
            count += 1;
        }
        if count > 0 {
            let text = || format!("metric {}: {fault}", model::quote(metric.name));
            self.intake.stats.samples_malformed.add(count);
            self.refusals.add_many(count, text);
        }
        Ok(())
    }

    fn note_metadata(&mut self, metric: &str, kind: MetricKind, help: &str, unit: &str) {
        let (metric, help, unit) = (metric.to_owned(), help.to_owned(), unit.to_owned());
        let metadata = MetricMetadata { metric, metadata: Metadata { kind, help, unit } };
        if self.batch.batch.metadata.last() != Some(&metadata) {
            self.batch.batch.metadata.push(metadata);
        }
    }

    fn point(
        &mut self,
        kind: Kind,
        message: Reader<'_>,
        family: &Family,
        resource: &ResourceLabels,
        scope: &[(String, String)],
    ) -> Result<(), Stop> {
        match kind {
            Kind::Gauge | Kind::Sum { .. } => {
                let point = NumberPoint::read(message)?;
                resource.of_point(point.attributes, scope, self.config, &mut self.labels)?;
                self.number(&point, family)
            }
            Kind::Histogram => {
                let point = HistogramPoint::read(message)?;
                resource.of_point(point.attributes, scope, self.config, &mut self.labels)?;
                self.histogram(&point, family)
            }
            Kind::Exponential => {
                let point = ExponentialPoint::read(message)?;
                resource.of_point(point.attributes, scope, self.config, &mut self.labels)?;
                let instant = Instant::of(point.start_ns, point.time_ns, point.is_end);
                self.native(native::exponential(&point), point.links, instant, family)
            }
            Kind::Summary => {
                let point = SummaryPoint::read(message)?;
                resource.of_point(point.attributes, scope, self.config, &mut self.labels)?;
                self.summary(&point, family)
            }
            Kind::Unknown => Ok(()),
        }
    }

    fn number(&mut self, point: &NumberPoint<'_>, family: &Family) -> Result<(), Stop> {
        let instant = Instant::of(point.start_ns, point.time_ns, point.is_end);
        let Some(series) = self.row(family, "", None, instant, point.value)? else {
            return Ok(());
        };
        if family.takes_links {
            self.links(point.links, |_| series)?;
        }
        Ok(())
    }

    fn histogram(&mut self, point: &HistogramPoint<'_>, family: &Family) -> Result<(), Stop> {
        let instant = Instant::of(point.start_ns, point.time_ns, point.is_end);
        if let Err(fault) = native::check_explicit(point) {
            self.refuse_point(family, &fault);
            return Ok(());
        }
        if self.config.convert_histograms_to_nhcb {
            return self.native(native::custom(point), point.links, instant, family);
        }
        if let Some(sum) = point.sum {
            self.row(family, "_sum", None, instant, sum)?;
        }
        self.row(family, "_count", None, instant, point.count as f64)?;
        let (mut buckets, mut below) = (Vec::new(), 0_u64);
        for (bound, count) in point.bounds.iter().zip(&point.counts) {
            below = below.saturating_add(*count);
            let le = bound.to_string();
            let own = Some((BUCKET_LABEL, le.as_str()));
            if let Some(series) = self.row(family, "_bucket", own, instant, below as f64)? {
                buckets.push((*bound, series));
            }
        }
        let own = Some((BUCKET_LABEL, "+Inf"));
        if let Some(series) = self.row(family, "_bucket", own, instant, point.count as f64)? {
            buckets.push((f64::INFINITY, series));
        }
        let Some((_, last)) = buckets.last().copied() else { return Ok(()) };
        self.links(point.links, |value| {
            let found = buckets.iter().find(|(bound, _)| value <= *bound);
            found.map_or(last, |(_, series)| *series)
        })
    }

    fn summary(&mut self, point: &SummaryPoint<'_>, family: &Family) -> Result<(), Stop> {
        let instant = Instant::of(point.start_ns, point.time_ns, point.is_end);
        self.row(family, "_sum", None, instant, point.sum)?;
        self.row(family, "_count", None, instant, point.count as f64)?;
        for quantile in &point.quantiles {
            let text = quantile.quantile.to_string();
            let instant = Instant { start: 0, ..instant };
            self.row(family, "", Some((QUANTILE_LABEL, &text)), instant, quantile.value)?;
        }
        Ok(())
    }

    fn native(
        &mut self,
        made: Native,
        links: Messages<'_>,
        instant: Instant,
        family: &Family,
    ) -> Result<(), Stop> {
        let histogram = match made {
            Ok(_) if instant.is_end => model::Histogram::stale(),
            Ok(histogram) => histogram,
            Err(fault) => {
                self.refuse_point(family, &fault);
                return Ok(());
            }
        };
        if !self.batch.has_room_for(&histogram, &self.intake.options) {
            let max = self.intake.options.buckets_max;
            return Err(Stop::TooMany(format!("more than {max} buckets in one request")));
        }
        let Some(series) = self.series(family, "", None)? else { return Ok(()) };
        self.cover(instant.at);
        let (at, start) = (Timestamp::from_ms(instant.at), start_of(instant));
        self.batch.push_histogram(series, at, start, histogram);
        self.links(links, |_| series)
    }

    fn refuse_point(&mut self, family: &Family, fault: &str) {
        self.intake.stats.samples_invalid_histogram.add(1);
        self.refusals.add(|| format!("metric {}: {fault}", family.name));
    }

    /// Links to traces, each at the series that `series_of` gives for its value. As upstream, those
    /// that are too long are left out.
    fn links(
        &mut self,
        mut links: Messages<'_>,
        series_of: impl Fn(f64) -> SeriesRef,
    ) -> Result<(), Stop> {
        while let Some(message) = links.next_message()? {
            self.intake.check_room(&mut self.batch)?;
            let link = Link::read(message)?;
            let exemplar = exemplar(&link)?;
            if exemplar.fits() {
                self.batch.push_exemplar(series_of(link.value), exemplar);
            } else {
                self.intake.stats.exemplars_refused.add(1);
            }
        }
        Ok(())
    }

    /// Resolves a series of the present point; nothing when it is refused.
    fn series(
        &mut self,
        family: &Family,
        suffix: &str,
        own: Option<(&str, &str)>,
    ) -> Result<Option<SeriesRef>, Stop> {
        let begin = self.batch.made.len();
        let name = format!("{}{suffix}", family.name);
        self.labels.put_series(&name, own, &mut self.batch.made);
        let max = self.intake.options.label_bytes_max;
        if self.batch.made.len() > max {
            return Err(Stop::TooMany(format!("more than {max} bytes of labels in one request")));
        }
        let place = LabelBytes::Made(begin..self.batch.made.len());
        match self.intake.resolve(place, false, &mut self.lookup, &mut self.batch)? {
            Ok(known) => Ok(Some(known.series)),
            Err(refused) => {
                self.batch.made.truncate(begin);
                self.intake.refuse(&refused, self.refusals);
                Intake::note_unresolved(refused, self.refusals);
                Ok(None)
            }
        }
    }

    /// Adds a sample of the present point; nothing when it is refused.
    fn row(
        &mut self,
        family: &Family,
        suffix: &str,
        own: Option<(&str, &str)>,
        instant: Instant,
        value: f64,
    ) -> Result<Option<SeriesRef>, Stop> {
        self.intake.check_room(&mut self.batch)?;
        let begin = self.batch.made.len();
        let Some(series) = self.series(family, suffix, own)? else { return Ok(None) };
        self.cover(instant.at);
        let (mut start, mut value) = (start_of(instant), value);
        if instant.is_end {
            value = stale_marker();
        } else if family.is_delta {
            let bytes = &self.batch.made[begin..];
            let deltas = self.held.get_or_insert_with(|| Deltas::begin(self.deltas));
            match deltas.add(bytes, instant.start, instant.at, value) {
                Ok(total) => {
                    value = total.value;
                    start = Some(Timestamp::from_ms(total.start));
                }
                Err(fault) => {
                    self.intake.stats.samples_out_of_order.add(1);
                    self.refusals.add(|| format!("metric {}: {fault}", family.name));
                    return Ok(None);
                }
            }
        }
        let timestamp = Timestamp::from_ms(instant.at);
        self.batch.push(Row { series, timestamp, value: Value::Float(value), start });
        Ok(Some(series))
    }

    fn cover(&mut self, at: i64) {
        let (first, last) = self.span.unwrap_or((at, at));
        self.span = Some((first.min(at), last.max(at)));
    }
}

fn start_of(instant: Instant) -> Option<Timestamp> {
    let begun = instant.start > 0 && instant.start < instant.at && !instant.is_end;
    begun.then(|| Timestamp::from_ms(instant.start))
}

fn exemplar(link: &Link<'_>) -> Result<Exemplar, WireError> {
    let mut labels = LabelsBuilder::default();
    let mut attributes = link.attributes;
    while let Some((key, value)) = attributes.next_pair()? {
        let mut text = String::new();
        value.put_text(&mut text)?;
        // What is too long is not kept; a link that stays too long is left out by the caller.
        if key.len() + text.len() <= 4 * model::EXEMPLAR_CHARS_MAX {
            labels.set(key, &text);
        }
        if labels.iter().len() > model::EXEMPLAR_CHARS_MAX {
            break;
        }
    }
    for (name, id) in [("trace_id", link.trace_id), ("span_id", link.span_id)] {
        if !id.is_empty() && id.len() <= model::EXEMPLAR_CHARS_MAX {
            let mut hex = String::with_capacity(2 * id.len());
            for byte in id {
                write!(hex, "{byte:02x}").expect("writing to a string does not fail");
            }
            labels.set(name, &hex);
        }
    }
    let timestamp = Timestamp::from_ms(ms(link.time_ns));
    Ok(Exemplar { labels: labels.build(), value: link.value, timestamp })
}
