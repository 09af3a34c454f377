//! Modules ready for use: what the configuration says, with the clients made of it. One set is in
//! force at a time; a reload puts another in its place, and probes under way end with theirs.

use crate::Outcome;
use crate::databases::{PostgresProber, RedisProber};
use crate::dns::DnsProber;
use crate::grpc::GrpcProber;
use crate::http::HttpProber;
use crate::icmp::IcmpProber;
use crate::run::Run;
use crate::tcp::{TcpProber, UnixProber};
use crate::websocket::WebsocketProber;
use config::blackbox::{BlackboxConfig, ProbeModule, Prober};
use net::ClientOptions;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use sys::Entropy;

/// Longest time of a probe when neither module nor caller names one, as upstream.
pub(crate) const TIMEOUT_DEFAULT: Duration = Duration::from_mins(2);

/// What probes need of the outside.
#[derive(Clone)]
pub struct World {
    /// The policy of addresses, and files.
    pub options: ClientOptions,
    /// Numbers of questions and echoes.
    pub entropy: Arc<dyn Entropy>,
}

/// A set of modules.
pub struct Modules {
    modules: BTreeMap<String, Arc<Module>>,
}

/// What a caller asks beyond a module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variation {
    /// Virtual host of HTTP, server name of TCP with TLS.
    pub hostname: Option<String>,
    /// Keep body and headers of the answer for conditions.
    pub keeps_answer: bool,
    /// What is asked instead of what the module asks; HTTP alone.
    pub ask: Ask,
}

/// A request that differs from the module's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ask {
    /// Method.
    pub method: Option<String>,
    /// Headers beside those of the module.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Option<String>,
}

/// A probe that cannot be made; the words are upstream's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeError(pub String);

impl std::fmt::Display for ProbeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ProbeError {}

/// A module ready for use.
pub(crate) struct Module {
    pub(crate) config: ProbeModule,
    prober: Ready,
}

enum Ready {
    Http(Box<HttpProber>),
    Tcp(Box<TcpProber>),
    Unix(Box<UnixProber>),
    Icmp(IcmpProber),
    Dns(Box<DnsProber>),
    Grpc(Box<GrpcProber>),
    Websocket(Box<WebsocketProber>),
    Postgres(Box<PostgresProber>),
    Redis(Box<RedisProber>),
}

