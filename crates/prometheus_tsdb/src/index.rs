//! The index of a block (`tsdb/docs/format/index.md`): symbols and the list of series with their
//! chunks. Postings are not needed to read everything.

use crate::bytes::Cursor;
use crate::error::{Error, Result};
use model::Labels;
use std::path::{Path, PathBuf};
use sys::File;

const MAGIC: u32 = 0xBAAA_D700;
/// The version since Prometheus 2.0.0; version 1 was that of its betas.
const VERSION: u8 = 2;
/// Six offsets and a checksum.
const TOC_BYTES: usize = 6 * 8 + 4;
/// Entries of series begin at multiples of this.
const SERIES_ALIGN: u64 = 16;
/// Longest symbol table: 4 GiB, which its length can tell.
const SYMBOLS_BYTES_MAX: u64 = 1 << 32;
/// Longest entry of a series.
const SERIES_BYTES_MAX: usize = 64 << 20;
/// Bytes read at once.
const READ_BYTES: usize = 1 << 20;

/// Where the samples of a span of a series lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChunkMeta {
    /// Instant of the first and of the last sample, ms.
    pub(crate) span: (i64, i64),
    /// File number in the upper half, offset in the lower.
    pub(crate) reference: u64,
}

/// An open index.
pub(crate) struct Index {
    path: PathBuf,
    file: Box<dyn File>,
    symbols: Symbols,
    /// Offsets of the first series and behind the last one.
    series: (u64, u64),
}

/// One text after the other, with their ends.
#[derive(Default)]
struct Symbols {
    text: String,
    ends: Vec<usize>,
}

impl Symbols {
    fn get(&self, number: u64) -> Option<&str> {
        let number = usize::try_from(number).ok()?;
        let end = *self.ends.get(number)?;
        let start = if number == 0 { 0 } else { self.ends[number - 1] };
        self.text.get(start..end)
    }
}

impl Index {
    pub(crate) fn open(vfs: &dyn sys::Vfs, path: &Path) -> Result<Self> {
        let io = |source| Error::io(path, source);
        let file = vfs.open(path).map_err(io)?;
        let len = file.len().map_err(io)?;
        let mut index =
            Self { path: path.to_owned(), file, symbols: Symbols::default(), series: (0, 0) };
        if len < 5 + TOC_BYTES as u64 {
            return Err(index.damaged(0, format!("{len} bytes are no index")));
        }
        let head = index.bytes(0, 5)?;
        let mut head = Cursor(&head);
        let (magic, version) = (head.u32(), head.u8());
        if magic != Some(MAGIC) {
            return Err(index.damaged(0, "this is no index of a block"));
        }
        if version != Some(VERSION) {
            let found = version.unwrap_or_default();
            return Err(index.damaged(4, format!("version {found}, {VERSION} expected")));
        }
        let toc = index.toc(len)?;
        // The list of series ends where the next section begins.
        let end = toc.into_iter().filter(|at| *at > toc[1]).min().unwrap_or(len - TOC_BYTES as u64);
        index.series = (toc[1], end);
        index.symbols = index.read_symbols(toc[0])?;
        Ok(index)
    }

    fn damaged(&self, offset: u64, message: impl std::fmt::Display) -> Error {
        Error::damaged(&self.path, offset, message)
    }

    /// A series names something that there is not.
    pub(crate) fn damaged_reference(&self, message: impl std::fmt::Display) -> Error {
        self.damaged(self.series.0, message)
    }

