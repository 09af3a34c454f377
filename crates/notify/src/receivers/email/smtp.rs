//! The client side of SMTP (RFC 5321) as far as submitting messages needs it: STARTTLS (RFC 3207),
//! AUTH with CRAM-MD5, PLAIN and LOGIN (RFC 4954), messages one after the other, QUIT.
//! Replies are bounded; the caller sets the deadline.

use super::md5;
use crate::text::hex;
use crate::{DeliveryError, FailureReason};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use config::Secret;
use net::{Dialer, TlsClient, TlsStream};
use std::net::IpAddr;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// Longest line of a reply; the standard allows 512.
const REPLY_LINE_BYTES_MAX: u64 = 4096;
/// Most lines of a reply.
const REPLY_LINES_MAX: usize = 128;

/// Where mail is submitted, and how.
pub(super) struct Server<'a> {
    pub(super) host: &'a str,
    pub(super) port: u16,
    /// Name for the greeting.
    pub(super) hello: &'a str,
    /// TLS from the first byte.
    pub(super) implicit_tls: bool,
    /// Refuse to go on without TLS.
    pub(super) require_tls: bool,
    pub(super) dialer: &'a Dialer,
    pub(super) tls: &'a TlsClient,
}

/// Who submits.
pub(super) struct Credentials {
    pub(super) username: String,
    pub(super) identity: String,
    /// For PLAIN and LOGIN.
    pub(super) password: Option<Secret>,
    /// For CRAM-MD5.
    pub(super) secret: Option<Secret>,
}

/// Who sends to whom.
pub(super) struct Envelope {
    pub(super) sender: String,
    pub(super) recipients: Vec<String>,
}

/// A connection in the clear or encrypted.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A session with a server that takes messages.
pub(super) type Opened = Session<Box<dyn Stream>>;

/// Connects, encrypts and authenticates as far as the server is to be spoken to.
pub(super) async fn open(
    server: &Server<'_>,
    credentials: Option<&Credentials>,
) -> Result<Opened, DeliveryError> {
    let tcp = server.dialer.dial(server.host, server.port).await?;
    let is_encrypted = server.implicit_tls || server.require_tls;
    let mut session = if server.implicit_tls {
        let mut session = Session::new(server.tls.encrypt(server.host, tcp).await?);
        session.greet().await?;
        session.boxed()
    } else {
        let mut session = Session::new(tcp);
        session.greet().await?;
        if server.require_tls {
            session.hello(server.hello).await?;
            session.start_tls(server).await?.boxed()
        } else {
            session.boxed()
        }
    };
    session.hello(server.hello).await?;
    session.log_in(server.host, credentials, is_encrypted).await?;
    Ok(session)
}

/// A reply: its number and its lines without it.
struct Reply {
    code: u16,
    lines: Vec<String>,
}

impl Reply {
    fn text(&self) -> String {
        let shown: String = self.lines.join(" ").chars().take(200).collect();
        format!("{} {shown:?}", self.code)
    }
}

pub(super) struct Session<S> {
    stream: BufReader<S>,
    /// What the server announced: `STARTTLS`, `AUTH PLAIN LOGIN`, ...
    extensions: Vec<String>,
}

impl Session<TcpStream> {
    async fn start_tls(mut self, server: &Server<'_>) -> Result<Session<TlsStream>, DeliveryError> {
        if self.extension("STARTTLS").is_none() {
            let message = "the server does not offer STARTTLS, and `require_tls` is true";
            return Err(DeliveryError::retryable(FailureReason::Client, message));
        }
        self.command("STARTTLS", "STARTTLS", 220).await?;
        // What came before the handshake is not authentic.
        if !self.stream.buffer().is_empty() {
            let message = "the server sent more than its reply to STARTTLS";
            return Err(DeliveryError::retryable(FailureReason::Other, message));
        }
        let tls = server.tls.encrypt(server.host, self.stream.into_inner()).await?;
        Ok(Session::new(tls))
    }
}

impl<S: Stream + 'static> Session<S> {
    /// Nothing has been read beyond the last reply: the server speaks when it is spoken to.
    fn boxed(self) -> Opened {
        let stream: Box<dyn Stream> = Box::new(self.stream);
        Session { stream: BufReader::new(stream), extensions: self.extensions }
    }
}

