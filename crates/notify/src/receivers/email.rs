//! Electronic mail: messages with a text and an HTML body through one SMTP server.
//! Source: Alertmanager 0.34 `notify/email`. `smtp` speaks to the server, `message` writes mails.

mod address;
mod idle;
mod md5;
mod message;
mod smtp;

use self::idle::IdleSessions;
use self::message::{Identity, Mail};
use self::smtp::{Credentials, Envelope, Server};
use super::{Delivering, Receive, Stored};
use crate::integration::Surroundings;
use crate::post::{Deadline, read_secret};
use crate::view::View;
use crate::{DeliveryError, FailureReason};
use config::{EmailConfig, EmailThreading, Secret, SecretSource};
use net::{Dialer, TlsClient};
use std::sync::Arc;
use sys::{Clock, Entropy, Vfs};

/// The port on which TLS begins with the first byte.
const IMPLICIT_TLS_PORT: u16 = 465;

pub(crate) struct Email {
    config: EmailConfig,
    dialer: Dialer,
    tls: TlsClient,
    vfs: Arc<dyn Vfs>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    host_name: String,
    sessions: IdleSessions,
}

impl Email {
    pub(crate) fn new(config: EmailConfig, around: &Surroundings) -> Self {
        Self {
            dialer: Dialer::new(Arc::clone(&around.policy)),
            tls: TlsClient::new(config.tls.clone(), Arc::clone(&around.vfs)),
            vfs: Arc::clone(&around.vfs),
            clock: Arc::clone(&around.clock),
            entropy: Arc::clone(&around.entropy),
            host_name: around.host_name.clone(),
            sessions: IdleSessions::default(),
            config,
        }
    }

    fn envelope(&self, view: &View<'_>) -> Result<Envelope, DeliveryError> {
        let parse = |field: &str, template: &str| {
            let text = view.address(field, template)?;
            address::parse_list(&text).map_err(|why| {
                DeliveryError::refused(format!("cannot read addresses in `{field}`: {why}"))
            })
        };
        let mut from = parse("from", &self.config.from)?;
        let count = from.len();
        let (Some(sender), 1) = (from.pop(), count) else {
            let message = format!("`from` has {count} addresses, expected exactly one");
            return Err(DeliveryError::refused(message));
        };
        Ok(Envelope { sender, recipients: parse("to", &self.config.to)? })
    }

    fn mail(&self, view: &View<'_>) -> Mail {
        let config = &self.config;
        let header = |(name, template): &(String, String)| {
            (name.clone(), view.text(&format!("headers.{name}"), template))
        };
        let thread = config.threading.map(|threading| {
            let day = match threading {
                EmailThreading::Forever => String::new(),
                EmailThreading::Daily => view.now().strftime("%Y-%m-%d").to_string(),
            };
            format!("<alert-{}-{day}@alertmanager>", &view.key_hash()[..16])
        });
        let body = |field: &str, template: &str, html: bool| {
            let render =
                || if html { view.html(field, template) } else { view.text(field, template) };
            (!template.is_empty()).then(render)
        };
        Mail {
            headers: config.headers.iter().map(header).collect(),
            thread,
            text: body("text", &config.text, false),
            html: body("html", &config.html, true),
        }
    }

    async fn secret(
        &self,
        what: &str,
        source: Option<&SecretSource>,
    ) -> Result<Option<Secret>, DeliveryError> {
        match source {
            Some(source) => Ok(Some(read_secret(&self.vfs, what, source).await?)),
            None => Ok(None),
        }
    }

    async fn credentials(&self) -> Result<Option<Credentials>, DeliveryError> {
        if self.config.auth_username.is_empty() {
            return Ok(None);
        }
        let config = &self.config;
        Ok(Some(Credentials {
            username: config.auth_username.clone(),
            identity: config.auth_identity.clone(),
            password: self.secret("the SMTP password", config.auth_password.as_ref()).await?,
            secret: self.secret("the SMTP secret", config.auth_secret.as_ref()).await?,
        }))
    }

    async fn send(&self, view: &View<'_>, deadline: Deadline) -> Result<Stored, DeliveryError> {
        let config = &self.config;
        let envelope = self.envelope(view)?;
        let identity = Identity {
            at: crate::payload::instant(self.clock.now()),
            number: self.entropy.next_u64(),
            host: &self.host_name,
        };
        let message = self.mail(view).render(&identity);
        let credentials = self.credentials().await?;
        let host = config.smarthost.host.as_str();
        let server = Server {
            host: if host.is_empty() { "localhost" } else { host },
            port: config.smarthost.port,
            hello: if config.hello.is_empty() { "localhost" } else { &config.hello },
            implicit_tls: config
                .force_implicit_tls
                .unwrap_or(config.smarthost.port == IMPLICIT_TLS_PORT),
            require_tls: config.require_tls,
            dialer: &self.dialer,
            tls: &self.tls,
        };
        let submission = async {
            let mut session = match self.sessions.take().await {
                Some(session) => session,
                None => smtp::open(&server, credentials.as_ref()).await?,
            };
            session.submit(&envelope, &message).await?;
            Ok(session)
        };
        let outcome = tokio::time::timeout(deadline.left(), submission).await;
        let name = format!("mail through {}:{}", server.host, server.port);
        let late = |_| DeliveryError::retryable(FailureReason::Timeout, "no end in time");
        let outcome = outcome.unwrap_or_else(|elapsed| Err(late(elapsed)));
        self.sessions.put(outcome.map_err(|error| error.while_doing(&name))?);
        Ok(Stored::new())
    }
}

impl Receive for Email {
    fn deliver<'a>(&'a self, view: &'a View<'a>, deadline: Deadline) -> Delivering<'a> {
        Box::pin(self.send(view, deadline))
    }

    fn rehearse(&self, view: &View<'_>) -> Result<(), DeliveryError> {
        self.mail(view);
        // Addresses may come from labels that synthetic alerts do not have.
        view.address("from", &self.config.from)?;
        view.address("to", &self.config.to).map(drop)
    }
}
