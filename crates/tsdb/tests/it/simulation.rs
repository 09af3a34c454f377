//! Random lives of a database on a disk that fails, fills up and loses power, thousands of seeds.
//! `FLYBALL_SIM_SEEDS` sets the number of seeds; a failing seed is part of the panic's text.

use crate::oracle::{Deletion, Oracle, Stop, Stored, stored};
use crate::world::{DIR, HOUR, Machine, T0, dump, dump_range, group, labels};
use model::{
    Appender, Batch, GroupKey, Histogram, LabelQuery, Labels, Matcher, Querier, Row, Span,
    Timestamp, Value, stale_marker,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use sys::sim::{OpKind, SimRng, SimVfs};
use tsdb::{Db, DbOptions, Durability, Retention};

/// Retention of the simulated databases, when they have one.
const RETENTION_HOURS: i64 = 60;

fn seeds(default: u64) -> u64 {
    std::env::var("FLYBALL_SIM_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// What a life does besides appending in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Habits {
    Orderly,
    /// Samples come late, too, and are deleted.
    Messy,
}

/// A database, its machine, and what it must hold.
struct Life {
    seed: u64,
    habits: Habits,
    rng: SimRng,
    machine: Machine,
    options: DbOptions,
    db: Option<Db>,
    oracle: Oracle,
    /// A deletion that the power cut left without an answer; it is asked for again.
    unanswered: Option<Deletion>,
    /// Makes every value unique, so that an invented one cannot hide.
    next_value: u64,
    log: Vec<String>,
}

impl Life {
    fn new(seed: u64, habits: Habits) -> Self {
        let mut rng = SimRng::new(seed);
        let machine = Machine::new(seed);
        if rng.below(3) == 0 {
            machine.vfs.set_short_io(300);
        }
        let durability = if rng.below(3) == 0 { Durability::Sync } else { Durability::Window };
        let time =
            (rng.below(3) == 0).then(|| Duration::from_hours(RETENTION_HOURS.unsigned_abs()));
        // A late sample may repeat the instant of one that retention removed a moment before.
        let late = habits == Habits::Messy && time.is_none();
        let out_of_order_window = Duration::from_hours(if late { 1 + rng.below(3) } else { 0 });
        let options = DbOptions {
            durability,
            out_of_order_window,
            retention: Retention { time, size_bytes: None },
            journal_bytes_max: 500 + rng.below(4000),
            cache_bytes_max: [0, 30_000, 1 << 20][rng.index(3)],
            ..Machine::options()
        };
        let oracle = Oracle::new();
        let mut life = Self {
            seed,
            habits,
            rng,
            machine,
            options,
            db: None,
            oracle,
            unanswered: None,
            next_value: 0,
            log: Vec::new(),
        };
        life.open();
        life
    }

    fn context(&self) -> String {
        let last = self.log.len().saturating_sub(30);
        format!("seed {} after {:?}", self.seed, &self.log[last..])
    }

    fn note(&mut self, what: impl Into<String>) {
        self.log.push(what.into());
    }

    fn db(&self) -> &Db {
        self.db.as_ref().expect("a life has an open database between its stops")
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.rng.below(bound)
    }

    fn open(&mut self) {
        let vfs = Arc::new(self.machine.vfs.clone());
        let clock = self.machine.clock.clone();
        match Db::open(self.options.clone(), vfs, clock) {
            Ok((db, report)) => {
                // Unsynced sectors that a power cut kept beside lost ones look like damage.
                let cut = report.damage.iter().all(|text| text.starts_with("journal:"));
                assert!(cut, "{:?}; {}", report.damage, self.context());
                assert_eq!(report.orphans, 0, "{}", self.context());
                self.db = Some(db);
            }
            Err(error) => panic!("cannot open: {error}; {}", self.context()),
        }
    }

    fn step(&mut self) {
        let choice = match self.habits {
            Habits::Orderly => self.below(100),
            Habits::Messy => self.below(108),
        };
        match choice {
            100..105 => self.delete(),
            105..108 => self.purge(),
            0..50 => self.commit(),
            50..60 => self.sync(),
            60..66 => self.flush(),
            66..74 => self.maintain(),
            74..77 => self.compact(),
            77..85 => self.wait(),
            85..88 => self.fault(),
            88..91 => self.heal(),
            91..94 => self.look(),
            94..97 => self.stop(Stop::Kill),
            _ => self.stop(Stop::PowerCut),
        }
        if self.machine.vfs.crashed() {
            self.stop(Stop::PowerCut);
        }
    }

    fn random_value(&mut self) -> Value {
        self.next_value += 1;
        let n = self.next_value as f64;
        match self.below(12) {
            0 => Value::Float(stale_marker()),
            1 => Value::Float(f64::from_bits(0x7ff8_0000_0000_0000 + self.next_value)),
            2 => Value::Float(n / 3.0),
            3 | 4 => Value::Histogram(Arc::new(Histogram {
                count: n,
                sum: n / 7.0,
                positive_spans: vec![Span { offset: 1, length: 2 }],
                positive_buckets: vec![n, 1.0],
                ..Histogram::default()
            })),
            5 => Value::Float(-0.0),
            _ => Value::Float(n / 100.0),
        }
    }

    /// Rows of one source: mostly one timestamp for several series, sometimes odd ones.
    fn random_batch(&mut self) -> (Batch, Vec<Labels>, GroupKey) {
        let source = self.below(3);
        let key = GroupKey(source);
        let now = self.machine.now().ms();
        let mut batch = Batch::new(key);
        let mut names = Vec::new();
        let visible = self.oracle.visible();
        for _ in 0..=self.below(5) {
            let n = self.rng.index(6);
            let name = labels(["m", "n", "o"][usize::try_from(source).unwrap()], n);
            let Ok(series) = self.db().resolve(key, &name) else { continue };
            let mut ms = now;
            let mut value = self.random_value();
            match (self.below(10), visible.get(&name).and_then(|rows| rows.last())) {
                (0, _) => ms = now - i64::try_from(self.below(5000)).unwrap(),
                (1, Some((at, _))) if now - at < HOUR => ms = *at,
                (2, _) => value = Value::Float(7.0),
                (3..7, _) => (ms, value) = self.random_late(&name, now, value),
                _ => {}
            }
            let start = (self.below(6) == 0).then(|| Timestamp::from_ms(T0 - 5));
            let timestamp = Timestamp::from_ms(ms);
            batch.rows.push(Row { series, timestamp, value, start });
            names.push(name);
        }
        (batch, names, key)
    }

    /// An instant within the window, one before it, or one that has a sample already.
    fn random_late(&mut self, name: &Labels, now: i64, value: Value) -> (i64, Value) {
        let window = i64::try_from(self.options.out_of_order_window.as_millis()).unwrap();
        if window == 0 {
            return (now, value);
        }
        let visible = self.oracle.visible();
        let newest = self.oracle.newest().values().map(|row| row.0).max().unwrap_or(now);
        // A series that was silent for long may be forgotten, and begins anew.
        let remembered = |last: &(i64, String)| last.0 > newest - 4 * HOUR;
        let own = visible.get(name).map_or(&[][..], Vec::as_slice);
        let back = i64::try_from(self.below(window.unsigned_abs())).unwrap();
        match (self.below(8), own) {
            (0, [.., last]) if newest - window - 1 < last.0 && remembered(last) => {
                (newest - window - 1, value)
            }
            (1 | 2, [_, ..]) => {
                let (ms, text) = &own[self.rng.index(own.len())];
                let same = Value::Float(7.0);
                let value = if *text == crate::world::text(&same, 0) { same } else { value };
                (*ms, value)
            }
            _ => (now - back, value),
        }
    }

    fn commit(&mut self) {
        let (batch, names, _) = self.random_batch();
        let (want, hidden) = self.predict(&batch, &names);
        let outcome = self.db().commit(&batch);
        self.note(format!("commit {} {}", want.len(), outcome.is_ok()));
        match outcome {
            Ok(report) => {
                let total = report.accepted + report.repeated + report.rejected.len();
                assert_eq!(total, batch.rows.len(), "{}", self.context());
                let accepted = want.len()..=want.len() + hidden;
                let context = self.context();
                assert!(accepted.contains(&report.accepted), "{accepted:?} {report:?}; {context}");
                self.oracle.accept(want);
                match self.options.durability {
                    Durability::Sync if report.accepted + report.repeated > 0 => {
                        self.oracle.synced();
                    }
                    Durability::Window if report.accepted > 0 => self.oracle.written(),
                    // Nothing was written, so nothing became safer.
                    Durability::Sync | Durability::Window => {}
                }
            }
            Err(_) if want.is_empty() => {}
            Err(_) if self.machine.vfs.crashed() => self.oracle.doubt(want),
            // In sync mode the rows are visible already when their sync fails.
            Err(_) if self.shows(&want) => {
                self.oracle.accept(want);
                self.oracle.sync_failed();
            }
            Err(_) => self.oracle.doubt(want),
        }
        self.advance_ms(1000);
    }

    /// What the rules say about each row: rows that must be accepted, and the number of those that
    /// may be accepted but stay hidden, because a segment holds a sample of their instant.
    fn predict(&self, batch: &Batch, names: &[Labels]) -> (Vec<Stored>, usize) {
        let mut newest = self.oracle.newest();
        let mut visible = self.oracle.visible();
        let latest = newest.values().map(|row| row.0).max().unwrap_or(i64::MIN);
        let window = i64::try_from(self.options.out_of_order_window.as_millis()).unwrap();
        let (mut accepted, mut hidden) = (Vec::new(), 0);
        for (row, name) in batch.rows.iter().zip(names) {
            let start = row.start.map_or(0, Timestamp::ms);
            let row = stored(name, row.timestamp.ms(), &row.value, start);
            let seen = (row.ms, row.text.clone());
            let rows = visible.entry(name.clone()).or_default();
            let place = rows.binary_search_by_key(&row.ms, |row| row.0);
            let in_order = newest.get(name).is_none_or(|(ms, _)| *ms < row.ms);
            let is_newest = newest.get(name).is_some_and(|(ms, _)| *ms == row.ms);
            let in_time = window > 0 && row.ms >= latest.saturating_sub(window);
            match place {
                // Memory may have forgotten it.
                Ok(_) if window > 0 => hidden += 1,
                _ if !in_order && (is_newest || !in_time) => {}
                Ok(_) => panic!("nothing is newer than the newest; {}", self.context()),
                Err(place) => {
                    rows.insert(place, seen.clone());
                    accepted.push(row);
                }
            }
            if in_order {
                newest.insert(name.clone(), seen);
            }
        }
        (accepted, hidden)
    }

    fn shows(&self, rows: &[Stored]) -> bool {
        let found = dump(self.db());
        let shown = rows.iter().filter(|row| {
            let seen = (row.ms, row.text.clone());
            found.get(&row.labels).is_some_and(|rows| rows.binary_search(&seen).is_ok())
        });
        let shown = shown.count();
        assert!(shown == 0 || shown == rows.len(), "INV-2: torn batch; {}", self.context());
        shown > 0
    }

    fn sync(&mut self) {
        let outcome = self.db().sync();
        self.note(format!("sync {}", outcome.is_ok()));
        self.take_outcome(outcome.is_ok());
    }

    fn take_outcome(&mut self, done: bool) {
        if done {
            self.oracle.synced();
        } else if !self.machine.vfs.crashed() {
            self.oracle.sync_failed();
        }
    }

    /// Only a failed sync of the journal puts acknowledged rows at risk.
    fn take_error(&mut self, error: &tsdb::DbError) {
        if error.to_string().contains("journal") {
            self.take_outcome(false);
        }
    }

    fn flush(&mut self) {
        let outcome = self.db().flush();
        self.note(format!("flush {outcome:?}"));
        match outcome {
            Ok(true) => self.oracle.flushed(),
            Ok(false) => {}
            Err(error) => self.take_error(&error),
        }
    }

    fn maintain(&mut self) {
        let now = self.machine.now();
        let failures = self.db().stats().journal.sync_failures;
        let report = self.db().maintain(now);
        self.note(format!("maintain {report:?}"));
        // The probe of a database that refuses syncs, too; only the counters tell.
        let stats = self.db().stats();
        if stats.journal.sync_failures > failures && stats.read_only.is_some() {
            self.take_outcome(false);
        }
        if self.options.retention.time.is_some() {
            let horizon = now.ms() - RETENTION_HOURS * HOUR;
            self.oracle.horizon_ms = self.oracle.horizon_ms.max(horizon);
        }
        if report.flushed {
            self.oracle.flushed();
        }
        report.errors.iter().for_each(|error| self.take_error(error));
    }

    /// A deletion that failed is asked for again until it is answered; whoever waits for the answer
    /// can rely on it only then.
    fn delete(&mut self) {
        let label = match self.below(2) {
            0 => ("n", self.below(6).to_string()),
            _ => ("__name__", ["m", "n", "o"][self.rng.index(3)].to_owned()),
        };
        let now = self.machine.now().ms();
        let from = now - i64::try_from(self.below(20_000_000)).unwrap();
        let range = match self.below(4) {
            0 => (i64::MIN, i64::MAX),
            1 => (from, i64::MAX),
            _ => (from, from + i64::try_from(self.below(10_000_000)).unwrap()),
        };
        let deletion = Deletion { label, range };
        let mut outcome = self.ask_to_delete(&deletion);
        if outcome.is_err() && !self.machine.vfs.crashed() {
            heal(&self.machine.vfs);
            outcome = self.ask_to_delete(&deletion);
        }
        match outcome {
            Ok(()) => {
                self.oracle.delete(&deletion);
                self.oracle.flushed();
            }
            Err(_) if self.machine.vfs.crashed() => self.unanswered = Some(deletion),
            Err(error) => panic!("{error}; {}", self.context()),
        }
    }

    fn ask_to_delete(&mut self, deletion: &Deletion) -> tsdb::DbResult<()> {
        let outcome = deletion.ask(self.db());
        self.note(format!("{deletion:?} {outcome:?}"));
        outcome.inspect_err(|error| self.take_error(error))
    }

    fn purge(&mut self) {
        let outcome = self.db().purge();
        self.note(format!("purge {outcome:?}"));
        if let Err(error) = outcome {
            self.take_error(&error);
        }
    }

    fn compact(&mut self) {
        let cold = self.below(2) == 0;
        let outcome = self.db().compact_now(cold);
        self.note(format!("compact {outcome:?}"));
        match outcome {
            Ok(()) => self.oracle.flushed(),
            Err(error) => self.take_error(&error),
        }
    }

    fn advance_ms(&self, ms: u64) {
        self.machine.clock.advance(Duration::from_millis(ms));
    }

    fn wait(&mut self) {
        let ms = [5_000, 600_000, 5_000_000, 20_000_000][self.rng.index(4)];
        let ms = 1 + self.below(ms);
        self.note(format!("wait {ms}"));
        self.advance_ms(ms);
    }

    fn fault(&mut self) {
        let kinds = [
            OpKind::Write,
            OpKind::SyncData,
            OpKind::Create,
            OpKind::Rename,
            OpKind::Remove,
            OpKind::SyncDir,
            OpKind::SetLen,
        ];
        let vfs = self.machine.vfs.clone();
        match self.below(4) {
            0 => {
                let bytes = self.below(6000);
                vfs.set_available(bytes);
                self.note(format!("available {bytes}"));
            }
            1 => {
                let at = vfs.operations() + self.below(60);
                vfs.crash_at(at);
                self.note(format!("crash at {at}"));
            }
            _ => {
                let kind = kinds[self.rng.index(7)];
                let (pass, count) = (self.below(6), 1 + self.below(3));
                vfs.fail(kind, pass, count, if self.below(2) == 0 { 5 } else { 28 });
                self.note(format!("fail {kind:?} {pass} {count}"));
            }
        }
    }

    fn heal(&mut self) {
        heal(&self.machine.vfs);
        self.note("heal");
        self.advance_ms(10_000);
        let (batch, names, _) = self.random_batch();
        let (want, _) = self.predict(&batch, &names);
        if self.machine.vfs.crashed() {
            return;
        }
        // Ten seconds after the trouble ends, samples are taken again without help.
        let report = self.db().commit(&batch);
        if self.machine.vfs.crashed() && report.is_err() {
            self.oracle.doubt(want);
            return;
        }
        assert!(report.is_ok(), "still refused: {report:?}; {}", self.context());
        self.oracle.accept(want);
        self.sync();
    }

    /// Compares answers of every kind with the model.
    fn look(&mut self) {
        self.note("look");
        self.oracle.check_visible(self.db(), &self.context());
        let want = self.oracle.visible();
        let now = self.machine.now().ms();
        let from = now - i64::try_from(self.below(20_000_000)).unwrap();
        let to = from + i64::try_from(self.below(20_000_000)).unwrap();
        if from < self.oracle.horizon_ms {
            return;
        }
        let n = self.below(6).to_string();
        let found = dump_range(self.db(), from, to, &[Matcher::equal("n", &n)]);
        let cut = |rows: &Vec<(i64, String)>| -> Vec<(i64, String)> {
            rows.iter().filter(|(ms, _)| *ms >= from && *ms <= to).cloned().collect()
        };
        let chosen = want.iter().filter(|(labels, _)| labels.value("n") == n);
        let chosen = chosen.map(|(labels, rows)| (labels.clone(), cut(rows)));
        let chosen: BTreeMap<_, _> = chosen.filter(|(_, rows)| !rows.is_empty()).collect();
        assert_eq!(found, chosen, "INV-12: {}", self.context());
        if self.options.retention.time.is_none() {
            let (start, end) = (Timestamp::MIN, Timestamp::MAX);
            let query =
                LabelQuery { start, end, selectors: &[], limit: None, watch: &model::Unwatched };
            let values = self.db().label_values("n", &query).unwrap();
            let want: BTreeSet<&str> = want.keys().map(|labels| labels.value("n")).collect();
            let named: BTreeSet<&str> = values.iter().map(String::as_str).collect();
            let missing: Vec<_> = want.difference(&named).collect();
            assert!(missing.is_empty(), "{missing:?} missing; {}", self.context());
            // Several deletions that hide a block together are seen only when it is read.
            let deleted = self.oracle.deleted_series();
            let deleted: BTreeSet<&str> = deleted.map(|labels| labels.value("n")).collect();
            let extra = named.difference(&want).find(|value| !deleted.contains(*value));
            assert_eq!(extra, None, "{}", self.context());
        }
    }

    /// Gives series a sample newer than all they may remember.
    fn settle(&mut self, series: Vec<Labels>) {
        if series.is_empty() {
            return;
        }
        self.advance_ms(1000);
        let now = self.machine.now();
        let key = GroupKey(0);
        let mut batch = Batch::new(key);
        let mut rows = Vec::new();
        for name in series {
            self.next_value += 1;
            let value = self.next_value as f64;
            batch.push(self.db().resolve(key, &name).unwrap(), now, value);
            rows.push(stored(&name, now.ms(), &Value::Float(value), 0));
        }
        let report = self.db().commit(&batch).unwrap();
        assert_eq!(report.accepted, rows.len(), "{report:?}; {}", self.context());
        self.oracle.accept(rows);
        self.sync();
    }

    /// Stops the machine, opens what is left and compares; opening twice changes nothing.
    fn stop(&mut self, stop: Stop) {
        let stop = if self.machine.vfs.crashed() { Stop::PowerCut } else { stop };
        self.note(format!("{stop:?}"));
        self.db = None;
        let seed = self.rng.below(u64::MAX);
        self.machine.vfs = match stop {
            Stop::Kill => self.machine.vfs.after_kill(seed),
            Stop::PowerCut => self.machine.vfs.after_crash(seed),
        };
        heal(&self.machine.vfs);
        self.open();
        let mut unsure = Vec::new();
        if let Some(deletion) = self.unanswered.take() {
            self.ask_to_delete(&deletion).unwrap();
            unsure = self.oracle.unsure_of(&deletion);
            self.oracle.delete(&deletion);
        }
        let context = self.context();
        let mut oracle = std::mem::replace(&mut self.oracle, Oracle::new());
        oracle.check_reopened(self.db(), stop, &context);
        self.oracle = oracle;
        self.settle(unsure);
        let before = dump(self.db());
        self.db = None;
        self.open();
        assert_eq!(dump(self.db()), before, "INV-21: {}", self.context());
        if stop == Stop::PowerCut {
            // What a power cut left is on the disk.
            self.oracle.flushed();
        }
    }
}

fn heal(vfs: &SimVfs) {
    vfs.set_capacity(None);
    for kind in [
        OpKind::Write,
        OpKind::SyncData,
        OpKind::Create,
        OpKind::Rename,
        OpKind::Remove,
        OpKind::SyncDir,
        OpKind::SetLen,
    ] {
        vfs.heal(kind);
    }
}

fn live(seed: u64, habits: Habits, steps: usize) {
    let mut life = Life::new(seed, habits);
    for _ in 0..steps {
        life.step();
    }
    heal(&life.machine.vfs);
    life.stop(Stop::PowerCut);
    life.look();
}

#[test]
fn thousands_of_random_lives_keep_their_promises() {
    let first = std::env::var("FLYBALL_SIM_FIRST").ok().and_then(|text| text.parse().ok());
    let first: u64 = first.unwrap_or(0);
    for seed in first..first + seeds(1500) {
        live(seed, Habits::Orderly, 80);
    }
}

#[test]
fn a_few_long_lives_keep_their_promises() {
    for seed in 0..seeds(1500) / 100 {
        live(1_000_000 + seed, Habits::Orderly, 1200);
    }
}

#[test]
fn inv_28_thousands_of_messy_lives_keep_their_promises() {
    let first = std::env::var("FLYBALL_SIM_FIRST").ok().and_then(|text| text.parse().ok());
    let first: u64 = first.unwrap_or(0);
    for seed in (first..first + seeds(1500)).map(|seed| 2_000_000 + seed) {
        live(seed, Habits::Messy, 80);
    }
    for seed in 0..seeds(1500) / 100 {
        live(3_000_000 + seed, Habits::Messy, 800);
    }
}

/// Lives that once went wrong, each with its cause.
#[test]
fn failures_of_the_past_stay_fixed() {
    for (seed, _cause) in [
        (189, "a retried flush was taken for a flush of everything"),
        (494, "a checkpoint without its manifest made replay skip rows"),
        (808, "replay renumbered a series, later records meant another one"),
        (1048, "the removal of an unregistered segment was undone by a power cut"),
        (1_000_007, "the removal of an obsolete checkpoint was undone by a power cut"),
        (101_675, "a birth that only the page cache showed was taken for durable"),
        (39_202, "the model did not know that the probe of a full disk syncs, and fails"),
    ] {
        live(seed, Habits::Orderly, if seed < 1_000_000 { 80 } else { 1200 });
    }
    for (seed, _cause) in [
        (
            2_001_294,
            "records saved from a failed sync were saved again behind the floor of a flush",
        ),
        (2_006_157, "a merge made a late sample older than the one whose instant it repeats"),
        (2_009_989, "a file removed when opening came back with a power cut, its number used up"),
        (2_097_727, "the model took a batch without rows for a sign that the journal is well"),
        (2_040_357, "the model took rows that a power cut took for rows that a deletion took"),
    ] {
        live(seed, Habits::Messy, 80);
    }
}

/// A short life that passes through everything; run once per operation with the power going there.
/// Gives the deletion that the power cut left without an answer.
fn script(machine: &Machine, oracle: &mut Oracle, options: &DbOptions) -> Option<Deletion> {
    let vfs = Arc::new(machine.vfs.clone());
    let (db, _) = Db::open(options.clone(), vfs, machine.clock.clone()).ok()?;
    let mut unanswered = None;
    for round in 0..6_i64 {
        script_round(machine, &db, oracle, round);
        let done = match round % 3 {
            0 => db.sync().is_ok(),
            1 => db.flush().is_ok(),
            _ => db.compact_now(true).is_ok(),
        };
        if done {
            oracle.synced();
        }
        if round == 3 {
            let range = (T0 + HOUR, T0 + 3 * HOUR + 1500);
            let deletion = Deletion { label: ("n", "1".into()), range };
            match deletion.ask(&db) {
                Ok(()) => {
                    oracle.delete(&deletion);
                    oracle.flushed();
                }
                Err(_) => unanswered = Some(deletion),
            }
        }
        if round == 4 {
            drop(db.purge());
        }
    }
    let now = machine.now();
    drop(db.maintain(now));
    drop(db.snapshot(std::path::Path::new("/copy")));
    drop(db.close());
    unanswered
}

/// Three batches of two series; from the second on each has a late row, too.
fn script_round(machine: &Machine, db: &Db, oracle: &mut Oracle, round: i64) {
    for n in 0..3 {
        let ms = T0 + round * HOUR + n * 1000;
        machine.clock.jump_wall(Timestamp::from_ms(ms));
        let mut batch = Batch::new(group());
        let mut rows = Vec::new();
        for (series, at) in [(0, ms), (1, ms), (0, ms - 700)] {
            let name = labels("m", series);
            let Ok(id) = db.resolve(group(), &name) else { return };
            let value = (round * 10 + n) as f64;
            if at == ms || n > 0 {
                batch.push(id, Timestamp::from_ms(at), value);
                rows.push(stored(&name, at, &Value::Float(value), 0));
            }
        }
        match db.commit(&batch) {
            Ok(_) => oracle.accept(rows),
            Err(_) => oracle.doubt(rows),
        }
        match db.options().durability {
            Durability::Sync if !machine.vfs.crashed() => oracle.synced(),
            Durability::Sync | Durability::Window => oracle.written(),
        }
    }
}

#[test]
fn inv_21_the_power_may_go_at_every_operation() {
    for durability in [Durability::Window, Durability::Sync] {
        let out_of_order_window = Duration::from_hours(1);
        let options = DbOptions { durability, out_of_order_window, ..Machine::options() };
        let whole = Machine::new(0);
        script(&whole, &mut Oracle::new(), &options);
        let operations = whole.vfs.operations();
        assert!(operations > 100, "{operations}");
        for operation in 0..operations {
            for variant in 0..seeds(1500).div_ceil(500) {
                let mut machine = Machine::new(operation);
                let mut oracle = Oracle::new();
                machine.vfs.crash_at(operation);
                let unanswered = script(&machine, &mut oracle, &options);
                machine.vfs = machine.vfs.after_crash(operation * 31 + variant);
                let context = format!("crash at {operation}, variant {variant}, {durability:?}");
                let (db, report) = machine.open_with(options.clone());
                let cut = report.damage.iter().all(|text| text.starts_with("journal:"));
                assert!(cut && report.orphans == 0, "{report:?}; {context}");
                if let Some(deletion) = unanswered {
                    deletion.ask(&db).unwrap();
                    oracle.delete(&deletion);
                }
                oracle.check_reopened(&db, Stop::PowerCut, &context);
                let before = dump(&db);
                drop(db);
                let (db, _) = machine.open_with(options.clone());
                assert_eq!(dump(&db), before, "INV-21: {context}");
            }
        }
        assert!(
            whole
                .vfs
                .listing()
                .iter()
                .all(|(name, _)| name.starts_with(DIR) || name.starts_with("/copy"))
        );
    }
}
