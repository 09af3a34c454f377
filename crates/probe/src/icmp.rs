//! ICMP echo: over a raw socket where one is allowed, else over a datagram socket, which Linux
//! gives to groups of `net.ipv4.ping_group_range`. A raw socket of IPv4 shows the hop limit of the
//! reply; the others do not without control messages, so the series is missing there.

use crate::run::{Run, Step};
use crate::{Reason, World, names};
use config::blackbox::IcmpProbe;
use net::Dialer;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::fmt::Display;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;
use sys::Entropy;
use tokio::net::UdpSocket;
use tokio::time::Instant;

/// What is sent when the module names no size, as upstream.
const PAYLOAD: &[u8] = b"Prometheus Blackbox Exporter";
/// Largest packet that is read.
const PACKET_BYTES_MAX: usize = 65_535;
const ECHO_V4: u8 = 8;
const REPLY_V4: u8 = 0;
const ECHO_V6: u8 = 128;
const REPLY_V6: u8 = 129;
const IPV4_HEADER_BYTES: usize = 20;

/// Probes by ICMP.
pub(crate) struct IcmpProber {
    config: IcmpProbe,
    dialer: Dialer,
    entropy: Arc<dyn Entropy>,
}

/// Numbers of echoes, so that no two at a time have the same.
static SEQUENCE: AtomicU16 = AtomicU16::new(0);

/// An open socket, and what it shows.
struct Open {
    /// The runtime waits for it as for any socket of datagrams.
    socket: UdpSocket,
    /// The kernel puts its own identifier and checksum into datagram sockets' packets.
    is_raw: bool,
    /// Packets that come in begin with the header of IPv4.
    has_header: bool,
}

/// An echo under way.
struct Echo {
    id: u16,
    sequence: u16,
    payload: Vec<u8>,
}

impl IcmpProber {
    pub(crate) fn new(config: IcmpProbe, world: &World) -> Self {
        let dialer = Dialer::new(Arc::clone(&world.options.policy));
        Self { config, dialer, entropy: Arc::clone(&world.entropy) }
    }

    pub(crate) async fn probe(&self, target: &str, run: &mut Run) -> Step<()> {
        for phase in ["resolve", "rtt", "setup"] {
            run.phase(names::ICMP_DURATION, phase, Duration::ZERO);
        }
        let (ip, took) = run.choose_address(&self.dialer, target, self.config.ip).await?;
        run.phase(names::ICMP_DURATION, "resolve", took);
        let begun = Instant::now();
        // INV-30: packets go where the policy lets connections go.
        if let Err(error) = self.dialer.check(ip) {
            return Err(run.fail_by("Error listening to socket", &error));
        }
        let open = match self.open(ip) {
            Ok(open) => open,
            Err(error) => {
                let message = "Error listening to socket";
                return Err(run.fail(Reason::Connect, message, &[("err", &error)]));
            }
        };
        let echo = self.echo();
        let details: [(&str, &(dyn Display + Sync)); 3] =
            [("seq", &echo.sequence), ("id", &echo.id), ("raw", &open.is_raw)];
        run.info("Creating ICMP packet", &details);
        let packet = self.packet(&echo, ip);
        let sent = Instant::now();
        run.phase(names::ICMP_DURATION, "setup", sent.saturating_duration_since(begun));
        let answered = run.in_time(exchange(&open, &packet, &echo, ip.is_ipv4())).await;
        run.span("rtt", sent, Instant::now());
        match answered? {
            Ok(hop_limit) => {
                run.phase(names::ICMP_DURATION, "rtt", sent.elapsed());
                if let Some(limit) = hop_limit {
                    run.set(names::ICMP_HOP_LIMIT, f64::from(limit));
                }
                run.findings.connected = true;
                run.info("Found matching reply packet", &[]);
                Ok(())
            }
            Err(error) => {
                Err(run.fail(Reason::Connect, "Error writing to socket", &[("err", &error)]))
            }
        }
    }

    fn open(&self, ip: IpAddr) -> io::Result<Open> {
        let (domain, protocol) = match ip {
            IpAddr::V4(_) => (Domain::IPV4, Protocol::ICMPV4),
            IpAddr::V6(_) => (Domain::IPV6, Protocol::ICMPV6),
        };
        let raw = || Socket::new(domain, Type::RAW, Some(protocol)).map(|socket| (socket, true));
        let datagram =
            || Socket::new(domain, Type::DGRAM, Some(protocol)).map(|socket| (socket, false));
        let (socket, is_raw) = match ip {
            IpAddr::V4(_) if self.config.dont_fragment => raw()?,
            IpAddr::V4(_) => raw().or_else(|_| datagram())?,
            IpAddr::V6(_) => datagram().or_else(|_| raw())?,
        };
        if ip.is_ipv4() {
            socket.set_ttl_v4(u32::from(self.config.ttl.max(1)))?;
        } else {
            socket.set_unicast_hops_v6(u32::from(self.config.ttl))?;
        }
        if self.builds_header(ip) {
            socket.set_header_included_v4(true)?;
        }
        if let Some(source) = self.config.source {
            socket.bind(&SockAddr::from(SocketAddr::new(source, 0)))?;
        }
        // Of other hosts nothing is read.
        socket.connect(&SockAddr::from(SocketAddr::new(ip, 0)))?;
        socket.set_nonblocking(true)?;
        let has_header = is_raw && ip.is_ipv4();
        let socket = UdpSocket::from_std(socket.into())?;
        Ok(Open { socket, is_raw, has_header })
    }

