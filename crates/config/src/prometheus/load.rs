//! Reads prometheus.yml: top-level keys, and what belongs to no larger section.
//! Sections are read in modules of their own; rules that span sections are checked here.

mod alerting;
mod global;
mod remote;
mod scrape;
mod sections;
mod service_discovery;
mod shared;
mod shown;

use super::{GlobalConfig, PrometheusConfig, ScrapeConfig};
use crate::prometheus::unsupported::UNSUPPORTED;
use crate::read::{Reader, Section};
use crate::{Error, Loaded, Outside};
use std::collections::HashMap;

pub(crate) use sections::tracing as read_tracing;

/// Reads a whole prometheus.yml; `path` names it in messages and is where relative paths start.
pub fn load(
    path: &str,
    text: &str,
    outside: &Outside<'_>,
) -> Result<Loaded<PrometheusConfig>, Error> {
    let (reader, root) = Reader::open(path, text, outside, UNSUPPORTED)?;
    let config = reader.section(&root, "").map(read_file).unwrap_or_default();
    let shown = shown::with_defaults(&root, &config);
    reader.finish(config, &shown)
}

/// Reads a file named by `scrape_config_files`: only `scrape_configs`, defaults from the main file.
///
/// `main` holds the jobs known so far, whose names are taken; the caller adds the result to them.
pub fn load_scrape_configs(
    path: &str,
    text: &str,
    main: &PrometheusConfig,
    outside: &Outside<'_>,
) -> Result<Loaded<Vec<ScrapeConfig>>, Error> {
    let (reader, root) = Reader::open(path, text, outside, UNSUPPORTED)?;
    let configs = reader.section(&root, "").map(|section| {
        let configs = scrape_configs(&section, &main.global, &main.scrape_configs);
        section.finish();
        configs
    });
    reader.finish(configs.unwrap_or_default(), &root)
}

fn read_file(file: Section<'_>) -> PrometheusConfig {
    let global = file.section("global", "global").map(global::read).unwrap_or_default();
    let config = PrometheusConfig {
        rule_files: globs(&file, "rule_files"),
        scrape_config_files: globs(&file, "scrape_config_files"),
        scrape_configs: scrape_configs(&file, &global, &[]),
        alerting: file
            .section("alerting", "alerting")
            .map(|section| alerting::read(section, &global))
            .unwrap_or_default(),
        storage: file.section("storage", "storage").map(sections::storage).unwrap_or_default(),
        otlp: sections::otlp(&file, &global),
        remote_write: remote::write(&file, &global),
        global,
    };
    if let Some(runtime) = file.section("runtime", "runtime") {
        sections::runtime(runtime);
    }
    if let Some(node) = file.get("tracing") {
        sections::tracing(&file, node);
    }
    remote::read(&file);
    file.finish();
    config
}

/// Paths whose last part alone may be a glob, joined with the directory of the file.
fn globs(file: &Section<'_>, key: &'static str) -> Vec<String> {
    let mut paths = Vec::new();
    for item in file.items(key) {
        let Some(path) = file.reader.text(item, key) else { continue };
        // Upstream: `^[^*]*(\*[^/]*)?$`
        let after_star = path.split_once('*').map_or("", |(_, after)| after);
        if after_star.contains('/') {
            let message = format!("`{key}`: only the last part of a path may be a glob");
            file.reader.problem(item.place, message);
        }
        paths.push(file.reader.join_directory(&path));
    }
    paths
}

/// The jobs of a file; their names differ from each other and from those of `taken`.
fn scrape_configs(
    file: &Section<'_>,
    global: &GlobalConfig,
    taken: &[ScrapeConfig],
) -> Vec<ScrapeConfig> {
    let mut configs: Vec<ScrapeConfig> = Vec::new();
    let mut lines = HashMap::new();
    for item in file.items("scrape_configs") {
        let Some(found) = scrape::read(file.reader, item, global) else { continue };
        let name = &found.config.job_name;
        let first = lines.insert(name.clone(), found.name_place.line);
        let first = match first {
            Some(line) => Some(format!("in line {line}")),
            None => taken.iter().any(|job| job.job_name == *name).then(|| "in another file".into()),
        };
        if let Some(first) = first {
            let message = format!("job {} is already defined {first}", model::quote(name));
            file.reader.problem(found.name_place, message);
        }
        configs.push(found.config);
    }
    configs
}
