//! From labels as a sender wrote them to a label set: checked, sorted, empty values dropped.
//! Done once per series; rules follow upstream's write handler (`labels.IsValid`, duplicate check).

use crate::receiver::ReceiverOptions;
use model::{GroupKey, INSTANCE_LABEL, JOB_LABEL, Labels, METRIC_NAME};
use wire::WireError;
use wire::remote_write::LabelPairs;

/// Reads the labels of a series. Malformed bytes fail the request (outer error), a label set that
/// is not valid costs its series (inner error, a sentence).
pub(crate) fn read(
    mut labels: LabelPairs<'_>,
    options: &ReceiverOptions,
) -> Result<Result<Labels, String>, WireError> {
    let mut pairs = Vec::new();
    while let Some((name, value)) = labels.next_pair()? {
        if pairs.len() >= options.labels_max {
            return Ok(Err(format!("more than {} labels", options.labels_max)));
        }
        if let Err(fault) = check(name, value, options) {
            return Ok(Err(fault));
        }
        pairs.push((name, value));
    }
    Ok(build(pairs))
}

/// Names and values are UTF-8 already: `wire` checked it.
fn check(name: &str, value: &str, options: &ReceiverOptions) -> Result<(), String> {
    if name.is_empty() {
        return Err("a label without a name".into());
    }
    let (name_len, name_max) = (name.len(), options.label_name_bytes_max);
    if name_len > name_max {
        return Err(format!("a label name of {name_len} bytes, at most {name_max} accepted"));
    }
    let (value_len, value_max) = (value.len(), options.label_value_bytes_max);
    if value_len > value_max {
        return Err(format!("label {name} of {value_len} bytes, at most {value_max} accepted"));
    }
    Ok(())
}

fn build(mut pairs: Vec<(&str, &str)>) -> Result<Labels, String> {
    pairs.sort_by_key(|(name, _)| *name);
    if let Some(twice) = pairs.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(format!("label {} twice", twice[0].0));
    }
    pairs.retain(|(_, value)| !value.is_empty());
    if !pairs.iter().any(|(name, _)| *name == METRIC_NAME) {
        return Err("no metric name".into());
    }
    Ok(Labels::from_sorted(pairs))
}

/// Series of one target share job and instance, and usually their timestamps.
pub(crate) fn group_of(labels: &Labels) -> GroupKey {
    GroupKey::of(&(labels.value(JOB_LABEL), labels.value(INSTANCE_LABEL)))
}
