//! Random data: targets with resets, gaps, staleness, odd floats, histograms of all kinds, samples
//! that come late or twice. Timestamps are multiples of 100 ms and never whole seconds: queries at
//! whole seconds with whole durations have no sample on the edge of a window.

use super::{Feed, Sample};
use model::{CounterReset, Histogram, HistogramCounts, Labels, Span, Value};
use std::sync::Arc;
use sys::sim::SimRng;

/// What the data are like.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// The first scrape is at most 30 s later; a multiple of one hour, so that the same seed gives
    /// the same data at another time.
    pub base_ms: i64,
    /// Time that the data cover.
    pub span_ms: i64,
    /// Native histograms: exponential and custom ones, with changing layouts, gauges, mixed with
    /// floats.
    pub histograms: bool,
    /// NaN, infinities and negative zero among the gauges.
    pub odd_floats: bool,
    /// Samples that come late or twice.
    pub disorder: bool,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            base_ms: 0,
            span_ms: 15 * 60_000,
            histograms: true,
            odd_floats: true,
            disorder: true,
        }
    }
}

/// Random data of a shape.
pub fn generate(random: &mut SimRng, shape: &Shape) -> Feed {
    let mut batches = Vec::new();
    for job in ["a", "b"] {
        for instance in ["1", "2", "3"] {
            if !random.chance(200) {
                Target::new(random, shape, job, instance).scrape(random, shape, &mut batches);
            }
        }
    }
    batches.sort_by_key(|batch: &Vec<Sample>| batch.first().map_or(0, |sample| sample.at_ms));
    if shape.disorder {
        disturb(random, &mut batches);
    }
    Feed { batches }
}

/// Holds some samples back and sends some again, with the same value or another one.
fn disturb(random: &mut SimRng, batches: &mut Vec<Vec<Sample>>) {
    let mut extra = Vec::new();
    for (index, batch) in batches.iter_mut().enumerate() {
        if random.chance(30) && batch.len() > 1 {
            let late = batch.swap_remove(random.index(batch.len()));
            extra.push((index + 1 + random.index(6), late));
        }
        if random.chance(30) {
            let mut again = batch[random.index(batch.len())].clone();
            if let Value::Float(value) = &mut again.value
                && random.coin()
            {
                *value += 1.0;
            }
            extra.push((index + 1 + random.index(3), again));
        }
    }
    // From the end, so that positions stay what they are.
    extra.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    for (at, sample) in extra {
        batches.insert(at.min(batches.len()), vec![sample]);
    }
}

/// A target: series that share their timestamps.
struct Target {
    series: Vec<(Labels, Source)>,
    interval_ms: i64,
    phase_ms: i64,
}

impl Target {
    fn new(random: &mut SimRng, shape: &Shape, job: &str, instance: &str) -> Self {
        let mut series = Vec::new();
        let mut add = |name: &str, extra: Option<(&str, &str)>, source: Source| {
            let pairs = [("__name__", name), ("job", job), ("instance", instance)];
            series.push((Labels::from_pairs(pairs.into_iter().chain(extra)), source));
        };
        for path in ["/", "/buy"] {
            add("requests_total", Some(("path", path)), Source::Counter(whole(random, 1000)));
        }
        add("temperature", None, Source::Gauge);
        add("ratio", None, Source::Ratio);
        add("state", None, Source::State);
        add("up", None, Source::Up);
        let version = if random.coin() { "1.0" } else { "2.0" };
        add("target_info", Some(("version", version)), Source::One);
        let observed = [whole(random, 50), whole(random, 50), whole(random, 50), whole(random, 50)];
        for (index, bound) in ["0.1", "0.5", "2", "+Inf"].into_iter().enumerate() {
            add("latency_seconds_bucket", Some(("le", bound)), Source::Bucket(index));
        }
        add("latency_seconds_count", None, Source::Bucket(3));
        add("latency_seconds_sum", None, Source::LatencySum);
        if shape.histograms {
            add("rtt_seconds", None, Source::Native(Layout::random(random)));
            add("size_bytes", None, Source::Custom(Layout::random(random)));
            add("mixed", None, Source::Mixed(Layout::random(random)));
        }
        let interval_ms = [10_000, 15_000, 30_000][random.index(3)];
        let phase_ms = 1000 * small(random, 10) + 100 * (2 + small(random, 7));
        let mut target = Self { series, interval_ms, phase_ms };
        target.series.push((Labels::empty(), Source::Latency(observed)));
        target
    }

