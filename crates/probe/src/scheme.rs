//! From a URL to a probe: `https://...`, `tcp://host:port`, `dns://server/name?type=MX` and so on,
//! for people and for scheduled targets that name no module. Pure but for `Single`, which probes.

use crate::world::Module;
use crate::{Outcome, Variation, World, built_in};
use config::blackbox::{
    ConversationProbe, DOH_PATH, DatabaseAccess, DnsOverHttps, DnsProbe, GrpcProbe, HttpProbe,
    IcmpProbe, IpChoice, PostgresProbe, RecordChecks, RedisProbe, TYPES, TcpProbe, WebsocketProbe,
    code_of,
};
use config::{
    Dsn, ProbeModule, Prober, Secret, SecretSource, ServiceAddress, TextSource, TlsConfig,
};
use std::time::Duration;
use url::Url;

/// Schemes that are known, for messages and help.
pub const SCHEMES: &str = "http https tcp tls unix icmp dns dns+tcp dns+tls dns+https grpc grpcs \
                           ssh smtp smtps imap imaps ws wss postgres redis rediss";

/// What a caller wants beyond the URL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Accept any certificate.
    pub insecure: bool,
    /// File with authorities to trust instead of the system's.
    pub ca_file: Option<String>,
    /// Name that the certificate must have, if not the URL's host.
    pub server_name: Option<String>,
    /// IPv4 (`true`) or IPv6 (`false`) alone.
    pub only_ip4: Option<bool>,
    /// Take a redirect as the answer.
    pub stays: bool,
    /// Offer no HTTP/2.
    pub http1: bool,
    /// Server that is asked when a URL of DNS names none.
    pub nameserver: Option<String>,
}

/// One target with how it is probed.
pub struct Single {
    module: Module,
    target: String,
}

impl Single {
    /// Reads a URL; without a scheme it is one of HTTP, as in blackbox.yml.
    ///
    /// # Errors
    /// What is wrong with the URL.
    pub fn of_url(url: &str, wishes: &Wishes, world: &World) -> Result<Self, String> {
        let (module, target) = of_url(url, wishes)?;
        Ok(Self { module: Module::new(&module, world), target })
    }

    /// Name of the prober: `http`, `tcp`, ...
    pub fn prober(&self) -> &'static str {
        self.module.config.prober.name()
    }

    /// The target as the prober takes it.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// Probes once, at most this long.
    pub async fn probe(&self, timeout: Duration, variation: &Variation) -> Outcome {
        self.module.probe_in(&self.target, timeout, variation).await
    }
}

/// Is a URL of a known scheme, host and all?
///
/// # Errors
/// What is wrong with it.
pub fn check_url(url: &str) -> Result<(), String> {
    of_url(url, &Wishes { nameserver: Some("127.0.0.1".to_owned()), ..Wishes::default() }).map(drop)
}

/// May a target stand in a label? A password of a database may not.
///
/// # Errors
/// What to do instead.
pub(crate) fn check_label(url: &str) -> Result<(), String> {
    let (prober, _) = of_url(url, &Wishes::default())
        .map_or((None, String::new()), |(module, t)| (Some(module.prober), t));
    let password = match &prober {
        Some(Prober::Postgres(probe)) => probe.access.password.as_ref(),
        Some(Prober::Redis(probe)) => probe.access.password.as_ref(),
        Some(_) | None => None,
    };
    if password.is_none() {
        return Ok(());
    }
    Err("a target with a password would show it as the label `instance`; name a `module`"
        .to_owned())
}

/// A target as each scheme takes it.
struct Parts {
    url: Url,
    host: String,
}

