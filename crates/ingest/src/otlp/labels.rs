//! Labels of a point: its attributes, promoted ones of its resource and scope, job and instance.
//! Precedence as upstream's `createAttributes`: job and instance, then the point, then the rest.

use super::names::label_name;
use config::OtlpConfig;
use model::{INSTANCE_LABEL, JOB_LABEL, METRIC_NAME};
use std::ops::Range;
use wire::WireError;
use wire::otlp::{Attributes, Scope};
use wire::remote_write::put_label;

/// Attributes of a resource that name the instance rather than describe it.
const IDENTIFYING: [&str; 3] = ["service.name", "service.namespace", "service.instance.id"];

/// Most attributes of one point, resource or scope: more are no labels anybody can store.
const ATTRIBUTES_MAX: usize = 1024;

/// Names and values in one text; buffers are kept from point to point.
pub(crate) struct LabelSet {
    /// A longer value grows no further: its series is refused for it.
    value_bytes_max: usize,
    text: String,
    pairs: Vec<(Range<usize>, Range<usize>)>,
}

impl LabelSet {
    pub(crate) const fn new(value_bytes_max: usize) -> Self {
        Self { value_bytes_max, text: String::new(), pairs: Vec::new() }
    }

    fn clear(&mut self) {
        self.text.clear();
        self.pairs.clear();
    }

    fn put(&mut self, text: &str) -> Range<usize> {
        let begin = self.text.len();
        self.text.push_str(text);
        begin..self.text.len()
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.pairs.iter().position(|(found, _)| self.text[found.clone()] == *name)
    }

    /// Adds a label; one of that name gets its value behind a semicolon.
    fn join(&mut self, name: &str, value: &str) {
        match self.position(name) {
            // Each step copies the whole: without a bound, a megabyte could become gigabytes.
            Some(index) if self.pairs[index].1.len() > self.value_bytes_max => {}
            Some(index) => {
                let both = format!("{};{value}", &self.text[self.pairs[index].1.clone()]);
                self.pairs[index].1 = self.put(&both);
            }
            None => self.push(name, value),
        }
    }

    fn push(&mut self, name: &str, value: &str) {
        let pair = (self.put(name), self.put(value));
        self.pairs.push(pair);
    }

    fn push_if_absent(&mut self, name: &str, value: &str) {
        if self.position(name).is_none() {
            self.push(name, value);
        }
    }

    fn replace(&mut self, name: &str, value: &str) {
        let place = self.put(value);
        if let Some(index) = self.position(name) {
            self.pairs[index].1 = place;
        } else {
            let name = self.put(name);
            self.pairs.push((name, place));
        }
    }

    fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (&self.text[name.clone()], &self.text[value.clone()]))
    }

    /// Appends the labels of one series: the name, one label of its own, and these.
    pub(crate) fn put_series(&self, name: &str, own: Option<(&str, &str)>, out: &mut Vec<u8>) {
        put_label(METRIC_NAME, name, out);
        if let Some((name, value)) = own {
            put_label(name, value, out);
        }
        let is_own = |name: &str| name == METRIC_NAME || own.is_some_and(|(own, _)| own == name);
        for (name, value) in self.iter().filter(|(name, value)| !is_own(name) && !value.is_empty())
        {
            put_label(name, value, out);
        }
    }
}

/// What all points of a resource share.
#[derive(Default)]
pub(crate) struct ResourceLabels {
    job: Option<String>,
    instance: Option<String>,
    /// Attributes in the order of their keys.
    all: Vec<(String, String)>,
    promoted: Vec<(String, String)>,
}

fn sorted(mut attributes: Attributes<'_>) -> Result<Vec<(&str, String)>, WireError> {
    let mut found = Vec::new();
    while let Some((key, value)) = attributes.next_pair()? {
        let mut text = String::new();
        value.put_text(&mut text)?;
        if found.len() < ATTRIBUTES_MAX {
            found.push((key, text));
        }
    }
    found.sort_by_key(|(key, _)| *key);
    Ok(found)
}

impl ResourceLabels {
    pub(crate) fn read(attributes: Attributes<'_>, config: &OtlpConfig) -> Result<Self, WireError> {
        let all = sorted(attributes)?;
        let value = |key: &str| {
            let found = all.iter().find(|(found, _)| *found == key);
            found.map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
        };
        let job = value("service.name").map(|name| match value("service.namespace") {
            Some(namespace) => format!("{namespace}/{name}"),
            None => name,
        });
        let instance = value("service.instance.id");
        let is_promoted = |key: &str| {
            let is_in = |list: &[String]| list.iter().any(|listed| listed == key);
            if config.promote_all_resource_attributes {
                !is_in(&config.ignore_resource_attributes)
            } else {
                is_in(&config.promote_resource_attributes)
            }
        };
        let named =
            |(key, value): &(&str, String)| (label_name(key, config).into_owned(), value.clone());
        let promoted = all.iter().filter(|(key, _)| is_promoted(key)).map(named).collect();
        let kept =
            |key: &str| config.keep_identifying_resource_attributes || !IDENTIFYING.contains(&key);
        let all = all.iter().filter(|(key, _)| kept(key)).map(named).collect();
        Ok(Self { job, instance, all, promoted })
    }

    /// Labels of `target_info`; none when the resource says nothing or cannot be named.
    pub(crate) fn target_info(&self, value_bytes_max: usize) -> Option<LabelSet> {
        if self.all.is_empty() || (self.job.is_none() && self.instance.is_none()) {
            return None;
        }
        let mut labels = LabelSet::new(value_bytes_max);
        for (name, value) in &self.all {
            labels.join(name, value);
        }
        self.identify(&mut labels);
        Some(labels)
    }

    fn identify(&self, labels: &mut LabelSet) {
        for (name, value) in [(JOB_LABEL, &self.job), (INSTANCE_LABEL, &self.instance)] {
            if let Some(value) = value {
                labels.replace(name, value);
            }
        }
    }

    /// Replaces `labels` by those of a point.
    pub(crate) fn of_point(
        &self,
        attributes: Attributes<'_>,
        scope: &[(String, String)],
        config: &OtlpConfig,
        labels: &mut LabelSet,
    ) -> Result<(), WireError> {
        labels.clear();
        for (key, value) in sorted(attributes)? {
            labels.join(&label_name(key, config), &value);
        }
        for (name, value) in self.promoted.iter().chain(scope) {
            labels.push_if_absent(name, value);
        }
        self.identify(labels);
        Ok(())
    }
}

/// Labels that a scope gives its points, when it is told to.
pub(crate) fn scope_labels(
    scope: &Scope<'_>,
    config: &OtlpConfig,
) -> Result<Vec<(String, String)>, WireError> {
    if !config.promote_scope_metadata {
        return Ok(Vec::new());
    }
    let mut labels = vec![
        ("otel_scope_name".to_owned(), scope.name.to_owned()),
        ("otel_scope_version".to_owned(), scope.version.to_owned()),
        ("otel_scope_schema_url".to_owned(), scope.schema_url.to_owned()),
    ];
    for (key, value) in sorted(scope.attributes)? {
        let name = format!("otel_scope_{key}");
        labels.push((label_name(&name, config).into_owned(), value));
    }
    Ok(labels)
}

#[cfg(test)]
mod tests;