    /// Rows of samples over the whole time.
    fn scrape(mut self, random: &mut SimRng, shape: &Shape, batches: &mut Vec<Vec<Sample>>) {
        let mut at = shape.base_ms + self.phase_ms;
        let end = shape.base_ms + shape.span_ms;
        while at < end {
            if random.chance(20) {
                let rows = 1 + small(random, 12);
                if random.coin() {
                    batches.push(self.vanish(at));
                }
                at += rows * self.interval_ms;
                continue;
            }
            let jitter = if random.chance(50) { 100 * (small(random, 3) - 1) } else { 0 };
            let batch = self.row(random, shape, at + jitter);
            if !batch.is_empty() {
                batches.push(batch);
            }
            at += self.interval_ms;
        }
    }

    fn row(&mut self, random: &mut SimRng, shape: &Shape, at_ms: i64) -> Vec<Sample> {
        let observed = self.observe(random);
        let mut batch = Vec::new();
        for (labels, source) in &mut self.series {
            let Some(value) = source.next(random, shape, observed) else { continue };
            let missing = random.chance(25);
            let stale = !missing && random.chance(8);
            let value = if stale { Value::Float(model::stale_marker()) } else { value };
            if !missing {
                batch.push(Sample { labels: labels.clone(), at_ms, value });
            }
        }
        batch
    }

    /// What the classic histogram has counted, after this scrape.
    fn observe(&mut self, random: &mut SimRng) -> [f64; 4] {
        let Some((_, Source::Latency(counts))) = self.series.last_mut() else { return [0.0; 4] };
        if random.chance(20) {
            *counts = [0.0; 4];
        }
        for count in counts.iter_mut() {
            *count += whole(random, 6);
        }
        *counts
    }

    fn vanish(&self, at_ms: i64) -> Vec<Sample> {
        let real = self.series.iter().filter(|(labels, _)| !labels.is_empty());
        let marker = |source: &Source| match source {
            Source::Native(_) | Source::Custom(_) => Value::Histogram(Arc::new(Histogram::stale())),
            _ => Value::Float(model::stale_marker()),
        };
        let gone = |(labels, source): &(Labels, Source)| Sample {
            labels: labels.clone(),
            at_ms,
            value: marker(source),
        };
        real.map(gone).collect()
    }
}

/// Where the values of a series come from.
enum Source {
    /// Grows, sometimes starts again.
    Counter(f64),
    /// Multiples of 1/64, so that sums are exact in any order.
    Gauge,
    /// Floats with all digits.
    Ratio,
    /// Few different values.
    State,
    Up,
    One,
    /// Not a series: the observations that the buckets count.
    Latency([f64; 4]),
    Bucket(usize),
    LatencySum,
    Native(Layout),
    Custom(Layout),
    Mixed(Layout),
}

impl Source {
    fn next(&mut self, random: &mut SimRng, shape: &Shape, observed: [f64; 4]) -> Option<Value> {
        Some(Value::Float(match self {
            Self::Latency(_) => return None,
            Self::Counter(value) => {
                *value =
                    if random.chance(40) { whole(random, 5) } else { *value + whole(random, 60) };
                *value
            }
            Self::Gauge if shape.odd_floats && random.chance(30) => {
                [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0][random.index(4)]
            }
            Self::Gauge => whole(random, 20_000) / 64.0 - 100.0,
            Self::Ratio => whole(random, 1 << 50) / (1_u64 << 50) as f64,
            Self::State => whole(random, 4),
            Self::Up => f64::from(u8::from(!random.chance(100))),
            Self::One => 1.0,
            Self::Bucket(index) => observed[..=*index].iter().sum(),
            Self::LatencySum => {
                observed.iter().zip([0.05, 0.25, 1.25, 4.0]).map(|(n, v)| n * v).sum()
            }
            Self::Native(layout) => return Some(layout.exponential(random)),
            Self::Custom(layout) => return Some(layout.custom(random)),
            Self::Mixed(layout) => {
                return Some(match random.index(5) {
                    0 => Value::Float(whole(random, 100)),
                    1 => layout.custom(random),
                    _ => layout.exponential(random),
                });
            }
        }))
    }
}

