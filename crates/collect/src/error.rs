//! Why a collector has no data: what was attempted, in which file and line, what was found there.
//! Every fault costs one collector one round; the others go on.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What kind of trouble it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// This kernel or machine does not have what the collector reads; nothing is wrong.
    NoData,
    /// A file that is there could not be read.
    Io,
    /// The text of a file is not what the kernel's documentation promises.
    Parse,
    /// An option is invalid (a pattern that does not compile).
    Option,
    /// This platform has no host collector.
    Unsupported,
    /// It did not return in time, or was not asked as too many hang.
    Timeout,
    /// It had more to say than it may.
    Limit,
    /// It is wrong: it panicked.
    Panic,
}

/// A collector's fault, with its place.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    file: Option<PathBuf>,
    line: Option<usize>,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// Text that is not what was expected; `line` counts from 1.
    pub(crate) fn parse(line: usize, expected: &str, found: &[u8]) -> Self {
        const SHOWN_BYTES_MAX: usize = 60;
        let shown = String::from_utf8_lossy(&found[..found.len().min(SHOWN_BYTES_MAX)]);
        Self {
            line: Some(line),
            ..Self::new(ErrorKind::Parse, format!("expected {expected}, found {shown:?}"))
        }
    }

    /// A file or directory that could not be read; a missing one is "no data".
    pub(crate) fn read(file: &Path, source: io::Error) -> Self {
        // ENXIO, ENODEV and ENOTSUP are what kernels answer for a facility that is switched off.
        let absent = matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::Unsupported)
            || matches!(source.raw_os_error(), Some(6 | 19 | 95));
        let kind = if absent { ErrorKind::NoData } else { ErrorKind::Io };
        Self {
            file: Some(file.into()),
            source: Some(source.into()),
            ..Self::new(kind, "cannot read".into())
        }
    }

    /// A system call that failed; one that is not permitted or not there is "no data".
    pub(crate) fn call(name: &str, source: io::Error) -> Self {
        use io::ErrorKind::{PermissionDenied, Unsupported};
        let absent = matches!(source.kind(), PermissionDenied | Unsupported);
        let kind = if absent { ErrorKind::NoData } else { ErrorKind::Io };
        Self { source: Some(source.into()), ..Self::new(kind, format!("{name} failed")) }
    }

    /// Nothing to report on this machine.
    pub(crate) fn no_data(message: &str) -> Self {
        Self::new(ErrorKind::NoData, message.into())
    }

    /// A collector that has not returned after this long.
    pub(crate) fn timeout(took: Duration) -> Self {
        let message =
            format!("no answer after {:.3} s; left alone until it returns", took.as_secs_f64());
        Self::new(ErrorKind::Timeout, message)
    }

    /// A collector that still hangs from an earlier round.
    pub(crate) fn hangs() -> Self {
        Self::new(ErrorKind::Timeout, "has not returned from an earlier round".into())
    }

    /// A collector that had to be left out.
    pub(crate) fn not_asked(stuck: usize) -> Self {
        Self::new(ErrorKind::Timeout, format!("not asked: {stuck} collectors hang"))
    }

    /// More samples than a collector may give.
    pub(crate) fn too_many_samples(max: usize) -> Self {
        Self::new(ErrorKind::Limit, format!("more than {max} samples; the rest is left out"))
    }

    /// A collector that panicked.
    pub(crate) fn panicked() -> Self {
        Self::new(ErrorKind::Panic, "the collector panicked".into())
    }

    /// An option with an invalid value.
    pub(crate) fn option(name: &str, source: regex::Error) -> Self {
        Self {
            source: Some(source.into()),
            ..Self::new(ErrorKind::Option, format!("invalid pattern in collector option {name}"))
        }
    }

    /// A flag that does not exist or holds something else than it may.
    pub(crate) fn flag(name: &str, trouble: &str) -> Self {
        Self::new(ErrorKind::Option, format!("flag {name}: {trouble}"))
    }

    /// A collector that does not exist.
    pub(crate) fn unknown_collector(name: &str) -> Self {
        let known: Vec<_> = crate::COLLECTORS.iter().map(|known| known.name).collect();
        let message =
            format!("no collector is named {name:?}, expected one of {}", known.join(", "));
        Self::new(ErrorKind::Option, message)
    }

    /// The platform has no host collector.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn unsupported() -> Self {
        Self::new(ErrorKind::Unsupported, "the host collector is available on Linux only".into())
    }

    /// Adds the file the text came from.
    pub(crate) fn at(mut self, file: &Path) -> Self {
        self.file = Some(file.into());
        self
    }

    /// Kind, for callers that decide.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// File and line (from 1) of the fault, where known.
    pub fn place(&self) -> (Option<&Path>, Option<usize>) {
        (self.file.as_deref(), self.line)
    }

    fn new(kind: ErrorKind, message: String) -> Self {
        Self { kind, file: None, line: None, message, source: None }
    }
}

impl ErrorKind {
    /// One word for the label `reason`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::NoData => "no_data",
            Self::Io => "io",
            Self::Parse => "parse",
            Self::Option => "option",
            Self::Unsupported => "unsupported",
            Self::Timeout => "timeout",
            Self::Limit => "limit",
            Self::Panic => "panic",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => write!(f, "{}:{line}: ", file.display())?,
            (Some(file), None) => write!(f, "{}: ", file.display())?,
            (None, Some(line)) => write!(f, "line {line}: ")?,
            (None, None) => {}
        }
        f.write_str(&self.message)?;
        self.source.as_ref().map_or(Ok(()), |source| write!(f, ": {source}"))
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