impl Parts {
    fn read(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| format!("`{text}` is no URL: {error}"))?;
        let host = url.host_str().unwrap_or_default().to_owned();
        Ok(Self { url, host })
    }

    fn needs_host(&self) -> Result<(), String> {
        let missing = || format!("`{}` names no host", self.url);
        (!self.host.is_empty()).then_some(()).ok_or_else(missing)
    }

    /// `host:port`, with the scheme's own port where none is given.
    fn address(&self, default: Option<u16>) -> Result<String, String> {
        self.needs_host()?;
        let port = self.url.port().or(default);
        let port = port.ok_or_else(|| format!("`{}` names no port", self.url))?;
        Ok(format!("{}:{port}", self.host))
    }

    fn parameter(&self, wanted: &str) -> Option<String> {
        let mut pairs = self.url.query_pairs();
        pairs.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
    }

    fn path(&self) -> &str {
        self.url.path().trim_matches('/')
    }
}

pub(crate) fn of_url(text: &str, wishes: &Wishes) -> Result<(ProbeModule, String), String> {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    let ip = match wishes.only_ip4 {
        None => IpChoice::default(),
        Some(prefers_ip4) => IpChoice { prefers_ip4, falls_back: false },
    };
    let tls_config = TlsConfig {
        ca: wishes.ca_file.clone().map(TextSource::File),
        server_name: wishes.server_name.clone(),
        insecure_skip_verify: wishes.insecure,
        ..TlsConfig::default()
    };
    let (prober, target) = match scheme.as_deref() {
        None => http(&format!("http://{text}"), wishes, ip, tls_config)?,
        Some("http" | "https") => http(text, wishes, ip, tls_config)?,
        Some("unix") => {
            let path = text.split_once("://").map_or("", |(_, path)| path).to_owned();
            if !path.starts_with('/') {
                return Err(format!("`{text}`: a socket is named as unix:///path"));
            }
            (Prober::Unix(Box::default()), path)
        }
        Some(scheme) => {
            let parts = Parts::read(text)?;
            match scheme {
                "icmp" | "ping" => {
                    parts.needs_host()?;
                    let icmp = IcmpProbe { ip, ..IcmpProbe::default() };
                    (Prober::Icmp(icmp), parts.host.clone())
                }
                "dns" | "dns+tcp" | "dns+tls" | "dns+https" => {
                    dns(scheme, &parts, wishes, ip, tls_config)?
                }
                "postgres" | "postgresql" => postgres(text, wishes, ip, &tls_config)?,
                "redis" | "rediss" => redis(scheme, &parts, ip, tls_config)?,
                "ws" | "wss" => {
                    parts.needs_host()?;
                    let mut websocket = WebsocketProbe::default();
                    websocket.client.tls = tls_config;
                    (Prober::Websocket(Box::new(websocket)), text.to_owned())
                }
                "grpc" | "grpcs" => {
                    let service = parts.path().to_owned();
                    let grpc = GrpcProbe { ip, service, tls: scheme == "grpcs", tls_config };
                    let default = if grpc.tls { 443 } else { 80 };
                    (Prober::Grpc(Box::new(grpc)), parts.address(Some(default))?)
                }
                _ => {
                    let (talk, default) = talk(scheme, tls_config)?;
                    let tcp = TcpProbe { ip, source: None, talk };
                    (Prober::Tcp(Box::new(tcp)), parts.address(default)?)
                }
            }
        }
    };
    Ok((ProbeModule { timeout: None, prober, shown: String::new() }, target))
}

fn http(
    url: &str,
    wishes: &Wishes,
    ip: IpChoice,
    tls: TlsConfig,
) -> Result<(Prober, String), String> {
    Parts::read(url)?.needs_host()?;
    let mut probe = HttpProbe { ip, ..HttpProbe::default() };
    probe.client.tls = tls;
    probe.client.follow_redirects = !wishes.stays;
    probe.client.enable_http2 = !wishes.http1;
    Ok((Prober::Http(Box::new(probe)), url.to_owned()))
}

