//! Samples of a series cut into Prometheus' chunks: floats, histograms of integers and of floats.
//! Layouts: Prometheus 3.14 `tsdb/docs/format/chunks.md`.

use super::histogram::Open;
use super::xor;
use model::{Histogram, SampleBuf};
use std::sync::Arc;

/// Samples of a chunk, as upstream cuts them.
pub(super) const SAMPLES_MAX: usize = 120;

/// How a chunk holds its samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Floats.
    Xor = 1,
    /// Native histograms with integer counts.
    Histogram = 2,
    /// Native histograms with counts as floats.
    FloatHistogram = 3,
}

/// A chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Time of its first sample, ms.
    pub first_ms: i64,
    /// Time of its last sample, ms.
    pub last_ms: i64,
    /// How its samples are told.
    pub encoding: Encoding,
    /// The chunk itself, without encoding and checksum.
    pub bytes: Vec<u8>,
}

impl Chunk {
    /// The samples of a series as chunks of at most 120 samples each. Histograms of one chunk share
    /// their layout, and none but the first follows a reset of its counter.
    pub fn cut(samples: &SampleBuf) -> Vec<Self> {
        let mut chunks = Vec::new();
        let (times, values) = (&samples.timestamps[..], &samples.values[..]);
        let mut histograms = &samples.histograms[..];
        let mut at = 0;
        while at < times.len() {
            let next = histograms.first().map_or(times.len(), |(place, _)| *place);
            if next > at {
                cut_floats(&times[at..next], &values[at..next], &mut chunks);
                at = next;
            }
            let in_a_row = histograms.iter().zip(at..).take_while(|((place, _), at)| place == at);
            let (run, rest) = histograms.split_at(in_a_row.count());
            cut_histograms(&times[at..at + run.len()], run, &mut chunks);
            at += run.len();
            histograms = rest;
        }
        chunks
    }
}

fn cut_floats(times: &[i64], values: &[f64], chunks: &mut Vec<Chunk>) {
    for (times, values) in times.chunks(SAMPLES_MAX).zip(values.chunks(SAMPLES_MAX)) {
        let (first_ms, last_ms) = (times[0], times[times.len() - 1]);
        let bytes = xor::encode(times, values);
        chunks.push(Chunk { first_ms, last_ms, encoding: Encoding::Xor, bytes });
    }
}

fn cut_histograms(times: &[i64], run: &[(usize, Arc<Histogram>)], chunks: &mut Vec<Chunk>) {
    let mut open: Option<Open<'_>> = None;
    for (at, (_, histogram)) in times.iter().zip(run) {
        let resets = open.as_ref().is_some_and(|open| open.resets(histogram));
        match &mut open {
            Some(open) if !resets && open.takes(histogram) => open.push(*at, histogram),
            _ => {
                chunks.extend(open.take().map(Open::close));
                open = Some(Open::begin(*at, histogram, resets));
            }
        }
    }
    chunks.extend(open.map(Open::close));
}
