//! From discovered labels to the address of an Alertmanager: defaults, relabelling, URL.
//! Source: Prometheus 3.14 `notifier.AlertmanagerFromGroup`.

use config::AlertmanagerConfig;
use discovery::{ADDRESS_LABEL, Snapshot};
use model::{Labels, LabelsBuilder};
use std::collections::BTreeSet;
use url::Url;

const SCHEME_LABEL: &str = "__scheme__";
const PATH_LABEL: &str = "__alerts_path__";
/// What clients post alerts to, below the prefix.
const POST_PATH: &str = "api/v2/alerts";

/// What relabelling made of a snapshot.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Endpoints {
    /// Alertmanagers, each once, in the order of discovery.
    pub(super) active: Vec<Url>,
    /// Those that a rule dropped, as they would have been.
    pub(super) dropped: Vec<String>,
    /// Why others are none.
    pub(super) invalid: BTreeSet<String>,
}

/// The Alertmanagers of a snapshot.
pub(super) fn endpoints(config: &AlertmanagerConfig, snapshot: &Snapshot) -> Endpoints {
    let mut found = Endpoints::default();
    for group in &snapshot.groups {
        for target in &group.targets {
            let discovered = discovered(config, target, &group.labels);
            let mut labels = discovered.to_builder();
            if !relabel::apply(&config.relabel_configs, &mut labels) {
                found.dropped.push(shown(&discovered));
                continue;
            }
            match url(&labels) {
                Ok(url) if found.active.contains(&url) => {}
                Ok(url) => found.active.push(url),
                Err(reason) => drop(found.invalid.insert(format!("{discovered}: {reason}"))),
            }
        }
    }
    found
}

/// The settings win over the target's labels, those of its group over the settings.
fn discovered(config: &AlertmanagerConfig, target: &Labels, group: &Labels) -> Labels {
    let mut labels = target.to_builder();
    labels.set(SCHEME_LABEL, &config.scheme);
    labels.set(PATH_LABEL, &post_path(&config.path_prefix));
    for (name, value) in group.iter() {
        if target.get(name).is_none() {
            labels.set(name, value);
        }
    }
    labels.build()
}

/// The prefix and the path of the API as one clean path: no empty part, no `.`, no `..`.
fn post_path(prefix: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in prefix.split('/').chain(POST_PATH.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

fn url(labels: &LabelsBuilder) -> Result<Url, String> {
    let address = labels.get(ADDRESS_LABEL).unwrap_or_default();
    if address.is_empty() || address.contains(['/', '@']) {
        return Err(format!("{} is not a valid hostname", model::quote(address)));
    }
    let base = format!("{}://{address}", labels.get(SCHEME_LABEL).unwrap_or_default());
    let invalid = |why: &dyn std::fmt::Display| format!("invalid URL {base}: {why}");
    let mut url = Url::parse(&base).map_err(|error| invalid(&error))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(invalid(&"expected http or https"));
    }
    url.set_path(labels.get(PATH_LABEL).unwrap_or_default());
    Ok(url)
}

/// The URL of labels that need not make one.
fn shown(labels: &Labels) -> String {
    let [scheme, address, path] =
        [SCHEME_LABEL, ADDRESS_LABEL, PATH_LABEL].map(|name| labels.value(name));
    format!("{scheme}://{address}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_make_clean_paths() {
        let cases = [
            ("", "/api/v2/alerts"),
            ("/", "/api/v2/alerts"),
            ("am", "/am/api/v2/alerts"),
            ("/a//b/", "/a/b/api/v2/alerts"),
            ("/a/../b/.", "/b/api/v2/alerts"),
        ];
        for (prefix, path) in cases {
            assert_eq!(post_path(prefix), path, "{prefix}");
        }
    }
}
