//! One connection to a PostgreSQL server: TLS as the DSN says, authentication, queries as text.
//! An answer is bounded in rows and bytes; after a wait that was too long the connection is done.

use super::scram::Exchange;
use super::wire::{self, Message};
use super::{md5, wire::WireError};
use crate::dial::{Plain, Stream};
use crate::{Fault, Reason, World};
use config::{Dsn, ServiceAddress, SslMode};
use ring::rand::{SecureRandom, SystemRandom};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

/// Most rows of one answer.
const ROWS_MAX: usize = 50_000;
/// Most bytes of one answer.
const ANSWER_BYTES_MAX: usize = 16 << 20;
/// Bytes read at once.
const READ_BYTES: usize = 16 << 10;

/// Rows with the names of their columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Names.
    pub columns: Vec<String>,
    /// Values as text; nothing for null.
    pub rows: Vec<Vec<Option<String>>>,
}

/// An open connection.
pub(crate) struct Session {
    stream: Stream,
    input: Vec<u8>,
    /// Why the connection is of no more use.
    broken: Option<Fault>,
}

impl Session {
    /// Connects, encrypts and authenticates.
    pub(crate) async fn open(
        dsn: &Dsn,
        password: Option<&str>,
        world: &World,
        deadline: Instant,
    ) -> Result<Self, Fault> {
        let what = format!("connect to {}", dsn.address);
        let opening = async {
            let stream = encrypted(dsn, world).await?;
            let mut session = Self { stream, input: Vec::new(), broken: None };
            session.authenticate(dsn, password).await?;
            Ok(session)
        };
        World::within(deadline, &what, opening).await
    }

