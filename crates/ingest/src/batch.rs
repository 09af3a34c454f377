//! One request as one batch: every row with the series it came from, so that a refused row can be
//! named and a dead handle resolved again. Rows of a scrape group stand together.
//! Memory: at most `samples_max` rows, `buckets_max` histogram buckets and `label_bytes_max` bytes
//! of labels a request.

use crate::receiver::ReceiverOptions;
use model::{Batch, Exemplar, GroupKey, Histogram, Row, SeriesRef, Timestamp, Value};
use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;
use wire::remote_write::LabelPairs;

/// Labels of a series as remote write 1.0 sends them: a part of the body, or made from it.
#[derive(Clone, Debug)]
pub(crate) enum LabelBytes<'a> {
    Sent(&'a [u8]),
    /// Place in [`RequestBatch::made`].
    Made(Range<usize>),
}

/// A series of the request that has a handle.
#[derive(Clone, Debug)]
pub(crate) struct Source<'a> {
    pub(crate) label_bytes: LabelBytes<'a>,
    pub(crate) group: GroupKey,
}

/// The rows of a request that will be stored.
#[derive(Default)]
pub(crate) struct RequestBatch<'a> {
    pub(crate) batch: Batch,
    sources: Vec<Source<'a>>,
    /// Label bytes that do not stand in the body as they are.
    pub(crate) made: Vec<u8>,
    /// Index in `sources` of each row.
    origins: Vec<u32>,
    /// Sources that were made beside the sender's own.
    asides: HashSet<u32>,
    items: usize,
    buckets: usize,
}

impl<'a> RequestBatch<'a> {
    /// Counts an item (also one that is refused) against the bound; no when it is exceeded.
    pub(crate) fn has_room(&mut self, options: &ReceiverOptions) -> bool {
        self.items += 1;
        self.items <= options.samples_max
    }

    /// Counts the buckets of a histogram against the bound; no when it is exceeded.
    pub(crate) fn has_room_for(
        &mut self,
        histogram: &Histogram,
        options: &ReceiverOptions,
    ) -> bool {
        self.buckets += histogram.positive_buckets.len() + histogram.negative_buckets.len();
        self.buckets += histogram.custom_values.len();
        self.buckets <= options.buckets_max
    }

    /// The bytes themselves.
    pub(crate) fn bytes_of<'s>(&'s self, label_bytes: &LabelBytes<'s>) -> &'s [u8] {
        match label_bytes {
            LabelBytes::Sent(bytes) => bytes,
            LabelBytes::Made(place) => &self.made[place.clone()],
        }
    }

    /// Adds a series; its rows follow.
    pub(crate) fn add_source(&mut self, source: Source<'a>) {
        self.sources.push(source);
    }

    /// The latest series was made beside the sender's own: nobody is told that it is refused.
    pub(crate) fn mark_aside(&mut self) {
        self.asides.extend(self.sources.len().checked_sub(1).and_then(|i| u32::try_from(i).ok()));
    }

    /// Was the series of a row made beside the sender's own?
    pub(crate) fn is_aside(&self, row: usize) -> bool {
        self.asides.contains(&self.origins[row])
    }

    /// Adds a sample of the latest series.
    pub(crate) fn push(&mut self, row: Row) {
        self.batch.rows.push(row);
        let origin = self.sources.len().checked_sub(1).expect("a source was added before");
        self.origins.push(u32::try_from(origin).expect("bodies are below 4 GiB"));
    }

    pub(crate) fn push_histogram(
        &mut self,
        series: SeriesRef,
        timestamp: Timestamp,
        start: Option<Timestamp>,
        histogram: Histogram,
    ) {
        let value = Value::Histogram(Arc::new(histogram));
        self.push(Row { series, timestamp, value, start });
    }

    pub(crate) fn push_exemplar(&mut self, series: SeriesRef, exemplar: Exemplar) {
        self.batch.exemplars.push((series, exemplar));
    }

    /// Label bytes of the series of a row.
    pub(crate) fn row_label_bytes(&self, row: usize) -> &[u8] {
        self.bytes_of(&self.source_of(row).label_bytes)
    }

    /// Labels of the series of a row.
    pub(crate) fn row_labels(&self, row: usize) -> LabelPairs<'_> {
        LabelPairs::of(self.row_label_bytes(row))
    }

    /// Number of the series of a row.
    pub(crate) fn origin_of(&self, row: usize) -> u32 {
        self.origins[row]
    }

    pub(crate) fn source_of(&self, row: usize) -> &Source<'a> {
        &self.sources[self.origins[row] as usize]
    }

    /// Puts the rows of each group together, in their order of arrival, and names the first group
    /// as the batch's own.
    pub(crate) fn order_by_group(&mut self) {
        let rows = self.batch.rows.len();
        if !(0..rows).is_sorted_by_key(|row| self.source_of(row).group) {
            let mut order: Vec<usize> = (0..rows).collect();
            order.sort_by_key(|row| self.source_of(*row).group);
            self.select(&order);
        }
        if rows > 0 {
            self.batch.group = self.source_of(0).group;
        }
    }

    /// Leaves the rows with these indices alone in the batch, in this order.
    pub(crate) fn keep_only(&mut self, rows: &[usize]) {
        self.select(rows);
        self.batch.exemplars.clear();
        self.batch.metadata.clear();
    }

    fn select(&mut self, rows: &[usize]) {
        self.origins = rows.iter().map(|row| self.origins[*row]).collect();
        self.batch.rows = rows.iter().map(|row| self.batch.rows[*row].clone()).collect();
    }
}
