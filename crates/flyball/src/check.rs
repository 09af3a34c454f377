//! `flyball check`: finds mistakes in files before a start or a reload does, on the same way.
//! Output and exit codes are promtool's; the mistakes have places, carets and hints of our own.

mod convention;
mod lint;
pub(crate) mod named;
mod routing;
#[cfg(test)]
mod tests;

use crate::board_files;
use crate::cli::{CheckCommand, CheckConfig, CheckRules, FeatureArgs, LintArgs};
use crate::load::{self, Configuration, Files, GroupDefaults, LoadError};
use ::rules::GroupSpec;
use commands::console::{Console, Mark, Verdict, indented, io_words};
use commands::features::{Features, Syntax};
use commands::files;
use config::{ConfigFile, GlobalConfig, UnknownKeys, Warning};
use promql::ParserOptions;
use std::fs;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Longest standard input that is read: 64 MiB, half a million series of text.
const STDIN_BYTES_MAX: u64 = 64 << 20;
/// Other files of a folder that are named when a file is not there.
const NEIGHBOURS_MAX: usize = 5;

/// Runs one of the checks.
pub(crate) fn run(command: &CheckCommand, console: &mut Console<'_>) -> io::Result<Verdict> {
    match command {
        CheckCommand::Config(args) => configs(args, console),
        CheckCommand::Rules(args) => rule_files(args, console),
        CheckCommand::WebConfig(list) => web_configs(&list.files, console),
        CheckCommand::Metrics { extended } => {
            note_waiting("metrics", console)?;
            let text = read_stdin()?;
            convention::run(&text, *extended, console)
        }
    }
}

fn configs(args: &CheckConfig, console: &mut Console<'_>) -> io::Result<Verdict> {
    let languages = match languages(&args.features, console)? {
        Ok(languages) => languages,
        Err(reason) => return failed(&[reason], console),
    };
    let mut worst = Verdict::Good;
    for file in &args.files {
        console.say(format_args!("Checking {}", file.display()))?;
        let verdict = match refuse_file(file, Kind::Config) {
            _ if Kind::is_alertmanager(file) => {
                routing::check(file, languages.matchers, args.syntax_only, console)?
            }
            Some(reason) => failed(&[reason], console)?,
            None if args.syntax_only => syntax(file, console)?,
            None => config(file, &args.lint, languages, console)?,
        };
        worst = worst.max(verdict);
    }
    Ok(worst)
}

/// One file without the files that it names.
fn syntax(file: &Path, console: &mut Console<'_>) -> io::Result<Verdict> {
    let name = file.display().to_string();
    let text = match files::read_text(file) {
        Ok(text) => text,
        Err(error) => return failed(&[error.to_string()], console),
    };
    match config::load_any(&name, &text, &load::outside()) {
        Ok(loaded) => {
            warned(&loaded.warnings, console)?;
            let kind = match loaded.config {
                ConfigFile::Flyball(_) => "flyball",
                ConfigFile::Prometheus(_) => "prometheus",
            };
            valid(&name, kind, console)
        }
        Err(error) => failed(&error.texts(), console),
    }
}

