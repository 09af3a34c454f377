//! One connection to a Redis server for one round: sends commands, reads bounded replies.
//! After a wait that was too long or bytes that are no reply the connection answers nothing more.

use super::resp::{Decoder, Value, request};
use crate::dial::Stream;
use crate::{Fault, Reason, World};
use config::{RedisInstance, SecretSource, ServiceAddress, TlsConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

/// Bytes read at once.
const READ_BYTES: usize = 16 << 10;

/// An open connection.
pub(crate) struct Session {
    stream: Stream,
    decoder: Decoder,
    deadline: Instant,
    /// Why the connection is of no more use.
    broken: Option<Fault>,
}

/// Where a server is and who asks.
#[derive(Clone, Copy, Debug)]
pub struct Login<'a> {
    /// Where it listens.
    pub address: &'a ServiceAddress,
    /// User of an access list; `None`: the default user.
    pub username: Option<&'a str>,
    /// Password; without one nobody logs in.
    pub password: Option<&'a SecretSource>,
    /// TLS towards the server; `None`: none.
    pub tls: Option<&'a TlsConfig>,
}

impl<'a> From<&'a RedisInstance> for Login<'a> {
    fn from(instance: &'a RedisInstance) -> Self {
        let RedisInstance { address, username, password, tls, .. } = instance;
        let (username, password) = (username.as_deref(), password.as_ref());
        Self { address, username, password, tls: tls.as_ref() }
    }
}

impl Session {
    /// Connects and authenticates.
    pub(crate) async fn open(
        login: &Login<'_>,
        world: &World,
        deadline: Instant,
    ) -> Result<Self, Fault> {
        let address = login.address;
        let connecting = async {
            let plain = world.dial(address).await?;
            match (login.tls, address) {
                (Some(tls), ServiceAddress::Tcp { host, .. }) => {
                    world.encrypt(plain, host, tls).await
                }
                _ => Ok(plain.open()),
            }
        };
        let what = format!("connect to {address}");
        let stream = World::within(deadline, &what, connecting).await?;
        let mut session = Self { stream, decoder: Decoder::default(), deadline, broken: None };
        if let Some(source) = login.password {
            let password = world.secret(source)?;
            let words = match login.username {
                Some(user) => vec!["AUTH", user, &password],
                None => vec!["AUTH", &password],
            };
            session.ask(&words).await.map_err(|fault| match fault.reason {
                Reason::Refused | Reason::Permission => Fault::new(Reason::Auth, fault.message),
                _ => fault,
            })?;
        }
        Ok(session)
    }

    /// Sends a command; a refusal is a fault.
    pub(crate) async fn ask(&mut self, words: &[&str]) -> Result<Value, Fault> {
        match self.answer(words).await? {
            Value::Error(message) => Err(refusal(words, &message)),
            value => Ok(value),
        }
    }

    /// Sends a command; a refusal is an answer, too.
    pub(super) async fn answer(&mut self, words: &[&str]) -> Result<Value, Fault> {
        if let Some(fault) = &self.broken {
            return Err(fault.clone());
        }
        let what = named(words);
        let asked = World::within(self.deadline, &what, async {
            let lost = |error: std::io::Error| {
                Fault::new(Reason::Connect, format!("{what}: the connection is lost: {error}"))
            };
            self.stream.write_all(&request(words)).await.map_err(lost)?;
            self.stream.flush().await.map_err(lost)?;
            let mut buffer = vec![0; READ_BYTES];
            loop {
                let next = self.decoder.reply().map_err(|error| malformed(&what, &error))?;
                if let Some(value) = next {
                    return Ok(value);
                }
                let read = self.stream.read(&mut buffer).await.map_err(lost)?;
                if read == 0 {
                    let message = format!("{what}: the server closed the connection");
                    return Err(Fault::new(Reason::Connect, message));
                }
                self.decoder.push(&buffer[..read]);
            }
        });
        let answer = asked.await;
        self.broken = answer.as_ref().err().filter(|fault| fault.ends_connection()).cloned();
        answer
    }
}

/// A command as messages name it; what follows the second word may be a secret.
fn named(words: &[&str]) -> String {
    let shown = if words.first() == Some(&"AUTH") { 1 } else { 2 };
    words.iter().take(shown).copied().collect::<Vec<_>>().join(" ")
}

fn malformed(what: &str, error: &super::resp::RespError) -> Fault {
    let reason = match error {
        super::resp::RespError::Malformed(_) => Reason::Protocol,
        super::resp::RespError::TooLarge(_) => Reason::Limit,
    };
    Fault::new(reason, format!("{what}: {error}"))
}

/// What an error reply means; its first word is its code.
fn refusal(words: &[&str], message: &str) -> Fault {
    let code = message.split(' ').next().unwrap_or_default();
    let reason = match code {
        "NOAUTH" | "WRONGPASS" => Reason::Auth,
        "NOPERM" => Reason::Permission,
        "LOADING" | "BUSY" | "MASTERDOWN" | "TRYAGAIN" | "CLUSTERDOWN" => Reason::NotReady,
        "ERR" if message.contains("unknown command") || message.contains("unknown subcommand") => {
            Reason::Unsupported
        }
        "ERR" if message.contains("invalid password") || message.contains("no password") => {
            Reason::Auth
        }
        _ => Reason::Refused,
    };
    // An error of AUTH repeats nothing that was sent; others may, within a line.
    let message = &message[..message.floor_char_boundary(300)];
    Fault::answered(reason, format!("{}: the server answers {message:?}", named(words)))
}
