//! Sockets of the receivers of lines: packets of UDP and of Unix sockets, connections of TCP within
//! their bounds.
//! A shell: it cuts bytes into whole lines and hands them over; what they mean is decided there.

use super::counts::{CONNECTIONS, Counts, IDLE, LINE_TOO_LONG, PICKLE};
use super::{GraphiteReceiver, StatsdReceiver};
use socket2::SockRef;
use std::fs;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream, UdpSocket, UnixDatagram};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;
use wire::graphite::PICKLE_BYTE;

/// Longest packet of UDP.
const PACKET_BYTES_MAX: usize = 64 << 10;
/// Packets are gathered up to so many bytes before they are handed over.
const GATHERED_BYTES: usize = 256 << 10;
/// What the kernel may hold of packets that are not read yet; it may grant less.
const SOCKET_BUFFER_BYTES: usize = 4 << 20;
/// Bytes read from a connection at once, besides a line that is not complete.
const READ_BYTES: usize = 64 << 10;
/// Rest after a failed `accept`, for example without file descriptors.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// Bounds of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineLimits {
    /// Most connections.
    pub connections_max: usize,
    /// Longest line, bytes.
    pub line_bytes_max: usize,
    /// A connection that sends nothing for so long is closed.
    pub idle_timeout: Duration,
}

/// Bound sockets of a receiver.
#[derive(Debug)]
pub struct LineListeners {
    udp: Option<UdpSocket>,
    unix: Option<UnixSocket>,
    tcp: Option<TcpListener>,
    limits: LineLimits,
}

/// A Unix socket of datagrams; its file goes with it.
#[derive(Debug)]
struct UnixSocket {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Drop for UnixSocket {
    fn drop(&mut self) {
        // Where it cannot be removed, the next start replaces it.
        drop(fs::remove_file(&self.path));
    }
}

/// Where packets come from.
trait Packets {
    async fn recv(&self, packet: &mut [u8]) -> io::Result<usize>;
    /// The next packet if it is there already.
    fn try_recv(&self, packet: &mut [u8]) -> io::Result<usize>;
}

impl Packets for UdpSocket {
    async fn recv(&self, packet: &mut [u8]) -> io::Result<usize> {
        Self::recv(self, packet).await
    }

    fn try_recv(&self, packet: &mut [u8]) -> io::Result<usize> {
        Self::try_recv(self, packet)
    }
}

impl Packets for UnixDatagram {
    async fn recv(&self, packet: &mut [u8]) -> io::Result<usize> {
        Self::recv(self, packet).await
    }

    fn try_recv(&self, packet: &mut [u8]) -> io::Result<usize> {
        Self::try_recv(self, packet)
    }
}

/// Who takes the lines.
#[derive(Clone)]
enum Taker {
    Statsd(Arc<StatsdReceiver>),
    Graphite(Arc<GraphiteReceiver>),
}

impl LineListeners {
    /// Binds the sockets.
    ///
    /// # Errors
    /// When an address is taken or is none; the text names it.
    pub async fn bind(
        udp: Option<&str>,
        tcp: Option<&str>,
        limits: LineLimits,
    ) -> io::Result<Self> {
        let named = |protocol: &str, address: &str, error: io::Error| {
            let text = format!("cannot listen on {protocol} {address}: {error}");
            io::Error::new(error.kind(), text)
        };
        let udp = match udp {
            Some(address) => {
                let socket = UdpSocket::bind(address).await;
                let socket = socket.map_err(|error| named("UDP", address, error))?;
                // Less than asked for is what there is.
                drop(SockRef::from(&socket).set_recv_buffer_size(SOCKET_BUFFER_BYTES));
                Some(socket)
            }
            None => None,
        };
        let tcp = match tcp {
            Some(address) => {
                let listener = TcpListener::bind(address).await;
                Some(listener.map_err(|error| named("TCP", address, error))?)
            }
            None => None,
        };
        Ok(Self { udp, unix: None, tcp, limits })
    }