/// One file with everything that it names.
fn config(
    file: &Path,
    lint: &LintArgs,
    languages: Syntax,
    console: &mut Console<'_>,
) -> io::Result<Verdict> {
    let files = Files { main: Some(file.to_owned()), ..Files::default() };
    let configuration = match load::load(&files, languages) {
        Ok(configuration) => configuration,
        Err(LoadError(mistakes)) => return failed(&mistakes, console),
    };
    let findings = named::check(&configuration);
    warned(&configuration.warnings, console)?;
    for warning in &findings.warnings {
        console.mark("  ", Mark::Warning, indented(warning, "  "))?;
    }
    if !findings.mistakes.is_empty() {
        return failed(&findings.mistakes, console);
    }
    let boards = dashboard_files(&configuration, console)?;
    if boards == Verdict::Bad {
        return Ok(boards);
    }
    let rule_files = own_rule_files(&configuration);
    if !rule_files.is_empty() {
        let found = format!("{} rule files found", rule_files.len());
        console.mark("  ", Mark::Success, found)?;
    }
    let kind = if configuration.is_bare_prometheus { "prometheus" } else { "flyball" };
    let mut worst = valid(&file.display().to_string(), kind, console)?;
    let long = match lookback(lint) {
        Ok(lookback) => lint::long_intervals(&configuration, lint.lint, lookback),
        Err(reason) => return failed(&[reason], console),
    };
    worst = worst.max(linted(&long, lint, console)?);
    for name in rule_files {
        console.say(format_args!("Checking {name}"))?;
        let groups = configuration.groups.iter().filter(|group| group.file == name);
        worst = worst.max(rules_found(&name, groups, &[], lint, console)?);
        console.say("")?;
    }
    Ok(worst)
}

/// Files of provisioned dashboards: a bad one costs only itself, but is a mistake.
fn dashboard_files(
    configuration: &Configuration,
    console: &mut Console<'_>,
) -> io::Result<Verdict> {
    let folders = &configuration.flyball.dashboards;
    if folders.is_empty() {
        return Ok(Verdict::Good);
    }
    let provisioned = dashboards::Provisioned::of(board_files::files(folders));
    let trouble = |trouble: &dashboards::Trouble| format!("{}: {}", trouble.path, trouble.message);
    let mistakes: Vec<String> = provisioned.troubles().iter().map(trouble).collect();
    if !mistakes.is_empty() {
        return failed(&mistakes, console);
    }
    console.mark("  ", Mark::Success, format_args!("{} dashboards found", provisioned.len()))?;
    Ok(Verdict::Good)
}

/// Rule files that the configuration names, in its order; the built-in rules are none.
fn own_rule_files(configuration: &Configuration) -> Vec<String> {
    let own = &configuration.flyball.rule_files;
    let patterns = own.iter().chain(&configuration.prometheus.rule_files);
    // Patterns that cannot be expanded were mistakes of the load.
    let paths = patterns.flat_map(|pattern| files::expand_pattern(pattern).unwrap_or_default());
    paths.map(|path| path.display().to_string()).collect()
}

fn lookback(lint: &LintArgs) -> Result<Duration, String> {
    let text = &lint.lookback_delta;
    config::parse_duration(text).map_err(|error| format!("--lookback-delta={text}: {error}"))
}

/// Languages of the files; names that switch nothing are told.
fn languages(args: &FeatureArgs, console: &mut Console<'_>) -> io::Result<Result<Syntax, String>> {
    let features = Features::named(&args.enable_feature);
    for complaint in features.complaints() {
        console.blame("", Mark::Warning, complaint)?;
    }
    Ok(features.languages())
}

/// Parts of PromQL that rules may use, and what their unknown keys are.
type RuleReading = (ParserOptions, UnknownKeys);

fn rule_files(args: &CheckRules, console: &mut Console<'_>) -> io::Result<Verdict> {
    let unknown_keys = args.unknown_keys.treatment();
    let languages = match languages(&args.features, console)? {
        Ok(languages) => languages,
        Err(reason) => return failed(&[reason], console),
    };
    let options = (languages.promql, unknown_keys);
    if args.files.is_empty() {
        note_waiting("rules", console)?;
        console.say("Checking standard input")?;
        let text = read_stdin()?;
        let verdict = rules("standard input", &text, (&args.lint, options), console)?;
        console.say("")?;
        return Ok(verdict);
    }
    let mut worst = Verdict::Good;
    for pattern in &args.files {
        worst = worst.max(rules_matching(pattern, (&args.lint, options), console)?);
    }
    Ok(worst)
}

