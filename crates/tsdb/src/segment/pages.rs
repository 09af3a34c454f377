//! The file under a segment: pages with checksums, a directory of them, a fixed footer.
//! Written once from front to back, then only read. Knows nothing of series; see
//! docs/formats/segment.md.
//!
//! ```text
//! 0        8 bytes "FLYBSEG1", u32 version, u32 CRC32C of the 12 bytes before
//! 16       pages, one after the other
//! ...      directory: varint number of pages, each: byte kind, varint offset, varint length,
//!          u32 CRC32C
//! end-32   u64 offset of the directory, u32 its length, u32 its CRC32C, u32 version,
//!          u32 CRC32C of the 20 bytes before, 8 bytes "FLYBSEGE"
//! ```

use crate::encoding::Damage;
use crate::encoding::bytes::{Cursor, put_varint};
use crate::error::{DbError, DbErrorKind, DbResult};
use std::path::{Path, PathBuf};
use sys::{File, Vfs};

const MAGIC: &[u8; 8] = b"FLYBSEG1";
const END_MAGIC: &[u8; 8] = b"FLYBSEGE";
/// Version of segments.
pub(crate) const SEGMENT_VERSION: u32 = 1;
/// Version of checkpoints; those of version 1 are read.
pub(crate) const CHECKPOINT_VERSION: u32 = 2;
/// Highest version that is read.
const VERSION_MAX: u32 = 2;
const HEADER_LEN: u64 = 16;
const FOOTER_LEN: usize = 32;
/// Largest page; a decoder allocates no more at once.
pub(crate) const PAGE_BYTES_MAX: usize = 16 << 20;
/// Most bytes of a directory (about 10 million pages).
const DIRECTORY_BYTES_MAX: usize = 64 << 20;

/// What a page holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum PageKind {
    /// Blocks of values.
    Blocks,
    /// Timestamp columns.
    Times,
    /// Directory of the timestamp columns.
    TimeEntries,
    /// Label names and values.
    Symbols,
    /// Series with their labels and blocks.
    Series,
    /// Inverted index.
    Postings,
    /// Totals.
    Summary,
    /// Series of the head (checkpoints of version 1).
    Births,
    /// Metadata of metrics (checkpoints).
    Metadata,
    /// Exemplars (checkpoints).
    Exemplars,
    /// Series of the head, written against each other (checkpoints of version 2).
    HeadSeries,
}

impl PageKind {
    const ALL: [Self; 11] = [
        Self::Blocks,
        Self::Times,
        Self::TimeEntries,
        Self::Symbols,
        Self::Series,
        Self::Postings,
        Self::Summary,
        Self::Births,
        Self::Metadata,
        Self::Exemplars,
        Self::HeadSeries,
    ];

    fn code(self) -> u8 {
        match self {
            Self::Blocks => 1,
            Self::Times => 2,
            Self::TimeEntries => 3,
            Self::Symbols => 4,
            Self::Series => 5,
            Self::Postings => 6,
            Self::Summary => 7,
            Self::Births => 8,
            Self::Metadata => 9,
            Self::Exemplars => 10,
            Self::HeadSeries => 11,
        }
    }

    fn of_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// Where a page lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    pub(crate) kind: PageKind,
    pub(crate) offset: u64,
    pub(crate) len: u32,
    pub(crate) crc: u32,
}

/// Writes pages to a temporary file that gets its name when it is complete; dropped before, it
/// removes the file.
pub(crate) struct PageWriter<'v> {
    vfs: &'v dyn Vfs,
    temporary: PathBuf,
    path: PathBuf,
    version: u32,
    file: Box<dyn File>,
    end: u64,
    pages: Vec<Page>,
    is_named: bool,
}

impl<'v> PageWriter<'v> {
    /// Begins `path`; the bytes go to `path.tmp` until [`PageWriter::finish`].
    pub(crate) fn create(vfs: &'v dyn Vfs, path: &Path, version: u32) -> DbResult<Self> {
        let temporary = path.with_extension("tmp");
        let create = || {
            if vfs.exists(&temporary)? {
                vfs.remove_file(&temporary)?;
            }
            let file = vfs.create(&temporary)?;
            let mut header = Vec::with_capacity(16);
            header.extend_from_slice(MAGIC);
            header.extend(version.to_le_bytes());
            header.extend(crc32c::crc32c(&header).to_le_bytes());
            let written = file.write_all_at(&header, 0);
            written.inspect_err(|_| drop(vfs.remove_file(&temporary)))?;
            Ok(file)
        };
        let file = create().map_err(|error| DbError::io("create segment", &temporary, error))?;
        let (path, end, pages) = (path.to_owned(), HEADER_LEN, Vec::new());
        Ok(Self { vfs, temporary, path, version, file, end, pages, is_named: false })
    }

