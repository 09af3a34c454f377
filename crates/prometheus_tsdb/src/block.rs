//! Blocks: directories with an index, chunks of samples, deletions and a description.

use crate::bytes::Cursor;
use crate::chunk;
use crate::error::{Error, Result};
use crate::index::{ChunkMeta, Index, Window};
use model::{Labels, SampleBuf, Value, quote};
use serde::Deserialize;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use sys::{File, Vfs};

/// Longest description.
const META_BYTES_MAX: u64 = 16 << 20;
/// Longest time between the ends of a block, ms: 100 years. Those of Prometheus have 31 days.
const SPAN_MS_MAX: i64 = 100 * 366 * 24 * 3600 * 1000;
/// Longest file of deletions.
const TOMBSTONES_BYTES_MAX: u64 = 256 << 20;
const TOMBSTONES_MAGIC: u32 = 0x0130_BA30;
const CHUNKS_MAGIC: u32 = 0x85BD_40DD;
/// Head of a file of chunks: magic, version, padding.
const CHUNKS_HEAD_BYTES: usize = 8;
/// Longest chunk; those of Prometheus have about 120 samples.
const CHUNK_BYTES_MAX: usize = 16 << 20;
/// Read at once for a chunk, which is nearly always shorter.
const CHUNK_READ_BYTES: usize = 4 << 10;

/// What `meta.json` says of a block.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct BlockMeta {
    /// Its identity, and the name of its directory.
    pub ulid: String,
    /// First instant, ms.
    #[serde(rename = "minTime")]
    pub min_time: i64,
    /// Instant behind the last one, ms.
    #[serde(rename = "maxTime")]
    pub max_time: i64,
    version: u32,
}

/// What a data directory holds.
#[derive(Debug, Default)]
pub struct Blocks {
    /// Blocks with their descriptions, the oldest first.
    pub found: Vec<(PathBuf, BlockMeta)>,
    /// Why others have no description that can be used.
    pub damaged: Vec<Error>,
}

/// The blocks of a data directory. A description that cannot be read costs its block only.
///
/// # Errors
/// When the directory cannot be read.
pub fn blocks(vfs: &dyn Vfs, dir: &Path) -> Result<Blocks> {
    let entries = vfs.read_dir(dir).map_err(|source| Error::io(dir, source))?;
    let mut blocks = Blocks::default();
    for entry in entries.into_iter().filter(|entry| entry.is_dir && is_ulid(&entry.name)) {
        let path = dir.join(entry.name);
        match description(vfs, &path.join("meta.json")) {
            Ok(Some(meta)) => blocks.found.push((path, meta)),
            // What a compaction left behind has no description.
            Ok(None) => {}
            Err(error) => blocks.damaged.push(error),
        }
    }
    blocks.found.sort_by(|(_, a), (_, b)| (a.min_time, &a.ulid).cmp(&(b.min_time, &b.ulid)));
    Ok(blocks)
}

fn description(vfs: &dyn Vfs, path: &Path) -> Result<Option<BlockMeta>> {
    let io = |source| Error::io(path, source);
    if !vfs.exists(path).map_err(io)? {
        return Ok(None);
    }
    let bytes = vfs.read(path, META_BYTES_MAX).map_err(io)?;
    let damaged = |message: String| Error::damaged(path, 0, message);
    let meta: BlockMeta =
        serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
    if meta.version != 1 {
        return Err(damaged(format!("version {}, 1 expected", meta.version)));
    }
    let (first, end) = (meta.min_time, meta.max_time);
    if !end.checked_sub(first).is_some_and(|span| (0..=SPAN_MS_MAX).contains(&span)) {
        let message = format!("minTime {first} and maxTime {end}, up to 100 years expected");
        return Err(damaged(message));
    }
    if !is_ulid(&meta.ulid) {
        return Err(damaged(format!("ulid {}, the name of a block expected", quote(&meta.ulid))));
    }
    Ok(Some(meta))
}