/// A quoted pattern reaches us unexpanded; it means the same files as in `rule_files`.
fn rules_matching(
    pattern: &Path,
    (lint, options): (&LintArgs, RuleReading),
    console: &mut Console<'_>,
) -> io::Result<Verdict> {
    let paths = match files::expand_pattern(&pattern.to_string_lossy()) {
        Ok(paths) => paths,
        Err(error) => {
            console.say(format_args!("Checking {}", pattern.display()))?;
            return failed(&[format!("{}: {}", pattern.display(), io_words(&error))], console);
        }
    };
    if paths.is_empty() {
        console.say(format_args!("Checking {}", pattern.display()))?;
        return failed(&[format!("no file matches {}", pattern.display())], console);
    }
    let mut worst = Verdict::Good;
    for path in paths {
        let name = path.display().to_string();
        console.say(format_args!("Checking {name}"))?;
        let text = match refuse_file(&path, Kind::Rules) {
            Some(reason) => Err(reason),
            None => files::read_text(&path).map_err(|error| error.to_string()),
        };
        worst = worst.max(match text {
            Ok(text) => rules(&name, &text, (lint, options), console)?,
            Err(reason) => failed(&[reason], console)?,
        });
        console.say("")?;
    }
    Ok(worst)
}

fn rules(
    name: &str,
    text: &str,
    (lint, options): (&LintArgs, RuleReading),
    console: &mut Console<'_>,
) -> io::Result<Verdict> {
    let global = GlobalConfig::default();
    let defaults = GroupDefaults {
        interval: global.evaluation_interval,
        query_offset: global.rule_query_offset,
        scheme: global.name_scheme,
        syntax: options.0,
        unknown_keys: options.1,
    };
    match load::parse_rules(name, text, defaults) {
        Ok((groups, warnings)) => rules_found(name, groups.iter(), &warnings, lint, console),
        Err(problems) => {
            let mistakes: Vec<String> = problems.iter().map(ToString::to_string).collect();
            failed(&mistakes, console)
        }
    }
}

fn rules_found<'g>(
    name: &str,
    groups: impl Iterator<Item = &'g GroupSpec>,
    warnings: &[Warning],
    lint: &LintArgs,
    console: &mut Console<'_>,
) -> io::Result<Verdict> {
    let (mut count, mut duplicates) = (0, Vec::new());
    let groups: Vec<&GroupSpec> = groups.collect();
    for group in &groups {
        count += group.rules.len();
    }
    if lint.lint.duplicate_rules {
        duplicates = lint::duplicates(name, &groups);
    }
    warned(warnings, console)?;
    console.mark("  ", Mark::Success, format_args!("{count} rules found"))?;
    linted(&duplicates, lint, console)
}

/// Lint is a warning, or a failure of its own when asked for.
fn linted(findings: &[String], lint: &LintArgs, console: &mut Console<'_>) -> io::Result<Verdict> {
    for finding in findings {
        let finding = indented(finding, "  ");
        if lint.lint_fatal {
            console.blame("  ", Mark::Failed, format_args!("lint: {finding}"))?;
        } else {
            console.mark("  ", Mark::Warning, format_args!("lint: {finding}"))?;
        }
    }
    let is_good = findings.is_empty() || !lint.lint_fatal;
    Ok(if is_good { Verdict::Good } else { Verdict::Lint })
}

fn web_configs(files: &[PathBuf], console: &mut Console<'_>) -> io::Result<Verdict> {
    let mut worst = Verdict::Good;
    for file in files {
        console.say(format_args!("Checking {}", file.display()))?;
        let found = match refuse_file(file, Kind::WebConfig) {
            Some(reason) => Err(vec![reason]),
            None => named::web_config(file),
        };
        worst = worst.max(match found {
            Ok(warnings) => {
                warned(&warnings, console)?;
                let name = file.display().to_string();
                valid(&name, "web", console)?
            }
            Err(mistakes) => failed(&mistakes, console)?,
        });
    }
    Ok(worst)
}