    /// Binds a Unix socket of datagrams as well; who has the permission bits to write may send. A
    /// socket that a former process left there is replaced.
    ///
    /// # Errors
    /// When something else is there, or the folder is missing or not writable; the text names it.
    pub fn bind_unix(&mut self, path: &Path, mode: u32) -> io::Result<()> {
        let bind = || {
            let is_socket = |found: fs::Metadata| found.file_type().is_socket();
            if fs::symlink_metadata(path).is_ok_and(is_socket) {
                fs::remove_file(path)?;
            }
            let socket = UnixDatagram::bind(path)?;
            fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
            drop(SockRef::from(&socket).set_recv_buffer_size(SOCKET_BUFFER_BYTES));
            Ok(UnixSocket { socket, path: path.to_owned() })
        };
        let named = |error: io::Error| {
            let text = format!("cannot listen on {}: {error}", path.display());
            io::Error::new(error.kind(), text)
        };
        self.unix = Some(bind().map_err(named)?);
        Ok(())
    }

    /// Addresses in use, UDP and TCP.
    pub fn addresses(&self) -> (Option<SocketAddr>, Option<SocketAddr>) {
        let udp = self.udp.as_ref().and_then(|socket| socket.local_addr().ok());
        (udp, self.tcp.as_ref().and_then(|listener| listener.local_addr().ok()))
    }

    /// Takes lines of StatsD and stores at each interval until `stop` resolves, once more then.
    pub async fn run_statsd(
        &self,
        receiver: Arc<StatsdReceiver>,
        interval: Duration,
        stop: impl Future<Output = ()>,
    ) {
        let listen = self.run(Taker::Statsd(Arc::clone(&receiver)));
        let ticks = async {
            loop {
                tokio::time::sleep(interval).await;
                tick(&receiver).await;
            }
        };
        tokio::select! {
            () = listen => {}
            () = ticks => {}
            () = stop => {}
        }
        tick(&receiver).await;
    }

    /// Takes lines of Graphite until `stop` resolves.
    pub async fn run_graphite(
        &self,
        receiver: Arc<GraphiteReceiver>,
        stop: impl Future<Output = ()>,
    ) {
        tokio::select! {
            () = self.run(Taker::Graphite(receiver)) => {}
            () = stop => {}
        }
    }

    async fn run(&self, taker: Taker) {
        let from_udp = async {
            match &self.udp {
                Some(socket) => packets(socket, &taker, self.limits).await,
                None => std::future::pending().await,
            }
        };
        let from_unix = async {
            match &self.unix {
                Some(unix) => packets(&unix.socket, &taker, self.limits).await,
                None => std::future::pending().await,
            }
        };
        let connections = async {
            match &self.tcp {
                Some(listener) => connections(listener, &taker, self.limits).await,
                None => std::future::pending().await,
            }
        };
        tokio::join!(from_udp, from_unix, connections);
    }
}

async fn tick(receiver: &Arc<StatsdReceiver>) {
    let receiver = Arc::clone(receiver);
    if let Err(error) = tokio::task::spawn_blocking(move || receiver.tick()).await {
        tracing::error!(%error, "StatsD metrics could not be stored");
    }
}

impl Taker {
    fn counts(&self) -> &Counts {
        match self {
            Self::Statsd(receiver) => &receiver.counts,
            Self::Graphite(receiver) => &receiver.counts,
        }
    }

    /// Hands over whole lines; gives the buffer back, empty.
    async fn take(&self, mut lines: Vec<u8>) -> Vec<u8> {
        self.counts().bytes.add(lines.len());
        match self {
            Self::Statsd(receiver) => receiver.take(&lines),
            Self::Graphite(receiver) => {
                let receiver = Arc::clone(receiver);
                let work = tokio::task::spawn_blocking(move || {
                    receiver.take(&lines);
                    lines
                });
                lines = work.await.unwrap_or_default();
            }
        }
        lines.clear();
        lines
    }

