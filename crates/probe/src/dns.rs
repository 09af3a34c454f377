//! The DNS prober: one question over UDP, TCP or TLS (RFC 7858), and what the answer is worth.

pub(crate) mod judge;

use crate::run::{Run, Step};
use crate::target::host_maybe_port;
use crate::{Reason, World, names};
use config::blackbox::{CLASSES, DnsProbe, RCODES, TYPES, name_of};
use net::dns::{self, Answer, Lost};
use net::{Dialer, Offer, TlsSteps};
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
    entropy: Arc<dyn Entropy>,
}

impl DnsProber {
    pub(crate) fn new(config: &DnsProbe, world: &World) -> Self {
        let vfs = Arc::clone(&world.options.vfs);
        Self {
            config: config.clone(),
            dialer: Dialer::new(Arc::clone(&world.options.policy)),
            tls: TlsSteps::new(config.tls_config.clone(), Offer::Nothing, vfs),
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
        let (host, port) = host_maybe_port(target, if self.config.over_tls { 853 } else { 53 });
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
        let id = u16::try_from(self.entropy.next_u64() & 0xffff).unwrap_or_default();
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
        let mut connected = None;
        let asked = self.exchange(host, server, &question, id, &mut connected);
        let asked = run.in_time(asked).await;
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
            Err(Lost::Net(error)) => Err(run.fail_by(message, &error)),
            Err(Lost::Io(error)) => {
                let refused = error.kind() == io::ErrorKind::ConnectionRefused;
                let reason = if refused { Reason::Connect } else { Reason::Protocol };
                Err(run.fail(reason, message, &[("err", &error)]))
            }
            Err(Lost::Form(why)) => Err(run.fail(Reason::Protocol, message, &[("err", &why)])),
        }
    }

    async fn exchange(
        &self,
        host: &str,
        server: SocketAddr,
        question: &[u8],
        id: u16,
        connected: &mut Option<Instant>,
    ) -> Result<Answer, Lost> {
        if !self.config.over_tcp {
            let (dialer, source) = (&self.dialer, self.config.source);
            return dns::over_udp(dialer, source, server, (id, question), connected).await;
        }
        let stream = self.dialer.connect(server, self.config.source).await?;
        if !self.config.over_tls {
            *connected = Some(Instant::now());
            return dns::over_stream(stream, question, id).await;
        }
        let (stream, _) = self.tls.shake(self.tls.server_name().unwrap_or(host), stream).await?;
        *connected = Some(Instant::now());
        dns::over_stream(stream, question, id).await
    }
}
