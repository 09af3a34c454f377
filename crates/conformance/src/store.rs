//! A real database on a simulated disk, filled with a feed.

use crate::dataset::{Contents, Feed};
use model::{Appender, Batch, GroupKey, Labels, Querier, Row, RowFault, Timestamp};
use std::sync::Arc;
use sys::sim::{SimClock, SimRng, SimVfs};
use tsdb::{Db, DbOptions};

/// A database and what it must hold.
pub struct Store {
    db: Db,
    contents: Contents,
}

impl Store {
    /// Sends all batches in their order and flushes now and then, as the seed says. What the
    /// database refuses is in neither side; it must have a reason.
    pub fn fill(feed: &Feed, seed: u64) -> Result<Self, String> {
        let start = feed.samples().map(|sample| sample.at_ms).min().unwrap_or(0);
        let clock = Arc::new(SimClock::new(Timestamp::from_ms(start)));
        let vfs = Arc::new(SimVfs::new(seed));
        let options = DbOptions { free_bytes_min: 0, ..DbOptions::new("/data") };
        let opened = Db::open(options, vfs, clock.clone());
        let (db, _) = opened.map_err(|error| format!("cannot open a database: {error}"))?;
        let mut random = SimRng::new(seed);
        let mut contents = Contents::default();
        for batch in &feed.batches {
            let mut rows = Batch::default();
            for sample in batch {
                rows.group = group(&sample.labels);
                let series = db.resolve(rows.group, &sample.labels);
                let series = series.map_err(|error| format!("{}: {error}", sample.labels))?;
                let timestamp = Timestamp::from_ms(sample.at_ms);
                rows.rows.push(Row { series, timestamp, value: sample.value.clone(), start: None });
                if clock_of(&*clock) < timestamp {
                    clock.jump_wall(timestamp);
                }
            }
            let report = db.commit(&rows).map_err(|error| format!("commit: {error}"))?;
            for (index, sample) in batch.iter().enumerate() {
                match report.rejected.iter().find(|rejection| rejection.row == index) {
                    None => contents.accept(sample),
                    Some(r) if r.fault == RowFault::OutOfOrder => {}
                    Some(r) if r.fault == RowFault::DuplicateTimestamp => {}
                    Some(r) => return Err(format!("{} refused: {:?}", sample.labels, r.fault)),
                }
            }
            if random.chance(15) {
                db.flush().map_err(|error| format!("flush: {error}"))?;
            }
        }
        Ok(Self { db, contents })
    }

    /// The database.
    pub fn querier(&self) -> &dyn Querier {
        &self.db
    }

    /// What was accepted.
    pub fn contents(&self) -> &Contents {
        &self.contents
    }
}

fn clock_of(clock: &dyn sys::Clock) -> Timestamp {
    clock.now()
}

fn group(labels: &Labels) -> GroupKey {
    GroupKey::of(&(labels.value("job"), labels.value("instance")))
}
