//! The host as an argument: files of the virtual filesystems, statfs(2), uname(2), the time zone.
//! [`OsHost`] is the machine; tests give a tree of files and whatever trouble they want to see.

use model::Timestamp;
use std::fs;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// An open file whose text is made anew by every read at offset 0.
pub trait HostFile: Send {
    /// Reads at an offset; 0 bytes mean the end.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
}

/// What statfs(2) tells about a filesystem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilesystemSpace {
    /// Bytes per block.
    pub block_bytes: u64,
    /// All blocks.
    pub blocks: u64,
    /// Free blocks, those kept for root included.
    pub blocks_free: u64,
    /// Blocks that ordinary users may still take.
    pub blocks_available: u64,
    /// All inodes.
    pub files: u64,
    /// Free inodes.
    pub files_free: u64,
}

/// What uname(2) tells.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct SystemName {
    /// Name of the kernel.
    pub sysname: String,
    /// Release of the kernel.
    pub release: String,
    /// Build of the kernel.
    pub version: String,
    /// Hardware architecture.
    pub machine: String,
    /// Host name.
    pub nodename: String,
    /// NIS domain.
    pub domainname: String,
}

/// The machine under observation. Calls may block as long as the kernel likes; only
/// [`Host::filesystem_space`] is known to hang and is therefore called from threads of its own.
pub trait Host: Send + Sync {
    /// Opens a file for reading.
    fn open(&self, path: &Path) -> io::Result<Box<dyn HostFile>>;

    /// Names in a directory, sorted.
    fn list(&self, path: &Path) -> io::Result<Vec<String>>;

    /// Space of the filesystem mounted at a path; may hang.
    fn filesystem_space(&self, path: &Path) -> io::Result<FilesystemSpace>;

    /// The system's name for itself.
    fn system_name(&self) -> SystemName;

    /// Abbreviation and offset in seconds of the time zone at an instant.
    fn time_zone(&self, now: Timestamp) -> (String, i32);

    /// Bytes of a page of memory.
    fn page_bytes(&self) -> u64;
}

/// The machine this process runs on.
#[derive(Clone, Debug)]
pub struct OsHost {
    zone: jiff::tz::TimeZone,
}

impl OsHost {
    /// The machine, with its time zone read once.
    pub fn new() -> Self {
        Self { zone: jiff::tz::TimeZone::try_system().unwrap_or(jiff::tz::TimeZone::UTC) }
    }
}

impl Default for OsHost {
    fn default() -> Self {
        Self::new()
    }
}

struct OsFile(fs::File);

impl HostFile for OsFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(buffer, offset)
    }
}

impl Host for OsHost {
    fn open(&self, path: &Path) -> io::Result<Box<dyn HostFile>> {
        Ok(Box::new(OsFile(fs::File::open(path)?)))
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let name = |entry: io::Result<fs::DirEntry>| -> io::Result<String> {
            Ok(entry?.file_name().to_string_lossy().into_owned())
        };
        let mut names = fs::read_dir(path)?.map(name).collect::<io::Result<Vec<_>>>()?;
        names.sort_unstable();
        Ok(names)
    }

    fn filesystem_space(&self, path: &Path) -> io::Result<FilesystemSpace> {
        // statvfs of rustix is statfs(2) with Linux' meaning: f_bsize is the unit upstream uses.
        let stat = rustix::fs::statvfs(path)?;
        Ok(FilesystemSpace {
            block_bytes: stat.f_bsize,
            blocks: stat.f_blocks,
            blocks_free: stat.f_bfree,
            blocks_available: stat.f_bavail,
            files: stat.f_files,
            files_free: stat.f_ffree,
        })
    }

    fn system_name(&self) -> SystemName {
        let name = rustix::system::uname();
        let text = |part: &std::ffi::CStr| part.to_string_lossy().into_owned();
        SystemName {
            sysname: text(name.sysname()),
            release: text(name.release()),
            version: text(name.version()),
            machine: text(name.machine()),
            nodename: text(name.nodename()),
            #[cfg(target_os = "linux")]
            domainname: text(name.domainname()),
            #[cfg(not(target_os = "linux"))]
            domainname: String::new(),
        }
    }

    fn time_zone(&self, now: Timestamp) -> (String, i32) {
        let instant = jiff::Timestamp::from_millisecond(now.ms()).unwrap_or_default();
        let info = self.zone.to_offset_info(instant);
        (info.abbreviation().to_owned(), info.offset().seconds())
    }

    fn page_bytes(&self) -> u64 {
        rustix::param::page_size() as u64
    }
}
