//! Warnings and infos of a query, with Prometheus' texts and the place that caused them.
//! Source of the texts: Prometheus 3.14, `util/annotations`. Equal texts count once.

use crate::evaluate::line_column;
use model::{go_general, quote};
use promql::ast::Place;

/// How loud an annotation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Warning,
    Info,
}

/// Operation that histogram annotations name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HistogramOperation {
    Add,
    Sub,
    Aggregate,
}

impl HistogramOperation {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Add => "addition",
            Self::Sub => "subtraction",
            Self::Aggregate => "aggregation",
        }
    }
}

#[derive(Clone, Debug)]
struct Annotation {
    level: Level,
    text: String,
    place: Place,
}

/// What a query has to say besides its result.
#[derive(Clone, Debug, Default)]
pub(crate) struct Annotations {
    notes: Vec<Annotation>,
    /// Warnings of the store, without a place.
    storage: Vec<String>,
}

/// At most this many different texts are kept per query.
const NOTES_MAX: usize = 1_000;

impl Annotations {
    fn warn(&mut self, place: Place, text: String) {
        self.add(Level::Warning, place, text);
    }

    fn inform(&mut self, place: Place, text: String) {
        self.add(Level::Info, place, text);
    }

    fn add(&mut self, level: Level, place: Place, text: String) {
        if let Some(known) = self.notes.iter_mut().find(|note| note.text == text) {
            known.place = place;
        } else if self.notes.len() < NOTES_MAX {
            self.notes.push(Annotation { level, text, place });
        }
    }

    /// Adds what was noted after these.
    pub(crate) fn add_all(&mut self, other: Self) {
        other.notes.into_iter().for_each(|note| self.add(note.level, note.place, note.text));
        other.storage.into_iter().for_each(|text| self.storage_warning(text));
    }

    pub(crate) fn storage_warning(&mut self, text: String) {
        if !self.storage.contains(&text) {
            self.storage.push(text);
        }
    }

    /// Texts with places, warnings and infos apart; without a source everything is line 1.
    pub(crate) fn render(&self, source: &str) -> (Vec<String>, Vec<String>) {
        let mut warnings = self.storage.clone();
        let mut infos = Vec::new();
        for note in &self.notes {
            let (line, column) = line_column(source, note.place);
            match note.level {
                Level::Warning => {
                    warnings.push(format!("PromQL warning: {} ({line}:{column})", note.text));
                }
                Level::Info => infos.push(format!("PromQL info: {} ({line}:{column})", note.text)),
            }
        }
        (warnings, infos)
    }

    pub(crate) fn invalid_quantile(&mut self, place: Place, quantile: f64) {
        let got = go_general(quantile);
        self.warn(place, format!("quantile value should be between 0 and 1, got {got}"));
    }

    pub(crate) fn invalid_ratio(&mut self, place: Place, ratio: f64, used: f64) {
        let (ratio, used) = (go_general(ratio), go_general(used));
        self.warn(
            place,
            format!("ratio value should be between -1 and 1, got {ratio}, capping to {used}"),
        );
    }

    pub(crate) fn bad_bucket_label(&mut self, place: Place, metric: &str, label: &str) {
        let text =
            format!("bucket label \"le\" is missing or has a malformed value of {}", quote(label));
        self.warn(place, with_metric(text, metric));
    }

    pub(crate) fn mixed_floats_histograms(&mut self, place: Place, metric: &str) {
        let metric = quote(metric);
        self.warn(
            place,
            format!("encountered a mix of histograms and floats for metric name {metric}"),
        );
    }

    pub(crate) fn mixed_floats_histograms_aggregation(&mut self, place: Place) {
        self.warn(place, "encountered a mix of histograms and floats for aggregation".into());
    }

    pub(crate) fn mixed_classic_native(&mut self, place: Place, metric: &str) {
        let text = "vector contains a mix of classic and native histograms".into();
        self.warn(place, with_metric(text, metric));
    }

    pub(crate) fn native_not_counter(&mut self, place: Place, metric: &str) {
        let metric = quote(metric);
        self.warn(place, format!("this native histogram metric is not a counter: {metric}"));
    }

