//! From files to what runs: reads, parses and checks everything that a configuration names.
//! All or nothing: any mistake in any file refuses the whole configuration, with every mistake
//! named. `check config` and a reload take the same way as the start.

mod receivers;
mod routing;
mod rules;
mod shown;

pub(crate) use self::receivers::rehearse;
pub(crate) use self::routing::{IntegrationSpec, Routing};
pub(crate) use self::rules::{GroupDefaults, parse as parse_rules, parse_group};
pub(crate) use self::shown::ShownRouting;

use crate::lines::Mappings;
use crate::{packs, sources};
use ::rules::GroupSpec;
use alerts::Compat;
use commands::console::io_words;
use commands::features::Syntax;
use commands::files::{expand_pattern, fixed_folder, read_text};
use config::{
    BlackboxConfig, ConfigFile, FlyballConfig, LineListen, Outside, PrometheusConfig, Warning,
};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Name under which the built-in rules are shown.
const DEFAULT_RULES_FILE: &str = "built-in";

/// Everything a configuration says.
#[derive(Clone, Debug)]
pub(crate) struct Configuration {
    pub(crate) flyball: FlyballConfig,
    pub(crate) prometheus: PrometheusConfig,
    /// The files without their secrets, for people.
    pub(crate) redacted: String,
    /// Was a prometheus.yml given in the place of a flyball.yml? Then it alone says what runs.
    pub(crate) is_bare_prometheus: bool,
    pub(crate) groups: Vec<GroupSpec>,
    pub(crate) routing: Routing,
    /// Routing as the API shows it.
    pub(crate) shown: ShownRouting,
    /// Modules of probes, where a file names some.
    pub(crate) blackbox: Option<BlackboxConfig>,
    /// What names of StatsD and Graphite become.
    pub(crate) mappings: Mappings,
    /// What is healthy.
    pub(crate) health: vitals::Settings,
    pub(crate) warnings: Vec<Warning>,
    /// Files that were read, for `check config`.
    pub(crate) files: Vec<PathBuf>,
}

/// What is wrong with a configuration; each entry is a message with its place.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub(crate) struct LoadError(pub(crate) Vec<String>);

/// Files that the command line names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Files {
    /// flyball.yml, or a prometheus.yml in its place.
    pub(crate) main: Option<PathBuf>,
    /// alertmanager.yml; stands in for the one that flyball.yml names.
    pub(crate) alertmanager: Option<PathBuf>,
    /// blackbox.yml; stands in for the one that flyball.yml names.
    pub(crate) blackbox: Option<PathBuf>,
}

/// Reads a configuration; without files, the one that needs none. `syntax` says which parts of
/// PromQL rules may use, and how matchers are read.
pub(crate) fn load(files: &Files, syntax: Syntax) -> Result<Configuration, LoadError> {
    let mut loader = Loader { syntax, ..Loader::default() };
    let loaded = loader.load(files);
    match loaded {
        Some(configuration) if loader.mistakes.is_empty() => Ok(configuration),
        _ => Err(LoadError(loader.mistakes)),
    }
}

/// Collects mistakes of all files before giving up.
#[derive(Default)]
struct Loader {
    syntax: Syntax,
    mistakes: Vec<String>,
    warnings: Vec<Warning>,
    redacted: Vec<String>,
    files: Vec<PathBuf>,
}

impl Loader {
    fn load(&mut self, files: &Files) -> Option<Configuration> {
        let main = files.main.as_deref();
        let (mut flyball, prometheus, is_bare_prometheus) = self.main_files(main)?;
        if let Some(path) = &files.alertmanager {
            flyball.alertmanager = Some(path.display().to_string());
        }
        if let Some(path) = &files.blackbox {
            flyball.blackbox = Some(path.display().to_string());
        }
        let prometheus = self.with_scrape_files(prometheus);
        let blackbox = self.blackbox(&flyball);
        self.check_probes(main, &flyball, blackbox.as_ref());
        let mappings = self.mappings(&flyball);
        let health = self.health(main, &flyball);
        self.check_host(main, &flyball);
        let groups = self.rule_groups(&flyball, &prometheus, is_bare_prometheus);
        let (routing, shown) = self.routing(&flyball)?;
        Some(Configuration {
            flyball,
            prometheus,
            redacted: self.redacted.join("---\n"),
            is_bare_prometheus,
            groups,
            routing,
            shown,
            blackbox,
            mappings,
            health,
            warnings: std::mem::take(&mut self.warnings),
            files: std::mem::take(&mut self.files),
        })
    }

