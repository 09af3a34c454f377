//! One request as one batch: every row with the series it came from, so that a refused row can be
//! named and a dead handle resolved again. Rows of a scrape group stand together.
//! Memory: at most `samples_max` rows and `buckets_max` histogram buckets a request.

use crate::receiver::ReceiverOptions;
use model::{Batch, GroupKey, Histogram, Row, SeriesRef, Timestamp, Value};
use std::sync::Arc;
use wire::remote_write::Series;

/// A series of the request that has a handle.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) series: Series<'a>,
    pub(crate) label_bytes: Option<&'a [u8]>,
    pub(crate) group: GroupKey,
}

/// The rows of a request that will be stored.
#[derive(Default)]
pub(crate) struct RequestBatch<'a> {
    pub(crate) batch: Batch,
    pub(crate) sources: Vec<Source<'a>>,
    /// Index in `sources` of each row.
    origins: Vec<u32>,
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

    /// Adds a series; its rows follow.
    pub(crate) fn add_source(&mut self, source: Source<'a>) {
        self.sources.push(source);
    }

    /// Adds a sample of the latest series.
    pub(crate) fn push(&mut self, series: SeriesRef, timestamp: Timestamp, value: Value) {
        self.batch.rows.push(Row { series, timestamp, value, start: None });
        let origin = self.sources.len().checked_sub(1).expect("a source was added before");
        self.origins.push(u32::try_from(origin).expect("bodies are below 4 GiB"));
    }

    pub(crate) fn push_histogram(
        &mut self,
        series: SeriesRef,
        at: Timestamp,
        histogram: Histogram,
    ) {
        self.push(series, at, Value::Histogram(Arc::new(histogram)));
    }

    pub(crate) fn source_of(&self, row: usize) -> &Source<'a> {
        &self.sources[self.origins[row] as usize]
    }

    /// Puts the rows of each group together, in their order of arrival, and names the first group
    /// as the batch's own.
    pub(crate) fn order_by_group(&mut self) {
        let mut order: Vec<usize> = (0..self.batch.rows.len()).collect();
        if !order.is_sorted_by_key(|row| self.source_of(*row).group) {
            order.sort_by_key(|row| self.source_of(*row).group);
            self.origins = order.iter().map(|row| self.origins[*row]).collect();
            self.batch.rows = order.iter().map(|row| self.batch.rows[*row].clone()).collect();
        }
        if !order.is_empty() {
            self.batch.group = self.source_of(0).group;
        }
    }

    /// The rows with these indices as a batch of their own.
    pub(crate) fn only(&self, rows: &[usize]) -> RequestBatch<'a> {
        RequestBatch {
            batch: Batch {
                group: self.batch.group,
                rows: rows.iter().map(|row| self.batch.rows[*row].clone()).collect(),
                ..Batch::default()
            },
            sources: self.sources.clone(),
            origins: rows.iter().map(|row| self.origins[*row]).collect(),
            ..RequestBatch::default()
        }
    }
}
