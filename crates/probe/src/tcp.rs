//! TCP and Unix sockets: connect, perhaps encrypt, hold the conversation of the module.

use crate::run::{Run, Step};
use crate::talk::{self, Secure};
use crate::target::host_port;
use crate::{Reason, Variation, World, names};
use config::blackbox::{ConversationProbe, TcpProbe};
use net::{Dialer, Offer, TlsSteps};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::UnixStream;
use tokio::time::Instant;

/// Probes over TCP.
pub(crate) struct TcpProber {
    config: TcpProbe,
    dialer: Dialer,
    tls: TlsSteps,
}

impl TcpProber {
    pub(crate) fn new(config: &TcpProbe, world: &World) -> Self {
        Self {
            config: config.clone(),
            dialer: Dialer::new(Arc::clone(&world.options.policy)),
            tls: tls(&config.talk, world),
        }
    }

    pub(crate) async fn probe(
        &self,
        target: &str,
        variation: &Variation,
        run: &mut Run,
    ) -> Step<()> {
        run.set(names::FAILED_REGEX, 0.0);
        let (host, port) = match host_port(target) {
            Ok(parts) => parts,
            Err(why) => {
                let message = "Error splitting target address and port";
                return Err(run.fail(Reason::Config, message, &[("err", &why)]));
            }
        };
        let (ip, _) = run.choose_address(&self.dialer, host, self.config.ip).await?;
        let address = SocketAddr::new(ip, port);
        let message =
            if self.config.talk.tls { "Dialing TCP with TLS" } else { "Dialing TCP without TLS" };
        run.info(message, &[("address", &address)]);
        let begun = Instant::now();
        let connected = run.in_time(self.dialer.connect(address, self.config.source)).await;
        run.span("connect", begun, Instant::now());
        let stream = connected?.map_err(|error| run.fail_by("Error dialing TCP", &error))?;
        run.findings.connected = true;
        run.info("Successfully dialed", &[]);
        let named = self.tls.server_name().or(variation.hostname.as_deref());
        let secure = Secure { tls: &self.tls, name: named.unwrap_or(host) };
        talk::hold(stream, &self.config.talk, &secure, run).await
    }
}

/// Probes over a Unix socket; the target is its path.
pub(crate) struct UnixProber {
    config: ConversationProbe,
    tls: TlsSteps,
}

impl UnixProber {
    pub(crate) fn new(config: &ConversationProbe, world: &World) -> Self {
        Self { config: config.clone(), tls: tls(config, world) }
    }

    pub(crate) async fn probe(&self, target: &str, run: &mut Run) -> Step<()> {
        run.set(names::FAILED_REGEX, 0.0);
        let path = target.strip_prefix("unix://").unwrap_or(target);
        run.info("Dialing Unix socket", &[("path", &path)]);
        let begun = Instant::now();
        let connected = run.in_time(UnixStream::connect(path)).await;
        run.span("connect", begun, Instant::now());
        let stream = match connected? {
            Ok(stream) => stream,
            Err(error) => {
                let message = "Error dialing Unix socket";
                return Err(run.fail(Reason::Connect, message, &[("err", &error)]));
            }
        };
        run.findings.connected = true;
        run.info("Successfully dialed", &[]);
        let secure = Secure { tls: &self.tls, name: self.tls.server_name().unwrap_or("localhost") };
        talk::hold(stream, &self.config, &secure, run).await
    }
}

fn tls(config: &ConversationProbe, world: &World) -> TlsSteps {
    TlsSteps::new(config.tls_config.clone(), Offer::Nothing, Arc::clone(&world.options.vfs))
}