/// How a native histogram is laid out, and what it has counted.
struct Layout {
    schema: i32,
    zero_threshold: f64,
    bounds: Vec<f64>,
    counts: [f64; 6],
    gauge: bool,
    negative: bool,
}

impl Layout {
    fn random(random: &mut SimRng) -> Self {
        let gauge = random.chance(200);
        let mut layout = Self {
            schema: 0,
            zero_threshold: 0.0,
            bounds: Vec::new(),
            counts: [0.0; 6],
            gauge,
            negative: random.coin(),
        };
        layout.change(random);
        layout
    }

    fn change(&mut self, random: &mut SimRng) {
        self.schema = [-1, 0, 1, 3][random.index(4)];
        self.zero_threshold = [0.001, 0.001, 0.01, 0.3][random.index(4)];
        self.bounds = match random.index(3) {
            0 => vec![1.0, 2.0, 4.0, 8.0, 16.0],
            1 => vec![1.0, 4.0, 16.0],
            _ => vec![-1.0, 0.0, 2.0, 4.0, 8.0],
        };
    }

    fn count(&mut self, random: &mut SimRng) {
        if random.chance(40) {
            self.counts = [0.0; 6];
        }
        for count in &mut self.counts {
            *count += whole(random, 5);
        }
    }

    fn exponential(&mut self, random: &mut SimRng) -> Value {
        if random.chance(40) {
            self.change(random);
        }
        self.count(random);
        let [zero, one, two, three, four, five] = self.counts;
        let negative = if self.negative { vec![four, five] } else { Vec::new() };
        let spans = |offset, lengths: &[u32]| -> Vec<Span> {
            let later = lengths.iter().skip(1).map(|length| Span { offset: 2, length: *length });
            let first = lengths.iter().take(1).map(|length| Span { offset, length: *length });
            first.chain(later).collect()
        };
        let histogram = Histogram {
            counts: HistogramCounts::Integer,
            counter_reset: if self.gauge { CounterReset::Gauge } else { CounterReset::Unknown },
            schema: self.schema,
            zero_threshold: self.zero_threshold,
            zero_count: zero,
            count: zero + one + two + three + negative.iter().sum::<f64>(),
            sum: one * 0.75 + two * 1.5 + three * 6.0 - negative.iter().sum::<f64>(),
            positive_spans: spans(0, &[2, 1]),
            positive_buckets: vec![one, two, three],
            negative_spans: if self.negative { spans(1, &[1, 1]) } else { Vec::new() },
            negative_buckets: negative,
            custom_values: Vec::new(),
        };
        Value::Histogram(Arc::new(histogram))
    }

    fn custom(&mut self, random: &mut SimRng) -> Value {
        if random.chance(40) {
            self.change(random);
        }
        self.count(random);
        let buckets = self.counts[..=self.bounds.len()].to_vec();
        let length = u32::try_from(buckets.len()).expect("six buckets at most");
        let histogram = Histogram {
            counts: HistogramCounts::Integer,
            counter_reset: if self.gauge { CounterReset::Gauge } else { CounterReset::Unknown },
            schema: model::CUSTOM_BUCKETS_SCHEMA,
            count: buckets.iter().sum(),
            sum: buckets.iter().enumerate().map(|(index, count)| index as f64 * count).sum(),
            positive_spans: vec![Span { offset: 0, length }],
            positive_buckets: buckets,
            custom_values: self.bounds.clone(),
            ..Histogram::default()
        };
        Value::Histogram(Arc::new(histogram))
    }
}

/// A whole number below `bound`, as a float.
fn whole(random: &mut SimRng, bound: u64) -> f64 {
    random.below(bound) as f64
}

/// A whole number below `bound`.
fn small(random: &mut SimRng, bound: u64) -> i64 {
    i64::try_from(random.below(bound)).expect("bounds are small")
}
