//! Reads one segment from front to back: serves valid records, steps over what is damaged.
//! Used by `recovery`; sees a file and a limit, nothing of other segments.
//! Memory: one window of 256 KiB, or the longest record if that is more; work is linear in the
//! file.

use crate::frame::{self, FRAME_HEADER_LEN, MARK};
use crate::header::HEADER_LEN;
use crate::recovery::DamageReason;
use crate::{JournalError, Piece, Position};
use std::io;
use std::ops::Range;
use sys::File;

const WINDOW_LEN: u64 = 256 * 1024;
/// What cannot be read is stepped over by the unit in which disks fail.
const UNREADABLE_STEP: u64 = 4096;

/// What a scan gives to its caller, in file order.
pub(crate) trait Visitor {
    fn record(&mut self, at: Position, payload: &[u8]) -> Result<(), JournalError>;
    fn damage(&mut self, range: Range<u64>, reason: DamageReason);
}

/// Reads frames within `HEADER_LEN..limit`; gives the end of the last valid record.
pub(crate) fn scan(
    file: &dyn File,
    segment: u64,
    limit: u64,
    visitor: &mut dyn Visitor,
) -> Result<u64, JournalError> {
    let mut window = Window { file, limit, start: 0, bytes: Vec::new() };
    let mut offset = HEADER_LEN.min(limit);
    let mut end = offset;
    while offset < limit {
        let at = Position { segment, offset };
        match read_frame(&mut window, at) {
            Step::Record(payload) => {
                visitor.record(at, payload)?;
                offset += (FRAME_HEADER_LEN + payload.len()) as u64;
                end = offset;
            }
            Step::Bad { resume, reason } => {
                let next = resync(&mut window, Position { segment, offset: resume });
                visitor.damage(offset..next, reason);
                offset = next;
            }
        }
    }
    Ok(end)
}

/// Reads frames within `range` until `bytes_max` bytes of records were given, one at least; what is
/// damaged is stepped over.
pub(crate) fn scan_some(
    file: &dyn File,
    segment: u64,
    range: Range<u64>,
    bytes_max: u64,
    visit: &mut dyn FnMut(Position, &[u8]),
) -> Piece {
    let mut window = Window { file, limit: range.end, start: 0, bytes: Vec::new() };
    let mut piece = Piece { next: range.start, damaged_bytes: 0 };
    while piece.next < range.end && piece.next - range.start < bytes_max {
        let at = Position { segment, offset: piece.next };
        match read_frame(&mut window, at) {
            Step::Record(payload) => {
                visit(at, payload);
                piece.next += (FRAME_HEADER_LEN + payload.len()) as u64;
            }
            Step::Bad { resume, .. } => {
                let next = resync(&mut window, Position { segment, offset: resume });
                piece.damaged_bytes += next - piece.next;
                piece.next = next;
            }
        }
    }
    piece
}

enum Step<'a> {
    Record(&'a [u8]),
    /// Nothing valid starts here; look again from `resume`.
    Bad {
        resume: u64,
        reason: DamageReason,
    },
}

fn read_frame<'a>(window: &'a mut Window<'_>, at: Position) -> Step<'a> {
    let bad = |resume, reason| Step::Bad { resume, reason };
    let unreadable = bad(at.offset + 1, DamageReason::Unreadable);
    let Ok(bytes) = window.get(at.offset, FRAME_HEADER_LEN as u64) else { return unreadable };
    let Some(header) = frame::decode_header(at, bytes) else {
        return bad(at.offset + 1, DamageReason::NoFrame);
    };
    let end = at.offset + header.frame_len();
    if end > window.limit {
        return bad(at.offset + FRAME_HEADER_LEN as u64, DamageReason::Truncated);
    }
    // The header is valid, so its length is right and the next frame begins at `end`.
    match window.get(at.offset, header.frame_len()) {
        Err(_) => bad(end, DamageReason::Unreadable),
        Ok(bytes) if header.matches(at, &bytes[FRAME_HEADER_LEN.min(bytes.len())..]) => {
            Step::Record(&bytes[FRAME_HEADER_LEN..])
        }
        Ok(_) => bad(end, DamageReason::Checksum),
    }
}

/// The next place at or after `from` where a valid frame header stands, or the limit.
fn resync(window: &mut Window<'_>, from: Position) -> u64 {
    let mut offset = from.offset;
    while offset < window.limit {
        let step = UNREADABLE_STEP - offset % UNREADABLE_STEP;
        let Ok(bytes) = window.get(offset, step + FRAME_HEADER_LEN as u64) else {
            offset += step;
            continue;
        };
        let whole = bytes.len();
        let valid = |index: &usize| {
            let at = Position { offset: offset + *index as u64, ..from };
            bytes[*index..].starts_with(&MARK)
                && frame::decode_header(at, &bytes[*index..]).is_some()
        };
        if let Some(index) = (0..whole).find(valid) {
            return offset + index as u64;
        }
        if whole < FRAME_HEADER_LEN || offset + whole as u64 >= window.limit {
            break;
        }
        offset += (whole - FRAME_HEADER_LEN + 1) as u64; // a header may straddle the windows
    }
    window.limit
}

/// A piece of the file in memory.
struct Window<'f> {
    file: &'f dyn File,
    limit: u64,
    start: u64,
    bytes: Vec<u8>,
}

impl Window<'_> {
    /// Bytes from `offset`, `len` of them or as many as lie before the limit and the file's end.
    fn get(&mut self, offset: u64, len: u64) -> io::Result<&[u8]> {
        let end = offset.saturating_add(len).min(self.limit);
        if offset < self.start || end > self.start + self.bytes.len() as u64 {
            self.fill(offset, end)?;
        }
        let from = index(offset - self.start).min(self.bytes.len());
        let to = index(end - self.start).min(self.bytes.len());
        Ok(&self.bytes[from..to])
    }

    fn fill(&mut self, offset: u64, end: u64) -> io::Result<()> {
        let wanted = index(end.max(offset.saturating_add(WINDOW_LEN)).min(self.limit) - offset);
        self.start = offset;
        self.bytes.resize(wanted, 0);
        let mut filled = 0;
        while filled < wanted {
            match self.file.read_at(&mut self.bytes[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // What came before the bad place is still good.
                Err(_) if offset + filled as u64 >= end => break,
                Err(error) => {
                    self.bytes.clear();
                    return Err(error);
                }
            }
        }
        self.bytes.truncate(filled);
        Ok(())
    }
}

fn index(offset: u64) -> usize {
    usize::try_from(offset).expect("segments are far below the address space")
}

#[cfg(test)]
mod tests;
