//! Random questions over the generated data: well-formed PromQL, mostly sensible, sometimes not.

mod operators;
mod vectors;

use crate::question::{Question, Time};
use sys::sim::SimRng;

/// Which PromQL is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Everything that the oracle knows, at instants that fall on samples and window edges.
    Full,
    /// What Prometheus 2.42 knows too, at instants that fall on no edge: seconds that are 3 more
    /// than a multiple of five, with durations that are multiples of five.
    Shared,
}

/// A source of questions about data that begin at `base_ms` and last for `span_ms`.
#[derive(Debug)]
pub struct Questions<'r> {
    random: &'r mut SimRng,
    language: Language,
    base_ms: i64,
    span_ms: i64,
}

/// Series with the same labels `job` and `instance`.
const GAUGES: &[&str] = &["temperature", "ratio", "state", "up", "target_info"];
/// Series that grow.
const COUNTERS: &[&str] =
    &["requests_total", "latency_seconds_count", "latency_seconds_sum", "latency_seconds_bucket"];
const LABELS: &[&str] = &["job", "instance", "path", "le", "version", "nowhere"];

impl<'r> Questions<'r> {
    /// Questions about data of this time.
    pub fn new(random: &'r mut SimRng, language: Language, base_ms: i64, span_ms: i64) -> Self {
        Self { random, language, base_ms, span_ms }
    }

    /// The next question.
    pub fn next_question(&mut self) -> Question {
        let depth = 1 + self.random.index(4);
        let query = match self.random.index(30) {
            0 => self.scalar(depth),
            1 => self.sort(depth),
            _ => self.vector(depth),
        };
        Question { query, time: self.time() }
    }

    fn time(&mut self) -> Time {
        let at_ms = self.instant();
        if self.one_in(4) {
            return Time::Instant { at_ms };
        }
        let step_ms = self.duration_ms(0, 240);
        let steps = i64::try_from(self.random.below(10)).unwrap_or(0);
        Time::Range { start_ms: at_ms, end_ms: at_ms + steps * step_ms, step_ms }
    }

    /// Milliseconds; near the data, sometimes a little outside.
    fn instant(&mut self) -> i64 {
        let fine = self.one_in(2);
        let unit = match self.language {
            Language::Full if fine => 100,
            Language::Full => 1000,
            Language::Shared => 5000,
        };
        let units = u64::try_from(self.span_ms / unit).unwrap_or(1) + 6;
        let phase = if self.language == Language::Shared { 3000 } else { 0 };
        self.base_ms + i64::try_from(self.random.below(units)).unwrap_or(0) * unit + phase
    }

    /// More than `min` and up to `max` seconds in milliseconds.
    fn duration_ms(&mut self, min: u64, max: u64) -> i64 {
        let unit = if self.language == Language::Shared || self.one_in(2) { 5 } else { 1 };
        let units = min / unit + 1 + self.random.below((max - min) / unit);
        i64::try_from(units * unit * 1000).unwrap_or(1000)
    }

    /// `5m`, `90s`
    fn duration(&mut self, min: u64, max: u64) -> String {
        promql::format_duration(self.duration_ms(min, max))
    }

    /// `5m`, `-90s`
    fn offset(&mut self) -> String {
        let sign = if self.one_in(5) { "-" } else { "" };
        format!("{sign}{}", self.duration(0, 180))
    }

    fn one_in(&mut self, cases: usize) -> bool {
        self.random.index(cases) == 0
    }

    fn is_full(&self) -> bool {
        self.language == Language::Full
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        from[self.random.index(from.len())]
    }

    fn number(&mut self) -> &'static str {
        self.pick(&[
            "0", "1", "2", "3", "0.5", "-1", "10", "100", "0.1", "-2.5", "1e3", "NaN", "Inf",
            "-Inf",
        ])
    }

    fn quantile(&mut self) -> &'static str {
        self.pick(&["0.5", "0.9", "0.1", "0.99", "0", "1", "0.37", "-1", "2", "NaN"])
    }

    fn scalar(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.number().to_owned();
        }
        match self.random.index(if self.is_full() { 10 } else { 7 }) {
            0 | 1 => self.number().to_owned(),
            2 => "time()".to_owned(),
            3 => "pi()".to_owned(),
            4 => format!("scalar({})", self.vector(depth - 1)),
            5 => {
                let op = self.arithmetic();
                format!("({} {op} {})", self.scalar(depth - 1), self.scalar(depth - 1))
            }
            6 => {
                let op = self.comparison();
                format!("({} {op} bool {})", self.scalar(depth - 1), self.scalar(depth - 1))
            }
            7 => self.pick(&["start()", "end()", "step()", "range()"]).to_owned(),
            _ => {
                let name = self.pick(&["min_of", "max_of"]);
                format!("{name}({}, {})", self.scalar(depth - 1), self.scalar(depth - 1))
            }
        }
    }

    fn sort(&mut self, depth: usize) -> String {
        if self.is_full() && self.one_in(4) {
            let name = self.pick(&["sort_by_label", "sort_by_label_desc"]);
            let label = self.pick(LABELS);
            return format!("{name}({}, \"{label}\")", self.vector(depth));
        }
        format!("{}({})", self.pick(&["sort", "sort_desc"]), self.vector(depth))
    }
}
