//! Finds targets: those written in the configuration, those in files that others write, and those
//! that servers name (`remote`).
//! Feeds `scrape` (and alert delivery) with snapshots of target groups through a watch channel.
//! What a file says is decided by `config`; what becomes of targets by `scrape`.

mod files;
mod glob;
mod group;
mod remote;
mod watch;

pub use files::{FILE_BYTES_MAX, FILES_MAX, FileSet};
pub use glob::matches;
pub use group::{ADDRESS_LABEL, FILEPATH_LABEL, Fault, Group, Snapshot, static_groups};
pub use remote::{DockerContainer, DockerEngine};
pub use watch::{Discovery, FIRST_ANSWER_WAIT_MAX, POLL};
