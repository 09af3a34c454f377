//! Data at rest: buckets of histograms that are stored as differences to lower ones, through
//! compaction, deletion, purge, retention, snapshots and restarts.

use crate::world::{DIR, Dump, HOUR, Machine, T0, commit, dump, dump_range, group};
use model::{Appender, Labels, Matcher, Timestamp, Value, stale_marker};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use sys::sim::SimRng;
use tsdb::{Db, DbOptions, inspect};

const BOUNDS: [&str; 6] = ["0.1", "0.5", "1", "2.5", "5", "+Inf"];
const PATHS: usize = 4;
const STEP: i64 = 15_000;

fn bucket(bound: &str, path: usize) -> Labels {
    Labels::from_pairs([("__name__", "took_bucket"), ("le", bound), ("path", &path.to_string())])
}

/// Five hours of histograms with resets, gaps and staleness markers; flushed every hour.
fn filled() -> (Machine, Db) {
    let machine = Machine::new(1);
    let window = Duration::from_hours(1);
    let options = DbOptions { out_of_order_window: window, ..Machine::options() };
    let (db, _) = machine.open_with(options);
    let mut random = SimRng::new(81);
    let mut counts = [[0_u64; BOUNDS.len()]; PATHS];
    for step in 0..5 * HOUR / STEP {
        let at = T0 + step * STEP;
        machine.at(at);
        let mut rows = Vec::new();
        for (path, counts) in counts.iter_mut().enumerate() {
            if random.below(700) == 0 {
                counts.fill(0);
            }
            let gap = path == 1 && step / 100 % 3 == 1;
            let mut sum = 0;
            for (bound, count) in BOUNDS.iter().zip(counts) {
                sum += random.below(6);
                *count += sum;
                let value = if step % 333 == 300 { stale_marker() } else { *count as f64 };
                if !gap {
                    let series = db.resolve(group(), &bucket(bound, path)).unwrap();
                    rows.push((series, at, Value::Float(value)));
                }
            }
        }
        assert_eq!(commit(&db, &rows).accepted, rows.len());
        if step % 240 == 239 {
            db.flush().unwrap();
        }
    }
    (machine, db)
}

fn bytes(db: &Db) -> u64 {
    db.stats().segment_bytes
}

#[test]
fn inv_23_packing_changes_no_answer() {
    let (machine, db) = filled();
    let all = dump(&db);
    db.compact_now(false).unwrap();
    assert_eq!(dump(&db), all, "INV-23");
    let before = bytes(&db);
    db.compact_now(true).unwrap();
    assert_eq!(db.stats().segments, 1);
    assert!(bytes(&db) * 10 < before * 9, "{} of {before} bytes", bytes(&db));
    assert_eq!(dump(&db), all, "INV-23");
    for bound in BOUNDS {
        let matchers = [Matcher::equal("le", bound), Matcher::equal("path", "2")];
        let (start, end) = (T0 + HOUR, T0 + 2 * HOUR);
        let found = dump_range(&db, start, end, &matchers);
        let rows = &found[&bucket(bound, 2)];
        let want = all[&bucket(bound, 2)].iter().filter(|row| row.0 >= start && row.0 <= end);
        assert!(rows.iter().eq(want), "INV-23: {bound} alone");
    }
    drop(db);
    let (db, report) = machine.open();
    assert_eq!(report.damage, Vec::<String>::new());
    assert_eq!(dump(&db), all, "INV-23");
    drop(db);
    let verified = inspect::verify(&(Arc::new(machine.vfs.clone()) as _), Path::new(DIR)).unwrap();
    assert_eq!(verified.damage, Vec::<String>::new());
}

/// The buckets above a deleted one stay, before and after its bytes are gone.
#[test]
fn inv_28_a_deleted_bucket_takes_no_other_along() {
    let (_machine, db) = filled();
    db.compact_now(true).unwrap();
    let mut want: Dump = dump(&db);
    let gone = vec![Matcher::equal("le", "0.5")];
    let whole = (Timestamp::MIN, Timestamp::MAX);
    db.delete(&[gone], whole.0, whole.1).unwrap();
    let part = vec![Matcher::equal("le", "1"), Matcher::equal("path", "0")];
    let (start, end) = (T0 + HOUR, T0 + 3 * HOUR);
    db.delete(&[part], Timestamp::from_ms(start), Timestamp::from_ms(end)).unwrap();
    want.retain(|labels, _| labels.get("le") != Some("0.5"));
    if let Some(rows) = want.get_mut(&bucket("1", 0)) {
        rows.retain(|row| row.0 < start || row.0 > end);
    }
    assert_eq!(dump(&db), want, "INV-28");
    db.purge().unwrap();
    assert_eq!(dump(&db), want, "INV-28: purged");
    assert_eq!(db.stats().tombstones, 0);
    db.compact_now(true).unwrap();
    assert_eq!(dump(&db), want, "INV-28: merged");
}

/// Late samples of some buckets part what they share with others.
#[test]
fn inv_11_late_samples_join_what_is_packed() {
    let (machine, db) = filled();
    db.compact_now(true).unwrap();
    let mut want = dump(&db);
    machine.at(T0 + 5 * HOUR);
    for (bound, path) in [("0.5", 0), ("5", 3)] {
        let series = db.resolve(group(), &bucket(bound, path)).unwrap();
        for step in [1, 2, 3] {
            let at = T0 + 5 * HOUR - step * 60_000 + 7;
            assert_eq!(commit(&db, &[(series, at, Value::Float(0.5))]).accepted, 1);
            let rows = want.get_mut(&bucket(bound, path)).unwrap();
            rows.push((at, format!("{:016x} 0", 0.5_f64.to_bits())));
            rows.sort();
        }
    }
    assert_eq!(dump(&db), want, "INV-11");
    db.compact_now(true).unwrap();
    assert_eq!(db.stats().segments, 1);
    assert_eq!(dump(&db), want, "INV-11");
}