    fn is_pickle(&self, bytes: &[u8]) -> bool {
        matches!(self, Self::Graphite(_)) && bytes.first() == Some(&PICKLE_BYTE)
    }
}

async fn packets(socket: &impl Packets, taker: &Taker, limits: LineLimits) {
    let mut gathered = Vec::with_capacity(GATHERED_BYTES + PACKET_BYTES_MAX);
    let mut packet = vec![0; PACKET_BYTES_MAX];
    loop {
        match socket.recv(&mut packet).await {
            Ok(len) => gather(&packet[..len], taker, limits, &mut gathered),
            // An answer of ICMP to nobody: there is nothing to be done about it.
            Err(_) => tokio::task::yield_now().await,
        }
        while gathered.len() < GATHERED_BYTES {
            let Ok(len) = socket.try_recv(&mut packet) else { break };
            gather(&packet[..len], taker, limits, &mut gathered);
        }
        gathered = taker.take(gathered).await;
    }
}

/// Adds the lines of a packet that are not too long.
fn gather(packet: &[u8], taker: &Taker, limits: LineLimits, gathered: &mut Vec<u8>) {
    taker.counts().packets.add(1);
    if packet.len() <= limits.line_bytes_max {
        gathered.extend_from_slice(packet);
        gathered.push(b'\n');
        return;
    }
    for line in packet.split(|byte| *byte == b'\n') {
        if line.len() > limits.line_bytes_max {
            taker.counts().refuse(LINE_TOO_LONG);
            continue;
        }
        gathered.extend_from_slice(line);
        gathered.push(b'\n');
    }
}

async fn connections(listener: &TcpListener, taker: &Taker, limits: LineLimits) {
    let places = Arc::new(Semaphore::new(limits.connections_max));
    // Connections end with their listener.
    let mut open = JoinSet::new();
    loop {
        while open.try_join_next().is_some() {}
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(ACCEPT_REST).await;
            continue;
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            taker.counts().refuse(CONNECTIONS);
            continue;
        };
        taker.counts().connections.add(1);
        let taker = taker.clone();
        open.spawn(async move {
            connection(stream, &taker, limits).await;
            drop(place);
        });
    }
}

async fn connection(mut stream: TcpStream, taker: &Taker, limits: LineLimits) {
    // Whole lines are handed over; the beginning of the next one stays.
    let mut lines: Vec<u8> = Vec::new();
    let mut is_first = true;
    loop {
        lines.reserve(READ_BYTES);
        let read = timeout(limits.idle_timeout, stream.read_buf(&mut lines)).await;
        let ended = match read {
            Err(_) => {
                taker.counts().refuse(IDLE);
                true
            }
            // A reset ends a connection as well as a close.
            Ok(read) => read.unwrap_or(0) == 0,
        };
        if is_first && taker.is_pickle(&lines) {
            taker.counts().refuse(PICKLE);
            let peer = stream.peer_addr().map_or_else(|_| String::new(), |peer| peer.to_string());
            tracing::warn!(
                peer,
                "Graphite: the pickle protocol is not read, because a pickle may hold any program; \
                 send plain lines (carbon: LINE destinations, `CARBON_METRIC_PROTOCOL`)"
            );
            return;
        }
        is_first = false;
        let Some(end) = lines.iter().rposition(|byte| *byte == b'\n') else {
            if lines.len() > limits.line_bytes_max {
                return taker.counts().refuse(LINE_TOO_LONG);
            }
            if ended {
                return end_of(lines, taker).await;
            }
            continue;
        };
        let mut rest = Vec::with_capacity(lines.len() - end - 1 + READ_BYTES);
        rest.extend_from_slice(&lines[end + 1..]);
        lines.truncate(end);
        refuse_long(&mut lines, taker, limits);
        taker.take(lines).await;
        lines = rest;
        if ended {
            return end_of(lines, taker).await;
        }
    }
}

/// The last line needs no line feed, as clients without one send it.
async fn end_of(line: Vec<u8>, taker: &Taker) {
    if !line.is_empty() {
        taker.take(line).await;
    }
}

/// Takes out lines that are too long, which is rarely one.
fn refuse_long(lines: &mut Vec<u8>, taker: &Taker, limits: LineLimits) {
    let is_long = |line: &[u8]| line.len() > limits.line_bytes_max;
    if lines.split(|byte| *byte == b'\n').any(is_long) {
        let mut kept = Vec::with_capacity(lines.len());
        for line in lines.split(|byte| *byte == b'\n') {
            if is_long(line) {
                taker.counts().refuse(LINE_TOO_LONG);
            } else {
                kept.extend_from_slice(line);
                kept.push(b'\n');
            }
        }
        *lines = kept;
    }
}
