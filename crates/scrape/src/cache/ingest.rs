//! One pass over what a target exposed: lines become rows, missing series become stale.
//! Semantics: Prometheus 3.14 `scrapeLoop.append`. One difference: when a page fails in the
//! middle, every series of the scrape before becomes stale, also those read before the failure,
//! because none of the page's samples are stored.

use super::entries::{EntryId, Series, Sighting};
use super::native;
use super::report::{ReportSeries, values};
use super::{Arrival, Page, ScrapeReport, TargetCache};
use crate::PageFormat;
use crate::shape::Fate;
use config::HistogramOptions;
use exposition::{Event, Family, Format, ParsedExemplar, Parser, Part, Point, Sample};
use model::{
    AppendError, AppendErrorKind, Appender, BUCKET_LABEL, Exemplar, GroupKey, Labels,
    LabelsBuilder, METRIC_NAME, MetricKind, QUANTILE_LABEL, Row, SeriesRef, Timestamp, Value,
    stale_marker,
};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What each row of the batch is, so that the storage's answers find their way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Sample(EntryId),
    Marker,
    Report(usize),
}

/// Why a page was not read to its end.
pub(super) enum Stop {
    /// The scrape failed; `up` is 0.
    Scrape(String),
    /// The storage takes nothing.
    Store(AppendError),
}

pub(super) struct Pass<'a> {
    cache: &'a mut TargetCache,
    appender: &'a dyn Appender,
    at: Timestamp,
    /// The line before, for predictions.
    previous: Option<EntryId>,
    report: ScrapeReport,
    /// Samples that count against the limit.
    counted: u64,
    tracked: usize,
    retracked: usize,
    /// Creation times by instance, and the rows they are for.
    created: HashMap<u64, Timestamp>,
    instances: Vec<(usize, u64)>,
    /// Only OpenMetrics has creation times.
    has_instances: bool,
}

/// A sample's value and what comes with it.
pub(super) struct Reading {
    pub(super) value: Value,
    pub(super) timestamp: Option<Timestamp>,
    /// When it began, if that stands beside the value.
    pub(super) start: Option<Timestamp>,
    pub(super) exemplars: Vec<ParsedExemplar>,
}

impl From<Sample<'_>> for Reading {
    fn from(sample: Sample<'_>) -> Self {
        let exemplars = sample.exemplar.map(|exemplar| vec![*exemplar]).unwrap_or_default();
        let (value, timestamp) = (Value::Float(sample.value), sample.timestamp);
        Self { value, timestamp, start: None, exemplars }
    }
}

impl<'a> Pass<'a> {
    pub(super) fn new(
        cache: &'a mut TargetCache,
        at: Timestamp,
        appender: &'a dyn Appender,
    ) -> Self {
        cache.origins.clear();
        cache.entries.begin();
        cache.tracked_now = 0;
        Self {
            cache,
            appender,
            at,
            previous: None,
            report: ScrapeReport::default(),
            counted: 0,
            tracked: 0,
            retracked: 0,
            created: HashMap::new(),
            instances: Vec::new(),
            has_instances: false,
        }
    }

    /// Turns a page into rows.
    pub(super) fn read(&mut self, page: Page<'_>) -> Result<(), Stop> {
        self.cache.families.begin();
        match page {
            Page::Failed { error, .. } => return Err(Stop::Scrape(error.to_owned())),
            Page::Body { bytes: [], .. } => {}
            Page::Body { format: PageFormat::Protobuf, bytes } => self.read_protobuf(bytes)?,
            Page::Body { format: PageFormat::Lines(format), bytes } => {
                self.has_instances = format == Format::OpenMetrics;
                if self.wanted().convert_classic {
                    self.read_converting(format, bytes)?;
                } else {
                    self.read_body(format, bytes)?;
                }
            }
            Page::Families(families) => self.read_families(families)?,
        }
        if self.report.sample_limit_exceeded {
            return Err(Stop::Scrape("sample limit exceeded".to_owned()));
        }
        if self.report.bucket_limit_exceeded {
            return Err(Stop::Scrape("histogram bucket limit exceeded".to_owned()));
        }
        self.date();
        Ok(())
    }

