//! Random schedules of everything that happens to samples: order of arrival, sealing, flush, merge,
//! purge, restart, power cut, deletion, the edge of retention. Between any two events the answers
//! are those of plain maps: raw selections bit for bit, PromQL the same over both.
//! `FLYBALL_SIM_SEEDS` sets the number of seeds, `FLYBALL_SIM_FIRST` the first one.

use crate::world::{HOUR, Machine, Seen, T0, dump_range, text};
use model::{
    Appender, Batch, GroupKey, Histogram, Labels, MatchOp, Matcher, RowFault, Span, Timestamp,
    Value, stale_marker,
};
use promql::{ParserOptions, parse_with};
use query::{
    Asked, Cancel, Engine, History, MemoryQuerier, Query, QueryError, QueryOutput, QueryValue,
    RangeCache, StepRange,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use sys::sim::SimRng;
use tsdb::{Db, DbOptions, Durability, Retention};

const STEP_MS: i64 = 15_000;
const SERIES: [&str; 4] = ["requests_total", "temperature", "latency", "mixed"];

/// Selectors, windows, joins, counters across resets, histograms; what a dashboard asks.
const QUESTIONS: &[&str] = &[
    "requests_total",
    "{job=~\"a|b\"} offset 7m",
    "sum by (job) (rate(requests_total[5m]))",
    "increase(requests_total[17m])",
    "irate(requests_total[2m]) > 0",
    "resets(requests_total[1h]) + changes(temperature[30m])",
    "max_over_time(temperature[20m]) - min_over_time(temperature[20m])",
    "quantile_over_time(0.4, temperature[40m:1m])",
    "sum by (job, n) (count_over_time({__name__=~\"temp.*|requests_total\"}[50m]))",
    "last_over_time(mixed[10m]) or latency",
    "timestamp(temperature) - timestamp(requests_total)",
    "histogram_quantile(0.9, sum(rate(latency[10m])))",
    "histogram_count(latency) + on (job, n) group_right () histogram_sum(latency)",
    "topk(3, temperature) unless requests_total > 500",
    "absent_over_time(mixed{n=\"1\"}[15m])",
    "avg by (n) (temperature) * scalar(count(requests_total))",
];

/// What changed in the database.
struct Past<'a>(&'a Db);

impl std::fmt::Debug for Past<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Past")
    }
}

impl History for Past<'_> {
    fn moment(&self) -> Option<u64> {
        Some(self.0.moment())
    }

    fn unchanged_before(&self, moment: u64) -> Option<Timestamp> {
        self.0.unchanged_before(moment)
    }
}

type Plain = BTreeMap<Labels, BTreeMap<i64, Value>>;

struct Schedule {
    seed: u64,
    rng: SimRng,
    machine: Machine,
    options: DbOptions,
    db: Option<Db>,
    /// Answers remembered since the database was opened.
    remembered: RangeCache,
    plain: Plain,
    /// Newest instant of a series that was ever taken, deleted or not.
    newest: BTreeMap<Labels, i64>,
    log: Vec<String>,
}

impl Schedule {
    fn new(seed: u64) -> Self {
        let mut rng = SimRng::new(seed);
        let time = (rng.below(3) == 0).then(|| Duration::from_hours(30));
        let options = DbOptions {
            durability: Durability::Sync,
            out_of_order_window: Duration::from_hours([0, 1, 3][rng.index(3)]),
            retention: Retention { time, size_bytes: None },
            journal_bytes_max: 10_000 + rng.below(100_000),
            cache_bytes_max: [0, 50_000, 1 << 20][rng.index(3)],
            ..Machine::options()
        };
        let (machine, plain, newest, log) =
            (Machine::new(seed), Plain::new(), BTreeMap::new(), Vec::new());
        let (db, remembered) = (None, RangeCache::new(1 << 20));
        let mut schedule = Self { seed, rng, machine, options, db, remembered, plain, newest, log };
        schedule.open();
        schedule
    }

