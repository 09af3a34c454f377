//! The files of one system, and what of them works.

use crate::board_files;
use crate::check::named;
use crate::load::{self, Configuration, Files, LoadError};
use ::rules::{GroupSpec, RuleSpec};
use commands::features::Syntax;
use config::{Outlook, PrometheusConfig, RemoteSdConfig, Warning};
use dashboards::{FindingKind, INPUT_BYTES_MAX};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What was found in one file, or in one set of them. Lines name their place where they have one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) title: String,
    /// Counted, by kind.
    pub(super) works: Vec<String>,
    /// Not acted on yet.
    pub(super) later: Vec<String>,
    /// Not acted on, dropped or shown in another way.
    pub(super) never: Vec<String>,
    /// What else to know.
    pub(super) notes: Vec<String>,
    /// Files that are named and are not here.
    pub(super) missing: Vec<String>,
    /// Mistakes for which a start would refuse the files.
    pub(super) refused: Vec<String>,
}

impl Part {
    fn of(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    fn warned(&mut self, warnings: &[Warning]) {
        for warning in warnings {
            let lines = match warning.outlook {
                Some(Outlook::Later) => &mut self.later,
                Some(Outlook::Never) => &mut self.never,
                None => &mut self.notes,
            };
            lines.push(warning.to_string());
        }
    }

    /// Files that a start needs and files that only scrapes and deliveries need.
    fn named_files(&mut self, configuration: &Configuration) {
        let findings = named::check(configuration);
        self.missing.extend(findings.mistakes);
        self.missing.extend(findings.warnings);
    }
}

/// prometheus.yml with its rules, scrape configurations and lists of targets.
pub(super) fn prometheus(path: &Path, files: &Files, syntax: Syntax) -> Part {
    let mut part = Part::of(path.display().to_string());
    match load::load(files, syntax) {
        Ok(configuration) => {
            let prometheus = &configuration.prometheus;
            part.works.extend(jobs(prometheus));
            part.works.extend(rules(&configuration.groups));
            let remotes = prometheus.remote_write.len();
            if remotes > 0 {
                part.works.push(counted(
                    remotes,
                    "remote write endpoint",
                    "remote write endpoints",
                ));
            }
            let alertmanagers = prometheus.alerting.alertmanagers.len();
            if alertmanagers > 0 {
                let groups = counted(alertmanagers, "group", "groups");
                part.works.push(format!("{groups} of external Alertmanagers"));
            }
            part.warned(&configuration.warnings);
            part.named_files(&configuration);
        }
        Err(LoadError(mistakes)) => part.refused = mistakes,
    }
    part
}

fn jobs(prometheus: &PrometheusConfig) -> Option<String> {
    let count = prometheus.scrape_configs.len();
    let mut ways = BTreeSet::new();
    for job in &prometheus.scrape_configs {
        if !job.discovery.static_configs.is_empty() {
            ways.insert("static_configs");
        }
        if !job.discovery.file_sd_configs.is_empty() {
            ways.insert("file_sd_configs");
        }
        ways.extend(job.discovery.remote.iter().map(RemoteSdConfig::key));
    }
    let ways: Vec<&str> = ways.into_iter().collect();
    let by = if ways.is_empty() { String::new() } else { format!(" by {}", ways.join(", ")) };
    (count > 0).then(|| format!("{}{by}", counted(count, "scrape job", "scrape jobs")))
}

fn rules(groups: &[GroupSpec]) -> Option<String> {
    let is_alert = |rule: &&RuleSpec| matches!(rule, RuleSpec::Alerting(_));
    let all: Vec<&RuleSpec> = groups.iter().flat_map(|group| &group.rules).collect();
    let alerting = all.iter().copied().filter(is_alert).count();
    let files: BTreeSet<&str> = groups.iter().map(|group| group.file.as_str()).collect();
    (!all.is_empty()).then(|| {
        format!(
            "{} and {} in {}",
            counted(alerting, "alerting rule", "alerting rules"),
            counted(all.len() - alerting, "recording rule", "recording rules"),
            counted(files.len(), "file", "files"),
        )
    })
}

/// alertmanager.yml with its templates.
pub(super) fn alertmanager(path: &Path, syntax: Syntax) -> Part {
    let mut part = Part::of(path.display().to_string());
    let files = Files { alertmanager: Some(path.to_owned()), ..Files::default() };
    match load::load(&files, syntax) {
        Ok(configuration) => {
            let mut kinds: Vec<&str> =
                configuration.routing.configured().map(|(_, one)| one.kind.name()).collect();
            let integrations = kinds.len();
            kinds.sort_unstable();
            kinds.dedup();
            let kinds =
                if kinds.is_empty() { String::new() } else { format!(": {}", kinds.join(", ")) };
            part.works.push("the routing tree".to_owned());
            let count = counted(integrations, "integration", "integrations");
            part.works.push(format!("{count} of receivers{kinds}"));
            part.warned(&configuration.warnings);
            part.named_files(&configuration);
        }
        Err(LoadError(mistakes)) => part.refused = mistakes,
    }
    part
}

/// blackbox.yml.
pub(super) fn blackbox(path: &Path, text: Result<String, String>) -> Part {
    let name = path.display().to_string();
    let mut part = Part::of(&name);
    let loaded = text.map_err(|reason| vec![reason]);
    let loaded =
        loaded.and_then(|text| config::blackbox::load(&name, &text).map_err(|error| error.texts()));
    match loaded {
        Ok(loaded) => {
            part.works.push(counted(loaded.config.modules.len(), "module", "modules"));
            part.warned(&loaded.warnings);
        }
        Err(mistakes) => part.refused = mistakes,
    }
    part
}

/// Dashboards of Grafana, in folders or as files.
pub(super) fn grafana(paths: &[PathBuf]) -> Part {
    let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let mut part = Part::of(names.join(", "));
    let (mut whole, mut lossy) = (0, 0);
    for file in board_files::files(&names) {
        let path = &file.path;
        let imported = file
            .content
            .and_then(|bytes| dashboards::import(&bytes).map_err(|error| error.to_string()));
        let imported = match imported {
            Ok(imported) => imported,
            Err(reason) => {
                part.refused.push(format!("{path}: {reason}"));
                continue;
            }
        };
        let lost = |kind: FindingKind| kind != FindingKind::Changed;
        let losses: Vec<_> = imported.report.iter().filter(|one| lost(one.kind)).collect();
        if losses.is_empty() {
            whole += 1;
        } else {
            lossy += 1;
        }
        part.never.extend(
            losses.into_iter().map(|loss| {
                format!("{path}: {}: {}: {}", loss.path, loss.kind.word(), loss.message)
            }),
        );
    }
    if whole > 0 {
        let boards = counted(whole, "dashboard", "dashboards");
        part.works.push(format!("{boards} without a loss"));
    }
    if lossy > 0 {
        let boards = counted(lossy, "dashboard", "dashboards");
        part.works.push(format!("{boards} with losses that are listed below"));
    }
    if whole + lossy == 0 && part.refused.is_empty() {
        let mib = INPUT_BYTES_MAX >> 20;
        part.notes.push(format!("there are no files *.json (of at most {mib} MiB) there"));
    }
    part
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
