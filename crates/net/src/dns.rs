//! DNS as far as probes and discovery speak it themselves: messages, and one exchange over UDP, TCP
//! or TLS (RFC 1035, RFC 7858). Everything else resolves names through the operating system.

mod message;
mod show;

pub use message::{A, AAAA, Answer, Data, IN, MX, NS, Question, Record, SOA, SRV, question, read};

use crate::{Dialer, Error};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::UdpSocket;
use tokio::time::Instant;

/// Largest answer over UDP that is read; more is cut by the network anyway.
const DATAGRAM_BYTES_MAX: usize = 65_535;

/// Why there is no answer.
#[derive(Debug)]
pub enum Lost {
    /// No way to the server.
    Net(Error),
    /// The way broke.
    Io(io::Error),
    /// What came is no answer to the question.
    Form(String),
}

impl Lost {
    /// A sentence for people.
    pub fn describe(&self) -> String {
        match self {
            Self::Net(error) => error.describe(),
            Self::Io(error) => error.to_string(),
            Self::Form(why) => why.clone(),
        }
    }
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

/// Asks in a datagram; `connected` is set when it could be sent. The caller sets the deadline.
///
/// # Errors
/// See [`Lost`].
pub async fn over_udp(
    dialer: &Dialer,
    source: Option<IpAddr>,
    server: SocketAddr,
    (id, question): (u16, &[u8]),
    connected: &mut Option<Instant>,
) -> Result<Answer, Lost> {
    // INV-30: datagrams go where the policy lets connections go.
    dialer.check(server.ip())?;
    let any: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind(SocketAddr::new(source.unwrap_or(any), 0)).await?;
    socket.connect(server).await?;
    *connected = Some(Instant::now());
    socket.send(question).await?;
    let mut datagram = vec![0; DATAGRAM_BYTES_MAX];
    loop {
        let length = socket.recv(&mut datagram).await?;
        let answer = read(&datagram[..length]).map_err(Lost::Form)?;
        // An answer to somebody else's question is waited out.
        if answer.id == id {
            return Ok(answer);
        }
    }
}

/// Asks over a connection: each message behind its length (RFC 1035, 4.2.2).
///
/// # Errors
/// See [`Lost`].
pub async fn over_stream<S: AsyncRead + AsyncWrite + Unpin>(
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
    let answer = read(&message).map_err(Lost::Form)?;
    if answer.id == id {
        return Ok(answer);
    }
    Err(Lost::Form(format!("answer has the id {}, expected {id}", answer.id)))
}