    fn context(&self) -> String {
        format!("seed {} after {:?}", self.seed, self.log)
    }

    fn db(&self) -> &Db {
        self.db.as_ref().unwrap()
    }

    fn open(&mut self) {
        let (db, report) = self.machine.open_with(self.options.clone());
        assert_eq!(report.damage, Vec::<String>::new(), "{}", self.context());
        self.db = Some(db);
        self.remembered = RangeCache::new(1 << 20);
    }

    fn event(&mut self) {
        let event = self.rng.below(20);
        self.log.push(format!("event {event}"));
        match event {
            0..6 => {
                let rows = 1 + self.rng.below(12);
                (0..rows).for_each(|_| self.scrape());
            }
            // Long enough to seal every open run.
            6 => (0..130).for_each(|_| self.scrape()),
            7 => self.wait(),
            8 | 9 => (0..10).for_each(|_| self.arrive_late()),
            10 | 11 => self.delete(),
            12 => drop(self.db().flush().unwrap()),
            13 => drop(self.db().compact_step(self.machine.now()).unwrap()),
            14 => {
                let cold = self.rng.coin();
                self.db().compact_now(cold).unwrap();
            }
            15 => self.db().purge().unwrap(),
            16 => {
                let report = self.db().maintain(self.machine.now());
                assert!(report.errors.is_empty(), "{report:?}; {}", self.context());
            }
            _ => self.stop(),
        }
    }

    fn wait(&mut self) {
        let most = [HOUR, 3 * HOUR, 12 * HOUR][self.rng.index(3)];
        let ms = self.rng.below(most.unsigned_abs());
        self.machine.clock.advance(Duration::from_millis(ms));
    }

    /// A restart, a kill or a power cut; in `sync` mode nothing acknowledged may be missing.
    fn stop(&mut self) {
        if self.rng.coin() {
            self.db().close().unwrap();
        }
        self.db = None;
        let seed = self.rng.next_u64();
        self.machine.vfs = match self.rng.below(3) {
            0 => self.machine.vfs.after_crash(seed),
            _ => self.machine.vfs.after_kill(seed),
        };
        self.open();
    }

    fn labels(&mut self) -> Labels {
        let (job, n) = (["a", "b"][self.rng.index(2)], self.rng.below(2).to_string());
        let name = SERIES[self.rng.index(SERIES.len())];
        Labels::from_pairs([("__name__", name), ("job", job), ("n", &n)])
    }

    fn value(&mut self, labels: &Labels) -> Value {
        let name = labels.value("__name__").to_owned();
        let before = self.plain.get(labels).and_then(|rows| rows.values().next_back());
        let counted = match before {
            Some(Value::Float(value)) if self.rng.below(30) > 0 && value.is_finite() => *value,
            _ => 0.0,
        };
        match (name.as_str(), self.rng.below(20)) {
            (_, 0) => Value::Float(stale_marker()),
            ("requests_total", _) => Value::Float(counted + self.rng.below(40) as f64),
            ("latency", _) | ("mixed", 1..10) => {
                let counts = [1, 2, 3].map(|most| self.rng.below(most * 100) as f64);
                Value::Histogram(Arc::new(Histogram {
                    count: counts.iter().sum(),
                    sum: counts[0] / 3.0,
                    positive_spans: vec![Span { offset: -1, length: 3 }],
                    positive_buckets: counts.to_vec(),
                    ..Histogram::default()
                }))
            }
            (_, 1) => Value::Float(f64::NAN),
            _ => Value::Float(self.rng.below(1000) as f64 / 7.0),
        }
    }

    /// One scrape of one job: most of its series at one instant.
    fn scrape(&mut self) {
        self.machine.clock.advance(Duration::from_millis(STEP_MS.unsigned_abs()));
        let at = self.machine.now().ms();
        let rows: Vec<(Labels, i64)> = (0..5).map(|_| (self.labels(), at)).collect();
        self.commit(rows);
    }

