//! Deletions: what they hide, what they leave, that they survive everything, and that the bytes go.

use crate::world::{DIR, HOUR, Machine, T0, dump, dump_range, labels, put};
use model::{LabelQuery, MatchOp, Matcher, Querier, SampleBuf, SelectHints, Timestamp};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use sys::sim::OpKind;
use tsdb::inspect::View;
use tsdb::{Db, DbErrorKind, DbOptions};

fn series(n: &str) -> Vec<Matcher> {
    vec![Matcher::equal("n", n)]
}

fn delete(db: &Db, n: &str, start: i64, end: i64) {
    db.delete(&[series(n)], Timestamp::from_ms(start), Timestamp::from_ms(end)).unwrap();
}

fn times(db: &Db, n: usize) -> Vec<i64> {
    let all = dump(db);
    all.get(&labels("m", n)).into_iter().flatten().map(|row| (row.0 - T0) / 1000).collect()
}

/// Series 1 and 2 at 0, 1, ... 9 seconds: half in a segment, half in memory.
fn filled() -> (Machine, Db) {
    let machine = Machine::new(1);
    let window = Duration::from_hours(100);
    let options = DbOptions { out_of_order_window: window, ..Machine::options() };
    let (db, _) = machine.open_with(options);
    for second in 0..10 {
        for n in [1, 2] {
            put(&db, &labels("m", n), T0 + second * 1000, second as f64);
        }
        if second == 4 {
            db.flush().unwrap();
        }
    }
    (machine, db)
}

#[test]
fn inv_28_a_deletion_hides_what_is_there_and_nothing_that_comes_later() {
    let (machine, db) = filled();
    delete(&db, "1", T0 + 2000, T0 + 6000);
    let check = |db: &Db| {
        assert_eq!(times(db, 1), [0, 1, 7, 8, 9], "INV-28");
        assert_eq!(times(db, 2), (0..10).collect::<Vec<_>>(), "another series");
    };
    check(&db);
    drop(db);
    let window = Duration::from_hours(100);
    let options = DbOptions { out_of_order_window: window, ..Machine::options() };
    let (db, report) = machine.open_with(options);
    assert_eq!(report.rows, 0, "the deletion flushed");
    check(&db);
    assert_eq!(put(&db, &labels("m", 1), T0 + 3000, 3.5).accepted, 1);
    assert_eq!(times(&db, 1), [0, 1, 3, 7, 8, 9], "INV-28: it came later");
    db.flush().unwrap();
    assert_eq!(times(&db, 1), [0, 1, 3, 7, 8, 9], "INV-28: it came later");
    db.compact_now(true).unwrap();
    assert_eq!(times(&db, 1), [0, 1, 3, 7, 8, 9], "INV-28: it came later");
    let stats = db.stats();
    assert_eq!((stats.deletions, stats.tombstones), (0, 0), "counted by the process before");
    drop(db);
    assert_eq!(times(&machine.open().0, 1), [0, 1, 3, 7, 8, 9]);
}

#[test]
fn selectors_are_alternatives_and_their_matchers_are_not() {
    let (_machine, db) = filled();
    put(&db, &labels("other", 1), T0 + 9000, 1.0);
    let both = vec![Matcher::equal("n", "1"), Matcher::equal("__name__", "m")];
    let regex = vec![Matcher::new(MatchOp::Regex, "n", "2|3").unwrap()];
    db.delete(&[both, regex], Timestamp::MIN, Timestamp::MAX).unwrap();
    assert_eq!(dump(&db).into_keys().collect::<Vec<_>>(), [labels("other", 1)]);
}

#[test]
fn a_series_that_is_wholly_deleted_is_not_named_any_more() {
    let (_machine, db) = filled();
    delete(&db, "1", T0, T0 + 5000);
    let ask = |start: i64, end: i64| {
        let (start, end) = (Timestamp::from_ms(start), Timestamp::from_ms(end));
        let query =
            LabelQuery { start, end, selectors: &[], limit: None, watch: &model::Unwatched };
        let values = db.label_values("n", &query).unwrap();
        let selectors = [vec![Matcher::equal("__name__", "m")]];
        let some = LabelQuery { selectors: &selectors, ..query.clone() };
        assert_eq!(db.label_values("n", &some).unwrap(), values);
        let count = db.select(start, end, &[], &SelectHints::default()).unwrap().len();
        assert_eq!(count, values.len());
        (values.concat(), db.label_names(&query).unwrap().len())
    };
    assert_eq!(ask(T0, T0 + 4000), ("2".into(), 3), "the segment of the first half");
    assert_eq!(ask(T0, T0 + 9000), ("12".into(), 3));
    delete(&db, "1", T0 + 5001, T0 + 9000);
    assert_eq!(ask(T0, T0 + 9000), ("2".into(), 3), "two deletions side by side");
    delete(&db, "2", i64::MIN, i64::MAX);
    assert_eq!(ask(i64::MIN, i64::MAX), (String::new(), 0));
}

