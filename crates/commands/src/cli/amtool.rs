//! amtool's commands and flags, below `flyball` and, when the binary is called under the name
//! `amtool`, at the top: scripts that silence and ask keep working with a symbolic link.

use crate::features::Features;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use config::MatcherMode;
use std::path::PathBuf;
use std::time::Duration;

/// Examples of `alert --help`.
pub const ALERT_EXAMPLES: &str = "\
Without a command it is `query`.

Examples:
  flyball alert
  flyball alert query --silenced 'team=~\"db|web\"'
  flyball alert add DiskFull instance=db1 --annotation=summary='disk is full'";

const ALERT_QUERY_EXAMPLES: &str = "\
A first word without an operator is the name of the alert. Without flags, only active alerts are
shown.

Examples:
  flyball alert query
  flyball alert query DiskFull 'instance!=db1'
  flyball alert query --silenced --inhibited -o json";

const ALERT_WHY_EXAMPLES: &str = "\
A first word without an operator is the name of the alert.

Examples:
  flyball alert why DiskFull instance=db1
  flyball alert why --limit=20 'team=~\"db|web\"' -o json";

const DEAD_LETTER_EXAMPLES: &str = "\
A letter goes by itself when its receiver takes a message about the same group of alerts.

Examples:
  flyball alert dead-letters
  flyball alert dead-letters --receiver=pager -o json
  flyball alert dead-letters --resend=3f2d3c1d4f5b0a6e
  flyball alert dead-letters --resend-all";

const ALERT_ADD_EXAMPLES: &str = "\
A first word without an operator is the name of the alert.

Examples:
  flyball alert add DiskFull instance=db1 --annotation=summary='disk is full'
  flyball alert add alertname=DiskFull instance=db1 --end=now";

/// Examples of `silence --help`.
pub const SILENCE_EXAMPLES: &str = "\
Without a command it is `query`.

Examples:
  flyball silence
  flyball silence add DiskFull instance=db1 --duration=2h --comment='new disk on its way'
  flyball silence expire 3c5c4a0d-8d4e-4bd9-9a38-3f2d3c1d4f5b";

const SILENCE_ADD_EXAMPLES: &str = "\
A first word without an operator is the name of the alert. Prints the silence's ID.

Examples:
  flyball silence add DiskFull --comment='new disk on its way'
  flyball silence add 'instance=~\"db.*\"' --duration=2h --comment=upgrade --author=ann
  flyball silence add job=batch --start=2026-01-31T08:00:00Z --end=2026-01-31T10:00:00Z -c move
  flyball silence add job=batch --duration=90d --during=nights -c 'backups every night'
  flyball silence add DiskFull instance=db1 --duration=7d --until-resolved -c 'new disk'
  flyball silence add 'instance=~\"db.*\"' --preview";

const SILENCE_QUERY_EXAMPLES: &str = "\
Examples:
  flyball silence query
  flyball silence query --within=8h                 which end in the next eight hours
  flyball silence query --expired --within=2h -q    IDs of those that ended in the last two";

const SILENCE_UPDATE_EXAMPLES: &str = "\
Example:
  flyball silence update 3c5c4a0d-8d4e-4bd9-9a38-3f2d3c1d4f5b --duration=4h";

const SILENCE_EXPIRE_EXAMPLES: &str = "\
Example:
  flyball silence expire $(flyball silence query -q job=batch)";

const SILENCE_IMPORT_EXAMPLES: &str = "\
Reads what `silence query -o json` prints, from a file or from standard input. Silences that the
server does not know are added. Prints the ID of each.

Examples:
  flyball silence query -o json > silences.json
  flyball silence import silences.json";

/// Examples of `config routes --help`.
pub const ROUTES_EXAMPLES: &str = "\
The routes are those of a file, or those that the server uses. Without a command it is `show`.

Examples:
  flyball config routes
  flyball config routes test --config.file=alertmanager.yml severity=page team=db";

const ROUTES_TEST_EXAMPLES: &str = "\
Prints the receivers in the order of the tree.
Exit codes: 0 good, 1 others than expected, or not to be found out.

Examples:
  flyball config routes test severity=page team=db
  flyball config routes test --tree --config.file=alertmanager.yml severity=page
  flyball config routes test --verify.receivers=pager,mail severity=page";