    fn main_files(
        &mut self,
        path: Option<&Path>,
    ) -> Option<(FlyballConfig, PrometheusConfig, bool)> {
        let Some(path) = path else { return Some(Default::default()) };
        let name = path.display().to_string();
        let text = self.read(path)?;
        let loaded = config::load_any(&name, &text, &outside());
        match self.keep(loaded)? {
            ConfigFile::Prometheus(prometheus) => {
                Some((FlyballConfig::default(), *prometheus, true))
            }
            ConfigFile::Flyball(flyball) => {
                let prometheus = match &flyball.prometheus {
                    // A mistake there refuses everything, but the other files are read too.
                    Some(path) => self.prometheus(Path::new(path)).unwrap_or_default(),
                    None => PrometheusConfig::default(),
                };
                Some((*flyball, prometheus, false))
            }
        }
    }

    fn prometheus(&mut self, path: &Path) -> Option<PrometheusConfig> {
        let text = self.read(path)?;
        let name = path.display().to_string();
        self.keep(config::prometheus::load(&name, &text, &outside()))
    }

    fn with_scrape_files(&mut self, mut prometheus: PrometheusConfig) -> PrometheusConfig {
        for path in self.expand("scrape_config_files", &prometheus.scrape_config_files.clone()) {
            let Some(text) = self.read(&path) else { continue };
            let name = path.display().to_string();
            let loaded =
                config::prometheus::load_scrape_configs(&name, &text, &prometheus, &outside());
            prometheus.scrape_configs.extend(self.keep(loaded).unwrap_or_default());
        }
        prometheus
    }

    fn blackbox(&mut self, flyball: &FlyballConfig) -> Option<BlackboxConfig> {
        let path = flyball.blackbox.as_deref()?;
        let text = self.read(Path::new(path))?;
        self.keep(config::blackbox::load(path, &text))
    }

    fn mappings(&mut self, flyball: &FlyballConfig) -> Mappings {
        let mut read = |listen: &Option<LineListen>| {
            let path = listen.as_ref()?.mapping_file.as_deref()?;
            let text = self.read(Path::new(path))?;
            self.keep(config::mappings::load(path, &text))
        };
        Mappings {
            statsd: read(&flyball.receive.statsd).unwrap_or_default(),
            graphite: read(&flyball.receive.graphite).unwrap_or_default(),
        }
    }

    /// Each scheduled probe has its module, in the file or built in, and conditions that can be
    /// read.
    fn check_probes(
        &mut self,
        main: Option<&Path>,
        flyball: &FlyballConfig,
        blackbox: Option<&BlackboxConfig>,
    ) {
        let file = main.unwrap_or(Path::new("flyball.yml")).display();
        let mistakes = flyball.probes.iter().flat_map(probe::check);
        let told = mistakes.map(|(place, message)| format!("{file}:{place}: {message}"));
        self.mistakes.extend(told);
        let built_in = probe::built_in();
        let (modules, place) = match (blackbox, flyball.blackbox.as_deref()) {
            (Some(file), Some(path)) => (&file.modules, path),
            // The file has mistakes of its own.
            (None, Some(_)) => return,
            (_, None) => (&built_in.modules, "the built-in modules"),
        };
        // Modules of a worker are its own.
        let is_here = |job: &&config::ScheduledProbe| {
            job.locations.is_empty() || job.locations.iter().any(|at| at == config::HERE)
        };
        for job in flyball.probes.iter().filter(is_here) {
            let of_steps = job.steps.iter().filter_map(|step| step.module.as_ref());
            for module in job.module.iter().chain(of_steps) {
                if modules.contains_key(module) {
                    continue;
                }
                let name = &job.name;
                let names: Vec<&str> = modules.keys().map(String::as_str).collect();
                self.mistakes.push(format!(
                    "probes: `{name}` has the module `{module}`, which is not in {place}; there \
                     are {}",
                    names.join(", ")
                ));
            }
        }
    }

    /// Names of collectors, flags and patterns, which the host collector alone knows.
    fn check_host(&mut self, path: Option<&Path>, flyball: &FlyballConfig) {
        let built = sources::host("", Duration::from_secs(1), &flyball.host);
        // Where there is no such collector, the start says so.
        let refused = built.err().filter(|e| e.kind() != collect::ErrorKind::Unsupported);
        if let Some(error) = refused {
            let file = path.unwrap_or(Path::new("flyball.yml")).display();
            self.mistakes.push(format!("{file}: collect.host: {error}"));
        }
    }

    /// Reads the expressions of health checks.
    fn health(&mut self, path: Option<&Path>, flyball: &FlyballConfig) -> vitals::Settings {
        let read = vitals::Settings::read(&flyball.health, &self.syntax.promql);
        read.unwrap_or_else(|mistakes| {
            let file = path.unwrap_or(Path::new("flyball.yml")).display();
            let told =
                |mistake: vitals::Mistake| format!("{file}:{}: {}", mistake.place, mistake.message);
            self.mistakes.extend(mistakes.into_iter().map(told));
            vitals::Settings::default()
        })
    }