    fn builds_header(&self, ip: IpAddr) -> bool {
        self.config.dont_fragment && ip.is_ipv4()
    }

    fn echo(&self) -> Echo {
        let payload = match self.config.payload_bytes {
            None => PAYLOAD.to_vec(),
            Some(bytes) => {
                let mut payload = PAYLOAD.to_vec();
                payload.resize(usize::from(bytes), 0);
                payload
            }
        };
        let id = u16::try_from(self.entropy.next_u64() & 0xffff).unwrap_or_default();
        Echo { id, sequence: SEQUENCE.fetch_add(1, Ordering::Relaxed), payload }
    }

    fn packet(&self, echo: &Echo, ip: IpAddr) -> Vec<u8> {
        let message = echo.message(if ip.is_ipv4() { ECHO_V4 } else { ECHO_V6 });
        match ip {
            IpAddr::V4(v4) if self.config.dont_fragment => {
                let header = ipv4_header(v4, self.config.ttl, message.len());
                [&header[..], &message].concat()
            }
            IpAddr::V4(_) | IpAddr::V6(_) => message,
        }
    }
}

/// RFC 791, 3.1. The kernel fills in length, identification, checksum and source address.
fn ipv4_header(to: Ipv4Addr, ttl: u8, payload_bytes: usize) -> [u8; IPV4_HEADER_BYTES] {
    let mut header = [0; IPV4_HEADER_BYTES];
    // Version 4, five words.
    header[0] = 0x45;
    let length = u16::try_from(IPV4_HEADER_BYTES + payload_bytes).unwrap_or(u16::MAX);
    header[2..4].copy_from_slice(&length.to_be_bytes());
    // Do not fragment.
    header[6] = 0x40;
    header[8] = ttl;
    // ICMP
    header[9] = 1;
    header[16..20].copy_from_slice(&to.octets());
    header
}

impl Echo {
    /// RFC 792 and RFC 4443: type, code, checksum, identifier, sequence number, data.
    fn message(&self, kind: u8) -> Vec<u8> {
        let mut message = vec![kind, 0, 0, 0];
        message.extend(self.id.to_be_bytes());
        message.extend(self.sequence.to_be_bytes());
        message.extend(&self.payload);
        // The checksum of ICMPv6 covers addresses; the kernel writes it.
        let sum = checksum(&message).to_be_bytes();
        message[2..4].copy_from_slice(&sum);
        message
    }

    /// Is a message the reply? A datagram socket has an identifier of its own.
    fn is_answered_by(&self, message: &[u8], v4: bool, is_raw: bool) -> bool {
        let Some((head, payload)) = message.split_at_checked(8) else { return false };
        let kind = if v4 { REPLY_V4 } else { REPLY_V6 };
        head[0] == kind
            && (!is_raw || head[4..6] == self.id.to_be_bytes())
            && head[6..8] == self.sequence.to_be_bytes()
            && payload == self.payload
    }
}

/// RFC 1071: the complement of the sum in ones' complement.
fn checksum(bytes: &[u8]) -> u16 {
    let words = bytes
        .chunks(2)
        .map(|pair| u32::from(u16::from_be_bytes([pair[0], pair.get(1).copied().unwrap_or(0)])));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or(u16::MAX)
}

/// Sends and waits for the reply; gives its hop limit where the socket shows it.
async fn exchange(open: &Open, packet: &[u8], echo: &Echo, v4: bool) -> io::Result<Option<u8>> {
    open.socket.send(packet).await?;
    let mut buffer = vec![0; PACKET_BYTES_MAX];
    loop {
        let length = open.socket.recv(&mut buffer).await?;
        let packet = &buffer[..length];
        let (hop_limit, message) = if open.has_header {
            let words = packet.first().map_or(0, |first| usize::from(first & 0x0f));
            let Some((header, message)) = packet.split_at_checked(4 * words) else { continue };
            (header.get(8).copied(), message)
        } else {
            (None, packet)
        };
        if echo.is_answered_by(message, v4, open.is_raw) {
            return Ok(hop_limit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echo_is_answered_by_its_reply_alone() {
        let echo = Echo { id: 0x0102, sequence: 0x0304, payload: b"abc".to_vec() };
        let message = echo.message(ECHO_V4);
        assert_eq!(checksum(&message), 0, "a message with its checksum sums up to nothing");
        assert!(!echo.is_answered_by(&message, true, true), "the request itself");
        let reply = echo.message(REPLY_V4);
        assert!(echo.is_answered_by(&reply, true, true));
        let mut other = reply.clone();
        other[5] ^= 1;
        assert!(!echo.is_answered_by(&other, true, true), "of another process");
        assert!(echo.is_answered_by(&other, true, false), "the kernel's identifier");
        other[7] ^= 1;
        assert!(!echo.is_answered_by(&other, true, false), "another number");
        for end in 0..reply.len() {
            assert!(!echo.is_answered_by(&reply[..end], true, true));
        }
    }

    #[test]
    fn a_header_forbids_fragments() {
        let header = ipv4_header(Ipv4Addr::LOCALHOST, 5, 11);
        assert_eq!(header[..10], [0x45, 0, 0, 31, 0, 0, 0x40, 0, 5, 1]);
        assert_eq!(header[16..], [127, 0, 0, 1]);
    }
}