/// Modules of scheduled probes when no file names any.
const BUILT_IN: &str = "
modules:
  http_2xx: {prober: http}
  http_post_2xx: {prober: http, http: {method: POST}}
  tcp_connect: {prober: tcp}
  tls_connect: {prober: tcp, tcp: {tls: true}}
  icmp: {prober: icmp}
  websocket: {prober: websocket}
  grpc: {prober: grpc, grpc: {tls: true}}
  grpc_plain: {prober: grpc}
  redis: {prober: redis}
  ssh_banner:
    prober: tcp
    tcp: {query_response: [{expect: '^SSH-2.0-', send: 'SSH-2.0-flyball'}]}
  smtp_starttls:
    prober: tcp
    tcp:
      query_response:
      - {expect: '^220 ', send: \"EHLO prober\\r\"}
      - {expect: '^250[ -]STARTTLS', send: \"STARTTLS\\r\"}
      - {expect: '^220 ', starttls: true}
  imap_starttls:
    prober: tcp
    tcp:
      query_response:
      - {expect: 'OK', send: \". STARTTLS\\r\"}
      - {expect: '^\\. OK', starttls: true}
";

/// The modules that are there without a file.
pub fn built_in() -> BlackboxConfig {
    let loaded = config::blackbox::load("built-in", BUILT_IN);
    loaded.expect("the built-in modules are well formed; a test reads them").config
}

impl Modules {
    /// Makes the modules of a file ready.
    pub fn new(config: &BlackboxConfig, world: &World) -> Self {
        let ready = |(name, module): (&String, &ProbeModule)| {
            (name.clone(), Arc::new(Module::new(module, world)))
        };
        Self { modules: config.modules.iter().map(ready).collect() }
    }

    /// Is there a module of this name?
    pub fn has(&self, name: &str) -> bool {
        self.modules.contains_key(name)
    }

    /// Probes a target.
    ///
    /// # Errors
    /// When there is no such module, or the caller contradicts it.
    pub async fn probe(
        &self,
        module: &str,
        target: &str,
        timeout: Option<Duration>,
        variation: &Variation,
    ) -> Result<Outcome, ProbeError> {
        let module = self.module(module)?;
        module.probe(target, timeout, variation).await
    }

    pub(crate) fn module(&self, name: &str) -> Result<Arc<Module>, ProbeError> {
        let module = self.modules.get(name).map(Arc::clone);
        module.ok_or_else(|| ProbeError(format!("Unknown module {}", model::quote(name))))
    }
}

impl Module {
    pub(crate) fn new(config: &ProbeModule, world: &World) -> Self {
        let prober = match &config.prober {
            Prober::Http(http) => Ready::Http(Box::new(HttpProber::new(http, world))),
            Prober::Tcp(tcp) => Ready::Tcp(Box::new(TcpProber::new(tcp, world))),
            Prober::Unix(talk) => Ready::Unix(Box::new(UnixProber::new(talk, world))),
            Prober::Icmp(icmp) => Ready::Icmp(IcmpProber::new(*icmp, world)),
            Prober::Dns(dns) => Ready::Dns(Box::new(DnsProber::new(dns, world))),
            Prober::Grpc(grpc) => Ready::Grpc(Box::new(GrpcProber::new(grpc, world))),
            Prober::Websocket(websocket) => {
                Ready::Websocket(Box::new(WebsocketProber::new(websocket, world)))
            }
            Prober::Postgres(config) => {
                Ready::Postgres(Box::new(PostgresProber::new(config, world)))
            }
            Prober::Redis(config) => Ready::Redis(Box::new(RedisProber::new(config, world))),
        };
        Self { config: config.clone(), prober }
    }

    /// Probes a target within the time of the module and of the caller, whichever is shorter.
    pub(crate) async fn probe(
        &self,
        target: &str,
        timeout: Option<Duration>,
        variation: &Variation,
    ) -> Result<Outcome, ProbeError> {
        self.check(variation)?;
        let caller = timeout.unwrap_or(TIMEOUT_DEFAULT);
        let timeout = self.config.timeout.map_or(caller, |own| own.min(caller));
        Ok(self.probe_in(target, timeout, variation).await)
    }

    /// Probes a target within a time.
    pub(crate) async fn probe_in(
        &self,
        target: &str,
        timeout: Duration,
        variation: &Variation,
    ) -> Outcome {
        let mut run = Run::new(timeout);
        let name = self.config.prober.name();
        let seconds = timeout.as_secs_f64();
        run.info("Beginning probe", &[("probe", &name), ("timeout_seconds", &seconds)]);
        let result = match &self.prober {
            Ready::Http(http) => http.probe(target, variation, &mut run).await,
            Ready::Tcp(tcp) => tcp.probe(target, variation, &mut run).await,
            Ready::Unix(unix) => unix.probe(target, &mut run).await,
            Ready::Icmp(icmp) => icmp.probe(target, &mut run).await,
            Ready::Dns(dns) => dns.probe(target, &mut run).await,
            Ready::Grpc(grpc) => grpc.probe(target, &mut run).await,
            Ready::Websocket(websocket) => websocket.probe(target, variation, &mut run).await,
            Ready::Postgres(postgres) => postgres.probe(target, &mut run).await,
            Ready::Redis(redis) => redis.probe(target, &mut run).await,
        };
        run.finish(result)
    }

    fn check(&self, variation: &Variation) -> Result<(), ProbeError> {
        let (Some(hostname), Prober::Http(http)) = (&variation.hostname, &self.config.prober)
        else {
            return Ok(());
        };
        let host = http.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host"));
        match host {
            Some((_, value)) if value != hostname => Err(ProbeError(format!(
                "host header defined both in module configuration ({value}) and with \
                 URL-parameter 'hostname' ({hostname})"
            ))),
            Some(_) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_modules_are_well_formed() {
        let modules = built_in().modules;
        assert!(modules.contains_key("http_2xx") && modules.len() == 12);
        let Prober::Tcp(smtp) = &modules["smtp_starttls"].prober else { panic!("tcp") };
        assert_eq!(smtp.talk.steps[0].send.as_deref(), Some("EHLO prober\r"));
    }
}
