//! Who sent a request: the user, the address, and where it was sent.
//! The connection leaves the address in the request; the authentication guard leaves the user.

use super::{Origin, QueryKind, Question};
use crate::Principal;
use axum::extract::FromRequestParts;
use http::Method;
use http::request::Parts;
use query::StepRange;
use std::convert::Infallible;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// Other end of the connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) user: Principal,
    /// Address of the other end: a proxy's, when there is one.
    pub(crate) client: Option<IpAddr>,
    pub(crate) method: Method,
    /// Path below the prefix.
    pub(crate) path: String,
}

impl Caller {
    /// A question of this caller about texts like expressions and selectors.
    pub(crate) fn asks(&self, kind: QueryKind, text: &str) -> Question {
        Question { kind, text: text.into(), steps: None, origin: Origin::Http(self.clone()) }
    }

    /// A question at steps.
    pub(crate) fn asks_at(&self, kind: QueryKind, text: &str, steps: StepRange) -> Question {
        Question { steps: Some(steps), ..self.asks(kind, text) }
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.user.name())?;
        self.client.map_or(Ok(()), |client| write!(f, " at {client}"))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let user = Principal::from_request_parts(parts, state).await?;
        let client = parts.extensions.get::<Peer>().map(|peer| peer.0.ip().to_canonical());
        let path = parts.uri.path().to_owned();
        Ok(Self { user, client, method: parts.method.clone(), path })
    }
}