impl<S: Stream> Session<S> {
    fn new(stream: S) -> Self {
        Self { stream: BufReader::new(stream), extensions: Vec::new() }
    }

    async fn greet(&mut self) -> Result<(), DeliveryError> {
        let reply = self.reply().await?;
        expect("greeting", &reply, 220)
    }

    async fn hello(&mut self, name: &str) -> Result<(), DeliveryError> {
        let reply = self.ask(&format!("EHLO {name}")).await?;
        if reply.code == 250 {
            self.extensions = reply.lines.iter().skip(1).cloned().collect();
            return Ok(());
        }
        self.command("HELO", &format!("HELO {name}"), 250).await?;
        Ok(())
    }

    /// What follows the name of an extension that the server announced.
    fn extension(&self, name: &str) -> Option<&str> {
        self.extensions.iter().find_map(|line| {
            let (found, rest) = line.split_once([' ', '=']).unwrap_or((line, ""));
            found.eq_ignore_ascii_case(name).then_some(rest)
        })
    }

    /// Authenticates if there are credentials and the server knows how.
    async fn log_in(
        &mut self,
        host: &str,
        credentials: Option<&Credentials>,
        is_encrypted: bool,
    ) -> Result<(), DeliveryError> {
        let offered = self.extension("AUTH").map(str::to_owned);
        let (Some(credentials), Some(offered)) = (credentials, offered) else { return Ok(()) };
        self.authenticate(&offered, credentials, is_encrypted || is_this_machine(host)).await
    }

    /// Submits a message, which ends its lines with CR LF.
    pub(super) async fn submit(
        &mut self,
        envelope: &Envelope,
        message: &str,
    ) -> Result<(), DeliveryError> {
        let Envelope { sender, recipients } = envelope;
        self.command("MAIL", &format!("MAIL FROM:<{sender}>"), 250).await?;
        for recipient in recipients {
            self.command("RCPT", &format!("RCPT TO:<{recipient}>"), 25).await?;
        }
        self.command("DATA", "DATA", 354).await?;
        self.write(&stuffed(message)).await?;
        let reply = self.reply().await?;
        expect("end of the message", &reply, 250)
    }

    /// Does the server still listen? RFC 5321, 4.1.1.5: nothing but that comes of it.
    pub(super) async fn is_alive(&mut self) -> bool {
        self.command("RSET", "RSET", 250).await.is_ok()
    }

    /// Ends the session; a server that hangs up without a word does no harm.
    pub(super) async fn quit(mut self) {
        drop(self.ask("QUIT").await);
    }

    /// The first offered way for which there is a secret, as upstream chooses it.
    async fn authenticate(
        &mut self,
        offered: &str,
        credentials: &Credentials,
        private: bool,
    ) -> Result<(), DeliveryError> {
        let mut why = format!("the server offers AUTH {offered:?}");
        for mechanism in offered.split_ascii_whitespace() {
            match (mechanism, &credentials.secret, &credentials.password) {
                ("CRAM-MD5", Some(secret), _) => {
                    return self.cram_md5(&credentials.username, secret).await;
                }
                ("PLAIN", _, Some(_)) if !private => {
                    why += ", but PLAIN needs TLS";
                }
                ("PLAIN", _, Some(password)) => return self.plain(credentials, password).await,
                ("LOGIN", _, Some(password)) => {
                    return self.login(&credentials.username, password).await;
                }
                _ => {}
            }
        }
        let message = format!("cannot authenticate: {why}");
        Err(DeliveryError::retryable(FailureReason::Client, message))
    }

    async fn cram_md5(&mut self, username: &str, secret: &Secret) -> Result<(), DeliveryError> {
        let reply = self.command("AUTH CRAM-MD5", "AUTH CRAM-MD5", 334).await?;
        let challenge = STANDARD.decode(reply.lines.concat().trim()).map_err(|error| {
            let message = format!("the server's CRAM-MD5 challenge is no Base64: {error}");
            DeliveryError::retryable(FailureReason::Other, message)
        })?;
        let tag = hex(&md5::hmac(secret.reveal().as_bytes(), &challenge));
        let answer = STANDARD.encode(format!("{username} {tag}"));
        self.command("AUTH CRAM-MD5", &answer, 235).await.map(drop)
    }

