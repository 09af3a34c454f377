//! Arguments of `flyball probe`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Examples of `probe --help`.
pub const PROBE_EXAMPLES: &str = "\
Schemes: http https tcp tls unix icmp dns dns+tcp dns+tls dns+https grpc grpcs ssh smtp smtps imap
imaps ws wss postgres redis rediss; a target without one is asked by HTTP. With --module the
target is written as the module takes it.
Exit codes: 0 all is well, 1 something is not, 2 the target or a condition cannot be read.

Examples:
  flyball probe https://www.example.com
  flyball probe tls://mail.example.com:993 -c '[CERTIFICATE_EXPIRATION] > 240h'
  flyball probe https://api.example.com/health -c '[STATUS] == 200' -c '[BODY].status == UP'
  flyball probe 'dns://192.0.2.53/example.com?type=MX' --timeout=2s
  flyball probe 'dns+https://192.0.2.53/example.com?type=AAAA&method=GET'
  flyball probe postgres://monitor:secret@db.example.com/shop redis://cache.example.com
  flyball probe smtp://mail.example.com icmp://mail.example.com
  flyball probe --config=blackbox.yml --module=http_2xx www.example.com
  flyball probe https://www.example.com --json | jq .certificates
  flyball probe worker --help                  probe for a server that stands elsewhere";

/// Examples of `probe worker --help`.
const WORKER_EXAMPLES: &str = "\
A worker keeps nothing: a server asks it (`probe_locations` in flyball.yml), it probes and answers.
GET /probe?target=&module= answers as blackbox_exporter does, POST /probe takes a batch as JSON.
Beyond loopback it wants users or client certificates in --web.config.file. SIGHUP reads the
modules again.

Examples:
  flyball probe worker --web.listen-address=0.0.0.0:1789 --web.config.file=web.yml \\
      --web.allowed-host=worker.example.com --blackbox.config.file=blackbox.yml
  curl -s 'http://127.0.0.1:1789/probe?target=https://www.example.com&module=http_2xx'
  curl -s http://127.0.0.1:1789/probe -d '{\"probes\": [{\"target\": \"https://www.example.com\",
      \"timeout_ms\": 5000, \"conditions\": [\"[STATUS] == 200\"]}]}'";

/// `probe`
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct ProbeArgs {
    #[command(subcommand)]
    command: Option<ProbeCommand>,
    /// What to probe.
    #[arg(required = true, value_name = "URL")]
    pub(crate) urls: Vec<String>,
    /// Longest time of a probe.
    #[arg(long, value_name = "DURATION", default_value = "10s")]
    pub(crate) timeout: String,
    /// What must hold of the answer, e.g. '[STATUS] == 200'; several may be given.
    #[arg(long = "condition", short = 'c', value_name = "CONDITION")]
    pub(crate) conditions: Vec<String>,
    /// Method of the request.
    #[arg(long, short = 'X', value_name = "METHOD")]
    pub(crate) method: Option<String>,
    /// Header of the request; several may be given.
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE")]
    pub(crate) headers: Vec<String>,
    /// Body of the request; the method is then POST unless one is given.
    #[arg(long = "data", short = 'd', value_name = "TEXT")]
    pub(crate) body: Option<String>,
    /// Take a redirect as the answer.
    #[arg(long)]
    pub(crate) no_redirects: bool,
    /// Offer no HTTP/2.
    #[arg(long = "http1")]
    pub(crate) http1: bool,
    /// Speak IPv4 alone.
    #[arg(long, short = '4', conflicts_with = "ip6")]
    pub(crate) ip4: bool,
    /// Speak IPv6 alone.
    #[arg(long, short = '6')]
    pub(crate) ip6: bool,
    /// Accept any certificate.
    #[arg(long, short = 'k')]
    pub(crate) insecure: bool,
    /// File with authorities to trust instead of the system's (PEM).
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Name that the certificate must have, and the virtual host, if not the URL's host.
    #[arg(long, value_name = "NAME")]
    pub(crate) hostname: Option<String>,
    /// Probe with a module of this blackbox.yml.
    #[arg(long = "config", value_name = "FILE", requires = "module")]
    pub(crate) config: Option<PathBuf>,
    /// Probe with this module, built in or of --config.
    #[arg(long, value_name = "NAME")]
    pub(crate) module: Option<String>,
    /// Show everything that happened.
    #[arg(long, short = 'v')]
    pub(crate) verbose: bool,
    /// Print one JSON object per target.
    #[arg(long, conflicts_with = "verbose")]
    pub(crate) json: bool,
}

#[derive(Subcommand, Debug)]
enum ProbeCommand {
    /// Probe for servers that stand elsewhere.
    #[command(after_help = WORKER_EXAMPLES)]
    Worker(WorkerArgs),
}

impl ProbeArgs {
    /// The arguments of a worker, if one is to run.
    pub fn worker(&self) -> Option<&WorkerArgs> {
        self.command.as_ref().map(|ProbeCommand::Worker(args)| args)
    }
}

/// `probe worker`
#[derive(Args, Debug)]
pub struct WorkerArgs {
    /// Address to listen on.
    #[arg(
        long = "web.listen-address",
        env = "FLYBALL_WORKER_LISTEN_ADDRESS",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:1789"
    )]
    pub listen_address: String,
    /// TLS, users and client certificates, as Prometheus' exporter toolkit reads them.
    #[arg(long = "web.config.file", env = "FLYBALL_WORKER_CONFIG_FILE", value_name = "FILE")]
    pub web_config_file: Option<PathBuf>,
    /// Name by which servers call the worker (Host header); several may be given.
    #[arg(
        long = "web.allowed-host",
        env = "FLYBALL_WORKER_ALLOWED_HOST",
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub allowed_hosts: Vec<String>,
    /// Serve other addresses than loopback without authentication.
    #[arg(long = "web.allow-anonymous", env = "FLYBALL_WORKER_ALLOW_ANONYMOUS")]
    pub allow_anonymous: bool,
    /// blackbox.yml: modules of the worker [default: the built-in ones].
    #[arg(
        long = "blackbox.config.file",
        env = "FLYBALL_WORKER_BLACKBOX_CONFIG_FILE",
        value_name = "FILE"
    )]
    pub blackbox_config_file: Option<PathBuf>,
}