    /// Gives the next number to a page whose bytes come later with [`PageWriter::fill`].
    pub(crate) fn reserve(&mut self, kind: PageKind) -> u32 {
        let number = u32::try_from(self.pages.len()).expect("the directory bounds pages");
        self.pages.push(Page { kind, offset: 0, len: 0, crc: 0 });
        number
    }

    /// Writes a reserved page.
    pub(crate) fn fill(&mut self, number: u32, bytes: &[u8]) -> DbResult<()> {
        assert!(bytes.len() <= PAGE_BYTES_MAX, "INV-16: a page fits the reader's bound");
        assert!(self.pages[number as usize].offset == 0, "INV-16: a page is written once");
        let offset = self.end;
        self.write(bytes)?;
        let page = &mut self.pages[number as usize];
        page.len = u32::try_from(bytes.len()).expect("bounded above");
        (page.offset, page.crc) = (offset, crc32c::crc32c(bytes));
        Ok(())
    }

    /// Appends a page.
    pub(crate) fn put(&mut self, kind: PageKind, bytes: &[u8]) -> DbResult<()> {
        let number = self.reserve(kind);
        self.fill(number, bytes)
    }

    fn write(&mut self, bytes: &[u8]) -> DbResult<()> {
        self.file
            .write_all_at(bytes, self.end)
            .map_err(|error| DbError::io("write segment", &self.temporary, error))?;
        self.end += bytes.len() as u64;
        Ok(())
    }

    /// Writes directory and footer, syncs, and gives the file its name. Returns its length.
    pub(crate) fn finish(mut self) -> DbResult<u64> {
        let mut directory = Vec::new();
        put_varint(&mut directory, self.pages.len() as u64);
        for page in &self.pages {
            assert!(page.offset > 0, "INV-16: every reserved page was written");
            directory.push(page.kind.code());
            put_varint(&mut directory, page.offset);
            put_varint(&mut directory, u64::from(page.len));
            directory.extend(page.crc.to_le_bytes());
        }
        assert!(directory.len() <= DIRECTORY_BYTES_MAX, "INV-16: a directory fits its bound");
        let mut footer = Vec::with_capacity(FOOTER_LEN);
        footer.extend(self.end.to_le_bytes());
        footer.extend(u32::try_from(directory.len()).expect("bounded above").to_le_bytes());
        footer.extend(crc32c::crc32c(&directory).to_le_bytes());
        footer.extend(self.version.to_le_bytes());
        footer.extend(crc32c::crc32c(&footer).to_le_bytes());
        footer.extend_from_slice(END_MAGIC);
        assert_eq!(footer.len(), FOOTER_LEN, "INV-16: the footer has its documented length");
        self.write(&directory)?;
        self.write(&footer)?;
        let mut name = || {
            self.file.sync_data()?;
            self.vfs.rename(&self.temporary, &self.path)?;
            self.is_named = true;
            self.vfs.sync_dir(self.path.parent().unwrap_or(Path::new(".")))
        };
        name().map_err(|error| DbError::io("finish segment", &self.path, error))?;
        Ok(self.end)
    }
}

impl Drop for PageWriter<'_> {
    fn drop(&mut self) {
        if !self.is_named {
            // A left-over temporary file is removed at the next opening.
            drop(self.vfs.remove_file(&self.temporary));
        }
    }
}

/// Reads pages of a finished file; every page is checked against its checksum.
pub(crate) struct PageReader {
    pub(crate) path: PathBuf,
    file: Box<dyn File>,
    pages: Vec<Page>,
}

impl PageReader {
    /// Opens a file and checks header, footer and directory.
    pub(crate) fn open(vfs: &dyn Vfs, path: &Path) -> DbResult<(Self, u64)> {
        let file = vfs.open(path).map_err(|error| DbError::io("open segment", path, error))?;
        Self::of_file(file, path)
    }