    async fn authenticate(&mut self, dsn: &Dsn, password: Option<&str>) -> Result<(), Fault> {
        let parameters = [
            ("user", dsn.user.as_str()),
            ("database", &dsn.database),
            ("application_name", &dsn.application_name),
            ("client_encoding", "UTF8"),
            ("DateStyle", "ISO"),
        ];
        self.send(&wire::startup(&parameters)).await?;
        let (mut exchange, mut proof) = (None, None);
        loop {
            match self.receive().await? {
                Message::Ready => return Ok(()),
                Message::Error(code, sentence) => {
                    return Err(refusal("authenticate", &code, &sentence));
                }
                Message::Authentication(0, _) if exchange.is_some() && proof.is_some() => {
                    return Err(protocol("the server skips its proof"));
                }
                Message::Authentication(0, _) => {}
                Message::Authentication(step, data) => {
                    let needed = || {
                        let message = "authenticate: the server asks for a password, none is given";
                        password.ok_or_else(|| Fault::new(Reason::Auth, message))
                    };
                    match step {
                        3 => self.send(&wire::password(&zero_ended(needed()?))).await?,
                        5 => {
                            let inner = md5::hex(format!("{}{}", needed()?, dsn.user).as_bytes());
                            let outer = md5::hex(&[inner.as_bytes(), &data].concat());
                            self.send(&wire::password(&zero_ended(&format!("md5{outer}")))).await?;
                        }
                        10 => {
                            needed()?;
                            let begun = begin(&data)?;
                            self.send(&wire::password(&begun.0)).await?;
                            exchange = Some(begun.1);
                        }
                        11 => {
                            let begun = exchange.as_ref();
                            let begun = begun.ok_or_else(|| protocol("a step comes too early"))?;
                            let server = String::from_utf8_lossy(&data);
                            let (answer, expected) = begun.answer(&server, needed()?)?;
                            self.send(&wire::password(answer.as_bytes())).await?;
                            proof = Some(expected);
                        }
                        12 => {
                            let expected = proof.take();
                            let expected =
                                expected.ok_or_else(|| protocol("a step comes too early"))?;
                            expected.check(&String::from_utf8_lossy(&data))?;
                        }
                        other => {
                            let message = format!(
                                "authenticate: the server asks for method {other}; \
                                 passwords, MD5 and SCRAM-SHA-256 are known"
                            );
                            return Err(Fault::new(Reason::Unsupported, message));
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// Sends a query and reads its rows, within a time and at most until the deadline.
    pub(crate) async fn query(
        &mut self,
        sql: &str,
        within: Duration,
        deadline: Instant,
    ) -> Result<Table, Fault> {
        if let Some(fault) = &self.broken {
            return Err(fault.clone());
        }
        let soon = Instant::now().checked_add(within);
        let deadline = soon.map_or(deadline, |soon| deadline.min(soon));
        let answer = World::within(deadline, "query", self.answer(sql)).await;
        self.broken = answer.as_ref().err().filter(|fault| fault.ends_connection()).cloned();
        answer
    }

    /// Is the connection of no more use?
    pub(super) fn is_broken(&self) -> bool {
        self.broken.is_some()
    }

    async fn answer(&mut self, sql: &str) -> Result<Table, Fault> {
        self.send(&wire::query(sql)).await?;
        let (mut table, mut fault, mut bytes) = (Table::default(), None, 0);
        loop {
            match self.receive().await? {
                Message::Ready => return fault.map_or(Ok(table), Err),
                Message::Columns(columns) => table.columns = columns,
                Message::Row(row) => {
                    bytes += row.iter().flatten().map(String::len).sum::<usize>();
                    if table.rows.len() >= ROWS_MAX || bytes > ANSWER_BYTES_MAX {
                        let message = "query: the answer has more than 50,000 rows or 16 MiB";
                        return Err(Fault::new(Reason::Limit, message));
                    }
                    table.rows.push(row);
                }
                Message::Error(code, sentence) => fault = Some(refusal("query", &code, &sentence)),
                _ => {}
            }
        }
    }

    /// Says good-bye; the server then logs no lost connection.
    pub(crate) async fn close(mut self) {
        // The other side may be gone already.
        drop(self.send(&wire::terminate()).await);
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let sent = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        sent.await.map_err(lost)
    }

    async fn receive(&mut self) -> Result<Message, Fault> {
        let mut buffer = vec![0; READ_BYTES];
        loop {
            if let Some((message, len)) = wire::message(&self.input).map_err(malformed)? {
                self.input.drain(..len);
                return Ok(message);
            }
            let read = self.stream.read(&mut buffer).await.map_err(lost)?;
            if read == 0 {
                return Err(Fault::new(Reason::Connect, "the server closed the connection"));
            }
            self.input.extend_from_slice(&buffer[..read]);
        }
    }
}

/// Opens a connection and encrypts it as far as the DSN wants and the server can.
async fn encrypted(dsn: &Dsn, world: &World) -> Result<Stream, Fault> {
    let plain = world.dial(&dsn.address).await?;
    let (Plain::Tcp(mut stream), ServiceAddress::Tcp { host, .. }) = (plain, &dsn.address) else {
        return Ok(world.dial(&dsn.address).await?.open());
    };
    if dsn.ssl_mode == SslMode::Disable {
        return Ok(Box::new(stream));
    }
    stream.write_all(&wire::ask_for_tls()).await.map_err(lost)?;
    let mut answer = [0];
    stream.read_exact(&mut answer).await.map_err(lost)?;
    match (answer[0], dsn.ssl_mode) {
        (b'S', _) => world.encrypt(Plain::Tcp(stream), host, &dsn.tls).await,
        (b'N', SslMode::Prefer) => Ok(Box::new(stream)),
        (b'N', _) => Err(Fault::new(Reason::Tls, "the server does not encrypt; sslmode wants it")),
        _ => Err(protocol("the answer to the request for TLS is neither S nor N")),
    }
}

/// The first message of SCRAM, if the server knows it.
fn begin(mechanisms: &[u8]) -> Result<(Vec<u8>, Exchange), Fault> {
    const NAME: &[u8] = b"SCRAM-SHA-256";
    if !mechanisms.split(|byte| *byte == 0).any(|name| name == NAME) {
        let message = "authenticate: the server knows no SCRAM-SHA-256";
        return Err(Fault::new(Reason::Unsupported, message));
    }
    let mut random = [0; 18];
    let filled = SystemRandom::new().fill(&mut random);
    filled.map_err(|error| Fault::new(Reason::Io, format!("authenticate: no random: {error}")))?;
    let exchange = Exchange::new(&random);
    let first = exchange.first();
    let len = u32::try_from(first.len()).unwrap_or(u32::MAX).to_be_bytes();
    Ok(([NAME, b"\0", &len, first.as_bytes()].concat(), exchange))
}

fn zero_ended(text: &str) -> Vec<u8> {
    [text.as_bytes(), b"\0"].concat()
}

fn protocol(what: &str) -> Fault {
    Fault::new(Reason::Protocol, format!("authenticate: {what}"))
}

#[expect(clippy::needless_pass_by_value, reason = "maps errors")]
fn lost(error: std::io::Error) -> Fault {
    Fault::new(Reason::Connect, format!("the connection is lost: {error}"))
}

#[expect(clippy::needless_pass_by_value, reason = "maps errors")]
fn malformed(error: WireError) -> Fault {
    let reason = match error {
        WireError::Malformed(_) => Reason::Protocol,
        WireError::TooLarge(_) => Reason::Limit,
    };
    Fault::new(reason, format!("the server's answer: {error}"))
}

/// What an error means, by its SQLSTATE (PostgreSQL's documentation, appendix A).
fn refusal(what: &str, code: &str, sentence: &str) -> Fault {
    let reason = match code {
        "42501" => Reason::Permission,
        "57014" | "55P03" => Reason::Timeout,
        "57P03" | "57P01" | "57P02" => Reason::NotReady,
        "42P01" | "42883" | "42703" | "55000" | "58P01" | "0A000" => Reason::Unsupported,
        code if code.starts_with("28") => Reason::Auth,
        _ => Reason::Refused,
    };
    let sentence = &sentence[..sentence.floor_char_boundary(300)];
    Fault::answered(reason, format!("{what}: the server answers {code}: {sentence}"))
}
