//! A file of zeroes that is given up when the disk is full, so that state changes can be written.
//! Worth having for small journals that must go on (alert state, outboxes); samples need none.

use crate::names;
use crate::state::Place;
use std::io;

const CHUNK: usize = 256 * 1024;

/// Bytes held back; 0 when the reserve is spent or not wanted.
#[derive(Debug, Default)]
pub(crate) struct Reserve {
    bytes: u64,
}

impl Reserve {
    /// Finds the reserve of an earlier process or makes one.
    pub(crate) fn open(place: &Place) -> Self {
        let mut reserve = Self::default();
        // A disk too full for the reserve is no reason not to open.
        drop(reserve.restore(place));
        reserve
    }

    /// Is there anything to give up?
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Gives the room back to the filesystem; no when there was none to give.
    pub(crate) fn release(&mut self, place: &Place) -> bool {
        let had_some = std::mem::take(&mut self.bytes) > 0;
        had_some && place.vfs.remove_file(&names::reserve_path(&place.dir)).is_ok()
    }

    /// Makes the reserve whole again if that leaves as much room again to everybody else.
    pub(crate) fn restore(&mut self, place: &Place) -> io::Result<()> {
        let wanted = place.options.reserve_bytes;
        if self.bytes == wanted {
            return Ok(());
        }
        let path = names::reserve_path(&place.dir);
        if place.vfs.exists(&path)? {
            let whole = place.vfs.open(&path)?.len()? == wanted;
            if whole {
                self.bytes = wanted;
                return Ok(());
            }
            place.vfs.remove_file(&path)?;
        }
        if wanted == 0 {
            return Ok(());
        }
        if place.vfs.space(&place.dir)?.available < wanted.saturating_mul(2) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let filled = fill(place, wanted);
        match &filled {
            Ok(()) => self.bytes = wanted,
            // Half a reserve would only take the room from others.
            Err(_) => drop(place.vfs.remove_file(&path)),
        }
        filled
    }
}

/// Zeroes are written, not implied by the length: holes hold no room.
fn fill(place: &Place, wanted: u64) -> io::Result<()> {
    let file = place.vfs.create(&names::reserve_path(&place.dir))?;
    let zeroes = vec![0; CHUNK];
    let mut offset = 0;
    while offset < wanted {
        let count = zeroes.len().min(usize::try_from(wanted - offset).unwrap_or(CHUNK));
        file.write_all_at(&zeroes[..count], offset)?;
        offset += count as u64;
    }
    file.sync_data()
}
