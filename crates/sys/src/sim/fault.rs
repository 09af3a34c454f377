//! What can go wrong on the simulated disk, when, and how it is told apart from other errors.
//! Fed by tests through `SimVfs`, asked by `disk` before every operation.
//! Errors carry real errno values, so that code under test classifies them as it would in life.

use std::collections::BTreeMap;
use std::fmt;
use std::io;

/// Kinds of operations that can be told to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OpKind {
    /// `File::read_at`.
    Read,
    /// `File::write_at`.
    Write,
    /// `File::sync_data`.
    SyncData,
    /// `File::set_len`.
    SetLen,
    /// `Vfs::open`, `Vfs::open_for_write`.
    Open,
    /// `Vfs::create`.
    Create,
    /// `Vfs::create_dir_all`, once per directory made.
    CreateDir,
    /// `Vfs::rename`.
    Rename,
    /// `Vfs::hard_link`.
    HardLink,
    /// `Vfs::remove_file`, and once per name in `Vfs::remove_dir_all`.
    Remove,
    /// `Vfs::sync_dir`.
    SyncDir,
}

impl OpKind {
    /// Can the operation change what survives? Only these are crash points.
    pub(super) const fn changes_state(self) -> bool {
        !matches!(self, Self::Read | Self::Open)
    }
}

/// The power is gone; every operation says so until the next image is made.
#[derive(Debug)]
struct Crash;

impl fmt::Display for Crash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("simulated crash: the machine is off")
    }
}

impl std::error::Error for Crash {}

/// Is this the simulated crash (and not a fault that a program should survive)?
pub fn is_crash(error: &io::Error) -> bool {
    matches!(error.get_ref(), Some(inner) if inner.is::<Crash>())
}

pub(super) fn crash_error() -> io::Error {
    io::Error::other(Crash)
}

pub(super) fn no_space() -> io::Error {
    rustix::io::Errno::NOSPC.into()
}

/// Failures that were ordered and have not happened yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    /// Per kind: how many more succeed, then how many fail with which errno.
    planned: BTreeMap<OpKind, Planned>,
    /// Share of reads and writes that move fewer bytes than asked for.
    pub(super) short_io_per_mille: u32,
    /// State-changing operations since the beginning.
    pub(super) operations: u64,
    /// The operation that fails as the power goes.
    pub(super) crash_at: Option<u64>,
    pub(super) crashed: bool,
}

#[derive(Clone, Copy, Debug)]
struct Planned {
    pass: u64,
    fail: u64,
    errno: i32,
}

/// What `Faults::admit` decided about one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Proceed,
    Fail(i32),
    /// The power goes while the operation runs.
    CrashNow,
    AlreadyOff,
}

impl Faults {
    pub(super) fn plan(&mut self, kind: OpKind, pass: u64, fail: u64, errno: i32) {
        self.planned.insert(kind, Planned { pass, fail, errno });
    }

    pub(super) fn forget(&mut self, kind: OpKind) {
        self.planned.remove(&kind);
    }

    pub(super) fn admit(&mut self, kind: OpKind) -> Verdict {
        if self.crashed {
            return Verdict::AlreadyOff;
        }
        if kind.changes_state() {
            let number = self.operations;
            self.operations += 1;
            if self.crash_at == Some(number) {
                self.crashed = true;
                return Verdict::CrashNow;
            }
        }
        let Some(planned) = self.planned.get_mut(&kind) else { return Verdict::Proceed };
        if planned.pass > 0 {
            planned.pass -= 1;
            return Verdict::Proceed;
        }
        let errno = planned.errno;
        planned.fail = planned.fail.saturating_sub(1);
        if planned.fail == 0 {
            self.planned.remove(&kind);
        }
        Verdict::Fail(errno)
    }
}