    async fn plain(
        &mut self,
        credentials: &Credentials,
        password: &Secret,
    ) -> Result<(), DeliveryError> {
        let Credentials { username, identity, .. } = credentials;
        let all = format!("{identity}\0{username}\0{}", password.reveal());
        let line = format!("AUTH PLAIN {}", STANDARD.encode(all));
        self.command("AUTH PLAIN", &line, 235).await.map(drop)
    }

    async fn login(&mut self, username: &str, password: &Secret) -> Result<(), DeliveryError> {
        self.command("AUTH LOGIN", "AUTH LOGIN", 334).await?;
        self.command("AUTH LOGIN", &STANDARD.encode(username), 334).await?;
        self.command("AUTH LOGIN", &STANDARD.encode(password.reveal()), 235).await.map(drop)
    }

    /// Sends a line and expects a reply whose number begins with `code`; `name` stands for the
    /// line in errors, because it may hold a secret.
    async fn command(&mut self, name: &str, line: &str, code: u16) -> Result<Reply, DeliveryError> {
        let reply = self.ask(line).await?;
        expect(name, &reply, code)?;
        Ok(reply)
    }

    async fn ask(&mut self, line: &str) -> Result<Reply, DeliveryError> {
        self.write(&format!("{line}\r\n")).await?;
        self.reply().await
    }

    async fn write(&mut self, text: &str) -> Result<(), DeliveryError> {
        let stream = self.stream.get_mut();
        let written = stream.write_all(text.as_bytes()).await;
        written.map_err(|error| broken("cannot write", &error))?;
        stream.flush().await.map_err(|error| broken("cannot write", &error))
    }

    async fn reply(&mut self) -> Result<Reply, DeliveryError> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            let mut limited = (&mut self.stream).take(REPLY_LINE_BYTES_MAX);
            let read = limited.read_line(&mut line).await;
            read.map_err(|error| broken("cannot read a reply", &error))?;
            if !line.ends_with('\n') {
                let why = if line.is_empty() { "the server hung up" } else { "it is too long" };
                return Err(broken("cannot read a reply", &why));
            }
            let line = line.trim_end();
            let code = line.get(..3).and_then(|digits| digits.parse::<u16>().ok());
            let Some(code) = code else {
                return Err(broken("cannot read a reply", &"it has no number"));
            };
            let rest = line.get(3..).unwrap_or_default();
            lines.push(rest.trim_start_matches(['-', ' ']).to_owned());
            if !rest.starts_with('-') {
                return Ok(Reply { code, lines });
            }
            if lines.len() >= REPLY_LINES_MAX {
                return Err(broken("cannot read a reply", &"it has too many lines"));
            }
        }
    }
}

/// RFC 5321, 4.2.1: 4yz may work later, 5yz will not.
fn expect(what: &str, reply: &Reply, code: u16) -> Result<(), DeliveryError> {
    let begins = |code: u16| reply.code == code || (code < 100 && reply.code / 10 == code);
    if begins(code) {
        return Ok(());
    }
    let message = format!("the server answered {} to {what}", reply.text());
    Err(match reply.code / 100 {
        5 => DeliveryError::rejected(message),
        _ => DeliveryError::retryable(FailureReason::Server, message),
    })
}

fn broken(what: &str, why: &dyn std::fmt::Display) -> DeliveryError {
    DeliveryError::retryable(FailureReason::Other, format!("{what}: {why}"))
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// RFC 5321, 4.5.2: a dot at the beginning of a line is doubled; a dot alone ends the message.
fn stuffed(message: &str) -> String {
    let mut stuffed = String::with_capacity(message.len() + 8);
    for line in message.split_inclusive("\r\n") {
        if line.starts_with('.') {
            stuffed.push('.');
        }
        stuffed += line;
    }
    stuffed + ".\r\n"
}

#[cfg(test)]
mod tests;