    fn read_body(&mut self, format: Format, bytes: &[u8]) -> Result<(), Stop> {
        let mut parser = Parser::new(format, bytes);
        loop {
            if let Some((id, sample)) = self.likely_line(&mut parser)? {
                self.known(id, &sample.into());
                continue;
            }
            match parser.next_event().map_err(parse_error)? {
                None => return Ok(()),
                Some(Event::Sample(sample)) => self.line(&parser, sample)?,
                Some(comment) => self.hear(comment),
            }
        }
    }

    /// What a comment says of a family.
    pub(super) fn hear(&mut self, event: Event<'_>) {
        let round = self.cache.round;
        match event {
            Event::Sample(_) => {}
            Event::Type { family, kind } => self.cache.families.kind(&family, round, kind),
            Event::Help { family, help } => self.cache.families.help(&family, round, &help),
            Event::Unit { family, unit } => self.cache.families.unit(&family, round, &unit),
        }
    }

    /// What a family says of itself at once; its series follow.
    pub(super) fn declare(&mut self, family: &str, kind: MetricKind, help: &str, unit: &str) {
        let round = self.cache.round;
        self.cache.families.kind(family, round, kind);
        self.cache.families.help(family, round, help);
        if !unit.is_empty() {
            self.cache.families.unit(family, round, unit);
        }
    }

    /// Family and kind declared last.
    pub(super) fn family(&self) -> (&str, MetricKind) {
        self.cache.families.current()
    }

    /// Which forms of histograms are stored.
    pub(super) fn wanted(&self) -> HistogramOptions {
        self.cache.shape.histograms
    }

    /// Counts a classic histogram that makes no native one.
    pub(super) fn count_unconverted(&mut self) {
        self.report.unconverted += 1;
    }

    /// Counts exemplars whose labels are too long.
    pub(super) fn count_refused_exemplars(&mut self, count: usize) {
        self.report.exemplars_refused += count;
    }

