//! The host as an argument: files of the virtual filesystems, statfs(2), uname(2), the time zone.
//! [`OsHost`] is the machine; tests give a tree of files and whatever trouble they want to see.

use crate::Connection;
use crate::ethtool::{self, DriverCounter, DriverName, LinkModes};
use model::Timestamp;
use std::fs;
use std::io;
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

/// Longest wait for a message bus.
const BUS_WAIT_MAX: Duration = Duration::from_secs(5);

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

/// What adjtimex(2) tells about the system clock, in the kernel's own units: offsets and jitter in
/// microseconds, or nanoseconds when bit `0x2000` of the status is set; frequencies in parts per
/// million with 16 bits of fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ClockState {
    /// What the call returned: 0 is fine, 5 "not synchronised".
    pub state: i64,
    /// Bits of the status.
    pub status: i64,
    /// Offset from the reference clock.
    pub offset: i64,
    /// Adjustment of the frequency.
    pub frequency: i64,
    /// Largest possible error, microseconds.
    pub error_max_us: i64,
    /// Estimated error, microseconds.
    pub error_estimate_us: i64,
    /// Time constant of the phase-locked loop.
    pub time_constant: i64,
    /// Microseconds between two ticks.
    pub tick_us: i64,
    /// Frequency of the pulse-per-second signal.
    pub pps_frequency: i64,
    /// Jitter of that signal.
    pub pps_jitter: i64,
    /// Interval of calibration, as a power of two of seconds.
    pub pps_shift: i64,
    /// Stability of that signal.
    pub pps_stability: i64,
    /// How often its jitter was too large.
    pub pps_jitter_exceeded: i64,
    /// Calibration intervals so far.
    pub pps_calibrations: i64,
    /// Errors of calibration so far.
    pub pps_errors: i64,
    /// How often it was not stable enough.
    pub pps_stability_exceeded: i64,
    /// Seconds between International Atomic Time and UTC.
    pub tai_offset: i64,
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

    /// A path with all symbolic links followed; hosts without links need not know.
    fn resolve(&self, _path: &Path) -> io::Result<PathBuf> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// When a file was last written.
    fn modified(&self, _path: &Path) -> io::Result<Timestamp> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// State of the system clock.
    fn clock_state(&self) -> io::Result<ClockState> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// A connection to a message bus, and the number of the user who asks. Reads and writes end
    /// with an error when nothing comes for long.
    fn bus(&self, _socket: &Path) -> io::Result<(Box<dyn Connection>, u32)> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// What a network device can do, as its driver tells.
    fn link_modes(&self, _device: &str) -> io::Result<LinkModes> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Who drives a network device.
    fn driver_name(&self, _device: &str) -> io::Result<DriverName> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// The counters of a network device's driver, at most 8,192.
    fn driver_counters(&self, _device: &str) -> io::Result<Vec<DriverCounter>> {
        Err(io::ErrorKind::Unsupported.into())
    }
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

    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        fs::canonicalize(path)
    }

    fn modified(&self, path: &Path) -> io::Result<Timestamp> {
        let modified = fs::metadata(path)?.modified()?;
        let since = modified.duration_since(UNIX_EPOCH).map_err(io::Error::other)?;
        let ms = i64::try_from(since.as_millis()).map_err(io::Error::other)?;
        Ok(Timestamp::from_ms(ms))
    }

    fn clock_state(&self) -> io::Result<ClockState> {
        adjtimex()
    }

    fn bus(&self, socket: &Path) -> io::Result<(Box<dyn Connection>, u32)> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(BUS_WAIT_MAX))?;
        stream.set_write_timeout(Some(BUS_WAIT_MAX))?;
        Ok((Box::new(stream), rustix::process::geteuid().as_raw()))
    }

    #[cfg(target_os = "linux")]
    fn link_modes(&self, device: &str) -> io::Result<LinkModes> {
        ethtool::link_modes(&ethtool::Device::open(device)?)
    }

    #[cfg(target_os = "linux")]
    fn driver_name(&self, device: &str) -> io::Result<DriverName> {
        ethtool::driver_name(&ethtool::Device::open(device)?)
    }

    #[cfg(target_os = "linux")]
    fn driver_counters(&self, device: &str) -> io::Result<Vec<DriverCounter>> {
        ethtool::counters(&ethtool::Device::open(device)?)
    }
}

#[cfg(not(target_os = "linux"))]
fn adjtimex() -> io::Result<ClockState> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Reads the clock's state; modes 0 change nothing. No crate we depend on has a safe form of it.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "adjtimex(2) has no safe binding")]
#[expect(clippy::useless_conversion, reason = "the fields are 32 bits wide on other machines")]
fn adjtimex() -> io::Result<ClockState> {
    // SAFETY: timex is a C structure of integers, for which all bits zero are a valid value.
    let mut timex: libc::timex = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer is to a live, writable timex that nobody else sees during the call.
    let state = unsafe { libc::adjtimex(&raw mut timex) };
    if state < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(ClockState {
        state: state.into(),
        status: timex.status.into(),
        offset: timex.offset.into(),
        frequency: timex.freq.into(),
        error_max_us: timex.maxerror.into(),
        error_estimate_us: timex.esterror.into(),
        time_constant: timex.constant.into(),
        tick_us: timex.tick.into(),
        pps_frequency: timex.ppsfreq.into(),
        pps_jitter: timex.jitter.into(),
        pps_shift: timex.shift.into(),
        pps_stability: timex.stabil.into(),
        pps_jitter_exceeded: timex.jitcnt.into(),
        pps_calibrations: timex.calcnt.into(),
        pps_errors: timex.errcnt.into(),
        pps_stability_exceeded: timex.stbcnt.into(),
        tai_offset: timex.tai.into(),
    })
}