#[test]
fn inv_20_a_selection_does_not_notice_a_later_deletion() {
    let (_machine, db) = filled();
    let (start, end) = (Timestamp::MIN, Timestamp::MAX);
    let selection = db.select(start, end, &series("1"), &SelectHints::default()).unwrap();
    delete(&db, "1", T0, T0 + 9000);
    db.purge().unwrap();
    let mut samples = SampleBuf::default();
    selection.read(0, &mut samples).unwrap();
    assert_eq!(samples.len(), 10, "INV-20");
    assert_eq!(times(&db, 1), []);
}

#[test]
fn a_purge_removes_the_bytes_and_touches_no_other_segment() {
    let (machine, db) = filled();
    machine.at(T0 + 5 * HOUR);
    put(&db, &labels("m", 1), machine.now().ms(), 1.0);
    put(&db, &labels("m", 3), machine.now().ms(), 1.0);
    db.flush().unwrap();
    let before = machine.segment_files();
    assert_eq!(before.len(), 3);
    delete(&db, "2", T0, T0 + 9 * HOUR);
    assert_eq!(machine.segment_files(), before);
    assert_eq!((db.stats().tombstones, db.stats().segment_samples), (1, 22));
    db.purge().unwrap();
    let after = machine.segment_files();
    assert_eq!(after.iter().filter(|path| before.contains(path)).count(), 1, "{after:?}");
    assert_eq!((db.stats().tombstones, db.stats().segment_samples), (0, 12));
    assert_eq!(times(&db, 2), []);
    assert_eq!(times(&db, 1).len(), 11);
    delete(&db, "1", i64::MIN, i64::MAX);
    delete(&db, "3", i64::MIN, i64::MAX);
    db.purge().unwrap();
    assert_eq!(machine.segment_files(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn maintenance_purges_by_itself_one_segment_a_round() {
    let (machine, db) = filled();
    delete(&db, "1", T0, T0 + 9000);
    let mut rounds = 0;
    while db.stats().tombstones > 0 {
        assert!(db.maintain(machine.now()).errors.is_empty());
        rounds += 1;
        assert!(rounds < 10);
    }
    assert_eq!(rounds, 3, "two segments, and one round to find nothing left");
    assert_eq!(db.stats().segment_samples, 10);
}

#[test]
fn a_deletion_after_a_purge_that_left_a_segment_alone() {
    let (_machine, db) = filled();
    delete(&db, "7", T0, T0 + HOUR);
    db.purge().unwrap();
    delete(&db, "1", T0, T0 + HOUR);
    assert_eq!(times(&db, 1), []);
}

#[test]
fn a_deletion_of_nothing_leaves_nothing() {
    let (machine, db) = filled();
    delete(&db, "1", T0 + 9001, T0 + HOUR);
    delete(&db, "1", T0 + 9000, T0);
    delete(&db, "1", T0 + 3000, T0 + 1000);
    delete(&db, "7", T0, T0 + HOUR);
    assert_eq!(db.stats().tombstones, 1, "the last one may concern the segments");
    assert_eq!(db.stats().deletions, 1);
    let segments = db.stats().segments;
    for kind in [OpKind::Write, OpKind::Rename] {
        machine.vfs.fail(kind, 0, 1, 5);
        assert!(db.purge().is_err(), "{kind:?}: the deletion is not forgotten on the disk");
        assert_eq!(db.stats().tombstones, 1);
    }
    db.purge().unwrap();
    assert_eq!((db.stats().tombstones, db.stats().segments), (0, segments));
}

/// What is deleted lies on several pages of series; the cache has room for none, few or all.
#[test]
fn inv_28_a_deletion_over_many_pages_of_series_hides_them_and_they_go() {
    for cache_bytes_max in [0, 200_000, 16 << 20] {
        let machine = Machine::new(1);
        let options = DbOptions { cache_bytes_max, ..Machine::options() };
        let (db, _) = machine.open_with(options);
        for n in 0..8000 {
            put(&db, &labels(["m", "odd"][n % 2], n), T0, 1.0);
        }
        db.flush().unwrap();
        let mut left = dump(&db);
        assert_eq!(left.len(), 8000);
        left.retain(|labels, _| labels.metric_name() == Some("m"));
        let odd = Matcher::equal("__name__", "odd");
        db.delete(&[vec![odd.clone()]], Timestamp::MIN, Timestamp::MAX).unwrap();
        let all = (i64::MIN, i64::MAX);
        assert!(dump(&db) == left, "INV-28: hidden with {cache_bytes_max}");
        assert_eq!(dump_range(&db, all.0, all.1, std::slice::from_ref(&odd)).len(), 0);
        let query = LabelQuery {
            start: Timestamp::MIN,
            end: Timestamp::MAX,
            selectors: &[],
            limit: None,
            watch: &model::Unwatched,
        };
        assert_eq!(db.label_values("__name__", &query).unwrap(), ["m"]);
        db.purge().unwrap();
        assert_eq!(db.stats().tombstones, 0);
        assert!(dump(&db) == left, "INV-28: purged with {cache_bytes_max}");
        assert!(db.stats().cache_bytes <= cache_bytes_max as u64 * 3 / 2);
    }
}

/// The segment has the series, and it has the time, but not the series at that time.
#[test]
fn a_purge_leaves_a_segment_alone_that_has_nothing_of_what_is_deleted() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    put(&db, &labels("m", 1), T0, 1.0);
    put(&db, &labels("m", 2), T0 + 9000, 1.0);
    db.flush().unwrap();
    let before = machine.segment_files();
    delete(&db, "1", T0 + 1, T0 + 9000);
    assert_eq!(db.stats().tombstones, 1);
    db.purge().unwrap();
    assert_eq!((db.stats().tombstones, machine.segment_files()), (0, before));
}

#[test]
fn a_deletion_may_take_64_kib_of_the_manifest() {
    let (_machine, db) = filled();
    let ask = |len: usize| db.delete(&[series(&"x".repeat(len))], Timestamp::MIN, Timestamp::MAX);
    let said = ask(70_000).unwrap_err().to_string();
    let len: usize = said.split([':', ' ']).find_map(|word| word.parse().ok()).unwrap();
    let most = 70_000 - (len - (64 << 10));
    assert_eq!(ask(most + 1).unwrap_err().kind(), DbErrorKind::Refused);
    ask(most).unwrap();
}

#[test]
fn what_cannot_be_deleted_is_refused() {
    let (_machine, db) = filled();
    let kind = |selectors: &[Vec<Matcher>]| {
        db.delete(selectors, Timestamp::MIN, Timestamp::MAX).err().map(|error| error.kind())
    };
    assert_eq!(kind(&[]), Some(DbErrorKind::Refused));
    assert_eq!(kind(&[vec![]]), Some(DbErrorKind::Refused));
    assert_eq!(kind(&[series(&"x".repeat(70_000))]), Some(DbErrorKind::Refused));
    for n in 0..1000 {
        assert_eq!(kind(&[series(&n.to_string())]), None, "{n}");
    }
    assert_eq!(kind(&[series("1")]), Some(DbErrorKind::Refused), "1000 wait for their purge");
    db.purge().unwrap();
    assert_eq!((kind(&[series("1")]), dump(&db).len()), (None, 0));
    db.close().unwrap();
    assert_eq!(kind(&[series("1")]), Some(DbErrorKind::Closed));
}

/// The samples of an instant in different segments: the newer one was hidden by the older one, and
/// both were stored when the deletion came.
#[test]
fn inv_28_nothing_comes_to_light_behind_a_deleted_sample() {
    let (_machine, db) = filled();
    assert_eq!(put(&db, &labels("m", 1), T0 + 1000, 77.0).accepted, 1, "segments are not asked");
    db.flush().unwrap();
    delete(&db, "1", T0 + 1000, T0 + 1000);
    assert_eq!(times(&db, 1), [0, 2, 3, 4, 5, 6, 7, 8, 9]);
    db.compact_now(true).unwrap();
    assert_eq!(times(&db, 1), [0, 2, 3, 4, 5, 6, 7, 8, 9]);
}

#[test]
fn a_deletion_that_fails_changes_no_answer() {
    let mut failures = 0;
    for kind in [OpKind::Create, OpKind::Write, OpKind::SyncData, OpKind::Rename, OpKind::SyncDir] {
        for pass in 0..10 {
            let (machine, db) = filled();
            let held = dump(&db);
            machine.vfs.fail(kind, pass, 1, 5);
            let outcome = db.delete(&[series("1")], Timestamp::MIN, Timestamp::from_ms(T0 + 100));
            machine.vfs.heal(kind);
            if outcome.is_err() {
                failures += 1;
                assert_eq!(dump(&db), held, "{kind:?} {pass}");
                delete(&db, "1", i64::MIN, T0 + 100);
            }
            assert_eq!(times(&db, 1), (1..10).collect::<Vec<_>>(), "{kind:?} {pass}");
            drop(db);
            assert_eq!(times(&machine.open().0, 1).len(), 9, "{kind:?} {pass}");
        }
    }
    assert!(failures > 20, "{failures}");
}

#[test]
fn looking_from_outside_shows_no_deleted_sample() {
    let (machine, db) = filled();
    delete(&db, "1", T0, T0 + 3000);
    let mut seen = 0;
    let view = View::open(Arc::new(machine.vfs.clone()), machine.clock.clone(), Path::new(DIR));
    let count = &mut |_: &model::Labels, samples: &SampleBuf| seen += samples.len();
    view.unwrap().dump((i64::MIN, i64::MAX), &[series("1")], count).unwrap();
    assert_eq!(seen, 6);
    db.snapshot(Path::new("/copy")).unwrap();
    let options = DbOptions { dir: "/copy".into(), ..Machine::options() };
    assert_eq!(dump(&machine.open_with(options).0), dump(&db), "a snapshot has the deletion");
    assert_eq!(dump_range(&db, T0, T0 + 3000, &series("1")).len(), 0);
}