    pub(crate) fn native_not_gauge(&mut self, place: Place, metric: &str) {
        let metric = quote(metric);
        self.warn(place, format!("this native histogram metric is not a gauge: {metric}"));
    }

    pub(crate) fn mixed_exponential_custom(&mut self, place: Place, metric: &str) {
        let text = "vector contains a mix of histograms with exponential and custom buckets \
                    schemas for metric name";
        self.warn(place, format!("{text} {}", quote(metric)));
    }

    pub(crate) fn incompatible_bucket_layout(&mut self, place: Place, operator: &str) {
        self.warn(
            place,
            format!("incompatible bucket layout encountered for binary operator {operator}"),
        );
    }

    pub(crate) fn counter_reset_collision(&mut self, place: Place, operation: HistogramOperation) {
        let operation = operation.as_str();
        self.warn(place, format!("conflicting counter resets during histogram {operation}"));
    }

    pub(crate) fn mismatched_custom_buckets(
        &mut self,
        place: Place,
        operation: HistogramOperation,
    ) {
        let operation = operation.as_str();
        self.inform(place, format!("mismatched custom buckets were reconciled during {operation}"));
    }

    pub(crate) fn sort_in_range_query(&mut self, place: Place) {
        let text =
            "sort is ineffective for range queries since results are always ordered by labels";
        self.warn(place, text.into());
    }

    pub(crate) fn start_time_overlap(&mut self, place: Place, metric: &str) {
        let text = "sample has start time that overlaps with previous sample timestamp for metric";
        self.warn(place, format!("{text} {}", quote(metric)));
    }

    pub(crate) fn possible_non_counter(&mut self, place: Place, metric: &str) {
        let text = "metric might not be a counter, name does not end in \
                    _total/_sum/_count/_bucket:";
        self.inform(place, format!("{text} {}", quote(metric)));
    }

    pub(crate) fn possible_non_counter_label(&mut self, place: Place, metric: &str, kind: &str) {
        let text = "metric might not be a counter, __type__ label is not set to \"counter\" or \
                    \"histogram\"";
        self.inform(place, format!("{text}, got {}: {}", quote(kind), quote(metric)));
    }

    pub(crate) fn forced_monotonicity(&mut self, place: Place, metric: &str) {
        let text = "input to histogram_quantile needed to be fixed for monotonicity (see \
                    https://prometheus.io/docs/prometheus/latest/querying/functions/\
                    #histogram_quantile)";
        self.inform(place, with_metric(text.into(), metric));
    }

    pub(crate) fn incompatible_types(
        &mut self,
        place: Place,
        left: &str,
        operator: &str,
        right: &str,
    ) {
        let text = format!(
            "incompatible sample types encountered for binary operator \"{operator}\": {left} \
             {operator} {right}"
        );
        self.inform(place, text);
    }

    pub(crate) fn histogram_ignored(&mut self, place: Place, aggregation: &str) {
        self.inform(place, format!("ignored histogram in {aggregation} aggregation"));
    }

    pub(crate) fn histogram_ignored_in_range(&mut self, place: Place, metric: &str) {
        let text = "ignored histograms in a range containing both floats and histograms for \
                    metric name";
        self.inform(place, format!("{text} {}", quote(metric)));
    }

    pub(crate) fn quantile_nan_result(&mut self, place: Place, metric: &str) {
        let text = "input to histogram_quantile has NaN observations, result is NaN".into();
        self.inform(place, with_metric(text, metric));
    }

    pub(crate) fn quantile_nan_skew(&mut self, place: Place, metric: &str) {
        let text = "input to histogram_quantile has NaN observations, result is skewed higher";
        self.inform(place, with_metric(text.into(), metric));
    }

    pub(crate) fn fraction_nan(&mut self, place: Place, metric: &str) {
        let text = "input to histogram_fraction has NaN observations, which are excluded from all \
                    fractions";
        self.inform(place, with_metric(text.into(), metric));
    }
}

fn with_metric(text: String, metric: &str) -> String {
    if metric.is_empty() { text } else { format!("{text} for metric name {}", quote(metric)) }
}

#[cfg(test)]
mod tests;
