//! Which part of its family a series is, so that a `_created` line finds the series it dates.
//! OpenMetrics 1.0: counters, histograms and summaries may carry `NAME_created` beside their
//! samples; the labels are equal except for `le` and `quantile`.

use model::MetricKind;

/// Part a series plays in a family with creation times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// A sample that began when the instance was created.
    Sample,
    /// The `_created` series itself: seconds since the epoch.
    Created,
}

/// Finds the part of the series `name` in the family `family` of kind `kind`; `None` when the
/// series is not of the family or the kind has no creation times.
pub fn instance_part(name: &str, family: &str, kind: MetricKind) -> Option<Part> {
    let suffix = name.strip_prefix(family)?;
    let is_sample = match kind {
        MetricKind::Counter => suffix == "_total",
        // The bare name is the native form.
        MetricKind::Histogram => matches!(suffix, "" | "_bucket" | "_sum" | "_count"),
        MetricKind::Summary => matches!(suffix, "" | "_sum" | "_count"),
        MetricKind::Unknown
        | MetricKind::Gauge
        | MetricKind::GaugeHistogram
        | MetricKind::Info
        | MetricKind::StateSet => return None,
    };
    match suffix {
        _ if is_sample => Some(Part::Sample),
        "_created" => Some(Part::Created),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn created_lines_date_the_samples_of_their_own_family() {
        let part = |name, kind| instance_part(name, "a", kind);
        for (kind, samples) in [
            (MetricKind::Counter, &["a_total"][..]),
            (MetricKind::Histogram, &["a", "a_bucket", "a_sum", "a_count"]),
            (MetricKind::Summary, &["a", "a_sum", "a_count"]),
        ] {
            for name in ["a", "a_total", "a_bucket", "a_sum", "a_count", "a_gsum", "b_total"] {
                let wanted = samples.contains(&name).then_some(Part::Sample);
                assert_eq!(part(name, kind), wanted, "{name} {kind:?}");
            }
            assert_eq!(part("a_created", kind), Some(Part::Created), "{kind:?}");
        }
        for kind in [MetricKind::Unknown, MetricKind::Gauge, MetricKind::GaugeHistogram] {
            assert_eq!(part("a_created", kind), None, "{kind:?}");
        }
    }
}
