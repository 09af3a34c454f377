//! Records of one file of the log: pieces in pages of 32 KiB, whole ones compressed or not.

use crate::bytes::Cursor;
use crate::error::{Error, Result};
use std::io::Read;
use std::path::{Path, PathBuf};
use sys::{File, Vfs};

const PAGE_BYTES: usize = 32 << 10;
/// Head of a piece: kind, length, checksum.
const HEAD_BYTES: usize = 7;
/// Longest record, before and after decompression: 256 MiB, twice a file.
const RECORD_BYTES_MAX: usize = 256 << 20;

const KIND: u8 = 0b111;
const SNAPPY: u8 = 0b1000;
const ZSTD: u8 = 0b1_0000;

/// Kinds of pieces.
const REST: u8 = 0;
const FULL: u8 = 1;
const FIRST: u8 = 2;
const MIDDLE: u8 = 3;
const LAST: u8 = 4;

/// A file of the log being read.
pub(super) struct Records {
    path: PathBuf,
    file: Box<dyn File>,
    len: u64,
    page: Vec<u8>,
    /// Offset of the page in the file, and of what comes next in the page.
    page_at: u64,
    at: usize,
    packed: Vec<u8>,
    record: Vec<u8>,
}

impl Records {
    pub(super) fn open(vfs: &dyn Vfs, path: &Path) -> Result<Self> {
        let io = |source| Error::io(path, source);
        let file = vfs.open(path).map_err(io)?;
        let len = file.len().map_err(io)?;
        Ok(Self {
            path: path.to_owned(),
            file,
            len,
            page: Vec::new(),
            page_at: 0,
            at: 0,
            packed: Vec::new(),
            record: Vec::new(),
        })
    }

    fn damaged(&self, message: &str) -> Error {
        Error::damaged(&self.path, self.page_at + self.at as u64, message)
    }

    /// The next record with its place; nothing at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<(u64, &[u8])>> {
        self.packed.clear();
        let mut place = None;
        loop {
            let Some((kind, piece)) = self.piece()? else {
                return match place {
                    None => Ok(None),
                    Some(_) => Err(self.damaged("the file ends within a record")),
                };
            };
            let begins = matches!(kind & KIND, FULL | FIRST);
            if begins != place.is_none() {
                return Err(self.damaged("pieces of records are not in order"));
            }
            let here = self.page_at + piece.start as u64;
            let offset = *place.get_or_insert(here);
            if self.packed.len() + piece.len() > RECORD_BYTES_MAX {
                return Err(self.damaged("a record is too long"));
            }
            self.packed.extend_from_slice(&self.page[piece]);
            if matches!(kind & KIND, FULL | LAST) {
                self.unpack(kind)?;
                return Ok(Some((offset, &self.record)));
            }
        }
    }

    fn unpack(&mut self, kind: u8) -> Result<()> {
        if kind & SNAPPY != 0 {
            let len = snap::raw::decompress_len(&self.packed).unwrap_or(usize::MAX);
            if len > RECORD_BYTES_MAX {
                return Err(self.damaged("a record is too long"));
            }
            let unpacked = snap::raw::Decoder::new().decompress_vec(&self.packed);
            self.record = unpacked.map_err(|error| self.damaged(&error.to_string()))?;
        } else if kind & ZSTD != 0 {
            self.record.clear();
            let unpacked = zstd::Decoder::new(&self.packed[..]).and_then(|decoder| {
                decoder.take(RECORD_BYTES_MAX as u64 + 1).read_to_end(&mut self.record)
            });
            unpacked.map_err(|error| self.damaged(&error.to_string()))?;
            if self.record.len() > RECORD_BYTES_MAX {
                return Err(self.damaged("a record is too long"));
            }
        } else {
            std::mem::swap(&mut self.record, &mut self.packed);
        }
        Ok(())
    }

    /// Kind of the next piece, and where its bytes lie in the page.
    fn piece(&mut self) -> Result<Option<(u8, std::ops::Range<usize>)>> {
        loop {
            if self.at + HEAD_BYTES > self.page.len() && !self.turn()? {
                return Ok(None);
            }
            let mut head = Cursor(&self.page[self.at..]);
            let kind = head.u8().unwrap_or(REST);
            if kind & KIND == REST {
                // The rest of the page is empty.
                if self.page[self.at..].iter().any(|byte| *byte != 0) {
                    return Err(self.damaged("the rest of a page is not empty"));
                }
                self.at = self.page.len();
                continue;
            }
            let (len, crc) = (head.u16(), head.u32());
            let start = self.at + HEAD_BYTES;
            let end = start + usize::from(len.unwrap_or_default());
            let Some(bytes) = self.page.get(start..end) else {
                return Err(self.damaged("a piece of a record is cut short"));
            };
            if crc != Some(crc32c::crc32c(bytes))
                || !matches!(kind & KIND, FULL | FIRST | MIDDLE | LAST)
            {
                return Err(self.damaged("the checksum of a record does not fit"));
            }
            self.at = end;
            return Ok(Some((kind, start..end)));
        }
    }

    /// Goes to the next page; `false` when there is none.
    fn turn(&mut self) -> Result<bool> {
        self.page_at += self.page.len() as u64;
        let left = usize::try_from(self.len - self.page_at).unwrap_or(usize::MAX);
        self.page.resize(left.min(PAGE_BYTES), 0);
        self.at = 0;
        let read = self.file.read_exact_at(&mut self.page, self.page_at);
        read.map_err(|source| Error::io(&self.path, source))?;
        Ok(self.page.len() > HEAD_BYTES)
    }
}
