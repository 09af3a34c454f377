//! Arguments of `flyball probe`.

use clap::Args;
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
  flyball probe https://www.example.com --json | jq .certificates";

/// `probe`
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct ProbeArgs {
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
