//! Pages of lines whose classic histograms are stored as native ones with custom bounds.
//! Every line is read in full: the jobs that want this pay for it, the others do not.

use super::collate::{Collated, Pending, piece_of};
use super::ingest::{Pass, Reading, Stop, parse_error};
use exposition::{Event, Format, Parser, Sample};
use model::{LabelsBuilder, MetricKind, Value};
use std::sync::Arc;

/// Keys begin with a byte that no line begins with, and another one than metrics of protobuf.
const KEY_BEGIN: &[u8] = b"\0\x01";

impl Pass<'_> {
    pub(super) fn read_converting(&mut self, format: Format, body: &[u8]) -> Result<(), Stop> {
        let mut parser = Parser::new(format, body);
        let mut builder = LabelsBuilder::default();
        let mut pending = None;
        while let Some(event) = parser.next_event().map_err(parse_error)? {
            let Event::Sample(sample) = event else {
                self.complete(pending.take())?;
                self.hear(event);
                continue;
            };
            let is_part = self.collate(&parser, &sample, &mut pending, &mut builder)?;
            if !is_part || self.wanted().always_classic {
                self.line(&parser, sample)?;
            }
        }
        self.complete(pending)
    }

    /// Adds a line to the histogram it is of, if it is of one; a histogram that it is not of is
    /// complete then.
    fn collate(
        &mut self,
        parser: &Parser<'_>,
        sample: &Sample<'_>,
        pending: &mut Option<Pending>,
        builder: &mut LabelsBuilder,
    ) -> Result<bool, Stop> {
        let (family, kind) = self.family();
        let family = family.to_owned();
        let mut piece = None;
        if kind == MetricKind::Histogram {
            parser.labels(builder).map_err(parse_error)?;
            piece = piece_of(builder, &family);
        }
        let Some((labels, piece)) = piece else {
            self.complete(pending.take())?;
            return Ok(false);
        };
        if pending.as_ref().is_some_and(|pending| pending.labels != labels) {
            self.complete(pending.take())?;
        }
        let pending = pending.get_or_insert_with(|| Pending {
            labels,
            collated: Collated::default(),
            timestamp: sample.timestamp,
            exemplars: Vec::new(),
        });
        pending.collated.add(piece, sample.value);
        // As with all native histograms, only those that say when.
        let dated = sample.exemplar.iter().filter(|exemplar| exemplar.timestamp.is_some());
        pending.exemplars.extend(dated.map(|exemplar| (**exemplar).clone()));
        Ok(true)
    }

    fn complete(&mut self, pending: Option<Pending>) -> Result<(), Stop> {
        let Some(pending) = pending else { return Ok(()) };
        let Some(histogram) = pending.collated.build() else {
            self.count_unconverted();
            return Ok(());
        };
        let mut exemplars = pending.exemplars;
        exemplars.sort_by_key(|exemplar| exemplar.timestamp);
        let value = Value::Histogram(Arc::new(histogram));
        let reading = Reading { value, timestamp: pending.timestamp, start: None, exemplars };
        let labels = pending.labels;
        let key = [KEY_BEGIN, labels.to_string().as_bytes()].concat();
        let fill = |builder: &mut LabelsBuilder| {
            *builder = labels.to_builder();
            Ok(())
        };
        self.offer(&key, &reading, fill, |name| labels.get(name).is_some())
    }
}
