//! The DNS prober: one question over UDP, TCP or TLS (RFC 7858), and what the answer is worth.

pub(crate) mod judge;
pub(crate) mod message;
mod show;

use crate::run::{Run, Step};
use crate::target::host_maybe_port;
use crate::{Reason, World, names};
use config::blackbox::{CLASSES, DnsProbe, RCODES, TYPES, name_of};
use message::Answer;
use net::{Dialer, Error, Offer, TlsSteps};
use std::fmt::Display;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use sys::Entropy;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::UdpSocket;
use tokio::time::Instant;

/// Largest answer over UDP that is read; more is cut by the network anyway.
const DATAGRAM_BYTES_MAX: usize = 65_535;

/// Probes over DNS.
pub(crate) struct DnsProber {
    config: DnsProbe,
    dialer: Dialer,
    tls: TlsSteps,
    entropy: Arc<dyn Entropy>,
}

/// Why there is no answer.
enum Lost {
    Net(Error),
    Io(io::Error),
    Form(String),
}

impl From<io::Error> for Lost {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Error> for Lost {
    fn from(error: Error) -> Self {
        Self::Net(error)
    }
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
        if self.config.query_type == message::SOA {
            let serial = answer.answers.iter().find_map(message::Record::soa_serial);
            run.set(names::DNS_SERIAL, serial.map_or(0.0, f64::from));
        }
        match judge::judge(&self.config, &answer) {
            None => Ok(()),
            Some((reason, why)) => Err(run.fail(reason, &why, &[])),
        }
    }

    async fn ask(&self, host: &str, server: SocketAddr, run: &mut Run) -> Step<Answer> {
        let id = u16::try_from(self.entropy.next_u64() & 0xffff).unwrap_or_default();
        let question = match message::question(id, &self.config) {
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
            return self.over_udp(server, question, id, connected).await;
        }
        let stream = self.dialer.connect(server, self.config.source).await?;
        if !self.config.over_tls {
            *connected = Some(Instant::now());
            return over_stream(stream, question, id).await;
        }
        let (stream, _) = self.tls.shake(self.tls.server_name().unwrap_or(host), stream).await?;
        *connected = Some(Instant::now());
        over_stream(stream, question, id).await
    }

    async fn over_udp(
        &self,
        server: SocketAddr,
        question: &[u8],
        id: u16,
        connected: &mut Option<Instant>,
    ) -> Result<Answer, Lost> {
        // INV-30: datagrams go where the policy lets connections go.
        self.dialer.check(server.ip())?;
        let any: IpAddr = match server {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let source = self.config.source.unwrap_or(any);
        let socket = UdpSocket::bind(SocketAddr::new(source, 0)).await?;
        socket.connect(server).await?;
        *connected = Some(Instant::now());
        socket.send(question).await?;
        let mut datagram = vec![0; DATAGRAM_BYTES_MAX];
        loop {
            let length = socket.recv(&mut datagram).await?;
            let answer = message::read(&datagram[..length]).map_err(Lost::Form)?;
            // An answer to somebody else's question is waited out.
            if answer.id == id {
                return Ok(answer);
            }
        }
    }
}

/// RFC 1035, 4.2.2: each message behind its length.
async fn over_stream<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    question: &[u8],
    id: u16,
) -> Result<Answer, Lost> {
    let length = u16::try_from(question.len()).map_err(|error| Lost::Form(error.to_string()))?;
    let framed = [&length.to_be_bytes()[..], question].concat();
    stream.write_all(&framed).await?;
    stream.flush().await?;
    let length = stream.read_u16().await?;
    let mut message = vec![0; usize::from(length)];
    stream.read_exact(&mut message).await?;
    let answer = message::read(&message).map_err(Lost::Form)?;
    if answer.id == id {
        return Ok(answer);
    }
    Err(Lost::Form(format!("answer has the id {}, expected {id}", answer.id)))
}
