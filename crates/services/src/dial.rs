//! The way to a service: TCP through the guarded connector, TLS over it, or a Unix socket; and the
//! files with secrets. Every wait ends at the deadline of the round.

use crate::{Fault, Reason};
use config::{SecretSource, ServiceAddress, TlsConfig};
use net::{AddressPolicy, Dialer, TlsClient};
use std::path::Path;
use std::sync::Arc;
use sys::{Clock, Vfs};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UnixStream;
use tokio::time::{Instant, timeout_at};

/// Longest secret, in bytes.
const SECRET_BYTES_MAX: u64 = 64 << 10;

/// What collectors need of the world.
#[derive(Clone)]
pub struct World {
    /// Which addresses may be dialled.
    pub policy: Arc<AddressPolicy>,
    /// Files with secrets and certificates, and logs.
    pub vfs: Arc<dyn Vfs>,
    /// Measures how long parts take.
    pub clock: Arc<dyn Clock>,
}

/// A connection of any kind.
pub(crate) trait Connection: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Connection for T {}

/// An open connection.
pub(crate) type Stream = Box<dyn Connection>;

impl World {
    /// Waits for something at most until the deadline.
    pub(crate) async fn within<T>(
        deadline: Instant,
        what: &str,
        work: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Fault> {
        let late = |elapsed| {
            let message = format!("{what}: no answer within the time allowed ({elapsed})");
            Fault::new(Reason::Timeout, message)
        };
        timeout_at(deadline, work).await.unwrap_or_else(|elapsed| Err(late(elapsed)))
    }

    /// Opens a connection without TLS.
    pub(crate) async fn dial(&self, address: &ServiceAddress) -> Result<Plain, Fault> {
        match address {
            ServiceAddress::Tcp { host, port } => {
                let dialer = Dialer::new(Arc::clone(&self.policy));
                Ok(Plain::Tcp(dialer.dial(host, *port).await?))
            }
            ServiceAddress::Unix(path) => {
                let opened = UnixStream::connect(path).await;
                opened.map(Plain::Unix).map_err(|error| {
                    Fault::new(Reason::Connect, format!("connect to {path}: {error}"))
                })
            }
        }
    }

    /// Encrypts a TCP connection; others stay as they are.
    pub(crate) async fn encrypt(
        &self,
        plain: Plain,
        host: &str,
        tls: &TlsConfig,
    ) -> Result<Stream, Fault> {
        match plain {
            Plain::Tcp(stream) => {
                let client = TlsClient::new(tls.clone(), Arc::clone(&self.vfs));
                Ok(Box::new(client.encrypt(host, stream).await?))
            }
            Plain::Unix(stream) => Ok(Box::new(stream)),
        }
    }

    /// The text of a secret, read anew at each use.
    /// # Errors
    /// `Config` when its file cannot be read.
    pub fn secret(&self, source: &SecretSource) -> Result<String, Fault> {
        let path = match source {
            SecretSource::Inline(secret) => return Ok(secret.reveal().to_owned()),
            SecretSource::File(path) => path,
        };
        let read = self.vfs.read(Path::new(path), SECRET_BYTES_MAX);
        let bytes = read.map_err(|error| {
            Fault::new(Reason::Config, format!("cannot read the password from {path}: {error}"))
        })?;
        // The cause of a failed conversion holds the bytes, so it stays out of the message.
        let text = String::from_utf8(bytes).ok().ok_or_else(|| {
            Fault::new(Reason::Config, format!("the password in {path} is not UTF-8"))
        })?;
        Ok(text.trim().to_owned())
    }
}

/// A connection that is not encrypted.
pub(crate) enum Plain {
    Tcp(tokio::net::TcpStream),
    Unix(UnixStream),
}

impl Plain {
    /// The connection as it is.
    pub(crate) fn open(self) -> Stream {
        match self {
            Self::Tcp(stream) => Box::new(stream),
            Self::Unix(stream) => Box::new(stream),
        }
    }
}