fn dns(
    scheme: &str,
    parts: &Parts,
    wishes: &Wishes,
    ip: IpChoice,
    tls_config: TlsConfig,
) -> Result<(Prober, String), String> {
    let over_https = over_https(scheme, parts)?;
    let over_tls = scheme == "dns+tls";
    let over_tcp = scheme != "dns" && over_https.is_none();
    let port = match scheme {
        "dns+https" => 443,
        "dns+tls" => 853,
        _ => 53,
    };
    let target = if parts.host.is_empty() {
        let server = wishes.nameserver.clone();
        server.ok_or_else(|| format!("`{}` names no server, nor does the system", parts.url))?
    } else {
        parts.address(Some(port))?
    };
    let query_name = parts.path().to_owned();
    if query_name.is_empty() {
        return Err(format!("`{}` asks for no name; write dns://server/name", parts.url));
    }
    let name = parts.parameter("type").unwrap_or_else(|| "A".to_owned()).to_ascii_uppercase();
    let query_type = code_of(TYPES, &name);
    let probe = DnsProbe {
        ip,
        source: None,
        over_tcp,
        over_tls,
        over_https,
        tls_config,
        query_name,
        query_type: query_type.ok_or_else(|| format!("`{name}` is no type of records"))?,
        query_class: 1,
        recursion_desired: true,
        valid_rcodes: vec![0],
        answer: RecordChecks::default(),
        authority: RecordChecks::default(),
        additional: RecordChecks::default(),
    };
    Ok((Prober::Dns(Box::new(probe)), target))
}

fn over_https(scheme: &str, parts: &Parts) -> Result<Option<DnsOverHttps>, String> {
    if scheme != "dns+https" {
        return Ok(None);
    }
    let method = parts.parameter("method").unwrap_or_else(|| "POST".to_owned());
    let uses_get = match method.to_ascii_uppercase().as_str() {
        "POST" => false,
        "GET" => true,
        _ => return Err(format!("`{}`: `method` is POST or GET", parts.url)),
    };
    let path = parts.parameter("path").unwrap_or_else(|| DOH_PATH.to_owned());
    if !path.starts_with('/') {
        return Err(format!("`{}`: `path` begins with a slash", parts.url));
    }
    Ok(Some(DnsOverHttps { uses_get, path }))
}

/// As libpq reads it: `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=...`.
fn postgres(
    text: &str,
    wishes: &Wishes,
    ip: IpChoice,
    tls: &TlsConfig,
) -> Result<(Prober, String), String> {
    let dsn = Dsn::parse(text)?;
    let tls_config = TlsConfig {
        ca: tls.ca.clone().or(dsn.tls.ca),
        cert: dsn.tls.cert,
        key: dsn.tls.key,
        server_name: wishes.server_name.clone(),
        insecure_skip_verify: wishes.insecure,
        ..TlsConfig::default()
    };
    let password = dsn.password.map(SecretSource::Inline);
    let access = DatabaseAccess { ip, username: dsn.user, password, tls_config };
    let (database, ssl_mode) = (Some(dsn.database), dsn.ssl_mode);
    let probe = PostgresProbe { access, database, ssl_mode, ..PostgresProbe::default() };
    let target = match dsn.address {
        ServiceAddress::Unix(path) => path,
        address @ ServiceAddress::Tcp { .. } => address.to_string(),
    };
    Ok((Prober::Postgres(Box::new(probe)), target))
}

fn redis(
    scheme: &str,
    parts: &Parts,
    ip: IpChoice,
    tls_config: TlsConfig,
) -> Result<(Prober, String), String> {
    let decoded = |text: &str| {
        let bytes = percent_encoding::percent_decode_str(text);
        bytes.decode_utf8().map(std::borrow::Cow::into_owned)
    };
    let wrong = |error| format!("the user of the URL is no UTF-8: {error}");
    let username = decoded(parts.url.username()).map_err(wrong)?;
    let password = parts.url.password().map(decoded).transpose().map_err(wrong)?;
    let password = password.map(|text| SecretSource::Inline(Secret::new(text)));
    let access = DatabaseAccess { ip, username, password, tls_config };
    let probe = RedisProbe { access, tls: scheme == "rediss", ..RedisProbe::default() };
    Ok((Prober::Redis(Box::new(probe)), parts.address(Some(6379))?))
}

