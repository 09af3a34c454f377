//! The metrics engine: head, journal, segments, compaction, retention.
//! A synchronous library behind [`model::Appender`] and [`model::Querier`]: the binary calls it
//! from its own threads, files and time come in through `sys`, so that a power cut can be tried
//! anywhere. Data directory: docs/formats/data-directory.md; formats: block.md, segment.md,
//! head-journal.md.

mod block;
mod cache;
mod changes;
mod checkpoint;
mod commit;
mod compact;
mod db;
mod delete;
pub mod encoding;
mod error;
mod flush;
mod head;
mod import;
pub mod inspect;
mod layout;
mod maintain;
mod manifest;
mod open;
mod options;
mod postings;
pub mod probe;
mod reading;
pub mod record;
mod retention;
mod samples;
mod segment;
mod select;
mod stats;
mod tail;
mod tombstone;

pub use db::Db;
pub use error::{DbError, DbErrorKind, DbResult};
pub use import::{ImportReport, series_order};
pub use layout::stored_bytes;
pub use maintain::MaintenanceReport;
pub use open::OpenReport;
pub use options::{DbOptions, Durability, Limits, Retention};
pub use stats::{Cardinality, DbStats};
pub use tail::{OutboxStats, Tail, TailReader};
