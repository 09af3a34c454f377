//! What the tests share: a simulated machine with a database, and short ways to write and read.

use model::{
    Appender, Batch, BatchReport, GroupKey, Labels, Matcher, Querier, RowFault, SampleBuf,
    SelectHints, SeriesRef, Timestamp, Value,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use sys::sim::{SimClock, SimVfs};
use sys::{Clock, Vfs};
use tsdb::{Db, DbOptions, OpenReport};

pub(crate) const DIR: &str = "/data";
/// An instant at the start of a two-hour window and of a day: 2023-11-15T00:00:00Z.
pub(crate) const T0: i64 = 1_700_006_400_000;
pub(crate) const HOUR: i64 = 3_600_000;

/// A machine: disk and clock.
pub(crate) struct Machine {
    pub(crate) vfs: SimVfs,
    pub(crate) clock: Arc<SimClock>,
}

impl Machine {
    pub(crate) fn new(seed: u64) -> Self {
        let clock = Arc::new(SimClock::new(Timestamp::from_ms(T0)));
        Self { vfs: SimVfs::new(seed), clock }
    }

    pub(crate) fn options() -> DbOptions {
        DbOptions { free_bytes_min: 0, ..DbOptions::new(DIR) }
    }

    pub(crate) fn open(&self) -> (Db, OpenReport) {
        self.open_with(Self::options())
    }

    pub(crate) fn open_with(&self, options: DbOptions) -> (Db, OpenReport) {
        Db::open(options, Arc::new(self.vfs.clone()), self.clock.clone()).unwrap()
    }

    pub(crate) fn at(&self, ms: i64) {
        self.clock.jump_wall(Timestamp::from_ms(ms));
        self.clock.advance_monotonic(Duration::from_secs(10));
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

pub(crate) fn labels(metric: &str, n: usize) -> Labels {
    Labels::from_pairs([("__name__", metric), ("n", &n.to_string()), ("job", "test")])
}

pub(crate) fn group() -> GroupKey {
    GroupKey::of(&"test")
}

/// Resolves and commits one row.
pub(crate) fn put(db: &Db, labels: &Labels, ms: i64, value: f64) -> BatchReport {
    let series = db.resolve(group(), labels).unwrap();
    commit(db, &[(series, ms, Value::Float(value))])
}

pub(crate) fn commit(db: &Db, rows: &[(SeriesRef, i64, Value)]) -> BatchReport {
    db.commit(&batch(rows)).unwrap()
}

pub(crate) fn faults(report: &BatchReport) -> Vec<RowFault> {
    report.rejected.iter().map(|rejection| rejection.fault).collect()
}

pub(crate) fn batch(rows: &[(SeriesRef, i64, Value)]) -> Batch {
    let mut batch = Batch::new(group());
    for (series, ms, value) in rows {
        let timestamp = Timestamp::from_ms(*ms);
        batch.rows.push(model::Row {
            series: *series,
            timestamp,
            value: value.clone(),
            start: None,
        });
    }
    batch
}

/// A sample as a test compares it: float bits, or the debug text of a histogram, and the start.
pub(crate) type Seen = (i64, String);

/// Samples by series.
pub(crate) type Dump = BTreeMap<Labels, Vec<Seen>>;

/// Everything the database holds within a range.
pub(crate) fn dump_range(db: &Db, start: i64, end: i64, matchers: &[Matcher]) -> Dump {
    let (start, end) = (Timestamp::from_ms(start), Timestamp::from_ms(end));
    let selection = db.select(start, end, matchers, &SelectHints::default()).unwrap();
    let mut found = BTreeMap::new();
    let mut previous: Option<Labels> = None;
    let mut samples = SampleBuf::default();
    let mut reader = selection.reader();
    for index in 0..selection.len() {
        let labels = selection.labels(index).clone();
        assert!(previous.as_ref().is_none_or(|p| *p < labels), "INV-3: series increase");
        match index % 2 {
            0 => selection.read(index, &mut samples).unwrap(),
            _ => reader.read(index, &mut samples).unwrap(),
        }
        assert!(samples.timestamps.is_sorted_by(|a, b| a < b), "INV-3: samples increase");
        if !samples.is_empty() {
            found.insert(labels.clone(), seen(&samples));
        }
        previous = Some(labels);
    }
    found
}

pub(crate) fn dump(db: &Db) -> Dump {
    dump_range(db, i64::MIN, i64::MAX, &[])
}

fn seen(samples: &SampleBuf) -> Vec<Seen> {
    let mut histograms = samples.histograms.iter().peekable();
    (0..samples.len())
        .map(|i| {
            let start = samples.starts.get(i).copied().unwrap_or(0);
            let value = match histograms.next_if(|(index, _)| *index == i) {
                Some((_, histogram)) => Value::Histogram(Arc::clone(histogram)),
                None => Value::Float(samples.values[i]),
            };
            (samples.timestamps[i], text(&value, start))
        })
        .collect()
}

/// The bits of a value as text.
pub(crate) fn text(value: &Value, start: i64) -> String {
    match value {
        Value::Float(value) => format!("{:016x} {start}", value.to_bits()),
        Value::Histogram(h) => {
            let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            format!(
                "{:?} {:?} {} {:x?} {:?} {:x?} {:?} {:x?} {:x?} {start}",
                h.counts,
                h.counter_reset,
                h.schema,
                bits(&[h.zero_threshold, h.zero_count, h.count, h.sum]),
                h.positive_spans,
                bits(&h.positive_buckets),
                h.negative_spans,
                bits(&h.negative_buckets),
                bits(&h.custom_values),
            )
        }
    }
}

/// A file or directory of the one tenant.
pub(crate) fn tenant(name: &str) -> PathBuf {
    Path::new(DIR).join("tenants/anonymous").join(name)
}

impl Machine {
    /// The machine after its process was killed.
    pub(crate) fn killed(&self) -> Self {
        Self { vfs: self.vfs.after_kill(1), clock: self.clock.clone() }
    }

    /// The machine after a power cut.
    pub(crate) fn without_power(&self, seed: u64) -> Self {
        Self { vfs: self.vfs.after_crash(seed), clock: self.clock.clone() }
    }

    /// Names of the files in a directory of the tenant.
    pub(crate) fn files(&self, dir: &str) -> Vec<String> {
        let entries = self.vfs.read_dir(&tenant(dir)).unwrap().into_iter();
        entries.filter(|entry| !entry.is_dir).map(|entry| entry.name).collect()
    }

    /// Registered and other segment files, by name.
    pub(crate) fn segment_files(&self) -> Vec<PathBuf> {
        let dir = Path::new(DIR).join("tenants/anonymous/segments");
        let names = self.vfs.read_dir(&dir).unwrap().into_iter().map(|entry| entry.name);
        names
            .filter(|name| name.strip_suffix(".seg").is_some())
            .map(|name| dir.join(name))
            .collect()
    }
}