    /// Samples within the window, some at instants that are taken, some before the window.
    fn arrive_late(&mut self) {
        let window = i64::try_from(self.options.out_of_order_window.as_millis()).unwrap();
        let back = self.rng.below((window + 4 * HOUR).unsigned_abs()).cast_signed();
        let mut at = self.machine.now().ms() - back;
        let labels = self.labels();
        if let Some(rows) = self.plain.get(&labels)
            && self.rng.below(4) == 0
            && !rows.is_empty()
        {
            at = *rows.keys().nth(self.rng.index(rows.len())).unwrap();
        }
        self.commit(vec![(labels, at)]);
    }

    /// What was taken is whatever the report does not reject; that it is right to take or reject it
    /// has tests of its own.
    fn commit(&mut self, rows: Vec<(Labels, i64)>) {
        let group = GroupKey::of(&rows[0].0.value("job"));
        let mut batch = Batch::new(group);
        let mut values = Vec::new();
        for (labels, at) in &rows {
            let value = self.value(labels);
            let series = self.db().resolve(group, labels).unwrap();
            let timestamp = Timestamp::from_ms(*at);
            batch.rows.push(model::Row { series, timestamp, value: value.clone(), start: None });
            values.push(value);
        }
        let report = self.db().commit(&batch).unwrap();
        for (place, ((labels, at), value)) in rows.into_iter().zip(values).enumerate() {
            let rejected = report.rejected.iter().find(|rejected| rejected.row == place);
            if let Some(rejected) = rejected {
                let wanted = match rejected.fault {
                    RowFault::DuplicateTimestamp => true,
                    RowFault::OutOfOrder | RowFault::TooOld => self.newest.get(&labels) > Some(&at),
                    _ => false,
                };
                assert!(wanted, "{rejected:?} of {labels} at {at}; {}", self.context());
                continue;
            }
            // The newest sample again is taken for repeated even when it was deleted meanwhile.
            let is_newest = self.newest.get(&labels) == Some(&at);
            let newest = self.newest.entry(labels.clone()).or_insert(at);
            *newest = at.max(*newest);
            if !is_newest {
                self.plain.entry(labels).or_default().entry(at).or_insert(value);
            }
        }
    }

    fn delete(&mut self) {
        let (name, value) = match self.rng.below(3) {
            0 => ("__name__", SERIES[self.rng.index(SERIES.len())].to_owned()),
            1 => ("job", ["a", "b"][self.rng.index(2)].to_owned()),
            _ => ("n", self.rng.below(2).to_string()),
        };
        let from = self.machine.now().ms() - self.rng.below(20 * HOUR.unsigned_abs()).cast_signed();
        let to = from + self.rng.below(2 * HOUR.unsigned_abs()).cast_signed();
        let (start, end) = (Timestamp::from_ms(from), Timestamp::from_ms(to));
        let matcher = Matcher::new(MatchOp::Regex, name, &value).unwrap();
        self.log.push(format!("delete {matcher} from {from} to {to}"));
        self.db().delete(&[vec![matcher.clone()]], start, end).unwrap();
        for (labels, rows) in &mut self.plain {
            if matcher.matches_labels(labels) {
                rows.retain(|at, _| *at < from || *at > to);
            }
        }
    }

    /// The first instant that retention may not touch.
    fn kept_from(&self) -> i64 {
        let kept = self.options.retention.time.map(|time| i64::try_from(time.as_millis()).unwrap());
        kept.map_or(i64::MIN, |kept| self.machine.now().ms() - kept)
    }

