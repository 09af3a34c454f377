//! A database of its own for every script, in a filesystem in memory: what a script tests is the
//! engine that the server runs, storage included.

use model::{Appender, Batch, GroupKey, Labels, Querier, Row, Timestamp, Value};
use query::MemoryQuerier;
use query::script::Store;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use sys::SystemClock;
use sys::sim::SimVfs;
use tsdb::{Db, DbOptions, Retention};

/// Empty, or open with the samples of the script so far.
pub(super) struct Database {
    pub(super) db: Option<Db>,
    /// After a load everything is written into segments, not only into head and journal.
    pub(super) sealed: bool,
}

impl Database {
    pub(super) fn new() -> Self {
        Self { db: None, sealed: false }
    }
}

impl Store for Database {
    fn clear(&mut self) -> Result<(), String> {
        self.db = None;
        let options = DbOptions {
            retention: Retention { time: None, size_bytes: None },
            // Scripts may load any century.
            future_max: Duration::MAX,
            ..DbOptions::new("/script")
        };
        let opened = Db::open(options, Arc::new(SimVfs::new(1788)), Arc::new(SystemClock::new()));
        let (db, _) = opened.map_err(|error| error.to_string())?;
        self.db = Some(db);
        Ok(())
    }

    fn load(&mut self, samples: MemoryQuerier) -> Result<(), String> {
        let db = self.db.as_ref().ok_or("the database is not open")?;
        for batch in batches(db, &samples)? {
            commit(db, &batch)?;
        }
        if self.sealed {
            db.flush().map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    fn querier(&self) -> &dyn Querier {
        self.db.as_ref().expect("`clear` comes before everything else and opens the database")
    }
}

/// One batch per instant, as if each were a scrape.
fn batches(db: &Db, samples: &MemoryQuerier) -> Result<Vec<Batch>, String> {
    let group = GroupKey::of(&"script");
    let mut batches: BTreeMap<Timestamp, Batch> = BTreeMap::new();
    for (labels, timestamp, value, start) in samples.rows() {
        let series = db.resolve(group, labels).map_err(|error| refusal(labels, &error))?;
        let batch = batches.entry(timestamp).or_insert_with(|| Batch::new(group));
        batch.rows.push(Row { series, timestamp, value: Value::clone(value), start });
    }
    Ok(batches.into_values().collect())
}

fn refusal(labels: &Labels, error: &model::AppendError) -> String {
    format!("cannot store {labels}: {error}")
}

fn commit(db: &Db, batch: &Batch) -> Result<(), String> {
    let report = db.commit(batch).map_err(|error| format!("cannot store samples: {error}"))?;
    let Some(rejection) = report.rejected.first() else { return Ok(()) };
    let row = &batch.rows[rejection.row];
    let at = row.timestamp.ms() as f64 / 1000.0;
    Err(format!("cannot store the sample at {at} s: it is {}", rejection.fault))
}
