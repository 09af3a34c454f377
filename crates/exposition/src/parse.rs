//! Parser of both formats: one event per line, series as raw bytes until somebody wants labels.
//! A caller with a cache asks `skip_if` and `sample_if` first: a comparison for known comments, and
//! one comparison and one number for a known series.
//! Grammar: Prometheus 3.14 `model/textparse` (promlex.l, openmetricslex.l), differences below.
//!
//! Stricter than upstream in three places where it loses data silently: a NUL byte at the start
//! of a text line is an error (upstream stops there without one), white space before a name is not
//! part of the name, and only a quoted name may stand inside the braces.

use crate::{ParseError, ParseErrorKind, format_openmetrics_float, parse_float};
use cursor::Cursor;
use model::{BUCKET_LABEL, LabelsBuilder, MetricKind, QUANTILE_LABEL, Timestamp};
use series::Layout;
use std::borrow::Cow;
use std::ops::Range;

mod cursor;
mod metadata;
mod openmetrics;
mod series;
mod text;

#[cfg(test)]
mod tests;

pub use openmetrics::ParsedExemplar;
pub use series::LABELS_MAX;

/// Format of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Prometheus text 0.0.4 (and 1.0.0 with quoted names).
    Text,
    /// OpenMetrics 0.0.1 and 1.0.0.
    OpenMetrics,
}

/// One line that means something.
#[derive(Clone, Debug, PartialEq)]
pub enum Event<'a> {
    /// A sample; [`Parser::labels`] reads its labels until the next event.
    Sample(Sample<'a>),
    /// `# HELP`: family and text, unescaped.
    Help {
        /// Metric family.
        family: Cow<'a, str>,
        /// Help text.
        help: Cow<'a, str>,
    },
    /// `# TYPE`: family and kind.
    Type {
        /// Metric family.
        family: Cow<'a, str>,
        /// Kind.
        kind: MetricKind,
    },
    /// `# UNIT` of OpenMetrics: family and unit.
    Unit {
        /// Metric family.
        family: Cow<'a, str>,
        /// Unit, a suffix of the family's name.
        unit: Cow<'a, str>,
    },
}

/// A sample line.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample<'a> {
    /// Name and labels exactly as written; equal bytes mean the same series as long as the kind
    /// of the family does not change.
    pub series: &'a [u8],
    /// Value; every NaN is the quiet one.
    pub value: f64,
    /// Time as the target says, if it does.
    pub timestamp: Option<Timestamp>,
    /// Exemplar (OpenMetrics).
    pub exemplar: Option<Box<ParsedExemplar>>,
}

/// Reads a body line by line.
#[derive(Clone, Debug)]
pub struct Parser<'a> {
    format: Format,
    cursor: Cursor<'a>,
    layout: Layout,
    kind: MetricKind,
    /// What stands between the last two samples, or before the first one.
    between: Range<usize>,
    /// Where the last sample ended.
    sample_end: usize,
    ended: bool,
}

impl<'a> Parser<'a> {
    /// A parser at the start of a body.
    pub fn new(format: Format, body: &'a [u8]) -> Self {
        Self {
            format,
            cursor: Cursor::new(body),
            layout: Layout::default(),
            kind: MetricKind::Unknown,
            between: 0..0,
            sample_end: 0,
            ended: false,
        }
    }