    fn check(&mut self) {
        let (from, to) = (self.kept_from().max(T0 - 10 * HOUR), self.machine.now().ms());
        self.check_raw(from, to);
        let middle = from + self.rng.below((to - from).unsigned_abs() + 1).cast_signed();
        self.check_raw(middle, middle + 20 * STEP_MS);
        let mut store = MemoryQuerier::new();
        for (labels, rows) in &self.plain {
            for (at, value) in rows {
                store.push(labels, Timestamp::from_ms(*at), value.clone());
            }
        }
        for _ in 0..2 {
            let question = QUESTIONS[self.rng.index(QUESTIONS.len())];
            // No window reaches back over the edge of retention.
            let first = from.max(T0) + 2 * HOUR;
            let start = first + self.rng.below((to - first).max(1).unsigned_abs()).cast_signed();
            let step = Duration::from_millis(1 + self.rng.below(10 * 60_000));
            let start = Timestamp::from_ms(start);
            let steps = StepRange { start, end: start.saturating_add(step * 12), step };
            self.check_question(&store, question, &steps);
        }
        self.check_remembered();
    }

    /// A dashboard of the latest hours: what is remembered is what evaluation gives.
    fn check_remembered(&mut self) {
        let question = QUESTIONS[self.rng.index(QUESTIONS.len())];
        let step = [5 * 60_000, 15 * 60_000][self.rng.index(2)];
        let now = self.machine.now().ms();
        let start = now - [2, 6][self.rng.index(2)] * HOUR;
        let (start, end) = (Timestamp::from_ms(start - start % step), Timestamp::from_ms(now));
        let steps = StepRange { start, end, step: Duration::from_millis(step.unsigned_abs()) };
        let expr = parse_with(question, &ParserOptions::ALL).unwrap();
        let query = Query { expr: &expr, text: question };
        let (engine, cancel) = (Engine::default(), Cancel::new());
        let history = Past(self.db());
        let asked = Asked { querier: self.db(), history: &history, query };
        let found = self.remembered.range(&engine, asked, &steps, &cancel);
        let want = engine.range(self.db(), query, &steps, &cancel);
        let context = || format!("{question} over {steps:?}; {}", self.context());
        assert_eq!(shown(found), shown(want), "{}", context());
    }

    fn check_raw(&self, from: i64, to: i64) {
        let rows = |rows: &BTreeMap<i64, Value>| -> Vec<Seen> {
            let within = rows.range(from..=to.max(from));
            within.map(|(at, value)| (*at, text(value, 0))).collect()
        };
        let want = self.plain.iter().map(|(labels, all)| (labels.clone(), rows(all)));
        let want: BTreeMap<_, _> = want.filter(|(_, rows)| !rows.is_empty()).collect();
        let found = dump_range(self.db(), from, to.max(from), &[]);
        assert_eq!(found, want, "{from} to {to}; {}", self.context());
    }

    fn check_question(&self, store: &MemoryQuerier, question: &str, steps: &StepRange) {
        let expr = parse_with(question, &ParserOptions::ALL).unwrap();
        let query = Query { expr: &expr, text: question };
        let (engine, cancel) = (Engine::default(), Cancel::new());
        let found = engine.range(self.db(), query, steps, &cancel);
        let want = engine.range(store, query, steps, &cancel);
        let context = || format!("{question} over {steps:?}; {}", self.context());
        assert_eq!(shown(found), shown(want), "{}", context());
    }
}

/// Every bit of an answer as text; a failure (two series of one name at a step) is an answer, too.
fn shown(outcome: Result<QueryOutput, QueryError>) -> Result<Vec<String>, String> {
    let QueryValue::Matrix(matrix) = outcome.map_err(|error| error.to_string())?.value else {
        panic!("a range query gives a matrix")
    };
    let series = matrix.into_iter().map(|series| {
        let points = series.points.iter().map(|(at, value)| (at.ms(), text(value, 0)));
        format!("{} {:?}", series.labels, points.collect::<Vec<_>>())
    });
    Ok(series.collect())
}

#[test]
fn no_schedule_of_events_changes_an_answer() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let first = number("FLYBALL_SIM_FIRST").unwrap_or(0);
    let count = number("FLYBALL_SIM_SEEDS").unwrap_or(1500).div_ceil(30);
    for seed in first..first + count {
        let mut schedule = Schedule::new(seed);
        for _ in 0..40 {
            schedule.event();
            schedule.check();
        }
    }
}