/// What is said over a connection of a scheme, and the scheme's port.
fn talk(scheme: &str, tls_config: TlsConfig) -> Result<(ConversationProbe, Option<u16>), String> {
    let module = |name: &str| match built_in().modules.remove(name).map(|module| module.prober) {
        Some(Prober::Tcp(tcp)) => tcp.talk,
        Some(_) | None => ConversationProbe::default(),
    };
    let greeting = |name: &str| {
        let mut talk = module(name);
        talk.steps.truncate(1);
        for step in &mut talk.steps {
            step.send = None;
        }
        talk.tls = true;
        talk
    };
    let (talk, port) = match scheme {
        "tcp" => (ConversationProbe::default(), None),
        "tls" | "ssl" => (ConversationProbe { tls: true, ..Default::default() }, Some(443)),
        "ssh" => (module("ssh_banner"), Some(22)),
        "smtp" => (module("smtp_starttls"), Some(25)),
        "imap" => (module("imap_starttls"), Some(143)),
        "smtps" => (greeting("smtp_starttls"), Some(465)),
        "imaps" => (greeting("imap_starttls"), Some(993)),
        other => {
            return Err(format!("`{other}` is no scheme that is probed; there are: {SCHEMES}"));
        }
    };
    Ok((ConversationProbe { tls_config, ..talk }, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<(&'static str, String), String> {
        let wishes = Wishes { nameserver: Some("192.0.2.1".into()), ..Wishes::default() };
        of_url(url, &wishes).map(|(module, target)| (module.prober.name(), target))
    }

    #[test]
    fn urls_name_prober_and_target() {
        for (url, prober, target) in [
            ("https://a.example/x?y", "http", "https://a.example/x?y"),
            ("a.example:8080/x", "http", "http://a.example:8080/x"),
            ("tcp://a.example:25", "tcp", "a.example:25"),
            ("tcp://[::1]:25", "tcp", "[::1]:25"),
            ("tls://a.example", "tcp", "a.example:443"),
            ("smtp://mail.example", "tcp", "mail.example:25"),
            ("imaps://mail.example", "tcp", "mail.example:993"),
            ("ssh://a.example:2222", "tcp", "a.example:2222"),
            ("icmp://a.example", "icmp", "a.example"),
            ("dns://192.0.2.53/example.org?type=MX", "dns", "192.0.2.53:53"),
            ("dns:///example.org", "dns", "192.0.2.1"),
            ("dns+tls://dns.example/example.org", "dns", "dns.example:853"),
            ("grpc://a.example:50051/my.Service", "grpc", "a.example:50051"),
            ("wss://a.example/live", "websocket", "wss://a.example/live"),
            ("dns+https://dns.example/example.org?method=get", "dns", "dns.example:443"),
            ("postgres://u@a.example/shop", "postgres", "a.example:5432"),
            ("redis://:hunter2@a.example", "redis", "a.example:6379"),
            ("rediss://[::1]:7000", "redis", "[::1]:7000"),
            ("unix:///run/x.sock", "unix", "/run/x.sock"),
        ] {
            assert_eq!(read(url), Ok((prober, target.to_owned())), "{url}");
        }
    }

    #[test]
    fn what_cannot_be_probed_is_told() {
        for (url, expected) in [
            ("tcp://a.example", "names no port"),
            ("ftp://a.example", "no scheme that is probed"),
            ("icmp://", "names no host"),
            ("http://", "is no URL"),
            ("unix://x", "unix:///path"),
            ("dns://a.example", "asks for no name"),
            ("dns://a.example/b?type=Q", "no type of records"),
            ("dns+https://a.example/b?method=PUT", "POST or GET"),
            ("postgres://a.example/shop", "names no user"),
        ] {
            let why = read(url).expect_err(url);
            assert!(why.contains(expected), "{url}: {why}");
        }
    }
}
