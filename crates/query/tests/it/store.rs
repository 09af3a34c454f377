//! Data and generators that the tests share. Random numbers come from a seed that failures print.

use model::{
    CounterReset, Histogram, Labels, Matcher, Querier, QuerierError, SampleBuf, SelectHints,
    Selection, Span, TimelineId, Timestamp, Value,
};
use query::MemoryQuerier;
use std::sync::Arc;
use std::time::Duration;

/// A store from series descriptions, one a line, values a minute apart from 0 on.
pub(crate) fn load(script: &str) -> MemoryQuerier {
    let mut store = MemoryQuerier::new();
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let series = promql::parse_series(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        store.load(&series, Timestamp::from_ms(0), Duration::from_mins(1)).unwrap();
    }
    store
}

/// `SplitMix64`: small, fast, good enough to vary tests.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[usize::try_from(self.below(from.len() as u64)).unwrap()]
    }
}

/// Counters and gauges with gaps, resets, staleness markers, NaN and infinities; all series of a
/// `job` share their timestamps unless a sample is missing.
pub(crate) fn random_floats(random: &mut Random) -> MemoryQuerier {
    let mut store = MemoryQuerier::new();
    for job in ["a", "b"] {
        let offset = i64::try_from(random.below(15_000)).unwrap();
        for instance in ["1", "2", "3"] {
            for name in ["requests_total", "temperature"] {
                let pairs = [("__name__", name), ("instance", instance), ("job", job)];
                let labels = Labels::from_pairs(pairs);
                let mut value = 0.0;
                for row in 0..80 {
                    let at = Timestamp::from_ms(offset + row * 15_000);
                    value = next_value(random, name, value);
                    match random.below(40) {
                        0 => {}
                        1 => store.push(&labels, at, Value::Float(model::stale_marker())),
                        2 if name == "temperature" => {
                            let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0];
                            store.push(&labels, at, Value::Float(*random.pick(&odd)));
                        }
                        _ => store.push(&labels, at, Value::Float(value)),
                    }
                }
            }
        }
    }
    store
}

fn next_value(random: &mut Random, name: &str, value: f64) -> f64 {
    if name == "temperature" {
        return random.below(10_000) as f64 / 7.0 - 500.0;
    }
    if random.below(25) == 0 {
        random.below(3) as f64
    } else {
        value + random.below(100) as f64 / 8.0
    }
}

/// Adds native histograms (exponential, custom, mixed with floats) and classic ones.
pub(crate) fn add_histograms(store: &mut MemoryQuerier, random: &mut Random) {
    for instance in ["1", "2"] {
        for (name, custom) in [("latency", false), ("size", true)] {
            let labels = Labels::from_pairs([("__name__", name), ("instance", instance)]);
            let mut counts = [0.0; 4];
            for row in 0..60 {
                let at = Timestamp::from_ms(row * 20_000 + 3_000);
                if random.below(20) == 0 {
                    counts = [0.0; 4];
                }
                for count in &mut counts {
                    *count += random.below(5) as f64;
                }
                let value = match random.below(30) {
                    0 => Value::Float(f64::from(u32::try_from(row).unwrap())),
                    1 => Value::Histogram(Arc::new(Histogram::stale())),
                    _ => Value::Histogram(Arc::new(histogram(random, custom, counts))),
                };
                store.push(&labels, at, value);
            }
        }
        for (index, bound) in ["0.1", "1", "10", "+Inf"].into_iter().enumerate() {
            let pairs = [("__name__", "duration_bucket"), ("instance", instance), ("le", bound)];
            let labels = Labels::from_pairs(pairs);
            for row in 0..60_u32 {
                let count = f64::from(row * (u32::try_from(index).unwrap() + 1));
                let at = Timestamp::from_ms(i64::from(row) * 20_000 + 3_000);
                store.push(&labels, at, Value::Float(count));
            }
        }
    }
}

fn histogram(random: &mut Random, custom: bool, counts: [f64; 4]) -> Histogram {
    let hints = [CounterReset::Unknown, CounterReset::Unknown, CounterReset::Gauge];
    Histogram {
        counter_reset: *random.pick(&hints),
        schema: if custom { model::CUSTOM_BUCKETS_SCHEMA } else { *random.pick(&[0, 1, 3]) },
        zero_threshold: if custom { 0.0 } else { *random.pick(&[0.001, 0.01]) },
        zero_count: if custom { 0.0 } else { 1.0 },
        count: counts.iter().sum::<f64>() + if custom { 0.0 } else { 1.0 },
        sum: counts.iter().sum::<f64>() * 1.5,
        positive_spans: vec![Span { offset: 0, length: 2 }, Span { offset: 1, length: 2 }],
        positive_buckets: counts.to_vec(),
        custom_values: if custom { vec![1.0, 2.0, 4.0, 8.0] } else { Vec::new() },
        ..Histogram::default()
    }
}

/// Says which series share their timestamps, and takes every freedom that it is given, as a
/// database does; answers nothing else differently.
pub(crate) struct WithTimelines(pub(crate) MemoryQuerier);

struct Shared {
    selection: Box<dyn Selection>,
    /// The series come in another order.
    is_reversed: bool,
    /// Floats are zero unless they are staleness markers.
    presence_only: bool,
}

impl Shared {
    fn place(&self, index: usize) -> usize {
        if self.is_reversed { self.selection.len() - 1 - index } else { index }
    }
}

impl Selection for Shared {
    fn len(&self) -> usize {
        self.selection.len()
    }

    fn labels(&self, index: usize) -> &Labels {
        self.selection.labels(self.place(index))
    }

    fn read(&self, index: usize, into: &mut SampleBuf) -> Result<(), QuerierError> {
        self.selection.read(self.place(index), into)?;
        if self.presence_only {
            let known = into.values.iter_mut().filter(|value| !model::is_stale(**value));
            known.for_each(|value| *value = 0.0);
        }
        // Equal columns get equal ids: the hash of the timestamps is as good as the group they
        // belong to.
        let mut id = 0xCBF2_9CE4_8422_2325_u64;
        for time in &into.timestamps {
            id = (id ^ time.unsigned_abs()).wrapping_mul(0x0100_0000_01B3);
        }
        into.timeline = Some(TimelineId(id));
        Ok(())
    }
}

impl Querier for WithTimelines {
    fn select(
        &self,
        start: Timestamp,
        end: Timestamp,
        matchers: &[Matcher],
        hints: &SelectHints<'_>,
    ) -> Result<Box<dyn Selection>, QuerierError> {
        Ok(Box::new(Shared {
            selection: self.0.select(start, end, matchers, hints)?,
            is_reversed: hints.any_order,
            presence_only: hints.presence_only,
        }))
    }

    fn label_names(&self, query: &model::LabelQuery<'_>) -> Result<Vec<String>, QuerierError> {
        self.0.label_names(query)
    }

    fn label_values(
        &self,
        name: &str,
        query: &model::LabelQuery<'_>,
    ) -> Result<Vec<String>, QuerierError> {
        self.0.label_values(name, query)
    }

    fn metadata(
        &self,
        metric: Option<&str>,
        limit: Option<usize>,
    ) -> Result<Vec<model::MetricMetadata>, QuerierError> {
        self.0.metadata(metric, limit)
    }

    fn exemplars(
        &self,
        query: &model::LabelQuery<'_>,
    ) -> Result<Vec<(Labels, Vec<model::Exemplar>)>, QuerierError> {
        self.0.exemplars(query)
    }
}