/// Names of blocks: 26 digits in Crockford's base 32.
fn is_ulid(name: &str) -> bool {
    name.len() == 26 && name.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
}

/// An open block.
pub struct Block {
    index: Index,
    chunks: Vec<(PathBuf, Box<dyn File>)>,
    /// Spans that were deleted, by series.
    deleted: HashMap<u64, Vec<(i64, i64)>>,
}

/// One series of a block.
#[derive(Clone, Debug)]
pub struct BlockSeries {
    /// Its labels.
    pub labels: Labels,
    reference: u64,
}

impl Block {
    /// Opens the block in a directory; symbols and deletions are in memory then.
    ///
    /// # Errors
    /// When one of its files cannot be read or is none of a block.
    pub fn open(vfs: &dyn Vfs, dir: &Path) -> Result<Self> {
        let index = Index::open(vfs, &dir.join("index"))?;
        let chunks_dir = dir.join("chunks");
        let entries = vfs.read_dir(&chunks_dir).map_err(|error| Error::io(&chunks_dir, error))?;
        let mut chunks = Vec::new();
        for entry in entries.into_iter().filter(|entry| entry.name.parse::<u32>().is_ok()) {
            let path = chunks_dir.join(entry.name);
            let file = vfs.open(&path).map_err(|source| Error::io(&path, source))?;
            let mut head = [0; CHUNKS_HEAD_BYTES];
            file.read_exact_at(&mut head, 0).map_err(|source| Error::io(&path, source))?;
            let mut head = Cursor(&head);
            if (head.u32(), head.u8()) != (Some(CHUNKS_MAGIC), Some(1)) {
                return Err(Error::damaged(&path, 0, "this is no file of chunks, version 1"));
            }
            chunks.push((path, file));
        }
        let deleted = tombstones(vfs, &dir.join("tombstones"))?;
        Ok(Self { index, chunks, deleted })
    }

    /// All series, in the order of the index.
    ///
    /// # Errors
    /// When the index is damaged.
    pub fn series(&self) -> Result<Vec<BlockSeries>> {
        let mut all = Vec::new();
        self.index.for_each(|reference, labels| all.push(BlockSeries { labels, reference }))?;
        Ok(all)
    }

    /// Reads samples, fastest when series are asked for in about the order of the index.
    pub fn reader(&self) -> BlockReader<'_> {
        BlockReader { block: self, window: Window::default(), chunks: Vec::new() }
    }

    /// File, offset, encoding and bytes of a chunk, checked.
    fn chunk(&self, reference: u64) -> Result<(&Path, u64, u8, Vec<u8>)> {
        let (number, offset) = (reference >> 32, reference & 0xffff_ffff);
        let file = usize::try_from(number).ok().and_then(|number| self.chunks.get(number));
        let (path, file) = file.ok_or_else(|| {
            let all = self.chunks.len();
            self.index.damaged_reference(format!("a chunk in file {number} of {all}"))
        })?;
        let io = |source| Error::io(path, source);
        let damaged = |message: String| Error::damaged(path, offset, message);
        let room = file.len().map_err(io)?.saturating_sub(offset);
        let mut bytes = vec![
            0;
            usize::try_from(room)
                .map_or(CHUNK_READ_BYTES, |room| room.min(CHUNK_READ_BYTES))
        ];
        file.read_exact_at(&mut bytes, offset).map_err(io)?;
        let mut cursor = Cursor(&bytes);
        let len = cursor.len().filter(|len| *len <= CHUNK_BYTES_MAX);
        let len = len.ok_or_else(|| damaged("a chunk has no length".to_owned()))?;
        let head = bytes.len() - cursor.0.len();
        // Encoding and checksum are not counted.
        let whole = head + 1 + len + 4;
        if whole as u64 > room {
            return Err(damaged(format!("a chunk of {len} bytes, {room} are left")));
        }
        if whole > bytes.len() {
            bytes.resize(whole, 0);
            file.read_exact_at(&mut bytes, offset).map_err(io)?;
        }
        let checked = &bytes[head..=head + len];
        if Cursor(&bytes[head + 1 + len..]).u32() != Some(crc32c::crc32c(checked)) {
            return Err(damaged("the checksum of a chunk does not fit".to_owned()));
        }
        let encoding = checked[0];
        bytes.truncate(head + 1 + len);
        bytes.drain(..=head);
        Ok((path, offset, encoding, bytes))
    }
}