/// Examples of `check-config --help`.
pub const CHECK_EXAMPLES: &str = "\
Exit codes: 0 good, 1 mistakes found.

Examples:
  flyball check-config alertmanager.yml
  flyball check-config < alertmanager.yml";

/// Examples of `template --help`.
pub const RENDER_EXAMPLES: &str = "\
Without data the template is rendered on a made-up notification with two alerts. `--alert` renders
it on real ones that the server knows: an alert that fires, or else one of the last 1,000 that have
ended, with the others of its group that match and were there at the same time. A first word without
an operator is the name of the alert.

Examples:
  flyball template render --template.glob='templates/*.tmpl' \\
    --template.text='{{ template \"slack.default.title\" . }}'
  flyball template render --template.glob='templates/*.tmpl' --alert=DiskFull --while-firing \\
    --template.text='{{ template \"slack.default.text\" . }}'
  flyball template render --template.glob='templates/*.tmpl' --template.data=data.json \\
    --template.type=html --template.text='{{ template \"email.default.html\" . }}'";

/// Examples of `cluster --help`.
pub const CLUSTER_EXAMPLES: &str = "\
Without a command it is `show`.

Example:
  flyball cluster --alertmanager.url=http://alertmanager:9093 -o extended";

/// The command line under the name `amtool`.
#[derive(Debug, Parser)]
#[command(name = "amtool", version, max_term_width = 100)]
#[command(
    about = "Views and changes the state of an Alertmanager; this is flyball under amtool's name."
)]
pub struct Amtool {
    #[command(flatten)]
    peer: PeerArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: AmtoolCommand,
}

/// Commands under the name `amtool`.
#[derive(Debug, Subcommand)]
pub enum AmtoolCommand {
    /// Add and show alerts.
    #[command(after_help = ALERT_EXAMPLES)]
    Alert(AlertArgs),
    /// Add, show, change and end silences.
    #[command(after_help = SILENCE_EXAMPLES)]
    Silence(SilenceArgs),
    /// Check alertmanager.yml and its templates.
    #[command(name = "check-config", after_help = CHECK_EXAMPLES)]
    CheckConfig(CheckFiles),
    /// Show how the servers of a cluster see each other.
    #[command(after_help = CLUSTER_EXAMPLES)]
    Cluster(ClusterArgs),
    /// Show the configuration that the server uses.
    #[command(subcommand)]
    Config(AmtoolConfig),
    /// Try templates of notifications.
    #[command(subcommand)]
    Template(TemplateCommand),
}

/// `config` under the name `amtool`.
#[derive(Debug, Subcommand)]
pub enum AmtoolConfig {
    /// Print alertmanager.yml as the server uses it.
    Show(PeerArgs),
    /// Show and try the routing tree.
    #[command(after_help = ROUTES_EXAMPLES)]
    Routes(RoutesArgs),
}

/// Which Alertmanager is asked, and how answers are printed.
#[derive(Args, Clone, Debug)]
pub struct PeerArgs {
    #[arg(
        long = "alertmanager.url",
        global = true,
        value_name = "URL",
        help = "Server to ask; a user in it becomes basic auth [default: http://127.0.0.1:1788]"
    )]
    pub(crate) url: Option<String>,
    /// How to print the answer.
    #[arg(short, long, global = true, value_enum, default_value_t = PeerOutput::Simple)]
    pub(crate) output: PeerOutput,
    /// How to print times: Go's reference time in the wanted form.
    #[arg(
        long = "date.format",
        global = true,
        value_name = "LAYOUT",
        default_value = "2006-01-02 15:04:05 MST"
    )]
    pub(crate) date_format: String,
    /// Longest wait for an answer.
    #[arg(long, global = true, value_name = "DURATION", default_value = "30s", value_parser = wait)]
    pub(crate) timeout: Duration,
    /// How to authenticate: a YAML file with the HTTP client keys of alertmanager.yml.
    #[arg(long = "http.config.file", global = true, value_name = "FILE")]
    pub(crate) http_config_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) matchers: MatcherArgs,
    #[command(flatten)]
    accepted: Accepted,
}

