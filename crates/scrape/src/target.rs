//! From discovered labels to a target: defaults, relabelling, checks, URL.
//! Order and texts of errors follow Prometheus 3.14 `scrape.PopulateLabels`.

use config::ScrapeConfig;
use discovery::ADDRESS_LABEL;
use model::{INSTANCE_LABEL, JOB_LABEL, Labels, LabelsBuilder};
use std::time::Duration;
use url::Url;

#[cfg(test)]
mod tests;

const SCHEME_LABEL: &str = "__scheme__";
const PATH_LABEL: &str = "__metrics_path__";
const INTERVAL_LABEL: &str = "__scrape_interval__";
const TIMEOUT_LABEL: &str = "__scrape_timeout__";
const PARAM_PREFIX: &str = "__param_";
const META_PREFIX: &str = "__meta_";
/// Labels that begin so never become labels of samples.
const RESERVED_PREFIX: &str = "__";

/// Something to scrape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Labels before relabelling.
    pub discovered: Labels,
    /// Labels of the target's samples.
    pub labels: Labels,
    /// What is fetched.
    pub url: Url,
    /// Time between two scrapes.
    pub interval: Duration,
    /// Longest time a scrape may take.
    pub timeout: Duration,
    /// Names the target across reloads; interval and timeout may change without a new identity.
    pub identity: u64,
}

/// What relabelling made of discovered labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Populated {
    /// A target.
    Kept(Box<Target>),
    /// A rule dropped it.
    Dropped {
        /// Labels before relabelling.
        discovered: Labels,
    },
    /// The labels make no target.
    Invalid {
        /// Labels before relabelling.
        discovered: Labels,
        /// Why.
        reason: String,
    },
}

/// Makes a target of the labels of a discovered target and those of its group.
pub fn populate(config: &ScrapeConfig, target: &Labels, group: &Labels) -> Populated {
    let discovered = discovered(config, target, group);
    let mut labels = discovered.to_builder();
    if !relabel::apply(&config.relabel_configs, &mut labels) {
        return Populated::Dropped { discovered };
    }
    match finish(config, &mut labels) {
        Ok(finished) => Populated::Kept(Box::new(Target { discovered, ..finished })),
        Err(reason) => Populated::Invalid { discovered, reason },
    }
}

/// Labels of target and group with the defaults of the job filled in.
fn discovered(config: &ScrapeConfig, target: &Labels, group: &Labels) -> Labels {
    let mut labels = group.to_builder();
    for (name, value) in target.iter() {
        labels.set(name, value);
    }
    let defaults = [
        (JOB_LABEL, config.job_name.clone()),
        (INTERVAL_LABEL, config::format_duration(config.scrape_interval)),
        (TIMEOUT_LABEL, config::format_duration(config.scrape_timeout)),
        (PATH_LABEL, config.metrics_path.clone()),
        (SCHEME_LABEL, config.scheme.clone()),
    ];
    for (name, value) in defaults {
        set_missing(&mut labels, name, &value);
    }
    for (name, values) in &config.params {
        if let Some(first) = values.first() {
            set_missing(&mut labels, &format!("{PARAM_PREFIX}{name}"), first);
        }
    }
    labels.build()
}

fn set_missing(labels: &mut LabelsBuilder, name: &str, value: &str) {
    if labels.get(name).is_none() {
        labels.set(name, value);
    }
}

/// Checks relabelled labels and builds the target (without its discovered labels).
fn finish(config: &ScrapeConfig, labels: &mut LabelsBuilder) -> Result<Target, String> {
    let address = labels.get(ADDRESS_LABEL).ok_or("no address")?.to_owned();
    if address.contains('/') {
        return Err(format!("{} is not a valid hostname", model::quote(&address)));
    }
    let interval = duration(labels, INTERVAL_LABEL, "interval")?;
    let timeout = duration(labels, TIMEOUT_LABEL, "timeout")?;
    if timeout > interval {
        return Err(format!(
            "scrape timeout cannot be greater than scrape interval ({} > {})",
            model::quote(labels.get(TIMEOUT_LABEL).unwrap_or_default()),
            model::quote(labels.get(INTERVAL_LABEL).unwrap_or_default()),
        ));
    }
    labels.retain(|name, _| !name.starts_with(META_PREFIX));
    set_missing(labels, INSTANCE_LABEL, &address);
    let url = url(config, labels, &address)?;
    let labels = labels.build();
    let identity = identity(&labels, &url);
    let labels = labels.without(|name| name.starts_with(RESERVED_PREFIX));
    Ok(Target { discovered: Labels::empty(), labels, url, interval, timeout, identity })
}

fn duration(labels: &LabelsBuilder, name: &str, what: &str) -> Result<Duration, String> {
    let text = labels.get(name).unwrap_or_default();
    let duration = config::parse_duration(text)
        .map_err(|error| format!("error parsing scrape {what}: {error}"))?;
    if duration.is_zero() {
        return Err(format!("scrape {what} cannot be 0"));
    }
    Ok(duration)
}

fn url(config: &ScrapeConfig, labels: &LabelsBuilder, address: &str) -> Result<Url, String> {
    let scheme = labels.get(SCHEME_LABEL).unwrap_or_default();
    let base = format!("{scheme}://{address}");
    let mut url =
        Url::parse(&base).map_err(|error| format!("invalid target URL {base}: {error}"))?;
    if url.host_str().is_none_or(str::is_empty) {
        return Err(format!("invalid target URL {base}: no host"));
    }
    url.set_path(labels.get(PATH_LABEL).unwrap_or_default());
    let query = query(config, labels);
    url.set_query(Some(query.as_str()).filter(|query| !query.is_empty()));
    Ok(url)
}

/// Parameters sorted by name; the first value of each is that of its `__param_` label.
fn query(config: &ScrapeConfig, labels: &LabelsBuilder) -> String {
    let mut params: Vec<(String, Vec<String>)> = config.params.clone();
    for (name, value) in labels.iter() {
        let Some(name) = name.strip_prefix(PARAM_PREFIX) else { continue };
        match params.iter_mut().find(|(known, values)| known == name && !values.is_empty()) {
            Some((_, values)) => value.clone_into(&mut values[0]),
            None => params.push((name.to_owned(), vec![value.to_owned()])),
        }
    }
    params.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, values) in &params {
        query.extend_pairs(values.iter().map(|value| (name, value)));
    }
    query.finish()
}

/// FNV-1a over labels and URL: the same in every process, so that phases survive restarts.
fn identity(labels: &Labels, url: &Url) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut eat = |text: &str| {
        for byte in text.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    let stays = |name: &str| name != INTERVAL_LABEL && name != TIMEOUT_LABEL;
    for (name, value) in labels.iter().filter(|(name, _)| stays(name)) {
        eat(name);
        eat(value);
    }
    eat(url.as_str());
    hash
}
