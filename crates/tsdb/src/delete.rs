//! Deletions by selector and time: hidden at once, purged from the files in the background.
//! INV-28: a deletion hides exactly what was stored when it was asked for; what comes later stays.
//! The head is flushed first, so that "what was stored" is a set of segments: those with smaller
//! numbers than the border of the deletion. Merges take a number before they read, so their result
//! falls under every deletion that they did not apply themselves.

use crate::compact::effort_for;
use crate::db::{Db, Maintenance};
use crate::error::{DbError, DbErrorKind, DbResult};
use crate::segment::Segment;
use crate::tombstone::{Deleted, Tombstone};
use model::{Matcher, Timestamp};
use std::sync::Arc;

/// Most deletions that wait for their purge; every question pays for them.
const TOMBSTONES_MAX: usize = 1000;
/// Longest deletion in the manifest, bytes.
const TOMBSTONE_BYTES_MAX: usize = 64 << 10;

impl Db {
    /// Deletes the samples from `start` to `end`, both included, of all series that satisfy all
    /// matchers of any selector. When this returns they are hidden, also after a power cut; their
    /// bytes go with the next merges or [`Db::purge`]. Samples that come later stay, whatever
    /// their time; a series remembers its newest sample and takes older ones only as late ones.
    ///
    /// Fails with [`DbErrorKind::Refused`] without selectors, when too many deletions wait, or
    /// when this one is too long.
    pub fn delete(
        &self,
        selectors: &[Vec<Matcher>],
        start: Timestamp,
        end: Timestamp,
    ) -> DbResult<()> {
        if selectors.is_empty() || selectors.iter().any(Vec::is_empty) {
            return Err(refused("no series are selected"));
        }
        if start > end {
            return Ok(());
        }
        let mut maintenance = self.maintenance.lock();
        if self.writer.lock().closed {
            return Err(DbError::new(DbErrorKind::Closed, "cannot delete: the database is closed"));
        }
        self.flush_with(&mut maintenance)?;
        let mut manifest = maintenance.manifest.clone();
        // The number is used up, so that no two deletions have one border.
        let border = manifest.next_segment;
        manifest.next_segment += 1;
        let range = (start.ms(), end.ms());
        let tombstone = Tombstone { border, range, selectors: selectors.to_vec() };
        let segments = Arc::clone(&self.state.read().segments);
        if !segments.iter().any(|segment| tombstone.concerns(segment)) {
            return Ok(());
        }
        if manifest.tombstones.len() >= TOMBSTONES_MAX {
            let text = format!(
                "{TOMBSTONES_MAX} deletions wait for their purge already; ask again after \
                 clean_tombstones"
            );
            return Err(refused(&text));
        }
        let len = tombstone.render().len();
        if len > TOMBSTONE_BYTES_MAX {
            let text = format!("{len} bytes of selectors, {TOMBSTONE_BYTES_MAX} allowed");
            return Err(refused(&text));
        }
        manifest.tombstones.push(tombstone);
        self.register(&mut maintenance, manifest)?;
        self.publish(&maintenance, None);
        self.note_change(start.ms());
        self.counters.deletions.add(1);
        Ok(())
    }

    /// Removes everything that is deleted from the files and waits for it.
    pub fn purge(&self) -> DbResult<()> {
        loop {
            let _compactor = self.compactor.lock();
            if !self.purge_one()? {
                return Ok(());
            }
        }
    }

    /// Writes one segment anew without what is deleted; `false` when there is none to write. With
    /// the compactor's turn held, so that no merge is under way.
    pub(crate) fn purge_one(&self) -> DbResult<bool> {
        let tombstones = Arc::clone(&self.state.read().tombstones);
        if tombstones.is_empty() {
            return Ok(false);
        }
        let segments = Arc::clone(&self.state.read().segments);
        for segment in segments.iter() {
            if holds_deleted(&tombstones, segment)? {
                let chosen = vec![Arc::clone(segment)];
                let effort = effort_for(&chosen);
                return self.merge_counted(chosen, effort).map(|()| true);
            }
        }
        self.retire(&mut self.maintenance.lock())?;
        Ok(false)
    }

    /// Forgets the deletions that hide nothing any more.
    fn retire(&self, maintenance: &mut Maintenance) -> DbResult<()> {
        let segments = Arc::clone(&self.state.read().segments);
        let mut manifest = maintenance.manifest.clone();
        manifest.tombstones.retain(|one| segments.iter().any(|segment| one.concerns(segment)));
        self.register(maintenance, manifest)?;
        self.publish(maintenance, None);
        Ok(())
    }
}

/// Is anything of a segment deleted? A segment found clean is not looked at again.
fn holds_deleted(tombstones: &[Tombstone], segment: &Segment) -> DbResult<bool> {
    let concerned = tombstones.iter().filter(|tombstone| tombstone.concerns(segment));
    let Some(border) = concerned.map(|tombstone| tombstone.border).max() else { return Ok(false) };
    let index = segment.index()?;
    let holds = Deleted::find(tombstones, segment, &index).hides_any(segment, &index)?;
    if !holds {
        segment.note_purged(border);
    }
    Ok(holds)
}

fn refused(reason: &str) -> DbError {
    DbError::new(DbErrorKind::Refused, format!("cannot delete: {reason}"))
}

#[cfg(test)]
mod tests;
