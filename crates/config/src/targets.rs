//! Groups of targets: `static_configs` and the files that file service discovery reads.
//! Used by `prometheus` for the first and by `discovery` for the second.
//! JSON is read by the YAML parser, of which it is a subset.

use crate::read::{Reader, Section};
use crate::yaml::{Content, Node};
use crate::{Error, Loaded, Outside};
use model::{Labels, LabelsBuilder};

/// Targets with common labels.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct TargetGroup {
    /// Addresses (`host:port`), each the `__address__` of one target.
    pub targets: Vec<String>,
    /// Labels of every target of the group.
    pub labels: Labels,
}

/// Reads a file of file service discovery: a list of groups, as JSON or YAML.
pub fn load_target_groups(path: &str, text: &str) -> Result<Loaded<Vec<TargetGroup>>, Error> {
    let outside = Outside::nothing();
    let (reader, root) = Reader::open(path, text, &outside, &[])?;
    let groups = match &root.content {
        Content::List(items) => items.iter().filter_map(|item| group(&reader, item)).collect(),
        Content::Scalar(_) if root.is_null() => Vec::new(),
        Content::Map(entries) if entries.is_empty() => Vec::new(),
        Content::Map(_) | Content::Scalar(_) => {
            let message = format!("the file is a list of target groups, found {}", root.kind());
            reader.problem(root.place, message);
            Vec::new()
        }
    };
    reader.finish(groups, &root)
}

/// Key `static_configs` of a section.
pub(crate) fn static_configs(section: &Section<'_>) -> Vec<TargetGroup> {
    let items = section.items("static_configs").iter();
    items.filter_map(|item| group(section.reader, item)).collect()
}

fn group(reader: &Reader<'_>, node: &Node) -> Option<TargetGroup> {
    if node.is_null() {
        reader.problem(node.place, "this target group is empty; expected `targets`");
        return None;
    }
    let section = reader.section(node, "static_configs")?;
    let targets = section.texts("targets").unwrap_or_default();
    let labels = section.section("labels", "static_configs.labels");
    let labels = labels.map(|labels| label_set(&labels)).unwrap_or_default();
    section.finish();
    Some(TargetGroup { targets, labels })
}

/// A map of label names to values; names are checked, empty values mean "absent".
pub(crate) fn label_set(section: &Section<'_>) -> Labels {
    let mut builder = LabelsBuilder::default();
    for (name, value) in section.entries() {
        let text = name.scalar().map_or("", |name| name.text.as_str());
        if text.is_empty() {
            section.reader.problem(name.place, "a label name cannot be empty");
        } else if let Some(value) = section.reader.text(value, text) {
            builder.set(text, &value);
        }
    }
    builder.build()
}

/// Addresses that are URLs are refused when no relabelling could repair them.
pub(crate) fn check_addresses(section: &Section<'_>) {
    for item in section.items("static_configs") {
        let Content::Map(entries) = &item.content else { continue };
        let targets = entries
            .iter()
            .find(|(name, _)| name.scalar().is_some_and(|name| name.text == "targets"));
        let Some(Content::List(targets)) = targets.map(|(_, targets)| &targets.content) else {
            continue;
        };
        for target in targets.iter() {
            let text = target.scalar().map_or("", |target| target.text.as_str());
            if text.contains('/') {
                let message = format!(
                    "{} is no host and port; a target has no scheme and no path (see `scheme` and \
                     `metrics_path`)",
                    model::quote(&crate::read::redact_url(text))
                );
                section.reader.problem(target.place, message);
            }
        }
    }
}

#[cfg(test)]
mod tests;