/// Flags of amtool that change nothing here, for scripts that give them.
#[derive(Args, Clone, Debug)]
struct Accepted {
    /// Accepted for compatibility: nothing more is told.
    #[arg(short, long, global = true, hide = true)]
    verbose: bool,
    /// Accepted for compatibility: versions are not compared.
    #[arg(long, global = true, hide = true)]
    version_check: bool,
    /// Accepted for compatibility: versions are not compared.
    #[arg(long, global = true, hide = true)]
    no_version_check: bool,
}

/// How matchers are read.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct MatcherArgs {
    /// `classic-mode` or `utf8-strict-mode`: read matchers in one grammar instead of both.
    #[arg(
        id = "matcher_mode",
        long = "enable-feature",
        global = true,
        value_name = "NAMES",
        default_value = "",
        hide_default_value = true,
        value_parser = matcher_mode
    )]
    pub(crate) mode: MatcherMode,
}

fn matcher_mode(names: &str) -> Result<MatcherMode, String> {
    let names: Vec<String> = names.split(',').map(str::to_owned).collect();
    Features::named(&names).languages().map(|syntax| syntax.matchers)
}

/// How answers are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PeerOutput {
    /// A table of the most important facts.
    Simple,
    /// A table of everything.
    Extended,
    /// The answer as JSON.
    Json,
}

/// `alert`
#[derive(Args, Debug)]
pub struct AlertArgs {
    #[command(flatten)]
    pub(crate) peer: PeerArgs,
    #[command(subcommand)]
    pub(crate) command: AlertCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AlertCommand {
    /// Show alerts.
    #[command(after_help = ALERT_QUERY_EXAMPLES)]
    Query(AlertQuery),
    /// Send an alert.
    #[command(after_help = ALERT_ADD_EXAMPLES)]
    Add(AlertAdd),
    /// Tell why people were, or were not, told of alerts (Flyball only).
    #[command(after_help = ALERT_WHY_EXAMPLES)]
    Why(AlertWhy),
    /// Show notifications that did not arrive, send them again or forget them (Flyball only).
    #[command(after_help = DEAD_LETTER_EXAMPLES)]
    DeadLetters(AlertDeadLetters),
}

#[derive(Args, Debug)]
pub(crate) struct AlertDeadLetters {
    /// Show those of one receiver.
    #[arg(long, value_name = "NAME")]
    pub(crate) receiver: Option<String>,
    /// Send the letter with this ID again; may be given several times.
    #[arg(long, value_name = "ID")]
    pub(crate) resend: Vec<String>,
    /// Send all letters again.
    #[arg(long)]
    pub(crate) resend_all: bool,
    /// Forget the letter with this ID; may be given several times.
    #[arg(long, value_name = "ID")]
    pub(crate) forget: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct AlertWhy {
    /// Decisions to show, the last ones.
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    pub(crate) limit: usize,
    /// Matchers of labels, all of which must hold.
    #[arg(value_name = "MATCHER")]
    pub(crate) matchers: Vec<String>,
}

#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct AlertQuery {
    /// Show inhibited alerts.
    #[arg(short, long)]
    pub(crate) inhibited: bool,
    /// Show silenced alerts.
    #[arg(short, long)]
    pub(crate) silenced: bool,
    /// Show active alerts.
    #[arg(short, long)]
    pub(crate) active: bool,
    /// Show alerts that are not looked at yet.
    #[arg(short, long)]
    pub(crate) unprocessed: bool,
    /// Show alerts of receivers whose whole name matches.
    #[arg(short, long, value_name = "REGEX")]
    pub(crate) receiver: Option<String>,
    /// Conditions, all of which labels must satisfy.
    #[arg(value_name = "MATCHER")]
    pub(crate) matchers: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct AlertAdd {
    /// Where to look further.
    #[arg(long, value_name = "URL")]
    pub(crate) generator_url: Option<String>,
    /// When it began [default: now].
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) start: Option<String>,
    /// When it ends [default: after the server's `resolve_timeout`].
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) end: Option<String>,
    /// Text for people; several may be given.
    #[arg(long = "annotation", value_name = "NAME=TEXT", action = ArgAction::Append)]
    pub(crate) annotations: Vec<String>,
    /// Labels.
    #[arg(value_name = "NAME=VALUE")]
    pub(crate) labels: Vec<String>,
}

