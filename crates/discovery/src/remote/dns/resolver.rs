//! Names asked for at the servers of `resolv.conf`: each search domain, each server, a datagram
//! first and a connection when the answer was cut.

use net::dns::{self, Answer, IN, Lost, Question};
use net::{ClientOptions, Dialer};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use sys::{Entropy as _, SystemEntropy, Vfs};
use tokio::time::timeout;

const RESOLV_CONF: &str = "/etc/resolv.conf";
/// Longest `resolv.conf` that is read.
const FILE_BYTES_MAX: u64 = 64 << 10;
/// Servers and search domains that are used; the system itself takes three servers.
const SERVERS_MAX: usize = 10;
const DOMAINS_MAX: usize = 32;
/// Time for one server, as upstream's client has it.
const SERVER_TIME: Duration = Duration::from_secs(2);
const NO_ERROR: u16 = 0;
const NO_SUCH_NAME: u16 = 3;

/// Looks names up. Cheap to clone.
#[derive(Clone)]
pub(super) struct Resolver {
    pub(super) dialer: Dialer,
    pub(super) vfs: Arc<dyn Vfs>,
    pub(super) file: PathBuf,
    /// Port of the servers.
    pub(super) port: u16,
}

/// What `resolv.conf` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) servers: Vec<IpAddr>,
    pub(super) search: Vec<String>,
    /// Names with fewer dots are tried in the search domains first.
    pub(super) dots: usize,
}

impl Settings {
    /// Reads `nameserver`, `domain`, `search` and `options ndots:N`; anything else is passed over.
    pub(super) fn parse(text: &str) -> Self {
        let mut settings = Self { servers: Vec::new(), search: Vec::new(), dots: 1 };
        for line in text.lines().filter(|line| !line.starts_with(['#', ';'])) {
            let mut words = line.split_ascii_whitespace();
            match words.next() {
                Some("nameserver") => {
                    let address: Option<IpAddr> = words.next().and_then(|word| word.parse().ok());
                    settings.servers.extend(address);
                }
                Some("domain") => settings.search = words.take(1).map(str::to_owned).collect(),
                Some("search") => {
                    settings.search = words.take(DOMAINS_MAX).map(str::to_owned).collect();
                }
                Some("options") => {
                    let mut dots =
                        words.filter_map(|word| word.strip_prefix("ndots:")?.parse().ok());
                    settings.dots =
                        dots.next_back().map_or(settings.dots, |dots: usize| dots.min(15));
                }
                _ => {}
            }
        }
        settings.servers.truncate(SERVERS_MAX);
        settings
    }

    /// Whole names to ask for, in this order.
    pub(super) fn names(&self, name: &str) -> Vec<String> {
        if name.ends_with('.') {
            return vec![name.to_owned()];
        }
        let whole = format!("{name}.");
        let searched = self.search.iter().map(|domain| {
            let domain = domain.trim_end_matches('.');
            if domain.is_empty() { whole.clone() } else { format!("{name}.{domain}.") }
        });
        let has_dots = name.matches('.').count() >= self.dots;
        let mut names: Vec<String> = searched.collect();
        names.insert(if has_dots { 0 } else { names.len() }, whole);
        names
    }
}

impl Resolver {
    pub(super) fn new(options: &ClientOptions) -> Self {
        Self {
            dialer: Dialer::new(Arc::clone(&options.policy)),
            vfs: Arc::clone(&options.vfs),
            file: PathBuf::from(RESOLV_CONF),
            port: 53,
        }
    }

    /// Records of a name; none when all servers that answer say that there is no such name.
    ///
    /// # Errors
    /// A sentence, when for one of the names no server had a valid answer and no other had records.
    pub(super) async fn look_up(&self, name: &str, kind: u16) -> Result<Answer, String> {
        let settings = self.settings(&self.file).await?;
        let mut lost = None;
        for whole in settings.names(name) {
            match self.ask_servers(&settings, &whole, kind).await {
                Ok(answer) if answer.rcode == NO_ERROR => return Ok(answer),
                Ok(_) => {}
                Err(why) => lost = Some(why),
            }
        }
        match lost {
            None => Ok(Answer::default()),
            Some(why) => Err(format!("cannot look up {name:?}: {why}")),
        }
    }

    /// As the system does without the file: a server on this host.
    async fn settings(&self, file: &Path) -> Result<Settings, String> {
        let (vfs, path) = (Arc::clone(&self.vfs), file.to_owned());
        let read = move || vfs.read(&path, FILE_BYTES_MAX);
        let read = tokio::task::spawn_blocking(read).await.map_err(|error| error.to_string())?;
        let bytes = read.map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        let mut settings = Settings::parse(&String::from_utf8_lossy(&bytes));
        if settings.servers.is_empty() {
            settings.servers.push(Ipv4Addr::LOCALHOST.into());
        }
        Ok(settings)
    }

    /// The first valid answer: with or without records, or that there is no such name.
    async fn ask_servers(
        &self,
        settings: &Settings,
        name: &str,
        kind: u16,
    ) -> Result<Answer, String> {
        let mut last = String::new();
        for server in &settings.servers {
            let server = SocketAddr::new(*server, self.port);
            match self.ask(server, name, kind).await {
                Ok(answer) if matches!(answer.rcode, NO_ERROR | NO_SUCH_NAME) => {
                    return Ok(answer);
                }
                Ok(answer) => last = format!("{server} answers {name} with code {}", answer.rcode),
                Err(why) => last = format!("{server} does not answer for {name}: {why}"),
            }
        }
        Err(last)
    }

    async fn ask(&self, server: SocketAddr, name: &str, kind: u16) -> Result<Answer, String> {
        let asked = Question { name, kind, class: IN, recursion_desired: true };
        let number = SystemEntropy::new().map_err(|error| error.to_string())?.next_u64();
        let id = u16::try_from(number & 0xffff).unwrap_or_default();
        let question = dns::question(id, &asked)?;
        let in_time = |error: tokio::time::error::Elapsed| error.to_string();
        let mut sent = None;
        let datagram = dns::over_udp(&self.dialer, None, server, (id, &question), &mut sent);
        let answer = timeout(SERVER_TIME, datagram).await.map_err(in_time)?;
        let answer = answer.map_err(|lost| lost.describe())?;
        if !answer.is_truncated {
            return Ok(answer);
        }
        let connection = async {
            let stream = self.dialer.connect(server, None).await.map_err(Lost::from)?;
            dns::over_stream(stream, &question, id).await
        };
        let answer = timeout(SERVER_TIME, connection).await.map_err(in_time)?;
        answer.map_err(|lost| lost.describe())
    }
}
