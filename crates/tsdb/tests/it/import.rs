//! History that another system stored: it stands beside what is there, under every crash.

use crate::world::{Machine, T0, dump, labels, put};
use model::{Labels, SampleBuf};
use tsdb::{Db, DbError, ImportReport};

/// A sample a second for some series, from an instant on.
fn history(series: &[usize], from: i64, count: i64) -> Vec<(Labels, SampleBuf)> {
    let one = |n: &usize| {
        let mut samples = SampleBuf::default();
        (0..count).for_each(|i| samples.push(from + i * 1000, *n as f64 * 1000.0 + i as f64));
        (labels("m", *n), samples)
    };
    series.iter().map(one).collect()
}

fn import(db: &Db, series: Vec<(Labels, SampleBuf)>) -> Result<ImportReport, DbError> {
    let mut series = series.into_iter();
    db.import(|samples| {
        Ok(series.next().map(|(labels, its)| {
            *samples = its;
            labels
        }))
    })
}

#[test]
fn what_is_imported_is_there_at_once_and_after_a_restart() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    put(&db, &labels("m", 2), T0, 7.0);
    let past = T0 - 86_400_000;
    let report = import(&db, history(&[1, 2], past, 100)).unwrap();
    assert_eq!((report.series, report.samples, report.refused), (2, 200, 0));
    let before = dump(&db);
    assert_eq!(before[&labels("m", 1)].len(), 100);
    assert_eq!(before[&labels("m", 2)].len(), 101);
    put(&db, &labels("m", 2), T0 + 1000, 8.0);
    db.compact_now(true).unwrap();
    drop(db);
    assert_eq!(dump(&machine.open().0)[&labels("m", 2)].len(), 102);
}

#[test]
fn inv_11_what_is_stored_already_stays() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    put(&db, &labels("m", 1), T0, 7.0);
    db.flush().unwrap();
    put(&db, &labels("m", 1), T0 + 1000, 8.0);
    import(&db, history(&[1], T0 - 1000, 4)).unwrap();
    let values = |db: &Db| {
        let bits = |text: &String| u64::from_str_radix(&text[..16], 16).unwrap();
        let dump = dump(db);
        let seen = dump[&labels("m", 1)].iter();
        seen.map(|(_, text)| f64::from_bits(bits(text))).collect::<Vec<_>>()
    };
    let once = values(&db);
    assert_eq!(once[..2], [1000.0, 7.0], "INV-11");
    // Once more changes nothing, neither beside the others nor merged with them.
    import(&db, history(&[1], T0 - 1000, 4)).unwrap();
    assert_eq!(values(&db), once, "INV-11");
    db.compact_now(true).unwrap();
    assert_eq!(values(&db), once, "INV-11");
}

#[test]
fn series_beyond_the_limits_cost_only_themselves() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    let wide = Labels::from_pairs((0..70).map(|n| (format!("l{n:02}"), "x")));
    let mut all = history(&[1], T0, 3);
    all.insert(0, (wide, all[0].1.clone()));
    let report = import(&db, all).unwrap();
    assert_eq!((report.series, report.samples, report.refused), (1, 3, 1));
    assert!(report.refusals[0].contains("70 labels, 64 allowed"), "{:?}", report.refusals);
}

#[test]
fn an_import_without_samples_leaves_nothing_behind() {
    let machine = Machine::new(1);
    let (db, _) = machine.open();
    let files = machine.vfs.listing();
    assert_eq!(import(&db, history(&[1], T0, 0)).unwrap(), ImportReport::default());
    let failed = db.import(|_| Err(DbError::new(tsdb::DbErrorKind::Io, "the source is gone")));
    assert_eq!(failed.unwrap_err().to_string(), "the source is gone");
    assert_eq!(machine.vfs.listing(), files);
}

#[test]
fn inv_18_a_crash_leaves_the_whole_import_or_none_of_it() {
    let mut whole = 0;
    for point in 1.. {
        let machine = Machine::new(point);
        let (db, _) = machine.open();
        put(&db, &labels("m", 2), T0, 7.0);
        db.sync().unwrap();
        let before = dump(&db);
        machine.vfs.crash_at(machine.vfs.operations() + point);
        let outcome = import(&db, history(&[1, 2], T0 - 60_000, 10));
        let crashed = machine.vfs.crashed();
        drop(db);
        for variant in 0..8 {
            let vfs = machine.vfs.after_crash(point * 8 + variant);
            let after = Machine { vfs, clock: machine.clock.clone() };
            let (db, report) = after.open();
            let found = dump(&db);
            let context = format!("INV-18: crash at {point}, variant {variant}");
            assert!(report.damage.is_empty(), "{context}: {:?}", report.damage);
            if outcome.is_ok() || found != before {
                assert_eq!(found[&labels("m", 1)].len(), 10, "{context}");
                assert_eq!(found[&labels("m", 2)].len(), 11, "{context}");
                whole += usize::from(crashed);
            }
        }
        if !crashed {
            break;
        }
    }
    assert!(whole > 0, "some crash came after the manifest was replaced");
}
