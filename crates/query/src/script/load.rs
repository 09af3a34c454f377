//! The samples of a `load` command: the first lies at the epoch, and of two lines for one series
//! the later one counts. Source: Prometheus 3.14, `loadCmd`.

use super::{ScriptError, nhcb};
use crate::MemoryQuerier;
use model::{Labels, Timestamp};
use promql::script::{Load, LoadSeries};
use promql::series::SeriesDescription;
use std::collections::BTreeMap;
use std::time::Duration;

pub(super) fn samples(load: &Load) -> Result<MemoryQuerier, ScriptError> {
    let start = Timestamp::from_ms(0);
    let step = Duration::from_millis(load.step_ms.unsigned_abs());
    let by_labels: BTreeMap<&Labels, &LoadSeries> =
        load.series.iter().map(|series| (&series.labels, series)).collect();
    let mut samples = MemoryQuerier::new();
    for LoadSeries { line, labels, values, starts } in by_labels.into_values() {
        let series = SeriesDescription { labels: labels.clone(), values: values.clone() };
        samples
            .load_with_starts(&series, (start, step), starts)
            .map_err(|error| ScriptError { line: *line, message: error.to_string() })?;
    }
    if load.with_nhcb {
        let converted = nhcb::convert(&samples);
        samples.extend(converted);
    }
    samples.note_resets();
    Ok(samples)
}
