//! Reads records again while their owner appends: what is on the disk and can change no more.
//! Used by owners that hand records on to others; `writer` gives the parts, `scan` the frames.
//! What a failed sync may still repeat elsewhere is not shown, so nothing is read twice.

use crate::header::HEADER_LEN;
use crate::scan::scan_some;
use crate::state::{Place, State};
use crate::{JournalError, Position, names};
use std::ops::Range;
use std::path::PathBuf;
use sys::Vfs;

/// The part of a segment file that is on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Number of the segment.
    pub segment: u64,
    /// Its file.
    pub path: PathBuf,
    /// End of the last record that counts, bytes.
    pub end: u64,
}

/// How far a reading came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// Where the next one begins; the end of the span when there is no more.
    pub next: u64,
    /// Damaged bytes that were stepped over.
    pub damaged_bytes: u64,
}

impl Span {
    /// Gives the records from an offset on to `visit`, until `bytes_max` bytes were given: one
    /// record at least.
    ///
    /// # Errors
    /// When the file cannot be opened: it may have been truncated meanwhile.
    pub fn read(
        &self,
        vfs: &dyn Vfs,
        from: u64,
        bytes_max: u64,
        visit: &mut dyn FnMut(Position, &[u8]),
    ) -> Result<Piece, JournalError> {
        let file = vfs.open(&self.path);
        let file = file.map_err(|error| JournalError::io("read again", &self.path, error))?;
        let range = Range { start: from.max(HEADER_LEN), end: self.end };
        Ok(scan_some(&*file, self.segment, range, bytes_max, visit))
    }
}

/// The parts that survive a power cut, in order.
pub(crate) fn durable(place: &Place, state: &State) -> Vec<Span> {
    let synced = state.synced();
    let durable_end = |id: u64, end: u64| match id.cmp(&synced.segment) {
        std::cmp::Ordering::Less => end,
        std::cmp::Ordering::Equal => end.min(synced.offset),
        std::cmp::Ordering::Greater => 0,
    };
    let span = |(segment, end): (u64, u64)| {
        let end = durable_end(segment, end);
        let path = names::segment_path(&place.dir, segment);
        (end > HEADER_LEN).then_some(Span { segment, path, end })
    };
    state.segments.iter().map(|file| (file.id, file.end)).filter_map(span).collect()
}