    /// The line that followed last time with the same comments before it, if it comes again.
    fn likely_line<'p>(
        &mut self,
        parser: &mut Parser<'p>,
    ) -> Result<Option<(EntryId, Sample<'p>)>, Stop> {
        let TargetCache { entries, families, round, .. } = &mut *self.cache;
        let Some(likely) = entries.predict(self.previous) else { return Ok(None) };
        let is_known = families.agree(likely.declared)
            && parser.skip_if(likely.comments, likely.declared.kind());
        if is_known {
            families.again(likely.declared, *round);
        }
        let Some(sample) = parser.sample_if(likely.series).map_err(parse_error)? else {
            return Ok(None);
        };
        let id = likely.id;
        if is_known {
            families.heard();
        } else {
            self.learn_comments(parser, Some(id));
        }
        Ok(Some((id, sample)))
    }

    /// Remembers what stood before a line, if the line is remembered.
    fn learn_comments(&mut self, parser: &Parser<'_>, line: Option<EntryId>) {
        let comments = parser.comments();
        if comments.is_empty() {
            return;
        }
        if let (Some(declared), Some(id)) = (self.cache.families.heard(), line) {
            self.cache.entries.learn_comments(id, comments, declared);
        }
    }

    pub(super) fn line(&mut self, parser: &Parser<'_>, sample: Sample<'_>) -> Result<(), Stop> {
        let raw = sample.series;
        if let Some(id) = self.cache.entries.find(self.previous, raw) {
            self.learn_comments(parser, Some(id));
            self.known(id, &sample.into());
            return Ok(());
        }
        let mut builder = std::mem::take(&mut self.cache.builder);
        self.report.scraped += 1;
        let labels = parser.labels(&mut builder).map_err(parse_error);
        let fresh = labels.and_then(|()| {
            self.fresh(raw, &mut builder, |name| parser.names_label(name), &sample.into())
        });
        self.cache.builder = builder;
        self.learn_comments(parser, fresh?);
        Ok(())
    }

    fn read_families(&mut self, families: &[Family]) -> Result<(), Stop> {
        let mut line = std::mem::take(&mut self.cache.line);
        let outcome = families.iter().filter(|f| !f.points.is_empty()).try_for_each(|family| {
            self.declare(&family.name, family.kind, &family.help, &family.unit);
            family.points.iter().try_for_each(|point| {
                line.clear();
                exposition::write_series(&mut line, family, point);
                self.point(&line, family, point)
            })
        });
        self.cache.line = line;
        outcome
    }

    fn point(&mut self, line: &str, family: &Family, point: &Point) -> Result<(), Stop> {
        let (value, timestamp) = (Value::Float(point.value), point.timestamp);
        let reading = Reading { value, timestamp, start: None, exemplars: Vec::new() };
        let fill = |labels: &mut LabelsBuilder| {
            *labels = point.labels.to_builder();
            labels.set(METRIC_NAME, &format!("{}{}", family.name, point.suffix));
            Ok(())
        };
        self.offer(line.as_bytes(), &reading, fill, |name| point.labels.get(name).is_some())
    }

    /// A sample of the series that `raw` stands for; when that is new, `fill` gives its labels.
    pub(super) fn offer(
        &mut self,
        raw: &[u8],
        reading: &Reading,
        fill: impl FnOnce(&mut LabelsBuilder) -> Result<(), Stop>,
        names: impl Fn(&str) -> bool,
    ) -> Result<(), Stop> {
        let predicted = self.cache.entries.predict(self.previous);
        let expected = predicted.filter(|likely| likely.series == raw).map(|likely| likely.id);
        if let Some(id) = expected.or_else(|| self.cache.entries.find(self.previous, raw)) {
            self.known(id, reading);
            return Ok(());
        }
        self.report.scraped += 1;
        let mut labels = std::mem::take(&mut self.cache.builder);
        labels.retain(|_, _| false);
        let fresh = fill(&mut labels).and_then(|()| self.fresh(raw, &mut labels, names, reading));
        self.cache.builder = labels;
        fresh.map(|_| ())
    }

    /// A line whose series is known.
    fn known(&mut self, id: EntryId, reading: &Reading) {
        self.report.scraped += 1;
        self.previous = Some(id);
        let (reference, again) = match self.cache.entries.see(id, self.cache.round) {
            Sighting::Dropped => return,
            Sighting::Series { reference, again } => (reference, again),
        };
        self.report.kept += 1;
        let own_time = reading.timestamp.filter(|_| self.cache.shape.honor_timestamps);
        if again && own_time.is_none() {
            self.report.duplicates += 1;
            return;
        }
        if self.within_limit() {
            let series = self.has_instances.then(|| self.cache.entries.series(id)).flatten();
            let instance = series.and_then(|series| series.instance);
            self.push(id, reference, instance, reading);
        }
    }

    /// A line that was never seen, or not for long; it is counted already. Gives its entry, unless
    /// a limit leaves it without one.
    fn fresh(
        &mut self,
        raw: &[u8],
        labels: &mut LabelsBuilder,
        names: impl Fn(&str) -> bool,
        reading: &Reading,
    ) -> Result<Option<EntryId>, Stop> {
        let round = self.cache.round;
        let family = self.cache.families.current();
        let instance = if self.has_instances { instance(labels, family) } else { None };
        let labels = match self.cache.shape.fate(labels, names).map_err(Stop::Scrape)? {
            Fate::Kept(labels) => labels,
            Fate::Dropped => {
                let id = self.cache.entries.insert(self.previous, raw, round, None);
                self.previous = Some(id);
                return Ok(Some(id));
            }
        };
        self.report.kept += 1;
        if !self.within_limit() {
            return Ok(None);
        }
        let reference = match self.appender.resolve(self.cache.group, &labels) {
            Ok(reference) => reference,
            Err(error) if error.kind() == AppendErrorKind::SeriesLimit => {
                self.report.refused += 1;
                return Ok(None);
            }
            Err(error) if error.kind() == AppendErrorKind::InvalidLabels => {
                return Err(Stop::Scrape(error.to_string()));
            }
            Err(error) => return Err(Stop::Store(error)),
        };
        let series = Series { reference, labels, instance };
        let id = self.cache.entries.insert(self.previous, raw, round, Some(series));
        self.previous = Some(id);
        self.report.added += 1;
        self.push(id, reference, instance, reading);
        Ok(Some(id))
    }

    /// Counts a sample against the limit. The page is read on beyond it, for the figures.
    fn within_limit(&mut self) -> bool {
        self.counted += 1;
        let limit = self.cache.shape.limits.sample_limit.unwrap_or(u64::MAX);
        self.report.sample_limit_exceeded |= self.counted > limit;
        !self.report.sample_limit_exceeded
    }

    fn push(
        &mut self,
        id: EntryId,
        reference: SeriesRef,
        instance: Option<(Part, u64)>,
        reading: &Reading,
    ) {
        let own_time = reading.timestamp.filter(|_| self.cache.shape.honor_timestamps);
        let at = own_time.unwrap_or(self.at);
        let value = match &reading.value {
            Value::Float(value) => Value::Float(*value),
            Value::Histogram(histogram) => match native::fit(histogram, &self.cache.shape) {
                Some(histogram) => Value::Histogram(Arc::new(histogram)),
                None => return self.report.bucket_limit_exceeded = true,
            },
        };
        match (instance, &value) {
            (Some((Part::Created, instance)), Value::Float(seconds)) => {
                self.created.extend(created_at(*seconds).map(|at| (instance, at)));
            }
            (Some((Part::Sample, instance)), _) => {
                self.instances.push((self.cache.batch.rows.len(), instance));
            }
            _ => {}
        }
        let start = reading.start.filter(|start| *start <= at);
        self.cache.batch.rows.push(Row { series: reference, timestamp: at, value, start });
        self.cache.origins.push(Origin::Sample(id));
        for exemplar in &reading.exemplars {
            self.exemplar(reference, exemplar, at);
        }
        if own_time.is_none() || self.cache.shape.track_timestamps_staleness {
            let before = self.cache.entries.track(id, self.cache.round);
            self.tracked += usize::from(before != self.cache.round);
            self.retracked += usize::from(before == self.cache.previous);
        }
    }

    fn exemplar(&mut self, series: SeriesRef, exemplar: &ParsedExemplar, at: Timestamp) {
        let (labels, value) = (exemplar.labels.clone(), exemplar.value);
        let exemplar = Exemplar { labels, value, timestamp: exemplar.timestamp.unwrap_or(at) };
        if exemplar.fits() {
            self.cache.batch.exemplars.push((series, exemplar));
        } else {
            self.report.exemplars_refused += 1;
        }
    }

    /// Gives rows the creation times of their instances.
    fn date(&mut self) {
        for (row, instance) in self.instances.drain(..) {
            let row = &mut self.cache.batch.rows[row];
            let created = self.created.get(&instance).copied();
            row.start = created.filter(|created| *created <= row.timestamp);
        }
    }

    /// Closes the batch: markers, then the report series.
    pub(super) fn finish(
        mut self,
        outcome: Result<(), Stop>,
        arrival: &Arrival<'_>,
    ) -> ScrapeReport {
        match outcome {
            Ok(()) => self.mark_missing(),
            Err(Stop::Scrape(error)) => {
                self.report.error = Some(error);
                self.forget_all();
            }
            Err(Stop::Store(error)) => self.report.store_error = Some(error.to_string()),
        }
        self.report.duration = (arrival.elapsed)();
        if self.report.error.is_none() {
            self.cache.tracked_now = self.tracked;
        }
        let figures = values(&self.cache.shape, &self.report, body_bytes(arrival.page));
        if let Err(error) = self.push_report(&figures) {
            self.report.store_error = Some(error.to_string());
        }
        if self.report.error.is_none() {
            self.cache.families.news(&mut self.cache.batch.metadata);
        }
        self.report
    }

    /// Markers for tracked series that did not come this time.
    fn mark_missing(&mut self) {
        if self.retracked == self.cache.tracked_before && self.cache.orphans.is_empty() {
            return;
        }
        // Two lines may be one series: it is there if any of its lines is.
        let tracked = self.cache.entries.tracked_in(self.cache.round);
        let present: HashSet<SeriesRef> = tracked.collect();
        let mut gone = self.cache.tracked_series();
        gone.retain(|reference| !present.contains(reference));
        self.mark(&gone);
    }

    /// No row of this pass counts; everything tracked before becomes stale.
    pub(super) fn forget_all(&mut self) {
        self.cache.batch.clear();
        self.cache.origins.clear();
        self.cache.entries.untrack(self.cache.round);
        let gone = self.cache.tracked_series();
        self.mark(&gone);
    }

    fn mark(&mut self, gone: &[SeriesRef]) {
        for &reference in gone {
            self.cache.batch.push(reference, self.at, stale_marker());
            self.cache.origins.push(Origin::Marker);
        }
        self.report.stale += gone.len();
    }

    fn push_report(&mut self, figures: &[f64]) -> Result<(), AppendError> {
        for (index, value) in
            figures.iter().enumerate().take(ReportSeries::count(&self.cache.shape))
        {
            let reference = match self.cache.report.get(index) {
                Some(reference) => reference,
                None => match self.cache.resolve_report(index, self.appender) {
                    Ok(reference) => reference,
                    Err(error) if error.kind() == AppendErrorKind::SeriesLimit => {
                        self.report.refused += 1;
                        continue;
                    }
                    Err(error) => return Err(error),
                },
            };
            self.cache.batch.push(reference, self.at, *value);
            self.cache.origins.push(Origin::Report(index));
        }
        Ok(())
    }

    /// Markers for the series about the scrape.
    pub(super) fn mark_report_stale(&mut self) {
        for index in 0..ReportSeries::count(&self.cache.shape) {
            if let Some(reference) = self.cache.report.get(index) {
                self.cache.batch.push(reference, self.at, stale_marker());
                self.cache.origins.push(Origin::Marker);
            }
        }
    }
}

