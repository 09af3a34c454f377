//! The one durable log under samples, alert state and outboxes: segmented, checksummed,
//! append-only. `tsdb` and the other owners of state write records of their own encoding and replay
//! them at start. It knows bytes and positions, no meaning; format: docs/formats/journal.md.
//!
//! What it promises:
//! - `append` returned: the records survive a killed process. `sync` returned: they survive a power
//!   cut. A record whose append failed is never served beside a later copy of itself.
//! - Bytes on disk are never rewritten: opening only reads, every process writes new segments, a
//!   failed write is cut off and the next segment says where its predecessor really ends.
//! - Damage costs the damaged records only; it is reported with file and offset and the file is
//!   kept under `quarantine/`.

mod chain;
mod error;
mod frame;
#[doc(hidden)]
pub mod fuzzing;
mod header;
mod names;
mod position;
mod reading;
mod recovery;
mod reserve;
mod scan;
mod state;
mod syncer;
mod writer;

pub use error::{JournalError, JournalErrorKind};
pub use position::Position;
pub use reading::{Piece, Span};
pub use recovery::{Damage, DamageReason, Recovery};
pub use syncer::Syncer;
pub use writer::{Journal, JournalOptions, JournalStats};

/// What a replay function may fail with; its text becomes part of the journal's error.
pub type ReplayError = Box<dyn std::error::Error + Send + Sync>;

/// What became of a replayed record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replayed {
    /// Its owner has it.
    Taken,
    /// Its bytes are as written, and yet the owner cannot read them: reported and kept like damage.
    Unusable,
}

/// Takes the records of a journal in their order; an error stops the opening.
pub type Replay<'r> = dyn FnMut(Position, &[u8]) -> Result<Replayed, ReplayError> + 'r;