/// Reads the samples of a block.
pub struct BlockReader<'b> {
    block: &'b Block,
    window: Window,
    chunks: Vec<ChunkMeta>,
}

impl BlockReader<'_> {
    /// Adds the samples of a series within a span (both ends included) that were not deleted, in
    /// the order of their time. Gives how many chunks have an encoding that is not known here.
    ///
    /// # Errors
    /// When a chunk is damaged.
    pub fn read(
        &mut self,
        series: &BlockSeries,
        span: (i64, i64),
        samples: &mut SampleBuf,
    ) -> Result<usize> {
        let deleted = self.block.deleted.get(&series.reference).map_or(&[][..], Vec::as_slice);
        let is_wanted = |at: i64| {
            (span.0..=span.1).contains(&at)
                && !deleted.iter().any(|gone| (gone.0..=gone.1).contains(&at))
        };
        let mut unread = 0;
        self.block.index.chunks(series.reference, &mut self.window, &mut self.chunks)?;
        for meta in &self.chunks {
            if meta.span.0 > span.1 || meta.span.1 < span.0 {
                continue;
            }
            let (path, offset, encoding, bytes) = self.block.chunk(meta.reference)?;
            if !chunk::is_known(encoding) {
                unread += 1;
                continue;
            }
            // Chunks of one series overlap only where instants are doubled; the first one stays.
            let whole = chunk::read(encoding, &bytes, |at, value| {
                let is_next = samples.timestamps.last().is_none_or(|last| *last < at);
                match value {
                    _ if !is_wanted(at) || !is_next => {}
                    Value::Float(value) => samples.push(at, value),
                    Value::Histogram(histogram) => samples.push_histogram(at, histogram),
                }
            });
            let message = "a chunk is cut short, or its histograms are not sound";
            whole.ok_or_else(|| Error::damaged(path, offset, message))?;
        }
        Ok(unread)
    }
}

/// Deletions by series.
fn tombstones(vfs: &dyn Vfs, path: &Path) -> Result<HashMap<u64, Vec<(i64, i64)>>> {
    let io = |source| Error::io(path, source);
    let mut deleted: HashMap<u64, Vec<(i64, i64)>> = HashMap::new();
    if !vfs.exists(path).map_err(io)? {
        return Ok(deleted);
    }
    let bytes = vfs.read(path, TOMBSTONES_BYTES_MAX).map_err(io)?;
    let mut cursor = Cursor(&bytes);
    if (cursor.u32(), cursor.u8()) != (Some(TOMBSTONES_MAGIC), Some(1)) {
        return Err(Error::damaged(path, 0, "these are no deletions, version 1"));
    }
    let body = cursor.0.split_at_checked(cursor.0.len().saturating_sub(4));
    let (body, crc) = body.unwrap_or_default();
    if Cursor(crc).u32() != Some(crc32c::crc32c(body)) {
        return Err(Error::damaged(path, 5, "the checksum does not fit"));
    }
    let mut body = Cursor(body);
    while !body.is_empty() {
        let entry = body.uvarint().zip(body.varint()).zip(body.varint());
        let Some(((series, first), last)) = entry else {
            return Err(Error::damaged(path, 5, "a deletion is cut short"));
        };
        deleted.entry(series).or_default().push((first, last));
    }
    Ok(deleted)
}