    /// The next line that means something, `None` at the end.
    ///
    /// # Errors
    /// The first line that breaks the grammar; the parser must not be used after it.
    pub fn next_event(&mut self) -> Result<Option<Event<'a>>, ParseError> {
        if self.ended {
            return Ok(None);
        }
        let event = match self.format {
            Format::Text => text::next_event(self)?,
            Format::OpenMetrics => openmetrics::next_event(self)?,
        };
        match &event {
            Some(Event::Type { kind, .. }) => self.kind = *kind,
            Some(Event::Sample(_)) => self.note_sample(),
            Some(Event::Help { .. } | Event::Unit { .. }) => {}
            None => self.ended = true,
        }
        Ok(event)
    }

    /// Skips what stands before the next sample, if that is exactly this (bytes of an earlier
    /// [`Parser::comments`] in the same format) and nothing was read since the last sample; answers
    /// whether. `kind`: of the last TYPE line in it.
    pub fn skip_if(&mut self, comments: &[u8], kind: Option<MetricKind>) -> bool {
        let is_there = !comments.is_empty()
            && self.cursor.at() == self.sample_end
            && self.cursor.rest().starts_with(comments);
        if is_there {
            self.cursor.take(comments.len());
            self.kind = kind.unwrap_or(self.kind);
        }
        is_there
    }

    /// What stands between the last sample and the one before it: whole lines, and blanks.
    pub fn comments(&self) -> &'a [u8] {
        self.cursor.slice(self.between.start, self.between.end)
    }

    fn note_sample(&mut self) {
        self.between = self.sample_end..self.cursor.line_start();
        self.sample_end = self.cursor.at();
    }

    /// The next sample, if the next line begins with exactly this series (bytes of an earlier
    /// [`Sample::series`] in the same format); otherwise nothing is consumed.
    pub fn sample_if(&mut self, series: &[u8]) -> Result<Option<Sample<'a>>, ParseError> {
        if series.is_empty() || !self.cursor.rest().starts_with(series) {
            return Ok(None);
        }
        if !self.ends_series(series) {
            return Ok(None);
        }
        self.cursor.begin_line();
        self.layout.clear();
        let raw = self.cursor.take(series.len());
        let sample = self.finish_sample(raw)?;
        self.note_sample();
        Ok(Some(sample))
    }

    /// Does the series end where the prefix does? A bare name may go on with more letters or with
    /// braces behind white space; a closing brace always ends it.
    fn ends_series(&self, series: &[u8]) -> bool {
        if series.ends_with(b"}") {
            return true;
        }
        let behind = &self.cursor.rest()[series.len()..];
        let blanks = behind.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        blanks > 0 && behind.get(blanks) != Some(&b'{')
    }

    fn finish_sample(&mut self, series: &'a [u8]) -> Result<Sample<'a>, ParseError> {
        match self.format {
            Format::Text => text::finish_sample(&mut self.cursor, series),
            Format::OpenMetrics => openmetrics::finish_sample(&mut self.cursor, series),
        }
    }

    /// Replaces `into` by the labels of the sample that [`Parser::next_event`] returned last, the
    /// metric name among them; values of `le` and `quantile` in their normal form. Empty after
    /// [`Parser::sample_if`], whose caller knows the labels already.
    ///
    /// # Errors
    /// When a label name is repeated.
    pub fn labels(&self, into: &mut LabelsBuilder) -> Result<(), ParseError> {
        let mut pairs = self.layout.pairs(&self.cursor);
        pairs.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        if let Some(twice) = pairs.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            let message = format!("label name {:?} is not unique", twice[0].0);
            return Err(self.cursor.error(ParseErrorKind::Labels, message));
        }
        into.retain(|_, _| false);
        for (name, value) in &pairs {
            into.set(name, &self.normalise(name, value));
        }
        Ok(())
    }

    /// Does the last sample's line name this label, be it with an empty value? With `honor_labels`
    /// a target says so that it wants to be without a label of the server.
    pub fn names_label(&self, name: &str) -> bool {
        self.layout.names_label(&self.cursor, name)
    }

    /// Name of the metric of the last sample.
    pub fn metric_name(&self) -> Cow<'_, str> {
        self.layout.name(&self.cursor)
    }

    /// Line of the last event, from 1.
    pub fn line(&self) -> usize {
        self.cursor.line()
    }

    /// Prometheus 3: bounds and quantiles of declared histograms and summaries are written as
    /// OpenMetrics writes numbers, so that `le="1"` and `le="1.0"` are one series.
    fn normalise<'v>(&self, name: &str, value: &'v str) -> Cow<'v, str> {
        let applies = match self.kind {
            MetricKind::Histogram => name == BUCKET_LABEL,
            MetricKind::Summary => name == QUANTILE_LABEL,
            MetricKind::Unknown
            | MetricKind::Counter
            | MetricKind::Gauge
            | MetricKind::GaugeHistogram
            | MetricKind::Info
            | MetricKind::StateSet => false,
        };
        match parse_float(value.as_bytes()) {
            Some(number) if applies => Cow::Owned(format_openmetrics_float(number)),
            Some(_) | None => Cow::Borrowed(value),
        }
    }
}

/// Checks on any bytes that the path for known series sees what the path for new ones sees; the
/// body of the fuzz targets, also run over their corpus in the ordinary suite.
///
/// # Panics
/// When the paths disagree, which is a bug here whatever the bytes are.
pub fn check_paths_agree(format: Format, body: &[u8]) {
    let mut slow = Parser::new(format, body);
    let mut labels = LabelsBuilder::default();
    // Stands behind the last sample.
    let mut fast = slow.clone();
    loop {
        let Ok(Some(event)) = slow.next_event() else { return };
        let Event::Sample(sample) = event else { continue };
        if slow.labels(&mut labels).is_ok() {
            assert!(!slow.metric_name().is_empty(), "a sample has a metric name");
        }
        let comments = slow.comments();
        let skipped = fast.skip_if(comments, Some(slow.kind));
        assert_eq!(skipped, !comments.is_empty(), "both see the same before the sample");
        if let Ok(Some(found)) = fast.sample_if(sample.series) {
            assert_eq!(found.value.to_bits(), sample.value.to_bits(), "both read one value");
            assert_eq!(found.timestamp, sample.timestamp, "both read one timestamp");
            assert_eq!(fast.cursor.at(), slow.cursor.at(), "both end at one place");
            assert_eq!(fast.comments(), comments, "both see the same between samples");
        }
        fast = slow.clone();
    }
}
