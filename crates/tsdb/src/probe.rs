//! Entry points for fuzzers: bytes nobody trusts go through every decoder of this crate.
//! Each returns whether the bytes were accepted; panicking or allocating without bound is the bug.

use crate::block;
use crate::cache::BlockCache;
use crate::checkpoint;
use crate::encoding::bytes::Cursor;
use crate::encoding::floats::Integers;
use crate::encoding::presence::Presence;
use crate::encoding::{BLOCK_SAMPLES_MAX, ints};
use crate::manifest::Manifest;
use crate::postings::Postings as _;
use crate::record;
use crate::segment::{PageReader, Segment, SegmentIndex, SeriesDirectory};
use model::SampleBuf;
use std::io;
use std::path::Path;
use std::sync::Arc;
use sys::File;

/// A block: two bytes number of samples, then the bytes of the block; then as a timestamp column
/// and as a presence; as differences to [`below`].
pub fn block(data: &[u8]) -> bool {
    let Some((count, bytes)) = data.split_first_chunk::<2>() else { return false };
    let count = usize::from(u16::from_le_bytes(*count)).min(BLOCK_SAMPLES_MAX);
    let timestamps: Vec<i64> = (0..).map(|t| t * 1000).take(count).collect();
    let mut samples = SampleBuf::default();
    let decoded = block::decode(bytes, &timestamps, 0..count, &mut samples).is_ok();
    assert!(!decoded || samples.len() == count, "INV-10: a decoded block is complete");
    let mut column = Vec::new();
    let times = ints::decode(&mut Cursor::new(bytes), count, &mut column).is_ok();
    assert!(!times || column.len() == count, "INV-10: a decoded column is complete");
    let below = below(count);
    if let Ok(integers) = block::decode_integers(bytes, count, Some(&below)) {
        assert_eq!(integers.values.len(), count, "INV-10: decoded integers are complete");
        let place = block::below(bytes, count).is_ok_and(|place| place.is_some());
        let mut samples = SampleBuf::default();
        let found =
            block::decode_quotients(bytes, &integers, &timestamps, 0..count, &mut samples).is_ok();
        assert!(!place || found && samples.len() == count, "INV-10: differences are complete");
        return true;
    }
    let mut picked = Vec::new();
    if let Ok(presence) = Presence::decode(&mut Cursor::new(bytes), count) {
        presence.pick(&timestamps, &mut picked);
        assert_eq!(picked.len(), presence.count(count), "INV-10: a presence is complete");
    }
    decoded
}

/// Integers that blocks of differences are taken to add to.
fn below(count: usize) -> Integers {
    let values = (0..).map(|n: i64| n * n * n % 10_007).take(count).collect();
    Integers { exponent: 0, values }
}

/// A segment file; and, because its checksums stop most changes, its index sections without them
/// (four parts of a quarter each), a page of series of a checkpoint and a manifest.
pub fn segment(data: &[u8]) -> bool {
    if let Ok(text) = std::str::from_utf8(data) {
        drop(Manifest::parse(text));
    }
    checkpoint::probe_series(data);
    let quarter = data.len() / 4;
    let (symbols, rest) = data.split_at(quarter);
    let (times, rest) = rest.split_at(quarter);
    let (series, postings) = rest.split_at(quarter);
    index_sections(symbols, times, series, postings);
    whole_file(data).is_some()
}

fn index_sections(symbols: &[u8], times: &[u8], series: &[u8], postings: &[u8]) -> Option<()> {
    let mut directory = SeriesDirectory::default();
    directory.push(0, series).ok()?;
    let index = SegmentIndex::decode(symbols, times, directory, postings.to_vec()).ok()?;
    for name in index.label_names() {
        index.lists(name, &mut |_| Ok(true), &mut Vec::new()).ok()?;
    }
    let table = index.series(0, series).ok()?;
    table.ordinals().for_each(|ordinal| drop(index.labels(&table, ordinal)));
    Some(())
}

fn whole_file(data: &[u8]) -> Option<()> {
    let file = Box::new(Bytes(data.to_vec()));
    let pages = PageReader::of_file(file, Path::new("fuzzed.seg")).ok()?;
    let segment = Segment::of_pages(pages, 1, &Arc::new(BlockCache::new(1 << 20))).ok()?;
    segment.verify().ok().map(drop)
}

/// A journal record.
pub fn record(data: &[u8]) -> bool {
    record::decode(data).is_ok()
}

/// A file that lies in memory and cannot be changed.
struct Bytes(Vec<u8>);

impl File for Bytes {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.0.len());
        let count = buffer.len().min(self.0.len() - start);
        buffer[..count].copy_from_slice(&self.0[start..start + count]);
        Ok(count)
    }

    fn write_at(&self, _bytes: &[u8], _offset: u64) -> io::Result<usize> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.0.len() as u64)
    }

    fn set_len(&self, _len: u64) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }
}

#[cfg(test)]
mod tests;
