//! Values in the notation in which they are read, so that what a test found can be pasted into its
//! script. Source of the histogram form: Prometheus 3.14, `FloatHistogram.TestExpression`.

use super::{SeriesHistogram, SeriesValue};
use model::{CounterReset, Histogram, Span, go_general, is_stale};
use std::fmt::{Display, Formatter, Result};

/// Longest list of buckets that is written out; gaps between spans are zeroes in this notation.
const BUCKETS_MAX: usize = 1_000;

/// `_`, `1.5`, `stale`, `{{schema:1 count:3}}`, `+{{count:1}}`
impl Display for SeriesValue {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Gap => f.write_str("_"),
            Self::Float(value) if is_stale(*value) => f.write_str("stale"),
            Self::Float(value) => f.write_str(&go_general(*value)),
            Self::Histogram(histogram) => histogram.fmt(f),
            Self::HistogramStep(op, histogram) => write!(f, "{op}{histogram}"),
        }
    }
}

/// `{{schema:1 count:3 sum:2 buckets:[1 2] offset:-1}}`; what is zero is left out, and the hint
/// when it was not written. A list above 1,000 buckets ends in `...`, which does not parse.
impl Display for SeriesHistogram {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Histogram { schema, count, sum, zero_count, zero_threshold, .. } = *self.histogram;
        let mut parts = Vec::new();
        if schema != 0 {
            parts.push(format!("schema:{schema}"));
        }
        let numbers = [
            ("count", count),
            ("sum", sum),
            ("z_bucket", zero_count),
            ("z_bucket_w", zero_threshold),
        ];
        let told = numbers.into_iter().filter(|(_, number)| *number != 0.0);
        parts.extend(told.map(|(key, number)| format!("{key}:{}", go_general(number))));
        let histogram = &*self.histogram;
        if !histogram.custom_values.is_empty() {
            parts.push(format!("custom_values:{}", list(&histogram.custom_values)));
        }
        if self.hint_written {
            parts.push(format!("counter_reset_hint:{}", hint(histogram.counter_reset)));
        }
        for (spans, counts, keys) in [
            (&histogram.positive_spans, &histogram.positive_buckets, ("offset", "buckets")),
            (&histogram.negative_spans, &histogram.negative_buckets, ("n_offset", "n_buckets")),
        ] {
            buckets(spans, counts, keys, &mut parts);
        }
        write!(f, "{{{{{}}}}}", parts.join(" "))
    }
}

fn hint(reset: CounterReset) -> &'static str {
    match reset {
        CounterReset::Unknown => "unknown",
        CounterReset::Reset => "reset",
        CounterReset::NotReset => "not_reset",
        CounterReset::Gauge => "gauge",
    }
}

/// The buckets of one side as one run from the first to the last.
fn buckets(
    spans: &[Span],
    counts: &[f64],
    (offset, list_key): (&str, &str),
    parts: &mut Vec<String>,
) {
    let Some(first) = spans.first().filter(|_| !counts.is_empty()) else { return };
    let mut run = Vec::new();
    let mut counts = counts.iter();
    for (index, span) in spans.iter().enumerate() {
        let gap = if index == 0 { 0 } else { usize::try_from(span.offset).unwrap_or(0) };
        run.extend(std::iter::repeat_n(0.0, gap.min(BUCKETS_MAX + 1)));
        run.extend(counts.by_ref().take(span.length as usize));
        if run.len() > BUCKETS_MAX {
            break;
        }
    }
    if first.offset != 0 {
        parts.push(format!("{offset}:{}", first.offset));
    }
    parts.push(format!("{list_key}:{}", list(&run)));
}

fn list(numbers: &[f64]) -> String {
    let shown = numbers.iter().take(BUCKETS_MAX).map(|number| go_general(*number));
    let mut shown: Vec<String> = shown.collect();
    if numbers.len() > BUCKETS_MAX {
        shown.push("...".into());
    }
    format!("[{}]", shown.join(" "))
}
