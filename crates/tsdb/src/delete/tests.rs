//! What happens between the steps of a purge.

use super::*;
use crate::options::DbOptions;
use model::{Appender, Batch, GroupKey, Labels, Row, Value};
use sys::sim::{SimClock, SimVfs};

/// A deletion may come after a purge looked for what is deleted and before it forgets deletions.
#[test]
fn inv_28_a_deletion_that_came_meanwhile_is_not_forgotten() {
    let at = Timestamp::from_ms(1_700_006_400_000);
    let options = DbOptions { free_bytes_min: 0, ..DbOptions::new("/data") };
    let clock = Arc::new(SimClock::new(at));
    let (db, _) = Db::open(options, Arc::new(SimVfs::new(1)), clock).unwrap();
    let series = db.resolve(GroupKey(1), &Labels::from_pairs([("a", "b")])).unwrap();
    let mut batch = Batch::new(GroupKey(1));
    batch.rows.push(Row { series, timestamp: at, value: Value::Float(1.0), start: None });
    db.commit(&batch).unwrap();
    db.delete(&[vec![Matcher::equal("a", "b")]], at, at).unwrap();
    db.retire(&mut db.maintenance.lock()).unwrap();
    assert_eq!(db.stats().tombstones, 1, "INV-28: its sample is in a file");
    db.purge().unwrap();
    assert_eq!((db.stats().tombstones, db.stats().segment_samples), (0, 0));
}