fn valid(name: &str, kind: &str, console: &mut Console<'_>) -> io::Result<Verdict> {
    // One blank less than its neighbours: that is how promtool prints this line.
    console.mark(" ", Mark::Success, format_args!("{name} is valid {kind} config file syntax"))?;
    console.say("")?;
    Ok(Verdict::Good)
}

fn failed(mistakes: &[String], console: &mut Console<'_>) -> io::Result<Verdict> {
    for mistake in mistakes {
        console.blame("  ", Mark::Failed, indented(mistake, "  "))?;
    }
    Ok(Verdict::Bad)
}

fn warned(warnings: &[Warning], console: &mut Console<'_>) -> io::Result<()> {
    for warning in warnings {
        console.mark("  ", Mark::Warning, warning)?;
    }
    Ok(())
}

/// A person who forgot the file name would wait for us, and we for them.
fn note_waiting(what: &str, console: &mut Console<'_>) -> io::Result<()> {
    if io::stdin().is_terminal() {
        console.complain(format_args!("reading {what} from standard input; end with Ctrl-D"))?;
    }
    Ok(())
}

fn read_stdin() -> io::Result<String> {
    let mut text = String::new();
    io::stdin().take(STDIN_BYTES_MAX + 1).read_to_string(&mut text)?;
    let is_long = u64::try_from(text.len()).is_ok_and(|len| len > STDIN_BYTES_MAX);
    if is_long { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(text) }
}

/// What a file is meant to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Config,
    Rules,
    WebConfig,
    Alertmanager,
}

impl Kind {
    /// What a file looks like, by the keys at its left margin.
    fn of(text: &str) -> Option<Self> {
        let has = |key: &str| text.lines().any(|line| line.starts_with(key));
        if has("groups:") {
            Some(Self::Rules)
        } else if has("tls_server_config:") || has("basic_auth_users:") {
            Some(Self::WebConfig)
        } else if has("route:") || has("receivers:") {
            Some(Self::Alertmanager)
        } else if has("scrape_configs:") || has("global:") || has("prometheus:") {
            Some(Self::Config)
        } else {
            None
        }
    }
}

impl Kind {
    /// An alertmanager.yml is a configuration too, with a check of its own.
    fn is_alertmanager(path: &Path) -> bool {
        files::read_text(path).is_ok_and(|text| Self::of(&text) == Some(Self::Alertmanager))
    }
}

/// Why a file is not worth reading for this check: it is not there, or it is of another kind.
fn refuse_file(path: &Path, wanted: Kind) -> Option<String> {
    let name = path.display();
    match fs::metadata(path) {
        Err(error) => {
            let neighbours = neighbours(path);
            return Some(format!("cannot read {name}: {}{neighbours}", io_words(&error)));
        }
        Ok(metadata) if metadata.is_dir() => {
            return Some(format!("cannot read {name}: it is a directory, expected a file"));
        }
        Ok(_) => {}
    }
    let found = Kind::of(&files::read_text(path).ok()?)?;
    let (what, how) = match found {
        _ if found == wanted => return None,
        Kind::Rules => ("a rule file", "check it with `flyball check rules`"),
        Kind::WebConfig => ("a web configuration", "check it with `flyball check web-config`"),
        Kind::Alertmanager => ("an alertmanager.yml", "check it with `flyball check config`"),
        Kind::Config => ("a configuration", "check it with `flyball check config`"),
    };
    Some(format!("{name} looks like {what}; {how}"))
}

/// Names the YAML files beside a file that is not there.
fn neighbours(path: &Path) -> String {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let Ok(entries) = fs::read_dir(folder.unwrap_or(Path::new("."))) else {
        return String::new();
    };
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let is_yaml = |name: &String| [".yml", ".yaml"].iter().any(|end| name.ends_with(end));
    let mut names: Vec<String> = names.filter(is_yaml).collect();
    names.sort();
    names.truncate(NEIGHBOURS_MAX);
    if names.is_empty() { String::new() } else { format!("; there are: {}", names.join(", ")) }
}
