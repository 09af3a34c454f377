//! The one way out: HTTP clients for scrapes, webhooks and probes over one guarded connector.
//! Used by the shells; knows tokio, which no core may. Settings come from `config`.
//! INV-30: every address is checked against the policy at the moment it is dialled, so neither a
//! redirect nor a name that changes its address gets around it.

mod auth;
mod body;
mod certificate;
mod client;
mod connect;
pub mod dns;
mod error;
mod kept;
mod oauth2;
mod policy;
mod proxy;
mod roots;
mod source;
mod steps;
mod tls;
mod trust;

pub use auth::from_url as move_credentials;
pub use body::{BODY_BYTES_DEFAULT_MAX, BodyLimits, BodyPart};
pub use certificate::Certificate;
pub use client::{
    Client, ClientOptions, Exchange, IDLE_MAX, PrivateConnection, REDIRECTS_MAX, Request, Stream,
    USER_AGENT, UrlSecrecy,
};
pub use connect::{Dialer, Families};
pub use error::{Error, ErrorKind};
pub use policy::{AddressPolicy, AddressRule, Cidr, Verdict};
pub use steps::{Answer, Marks, OneRequest, StepClient};
pub use tls::{Offer, TlsClient, TlsFacts, TlsSteps, TlsStream};
