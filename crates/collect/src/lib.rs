//! In-process collectors under `node_exporter`'s names: same metrics, types, labels and help texts.
//! Called by the binary once a second; hands out metric families, stores and sends nothing.
//! Reads the host only through [`Host`], so a tree of fixture files is as good as a machine.

mod dbus;
mod error;
mod ethtool;
mod family;
mod flags;
mod host;
mod options;
mod statfs;
mod system;
mod text;

pub use dbus::{Connection, check_message};
pub use error::{Error, ErrorKind};
pub use ethtool::{DriverCounter, DriverName, LinkModes};
pub use exposition::{Family, Point};
pub use host::{Fault, HostCollector, parse_any};
pub use options::{COLLECTORS, Options, Roots, Switch};
pub use system::{ClockState, FilesystemSpace, Host, HostFile, OsHost, SystemName};