/// `silence`
#[derive(Args, Debug)]
pub struct SilenceArgs {
    #[command(flatten)]
    pub(crate) peer: PeerArgs,
    #[command(subcommand)]
    pub(crate) command: SilenceCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SilenceCommand {
    /// Show silences.
    #[command(after_help = SILENCE_QUERY_EXAMPLES)]
    Query(SilenceQuery),
    /// Add a silence.
    #[command(after_help = SILENCE_ADD_EXAMPLES)]
    Add(SilenceAdd),
    /// Change times or comment of silences.
    #[command(after_help = SILENCE_UPDATE_EXAMPLES)]
    Update(SilenceUpdate),
    /// End silences now.
    #[command(after_help = SILENCE_EXPIRE_EXAMPLES)]
    Expire {
        /// IDs of silences.
        #[arg(value_name = "ID")]
        ids: Vec<String>,
    },
    /// Add silences of a file.
    #[command(after_help = SILENCE_IMPORT_EXAMPLES)]
    Import(SilenceImport),
}

#[derive(Args, Debug)]
pub(crate) struct SilenceQuery {
    /// Show silences that have ended, instead of the others.
    #[arg(long)]
    pub(crate) expired: bool,
    /// Print IDs only.
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Show silences of this author.
    #[arg(long, value_name = "NAME")]
    pub(crate) created_by: Option<String>,
    /// Show the silence with this ID.
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<String>,
    /// Show silences that end, or have ended, within this time from now.
    #[arg(long, value_name = "DURATION", value_parser = go_duration)]
    pub(crate) within: Option<Duration>,
    /// Matchers that the silences must have.
    #[arg(value_name = "MATCHER")]
    pub(crate) matchers: Vec<String>,
}

#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct SilenceAdd {
    /// Who silences [default: the user's name].
    #[arg(short, long, value_name = "NAME")]
    pub(crate) author: Option<String>,
    /// Refuse silences without comment; true unless amtool's settings say otherwise.
    #[arg(
        long,
        hide = true,
        value_name = "BOOL",
        action = ArgAction::Set,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        default_value = "true"
    )]
    pub(crate) require_comment: bool,
    /// Accept silences without comment.
    #[arg(long, hide = true)]
    pub(crate) no_require_comment: bool,
    /// How long it lasts.
    #[arg(short, long, value_name = "DURATION", default_value = "1h")]
    pub(crate) duration: String,
    /// When it begins [default: now].
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) start: Option<String>,
    /// When it ends, instead of its duration.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) end: Option<String>,
    /// Why.
    #[arg(short, long, value_name = "TEXT")]
    pub(crate) comment: Option<String>,
    /// Mute only during these time intervals of alertmanager.yml (Flyball only).
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) during: Vec<String>,
    /// Mute only in these hours of every week, as `mon-fri 22:00-06:00 Europe/Berlin` (Flyball's).
    #[arg(long, value_name = "HOURS")]
    pub(crate) weekly: Option<String>,
    /// End early when all alerts that it muted have ended (Flyball only).
    #[arg(long)]
    pub(crate) until_resolved: bool,
    /// Show what it would mute now, and make no silence.
    #[arg(long)]
    pub(crate) preview: bool,
    /// Conditions, all of which the labels of silenced alerts satisfy.
    #[arg(value_name = "MATCHER")]
    pub(crate) matchers: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct SilenceUpdate {
    /// Print IDs only.
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// How long it lasts from its beginning on.
    #[arg(short, long, value_name = "DURATION")]
    pub(crate) duration: Option<String>,
    /// When it begins.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) start: Option<String>,
    /// When it ends, instead of its duration.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) end: Option<String>,
    /// Why.
    #[arg(short, long, value_name = "TEXT")]
    pub(crate) comment: Option<String>,
    /// IDs of silences.
    #[arg(value_name = "ID")]
    pub(crate) ids: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct SilenceImport {
    /// Add all of them as new silences, also those that the server has.
    #[arg(short, long)]
    pub(crate) force: bool,
    /// Requests at the same time, 64 at most.
    #[arg(short, long, value_name = "COUNT", default_value = "8")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) worker: u16,
    /// File of silences; standard input when there is none.
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

/// `cluster`
#[derive(Args, Debug)]
pub struct ClusterArgs {
    #[command(flatten)]
    pub(crate) peer: PeerArgs,
    #[command(subcommand)]
    pub(crate) command: ClusterCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ClusterCommand {
    /// Print the state of the cluster and its members.
    #[command(after_help = "Example:\n  flyball cluster show -o extended")]
    Show,
}

/// `config routes`
#[derive(Args, Debug)]
pub struct RoutesArgs {
    #[command(flatten)]
    pub(crate) peer: PeerArgs,
    /// alertmanager.yml to read instead of asking the server.
    #[arg(long = "config.file", global = true, value_name = "FILE")]
    pub(crate) config_file: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: RoutesCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RoutesCommand {
    /// Print the routing tree.
    #[command(after_help = "Example:\n  flyball config routes show --config.file=alertmanager.yml")]
    Show,
    /// Print who is told of an alert with these labels.
    #[command(after_help = ROUTES_TEST_EXAMPLES)]
    Test(RoutesTest),
}

#[derive(Args, Debug)]
pub(crate) struct RoutesTest {
    /// Receivers that are expected, separated by commas.
    #[arg(long = "verify.receivers", value_name = "NAMES")]
    pub(crate) expected: Option<String>,
    /// Print the matching part of the tree, too.
    #[arg(long)]
    pub(crate) tree: bool,
    /// Labels of the alert.
    #[arg(value_name = "NAME=VALUE")]
    pub(crate) labels: Vec<String>,
}

/// `check-config`
#[derive(Args, Debug)]
pub struct CheckFiles {
    /// Files to check; standard input when there are none.
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) matchers: MatcherArgs,
}

/// `template`
#[derive(Debug, Subcommand)]
pub enum TemplateCommand {
    /// Print a template rendered on data.
    #[command(after_help = RENDER_EXAMPLES)]
    Render(TemplateRender),
}

/// `template render`
#[derive(Args, Debug)]
pub struct TemplateRender {
    /// Files of templates; may be a pattern, several may be given.
    #[arg(long = "template.glob", value_name = "PATTERN", required = true)]
    pub(crate) globs: Vec<String>,
    /// What to render.
    #[arg(long = "template.text", value_name = "TEMPLATE", allow_hyphen_values = true)]
    pub(crate) text: String,
    /// What is rendered.
    #[arg(long = "template.type", value_enum, value_name = "TYPE", default_value = "text")]
    pub(crate) kind: TemplateType,
    /// Data of the notification, JSON as webhooks get it.
    #[arg(long = "template.data", value_name = "FILE")]
    pub(crate) data: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) alert: RealAlert,
    #[command(flatten)]
    pub(crate) peer: PeerArgs,
}

/// Which alerts of the server a template is rendered on.
#[derive(Args, Debug)]
pub(crate) struct RealAlert {
    /// Render it on the server's last alert that matches (Flyball only); several may be given.
    #[arg(long = "alert", value_name = "MATCHER", conflicts_with = "data")]
    pub(crate) matchers: Vec<String>,
    /// The alert with this fingerprint (Flyball only).
    #[arg(long, value_name = "HEX", conflicts_with = "data")]
    pub(crate) fingerprint: Option<String>,
    /// As this receiver hears of it (Flyball only).
    #[arg(long, value_name = "NAME", conflicts_with = "data")]
    pub(crate) receiver: Option<String>,
    /// Show alerts that have ended as they were while they fired (Flyball only).
    #[arg(long)]
    pub(crate) while_firing: bool,
}

impl RealAlert {
    /// Otherwise a made-up notification does.
    pub(crate) fn is_wanted(&self) -> bool {
        !self.matchers.is_empty() || self.fingerprint.is_some() || self.receiver.is_some()
    }
}

/// What a template makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TemplateType {
    /// Plain text.
    Text,
    /// HTML, with values escaped.
    Html,
}

fn go_duration(text: &str) -> Result<Duration, String> {
    config::parse_go_duration(text)
}

fn wait(text: &str) -> Result<Duration, String> {
    let wait = go_duration(text)?;
    if wait.is_zero() { Err("found no time at all, expected more".to_owned()) } else { Ok(wait) }
}
