//! The one way out: HTTP clients for scrapes, webhooks and probes over one guarded connector.
//! Used by the shells; knows tokio, which no core may. Settings come from `config`.
//! INV-30: every address is checked against the policy at the moment it is dialled, so neither a
//! redirect nor a name that changes its address gets around it.

mod auth;
mod body;
mod client;
mod connect;
mod error;
mod oauth2;
mod policy;
mod proxy;
mod roots;
mod source;
mod tls;
mod trust;

pub use body::{BODY_BYTES_DEFAULT_MAX, BodyLimits, BodyPart};
pub use client::{
    Client, ClientOptions, Exchange, REDIRECTS_MAX, Request, Stream, USER_AGENT, UrlSecrecy,
};
pub use connect::Dialer;
pub use error::{Error, ErrorKind};
pub use policy::{AddressPolicy, AddressRule, Cidr, Verdict};
pub use tls::{TlsClient, TlsStream};