    fn bytes(&self, offset: u64, count: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; count];
        let read = self.file.read_exact_at(&mut bytes, offset);
        read.map_err(|source| Error::io(&self.path, source))?;
        Ok(bytes)
    }

    /// Offsets of the sections: symbols, series, label indices, their table, postings, theirs.
    fn toc(&self, len: u64) -> Result<[u64; 6]> {
        let at = len - TOC_BYTES as u64;
        let bytes = self.bytes(at, TOC_BYTES)?;
        self.check(at, &bytes)?;
        let mut cursor = Cursor(&bytes);
        let offsets = std::array::from_fn(|_| cursor.u64().unwrap_or_default());
        if offsets.iter().any(|offset| *offset > at) {
            return Err(self.damaged(at, "a section begins behind the end"));
        }
        Ok(offsets)
    }

    /// The last four bytes are the checksum of those before.
    fn check(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        let (body, crc) = bytes.split_at_checked(bytes.len().saturating_sub(4)).unwrap_or_default();
        let found = Cursor(crc).u32();
        if found != Some(crc32c::crc32c(body)) {
            return Err(self.damaged(offset, "the checksum does not fit"));
        }
        Ok(())
    }

    fn read_symbols(&self, at: u64) -> Result<Symbols> {
        let head = self.bytes(at, 4)?;
        let len = u64::from(Cursor(&head).u32().unwrap_or_default());
        let file_len = self.file.len().map_err(|source| Error::io(&self.path, source))?;
        if len > SYMBOLS_BYTES_MAX || at + 4 + len + 4 > file_len {
            return Err(self.damaged(at, format!("{len} bytes of symbols in {file_len}")));
        }
        let len = usize::try_from(len).map_err(|error| self.damaged(at, error))?;
        let bytes = self.bytes(at + 4, len + 4)?;
        self.check(at, &bytes)?;
        let mut cursor = Cursor(&bytes[..len]);
        let count = cursor.u32().unwrap_or_default();
        let mut symbols = Symbols::default();
        for number in 0..count {
            let text = cursor.text().ok_or_else(|| {
                self.damaged(at, format!("symbol {number} of {count} is no text or cut short"))
            })?;
            symbols.text.push_str(text);
            symbols.ends.push(symbols.text.len());
        }
        Ok(symbols)
    }

    /// Gives each series, its reference and labels, in the order of the file.
    pub(crate) fn for_each(&self, mut series: impl FnMut(u64, Labels)) -> Result<()> {
        let mut window = Window::default();
        let mut at = self.series.0.next_multiple_of(SERIES_ALIGN);
        while at < self.series.1 {
            let Some((entry, len)) = self.entry(&mut window, at)? else { break };
            let labels = self.labels(&mut Cursor(entry));
            series(at / SERIES_ALIGN, labels.ok_or_else(|| self.cut_short(at))?);
            at = (at + len as u64).next_multiple_of(SERIES_ALIGN);
        }
        Ok(())
    }

    /// Fills in the chunks of a series, by time.
    pub(crate) fn chunks(
        &self,
        reference: u64,
        window: &mut Window,
        chunks: &mut Vec<ChunkMeta>,
    ) -> Result<()> {
        chunks.clear();
        let at = reference * SERIES_ALIGN;
        let Some((entry, _)) = self.entry(window, at)? else { return Ok(()) };
        parse_chunks(entry, chunks).ok_or_else(|| self.cut_short(at))
    }

    fn cut_short(&self, at: u64) -> Error {
        self.damaged(at, "a series is cut short or names symbols that there are not")
    }

    /// The content of the entry at an offset, and its whole length; nothing behind the last one.
    fn entry<'w>(&self, window: &'w mut Window, at: u64) -> Result<Option<(&'w [u8], usize)>> {
        window.reach(self, at, 10)?;
        let mut cursor = Cursor(window.from(at));
        let before = cursor.0.len();
        let len = cursor.len().ok_or_else(|| self.damaged(at, "a length is cut short"))?;
        let head = before - cursor.0.len();
        if len == 0 {
            return Ok(None);
        }
        if len > SERIES_BYTES_MAX {
            return Err(self.damaged(at, format!("a series of {len} bytes")));
        }
        let whole = head + len + 4;
        window.reach(self, at, whole)?;
        let bytes = window.from(at).get(head..whole);
        let bytes = bytes.ok_or_else(|| self.damaged(at, "a series is cut short"))?;
        self.check(at, bytes)?;
        Ok(Some((&bytes[..len], whole)))
    }

    fn labels(&self, cursor: &mut Cursor<'_>) -> Option<Labels> {
        let mut pairs = Vec::new();
        for _ in 0..cursor.uvarint()? {
            let name = self.symbols.get(cursor.uvarint()?)?;
            pairs.push((name, self.symbols.get(cursor.uvarint()?)?));
        }
        Some(Labels::from_pairs(pairs))
    }
}

/// Reads the chunks of an entry, behind its labels.
fn parse_chunks(entry: &[u8], chunks: &mut Vec<ChunkMeta>) -> Option<()> {
    let mut cursor = Cursor(entry);
    for _ in 0..cursor.uvarint()? {
        cursor.uvarint().zip(cursor.uvarint())?;
    }
    let (mut reference, mut last) = (0_i64, 0_i64);
    for number in 0..cursor.uvarint()? {
        let first = if number == 0 {
            cursor.varint()?
        } else {
            last.checked_add_unsigned(cursor.uvarint()?)?
        };
        last = first.checked_add_unsigned(cursor.uvarint()?)?;
        let step = if number == 0 { cursor.uvarint()?.cast_signed() } else { cursor.varint()? };
        reference = reference.checked_add(step)?;
        chunks.push(ChunkMeta { span: (first, last), reference: reference.cast_unsigned() });
    }
    Some(())
}

/// A part of the file that moves forward.
#[derive(Default)]
pub(crate) struct Window {
    start: u64,
    bytes: Vec<u8>,
}

impl Window {
    /// Reads on, so that `count` bytes from an offset are here, or all there are.
    fn reach(&mut self, index: &Index, at: u64, count: usize) -> Result<()> {
        let end = index.series.1;
        let here = self.start + self.bytes.len() as u64;
        if at >= self.start && (at + count as u64 <= here || here == end) {
            return Ok(());
        }
        let room = usize::try_from(end.saturating_sub(at)).unwrap_or(usize::MAX);
        self.bytes = index.bytes(at, room.min(count.max(READ_BYTES)))?;
        self.start = at;
        Ok(())
    }

    fn from(&self, at: u64) -> &[u8] {
        let skipped = usize::try_from(at - self.start).unwrap_or(usize::MAX);
        self.bytes.get(skipped..).unwrap_or_default()
    }
}