    fn rule_groups(
        &mut self,
        flyball: &FlyballConfig,
        prometheus: &PrometheusConfig,
        is_bare_prometheus: bool,
    ) -> Vec<GroupSpec> {
        let defaults = GroupDefaults::of(prometheus, self.syntax.promql);
        let mut groups = Vec::new();
        if flyball.default_rules.unwrap_or(!is_bare_prometheus) {
            for text in packs::texts(&flyball.rule_packs) {
                groups.extend(self.keep_groups(parse_rules(DEFAULT_RULES_FILE, &text, defaults)));
            }
        } else if flyball.default_rules.is_none() && flyball.alertmanager.is_some() {
            let text = packs::silences(&flyball.rule_packs).unwrap_or_default();
            let mut found = self.keep_groups(parse_rules(DEFAULT_RULES_FILE, &text, defaults));
            found.retain(|group| group.name == packs::SILENCES);
            groups.append(&mut found);
        }
        let patterns = [&flyball.rule_files[..], &prometheus.rule_files[..]].concat();
        let paths = self.expand("rule_files", &patterns);
        let mut known = HashSet::new();
        // As upstream: a file that two patterns name is read once.
        for path in paths.into_iter().filter(|path| known.insert(path.clone())) {
            let Some(text) = self.read(&path) else { continue };
            let name = path.display().to_string();
            groups.extend(self.keep_groups(parse_rules(&name, &text, defaults)));
        }
        groups
    }

    fn routing(&mut self, flyball: &FlyballConfig) -> Option<(Routing, ShownRouting)> {
        let compat = if flyball.strict_notifications { Compat::Strict } else { Compat::Improved };
        let (mut routing, shown) = match &flyball.alertmanager {
            None => {
                let routing = Routing::without_file(&flyball.webhooks, compat);
                let shown = ShownRouting::without_file(&routing);
                (routing, shown)
            }
            Some(path) => {
                let text = self.read(Path::new(path))?;
                let mode = self.syntax.matchers;
                let file = self.keep(config::alertmanager::load_in(mode, path, &text))?;
                let redacted = self.redacted.last().map_or("", String::as_str);
                let shown = ShownRouting::of_file(path, &file, redacted);
                let templates = self.templates(&file.templates);
                (Routing::from_file(file, templates, compat), shown)
            }
        };
        // Templates that cannot be read would be missing everywhere.
        if self.mistakes.is_empty() {
            let path = flyball.alertmanager.as_deref().unwrap_or("notify.webhooks");
            self.rehearse(path, &routing);
        }
        self.redact(&flyball.redact, &mut routing);
        Some((routing, shown))
    }

    fn keep<T>(&mut self, loaded: Result<config::Loaded<T>, config::Error>) -> Option<T> {
        match loaded {
            Ok(loaded) => {
                self.warnings.extend(loaded.warnings);
                self.redacted.push(loaded.redacted);
                Some(loaded.config)
            }
            Err(error) => {
                self.mistakes.extend(error.texts());
                None
            }
        }
    }

    fn keep_groups(
        &mut self,
        parsed: Result<(Vec<GroupSpec>, Vec<Warning>), Vec<config::Problem>>,
    ) -> Vec<GroupSpec> {
        match parsed {
            Ok((groups, warnings)) => {
                self.warnings.extend(warnings);
                groups
            }
            Err(problems) => {
                self.mistakes.extend(problems.iter().map(ToString::to_string));
                Vec::new()
            }
        }
    }

    fn read(&mut self, path: &Path) -> Option<String> {
        self.files.push(path.to_owned());
        read_text(path).map_err(|error| self.mistakes.push(error.to_string())).ok()
    }

    /// Files that the patterns of a key name now; a name without wildcard must exist.
    fn expand(&mut self, key: &str, patterns: &[String]) -> Vec<PathBuf> {
        let mut paths = Vec::new();
        for pattern in patterns {
            match expand_pattern(pattern) {
                Ok(found) => paths.extend(found),
                Err(error) => {
                    self.mistakes.push(format!("cannot list {pattern}: {}", io_words(&error)));
                }
            }
            // Nothing in a folder is an answer; no folder may be a slip.
            let is_gone = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.is_dir();
            if let Some(folder) = fixed_folder(pattern).filter(is_gone) {
                self.warn(pattern, key, format!("there is no folder {}", folder.display()));
            }
        }
        paths
    }

    fn warn(&mut self, file: &str, key: &str, message: String) {
        let (file, key) = (file.to_owned(), key.to_owned());
        self.warnings.push(Warning { file, place: None, key, message, outlook: None });
    }
}

/// The real environment and files, for `${NAME}` and `${file:PATH}`.
pub(crate) fn outside() -> Outside<'static> {
    Outside::new(&|name| std::env::var(name).ok(), &|path| Ok(read_text(Path::new(path))?))
}
