//! The DNS prober: one question over UDP, TCP, TLS (RFC 7858) or HTTPS (RFC 8484), and what the
//! answer is worth.

mod https;
pub(crate) mod judge;

use crate::run::{Run, Step};
use crate::target::host_maybe_port;
use crate::{Reason, World, names};
use config::blackbox::{CLASSES, DnsProbe, RCODES, TYPES, name_of};
use https::Https;
use net::dns::{self, Answer, Lost};
use net::{Dialer, Offer, TlsFacts, TlsSteps};
use std::fmt::Display;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use sys::Entropy;
use tokio::time::Instant;

/// Probes over DNS.
pub(crate) struct DnsProber {
    config: DnsProbe,
    dialer: Dialer,
    tls: TlsSteps,
    https: Option<Https>,
    entropy: Arc<dyn Entropy>,
}

/// Why there is no answer.
type Missed = (Reason, String);

impl DnsProber {
    pub(crate) fn new(config: &DnsProbe, world: &World) -> Self {
        let vfs = Arc::clone(&world.options.vfs);
        Self {
            config: config.clone(),
            dialer: Dialer::new(Arc::clone(&world.options.policy)),
            tls: TlsSteps::new(config.tls_config.clone(), Offer::Nothing, vfs),
            https: config.over_https.as_ref().map(|way| Https::new(way, &config.tls_config, world)),
            entropy: Arc::clone(&world.entropy),
        }
    }

    pub(crate) async fn probe(&self, target: &str, run: &mut Run) -> Step<()> {
        for metric in [
            names::DNS_ANSWERS,
            names::DNS_AUTHORITIES,
            names::DNS_ADDITIONALS,
            names::DNS_SUCCEEDED,
        ] {
            run.set(metric, 0.0);
        }
        for phase in ["connect", "request", "resolve"] {
            run.phase(names::DNS_DURATION, phase, Duration::ZERO);
        }
        let default = match (&self.https, self.config.over_tls) {
            (Some(_), _) => 443,
            (None, true) => 853,
            (None, false) => 53,
        };
        let (host, port) = host_maybe_port(target, default);
        let (ip, took) = run.choose_address(&self.dialer, host, self.config.ip).await?;
        run.phase(names::DNS_DURATION, "resolve", took);
        let answer = self.ask(host, SocketAddr::new(ip, port), run).await?;
        run.set(names::DNS_SUCCEEDED, 1.0);
        run.set(names::DNS_ANSWERS, answer.answers.len() as f64);
        run.set(names::DNS_AUTHORITIES, answer.authorities.len() as f64);
        run.set(names::DNS_ADDITIONALS, answer.additionals.len() as f64);
        if self.config.query_type == dns::SOA {
            let serial = answer.answers.iter().find_map(dns::Record::soa_serial);
            run.set(names::DNS_SERIAL, serial.map_or(0.0, f64::from));
        }
        match judge::judge(&self.config, &answer) {
            None => Ok(()),
            Some((reason, why)) => Err(run.fail(reason, &why, &[])),
        }
    }

    async fn ask(&self, host: &str, server: SocketAddr, run: &mut Run) -> Step<Answer> {
        let random = || u16::try_from(self.entropy.next_u64() & 0xffff).unwrap_or_default();
        // RFC 8484, 4.1: caches on the way know a question by its bytes.
        let id = if self.https.is_some() { 0 } else { random() };
        let asked = dns::Question {
            name: &self.config.query_name,
            kind: self.config.query_type,
            class: self.config.query_class,
            recursion_desired: self.config.recursion_desired,
        };
        let question = match dns::question(id, &asked) {
            Ok(question) => question,
            Err(why) => {
                return Err(run.fail(Reason::Config, "Cannot ask", &[("err", &why)]));
            }
        };
        let kind = name_of(TYPES, self.config.query_type).unwrap_or("?");
        let class = name_of(CLASSES, self.config.query_class).unwrap_or("?");
        let details: [(&str, &(dyn Display + Sync)); 4] = [
            ("target", &server),
            ("query", &self.config.query_name),
            ("type", &kind),
            ("class", &class),
        ];
        run.info("Making DNS query", &details);
        let begun = Instant::now();
        let (mut connected, mut facts) = (None, None);
        let asked = self.exchange((host, server), (id, &question), &mut connected, &mut facts);
        let asked = run.in_time(asked).await;
        if let Some(TlsFacts { certificates, version, cipher, .. }) = facts {
            run.certificates = certificates;
            run.findings.tls = Some((version, cipher));
        }
        let all = begun.elapsed();
        // A connection that was never there took all of the time, as upstream counts it.
        let connect = connected.map_or(all, |at: Instant| at.saturating_duration_since(begun));
        run.phase(names::DNS_DURATION, "connect", connect);
        run.phase(names::DNS_DURATION, "request", all.saturating_sub(connect));
        if let Some(at) = connected {
            run.span("connect", begun, at);
        }
        run.span("request", connected.unwrap_or(begun), begun + all);
        let message = "Error while sending a DNS query";
        match asked? {
            Ok(answer) => {
                run.info("Got response", &[("rcode", &answer.rcode)]);
                run.findings.connected = true;
                run.findings.rcode = name_of(RCODES, answer.rcode);
                // Of several records the last one, without its name, time, class and type.
                let data = answer.answers.last().and_then(|last| last.text.rsplit('\t').next());
                run.findings.body = Some(data.unwrap_or_default().to_owned());
                Ok(answer)
            }
            Err((reason, why)) => Err(run.fail(reason, message, &[("err", &why)])),
        }
    }

    /// Asks; `connected` and `facts` are set as soon as they are known.
    async fn exchange(
        &self,
        (host, server): (&str, SocketAddr),
        (id, question): (u16, &[u8]),
        connected: &mut Option<Instant>,
        facts: &mut Option<TlsFacts>,
    ) -> Result<Answer, Missed> {
        if let Some(https) = &self.https {
            return https.ask((host, server), question, connected, facts).await;
        }
        if !self.config.over_tcp {
            let (dialer, source) = (&self.dialer, self.config.source);
            let asked = dns::over_udp(dialer, source, server, (id, question), connected);
            return asked.await.map_err(missed);
        }
        let stream = self.dialer.connect(server, self.config.source).await;
        let stream = stream.map_err(|error| missed(error.into()))?;
        if !self.config.over_tls {
            *connected = Some(Instant::now());
            return dns::over_stream(stream, question, id).await.map_err(missed);
        }
        let name = self.tls.server_name().unwrap_or(host);
        let shaken = self.tls.shake(name, stream).await;
        let (stream, found) = shaken.map_err(|error| missed(error.into()))?;
        *facts = Some(found);
        *connected = Some(Instant::now());
        dns::over_stream(stream, question, id).await.map_err(missed)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "maps errors")]
fn missed(lost: Lost) -> Missed {
    let reason = match &lost {
        Lost::Net(error) => Reason::of(error),
        Lost::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => Reason::Connect,
        Lost::Io(_) | Lost::Form(_) => Reason::Protocol,
    };
    (reason, lost.describe())
}