impl TargetCache {
    /// Series that the last stored scrape tracked, those without entries included; each once.
    fn tracked_series(&self) -> Vec<SeriesRef> {
        let orphans = self.orphans.iter().map(|(reference, _)| *reference);
        let mut series: Vec<SeriesRef> = orphans.collect();
        if self.previous > 0 {
            series.extend(self.entries.tracked_in(self.previous));
        }
        series.sort_unstable();
        series.dedup();
        series
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
pub(super) fn parse_error(error: exposition::ParseError) -> Stop {
    Stop::Scrape(error.to_string())
}

/// What `scrape_body_size_bytes` says: the length of what was fetched, be it good or not; -1 when
/// it was too large, 0 when nothing came.
fn body_bytes(page: Page<'_>) -> f64 {
    match page {
        Page::Body { bytes, .. } => bytes.len() as f64,
        Page::Failed { body_too_large: true, .. } => -1.0,
        Page::Failed { .. } | Page::Families(_) => 0.0,
    }
}

/// Seconds since the epoch as OpenMetrics' `_created` has them; creation times before it do not
/// exist. Those ahead of their samples are left out by [`Pass::date`].
fn created_at(seconds: f64) -> Option<Timestamp> {
    let ms = seconds * 1000.0;
    #[expect(clippy::cast_possible_truncation, reason = "what is too large saturates")]
    (ms > 0.0).then(|| Timestamp::from_ms(ms as i64))
}

/// Part and hash of the instance that an exposed series belongs to: its family and its labels
/// without `le` and `quantile`.
fn instance(labels: &LabelsBuilder, (family, kind): (&str, MetricKind)) -> Option<(Part, u64)> {
    let part = exposition::instance_part(labels.get(METRIC_NAME)?, family, kind)?;
    let own = |name: &str| name != METRIC_NAME && name != BUCKET_LABEL && name != QUANTILE_LABEL;
    let labels = Labels::from_sorted(labels.iter().filter(|(name, _)| own(name)));
    Some((part, GroupKey::of(&(family, labels)).0))
}