    /// The same for a file that is open already; `path` names it in errors.
    pub(crate) fn of_file(file: Box<dyn File>, path: &Path) -> DbResult<(Self, u64)> {
        let len = file.len().map_err(|error| DbError::io("open segment", path, error))?;
        let damage = |what, at| DbError::corrupt("open segment", path, &Damage { what, at });
        if len < HEADER_LEN + FOOTER_LEN as u64 {
            return Err(damage("file shorter than header and footer", 0));
        }
        let footer_at = len - FOOTER_LEN as u64;
        let header = read(&*file, path, 0, 16)?;
        let footer = read(&*file, path, footer_at, FOOTER_LEN)?;
        let mut cursor = Cursor::new(&footer);
        let corrupt = |damage| DbError::corrupt("open segment", path, &damage);
        let directory_at = cursor.u64().map_err(corrupt)?;
        let directory_len = cursor.u32().map_err(corrupt)?;
        let directory_crc = cursor.u32().map_err(corrupt)?;
        let version = cursor.u32().map_err(corrupt)?;
        let crc = cursor.u32().map_err(corrupt)?;
        if &footer[24..] != END_MAGIC || crc != crc32c::crc32c(&footer[..20]) {
            return Err(damage("footer damaged or missing", 0));
        }
        if version == 0 || version > VERSION_MAX {
            let text = format!(
                "cannot open segment {}: version {version} found, {VERSION_MAX} expected; \
                 was it written by a newer flyball?",
                path.display()
            );
            return Err(DbError::new(DbErrorKind::WrongFormat, text));
        }
        let header_crc = crc32c::crc32c(&header[..12]).to_le_bytes();
        if &header[..8] != MAGIC || header[12..] != header_crc {
            return Err(damage("header damaged", 0));
        }
        if !is_directory_place(directory_at, directory_len, footer_at) {
            return Err(damage("directory does not end at the footer", 0));
        }
        let directory = read(&*file, path, directory_at, directory_len as usize)?;
        if crc32c::crc32c(&directory) != directory_crc {
            return Err(damage("directory has a wrong checksum", 0));
        }
        let pages = decode_directory(&directory, directory_at).map_err(corrupt)?;
        Ok((Self { path: path.to_owned(), file, pages }, len))
    }

    /// All pages in their order.
    pub(crate) fn pages(&self) -> &[Page] {
        &self.pages
    }

    /// Reads and checks one page.
    pub(crate) fn read(&self, number: u32) -> DbResult<Vec<u8>> {
        let corrupt = |what, at| DbError::corrupt("read page of", &self.path, &Damage { what, at });
        let Some(page) = self.pages.get(number as usize) else {
            return Err(corrupt("no page of this number", number as usize));
        };
        let bytes = read(&*self.file, &self.path, page.offset, page.len as usize)?;
        if crc32c::crc32c(&bytes) != page.crc {
            let at = usize::try_from(page.offset).unwrap_or(usize::MAX);
            return Err(corrupt("wrong checksum of a page", at));
        }
        Ok(bytes)
    }
}

fn read(file: &dyn File, path: &Path, offset: u64, len: usize) -> DbResult<Vec<u8>> {
    let mut bytes = vec![0; len];
    file.read_exact_at(&mut bytes, offset).map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => {
            let damage = Damage { what: "file ends early", at: 0 };
            DbError::corrupt("read segment", path, &damage)
        }
        _ => DbError::io("read segment", path, error),
    })?;
    Ok(bytes)
}

/// The directory ends at the footer and is no longer than a reader takes at once.
fn is_directory_place(offset: u64, len: u32, footer_at: u64) -> bool {
    let end = offset.checked_add(u64::from(len));
    end == Some(footer_at) && len as usize <= DIRECTORY_BYTES_MAX
}

fn decode_directory(bytes: &[u8], end: u64) -> Result<Vec<Page>, Damage> {
    let mut cursor = Cursor::new(bytes);
    let count = cursor.count(bytes.len() / 7)?;
    let mut pages = Vec::with_capacity(count);
    for _ in 0..count {
        let Some(kind) = PageKind::of_code(cursor.byte()?) else {
            return Err(cursor.damage("unknown kind of page"));
        };
        let offset = cursor.varint()?;
        let len = u32::try_from(cursor.count(PAGE_BYTES_MAX)?).expect("bounded by the count");
        if offset < HEADER_LEN || offset.saturating_add(u64::from(len)) > end {
            return Err(cursor.damage("page outside of the file"));
        }
        pages.push(Page { kind, offset, len, crc: cursor.u32()? });
    }
    cursor.finish()?;
    Ok(pages)
}

#[cfg(test)]
mod tests;
